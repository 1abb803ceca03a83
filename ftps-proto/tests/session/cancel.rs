//! Operations dropped at every step: the next command gets its own reply.

use std::time::Duration;

use ftps_proto::Operation;
use ftps_proto::ops::{self, List};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{Channel, Close, End, Input, Need, Progress, Waiting};

use crate::{SECURE, argument, config, open};

/// What servers say to ABOR when a transfer was under way (measured), with what the abandoned transfer says by itself.
fn aborts() -> Vec<Vec<Act>> {
    [
        &["426 failed", "225 no transfer to abort"][..],
        &["426 aborted", "226 abort successful"],
        &["226 abort successful", "426 aborted"],
        &["150 the last word"],
        &["226 abort successful"],
        &["500 unknown command"],
        &[],
    ]
    .into_iter()
    .map(|said| std::iter::once(Act::Abort).chain(said.iter().map(|line| Act::from(*line))).collect())
    .collect()
}

fn server(abort: &[Act]) -> Peer {
    Peer::polite()
        .instead("ABOR", abort.to_vec())
        .on(
            "RETR",
            ["150 here".into(), SECURE, Act::Send(vec![7; 50]), Act::End(End::Clean), "226 done".into()],
        )
        .on("STOR", ["150 send".into(), SECURE, Act::Receive, "226 stored".into()])
        .on(
            "MLSD",
            [
                "150 here".into(),
                SECURE,
                Act::Send(b"type=file;size=1; a\r\ntype=file;size=2; b\r\n".to_vec()),
                Act::End(End::Clean),
                "226 done".into(),
            ],
        )
        .on("SIZE", ["213 42"])
        .on("RNFR", ["350 to what?"])
        .on("RNTO", ["250 renamed"])
        .on("MKD", ["257 \"/made\" created"])
}

/// Drops what `begin` makes after every number of turns, then runs commands that must get their own replies.
fn drop_everywhere<O: Operation>(mut begin: impl FnMut(&mut World) -> O) {
    // The one takes a command at a time, the other is known to take more.
    let greetings = ["220 ready", "220 ProFTPD"];
    for (abort, greeting) in aborts().into_iter().flat_map(|abort| greetings.map(|to| (abort.clone(), to))) {
        for chunks in [Chunks::Whole, Chunks::Seeded(5)] {
            let mut turns = 0;
            loop {
                let mut world = World::new(server(&abort).greeting(greeting)).cut(chunks.clone());
                world.open().unwrap();
                let mut op = begin(&mut world);
                let done = world.run_for(&mut op, turns).is_ready();
                drop(op);
                let context = format!("{greeting}, dropped after {turns} turns; ABOR: {abort:?}");
                assert!(world.session.is_usable(), "{context}");
                let size = world.run(&mut ops::size(argument("x")));
                assert_eq!(size.unwrap_or_else(|error| panic!("{context}: {error}")), 42, "{context}");
                assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home", "{context}");
                let mut download = world.download("file");
                world.run(&mut download).unwrap_or_else(|error| panic!("{context}: {error}"));
                assert_eq!(world.received(), [7; 50], "{context}");
                if done {
                    break;
                }
                turns += 1;
            }
            assert!(turns > 1, "there was something to drop");
        }
    }
}

#[test]
fn downloads() {
    drop_everywhere(|world| world.download("file"));
}

#[test]
fn uploads() {
    drop_everywhere(|world| world.upload("file", &[1; 50]));
}

#[test]
fn listings() {
    drop_everywhere(|_| Collect(List::new(None)));
}

#[test]
fn simple_commands() {
    drop_everywhere(|_| ops::pwd());
    drop_everywhere(|_| ops::mkd(argument("made")));
    drop_everywhere(|_| ops::Rename::new(argument("a"), argument("b")));
}

/// A listing to its end.
struct Collect(List);

impl Operation for Collect {
    type Output = ();

