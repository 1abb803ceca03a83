//! What a scripted server shows for itself.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
#[cfg(feature = "aws-lc-rs")]
use tokio_rustls::rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "aws-lc-rs"))]
use tokio_rustls::rustls::crypto::ring as library;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// What is wrong with a server's certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    Expired,
    /// It is for `elsewhere.example`.
    WrongName,
}

/// Tickets are stateless, as OpenSSL's, and there are none on data connections, as with ProFTPD: a client that closes a
/// socket with a ticket unread resets it, meant or not.
pub fn certify(certificate: Certificate, addr: SocketAddr) -> ([TlsAcceptor; 2], String) {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, format!("Authority of {addr}"));
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut params = match certificate {
        Certificate::WrongName => CertificateParams::new(["elsewhere.example".into()]),
        _ => CertificateParams::new(["localhost".into(), "127.0.0.1".into()]),
    }
    .unwrap();
    if certificate == Certificate::Expired {
        params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let chain = vec![params.signed_by(&key, &authority).unwrap().der().clone()];
    let mut config = ServerConfig::builder_with_provider(library::default_provider().into())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    config.ticketer = library::Ticketer::new().unwrap();
    let mut data = config.clone();
    data.send_tls13_tickets = 0;
    ([config, data].map(|config| TlsAcceptor::from(Arc::new(config))), authority.pem())
}
