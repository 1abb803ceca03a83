//! A world in which nothing takes time: a [`Session`], a scripted server and a virtual clock.
//!
//! A server is a table of what it does when it hears what ([`Peer`]). Bytes are cut by [`Chunks`]. The clock moves only
//! when nothing else does, to the next deadline, so that a test of a timeout takes no time and needs no luck.
//!
//! ```
//! use ftps_proto::sim::{Peer, World};
//! use ftps_proto::ops;
//!
//! let mut world = World::new(Peer::polite());
//! world.open()?;
//! assert_eq!(world.run(&mut ops::pwd())?, b"/home");
//! assert!(world.heard().any(|line| line == "PROT P"));
//! # Ok::<(), ftps_proto::Error>(())
//! ```

mod chunks;
mod peer;
mod script;

use alloc::string::String;
use alloc::vec::Vec;
use core::task::Poll;
use core::time::Duration;

use crate::codec::{Argument, Command, Secret};
use crate::config::{Config, Login};
use crate::error::Error;
use crate::need::{Channel, Close, End, Failure, Input, Io, Need, Progress, Target};
use crate::ops::{Get, Open, Put, StartTransfer, Transfer, Transferred};
use crate::session::{Direction, Operation, Session};
use crate::time::Instant;

pub use chunks::Chunks;
pub use peer::{Act, FILTERED, LISTENING, PORT, Peer};
pub use script::Script;

/// A session and the server it talks to.
#[derive(Debug)]
pub struct World {
    /// The machine under test.
    pub session: Session,
    peer: Peer,
    chunks: Chunks,
    now: Instant,
    /// For how long the client is left alone the next time it waits.
    neglect: Duration,
    /// What the server has said and the session has not heard yet.
    said: Vec<u8>,
    data: DataEnd,
    source: Vec<u8>,
    closes: Vec<(Channel, Close)>,
    targets: Vec<Target>,
    received: Vec<u8>,
    stored: Vec<u8>,
}

/// The data connection between the two.
#[derive(Debug, Default, PartialEq)]
enum DataEnd {
    #[default]
    None,
    /// The client waits for the server to connect.
    Listening,
    Connected,
    /// The client has begun the handshake.
    Securing,
    Open,
    /// The client has shut down its side.
    Shut,
}

impl World {
    /// A world with this server, everything at once, and a client that logs in as `user` with the password `secret`.
    pub fn new(peer: Peer) -> Self {
        Self::with_config(peer, config())
    }

    /// The same with settings of its own.
    pub fn with_config(peer: Peer, config: Config) -> Self {
        Self {
            session: Session::new(config),
            peer,
            chunks: Chunks::Whole,
            now: Instant::default(),
            neglect: Duration::ZERO,
            said: Vec::new(),
            data: DataEnd::None,
            source: Vec::new(),
            closes: Vec::new(),
            targets: Vec::new(),
            received: Vec::new(),
            stored: Vec::new(),
        }
    }

    /// Cuts bytes otherwise.
    pub fn cut(mut self, chunks: Chunks) -> Self {
        self.chunks = chunks;
        self
    }

    /// The commands that the server has heard; one that is not UTF-8 with a character for each byte.
    pub fn heard(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.peer.heard.iter().map(String::as_str)
    }

    /// The virtual time.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// The next time the client waits for something it is left alone for so long: what comes meanwhile lies in its
    /// sockets until it is polled again.
    pub fn neglect(&mut self, time: Duration) {
        self.neglect = time;
    }

    /// Lets time pass between two operations.
    pub fn pass(&mut self, time: Duration) {
        self.now = self.now + time;
        if let Some(Act::Wait(wait)) = self.peer.agenda.front_mut() {
            *wait = wait.saturating_sub(time);
        }
    }

    /// Every close that the machine asked for.
    pub fn closes(&self) -> &[(Channel, Close)] {
        &self.closes
    }

    /// Every address to which the machine wanted a data connection.
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The payload that the client has received since the last transfer began.
    pub fn received(&self) -> &[u8] {
        &self.received
    }

    /// The payload of the last upload that the server took to be complete.
    pub fn stored(&self) -> &[u8] {
        &self.stored
    }

    /// Logs in.
    ///
    /// # Errors
    /// The operation's.
    pub fn open(&mut self) -> Result<(), Error> {
        self.run(&mut Open::new())
    }

    /// Runs an operation to its end.
    ///
    /// # Errors
    /// The operation's.
    pub fn run<O: Operation>(&mut self, op: &mut O) -> Result<O::Output, Error> {
        loop {
            if let Poll::Ready(result) = self.turn(op) {
                return result;
            }
        }
    }

