//! RNFR and RNTO.

use core::task::Poll;

use super::call::{Call, completed, not_completed};
use super::ready;
use crate::codec::{Argument, Class, Command};
use crate::error::Error;
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Renames a file or directory (RFC 959, section 4.1.3). Whether an existing name is replaced is the server's choice.
#[derive(Debug)]
pub struct Rename {
    claim: Claim,
    call: Call,
    /// None once it has been sent.
    to: Option<Argument>,
}

impl Rename {
    /// From the one path to the other.
    pub fn new(from: Argument, to: Argument) -> Self {
        Self { claim: Claim::default(), call: Call::new(Command::Rnfr(from)), to: Some(to) }
    }
}

impl Operation for Rename {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        loop {
            let (verb, reply) = ready!(self.call.step(session)?);
            match self.to.take() {
                Some(to) if reply.code().class() == Class::Intermediate => {
                    self.call = Call::new(Command::Rnto(to));
                }
                Some(_) => return Err(not_completed(verb, reply)),
                None => return completed(verb, reply).map(drop).map(Poll::Ready),
            }
        }
    }
}
