//! What a server's alert is told as.

use std::sync::Arc;

use ftps_proto::tls::{Engine, TlsConfigBuilder, TlsError, Version};
use rustls::crypto::CryptoProvider;
use rustls::{AlertDescription, CipherSuite, PeerIncompatible, ServerConfig};

use super::identity::asks;
use super::library;
use super::pair::Pair;
use super::pki::{BOTH, Pki, SELF_SIGNED, name, stateless};

fn fails(config: TlsConfigBuilder, server: &Arc<ServerConfig>) -> TlsError {
    let session = config.build().unwrap().session();
    let mut pair = Pair::new(Engine::control(&session, name()).unwrap(), server);
    for _ in 0..2 {
        if let Err(error) = pair.pump() {
            return error;
        }
    }
    panic!("no error")
}

#[test]
fn nothing_in_common_says_what_this_client_speaks() {
    let pki = Pki::new();
    let error = fails(pki.client().versions(&[Version::Tls12]), &pki.server(Version::Tls13, stateless));
    assert_eq!(error.alert(), Some(AlertDescription::ProtocolVersion));
    let speaks = "this client speaks TLS 1.2 and 1.3 (unless told to speak one of them only), with forward secrecy \
                  (ECDHE) and authenticated ciphers (AES-GCM, ChaCha20-Poly1305); turn that on in the server";
    assert_eq!(
        error.to_string(),
        format!(
            "the server speaks no version of TLS that this client does (alert protocol_version): {speaks}"
        )
    );

    let mut suites = library::default_provider();
    suites.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_AES_128_GCM_SHA256);
    let mut others: CryptoProvider = library::default_provider();
    others.cipher_suites.retain(|suite| suite.suite() == CipherSuite::TLS13_AES_256_GCM_SHA384);
    let (certificate, key) = pki.issue(|_| {});
    let server = ServerConfig::builder_with_provider(Arc::new(others))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(super::pki::chain(&certificate), super::pki::private(&key))
        .unwrap();
    let config = pki.client().provider(Arc::new(suites)).versions(&[Version::Tls13]);
    let error = fails(config, &Arc::new(server));
    assert_eq!(error.alert(), Some(AlertDescription::HandshakeFailure));
    assert_eq!(
        error.to_string(),
        format!(
            "the server has nothing in common with this client, or requires a client certificate (alert \
             handshake_failure): {speaks}"
        )
    );

    let error =
        TlsError::from(rustls::Error::PeerIncompatible(PeerIncompatible::ServerDoesNotSupportTls12Or13));
    assert_eq!(error.to_string(), format!("the server has no TLS in common with this client: {speaks}"));
}

#[test]
fn a_client_certificate_that_is_missing_or_wrong_is_said_so() {
    let pki = Pki::new();
    for version in BOTH {
        let server = asks(&pki, version);
        let text = fails(pki.client(), &server).to_string();
        assert_eq!(text, "the server requires a client certificate (alert certificate_required)");
        let wrong = pki.client().client_auth_pem(SELF_SIGNED, SELF_SIGNED);
        let text = fails(wrong, &server).to_string();
        assert!(
            text.starts_with("the server does not accept the client certificate, or requires one (alert "),
            "{text}"
        );
    }
}

#[test]
fn every_alert_has_the_name_of_its_rfc() {
    for number in 0..=u8::MAX {
        let alert = AlertDescription::from(number);
        let text = TlsError::from(rustls::Error::AlertReceived(alert)).to_string();
        let (_, name) = text.split_once("(alert ").unwrap();
        let (name, _) = name.split_once(')').unwrap();
        assert!(
            name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') || name == number.to_string()
        );
        assert_ne!(name, format!("{alert:?}"));
    }
}
