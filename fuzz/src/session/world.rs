//! A session, the server and the sockets between, and what must hold in every step.

use core::cell::Cell;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::VecDeque;
use std::rc::Rc;

use arbitrary::{Result, Unstructured};
use ftps_proto::{
    Channel, Close, Config, Direction, End, Error, Failure, Input, Instant, Io, Need, Progress, Session,
    Waiting,
};

use super::operations::{Any, Pwd, operation};
use super::server::{LISTINGS, SAYINGS, answer, greeting};
use super::{ACCOUNT, PASSWORD};
use crate::memory;

/// Turns in which an operation comes to its end once nothing more happens but time. An operation has a handful of waits,
/// and a recovery before it a handful more; each is looked for up to a hundred times.
const TURNS: usize = 2000;
/// What a session may hold where no more is received than it asks for, in bytes.
const MEMORY: usize = 24 << 10;
/// What may lie in the server's socket.
const SOCKET: usize = 16 << 10;

/// The data connection.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Data {
    None,
    /// Nothing has come of the client's attempt, or of its listening.
    Opening,
    Connected,
    /// The client has begun the handshake.
    Securing,
    Open,
    /// The server has ended it.
    Ended,
}

pub(super) struct World {
    session: Session,
    /// The operation under way.
    op: Option<Box<dyn Any>>,
    /// The operation before, to be polled out of turn.
    before: Option<Box<dyn Any>>,
    finished: Rc<Cell<bool>>,
    now: Instant,
    /// Inputs may come that nothing has asked for.
    wild: bool,
    /// Something that is not a whole line was said: what a reply says cannot be told.
    garbled: bool,
    /// The control connection's handshake was asked for...
    asked: bool,
    /// ...and is done.
    secured: bool,
    /// Which server it is.
    kind: u8,
    /// What the server has said and the session has not received.
    said: VecDeque<u8>,
    heard: Vec<u8>,
    /// What is said to the next command in place of what should be, if anything.
    instead: Option<Option<&'static str>>,
    /// The server says nothing more.
    silent: bool,
    /// The transfer that the server believes in.
    transfer: Option<Direction>,
    data: Data,
    /// The socket takes nothing.
    stalled: bool,
    /// What becomes of handshakes and connects, two bits each: control, connect, data.
    fails: u8,
    before_memory: usize,
}

impl World {
    pub(super) fn new(config: Config, wild: bool, kind: u8) -> Self {
        let mut world = Self {
            session: Session::new(config),
            op: None,
            before: None,
            finished: Rc::default(),
            now: Instant::default(),
            wild,
            garbled: false,
            asked: false,
            secured: false,
            kind,
            said: VecDeque::with_capacity(SOCKET + 1024),
            heard: Vec::with_capacity(1024),
            instead: None,
            silent: false,
            transfer: None,
            data: Data::None,
            stalled: false,
            fails: 0,
            before_memory: 0,
        };
        world.say(greeting(kind));
        world.before_memory = memory::used();
        world
    }

    /// One step that these bytes ask for.
    pub(super) fn step(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        match from.arbitrary::<u8>()? % 32 {
            0..=5 => self.go(1),
            6 => self.go(4),
            7 => self.go(64),
            8 => self.begin(from)?,
            9 => self.op = None,
            10 => {
                self.begin(from)?;
                self.go(100);
            }
            11 => self.say(from.choose(&SAYINGS)?),
            12 => {
                let (line, times) = (from.choose(&SAYINGS)?, from.arbitrary::<u8>()?);
                (0..times).for_each(|_| self.say(line));
            }
            13 => {
                self.garbled = true;
                self.raw(from.arbitrary()?);
            }
            14 => self.instead = Some(Some(from.choose(&SAYINGS)?)),
            15 => self.instead = Some(None),
            16 => {
                let listing = from.choose(&LISTINGS)?;
                self.payload(listing.as_bytes());
            }
            17 => {
                let payload: &[u8] = from.arbitrary()?;
                self.payload(payload);
            }
            18 => self.end_data(Input::Ended(Channel::Data, End::Clean)),
            19 => self.end_data(Input::Ended(Channel::Data, End::Truncated)),
            20 => self.end_data(Input::Failed(Channel::Data, Failure::transport("reset"))),
            21 => self.end_data(Input::Failed(Channel::Data, Failure::tls("bad record"))),
            22 => self.now = self.now + Duration::from_millis(u64::from(from.arbitrary::<u16>()?)),
            23 => self.stalled = !self.stalled,
            24 => self.session.handle(Input::Ended(Channel::Control, End::Clean)),
            25 => self.session.handle(Input::Failed(Channel::Control, Failure::transport("reset"))),
            26 => self.fails = from.arbitrary()?,
            27 => self.finished.set(true),
            28 => self.session.pause(),
            29 => self.out_of_turn(),
            30 => _ = self.poll(),
            _ if self.wild => self.anything(from)?,
            _ => self.go(1),
        }
        Ok(())
    }

