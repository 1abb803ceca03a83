//! The record engine, and the link around it, against rustls' own server, in memory.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::ops::Open;
use ftps_proto::tls::{
    Engine, Event, Link, Need, TlsConfig, TlsConfigBuilder, TlsError, TlsSession, Version,
};
use ftps_proto::{Channel, Config, Instant, Login, Progress, Security, Session};
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as library;
use rustls::crypto::cipher::{
    AeadKey, InboundOpaqueMessage, Iv, MessageDecrypter, MessageEncrypter, OutboundPlainMessage,
    Tls13AeadAlgorithm, UnsupportedOperationError,
};
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as library;
use rustls::crypto::{CipherSuiteCommon, CryptoProvider};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::time_provider::TimeProvider;
use rustls::{
    AlertDescription, ConnectionTrafficSecrets, ContentType, HandshakeKind, ProtocolVersion, ServerConfig,
    ServerConnection, SupportedCipherSuite, Tls13CipherSuite,
};

const NAME: &str = "ftp.example.com";
const BOTH: [Version; 2] = [Version::Tls12, Version::Tls13];

/// A certificate authority, and what it issued.
struct Pki {
    ca: rcgen::Certificate,
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
}

impl Pki {
    fn new() -> Self {
        Self::named("Harbour CA")
    }

    fn named(name: &str) -> Self {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let ca = params.self_signed(&key).unwrap();
        Self { ca, issuer: rcgen::Issuer::new(params, key) }
    }

    /// A certificate and its key, as PEM.
    fn issue(&self, change: impl FnOnce(&mut rcgen::CertificateParams)) -> (String, String) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new([NAME.to_owned()]).unwrap();
        change(&mut params);
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    fn server(&self, version: Version, change: impl FnOnce(&mut ServerConfig)) -> Arc<ServerConfig> {
        self.server_with(version, self.issue(|_| {}), change)
    }

    fn server_with(
        &self,
        version: Version,
        (certificate, key): (String, String),
        change: impl FnOnce(&mut ServerConfig),
    ) -> Arc<ServerConfig> {
        let version = match version {
            Version::Tls12 => &rustls::version::TLS12,
            Version::Tls13 => &rustls::version::TLS13,
        };
        let mut config = ServerConfig::builder_with_provider(Arc::new(library::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![b"ftp".to_vec()];
        change(&mut config);
        Arc::new(config)
    }

    fn client(&self) -> TlsConfigBuilder {
        TlsConfig::builder().ca_pem(self.ca.pem())
    }

    fn session(&self) -> TlsSession {
        self.client().build().unwrap().session()
    }
}

fn name() -> ServerName<'static> {
    ServerName::try_from(NAME).unwrap()
}

fn stateless(config: &mut ServerConfig) {
    config.ticketer = library::Ticketer::new().unwrap();
}

/// A client engine and a server, the network between them a pair of loops.
struct Pair {
    client: Engine,
    server: ServerConnection,
    /// Bytes per read and write.
    chunk: usize,
    to_client: Vec<u8>,
    events: Vec<Event>,
    client_got: Vec<u8>,
    server_got: Vec<u8>,
    server_error: Option<rustls::Error>,
    server_closed: bool,
}

impl Pair {
    fn new(client: Engine, server: &Arc<ServerConfig>) -> Self {
        let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
        server.set_buffer_limit(None);
        Self {
            client,
            server,
            chunk: usize::MAX,
            to_client: Vec::new(),
            events: Vec::new(),
            client_got: Vec::new(),
            server_got: Vec::new(),
            server_error: None,
            server_closed: false,
        }
    }

    fn control(session: &TlsSession, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::control(session, name()).unwrap(), server);
        pair.pump().unwrap();
        assert!(pair.client.handshake_done());
        pair
    }

