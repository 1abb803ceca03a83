//! Who we are: a client certificate and its key.

use std::sync::Arc;

use ftps_proto::tls::{TlsConfig, Version};
use rustls::RootCertStore;
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{ServerConfig, WebPkiClientVerifier};

use super::library;
use super::pair::Pair;
use super::pki::{BOTH, Pki, SELF_SIGNED, V1, chain, private, signing};

/// A server that asks for a certificate of the authority's.
pub(super) fn asks(pki: &Pki, version: Version) -> Arc<ServerConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(pki.ca.der().clone()).unwrap();
    let provider = Arc::new(library::default_provider());
    let verifier: Arc<dyn ClientCertVerifier> =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build().unwrap();
    let version = match version {
        Version::Tls12 => &rustls::version::TLS12,
        Version::Tls13 => &rustls::version::TLS13,
    };
    let (certificate, key) = pki.issue(|_| {});
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain(&certificate), private(&key))
        .unwrap();
    Arc::new(config)
}

#[test]
fn is_shown_where_it_is_asked_for_in_one_text_or_two() {
    let pki = Pki::new();
    let (certificate, key) = pki.issue(|_| {});
    for version in BOTH {
        let server = asks(&pki, version);
        for both in [format!("{certificate}{key}"), format!("{key}{certificate}")] {
            for (chain, key) in [(&certificate, &key), (&both, &both)] {
                let session = pki.client().client_auth_pem(chain, key).build().unwrap().session();
                let pair = Pair::control(&session, &server);
                assert_eq!(pair.server.peer_certificates().map(|shown| shown.len()), Some(1));
            }
        }
    }
}

/// PKCS #8, PKCS #1 with a certificate of version 1, SEC 1.
#[test]
fn a_key_has_many_forms() {
    let (certificate, key) = Pki::new().issue(|_| {});
    for (chain, key) in [(&*certificate, &*key), (V1, V1), (SELF_SIGNED, SELF_SIGNED)] {
        signing(key);
        TlsConfig::builder().ca_pem(V1).client_auth_pem(chain, key).build().unwrap();
    }
}

#[test]
fn what_does_not_fit_is_named() {
    let pki = Pki::new();
    let (certificate, key) = pki.issue(|_| {});
    let (other, other_key) = pki.issue(|_| {});
    let short = key.replace("-----END", "");
    let broken = certificate.replace("MII", "*II");
    let mut odd = key.clone();
    odd.replace_range(40..44, "AAAA");
    let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIHs\n-----END ENCRYPTED PRIVATE KEY-----\n";
    let old = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,9D\n\nMIHs\n\
               -----END EC PRIVATE KEY-----\n";
    let two = format!("{other}{certificate}");
    let (cert_pem, key_pem) =
        ("the client certificate's PEM cannot be used: ", "the client key's PEM cannot be used: ");
    for (chain, key, whose, says) in [
        (&*key, &*key, cert_pem, "there is no certificate in it"),
        ("\x30\x03", &key, cert_pem, "it is not PEM, which has a line that begins with -----BEGIN"),
        (&broken, &key, cert_pem, "its base64 is broken"),
        (&certificate, &certificate, key_pem, "there is no private key in it"),
        (&certificate, "", key_pem, "it is not PEM, which has a line that begins with -----BEGIN"),
        (&certificate, &short, key_pem, "the line that begins with -----END is missing"),
        (&certificate, encrypted, key_pem, "the key in it is encrypted: decrypt it first"),
        (&certificate, old, key_pem, "the key in it is encrypted: decrypt it first"),
        (&certificate, &odd, "the client key cannot be used: ", "nor Ed25519"),
        (&certificate, &other_key, "the client key does not belong to the client certificate", "another's"),
        (&two, &key, "the client key belongs to certificate number 2 of the client's chain", "to come first"),
    ] {
        let error =
            TlsConfig::builder().ca_pem(V1).client_auth_pem(chain, key).build().unwrap_err().to_string();
        assert!(error.starts_with(whose) && error.ends_with(says), "{error}");
    }
}

#[test]
fn what_else_cannot_be_used_is_named() {
    let pki = Pki::new();
    let error = pki.client().ca_pem("nothing").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trusted certificates' PEM number 2 cannot be used: it is not PEM, which has a line that begins with \
         -----BEGIN"
    );
    let odd = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = pki.client().ca_pem(odd).build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the trusted certificates' PEM number 2 cannot be used: a certificate in it cannot be read"
    );
    assert!(std::error::Error::source(&error).is_some());
    assert!(pki.client().versions(&[]).build().is_err());
}
