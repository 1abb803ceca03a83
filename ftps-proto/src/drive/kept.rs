//! The last bytes that have passed, to go on from there where what came after them was lost. What an upload reads from its
//! source is read to where it is kept, so that it is not copied.

use std::collections::VecDeque;

#[derive(Debug, Default)]
pub(super) struct Kept {
    /// Of one size, the oldest first. All but the last are full, and have passed whole.
    blocks: VecDeque<Vec<u8>>,
    block: usize,
    /// How much of the last block is filled.
    filled: usize,
    /// How much of that has passed.
    passed: usize,
    most: usize,
}

impl Kept {
    /// At most so many bytes count, in blocks of so many. There may be a block more, and what has not passed.
    pub(super) fn new(most: usize, block: usize) -> Self {
        Self { blocks: VecDeque::new(), block, filled: 0, passed: 0, most }
    }

    /// Where what comes next is written to. Never empty. Only once all that came has passed.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.blocks.is_empty() || self.filled == self.block {
            // The oldest block is used again where the others hold enough.
            let others = self.blocks.len().saturating_sub(1);
            let oldest = if others * self.block >= self.most { self.blocks.pop_front() } else { None };
            self.blocks.push_back(oldest.unwrap_or_else(|| vec![0; self.block]));
            (self.filled, self.passed) = (0, 0);
        }
        let filled = self.filled;
        self.blocks.back_mut().map_or(&mut [], |block| &mut block[filled..])
    }

    /// So many bytes have been written there.
    pub(super) fn fill(&mut self, n: usize) {
        self.filled = self.block.min(self.filled + n);
    }

    /// What has come and has not passed.
    pub(super) fn waiting(&self) -> &[u8] {
        self.blocks.back().map_or(&[], |block| &block[self.passed..self.filled])
    }

    /// So many bytes of that have passed.
    pub(super) fn pass(&mut self, n: usize) {
        self.passed = self.filled.min(self.passed + n);
    }

    /// These have passed.
    pub(super) fn push(&mut self, passed: &[u8]) {
        let mut rest = &passed[passed.len().saturating_sub(self.most)..];
        while !rest.is_empty() {
            let space = self.space();
            let (now, later) = rest.split_at(rest.len().min(space.len()));
            space[..now.len()].copy_from_slice(now);
            self.fill(now.len());
            self.pass(now.len());
            rest = later;
        }
    }

    pub(super) fn len(&self) -> usize {
        self.all().min(self.most)
    }

    /// How much there is in the blocks, which may be more than is asked for.
    fn all(&self) -> usize {
        self.blocks.len().saturating_sub(1) * self.block + self.passed
    }

    /// All but so many of them at the end, and no more than so many.
    pub(super) fn before(&self, end: usize, most: usize) -> Vec<u8> {
        let len = self.len().saturating_sub(end).min(most);
        let from = self.all().saturating_sub(end).saturating_sub(len);
        let mut bytes = Vec::with_capacity(len);
        for (block, at) in self.blocks.iter().zip((0..).step_by(self.block)) {
            let (start, end) = (from.saturating_sub(at), (from + len).saturating_sub(at));
            bytes.extend_from_slice(&block[start.min(self.block)..end.min(self.block)]);
        }
        bytes
    }

    /// So many at the end.
    pub(super) fn last(&self, n: usize) -> Vec<u8> {
        self.before(0, n)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_end_of_what_has_passed_is_kept(
            most in 0_usize..40,
            block in 1_usize..20,
            steps in prop::collection::vec((0_usize..30, 0_usize..30), 0..30),
            asked in (0_usize..50, 0_usize..50),
        ) {
            let (mut kept, mut passed, mut next) = (Kept::new(most, block), Vec::new(), 0_u8);
            let mut bytes = |space: &mut [u8]| space.fill_with(|| { next = next.wrapping_add(1); next });
            for (read, pushed) in steps {
                let space = kept.space();
                let n = read.min(space.len());
                bytes(&mut space[..n]);
                kept.fill(n);
                while !kept.waiting().is_empty() {
                    passed.push(kept.waiting()[0]);
                    kept.pass(1);
                }
                let mut more = vec![0; pushed];
                bytes(&mut more);
                kept.push(&more);
                passed.extend(more);
            }
            let last = &passed[passed.len().saturating_sub(most)..];
            prop_assert_eq!(kept.len(), last.len());
            let end = last.len().saturating_sub(asked.0);
            let start = end.saturating_sub(asked.1);
            prop_assert_eq!(kept.before(asked.0, asked.1), &last[start..end]);
        }
    }
}
