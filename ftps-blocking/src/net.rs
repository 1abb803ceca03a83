//! std's sockets, names and clock.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ftps_proto::drive::{self, Bind, Endpoint, Net};
use ftps_proto::{Channel, Instant};
use rustix::event::PollFlags;
use rustix::fd::AsFd;
use rustix::io::Errno;
use socket2::SockRef;

use crate::wait::Interest;

/// A connected socket that does not block, or what stands for one: a proxy's, a tunnel's.
pub trait Stream: AsFd + Send + Sync {
    /// Reads what lies there now; 0 is the end.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where its descriptor is to become readable first.
    fn try_read(&self, space: &mut [u8]) -> io::Result<usize>;

    /// Writes what it takes now.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](ErrorKind::WouldBlock) where its descriptor is to become writable first.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Shuts the sending side down, as far as that needs no waiting.
    fn shutdown(&self);

    /// Whether to drop it resets the connection, so that the server does not take a part of a file for the whole. Where
    /// a stream cannot do so, servers store a part of each upload that is given up.
    fn reset_on_drop(&self, resets: bool);

    /// Its own address.
    ///
    /// # Errors
    /// The system's.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Stream for TcpStream {
    fn try_read(&self, space: &mut [u8]) -> io::Result<usize> {
        (&*self).read(space)
    }

    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn shutdown(&self) {
        let _ = TcpStream::shutdown(self, Shutdown::Write);
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set, the connection is gone already.
    fn reset_on_drop(&self, resets: bool) {
        let _ = SockRef::from(self).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpStream::local_addr(self)
    }
}

/// Makes connections in the user's own way; given to [`Builder::connector`](crate::Builder::connector).
pub trait Connect: Send + Sync {
    /// Connects to a host, and may block while it does. The control connection's is the name that the builder was given,
    /// which may need a look-up; a data connection goes to the same host. What is returned must not block.
    ///
    /// # Errors
    /// Why there is no connection.
    fn connect(&self, channel: Channel, to: Endpoint) -> io::Result<Arc<dyn Stream>>;
}

/// std, as the core drives it.
pub struct Sockets {
    connector: Option<Arc<dyn Connect>>,
    local: Bind,
    epoch: std::time::Instant,
}

impl Sockets {
    pub(crate) fn new(connector: Option<Arc<dyn Connect>>, local: Bind) -> Self {
        Self { connector, local, epoch: std::time::Instant::now() }
    }
}

/// A connection under way, or what has come of it already.
pub enum Connecting {
    /// The system connects.
    Started(Arc<TcpStream>),
    /// It is handed out once.
    Made(Option<io::Result<Arc<dyn Stream>>>),
}

impl Net for Sockets {
    type Context<'a> = Interest;
    type Socket = Arc<dyn Stream>;
    type Connecting = Connecting;
    type Listener = Arc<TcpListener>;
    /// What has come of it already; handed out once.
    type Lookup = Option<io::Result<Vec<SocketAddr>>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    fn renew(&self) -> Option<Self> {
        Some(Self::new(self.connector.clone(), self.local.clone()))
    }

    fn poll_timer(&mut self, at: Instant, cx: &mut Interest) -> Poll<()> {
        let left = at.saturating_duration_since(self.now());
        cx.set_timeout(left);
        if left.is_zero() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// The system's look-up blocks for as long as it likes, in the caller's thread.
    fn lookup(&mut self, host: &str, port: u16) -> Option<Self::Lookup> {
        if self.connector.is_some() {
            return None;
        }
        Some(Some((host, port).to_socket_addrs().map(Iterator::collect)))
    }

    fn poll_lookup(lookup: &mut Self::Lookup, _: &mut Interest) -> Poll<io::Result<Vec<SocketAddr>>> {
        lookup.take().map_or(Poll::Pending, Poll::Ready)
    }

    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Connecting {
        if let Some(connector) = &self.connector {
            let made = connector.connect(channel, to.clone());
            return Connecting::Made(Some(
                made.inspect(|stream| stream.reset_on_drop(channel == Channel::Data)),
            ));
        }
        let Endpoint::Address(to) = *to else {
            return Connecting::Made(Some(Err(ErrorKind::Unsupported.into())));
        };
        match begin(&self.local, to).and_then(|socket| tuned(socket, channel)) {
            Ok(socket) => Connecting::Started(socket),
            Err(error) => Connecting::Made(Some(Err(error))),
        }
    }

    fn poll_connect(connecting: &mut Connecting, cx: &mut Interest) -> Poll<io::Result<Arc<dyn Stream>>> {
        let socket = match connecting {
            Connecting::Started(socket) => socket,
            Connecting::Made(made) => return made.take().map_or(Poll::Pending, Poll::Ready),
        };
        if let Some(error) = socket.take_error()? {
            return Poll::Ready(Err(error));
        }
        match socket.peer_addr() {
            Ok(_) => Poll::Ready(Ok(Arc::clone(socket) as Arc<dyn Stream>)),
            Err(error) if error.kind() == ErrorKind::NotConnected => {
                cx.add_connecting(Arc::downgrade(socket) as _);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn local_addr(socket: &Arc<dyn Stream>) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn listen(&mut self, at: SocketAddr) -> io::Result<(Arc<TcpListener>, SocketAddr)> {
        let listener = TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok((Arc::new(listener), at))
    }

    fn poll_accept(
        listener: &mut Arc<TcpListener>,
        cx: &mut Interest,
    ) -> Poll<io::Result<(Arc<dyn Stream>, SocketAddr)>> {
        let accepted = listener.accept().and_then(|(socket, from)| {
            socket.set_nonblocking(true)?;
            Ok((tuned(socket, Channel::Data)? as Arc<dyn Stream>, from))
        });
        cx.unless_blocked(accepted, PollFlags::IN, || Arc::downgrade(listener) as _)
    }

    fn poll_read(
        socket: &mut Arc<dyn Stream>,
        space: &mut [u8],
        cx: &mut Interest,
    ) -> Poll<io::Result<usize>> {
        cx.unless_blocked(socket.try_read(space), PollFlags::IN, || Arc::downgrade(socket) as _)
    }

    fn poll_write(socket: &mut Arc<dyn Stream>, bytes: &[u8], cx: &mut Interest) -> Poll<io::Result<usize>> {
        cx.unless_blocked(socket.try_write(bytes), PollFlags::OUT, || Arc::downgrade(socket) as _)
    }

    fn try_read(socket: &mut Arc<dyn Stream>, space: &mut [u8]) -> io::Result<usize> {
        socket.as_ref().try_read(space)
    }

    /// Each wait says what it is for: what is not polled is not watched.
    fn unwatch(_: &mut Arc<dyn Stream>) -> bool {
        true
    }

    fn try_write(socket: &mut Arc<dyn Stream>, bytes: &[u8]) -> io::Result<usize> {
        socket.as_ref().try_write(bytes)
    }

    fn finish(socket: &mut Arc<dyn Stream>, _: &mut Interest) {
        socket.reset_on_drop(false);
        socket.shutdown();
    }
}

drive::sockets!(Errno::INPROGRESS);

fn tuned(socket: TcpStream, channel: Channel) -> io::Result<Arc<TcpStream>> {
    tune(&SockRef::from(&socket), channel)?;
    Ok(Arc::new(socket))
}
