//! What can go wrong, and whose fault it is.

mod display;
#[cfg(feature = "std")]
mod io;
mod refusal;

use alloc::boxed::Box;
use alloc::string::String;

use crate::codec::{
    ArgumentError, Code, CommandError, FrameError, Hash, Name, PatternError, Reply, Timestamp, Verb,
};
use crate::need::{Channel, Failure, Layer, Waiting};
use crate::url::UrlError;

#[cfg(feature = "std")]
use self::io::lasts;

/// Without std nothing is known of a transport's errors.
#[cfg(not(feature = "std"))]
fn lasts(_: &Failure) -> bool {
    false
}

/// Why an operation did not succeed.
///
/// `{error}` says what has happened, and [`source`](core::error::Error::source) leads to the cause itself, a socket's or
/// TLS's own error: whoever shows the whole chain shows nothing twice. `{error:#}` shows both in one line.
///
/// What to do about it is told by [`is_temporary`](Self::is_temporary), [`is_not_found`](Self::is_not_found),
/// [`is_permission_denied`](Self::is_permission_denied) and [`is_login`](Self::is_login).
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// What was asked cannot be done. Nothing was sent.
    Local(Local),
    /// The server broke the protocol.
    Remote(Remote),
    /// The server refused a command.
    Refused(Refused),
    /// The data connection ended without close_notify: what came may be a part only.
    Truncated {
        /// Payload bytes that came or went.
        bytes: u64,
        /// The final reply, where one came. A 226 proves nothing here.
        reply: Option<Reply>,
    },
    /// The server confirmed a listing that is not one, or not all of one.
    Unlisted(Unlisted, Reply),
    /// Lines of a listing cannot be read, so that entries would be missing from it.
    Unparsed {
        /// The first of them, as it came.
        line: Name,
        /// How many there are.
        count: u64,
    },
    /// The directory in which this is looked for does not list it.
    Missing(Name),
    /// The file on the server is not what the transfer was to go on with, or was to result in.
    Mismatch(Mismatch),
    /// The file has more bytes than were wanted at most.
    TooLarge {
        /// So many.
        max: u64,
    },
    /// The file that would be replaced is not older than the one that would replace it: nothing was moved.
    NotNewer {
        /// When the server's was modified.
        modified: Timestamp,
    },
    /// So many bytes came in clear after the reply that starts TLS: somebody tries to pass them off as encrypted ones
    /// (CVE-2021-22947). The session is unusable.
    Injection {
        /// How many bytes.
        bytes: usize,
    },
    /// A wait came to its deadline.
    Timeout {
        /// What was waited for.
        waiting: Waiting,
        /// What came instead since the command was sent, and can be no answer to it: the last of that.
        reply: Option<Reply>,
    },
    /// The server had ended the session before anything of this operation was sent: on a new session the same can be
    /// tried without doing anything twice.
    Closed {
        /// The server's last word (421), where it said one.
        reply: Option<Reply>,
        /// What the control connection's transport or TLS says; none where the server closed it.
        failure: Option<Failure>,
    },
    /// The server refused to protect data connections (PROT P), and did not show that it does so all the same: nothing
    /// was uploaded.
    Unprotected {
        /// How it refused.
        reply: Reply,
        /// Why the listing failed that was to show it.
        cause: Option<Box<Error>>,
    },
    /// The data connection did not resume the control connection's TLS session, as
    /// [`Config::require_resumption`](crate::Config::require_resumption) asks for. It was reset before anything was sent on
    /// it or taken from it.
    NotResumed,
    /// The caller's own source of an upload failed. The upload was reset.
    Source(Box<dyn core::error::Error + Send + Sync>),
    /// The caller's own sink of a download failed. The download was reset.
    Sink(Box<dyn core::error::Error + Send + Sync>),
    /// A connection failed or was closed.
    Connection {
        /// Which one.
        channel: Channel,
        /// What its transport or TLS says; none where the peer closed it.
        failure: Option<Failure>,
        /// What the server said about it, where it did.
        reply: Option<Reply>,
    },
}

/// What the caller asked for and cannot have.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Local {
    /// An argument that cannot stand in a command.
    Argument(ArgumentError),
    /// What was typed is not a command.
    Command(CommandError),
    /// A command that changes the conversation's shape ([`Verb::changes_conversation`]): the session keeps count of
    /// those.
    Forbidden(Verb),
    /// What is not a URL of a server.
    Url(UrlError),
    /// What is not a pattern of paths.
    Pattern(PatternError),
    /// The session is not logged in (not yet, or no more).
    NotOpen,
    /// The session was opened before.
    AlreadyOpen,
    /// A command with a secret before TLS.
    NotSecured,
    /// This operation was given up when another one began, which goes on.
    Superseded,
    /// This operation has come to its end before.
    Finished,
    /// The server asks for an account (332), and none was given.
    AccountRequired,
    /// Something about the configuration, in words.
    Configuration(String),
}

/// What the server did wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remote {
    /// What came is not a reply.
    Frame(FrameError),
    /// What is not a greeting.
    UnexpectedGreeting(Reply),
    /// A reply that cannot answer this command.
    UnexpectedReply(Verb, Reply),
    /// A reply of the right code whose text cannot be read.
    Unreadable {
        /// The command.
        verb: Verb,
        /// What came.
        reply: Reply,
        /// What is wrong with it.
        reason: String,
    },
    /// More than the limit.
    TooMany(&'static str),
}

/// How a file on the server differs from what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// It has another size (SIZE).
    Size {
        /// Bytes that it was to have.
        expected: u64,
        /// Bytes that it has.
        found: u64,
    },
    /// Where a transfer was to go on it has other bytes: it is another file, or was changed.
    Content,
    /// It has another hash than what was moved: it was changed, on the way or after that.
    Hash {
        /// Of what was moved.
        expected: Box<Hash>,
        /// The server's.
        found: Box<Hash>,
    },
}

