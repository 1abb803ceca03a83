//! Tickets: which serve, how often, and what comes when they do not.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ftps_proto::tls::{Engine, Event, TlsConfig, TlsError, TlsSession, Version};
use rustls::crypto::{CryptoProvider, SupportedKxGroup};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use rustls::{AlertDescription, ContentType, HandshakeKind, ServerConfig};

use super::forger::Forger;
use super::library;
use super::pair::{Pair, payload};
use super::pki::{BOTH, NoExtraction, Pki, chain, name, private, provider, stateless};

#[test]
fn resumes_three_hundred_data_connections_from_one_ticket() {
    let pki = Pki::new();
    for (version, tickets) in [(Version::Tls13, 1), (Version::Tls13, 2), (Version::Tls12, 0)] {
        let server = pki.server(version, |config| {
            stateless(config);
            config.send_tls13_tickets = tickets;
        });
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        for n in 0..300 {
            // Nothing a data connection brings is read: only the control connection's ticket can serve.
            let data = Pair::unread(&session, &mut control, &server);
            assert!(data.client.resumed(), "{version:?} {n}");
        }
    }
}

#[test]
fn falls_back_to_harvested_tickets_where_each_serves_once() {
    let pki = Pki::new();
    for tickets in [1, 2] {
        // Stateful: the server forgets a ticket that was used.
        let server = pki.server(Version::Tls13, |config| config.send_tls13_tickets = tickets);
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        let resumed: Vec<bool> =
            (0..12).map(|_| Pair::data(&session, &mut control, &server).client.resumed()).collect();
        assert!(resumed[0]);
        assert_eq!(resumed.iter().filter(|resumed| !**resumed).count(), 1, "{resumed:?}");
    }
}

#[test]
fn every_ticket_serves_where_each_serves_once() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, |config| config.send_tls13_tickets = 3);
    let session = pki.session();
    let mut control = Pair::control(&session, &server);
    let resumed = [(); 5].map(|()| Pair::unread(&session, &mut control, &server).client.resumed());
    // The second try shows how it is.
    assert_eq!(resumed, [true, false, true, true, false]);
}

#[test]
fn a_refused_connection_brings_tickets_for_the_retry() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, |_| {});
    // The control connection's server has other keys: what it gave is refused.
    let session = pki.session();
    let mut control = Pair::control(&session, &pki.server(Version::Tls13, stateless));
    let mut tries = vec![];
    for _ in 0..4 {
        tries.push(Pair::data(&session, &mut control, &server).client.resumed());
    }
    // Both tickets of the control connection are of the same keys.
    assert_eq!(tries, [false, true, true, true]);
}

/// How a data connection ends in the middle of its handshake.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// Before anything was sent.
    Unsent,
    /// The caller drops it.
    Dropped,
    /// The server ends it, with the whole transfer.
    Refused,
    Fin,
    Reset,
    Alert,
}

/// A data connection that offers what there is, and comes to this end.
fn cut(session: &TlsSession, control: &mut Pair, server: &Arc<ServerConfig>, how: Cut) {
    let mut data = Pair::new(Engine::data(session, name(), &mut control.client).unwrap(), server);
    assert_eq!(data.client.process().unwrap(), Event::Blocked);
    if !matches!(how, Cut::Unsent) {
        data.push();
    }
    match how {
        Cut::Dropped => return,
        Cut::Unsent | Cut::Reset => data.client.failed(),
        Cut::Refused | Cut::Fin => data.client.received_eof(),
        Cut::Alert => data.to_client = vec![21, 3, 3, 0, 2, 2, AlertDescription::HandshakeFailure.into()],
    }
    let error = data.pull().unwrap_err();
    assert_eq!(matches!(error, TlsError::HandshakeEof), !matches!(how, Cut::Alert), "{how:?}: {error}");
    assert!(data.client.process().is_err(), "it stays so");
    if !matches!(how, Cut::Refused) {
        data.client.spend_ticket();
    }
}

