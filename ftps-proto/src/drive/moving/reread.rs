//! An upload's source that can be read again: what the server has lost is not kept in memory.

use std::io::{self, SeekFrom};
use std::mem;

use super::OVERLAP;
use super::resume::Sent;
use crate::error::Error;

/// Where such a source is.
pub(super) struct Again {
    /// Where the upload's first byte is in it.
    base: u64,
    /// Where it has to go before it is read, where that is elsewhere.
    pub(super) seek: Option<SeekFrom>,
    /// So many bytes that come have been sent before.
    repeats: u64,
}

impl Default for Again {
    fn default() -> Self {
        Self { base: 0, seek: Some(SeekFrom::Current(0)), repeats: 0 }
    }
}

impl Again {
    /// It is at this offset.
    pub(super) fn sought(&mut self, at: u64) {
        if let Some(SeekFrom::Current(_)) = self.seek.take() {
            self.base = at;
        }
    }

    /// After so many bytes of the upload.
    fn after(&self, bytes: u64) -> Option<SeekFrom> {
        Some(SeekFrom::Start(self.base.saturating_add(bytes)))
    }

    /// Reads what comes before so many bytes that the server has.
    pub(super) fn before(&mut self, there: u64) -> Rereading {
        let overlap = usize::try_from(there).map_or(OVERLAP, |there| there.min(OVERLAP));
        self.seek = self.after(there - overlap as u64);
        Rereading { there, sent: vec![0; overlap], read: 0 }
    }

    /// Reads on after so many bytes, of which so many have been sent.
    pub(super) fn follow(&mut self, there: u64, sent: u64) {
        (self.seek, self.repeats) = (self.after(there), sent);
    }

    /// So many bytes are sent; how many of them not for the first time.
    pub(super) fn pass(&mut self, n: usize) -> usize {
        let again = usize::try_from(self.repeats).map_or(n, |repeats| repeats.min(n));
        self.repeats -= again as u64;
        again
    }

    /// The source has come to its end.
    pub(super) fn ends(&self) -> Result<(), Error> {
        if self.repeats == 0 { Ok(()) } else { Err(shorter()) }
    }
}

/// The end of what the server should have.
pub(super) struct Rereading {
    there: u64,
    sent: Vec<u8>,
    read: usize,
}

impl Rereading {
    pub(super) fn space(&mut self) -> &mut [u8] {
        &mut self.sent[self.read..]
    }

    /// So many bytes were read; all of them, once that is so.
    pub(super) fn read(&mut self, n: usize) -> Result<Option<Sent>, Error> {
        if n == 0 {
            return Err(shorter());
        }
        self.read = self.sent.len().min(self.read + n);
        let all = self.read == self.sent.len();
        Ok(all.then(|| Sent { there: self.there, sent: mem::take(&mut self.sent) }))
    }
}

fn shorter() -> Error {
    let why = "what was sent of it is not there any more";
    Error::Source(io::Error::new(io::ErrorKind::UnexpectedEof, why).into())
}
