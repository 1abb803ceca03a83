//! MKD, with the directories above.

use core::task::Poll;

use super::call::{Call, completed};
use super::exchange::working_directory;
use super::ready;
use crate::codec::{Argument, Class, Command};
use crate::error::Error;
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Creates a directory, and those above it that are not there. One that is there already is as good.
///
/// Servers refuse a directory that is there and one that they cannot create with the same code. So after a refusal the
/// session changes to the directory and back, which tells; also where the operation is dropped half-way.
#[derive(Debug)]
pub struct CreateDirAll {
    claim: Claim,
    path: Argument,
    /// What stands in the path before this was tried.
    done: usize,
    /// Why the whole path was refused.
    refused: Option<Error>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    /// MKD of the whole path. `last`: those above were tried.
    Whole {
        call: Call,
        last: bool,
    },
    /// PWD: where to come back to.
    Home {
        call: Call,
        last: bool,
    },
    /// CWD to the path, to see whether it is there.
    Entering {
        call: Call,
        last: bool,
    },
    Returning,
    /// MKD of a directory above.
    Above(Call),
}

impl CreateDirAll {
    /// At this path.
    pub fn new(path: Argument) -> Self {
        Self { claim: Claim::default(), path, done: 0, refused: None, stage: Stage::Begin }
    }

    fn whole(&self, last: bool) -> Stage {
        Stage::Whole { call: Call::new(Command::Mkd(self.path.clone())), last }
    }

    /// Looks whether the directory is there.
    fn look(&self, session: &mut Session, last: bool) -> Stage {
        let call = if session.leave_home() { Command::Cwd(self.path.clone()) } else { Command::Pwd };
        let call = Call::new(call);
        if session.home().is_some() { Stage::Entering { call, last } } else { Stage::Home { call, last } }
    }

    /// The directory is not there, or that cannot be told.
    fn absent(&mut self, last: bool) -> Result<Stage, Error> {
        match self.refused.take() {
            Some(refused) if last => Err(refused),
            _ => self.above(),
        }
    }

    /// The next directory above, from the first one on.
    fn above(&mut self) -> Result<Stage, Error> {
        let path = self.path.as_bytes();
        while let Some(slash) = path[self.done..].iter().position(|&byte| byte == b'/') {
            let end = self.done + slash;
            let (above, name) = (&path[..end], &path[self.done..end]);
            self.done = end + 1;
            // After the last slash of `a/b//` nothing is left to create.
            let more = path[end..].iter().any(|&byte| byte != b'/');
            if more && !matches!(name, b"" | b"." | b"..") {
                return Ok(Stage::Above(Call::new(Command::Mkd(Argument::new(above)?))));
            }
        }
        Ok(self.whole(true))
    }
}

impl Operation for CreateDirAll {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin => self.whole(false),
                Stage::Whole { call, last } => {
                    let last = *last;
                    let (verb, reply) = ready!(call.step(session)?);
                    match completed(verb, reply) {
                        Ok(_) => return Ok(Poll::Ready(())),
                        Err(refused @ Error::Refused(_)) => {
                            self.refused = Some(refused);
                            self.look(session, last)
                        }
                        Err(error) => return Err(error),
                    }
                }
                Stage::Home { call, last } => {
                    let last = *last;
                    let (verb, reply) = ready!(call.step(session)?);
                    let home = working_directory(verb, reply).ok().and_then(|path| Argument::new(path).ok());
                    // Without a way back there is no way there.
                    let known = home.is_some();
                    session.set_home(home);
                    if known { self.look(session, last) } else { self.absent(last)? }
                }
                Stage::Entering { call, last } => {
                    let last = *last;
                    let (_, reply) = ready!(call.step(session)?);
                    if reply.code().class() == Class::Completion {
                        session.come_back();
                        Stage::Returning
                    } else {
                        session.stay_home();
                        self.absent(last)?
                    }
                }
                Stage::Returning => {
                    ready!(session.recover()?);
                    return Ok(Poll::Ready(()));
                }
                Stage::Above(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    match completed(verb, reply) {
                        // It may be there; the whole path tells.
                        Ok(_) | Err(Error::Refused(_)) => self.above()?,
                        Err(error) => return Err(error),
                    }
                }
            };
        }
    }
}
