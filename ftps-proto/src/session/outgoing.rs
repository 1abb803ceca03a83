//! Commands on their way out.
//!
//! A command is *staged* first, and leaves once the control connection's socket has been looked at: what lies there
//! unread cannot be its answer (a late reply), or says that the session is over. Passwords are not shown, and zeroized
//! once they are sent.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use super::replies::{Owner, Ticket};
use crate::codec::{Command, Encoding, Verb};

/// Room for a burst of commands, in bytes.
const ROOM: usize = 512;

/// A command that has not left.
pub(super) struct Staged {
    pub(super) ticket: Ticket,
    pub(super) owner: Owner,
    pub(super) command: Command,
    /// It is answered as this.
    pub(super) verb: Verb,
}

#[derive(Default)]
pub(super) struct Outgoing {
    staged: VecDeque<Staged>,
    bytes: Vec<u8>,
    sent: usize,
}

/// A password may be among them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} commands, {} bytes", self.staged.len(), self.unsent().len())
    }
}

impl Outgoing {
    pub(super) fn stage(&mut self, staged: Staged) {
        self.staged.push_back(staged);
    }

    pub(super) fn has_staged(&self) -> bool {
        !self.staged.is_empty()
    }

    /// How many of the operation's commands are staged.
    pub(super) fn staged(&self) -> usize {
        self.staged.iter().filter(|staged| staged.owner == Owner::Operation).count()
    }

    /// The next command that leaves.
    pub(super) fn unstage(&mut self) -> Option<Staged> {
        self.staged.pop_front()
    }

    /// Forgets commands that have not left.
    pub(super) fn forget_staged(&mut self) {
        self.staged.clear();
    }

    /// Appends a command. Growing by itself the vector would leave a copy of what it held in freed memory.
    pub(super) fn push(&mut self, command: &Command, telnet: bool, encoding: Option<&Encoding>) {
        let needed = self.bytes.len() + command.encoded_len();
        if needed > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(needed.max(ROOM));
            larger.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            self.bytes = larger;
        }
        command.encode_for(telnet, encoding, &mut self.bytes);
    }

    pub(super) fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    /// So many bytes were taken. More than there are counts as all of them.
    pub(super) fn sent(&mut self, n: usize) {
        self.sent = self.sent.saturating_add(n).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            self.bytes.zeroize();
            self.sent = 0;
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}
