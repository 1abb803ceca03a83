//! Replies in packets of their own, late, doubled, preceded by strays, overtaking each other: no operation ever returns
//! what answers another command, and none takes longer than it may.
//!
//! FTP's replies carry no number, so a few things can be told apart by no client. The random server does not do them:
//!
//! - A stray has a code that only another command can have (220, 230, 331...). One that answers the command that is out
//!   by its code is its answer.
//! - A reply that is said twice is so in one packet, or while the client rests. One that comes after the next command has
//!   left may be that command's answer.
//! - A keepalive is answered once. One more 200 may be the end of a transfer.

use std::task::Poll;
use std::time::Duration;

use ftps_proto::ops::{self, List};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{End, Error, Local, Mode, Operation, ServerKind};
use proptest::prelude::*;

use crate::listing::names;
use crate::{SECURE, argument, config};

const STRAYS: [&str; 6] = ["120 wait", "220 hello", "221 bye", "230 in", "331 password", "335 more"];
/// Longer than a client waits for a reply, and maybe than it waits in vain after that.
const LATE: std::ops::Range<u64> = 61_000..69_000;
const TURNS: usize = 100_000;

#[derive(Clone, Copy, Debug)]
enum Task {
    Path,
    Size,
    Make,
    Rename,
    Download,
    Upload,
    List,
}

/// How a server says something.
#[derive(Clone, Debug)]
struct Manner {
    stray: Option<&'static str>,
    /// Milliseconds before it.
    delay: u64,
    doubled: bool,
    /// Milliseconds between the two, where the client rests.
    between: u64,
}

/// What the client does, and what it meets.
#[derive(Clone, Debug)]
struct Step {
    task: Task,
    refused: bool,
    /// In the first reply, the second...
    manners: [Manner; 3],
    /// The client rests after it, for long enough.
    rests: bool,
    /// It is dropped after so many turns.
    patience: Option<usize>,
    followed: bool,
}

fn manner() -> impl Strategy<Value = Manner> {
    let stray = prop_oneof![2 => Just(None), 1 => prop::sample::select(&STRAYS[..]).prop_map(Some)];
    let delay = prop_oneof![2 => Just(0), 4 => 0..=500u64];
    (stray, delay, prop::bool::weighted(0.3), 0..=500u64)
        .prop_map(|(stray, delay, doubled, between)| Manner { stray, delay, doubled, between })
}

fn step() -> impl Strategy<Value = Step> {
    use Task::{Download, List, Make, Path, Rename, Size, Upload};
    let task =
        prop::sample::select(&[Path, Size, Make, Rename, Download, Upload, List, Download, Upload][..]);
    let patience = prop_oneof![3 => Just(None), 1 => (0..60usize).prop_map(Some)];
    let often = prop::bool::weighted;
    (task, often(0.2), [manner(), manner(), manner()], often(0.3), patience, often(0.5)).prop_map(
        |(task, refused, manners, rests, patience, followed)| Step {
            task,
            refused,
            manners,
            rests,
            patience,
            followed,
        },
    )
}

impl Manner {
    fn say(&self, line: &str, may_follow: bool) -> Vec<Act> {
        let mut acts: Vec<Act> = self.stray.into_iter().map(Act::from).collect();
        acts.extend([Act::Wait(Duration::from_millis(self.delay)), line.into()]);
        if self.doubled {
            if may_follow {
                acts.push(Act::Wait(Duration::from_millis(self.between)));
            }
            acts.push(line.into());
        }
        acts
    }
}

impl Step {
    fn say(&self, at: usize, line: &str) -> Vec<Act> {
        self.manners[at].say(line, self.rests && self.patience.is_none() && at == 2)
    }

    /// What the server does with a transfer; each word of it names the command.
    fn transfer(&self, at: usize, moves: &[Act], code: u16) -> Vec<Act> {
        let late = self.manners[1].delay.is_multiple_of(2);
        let refusal = format!("{} n{at}", if late { 552 } else { 550 });
        if self.refused && !late {
            return self.say(2, &refusal);
        }
        let last = if self.refused { refusal } else { format!("226 n{at}") };
        [self.say(0, &format!("{code} n{at}")), moves.to_vec(), self.say(2, &last)].concat()
    }

    /// Adds what the server does in this step.
    fn script(&self, at: usize, mode: Mode, peer: Peer) -> Peer {
        let is = |good: String, bad: &str| if self.refused { format!("{bad} n{at}") } else { good };
        let simple = |good: String| self.say(2, &is(good, "550"));
        match self.task {
            Task::Path | Task::List => peer,
            Task::Size => peer.on(&format!("SIZE n{at}"), simple(format!("213 {}", 1000 + at))),
            Task::Make => peer.on(&format!("MKD n{at}"), simple(format!("257 \"/n{at}\""))),
            Task::Rename => peer
                .on(&format!("RNFR n{at}"), self.say(0, &format!("350 n{at}")))
                .on(&format!("RNTO n{at}"), simple(format!("250 n{at}"))),
            Task::Download => {
                let moves = moves(mode, Act::Send(payload(at)));
                peer.on(&format!("RETR n{at}"), self.transfer(at, &moves, 150))
            }
            Task::Upload => {
                let moves = moves(mode, Act::Receive);
                peer.on(&format!("STOR n{at}"), self.transfer(at, &moves, 125))
            }
        }
    }
}

