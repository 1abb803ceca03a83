//! Deadlines: one for what is waited for on each connection.
//!
//! A timer is armed when polling finds nothing else to do, and cleared by what it waits for. So time in which the caller
//! does nothing, say between two reads of a download, never counts.

use core::time::Duration;

use super::data::Phase;
use super::recovery::Recovery;
use super::replies::Owner;
use super::{Session, State};
use crate::codec::{Command, Verb};
use crate::config::Rate;
use crate::need::{Channel, Deadline, Waiting};
use crate::time::Instant;

#[derive(Debug, Default)]
pub(super) struct Timers {
    pub(super) reply: Timer,
    pub(super) data: Timer,
    pub(super) pace: Pace,
    /// When the next keepalive is due.
    keepalive: Option<Instant>,
    /// When the next transfer's data connection is asked for.
    pub(super) prepare: Option<Instant>,
    /// When the last command left.
    commanded: Instant,
}

#[derive(Debug, Default)]
pub(super) struct Timer {
    deadline: Option<Deadline>,
    /// How often the sockets were looked at after the deadline.
    chances: u8,
}

/// How fast a transfer moves, as long as it waits for the server.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// Payload that has moved in this stretch of time.
    moved: u64,
    /// How long the server was waited for in it.
    waited: Duration,
    /// Since when it is waited for now.
    since: Option<Instant>,
    timer: Timer,
}

impl Pace {
    pub(super) fn count(&mut self, n: usize) {
        self.moved = self.moved.saturating_add(n as u64);
    }

    /// The caller is waited for.
    pub(super) fn pause(&mut self) {
        self.since = None;
        self.timer.clear();
    }

    /// Waits for the server from now on, or goes on doing so.
    fn wait(&mut self, now: Instant, rate: Option<Rate>) {
        let Some(rate) = rate else {
            *self = Self::default();
            return;
        };
        if let Some(since) = self.since.replace(now) {
            self.waited += now.saturating_duration_since(since);
        }
        if self.moved >= rate.bytes {
            *self = Self { since: Some(now), ..Self::default() };
        }
        let left = rate.within.saturating_sub(self.waited);
        self.timer.wait(now, Some((Waiting::Rate, left)));
    }
}

/// How often something may still come after a deadline: the rest of a reply that lay in a socket, but no flood.
const CHANCES: u8 = 100;

impl Timer {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Waits for this from now on, or goes on doing so.
    fn wait(&mut self, now: Instant, wait: Option<(Waiting, Duration)>) {
        let Some((waiting, limit)) = wait else { return self.clear() };
        if self.deadline.is_none_or(|deadline| deadline.waiting != waiting) {
            *self = Self { deadline: Some(Deadline { at: now + limit, waiting }), chances: 0 };
        }
    }

    fn is_past(&self, now: Instant) -> bool {
        self.deadline.is_some_and(|deadline| deadline.at <= now)
    }
}

impl Timers {
    /// Another operation begins.
    pub(super) fn restart(&mut self) {
        self.reply.clear();
        self.data.clear();
        self.pace = Pace::default();
        self.prepare = None;
    }

    /// A command has left.
    pub(super) fn command(&mut self, now: Instant) {
        self.commanded = now;
    }

    pub(super) fn next(&self) -> Option<Deadline> {
        let keepalive = self.keepalive.map(|at| Deadline { at, waiting: Waiting::Keepalive });
        let prepare = self.prepare.map(|at| Deadline { at, waiting: Waiting::Prepare });
        let timers = self.timers().into_iter().filter_map(|timer| timer.deadline);
        timers.chain(keepalive).chain(prepare).min_by_key(|deadline| deadline.at)
    }

    /// What has come to its deadline. What was waited for may lie in a socket all the same, where nobody looked in time:
    /// it is looked for once more, and again while that brings something.
    pub(super) fn expired(&self, now: Instant, silent: bool) -> Option<Waiting> {
        let given_up = |timer: &&Timer| {
            timer.is_past(now) && (timer.chances == CHANCES || (timer.chances > 0 && silent))
        };
        self.timers().into_iter().find(given_up)?.deadline.map(|deadline| deadline.waiting)
    }

    /// Nothing else is to be done: the sockets are looked at.
    pub(super) fn look(&mut self, now: Instant) {
        for timer in [&mut self.reply, &mut self.data, &mut self.pace.timer] {
            if timer.is_past(now) {
                timer.chances = (timer.chances + 1).min(CHANCES);
            }
        }
    }

