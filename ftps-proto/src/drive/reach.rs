//! How the server is reached, and how it reaches this side.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::task::{Poll, ready};

use super::net::{Endpoint, Net};
use super::proxy::{Handshake, Proxy, ProxyProblem};
use crate::need::Channel;

/// What a client was told of the ways between it and its server.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    /// Both connections go through this.
    pub(super) proxy: Option<Proxy>,
    /// Where to listen (active mode).
    pub(super) ports: Option<RangeInclusive<u16>>,
    /// What the server is told to connect to (active mode).
    pub(super) external: Option<IpAddr>,
}

impl Reach {
    /// Whose name is looked up, where that is not the proxy's business.
    pub(super) fn first(&self, host: &str, port: u16) -> (String, u16) {
        let (host, port) = self.proxy.as_ref().map_or((host, port), Proxy::address);
        (host.to_owned(), port)
    }

    /// Begins a connection to `first`, and, where that is the proxy's address, from there to the server.
    pub(super) fn connect<N: Net>(
        &self,
        net: &mut N,
        channel: Channel,
        first: &Endpoint,
        to: &Endpoint,
    ) -> Connecting<N> {
        match &self.proxy {
            None => Connecting::Direct(net.connect(channel, first)),
            Some(proxy) => match Handshake::new(proxy.clone(), to.clone()) {
                Ok(handshake) => Connecting::ToProxy(net.connect(channel, first), handshake),
                Err(error) => Connecting::Ended(Some(error)),
            },
        }
    }

    /// Listens at this address, on one of the ports; and the address under which the server can connect.
    pub(super) fn listen<N: Net>(
        &self,
        net: &mut N,
        mut local: SocketAddr,
    ) -> io::Result<(N::Listener, SocketAddr)> {
        let (listener, mut at) = match &self.ports {
            None => {
                local.set_port(0);
                net.listen(local)?
            }
            Some(ports) => self.listen_in(ports, net, local)?,
        };
        if let Some(external) = self.external {
            at.set_ip(external);
        }
        Ok((listener, at))
    }

    /// On the first port of a range that is free, beginning at a place that the control connection's own port decides, which
    /// the system chose: the port is not to be guessed (RFC 2577, section 7).
    fn listen_in<N: Net>(
        &self,
        ports: &RangeInclusive<u16>,
        net: &mut N,
        mut local: SocketAddr,
    ) -> io::Result<(N::Listener, SocketAddr)> {
        let count = usize::from(ports.end().saturating_sub(*ports.start())) + 1;
        let first = usize::from(local.port()) % count;
        let mut last = None;
        for port in ports.clone().skip(first).chain(ports.clone().take(first)) {
            local.set_port(port);
            match net.listen(local) {
                Ok(listening) => return Ok(listening),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
    }
}

/// A connection under way.
pub(super) enum Connecting<N: Net> {
    Direct(N::Connecting),
    ToProxy(N::Connecting, Handshake),
    /// The proxy is asked for the server.
    AtProxy(N::Socket, Handshake),
    /// The error is told once.
    Ended(Option<io::Error>),
}

impl<N: Net> Connecting<N> {
    /// The connected socket, of which no byte has been read. Not polled again once it is ready.
    pub(super) fn poll(&mut self, cx: &mut N::Context<'_>) -> Poll<io::Result<N::Socket>> {
        loop {
            match self {
                Self::Direct(connecting) => return N::poll_connect(connecting, cx),
                Self::ToProxy(connecting, handshake) => {
                    let connected = ready!(N::poll_connect(connecting, cx));
                    let unreachable = |error| handshake.failed(ProxyProblem::Unreachable(error));
                    let socket = connected.map_err(unreachable)?;
                    if let Self::ToProxy(_, handshake) = std::mem::replace(self, Self::Ended(None)) {
                        *self = Self::AtProxy(socket, handshake);
                    }
                }
                Self::AtProxy(socket, handshake) => {
                    if ready!(ask::<N>(socket, handshake, cx))?
                        && let Self::AtProxy(socket, _) = std::mem::replace(self, Self::Ended(None))
                    {
                        return Poll::Ready(Ok(socket));
                    }
                }
                Self::Ended(error) => {
                    return error.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error)));
                }
            }
        }
    }
}

/// Writes to the proxy or reads from it, once; whether it has given the connection.
fn ask<N: Net>(
    socket: &mut N::Socket,
    handshake: &mut Handshake,
    cx: &mut N::Context<'_>,
) -> Poll<io::Result<bool>> {
    let moved = if handshake.outgoing().is_empty() {
        let mut space = [0; 300];
        let wanted = handshake.wanted().clamp(1, space.len());
        match ready!(N::poll_read(socket, &mut space[..wanted], cx)) {
            Ok(n) => return Poll::Ready(handshake.received(&space[..n.min(wanted)])),
            Err(error) => Err(error),
        }
    } else {
        ready!(N::poll_write(socket, handshake.outgoing(), cx)).map(|n| handshake.sent(n))
    };
    Poll::Ready(match moved {
        Ok(()) => Ok(false),
        // A signal interrupted the call: it is made again.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(handshake.failed(ProxyProblem::Failed(error))),
    })
}
