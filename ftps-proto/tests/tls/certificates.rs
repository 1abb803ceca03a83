//! What is said about a certificate, and about a configuration that cannot be.

use ftps_proto::tls::{CertificateInfo, CertificateProblem, Engine, RefusedCertificate, TlsError, Version};
use proptest::prelude::*;
use rustls::AlertDescription;
use rustls::pki_types::ServerName;

use super::pair::Pair;
use super::pki::{BOTH, NAME, Pki, RSA_1024, SELF_SIGNED, V1, chain, name, self_signed, stateless};

fn info(pem: &str) -> CertificateInfo {
    CertificateInfo::from_der(&chain(pem)[0])
}

fn refused(error: &TlsError) -> &RefusedCertificate {
    assert!(error.is_certificate() && std::error::Error::source(error).is_some());
    error.refused_certificate().unwrap()
}

#[test]
fn names_what_is_wrong_with_a_certificate() {
    use CertificateProblem::*;
    let pki = Pki::new();
    let host = |host: &str| ServerName::try_from(host.to_owned()).unwrap();
    let day = rcgen::date_time_ymd;
    let cases = [
        (
            Pki::named("Other CA").issue(|_| {}),
            name(),
            (UnknownIssuer, AlertDescription::UnknownCA),
            "was issued by CN=Other CA, which is not trusted: trust that authority, or pin the certificate, once its \
             fingerprint is known to be the server's",
        ),
        (
            self_signed(|_| {}),
            name(),
            (SelfSigned, AlertDescription::UnknownCA),
            "is self-signed, and not a trusted one: trust or pin it, once its fingerprint is known to be the server's",
        ),
        (
            self_signed(|params| params.subject_alt_names.clear()),
            name(),
            (SelfSigned, AlertDescription::UnknownCA),
            "is self-signed, and has no subject alternative name: pin it, once its fingerprint is known to be the \
             server's",
        ),
        (
            pki.issue(|_| {}),
            host("192.0.2.7"),
            (WrongName, AlertDescription::BadCertificate),
            "is for ftp.example.com, not for 192.0.2.7: connect to one of its names, or pin it, once its fingerprint \
             is known to be the server's",
        ),
        (
            pki.issue(|params| params.subject_alt_names.clear()),
            name(),
            (NoName, AlertDescription::BadCertificate),
            "has no subject alternative name, so that it is for no host (CN=rcgen self signed cert does not count): \
             pin it, once its fingerprint is known to be the server's, or have it issued anew for ftp.example.com",
        ),
        (
            pki.issue(|params| params.not_after = day(2020, 1, 2)),
            name(),
            (Expired, AlertDescription::CertificateExpired),
            "expired on 2020-01-02: the server needs a new one (here it is 20",
        ),
        (
            pki.issue(|params| params.not_before = day(3000, 1, 2)),
            name(),
            (NotYetValid, AlertDescription::CertificateExpired),
            "is not valid yet, but from 3000-01-02: set the clock that is wrong, here or on the server (here it is 20",
        ),
        (
            pki.issue(|params| params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth]),
            name(),
            (WrongPurpose, AlertDescription::UnsupportedCertificate),
            "is not meant for servers: have it issued for them, or pin it",
        ),
    ];
    for (certificate, host, (problem, alert), says) in cases {
        for version in BOTH {
            let shown = info(&certificate.0);
            let server = pki.server_with(version, certificate.clone(), stateless);
            let mut pair = Pair::new(Engine::control(&pki.session(), host.clone()).unwrap(), &server);
            let error = pair.pump().unwrap_err();
            assert_eq!(refused(&error).problem, problem, "{error:?}");
            assert_eq!(refused(&error).host, host.to_str());
            assert_eq!(refused(&error).certificate.as_deref(), Some(&shown));
            assert_eq!(refused(&error).pin(), shown.key_pin());
            let text = error.to_string();
            assert!(text.starts_with(&format!("the server's certificate {says}")), "{text}");
            assert!(text.ends_with(&format!("; SHA-256 {}", shown.fingerprint())), "{text}");
            // The server is told, by an alert that was left to be sent.
            assert_eq!(pair.server_error, Some(rustls::Error::AlertReceived(alert)));
            assert_eq!(pair.client.process().unwrap_err().to_string(), text);
        }
    }
}

