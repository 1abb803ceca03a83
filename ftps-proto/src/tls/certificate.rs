//! What a certificate says, for people: its names, issuer, dates, key. Whether it is true is not decided here.

use std::net::{Ipv4Addr, Ipv6Addr};

use der::{AnyRef, Decode, Reader, SliceReader, Tag, Tagged};
use sha2::{Digest as _, Sha256};

use super::Pin;
use crate::codec::Timestamp;
use crate::codec::ascii::Escaped;

/// What an X.509 certificate says (RFC 5280), read as far as it can be read: one of version 1, of an odd extension or
/// a broken name still has its fingerprint and, mostly, its key.
///
/// All of it is the peer's word until the certificate is verified. Text is escaped, so that it is safe on a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CertificateInfo {
    /// The version, 1 to 3; 0 where the certificate cannot be read.
    pub version: u8,
    /// The hosts it is for: DNS names and IP addresses of its subject alternative names (section 4.2.1.6).
    pub names: Vec<String>,
    /// Whom it was issued to, as in `CN=ftp.example.com, O=Example`; empty if nobody is named.
    pub subject: String,
    /// Who issued it, in the same form.
    pub issuer: String,
    /// Whether its issuer and its subject are the same: it is self-signed, or a root.
    pub is_self_issued: bool,
    /// When it begins to be valid, UTC.
    pub not_before: Option<Timestamp>,
    /// Until when it is valid, UTC.
    pub not_after: Option<Timestamp>,
    sha256: [u8; 32],
    /// Its SubjectPublicKeyInfo, DER.
    key: Option<Vec<u8>>,
}

impl CertificateInfo {
    /// Reads a certificate's DER, as [`Engine::peer_certificates`](super::Engine::peer_certificates) has it.
    pub fn from_der(der: &[u8]) -> Self {
        let mut info = Self { sha256: Sha256::digest(der).into(), ..Self::default() };
        // What comes before the part that cannot be read has been read.
        let _ = info.read(der);
        info
    }

    /// The pin of the whole certificate: its fingerprint.
    pub fn fingerprint(&self) -> Pin {
        Pin::Certificate(self.sha256)
    }

    /// The pin of its public key, which outlives a renewal that keeps the key.
    pub fn key_pin(&self) -> Option<Pin> {
        Some(Pin::PublicKey(Sha256::digest(self.key.as_deref()?).into()))
    }

    /// `Certificate` and `TBSCertificate` (section 4.1). `None` from the first field on that is not there.
    fn read(&mut self, der: &[u8]) -> Option<()> {
        let certificate = content(der, Tag::Sequence)?;
        let mut fields = Elements(content(Elements(certificate).next()?, Tag::Sequence)?);
        let first = fields.next()?;
        // [0] EXPLICIT Version DEFAULT v1; the serial number if that is absent.
        self.version = match context(first, 0) {
            Some(version) => {
                fields.next()?;
                content(version, Tag::Integer)?.last()?.saturating_add(1)
            }
            None => 1,
        };
        let _signature = fields.next()?;
        let (issuer, validity, subject, key) =
            (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        self.key = Some(key.to_vec());
        self.is_self_issued = issuer == subject;
        self.issuer = name(issuer);
        self.subject = name(subject);
        let mut dates = Elements(content(validity, Tag::Sequence)?);
        self.not_before = dates.next().and_then(time);
        self.not_after = dates.next().and_then(time);
        // [3] EXPLICIT Extensions OPTIONAL, after two unique identifiers that nobody uses.
        let extensions = content(fields.find_map(|field| context(field, 3))?, Tag::Sequence)?;
        self.names = Elements(extensions).find_map(alternative_names).unwrap_or_default();
        Some(())
    }

    /// The key's AlgorithmIdentifier without its tag, and the key itself.
    pub(super) fn key_parts(&self) -> Option<(&[u8], &[u8])> {
        let mut parts = Elements(content(self.key.as_deref()?, Tag::Sequence)?);
        let algorithm = content(parts.next()?, Tag::Sequence)?;
        // The first byte of a BIT STRING counts the bits that its last one lacks.
        let key = content(parts.next()?, Tag::BitString)?.strip_prefix(&[0])?;
        Some((algorithm, key))
    }

    /// Its SubjectPublicKeyInfo, DER.
    pub(super) fn key(&self) -> Option<&[u8]> {
        self.key.as_deref()
    }

    /// The length of its key's modulus in bits, if it is an RSA key.
    pub(super) fn rsa_bits(&self) -> Option<usize> {
        let (algorithm, key) = self.key_parts()?;
        if content(Elements(algorithm).next()?, Tag::ObjectIdentifier)? != RSA_ENCRYPTION {
            return None;
        }
        let modulus = content(Elements(content(key, Tag::Sequence)?).next()?, Tag::Integer)?;
        let zeros = modulus.iter().take_while(|&&byte| byte == 0).count();
        let first = modulus.get(zeros)?;
        Some((modulus.len() - zeros) * 8 - first.leading_zeros() as usize)
    }
}

/// 1.2.840.113549.1.1.1 (RFC 8017, appendix C).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];

/// 2.5.29.17, id-ce-subjectAltName.
const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 0x1d, 0x11];