    fn data(session: &TlsSession, control: &mut Pair, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::data(session, name(), &mut control.client).unwrap(), server);
        pair.pump().unwrap();
        assert!(pair.client.handshake_done());
        assert_eq!(pair.client.resumed(), pair.server.handshake_kind() == Some(HandshakeKind::Resumed));
        pair
    }

    /// Only as far as the handshake: what comes behind it would be harvested.
    fn unread(session: &TlsSession, control: &mut Pair, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::data(session, name(), &mut control.client).unwrap(), server);
        while !pair.client.handshake_done() {
            pair.push();
            pair.draw();
            pair.pull().unwrap();
        }
        pair
    }

    /// Everything the client has to send reaches the server.
    fn push(&mut self) -> usize {
        let mut moved = 0;
        while !self.client.outgoing().is_empty() {
            let n = self.client.outgoing().len().min(self.chunk);
            let mut bytes = &self.client.outgoing()[..n];
            while !bytes.is_empty() && self.server_error.is_none() {
                self.server.read_tls(&mut bytes).unwrap();
                match self.server.process_new_packets() {
                    Ok(state) => {
                        self.server_closed |= state.peer_has_closed();
                        let mut got = vec![0; state.plaintext_bytes_to_read()];
                        self.server.reader().read_exact(&mut got).unwrap();
                        self.server_got.extend(got);
                    }
                    Err(error) => self.server_error = Some(error),
                }
            }
            self.client.sent(n);
            moved += n;
        }
        moved
    }

    /// What the server has to send is on the wire.
    fn draw(&mut self) {
        while self.server.wants_write() {
            self.server.write_tls(&mut self.to_client).unwrap();
        }
    }

    /// What is on the wire reaches the client.
    fn pull(&mut self) -> Result<usize, TlsError> {
        let wire = std::mem::take(&mut self.to_client);
        let mut rest = &wire[..];
        loop {
            loop {
                match self.client.process()? {
                    Event::Blocked => break,
                    Event::Plaintext => {
                        // Consumed in two bites: the engine keeps its place.
                        let n = self.client.plaintext().len().div_ceil(2);
                        self.client_got.extend_from_slice(&self.client.plaintext()[..n]);
                        self.client.consume(n);
                        // A read in between moves what is left, and nothing else.
                        let left = self.client.plaintext().to_vec();
                        self.client.space();
                        assert!(self.client.plaintext() == left);
                    }
                    ended @ (Event::Closed | Event::Truncated) => {
                        self.events.push(ended);
                        return Ok(wire.len());
                    }
                    Event::Secured => self.events.push(Event::Secured),
                }
            }
            if rest.is_empty() {
                return Ok(wire.len());
            }
            let space = self.client.space();
            let n = rest.len().min(self.chunk).min(space.len());
            assert!(n > 0, "no room though input is needed");
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            self.client.received(n);
        }
    }

    fn pump(&mut self) -> Result<(), TlsError> {
        loop {
            let result = self.pull();
            let mut moved = self.push();
            self.draw();
            moved += self.to_client.len();
            result?;
            if moved == 0 {
                return Ok(());
            }
        }
    }

    fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let n = self.client.seal(bytes).unwrap();
            bytes = &bytes[n..];
            self.pump().unwrap();
        }
    }

    fn last(&self) -> Event {
        *self.events.last().unwrap()
    }
}

/// Bytes that no shift or repetition leaves the same.
fn payload(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}

#[test]
fn speaks_both_versions_both_ways() {
    let pki = Pki::new();
    for version in BOTH {
        let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
        assert_eq!(pair.events, [Event::Secured]);
        let expected = match version {
            Version::Tls12 => ProtocolVersion::TLSv1_2,
            Version::Tls13 => ProtocolVersion::TLSv1_3,
        };
        assert_eq!(pair.client.version(), Some(expected));
        assert_eq!(
            pair.client.cipher_suite(),
            pair.server.negotiated_cipher_suite().map(|suite| suite.suite())
        );
        assert_eq!(pair.client.alpn(), Some(&b"ftp"[..]));
        assert_eq!(pair.client.peer_certificates().len(), 1);
        pair.write(b"FEAT\r\n");
        assert_eq!(pair.server_got, b"FEAT\r\n");
        pair.server.writer().write_all(b"211 End\r\n").unwrap();
        pair.pump().unwrap();
        assert_eq!(pair.client_got, b"211 End\r\n");
    }
}

#[test]
fn takes_bytes_one_at_a_time() {
    let pki = Pki::new();
    for version in BOTH {
        let mut pair =
            Pair::new(Engine::control(&pki.session(), name()).unwrap(), &pki.server(version, stateless));
        pair.chunk = 1;
        pair.pump().unwrap();
        assert_eq!(pair.events, [Event::Secured]);
        let bytes = payload(40_000);
        pair.write(&bytes);
        pair.server.writer().write_all(&bytes).unwrap();
        pair.server.send_close_notify();
        pair.pump().unwrap();
        assert!(pair.server_got == bytes && pair.client_got == bytes);
        assert_eq!(pair.last(), Event::Closed);
    }
}

