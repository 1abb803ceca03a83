//! What an operation is, and what a session does for one: the contract for operations of this crate and of others.

use core::task::Poll;

use super::outgoing::Staged;
use super::quirks::Quirk;
use super::replies::{Owner, Ticket};
use super::{Look, Session, State};
use crate::codec::{Class, Command, Reply, Verb};
use crate::config::Pipelining;
use crate::error::{Error, Local};
use crate::time::Instant;

/// One unit of protocol work, driven by [`Session::poll`]. Operations compose: one can step another.
///
/// An operation claims the session with [`Session::begin`] in each step, sends commands with [`Session::send`], and asks
/// for their replies with [`Session::reply`] or [`Session::final_reply`]. It may be dropped at any point: the session then
/// recovers before the next one begins.
///
/// A command of a vendor's own:
///
/// ```
/// use core::task::Poll;
/// use ftps_proto::codec::{Argument, Command, Reply};
/// use ftps_proto::{Claim, Error, Instant, Operation, Session, Ticket};
///
/// /// SITE, with whatever the server answers.
/// struct Site {
///     claim: Claim,
///     argument: Argument,
///     sent: Option<Ticket>,
/// }
///
/// impl Operation for Site {
///     type Output = Reply;
///
///     fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<Reply>, Error> {
///         if session.begin(&mut self.claim)?.is_pending() {
///             return Ok(Poll::Pending);
///         }
///         let ticket = match self.sent {
///             Some(ticket) => ticket,
///             None => *self.sent.insert(session.send(Command::Site(self.argument.clone()))?),
///         };
///         Ok(session.final_reply(ticket))
///     }
/// }
/// # use ftps_proto::sim::{Peer, World};
/// # let mut world = World::new(Peer::polite().on("SITE IDLE", ["200 ok"]));
/// # world.open()?;
/// # let argument = Argument::new("IDLE")?;
/// # let reply = world.run(&mut Site { claim: Claim::default(), argument, sent: None })?;
/// # assert_eq!(reply.code(), 200);
/// # Ok::<(), Error>(())
/// ```
pub trait Operation {
    /// What it results in.
    type Output;

    /// Goes as far as it can without waiting. Called by [`Session::poll`], again and again while it is pending.
    ///
    /// # Errors
    /// Whatever ends the operation.
    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Self::Output>, Error>;
}

/// A borrowed operation: what owns it can ask it, or go on with it, afterwards.
impl<O: Operation + ?Sized> Operation for &mut O {
    type Output = O::Output;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Self::Output>, Error> {
        (**self).step(session, now)
    }
}

/// An operation's claim to a session: made with the operation, granted with its first [`Session::begin`], and lost when
/// another operation begins.
#[derive(Debug, Default)]
pub struct Claim(Option<u64>);

impl Session {
    /// Gives the session to the operation that has this claim. A new one first waits until what an earlier one left has
    /// been cleared away.
    ///
    /// # Errors
    /// [`Local::Superseded`] where another operation has begun since, [`Local::NotOpen`] where the session is not logged
    /// in, and whatever says that it cannot recover.
    pub fn begin(&mut self, claim: &mut Claim) -> Result<Poll<()>, Error> {
        match claim.0 {
            Some(own) if own == self.claims => {}
            Some(_) => return Err(Local::Superseded.into()),
            None => {
                if self.state != State::Open {
                    return Err(Local::NotOpen.into());
                }
                self.grant(claim);
                if self.is_left_over() {
                    self.clear_away();
                }
            }
        }
        self.recover()
    }

    /// Whether an earlier operation has left something that the next one would meet.
    fn is_left_over(&mut self) -> bool {
        // What has come already is not waited for. A recovery reads for itself.
        if self.recovery.is_none() {
            self.replies.sort(None);
        }
        !self.replies.settled()
            || self.replies.awaits_keepalive()
            || self.data.is_some()
            || self.restart.is_some()
            || self.ascii
            || self.displaced.is_some()
    }

