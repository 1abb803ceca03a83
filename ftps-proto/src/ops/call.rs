//! One command on its way to its final reply: the step that operations are made of.

use core::task::Poll;

use crate::codec::{Class, Command, Reply, Verb};
use crate::error::{Error, Local, Remote};
use crate::session::{Session, Ticket};

#[derive(Debug)]
pub(super) enum Call {
    Unsent(Command),
    Sent(Verb, Ticket),
    Answered,
}

impl Call {
    pub(super) fn new(command: Command) -> Self {
        Self::Unsent(command)
    }

    /// A command that has been sent.
    pub(super) fn sent(verb: Verb, ticket: Ticket) -> Self {
        Self::Sent(verb, ticket)
    }

    /// Sends the command now, where that has not been done.
    pub(super) fn send(&mut self, session: &mut Session) -> Result<(), Error> {
        if let Self::Unsent(command) = self {
            let verb = command.verb();
            let Self::Unsent(command) = core::mem::replace(self, Self::Answered) else { return Ok(()) };
            *self = Self::Sent(verb, session.send(command)?);
        }
        Ok(())
    }

    /// The final reply, with the command that it answers. Not asked for again after that.
    pub(super) fn step(&mut self, session: &mut Session) -> Result<Poll<(Verb, Reply)>, Error> {
        self.send(session)?;
        let Self::Sent(verb, ticket) = *self else { return Err(Local::Finished.into()) };
        Ok(session.final_reply(ticket).map(|reply| {
            *self = Self::Answered;
            (verb, reply)
        }))
    }
}

/// Accepts a reply of the 2yz class.
pub(super) fn completed(verb: Verb, reply: Reply) -> Result<Reply, Error> {
    match reply.code().class() {
        Class::Completion => Ok(reply),
        _ => Err(not_completed(verb, reply)),
    }
}

/// The error that a reply is that should have been another.
pub(super) fn not_completed(verb: Verb, reply: Reply) -> Error {
    match reply.code().class() {
        Class::TransientNegative | Class::PermanentNegative => Error::refused(verb, reply),
        _ => Remote::UnexpectedReply(verb, reply).into(),
    }
}
