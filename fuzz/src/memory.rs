//! How much memory is in use: the targets run alone in their program, and one at a time in the replay.

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// Bytes that are allocated.
pub(crate) fn used() -> usize {
    ALLOCATOR.allocated()
}
