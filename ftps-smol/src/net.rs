//! async-io's sockets and clock, and async-net's names.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use async_io::{Async, Timer};
use ftps_proto::drive::{self, Bind, Endpoint, Net, at_once};
use ftps_proto::{Channel, Instant};
use futures_io::{AsyncRead, AsyncWrite};
use rustix::io::Errno;
use socket2::SockRef;

use crate::tcp::Tcp;

/// A connected socket, or what stands for one: a proxy's, a tunnel's.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Reads what lies there now; 0 is the end.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where nothing lies there.
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        at_once(Pin::new(self).poll_read(&mut Context::from_waker(Waker::noop()), space))
    }

    /// Writes what it takes now.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where it takes nothing.
    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        at_once(Pin::new(self).poll_write(&mut Context::from_waker(Waker::noop()), bytes))
    }

    /// Shuts the sending side down, as far as that needs no waiting.
    fn shutdown(&mut self);

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

impl Stream for Async<TcpStream> {
    fn try_read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.get_ref().read(space)
    }

    fn try_write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.get_ref().write(bytes)
    }

    /// To close it would only flush.
    fn shutdown(&mut self) {
        let _ = self.get_ref().shutdown(Shutdown::Write);
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set, the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = SockRef::from(self.get_ref()).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }
}

/// What connectors make where async-std's own types are at hand. It is async-io's socket inside.
#[cfg(feature = "async-std")]
impl Stream for async_std::net::TcpStream {
    fn shutdown(&mut self) {
        let _ = async_std::net::TcpStream::shutdown(self, Shutdown::Write);
    }

    fn reset_on_drop(&mut self, resets: bool) {
        let _ = SockRef::from(&*self).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        async_std::net::TcpStream::local_addr(self)
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

/// async-io, as the core drives it.
pub struct Sockets {
    connector: Option<Arc<dyn Connect>>,
    local: Bind,
    timer: Timer,
    /// What the timer is set to. Once it has fired it is not set any more: polled again, it would never be ready.
    set: Option<Instant>,
    epoch: std::time::Instant,
}

impl Sockets {
    pub(crate) fn new(connector: Option<Arc<dyn Connect>>, local: Bind) -> Self {
        Self { connector, local, timer: Timer::never(), set: None, epoch: std::time::Instant::now() }
    }
}

impl Net for Sockets {
    type Context<'a> = Context<'a>;
    type Socket = Box<dyn Stream>;
    /// Never locked: a mutex makes what can be sent to other threads shareable as well.
    type Connecting = Mutex<Connecting>;
    type Listener = Async<TcpListener>;
    type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    fn renew(&self) -> Option<Self> {
        Some(Self::new(self.connector.clone(), self.local.clone()))
    }

    fn poll_timer(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.set != Some(at) {
            match self.epoch.checked_add(at.since_epoch()) {
                Some(at) => self.timer.set_at(at),
                None => self.timer = Timer::never(),
            }
            self.set = Some(at);
        }
        ready!(Pin::new(&mut self.timer).poll(cx));
        self.set = None;
        Poll::Ready(())
    }

    fn lookup(&mut self, host: &str, port: u16) -> Option<Self::Lookup> {
        let host = host.to_owned();
        let lookup = async move { async_net::resolve((host, port)).await };
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
            let socket = Async::new_nonblocking(begin(&local, to)?)?;
            socket.writable().await?;
            match socket.get_ref().take_error()? {
                None => tuned(socket, channel),
                Some(error) => Err(error),
            }
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

    fn listen(&mut self, at: SocketAddr) -> io::Result<(Async<TcpListener>, SocketAddr)> {
        let listener = Async::<TcpListener>::bind(at)?;
        let at = listener.get_ref().local_addr()?;
        Ok((listener, at))
    }

    fn poll_accept(
        listener: &mut Async<TcpListener>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>> {
        loop {
            match listener.get_ref().accept() {
                Ok((socket, from)) => {
                    let socket = tuned(Async::new(socket)?, Channel::Data)?;
                    return Poll::Ready(Ok((socket, from)));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => ready!(listener.poll_readable(cx))?,
                Err(error) => return Poll::Ready(Err(error)),
            }
        }
    }

    fn poll_read(
        socket: &mut Box<dyn Stream>,
        space: &mut [u8],
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        Pin::new(socket).poll_read(cx, space)
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

    fn finish(socket: &mut Box<dyn Stream>, _: &mut Context<'_>) {
        socket.reset_on_drop(false);
        socket.shutdown();
    }
}

drive::sockets!(Errno::INPROGRESS);

fn tuned(socket: Async<TcpStream>, channel: Channel) -> io::Result<Box<dyn Stream>> {
    tune(&SockRef::from(socket.get_ref()), channel)?;
    Ok(match channel {
        Channel::Control => Box::new(socket),
        Channel::Data => Box::new(Tcp::Watched(socket)),
    })
}
