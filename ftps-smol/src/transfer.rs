//! Transfers under way, over futures-io's traits.

use std::future::poll_fn as wait;
use std::io;
use std::ops::DerefMut;
use std::pin::Pin;
use std::task::{Context, Poll};

use ftps_proto::drive;
use ftps_proto::ops::{self, List};
use ftps_proto::{Error, Operation};
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

use crate::Client;

/// A file on its way from the server; made by [`Client::download`].
///
/// It reads as the file's bytes. Its end (`Ok(0)`) means that all of the file has come and was confirmed, with
/// close_notify and a 2xx, so a `copy` alone is safe; anything less is an error. Dropped before its end, it resets
/// the data connection.
///
/// Read through [`AsyncBufRead`], it hands out what was decrypted where it lies, in ranges of up to 256 KiB and more: a
/// `smol::fs::File`, which goes to another thread for each write, is written fastest so.
#[derive(Debug)]
pub struct Download<C: DerefMut<Target = Client>>(drive::Download<C>);

impl<C: DerefMut<Target = Client>> Download<C> {
    drive::download!([async await]);
}

impl<C: DerefMut<Target = Client> + Unpin> AsyncBufRead for Download<C> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.get_mut().0.poll_fill_buf(cx).map_err(Into::into)
    }

    fn consume(mut self: Pin<&mut Self>, n: usize) {
        self.0.consume(n);
    }
}

impl<C: DerefMut<Target = Client> + Unpin> AsyncRead for Download<C> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.poll_read(space, cx).map_err(Into::into)
    }
}

/// A file on its way to the server; made by [`Client::writer`].
///
/// [`finish`](Self::finish), or to close it, ends the file and waits until the server has confirmed it. Dropped before
/// that, it resets the data connection: the server must not take a part for the whole.
#[derive(Debug)]
pub struct Upload<C: DerefMut<Target = Client>>(drive::Upload<C>);

impl<C: DerefMut<Target = Client>> Upload<C> {
    drive::upload!([async await]);
}

impl<C: DerefMut<Target = Client> + Unpin> AsyncWrite for Upload<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_write(payload, cx).map_err(Into::into)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx).map_err(Into::into)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_finish(cx).map_ok(drop).map_err(Into::into)
    }
}

/// A listing, or a walk over directories, on its way from the server; made by [`Client::entries`], [`Client::walk`] and
/// [`Client::glob`].
#[derive(Debug)]
pub struct Entries<C: DerefMut<Target = Client>, O = List>(drive::Entries<C, O>);

/// A walk over directories; made by [`Client::walk`] and [`Client::glob`].
pub type Walk<C> = Entries<C, ops::Walk>;

drive::entries!(Client);

impl<C: DerefMut<Target = Client>, O: Operation<Output = Option<T>>, T> Entries<C, O> {
    /// The next one, or `None` once all is complete and confirmed. The future may be dropped, and this called again. After an
    /// error there are no more.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever says that this is not all.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        wait(|cx| self.0.poll_next(cx)).await
    }
}
