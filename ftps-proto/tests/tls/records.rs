//! Records: sealed, opened, cut anywhere, under keys that change.

use std::io::Write;
use std::sync::Arc;

use ftps_proto::tls::{Engine, Event, TlsConfig, TlsError, TlsSession, Version};
use rustls::crypto::CryptoProvider;
use rustls::crypto::cipher::OutboundPlainMessage;
use rustls::{
    ConnectionTrafficSecrets, ContentType, ProtocolVersion, ServerConnection, SupportedCipherSuite,
};

use super::forger::Forger;
use super::library;
use super::pair::{Pair, payload};
use super::pki::{BOTH, Pki, name, provider, stateless};

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
        let mut data = Pair::resumed(&pki, version);
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
    for (chunk, most) in [(usize::MAX, 480 * 1024..=512 * 1024), (1000, 16 * 1024..=32 * 1024)] {
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
        assert_eq!(data.client.seal(&payload(1 << 20)).unwrap(), 256 * 1024);
        assert!(!data.client.has_room());
        assert_eq!(data.client.seal(b"more").unwrap(), 0);
        data.pump().unwrap();
        assert!(data.client.has_room());
        assert_eq!(data.server_got.len(), 256 * 1024);
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
    assert!(resident() < before + 100, "{before} MiB before, {} MiB after", resident());
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
fn is_send_and_sync() {
    fn check<T: Send + Sync + 'static>() {}
    check::<Engine>();
    check::<TlsSession>();
    check::<TlsConfig>();
    check::<TlsError>();
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
        // The last record in two reads: half a record waits after half a message.
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

/// All that the server has to send lies in the client's buffer.
fn swallow(data: &mut Pair) {
    data.draw();
    let wire = std::mem::take(&mut data.to_client);
    let mut rest = &wire[..];
    while !rest.is_empty() {
        let space = data.client.space();
        let n = rest.len().min(space.len());
        space[..n].copy_from_slice(&rest[..n]);
        rest = &rest[n..];
        data.client.received(n);
    }
}

#[test]
fn records_are_gathered_as_far_as_they_have_come() {
    let pki = Pki::new();
    for version in BOTH {
        let mut data = Pair::resumed(&pki, version);
        let bytes = payload(100_000);
        data.server.writer().write_all(&bytes).unwrap();
        data.server.send_close_notify();
        swallow(&mut data);
        // Without a record that is open it opens one.
        data.client.gather(1);
        assert!(data.client.plaintext() == &bytes[..16_384]);
        assert_eq!(data.client.process().unwrap(), Event::Plaintext);
        data.client.consume(1000);
        data.client.gather(50_000);
        let gathered = data.client.plaintext().to_vec();
        assert!((50_000..70_000).contains(&gathered.len()) && bytes[1000..].starts_with(&gathered));
        data.client.space();
        data.client.gather(usize::MAX);
        assert!(data.client.plaintext() == &bytes[1000..], "with the end after it");
        assert_eq!(data.client.process().unwrap(), Event::Plaintext);
        data.client.consume(usize::MAX);
        assert_eq!(data.client.process().unwrap(), Event::Closed);
    }
}

#[test]
fn an_error_that_comes_to_light_by_gathering_is_told_after_what_came_before_it() {
    let pki = Pki::new();
    for version in BOTH {
        let mut data = Pair::resumed(&pki, version);
        let bytes = payload(40_000);
        data.server.writer().write_all(&bytes).unwrap();
        data.draw();
        *data.to_client.last_mut().unwrap() ^= 1;
        swallow(&mut data);
        data.client.gather(usize::MAX);
        assert!(data.client.plaintext() == &bytes[..32_768]);
        assert_eq!(data.client.process().unwrap(), Event::Plaintext);
        data.client.consume(usize::MAX);
        let error = data.client.process().unwrap_err();
        assert!(error.to_string().contains("decrypt"), "{error}");
    }
}
