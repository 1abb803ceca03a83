//! tokio's sockets, names and clock.

use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use ftps_proto::drive::{self, Bind, Endpoint, Net, at_once};
use ftps_proto::{Channel, Instant};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time::Sleep;

use crate::tcp::Tcp;

/// A connected socket, or what stands for one: a proxy's, a tunnel's.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Reads what lies there now; 0 is the end.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where nothing lies there.
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let mut space = ReadBuf::new(space);
        at_once(Pin::new(self).poll_read(&mut Context::from_waker(Waker::noop()), &mut space))?;
        Ok(space.filled().len())
    }

    /// Writes what it takes now.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where it takes nothing.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        at_once(Pin::new(self).poll_write(&mut Context::from_waker(Waker::noop()), bytes))
    }

    /// Takes it away from what wakes for it until it is polled again, and is only tried until then. Whether that was done; a
    /// fast download goes better so, but need not.
    fn unwatch(&mut self) -> bool {
        false
    }

    /// Whether to drop it resets the connection, so that the server does not take a part of a file for the whole. Where
    /// a stream cannot do so, servers store a part of each upload that is given up.
    fn reset_on_drop(&mut self, resets: bool);

    /// Its own address.
    ///
    /// # Errors
    /// The system's.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Stream for TcpStream {
    /// Asks the system: tokio remembers which sockets were readable, and may not have heard yet.
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        (&*SockRef::from(&*self)).read(space)
    }

    /// Not polled: a task that has used up its budget would get nothing out.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TcpStream::try_write(self, bytes)
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set, the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = SockRef::from(&*self).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpStream::local_addr(self)
    }
}

/// A connection under way.
pub type Connecting = Pin<Box<dyn Future<Output = io::Result<Box<dyn Stream>>> + Send>>;

/// Makes connections in the user's own way; given to [`Builder::connector`](crate::Builder::connector).
pub trait Connect: Send + Sync {
    /// Connects to a host. The control connection's is the name that the builder was given, which may need a look-up; a
    /// data connection goes to the same host.
    fn connect(&self, channel: Channel, to: Endpoint) -> Connecting;
}

/// tokio, as the core drives it.
pub struct Sockets {
    connector: Option<Arc<dyn Connect>>,
    local: Bind,
    timer: Pin<Box<Sleep>>,
    epoch: tokio::time::Instant,
}

impl Sockets {
    /// Within a runtime.
    pub(crate) fn new(connector: Option<Arc<dyn Connect>>, local: Bind) -> Self {
        let timer = Box::pin(tokio::time::sleep(Duration::ZERO));
        Self { connector, local, timer, epoch: tokio::time::Instant::now() }
    }
}

impl Net for Sockets {
    type Context<'a> = Context<'a>;
    type Socket = Box<dyn Stream>;
    /// Never locked: a mutex makes what can be sent to other threads shareable as well.
    type Connecting = Mutex<Connecting>;
    type Listener = TcpListener;
    type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    fn renew(&self) -> Option<Self> {
        Some(Self::new(self.connector.clone(), self.local.clone()))
    }

    fn poll_timer(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.epoch.checked_add(at.since_epoch()) else { return Poll::Pending };
        if self.timer.deadline() != at {
            self.timer.as_mut().reset(at);
        }
        self.timer.as_mut().poll(cx)
    }

    fn lookup(&mut self, host: &str, port: u16) -> Option<Self::Lookup> {
        let host = host.to_owned();
        let lookup = async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) };
        if self.connector.is_some() { None } else { Some(Box::pin(lookup)) }
    }

    fn poll_lookup(lookup: &mut Self::Lookup, cx: &mut Context<'_>) -> Poll<io::Result<Vec<SocketAddr>>> {
        lookup.as_mut().poll(cx)
    }

    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Self::Connecting {
        let (connector, local, to) = (self.connector.clone(), self.local.clone(), to.clone());
        Mutex::new(Box::pin(async move {
            if let Some(connector) = connector {
                let mut stream = connector.connect(channel, to).await?;
                stream.reset_on_drop(channel == Channel::Data);
                return Ok(stream);
            }
            let Endpoint::Address(to) = to else { return Err(ErrorKind::Unsupported.into()) };
            let socket = TcpSocket::from_std_stream(bound(&local, to)?.into());
            tuned(socket.connect(to).await?, channel)
        }))
    }

    fn poll_connect(
        connecting: &mut Self::Connecting,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<Box<dyn Stream>>> {
        connecting.get_mut().unwrap_or_else(PoisonError::into_inner).as_mut().poll(cx)
    }

    fn local_addr(socket: &Box<dyn Stream>) -> io::Result<SocketAddr> {
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
        listener.poll_accept(cx)?.map(|(socket, from)| Ok((tuned(socket, Channel::Data)?, from)))
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

    fn try_read(socket: &mut Box<dyn Stream>, space: &mut [u8]) -> io::Result<usize> {
        socket.as_mut().try_read(space)
    }

    fn unwatch(socket: &mut Box<dyn Stream>) -> bool {
        socket.as_mut().unwatch()
    }

    fn try_write(socket: &mut Box<dyn Stream>, bytes: &[u8]) -> io::Result<usize> {
        socket.as_mut().try_write(bytes)
    }

    fn finish(socket: &mut Box<dyn Stream>, cx: &mut Context<'_>) {
        socket.reset_on_drop(false);
        let _ = Pin::new(socket).poll_shutdown(cx);
    }
}

drive::sockets!();

fn tuned(socket: TcpStream, channel: Channel) -> io::Result<Box<dyn Stream>> {
    tune(&SockRef::from(&socket), channel)?;
    Ok(match channel {
        Channel::Control => Box::new(socket),
        Channel::Data => Box::new(Tcp::Watched(socket)),
    })
}
