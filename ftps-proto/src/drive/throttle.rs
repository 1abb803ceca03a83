//! No more than so many bytes a second.

use std::time::Duration;

use crate::time::Instant;

/// What moves at once takes an eighth of a second: a server sees something move all the time.
const PIECES: u64 = 8;

/// How fast payload may move, where there is a limit.
#[derive(Debug)]
pub(super) struct Throttle {
    /// Bytes a second.
    rate: Option<u64>,
    /// When more may move.
    next: Option<Instant>,
}

impl Throttle {
    pub(super) fn new(rate: Option<u64>) -> Self {
        Self { rate: rate.filter(|rate| *rate > 0), next: None }
    }

    pub(super) fn limits(&self) -> bool {
        self.rate.is_some()
    }

    /// How many bytes may move at once.
    pub(super) fn piece(&self) -> usize {
        self.rate.map_or(usize::MAX, |rate| usize::try_from((rate / PIECES).max(1)).unwrap_or(usize::MAX))
    }

    /// When more may move, where that is not now.
    pub(super) fn until(&self, now: Instant) -> Option<Instant> {
        self.next.filter(|next| *next > now)
    }

    pub(super) fn moved(&mut self, n: usize, now: Instant) {
        if let Some(rate) = self.rate {
            // Time in which nothing could move is not caught up with.
            let from = self.next.map_or(now, |next| next.max(now));
            let takes =
                u128::try_from(n).unwrap_or(u128::MAX).saturating_mul(1_000_000_000) / u128::from(rate);
            self.next = Some(from + Duration::from_nanos(u64::try_from(takes).unwrap_or(u64::MAX)));
        }
    }

    /// Times are of another clock from now on.
    pub(super) fn change_clock(&mut self) {
        self.next = None;
    }
}
