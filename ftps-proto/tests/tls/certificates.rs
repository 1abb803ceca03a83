//! Who is believed, and what is said about the others.

use ftps_proto::tls::{Engine, TlsConfig, TlsError, Version};
use rustls::AlertDescription;
use rustls::pki_types::ServerName;

use super::pair::Pair;
use super::pki::{BOTH, NAME, Pki, name, stateless};

#[test]
fn names_what_is_wrong_with_a_certificate() {
    let pki = Pki::new();
    for version in BOTH {
        // An authority that the client does not know.
        let server = Pki::named("Other CA").server(version, stateless);
        let mut pair = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server);
        let error = pair.pump().unwrap_err();
        assert!(matches!(error, TlsError::UnknownIssuer { .. }), "{error:?}");
        assert!(error.is_certificate() && std::error::Error::source(&error).is_some());
        // The server is told, by an alert that was left to be sent.
        assert_eq!(pair.server_error, Some(rustls::Error::AlertReceived(AlertDescription::UnknownCA)));
        assert_eq!(pair.client.process().unwrap_err().to_string(), error.to_string());

        let server = pki.server(version, stateless);
        let other = ServerName::try_from("other.example.com").unwrap();
        let error = Pair::new(Engine::control(&pki.session(), other).unwrap(), &server).pump().unwrap_err();
        let text = error.to_string();
        assert!(text.contains(NAME) && text.contains("other.example.com"), "{text}");
        assert!(matches!(error, TlsError::WrongName { .. }));

        let old = pki.issue(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
        let server = pki.server_with(version, old, stateless);
        let error = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server).pump().unwrap_err();
        assert!(matches!(error, TlsError::Expired { .. }), "{error:?}");
    }
}

#[test]
fn accepts_any_certificate_only_through_the_door() {
    let server = Pki::new().server(Version::Tls13, stateless);
    let config = TlsConfig::builder().dangerous().accept_any_certificate().build().unwrap();
    let session = config.session();
    let mut control = Pair::control(&session, &server);
    assert!(Pair::data(&session, &mut control, &server).client.resumed());
}

#[test]
fn build_errors_say_which_part() {
    let pki = Pki::new();
    let (certificate, key) = pki.issue(|_| {});
    let (_, other_key) = pki.issue(|_| {});
    let error = pki.client().ca_pem("nothing").build().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the certificate authorities' PEM number 2 cannot be used: no certificate in it"
    );
    let error = pki.client().client_auth_pem(&key, &certificate).build().unwrap_err().to_string();
    assert!(error.starts_with("the client certificate's PEM"), "{error}");
    let error = pki.client().client_auth_pem(&certificate, &certificate).build().unwrap_err().to_string();
    assert!(error.starts_with("the client key's PEM"), "{error}");
    let error = pki.client().client_auth_pem(&certificate, other_key).build().unwrap_err().to_string();
    assert!(error.starts_with("the client certificate and key"), "{error}");
    assert!(pki.client().versions(&[]).build().is_err());
}