    fn step(
        &mut self,
        session: &mut ftps_proto::Session,
        now: ftps_proto::Instant,
    ) -> Result<std::task::Poll<()>, ftps_proto::Error> {
        loop {
            match self.0.step(session, now)? {
                std::task::Poll::Ready(Some(_)) => {}
                std::task::Poll::Ready(None) => return Ok(std::task::Poll::Ready(())),
                std::task::Poll::Pending => return Ok(std::task::Poll::Pending),
            }
        }
    }
}

#[test]
fn a_dropped_upload_is_reset_and_never_ended() {
    let mut turns = 0;
    loop {
        let mut world = open(server(&aborts()[0]));
        let mut upload = world.upload("file", &[1; 50]);
        if world.run_for(&mut upload, turns).is_ready() {
            break;
        }
        drop(upload);
        let ended = world.closes().contains(&(Channel::Data, Close::Write));
        let connected = world.session.direction().is_some();
        world.run(&mut ops::noop()).unwrap();
        if connected {
            assert_eq!(
                world.closes().last(),
                Some(&(Channel::Data, Close::Reset)),
                "dropped after {turns} turns"
            );
            assert_eq!(
                world.closes().contains(&(Channel::Data, Close::Write)),
                ended,
                "nothing ended it afterwards"
            );
        }
        turns += 1;
    }
}

