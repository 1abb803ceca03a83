//! std's sockets, made not to block, and poll(2) to wait for them.

use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::ptr;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ftps_proto::drive::{Endpoint, Net};
use ftps_proto::{Channel, Error, Failure, Instant};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

/// A connected socket that does not block, or what stands for one: a proxy's, a tunnel's.
pub trait Stream: AsFd + Send + Sync {
    /// Reads what there is; [`ErrorKind::WouldBlock`] where its descriptor is to become readable first.
    ///
    /// # Errors
    /// What the system says.
    fn read(&self, space: &mut [u8]) -> io::Result<usize>;

    /// Writes what it takes; [`ErrorKind::WouldBlock`] where its descriptor is to become writable first.
    ///
    /// # Errors
    /// What the system says.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Ends the sending side.
    ///
    /// # Errors
    /// What the system says.
    fn shutdown(&self) -> io::Result<()>;

    /// Whether dropping it resets the connection, so that the server does not take a part of a file for the whole. What
    /// cannot do so stores parts where transfers are given up.
    fn reset_on_drop(&self, resets: bool);

    /// Its own address.
    ///
    /// # Errors
    /// What the system says.
    fn local_addr(&self) -> io::Result<SocketAddr>;
}

impl Stream for TcpStream {
    fn read(&self, space: &mut [u8]) -> io::Result<usize> {
        Read::read(&mut &*self, space)
    }

    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self, bytes)
    }

    fn shutdown(&self) -> io::Result<()> {
        TcpStream::shutdown(self, Shutdown::Write)
    }

    /// SO_LINGER: with zero the peer gets a RST instead of an end. Where it cannot be set the connection is gone already.
    fn reset_on_drop(&self, resets: bool) {
        let _ = SockRef::from(self).set_linger(resets.then_some(Duration::ZERO));
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        TcpStream::local_addr(self)
    }
}

/// Makes the client's connections in its own way. It may block while it does.
pub trait Connect: Send + Sync {
    /// Connects to a host, which need not be resolved. What it makes must not block.
    ///
    /// # Errors
    /// Why there is no connection.
    fn connect(&self, channel: Channel, to: &Endpoint) -> io::Result<Arc<dyn Stream>>;
}

/// What only this adapter is told.
#[derive(Clone, Default)]
pub struct Blocking {
    connector: Option<Arc<dyn Connect>>,
}

impl Blocking {
    /// Makes connections through this.
    pub fn connector(connector: impl Connect + 'static) -> Self {
        Self { connector: Some(Arc::new(connector)) }
    }
}

impl fmt::Debug for Blocking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blocking").field("connector", &self.connector.is_some()).finish()
    }
}

/// What a wait is for: whichever comes first.
#[derive(Default)]
pub(crate) struct Interest {
    sockets: Vec<(Arc<dyn AsFd>, PollFlags)>,
    timeout: Option<Duration>,
}

impl Interest {
    /// Once for each socket: polling goes on for long before there is anything to wait for.
    fn add(&mut self, socket: Arc<dyn AsFd>, flags: PollFlags) {
        let known =
            self.sockets.iter_mut().find(|(known, _)| ptr::addr_eq(Arc::as_ptr(known), Arc::as_ptr(&socket)));
        match known {
            Some((_, wanted)) => *wanted |= flags,
            None => self.sockets.push((socket, flags)),
        }
    }

