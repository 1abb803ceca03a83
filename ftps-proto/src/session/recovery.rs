//! What happens before the next operation when one was given up.
//!
//! A simple command owes exactly one reply: it is waited for and swallowed. What follows an abandoned transfer differs
//! from server to server (Pure-FTPd may send a final `150` or nothing; after ABOR vsftpd says 426 and 225, ProFTPD 426
//! and 226 in either order), so that it cannot be counted: the data connection has been reset, ABOR goes out with PWD
//! behind it as a fence (at once where the server takes that), and everything up to the 257 is swallowed.

use core::task::Poll;

use super::replies::Replies;
use super::{Session, State};
use crate::codec::{Command, Reply};
use crate::error::{Error, Refused};

#[derive(Debug)]
pub(super) enum Recovery {
    None,
    /// Wait for the replies that are owed.
    Drain,
    /// Send ABOR.
    Abort,
    /// Swallow everything up to a reply to ABOR, or what may be one: before the fence is sent to a server that takes one
    /// command at a time, and where a 257 may still come that is none of the fence's.
    Aborted,
    /// Swallow everything up to the fence.
    Fence,
}

impl Recovery {
    /// Decides what an earlier operation's end asks for. A recovery that was itself given up goes on where it was.
    pub(super) fn plan(&mut self, replies: &Replies) {
        *self = match self {
            Self::Aborted => Self::Aborted,
            Self::Fence => Self::Fence,
            _ if replies.abandoned() => Self::Abort,
            _ => Self::Drain,
        };
    }
}

impl Session {
    pub(super) fn recover(&mut self) -> Result<Poll<()>, Error> {
        loop {
            match self.recovery {
                Recovery::None => return Ok(Poll::Ready(())),
                Recovery::Drain => {
                    while self.reply()?.is_some() {}
                    if self.owed() > 0 {
                        return Ok(Poll::Pending);
                    }
                    self.recovery = Recovery::None;
                }
                Recovery::Abort => {
                    let path_may_come = self.replies.path_may_come();
                    self.replies.settle();
                    self.send(&Command::Abor)?;
                    let pipelined = self.takes_pipelining();
                    if pipelined {
                        self.send(&Command::Pwd)?;
                    }
                    self.recovery =
                        if pipelined && !path_may_come { Recovery::Fence } else { Recovery::Aborted };
                }
                Recovery::Aborted => {
                    let Some(reply) = self.swallow()? else { return Ok(Poll::Pending) };
                    if reply.code() != 257 {
                        if !self.takes_pipelining() {
                            self.send(&Command::Pwd)?;
                        }
                        self.recovery = Recovery::Fence;
                    }
                }
                Recovery::Fence => {
                    let Some(reply) = self.swallow()? else { return Ok(Poll::Pending) };
                    if reply.code() == 257 {
                        self.replies.settle();
                        self.recovery = Recovery::None;
                    }
                }
            }
        }
    }

    /// The next reply, whatever it answers.
    fn swallow(&mut self) -> Result<Option<Reply>, Error> {
        let Some(reply) = self.unasked()? else { return Ok(None) };
        if reply.code() == 421 {
            self.state = State::Dead;
            return Err(Error::Refused(Refused { verb: None, reply }));
        }
        self.replies.stray().inspect_err(|_| self.state = State::Dead)?;
        Ok(Some(reply))
    }
}
