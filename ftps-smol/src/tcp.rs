//! A socket that async-io need not watch.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use async_io::Async;
use futures_io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

use crate::net::Stream;

/// A data connection's socket.
pub(crate) enum Tcp {
    Watched(Async<TcpStream>),
    Unwatched(TcpStream),
    /// It could not be taken from the one to the other.
    Lost,
}

impl Tcp {
    fn get(&self) -> io::Result<&TcpStream> {
        match self {
            Self::Watched(socket) => Ok(socket.get_ref()),
            Self::Unwatched(socket) => Ok(socket),
            Self::Lost => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// The socket, watched.
    fn watch(&mut self) -> io::Result<Pin<&mut Async<TcpStream>>> {
        if let Self::Unwatched(_) = self
            && let Self::Unwatched(socket) = std::mem::replace(self, Self::Lost)
        {
            *self = Self::Watched(Async::new_nonblocking(socket)?);
        }
        match self {
            Self::Watched(socket) => Ok(Pin::new(socket)),
            _ => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl Stream for Tcp {
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.get()?.read(space)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.get()?.write(bytes)
    }

    /// To close it would only flush.
    fn shutdown(&mut self) {
        let _ = self.get().and_then(|socket| socket.shutdown(Shutdown::Write));
    }

    fn unwatch(&mut self) -> bool {
        let Self::Watched(_) = self else { return matches!(self, Self::Unwatched(_)) };
        if let Self::Watched(socket) = std::mem::replace(self, Self::Lost)
            && let Ok(socket) = socket.into_inner()
        {
            *self = Self::Unwatched(socket);
        }
        true
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set, the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let linger = resets.then_some(Duration::ZERO);
        let _ = self.get().and_then(|socket| SockRef::from(socket).set_linger(linger));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get()?.local_addr()
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.watch()?.poll_read(cx, space)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.watch()?.poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.get().and_then(|socket| socket.shutdown(Shutdown::Write)))
    }
}
