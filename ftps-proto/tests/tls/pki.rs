//! Certificates, servers and providers for the tests.

use std::sync::{Arc, OnceLock};

use ftps_proto::tls::{TlsConfig, TlsConfigBuilder, TlsSession, Version};
use rustls::crypto::cipher::{
    AeadKey, Iv, MessageDecrypter, MessageEncrypter, Tls13AeadAlgorithm, UnsupportedOperationError,
};
use rustls::crypto::{CipherSuiteCommon, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::sign::{CertifiedKey, SigningKey, SingleCertAndKey};
use rustls::{ConnectionTrafficSecrets, ServerConfig, SupportedCipherSuite, Tls13CipherSuite};

use super::library;

pub(super) const NAME: &str = "ftp.example.com";

pub(super) const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A certificate authority, and what it issued.
pub(super) struct Pki {
    pub(super) ca: rcgen::Certificate,
    pub(super) issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    /// What each of its servers shows that is given no other.
    shown: OnceLock<(String, String)>,
}

impl Pki {
    pub(super) fn new() -> Self {
        Self::named("Harbour CA")
    }

    pub(super) fn named(name: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = params.self_signed(&key).unwrap();
        Self { ca, issuer: rcgen::Issuer::new(params, key), shown: OnceLock::new() }
    }

    /// A certificate and its key, as PEM.
    pub(super) fn issue(&self, change: impl FnOnce(&mut rcgen::CertificateParams)) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([NAME.to_owned()]).unwrap();
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    pub(super) fn server(
        &self,
        version: Version,
        change: impl FnOnce(&mut ServerConfig),
    ) -> Arc<ServerConfig> {
        self.server_with(version, self.shown.get_or_init(|| self.issue(|_| {})).clone(), change)
    }

    pub(super) fn server_with(
        &self,
        version: Version,
        (certificate, key): (String, String),
        change: impl FnOnce(&mut ServerConfig),
    ) -> Arc<ServerConfig> {
        let version = match version {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(library::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain(&certificate), private(&key))
            .unwrap();
        config.alpn_protocols = vec![b"ftp".to_vec()];
        change(&mut config);
        Arc::new(config)
    }

    pub(super) fn client(&self) -> TlsConfigBuilder {
        TlsConfig::builder().ca_pem(self.ca.pem())
    }

    pub(super) fn session(&self) -> TlsSession {
        self.client().build().unwrap().session()
    }
}

/// A server that shows this certificate and signs with this key, whether or not they fit together.
pub(super) fn shows(
    version: Version,
    chain: Vec<CertificateDer<'static>>,
    key: Arc<dyn SigningKey>,
) -> Arc<ServerConfig> {
    let version = match version {
        Version::Tls12 => &rustls::version::TLS12,
        Version::Tls13 => &rustls::version::TLS13,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(library::default_provider()))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key))));
    stateless(&mut config);
    Arc::new(config)
}

pub(super) fn signing(key: &str) -> Arc<dyn SigningKey> {
    library::default_provider().key_provider.load_private_key(private(key)).unwrap()
}

/// A self-signed certificate that is its own authority, and its key, as PEM.
pub(super) fn self_signed(change: impl FnOnce(&mut rcgen::CertificateParams)) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new([NAME.to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Attic NAS");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    change(&mut params);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

/// Version 1, with its key in the same text.
pub(super) const V1: &str = include_str!("../data/certificates/v1.pem");
/// As `openssl req -x509` makes it, with its key in the same text.
pub(super) const SELF_SIGNED: &str = include_str!("../data/certificates/self-signed.pem");
/// A key that is too short, left out.
pub(super) const RSA_1024: &str = include_str!("../data/certificates/rsa1024.pem");

/// A certificate from its PEM, as servers take it.
pub(super) fn chain(certificate: &str) -> Vec<CertificateDer<'static>> {
    vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()]
}

pub(super) fn private(key: &str) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap()
}

pub(super) fn name() -> ServerName<'static> {
    ServerName::try_from(NAME).unwrap()
}

pub(super) fn stateless(config: &mut ServerConfig) {
    config.ticketer = library::Ticketer::new().unwrap();
}

/// A provider whose one TLS 1.3 suite has another confidentiality limit or another AEAD.
pub(super) fn provider(
    limit: u64,
    aead: impl Fn(&'static dyn Tls13AeadAlgorithm) -> &'static dyn Tls13AeadAlgorithm,
) -> Arc<CryptoProvider> {
    let base = library::cipher_suite::TLS13_AES_256_GCM_SHA384.tls13().unwrap();
    let suite = Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: base.common.suite,
            hash_provider: base.common.hash_provider,
            confidentiality_limit: limit,
        },
        hkdf_provider: base.hkdf_provider,
        aead_alg: aead(base.aead_alg),
        quic: None,
    };
    let suite = SupportedCipherSuite::Tls13(Box::leak(Box::new(suite)));
    Arc::new(CryptoProvider { cipher_suites: vec![suite], ..library::default_provider() })
}

pub(super) struct NoExtraction(pub(super) &'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for NoExtraction {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        self.0.encrypter(key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        self.0.decrypter(key, iv)
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}
