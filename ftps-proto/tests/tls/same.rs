//! Whose data connection it is, where it does not resume; and what else a configuration decides over.

use std::sync::{Arc, Mutex};

use ftps_proto::tls::{CertificateProblem, Engine, TlsConfig, TlsConfigBuilder, TlsError};
use rustls::{AlertDescription, KeyLog, NamedGroup, ServerConfig};

use super::library;
use super::pair::{Pair, payload};
use super::pki::{BOTH, Pki, name, stateless};

/// What a data connection to another server comes to, after a control connection to the first one.
fn data(
    tls: TlsConfigBuilder,
    control: &Arc<ServerConfig>,
    data: &Arc<ServerConfig>,
) -> (Pair, Result<(), TlsError>) {
    let session = tls.build().unwrap().session();
    let mut control = Pair::control(&session, control);
    let mut pair = Pair::new(Engine::data(&session, name(), &mut control.client).unwrap(), data);
    let pumped = pair.pump();
    assert!(!pair.client.resumed());
    (pair, pumped)
}

#[test]
fn a_data_connection_shows_the_control_connections_certificate() {
    let pki = Pki::new();
    for version in BOTH {
        // They know nothing of each other's tickets.
        let [server, same] = [(); 2].map(|()| pki.server(version, stateless));
        let other = pki.server_with(version, pki.issue(|_| {}), stateless);
        let (mut pair, pumped) = data(pki.client(), &server, &same);
        pumped.unwrap();
        pair.write(&payload(1000));
        pair.pump().unwrap();

        for tls in [pki.client(), TlsConfig::builder().dangerous().accept_any_certificate()] {
            let (pair, pumped) = data(tls, &server, &other);
            let error = pumped.unwrap_err();
            let refused = error.refused_certificate().unwrap();
            assert_eq!(refused.problem, CertificateProblem::NotControls, "{error}");
            assert_eq!(refused.pin(), None, "no pin mends that");
            assert!(!pair.client.handshake_done());
            let told = Some(rustls::Error::AlertReceived(AlertDescription::AccessDenied));
            assert_eq!(pair.server_error, told, "{version:?}");
        }
        let (_, pumped) = data(pki.client().dangerous().accept_other_data_certificates(), &server, &other);
        pumped.unwrap();
    }
}

#[test]
fn another_control_connection_may_have_another_certificate() {
    let pki = Pki::new();
    let session = pki.session();
    for version in BOTH {
        for server in [(); 2].map(|()| pki.server_with(version, pki.issue(|_| {}), stateless)) {
            let mut control = Pair::control(&session, &server);
            assert!(Pair::data(&session, &mut control, &server).client.resumed());
        }
    }
}

#[derive(Debug, Default)]
struct Keys(Mutex<Vec<String>>);

impl KeyLog for Keys {
    fn log(&self, label: &str, _: &[u8], _: &[u8]) {
        self.0.lock().unwrap().push(label.to_owned());
    }
}

#[test]
fn keys_are_told_where_that_was_asked_for() {
    let pki = Pki::new();
    for version in BOTH {
        let keys = Arc::new(Keys::default());
        let log: Arc<dyn KeyLog> = Arc::<Keys>::clone(&keys);
        let session = pki.client().dangerous().key_log(log).build().unwrap().session();
        let server = pki.server(version, stateless);
        let mut control = Pair::control(&session, &server);
        let of_control = keys.0.lock().unwrap().len();
        Pair::data(&session, &mut control, &server);
        let told = keys.0.lock().unwrap();
        assert!(of_control > 0 && told.len() > of_control, "{told:?}");
    }
}

/// The groups are the provider's, P-256 first. One of another group costs a round trip, and no more.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn a_server_may_choose_a_post_quantum_group() {
    let pki = Pki::new();
    let group = library::kx_group::X25519MLKEM768;
    let provider = rustls::crypto::CryptoProvider { kx_groups: vec![group], ..library::default_provider() };
    let (certificate, key) = pki.issue(|_| {});
    let mut config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(super::pki::chain(&certificate), super::pki::private(&key))
        .unwrap();
    stateless(&mut config);
    let (session, server) = (pki.session(), Arc::new(config));
    let mut control = Pair::control(&session, &server);
    assert_eq!(control.client.key_exchange_group(), Some(NamedGroup::X25519MLKEM768));
    let data = Pair::data(&session, &mut control, &server);
    assert_eq!(data.client.key_exchange_group(), Some(NamedGroup::X25519MLKEM768));
    assert!(data.client.resumed());
}
