//! A file on its way to the server.

use std::fmt;
use std::io;
use std::task::{Poll, ready};

use super::lease::Lease;
use super::moving::{Moving, Plan};
use super::transfer::{Context, NotStarted};
use crate::codec::text::ToNetwork;
use crate::error::Error;
use crate::need::Channel;
use crate::ops::{Put, Transferred};

/// How much of a source is read at a time.
const CHUNK: usize = 256 * 1024;

/// A file on its way to the server.
///
/// Only [`poll_finish`](Self::poll_finish) ends it and has it confirmed. Dropped before that, it resets the data
/// connection, so that the server does not take a part for the whole.
pub struct Upload<L: Lease> {
    moving: Moving<L>,
    source: Chunk,
    text: Option<ToNetwork>,
}

/// What has been read from a source and has not been handed over.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// The source has come to its end.
    ended: bool,
}

impl<L: Lease> Upload<L> {
    /// Uploads a file (STOR). Nothing is sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, put: impl Into<Put>) -> Result<Self, NotStarted<L>> {
        let put = put.into();
        let text = put.ascii.then(ToNetwork::default);
        Ok(Self { moving: Moving::new(lease, Plan::Put(put))?, source: Chunk::default(), text })
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
            let n = supply(&mut self.moving, &mut self.text, payload);
            if n > 0 || payload.is_empty() || self.transferred().is_some() {
                return Poll::Ready(Ok(n));
            }
        }
    }

    /// Hands over all that a source yields, ends the file and has it confirmed. `read` reads into the space it is given; 0
    /// is the source's end. Where the source has nothing to say yet, what it has yielded is sent all the same, and a
    /// refusal ends the upload.
    ///
    /// # Errors
    /// [`Error::Source`] where the source fails; else as [`poll_finish`](Self::poll_finish).
    pub fn poll_copy(
        &mut self,
        cx: &mut Context<'_, L>,
        mut read: impl FnMut(&mut [u8], &mut Context<'_, L>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<Transferred, Error>> {
        if self.moving.is_removing() {
            return self.moving.poll_removed(cx).map(Err);
        }
        self.source.bytes.resize(CHUNK, 0);
        while !self.source.ended {
            ready!(self.moving.poll_rest(cx));
            // Before the source is read: so a refusal is seen while the source has nothing to say.
            ready!(self.moving.poll(cx))?;
            let source = &mut self.source;
            if source.start == source.end {
                match read(&mut source.bytes, cx) {
                    Poll::Ready(Ok(n)) => {
                        (source.start, source.end) = (0, n.min(CHUNK));
                        source.ended = n == 0;
                    }
                    Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Poll::Ready(Err(error)) => {
                        return self.moving.poll_failed(Error::Source(error.into()), cx).map(Err);
                    }
                    // A server that sees nothing move for long gives up: what the source has yielded leaves now.
                    Poll::Pending if self.poll_push(cx) => continue,
                    Poll::Pending => return Poll::Pending,
                }
            }
            let source = &mut self.source;
            let payload = &source.bytes[source.start..source.end];
            source.start += supply(&mut self.moving, &mut self.text, payload);
        }
        self.poll_finish(cx)
    }

    /// Writes what was handed over and has not left; whether anything happened.
    fn poll_push(&mut self, cx: &mut Context<'_, L>) -> bool {
        let driver = self.moving.leased.driver();
        !driver.link.is_flushed() && driver.poll_send(Channel::Data, cx)
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

/// Hands over what a source has yielded; how much of it was taken.
fn supply<L: Lease>(moving: &mut Moving<L>, text: &mut Option<ToNetwork>, payload: &[u8]) -> usize {
    match text {
        None => moving.supply(payload),
        Some(_) if moving.transferred().is_some() => 0,
        Some(text) => {
            let payload = &payload[..payload.len().min(moving.throttle.piece())];
            let mut lines = Vec::new();
            text.push(payload, &mut lines);
            moving.supply_text(payload.len(), lines);
            payload.len()
        }
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
