//! REIN: another login on the same connection.

use alloc::string::ToString;
use core::task::Poll;

use super::call::{Call, not_completed};
use super::open::Open;
use super::ready;
use crate::codec::{Class, Command};
use crate::config::{Login, Security};
use crate::error::{Error, Local};
use crate::need::Channel;
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Logs out, and in again under another name, without another connection (REIN; RFC 959, section 4.1.1).
///
/// REIN ends TLS as well (RFC 4217, section 11), with close_notify from both sides; then AUTH TLS and the login follow as at the
/// beginning. A server that keeps TLS says 230 (pyftpdlib), and the login follows at once. Where the server refuses REIN, as most
/// do, the session goes on as it was.
#[derive(Debug)]
pub struct Reinitialize {
    claim: Claim,
    login: Option<Login>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Leaving(Call),
    /// TLS ends.
    Clearing,
    Opening(Open),
}

impl Reinitialize {
    /// For whoever this is.
    pub fn new(login: Login) -> Self {
        let stage = Stage::Leaving(Call::new(Command::Rein));
        Self { claim: Claim::default(), login: Some(login), stage }
    }
}

impl Operation for Reinitialize {
    type Output = ();

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Leaving(call) => {
                    ready!(session.begin(&mut self.claim)?);
                    if session.config().security == Security::Implicit {
                        let reason = "no document says what REIN does to implicit TLS";
                        return Err(Local::Configuration(reason.to_string()).into());
                    }
                    session.expect_clearance(true);
                    let (verb, reply) = ready!(call.step(session)?);
                    session.expect_clearance(false);
                    if reply.code().class() != Class::Completion {
                        return Err(not_completed(verb, reply));
                    }
                    let Some(login) = self.login.take() else { return Err(Local::Finished.into()) };
                    session.reinitialize(login);
                    if reply.code() == 230 {
                        session.begins_anew();
                        Stage::Opening(Open::after_tls())
                    } else {
                        session.clear_control();
                        Stage::Clearing
                    }
                }
                Stage::Clearing if session.is_cleared() => {
                    session.begins_anew();
                    Stage::Opening(Open::after_greeting())
                }
                Stage::Clearing if session.is_over() => {
                    session.die();
                    return Err(Error::Connection { channel: Channel::Control, failure: None, reply: None });
                }
                Stage::Clearing => return Ok(Poll::Pending),
                Stage::Opening(open) => return open.step(session, now),
            };
        }
    }
}