#[test]
fn a_ticket_is_spent_by_the_end_of_the_handshake_that_offered_it() {
    let pki = Pki::new();
    for (how, spent) in [
        (Cut::Unsent, false),
        (Cut::Dropped, false),
        (Cut::Refused, false),
        (Cut::Fin, true),
        (Cut::Reset, true),
        (Cut::Alert, true),
    ] {
        let ticketer = library::Ticketer::new().unwrap();
        let [server, silent] = [1, 0].map(|tickets| {
            pki.server(Version::Tls13, |config| {
                config.ticketer = Arc::clone(&ticketer);
                config.send_tls13_tickets = tickets;
            })
        });
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        cut(&session, &mut control, &silent, how);
        assert_eq!(Pair::data(&session, &mut control, &silent).client.resumed(), !spent, "{how:?}");
    }
}

#[test]
fn the_one_tls12_session_outlives_one_handshake_that_is_cut_off() {
    let pki = Pki::new();
    for (ends, resumes) in [
        (&[Cut::Dropped; 3][..], true),
        (&[Cut::Unsent; 3], true),
        (&[Cut::Fin], true),
        (&[Cut::Reset, Cut::Fin], false),
        (&[Cut::Alert], false),
    ] {
        let (session, server) = (pki.session(), pki.server(Version::Tls12, stateless));
        let mut control = Pair::control(&session, &server);
        for how in ends {
            cut(&session, &mut control, &server, *how);
        }
        assert_eq!(Pair::data(&session, &mut control, &server).client.resumed(), resumes, "{ends:?}");
    }
    // In a row: one that works in between shows that the session does.
    let (session, server) = (pki.session(), pki.server(Version::Tls12, stateless));
    let mut control = Pair::control(&session, &server);
    for _ in 0..3 {
        cut(&session, &mut control, &server, Cut::Reset);
        assert!(Pair::data(&session, &mut control, &server).client.resumed());
    }
}

#[test]
fn a_tls12_session_of_a_data_connection_is_dropped_as_well() {
    let pki = Pki::new();
    let (session, server) = (pki.session(), pki.server(Version::Tls12, stateless));
    let mut control = Pair::control(&session, &server);
    cut(&session, &mut control, &server, Cut::Alert);
    assert!(!Pair::data(&session, &mut control, &server).client.resumed());
    cut(&session, &mut control, &server, Cut::Alert);
    assert!(!Pair::data(&session, &mut control, &server).client.resumed());
}