/// The elements of a SEQUENCE or SET, each with its tag, up to the first that is not one.
struct Elements<'a>(&'a [u8]);

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let element = SliceReader::new(self.0).ok()?.tlv_bytes().ok()?;
        self.0 = &self.0[element.len()..];
        Some(element)
    }
}

/// What an element of this tag contains.
fn content(element: &[u8], tag: Tag) -> Option<&[u8]> {
    let any = AnyRef::from_der(element).ok()?;
    (any.tag() == tag).then(|| any.value())
}

/// What an element of this context-specific tag contains.
fn context(element: &[u8], number: u32) -> Option<&[u8]> {
    let any = AnyRef::from_der(element).ok()?;
    match any.tag() {
        Tag::ContextSpecific { number: found, .. } if found.value() == number => Some(any.value()),
        _ => None,
    }
}

/// `Name` (section 4.1.2.4), of the attributes that people know.
fn name(name: &[u8]) -> String {
    let attributes = content(name, Tag::Sequence).into_iter().flat_map(Elements);
    let attributes = attributes.filter_map(|set| content(set, Tag::Set)).flat_map(Elements);
    attributes.filter_map(attribute).collect::<Vec<_>>().join(", ")
}

fn attribute(attribute: &[u8]) -> Option<String> {
    let mut parts = Elements(content(attribute, Tag::Sequence)?);
    let label = match content(parts.next()?, Tag::ObjectIdentifier)? {
        [0x55, 4, 3] => "CN",
        [0x55, 4, 6] => "C",
        [0x55, 4, 7] => "L",
        [0x55, 4, 8] => "ST",
        [0x55, 4, 10] => "O",
        [0x55, 4, 11] => "OU",
        // 1.2.840.113549.1.9.1, emailAddress.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "emailAddress",
        _ => return None,
    };
    let value = AnyRef::from_der(parts.next()?).ok()?;
    let text = match value.tag() {
        Tag::BmpString => {
            let units = value.value().chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            shown(String::from_utf16_lossy(&units.collect::<Vec<_>>()).as_bytes())
        }
        _ => shown(value.value()),
    };
    Some(format!("{label}={text}"))
}

/// `Time` (section 4.1.2.5).
fn time(element: &[u8]) -> Option<Timestamp> {
    let any = AnyRef::from_der(element).ok()?;
    let digits = any.value().strip_suffix(b"Z")?;
    let digits = match any.tag() {
        // Of the years 1950 to 2049.
        Tag::UtcTime if digits.first()? < &b'5' => [b"20", digits].concat(),
        Tag::UtcTime => [b"19", digits].concat(),
        Tag::GeneralizedTime => digits.to_vec(),
        _ => return None,
    };
    (digits.len() == 14).then(|| Timestamp::parse(&digits).ok()).flatten()
}

/// The hosts of an `Extension` (section 4.2) if it has the subject alternative names.
fn alternative_names(extension: &[u8]) -> Option<Vec<String>> {
    let mut parts = Elements(content(extension, Tag::Sequence)?);
    if content(parts.next()?, Tag::ObjectIdentifier)? != SUBJECT_ALTERNATIVE_NAME {
        return None;
    }
    // `critical` may come between.
    let names = content(parts.last()?, Tag::OctetString)?;
    Some(Elements(content(names, Tag::Sequence)?).filter_map(host).collect())
}

/// A `GeneralName` if it is a host.
fn host(name: &[u8]) -> Option<String> {
    if let Some(dns) = context(name, 2) {
        return Some(shown(dns));
    }
    let address = context(name, 7)?;
    match <[u8; 4]>::try_from(address) {
        Ok(address) => Some(Ipv4Addr::from(address).to_string()),
        Err(_) => Some(Ipv6Addr::from(<[u8; 16]>::try_from(address).ok()?).to_string()),
    }
}

fn shown(text: &[u8]) -> String {
    Escaped(text).to_string()
}
