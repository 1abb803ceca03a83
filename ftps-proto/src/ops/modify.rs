//! What is told of a file is set: its time, its permissions.

use alloc::format;
use alloc::string::ToString;
use core::task::Poll;

use super::call::{Call, completed, not_completed};
use super::ready;
use crate::codec::command::{NewFacts, UtcTime, site};
use crate::codec::{Argument, ArgumentError, Class, Command, Reply, Timestamp};
use crate::error::{Error, Local, Remote};
use crate::session::{Claim, Operation, Session, TimeCommand};
use crate::time::Instant;

/// In the order in which they are preferred. A server that takes `20200102030405 name` for a path only says that there is no
/// such file: so MDTM comes last.
const WAYS: [TimeCommand; 4] = [TimeCommand::Mfmt, TimeCommand::Mff, TimeCommand::Utime, TimeCommand::Mdtm];

fn is_listed(way: TimeCommand, session: &Session) -> bool {
    let Some(features) = session.features() else { return false };
    match way {
        TimeCommand::Mfmt => features.has("MFMT"),
        TimeCommand::Mff => features.sets_fact("modify"),
        TimeCommand::Utime => features.site("UTIME"),
        TimeCommand::Mdtm => false,
    }
}

fn command(way: TimeCommand, time: UtcTime, path: &Argument) -> Result<Command, ArgumentError> {
    Ok(match way {
        TimeCommand::Mfmt => Command::Mfmt(time, path.clone()),
        TimeCommand::Mff => Command::Mff(NewFacts::new("modify", time.to_string())?, path.clone()),
        TimeCommand::Utime => Command::Site(site::utime(time, path)),
        TimeCommand::Mdtm => {
            Command::Mdtm(Argument::joined(&[time.to_string().as_bytes(), b" ", path.as_bytes()]))
        }
    })
}

/// Sets when a file was last modified.
///
/// By MFMT (draft-somers-ftp-mfxx, section 3), MFF, or SITE UTIME, where FEAT names one of them; else by what servers have
/// without saying so: SITE UTIME, MFMT, MDTM with two arguments. What has worked is used again in the same session.
#[derive(Debug)]
pub struct SetModified {
    claim: Claim,
    time: UtcTime,
    path: Argument,
    /// Which of the ways that are not listed is tried next.
    tried: usize,
    under_way: Option<(TimeCommand, Call)>,
}

impl SetModified {
    /// Sets this time, to whole seconds on most servers.
    pub fn new(time: UtcTime, path: Argument) -> Self {
        Self { claim: Claim::default(), time, path, tried: 0, under_way: None }
    }

    /// The way to begin with, where one is known.
    fn known(session: &Session) -> Option<TimeCommand> {
        session
            .time_command()
            .or_else(|| WAYS.into_iter().find(|way| is_listed(*way, session)))
            .or_else(|| session.sets_by_mdtm().then_some(TimeCommand::Mdtm))
    }

    fn try_with(&mut self, way: TimeCommand) -> Result<(), Error> {
        self.under_way = Some((way, Call::new(command(way, self.time, &self.path)?)));
        Ok(())
    }

    /// The next of the ways that were not tried.
    fn untried(&mut self, session: &Session) -> Option<TimeCommand> {
        let known = Self::known(session);
        while let Some(way) = WAYS.get(self.tried).copied() {
            self.tried += 1;
            // MFF is always listed, with the facts that it sets.
            if Some(way) != known && way != TimeCommand::Mff {
                return Some(way);
            }
        }
        None
    }
}

impl Operation for SetModified {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        loop {
            let Some((way, call)) = &mut self.under_way else {
                let first = Self::known(session).or_else(|| self.untried(session));
                self.try_with(first.ok_or(Local::Finished)?)?;
                continue;
            };
            let way = *way;
            let (verb, reply) = ready!(call.step(session)?);
            if reply.code().class() == Class::Completion {
                // The time of a file with that name was told, and none was set.
                if way == TimeCommand::Mdtm
                    && Timestamp::parse(reply.first_line()).is_ok_and(|told| told != self.time.timestamp())
                {
                    return Err(Remote::UnexpectedReply(verb, reply).into());
                }
                session.learn_time_command(way);
                return Ok(Poll::Ready(()));
            }
            match self.untried(session).filter(|_| is_unknown(&reply)) {
                Some(next) => self.try_with(next)?,
                None => return Err(not_completed(verb, reply)),
            }
        }
    }
}

/// Sets a file's permissions: by MFF (draft-somers-ftp-mfxx, section 5) where FEAT names the fact `UNIX.mode`, else by SITE
/// CHMOD.
#[derive(Debug)]
pub struct SetPermissions {
    claim: Claim,
    mode: u32,
    path: Argument,
    call: Option<Call>,
}

impl SetPermissions {
    /// The twelve bits of chmod(2); higher ones are left out.
    pub fn new(mode: u32, path: Argument) -> Self {
        Self { claim: Claim::default(), mode: mode & 0o7777, path, call: None }
    }

    fn command(&self, session: &Session) -> Result<Command, ArgumentError> {
        let Self { mode, path, .. } = self;
        if session.features().is_some_and(|features| features.sets_fact("UNIX.mode")) {
            return Ok(Command::Mff(NewFacts::new("UNIX.mode", format!("{mode:04o}"))?, path.clone()));
        }
        Ok(Command::Site(site::chmod(*mode, path)))
    }
}

impl Operation for SetPermissions {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        let command = self.command(session)?;
        let call = self.call.get_or_insert_with(|| Call::new(command));
        let (verb, reply) = ready!(call.step(session)?);
        completed(verb, reply).map(drop).map(Poll::Ready)
    }
}

/// Whether a server does not know a command, or not with this argument.
fn is_unknown(reply: &Reply) -> bool {
    matches!(reply.code().get(), 500..=504)
}