#[test]
fn the_error_is_about_the_certificate_of_its_own_connection() {
    let pki = Pki::new();
    let [first, second] = [self_signed(|_| {}), self_signed(|_| {})];
    let session = pki.session();
    let refuse = |certificate: &(String, String)| {
        let server = pki.server_with(Version::Tls13, certificate.clone(), stateless);
        Pair::new(Engine::control(&session, name()).unwrap(), &server).pump().unwrap_err()
    };
    let fingerprint = |error: &TlsError| refused(error).certificate.as_ref().unwrap().fingerprint();
    assert_eq!(fingerprint(&refuse(&first)), info(&first.0).fingerprint());
    assert_eq!(fingerprint(&refuse(&second)), info(&second.0).fingerprint());
    // One that no verifier of ours has refused.
    let error = TlsError::from(rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer));
    assert!(refused(&error).certificate.is_none());
    assert!(
        error
            .to_string()
            .starts_with("the server's certificate was issued by an authority that is not trusted")
    );
}

#[test]
fn long_names_do_not_flood() {
    let pki = Pki::new();
    let names: Vec<_> = (0..300).map(|n| format!("{n}.example.com")).collect();
    let certificate = pki.issue(|params| {
        *params = rcgen::CertificateParams::new(names).unwrap();
    });
    let server = pki.server_with(Version::Tls13, certificate, stateless);
    let error = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server).pump().unwrap_err();
    assert!(error.to_string().contains("7.example.com and 292 more, not for ftp.example.com"), "{error}");
    assert_eq!(refused(&error).certificate.as_ref().unwrap().names.len(), 300);

    let issuer = Pki::named(&format!("\u{1b}[2J{}", "x".repeat(5000)));
    let server = issuer.server(Version::Tls13, stateless);
    let error = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server).pump().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("issued by CN=\\u{1b}[2Jxxx") && text.contains("x..., which"), "{text}");
    assert!(text.len() < 500, "{text}");
}

/// As OpenSSL reads them.
#[test]
fn reads_certificates_of_every_kind() {
    let v1 = info(V1);
    assert_eq!((v1.version, &*v1.subject, &*v1.issuer), (1, "CN=ftp.example.com", "CN=ftp.example.com"));
    assert_eq!(v1.names, [""; 0]);
    assert!(v1.is_self_issued);
    assert_eq!(v1.key_pin().unwrap().to_string(), "sha256///sVTdKm4vQrf9ExiKLKibKQ3vjfY8hIluc4VW3/IOpc=");
    assert_eq!(
        v1.fingerprint().to_string(),
        "6063d69c55bedc5a20e19b798a34a1ed4ede93c24370db9806083a1b7f44f7e0"
    );
    let old = info(RSA_1024);
    assert_eq!((old.version, &*old.subject), (3, "C=DE, O=Old Box, CN=ftp.example.com"));
    assert_eq!(old.names, [NAME, "192.0.2.7", "2001:db8::7"]);
    let date = |date: Option<ftps_proto::codec::Timestamp>| date.unwrap().to_unix().unwrap();
    assert_eq!((date(old.not_before), date(old.not_after)), (946_684_800, 4_102_444_799));
    assert_eq!(old.key_pin().unwrap().to_string(), "sha256//gfFurmr+2/STUw96UlZddxe5CySRHlNKp7Vse0a7B2Q=");
    let issued = info(&Pki::new().issue(|_| {}).0);
    assert_eq!((&*issued.issuer, issued.is_self_issued), ("CN=Harbour CA", false));

    // What cannot be read still has a fingerprint.
    let none = CertificateInfo::from_der(b"");
    assert_eq!((none.version, none.key_pin()), (0, None));
    assert!(none.fingerprint().to_string().starts_with("e3b0c44298fc1c14"));
}

proptest! {
    #[test]
    fn reads_whatever_comes(bytes: Vec<u8>, at in 0..600usize, with: u8, end in 0..700usize) {
        CertificateInfo::from_der(&bytes);
        for pem in [V1, RSA_1024, SELF_SIGNED] {
            let mut der = chain(pem)[0].to_vec();
            let at = at % der.len();
            der[at] = with;
            CertificateInfo::from_der(&der);
            der.truncate(end);
            CertificateInfo::from_der(&der);
        }
    }
}
