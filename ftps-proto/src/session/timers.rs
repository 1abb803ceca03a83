//! Deadlines: one for what is waited for on each connection.
//!
//! A timer is armed when polling finds nothing else to do, and cleared by what it waits for. So time in which the caller
//! does nothing, say between two reads of a download, never counts.

use core::time::Duration;

use super::data::Phase;
use super::{Recovery, Session, State};
use crate::codec::Verb;
use crate::need::{Channel, Deadline, Waiting};
use crate::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) reply: Timer,
    pub(super) data: Timer,
}

#[derive(Debug, Default)]
pub(super) struct Timer {
    deadline: Option<Deadline>,
    /// How often it was looked behind the deadline.
    looks: u8,
}

/// How often something may still come behind a deadline: the rest of a reply that lay in a socket, but no flood.
const LOOKS: u8 = 100;

impl Timer {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Waits for this from now on, or goes on doing so.
    fn wait(&mut self, now: Instant, wait: Option<(Waiting, Duration)>) {
        let Some((waiting, limit)) = wait else { return self.clear() };
        if self.deadline.is_none_or(|deadline| deadline.waiting != waiting) {
            *self = Self { deadline: Some(Deadline { at: now + limit, waiting }), looks: 0 };
        }
    }

    fn is_past(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline.at <= now)
    }
}

impl Timers {
    pub(super) fn next(&self) -> Option<Deadline> {
        self.timers().into_iter().filter_map(|timer| timer.deadline).min_by_key(|deadline| deadline.at)
    }

    /// What has come to its deadline. What was waited for may lie in a socket all the same, where nobody looked in time:
    /// it is looked for once more, and again while that brings something.
    pub(super) fn expired(&self, now: Instant, silent: bool) -> Option<Waiting> {
        let given_up =
            |timer: &&Timer| timer.is_past(now) && (timer.looks == LOOKS || (timer.looks > 0 && silent));
        self.timers().into_iter().find(given_up)?.deadline.map(|deadline| deadline.waiting)
    }

    /// Nothing else is to be done: the sockets are looked at.
    pub(super) fn look(&mut self, now: Instant) {
        for timer in [&mut self.reply, &mut self.data] {
            if timer.is_past(now) {
                timer.looks = (timer.looks + 1).min(LOOKS);
            }
        }
    }

    fn timers(&self) -> [&Timer; 2] {
        [&self.reply, &self.data]
    }
}

impl Session {
    pub(super) fn arm(&mut self, now: Instant) {
        let (reply, data) = (self.waits_for_reply(), self.waits_for_data());
        self.timers.reply.wait(now, reply);
        self.timers.data.wait(now, data);
    }

    fn waits_for_reply(&self) -> Option<(Waiting, Duration)> {
        let limit = self.config.timeouts.reply;
        let waiting = match (&self.recovery, &self.state) {
            (Recovery::Secure, _) => return None,
            (Recovery::Aborted, _) if !self.takes_pipelining() => {
                return Some((Waiting::Reply(Verb::Abor), self.config.timeouts.abort));
            }
            (Recovery::Fence, _) => Waiting::Reply(Verb::Pwd),
            (_, State::Opening) if self.handshaking => Waiting::Handshake(Channel::Control),
            (_, State::Opening) if self.replies.owed() == 0 => Waiting::Greeting,
            // While payload moves, the final reply is not due.
            _ if self.data.as_ref().is_some_and(|data| data.started && data.is_moving()) => return None,
            _ => Waiting::Reply(self.replies.due()?),
        };
        Some((waiting, limit))
    }

    fn waits_for_data(&self) -> Option<(Waiting, Duration)> {
        let timeouts = &self.config.timeouts;
        let data = self.data.as_ref().filter(|data| data.ending.is_none())?;
        Some(match data.phase {
            Phase::Connecting => (Waiting::DataConnect, timeouts.connect),
            Phase::Securing => {
                let given_up = matches!(self.recovery, Recovery::Secure);
                let limit = if given_up { timeouts.abort } else { timeouts.reply };
                (Waiting::Handshake(Channel::Data), limit)
            }
            Phase::Open if data.started => (Waiting::Idle, timeouts.idle),
            Phase::Ending => (Waiting::Idle, timeouts.idle),
            Phase::Draining => (Waiting::Drain, timeouts.drain),
            Phase::Connected | Phase::Open | Phase::Closed => return None,
        })
    }
}
