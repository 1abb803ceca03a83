//! What can go wrong, and whose fault it is.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::codec::{ArgumentError, Code, FrameError, Reply, Verb};
use crate::need::{Channel, Failure, Layer, Waiting};

/// Why an operation did not succeed.
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
    /// The server confirmed a listing that is none, or not all of one.
    Unlisted(Unlisted, Reply),
    /// So many bytes came in clear behind the reply that starts TLS: somebody tries to pass them off as encrypted ones
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
    /// The caller's own source of an upload failed. The upload was reset.
    Source(Box<dyn core::error::Error + Send + Sync>),
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
    /// What came is no reply.
    Frame(FrameError),
    /// A greeting that is none.
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
}

impl fmt::Display for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no such directory",
            Self::Unreadable => "the directory cannot be read",
            Self::Cut => "the server has left out entries",
        })
    }
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

    /// Whether the same may succeed later: a transient negative reply (RFC 959, section 4.2.1), a connection that was
    /// lost or silent, a file that was cut. Never for certificates, permissions or what the caller did wrong.
    pub fn is_temporary(&self) -> bool {
        match self {
            Self::Refused(Refused { reply, .. }) => {
                // 530 also says "too many connections", which is no word about the password.
                reply.code().get() / 100 == 4 || (reply.code() == 530 && says_crowded(reply))
            }
            Self::Truncated { .. } | Self::Timeout { .. } | Self::Closed { .. } => true,
            Self::Unprotected { cause, .. } => cause.as_ref().is_some_and(|cause| cause.is_temporary()),
            Self::Connection { failure, .. } => {
                failure.as_ref().is_none_or(|failure| failure.layer == Layer::Transport)
            }
            _ => false,
        }
    }

    /// Whether this came of logging in: USER, PASS or ACCT refused.
    pub fn is_login(&self) -> bool {
        match self {
            Self::Refused(Refused { verb: Some(verb), .. }) => {
                matches!(verb, Verb::User | Verb::Pass | Verb::Acct)
            }
            Self::Local(Local::AccountRequired) => true,
            _ => false,
        }
    }

    pub(crate) fn refused(verb: Verb, reply: Reply) -> Self {
        Self::Refused(Refused { verb: Some(verb), reply })
    }
}

fn says_crowded(reply: &Reply) -> bool {
    let text = String::from_utf8_lossy(reply.first_line()).to_ascii_lowercase();
    let people = ["connection", "user", "client", "session", "login"];
    text.contains("too many") || (text.contains("maximum") && people.iter().any(|word| text.contains(word)))
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(local) => local.fmt(f),
            Self::Remote(remote) => remote.fmt(f),
            Self::Refused(Refused { verb: Some(verb), reply }) => {
                write!(f, "the server refused {}: {reply}", verb.as_str())
            }
            Self::Refused(Refused { verb: None, reply }) => write!(f, "the server turned us away: {reply}"),
            Self::Truncated { bytes, reply } => {
                write!(f, "the data connection was cut after {bytes} bytes, without TLS close_notify")?;
                said(f, reply)
            }
            Self::Unlisted(unlisted, reply) => write!(f, "{unlisted}; the server says: {reply}"),
            Self::Injection { bytes } => {
                write!(
                    f,
                    "{bytes} bytes came in clear behind the reply that starts TLS: somebody injects replies"
                )
            }
            Self::Source(source) => write!(f, "the upload's source failed: {source}"),
            Self::Timeout { waiting, reply } => {
                write!(f, "timed out waiting for {waiting}")?;
                match reply {
                    Some(reply) => write!(f, "; what came instead: {reply}"),
                    None => Ok(()),
                }
            }
            Self::Closed { failure: Some(failure), .. } => {
                write!(f, "control connection: {}", failure.source)
            }
            Self::Closed { reply, failure: None } => {
                f.write_str("the server has closed the session")?;
                said(f, reply)
            }
            Self::Unprotected { reply, cause } => {
                write!(f, "the server refused to protect data connections: {reply}")?;
                match cause {
                    Some(cause) => write!(f, "; a listing that was to show that it does failed: {cause}"),
                    None => Ok(()),
                }
            }
            Self::Connection { channel, failure: Some(failure), reply } => {
                write!(f, "{channel}: {}", failure.source)?;
                said(f, reply)
            }
            Self::Connection { channel, failure: None, reply } => {
                write!(f, "the server closed the {channel}")?;
                said(f, reply)
            }
        }
    }
}

fn said(f: &mut fmt::Formatter<'_>, reply: &Option<Reply>) -> fmt::Result {
    match reply {
        Some(reply) => write!(f, "; the server says: {reply}"),
        None => Ok(()),
    }
}

impl core::error::Error for Error {
    /// What lies behind the error that is shown with this one, which is [`Failure::source`] or [`Error::Source`]'s own:
    /// whoever shows the whole chain shows nothing twice.
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Connection { failure: Some(failure), .. } | Self::Closed { failure: Some(failure), .. } => {
                failure.source.source()
            }
            Self::Unprotected { cause: Some(cause), .. } => cause.source(),
            Self::Source(source) => source.source(),
            _ => None,
        }
    }
}

impl fmt::Display for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(argument) => argument.fmt(f),
            Self::NotOpen => f.write_str("the session is not open"),
            Self::AlreadyOpen => f.write_str("the session was opened before"),
            Self::NotSecured => {
                f.write_str("a secret is not sent before TLS protects the control connection")
            }
            Self::Superseded => f.write_str("this operation was given up when another one began"),
            Self::Finished => f.write_str("this operation has come to its end before"),
            Self::AccountRequired => f.write_str("the server asks for an account (332), and none was given"),
            Self::Configuration(reason) => f.write_str(reason),
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(frame) => frame.fmt(f),
            Self::UnexpectedGreeting(reply) => write!(f, "unexpected greeting: {reply}"),
            Self::UnexpectedReply(verb, reply) => write!(f, "unexpected reply to {}: {reply}", verb.as_str()),
            Self::Unreadable { verb, reply, reason } => {
                write!(f, "unreadable reply to {}: {reason}: {reply}", verb.as_str())
            }
            Self::TooMany(what) => write!(f, "the server sends too many {what}"),
        }
    }
}

#[cfg(feature = "std")]
impl From<Error> for std::io::Error {
    /// Readers and writers report an [`Error`] as the source of an [`std::io::Error`].
    fn from(error: Error) -> Self {
        use std::io::ErrorKind;
        let kind = match &error {
            Error::Truncated { .. } => ErrorKind::UnexpectedEof,
            Error::Timeout { .. } => ErrorKind::TimedOut,
            Error::Local(_) => ErrorKind::InvalidInput,
            Error::Remote(_) | Error::Injection { .. } => ErrorKind::InvalidData,
            Error::Connection { .. } | Error::Closed { .. } => ErrorKind::ConnectionAborted,
            Error::Refused(_) | Error::Unlisted(..) | Error::Unprotected { .. } | Error::Source(_) => {
                ErrorKind::Other
            }
        };
        Self::new(kind, error)
    }
}
