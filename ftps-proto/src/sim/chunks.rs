//! How bytes are cut into reads and writes.

/// Cuts, the same ones for the same seed.
#[derive(Clone, Debug)]
pub enum Chunks {
    /// Everything at once.
    Whole,
    /// One byte at a time.
    Bytes,
    /// Between 1 and 16 bytes, by a generator in this state (splitmix64).
    Seeded(u64),
}

impl Chunks {
    /// How many of `available` bytes go next; at least one, if there are any.
    pub(super) fn next(&mut self, available: usize) -> usize {
        match self {
            Self::Whole => available,
            Self::Bytes => available.min(1),
            Self::Seeded(state) => {
                *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                available.min(1 + (z >> 60) as usize)
            }
        }
    }
}
