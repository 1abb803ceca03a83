//! Why a proxy gave no connection.

use std::error;
use std::fmt;
use std::io::{self, ErrorKind};

use super::Proxy;
use crate::codec::ascii::Escaped;
use crate::drive::Endpoint;

/// A proxy that gave no connection to the server, and what it answered.
///
/// It is inside the [`io::Error`] of the attempt ([`io::Error::get_ref`]).
#[derive(Debug)]
pub struct ProxyError {
    proxy: Proxy,
    to: Endpoint,
    problem: ProxyProblem,
}

/// What a proxy did not do.
#[derive(Debug)]
#[non_exhaustive]
pub enum ProxyProblem {
    /// It was not reached.
    Unreachable(io::Error),
    /// It has no connection to the server, by this reply of SOCKS5 (RFC 1928, section 6).
    Socks(u8),
    /// It takes neither no login nor a name and password (RFC 1928, section 3).
    Method,
    /// It asks for a login, and none was given.
    LoginRequired,
    /// It refuses the name or the password (RFC 1929).
    LoginRefused,
    /// It has no connection to the server, by this status of HTTP and its words.
    Http(u16, String),
    /// What it says is not its protocol.
    Garbage,
    /// Its answer has no end.
    TooLong,
    /// It closed the connection before it had answered.
    Closed,
    /// It failed while it was asked.
    Failed(io::Error),
    /// The server's name is not one that it could be told.
    Name,
}

impl ProxyError {
    pub(super) fn new(proxy: Proxy, to: Endpoint, problem: ProxyProblem) -> Self {
        Self { proxy, to, problem }
    }

    /// Which proxy.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// What it did not do.
    pub fn problem(&self) -> &ProxyProblem {
        &self.problem
    }

    fn kind(&self) -> ErrorKind {
        match &self.problem {
            ProxyProblem::Unreachable(error) | ProxyProblem::Failed(error) => error.kind(),
            ProxyProblem::Socks(2) | ProxyProblem::Http(403, _) => ErrorKind::PermissionDenied,
            ProxyProblem::Method | ProxyProblem::LoginRequired | ProxyProblem::LoginRefused => {
                ErrorKind::PermissionDenied
            }
            ProxyProblem::Socks(3) => ErrorKind::NetworkUnreachable,
            ProxyProblem::Socks(4) => ErrorKind::HostUnreachable,
            ProxyProblem::Socks(6) | ProxyProblem::Http(504, _) => ErrorKind::TimedOut,
            ProxyProblem::Socks(7 | 8) | ProxyProblem::Http(405 | 501, _) => ErrorKind::Unsupported,
            ProxyProblem::Socks(_) | ProxyProblem::Http(..) => ErrorKind::ConnectionRefused,
            ProxyProblem::Garbage | ProxyProblem::TooLong => ErrorKind::InvalidData,
            ProxyProblem::Closed => ErrorKind::UnexpectedEof,
            ProxyProblem::Name => ErrorKind::InvalidInput,
        }
    }
}

/// The replies of RFC 1928, section 6.
fn socks(code: u8) -> &'static str {
    match code {
        1 => "general failure",
        2 => "not allowed by its rules",
        3 => "network unreachable",
        4 => "host unreachable",
        5 => "connection refused",
        6 => "TTL expired",
        7 => "command not supported",
        8 => "address type not supported",
        _ => "unknown reply",
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { proxy, to, problem } = self;
        write!(f, "the proxy {proxy} ")?;
        match problem {
            ProxyProblem::Unreachable(error) => write!(f, "is not reached: {error}"),
            ProxyProblem::Socks(code) => {
                write!(f, "gives no connection to {to}: {} (reply {code})", socks(*code))
            }
            ProxyProblem::Method => f.write_str("takes neither no login nor a name and password"),
            ProxyProblem::LoginRequired => f.write_str("asks for a login"),
            ProxyProblem::LoginRefused => f.write_str("refuses the name or the password"),
            ProxyProblem::Http(code, words) => {
                write!(f, "gives no connection to {to}: {code} {}", Escaped(words.as_bytes()))
            }
            ProxyProblem::Garbage => f.write_str("gives an answer that is not of its protocol"),
            ProxyProblem::TooLong => f.write_str("gives an answer without an end"),
            ProxyProblem::Closed => f.write_str("closed the connection instead of an answer"),
            ProxyProblem::Failed(error) => write!(f, "failed before its answer: {error}"),
            ProxyProblem::Name => write!(f, "cannot be told of {to:?}: that is not a host's name"),
        }
    }
}

/// Without a source: the cause is part of what it shows.
impl error::Error for ProxyError {}

impl From<ProxyError> for io::Error {
    fn from(error: ProxyError) -> Self {
        Self::new(error.kind(), error)
    }
}