#[test]
fn an_alert_after_the_handshake_spends_no_ticket() {
    let pki = Pki::new();
    let ticketer = library::Ticketer::new().unwrap();
    let [server, silent] = [1, 0].map(|tickets| {
        pki.server(Version::Tls13, |config| {
            config.ticketer = Arc::clone(&ticketer);
            config.send_tls13_tickets = tickets;
        })
    });
    let session = pki.session();
    let mut control = Pair::control(&session, &server);
    let mut secured = Pair::data(&session, &mut control, &silent);
    assert!(secured.client.resumed());
    let forged = [23, 3, 3, 0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
    secured.server.read_tls(&mut &forged[..]).unwrap();
    secured.server.process_new_packets().unwrap_err();
    assert!(secured.pump().unwrap_err().alert().is_some());
    assert!(Pair::data(&session, &mut control, &silent).client.resumed());

    // Nor does a failure of the transport, which cuts what came.
    let mut secured = Pair::data(&session, &mut control, &silent);
    secured.server.writer().write_all(b"data").unwrap();
    secured.draw();
    secured.pull().unwrap();
    secured.client.failed();
    assert_eq!(
        (secured.client.process().unwrap(), &secured.client_got[..]),
        (Event::Truncated, &b"data"[..])
    );
    assert!(Pair::data(&session, &mut control, &silent).client.resumed());
}

#[test]
fn keys_that_change_cost_one_refusal() {
    let pki = Pki::new();
    let session = pki.session();
    let [old, new] = [(); 2].map(|()| pki.server(Version::Tls13, stateless));
    let mut control = Pair::control(&session, &old);
    for (keys, expected) in [(&old, [true; 3]), (&new, [false, true, true])] {
        let resumed = [(); 3].map(|()| Pair::data(&session, &mut control, keys).client.resumed());
        assert_eq!(resumed, expected);
    }
}

#[test]
fn a_server_that_knows_p256_alone_is_not_asked_twice() {
    let kinds = kinds_with(vec![library::kx_group::SECP256R1]);
    assert_eq!(kinds, [Some(HandshakeKind::Full); 4]);
}

#[test]
fn remembers_the_group_that_the_server_likes_across_sessions() {
    let again = Some(HandshakeKind::FullWithHelloRetryRequest);
    let kinds = kinds_with(vec![library::kx_group::SECP384R1]);
    assert_eq!(
        kinds,
        [again, Some(HandshakeKind::Full), Some(HandshakeKind::Full), Some(HandshakeKind::Full)]
    );
}

/// A hybrid of P-256 in front sends P-256's own share, too: quantum-safe where the server can, and a round trip nowhere.
#[cfg(feature = "aws-lc-rs")]
#[test]
fn a_post_quantum_group_may_come_first_and_costs_no_round_trip() {
    use library::kx_group::{SECP256R1, SECP256R1MLKEM768};
    let pki = Pki::new();
    let groups: Vec<&'static dyn SupportedKxGroup> = vec![SECP256R1MLKEM768, SECP256R1];
    let provider = |groups| Arc::new(CryptoProvider { kx_groups: groups, ..library::default_provider() });
    for (knows, group) in
        [(vec![SECP256R1], SECP256R1), (vec![SECP256R1MLKEM768, SECP256R1], SECP256R1MLKEM768)]
    {
        let (certificate, key) = pki.issue(|_| {});
        let server = ServerConfig::builder_with_provider(provider(knows))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain(&certificate), private(&key))
            .unwrap();
        let session = pki.client().provider(provider(groups.clone())).build().unwrap().session();
        let control = Pair::control(&session, &Arc::new(server));
        assert_eq!(control.server.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(control.client.key_exchange_group(), Some(group.name()));
    }
}

/// What handshakes a server of these groups makes: of a control and a data connection, of another control connection, and
/// of another session's.
fn kinds_with(groups: Vec<&'static dyn SupportedKxGroup>) -> [Option<HandshakeKind>; 4] {
    let pki = Pki::new();
    let provider = Arc::new(CryptoProvider { kx_groups: groups, ..library::default_provider() });
    let (certificate, key) = pki.issue(|_| {});
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain(&certificate), private(&key))
        .unwrap();
    server.send_tls13_tickets = 0;
    let server = Arc::new(server);
    let config = pki.client().build().unwrap();
    let session = config.session();
    let mut control = Pair::control(&session, &server);
    let data = Pair::data(&session, &mut control, &server);
    let again = Pair::control(&session, &server);
    let other = Pair::control(&config.session(), &server);
    [control, data, again, other].map(|pair| pair.server.handshake_kind())
}

#[test]
fn sessions_share_no_tickets() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, stateless);
        let config = pki.client().build().unwrap();
        Pair::control(&config.session(), &server);
        let other = config.session();
        let mut control = Pair::control(&other, &server);
        assert!(!control.client.resumed());
        assert!(Pair::data(&other, &mut control, &server).client.resumed());
    }
}

#[test]
fn replaces_a_refused_tls12_session() {
    let pki = Pki::new();
    let session = pki.session();
    let mut control = Pair::control(&session, &pki.server(Version::Tls12, stateless));
    let server = pki.server(Version::Tls12, stateless);
    let tries: Vec<bool> =
        (0..3).map(|_| Pair::data(&session, &mut control, &server).client.resumed()).collect();
    assert_eq!(tries, [false, true, true]);
}

#[test]
fn stays_with_rustls_where_keys_cannot_be_extracted() {
    let pki = Pki::new();
    let provider = provider(1 << 24, |aead| Box::leak(Box::new(NoExtraction(aead))));
    let server = pki.server(Version::Tls13, stateless);
    let session = pki.client().provider(provider).build().unwrap().session();
    let mut control = Pair::control(&session, &server);
    control.server.refresh_traffic_keys().unwrap();
    for n in 0..10 {
        let mut data = Pair::data(&session, &mut control, &server);
        assert!(data.client.resumed(), "{n}");
        let bytes = payload(300_000);
        data.server.writer().write_all(&bytes).unwrap();
        data.server.send_close_notify();
        data.write(&bytes);
        assert!(data.client_got == bytes && data.server_got == bytes);
        assert_eq!(data.last(), Event::Closed);
    }
}