/// What happens on a data connection.
fn moves(mode: Mode, payload: Act) -> Vec<Act> {
    let mut acts = vec![SECURE, payload, Act::End(End::Clean)];
    if mode == Mode::Active {
        acts.insert(0, Act::Connect);
    }
    acts
}

fn payload(at: usize) -> Vec<u8> {
    vec![at as u8; 40]
}

/// What a server does about commands that are not the client's only.
#[derive(Clone, Debug)]
struct Habits {
    kind: ServerKind,
    /// Before the answers to EPSV and NOOP.
    overtakes: [bool; 2],
    manners: [Manner; 3],
    refuses_noop: bool,
    refuses_queue: bool,
    mode: Mode,
    /// The reply of this step comes too late.
    late: Option<(usize, u64)>,
    seed: u64,
}

fn habits() -> impl Strategy<Value = Habits> {
    let kind = prop::sample::select(&[ServerKind::Unknown, ServerKind::ProFtpd, ServerKind::PureFtpd][..]);
    let late = prop_oneof![3 => Just(None), 1 => (0..6usize, LATE).prop_map(Some)];
    (kind, any::<[bool; 2]>(), [manner(), manner(), manner()], any::<[bool; 3]>(), late, any::<u64>())
        .prop_map(|(kind, overtakes, manners, [refuses_noop, refuses_queue, active], late, seed)| Habits {
            kind,
            overtakes,
            manners,
            refuses_noop,
            refuses_queue,
            mode: if active { Mode::Active } else { Mode::Passive },
            late,
            seed,
        })
}

impl Habits {
    fn server(&self) -> Peer {
        let [passive, listing, other] = &self.manners;
        let overtake = |overtakes: bool, acts: Vec<Act>| {
            if overtakes { [vec![Act::Overtake], acts].concat() } else { acts }
        };
        let keepalive = if self.refuses_noop { "500 NOOP not understood" } else { "200 alive" };
        let keepalive = Manner { doubled: false, ..other.clone() }.say(keepalive, false);
        let epsv = |line: &str| overtake(self.overtakes[0], passive.say(line, false));
        let port = "229 Extended passive mode (|||2000|)";
        let mut peer = Peer::polite()
            .like(self.kind)
            .instead("NOOP", overtake(self.overtakes[1], keepalive))
            .instead("EPSV", epsv(port))
            .on("EPRT", passive.say("200 ok", false))
            .instead("PWD", other.say("257 \"/p1\"", false))
            .on("CWD", other.say("250 there", false))
            .on("SIZE end", ["213 7"]);
        if self.refuses_queue {
            peer = peer.on("EPSV", epsv("450 EPSV: data transfer in progress")).on("EPSV", epsv(port));
        }
        for nth in 1..100 {
            let line = Act::Send(format!("type=file; m{nth}\r\n").into());
            let list = [listing.say("150 here", false), moves(self.mode, line)].concat();
            peer = peer.on("MLSD", [list, other.say("226 done", false)].concat());
            peer = peer.on("PWD", other.say(&format!("257 \"/p{}\"", nth + 1), false));
        }
        peer
    }
}

struct Conversation {
    world: World,
    /// A reply was late, and nothing has been told of it yet.
    late: bool,
}

impl Conversation {
    /// Runs an operation of this step for as long as there is patience. What it results in where it was not dropped.
    fn run<O: Operation>(&mut self, step: &Step, mut op: O) -> Option<Result<O::Output, Error>> {
        let before = self.world.now();
        let result = self.world.run_for(&mut op, step.patience.unwrap_or(TURNS));
        let took = self.world.now().saturating_duration_since(before);
        let limits = config().timeouts;
        // A dozen replies, each after half a second, and one time-out with the recovery from it.
        let most = Duration::from_secs(15)
            + if self.late { limits.reply + 2 * limits.abort } else { Duration::ZERO };
        assert!(took <= most, "{took:?}");
        match result {
            Poll::Ready(result) => Some(result),
            Poll::Pending => {
                assert!(step.patience.is_some(), "it goes on for ever");
                None
            }
        }
    }

    fn count(&self, command: &str) -> usize {
        self.world.heard().filter(|line| line.starts_with(command)).count()
    }

