//! What a transfer has to know of the file on the server before it begins: SIZE and MDTM.

use core::task::Poll;

use super::call::Call;
use super::exchange::{modification_time, size_of};
use super::ready;
use crate::codec::{Argument, Command, Reply, Timestamp, Verb};
use crate::error::{Error, Mismatch};
use crate::session::Session;

/// What is asked, of which file, and what was answered.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    path: Option<Argument>,
    /// Its size is that of what has this name, where that is another.
    pub(super) part: Option<Argument>,
    /// It was modified after this.
    pub(super) newer_than: Option<Timestamp>,
    /// It was modified before this, or is not there.
    pub(super) older_than: Option<Timestamp>,
    pub(super) max_size: Option<u64>,
    /// It has so many bytes.
    pub(super) at: Option<u64>,
    /// Its end is what is wanted.
    pub(super) last: bool,
    /// Its size is to prove that all of it has come.
    pub(super) proof: bool,
    asked: bool,
    sizing: Option<Call>,
    dating: Option<Call>,
    /// Its size, where that was asked and told.
    pub(super) size: Option<u64>,
}

impl Conditions {
    pub(super) fn of(path: &Argument) -> Self {
        Self { path: Some(path.clone()), ..Self::default() }
    }

    /// Asks, and compares the answers with what is wanted.
    pub(super) fn step(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        if !self.asked {
            self.asked = true;
            self.ask();
            if session.takes_pipelining() {
                for call in self.sizing.iter_mut().chain(&mut self.dating) {
                    call.send(session)?;
                }
            }
        }
        if let Some(call) = &mut self.sizing {
            let (verb, reply) = ready!(call.step(session)?);
            self.sizing = None;
            self.measured(verb, reply)?;
        }
        if let Some(call) = &mut self.dating {
            let (verb, reply) = ready!(call.step(session)?);
            self.dating = None;
            self.dated(verb, reply)?;
        }
        Ok(Poll::Ready(()))
    }

    fn ask(&mut self) {
        let Some(path) = &self.path else { return };
        if self.at.is_some() || self.max_size.is_some() || self.last || self.proof {
            self.sizing = Some(Call::new(Command::Size(self.part.as_ref().unwrap_or(path).clone())));
        }
        if self.newer_than.is_some() || self.older_than.is_some() {
            self.dating = Some(Call::new(Command::Mdtm(path.clone())));
        }
    }

    fn measured(&mut self, verb: Verb, reply: Reply) -> Result<(), Error> {
        match size_of(verb, reply) {
            Ok(size) => self.size = Some(size),
            // Nothing depends on it: what comes is counted.
            Err(Error::Refused(_)) if self.at.is_none() && !self.last && !self.proof => return Ok(()),
            Err(error) => return Err(error),
        }
        match (self.size, self.max_size, self.at) {
            (Some(size), Some(max), _) if size > max => Err(Error::TooLarge { max }),
            (Some(found), _, Some(expected)) if found != expected => {
                Err(Error::Mismatch(Mismatch::Size { expected, found }))
            }
            _ => Ok(()),
        }
    }

    fn dated(&self, verb: Verb, reply: Reply) -> Result<(), Error> {
        let modified = match modification_time(verb, reply) {
            Ok(modified) => modified,
            // It is not there, or the server does not tell.
            Err(error @ Error::Refused(_)) if !error.is_temporary() => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some(found) = modified.to_unix() else { return Ok(()) };
        let newer = self.newer_than.and_then(|time| time.to_unix()).is_none_or(|time| found > time);
        let older = self.older_than.and_then(|time| time.to_unix()).is_none_or(|time| found < time);
        if newer && older { Ok(()) } else { Err(Error::NotNewer { modified }) }
    }
}