    /// Pending until the socket may do more, where it says that it would block.
    fn unless_blocked<T>(
        &mut self,
        result: io::Result<T>,
        flags: PollFlags,
        socket: impl FnOnce() -> Arc<dyn AsFd>,
    ) -> Poll<io::Result<T>> {
        match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                self.add(socket(), flags);
                Poll::Pending
            }
            result => Poll::Ready(result),
        }
    }

    fn wait(&mut self) -> io::Result<()> {
        let timeout = self.timeout.take();
        // Windows does not wait for nothing.
        if let (true, Some(timeout)) = (self.sockets.is_empty(), timeout) {
            std::thread::sleep(timeout);
            return Ok(());
        }
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        let mut sockets: Vec<_> = self
            .sockets
            .iter()
            .map(|(socket, flags)| PollFd::from_borrowed_fd((**socket).as_fd(), *flags))
            .collect();
        let waited = poll(&mut sockets, timeout.as_ref());
        self.sockets.clear();
        match waited {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Polls until it is ready; waits in between.
pub(crate) fn wait<T>(mut poll: impl FnMut(&mut Interest) -> Poll<Result<T, Error>>) -> Result<T, Error> {
    let mut interest = Interest::default();
    loop {
        if let Poll::Ready(result) = poll(&mut interest) {
            return result;
        }
        interest.wait().map_err(|error| Error::Connection {
            channel: Channel::Control,
            failure: Some(Failure::transport(error)),
            reply: None,
        })?;
    }
}

pub(crate) struct Sockets {
    settings: Blocking,
    epoch: std::time::Instant,
}

impl Sockets {
    pub(crate) fn new(settings: Blocking) -> Self {
        Self { settings, epoch: std::time::Instant::now() }
    }
}

pub(crate) enum Opening {
    Connecting(Arc<TcpStream>),
    Made(Option<io::Result<Arc<dyn Stream>>>),
}

impl Net for Sockets {
    type Cx<'a> = Interest;
    type Socket = Arc<dyn Stream>;
    type Opening = Opening;
    type Listener = Arc<TcpListener>;
    type Resolving = Option<io::Result<Vec<SocketAddr>>>;

    fn now(&self) -> Instant {
        Instant::new(self.epoch.elapsed())
    }

    fn poll_deadline(&mut self, at: Instant, cx: &mut Interest) -> Poll<()> {
        let left = at.saturating_duration_since(self.now());
        cx.timeout = Some(left);
        if left.is_zero() { Poll::Ready(()) } else { Poll::Pending }
    }

    fn resolve(&mut self, host: &str, port: u16) -> Option<Self::Resolving> {
        let resolve = || (host, port).to_socket_addrs().map(Iterator::collect);
        if self.settings.connector.is_some() { None } else { Some(Some(resolve())) }
    }

    fn poll_resolve(resolving: &mut Self::Resolving, _: &mut Interest) -> Poll<io::Result<Vec<SocketAddr>>> {
        resolving.take().map_or(Poll::Pending, Poll::Ready)
    }

    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Opening {
        let made = match (&self.settings.connector, to) {
            (Some(connector), to) => connector
                .connect(channel, to)
                .inspect(|stream| stream.reset_on_drop(channel == Channel::Data)),
            (None, Endpoint::Address(to)) => match connect(channel, *to) {
                Ok(socket) => return Opening::Connecting(Arc::new(socket)),
                Err(error) => Err(error),
            },
            (None, Endpoint::Host(..)) => Err(ErrorKind::Unsupported.into()),
        };
        Opening::Made(Some(made))
    }

    fn poll_connect(opening: &mut Opening, cx: &mut Interest) -> Poll<io::Result<Arc<dyn Stream>>> {
        let socket = match opening {
            Opening::Connecting(socket) => socket,
            Opening::Made(made) => return made.take().map_or(Poll::Pending, Poll::Ready),
        };
        if let Some(error) = socket.take_error()? {
            return Poll::Ready(Err(error));
        }
        match socket.peer_addr() {
            Ok(_) => Poll::Ready(Ok(Arc::clone(socket) as Arc<dyn Stream>)),
            Err(error) if error.kind() == ErrorKind::NotConnected => {
                cx.add(Arc::clone(socket) as Arc<dyn AsFd>, PollFlags::OUT);
                // Windows before version 2004 does not wake for a connect that has failed.
                if cfg!(windows) {
                    let often = Duration::from_millis(50);
                    cx.timeout = Some(cx.timeout.map_or(often, |timeout| timeout.min(often)));
                }
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn local(socket: &Arc<dyn Stream>) -> io::Result<SocketAddr> {
        socket.local_addr()
    }

    fn listen(&mut self, at: SocketAddr) -> io::Result<(Self::Listener, SocketAddr)> {
        let listener = TcpListener::bind(at)?;
        listener.set_nonblocking(true)?;
        let at = listener.local_addr()?;
        Ok((Arc::new(listener), at))
    }

    fn poll_accept(
        listener: &mut Self::Listener,
        cx: &mut Interest,
    ) -> Poll<io::Result<(Arc<dyn Stream>, SocketAddr)>> {
        let accepted = listener.accept().and_then(|(socket, from)| {
            socket.set_nonblocking(true)?;
            tune(&socket, Channel::Data)?;
            Ok((Arc::new(socket) as Arc<dyn Stream>, from))
        });
        cx.unless_blocked(accepted, PollFlags::IN, || Arc::clone(listener) as Arc<dyn AsFd>)
    }

    fn poll_read(
        socket: &mut Arc<dyn Stream>,
        space: &mut [u8],
        cx: &mut Interest,
    ) -> Poll<io::Result<usize>> {
        cx.unless_blocked(socket.read(space), PollFlags::IN, || Arc::clone(socket) as Arc<dyn AsFd>)
    }

    fn poll_write(socket: &mut Arc<dyn Stream>, bytes: &[u8], cx: &mut Interest) -> Poll<io::Result<usize>> {
        cx.unless_blocked(socket.write(bytes), PollFlags::OUT, || Arc::clone(socket) as Arc<dyn AsFd>)
    }

    fn try_write(socket: &mut Arc<dyn Stream>, bytes: &[u8]) -> io::Result<usize> {
        socket.write(bytes)
    }

    fn finish(socket: &mut Arc<dyn Stream>, _: &mut Interest) {
        socket.reset_on_drop(false);
        // What it says no longer matters.
        let _ = socket.shutdown();
    }
}

/// Begins to connect.
fn connect(channel: Channel, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    match socket.connect(&to.into()) {
        // Windows says that it would block.
        Err(error)
            if error.kind() != ErrorKind::WouldBlock
                && error.raw_os_error() != Some(Errno::INPROGRESS.raw_os_error()) =>
        {
            return Err(error);
        }
        _ => {}
    }
    let socket = TcpStream::from(socket);
    tune(&socket, channel)?;
    Ok(socket)
}

fn tune(socket: &TcpStream, channel: Channel) -> io::Result<()> {
    socket.set_nodelay(true)?;
    match channel {
        // Firewalls forget connections that are silent during a long transfer.
        Channel::Control => {
            let keepalive = TcpKeepalive::new().with_time(Duration::from_secs(60));
            SockRef::from(socket).set_tcp_keepalive(&keepalive)
        }
        // Until it is closed on purpose it ends by a reset, even where the process is killed.
        Channel::Data => {
            socket.reset_on_drop(true);
            Ok(())
        }
    }
}
