//! The same certificate on both connections.
//!
//! A data connection that resumes proves that it leads to the server of the control connection. One with a handshake of its
//! own leads to somebody whom the configuration trusts under the same name, or, where it accepts anybody, to anybody. So its
//! certificate has to be the one that the control connection's server has shown.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::CertificateInfo;
use super::refused::{CertificateProblem, note};
use super::trust::Trust;

/// One FTP session's verifier: of the certificates that are trusted, the first one, which is the control connection's.
pub(super) struct Same {
    trust: Arc<Trust>,
    leaf: Mutex<Option<CertificateDer<'static>>>,
}

impl Same {
    pub(super) fn new(trust: Arc<Trust>) -> Self {
        Self { trust, leaf: Mutex::default() }
    }

    /// Another control connection begins.
    pub(super) fn renew(&self) {
        *self.leaf() = None;
    }

    fn leaf(&self) -> MutexGuard<'_, Option<CertificateDer<'static>>> {
        self.leaf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ServerCertVerifier for Same {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.trust.verify_server_cert(end_entity, intermediates, name, ocsp, now)?;
        let mut leaf = self.leaf();
        if *leaf.get_or_insert_with(|| end_entity.clone().into_owned()) == *end_entity {
            return Ok(verified);
        }
        let info = CertificateInfo::from_der(end_entity);
        let error = CertificateError::ApplicationVerificationFailure.into();
        Err(note(error, info, Some(CertificateProblem::NotControls), Some((name, now))))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.trust.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.trust.supported_verify_schemes()
    }
}

impl fmt::Debug for Same {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Same").field(&self.trust).finish()
    }
}