    /// Nothing more happens but time: the operation comes to its end, and so does another one.
    pub(super) fn settle(&mut self) {
        (self.stalled, self.silent) = (false, true);
        self.comes_to_an_end();
        // A server that is itself again. What it has said is still there.
        (self.silent, self.instead, self.fails) = (false, None, 0);
        let garbled = self.garbled || self.wild;
        self.op = None;
        self.op = Some(match garbled {
            true => Box::new(super::operations::noop()),
            false => Box::new(Pwd(ftps_proto::ops::pwd())),
        });
        self.comes_to_an_end();
    }

    fn comes_to_an_end(&mut self) {
        for _ in 0..TURNS {
            if self.op.is_none() {
                return;
            }
            self.finished.set(true);
            self.turn(false);
        }
        unreachable!("it goes on for ever");
    }

    fn begin(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        self.finished = Rc::default();
        let op = operation(from, &self.finished)?;
        self.before = self.op.replace(op);
        Ok(())
    }

    fn go(&mut self, turns: usize) {
        for _ in 0..turns {
            if self.op.is_none() {
                return;
            }
            self.turn(true);
        }
    }

    /// Polls once, and does what is needed, with a server that does what it should.
    fn turn(&mut self, serves: bool) {
        let Some(need) = self.poll() else { return };
        match need {
            Need::Connect(_) | Need::Listen => {
                self.data = Data::Opening;
                if need == Need::Listen {
                    let at = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);
                    self.session.handle(Input::Listening(at));
                } else if serves {
                    self.connect();
                }
            }
            Need::StartTls(Channel::Control) => match self.fails & 3 {
                _ if !serves => {}
                1 => self.session.handle(Input::Failed(Channel::Control, Failure::tls("certificate"))),
                2 => {}
                _ => self.secure_control(),
            },
            Need::StartTls(Channel::Data) => {
                self.data = Data::Securing;
                if serves {
                    self.secure_data();
                }
            }
            Need::Close(Channel::Data, Close::Write) => {
                self.session.handle(Input::Shut);
                if serves && self.transfer.take() == Some(Direction::Upload) {
                    self.say("226 stored");
                }
            }
            Need::Close(Channel::Data, Close::Whole | Close::Reset) => self.data = Data::None,
            Need::Close(..) => {}
            Need::Io(io) => self.io(io, serves),
            other => unreachable!("{other:?}"),
        }
    }

    /// What the operation needs next; none where it is done, or has something to tell.
    fn poll(&mut self) -> Option<Need> {
        let op = self.op.as_mut()?;
        let need = match op.poll(&mut self.session, self.now) {
            Ok(Progress::Need(need)) => Some(need),
            // It is polled again for more.
            Ok(Progress::Done(true)) => None,
            Ok(Progress::Done(false)) => self.ended(),
            Err(error) => {
                self.data = Data::None;
                told(&error);
                self.ended()
            }
        };
        self.holds(need);
        need
    }

    /// An operation that has come to its end is polled once more.
    fn ended(&mut self) -> Option<Need> {
        let mut op = self.op.take()?;
        match op.poll(&mut self.session, self.now) {
            Ok(Progress::Need(need)) => self.holds(Some(need)),
            Ok(Progress::Done(_)) => {}
            Err(error) => told(&error),
        }
        None
    }

    fn holds(&mut self, need: Option<Need>) {
        self.asked |= need == Some(Need::StartTls(Channel::Control));
        let outgoing = self.session.outgoing();
        if !self.secured {
            for secret in [PASSWORD, ACCOUNT] {
                let leaves = outgoing.windows(secret.len()).any(|part| part == secret.as_bytes());
                assert!(!leaves, "a secret leaves before TLS");
            }
            assert!(!self.session.is_secured());
        }
        if let Some(Need::Io(io)) = need {
            assert!(io.deadline.is_some(), "a wait without a deadline: {io:?}, {:?}", self.session);
            assert!(!io.control.send || !outgoing.is_empty());
        }
        if !self.wild {
            let used = memory::used().saturating_sub(self.before_memory);
            assert!(used < MEMORY, "{used} bytes are held");
        }
    }

    /// An operation that was given up is polled all the same.
    fn out_of_turn(&mut self) {
        let Some(before) = &mut self.before else { return };
        match before.poll(&mut self.session, self.now) {
            Ok(Progress::Need(need)) => self.holds(Some(need)),
            Ok(Progress::Done(_)) => {}
            Err(error) => told(&error),
        }
    }

    /// Moves what can be moved; where nothing can, time does.
    fn io(&mut self, io: Io, serves: bool) {
        let mut moved = false;
        if io.control.send && !self.stalled {
            let outgoing = self.session.outgoing().to_vec();
            self.hear(&outgoing);
            self.session.handle(Input::Sent(Channel::Control, outgoing.len()));
            moved = true;
        }
        if serves && self.data == Data::Opening && self.transfer.is_some() {
            self.connect();
            moved = true;
        }
        if serves && self.data == Data::Open {
            match self.transfer {
                Some(Direction::Upload) if io.data.send => {
                    self.session.handle(Input::Sent(Channel::Data, 100));
                    self.finished.set(true);
                    moved = true;
                }
                Some(Direction::Download | Direction::Listing) if io.data.receive => {
                    self.end_data(Input::Ended(Channel::Data, End::Clean));
                    self.say("226 done");
                    moved = true;
                }
                _ => {}
            }
        }
        if io.control.receive && !self.said.is_empty() {
            let n = self.said.len().min(512);
            let piece: Vec<u8> = self.said.drain(..n).collect();
            self.session.handle(Input::Received(Channel::Control, &piece));
            moved = true;
        }
        if !moved && let Some(deadline) = io.deadline {
            self.now = self.now.max(deadline.at);
        }
    }

    fn connect(&mut self) {
        match self.fails >> 2 & 3 {
            1 => self.session.handle(Input::ConnectFailed(Failure::transport("refused"))),
            2 => {}
            _ => {
                self.data = Data::Connected;
                self.session.handle(Input::Connected);
            }
        }
    }

    fn secure_control(&mut self) {
        self.secured = true;
        self.session.handle(Input::Secured { channel: Channel::Control, resumed: false });
    }

    fn secure_data(&mut self) {
        match self.fails >> 4 & 3 {
            1 => self.end_data(Input::Failed(Channel::Data, Failure::tls("alert"))),
            2 => {}
            resumed => {
                self.data = Data::Open;
                self.session.handle(Input::Secured { channel: Channel::Data, resumed: resumed == 0 });
            }
        }
    }

    fn say(&mut self, line: &str) {
        self.raw(line.as_bytes());
        self.raw(b"\r\n");
    }

    /// What a full socket does not take is said by nobody.
    fn raw(&mut self, bytes: &[u8]) {
        if self.said.len() < SOCKET {
            self.said.extend(bytes.iter().take(512));
        }
    }

    fn payload(&mut self, bytes: &[u8]) {
        // What has not been let in yet would lie in the socket.
        if self.wild || (self.data == Data::Open && self.session.is_started()) {
            self.session.handle(Input::Received(Channel::Data, bytes));
            // Lines are taken before more is received.
            _ = self.poll();
        }
    }

    fn end_data(&mut self, end: Input<'_>) {
        if self.data != Data::None || self.wild {
            self.data = Data::Ended;
            self.transfer = self.transfer.filter(|direction| *direction == Direction::Upload);
            self.session.handle(end);
        }
    }

    /// Commands have left.
    fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend_from_slice(bytes);
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            // A part of it may be said to have been sent that was not.
            assert!(self.wild || (line.ends_with(b"\r\n") && !line.contains(&0)));
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            self.transfer = match line.split(' ').next() {
                Some("RETR") => Some(Direction::Download),
                Some("STOR") => Some(Direction::Upload),
                Some("LIST" | "MLSD") => Some(Direction::Listing),
                Some("ABOR") => None,
                _ => self.transfer,
            };
            match self.instead.take() {
                _ if self.silent => {}
                Some(Some(said)) => self.say(said),
                Some(None) => {}
                None => self.say(answer(line, self.kind)),
            }
        }
    }

    /// An input that nothing may have asked for.
    fn anything(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        let channel = if from.arbitrary()? { Channel::Control } else { Channel::Data };
        let n = *from.choose(&[0, 1, 100, usize::MAX])?;
        match from.arbitrary::<u8>()? % 10 {
            0 => self.session.handle(Input::Received(channel, from.arbitrary()?)),
            1 => self.session.handle(Input::Sent(channel, n)),
            2 => self.session.handle(Input::Listening(SocketAddr::new(from.arbitrary()?, from.arbitrary()?))),
            3 => self.session.handle(Input::Connected),
            4 => self.session.handle(Input::ConnectFailed(Failure::transport("no route"))),
            5 => {
                let secured = Input::Secured { channel, resumed: from.arbitrary()? };
                self.secured |= self.asked && channel == Channel::Control;
                self.session.handle(secured);
            }
            6 => self.session.handle(Input::Shut),
            7 => self.session.handle(Input::Ended(channel, End::Truncated)),
            8 => self.session.handle(Input::Ended(channel, End::Clean)),
            _ => self.session.handle(Input::Failed(channel, Failure::tls("alert"))),
        }
        Ok(())
    }
}

/// An error is one line, and names a wait that can be in vain.
fn told(error: &Error) {
    let text = error.to_string();
    assert!(!text.is_empty() && !text.contains(['\r', '\n']), "{text:?}");

    if let Error::Timeout { waiting, .. } = error {
        assert!(!matches!(waiting, Waiting::Look | Waiting::Keepalive | Waiting::Prepare));
    }
}
