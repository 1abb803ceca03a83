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
    /// Where it is to go before it is read; at first only to be asked where it is.
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
    pub(super) fn sought(&mut self, at: u64) -> io::Result<()> {
        match self.seek.take() {
            Some(SeekFrom::Start(to)) if to != at => Err(gone()),
            Some(SeekFrom::Current(_)) => {
                self.base = at;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// After so many bytes of the upload.
    fn after(&self, bytes: u64) -> Option<SeekFrom> {
        Some(SeekFrom::Start(self.base.saturating_add(bytes)))
    }

    /// Reads the end of so many bytes, which the server has.
    pub(super) fn before(&mut self, there: u64) -> Rereading {
        let overlap = usize::try_from(there).map_or(OVERLAP, |there| there.min(OVERLAP));
        self.seek = self.after(there - overlap as u64);
        Rereading { there, sent: vec![0; overlap], read: 0 }
    }

    /// Reads on after so many bytes, which the server has. The next so many have been sent, and are lost.
    pub(super) fn follow(&mut self, there: u64, lost: u64) {
        (self.seek, self.repeats) = (self.after(there), lost);
    }

    /// So many bytes are sent; how many of them not for the first time.
    pub(super) fn pass(&mut self, n: usize) -> usize {
        let again = usize::try_from(self.repeats).map_or(n, |repeats| repeats.min(n));
        self.repeats -= again as u64;
        again
    }

    /// The source has come to its end.
    pub(super) fn ends(&self) -> Result<(), Error> {
        if self.repeats == 0 { Ok(()) } else { Err(Error::Source(gone().into())) }
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

    /// So many bytes were read. Returns all of them once no more are wanted.
    pub(super) fn read(&mut self, n: usize) -> Result<Option<Sent>, Error> {
        if n == 0 {
            return Err(Error::Source(gone().into()));
        }
        self.read = self.sent.len().min(self.read + n);
        let all = self.read == self.sent.len();
        Ok(all.then(|| Sent { there: self.there, sent: mem::take(&mut self.sent) }))
    }
}

fn gone() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "what was sent of it is not there any more")
}
