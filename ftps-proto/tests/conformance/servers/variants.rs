//! Servers that ask for something, and what is asked of servers beyond the usual.

use std::io::Write;

use ftps_proto::drive::Bind;
use ftps_proto::tls::rustls::pki_types::CertificateDer;
use ftps_proto::tls::rustls::pki_types::pem::PemObject;
use ftps_proto::tls::{CertificateInfo, CertificateProblem, TlsConfig, TlsError, Version};
use ftps_proto::{Error, Mode};

use super::{Bench, Route, Site, bytes, certificate, proxy, variant};
use crate::subject::{Source, Subject};
use crate::{conversation, on_every_server, on_variants};

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

/// PROT C, to a server that has no other. Nothing else gives protection up.
fn data_in_clear<S: Subject>() {
    for route in [Route::Epsv, Route::Active] {
        for version in BOTH {
            let site = Site { route, version, ..variant("proftpd-clear-data") };
            let error = S::connect(&site.builder::<S>()).err().unwrap();
            assert!(error.to_string().starts_with("the server refused PROT: 534 "), "{error}");
            let builder = site.builder::<S>().dangerous().clear_data();
            let mut bench = Bench::<S>::new(site, &builder);
            works(&mut bench);
            is_never_whole_in_clear(&mut bench);
            bench.client.quit().unwrap();
        }
    }
    // Its end is FIN alone, which the proxy has to pass on.
    for name in ["http", "socks5"] {
        let site = variant("proftpd-clear-data");
        let builder = site.builder::<S>().dangerous().clear_data().proxy(proxy(name));
        let mut bench = Bench::<S>::new(site, &builder);
        works(&mut bench);
        bench.client.quit().unwrap();
    }
}
on_variants!(data_in_clear);

/// An upload that is dropped is reset there, too.
fn is_never_whole_in_clear<S: Subject>(bench: &mut Bench<S>) {
    conversation::listen();
    conversation::said();
    let mut upload = bench.client.writer("half").unwrap();
    upload.write_all(&bytes(6, 100_000)).unwrap();
    drop(upload);
    bench.goes_on();
    let said = conversation::said();
    let stor = said.iter().position(|line| line == "> STOR half").unwrap();
    let confirmed = |line: &String| line.starts_with("< 226") && !line.contains("bort");
    assert!(!said[stor..].iter().any(confirmed), "{said:?}");
}

fn active_mode_by_a_port_of_a_range<S: Subject>(bench: Bench<S>) {
    conversation::listen();
    let builder = bench.site.builder::<S>().active_ports(45_000..=45_999).external_address([127, 0, 0, 1]);
    let mut bench = Bench::<S>::new(bench.site.clone(), &builder);
    conversation::said();
    works(&mut bench);
    let said = conversation::said();
    let told: Vec<_> = said.iter().filter_map(|line| line.strip_prefix("> EPRT |1|127.0.0.1|45")).collect();
    assert_eq!(told.len(), 3, "{said:?}");
    bench.client.quit().unwrap();
}
// ProFTPD and vsftpd connect to no other address than the client's own.
on_every_server!(active_mode_by_a_port_of_a_range where |site| {
    site.route == Route::Active && site.version == Version::Tls13 && site.is("pure-ftpd")
});

/// By PORT, in place of EPRT.
fn active_mode_by_the_old_command<S: Subject>(bench: Bench<S>) {
    conversation::listen();
    let mut bench = Bench::<S>::new(bench.site.clone(), &bench.site.builder::<S>().extended(false));
    conversation::said();
    works(&mut bench);
    let said = conversation::said();
    assert_eq!(said.iter().filter(|line| line.starts_with("> PORT ")).count(), 3, "{said:?}");
    assert!(!said.iter().any(|line| line.starts_with("> EPRT")), "{said:?}");
    bench.client.quit().unwrap();
}
on_every_server!(active_mode_by_the_old_command where |site| {
    site.route == Route::Active && site.version == Version::Tls13
});

