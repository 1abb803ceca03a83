//! A signal has asked to stop, and what is under way is to end by itself: it would leave something behind.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

static ASKED: AtomicBool = AtomicBool::new(false);

pub(crate) fn ask() {
    ASKED.store(true, Ordering::Relaxed);
}

pub(crate) fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// A source that would be read on ends here, as one that cannot be read does.
pub(crate) fn check() -> io::Result<()> {
    if is_asked() { Err(io::Error::other("stopped")) } else { Ok(()) }
}