    /// Gives a fresh session to the operation that opens it.
    pub(crate) fn begin_opening(&mut self, claim: &mut Claim) -> Result<(), Error> {
        match (self.state, claim.0) {
            (State::Fresh, None) => {
                self.grant(claim);
                self.state = State::Opening;
                Ok(())
            }
            (State::Opening, Some(own)) if own == self.claims => Ok(()),
            (State::Fresh | State::Opening, Some(_)) => Err(Local::Superseded.into()),
            (State::Open, _) | (State::Opening, None) => Err(Local::AlreadyOpen.into()),
            (State::Dead, _) => Err(Local::NotOpen.into()),
        }
    }

    fn grant(&mut self, claim: &mut Claim) {
        self.claims += 1;
        claim.0 = Some(self.claims);
        // What an earlier operation waited for in vain is waited for anew, and what it had not sent never leaves. What a
        // recovery had not sent does: it goes on where it was.
        self.timers.restart();
        // A look at the socket that was taken for its command says nothing about now.
        self.look = Look::Due;
        if self.recovery.is_none() {
            self.out.forget_staged();
        }
        self.prepared = self.prepared.filter(|prepared| self.replies.expects(prepared.ticket));
    }

    /// Sends a command, for the operation that has the session. Before it leaves, what lies unread in the control
    /// connection's socket is read, so that nothing of before can answer it.
    ///
    /// Several commands may be sent before the first is answered where [`takes_pipelining`](Self::takes_pipelining) says
    /// so.
    ///
    /// # Errors
    /// [`Local::NotSecured`] for a secret before TLS; [`Local::Argument`] for a path that the charset of the server's names
    /// lacks a character of.
    pub fn send(&mut self, command: Command) -> Result<Ticket, Error> {
        if !self.is_secured() && matches!(command, Command::Pass(_) | Command::Acct(_)) {
            return Err(Local::NotSecured.into());
        }
        if let Command::Acct(account) = &command {
            self.replies.mask(account);
        }
        if let Some(encoding) = self.replies.encoding() {
            command.check(encoding)?;
        }
        if let Command::Rnfr(from) = &command {
            self.renaming = Some(from.clone());
        }
        Ok(self.stage(command, Owner::Operation))
    }

    /// Sends a command in the place of another, as which it is answered.
    pub(crate) fn send_as(&mut self, verb: Verb, command: Command) -> Ticket {
        self.stage_as(verb, command, Owner::Operation)
    }

    pub(super) fn stage(&mut self, command: Command, owner: Owner) -> Ticket {
        self.stage_as(command.verb(), command, owner)
    }

    fn stage_as(&mut self, verb: Verb, command: Command, owner: Owner) -> Ticket {
        let ticket = self.replies.ticket();
        self.out.stage(Staged { ticket, owner, command, verb });
        if owner == Owner::Operation {
            self.timers.reply.clear();
        }
        ticket
    }

    /// The next reply to this command that has come and was not taken, preliminary or final. Where none can come any more,
    /// [`Session::poll`] ends the operation with the reason.
    pub fn reply(&mut self, ticket: Ticket) -> Option<Reply> {
        // No further than that: what follows the reply to AUTH in clear is for nobody to read.
        if self.replies.sort(Some(ticket)) {
            self.timers.reply.clear();
        }
        self.replies.take(ticket)
    }

    /// The final reply to this command, once it has come; preliminary ones are passed over.
    pub fn final_reply(&mut self, ticket: Ticket) -> Poll<Reply> {
        while let Some(reply) = self.reply(ticket) {
            if reply.code().class() != Class::Preliminary {
                return Poll::Ready(reply);
            }
        }
        Poll::Pending
    }

    /// Whether commands may be sent before earlier ones have been answered.
    pub fn takes_pipelining(&self) -> bool {
        self.config.pipelining != Pipelining::Off && self.has_quirk(Quirk::Pipelines)
    }

    /// What a reply that cannot be right asks for: the next operation begins after a fence, since what is right may
    /// follow.
    pub fn distrust(&mut self) {
        self.replies.distrust();
    }

    /// The next final reply to any of an earlier operation's commands, or a preliminary one.
    pub(super) fn any_reply(&mut self) -> Option<(Verb, Reply)> {
        if self.replies.sort(None) {
            self.timers.reply.clear();
        }
        self.replies.take_any()
    }
}