/// What is wrong with a listing that was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unlisted {
    /// Nothing came, not even the directory itself: there is none (vsftpd).
    Missing,
    /// The server could not open the directory (vsftpd). An entry of its own name may have come.
    Unreadable,
    /// The server lists so many entries and no more (Pure-FTPd). Those have come.
    Cut,
    /// It is a file, and its own line is all that came (vsftpd). [`Metadata`](crate::ops::Metadata) tells what it is.
    File,
}

/// A command and the reply that refused it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The command; none where the server turns us away unasked: in its greeting, or by a 421.
    pub verb: Option<Verb>,
    /// What the server said.
    pub reply: Reply,
}

impl Error {
    /// The server's reply, where one tells about this error.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Refused(refused) => Some(&refused.reply),
            Self::Unlisted(_, reply) => Some(reply),
            Self::Truncated { reply, .. }
            | Self::Connection { reply, .. }
            | Self::Timeout { reply, .. }
            | Self::Closed { reply, .. } => reply.as_ref(),
            Self::Unprotected { reply, .. } => Some(reply),
            Self::Remote(
                Remote::UnexpectedGreeting(reply)
                | Remote::UnexpectedReply(_, reply)
                | Remote::Unreadable { reply, .. },
            ) => Some(reply),
            _ => None,
        }
    }

    /// The code of [`reply`](Self::reply).
    pub fn code(&self) -> Option<Code> {
        self.reply().map(Reply::code)
    }

    /// What TLS says, where it is the cause.
    #[cfg(feature = "rustls")]
    pub fn tls(&self) -> Option<&crate::tls::TlsError> {
        match self {
            Self::Unprotected { cause: Some(cause), .. } => cause.tls(),
            _ => self.failure()?.source.downcast_ref(),
        }
    }

    /// Whether the same may succeed later: a transient negative reply (RFC 959, section 4.2.1), a connection that was
    /// lost or silent, also with plain text after TLS, a file that was cut. Never for certificates, permissions or what the
    /// caller did wrong.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.is_temporary(),
            Self::Truncated { .. } | Self::Timeout { .. } | Self::Closed { .. } => true,
            Self::Unprotected { cause, .. } => cause.as_ref().is_some_and(|cause| cause.is_temporary()),
            Self::Connection { failure, .. } => {
                let passes = |failure: &Failure| failure.layer == Layer::Transport && !lasts(failure);
                failure.as_ref().is_none_or(passes) || self.has_lost_tls()
            }
            _ => false,
        }
    }

    /// Whether the server has gone on in plain text after TLS: vsftpd's last words where its process is killed. Nothing of
    /// that is believed, and another session proves itself anew.
    fn has_lost_tls(&self) -> bool {
        #[cfg(feature = "rustls")]
        return matches!(self.tls(), Some(crate::tls::TlsError::PlainText { secured: true, .. }));
        #[cfg(not(feature = "rustls"))]
        false
    }

    /// Whether what was asked for is not there, as far as the server tells. FTP has one code (550) for all that is wrong
    /// with a file, so that the reply's words decide; without words to the contrary, a file that cannot be downloaded
    /// or measured is not there.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.is_not_found(),
            Self::Unlisted(unlisted, _) => *unlisted == Unlisted::Missing,
            Self::Missing(_) => true,
            _ => false,
        }
    }

    /// Whether the server denies this to whoever is logged in, as far as its words tell.
    pub fn is_permission_denied(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.is_permission_denied(),
            Self::Unlisted(unlisted, _) => *unlisted == Unlisted::Unreadable,
            _ => false,
        }
    }

    /// Whether this came of logging in: USER, PASS or ACCT refused, or answered with what is not a login.
    pub fn is_login(&self) -> bool {
        match self {
            Self::Refused(refused) => refused.is_login(),
            Self::Remote(Remote::UnexpectedReply(verb, _)) => is_login(*verb),
            Self::Local(Local::AccountRequired) => true,
            _ => false,
        }
    }

    /// What a connection's transport or TLS says.
    fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Connection { failure, .. } | Self::Closed { failure, .. } => failure.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn refused(verb: Verb, reply: Reply) -> Self {
        Self::Refused(Refused { verb: Some(verb), reply })
    }
}

/// Whether a command is one of those that log in.
fn is_login(verb: Verb) -> bool {
    matches!(verb, Verb::User | Verb::Pass | Verb::Acct)
}

impl core::error::Error for Error {
    /// The cause itself: what a socket or TLS says, or the caller's own source or sink.
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Unprotected { cause: Some(cause), .. } => Some(&**cause),
            Self::Source(source) | Self::Sink(source) => Some(&**source),
            _ => Some(&*self.failure()?.source),
        }
    }
}

impl From<Local> for Error {
    fn from(local: Local) -> Self {
        Self::Local(local)
    }
}

impl From<ArgumentError> for Error {
    fn from(argument: ArgumentError) -> Self {
        Self::Local(Local::Argument(argument))
    }
}

impl From<CommandError> for Error {
    fn from(command: CommandError) -> Self {
        Self::Local(Local::Command(command))
    }
}

impl From<UrlError> for Error {
    fn from(url: UrlError) -> Self {
        Self::Local(Local::Url(url))
    }
}

impl From<PatternError> for Error {
    fn from(pattern: PatternError) -> Self {
        Self::Local(Local::Pattern(pattern))
    }
}

impl From<Remote> for Error {
    fn from(remote: Remote) -> Self {
        Self::Remote(remote)
    }
}

impl From<FrameError> for Error {
    fn from(frame: FrameError) -> Self {
        Self::Remote(Remote::Frame(frame))
    }
}
