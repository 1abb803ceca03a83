//! The second half of a transfer: payload, the end of the data connection, the final reply.

use alloc::vec::Vec;
use core::task::Poll;

use super::ready;
use crate::codec::{Algorithm, Class, Hash, Name, Reply, Verb, parse_150};
use crate::error::{Error, Local, Remote};
use crate::need::Waiting;
use crate::session::{Claim, DataConnection, Direction, Ending, Operation, Session, Ticket};
use crate::time::Instant;

/// A transfer whose payload moves. Payload does not pass through here: the adapter moves it while this operation is
/// polled, and reports counts and how the connection ended.
///
/// Success is proven. A download is complete after close_notify on the data connection and a 2xx. An upload is complete
/// after [`finish`](Self::finish), a close that was drained (or that the final reply made needless) and a 2xx. A refusal
/// on the control connection ends either at once.
#[derive(Debug)]
pub struct Transfer {
    claim: Claim,
    direction: Direction,
    verb: Verb,
    ticket: Ticket,
    resumed: bool,
    finished: bool,
    followed: bool,
    bounds: Bounds,
    preliminary: Option<Reply>,
    reply: Option<Reply>,
    /// All that was wanted has come: the rest was given up.
    stopped: Option<Transferred>,
}

/// How much is to come, and from where on.
#[derive(Clone, Debug, Default)]
pub(super) struct Bounds {
    /// The first byte's place in the file.
    pub(super) start: u64,
    /// No more than so many bytes are wanted.
    pub(super) limit: Option<u64>,
    /// The server knows, and sends no more.
    pub(super) ends_itself: bool,
    /// More than so many are an error.
    pub(super) max: Option<u64>,
    /// With so many bytes it is complete where it was confirmed, also without close_notify.
    pub(super) proof: Option<u64>,
}

/// What came of a transfer that was confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transferred {
    /// Bytes of the file that have moved.
    pub bytes: u64,
    /// The server's final reply. Of a download that has ended with a reset once the wanted bytes had come, the one that it
    /// began with.
    pub reply: Reply,
    /// The name that the server chose (STOU), where it told (RFC 1123, section 4.1.2.9).
    pub name: Option<Name>,
    /// Whether the data connection resumed the control connection's TLS session.
    pub resumed: bool,
    /// Whether the server's close_notify has come. Of a download it always has, unless that was given up
    /// ([`Get::without_close_notify`]) or the rest of the file was. Of an upload it proves that nobody else has ended the
    /// connection; not every server sends it, or before its final reply.
    ///
    /// [`Get::without_close_notify`]: super::Get::without_close_notify
    pub notified: bool,
    /// The hashes of the bytes as they passed, where that was asked for: see
    /// [`Driver::hash_transfers`](crate::drive::Driver::hash_transfers).
    pub hashes: Vec<Hash>,
}

impl Transferred {
    /// The hash by this algorithm, where it was asked for.
    pub fn hash(&self, algorithm: Algorithm) -> Option<Hash> {
        self.hashes.iter().copied().find(|hash| hash.algorithm() == algorithm)
    }
}

impl Transfer {
    pub(super) fn new(
        session: &Session,
        claim: Claim,
        direction: Direction,
        verb: Verb,
        ticket: Ticket,
        reply: Option<Reply>,
    ) -> Self {
        let resumed = session.resumed() == Some(true);
        Self {
            claim,
            direction,
            verb,
            ticket,
            resumed,
            finished: false,
            followed: false,
            bounds: Bounds::default(),
            preliminary: None,
            reply,
            stopped: None,
        }
    }

    pub(super) fn begun(&mut self, bounds: Bounds, preliminary: Option<Reply>) {
        (self.bounds, self.preliminary) = (bounds, preliminary);
    }