#[test]
fn moves_ten_mebibytes_both_ways() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, stateless);
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        let mut data = Pair::data(&session, &mut control, &server);
        let bytes = payload(10 << 20);
        for part in bytes.chunks(1 << 20) {
            data.server.writer().write_all(part).unwrap();
            data.write(part);
        }
        data.client.close_notify().unwrap();
        data.server.send_close_notify();
        data.pump().unwrap();
        assert!(data.client_got == bytes && data.server_got == bytes);
        assert!(data.server_closed);
        assert_eq!(data.last(), Event::Closed);
    }
}

#[test]
fn the_room_for_a_read_grows_while_reads_fill_it_and_has_a_limit() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, |_| {});
    let session = pki.session();
    let mut control = Pair::control(&session, &server);
    for (chunk, most) in [(usize::MAX, 240 * 1024..=256 * 1024), (1000, 16 * 1024..=32 * 1024)] {
        let mut data = Pair::data(&session, &mut control, &server);
        data.server.writer().write_all(&payload(2 << 20)).unwrap();
        data.draw();
        let mut rest = &data.to_client[..];
        let mut room = 0;
        while !rest.is_empty() {
            let space = data.client.space();
            room = room.max(space.len());
            let n = rest.len().min(chunk).min(space.len());
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            data.client.received(n);
            while data.client.process().unwrap() == Event::Plaintext {
                data.client.consume(usize::MAX);
            }
        }
        assert!(most.contains(&room), "{room}");
    }
}

#[test]
fn seals_no_more_than_the_high_water_mark() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, stateless);
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        let mut fresh = Engine::data(&session, name(), &mut control.client).unwrap();
        assert_eq!(fresh.seal(b"early").unwrap(), 0);
        let mut data = Pair::data(&session, &mut control, &server);
        assert_eq!(data.client.seal(&payload(1 << 20)).unwrap(), 64 * 1024);
        assert!(!data.client.has_room());
        assert_eq!(data.client.seal(b"more").unwrap(), 0);
        data.pump().unwrap();
        assert!(data.client.has_room());
        assert_eq!(data.server_got.len(), 64 * 1024);
    }
}

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

#[test]
fn a_ticket_is_spent_by_an_alert_that_answers_it_and_by_no_other_end() {
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

    let mut lost = Engine::data(&session, name(), &mut control.client).unwrap();
    lost.received_eof();
    while lost.process().is_ok() {}
    let mut secured = Pair::data(&session, &mut control, &silent);
    assert!(secured.client.resumed());

    let forged = [23, 3, 3, 0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17];
    secured.server.read_tls(&mut &forged[..]).unwrap();
    secured.server.process_new_packets().unwrap_err();
    assert!(secured.pump().unwrap_err().alert().is_some());
    assert!(Pair::data(&session, &mut control, &silent).client.resumed());

    let mut refused = Pair::new(Engine::data(&session, name(), &mut control.client).unwrap(), &silent);
    refused.to_client = vec![21, 3, 3, 0, 2, 2, AlertDescription::HandshakeFailure.into()];
    assert!(refused.pull().unwrap_err().alert().is_some());
    assert!(!Pair::data(&session, &mut control, &silent).client.resumed());
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

#[cfg(target_os = "linux")]
#[test]
fn a_socket_that_never_takes_everything_makes_no_heap() {
    let resident = || {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap().to_owned();
        line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() / 1024
    };
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, |_| {});
    let session = pki.session();
    let mut control = Pair::control(&session, &server);
    let mut data = Pair::data(&session, &mut control, &server);
    let before = resident();
    let bytes = vec![1; 1 << 16];
    // 200 MiB, of which the socket always leaves a half of what waits.
    let mut sealed = 0;
    while sealed < 200 << 20 {
        sealed += data.client.seal(&bytes).unwrap();
        let waiting = data.client.outgoing().len();
        data.client.sent(waiting / 2);
    }
    assert!(resident() < before + 100, "{before} MiB before, {} MiB behind", resident());
}

#[test]
fn remembers_the_group_that_the_server_likes() {
    let pki = Pki::new();
    let groups = vec![library::kx_group::SECP256R1];
    let provider = Arc::new(CryptoProvider { kx_groups: groups, ..library::default_provider() });
    let (certificate, key) = pki.issue(|_| {});
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
        .unwrap();
    server.send_tls13_tickets = 0;
    let server = Arc::new(server);
    let session = pki.session();
    let mut control = Pair::control(&session, &server);
    assert_eq!(control.server.handshake_kind(), Some(HandshakeKind::FullWithHelloRetryRequest));
    let data = Pair::data(&session, &mut control, &server);
    assert_eq!(data.server.handshake_kind(), Some(HandshakeKind::Full));
    let again = Pair::control(&session, &server);
    assert_eq!(again.server.handshake_kind(), Some(HandshakeKind::Full));
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
fn updates_keys_both_ways() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls13, stateless);
    let mut pair = Pair::control(&pki.session(), &server);
    for n in 0..200u8 {
        // The server's KeyUpdate asks for one in return.
        pair.server.refresh_traffic_keys().unwrap();
        pair.server.writer().write_all(&[n]).unwrap();
        pair.pump().unwrap();
        pair.write(&[n]);
    }
    let all: Vec<u8> = (0..200).collect();
    assert_eq!((pair.client_got, pair.server_got), (all.clone(), all));
}

