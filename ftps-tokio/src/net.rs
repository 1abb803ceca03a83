//! tokio's sockets and clock, for the core to drive.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ftps_proto::drive::{Endpoint, Net};
use ftps_proto::{Channel, Instant};
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;

/// What is under way; boxed, since its type has no name.
pub type Working<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A connected socket, or what stands for one: a proxy's, a tunnel's.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Writes what it takes at once.
    ///
    /// # Errors
    /// What the system says; also that it would block.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match Pin::new(self).poll_write(&mut Context::from_waker(Waker::noop()), bytes) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    /// Whether dropping it resets the connection, so that the server does not take a part of a file for the whole. What
    /// cannot do so stores parts where transfers are given up.
    fn reset_on_drop(&mut self, resets: bool);

    /// Its own address.
    ///
    /// # Errors
    /// What the system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Stream for TcpStream {
    // Not polled: a task that has used up its budget would get nothing out.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TcpStream::try_write(self, bytes)
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = SockRef::from(&*self).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpStream::local_addr(self)
    }
}

/// Makes the client's connections in its own way.
pub trait Connect: Send + Sync {
    /// Connects to a host, which need not be resolved.
    fn connect(&self, channel: Channel, to: Endpoint) -> Working<Box<dyn Stream>>;
}

/// What only this adapter is told.
#[derive(Clone, Default)]
pub struct Tokio {
    connector: Option<Arc<dyn Connect>>,
}

impl Tokio {
    /// Makes connections through this.
    pub fn connector(connector: impl Connect + 'static) -> Self {
        Self { connector: Some(Arc::new(connector)) }
    }
}

impl fmt::Debug for Tokio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokio").field("connector", &self.connector.is_some()).finish()
    }
}

pub(crate) struct Sockets {
    settings: Tokio,
    timer: Pin<Box<Sleep>>,
    epoch: tokio::time::Instant,
}

impl Sockets {
    pub(crate) fn new(settings: Tokio) -> Self {
        let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { settings, timer, epoch: tokio::time::Instant::now() }
    }

    /// Begins to connect.
    fn begin(&self, channel: Channel, to: &Endpoint) -> Working<Box<dyn Stream>> {
        let to = to.clone();
        if let Some(connector) = &self.settings.connector {
            let connecting = connector.connect(channel, to);
            return Box::pin(async move {
                let mut stream = connecting.await?;
                stream.reset_on_drop(channel == Channel::Data);
                Ok(stream)
            });
        }
        Box::pin(async move {
            let socket = match to {
                Endpoint::Address(address) => TcpStream::connect(address).await?,
                Endpoint::Host(host, port) => TcpStream::connect((host, port)).await?,
            };
            tune(SockRef::from(&socket), channel)?;
            Ok(Box::new(socket) as Box<dyn Stream>)
        })
    }
}

impl Net for Sockets {
    type Cx<'a> = Context<'a>;
    type Socket = Box<dyn Stream>;
    /// Never locked: it makes of what can be sent what can be shared.
    type Opening = Mutex<Working<Box<dyn Stream>>>;
    type Listener = TcpListener;
    type Resolving = Working<Vec<SocketAddr>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    fn poll_deadline(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.epoch.checked_add(at.since_epoch()) else { return Poll::Pending };
        if self.timer.deadline() != at {
            self.timer.as_mut().reset(at);
        }
        self.timer.as_mut().poll(cx)
    }

    fn resolve(&mut self, host: &str, port: u16) -> Option<Self::Resolving> {
        let host = host.to_owned();
        let resolving = async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) };
        if self.settings.connector.is_some() { None } else { Some(Box::pin(resolving)) }
    }

    fn poll_resolve(
        resolving: &mut Self::Resolving,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Vec<SocketAddr>>> {
        resolving.as_mut().poll(cx)
    }

    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Self::Opening {
        Mutex::new(self.begin(channel, to))
    }

    fn poll_connect(opening: &mut Self::Opening, cx: &mut Context<'_>) -> Poll<io::Result<Box<dyn Stream>>> {
        opening.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }

    fn local(socket: &Box<dyn Stream>) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn listen(&mut self, at: SocketAddr) -> io::Result<(TcpListener, SocketAddr)> {
        let listener = std::net::TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok((TcpListener::from_std(listener)?, at))
    }

    fn poll_accept(
        listener: &mut TcpListener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>> {
        listener.poll_accept(cx)?.map(|(socket, from)| {
            tune(SockRef::from(&socket), Channel::Data)?;
            Ok((Box::new(socket) as Box<dyn Stream>, from))
        })
    }

    fn poll_read(
        socket: &mut Box<dyn Stream>,
        space: &mut [u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let mut space = ReadBuf::new(space);
        Pin::new(socket).poll_read(cx, &mut space).map_ok(|()| space.filled().len())
    }

    fn poll_write(
        socket: &mut Box<dyn Stream>,
        bytes: &[u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        Pin::new(socket).poll_write(cx, bytes)
    }

    fn try_write(socket: &mut Box<dyn Stream>, bytes: &[u8]) -> io::Result<usize> {
        socket.as_mut().try_write(bytes)
    }

    fn finish(socket: &mut Box<dyn Stream>, cx: &mut Context<'_>) {
        socket.reset_on_drop(false);
        // What it says no longer matters.
        let _ = Pin::new(socket).poll_shutdown(cx);
    }
}

fn tune(socket: SockRef<'_>, channel: Channel) -> io::Result<()> {
    socket.set_tcp_nodelay(true)?;
    match channel {
        // Firewalls forget connections that are silent during a long transfer.
        Channel::Control => socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(Duration::from_secs(60))),
        // Until it is closed on purpose it ends by a reset, even where the process is killed.
        Channel::Data => socket.set_linger(Some(Duration::ZERO)),
    }
}
