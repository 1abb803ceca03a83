//! The working directory, for a session that is to take the place of this one.

use alloc::vec::Vec;
use core::task::Poll;

use super::exchange::{Exchange, cwd, pwd};
use super::ready;
use crate::codec::Argument;
use crate::error::Error;
use crate::session::{Operation, Session};
use crate::time::Instant;

/// Has the session know its working directory (PWD).
#[derive(Debug)]
pub(crate) struct Locate(Exchange<Vec<u8>>);

impl Locate {
    pub(crate) fn new() -> Self {
        Self(pwd())
    }
}

impl Operation for Locate {
    type Output = ();

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        let path = ready!(self.0.step(session, now)?);
        session.set_home(Argument::new(path).ok());
        Ok(Poll::Ready(()))
    }
}

/// Makes what was another session's working directory this one's (CWD).
#[derive(Debug)]
pub(crate) struct Return {
    home: Argument,
    cwd: Exchange<()>,
}

impl Return {
    pub(crate) fn to(home: Argument) -> Self {
        Self { cwd: cwd(home.clone()), home }
    }
}

impl Operation for Return {
    type Output = ();

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        ready!(self.cwd.step(session, now)?);
        session.set_home(Some(self.home.clone()));
        Ok(Poll::Ready(()))
    }
}