#[test]
fn updates_keys_at_the_confidentiality_limit() {
    let pki = Pki::new();
    let provider = provider(8, |aead| aead);
    let server = pki.server(Version::Tls13, stateless);
    let mut pair = Pair::control(&pki.client().provider(provider).build().unwrap().session(), &server);
    let mut records = 0;
    for n in 0..100 {
        assert_eq!(pair.client.seal(&[n]).unwrap(), 1);
        let mut outgoing = pair.client.outgoing();
        while !outgoing.is_empty() {
            let length = usize::from(u16::from_be_bytes([outgoing[3], outgoing[4]]));
            outgoing = &outgoing[5 + length..];
            records += 1;
        }
        pair.push();
    }
    assert_eq!(pair.server_error, None);
    assert_eq!(pair.server_got, (0..100).collect::<Vec<u8>>());
    // Seven of data and the KeyUpdate with each key.
    assert_eq!(records, 100 + 99 / 7);
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
        let server = pki.server(version, stateless);
        let session = pki.session();
        let mut control = Pair::control(&session, &server);
        let mut data = Pair::data(&session, &mut control, &server);
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
fn names_plain_text() {
    let pki = Pki::new();
    for chunk in [1, usize::MAX] {
        let mut pair = Pair::new(
            Engine::control(&pki.session(), name()).unwrap(),
            &pki.server(Version::Tls13, stateless),
        );
        pair.chunk = chunk;
        pair.to_client = b"220 Welcome\r\n".to_vec();
        let error = pair.pull().unwrap_err();
        assert!(
            matches!(&error, TlsError::PlainText { excerpt, secured: false } if excerpt == "220 Welcome")
        );
        assert!(error.is_plain_text() && !error.is_certificate());
        for version in BOTH {
            let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
            pair.chunk = chunk;
            pair.to_client = b"500 OOPS: child died\r\n".to_vec();
            let error = pair.pull().unwrap_err();
            assert_eq!(
                error.to_string(),
                "the server fell back to plain text inside TLS: \"500 OOPS: child died\""
            );
        }
    }
}

#[test]
fn names_plain_text_that_has_no_line_end() {
    let pki = Pki::new();
    let mut pair =
        Pair::new(Engine::control(&pki.session(), name()).unwrap(), &pki.server(Version::Tls13, stateless));
    pair.to_client = b"421 bye".to_vec();
    pair.pull().unwrap();
    assert_eq!(pair.client.process().unwrap(), Event::Blocked);
    pair.client.received_eof();
    let error = pair.client.process().unwrap_err();
    assert!(matches!(error, TlsError::PlainText { excerpt, .. } if excerpt == "421 bye"));
}

#[test]
fn names_plain_text_in_the_middle_of_the_handshake() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, stateless);
        let mut pair = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server);
        pair.pull().unwrap();
        pair.push();
        pair.draw();
        let first = 5 + usize::from(u16::from_be_bytes([pair.to_client[3], pair.to_client[4]]));
        pair.to_client.truncate(first);
        pair.to_client.extend(b"500 OOPS: priv_sock_get_cmd\r\n");
        let error = pair.pull().unwrap_err();
        assert!(error.to_string().contains("\"500 OOPS: priv_sock_get_cmd\""), "{error}");
    }
}

#[test]
fn does_not_take_noise_for_text() {
    let pki = Pki::new();
    for noise in [&[0x80, 0x2e, 1, 3, 1][..], &[22, 9, 9, 0, 5], &[b'a', 0, 0, 0, 0]] {
        let server = pki.server(Version::Tls13, stateless);
        let mut pair = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server);
        pair.to_client = noise.to_vec();
        assert!(matches!(pair.pull().unwrap_err(), TlsError::Protocol { .. }));
    }
}