    /// Runs an operation for so many turns at most, as one does before dropping it.
    pub fn run_for<O: Operation>(&mut self, op: &mut O, turns: usize) -> Poll<Result<O::Output, Error>> {
        for _ in 0..turns {
            if let Poll::Ready(result) = self.turn(op) {
                return Poll::Ready(result);
            }
        }
        Poll::Pending
    }

    /// An operation that downloads this file; what came is in [`received`](Self::received).
    pub fn download(&mut self, path: &str) -> Whole {
        self.get(path)
    }

    /// The same, with how it is to be downloaded.
    pub fn get(&mut self, get: impl Into<Get>) -> Whole {
        self.received.clear();
        Whole::new(started(StartTransfer::get(get)), Direction::Download, 0)
    }

    /// An operation that uploads these bytes; what the server stored is in [`stored`](Self::stored).
    pub fn upload(&mut self, path: &str, payload: &[u8]) -> Whole {
        self.put(path, payload)
    }

    /// The same, with how it is to be uploaded.
    pub fn put(&mut self, put: impl Into<Put>, payload: &[u8]) -> Whole {
        self.source = payload.into();
        self.stored.clear();
        Whole::new(started(StartTransfer::put(put)), Direction::Upload, payload.len() as u64)
    }

    /// Polls once and does what is needed. An error resets the data connection, as every adapter does, unless it is
    /// another operation's.
    fn turn<O: Operation>(&mut self, op: &mut O) -> Poll<Result<O::Output, Error>> {
        match self.session.poll(op, self.now) {
            Ok(Progress::Done(output)) => return Poll::Ready(Ok(output)),
            Err(error) => {
                if self.session.direction().is_none() {
                    self.data = DataEnd::None;
                }
                return Poll::Ready(Err(error));
            }
            Ok(Progress::Need(Need::Connect(target))) => self.connect(target),
            Ok(Progress::Need(Need::Listen)) => {
                self.data = DataEnd::Listening;
                self.session.handle(Input::Listening(LISTENING));
            }
            Ok(Progress::Need(Need::StartTls(Channel::Control))) => {
                self.session.handle(Input::Secured { channel: Channel::Control, resumed: false });
            }
            Ok(Progress::Need(Need::StartTls(Channel::Data))) => self.data = DataEnd::Securing,
            Ok(Progress::Need(Need::EndTls(channel))) => self.session.handle(Input::Cleared(channel)),
            Ok(Progress::Need(Need::Close(channel, close))) => self.close(channel, close),
            Ok(Progress::Need(Need::Io(io))) => self.io(io),
        }
        Poll::Pending
    }

    /// Without TLS, bytes move at once.
    fn connected(&self) -> DataEnd {
        if self.session.is_data_clear() { DataEnd::Open } else { DataEnd::Connected }
    }

    fn connect(&mut self, target: Target) {
        self.targets.push(target);
        let (Target::Peer(port) | Target::Address(_, port)) = target;
        match port.get() {
            PORT => {
                self.data = self.connected();
                self.session.handle(Input::Connected);
            }
            FILTERED => {}
            _ => self.session.handle(Input::ConnectFailed(Failure::transport("connection refused"))),
        }
    }

    fn close(&mut self, channel: Channel, close: Close) {
        self.closes.push((channel, close));
        if channel == Channel::Data {
            self.data = match close {
                Close::Notify => return,
                Close::Write => {
                    self.session.handle(Input::Shut);
                    DataEnd::Shut
                }
                Close::Whole | Close::Reset => DataEnd::None,
            };
        }
    }

    /// Moves what can be moved; where nothing can, time does.
    fn io(&mut self, io: Io) {
        let neglect = core::mem::take(&mut self.neglect);
        if !neglect.is_zero() {
            return self.pass(neglect);
        }
        let mut moved = false;
        let outgoing = self.chunks.next(self.session.outgoing().len());
        if io.control.send && outgoing > 0 {
            self.peer.hear(&self.session.outgoing()[..outgoing]);
            self.session.handle(Input::Sent(Channel::Control, outgoing));
            moved = true;
        }
        if io.data.send && !self.source.is_empty() {
            let n = self.chunks.next(self.source.len());
            self.stored.extend(self.source.drain(..n));
            self.session.handle(Input::Sent(Channel::Data, n));
            moved = true;
        }
        // What was secured just now is polled first.
        let open = matches!(self.data, DataEnd::Open | DataEnd::Shut) && io.data.receive;
        while self.act(open) {
            moved = true;
        }
        let said = self.chunks.next(self.said.len());
        if io.control.receive && said > 0 {
            self.session.handle(Input::Received(Channel::Control, &self.said[..said]));
            self.said.drain(..said);
            moved = true;
        }
        let deadline = io.deadline.map(|deadline| deadline.at.saturating_duration_since(self.now));
        let resumes = match self.peer.agenda.front() {
            Some(Act::Wait(wait)) => Some(*wait),
            _ => None,
        };
        if !moved && let Some(next) = [deadline, resumes].into_iter().flatten().min() {
            self.pass(next);
        }
    }

