//! A file on its way to the server.

use std::fmt;
use std::task::{Poll, ready};

use super::lease::Lease;
use super::moving::{Moving, Plan};
use super::transfer::{Context, NotStarted};
use crate::error::Error;
use crate::ops::{Put, Transferred};

/// A file on its way to the server.
///
/// Only [`poll_finish`](Self::poll_finish) ends it and has it confirmed. Dropped before that, it resets the data
/// connection, so that the server does not take a part for the whole.
pub struct Upload<L: Lease> {
    moving: Moving<L>,
}

impl<L: Lease> Upload<L> {
    /// Uploads a file (STOR). Nothing is sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, put: impl Into<Put>) -> Result<Self, NotStarted<L>> {
        Ok(Self { moving: Moving::new(lease, Plan::Put(put.into()))? })
    }

    /// Waits until payload can go. Writing does so as well.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever ends the transfer.
    pub fn poll_start(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        self.moving.poll_start(cx)
    }

    /// Hands over payload, and returns how many bytes were taken: 0 only where `payload` is empty, or the upload is
    /// confirmed already.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever ends the transfer.
    pub fn poll_write(&mut self, payload: &[u8], cx: &mut Context<'_, L>) -> Poll<Result<usize, Error>> {
        loop {
            ready!(self.moving.poll_rest(cx));
            ready!(self.moving.poll(cx))?;
            let n = self.moving.supply(payload);
            if n > 0 || payload.is_empty() || self.transferred().is_some() {
                return Poll::Ready(Ok(n));
            }
        }
    }

    /// Waits until all that was handed over has left.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever ends the transfer.
    pub fn poll_flush(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        while self.moving.is_behind() || !self.moving.leased.driver().link.is_flushed() {
            self.moving.leased.driver().link.flush();
            ready!(self.moving.poll(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the file and waits for its confirmation, which is kept: asked again, this returns it again.
    ///
    /// # Errors
    /// Whatever says that the file is not known to be stored.
    pub fn poll_finish(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<Transferred, Error>> {
        ready!(self.poll_start(cx))?;
        self.moving.finish();
        loop {
            if let Some(done) = self.transferred() {
                return Poll::Ready(Ok(done.clone()));
            }
            ready!(self.moving.poll(cx))?;
        }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.moving.resumed()
    }

    /// The confirmation, once it has come.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.moving.transferred()
    }

    /// Gives the client back. Before the confirmation has come, this gives the transfer up.
    pub fn release(self) -> L {
        self.moving.release()
    }

    /// The same, with the error that kept the transfer from starting.
    pub fn not_started(self, error: Error) -> NotStarted<L> {
        NotStarted::new(error, self.moving.release())
    }
}

impl<L: Lease> fmt::Debug for Upload<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("resumed", &self.resumed())
            .field("transferred", &self.transferred())
            .finish_non_exhaustive()
    }
}
