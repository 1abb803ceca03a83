//! Who is believed.

use std::sync::Arc;

use ftps_proto::tls::{
    CertificateProblem, Engine, TlsConfig, TlsConfigBuilder, TlsError, TlsSession, Version,
};
use rustls::pki_types::CertificateDer;
use rustls::sign::{Signer, SigningKey};
use rustls::{ServerConfig, SignatureAlgorithm, SignatureScheme};

use super::pair::Pair;
use super::pki::{BOTH, Pki, RSA_1024, SELF_SIGNED, V1, chain, name, self_signed, shows, signing, stateless};

/// Both connections.
#[track_caller]
pub(super) fn believes(config: TlsConfigBuilder, server: &Arc<ServerConfig>) {
    let session = config.build().unwrap().session();
    let mut control = Pair::control(&session, server);
    assert!(Pair::data(&session, &mut control, server).client.resumed());
    // A data connection whose session the server does not resume shows its certificate again.
    let mut other = ServerConfig::clone(server);
    stateless(&mut other);
    assert!(!Pair::data(&session, &mut control, &Arc::new(other)).client.resumed());
}

#[track_caller]
pub(super) fn refuses(config: TlsConfigBuilder, server: &Arc<ServerConfig>) -> TlsError {
    let session: TlsSession = config.build().unwrap().session();
    Pair::new(Engine::control(&session, name()).unwrap(), server).pump().unwrap_err()
}

pub(super) fn problem(error: &TlsError) -> CertificateProblem {
    error.refused_certificate().unwrap().problem
}

/// A key that signs nothing: of a server whose signatures cannot be verified anyway.
#[derive(Debug)]
pub(super) struct Short;

impl SigningKey for Short {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::RSA_PSS_SHA256).then(|| Box::new(Self) as _)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::RSA
    }
}

impl Signer for Short {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Ok(vec![1; 128])
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::RSA_PSS_SHA256
    }
}

#[test]
fn a_given_certificate_is_trusted_though_it_is_its_own_authority() {
    let pki = Pki::new();
    for version in BOTH {
        let server = shows(version, chain(SELF_SIGNED), signing(SELF_SIGNED));
        believes(TlsConfig::builder().ca_pem(SELF_SIGNED), &server);
        believes(pki.client().ca_pem(SELF_SIGNED), &server);
        // One that an authority has issued, which is not trusted.
        let (certificate, key) = pki.issue(|_| {});
        believes(
            TlsConfig::builder().ca_pem(&certificate),
            &shows(version, chain(&certificate), signing(&key)),
        );
        // Byte for byte: another one of the same name and key counts for nothing.
        let error = refuses(TlsConfig::builder().ca_pem(self_signed(|_| {}).0), &server);
        assert_eq!(problem(&error), CertificateProblem::SelfSigned);
    }
}

#[test]
fn a_given_certificate_must_be_in_date_and_for_the_host() {
    type Change = fn(&mut rcgen::CertificateParams);
    let cases: [(Change, _); 4] = [
        (|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1), CertificateProblem::Expired),
        (|params| params.not_before = rcgen::date_time_ymd(3000, 1, 1), CertificateProblem::NotYetValid),
        (
            |params| {
                let name = "elsewhere.example".try_into().unwrap();
                params.subject_alt_names = vec![rcgen::SanType::DnsName(name)];
            },
            CertificateProblem::WrongName,
        ),
        (|params| params.subject_alt_names.clear(), CertificateProblem::NoName),
    ];
    for (change, expected) in cases {
        for version in BOTH {
            let (certificate, key) = self_signed(change);
            let server = shows(version, chain(&certificate), signing(&key));
            let error = refuses(TlsConfig::builder().ca_pem(&certificate), &server);
            assert_eq!(problem(&error), expected, "{error}");
        }
    }
    let error = refuses(TlsConfig::builder().ca_pem(V1), &shows(Version::Tls13, chain(V1), signing(V1)));
    let text = error.to_string();
    assert!(
        text.starts_with(
            "the server's certificate has no subject alternative name, so that it is for no host \
             (CN=ftp.example.com does not count): pin it, once"
        ),
        "{text}"
    );
}

#[test]
fn accepts_any_certificate_only_through_the_door() {
    let any = || TlsConfig::builder().dangerous().accept_any_certificate();
    let pki = Pki::new();
    for version in BOTH {
        let expired = pki.issue(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
        // A critical extension that nobody knows.
        let odd = pki.issue(|params| {
            let mut extension = rcgen::CustomExtension::from_oid_content(&[1, 2, 3], vec![5, 0]);
            extension.set_criticality(true);
            params.custom_extensions.push(extension);
        });
        for (certificate, key) in [expired, odd, (V1.into(), V1.into())] {
            let server = shows(version, chain(&certificate), signing(&key));
            believes(any(), &server);
            assert!(refuses(pki.client(), &server).is_certificate());
        }
        let server = shows(version, chain(RSA_1024), Arc::new(Short));
        believes(any(), &server);
        let error = refuses(TlsConfig::builder().ca_pem(RSA_1024), &server).to_string();
        assert!(error.contains("has an RSA key of 1024 bits"), "{error}");
        believes(any(), &shows(version, vec![CertificateDer::from(&b"nothing"[..])], signing(V1)));
    }
}

#[test]
fn a_server_that_does_not_hold_the_key_is_refused() {
    let (_, other) = self_signed(|_| {});
    for version in BOTH {
        for (pem, key) in [(SELF_SIGNED, &*other), (SELF_SIGNED, V1), (V1, &*other)] {
            let server = shows(version, chain(pem), signing(key));
            for config in [
                TlsConfig::builder().dangerous().accept_any_certificate(),
                TlsConfig::builder().ca_pem(SELF_SIGNED).dangerous().accept_any_certificate(),
            ] {
                let error = refuses(config, &server);
                assert_eq!(problem(&error), CertificateProblem::KeyNotHeld, "{error}");
                assert_eq!(error.refused_certificate().unwrap().pin(), None);
            }
        }
        let server = shows(version, chain(SELF_SIGNED), signing(&other));
        let error = refuses(TlsConfig::builder().ca_pem(SELF_SIGNED), &server);
        assert_eq!(problem(&error), CertificateProblem::KeyNotHeld, "{error}");
    }
}

/// That of this machine, which does not know the authority.
#[test]
fn the_platforms_authorities_are_trusted_where_they_are_asked_for() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, stateless);
    assert_eq!(problem(&refuses(TlsConfig::builder(), &server)), CertificateProblem::UnknownIssuer);
    believes(pki.client().platform_roots(), &server);
    let other = Pki::named("Other CA");
    let error = refuses(other.client().platform_roots(), &server);
    assert_eq!(problem(&error), CertificateProblem::UnknownIssuer);
    // Who knows the issuer is heard.
    let nameless = pki.issue(|params| params.subject_alt_names.clear());
    let error = refuses(pki.client().platform_roots(), &pki.server_with(Version::Tls13, nameless, stateless));
    assert_eq!(problem(&error), CertificateProblem::NoName);
}
