//! QUIT.

use core::task::Poll;

use super::{Operation, ready};
use crate::codec::Command;
use crate::error::Error;
use crate::need::{Channel, Close, Need};
use crate::session::{Session, Turn};
use crate::time::Instant;

/// Takes leave of the server (RFC 959, section 4.1.1) and closes the control connection.
#[derive(Debug, Default)]
pub struct Quit {
    turn: Turn,
    stage: Stage,
}

#[derive(Debug, Default, PartialEq)]
enum Stage {
    #[default]
    Begin,
    Asked,
    Closing,
}

impl Quit {
    /// Nothing is needed for it.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Operation for Quit {
    type Output = ();

    fn step(&mut self, session: &mut Session, _now: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.turn)?);
        if self.stage == Stage::Begin {
            session.send(&Command::Quit)?;
            self.stage = Stage::Asked;
        }
        if self.stage == Stage::Asked {
            // A server that closes without 221 has understood as well.
            if session.reply()?.is_none() && !session.is_lost() {
                return Ok(Poll::Pending);
            }
            session.need(Need::Close(Channel::Control, Close::Whole));
            session.die();
            self.stage = Stage::Closing;
        }
        Ok(if session.has_needs() { Poll::Pending } else { Poll::Ready(()) })
    }
}
