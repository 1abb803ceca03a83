//! Whom to believe: the one verifier of both connections.

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
    verify_tls13_signature_with_raw_key,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};

use super::refused::{CertificateProblem, note};
use super::roots::{Asked, Roots};
use super::{CertificateInfo, Pin};

/// Believes a server whose certificate fits one of the pins, if there are any, and comes from one of the roots, if
/// there are any; without both nobody, or anybody. Whoever is believed has signed the handshake with the certificate's
/// key.
#[derive(Debug)]
pub(super) struct Trust {
    anybody: bool,
    pins: Vec<Pin>,
    roots: Vec<Roots>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Trust {
    /// Without pins and roots `anybody` is believed, or nobody.
    pub(super) fn new(anybody: bool, pins: Vec<Pin>, roots: Vec<Roots>, provider: &CryptoProvider) -> Self {
        Self { anybody, pins, roots, algorithms: provider.signature_verification_algorithms }
    }

    fn judge(
        &self,
        info: &CertificateInfo,
        asked: &Asked<'_>,
    ) -> Result<(), (Error, Option<CertificateProblem>)> {
        if !self.pins.is_empty() && !self.pins.iter().any(|pin| pin.fits(info)) {
            return Err((
                CertificateError::ApplicationVerificationFailure.into(),
                Some(CertificateProblem::NotPinned),
            ));
        }
        let mut refused = None;
        for roots in &self.roots {
            match roots.verify(info, asked) {
                Ok(()) => return Ok(()),
                // The roots that know the issuer can tell what is wrong.
                Err(error) => {
                    refused = Some(refused.filter(|known| !is_unknown_issuer(known)).unwrap_or(error))
                }
            }
        }
        match refused {
            None if self.anybody || !self.pins.is_empty() => Ok(()),
            None => Err((CertificateError::UnknownIssuer.into(), None)),
            // That it is odd (an authority's, version 1) does not matter while nobody vouches for it.
            Some(Error::InvalidCertificate(CertificateError::Other(_))) if info.is_self_issued => {
                Err((CertificateError::UnknownIssuer.into(), None))
            }
            Some(error) => Err((error, None)),
        }
    }

    /// Whether signatures of the certificate's key can be verified.
    fn is_usable(&self, info: &CertificateInfo) -> bool {
        let algorithm = info.key_parts().map(|(algorithm, _)| algorithm);
        algorithm.is_some_and(|algorithm| {
            self.algorithms.all.iter().any(|known| known.public_key_alg_id().as_ref() == algorithm)
        }) && info.rsa_bits().is_none_or(|bits| RSA_BITS.contains(&bits))
    }

    /// Where a chain is asked for, `parsed` verifies the signature, of a certificate of version 3; `raw` verifies it with
    /// the key alone.
    fn signature(
        &self,
        certificate: &CertificateDer<'_>,
        parsed: impl FnOnce() -> Result<HandshakeSignatureValid, Error>,
        raw: impl FnOnce(&CertificateInfo) -> Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        let info = CertificateInfo::from_der(certificate);
        let usable = self.is_usable(&info);
        let result = match self.roots.is_empty() {
            false => parsed(),
            true if usable => raw(&info),
            // Who accepts anybody's certificate learns little from a signature.
            true if self.anybody && self.pins.is_empty() => Ok(HandshakeSignatureValid::assertion()),
            true => Err(CertificateError::BadSignature.into()),
        };
        let problem = if usable { CertificateProblem::KeyNotHeld } else { CertificateProblem::UnusableKey };
        result.map_err(|error| note(error, info, Some(problem), None))
    }
}

/// The lengths of RSA keys that rustls' providers verify signatures with.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

fn is_unknown_issuer(error: &Error) -> bool {
    matches!(error, Error::InvalidCertificate(CertificateError::UnknownIssuer))
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let info = CertificateInfo::from_der(end_entity);
        match self.judge(&info, &Asked { end_entity, intermediates, name, ocsp, now }) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            Err((error, problem)) => Err(note(error, info, problem, Some((name, now)))),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let raw = |info: &CertificateInfo| {
            let schemes = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
            let (algorithm, key) = info.key_parts().unwrap_or_default();
            // A scheme of TLS 1.2 tells the hash but not the curve.
            let valid = schemes.flat_map(|(_, known)| known.iter()).any(|known| {
                known.public_key_alg_id().as_ref() == algorithm
                    && known.verify_signature(key, message, signed.signature()).is_ok()
            });
            match valid {
                true => Ok(HandshakeSignatureValid::assertion()),
                false => Err(CertificateError::BadSignature.into()),
            }
        };
        let parsed = || verify_tls12_signature(message, certificate, signed, &self.algorithms);
        self.signature(certificate, parsed, raw)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let raw = |info: &CertificateInfo| {
            let key = SubjectPublicKeyInfoDer::from(info.key().unwrap_or_default());
            verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
        };
        let parsed = || verify_tls13_signature(message, certificate, signed, &self.algorithms);
        self.signature(certificate, parsed, raw)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