    fn timers(&self) -> [&Timer; 3] {
        [&self.reply, &self.data, &self.pace.timer]
    }
}

impl Session {
    pub(super) fn arm(&mut self, now: Instant) {
        let (reply, data) = (self.waits_for_reply(), self.waits_for_data());
        self.timers.reply.wait(now, reply);
        self.timers.data.wait(now, data);
        let rate = Some(self.config.limits.rate).filter(|rate| rate.bytes > 0 && self.is_moving_payload());
        self.timers.pace.wait(now, rate);
    }

    /// Sends a NOOP where a transfer has left the control connection silent for so long that a firewall on the way may
    /// forget it. Whether one was sent.
    pub(super) fn keep_alive(&mut self, now: Instant) -> bool {
        let moving = self.data.as_ref().is_some_and(|data| data.is_started() && data.is_moving());
        let listens = !self.replies.is_over() && !self.replies.refuses_keepalive();
        let after = self.config.keepalive.filter(|_| moving && listens);
        self.timers.keepalive = after.map(|after| self.timers.commanded + after);
        let due = self.timers.keepalive.is_some_and(|at| at <= now) && !self.out.has_staged();
        if due {
            self.stage(Command::Noop, Owner::Session);
            self.timers.keepalive = None;
        }
        due
    }

    fn waits_for_reply(&self) -> Option<(Waiting, Duration)> {
        let timeouts = &self.config.timeouts;
        // A server that has just been silent for the whole of a limit gets no second one.
        let recovery = if self.ignored { timeouts.abort } else { timeouts.reply };
        Some(match (&self.recovery, &self.state) {
            (Recovery::Secure, _) => return None,
            (Recovery::Aborted { fenced: false }, _) => (Waiting::Reply(Verb::Abor), timeouts.abort),
            (Recovery::Aborted { fenced: true }, _) => (Waiting::Reply(Verb::Abor), recovery),
            (Recovery::Fence, _) => (Waiting::Reply(Verb::Pwd), recovery),
            (recovering, State::Open) if !recovering.is_none() => {
                (Waiting::Reply(self.replies.due()?), recovery)
            }
            (_, State::Opening) if self.is_changing() => {
                (Waiting::Handshake(Channel::Control), timeouts.reply)
            }
            (_, State::Opening) if self.replies.owed() == 0 => (Waiting::Greeting, timeouts.reply),
            _ => {
                let verb = self.replies.due()?;
                match self.data.as_ref().filter(|data| data.is_started()) {
                    // While payload moves, the final reply is not due.
                    Some(data) if data.is_moving() => return None,
                    // A server may have to scan the file for viruses first, or to store it elsewhere.
                    Some(data) if data.is_closed() => (Waiting::Reply(verb), timeouts.final_reply),
                    // It is an error, whatever the server says about it.
                    Some(data) if data.has_ended_badly() => (Waiting::Reply(verb), timeouts.abort),
                    _ if verb.hashes_file() => (Waiting::Reply(verb), timeouts.final_reply),
                    _ => (Waiting::Reply(verb), timeouts.reply),
                }
            }
        })
    }

    fn is_moving_payload(&self) -> bool {
        self.data.as_ref().is_some_and(|data| {
            data.is_started() && matches!(data.phase(), Some(Phase::Open | Phase::Ending))
        })
    }

    fn waits_for_data(&self) -> Option<(Waiting, Duration)> {
        let timeouts = &self.config.timeouts;
        let data = self.data.as_ref()?;
        let commanded = self.replies.expects_transfer() || data.is_started();
        Some(match data.phase()? {
            // Active mode: the server connects once it has heard the transfer's command, before its final reply or after.
            Phase::Opening if data.listening().is_some() && !commanded => return None,
            Phase::Opening => (Waiting::DataConnect, timeouts.connect),
            // Where it was listened for is still to be told, and no command is out whose reply is waited for.
            Phase::Connected if self.replies.due().is_none() => (Waiting::DataConnect, timeouts.connect),
            Phase::Securing => {
                let given_up = matches!(self.recovery, Recovery::Secure);
                let limit = if given_up { timeouts.abort } else { timeouts.reply };
                (Waiting::Handshake(Channel::Data), limit)
            }
            Phase::Open if data.is_started() => (Waiting::Idle, timeouts.idle),
            Phase::Ending => (Waiting::Idle, timeouts.idle),
            Phase::Draining => (Waiting::Drain, timeouts.drain),
            Phase::Connected | Phase::Open | Phase::Closed => return None,
        })
    }
}
