//! The data connection of the next transfer, asked for while one is under way.

use core::mem;

use super::Session;
use super::replies::{Owner, Ticket};

impl Session {
    /// Whether more transfers follow from now on: then the next one's data connection is asked for (EPSV) once one's has
    /// ended, before its final reply. That is one round trip less for each but the first, and for the first as well where
    /// [`Config::expect_more`](crate::Config::expect_more) says so before the login. Given up for the session at the first
    /// refusal, which costs nothing but that it is asked again; the last one is asked for in vain.
    pub fn expect_more(&mut self, more: bool) {
        self.expects_more = more;
    }

    /// Whether more transfers follow.
    pub(crate) fn expects_more(&self) -> bool {
        self.expects_more
    }

    /// Asks for the next transfer's data connection before this one, or the login, is confirmed: the session's own command,
    /// which is answered in any order.
    pub(crate) fn prepare_route(&mut self) {
        let passive = !self.learned.active && !self.wants_pret();
        if passive && self.prepared.is_none() && self.learned.queues_passive {
            self.prepared = Some(self.stage(self.passive_command(), Owner::Session));
        }
    }

    /// What was asked for with [`prepare_route`](Self::prepare_route), for the operation that has the session.
    pub(crate) fn take_prepared(&mut self) -> Option<Ticket> {
        let ticket = mem::take(&mut self.prepared)?;
        self.replies.adopt(ticket);
        Some(ticket)
    }

    /// What was prepared was refused, as servers do that take no other command during a transfer, or led nowhere.
    pub(crate) fn forget_prepared(&mut self) {
        self.learned.queues_passive = false;
    }
}
