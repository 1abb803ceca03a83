//! async-io's sockets and clock, for the core to drive.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use async_io::{Async, Timer};
use ftps_proto::drive::{Endpoint, Net};
use ftps_proto::{Channel, Instant};
use futures_io::{AsyncRead, AsyncWrite};
use socket2::{SockRef, TcpKeepalive};

/// What is under way; boxed, since its type has no name.
pub type Working<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A connected socket, or what stands for one: a proxy's, a tunnel's. Closed, its sending side has ended.
pub trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {
    /// Ends the sending side, as far as that needs no waiting.
    fn shutdown(&mut self);

    /// Whether dropping it resets the connection, so that the server does not take a part of a file for the whole. What
    /// cannot do so stores parts where transfers are given up.
    fn reset_on_drop(&mut self, resets: bool);

    /// Its own address.
    ///
    /// # Errors
    /// What the system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Stream for Async<TcpStream> {
    // Closing it would only flush.
    fn shutdown(&mut self) {
        let _ = self.get_ref().shutdown(Shutdown::Write);
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set the connection is gone already.
    fn reset_on_drop(&mut self, resets: bool) {
        let _ = SockRef::from(self.get_ref()).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.get_ref().local_addr()
    }
}

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

/// Makes the client's connections in its own way.
pub trait Connect: Send + Sync {
    /// Connects to a host, which need not be resolved.
    fn connect(&self, channel: Channel, to: Endpoint) -> Working<Box<dyn Stream>>;
}

/// What only this adapter is told.
#[derive(Clone, Default)]
pub struct Smol {
    connector: Option<Arc<dyn Connect>>,
    #[cfg(feature = "async-std")]
    async_std: bool,
}

impl Smol {
    /// Makes connections through this.
    pub fn connector(connector: impl Connect + 'static) -> Self {
        Self { connector: Some(Arc::new(connector)), ..Self::default() }
    }

    /// async-std's sockets, names and timers instead of async-io's.
    #[cfg(feature = "async-std")]
    pub fn async_std() -> Self {
        Self { async_std: true, ..Self::default() }
    }
}

impl fmt::Debug for Smol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smol").field("connector", &self.connector.is_some()).finish_non_exhaustive()
    }
}

enum Clock {
    Smol(Timer),
    #[cfg(feature = "async-std")]
    AsyncStd(Pin<Box<dyn Future<Output = ()> + Send + Sync>>),
}

pub(crate) struct Sockets {
    settings: Smol,
    clock: Clock,
    /// What the clock is set to, where it has not come.
    at: Option<Instant>,
    epoch: std::time::Instant,
}

impl Sockets {
    pub(crate) fn new(settings: Smol) -> Self {
        Self { settings, clock: Clock::Smol(Timer::never()), at: None, epoch: std::time::Instant::now() }
    }

    fn set_clock(&mut self, at: Instant) {
        #[cfg(feature = "async-std")]
        if self.settings.async_std {
            let left = at.saturating_duration_since(self.now());
            self.clock = Clock::AsyncStd(Box::pin(async_std::task::sleep(left)));
            return;
        }
        match (self.epoch.checked_add(at.since_epoch()), &mut self.clock) {
            (Some(at), Clock::Smol(timer)) => timer.set_at(at),
            _ => self.clock = Clock::Smol(Timer::never()),
        }
    }

    /// Begins to connect.
    fn begin(&self, channel: Channel, to: &Endpoint) -> Working<Box<dyn Stream>> {
        if let Some(connector) = &self.settings.connector {
            let connecting = connector.connect(channel, to.clone());
            return Box::pin(async move {
                let mut stream = connecting.await?;
                stream.reset_on_drop(channel == Channel::Data);
                Ok(stream)
            });
        }
        let Endpoint::Address(to) = *to else {
            return Box::pin(std::future::ready(Err(ErrorKind::Unsupported.into())));
        };
        #[cfg(feature = "async-std")]
        if self.settings.async_std {
            return Box::pin(async move {
                let socket = async_std::net::TcpStream::connect(to).await?;
                tune(SockRef::from(&socket), channel)?;
                Ok(Box::new(socket) as Box<dyn Stream>)
            });
        }
        Box::pin(async move {
            let socket = Async::<TcpStream>::connect(to).await?;
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
    type Listener = Async<TcpListener>;
    type Resolving = Working<Vec<SocketAddr>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    // A timer that has fired is not set any more: polled again it would never be ready.
    fn poll_deadline(&mut self, at: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.at != Some(at) {
            self.set_clock(at);
            self.at = Some(at);
        }
        match &mut self.clock {
            Clock::Smol(timer) => drop(ready!(Pin::new(timer).poll(cx))),
            #[cfg(feature = "async-std")]
            Clock::AsyncStd(sleep) => ready!(sleep.as_mut().poll(cx)),
        }
        self.at = None;
        Poll::Ready(())
    }

    fn resolve(&mut self, host: &str, port: u16) -> Option<Self::Resolving> {
        if self.settings.connector.is_some() {
            return None;
        }
        let host = host.to_owned();
        #[cfg(feature = "async-std")]
        if self.settings.async_std {
            use async_std::net::ToSocketAddrs;
            return Some(Box::pin(async move { Ok((&*host, port).to_socket_addrs().await?.collect()) }));
        }
        Some(Box::pin(async move { async_net::resolve((host, port)).await }))
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

    fn listen(&mut self, at: SocketAddr) -> io::Result<(Self::Listener, SocketAddr)> {
        let listener = Async::<TcpListener>::bind(at)?;
        let at = listener.get_ref().local_addr()?;
        Ok((listener, at))
    }

    fn poll_accept(
        listener: &mut Self::Listener,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Box<dyn Stream>, SocketAddr)>> {
        loop {
            match listener.get_ref().accept() {
                Ok((socket, from)) => {
                    tune(SockRef::from(&socket), Channel::Data)?;
                    return Poll::Ready(Ok((Box::new(Async::new(socket)?), from)));
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

    fn try_write(socket: &mut Box<dyn Stream>, bytes: &[u8]) -> io::Result<usize> {
        match Pin::new(socket).poll_write(&mut Context::from_waker(Waker::noop()), bytes) {
            Poll::Ready(written) => written,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn finish(socket: &mut Box<dyn Stream>, _: &mut Context<'_>) {
        socket.reset_on_drop(false);
        socket.shutdown();
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
