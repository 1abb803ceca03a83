//! How a connection ends, and what is said about it.

use std::io::Write;
use std::sync::Arc;

use ftps_proto::tls::{Engine, Event, TlsError, Version};
use rustls::crypto::CryptoProvider;
use rustls::{ServerConfig, SignatureScheme, SupportedCipherSuite};

use super::library;
use super::pair::{Pair, payload};
use super::pki::{BOTH, Pki, chain, name, private, stateless};

#[test]
fn tells_a_clean_end_from_a_cut_one() {
    let pki = Pki::new();
    for version in BOTH {
        for clean in [true, false] {
            let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
            pair.server.writer().write_all(b"data").unwrap();
            if clean {
                pair.server.send_close_notify();
            }
            pair.draw();
            pair.pull().unwrap();
            pair.client.received_eof();
            pair.pull().unwrap();
            assert_eq!(pair.client_got, b"data");
            let end = if clean { Event::Closed } else { Event::Truncated };
            assert_eq!(pair.last(), end);
            assert_eq!(pair.client.process().unwrap(), end);
        }
    }
}

#[test]
fn a_cut_record_is_a_cut_end() {
    let pki = Pki::new();
    for version in BOTH {
        let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
        pair.server.writer().write_all(b"data").unwrap();
        pair.draw();
        pair.to_client.pop();
        pair.pull().unwrap();
        assert_eq!(pair.client.process().unwrap(), Event::Blocked);
        pair.client.received_eof();
        assert_eq!(pair.client.process().unwrap(), Event::Truncated);
        assert!(pair.client_got.is_empty());
    }
}

#[test]
fn receives_after_an_early_close_notify() {
    let pki = Pki::new();
    for version in BOTH {
        let mut data = Pair::resumed(&pki, version);
        data.client.close_notify().unwrap();
        assert!(data.client.sent_close_notify());
        assert!(data.client.seal(b"late").is_err());
        data.pump().unwrap();
        assert!(data.server_closed);
        let bytes = payload(1 << 20);
        for part in bytes.chunks(100_000) {
            data.server.writer().write_all(part).unwrap();
            data.pump().unwrap();
        }
        assert_eq!(data.client.process().unwrap(), Event::Blocked);
        data.server.send_close_notify();
        data.pump().unwrap();
        assert!(data.client_got == bytes);
        assert_eq!(data.last(), Event::Closed);
    }
}

#[test]
fn receives_after_an_early_close_notify_with_every_suite_of_tls12() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls12, stateless);
    let suites = library::ALL_CIPHER_SUITES.iter().filter(|suite| {
        matches!(suite, SupportedCipherSuite::Tls12(suite) if suite.sign.contains(&SignatureScheme::ECDSA_NISTP256_SHA256))
    });
    let mut tried = 0;
    for suite in suites {
        let provider = CryptoProvider { cipher_suites: vec![*suite], ..library::default_provider() };
        let session = pki.client().provider(Arc::new(provider)).build().unwrap().session();
        let mut pair = Pair::control(&session, &server);
        assert_eq!(pair.client.cipher_suite(), Some(suite.suite()));
        pair.client.close_notify().unwrap();
        let bytes = payload(100_000);
        pair.server.writer().write_all(&bytes).unwrap();
        pair.server.send_close_notify();
        pair.pump().unwrap();
        assert!(pair.client_got == bytes && pair.last() == Event::Closed, "{suite:?}");
        tried += 1;
    }
    assert!(tried >= 3, "both lengths of AES-GCM, and ChaCha20");
}

#[test]
fn sends_after_the_peer_has_closed() {
    let pki = Pki::new();
    for version in BOTH {
        let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
        pair.server.send_close_notify();
        pair.pump().unwrap();
        assert_eq!(pair.last(), Event::Closed);
        pair.client.close_notify().unwrap();
        pair.push();
        assert!(pair.server_closed);
    }
}

#[test]
fn an_end_before_the_handshake_is_refused_and_changes_nothing() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, |_| {});
        let mut engine = Engine::control(&pki.session(), name()).unwrap();
        engine.close_notify().unwrap_err();
        assert!(engine.outgoing().is_empty() && !engine.sent_close_notify());
        let mut pair = Pair::new(engine, &server);
        pair.pump().unwrap();
        pair.client.close_notify().unwrap();
        pair.pump().unwrap();
        assert!(pair.server_closed);
    }
}

#[test]
fn names_an_end_in_the_handshake() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, stateless);
    for keep in [0, 3, 60] {
        let mut pair = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server);
        pair.pull().unwrap();
        pair.push();
        pair.draw();
        pair.to_client.truncate(keep);
        pair.client.received_eof();
        assert!(pair.client.close_notify().is_err(), "there is nothing to end yet");
        assert!(matches!(pair.pull().and(pair.client.process().map(|_| 0)), Err(TlsError::HandshakeEof)));
        // And nothing goes on.
        assert!(pair.client.seal(b"USER").is_err() && pair.client.close_notify().is_err());
        assert!(pair.client.outgoing().is_empty());
    }
}

#[test]
fn names_the_alert_that_ended_tls() {
    let pki = Pki::new();
    let (certificate, key) = pki.issue(|_| {});
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pki.ca.der().clone()).unwrap();
    let provider = Arc::new(library::default_provider());
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone())
            .build()
            .unwrap();
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain(&certificate), private(&key))
        .unwrap();
    let server = Arc::new(server);
    for versions in [&BOTH[..1], &BOTH[1..]] {
        let config = pki.client().versions(versions).build().unwrap();
        let mut pair = Pair::new(Engine::control(&config.session(), name()).unwrap(), &server);
        let error = pair.pump().unwrap_err();
        assert!(error.alert().is_some(), "{error:?}");
        assert!(error.to_string().contains("alert"), "{error}");

        let config = pki.client().versions(versions).client_auth_pem(&certificate, &key).build().unwrap();
        let session = config.session();
        let mut control = Pair::control(&session, &server);
        assert!(Pair::data(&session, &mut control, &server).client.resumed());
    }
}