#[test]
fn excerpts_move_no_cursor() {
    let pki = Pki::new();
    let mut pair =
        Pair::new(Engine::control(&pki.session(), name()).unwrap(), &pki.server(Version::Tls13, stateless));
    pair.to_client = "220 \x1b[2J\x07\u{202e}\r\nrest".into();
    let error = pair.pull().unwrap_err();
    assert!(
        matches!(&error, TlsError::PlainText { excerpt, .. } if excerpt == "220 \\u{1b}[2J\\u{7}\\u{202e}"),
        "{error}"
    );
}

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
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
        )
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

/// A server whose records the test seals itself, to send what rustls never would.
struct Forger {
    pair: Pair,
    encrypter: Box<dyn MessageEncrypter>,
    sequence: u64,
    decrypter: Box<dyn MessageDecrypter>,
    heard: u64,
    /// The NewSessionTicket messages that the server sent, kept from the client.
    tickets: Vec<Vec<u8>>,
}

impl Forger {
    fn new(client: Engine, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Pair::new(client, server);
        while !pair.client.handshake_done() {
            pair.pull().unwrap();
            pair.push();
            pair.draw();
        }
        let mut wire = std::mem::take(&mut pair.to_client);
        let server = std::mem::replace(&mut pair.server, ServerConnection::new(Arc::clone(server)).unwrap());
        let suite = server.negotiated_cipher_suite().unwrap().tls13().unwrap();
        let secrets = server.dangerous_extract_secrets().unwrap();
        let heard = secrets.rx.0;
        let (
            ConnectionTrafficSecrets::Aes256Gcm { key, iv },
            ConnectionTrafficSecrets::Aes256Gcm { key: rx_key, iv: rx_iv },
        ) = (secrets.tx.1, secrets.rx.1)
        else {
            panic!("suite")
        };
        let again = |key: &AeadKey| AeadKey::from(<[u8; 32]>::try_from(key.as_ref()).unwrap());
        let mut decrypter: Box<dyn MessageDecrypter> =
            suite.aead_alg.decrypter(again(&key), Iv::copy(iv.as_ref()));
        let (mut tickets, mut rest, mut sequence) = (vec![], &mut wire[..], 0);
        while !rest.is_empty() {
            let length = 5 + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            let (record, tail) = rest.split_at_mut(length);
            rest = tail;
            let record = InboundOpaqueMessage::new(
                ContentType::ApplicationData,
                ProtocolVersion::TLSv1_2,
                &mut record[5..],
            );
            let message = decrypter.decrypt(record, sequence).unwrap();
            sequence += 1;
            assert_eq!(message.typ, ContentType::Handshake);
            let mut messages = message.payload;
            while !messages.is_empty() {
                let (message, tail) =
                    messages.split_at(4 + usize::from(u16::from_be_bytes([messages[2], messages[3]])));
                tickets.push(message.to_vec());
                messages = tail;
            }
        }
        let encrypter = suite.aead_alg.encrypter(key, iv);
        let decrypter = suite.aead_alg.decrypter(rx_key, rx_iv);
        Self { pair, encrypter, sequence: 0, decrypter, heard, tickets }
    }

    /// The first record that the client has to send.
    fn hear(&mut self) -> (ContentType, Vec<u8>) {
        let mut record = self.pair.client.outgoing().to_vec();
        let length = 5 + usize::from(u16::from_be_bytes([record[3], record[4]]));
        self.pair.client.sent(length);
        let record = InboundOpaqueMessage::new(
            ContentType::ApplicationData,
            ProtocolVersion::TLSv1_2,
            &mut record[5..length],
        );
        let message = self.decrypter.decrypt(record, self.heard).unwrap();
        self.heard += 1;
        (message.typ, message.payload.to_vec())
    }

    fn control(pki: &Pki) -> (Self, TlsSession, Arc<ServerConfig>) {
        let server = pki.server(Version::Tls13, |config| {
            stateless(config);
            config.enable_secret_extraction = true;
        });
        let session = pki.session();
        (Self::new(Engine::control(&session, name()).unwrap(), &server), session, server)
    }

