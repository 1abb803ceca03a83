//! A file on its way from the server.

use std::fmt;
use std::io::{self, ErrorKind::Interrupted, ErrorKind::WriteZero};
use std::mem;
use std::task::{Poll, ready};

use super::lease::Lease;
use super::moving::{Moving, Plan};
use super::net::Net;
use super::transfer::{Context, NotStarted};
use crate::codec::text::ToLocal;
use crate::error::Error;
use crate::ops::{Get, Transferred};
use crate::tls::Link;

/// How long the ranges that are handed out should be: to write a file in longer pieces gains nothing.
const RANGE: usize = 256 * 1024;

/// A file on its way from the server.
///
/// Its end means that the whole file has come and was confirmed, with close_notify and a 2xx. Anything less is an error.
/// Dropped before its end, it resets the data connection.
pub struct Download<L: Lease> {
    moving: Moving<L>,
    text: Option<Text>,
}

/// Text that has come, as it is here.
#[derive(Default)]
struct Text {
    decoder: ToLocal,
    bytes: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl<L: Lease> Download<L> {
    /// Downloads a file (RETR). Nothing is sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, get: impl Into<Get>) -> Result<Self, NotStarted<L>> {
        let get = get.into();
        let text = get.ascii.then(Text::default);
        Ok(Self { moving: Moving::new(lease, Plan::Get(get))?, text })
    }

    /// Waits until payload can come. Reading does so as well.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever ends the transfer.
    pub fn poll_start(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        self.moving.poll_start(cx)
    }

    /// Waits for payload, and hands it out where it was decrypted: all that has come, up to 256 KiB and a record. An empty
    /// slice is the confirmed end.
    ///
    /// # Errors
    /// Whatever says that the file is not complete.
    pub fn poll_fill_buf(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<&[u8], Error>> {
        if self.buffer().is_empty() {
            self.moving.leased.driver().back();
            ready!(self.poll_payload(cx))?;
            self.link().gather(RANGE);
            self.moving.leased.driver().lend();
        }
        Poll::Ready(Ok(self.buffer()))
    }

    /// Waits for a record's payload, or the confirmed end.
    fn poll_payload(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        while self.buffer().is_empty() && self.moving.transferred().is_none() {
            ready!(self.moving.poll_rest(cx));
            if self.moving.left() == Some(0) {
                self.moving.finish();
            } else if !self.buffer().is_empty() {
                break;
            }
            ready!(self.moving.poll(cx))?;
            self.convert();
        }
        Poll::Ready(Ok(()))
    }

    /// Makes text of what has come, where it is text.
    fn convert(&mut self) {
        let Some(text) = &mut self.text else { return };
        if text.taken == text.bytes.len() {
            text.bytes.clear();
            text.taken = 0;
        }
        let left = usize::try_from(self.moving.left().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        let most = left.min(self.moving.throttle.piece());
        let payload = self.moving.leased.driver().link.payload();
        let n = payload.len().min(most);
        text.decoder.push(&payload[..n], &mut text.bytes);
        self.moving.consume(n);
        if self.moving.transferred().is_some() && !mem::replace(&mut text.ended, true) {
            text.decoder.finish(&mut text.bytes);
        }
    }

    fn link(&mut self) -> &mut Link {
        &mut self.moving.leased.driver().link
    }

    /// What has come, is wanted, and was not consumed.
    pub fn buffer(&mut self) -> &[u8] {
        if let Some(text) = &self.text {
            return &text.bytes[text.taken..];
        }
        if !self.moving.is_open() {
            return &[];
        }
        let left = self.moving.left();
        let driver = self.moving.leased.driver();
        let payload = driver.link.payload();
        let mut wanted = left.and_then(|left| usize::try_from(left).ok()).unwrap_or(usize::MAX);
        if self.moving.throttle.limits() {
            let rests = self.moving.throttle.until(driver.net.now()).is_some();
            wanted = wanted.min(if rests { 0 } else { self.moving.throttle.piece() });
        }
        &payload[..payload.len().min(wanted)]
    }

    /// So many bytes of the [`buffer`](Self::buffer) were taken.
    pub fn consume(&mut self, n: usize) {
        let Some(text) = &mut self.text else {
            return self.moving.consume(n);
        };
        text.taken = text.bytes.len().min(text.taken + n);
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
        loop {
            if self.text.is_none() && self.buffer().is_empty() {
                self.link().gather(1);
            }
            let payload = self.buffer();
            let length = payload.len();
            if length == 0 {
                return Poll::Ready(Ok(()));
            }
            let taken = take(payload);
            self.consume(taken);
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

impl<L: Lease> fmt::Debug for Download<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("resumed", &self.resumed())
            .field("transferred", &self.transferred())
            .finish_non_exhaustive()
    }
}
