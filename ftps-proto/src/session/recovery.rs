//! What happens before the next operation when one was given up.
//!
//! A simple command owes exactly one reply: it is waited for and swallowed. A rename of which only RNFR was sent is ended
//! by an RNTO to the same name, which changes nothing.
//!
//! What follows an abandoned transfer differs from server to server (Pure-FTPd may send a final `150` or nothing; after ABOR
//! vsftpd says 426 and 225, ProFTPD 426 and 226 in either order), so it cannot be counted. The data connection has been
//! reset; ABOR goes out, and then PWD as a fence: everything up to its 257 is swallowed. A server that takes one command at
//! a time gets the fence after its first word on the ABOR, or when none comes.
//!
//! A data connection in the middle of its handshake is let through it before it is reset: vsftpd and Pure-FTPd end the
//! whole session over a handshake that fails.
//!
//! ABOR and PWD leave apart, so that each is a TLS record of its own: Pure-FTPd, where it has not seen the reset yet, takes
//! all of one record for the ABOR, and would never answer the fence.
//!
//! Keepalives that have not been answered may be answered late, or never. PWD tells which: once its reply has come,
//! theirs cannot come any more.
//!
//! A REST or RANG whose transfer was not sent is taken back: the server would apply it to the next one. TYPE A is for the transfer
//! that asked for it only. Last, the session returns
//! to the working directory that a listing has left.

use core::task::Poll;

use super::replies::{Replies, Ticket};
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
    /// Wait until ABOR has left, and send the fence then, where the server does not take one command at a time.
    Aborting {
        /// A 257 may come that is not the fence's.
        path_may_come: bool,
    },
    /// Swallow everything up to a reply to ABOR, or what may be one. The fence is sent then, if it has not been.
    Aborted {
        /// The fence has been sent.
        fenced: bool,
    },
    /// Swallow everything up to the fence.
    Fence,
    /// Undo what an earlier operation has left, once nothing is owed to it.
    Undo,
    /// Wait for the reply to REST or PWD.
    Undoing(Ticket),
    /// Wait until transfers are of bytes again.
    Retyping(Ticket),
    /// Wait until the server has.
    Returning(Ticket),
}

impl Recovery {
    /// Decides what an earlier operation's end asks for. A recovery that was itself given up goes on where it was.
    fn plan(&mut self, replies: &Replies) {
        match self {
            Self::Abort | Self::Aborting { .. } | Self::Aborted { .. } | Self::Fence => {}
            _ if replies.uncertain() => *self = Self::Abort,
            _ => *self = Self::Drain,
        }
    }

    /// Whether nothing is to be recovered.
    pub(super) fn is_none(self) -> bool {
        matches!(self, Self::None)
    }
}

