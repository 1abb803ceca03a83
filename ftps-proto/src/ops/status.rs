//! What a server says of itself, and lists over the control connection.

use alloc::vec::Vec;
use core::task::Poll;

use super::call::{Call, completed};
use super::collect::Unparsed;
use super::ready;
use crate::codec::list::{Listed, Parser};
use crate::codec::{Argument, Command, Entry, Kind, Reply};
use crate::error::{Error, Remote};
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// STAT with a path (RFC 959, section 4.1.3): a listing as the reply itself, without a data connection. Where none can be
/// opened this still lists. Of a file it lists the file; of nothing some servers list nothing.
///
/// The reply is held to [`Limits::reply`](crate::Limits::reply), so that a large directory ends the session:
/// [`List`](super::List) is for those.
#[derive(Debug)]
pub struct StatusList {
    claim: Claim,
    path: Argument,
    call: Call,
}

impl StatusList {
    /// Of what is at this path.
    pub fn new(path: Argument) -> Self {
        Self { claim: Claim::default(), call: Call::new(Command::Stat(Some(path.clone()))), path }
    }

    fn entries(&self, session: &Session, reply: &Reply, now: Instant) -> Result<Vec<Entry>, Error> {
        let mut parser = Parser::new().with_path(self.path.as_bytes());
        if let Some(family) = session.config().list_family {
            parser = parser.with_family(family);
        }
        if let Some(date) = session.date(now) {
            parser = parser.with_now(date);
        }
        let (mut entries, mut unparsed) = (Vec::new(), Unparsed::default());
        let mut take = |listed| match listed {
            Listed::Entry(entry) => {
                if !matches!(entry.kind, Kind::CurrentDirectory | Kind::ParentDirectory) {
                    entries.push(entry);
                }
            }
            Listed::Unparsed(line) => unparsed.push(line),
        };
        for line in reply.listed() {
            parser.line(line).for_each(&mut take);
        }
        parser.finish().into_iter().for_each(take);
        unparsed.check()?;
        Ok(entries)
    }
}

impl Operation for StatusList {
    type Output = Vec<Entry>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Vec<Entry>>, Error> {
        ready!(session.begin(&mut self.claim)?);
        let (verb, reply) = ready!(self.call.step(session)?);
        let reply = completed(verb, reply)?;
        self.entries(session, &reply, now).map(Poll::Ready)
    }
}

/// SYST (RFC 959, section 4.1.3): which system this is, say `UNIX Type: L8`. The session remembers it, as
/// [`Session::system`].
#[derive(Debug)]
pub struct System {
    claim: Claim,
    call: Call,
}

impl System {
    /// Asks, also where the session knows.
    pub fn new() -> Self {
        Self { claim: Claim::default(), call: Call::new(Command::Syst) }
    }
}

impl Default for System {
    fn default() -> Self {
        Self::new()
    }
}

impl Operation for System {
    type Output = Vec<u8>;

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<Vec<u8>>, Error> {
        ready!(session.begin(&mut self.claim)?);
        let (verb, reply) = ready!(self.call.step(session)?);
        let reply = completed(verb, reply)?;
        // Only this code carries a system.
        if reply.code() != 215 {
            return Err(Remote::UnexpectedReply(verb, reply).into());
        }
        let system = reply.first_line().to_vec();
        session.learn_system(reply);
        Ok(Poll::Ready(system))
    }
}
