//! How commands leave: once what lies unread in the control connection's socket has been read.

use super::Session;
use super::quirks::Quirk;
use crate::codec::{Command, Verb};
use crate::need::{Deadline, Io, Waiting};
use crate::time::Instant;

/// Whether the control connection's socket has been looked at since a command was staged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Due,
    /// It was asked for so often. `quiet`: the last time brought nothing.
    Asked {
        times: u8,
        quiet: bool,
    },
}

/// How often the socket is looked at before a command leaves all the same, where it always brings something.
const LOOKS: u8 = 100;

impl Session {
    /// A look at what lies in the sockets: a wait of no time.
    pub(super) fn looking(&mut self, now: Instant) -> Io {
        let times = match self.look {
            Look::Due => 1,
            Look::Asked { times, .. } => times.saturating_add(1),
        };
        self.look = Look::Asked { times, quiet: true };
        Io { deadline: Some(Deadline { at: now, waiting: Waiting::Look }), ..self.io() }
    }

    /// Whether the control connection's socket has nothing more for us before a command leaves.
    pub(super) fn has_looked(&self) -> bool {
        matches!(self.look, Look::Asked { times, quiet } if quiet || times >= LOOKS)
    }

    /// Lets what is staged leave.
    pub(super) fn release(&mut self, now: Instant) {
        while let Some(staged) = self.out.unstage() {
            #[cfg(feature = "tracing")]
            tracing::debug!(target: "ftps::conversation", "> {}", staged.command);
            let verb = staged.verb;
            // A listing that leaves the working directory returns to it.
            if matches!(verb, Verb::Cwd | Verb::Cdup) && self.displaced.is_none() {
                self.home = None;
                self.strayed = true;
            }
            match &staged.command {
                Command::Opts(option) => self.doubt_hash(option.as_bytes()),
                Command::Rest(offset) => self.restart = (*offset != 0).then_some(Command::Rest(0)),
                Command::Rang(start, end) => self.restart = (start <= end).then_some(Command::Rang(1, 0)),
                Command::Retr(_) | Command::Stor(_) | Command::Appe(_) => self.restart = None,
                Command::TypeAscii => self.ascii = true,
                Command::TypeImage => self.ascii = false,
                _ => {}
            }
            if let Some(deeds) = self.replies.deeds() {
                deeds.sent(staged.ticket, &staged.command, self.renaming.as_ref());
            }
            self.replies.expect(staged.ticket, verb, staged.owner);
            self.out.push(&staged.command, self.has_quirk(Quirk::Telnet), self.replies.encoding());
            self.timers.command(now);
        }
        self.look = Look::Due;
    }
}
