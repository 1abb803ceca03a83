//! The core's clock: the adapter's, handed in with every poll.

use core::ops::Add;
use core::time::Duration;

/// A moment, as the time since an epoch of the adapter's choosing.
///
/// The core never asks for the time. An adapter passes its own monotonic clock; a simulation passes any number it
/// likes, so that a test of a five-minute timeout takes no time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Duration);

impl Instant {
    /// The moment `since_epoch` after the adapter's epoch.
    pub const fn new(since_epoch: Duration) -> Self {
        Self(since_epoch)
    }

    /// The time since the adapter's epoch.
    pub const fn since_epoch(self) -> Duration {
        self.0
    }

    /// The time from `earlier` to this moment; zero where `earlier` is the later one.
    pub const fn saturating_duration_since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// Saturates: a wait of `Duration::MAX` is a wait without end.
    fn add(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }
}
