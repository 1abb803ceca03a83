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
pub(super) struct Timer(Option<Deadline>);

impl Timer {
    pub(super) fn clear(&mut self) {
        self.0 = None;
    }

    /// Waits for this from now on, or goes on doing so.
    fn wait(&mut self, now: Instant, wait: Option<(Waiting, Duration)>) {
        let Some((waiting, limit)) = wait else { return self.clear() };
        if self.0.is_none_or(|deadline| deadline.waiting != waiting) {
            self.0 = Some(Deadline { at: now + limit, waiting });
        }
    }
}

impl Timers {
    pub(super) fn next(&self) -> Option<Deadline> {
        [self.reply.0, self.data.0].into_iter().flatten().min_by_key(|deadline| deadline.at)
    }

    pub(super) fn expired(&self, now: Instant) -> Option<Waiting> {
        self.next().filter(|deadline| deadline.at <= now).map(|deadline| deadline.waiting)
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
            Phase::Securing => (Waiting::Handshake(Channel::Data), timeouts.reply),
            Phase::Open if data.started => (Waiting::Idle, timeouts.idle),
            Phase::Draining => (Waiting::Drain, timeouts.drain),
            Phase::Connected | Phase::Open | Phase::Closed => return None,
        })
    }
}
