//! Servers that ask for something: a client certificate, IPv6, patience with their certificate.

use ftps_proto::tls::rustls::pki_types::CertificateDer;
use ftps_proto::tls::rustls::pki_types::pem::PemObject;
use ftps_proto::tls::{CertificateInfo, CertificateProblem, TlsConfig, TlsError, Version};

use super::{Bench, Route, Site, bytes, certificate, variant};
use crate::on_variants;
use crate::subject::{Source, Subject};

/// A file up and down, and a listing.
fn works<S: Subject>(bench: &mut Bench<S>) {
    let file = bytes(4, 300_001);
    bench.client.upload("file", &mut Source::bytes(file.as_slice())).unwrap();
    assert!(bench.directory.read("file") == file);
    assert!(bench.client.download_to("file").unwrap().0 == file);
    assert_eq!(bench.client.list("").unwrap().len(), 1);
    bench.goes_on();
}

const BOTH: [Version; 2] = [Version::Tls13, Version::Tls12];

/// PKCS #8, PKCS #1 and SEC 1.
fn a_client_certificate_is_shown_where_it_is_asked_for<S: Subject>() {
    for version in BOTH {
        let site = Site { version, ..variant("proftpd-client-auth") };
        for name in ["client-pkcs8", "client-pkcs1", "client-sec1"] {
            let both = certificate(name);
            let tls = site.tls().client_auth_pem(&both, &both).build().unwrap();
            let mut bench = Bench::<S>::new(site.clone(), &site.builder::<S>().tls(tls));
            works(&mut bench);
            bench.client.quit().unwrap();
        }
        let error = S::connect(&site.builder::<S>()).err().unwrap();
        let tls = error.tls().unwrap_or_else(|| panic!("{error:#}"));
        assert!(matches!(tls, TlsError::Alert { .. }), "{error:#}");
    }
}
on_variants!(a_client_certificate_is_shown_where_it_is_asked_for);

fn an_expired_certificate_is_refused_and_can_be_pinned<S: Subject>() {
    let site = variant("proftpd-expired");
    let problem = |tls: TlsConfig| {
        let error = S::connect(&site.builder::<S>().tls(tls)).err().unwrap();
        assert!(!error.is_temporary(), "{error:#}");
        error.tls().unwrap().refused_certificate().unwrap().problem
    };
    assert_eq!(problem(site.tls().build().unwrap()), CertificateProblem::Expired);
    let shown =
        |name: &str| CertificateInfo::from_der(&CertificateDer::from_pem_slice(&certificate(name)).unwrap());
    for (pin, fits) in [
        (shown("expired").fingerprint(), true),
        (shown("expired").key_pin().unwrap(), true),
        (shown("rsa").fingerprint(), false),
    ] {
        let tls = TlsConfig::builder().pin(pin).build().unwrap();
        if fits {
            let mut bench = Bench::<S>::new(site.clone(), &site.builder::<S>().tls(tls));
            works(&mut bench);
            bench.client.quit().unwrap();
        } else {
            assert_eq!(problem(tls), CertificateProblem::NotPinned);
        }
    }
}
on_variants!(an_expired_certificate_is_refused_and_can_be_pinned);

fn ipv6<S: Subject>() {
    for name in ["proftpd-ipv6", "vsftpd-ipv6"] {
        for route in [Route::Epsv, Route::Active] {
            let site = Site { route, ..variant(name) };
            let mut bench = Bench::<S>::new(site.clone(), &site.builder::<S>());
            works(&mut bench);
            bench.client.quit().unwrap();
        }
    }
}
on_variants!(ipv6);
