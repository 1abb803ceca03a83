//! What went wrong, in terms of what a person can do about it.

use std::fmt;
use std::sync::Arc;

use rustls::{AlertDescription, CertificateError};

use crate::codec::ascii::Escaped;

/// Why a TLS connection failed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum TlsError {
    /// The server's certificate was not issued by a trusted authority.
    UnknownIssuer {
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// The server's certificate is for other names than the one that was asked for.
    WrongName {
        /// The name that was asked for, empty where the verifier does not say.
        expected: String,
        /// The names in the certificate, empty where the verifier does not say.
        presented: Vec<String>,
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// The server's certificate has expired.
    Expired {
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
    /// Anything else that is wrong with the server's certificate.
    Certificate {
        /// What rustls says.
        source: Arc<rustls::Error>,
    },
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
    /// The peer broke the TLS protocol, or offers nothing that this side accepts.
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
        use TlsError::*;
        matches!(self, UnknownIssuer { .. } | WrongName { .. } | Expired { .. } | Certificate { .. })
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
            rustls::Error::InvalidCertificate(reason) => match reason {
                CertificateError::UnknownIssuer => Self::UnknownIssuer { source },
                CertificateError::NotValidForName => {
                    Self::WrongName { expected: String::new(), presented: Vec::new(), source }
                }
                CertificateError::NotValidForNameContext { expected, presented } => Self::WrongName {
                    expected: Escaped(expected.to_str().as_bytes()).to_string(),
                    presented: presented.iter().map(|name| Escaped(name.as_bytes()).to_string()).collect(),
                    source,
                },
                CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                    Self::Expired { source }
                }
                _ => Self::Certificate { source },
            },
            rustls::Error::NoCertificatesPresented => Self::Certificate { source },
            rustls::Error::AlertReceived(alert) => Self::Alert { alert: *alert, source },
            _ => Self::Protocol { source },
        }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer { .. } => {
                f.write_str("the server's certificate was not issued by a trusted authority")
            }
            Self::WrongName { expected, presented, .. } => {
                f.write_str("the server's certificate is for another name")?;
                if !expected.is_empty() {
                    write!(f, " than {expected}")?;
                }
                if !presented.is_empty() {
                    write!(f, ": it has {}", presented.join(", "))?;
                }
                Ok(())
            }
            Self::Expired { .. } => f.write_str("the server's certificate has expired"),
            Self::Certificate { source } => write!(f, "the server's certificate is not acceptable: {source}"),
            Self::PlainText { excerpt, secured: false } => {
                write!(f, "the server answered in plain text where TLS was expected: \"{excerpt}\"")
            }
            Self::PlainText { excerpt, secured: true } => {
                write!(f, "the server fell back to plain text inside TLS: \"{excerpt}\"")
            }
            Self::Alert { alert, .. } => write!(f, "the server ended TLS with the alert {alert:?}"),
            Self::HandshakeEof => f.write_str("the server closed the connection during the TLS handshake"),
            Self::Protocol { source } => write!(f, "TLS failed: {source}"),
            Self::Local(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for TlsError {
    /// What rustls says, where it is not shown already.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::UnknownIssuer { source }
            | Self::WrongName { source, .. }
            | Self::Expired { source }
            | Self::Alert { source, .. } => Some(&**source),
            _ => None,
        }
    }
}
