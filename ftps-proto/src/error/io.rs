//! Errors as std's readers and writers tell them.

use std::error::Error as StdError;
use std::io::{self, ErrorKind};

use super::{Error, Local, Refused, Unlisted};
use crate::need::Failure;

impl From<Error> for io::Error {
    /// Keeps the kind (`ConnectionRefused`, `NotFound`, `PermissionDenied`, `TimedOut`...) and has the [`Error`] inside,
    /// from where [`downcast`](io::Error::downcast) takes it out.
    fn from(error: Error) -> Self {
        Self::new(kind(&error), error)
    }
}

fn kind(error: &Error) -> ErrorKind {
    match error {
        Error::Refused(refused) => refusal(refused),
        Error::Truncated { .. } => ErrorKind::UnexpectedEof,
        Error::Timeout { .. } => ErrorKind::TimedOut,
        Error::Local(Local::NotOpen) => ErrorKind::NotConnected,
        Error::Local(_) => ErrorKind::InvalidInput,
        Error::Remote(_) | Error::Injection { .. } | Error::Unparsed { .. } => ErrorKind::InvalidData,
        Error::Unlisted(Unlisted::Missing, _) | Error::Missing(_) => ErrorKind::NotFound,
        Error::Unlisted(Unlisted::Unreadable, _) => ErrorKind::PermissionDenied,
        Error::Unlisted(Unlisted::Cut, _) => ErrorKind::InvalidData,
        Error::Unlisted(Unlisted::File, _) => ErrorKind::NotADirectory,
        Error::Mismatch(_) => ErrorKind::InvalidData,
        Error::TooLarge { .. } => ErrorKind::FileTooLarge,
        Error::NotNewer { .. } => ErrorKind::AlreadyExists,
        Error::Unprotected { .. } | Error::NotResumed => ErrorKind::PermissionDenied,
        Error::Source(cause) | Error::Sink(cause) => of_cause(&**cause).unwrap_or(ErrorKind::Other),
        Error::Connection { failure, .. } | Error::Closed { failure, .. } => match failure {
            Some(failure) => of_cause(&*failure.source).unwrap_or(ErrorKind::ConnectionAborted),
            None => ErrorKind::ConnectionAborted,
        },
    }
}

fn refusal(refused: &Refused) -> ErrorKind {
    match refused.reply.code().get() {
        _ if refused.is_not_found() => ErrorKind::NotFound,
        _ if refused.is_permission_denied() || refused.is_login() && !refused.is_temporary() => {
            ErrorKind::PermissionDenied
        }
        421 => ErrorKind::ConnectionAborted,
        452 => ErrorKind::StorageFull,
        552 => ErrorKind::QuotaExceeded,
        500 | 502 | 504 => ErrorKind::Unsupported,
        _ => ErrorKind::Other,
    }
}

/// Whether a transport's failure is one that does not pass: a proxy that refuses the login or the server's port, an address
/// that is not this computer's, what cannot be done at all. Each try would be refused, and some count against the user.
pub(super) fn lasts(failure: &Failure) -> bool {
    use ErrorKind::{AddrNotAvailable, InvalidInput, PermissionDenied, Unsupported};
    let kind = of_cause(&*failure.source);
    matches!(kind, Some(AddrNotAvailable | InvalidInput | PermissionDenied | Unsupported))
}

fn of_cause(cause: &(dyn StdError + Send + Sync + 'static)) -> Option<ErrorKind> {
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        return Some(error.kind());
    }
    #[cfg(feature = "rustls")]
    if let Some(error) = cause.downcast_ref::<crate::tls::TlsError>() {
        // As rustls' own readers and writers tell it.
        return Some(match error {
            crate::tls::TlsError::HandshakeEof => ErrorKind::UnexpectedEof,
            _ => ErrorKind::InvalidData,
        });
    }
    None
}
