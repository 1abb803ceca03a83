//! Why a server's certificate is refused, in a person's words.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{CertificateError, Error};

use super::{CertificateInfo, Pin};
use crate::codec::Timestamp;
use crate::codec::ascii::Escaped;

/// A server's certificate that is not accepted.
///
/// Its text says what is wrong, what to do about it, and the certificate's fingerprint.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RefusedCertificate {
    /// What is wrong with it.
    pub problem: CertificateProblem,
    /// The host that was asked for, escaped; empty where the verifier does not say.
    pub host: String,
    /// What it says. Absent where the verifier is the caller's own
    /// ([`TlsConfig::from_rustls`](super::TlsConfig::from_rustls)).
    pub certificate: Option<Arc<CertificateInfo>>,
    /// The time it was verified at, UTC.
    pub now: Option<Timestamp>,
    source: Arc<Error>,
}

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CertificateProblem {
    /// It is its own issuer, and not among the trusted certificates.
    SelfSigned,
    /// No trusted authority issued it.
    UnknownIssuer,
    /// It is not valid any more.
    Expired,
    /// It is not valid yet.
    NotYetValid,
    /// It is for other hosts.
    WrongName,
    /// It has no subject alternative name, so that it is for no host.
    NoName,
    /// No pin fits.
    NotPinned,
    /// It came on a data connection, and the control connection's server has shown another one.
    NotControls,
    /// Its key is of a kind or a length that no signature can be verified with.
    UnusableKey,
    /// The server has signed the handshake with another key than the certificate's.
    KeyNotHeld,
    /// Its issuer has revoked it.
    Revoked,
    /// Its signature is not the issuer's.
    BadSignature,
    /// It is not meant for servers.
    WrongPurpose,
    /// It cannot be read.
    Malformed,
    /// The server showed none.
    Absent,
    /// Something else, which [`source`](std::error::Error::source) tells.
    Other,
}

impl CertificateProblem {
    fn of(error: &CertificateError, certificate: Option<&CertificateInfo>) -> Self {
        use CertificateError::*;
        match error {
            UnknownIssuer if certificate.is_some_and(|certificate| certificate.is_self_issued) => {
                Self::SelfSigned
            }
            UnknownIssuer => Self::UnknownIssuer,
            Expired | ExpiredContext { .. } => Self::Expired,
            NotValidYet | NotValidYetContext { .. } => Self::NotYetValid,
            NotValidForName | NotValidForNameContext { .. } => match certificate {
                Some(certificate) if certificate.names.is_empty() => Self::NoName,
                _ => Self::WrongName,
            },
            Revoked => Self::Revoked,
            BadSignature => Self::BadSignature,
            InvalidPurpose | InvalidPurposeContext { .. } => Self::WrongPurpose,
            BadEncoding => Self::Malformed,
            _ => Self::Other,
        }
    }
}

/// What a verifier refused.
struct Note {
    problem: Option<CertificateProblem>,
    host: String,
    certificate: Arc<CertificateInfo>,
    now: Option<Timestamp>,
}

thread_local! {
    /// What was refused last. An error of rustls has no room for a certificate but in `CertificateError::Other`, and
    /// with that the server would be told certificate_unknown instead of unknown_ca or certificate_expired. rustls
    /// verifies and returns the error in one call, so that it becomes a `TlsError` on the thread that verified.
    static NOTE: RefCell<Option<Note>> = const { RefCell::new(None) };
}

