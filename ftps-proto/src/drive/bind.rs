//! Where connections leave from.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

/// Where this side's connections leave from: an address, an interface, or, by default, as the system likes.
///
/// ```
/// use std::net::Ipv4Addr;
///
/// use ftps_proto::drive::Bind;
///
/// let at = Bind::from(Ipv4Addr::LOCALHOST);
/// assert_eq!(at.address(([192, 0, 2, 1], 21).into())?, Some(([127, 0, 0, 1], 0).into()));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bind {
    address: Option<IpAddr>,
    interface: Option<String>,
}

impl Bind {
    /// By this network interface, say `eth1`. On Linux and Android only (SO_BINDTODEVICE); elsewhere connecting fails as
    /// unsupported.
    pub fn interface(name: impl Into<String>) -> Self {
        Self { address: None, interface: Some(name.into()) }
    }

    /// What to bind a socket to before it connects there.
    ///
    /// # Errors
    /// [`AddrNotAvailable`](ErrorKind::AddrNotAvailable) where the two are of different families.
    pub fn address(&self, to: SocketAddr) -> io::Result<Option<SocketAddr>> {
        match self.address {
            Some(address) if address.is_ipv4() != to.is_ipv4() => Err(io::Error::new(
                ErrorKind::AddrNotAvailable,
                format!("connections are to leave from {address}, of the other family"),
            )),
            address => Ok(address.map(|address| SocketAddr::new(address, 0))),
        }
    }

    /// The interface to bind a socket to.
    pub fn device(&self) -> Option<&str> {
        self.interface.as_deref()
    }
}

impl<A: Into<IpAddr>> From<A> for Bind {
    fn from(address: A) -> Self {
        Self { address: Some(address.into()), interface: None }
    }
}

/// What adapters do alike with sockets that are socket2's underneath: `bound` and `tune`; where they are told the errno that
/// says so, `begin` as well.
#[doc(hidden)]
#[macro_export]
macro_rules! __sockets {
    ($in_progress:expr) => {
        $crate::drive::sockets!();

        /// Begins to connect.
        fn begin(
            local: &$crate::drive::Bind,
            to: std::net::SocketAddr,
        ) -> std::io::Result<std::net::TcpStream> {
            let socket = bound(local, to)?;
            match socket.connect(&to.into()) {
                Ok(()) => {}
                // Under way: Windows says that it would block; the others' error has no kind of its own.
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) if error.raw_os_error() == Some($in_progress.raw_os_error()) => {}
                Err(error) => return Err(error),
            }
            Ok(socket.into())
        }
    };
    () => {
        /// A new socket that leaves from there, and does not block.
        fn bound(local: &$crate::drive::Bind, to: std::net::SocketAddr) -> std::io::Result<socket2::Socket> {
            let socket = socket2::Socket::new(
                socket2::Domain::for_address(to),
                socket2::Type::STREAM,
                Some(socket2::Protocol::TCP),
            )?;
            socket.set_nonblocking(true)?;
            if let Some(device) = local.device() {
                #[cfg(any(target_os = "android", target_os = "linux"))]
                socket.bind_device(Some(device.as_bytes()))?;
                #[cfg(not(any(target_os = "android", target_os = "linux")))]
                return Err(std::io::Error::new(
                    std::io::ErrorKind::Unsupported,
                    format!("this system does not bind a connection to the interface {device}"),
                ));
            }
            if let Some(at) = local.address(to)? {
                socket.bind(&at.into())?;
            }
            Ok(socket)
        }

        /// Sets a new socket's options.
        fn tune(socket: &socket2::SockRef<'_>, channel: $crate::Channel) -> std::io::Result<()> {
            socket.set_tcp_nodelay(true)?;
            match channel {
                // Firewalls forget connections that are silent during a long transfer.
                $crate::Channel::Control => socket.set_tcp_keepalive(
                    &socket2::TcpKeepalive::new().with_time(std::time::Duration::from_secs(60)),
                ),
                // Until it is closed on purpose, it ends by a reset, also where the process is killed.
                $crate::Channel::Data => socket.set_linger(Some(std::time::Duration::ZERO)),
            }
        }
    };
}
