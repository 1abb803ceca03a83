//! The last bytes that have passed, to go on from there where what came after them was lost.

use std::collections::VecDeque;

/// So many bytes at the end of what has passed.
#[derive(Debug, Default)]
pub(super) struct Kept {
    bytes: VecDeque<u8>,
    most: usize,
}

impl Kept {
    /// At most so many.
    pub(super) fn new(most: usize) -> Self {
        Self { bytes: VecDeque::new(), most }
    }

    pub(super) fn push(&mut self, passed: &[u8]) {
        let last = &passed[passed.len().saturating_sub(self.most)..];
        let excess = (self.bytes.len() + last.len()).saturating_sub(self.most);
        self.bytes.drain(..excess);
        self.bytes.extend(last);
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// All but so many of them at the end, and no more than so many.
    pub(super) fn before(&self, end: usize, most: usize) -> Vec<u8> {
        let end = self.bytes.len().saturating_sub(end);
        self.bytes.range(end.saturating_sub(most)..end).copied().collect()
    }

    /// So many at the end.
    pub(super) fn last(&self, n: usize) -> Vec<u8> {
        self.before(0, n)
    }
}
