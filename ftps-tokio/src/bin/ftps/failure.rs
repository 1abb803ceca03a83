//! Why something was not done, and the exit status that says so.

use std::fmt::{Arguments, Display};
use std::io;

use ftps_tokio::codec::Verb;
use ftps_tokio::tls::TlsError;
use ftps_tokio::{Channel, ConnectError, Error, Failure as Cause, Layer, Remote, Waiting};

use crate::url::Url;

/// Why something was not done.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    /// In one word, for programs.
    pub(crate) kind: &'static str,
    /// The server's reply code.
    pub(crate) code: Option<u16>,
    /// The same may succeed later.
    pub(crate) temporary: bool,
    pub(crate) reason: String,
    /// What was to be moved, listed or changed.
    pub(crate) of: Option<Url>,
    /// The session had ended before anything of this was sent.
    pub(crate) gone: bool,
    /// The server fell silent: nothing more is waited for.
    pub(crate) silent: bool,
    /// The data connection did not come about.
    pub(crate) unconnected: bool,
}

impl Failure {
    const TRANSFER: u8 = 1;
    const USAGE: u8 = 2;
    const CONNECTION: u8 = 3;
    const LOGIN: u8 = 4;

    fn new(status: u8, kind: &'static str, reason: impl Display) -> Self {
        Self {
            status,
            kind,
            code: None,
            temporary: false,
            // With what it came of.
            reason: format!("{reason:#}"),
            of: None,
            gone: false,
            silent: false,
            unconnected: false,
        }
    }

    pub(crate) fn usage(reason: impl Display) -> Self {
        Self::new(Self::USAGE, "usage", reason)
    }

    /// Something on this side, a file mostly.
    pub(crate) fn local(reason: impl Display) -> Self {
        Self::new(Self::TRANSFER, "local", reason)
    }

    /// A listing that cannot be read, or that holds what cannot be taken.
    pub(crate) fn listing(reason: impl Display) -> Self {
        Self::new(Self::TRANSFER, "listing", reason)
    }

    pub(crate) fn stdout(reason: impl Display) -> Self {
        Self::local(format!("standard output: {reason:#}"))
    }

    /// Something that a logged-in session could not do.
    pub(crate) fn transfer(error: Error) -> Self {
        // Asked for with --newer: nothing is wrong.
        let status = if let Error::NotNewer { .. } = error { 0 } else { Self::TRANSFER };
        Self {
            code: error.code().map(|code| code.get()),
            temporary: error.is_temporary(),
            gone: matches!(error, Error::Closed { .. }),
            silent: matches!(error, Error::Timeout { .. }),
            unconnected: is_unconnected(&error),
            ..Self::new(status, kind(&error), &error)
        }
    }

    /// A session that did not come to be.
    pub(crate) fn connecting(error: Error) -> Self {
        // A reply of any other class than those that let one in or turn one away, too.
        let login = error.is_login()
            || matches!(
                error,
                Error::Remote(Remote::UnexpectedReply(Verb::User | Verb::Pass | Verb::Acct, _))
            );
        let status = match error {
            _ if login => Self::LOGIN,
            Error::Local(_) => Self::USAGE,
            _ => Self::CONNECTION,
        };
        let failure = Self::transfer(error);
        Self { status, kind: if login { "login" } else { failure.kind }, ..failure }
    }

    /// The same, and what to do about it.
    pub(crate) fn and(self, advice: Arguments<'_>) -> Self {
        Self { reason: format!("{}; {advice}", self.reason), ..self }
    }

    /// The same, of this local file or option.
    pub(crate) fn about(self, what: &dyn Display) -> Self {
        Self { reason: format!("{what}: {}", self.reason), ..self }
    }

    /// The same, of this file or directory on a server, unless it is already another's.
    pub(crate) fn of(self, url: &Url) -> Self {
        let of = self.of.or_else(|| Some(url.clone()));
        Self { of, ..self }
    }
}

/// What is wrong, in one word.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Local(_) => "usage",
        Error::Remote(_) | Error::Injection { .. } => "protocol",
        Error::Refused(_) if error.is_login() => "login",
        Error::Refused(_) => "refused",
        Error::Truncated { .. } => "truncated",
        Error::Mismatch(_) => "mismatch",
        Error::TooLarge { .. } => "too large",
        Error::NotNewer { .. } => "unchanged",
        Error::Unlisted(..) => "listing",
        Error::Timeout { .. } => "timeout",
        Error::Unprotected { .. } | Error::NotResumed => "tls",
        Error::Source(_) => "local",
        Error::Connection { failure: Some(failure), .. } if failure.layer == Layer::Tls => {
            match failure.source.downcast_ref::<TlsError>() {
                Some(error) if error.is_certificate() => "certificate",
                _ => "tls",
            }
        }
        _ => "connection",
    }
}

/// Whether it was the data connection that did not come about.
fn is_unconnected(error: &Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable, TimedOut};
    match error {
        Error::Timeout { waiting, .. } => *waiting == Waiting::DataConnect,
        Error::Connection { channel: Channel::Data, failure: Some(Cause { source, .. }), .. } => {
            let kind = source.downcast_ref().map(io::Error::kind);
            matches!(kind, Some(ConnectionRefused | HostUnreachable | NetworkUnreachable | TimedOut))
        }
        _ => false,
    }
}

/// The addresses that were tried, each with its error, where no connection came about.
pub(crate) fn attempts(error: &Error) -> Option<&ConnectError> {
    let Error::Connection { failure: Some(Cause { source, .. }), .. } = error else { return None };
    source.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref()
}
