//! Families of the caller's own.

use alloc::sync::Arc;
use core::fmt;

use crate::codec::entry::Entry;

/// A caller's own family, for any number of listings: the entry, if a line is of it.
#[derive(Clone)]
pub struct LineReader(Arc<ReadLine>);

type ReadLine = dyn Fn(&[u8]) -> Option<Entry> + Send + Sync;

impl LineReader {
    /// A family that is read so.
    pub fn new(read: impl Fn(&[u8]) -> Option<Entry> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// The entry, if the line is of this family.
    pub fn read(&self, line: &[u8]) -> Option<Entry> {
        (self.0)(line)
    }
}

impl fmt::Debug for LineReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LineReader")
    }
}