impl Session {
    /// Goes on with what is to be done before an operation goes on.
    pub(crate) fn recover(&mut self) -> Result<Poll<()>, Error> {
        loop {
            match self.recovery {
                Recovery::None => return Ok(Poll::Ready(())),
                Recovery::Secure => {
                    while self.any_reply().is_some() {}
                    // A server that has refused the transfer has no more to do with its connection.
                    if self.is_securing() && self.replies.owed() > 0 && !self.replies.is_over() {
                        return Ok(Poll::Pending);
                    }
                    self.reset_data();
                }
                Recovery::Drain => match self.any_reply() {
                    // ProFTPD refuses everything but RNTO until it has come (501).
                    Some((Verb::Rnfr, reply)) if reply.code().class() == Class::Intermediate => {
                        if let Some(from) = self.renaming.take() {
                            self.send(Command::Rnto(from))?;
                        }
                    }
                    // REST and RANG are answered so (350).
                    Some((Verb::Rest | Verb::Rang, reply)) if reply.code().class() == Class::Intermediate => {
                    }
                    // What cannot be right may be followed by what is.
                    Some((_, reply))
                        if matches!(reply.code().class(), Class::Intermediate | Class::Protected) =>
                    {
                        self.fence();
                    }
                    Some(_) => {}
                    None if self.owed() > 0 => return Ok(Poll::Pending),
                    None => self.recovery = Recovery::Undo,
                },
                Recovery::Abort => {
                    let path_may_come = self.replies.path_may_come();
                    // What was prepared for the next transfer may be gone with this one.
                    self.take_prepared();
                    self.replies.settle();
                    self.send(Command::Abor)?;
                    self.recovery = Recovery::Aborting { path_may_come };
                }
                Recovery::Aborting { path_may_come } => {
                    let at_once = self.takes_pipelining();
                    if self.out.has_staged() || (at_once && !self.outgoing().is_empty()) {
                        // What comes now was said before the ABOR was heard.
                        while self.swallow()?.is_some() {}
                        return Ok(Poll::Pending);
                    }
                    if !at_once {
                        self.recovery = Recovery::Aborted { fenced: false };
                        continue;
                    }
                    self.send(Command::Pwd)?;
                    self.recovery =
                        if path_may_come { Recovery::Aborted { fenced: true } } else { Recovery::Fence };
                }
                Recovery::Aborted { fenced } => {
                    let Some(reply) = self.swallow()? else { return Ok(Poll::Pending) };
                    if reply.code() != 257 {
                        self.aborted(fenced)?;
                    }
                }
                Recovery::Fence => {
                    let Some(reply) = self.swallow()? else { return Ok(Poll::Pending) };
                    if reply.code() == 257 {
                        self.replies.settle_all();
                        self.recovery = Recovery::Undo;
                    }
                }
                Recovery::Undo => {
                    self.recovery = if self.replies.awaits_keepalive() {
                        Recovery::Undoing(self.send(Command::Pwd)?)
                    } else if let Some(restart) = self.restart.clone() {
                        Recovery::Undoing(self.send(restart)?)
                    } else if self.ascii {
                        Recovery::Retyping(self.send(Command::TypeImage)?)
                    } else if let Some(home) = self.displaced.clone() {
                        Recovery::Returning(self.send(Command::Cwd(home))?)
                    } else {
                        Recovery::None
                    };
                }
                Recovery::Undoing(ticket) => {
                    // A refusal serves as well: of PWD it is an answer, and REST was not taken before.
                    let Poll::Ready(_) = self.final_reply(ticket) else { return Ok(Poll::Pending) };
                    self.recovery = Recovery::Undo;
                }
                Recovery::Retyping(ticket) => {
                    let Poll::Ready(reply) = self.final_reply(ticket) else { return Ok(Poll::Pending) };
                    if reply.code().class() != Class::Completion {
                        // Files would be changed on their way.
                        self.state = State::Dead;
                        return Err(Error::refused(Verb::Type, reply));
                    }
                    self.recovery = Recovery::Undo;
                }
                Recovery::Returning(ticket) => {
                    let Poll::Ready(reply) = self.final_reply(ticket) else { return Ok(Poll::Pending) };
                    if reply.code().class() != Class::Completion {
                        // Relative paths would be those of another directory.
                        self.state = State::Dead;
                        return Err(Error::refused(Verb::Cwd, reply));
                    }
                    self.displaced = None;
                    self.recovery = Recovery::None;
                }
            }
        }
    }

    /// The operation that has the session goes on after a fence, at its next step: a transfer failed after its 1xx, and
    /// more may follow.
    pub(crate) fn fence(&mut self) {
        self.distrust();
        self.recovery.plan(&self.replies);
    }

    /// The operation that has the session returns to the working directory, at its next step.
    pub(crate) fn come_back(&mut self) {
        self.recovery.plan(&self.replies);
    }

    /// There is nothing more to wait for before the fence.
    fn aborted(&mut self, fenced: bool) -> Result<(), Error> {
        if !fenced {
            self.send(Command::Pwd)?;
        }
        self.recovery = Recovery::Fence;
        Ok(())
    }

    /// Whether recovery goes on after a wait that has come to its deadline: for a handshake, or a word on ABOR, which
    /// need not come.
    pub(super) fn goes_on(&mut self, waiting: Waiting) -> Result<bool, Error> {
        match (self.recovery, waiting) {
            (Recovery::Secure, Waiting::Handshake(Channel::Data)) => self.reset_data(),
            (Recovery::Aborted { fenced: false }, Waiting::Reply(Verb::Abor)) => self.aborted(false)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// What an earlier operation left is cleared away.
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

    /// The next reply that is for nobody.
    fn swallow(&mut self) -> Result<Option<Reply>, Error> {
        let Some(reply) = self.replies.unasked().inspect_err(|_| self.state = State::Dead)? else {
            return Ok(None);
        };
        if reply.code() == 421 {
            self.state = State::Dead;
            return Err(Error::Refused(Refused { verb: None, reply }));
        }
        self.replies.drop_stray(reply.clone()).inspect_err(|_| self.state = State::Dead)?;
        Ok(Some(reply))
    }
}
