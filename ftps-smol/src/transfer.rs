//! Transfers under way, as futures-io reads and writes.

use std::future::poll_fn;
use std::io;
use std::ops::{Deref, DerefMut};
use std::pin::Pin;
use std::task::{Context, Poll};

use ftps_proto::Error;
use ftps_proto::drive::{self, Driver, Lease, Status};
use ftps_proto::ops::Listed;
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

use crate::Client;
use crate::net::Sockets;

/// Whoever has the client for the time of a transfer.
#[derive(Debug)]
pub(crate) struct Held<C>(pub(crate) C);

impl<C: DerefMut<Target = Client>> Lease for Held<C> {
    type Net = Sockets;

    fn driver(&mut self) -> &mut Driver<Sockets> {
        &mut self.0.driver
    }
}

/// A file on its way from the server; made by [`Client::download`](crate::Client::download).
///
/// It reads as the file's bytes. Its end (`Ok(0)`) means that all of the file has come and was confirmed, with
/// close_notify and a 2xx, so `copy` alone is safe; anything less is an error. Read through [`AsyncBufRead`]
/// it hands out what was decrypted where it lies. Dropped before its end, the data connection is reset.
#[derive(Debug)]
pub struct Download<C: DerefMut<Target = Client>>(pub(crate) drive::Download<Held<C>>);

impl<C: DerefMut<Target = Client>> Download<C> {
    /// Downloads a file (RETR) for whoever holds a client: a borrow, a box, a guard, a pool's object.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550. The client is dropped.
    pub async fn open(client: C, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        let mut download = drive::Download::new(Held(client), path)?;
        poll_fn(|cx| download.poll_open(cx)).await?;
        Ok(Self(download))
    }

    /// Gives the client back; what has not come by now is reset.
    pub fn into_client(self) -> Option<C> {
        self.0.release().map(|held| held.0)
    }
}

/// What came of it.
impl<C: DerefMut<Target = Client>> Deref for Download<C> {
    type Target = Status;

    fn deref(&self) -> &Status {
        self.0.status()
    }
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

/// A file on its way to the server; made by [`Client::upload_writer`](crate::Client::upload_writer).
///
/// Closing it ends the file and waits until the server has confirmed it. Dropped before that, the data connection
/// is reset: the server must not take a part for the whole.
#[derive(Debug)]
pub struct Upload<C: DerefMut<Target = Client>>(pub(crate) drive::Upload<Held<C>>);

/// What came of it.
impl<C: DerefMut<Target = Client>> Deref for Upload<C> {
    type Target = Status;

    fn deref(&self) -> &Status {
        self.0.status()
    }
}

impl<C: DerefMut<Target = Client> + Unpin> AsyncWrite for Upload<C> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, payload: &[u8]) -> Poll<io::Result<usize>> {
        self.0.poll_supply(payload, cx).map_err(Into::into)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_flush(cx).map_err(Into::into)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll_finish(cx).map_ok(drop).map_err(Into::into)
    }
}

/// A listing under way; made by [`Client::entries`](crate::Client::entries).
#[derive(Debug)]
pub struct Entries<C: DerefMut<Target = Client>>(pub(crate) drive::Entries<Held<C>>);

impl<C: DerefMut<Target = Client>> Entries<C> {
    /// The next line, or `None` once the listing is complete and confirmed. May be dropped while it waits.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever says that the listing is not complete.
    pub async fn next(&mut self) -> Result<Option<Listed>, Error> {
        poll_fn(|cx| self.0.poll_next(cx)).await
    }
}
