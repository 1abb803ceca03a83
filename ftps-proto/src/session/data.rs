//! The data connection as the protocol sees it: a state machine whose transitions are methods.
//!
//! ```text
//!  passive: opening ──► connected ──► securing ──► open ──► ending ──► draining ──► closed     (upload)
//!  active:  listening ───────┘                       └──────────────────────────────┘          (download, listing)
//! ```

use core::net::SocketAddr;

use super::Session;
use super::quirks::Quirk;
use crate::codec::list::LineDecoder;
use crate::codec::{Class, Reply, Verb};
use crate::config::Protection;
use crate::error::{Error, Local};
use crate::need::{Channel, Close, Failure, Layer, Need, Target};

/// What a data connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Payload from the server. It does not pass through the machine.
    Download,
    /// Payload to the server. It does not pass through the machine.
    Upload,
    /// A listing: protocol, so its bytes come in and entries come out.
    Listing,
}

/// How far the data connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// It is being connected (passive), or waited for (active).
    Opening,
    Connected,
    Securing,
    /// Payload may move.
    Open,
    /// The rest of an upload and its end are on their way to the transport.
    Ending,
    /// Everything has been sent, and the peer's end is awaited.
    Draining,
    /// Closed from our side.
    Closed,
}

/// How the data connection ended.
#[derive(Debug)]
pub(crate) enum Ending {
    Clean,
    Truncated,
    Failed(Failure),
}

#[derive(Debug)]
pub(crate) struct DataConnection {
    direction: Direction,
    phase: Phase,
    /// Bytes of payload.
    moved: u64,
    resumed: Option<bool>,
    /// There is no TLS on it.
    clear: bool,
    ending: Option<Ending>,
    /// The server has said that the transfer begins: payload waits for that as well as for the handshake.
    started: bool,
    /// The server opens it (active mode).
    active: bool,
    /// Where it can connect to.
    listening: Option<SocketAddr>,
}

impl DataConnection {
    fn new(direction: Direction, clear: bool, active: bool) -> Self {
        Self {
            direction,
            clear,
            phase: Phase::Opening,
            moved: 0,
            resumed: None,
            ending: None,
            started: false,
            active,
            listening: None,
        }
    }

    /// Whether it is up and TLS can start. One that has ended since never can.
    pub(crate) fn is_connected(&self) -> bool {
        self.phase == Phase::Connected && self.ending.is_none()
    }

    /// Whether the server is still to connect (active mode).
    pub(crate) fn is_awaited(&self) -> bool {
        self.phase == Phase::Opening && self.listening.is_some()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Whether the end of an upload is on its way to the transport.
    pub(crate) fn is_ending(&self) -> bool {
        self.phase == Phase::Ending
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.phase == Phase::Draining
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    pub(crate) fn is_started(&self) -> bool {
        self.started
    }

    pub(crate) fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    pub(crate) fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.ending, Some(Ending::Failed(_)))
    }

    /// Whether it was cut, or has failed.
    pub(super) fn has_ended_badly(&self) -> bool {
        !self.has_ended_well() && self.ending.is_some()
    }

    /// Whether the connection has ended as a transfer in this direction should.
    pub(crate) fn has_ended_well(&self) -> bool {
        match self.direction {
            Direction::Download | Direction::Listing => matches!(self.ending, Some(Ending::Clean)),
            // All of it has been sent, and the server has ended too: only its last word can be missing.
            Direction::Upload => {
                matches!(self.phase, Phase::Draining | Phase::Closed)
                    && matches!(self.ending, Some(Ending::Clean | Ending::Truncated))
            }
        }
    }

    /// Whether payload may move, in the direction that there is.
    pub(crate) fn may_move(&self) -> bool {
        self.phase == Phase::Open && self.started && self.ending.is_none()
    }

    pub(crate) fn may_send(&self) -> bool {
        self.direction == Direction::Upload && self.may_move()
    }

    /// Uploads receive too: TLS 1.3 servers send tickets, and a connection closed with unread input is reset. A listing's
    /// lines have no place before its 1xx.
    pub(super) fn may_receive(&self) -> bool {
        let early = self.direction == Direction::Listing && self.phase == Phase::Open && !self.started;
        self.is_moving() && !early
    }

    /// Whether the handshake, payload or the peer's end is still to come.
    pub(super) fn is_moving(&self) -> bool {
        use Phase::{Draining, Ending, Open, Securing};
        matches!(self.phase, Securing | Open | Ending | Draining) && self.ending.is_none()
    }

