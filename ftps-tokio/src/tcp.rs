//! A socket that tokio need not watch.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::runtime::Handle;

use crate::net::Stream;

/// A data connection's socket.
pub(crate) enum Tcp {
    Watched(TcpStream),
    /// And the runtime that watched it, and will again.
    Unwatched(std::net::TcpStream, Handle),
    /// It could not be taken from the one to the other.
    Lost,
}

impl Tcp {
    fn sock(&self) -> io::Result<SockRef<'_>> {
        match self {
            Self::Watched(socket) => Ok(SockRef::from(socket)),
            Self::Unwatched(socket, _) => Ok(SockRef::from(socket)),
            Self::Lost => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// The socket, watched.
    fn watch(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if let Self::Unwatched(..) = self
            && let Self::Unwatched(socket, runtime) = std::mem::replace(self, Self::Lost)
        {
            let _entered = runtime.enter();
            *self = Self::Watched(TcpStream::from_std(socket)?);
        }
        match self {
            Self::Watched(socket) => Ok(Pin::new(socket)),
            _ => Err(ErrorKind::NotConnected.into()),
        }
    }
}

impl Stream for Tcp {
    /// Asks the system: tokio remembers which sockets were readable, and may not have heard yet.
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        (&*self.sock()?).read(space)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self.sock()?).write(bytes)
    }

    fn unwatch(&mut self) -> bool {
        let Self::Watched(_) = self else { return matches!(self, Self::Unwatched(..)) };
        let Ok(runtime) = Handle::try_current() else { return false };
        if let Self::Watched(socket) = std::mem::replace(self, Self::Lost)
            && let Ok(socket) = socket.into_std()
        {
            *self = Self::Unwatched(socket, runtime);
        }
        true
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set, the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = self.sock().and_then(|socket| socket.set_linger(resets.then_some(Duration::ZERO)));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.sock()?.local_addr()?.as_socket().ok_or_else(|| ErrorKind::Unsupported.into())
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
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

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.sock().and_then(|socket| socket.shutdown(Shutdown::Write)))
    }
}