    fn send(&mut self, typ: ContentType, payload: &[u8]) -> Result<usize, TlsError> {
        let message =
            OutboundPlainMessage { typ, version: ProtocolVersion::TLSv1_2, payload: payload.into() };
        let record = self.encrypter.encrypt(message, self.sequence).unwrap().encode();
        self.sequence += 1;
        self.pair.to_client.extend(record);
        self.pair.pull()
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
fn answers_a_key_update_once_until_it_is_written() {
    let pki = Pki::new();
    let (mut forger, ..) = Forger::control(&pki);
    assert_eq!(forger.pair.client.seal(b"first").unwrap(), 5);
    // It cannot be answered at once: something waits to be written.
    forger.send(ContentType::Handshake, &[24, 0, 0, 1, 1]).unwrap();
    assert_eq!(forger.hear(), (ContentType::ApplicationData, b"first".to_vec()));
    assert!(forger.pair.client.outgoing().is_empty());
    // But before the next data it must be.
    forger.pair.client.seal(b"second").unwrap();
    assert_eq!(forger.hear(), (ContentType::Handshake, vec![24, 0, 0, 1, 0]));
    // Where nothing waits it goes at once: a download has no data to send.
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Handshake, &[24, 0, 0, 1, 1]).unwrap();
    assert_eq!(forger.hear(), (ContentType::Handshake, vec![24, 0, 0, 1, 0]));
    assert!(forger.pair.client.outgoing().is_empty());
    // And not where none was asked for.
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Handshake, &[24, 0, 0, 1, 0]).unwrap();
    assert!(forger.pair.client.outgoing().is_empty());
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

#[test]
fn is_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Engine>();
    check::<TlsSession>();
    check::<TlsConfig>();
    check::<TlsError>();
}

#[test]
fn refuses_what_no_server_may_send() {
    let pki = Pki::new();
    let handshake = |typ: u8, body: &[u8]| [&[typ, 0, 0, body.len() as u8], body].concat();
    let cases: [(ContentType, Vec<u8>, AlertDescription); 9] = [
        // A ClientHello, a Finished.
        (ContentType::Handshake, handshake(1, b"hello"), AlertDescription::UnexpectedMessage),
        (ContentType::Handshake, handshake(20, b"done"), AlertDescription::UnexpectedMessage),
        // A KeyUpdate that means nothing, is too long, has something behind it.
        (ContentType::Handshake, handshake(24, &[2]), AlertDescription::DecodeError),
        (ContentType::Handshake, handshake(24, &[0, 0]), AlertDescription::DecodeError),
        (
            ContentType::Handshake,
            [handshake(24, &[0]), vec![4]].concat(),
            AlertDescription::UnexpectedMessage,
        ),
        // A message of 64 KiB.
        (ContentType::Handshake, vec![4, 1, 0, 0], AlertDescription::DecodeError),
        (ContentType::Handshake, vec![], AlertDescription::UnexpectedMessage),
        (ContentType::Alert, vec![2], AlertDescription::DecodeError),
        (ContentType::Heartbeat, vec![1, 0], AlertDescription::UnexpectedMessage),
    ];
    for (typ, bytes, alert) in cases {
        let (mut forger, ..) = Forger::control(&pki);
        let error = forger.send(typ, &bytes).unwrap_err();
        assert!(matches!(error, TlsError::Protocol { .. }), "{typ:?} {bytes:?} {error:?}");
        assert_eq!(forger.hear(), (ContentType::Alert, vec![2, alert.into()]), "{typ:?} {bytes:?}");
    }
    // One byte less is a message that has not come yet, and an alert is not answered.
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Handshake, &[4, 0, 255, 255]).unwrap();
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Alert, &[2, AlertDescription::HandshakeFailure.into()]).unwrap_err();
    assert!(forger.pair.client.outgoing().is_empty());
}

#[test]
fn takes_a_handshake_however_it_is_cut() {
    let pki = Pki::new();
    let server = pki.server(Version::Tls12, stateless);
    for (cut, chunk) in [(1, usize::MAX), (7, 1), (100, 3), (333, usize::MAX), (1000, 1)] {
        let mut pair = Pair::new(Engine::control(&pki.session(), name()).unwrap(), &server);
        pair.pull().unwrap();
        pair.push();
        pair.draw();
        // The server's first flight is in the clear: ServerHello to ServerHelloDone.
        let (mut messages, wire) = (vec![], std::mem::take(&mut pair.to_client));
        let mut rest = &wire[..];
        while !rest.is_empty() {
            let length = 5 + usize::from(u16::from_be_bytes([rest[3], rest[4]]));
            messages.extend_from_slice(&rest[5..length]);
            rest = &rest[length..];
        }
        for part in messages.chunks(cut) {
            pair.to_client.extend([22, 3, 3, (part.len() >> 8) as u8, part.len() as u8]);
            pair.to_client.extend(part);
        }
        pair.chunk = chunk;
        pair.pull().unwrap();
        pair.chunk = usize::MAX;
        pair.pump().unwrap();
        assert!(pair.client.handshake_done(), "{cut} {chunk}");
    }
}

