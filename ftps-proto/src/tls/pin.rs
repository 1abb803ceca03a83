//! A server's certificate or key that is known beforehand, as an SSH fingerprint is.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

use super::CertificateInfo;
use crate::codec::ascii::Excerpt;

/// The SHA-256 of what a server must show.
///
/// Parsed from, and displayed as:
/// - `sha256//BASE64`: of the public key (its SubjectPublicKeyInfo), as curl and HPKP (RFC 7469, section 2.4) have it;
/// - 64 hexadecimal digits, of any case, with or without colons: of the whole certificate, as
///   `openssl x509 -fingerprint -sha256` prints it.
///
/// ```
/// use ftps_proto::tls::Pin;
///
/// let key: Pin = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=".parse()?;
/// let certificate: Pin = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".parse()?;
/// assert_ne!(key, certificate);
/// # Ok::<(), ftps_proto::tls::PinError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pin {
    /// Of the public key: a certificate that is renewed with the same key still fits.
    PublicKey([u8; 32]),
    /// Of the whole certificate.
    Certificate([u8; 32]),
}

impl Pin {
    /// Parses several pins with `;` between, as curl takes them.
    ///
    /// # Errors
    /// What is wrong with the first that is not a pin.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, PinError> {
        text.split(';').map(str::parse).collect()
    }

    /// Whether this is the certificate, or its key.
    pub fn fits(&self, certificate: &CertificateInfo) -> bool {
        match self {
            Self::PublicKey(_) => certificate.key_pin() == Some(*self),
            Self::Certificate(_) => certificate.fingerprint() == *self,
        }
    }
}

const PREFIX: &str = "sha256//";

impl FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let text = text.trim();
        let wrong = |problem| PinError { pin: Excerpt::new(text.as_bytes()), problem };
        if let Some(base64) = text.strip_prefix(PREFIX) {
            let hash = BASE64.decode(base64.as_bytes()).map_err(|_| wrong(Problem::Base64))?;
            let len = hash.len();
            return hash.try_into().map(Self::PublicKey).map_err(|_| wrong(Problem::Length(len)));
        }
        let digits: String = text.chars().filter(|&c| c != ':').collect();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(wrong(Problem::Form));
        }
        let hash = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok().and_then(|hash| hash.try_into().ok());
        hash.map(Self::Certificate).ok_or_else(|| wrong(Problem::Digits(digits.len())))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PublicKey(hash) => write!(f, "{PREFIX}{}", BASE64.encode(hash)),
            Self::Certificate(hash) => f.write_str(&HEXLOWER.encode(hash)),
        }
    }
}

/// What is wrong with the text of a [`Pin`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinError {
    pin: Excerpt,
    problem: Problem,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Problem {
    Form,
    Base64,
    Length(usize),
    Digits(usize),
}

impl fmt::Display for PinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\" is not a pin: ", self.pin)?;
        match self.problem {
            Problem::Form => f.write_str("it is neither sha256//BASE64 nor 64 hexadecimal digits"),
            Problem::Base64 => {
                write!(f, "what follows {PREFIX} is not base64, 44 characters with the padding")
            }
            Problem::Length(len) => write!(f, "a SHA-256 has 32 bytes, this has {len}"),
            Problem::Digits(digits) => write!(f, "a SHA-256 has 64 hexadecimal digits, this has {digits}"),
        }
    }
}

impl std::error::Error for PinError {}
