//! What an adapter brings: sockets, names, a clock.

use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::net::SocketAddr;
use std::task::Poll;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::codec::Timestamp;
use crate::need::Channel;
use crate::time::Instant;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An address.
    Address(SocketAddr),
    /// A host's name and a port, for a connector that resolves names itself, as a proxy does.
    Host(String, u16),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Host(host, port) => write!(f, "{host}:{port}"),
        }
    }
}

/// Sockets that do not block, a look-up of names and a clock.
///
/// A `poll_` function that returns [`Poll::Pending`] has registered with its context, so that polling goes on once it can
/// do more. Not every socket is polled every time: what was registered once may wake in vain later.
pub trait Net {
    /// What a wait is registered with.
    type Context<'a>;
    /// A connected socket.
    type Socket;
    /// A connection under way. To drop it is to give it up.
    type Connecting;
    /// A socket that waits for the server's connection (active mode).
    type Listener;
    /// A look-up of a name under way. To drop it is to give it up.
    type Lookup;

    /// The time now. It never goes back.
    fn now(&self) -> Instant;

    /// The same kind of sockets for another session, in place of one that was lost. `None`: there are none, and nothing is
    /// tried again in another session.
    fn renew(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// A number that nobody else has: the names of parts of files, and random parts of pauses, are made of it. By
    /// default it comes from what seeds the standard library's hash maps.
    fn entropy(&self) -> u64 {
        RandomState::new().hash_one(())
    }

    /// The date and time of day now, by which listings' times without a year get one. The system's, unless said otherwise.
    fn date(&self) -> Option<Timestamp> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Timestamp::from_unix(i64::try_from(since.as_secs()).ok()?)
    }

    /// Ready once this moment has come. There is one timer: the last moment that was asked for replaces any other.
    fn poll_timer(&mut self, at: Instant, cx: &mut Self::Context<'_>) -> Poll<()>;

    /// Begins to look up a host's addresses. `None`: [`connect`](Self::connect) takes the name itself.
    fn lookup(&mut self, host: &str, port: u16) -> Option<Self::Lookup>;

    /// The host's addresses, the preferred one first (RFC 6724). Not polled again once it is ready.
    fn poll_lookup(
        lookup: &mut Self::Lookup,
        cx: &mut Self::Context<'_>,
    ) -> Poll<io::Result<Vec<SocketAddr>>>;

    /// Begins to connect. A data connection's socket is set so that to drop it resets the connection (SO_LINGER 0), also
    /// where the process is killed, until [`finish`](Self::finish) is called.
    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Self::Connecting;

    /// The connected socket. Not polled again once it is ready.
    fn poll_connect(
        connecting: &mut Self::Connecting,
        cx: &mut Self::Context<'_>,
    ) -> Poll<io::Result<Self::Socket>>;

    /// The local address of a connected socket.
    ///
    /// # Errors
    /// The system's.
    fn local_addr(socket: &Self::Socket) -> io::Result<SocketAddr>;

    /// Listens for a data connection at this address; where its port is 0 the system chooses one. Returns the address
    /// with the real port.
    ///
    /// # Errors
    /// The system's.
    fn listen(&mut self, at: SocketAddr) -> io::Result<(Self::Listener, SocketAddr)>;

    /// The next connection and where it comes from. As with [`connect`](Self::connect), to drop it resets it.
    fn poll_accept(
        listener: &mut Self::Listener,
        cx: &mut Self::Context<'_>,
    ) -> Poll<io::Result<(Self::Socket, SocketAddr)>>;

    /// Reads into `space`; 0 is the end.
    fn poll_read(
        socket: &mut Self::Socket,
        space: &mut [u8],
        cx: &mut Self::Context<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Writes as many of `bytes` as the socket takes.
    fn poll_write(
        socket: &mut Self::Socket,
        bytes: &[u8],
        cx: &mut Self::Context<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Reads what lies in the socket now; 0 is the end. The system itself is asked: a runtime that remembers which
    /// sockets were readable may not know yet.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](io::ErrorKind::WouldBlock) where nothing lies there.
    fn try_read(socket: &mut Self::Socket, space: &mut [u8]) -> io::Result<usize>;

    /// Takes a socket away from what wakes for it, until [`poll_read`](Self::poll_read) or [`poll_write`](Self::poll_write)
    /// is called for it again, which watch it as before. Until then it is only tried. Whether that was done: a fast download
    /// goes better so, as each wake-up costs more than what it brings. Where a socket cannot, nothing changes.
    fn unwatch(_: &mut Self::Socket) -> bool {
        false
    }

    /// Writes what the socket takes now: the last words before a close, which are not waited for.
    ///
    /// # Errors
    /// The system's; [`WouldBlock`](io::ErrorKind::WouldBlock) where it takes nothing.
    fn try_write(socket: &mut Self::Socket, bytes: &[u8]) -> io::Result<usize>;

    /// Shuts the sending side down. From now on to drop the socket closes it in order. An error is not reported: where
    /// this fails, the connection is gone already.
    fn finish(socket: &mut Self::Socket, cx: &mut Self::Context<'_>);
}

/// What a socket does without waiting: what is not ready would block.
#[doc(hidden)]
pub fn at_once<T>(poll: Poll<io::Result<T>>) -> io::Result<T> {
    match poll {
        Poll::Ready(result) => result,
        Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
    }
}