#[test]
fn seals_while_half_a_message_waits() {
    // Under TLS 1.2 rustls keeps the half in the engine's buffer.
    let pki = Pki::new();
    let server = pki.server(Version::Tls12, |config| config.enable_secret_extraction = true);
    // A suite whose nonces leave the forger free.
    let suites = vec![library::cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256];
    let provider = Arc::new(CryptoProvider { cipher_suites: suites, ..library::default_provider() });
    let config = pki.client().provider(provider).versions(&[Version::Tls12]).build().unwrap();
    let mut pair = Pair::control(&config.session(), &server);
    let server = std::mem::replace(&mut pair.server, ServerConnection::new(Arc::clone(&server)).unwrap());
    let Some(SupportedCipherSuite::Tls12(suite)) = server.negotiated_cipher_suite() else { panic!("suite") };
    let secrets = server.dangerous_extract_secrets().unwrap();
    let (sequence, ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv }) = secrets.tx else {
        panic!("suite")
    };
    let mut encrypter = suite.aead_alg.encrypter(key, iv.as_ref(), &[]);
    // A HelloRequest is four bytes long.
    for (n, part) in [&[0u8][..], &[0, 0], &[0]].into_iter().enumerate() {
        let message = OutboundPlainMessage {
            typ: ContentType::Handshake,
            version: ProtocolVersion::TLSv1_2,
            payload: part.into(),
        };
        let record = encrypter.encrypt(message, sequence + n as u64).unwrap().encode();
        // The last record in two reads: half a record waits behind half a message.
        let (first, rest) = record.split_at(if n == 2 { 7 } else { record.len() });
        for bytes in [first, rest] {
            pair.to_client.extend(bytes);
            pair.pull().unwrap();
            let before = pair.client.outgoing().len();
            assert_eq!(pair.client.seal(b"NOOP\r\n").unwrap(), 6);
            assert!(pair.client.outgoing().len() > before);
        }
    }
}

#[test]
fn refuses_data_between_the_parts_of_a_message() {
    let pki = Pki::new();
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Handshake, &[4, 0]).unwrap();
    let error = forger.send(ContentType::ApplicationData, b"data").unwrap_err();
    assert!(matches!(error, TlsError::Protocol { .. }));
    assert!(forger.pair.client_got.is_empty());
}

#[test]
fn a_peer_cannot_spin_the_engine() {
    let pki = Pki::new();
    let hostile: [(ContentType, &[u8]); 3] = [
        (ContentType::ApplicationData, b""),
        (ContentType::Alert, &[1, 90]),
        (ContentType::Handshake, &[4, 0, 0, 1, 0]),
    ];
    for (typ, bytes) in hostile {
        let (mut forger, ..) = Forger::control(&pki);
        let sent = (0..1000).take_while(|_| forger.send(typ, bytes).is_ok()).count();
        assert_eq!(sent, 64, "{typ:?}");
        // With data in between there is no limit.
        let (mut forger, ..) = Forger::control(&pki);
        for _ in 0..200 {
            forger.send(typ, bytes).unwrap();
            forger.send(ContentType::ApplicationData, b"x").unwrap();
        }
        assert_eq!(forger.pair.client_got.len(), 200);
    }
}

