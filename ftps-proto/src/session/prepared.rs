//! The data connection of the next transfer, asked for while one is under way.

use core::time::Duration;

use super::Session;
use super::replies::{Owner, Ticket};
use crate::config::Pipelining;
use crate::time::Instant;

/// How long after a transfer has begun the next one's data connection is asked for, where that is wanted: what the server needs to
/// be through with a small file once it has the end of the handshake.
const EARLY: Duration = Duration::from_millis(5);

/// The command that asks for a data connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prepared {
    pub(crate) ticket: Ticket,
    /// It was sent while payload could still move.
    early: bool,
}

impl Session {
    /// Whether more transfers follow from now on: then the next one's data connection is asked for (EPSV) once one's has
    /// ended, before its final reply. That is one round trip less for each but the first, for which there is
    /// [`Config::expect_transfer`](crate::Config::expect_transfer). Given up for the session at the first refusal, which costs
    /// nothing but that it is asked again; the last one is asked for in vain.
    pub fn expect_more(&mut self, more: bool) {
        self.expects_more = more;
    }

    /// Whether more transfers follow.
    pub(crate) fn expects_more(&self) -> bool {
        self.expects_more
    }

    /// A transfer has begun that another one follows.
    pub(crate) fn plan_route(&mut self, now: Instant) {
        let eager = self.config.pipelining == Pipelining::Eager && self.takes_pipelining();
        if eager && self.learned.takes_early_passive {
            self.timers.prepare = Some(now + EARLY);
        }
    }

    /// Asks for the next transfer's data connection where the time for that has come. Whether it was.
    pub(super) fn prepare_early(&mut self, now: Instant) -> bool {
        let due = self.timers.prepare.is_some_and(|at| at <= now) && !self.out.has_staged();
        if due {
            self.timers.prepare = None;
        }
        due && self.ask(true)
    }

    /// Asks for the next transfer's data connection before this one, or the login, is confirmed, or at the latest then: the
    /// session's own command, which is answered in any order. Where it was asked for too early, it is asked for again.
    pub(crate) fn prepare_route(&mut self) {
        self.timers.prepare = None;
        if let Some(prepared) = self.prepared.filter(|prepared| self.replies.has_refused(prepared.ticket)) {
            self.replies.take(prepared.ticket);
            self.prepared = None;
            self.forget_prepared(prepared);
        }
        self.ask(false);
    }

    fn ask(&mut self, early: bool) -> bool {
        let passive = !self.learned.active && !self.wants_pret();
        let asks = passive && self.prepared.is_none() && self.learned.queues_passive;
        if asks {
            let ticket = self.stage(self.passive_command(), Owner::Session);
            self.prepared = Some(Prepared { ticket, early });
        }
        asks
    }

    /// What was asked for with [`prepare_route`](Self::prepare_route), for the operation that has the session.
    pub(crate) fn take_prepared(&mut self) -> Option<Prepared> {
        let prepared = self.prepared.take()?;
        self.replies.adopt(prepared.ticket);
        Some(prepared)
    }

    /// What was prepared was refused, as servers do that take no other command during a transfer, or led nowhere: it is not
    /// asked for so early again.
    pub(crate) fn forget_prepared(&mut self, prepared: Prepared) {
        match prepared.early {
            true => self.learned.takes_early_passive = false,
            false => self.learned.queues_passive = false,
        }
    }
}