/// Where the server cannot come, the client goes.
fn active_mode_first<S: Subject>(bench: Bench<S>) {
    // Nobody listens there, or somebody else does.
    let nowhere = [127, 0, 0, 77];
    let builder = bench.site.builder::<S>().mode(Mode::ActiveFirst).external_address(nowhere);
    let mut bench = Bench::<S>::new(bench.site.clone(), &builder);
    works(&mut bench);
    bench.client.quit().unwrap();
}
on_every_server!(active_mode_first where |site| site.is_plainest());

fn connections_leave_from_where_they_are_told_to<S: Subject>(bench: Bench<S>) {
    let here = [127, 0, 0, 9];
    let mut bound = Bench::<S>::new(bench.site.clone(), &bench.site.builder::<S>().bind(here));
    // Servers take no data connection from another address than the control connection's.
    works(&mut bound);
    bound.client.quit().unwrap();
    let of_ipv6 = bench.site.builder::<S>().bind(std::net::Ipv6Addr::LOCALHOST);
    let error = S::connect(&of_ipv6).err().unwrap();
    assert!(format!("{error:#}").contains("connections are to leave from ::1"), "{error:#}");
    let mut by_interface =
        Bench::<S>::new(bench.site.clone(), &bench.site.builder::<S>().bind(Bind::interface("lo")));
    works(&mut by_interface);
    let error = S::connect(&bench.site.builder::<S>().bind(Bind::interface("none0"))).err().unwrap();
    assert!(format!("{error:#}").contains("No such device"), "{error:#}");
    by_interface.client.quit().unwrap();
    bench.client.quit().unwrap();
}
on_every_server!(connections_leave_from_where_they_are_told_to where |site| site.is_plainest());

/// Pure-FTPd is the one that has it; the others refuse, and TLS goes on.
fn the_control_connection_in_clear<S: Subject>(bench: Bench<S>) {
    conversation::listen();
    conversation::said();
    let builder = bench.site.builder::<S>().dangerous().clear_control();
    let mut cleared = Bench::<S>::new(bench.site.clone(), &builder);
    let said = conversation::said();
    let taken = said.iter().position(|line| line == "> CCC").map(|at| said[at + 1].starts_with("< 200"));
    assert_eq!(taken, Some(bench.site.is("pure-ftpd")), "{said:?}");
    works(&mut cleared);
    cleared.client.quit().unwrap();
    bench.client.quit().unwrap();
}
on_every_server!(the_control_connection_in_clear where |site| {
    site.is_plainest() || site.is("pure-ftpd") && site.route == Route::Epsv
});

fn epsv_all<S: Subject>(bench: Bench<S>) {
    let mut bench = Bench::<S>::new(bench.site.clone(), &bench.site.builder::<S>().epsv_all(true));
    works(&mut bench);
    bench.client.quit().unwrap();
}
on_every_server!(epsv_all where |site| site.is_plainest());

/// Pure-FTPd gives no tickets under TLS 1.3.
fn resumption_is_demanded<S: Subject>(bench: Bench<S>) {
    let mut demanding =
        Bench::<S>::new(bench.site.clone(), &bench.site.builder::<S>().require_resumption(true));
    if bench.site.gives_tickets() {
        works(&mut demanding);
    } else {
        let error = demanding.client.upload("file", &mut Source::bytes(b"content")).unwrap_err();
        assert!(matches!(error, Error::NotResumed), "{error}");
        demanding.goes_on_or_begins_anew();
        assert!(!demanding.directory.has("file") || demanding.directory.read("file").is_empty());
    }
    demanding.client.quit().unwrap();
    bench.client.quit().unwrap();
}
on_every_server!(resumption_is_demanded where |site| {
    site.is_plainest() || site.is("pure-ftpd") && site.route == Route::Epsv
});