    pub(super) fn followed(self, followed: bool) -> Self {
        Self { followed, ..self }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// The place in the file of the first byte that moves.
    pub fn start(&self) -> u64 {
        self.bounds.start
    }

    /// How many bytes of a download are wanted, where that is not all of it. More may come: the adapter takes no more than
    /// these, and calls [`finish`](Self::finish) then.
    pub fn limit(&self) -> Option<u64> {
        self.bounds.limit
    }

    /// An upload's payload is complete: all of it has been handed over. Of a download all that is wanted has been taken: the
    /// rest is given up.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The same as [`step`](Operation::step), for an operation that has the session itself.
    pub(super) fn advance(
        &mut self,
        session: &mut Session,
        now: Instant,
    ) -> Result<Poll<Transferred>, Error> {
        if self.stopped.is_some() {
            return if session.has_needs() { Ok(Poll::Pending) } else { self.stopped() };
        }
        self.hear(session)?;
        ready!(match self.direction {
            Direction::Upload => self.send(session, now),
            Direction::Download | Direction::Listing => self.receive(session, now),
        }?);
        if self.followed {
            session.prepare_route();
        }
        if session.has_needs() || session.has_staged() {
            return Ok(Poll::Pending);
        }
        let Some(reply) = self.reply.take() else { return Ok(Poll::Pending) };
        let bytes = session.moved();
        let ending = session.data().and_then(DataConnection::ending);
        let notified = matches!(ending, Some(Ending::Clean));
        session.finish_data();
        Ok(Poll::Ready(self.transferred(bytes, reply, notified)))
    }

    fn transferred(&self, bytes: u64, reply: Reply, notified: bool) -> Transferred {
        let told = self.preliminary.as_ref().filter(|_| self.verb == Verb::Stou);
        let name = told.and_then(|told| parse_150(told.first_line())).map(Name::from);
        Transferred { bytes, reply, name, resumed: self.resumed, notified, hashes: Vec::new() }
    }

    fn stopped(&mut self) -> Result<Poll<Transferred>, Error> {
        self.stopped.take().map_or(Err(Local::Finished.into()), |done| Ok(Poll::Ready(done)))
    }

    /// Takes the server's words, up to the final one.
    fn hear(&mut self, session: &mut Session) -> Result<(), Error> {
        while self.reply.is_none()
            && let Some(reply) = session.reply(self.ticket)
        {
            match reply.code().class() {
                Class::Preliminary => self.preliminary = Some(reply),
                Class::Completion => self.reply = Some(reply),
                Class::TransientNegative | Class::PermanentNegative => {
                    session.distrust();
                    return Err(session.refused(self.verb, reply));
                }
                _ => return Err(Remote::UnexpectedReply(self.verb, reply).into()),
            }
        }
        if self.reply.is_none() {
            self.reply = session.take_doubtful(self.ticket);
        }
        Ok(())
    }

    fn receive(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        let Some(data) = session.data() else { return Err(Local::Finished.into()) };
        let moved = session.moved();
        if let Some(max) = self.bounds.max.filter(|max| moved > *max) {
            return Err(Error::TooLarge { max });
        }
        match data.ending() {
            None if self.finished && self.takes_no_more(moved) => {
                self.stop(session);
                Ok(Poll::Pending)
            }
            None => Ok(Poll::Pending),
            // The server's word, and as many bytes as it has told of.
            Some(Ending::Truncated) if self.reply.is_some() && self.bounds.proof == Some(moved) => {
                session.close_data();
                Ok(Poll::Ready(()))
            }
            Some(Ending::Clean) => {
                // vsftpd and ProFTPD wait for our close before their 226.
                session.close_data();
                Ok(Poll::Ready(()))
            }
            Some(Ending::Truncated | Ending::Failed(_)) => self.fail(session, now),
        }
    }

    /// Whether the rest is to be given up: a server that knows what is wanted ends without that.
    fn takes_no_more(&self, moved: u64) -> bool {
        !self.bounds.ends_itself || self.bounds.limit.is_some_and(|limit| moved > limit)
    }

    /// All that is wanted has come.
    fn stop(&mut self, session: &mut Session) {
        let limit = self.bounds.limit.unwrap_or(u64::MAX);
        let bytes = session.moved().min(limit);
        let word = self.reply.take().or(self.preliminary.take());
        if let Some(reply) = word.or_else(|| session.take_word(self.ticket)) {
            self.stopped = Some(self.transferred(bytes, reply, false));
        }
        session.stop_data();
    }

    fn send(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        let Some(data) = session.data() else { return Err(Local::Finished.into()) };
        let ended = data.ending().is_some();
        let answered = self.reply.is_some();
        if !self.finished {
            // The server is through with a file that is not: whatever it calls it.
            return if ended || answered { self.fail(session, now) } else { Ok(Poll::Pending) };
        }
        if data.is_closed() {
            return Ok(Poll::Ready(()));
        }
        // A reset: what the server had not read by then is lost, whatever it says.
        if data.has_failed() {
            return self.fail(session, now);
        }
        if data.is_draining() {
            if ended || answered || session.expired(now) == Some(Waiting::Drain) {
                session.close_data();
                return Ok(Poll::Ready(()));
            }
            return Ok(Poll::Pending);
        }
        // Nor can it be through with what has not been sent yet.
        if ended || answered {
            return self.fail(session, now);
        }
        if !data.is_ending() {
            session.end_upload();
        }
        Ok(Poll::Pending)
    }

    /// The data connection came to a bad end. The server's word about it is waited for, but not for long.
    fn fail(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        if self.reply.is_none() && session.expired(now).is_none() && !session.is_lost() {
            return Ok(Poll::Pending);
        }
        session.distrust();
        Err(session.fail_data(self.reply.take()))
    }
}

impl Operation for Transfer {
    type Output = Transferred;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transferred>, Error> {
        ready!(session.begin(&mut self.claim)?);
        self.advance(session, now)
    }
}
