//! Transfers under way.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ftps_proto::ops::{Transfer, Transferred};
use ftps_proto::{Channel, Error};
use tokio::io::{AsyncBufRead, AsyncRead, AsyncWrite, ReadBuf};

use crate::client::Hold;
use crate::driver::Turn;

/// A file on its way from the server; made by [`Client::download`](crate::Client::download).
///
/// It reads as the file's bytes. Its end (`Ok(0)`) means that all of the file has come and was confirmed, with
/// close_notify and a 2xx, so `tokio::io::copy` alone is safe; anything less is an error. Read through [`AsyncBufRead`]
/// it hands out what was decrypted where it lies. Dropped before its end, the data connection is reset.
pub struct Download<'a> {
    hold: Hold<'a>,
    transfer: Transfer,
    done: Option<Transferred>,
}

impl<'a> Download<'a> {
    pub(crate) fn new(hold: Hold<'a>, transfer: Transfer) -> Self {
        Self { hold, transfer, done: None }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.transfer.resumed()
    }

    /// What came of it, once its end has been read.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.done.as_ref()
    }

    /// Waits for payload or the confirmed end.
    fn poll_payload(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        while self.done.is_none() && self.hold.0.link.payload().is_empty() {
            if let Turn::Done(done) = ready!(self.hold.0.poll(&mut self.transfer, cx))? {
                self.done = Some(done);
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncBufRead for Download<'_> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        ready!(this.poll_payload(cx))?;
        Poll::Ready(Ok(this.hold.0.link.payload()))
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        self.hold.0.link.consume(n);
    }
}

impl AsyncRead for Download<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let payload = ready!(self.as_mut().poll_fill_buf(cx))?;
        let n = payload.len().min(space.remaining());
        space.put_slice(&payload[..n]);
        self.consume(n);
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Download<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("done", &self.done).finish_non_exhaustive()
    }
}

/// A file on its way to the server; made by [`Client::upload_writer`](crate::Client::upload_writer).
///
/// Shutting it down ends the file and waits until the server has confirmed it. Dropped before that, the data connection
/// is reset: the server must not take a part for the whole.
pub struct Upload<'a> {
    hold: Hold<'a>,
    transfer: Transfer,
    done: Option<Transferred>,
}

impl<'a> Upload<'a> {
    pub(crate) fn new(hold: Hold<'a>, transfer: Transfer) -> Self {
        Self { hold, transfer, done: None }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.transfer.resumed()
    }

    /// What came of it, once it has been shut down.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.done.as_ref()
    }

    /// Waits until payload can be handed over.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        // An upload is not done before it is finished, and after that there is no more room.
        while let Turn::Done(_) = ready!(self.hold.0.poll(&mut self.transfer, cx))? {}
        Poll::Ready(Ok(()))
    }

    /// Hands over payload; how many bytes were taken, at least one.
    pub(crate) fn poll_supply(&mut self, cx: &mut Context<'_>, payload: &[u8]) -> Poll<Result<usize, Error>> {
        loop {
            ready!(self.poll_room(cx))?;
            let n = self.hold.0.link.supply(payload);
            if n > 0 || payload.is_empty() {
                return Poll::Ready(Ok(n));
            }
        }
    }

    /// Writes what there is to write; whether anything happened.
    pub(crate) fn poll_push(&mut self, cx: &mut Context<'_>) -> bool {
        !self.hold.0.link.is_flushed() && self.hold.0.poll_send(Channel::Data, cx)
    }

    /// Ends the file and waits for its confirmation.
    pub(crate) fn poll_finish(&mut self, cx: &mut Context<'_>) -> Poll<Result<Transferred, Error>> {
        loop {
            if let Some(done) = &self.done {
                return Poll::Ready(Ok(done.clone()));
            }
            self.transfer.finish();
            if let Turn::Done(done) = ready!(self.hold.0.poll(&mut self.transfer, cx))? {
                self.done = Some(done);
            }
        }
    }
}

impl AsyncWrite for Upload<'_> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_supply(cx, payload).map_err(Into::into)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.hold.0.link.is_flushed() {
            self.hold.0.link.flush();
            ready!(self.poll_room(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_finish(cx))?;
        Poll::Ready(Ok(()))
    }
}

impl fmt::Debug for Upload<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("done", &self.done).finish_non_exhaustive()
    }
}