#[test]
fn a_dropped_recovery_goes_on() {
    let mut world = open(server(&aborts()[0]));
    let mut download = world.download("file");
    while world.session.moved() == 0 {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    drop(download);
    for _ in 0..20 {
        assert!(world.run_for(&mut ops::noop(), 1).is_pending());
    }
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    assert_eq!(world.heard().filter(|line| *line == "ABOR").count(), 1);
}

#[test]
fn the_fence_leaves_after_abor_and_not_with_it() {
    let mut world = open(server(&aborts()[0]).greeting("220 Pure-FTPd"));
    let mut download = world.download("file");
    while world.session.moved() == 0 {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    drop(download);
    let mut noop = ops::noop();
    let mut left = Vec::new();
    loop {
        match world.session.poll(&mut noop, world.now()).unwrap() {
            Progress::Need(Need::Close(Channel::Data, Close::Reset)) => {}
            Progress::Need(Need::Io(io)) if io.deadline.is_some_and(|at| at.waiting == Waiting::Look) => {}
            Progress::Need(Need::Io(_)) if world.session.outgoing().is_empty() => break,
            Progress::Need(Need::Io(_)) => {
                let out = world.session.outgoing().to_vec();
                world.session.handle(Input::Sent(Channel::Control, out.len()));
                left.push(String::from_utf8(out).unwrap());
            }
            progress => panic!("{progress:?}"),
        }
    }
    assert_eq!(left, ["ABOR\r\n", "PWD\r\n"]);
}

#[test]
fn a_dropped_rename_is_ended_and_changes_nothing() {
    // ProFTPD answers all else with 501 until RNTO has come.
    for (sent, to) in [("RNFR a", "RNTO a"), ("RNTO b", "RNTO b")] {
        let mut world = open(server(&aborts()[0]));
        let mut rename = ops::Rename::new(argument("a"), argument("b"));
        run_until_heard(&mut world, &mut rename, sent);
        drop(rename);
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
        let heard: Vec<_> = world.heard().rev().take(3).collect();
        assert_eq!(heard, ["PWD", to, "RNFR a"], "dropped after {sent}");
    }
    // Of which nothing has left, nothing leaves.
    let mut world = open(server(&aborts()[0]));
    assert!(world.run_for(&mut ops::Rename::new(argument("a"), argument("b")), 1).is_pending());
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    assert!(!world.heard().any(|line| line.starts_with("RN")));
}

#[test]
fn a_reply_to_a_dropped_command_that_cannot_be_right_is_followed_by_a_fence() {
    fn drop_after<O: Operation>(sent: &str, mut op: O) {
        let twice = |reply: &str| ["350 what?".into(), Act::Wait(Duration::from_secs(1)), reply.into()];
        let peer = server(&aborts()[0]).on("CWD", twice("250 there")).on("DELE", ["550 no"]);
        let mut world = open(peer.instead("RNTO", twice("250 renamed")).on("RNTO", ["503 RNFR first"]));
        run_until_heard(&mut world, &mut op, sent);
        drop(op);
        let error = world.run(&mut ops::dele(argument("x"))).unwrap_err();
        assert_eq!(error.code().unwrap(), 550, "{error}");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
    drop_after("CWD x", ops::cwd(argument("x")));
    drop_after("RNTO b", ops::Rename::new(argument("a"), argument("b")));
}

#[test]
fn a_server_that_takes_one_command_at_a_time_gets_the_fence_after_its_answer() {
    let mut world = open(server(&[Act::Abort]));
    let mut download = world.download("file");
    while world.session.moved() == 0 {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    drop(download);
    let before = world.now();
    world.run(&mut ops::noop()).unwrap();
    let heard: Vec<_> = world.heard().rev().take(3).collect();
    assert_eq!(heard, ["NOOP", "PWD", "ABOR"]);
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.abort, "it has none");
}

#[test]
fn an_operation_that_was_given_up_says_so() {
    let mut world = open(server(&aborts()[0]));
    let mut old = world.download("file");
    assert!(world.run_for(&mut old, 3).is_pending());
    world.run(&mut ops::noop()).unwrap();
    let error = world.run(&mut old).unwrap_err();
    assert!(matches!(error, ftps_proto::Error::Local(ftps_proto::Local::Superseded)), "{error}");
    world.run(&mut ops::noop()).unwrap();
}

/// Goes on until the server has heard this command.
fn run_until_heard<O: Operation>(world: &mut World, op: &mut O, command: &str) {
    while !world.heard().any(|line| line == command) {
        assert!(world.run_for(op, 1).is_pending());
    }
}

/// A download that is given up in the middle of its handshake.
fn drop_in_handshake(world: &mut World) {
    let mut download = world.download("file");
    while !world.heard().any(|line| line.starts_with("RETR")) {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    assert!(world.session.is_securing());
}

#[test]
fn a_handshake_under_way_is_let_through_before_it_is_reset() {
    // vsftpd and Pure-FTPd end the whole session over one that fails.
    let slow = Act::Wait(Duration::from_secs(1));
    let later = |secured: &[Act]| [vec!["150 here".into(), slow.clone()], secured.to_vec()].concat();
    let timeouts = config().timeouts;
    for (secured, waited) in [(&[SECURE][..], Duration::from_secs(1)), (&[], timeouts.abort)] {
        let mut world = open(server(&aborts()[0]).instead("RETR", later(secured)));
        drop_in_handshake(&mut world);
        let before = world.now();
        world.run(&mut ops::noop()).unwrap();
        assert_eq!(world.now().saturating_duration_since(before), waited);
        assert_eq!(world.closes(), [(Channel::Data, Close::Reset)]);
    }
}

#[test]
fn a_handshake_that_is_given_up_is_waited_for_as_long_as_that_takes() {
    let mut config = config();
    config.timeouts.reply = Duration::from_secs(1);
    let never: [Act; 0] = [];
    let mut world = World::with_config(server(&aborts()[0]).instead("RETR", never), config.clone());
    world.open().unwrap();
    drop_in_handshake(&mut world);
    let before = world.now();
    world.run(&mut ops::noop()).unwrap();
    assert_eq!(world.now().saturating_duration_since(before), config.timeouts.abort);
}

#[test]
fn a_refusal_ends_the_wait_for_a_handshake_under_way() {
    let refused = ["150 here".into(), Act::Wait(Duration::from_secs(1)), "425 no".into()];
    let mut world = open(server(&aborts()[0]).instead("RETR", refused));
    drop_in_handshake(&mut world);
    let before = world.now();
    world.run(&mut ops::noop()).unwrap();
    assert_eq!(world.now().saturating_duration_since(before), Duration::from_secs(1));
}
