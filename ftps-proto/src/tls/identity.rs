//! Who we are: PEM texts, a client certificate and its key.

use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::{Error, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};

use super::{CertificateInfo, ConfigError, Pem};

/// The certificates of a PEM text, of which there must be one at least. What else is in it does not matter.
pub(super) fn certificates(text: &[u8], pem: Pem) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
    let found = found.map_err(|error| unusable(text, pem, &error))?;
    if found.is_empty() {
        return Err(unusable(text, pem, &Error::NoItemsFound));
    }
    Ok(found)
}

/// What shows this certificate and signs with this key where a server asks for it.
///
/// # Errors
/// Which of the two cannot be used, or that they do not belong together.
pub(super) fn identity(
    chain: &[u8],
    key: &[u8],
    provider: &CryptoProvider,
) -> Result<Arc<dyn ResolvesClientCert>, ConfigError> {
    let chain = certificates(chain, Pem::Client)?;
    let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| unusable(key, Pem::ClientKey, &error))?;
    let key = provider.key_provider.load_private_key(key).map_err(ConfigError::ClientKey)?;
    // Not by rustls, which reads the certificate with webpki: one of version 1 is good enough for many servers.
    let of_key = |certificate: &CertificateDer<'_>| match key.public_key() {
        Some(public) => CertificateInfo::from_der(certificate).key() == Some(public.as_ref()),
        None => true,
    };
    match chain.iter().position(of_key) {
        Some(0) => Ok(Arc::new(SingleCertAndKey::from(CertifiedKey { cert: chain, key, ocsp: None }))),
        place => Err(ConfigError::KeyMismatch { place }),
    }
}

fn unusable(text: &[u8], pem: Pem, error: &Error) -> ConfigError {
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    let is_key = pem == Pem::ClientKey;
    let reason = match error {
        _ if !has(b"-----BEGIN ") => "it is not PEM, which has a line that begins with -----BEGIN",
        _ if is_key && has(b"ENCRYPTED") => "the key in it is encrypted: decrypt it first",
        Error::NoItemsFound if is_key => "there is no private key in it",
        Error::NoItemsFound => "there is no certificate in it",
        Error::MissingSectionEnd { .. } => "the line that begins with -----END is missing",
        Error::IllegalSectionStart { .. } => "its line that begins with -----BEGIN is broken",
        _ => "its base64 is broken",
    };
    ConfigError::Pem { pem, reason }
}
