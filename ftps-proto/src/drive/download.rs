//! A file on its way from the server.

use std::fmt;
use std::io::{self, ErrorKind::Interrupted, ErrorKind::WriteZero};
use std::task::{Poll, ready};

use super::lease::Lease;
use super::transfer::{Context, Moving, NotStarted};
use crate::codec::Argument;
use crate::error::Error;
use crate::ops::{StartTransfer, Transferred};

/// How long the ranges that are handed out should be: to write a file in longer pieces gains nothing.
const RANGE: usize = 256 * 1024;

/// A file on its way from the server.
///
/// Its end means that the whole file has come and was confirmed, with close_notify and a 2xx. Anything less is an error.
/// Dropped before its end, it resets the data connection.
pub struct Download<L: Lease>(Moving<L>);

impl<L: Lease> Download<L> {
    /// Downloads a file (RETR). Nothing is sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, path: impl AsRef<[u8]>) -> Result<Self, NotStarted<L>> {
        match Argument::new(path) {
            Ok(path) => Ok(Self(Moving::new(lease, StartTransfer::retr(path)))),
            Err(error) => Err(NotStarted::new(error, lease)),
        }
    }

    /// Waits until payload can come. Reading does so as well.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever ends the transfer.
    pub fn poll_start(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        self.0.poll_start(cx)
    }

    /// Waits for payload, and hands it out where it was decrypted: all that has come, up to 256 KiB and a record. An empty
    /// slice is the confirmed end.
    ///
    /// # Errors
    /// Whatever says that the file is not complete.
    pub fn poll_fill_buf(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<&[u8], Error>> {
        if self.buffer().is_empty() {
            ready!(self.poll_payload(cx))?;
            self.0.leased.driver().link.gather(RANGE);
        }
        Poll::Ready(Ok(self.buffer()))
    }

    /// Waits for a record's payload, or the confirmed end.
    fn poll_payload(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        while self.0.transferred().is_none() && self.buffer().is_empty() {
            ready!(self.0.poll(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// What has come and was not consumed.
    pub fn buffer(&mut self) -> &[u8] {
        self.0.leased.driver().link.payload()
    }

    /// So many bytes of the [`buffer`](Self::buffer) were taken.
    pub fn consume(&mut self, n: usize) {
        let (driver, tally) = self.0.leased.parts();
        let link = &mut driver.link;
        tally.pass(link.payload().get(..n).unwrap_or(link.payload()));
        link.consume(n);
    }

    /// Waits for payload, and copies as much as has come and there is space for. 0 is the confirmed end, or no space.
    ///
    /// # Errors
    /// Whatever says that the file is not complete.
    pub fn poll_read(&mut self, space: &mut [u8], cx: &mut Context<'_, L>) -> Poll<Result<usize, Error>> {
        let mut read = 0;
        ready!(self.poll_take(cx, |payload| {
            let n = payload.len().min(space.len() - read);
            space[read..read + n].copy_from_slice(&payload[..n]);
            read += n;
            n
        }))?;
        Poll::Ready(Ok(read))
    }

    /// Waits for payload, and hands what has come to `take`, a record at a time, until that takes less than all of one; it
    /// says how many bytes it took. Where it is not called, the end is confirmed.
    ///
    /// # Errors
    /// Whatever says that the file is not complete.
    pub fn poll_take(
        &mut self,
        cx: &mut Context<'_, L>,
        mut take: impl FnMut(&[u8]) -> usize,
    ) -> Poll<Result<(), Error>> {
        ready!(self.poll_payload(cx))?;
        let (driver, tally) = self.0.leased.parts();
        let link = &mut driver.link;
        loop {
            let payload = link.gather(1);
            let length = payload.len();
            if length == 0 {
                return Poll::Ready(Ok(()));
            }
            let taken = take(payload).min(length);
            tally.pass(&payload[..taken]);
            link.consume(taken);
            if taken < length {
                return Poll::Ready(Ok(()));
            }
        }
    }

    /// Writes all of the file to a sink, and returns the confirmation. `write` is given what has come, and returns how much
    /// of it was taken; once all of it has come and was confirmed, it is given `None`, and flushes.
    ///
    /// # Errors
    /// [`Error::Sink`] where the sink fails; else whatever says that the file is not complete.
    pub fn poll_copy(
        &mut self,
        cx: &mut Context<'_, L>,
        mut write: impl FnMut(Option<&[u8]>, &mut Context<'_, L>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<Transferred, Error>> {
        loop {
            let payload = ready!(self.poll_fill_buf(cx))?;
            let payload = Some(payload).filter(|payload| !payload.is_empty());
            let ended = payload.is_none();
            match ready!(write(payload, cx)) {
                Ok(0) if !ended => return Poll::Ready(Err(Error::Sink(io::Error::from(WriteZero).into()))),
                Ok(n) => self.consume(n),
                Err(error) if error.kind() == Interrupted => continue,
                Err(error) => return Poll::Ready(Err(Error::Sink(error.into()))),
            }
            if let Some(done) = self.transferred().filter(|_| ended) {
                return Poll::Ready(Ok(done.clone()));
            }
        }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.0.resumed()
    }

    /// The confirmation, once it has come.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.0.transferred()
    }

    /// Gives the client back. Before the confirmation has come, this gives the transfer up.
    pub fn release(self) -> L {
        self.0.release()
    }

    /// The same, with the error that kept the transfer from starting.
    pub fn not_started(self, error: Error) -> NotStarted<L> {
        NotStarted::new(error, self.0.release())
    }
}

impl<L: Lease> fmt::Debug for Download<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("resumed", &self.resumed())
            .field("transferred", &self.transferred())
            .finish_non_exhaustive()
    }
}