    /// What is waited for, where that is this connection's matter.
    pub(super) fn phase(&self) -> Option<Phase> {
        self.ending.is_none().then_some(self.phase)
    }

    /// The transport's end is all there is where there is no TLS.
    pub(super) fn truncate(&mut self) {
        self.end(if self.clear { Ending::Clean } else { Ending::Truncated });
    }

    /// Only the first ending counts.
    pub(super) fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
    }

    /// The connection has come from one phase to the next. What is told late changes nothing, nor does what comes after
    /// its end: an upload that is sent on then is not known to be read.
    fn advance(&mut self, from: Phase, to: Phase) {
        if self.phase == from && self.ending.is_none() {
            self.phase = to;
        }
    }

    pub(super) fn set_listening(&mut self, at: SocketAddr) {
        self.listening = Some(at).filter(|_| self.active);
    }

    pub(super) fn connected(&mut self) {
        self.advance(Phase::Opening, Phase::Connected);
    }

    pub(super) fn secured(&mut self, resumed: bool) {
        self.advance(Phase::Securing, Phase::Open);
        self.resumed = Some(resumed);
    }

    pub(super) fn shut(&mut self) {
        self.advance(Phase::Ending, Phase::Draining);
    }

    /// The error of a connection that failed, with the server's word on it.
    fn failure(self, reply: Option<Reply>) -> Error {
        match self.ending {
            Some(Ending::Failed(failure)) => {
                Error::Connection { channel: Channel::Data, failure: Some(failure), reply }
            }
            Some(Ending::Truncated) => Error::Truncated { bytes: self.moved, reply },
            Some(Ending::Clean) | None => Error::Connection { channel: Channel::Data, failure: None, reply },
        }
    }
}

impl Session {
    /// The direction of the data connection that is there, if any.
    pub fn direction(&self) -> Option<Direction> {
        self.data.as_ref().map(|data| data.direction)
    }

