//! The data connection as the protocol sees it.

use crate::codec::Reply;
use crate::error::Error;
use crate::need::{Channel, Failure};

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
}

impl Data {
    pub(crate) fn new(direction: Direction) -> Self {
        Self { direction, phase: Phase::Connecting, moved: 0, resumed: None, ending: None, started: false }
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
