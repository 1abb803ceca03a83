//! QUIT.

use core::task::Poll;

use super::call::Call;
use super::ready;
use crate::codec::Command;
use crate::error::Error;
use crate::need::{Channel, Close, Need};
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Takes leave of the server (RFC 959, section 4.1.1) and closes the control connection.
#[derive(Debug)]
pub struct Quit {
    claim: Claim,
    call: Call,
    closing: bool,
}

impl Default for Quit {
    fn default() -> Self {
        Self { claim: Claim::default(), call: Call::new(Command::Quit), closing: false }
    }
}

impl Quit {
    /// Nothing is needed for it.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Operation for Quit {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        if !self.closing {
            // A server that closes without 221 has understood as well.
            if self.call.step(session)?.is_pending() && !session.is_lost() {
                return Ok(Poll::Pending);
            }
            session.need(Need::Close(Channel::Control, Close::Whole));
            session.die();
            self.closing = true;
        }
        Ok(if session.has_needs() { Poll::Pending } else { Poll::Ready(()) })
    }
}