    /// Whether the server has said that the transfer starts (1xx): payload may move.
    pub fn is_started(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.started)
    }

    /// Whether the data connection's TLS session resumed an earlier one, once it is secured.
    pub fn resumed(&self) -> Option<bool> {
        self.data.as_ref().and_then(|data| data.resumed)
    }

    /// How many bytes of payload the transfer under way has moved.
    pub fn moved(&self) -> u64 {
        self.data.as_ref().map_or(0, |data| data.moved)
    }

    /// Whether the data connection is in the middle of its handshake. It is not to be reset then where the operation
    /// that uses it is given up: the next one sees to that.
    pub fn is_securing(&self) -> bool {
        self.data.as_ref().is_some_and(|data| data.phase == Phase::Securing && data.ending.is_none())
    }

    /// The caller of a transfer has all it needs for now: what is waited for is the caller, so no deadline runs.
    pub fn pause(&mut self) {
        self.timers.data.clear();
        self.timers.pace.pause();
    }

    /// Something came of a download or a listing, be it no whole record yet: on a slow line one takes its time.
    #[cfg(feature = "rustls")]
    pub(crate) fn trickle(&mut self) {
        let comes = |data: &DataConnection| data.may_move() && data.direction != Direction::Upload;
        if self.data.as_ref().is_some_and(comes) {
            self.timers.data.clear();
        }
    }

    /// So many bytes of an upload's records have left.
    #[cfg(feature = "rustls")]
    pub(crate) fn ebb(&mut self, n: usize) {
        if self.direction() == Some(Direction::Upload) {
            self.timers.data.clear();
            self.timers.pace.count(n);
        }
    }

    pub(crate) fn data(&self) -> Option<&DataConnection> {
        self.data.as_ref()
    }

    /// The lines of the listing that is received.
    pub(crate) fn listing(&mut self) -> &mut LineDecoder {
        &mut self.listing
    }

    /// A data connection to this target is opened (passive mode).
    pub(crate) fn connect_data(&mut self, direction: Direction, to: Target) {
        self.new_data(direction, false);
        self.need(Need::Connect(to));
    }

    /// A data connection is waited for (active mode).
    pub(crate) fn listen_for_data(&mut self, direction: Direction) {
        self.new_data(direction, true);
        self.need(Need::Listen);
    }

    fn new_data(&mut self, direction: Direction, active: bool) {
        self.data = Some(DataConnection::new(direction, self.is_data_clear(), active));
        // A listing that was given up may have left lines.
        self.listing = LineDecoder::new(self.config.limits.line);
    }

    /// Whether there is no TLS on data connections, as was asked for.
    pub(crate) fn is_data_clear(&self) -> bool {
        self.config.protection == Protection::DangerousClear
    }

    /// TLS starts on a data connection that is up.
    pub(crate) fn secure_data(&mut self) {
        let Some(data) = self.data.as_mut().filter(|data| data.is_connected()) else { return };
        if data.clear {
            data.phase = Phase::Open;
        } else {
            data.phase = Phase::Securing;
            self.need(Need::StartTls(Channel::Data));
        }
    }

    /// Whether the data connection has a TLS session of its own where one that resumes was asked for.
    pub(crate) fn lacks_resumption(&self) -> bool {
        self.config.require_resumption && self.resumed() == Some(false)
    }

    /// The server has said that the transfer begins: payload may move once the connection is secured.
    pub(crate) fn start_data(&mut self) {
        if let Some(data) = &mut self.data {
            data.started = true;
        }
    }

    /// The downloading side has nothing to send, and says so early.
    pub(crate) fn notify_data(&mut self) {
        self.need(Need::Close(Channel::Data, Close::Notify));
    }

    /// All of an upload has been handed over: the rest of it, and its end, are to leave.
    pub(crate) fn end_upload(&mut self) {
        if let Some(data) = &mut self.data {
            data.phase = Phase::Ending;
            self.need(Need::Close(Channel::Data, Close::Write));
        }
    }

    /// Closes a data connection that has ended, once.
    pub(crate) fn close_data(&mut self) {
        if let Some(data) = self.data.as_mut().filter(|data| data.phase != Phase::Closed) {
            data.phase = Phase::Closed;
            self.need(Need::Close(Channel::Data, Close::Whole));
        }
    }

    /// A transfer is complete.
    pub(crate) fn finish_data(&mut self) {
        self.data = None;
    }

    /// A data connection of which nothing has been used is given up.
    pub(crate) fn discard_data(&mut self) {
        self.data = None;
        self.need(Need::Close(Channel::Data, Close::Reset));
    }

    /// Ends the data connection with the error that it came to.
    pub(crate) fn fail_data(&mut self, reply: Option<Reply>) -> Error {
        match self.data.take() {
            Some(data) => data.failure(reply),
            None => Local::Finished.into(),
        }
    }

    /// What a transfer that the server refused comes to, where its data connection may have failed before.
    ///
    /// A server that refuses lets go of the data connection as well, which resets it where a ClientHello or payload lies
    /// unread; either may be seen first. So the refusal is the reason, but for TLS that failed on this side, and for a
    /// 4yz after the 1xx, which is the server's word on a connection that broke under way.
    pub(crate) fn refused(&mut self, verb: Verb, reply: Reply) -> Error {
        let broke = self.data.as_ref().is_some_and(|data| match &data.ending {
            Some(Ending::Failed(failure)) => {
                failure.layer == Layer::Tls
                    || (data.started && reply.code().class() == Class::TransientNegative)
            }
            _ => false,
        });
        if broke { self.fail_data(Some(reply)) } else { Error::refused(verb, reply) }
    }

    /// Whether the next listing begins with the rest of one that was given up.
    pub(crate) fn has_stale_listing(&self) -> bool {
        self.stale_listing
    }

    /// That rest has come.
    pub(crate) fn listed_to_the_end(&mut self) {
        self.stale_listing = false;
    }

    /// All that is wanted of a download has come: the rest of it is given up, and the next operation begins with a recovery.
    pub(crate) fn stop_data(&mut self) {
        self.drop_data();
        self.need(Need::Close(Channel::Data, Close::Reset));
    }

    /// What an operation that goes on gives up with one of its parts: the data connection is reset.
    pub(crate) fn give_data_up(&mut self, error: &Error) {
        if let Error::Remote(_) = error {
            self.distrust();
        }
        if self.data.is_some() {
            self.drop_data();
            self.need(Need::Close(Channel::Data, Close::Reset));
        }
    }

    /// Forgets the data connection, which the adapter resets.
    pub(super) fn drop_data(&mut self) {
        let listing = self.is_started() && self.direction() == Some(Direction::Listing);
        self.stale_listing |= listing && self.has_quirk(Quirk::KeepsListings);
        self.data = None;
        self.needs.clear();
        self.timers.data.clear();
        self.replies.abandon();
    }

    /// Payload has moved.
    pub(super) fn count(&mut self, n: usize) {
        self.timers.data.clear();
        self.timers.pace.count(n);
        if let Some(data) = &mut self.data {
            data.moved = data.moved.saturating_add(n as u64);
        }
    }
}
