//! The second half of a transfer: payload, the end of the data connection, the final reply.

use core::task::Poll;

use super::{Operation, ready};
use crate::codec::{Class, Reply, Verb};
use crate::error::{Error, Local, Remote};
use crate::need::{Channel, Close, Need, Waiting};
use crate::session::{Direction, Ending, Phase, Session, Turn};
use crate::time::Instant;

/// A transfer whose payload moves. Payload does not pass through here: the adapter moves it while this operation is
/// polled, and reports counts and how the connection ended.
///
/// Success is proven. A download is complete after close_notify on the data connection and a 2xx. An upload is complete
/// after [`finish`](Self::finish), a close that was drained (or that the final reply made needless) and a 2xx. A refusal
/// on the control connection ends either at once.
#[derive(Debug)]
pub struct Transfer {
    turn: Turn,
    direction: Direction,
    verb: Verb,
    resumed: bool,
    finished: bool,
    reply: Option<Reply>,
}

/// What came of a transfer that was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transferred {
    /// Bytes of the file.
    pub bytes: u64,
    /// The server's final reply.
    pub reply: Reply,
    /// Whether the data connection resumed the control connection's TLS session.
    pub resumed: bool,
}

impl Transfer {
    pub(super) fn new(
        session: &Session,
        turn: Turn,
        direction: Direction,
        verb: Verb,
        reply: Option<Reply>,
    ) -> Self {
        let resumed = session.resumed() == Some(true);
        Self { turn, direction, verb, resumed, finished: false, reply }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The upload's payload is complete: all of it has been handed over.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    fn receive(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        let Some(data) = &mut session.data else { return Err(Local::Abandoned.into()) };
        match data.ending {
            None => Ok(Poll::Pending),
            Some(Ending::Clean) => {
                // vsftpd and ProFTPD wait for our close before their 226.
                if data.phase != Phase::Closed {
                    data.phase = Phase::Closed;
                    session.need(Need::Close(Channel::Data, Close::Whole));
                }
                Ok(Poll::Ready(()))
            }
            Some(Ending::Truncated | Ending::Failed(_)) => self.fail(session, now),
        }
    }

    fn send(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        let expired = session.expired(now);
        let Some(data) = &mut session.data else { return Err(Local::Abandoned.into()) };
        match data.phase {
            _ if !self.finished => match &data.ending {
                None if self.reply.is_none() => Ok(Poll::Pending),
                // The server is through with a file that is not: whatever it calls it.
                _ => self.fail(session, now),
            },
            Phase::Closed => Ok(Poll::Ready(())),
            // A reset: what the server had not read by then is lost, whatever it says.
            _ if matches!(data.ending, Some(Ending::Failed(_))) => self.fail(session, now),
            Phase::Draining => {
                let drained =
                    data.ending.is_some() || self.reply.is_some() || expired == Some(Waiting::Drain);
                if drained {
                    data.phase = Phase::Closed;
                    session.need(Need::Close(Channel::Data, Close::Whole));
                }
                Ok(if drained { Poll::Ready(()) } else { Poll::Pending })
            }
            // Nor can it be through with what has not been sent yet.
            _ if data.ending.is_some() || self.reply.is_some() => self.fail(session, now),
            Phase::Ending => Ok(Poll::Pending),
            _ => {
                data.phase = Phase::Ending;
                session.need(Need::Close(Channel::Data, Close::Write));
                Ok(Poll::Pending)
            }
        }
    }

    /// Whether this operation still has the session.
    pub(super) fn begin(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        session.begin(&mut self.turn)
    }

    /// The data connection came to a bad end. The server's word about it is waited for, but not for long.
    fn fail(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        if self.reply.is_none() && session.expired(now).is_none() && !session.is_lost() {
            return Ok(Poll::Pending);
        }
        session.distrust();
        Err(session.end_data(self.reply.take()))
    }
}

impl Operation for Transfer {
    type Output = Transferred;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transferred>, Error> {
        ready!(session.begin(&mut self.turn)?);
        while self.reply.is_none()
            && let Some((_, reply)) = session.reply()?
        {
            match reply.code().class() {
                Class::Preliminary => {}
                Class::Completion => self.reply = Some(reply),
                Class::TransientNegative | Class::PermanentNegative => {
                    session.distrust();
                    return Err(session.refused(self.verb, reply));
                }
                _ => return Err(Remote::UnexpectedReply(self.verb, reply).into()),
            }
        }
        ready!(match self.direction {
            Direction::Upload => self.send(session, now),
            Direction::Download | Direction::Listing => self.receive(session, now),
        }?);
        if self.reply.is_none() || session.has_needs() {
            return Ok(Poll::Pending);
        }
        let Some(reply) = self.reply.take() else { return Ok(Poll::Pending) };
        let bytes = session.moved();
        session.data = None;
        Ok(Poll::Ready(Transferred { bytes, reply, resumed: self.resumed }))
    }
}
