//! Who vouches for a server: given certificates, or the platform's authorities.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, Error, RootCertStore};

use super::CertificateInfo;
use crate::codec::Timestamp;

/// What a server shows, and who is asked for.
pub(super) struct Asked<'a> {
    pub(super) end_entity: &'a CertificateDer<'a>,
    pub(super) intermediates: &'a [CertificateDer<'a>],
    pub(super) name: &'a ServerName<'a>,
    pub(super) ocsp: &'a [u8],
    pub(super) now: UnixTime,
}

pub(super) enum Roots {
    /// Certificates of authorities, or of servers themselves.
    Given {
        authorities: Arc<WebPkiServerVerifier>,
        certificates: Vec<CertificateDer<'static>>,
    },
    Platform(Arc<rustls_platform_verifier::Verifier>),
}

impl fmt::Debug for Roots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given { certificates, .. } => write!(f, "Given({})", certificates.len()),
            Self::Platform(_) => f.write_str("Platform"),
        }
    }
}

impl Roots {
    /// # Errors
    /// What webpki says of a certificate that it cannot read, or of none.
    pub(super) fn given(
        certificates: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone())?;
        }
        let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| Error::General(error.to_string()))?;
        Ok(Self::Given { authorities, certificates })
    }

    /// There is one verifier of the platform's in a process, as long as its configurations use one provider: to make it
    /// can mean to read hundreds of certificates.
    ///
    /// # Errors
    /// What the platform says.
    pub(super) fn platform(provider: &Arc<CryptoProvider>) -> Result<Self, Error> {
        type Made = (Arc<CryptoProvider>, Arc<rustls_platform_verifier::Verifier>);
        static LAST: Mutex<Option<Made>> = Mutex::new(None);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, verifier) = match last.take_if(|(known, _)| Arc::ptr_eq(known, provider)) {
            Some(made) => last.insert(made),
            None => {
                let verifier = rustls_platform_verifier::Verifier::new(Arc::clone(provider))?;
                last.insert((Arc::clone(provider), Arc::new(verifier)))
            }
        };
        Ok(Self::Platform(Arc::clone(verifier)))
    }

    pub(super) fn verify(&self, info: &CertificateInfo, asked: &Asked<'_>) -> Result<(), Error> {
        let verifier: &dyn ServerCertVerifier = match self {
            Self::Given { certificates, .. } if certificates.contains(asked.end_entity) => {
                return is_in_date(info, asked.now).and_then(|()| is_for(info, asked));
            }
            Self::Given { authorities, .. } => &**authorities,
            Self::Platform(platform) => &**platform,
        };
        let Asked { end_entity, intermediates, name, ocsp, now } = *asked;
        verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now).map(|_| ())
    }
}

// A certificate that is byte for byte a given one needs no chain. webpki would refuse one that is its own authority
// (`CA:TRUE`), as `openssl req -x509` makes it.

fn is_in_date(info: &CertificateInfo, time: UnixTime) -> Result<(), Error> {
    let unix = |date: Option<Timestamp>| date?.to_unix().map(|seconds| seconds.max(0).unsigned_abs());
    let (Some(not_before), Some(not_after)) = (unix(info.not_before), unix(info.not_after)) else {
        return Err(CertificateError::BadEncoding.into());
    };
    let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    match time.as_secs() {
        now if now < not_before => {
            Err(CertificateError::NotValidYetContext { time, not_before: at(not_before) }.into())
        }
        now if now > not_after => {
            Err(CertificateError::ExpiredContext { time, not_after: at(not_after) }.into())
        }
        _ => Ok(()),
    }
}

fn is_for(info: &CertificateInfo, asked: &Asked<'_>) -> Result<(), Error> {
    if info.names.is_empty() {
        // Version 1 has no names, and webpki does not read it.
        let (expected, presented) = (asked.name.to_owned(), Vec::new());
        return Err(CertificateError::NotValidForNameContext { expected, presented }.into());
    }
    verify_server_name(&ParsedCertificate::try_from(asked.end_entity)?, asked.name)
}

#[cfg(all(test, feature = "aws-lc-rs"))]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_verifier_is_made_once_for_a_provider() {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let [Ok(Roots::Platform(first)), Ok(Roots::Platform(second))] =
            [&provider, &provider].map(Roots::platform)
        else {
            panic!("no authorities on this machine")
        };
        assert!(Arc::ptr_eq(&first, &second));
        // Never another provider's.
        let other = Arc::new(CryptoProvider::clone(&provider));
        let Ok(Roots::Platform(third)) = Roots::platform(&other) else { panic!() };
        assert!(!Arc::ptr_eq(&first, &third));
    }
}
