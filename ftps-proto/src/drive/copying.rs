//! All that a source yields, on its way to the server.

use std::fmt;
use std::io::{self, SeekFrom};
use std::task::{Poll, ready};

use super::lease::Lease;
use super::moving::{Moving, Plan};
use super::transfer::{Context, NotStarted};
use crate::error::Error;
use crate::need::Channel;
use crate::ops::{Put, Transferred};

/// A source on its way to the server. Dropped before it is confirmed, it resets the data connection, so that the server
/// does not take a part for the whole.
pub struct Copying<L: Lease> {
    moving: Moving<L>,
    /// Why the source could not be read from another place.
    failed: Option<io::Error>,
}

/// How far a source has come.
#[derive(Debug)]
pub enum Copied {
    /// All of it is stored, and confirmed.
    Done(Transferred),
    /// It is to be read from there on: see [`Copying::sought`].
    Seek(SeekFrom),
}

impl<L: Lease> Copying<L> {
    /// Uploads a source that is read once (STOR, or what `put` asks for). Nothing is sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, put: impl Into<Put>) -> Result<Self, NotStarted<L>> {
        Ok(Self { moving: Moving::new(lease, Plan::Put(put.into()))?, failed: None })
    }

    /// The same with one that can be read again. What the server loses is read again instead of being kept.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn seekable(lease: L, put: impl Into<Put>) -> Result<Self, NotStarted<L>> {
        let mut copying = Self::new(lease, put)?;
        copying.moving.read_again();
        Ok(copying)
    }

    /// Hands over all that the source yields, ends the file and has it confirmed. `read` reads into the space it is given; 0
    /// is the source's end. Where the source has nothing to say yet, what it has yielded is sent all the same, and a
    /// refusal ends the upload.
    ///
    /// # Errors
    /// [`Error::Source`] where the source fails; whatever says that the file is not known to be stored.
    pub fn poll(
        &mut self,
        cx: &mut Context<'_, L>,
        mut read: impl FnMut(&mut [u8], &mut Context<'_, L>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<Transferred, Error>> {
        loop {
            match ready!(self.poll_seekable(cx, &mut read))? {
                Copied::Done(done) => return Poll::Ready(Ok(done)),
                Copied::Seek(_) => self.sought(Err(io::ErrorKind::Unsupported.into())),
            }
        }
    }

    /// As [`poll`](Self::poll), with a source that can be read again.
    ///
    /// # Errors
    /// The same.
    pub fn poll_seekable(
        &mut self,
        cx: &mut Context<'_, L>,
        mut read: impl FnMut(&mut [u8], &mut Context<'_, L>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<Copied, Error>> {
        loop {
            if self.moving.is_removing() {
                return self.moving.poll_removed(cx).map(Err);
            }
            if let Some(error) = self.failed.take() {
                return self.moving.poll_failed(Error::Source(error.into()), cx).map(Err);
            }
            if let Some(to) = self.moving.seeks() {
                return Poll::Ready(Ok(Copied::Seek(to)));
            }
            ready!(self.moving.poll_rest(cx));
            // Before the source is read: so a refusal is seen while the source has nothing to say.
            ready!(self.moving.poll(cx))?;
            if let Some(done) = self.moving.transferred() {
                return Poll::Ready(Ok(Copied::Done(done.clone())));
            }
            if self.moving.seeks().is_some() {
                continue;
            }
            if self.moving.reads() {
                match read(self.moving.space(), cx) {
                    Poll::Ready(Ok(n)) => {
                        if let Err(error) = self.moving.read(n) {
                            return self.moving.poll_failed(error, cx).map(Err);
                        }
                    }
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Poll::Ready(Err(error)) => self.failed = Some(error),
                    // A server that sees nothing move for long gives up: what the source has yielded leaves now.
                    Poll::Pending if self.poll_push(cx) => continue,
                    Poll::Pending => return Poll::Pending,
                }
            }
            self.moving.supply_read();
        }
    }

    /// The source has gone to this offset, or cannot.
    pub fn sought(&mut self, at: io::Result<u64>) {
        match at.and_then(|at| self.moving.sought(at)) {
            // It is asked again where it was interrupted.
            Err(error) if error.kind() != io::ErrorKind::Interrupted => self.failed = Some(error),
            _ => {}
        }
    }

    /// Writes what was handed over and has not left; whether anything happened.
    fn poll_push(&mut self, cx: &mut Context<'_, L>) -> bool {
        let driver = self.moving.leased.driver();
        !driver.link.is_flushed() && driver.poll_send(Channel::Data, cx)
    }
}

impl<L: Lease> fmt::Debug for Copying<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copying").field("transferred", &self.moving.transferred()).finish_non_exhaustive()
    }
}