    /// Whether the session goes on.
    fn step(&mut self, at: usize, step: &Step) -> bool {
        let name = || argument(&format!("n{at}"));
        let result: Option<Result<(), Error>> = match step.task {
            Task::Path => self.run(step, ops::pwd()).map(|path| {
                path.map(|path| assert_eq!(path, format!("/p{}", self.count("PWD")).into_bytes()))
            }),
            Task::Size => self
                .run(step, ops::size(name()))
                .map(|size| size.map(|size| assert_eq!(size, 1000 + at as u64))),
            Task::Make => self
                .run(step, ops::mkd(name()))
                .map(|path| path.map(|path| assert_eq!(path, Some(format!("/n{at}").into_bytes())))),
            Task::Rename => self.run(step, ops::Rename::new(name(), name())),
            Task::Download | Task::Upload => self.transfer(at, step),
            Task::List => self.list(step),
        };
        if step.rests {
            self.world.pass(Duration::from_secs(1));
        }
        let refuses = step.refused && !matches!(step.task, Task::Path | Task::List);
        match result {
            None => {}
            Some(Ok(())) => assert!(!refuses, "it was refused"),
            Some(Err(error @ Error::Timeout { .. })) => assert!(self.late, "{error}"),
            Some(Err(Error::Refused(refused))) => {
                assert!(refuses, "{refused:?}");
                assert!(refused.reply.to_string().ends_with(&format!(" n{at}")), "{refused:?}");
            }
            Some(Err(error)) => panic!("{error}"),
        }
        assert!(self.late || self.world.session.is_usable());
        self.world.session.is_usable()
    }

    fn transfer(&mut self, at: usize, step: &Step) -> Option<Result<(), Error>> {
        let name = format!("n{at}");
        let upload = matches!(step.task, Task::Upload);
        let whole = match upload {
            true => self.world.upload(&name, &payload(at)),
            false => self.world.download(&name),
        };
        let whole = if step.followed { whole.followed() } else { whole };
        let result = self.run(step, whole)?;
        Some(result.map(|done| {
            assert_eq!(done.reply.to_string(), format!("226 n{at}"));
            let moved = if upload { self.world.stored() } else { self.world.received() };
            assert_eq!(moved, payload(at));
        }))
    }

    fn list(&mut self, step: &Step) -> Option<Result<(), Error>> {
        let path = step.followed.then(|| argument("sub"));
        match self.run(step, Collect(List::new(path), Vec::new()))? {
            Err(error) => Some(Err(error)),
            Ok(listing) => {
                assert_eq!(names(&listing), [format!("m{}", self.count("MLSD"))]);
                Some(Ok(()))
            }
        }
    }
}

/// A listing to its end.
struct Collect(List, Vec<ops::Listed>);

impl Operation for Collect {
    type Output = Vec<ops::Listed>;

    fn step(
        &mut self,
        session: &mut ftps_proto::Session,
        now: ftps_proto::Instant,
    ) -> Result<Poll<Vec<ops::Listed>>, Error> {
        loop {
            match self.0.step(session, now)? {
                Poll::Ready(Some(listed)) => self.1.push(listed),
                Poll::Ready(None) => return Ok(Poll::Ready(std::mem::take(&mut self.1))),
                Poll::Pending => return Ok(Poll::Pending),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_operation_gets_its_own_replies(
        mut steps in prop::collection::vec(step(), 1..7),
        habits in habits(),
    ) {
        let mut late_from = usize::MAX;
        if let Some((at, delay)) = habits.late
            && let Some(step) = steps.get_mut(at)
        {
            step.manners[2].delay = delay;
            step.rests = false;
            late_from = at;
        }
        let peer = steps.iter().enumerate().fold(habits.server(), |peer, (at, step)| step.script(at, habits.mode, peer));
        let mut config = config();
        config.mode = habits.mode;
        // Not before the one before has been answered, or a server that lets it overtake would come to nothing else.
        config.keepalive = Some(Duration::from_millis(600));
        let mut world = World::with_config(peer, config).cut(Chunks::Seeded(habits.seed));
        world.open().unwrap();
        let mut conversation = Conversation { world, late: false };
        for (at, step) in steps.iter().enumerate() {
            conversation.late |= at >= late_from;
            if !conversation.step(at, step) {
                break;
            }
        }
        // It goes on, or says that it does not.
        let before = conversation.world.heard().count();
        let usable = conversation.world.session.is_usable();
        let Poll::Ready(end) = conversation.world.run_for(&mut ops::size(argument("end")), TURNS) else {
            panic!("it goes on for ever")
        };
        match end {
            Ok(size) => prop_assert!(usable && size == 7),
            Err(Error::Local(Local::NotOpen)) => {
                prop_assert!(!usable && conversation.late);
                prop_assert_eq!(conversation.world.heard().count(), before);
            }
            Err(Error::Timeout { .. }) => prop_assert!(conversation.late),
            Err(error) => panic!("{error}"),
        }
    }
}