/// Remembers what is refused, for the error that it becomes. `problem` is what the error does not tell.
pub(super) fn note(
    error: Error,
    certificate: CertificateInfo,
    problem: Option<CertificateProblem>,
    asked: Option<(&ServerName<'_>, UnixTime)>,
) -> Error {
    if let Error::InvalidCertificate(_) = error {
        let host = asked.map(|(name, _)| Escaped(name.to_str().as_bytes()).to_string()).unwrap_or_default();
        let now = asked.and_then(|(_, now)| Timestamp::from_unix(now.as_secs().try_into().ok()?));
        NOTE.set(Some(Note { problem, host, certificate: Arc::new(certificate), now }));
    }
    error
}

impl RefusedCertificate {
    pub(super) fn new(error: &CertificateError, source: Arc<Error>) -> Self {
        let Some(Note { problem, host, certificate, now }) = NOTE.take() else {
            let host = match error {
                CertificateError::NotValidForNameContext { expected, .. } => {
                    Escaped(expected.to_str().as_bytes()).to_string()
                }
                _ => String::new(),
            };
            return Self {
                problem: CertificateProblem::of(error, None),
                host,
                certificate: None,
                now: None,
                source,
            };
        };
        let problem = problem.unwrap_or_else(|| CertificateProblem::of(error, Some(&certificate)));
        Self { problem, host, certificate: Some(certificate), now, source }
    }

    pub(super) fn absent(source: Arc<Error>) -> Self {
        Self {
            problem: CertificateProblem::Absent,
            host: String::new(),
            certificate: None,
            now: None,
            source,
        }
    }

    /// The pin with which this very server would be accepted: of its key where that can be read. There is none where
    /// the server cannot show that the key is its own, or that it is the control connection's, which no pin mends.
    pub fn pin(&self) -> Option<Pin> {
        let certificate = self.certificate.as_ref()?;
        match self.problem {
            CertificateProblem::UnusableKey
            | CertificateProblem::KeyNotHeld
            | CertificateProblem::NotControls => None,
            _ => certificate.key_pin(),
        }
    }
}

impl fmt::Display for RefusedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use CertificateProblem::*;
        let unread = CertificateInfo::default();
        let certificate = self.certificate.as_deref().unwrap_or(&unread);
        let host = if self.host.is_empty() { "the host that was asked for" } else { &self.host };
        match self.problem {
            Absent => return f.write_str("the server has no certificate: it needs one"),
            SelfSigned if certificate.names.is_empty() => write!(
                f,
                "the server's certificate is self-signed, and has no subject alternative name: pin it, {ONCE}"
            ),
            SelfSigned => {
                write!(f, "the server's certificate is self-signed, and not a trusted one: trust or pin it, {ONCE}")
            }
            UnknownIssuer => {
                f.write_str("the server's certificate was issued by ")?;
                match &*certificate.issuer {
                    "" => f.write_str("an authority that is not trusted")?,
                    issuer => write!(f, "{}, which is not trusted", Short(issuer))?,
                }
                write!(f, ": trust that authority, or pin the certificate, {ONCE}")
            }
            Expired => {
                f.write_str("the server's certificate expired")?;
                on(f, " on ", certificate.not_after)?;
                f.write_str(": the server needs a new one")?;
                clock(f, self.now)
            }
            NotYetValid => {
                f.write_str("the server's certificate is not valid yet")?;
                on(f, ", but from ", certificate.not_before)?;
                f.write_str(": set the clock that is wrong, here or on the server")?;
                clock(f, self.now)
            }
            WrongName if certificate.names.is_empty() => {
                write!(f, "the server's certificate is not for {host}")
            }
            WrongName => write!(
                f,
                "the server's certificate is for {}, not for {host}: connect to one of its names, or pin it, {ONCE}",
                Names(&certificate.names)
            ),
            NoName => {
                f.write_str("the server's certificate has no subject alternative name, so that it is for no host")?;
                if !certificate.subject.is_empty() {
                    write!(f, " ({} does not count)", Short(&certificate.subject))?;
                }
                write!(f, ": pin it, {ONCE}, or have it issued anew for {host}")
            }
            NotPinned => {
                f.write_str("the server's certificate is not a pinned one: if the server has got a new one, pin that")?;
                if let Some(pin) = certificate.key_pin() {
                    write!(f, " ({pin} is its key)")?;
                }
                f.write_str("; if not, somebody is in between")
            }
            NotControls => f.write_str(
                "the data connection's server shows another certificate than the control connection's: if the server has \
                 got a new one just now, connect again; if not, somebody is in between",
            ),
            UnusableKey => match certificate.rsa_bits() {
                Some(bits) => write!(
                    f,
                    "the server's certificate has an RSA key of {bits} bits, with which nothing can be verified: \
                     the server needs one of 2048 to 8192 bits"
                ),
                None => f.write_str(
                    "the server's certificate has a key with which nothing can be verified: the server needs an RSA \
                     key of 2048 bits or more, or one for ECDSA",
                ),
            },
            KeyNotHeld => f.write_str(
                "the server does not hold the key of the certificate that it shows: somebody may be in between",
            ),
            Revoked => f.write_str("the server's certificate was revoked: the server needs a new one"),
            BadSignature => f.write_str(
                "the signature on the server's certificate is not its issuer's: the server needs another one",
            ),
            WrongPurpose => {
                f.write_str("the server's certificate is not meant for servers: have it issued for them, or pin it")
            }
            Malformed => f.write_str("the server's certificate cannot be read: pin it, or replace it"),
            Other if matches!(certificate.version, 1 | 2) => write!(
                f,
                "the server's certificate is an X.509 certificate of version {}, which cannot be verified: pin it, \
                 {ONCE}, or have one of version 3 issued",
                certificate.version
            ),
            Other => write!(f, "the server's certificate cannot be verified: pin it, {ONCE}, or replace it"),
        }?;
        match self.certificate.as_deref() {
            Some(certificate) => write!(f, "; SHA-256 {}", certificate.fingerprint()),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RefusedCertificate {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

/// When to believe a fingerprint.
const ONCE: &str = "once its fingerprint is known to be the server's";

fn on(f: &mut fmt::Formatter<'_>, word: &str, date: Option<Timestamp>) -> fmt::Result {
    match date {
        Some(Timestamp { year: Some(year), month, day, .. }) => {
            write!(f, "{word}{year:04}-{month:02}-{day:02}")
        }
        _ => Ok(()),
    }
}

fn clock(f: &mut fmt::Formatter<'_>, now: Option<Timestamp>) -> fmt::Result {
    if now.is_some() {
        on(f, " (here it is ", now)?;
        f.write_str(")")?;
    }
    Ok(())
}

/// A peer's text, cut where it is too long to be a name.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 120;
        match self.0.char_indices().nth(MAX) {
            Some((end, _)) => write!(f, "{}...", &self.0[..end]),
            None => f.write_str(self.0),
        }
    }
}

/// The first few of the names.
struct Names<'a>(&'a [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAX: usize = 8;
        for (index, name) in self.0.iter().take(MAX).enumerate() {
            write!(f, "{}{}", if index > 0 { ", " } else { "" }, Short(name))?;
        }
        match self.0.len().saturating_sub(MAX) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}
