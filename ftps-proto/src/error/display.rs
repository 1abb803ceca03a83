//! Errors in words.

use core::fmt::{self, Display, Formatter};

use super::{Error, Local, Mismatch, Refused, Remote, Unlisted};
use crate::codec::{Name, Reply};

impl Display for Error {
    /// With `#`, the cause's own words follow.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(local) => local.fmt(f),
            Self::Remote(remote) => remote.fmt(f),
            Self::Refused(Refused { verb: Some(verb), reply }) => {
                write!(f, "the server refused {}: {reply}", verb.as_str())
            }
            Self::Refused(Refused { verb: None, reply }) => write!(f, "the server turned us away: {reply}"),
            Self::Truncated { bytes, reply } => {
                write!(f, "the data connection was cut after {bytes} bytes, without TLS close_notify")?;
                said(f, reply.as_ref())
            }
            Self::Unlisted(unlisted, reply) => {
                unlisted.fmt(f)?;
                said(f, Some(reply))
            }
            Self::Unparsed { line, count: 1 } => {
                write!(f, "a line of the listing cannot be read: \"{}\"", beginning(line))
            }
            Self::Unparsed { line, count } => {
                let line = beginning(line);
                write!(f, "{count} lines of the listing cannot be read, the first is \"{line}\"")
            }
            Self::Missing(name) => write!(f, "its directory does not list \"{name}\""),
            Self::Mismatch(mismatch) => mismatch.fmt(f),
            Self::TooLarge { max } => write!(f, "it has more than {max} bytes"),
            Self::NotNewer { modified } => write!(f, "what would be replaced is not older: {modified}"),
            Self::Injection { bytes } => {
                write!(
                    f,
                    "{bytes} bytes came in clear after the reply that starts TLS: somebody injects replies"
                )
            }
            Self::Source(cause) => {
                f.write_str("the upload's source failed")?;
                caused(f, cause)
            }
            Self::Sink(cause) => {
                f.write_str("what was downloaded could not be written")?;
                caused(f, cause)
            }
            Self::Timeout { waiting, reply } => {
                write!(f, "timed out waiting for {waiting}")?;
                match reply {
                    Some(reply) => write!(f, "; what came instead: {reply}"),
                    None => Ok(()),
                }
            }
            Self::Closed { reply, failure } => {
                f.write_str(match failure {
                    Some(_) => "the session was lost before anything was sent",
                    None => "the server has closed the session",
                })?;
                if let Some(failure) = failure {
                    caused(f, &failure.source)?;
                }
                said(f, reply.as_ref())
            }
            Self::NotResumed => {
                f.write_str("the data connection did not resume the control connection's TLS session")
            }
            Self::Unprotected { reply, cause } => {
                write!(f, "the server refused to protect data connections: {reply}")?;
                match cause {
                    Some(cause) => {
                        f.write_str("; a listing that was to show that it does failed")?;
                        caused(f, cause)
                    }
                    None => Ok(()),
                }
            }
            Self::Connection { channel, failure: Some(failure), reply } => {
                write!(f, "the {channel} failed")?;
                caused(f, &failure.source)?;
                said(f, reply.as_ref())
            }
            Self::Connection { channel, failure: None, reply } => {
                write!(f, "the server closed the {channel}")?;
                said(f, reply.as_ref())
            }
        }
    }
}

/// A line may be long.
fn beginning(line: &Name) -> Name {
    Name::from(&line.as_bytes()[..line.as_bytes().len().min(200)])
}

fn caused(f: &mut Formatter<'_>, cause: &dyn Display) -> fmt::Result {
    if f.alternate() { write!(f, ": {cause:#}") } else { Ok(()) }
}

fn said(f: &mut Formatter<'_>, reply: Option<&Reply>) -> fmt::Result {
    match reply {
        Some(reply) => write!(f, "; the server says: {reply}"),
        None => Ok(()),
    }
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { expected, found } => {
                write!(f, "the file on the server has {found} bytes, not {expected}")
            }
            Self::Hash { expected, found } => write!(
                f,
                "the file on the server has the {} {found}, not {expected}: it was changed",
                found.algorithm()
            ),
            Self::Content => {
                f.write_str("the file on the server has other content: it is another, or was changed")
            }
        }
    }
}

impl Display for Unlisted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is no such directory",
            Self::Unreadable => "the directory cannot be read",
            Self::Cut => "the server has left out entries",
            Self::File => "it is a file, and no directory",
        })
    }
}

impl Display for Local {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(argument) => argument.fmt(f),
            Self::Command(command) => command.fmt(f),
            Self::Forbidden(verb) => {
                write!(f, "{verb} changes what the session expects: it is not sent as a mere command")
            }
            Self::Url(url) => url.fmt(f),
            Self::Pattern(pattern) => pattern.fmt(f),
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

impl Display for Remote {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
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