#[test]
fn refuses_records_that_are_too_long_or_forged() {
    use AlertDescription::{BadRecordMac, RecordOverflow, UnexpectedMessage};
    let pki = Pki::new();
    for (bytes, text, alert) in [
        (&[23, 3, 3, 0x41, 1][..], "excess", RecordOverflow),
        (
            &[23, 3, 3, 0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
            "decrypt",
            BadRecordMac,
        ),
        (&[23, 3, 3, 0, 0], "decrypt", BadRecordMac),
        (&[21, 3, 3, 0, 2, 1, 0], "message", UnexpectedMessage),
        (&[20, 3, 3, 0, 1, 1], "message", UnexpectedMessage),
    ] {
        let (mut forger, ..) = Forger::control(&pki);
        forger.pair.to_client = bytes.to_vec();
        let error = forger.pair.pull().unwrap_err();
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(forger.hear(), (ContentType::Alert, vec![2, alert.into()]), "{error}");
    }
    // As long as one may be.
    let (mut forger, ..) = Forger::control(&pki);
    forger.pair.to_client = vec![23, 3, 3, 0x41, 0];
    forger.pair.pull().unwrap();
}

#[test]
fn damage_never_becomes_data() {
    let pki = Pki::new();
    for version in BOTH {
        let server = pki.server(version, stateless);
        let session = pki.session();
        let bytes = payload(40_000);
        let (mut detected, mut tried) = (0, 0);
        // Where the bit flips: in the handshake at first, then all over the records of data.
        for at in (0..1_000).step_by(7).chain((1_000..45_000).step_by(631)) {
            let mut pair = Pair::new(Engine::control(&session, name()).unwrap(), &server);
            pair.chunk = 1 + at % 5_000;
            let mut position = 0;
            let mut failed = false;
            for round in 0..6 {
                if pair.client.handshake_done() && pair.server_error.is_none() && round == 4 {
                    pair.server.writer().write_all(&bytes).unwrap();
                    pair.server.send_close_notify();
                }
                pair.draw();
                if (position..position + pair.to_client.len()).contains(&at) {
                    pair.to_client[at - position] ^= 1 << (at % 8);
                }
                position += pair.to_client.len();
                failed |= pair.pull().is_err();
                pair.push();
            }
            pair.client.received_eof();
            failed |= pair.client.process().is_err();
            assert!(bytes.starts_with(&pair.client_got), "{version:?} {at}");
            let whole = pair.client_got.len() == bytes.len() && pair.events.last() == Some(&Event::Closed);
            assert!(failed || whole || pair.client.process().unwrap() == Event::Truncated);
            detected += usize::from(failed);
            tried += 1;
        }
        // All but the versions in the records' headers is protected.
        assert!(detected * 10 > tried * 9, "{version:?}: {detected} of {tried}");
    }
}

/// A provider whose one TLS 1.3 suite has another confidentiality limit or another AEAD.
fn provider(
    limit: u64,
    aead: impl Fn(&'static dyn Tls13AeadAlgorithm) -> &'static dyn Tls13AeadAlgorithm,
) -> Arc<CryptoProvider> {
    let base = library::cipher_suite::TLS13_AES_256_GCM_SHA384.tls13().unwrap();
    let suite = Tls13CipherSuite {
        common: CipherSuiteCommon {
            suite: base.common.suite,
            hash_provider: base.common.hash_provider,
            confidentiality_limit: limit,
        },
        hkdf_provider: base.hkdf_provider,
        aead_alg: aead(base.aead_alg),
        quic: None,
    };
    let suite = SupportedCipherSuite::Tls13(Box::leak(Box::new(suite)));
    Arc::new(CryptoProvider { cipher_suites: vec![suite], ..library::default_provider() })
}

struct NoExtraction(&'static dyn Tls13AeadAlgorithm);

impl Tls13AeadAlgorithm for NoExtraction {
    fn encrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageEncrypter> {
        self.0.encrypter(key, iv)
    }

    fn decrypter(&self, key: AeadKey, iv: Iv) -> Box<dyn MessageDecrypter> {
        self.0.decrypter(key, iv)
    }

    fn key_len(&self) -> usize {
        self.0.key_len()
    }

    fn extract_keys(&self, _: AeadKey, _: Iv) -> Result<ConnectionTrafficSecrets, UnsupportedOperationError> {
        Err(UnsupportedOperationError)
    }
}

#[test]
fn a_greeting_that_comes_with_the_last_of_the_handshake_is_heard() {
    let pki = Pki::new();
    for version in BOTH {
        let mut config = Config::new(Login::new(Argument::new("anna").unwrap(), Secret::new("s").unwrap()));
        config.security = Security::Implicit;
        let mut link = Link::new(Session::new(config), &pki.client().build().unwrap(), name());
        let mut server = ServerConnection::new(pki.server(version, |_| {})).unwrap();
        let mut open = Open::new();
        let mut greeted = false;
        let mut heard = Vec::new();
        // More turns than the handshake has flights.
        for _ in 0..10 {
            let need = link.poll(&mut open, Instant::default()).unwrap();
            assert!(matches!(need, Progress::Need(Need::Io(_))), "{need:?}");
            let mut sent = link.outgoing(Channel::Control);
            while !sent.is_empty() {
                server.read_tls(&mut sent).unwrap();
                server.process_new_packets().unwrap();
            }
            link.sent(Channel::Control, usize::MAX);
            // Under TLS 1.2 its Finished, which is the last, has not been written yet.
            if !server.is_handshaking() && !greeted {
                server.writer().write_all(b"220 welcome\r\n").unwrap();
                greeted = true;
            }
            let mut flight = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut flight).unwrap();
            }
            if !flight.is_empty() {
                link.space(Channel::Control)[..flight.len()].copy_from_slice(&flight);
                link.received(Channel::Control, flight.len());
            }
            let mut buffer = [0; 64];
            if let Ok(n) = server.reader().read(&mut buffer) {
                heard.extend_from_slice(&buffer[..n]);
            }
        }
        assert_eq!(heard, b"USER anna\r\n", "{version:?}");
    }
}
