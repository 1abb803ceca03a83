//! What went wrong, in terms of what a person can do about it.

use std::fmt;
use std::sync::Arc;

use rustls::AlertDescription;

use super::RefusedCertificate;
use super::alert::{SPEAKS, Shown};
use crate::codec::ascii::Escaped;

/// Why a TLS connection failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The server's certificate is not accepted.
    Certificate(Box<RefusedCertificate>),
    /// The peer sent plain text where a TLS record was due.
    PlainText {
        /// The first line of it, escaped.
        excerpt: String,
        /// Whether the TLS handshake had been finished before.
        secured: bool,
    },
    /// The peer ended TLS with this alert (RFC 8446 section 6.2).
    Alert {
        /// Which one.
        alert: AlertDescription,
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// The peer closed the transport in the middle of the TLS handshake.
    HandshakeEof,
    /// The peer chose what this side does not speak: an old version, no forward secrecy, no authenticated cipher.
    Incompatible {
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// The peer broke the TLS protocol, or records were changed on the way.
    Protocol {
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// The caller asked for what the connection's state forbids.
    Local(&'static str),
}

impl TlsError {
    /// Whether the server's certificate is the reason.
    pub fn is_certificate(&self) -> bool {
        matches!(self, Self::Certificate(_))
    }

    /// The server's certificate that was refused, and why.
    pub fn refused_certificate(&self) -> Option<&RefusedCertificate> {
        match self {
            Self::Certificate(refused) => Some(refused),
            _ => None,
        }
    }

    /// Whether the peer does not speak TLS here.
    pub fn is_plain_text(&self) -> bool {
        matches!(self, Self::PlainText { .. })
    }

    /// The alert with which the peer ended TLS.
    pub fn alert(&self) -> Option<AlertDescription> {
        match self {
            Self::Alert { alert, .. } => Some(*alert),
            _ => None,
        }
    }

    pub(super) fn plain_text(bytes: &[u8], secured: bool) -> Self {
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = line[..line.len().min(EXCERPT)].trim_ascii_end();
        Self::PlainText { excerpt: Escaped(line).to_string(), secured }
    }
}

/// Longest excerpt of a peer's text, in bytes.
pub(super) const EXCERPT: usize = 120;

impl From<rustls::Error> for TlsError {
    fn from(error: rustls::Error) -> Self {
        let source = Arc::new(error);
        match &*source {
            rustls::Error::InvalidCertificate(why) => {
                Self::Certificate(Box::new(RefusedCertificate::new(why, Arc::clone(&source))))
            }
            rustls::Error::NoCertificatesPresented => {
                Self::Certificate(Box::new(RefusedCertificate::absent(source)))
            }
            rustls::Error::AlertReceived(alert) => Self::Alert { alert: *alert, source },
            rustls::Error::PeerIncompatible(_) => Self::Incompatible { source },
            _ => Self::Protocol { source },
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Certificate(refused) => refused.fmt(f),
            Self::PlainText { excerpt, secured: false } => {
                write!(f, "the server answered in plain text where TLS was expected: \"{excerpt}\"")
            }
            Self::PlainText { excerpt, secured: true } => {
                write!(f, "the server fell back to plain text inside TLS: \"{excerpt}\"")
            }
            Self::Alert { alert, .. } => Shown(*alert).fmt(f),
            Self::HandshakeEof => f.write_str("the server closed the connection during the TLS handshake"),
            Self::Incompatible { .. } => {
                write!(
                    f,
                    "the server has no TLS in common with this client: {SPEAKS}; turn that on in the server"
                )
            }
            Self::Protocol { source } => write!(f, "TLS failed: {}", words(source)),
            Self::Local(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for TlsError {
    /// What rustls says, in its own terms.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Certificate(refused) => refused.source(),
            Self::Alert { source, .. } | Self::Incompatible { source } | Self::Protocol { source } => {
                Some(&**source)
            }
            Self::PlainText { .. } | Self::HandshakeEof | Self::Local(_) => None,
        }
    }
}

/// An error of rustls in words; its own are partly names of its variants.
pub(super) fn words(error: &rustls::Error) -> &str {
    use rustls::Error::*;
    match error {
        InvalidMessage(rustls::InvalidMessage::HandshakePayloadTooLarge) => {
            "the server sent a handshake message that is too long"
        }
        InvalidMessage(_) => "the server sent what is not a TLS message",
        PeerMisbehaved(_) | InappropriateMessage { .. } | InappropriateHandshakeMessage { .. } => {
            "the server broke the TLS protocol"
        }
        DecryptError => "a record cannot be decrypted: it was changed on the way",
        PeerSentOversizedRecord => "the server sent a record that is too long",
        NoApplicationProtocol => "the server does not speak FTP here",
        FailedToGetCurrentTime => "the time is not known",
        FailedToGetRandomBytes => "there are no random numbers to be had",
        General(text) => text,
        _ => "the TLS library gives an unexpected error",
    }
}
