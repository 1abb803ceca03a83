//! What an adapter brings.

use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use crate::need::Channel;
use crate::time::Instant;

/// Where a connection goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// An address.
    Address(SocketAddr),
    /// A host's name and a port, for whoever resolves names itself: a proxy.
    Host(String, u16),
}

/// Sockets that do not block, a resolver and a clock.
///
/// A `poll_` function that is pending has seen to it, by its `cx`, that polling goes on once it can do more. Which of the
/// sockets' functions are polled differs from time to time: what was registered and is not polled again may wake in vain.
pub trait Net {
    /// What a wait is registered with.
    type Cx<'a>;
    /// A connected socket.
    type Socket;
    /// A connection under way. Dropped, it is given up.
    type Opening;
    /// A socket that waits for a data connection (active mode).
    type Listener;
    /// A name that is being resolved.
    type Resolving;

    /// The time, monotonic.
    fn now(&self) -> Instant;

    /// Whether this moment has come. One moment only is waited for at a time: the last.
    fn poll_deadline(&mut self, at: Instant, cx: &mut Self::Cx<'_>) -> Poll<()>;

    /// Begins to look up a host's addresses. None: [`connect`](Self::connect) is given its name.
    fn resolve(&mut self, host: &str, port: u16) -> Option<Self::Resolving>;

    /// The addresses, in the order of RFC 6724.
    fn poll_resolve(
        resolving: &mut Self::Resolving,
        cx: &mut Self::Cx<'_>,
    ) -> Poll<io::Result<Vec<SocketAddr>>>;

    /// Begins to connect. A data connection's socket resets the connection when it is dropped (SO_LINGER 0), also where
    /// the process is killed, until [`finish`](Self::finish).
    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Self::Opening;

    /// The socket, once it is connected. Not polled again after that.
    fn poll_connect(opening: &mut Self::Opening, cx: &mut Self::Cx<'_>) -> Poll<io::Result<Self::Socket>>;

    /// Our own address of a connected socket.
    ///
    /// # Errors
    /// What the system says.
    fn local(socket: &Self::Socket) -> io::Result<SocketAddr>;

    /// Listens for a data connection; at port 0 the system chooses. The address with the port that it is.
    ///
    /// # Errors
    /// What the system says.
    fn listen(&mut self, at: SocketAddr) -> io::Result<(Self::Listener, SocketAddr)>;

    /// The next that connects, and from where. As [`connect`](Self::connect), it resets until it is finished.
    fn poll_accept(
        listener: &mut Self::Listener,
        cx: &mut Self::Cx<'_>,
    ) -> Poll<io::Result<(Self::Socket, SocketAddr)>>;

    /// Reads; zero is the end.
    fn poll_read(
        socket: &mut Self::Socket,
        space: &mut [u8],
        cx: &mut Self::Cx<'_>,
    ) -> Poll<io::Result<usize>>;

    /// Writes.
    fn poll_write(socket: &mut Self::Socket, bytes: &[u8], cx: &mut Self::Cx<'_>) -> Poll<io::Result<usize>>;

    /// Writes what the socket takes at once: the last words before a close.
    ///
    /// # Errors
    /// What the system says; also that it would block.
    fn try_write(socket: &mut Self::Socket, bytes: &[u8]) -> io::Result<usize>;

    /// Shuts the sending side down; from now on the socket is closed in order when it is dropped. Where either cannot be
    /// done the connection is gone already.
    fn finish(socket: &mut Self::Socket, cx: &mut Self::Cx<'_>);
}

impl Endpoint {
    /// Whether a connection from this address comes from there.
    pub(super) fn is_host_of(&self, from: SocketAddr) -> bool {
        matches!(self, Self::Address(address) if address.ip().to_canonical() == from.ip().to_canonical())
    }
}
