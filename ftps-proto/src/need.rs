//! The whole contract between the machine and what drives it.
//!
//! [`Session::poll`](crate::Session::poll) answers with a [`Need`]: something to do now, or a set of things to wait
//! for, whichever comes first. What then happens comes back as an [`Input`], in any order, at any time.

use alloc::boxed::Box;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::num::NonZeroU16;

use crate::codec::Verb;
use crate::time::Instant;

/// One of FTP's two connections (RFC 959, section 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Commands and replies.
    Control,
    /// One file or one listing.
    Data,
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control connection",
            Self::Data => "data connection",
        })
    }
}

/// Where a data connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// This port at the address that the control connection is connected to: the rule, since an address in a reply
    /// can point anywhere (CVE-2020-8284).
    Peer(NonZeroU16),
    /// The address of a PASV reply, where [`Config::trust_pasv_address`](crate::Config::trust_pasv_address) was
    /// asked for.
    Address(Ipv4Addr, NonZeroU16),
}

impl Target {
    /// Where to connect, for a control connection to `peer`.
    pub const fn address(self, mut peer: SocketAddr) -> SocketAddr {
        match self {
            // A link-local IPv6 address means nothing without its scope.
            Self::Peer(port) => {
                peer.set_port(port.get());
                peer
            }
            Self::Address(address, port) => SocketAddr::new(IpAddr::V4(address), port.get()),
        }
    }
}

/// How a connection is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Close {
    /// Send close_notify and nothing after it; go on reading. A downloading client has nothing to send, and vsftpd waits
    /// for this before its 226: sent early, it costs no round trip.
    Notify,
    /// Send what is left and close_notify, then shut down the sending side; answer with [`Input::Shut`] and go on
    /// reading. A connection that is closed with unread input is reset, and the server loses what it had not read.
    Write,
    /// Send close_notify where that has not been done, as far as the socket takes it at once, then close.
    Whole,
    /// Reset (SO_LINGER 0): the peer must not take this for an end.
    Reset,
}

/// What a channel's bytes are to be moved for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Flow {
    /// There are bytes to send. Control: [`Session::outgoing`](crate::Session::outgoing). Data: payload may be sent.
    pub send: bool,
    /// Bytes are to be received, or the connection's end.
    pub receive: bool,
}

/// A set of things to wait for: whichever comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Io {
    /// The control connection.
    pub control: Flow,
    /// The data connection. A connect or handshake under way is waited for as well.
    pub data: Flow,
    /// Poll again at this moment if nothing else has happened.
    pub deadline: Option<Deadline>,
}

/// A moment at which waiting ends, with its reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// When.
    pub at: Instant,
    /// What is waited for.
    pub waiting: Waiting,
}

/// What the machine needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// Begin to open the data connection; answer with [`Input::Connected`] or [`Input::ConnectFailed`]. A connection
    /// (or an attempt) that is still there is dropped.
    Connect(Target),
    /// Listen for the data connection, at an address under which the server can reach this side; answer with
    /// [`Input::Listening`], and then as for [`Connect`](Self::Connect). Only the server is let in: the control
    /// connection's peer (RFC 2577, section 4).
    Listen,
    /// Begin a TLS handshake as the client, under the name of the control connection's host; answer with
    /// [`Input::Secured`] or [`Input::Failed`].
    StartTls(Channel),
    /// End TLS on a connection that stays (CCC): close_notify both ways, and everything that came and was not told by then is
    /// dropped. Answer with [`Input::Cleared`]; an end of the transport without close_notify is one as ever.
    EndTls(Channel),
    /// Close a connection. No answer is due but to [`Close::Write`].
    Close(Channel, Close),
    /// Move bytes and wait.
    Io(Io),
}

/// What has come of polling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress<T, N = Need> {
    /// The machine needs something before it can go on.
    Need(N),
    /// The operation has come to its result.
    Done(T),
}

/// What has happened, told by the adapter in any order, at any time. Bytes are plaintext.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// Bytes came. On the data connection they are copied only while a listing is received; a download's payload is
    /// counted.
    Received(Channel, &'a [u8]),
    /// So many of the outgoing bytes (control), or bytes of an upload's payload (data), were taken.
    Sent(Channel, usize),
    /// The server can connect to this address.
    Listening(SocketAddr),
    /// The data connection is up.
    Connected,
    /// The data connection could not be opened.
    ConnectFailed(Failure),
    /// The handshake is done. `resumed`: the TLS session of the control connection goes on.
    Secured {
        /// Which connection.
        channel: Channel,
        /// Whether it resumed an earlier TLS session.
        resumed: bool,
    },
    /// TLS has ended on a connection that stays: all that comes and goes is in clear.
    Cleared(Channel),
    /// Everything that was to be sent on the data connection, its end included, has been handed to the transport.
    Shut,
    /// The peer ended the connection.
    Ended(Channel, End),
    /// The connection failed.
    Failed(Channel, Failure),
}

/// How a connection was ended by the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// With close_notify: everything that was sent has come.
    Clean,
    /// By the transport alone (FIN): something may be missing.
    Truncated,
}

/// Why a connection failed: of the transport, or of TLS.
#[derive(Debug)]
pub struct Failure {
    /// Whose failure it is.
    pub layer: Layer,
    /// The adapter's or the TLS library's own error.
    pub source: Box<dyn core::error::Error + Send + Sync>,
}

/// Where a [`Failure`] arose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layer {
    /// Sockets.
    Transport,
    /// TLS: a certificate, an alert, bytes that are not TLS.
    Tls,
}

impl Failure {
    /// A failure of the sockets.
    pub fn transport(source: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self { layer: Layer::Transport, source: source.into() }
    }

    /// A failure of TLS.
    pub fn tls(source: impl Into<Box<dyn core::error::Error + Send + Sync>>) -> Self {
        Self { layer: Layer::Tls, source: source.into() }
    }
}

/// What a deadline is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Waiting {
    /// The control connection's TCP connect (the adapter's wait).
    Connect,
    /// The server's greeting.
    Greeting,
    /// A handshake.
    Handshake(Channel),
    /// The reply to this command.
    Reply(Verb),
    /// The data connection's TCP connect.
    DataConnect,
    /// Data to move in either direction.
    Idle,
    /// Enough data to move: a little came or went ([`Limits::rate`](crate::Limits::rate)).
    Rate,
    /// The peer's end of a data connection whose payload has all been sent.
    Drain,
    /// Not a wait: what lies in the control connection's socket is read before a command leaves, and this moment has
    /// come already. Never the reason of an error.
    Look,
    /// Not a wait: the next keepalive is due. Never the reason of an error.
    Keepalive,
    /// Not a wait: the next transfer's data connection is asked for. Never the reason of an error.
    Prepare,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect => f.write_str("the connection to the server"),
            // The most common cause deserves to be named.
            Self::Greeting => f.write_str(
                "the server's greeting (a server that speaks implicit TLS on this port stays silent)",
            ),
            Self::Handshake(channel) => write!(f, "the TLS handshake of the {channel}"),
            Self::Reply(verb) => write!(f, "the reply to {}", verb.as_str()),
            Self::DataConnect => f.write_str("the data connection"),
            Self::Idle => f.write_str("data to move on the data connection"),
            Self::Rate => f.write_str("enough data to move on the data connection"),
            Self::Drain => f.write_str("the server to end the data connection"),
            Self::Look => f.write_str("nothing"),
            Self::Keepalive => f.write_str("the next keepalive"),
            Self::Prepare => f.write_str("the time to ask for the next data connection"),
        }
    }
}
