//! The data connection as the protocol sees it.

use core::net::SocketAddr;

use super::Session;
use crate::codec::{Class, Reply, Verb};
use crate::error::{Error, Local};
use crate::need::{Channel, Failure, Layer};

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
pub(crate) enum Phase {
    Connecting,
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

/// How passive mode is asked for. What a server refused is not tried again in the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Preference {
    /// EPSV (RFC 2428).
    Extended,
    /// PASV, since EPSV was refused or led to a port that cannot be reached.
    Classic,
}

#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) direction: Direction,
    pub(crate) phase: Phase,
    /// Bytes of payload.
    pub(crate) moved: u64,
    pub(crate) resumed: Option<bool>,
    pub(crate) ending: Option<Ending>,
    /// Payload waits for the 1xx as well as for the handshake.
    pub(crate) started: bool,
    /// Where the server can connect to (active mode).
    pub(crate) listening: Option<SocketAddr>,
}

impl Data {
    pub(crate) fn new(direction: Direction) -> Self {
        Self {
            direction,
            phase: Phase::Connecting,
            moved: 0,
            resumed: None,
            ending: None,
            started: false,
            listening: None,
        }
    }

    /// Only the first ending counts.
    pub(crate) fn end(&mut self, ending: Ending) {
        self.ending.get_or_insert(ending);
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
    pub(crate) fn may_receive(&self) -> bool {
        let early = self.direction == Direction::Listing && self.phase == Phase::Open && !self.started;
        self.is_moving() && !early
    }

    /// Whether the handshake, payload or the peer's end is still to come.
    pub(crate) fn is_moving(&self) -> bool {
        use Phase::{Draining, Ending, Open, Securing};
        matches!(self.phase, Securing | Open | Ending | Draining) && self.ending.is_none()
    }

    /// The error of a data connection that failed, with the server's word on it.
    pub(crate) fn failure(self, reply: Option<Reply>) -> Error {
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
    }

    /// Something came of a download or a listing, be it no whole record yet: on a slow line one takes its time.
    #[cfg(feature = "rustls")]
    pub(crate) fn trickle(&mut self) {
        let comes = |data: &Data| data.may_move() && data.direction != Direction::Upload;
        if self.data.as_ref().is_some_and(comes) {
            self.timers.data.clear();
        }
    }

    /// The preliminary reply has come: payload may move once the connection is secured.
    pub(crate) fn start_data(&mut self) {
        self.with_data(|data| data.started = true);
    }

    /// Ends the data connection with the error that it came to.
    pub(crate) fn end_data(&mut self, reply: Option<Reply>) -> Error {
        match self.data.take() {
            Some(data) => data.failure(reply),
            None => Local::Abandoned.into(),
        }
    }

    /// What a transfer that the server refused comes to, where its data connection may have failed before.
    ///
    /// A server that refuses lets go of the data connection as well, which resets it where a ClientHello or payload lies
    /// unread; either may be seen first. So the refusal is the reason, but for TLS that failed on this side, and for a
    /// 4yz behind the 1xx, which is the server's word on a connection that broke under way.
    pub(crate) fn refused(&mut self, verb: Verb, reply: Reply) -> Error {
        let broke = self.data.as_ref().is_some_and(|data| match &data.ending {
            Some(Ending::Failed(failure)) => {
                failure.layer == Layer::Tls
                    || (data.started && reply.code().class() == Class::TransientNegative)
            }
            _ => false,
        });
        if broke { self.end_data(Some(reply)) } else { Error::refused(verb, reply) }
    }

    /// Forgets the data connection, which the adapter resets.
    pub(super) fn drop_data(&mut self) {
        let listing = self.is_started() && self.direction() == Some(Direction::Listing);
        self.stale_listing |= listing && self.server.keeps_listings();
        self.data = None;
        self.needs.clear();
        self.timers.data.clear();
        self.replies.abandon();
    }

    pub(super) fn count(&mut self, n: usize) {
        self.timers.data.clear();
        self.with_data(|data| data.moved += n as u64);
    }

    /// The data connection has come from one phase to the next. What is told late changes nothing, nor does what comes
    /// behind its end: an upload that is sent on then is not known to be read.
    pub(super) fn advance(&mut self, from: Phase, to: Phase) {
        self.with_data(|data| {
            if data.phase == from && data.ending.is_none() {
                data.phase = to;
            }
        });
    }

    pub(super) fn with_data(&mut self, change: impl FnOnce(&mut Data)) {
        if let Some(data) = &mut self.data {
            change(data);
        }
    }
}
