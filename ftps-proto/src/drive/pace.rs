//! Fewer wake-ups for a fast download.
//!
//! A socket into which much comes becomes readable over and over, with a few segments each time, and to be woken up costs
//! more than to receive them. So the socket of a fast download is not watched: it rests for a millisecond or two, and is read
//! with all that has come meanwhile, which its buffer has room for. Once several rests were in vain, it is watched again.
//!
//! A reader that does something with what it reads, as to write it to a file, is away while more comes: that does as well, and
//! a rest would only hold it up.

use std::time::Duration;

use crate::time::Instant;

/// What comes in so long has room in a socket's buffer. Some runtimes' timers tell whole milliseconds only: two, then.
const REST: Duration = Duration::from_micros(1500);
/// A download is fast where so much comes in this time: 20 MiB a second.
const PIECE: usize = 1 << 20;
const FAST: Duration = Duration::from_millis(50);
/// A reader that takes this time over a piece is away for long enough. To write one to a file takes two to four times as
/// long, to throw it away or to copy it less.
const AWAY: Duration = Duration::from_micros(100);
/// After so many reads without a rest there is one, as others may share the thread.
const READS: u8 = 16;
/// After so many rests in vain a download is not fast any more.
const VAIN: u8 = 8;

/// How the data connection's socket is read.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// What has come of a piece, and when that began.
    came: usize,
    since: Option<Instant>,
    fast: bool,
    /// When payload was handed out that the reader still has, and how long he had others of this piece.
    lent: Option<Instant>,
    away: Duration,
    reads: u8,
    /// Rests in a row in which nothing came.
    vain: u8,
    /// The end of a rest.
    until: Option<Instant>,
}

impl Pace {
    /// So much has come, where there was room for so much. Whether a rest would be good.
    pub(super) fn wants_rest(&mut self, n: usize, room: usize, now: Instant) -> bool {
        let since = *self.since.get_or_insert(now);
        self.came += n;
        if self.came >= PIECE {
            // A large read may hold several pieces.
            let pieces = u32::try_from(self.came / PIECE).unwrap_or(u32::MAX);
            self.fast = now.saturating_duration_since(since) < FAST.saturating_mul(pieces)
                && self.away < AWAY.saturating_mul(pieces);
            (self.came, self.since, self.away) = (0, Some(now), Duration::ZERO);
            if !self.fast {
                // Only a socket that is watched lets others have the thread.
                self.until = None;
            }
        }
        self.reads = self.reads.saturating_add(1);
        self.vain = 0;
        self.fast && n > 0 && (n < room || self.reads >= READS)
    }

    /// The reader has payload from now on.
    pub(super) fn lend(&mut self, now: Instant) {
        self.lent = Some(now);
    }

    /// The reader is back for more.
    pub(super) fn back(&mut self, now: Instant) {
        if let Some(lent) = self.lent.take() {
            self.away += now.saturating_duration_since(lent);
        }
    }

    /// The socket is not watched, and not read before a rest is over.
    pub(super) fn rest(&mut self, now: Instant) {
        self.reads = 0;
        self.until = Some(now + REST);
    }

    /// Nothing has come in a rest. Whether there is another one; else the socket is to be watched.
    pub(super) fn rests_again(&mut self, now: Instant) -> bool {
        self.vain += 1;
        if self.vain < VAIN {
            self.rest(now);
        }
        self.vain < VAIN
    }

    /// Whether the socket is not watched.
    pub(super) fn is_unwatched(&self) -> bool {
        self.until.is_some()
    }

    /// When the rest ends that is not over yet.
    pub(super) fn rests_until(&self, now: Instant) -> Option<Instant> {
        self.until.filter(|until| *until > now)
    }

    /// The socket is watched from now on: rests were in vain, or it is another connection's.
    pub(super) fn watch(&mut self) {
        *self = Self::default();
    }
}