#[test]
fn puts_tickets_together_however_they_are_cut() {
    let pki = Pki::new();
    for cut in 0..3 {
        let (mut forger, session, server) = Forger::control(&pki);
        assert_eq!(forger.tickets.len(), 2);
        match cut {
            0 => {
                // One in five records, the header cut too; then application data.
                let ticket = forger.tickets[0].clone();
                for part in [&ticket[..1], &ticket[1..3], &ticket[3..10], &ticket[10..50], &ticket[50..]] {
                    forger.send(ContentType::Handshake, part).unwrap();
                }
            }
            1 => {
                let both = forger.tickets.concat();
                forger.send(ContentType::Handshake, &both).unwrap();
            }
            _ => {
                // One and a half, and the rest.
                let both = forger.tickets.concat();
                let (first, rest) = both.split_at(forger.tickets[0].len() + 20);
                forger.send(ContentType::Handshake, first).unwrap();
                forger.send(ContentType::Handshake, rest).unwrap();
            }
        }
        forger.send(ContentType::ApplicationData, b"220 Hello\r\n").unwrap();
        assert_eq!(forger.pair.client_got, b"220 Hello\r\n");
        for _ in 0..3 {
            assert!(Pair::data(&session, &mut forger.pair, &server).client.resumed());
        }
    }
}

#[test]
fn a_ticket_with_no_lifetime_is_discarded() {
    let pki = Pki::new();
    let (mut forger, session, server) = Forger::control(&pki);
    let mut ticket = forger.tickets[0].clone();
    ticket[4..8].copy_from_slice(&0u32.to_be_bytes());
    forger.send(ContentType::Handshake, &ticket).unwrap();
    assert!(!Pair::data(&session, &mut forger.pair, &server).client.resumed());
}

#[derive(Debug)]
struct Clock(AtomicU64);

impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_secs(self.0.load(Ordering::Relaxed))))
    }
}

#[test]
fn a_ticket_expires_by_the_time_it_came() {
    let pki = Pki::new();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(pki.ca.der().clone()).unwrap();
    let clock = Arc::new(Clock(AtomicU64::new(UnixTime::now().as_secs())));
    let mut config = rustls::ClientConfig::builder_with_provider(Arc::new(library::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.time_provider = Arc::<Clock>::clone(&clock);
    let session = TlsConfig::from_rustls(Arc::new(config)).session();
    let server = pki.server(Version::Tls13, |config| {
        stateless(config);
        config.enable_secret_extraction = true;
    });
    let mut forger = Forger::new(Engine::control(&session, name()).unwrap(), &server);
    let mut ticket = forger.tickets[0].clone();
    ticket[4..8].copy_from_slice(&3600u32.to_be_bytes());
    forger.send(ContentType::Handshake, &ticket).unwrap();

    // Minted twice within its lifetime; that does not prolong it.
    for later in [1800u64, 1799, 1] {
        clock.0.fetch_add(later, Ordering::Relaxed);
        let data = Pair::unread(&session, &mut forger.pair, &server);
        assert_eq!(data.client.resumed(), later > 1);
    }
}

#[test]
fn a_new_control_connection_starts_anew() {
    let pki = Pki::new();
    for version in BOTH {
        // The same keys: what it does not resume, it could.
        let ticketer = library::Ticketer::new().unwrap();
        let [server, earlier] = [0, 2].map(|tickets| {
            pki.server(version, |config| {
                config.ticketer = Arc::clone(&ticketer);
                config.send_tls13_tickets = tickets;
            })
        });
        let session = pki.session();
        Pair::control(&session, &earlier);
        let mut control = Pair::control(&session, &server);
        assert!(!control.client.resumed());
        assert_eq!(Pair::data(&session, &mut control, &server).client.resumed(), version == Version::Tls12);
    }
}

#[test]
fn what_an_earlier_control_connection_offered_spends_no_ticket_of_a_new_one() {
    let pki = Pki::new();
    let [server, other] = [(); 2].map(|()| pki.server(Version::Tls13, stateless));
    let session = pki.session();
    let mut earlier = Pair::control(&session, &server);
    let mut late = Pair::new(Engine::data(&session, name(), &mut earlier.client).unwrap(), &other);
    let mut control = Pair::control(&session, &server);
    late.pump().unwrap();
    assert!(late.client.handshake_done() && !late.client.resumed());
    assert!(Pair::data(&session, &mut control, &server).client.resumed());
}
