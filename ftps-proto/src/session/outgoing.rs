//! Bytes of commands on their way out, a password among them: not shown, and zeroized once they are sent.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::codec::Command;

/// Room for a burst of commands.
const ROOM: usize = 512;

#[derive(Default)]
pub(super) struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

/// A password may be among them.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.unsent().len())
    }
}

impl Outgoing {
    /// Growing by itself the vector would leave a copy of what it held behind.
    pub(super) fn push(&mut self, command: &Command, telnet: bool) {
        let needed = self.bytes.len() + command.encoded_len();
        if needed > self.bytes.capacity() {
            let mut larger = Vec::with_capacity(needed.max(ROOM));
            larger.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            self.bytes = larger;
        }
        command.encode_for(telnet, &mut self.bytes);
    }

    pub(super) fn unsent(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }

    pub(super) fn sent(&mut self, n: usize) {
        self.sent = (self.sent + n).min(self.bytes.len());
        if self.sent == self.bytes.len() {
            // A password may have been among them.
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
