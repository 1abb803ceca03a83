//! Certificates and keys that are known beforehand.

use std::sync::Arc;

use ftps_proto::tls::{CertificateInfo, CertificateProblem, Pin, TlsConfig, TlsConfigBuilder, Version};
use rustls::AlertDescription;

use super::pair::Pair;
use super::pki::{BOTH, Pki, RSA_1024, SELF_SIGNED, V1, chain, name, self_signed, shows, signing};
use super::trust::{Short, believes, problem, refuses};

fn pins(pem: &str) -> [Pin; 2] {
    let info = CertificateInfo::from_der(&chain(pem)[0]);
    [info.key_pin().unwrap(), info.fingerprint()]
}

fn pinned(pin: Pin) -> TlsConfigBuilder {
    TlsConfig::builder().pin(pin)
}

/// As OpenSSL and curl write them, of `SELF_SIGNED`.
#[test]
fn reads_what_other_programs_write() {
    let [key, certificate] = pins(SELF_SIGNED);
    let openssl =
        "3C:78:7F:66:52:A5:FE:66:F2:06:DB:4B:05:8F:C9:6D:03:F3:E3:31:FA:D4:88:65:71:3A:A0:26:8B:E2:6F:86";
    let curl = "sha256//RSNuQmCiV+SzepnzE2BgQNw6Aesg0kFV8osmFGYZFSk=";
    assert_eq!(curl.parse(), Ok(key));
    assert_eq!(openssl.parse(), Ok(certificate));
    assert_eq!(openssl.replace(':', "").to_lowercase().parse(), Ok(certificate));
    assert_eq!(Pin::parse_list(&format!("{curl};{openssl}")), Ok(vec![key, certificate]));
    assert_eq!(key.to_string(), curl);
    assert_eq!(certificate.to_string().parse(), Ok(certificate));
}

#[test]
fn says_what_is_wrong_with_a_pin() {
    for (text, says) in [
        ("", "\"\" is not a pin: it is neither sha256//BASE64 nor 64 hexadecimal digits"),
        ("sha1//AA==", "it is neither sha256//BASE64 nor 64 hexadecimal digits"),
        ("SHA256:abc", "it is neither sha256//BASE64 nor 64 hexadecimal digits"),
        ("sha256//***", "what follows sha256// is not base64, 44 characters with the padding"),
        (
            "sha256//RSNuQmCiV+SzepnzE2BgQNw6Aesg0kFV8osmFGYZFSk",
            "is not base64, 44 characters with the padding",
        ),
        ("sha256//AAAA", "a SHA-256 has 32 bytes, this has 3"),
        ("ab:cd:ef", "a SHA-256 has 64 hexadecimal digits, this has 6"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709", "a SHA-256 has 64 hexadecimal digits, this has 40"),
    ] {
        let error = text.parse::<Pin>().unwrap_err().to_string();
        assert!(error.ends_with(says), "{text}: {error}");
        assert!(Pin::parse_list(&format!("{text};")).is_err());
    }
}

#[test]
fn a_pin_alone_is_enough() {
    let pki = Pki::new();
    let expired = pki.issue(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
    let elsewhere = pki.issue(|params| params.subject_alt_names.clear());
    let own = (SELF_SIGNED.into(), SELF_SIGNED.into());
    for (certificate, key) in [expired, elsewhere, own, (V1.into(), V1.into())] {
        for version in BOTH {
            let server = shows(version, chain(&certificate), signing(&key));
            for pin in pins(&certificate) {
                believes(pinned(pin), &server);
                // While keys are changed.
                believes(pinned(pins(RSA_1024)[0]).pin(pin), &server);
            }
        }
    }
}

#[test]
fn another_certificate_is_refused() {
    for version in BOTH {
        let server = shows(version, chain(V1), signing(V1));
        for pin in pins(SELF_SIGNED) {
            let session = pinned(pin).pin(pins(RSA_1024)[1]).build().unwrap().session();
            let mut pair = Pair::new(ftps_proto::tls::Engine::control(&session, name()).unwrap(), &server);
            let error = pair.pump().unwrap_err();
            assert_eq!(problem(&error), CertificateProblem::NotPinned);
            let text = error.to_string();
            let [key, certificate] = pins(V1).map(|pin| pin.to_string());
            assert!(
                text.contains("not a pinned one") && text.contains(&key) && text.contains(&certificate),
                "{text}"
            );
            assert_eq!(pair.server_error, Some(rustls::Error::AlertReceived(AlertDescription::AccessDenied)));
        }
    }
}

#[test]
fn with_authorities_both_must_hold() {
    let (pki, other) = (Pki::new(), Pki::named("Other CA"));
    let (certificate, key) = pki.issue(|_| {});
    let server = shows(Version::Tls13, chain(&certificate), signing(&key));
    for pin in pins(&certificate) {
        believes(pki.client().pin(pin), &server);
        assert_eq!(problem(&refuses(other.client().pin(pin), &server)), CertificateProblem::UnknownIssuer);
        let error = refuses(TlsConfig::builder().platform_roots().pin(pin), &server);
        assert_eq!(problem(&error), CertificateProblem::UnknownIssuer);
    }
    for pin in pins(SELF_SIGNED) {
        assert_eq!(problem(&refuses(pki.client().pin(pin), &server)), CertificateProblem::NotPinned);
        // The door opens for what is pinned.
        let any = || TlsConfig::builder().dangerous().accept_any_certificate().pin(pin);
        assert_eq!(problem(&refuses(any(), &server)), CertificateProblem::NotPinned);
        believes(any(), &shows(Version::Tls12, chain(SELF_SIGNED), signing(SELF_SIGNED)));
    }
}

/// Whoever has seen a certificate can show it.
#[test]
fn a_pinned_certificate_is_worth_nothing_without_its_key() {
    let (_, other) = self_signed(|_| {});
    for version in BOTH {
        for pem in [SELF_SIGNED, V1] {
            let server = shows(version, chain(pem), signing(&other));
            for pin in pins(pem) {
                assert_eq!(problem(&refuses(pinned(pin), &server)), CertificateProblem::KeyNotHeld);
            }
        }
        let server = shows(version, chain(RSA_1024), Arc::new(Short));
        for pin in pins(RSA_1024) {
            let any = TlsConfig::builder().dangerous().accept_any_certificate();
            for config in [pinned(pin), any.pin(pin)] {
                let error = refuses(config, &server);
                assert_eq!(problem(&error), CertificateProblem::UnusableKey);
                assert!(error.to_string().contains("has an RSA key of 1024 bits"), "{error}");
            }
        }
    }
}