    /// The server's next act, if it can be done now. `open`: the client takes what comes on the data connection.
    fn act(&mut self, open: bool) -> bool {
        let Some(act) = self.peer.agenda.front_mut() else { return false };
        match act {
            // There is no data connection (any more): what was to be done with it fails.
            Act::Secure { .. } | Act::Send(_) | Act::End(_) | Act::Reset | Act::Receive
                if self.data == DataEnd::None => {}
            Act::Secure { .. } if matches!(self.data, DataEnd::Open | DataEnd::Shut) => {}
            Act::Say(line) => {
                self.said.extend_from_slice(line.as_bytes());
                self.said.extend_from_slice(b"\r\n");
            }
            Act::Raw(bytes) => self.said.append(bytes),
            Act::Secure { resumed } if self.data == DataEnd::Securing => {
                self.data = DataEnd::Open;
                self.session.handle(Input::Secured { channel: Channel::Data, resumed: *resumed });
            }
            Act::Send(bytes) if open && !bytes.is_empty() => {
                let n = self.chunks.next(bytes.len());
                self.session.handle(Input::Received(Channel::Data, &bytes[..n]));
                if self.session.direction() == Some(Direction::Download) {
                    self.received.extend_from_slice(&bytes[..n]);
                }
                bytes.drain(..n);
                return true;
            }
            Act::Send(bytes) if bytes.is_empty() => {}
            Act::End(end) => {
                self.session.handle(Input::Ended(Channel::Data, *end));
            }
            Act::Reset => {
                self.session.handle(Input::Failed(Channel::Data, Failure::transport("connection reset")));
            }
            Act::Receive if self.data == DataEnd::Shut => {}
            // What comes after this is said all the same.
            Act::Leave if self.said.is_empty() => {
                self.session.handle(Input::Ended(Channel::Control, End::Clean));
            }
            Act::Wait(wait) if wait.is_zero() => {}
            Act::Connect if self.data == DataEnd::Listening => {
                self.data = self.connected();
                self.session.handle(Input::Connected);
            }
            Act::Abort => self.data = DataEnd::None,
            Act::Overtake => {}
            _ => return false,
        }
        self.peer.agenda.pop_front();
        true
    }
}

/// A transfer from its first command to its confirmation. The world moves its payload.
#[derive(Debug)]
pub struct Whole {
    start: StartTransfer,
    transfer: Option<Transfer>,
    direction: Direction,
    size: u64,
}

impl Whole {
    fn new(start: StartTransfer, direction: Direction, size: u64) -> Self {
        Self { start, transfer: None, direction, size }
    }

    /// Sends this right before the transfer's command.
    #[must_use]
    pub fn after(self, command: Command) -> Self {
        Self { start: self.start.after(command), ..self }
    }

    /// Another transfer follows.
    #[must_use]
    pub fn followed(self) -> Self {
        Self { start: self.start.followed(), ..self }
    }
}

impl Operation for Whole {
    type Output = Transferred;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transferred>, Error> {
        let transfer = match &mut self.transfer {
            Some(transfer) => transfer,
            None => match self.start.step(session, now)? {
                Poll::Ready(transfer) => self.transfer.insert(transfer),
                Poll::Pending => return Ok(Poll::Pending),
            },
        };
        let limit = match self.direction {
            Direction::Upload => Some(self.size),
            Direction::Download | Direction::Listing => transfer.limit(),
        };
        if limit.is_some_and(|limit| session.moved() >= limit) {
            transfer.finish();
        }
        transfer.step(session, now)
    }
}

fn config() -> Config {
    let password = Secret::new("secret").unwrap_or_else(|_| unreachable!("no control character"));
    Config::new(Login::new(argument("user"), password))
}

/// Panics where a test wants what cannot be.
#[expect(clippy::panic, reason = "a simulation fails loudly")]
fn started(start: Result<StartTransfer, Error>) -> StartTransfer {
    start.unwrap_or_else(|error| panic!("{error}"))
}

/// Panics where a test gives what cannot be sent.
#[expect(clippy::panic, reason = "a simulation fails loudly")]
fn argument(text: &str) -> Argument {
    Argument::new(text).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}
