//! Whether a transfer that failed is tried again, and when.

use std::sync::Arc;
use std::time::Duration;

use super::audit::Auditor;
use super::net::Net;
use super::opening::Opening;
use super::reach::Reach;
use crate::config::Config;
use crate::error::Error;
use crate::session::Session;
use crate::time::Instant;
use crate::tls::{Link, ServerName, TlsConfig};

/// How a transfer that failed for a reason that may pass ([`Error::is_temporary`]) goes on: after a pause, where need be in
/// a new session, and from where it was. Given to [`Builder::retry`](super::Builder::retry).
///
/// Failures are counted in a row: one after which the transfer gets further by more than 16 KiB starts the count, the pauses
/// and the time anew. Pauses double from one to the next, and a part of each is random, so that many clients that lost
/// one server do not come back to it at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a builder takes it"]
pub struct Retry {
    tries: u32,
    within: Duration,
    first: Duration,
    longest: Duration,
    window: usize,
    seed: Option<u64>,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            tries: 5,
            within: Duration::from_secs(600),
            first: Duration::from_secs(1),
            longest: Duration::from_secs(60),
            window: 16 << 20,
            seed: None,
        }
    }
}

impl Retry {
    /// 5 tries more, within 10 minutes, after pauses of a second to a minute.
    pub fn new() -> Self {
        Self::default()
    }

    /// How often a transfer is tried again without getting further.
    pub fn tries(self, tries: u32) -> Self {
        Self { tries, ..self }
    }

    /// For how long a transfer may not get further. No try begins after that.
    pub fn within(self, time: Duration) -> Self {
        Self { within: time, ..self }
    }

    /// The first pause, and the longest.
    pub fn pauses(self, first: Duration, longest: Duration) -> Self {
        Self { first, longest, ..self }
    }

    /// How many bytes at the end of what an upload has handed over are kept in memory: what was on its way to the server
    /// when the connection was lost is sent again from there. Where the server has lost more, the upload fails. 16 MiB.
    /// Nothing is kept of a source that can be read again: the clients' `upload_seekable`.
    pub fn window(self, bytes: usize) -> Self {
        Self { window: bytes, ..self }
    }

    /// What the random part of pauses comes from. By default the adapter says ([`Net::entropy`]).
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// How much of an upload is kept.
    pub(super) fn kept(&self) -> usize {
        self.window
    }
}

/// A transfer gets further with more bytes than that: a server that sends a byte in each connection does not keep a client
/// busy for ever.
const FURTHER: u64 = 16 * 1024;

/// The tries that a transfer has had. It decides, and does nothing: who asks it waits, connects and resumes.
#[derive(Clone, Debug)]
pub struct Attempts {
    retry: Retry,
    /// The state of a splitmix64.
    random: u64,
    /// Failures in a row.
    failed: u32,
    /// When the transfer got further last, on a clock that began so long before this one's zero.
    since: Instant,
    spent: Duration,
    /// How far it was then.
    moved: u64,
}

impl Attempts {
    /// A transfer begins.
    pub fn new(retry: &Retry, entropy: u64, now: Instant) -> Self {
        let random = retry.seed.unwrap_or(entropy);
        Self { retry: retry.clone(), random, failed: 0, since: now, spent: Duration::ZERO, moved: 0 }
    }

    /// It has failed after so many bytes in all. For how long to pause before the next try; `None` where there is none.
    pub fn failed(&mut self, error: &Error, moved: u64, now: Instant) -> Option<Duration> {
        if !error.is_temporary() {
            return None;
        }
        if moved > self.moved.saturating_add(FURTHER) {
            (self.failed, self.moved, self.since, self.spent) = (0, moved, now, Duration::ZERO);
        }
        if self.failed >= self.retry.tries {
            return None;
        }
        // The server had closed an idle session: nothing is wrong with it.
        let idle = self.failed == 0 && matches!(error, Error::Closed { .. });
        let pause = if idle { Duration::ZERO } else { self.pause() };
        self.failed += 1;
        let spent = self.spent.saturating_add(now.saturating_duration_since(self.since));
        (spent.saturating_add(pause) <= self.retry.within).then_some(pause)
    }

    /// From now on times are of another clock.
    pub fn change_clock(&mut self, old: Instant, new: Instant) {
        self.spent = self.spent.saturating_add(old.saturating_duration_since(self.since));
        self.since = new;
    }

    /// Between a half and the whole of what the number of failures asks for.
    fn pause(&mut self) -> Duration {
        let doubled = 1_u32
            .checked_shl(self.failed)
            .map_or(Duration::MAX, |times| self.retry.first.saturating_mul(times));
        let half = doubled.min(self.retry.longest) / 2;
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.random;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let part = (mixed ^ (mixed >> 31)) >> 32;
        half + half.mul_f64(part as f64 / f64::from(u32::MAX))
    }
}

/// What a session is opened with again once it is lost.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) config: Config,
    pub(super) tls: TlsConfig,
    pub(super) name: ServerName<'static>,
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) reach: Reach,
    /// How long all of the opening may take.
    pub(super) limit: Duration,
    /// Who is told of what is done.
    pub(super) auditor: Option<Box<Auditor>>,
    /// Where it is to be opened again.
    pub(super) retry: Option<Retry>,
}

impl Origin {
    /// Begins to open a session.
    pub(super) fn open<N: Net>(self: &Arc<Self>, net: N) -> Opening<N> {
        let date = self.config.date.or_else(|| Some((net.date()?, net.now())));
        let config = Config { date, ..self.config.clone() };
        let mut link = Link::new(Session::new(config), &self.tls, self.name.clone());
        if self.auditor.is_some() {
            link.keep_deeds();
        }
        Opening::new(link, net, Arc::clone(self))
    }
}
