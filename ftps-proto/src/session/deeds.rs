//! Commands that take something away from its name, for whoever keeps a record of them: whatever operation sent them, and
//! whatever became of it.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::Session;
use super::replies::Ticket;
use crate::codec::{Argument, Class, Command, Reply};

/// A file or directory that was to be renamed or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deed {
    /// What was to be done.
    pub act: DeedAct,
    /// The file or directory.
    pub path: Argument,
    /// The server's final reply. `None` where the command has left and was never answered: whether it was done is not known.
    pub reply: Option<Reply>,
}

/// What is done to a name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeedAct {
    /// It is changed (RNFR, RNTO). `None` where the server refused before it was told the new name.
    Rename(Option<Argument>),
    /// The file or directory is deleted (DELE, RMD, RMDA, SITE RMDIR).
    Delete,
}

impl Deed {
    fn new(act: DeedAct, path: &Argument) -> Self {
        Self { act, path: path.clone(), reply: None }
    }

    /// What a command does; `renaming` is what RNFR has named.
    fn of(command: &Command, renaming: Option<&Argument>) -> Option<Self> {
        match command {
            Command::Dele(path) | Command::Rmd(path) | Command::Rmda(path) => {
                Some(Self::new(DeedAct::Delete, path))
            }
            Command::Rnfr(from) => Some(Self::new(DeedAct::Rename(None), from)),
            Command::Rnto(to) => Some(Self::new(DeedAct::Rename(Some(to.clone())), renaming?)),
            Command::Other(word, Some(path)) if word.as_str() == "XRMD" => {
                Some(Self::new(DeedAct::Delete, path))
            }
            Command::Site(argument) => {
                let (word, path) = argument.as_bytes().split_at_checked(6)?;
                let path = Argument::new(path).ok()?;
                word.eq_ignore_ascii_case(b"RMDIR ").then(|| Self::new(DeedAct::Delete, &path))
            }
            _ => None,
        }
    }

    /// Whether nothing was done yet, nor can be: RNFR was accepted.
    fn is_prelude(&self) -> bool {
        self.reply.as_ref().is_some_and(|reply| reply.code().class() == Class::Intermediate)
    }
}

/// The deeds of a session.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    /// Those whose reply has not come.
    open: Vec<(Ticket, Deed)>,
    done: VecDeque<Deed>,
}

impl Deeds {
    /// A command leaves.
    pub(super) fn sent(&mut self, ticket: Ticket, command: &Command, renaming: Option<&Argument>) {
        self.open.extend(Deed::of(command, renaming).map(|deed| (ticket, deed)));
    }

    /// Its final reply has come.
    pub(super) fn answered(&mut self, ticket: Ticket, reply: &Reply) {
        if let Some(at) = self.open.iter().position(|(open, _)| *open == ticket) {
            let (_, deed) = self.open.remove(at);
            self.end(Deed { reply: Some(reply.clone()), ..deed });
        }
    }

    /// No more replies come to what was sent by now.
    pub(super) fn settle(&mut self) {
        for (_, deed) in core::mem::take(&mut self.open) {
            self.end(deed);
        }
    }

    fn end(&mut self, deed: Deed) {
        // An RNFR whose reply never came has changed nothing.
        let unanswered = deed.reply.is_none() && deed.act == DeedAct::Rename(None);
        if !deed.is_prelude() && !unanswered {
            self.done.push_back(deed);
        }
    }
}

impl Session {
    /// From here on [`take_deed`](Self::take_deed) tells what is renamed and deleted. It is to be called again and again then:
    /// what it has not told is kept.
    pub fn keep_deeds(&mut self) {
        self.replies.keep_deeds();
    }

    /// What was renamed or deleted, or was to be, and was not told yet. Once the session is over, also what the server has
    /// not answered.
    pub fn take_deed(&mut self) -> Option<Deed> {
        let over = !self.is_usable();
        let deeds = self.replies.deeds()?;
        if over {
            deeds.settle();
        }
        deeds.done.pop_front()
    }

    /// What the server has not answered, and nobody waits for any more: the session is given up.
    pub(crate) fn give_deeds_up(&mut self) {
        if let Some(deeds) = self.replies.deeds() {
            deeds.settle();
        }
    }
}
