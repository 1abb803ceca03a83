//! What happens before the next operation when one was given up.
//!
//! A simple command owes exactly one reply: it is waited for and swallowed. A rename of which only
//! RNFR was sent is ended by one to the same name, which changes nothing. What follows an abandoned transfer differs
//! from server to server (Pure-FTPd may send a final `150` or nothing; after ABOR vsftpd says 426 and 225, ProFTPD 426
//! and 226 in either order), so that it cannot be counted: the data connection has been reset, ABOR goes out with PWD
//! behind it as a fence, and everything up to the 257 is swallowed. A server that takes one command at a time gets the
//! fence behind its first word on the ABOR, or when none comes.
//!
//! A data connection in the middle of its handshake is let through it before it is reset: vsftpd and Pure-FTPd end the
//! whole session over a handshake that fails.
//!
//! ABOR and PWD leave apart, so that each is a TLS record: Pure-FTPd, when it has not seen the reset yet, takes all of one
//! record for the ABOR, and the fence would never be answered.

use core::task::Poll;

use super::replies::Replies;
use super::{Session, State};
use crate::codec::{Class, Command, Reply, Verb};
use crate::error::{Error, Refused};
use crate::need::{Channel, Close, Need, Waiting};

#[derive(Clone, Copy, Debug)]
pub(super) enum Recovery {
    None,
    /// Wait until the data connection is secured, and reset it then.
    Secure,
    /// Wait for the replies that are owed.
    Drain,
    /// Send ABOR.
    Abort,
    /// Send the fence, once ABOR has left, where the server does not take one command at a time.
    Aborting {
        /// A 257 may come that is none of the fence's.
        path_may_come: bool,
    },
    /// Swallow everything up to a reply to ABOR, or what may be one. The fence is sent then, if it has not been.
    Aborted,
    /// Swallow everything up to the fence.
    Fence,
}

impl Recovery {
    /// Decides what an earlier operation's end asks for. A recovery that was itself given up goes on where it was.
    pub(super) fn plan(&mut self, replies: &Replies) {
        match self {
            Self::None | Self::Secure | Self::Drain if replies.abandoned() => *self = Self::Abort,
            Self::None | Self::Secure => *self = Self::Drain,
            _ => {}
        }
    }
}

impl Session {
    pub(super) fn recover(&mut self) -> Result<Poll<()>, Error> {
        loop {
            match self.recovery {
                Recovery::None => return Ok(Poll::Ready(())),
                Recovery::Secure => {
                    while self.reply()?.is_some() {}
                    // A server that has refused the transfer has no more to do with its connection.
                    if self.is_securing() && self.owed() > 0 && !self.is_lost() {
                        return Ok(Poll::Pending);
                    }
                    self.reset_data();
                }
                Recovery::Drain => match self.reply()? {
                    // ProFTPD refuses everything but RNTO until it has come (501).
                    Some((Verb::Rnfr, reply)) if reply.code().class() == Class::Intermediate => {
                        if let Some(from) = self.renaming.take() {
                            self.send(&Command::Rnto(from))?;
                        }
                    }
                    // What cannot be right may be followed by what is.
                    Some((_, reply))
                        if matches!(reply.code().class(), Class::Intermediate | Class::Protected) =>
                    {
                        self.fence();
                    }
                    Some(_) => {}
                    None if self.owed() > 0 => return Ok(Poll::Pending),
                    None => self.recovery = Recovery::None,
                },
                Recovery::Abort => {
                    let path_may_come = self.replies.path_may_come();
                    self.replies.settle();
                    self.send(&Command::Abor)?;
                    self.recovery = Recovery::Aborting { path_may_come };
                }
                Recovery::Aborting { path_may_come } => {
                    if !self.takes_pipelining() {
                        self.recovery = Recovery::Aborted;
                        continue;
                    }
                    if !self.outgoing().is_empty() {
                        return Ok(Poll::Pending);
                    }
                    self.send(&Command::Pwd)?;
                    self.recovery = if path_may_come { Recovery::Aborted } else { Recovery::Fence };
                }
                Recovery::Aborted => {
                    let Some(reply) = self.swallow()? else { return Ok(Poll::Pending) };
                    if reply.code() != 257 {
                        self.aborted()?;
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

    /// There is nothing more to wait for before the fence, which is sent if it has not been.
    fn aborted(&mut self) -> Result<(), Error> {
        if !self.takes_pipelining() {
            self.send(&Command::Pwd)?;
        }
        self.recovery = Recovery::Fence;
        Ok(())
    }

    /// Whether recovery goes on behind a wait that has come to its deadline: for a handshake, or a word on ABOR, which
    /// need not come.
    pub(super) fn goes_on(&mut self, waiting: Waiting) -> Result<bool, Error> {
        match (self.recovery, waiting) {
            (Recovery::Secure, Waiting::Handshake(Channel::Data)) => self.reset_data(),
            (Recovery::Aborted, Waiting::Reply(Verb::Abor)) if !self.takes_pipelining() => self.aborted()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What an earlier operation left behind is cleared away.
    pub(super) fn clear_away(&mut self) {
        if self.is_securing() {
            self.recovery = Recovery::Secure;
        } else {
            self.reset_data();
        }
    }

    /// Gives the data connection up, if there is one, and plans for what the server may still say.
    fn reset_data(&mut self) {
        let connected = self.data.is_some();
        self.drop_data();
        if connected {
            self.need(Need::Close(Channel::Data, Close::Reset));
        }
        self.recovery.plan(&self.replies);
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
