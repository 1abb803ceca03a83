//! RNFR and RNTO.

use core::task::Poll;

use super::exchange::completed;
use super::{Operation, ready};
use crate::codec::{Argument, Class, Command};
use crate::error::{Error, Remote};
use crate::session::{Session, Turn};
use crate::time::Instant;

/// Renames a file or directory (RFC 959, section 4.1.3). Whether an existing name is replaced is the server's choice.
#[derive(Debug)]
pub struct Rename {
    turn: Turn,
    from: Option<Argument>,
    to: Option<Argument>,
}

impl Rename {
    /// From the one path to the other.
    pub fn new(from: Argument, to: Argument) -> Self {
        Self { turn: Turn::default(), from: Some(from), to: Some(to) }
    }
}

impl Operation for Rename {
    type Output = ();

    fn step(&mut self, session: &mut Session, _now: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.turn)?);
        if let Some(from) = self.from.take() {
            session.send(&Command::Rnfr(from))?;
        }
        loop {
            let (verb, reply) = ready!(session.final_reply()?);
            match self.to.take() {
                Some(to) => match reply.code().class() {
                    Class::Intermediate => session.send(&Command::Rnto(to))?,
                    Class::TransientNegative | Class::PermanentNegative => {
                        return Err(Error::refused(verb, reply));
                    }
                    _ => return Err(Remote::UnexpectedReply(verb, reply).into()),
                },
                None => return completed(verb, reply).map(Poll::Ready),
            }
        }
    }
}
