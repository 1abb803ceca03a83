//! How a stream is cut into reads.

/// The stream in pieces of 1 to 16 bytes, the same ones for the same seed (splitmix64).
pub(crate) fn cut(stream: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u64::from(seed);
    let mut rest = stream;
    core::iter::from_fn(move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let (piece, tail) = rest.split_at(rest.len().min(1 + (z >> 60) as usize));
        rest = tail;
        (!piece.is_empty()).then_some(piece)
    })
}
