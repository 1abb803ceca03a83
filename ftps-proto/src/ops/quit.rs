//! QUIT.

use core::task::Poll;

use super::call::Call;
use super::ready;
use crate::codec::Command;
use crate::error::{Error, Local};
use crate::need::{Channel, Close, Need};
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Takes leave of the server (RFC 959, section 4.1.1) and closes the control connection.
#[derive(Debug)]
pub struct Quit {
    claim: Claim,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Asking(Call),
    Closing,
    Done,
}

impl Default for Quit {
    fn default() -> Self {
        Self { claim: Claim::default(), stage: Stage::Asking(Call::new(Command::Quit)) }
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
        if let Stage::Asking(call) = &mut self.stage {
            // A server that closes without 221 has understood as well.
            if call.step(session)?.is_pending() && !session.is_lost() {
                return Ok(Poll::Pending);
            }
            session.need(Need::Close(Channel::Control, Close::Whole));
            session.die();
            self.stage = Stage::Closing;
        }
        match self.stage {
            Stage::Closing if session.has_needs() => Ok(Poll::Pending),
            Stage::Closing => {
                self.stage = Stage::Done;
                Ok(Poll::Ready(()))
            }
            _ => Err(Local::Finished.into()),
        }
    }
}
