//! What no honest server sends.

use std::io::Write;

use ftps_proto::tls::{Engine, Event, TlsError};
use rustls::{AlertDescription, ContentType};

use super::forger::{Forger, Forger12};
use super::pair::{Pair, payload};
use super::pki::{BOTH, Pki, name, stateless};

#[test]
fn refuses_what_no_server_may_send() {
    let pki = Pki::new();
    let handshake = |typ: u8, body: &[u8]| [&[typ, 0, 0, body.len() as u8], body].concat();
    let cases: [(ContentType, Vec<u8>, AlertDescription); 9] = [
        // A ClientHello, a Finished.
        (ContentType::Handshake, handshake(1, b"hello"), AlertDescription::UnexpectedMessage),
        (ContentType::Handshake, handshake(20, b"done"), AlertDescription::UnexpectedMessage),
        // A KeyUpdate that means nothing, is too long, has something after it.
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
fn refuses_data_between_the_parts_of_a_message() {
    let pki = Pki::new();
    let (mut forger, ..) = Forger::control(&pki);
    forger.send(ContentType::Handshake, &[4, 0]).unwrap();
    let error = forger.send(ContentType::ApplicationData, b"data").unwrap_err();
    assert!(matches!(error, TlsError::Protocol { .. }));
    assert!(forger.pair.client_got.is_empty());
}

#[test]
fn under_tls_1_2_a_message_in_pieces_harms_nobody() {
    let pki = Pki::new();
    // Part of a HelloRequest. What comes in between may come at once or later.
    let parts: [(ContentType, &[u8]); 2] =
        [(ContentType::ApplicationData, b"data"), (ContentType::Alert, &[1, 0])];
    for (typ, bytes) in parts {
        for at_once in [true, false] {
            let mut forger = Forger12::after(&pki, |_| {});
            let part = forger.seal(ContentType::Handshake, &[0, 0]);
            forger.pair.to_client.extend(part);
            if !at_once {
                forger.pair.pull().unwrap();
                assert_eq!(forger.pair.client.seal(b"NOOP\r\n").unwrap(), 6);
            }
            let error = forger.send(typ, bytes).unwrap_err();
            assert!(matches!(error, TlsError::Protocol { .. }), "{error:?}");
            assert!(forger.pair.client_got.is_empty());
            forger.pair.client.close_notify().unwrap_err();
        }
    }
    // What is written in the middle of that does not go on either.
    let mut forger = Forger12::after(&pki, |_| {});
    let records = [(ContentType::Handshake, &b""[..]), (ContentType::ApplicationData, b"data")]
        .map(|(typ, bytes)| forger.seal(typ, bytes));
    let client = &mut forger.pair.client;
    let [_, processed] = records.map(|record| {
        client.space()[..record.len()].copy_from_slice(&record);
        client.received(record.len());
        client.process()
    });
    client.close_notify().unwrap_err();
    assert!(matches!(processed, Err(TlsError::Protocol { .. })), "{processed:?}");
    // Whole, it is declined, and nothing else changes.
    let mut forger = Forger12::after(&pki, |_| {});
    forger.send(ContentType::Handshake, &[0, 0]).unwrap();
    forger.send(ContentType::Handshake, &[0, 0]).unwrap();
    forger.send(ContentType::ApplicationData, b"data").unwrap();
    assert_eq!(forger.pair.client_got, b"data");
    forger.pair.client.close_notify().unwrap();
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
        (&[23, 3, 3, 0x41, 1][..], "too long", RecordOverflow),
        (
            &[23, 3, 3, 0, 17, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17],
            "decrypt",
            BadRecordMac,
        ),
        (&[23, 3, 3, 0, 0], "decrypt", BadRecordMac),
        (&[21, 3, 3, 0, 2, 1, 0], "broke the TLS protocol", UnexpectedMessage),
        (&[20, 3, 3, 0, 1, 1], "broke the TLS protocol", UnexpectedMessage),
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
fn a_handshake_message_that_fills_the_buffer_in_tiny_records_is_refused() {
    let pki = Pki::new();
    for version in BOTH {
        let (session, server) = (pki.session(), pki.server(version, stateless));
        let mut control = Pair::control(&session, &server);
        for control in [None, Some(&mut control)] {
            let most = 128 * 1024;
            let engine = match control {
                Some(control) => Engine::data(&session, name(), &mut control.client),
                None => Engine::control(&pki.session(), name()),
            };
            let mut pair = Pair::new(engine.unwrap(), &server);
            pair.pull().unwrap();
            pair.push();
            // A ServerHello of 65,535 bytes, of which each record brings one.
            let message = [2, 0, 0xff, 0xff].into_iter().chain(std::iter::repeat_n(0, 0xffff));
            pair.to_client = message.flat_map(|byte| [22, 3, 3, 0, 1, byte]).collect();
            assert!(pair.to_client.len() > most);
            let error = pair.pull().unwrap_err();
            assert!(matches!(error, TlsError::Protocol { .. }), "{error:?}");
            assert_eq!(error.to_string(), "TLS failed: the server sent a handshake message that is too long");
        }
    }
}

#[test]
fn a_bad_record_after_our_close_notify_is_told_and_not_answered() {
    let pki = Pki::new();
    for version in BOTH {
        for bad in [
            &[
                23, 3, 3, 0, 25, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                22, 23, 24, 25,
            ][..],
            &[23, 3, 3, 0, 0],
            &[21, 3, 3, 0, 2, 1, 0],
            &[20, 3, 3, 0, 1, 1],
            &[23, 3, 3, 0x41, 1],
        ] {
            let mut data = Pair::resumed(&pki, version);
            data.client.close_notify().unwrap();
            data.push();
            data.server.writer().write_all(b"data").unwrap();
            data.draw();
            data.to_client.extend(bad);
            let error = data.pull().unwrap_err();
            assert!(matches!(error, TlsError::Protocol { .. }), "{version:?} {bad:?} {error:?}");
            assert_eq!(data.client_got, b"data");
            assert!(data.client.outgoing().is_empty(), "nothing follows close_notify");
        }
    }
}

#[test]
fn what_comes_after_our_close_notify_under_tls12_is_bounded_and_checked() {
    let pki = Pki::new();
    let hello_request = [0; 4];
    let passed_over: [(ContentType, &[u8]); 3] = [
        (ContentType::ApplicationData, b""),
        (ContentType::Alert, &[1, 90]),
        (ContentType::Handshake, &hello_request),
    ];
    for (typ, bytes) in passed_over {
        let mut forger = Forger12::after_close_notify(&pki);
        let sent = (0..1000).take_while(|_| forger.send(typ, bytes).is_ok()).count();
        assert_eq!(sent, 64, "{typ:?}");
        // With data in between there is no limit.
        let mut forger = Forger12::after_close_notify(&pki);
        for _ in 0..100 {
            forger.send(typ, bytes).unwrap();
            forger.send(ContentType::ApplicationData, b"x").unwrap();
        }
        assert_eq!(forger.pair.client_got.len(), 100);
        forger.send(ContentType::Alert, &[1, 0]).unwrap();
        assert_eq!(forger.pair.last(), Event::Closed);
    }
    let refused: [(ContentType, &[u8]); 4] = [
        (ContentType::Alert, &[2]),
        (ContentType::Handshake, &[20, 0, 0, 0]),
        (ContentType::Handshake, b""),
        (ContentType::Heartbeat, &[1, 0]),
    ];
    for (typ, bytes) in refused {
        let mut forger = Forger12::after_close_notify(&pki);
        let error = forger.send(typ, bytes).unwrap_err();
        assert!(matches!(error, TlsError::Protocol { .. }), "{typ:?} {error:?}");
    }
    let mut forger = Forger12::after_close_notify(&pki);
    let fatal = [2, AlertDescription::InternalError.into()];
    let error = forger.send(ContentType::Alert, &fatal).unwrap_err();
    assert_eq!(error.alert(), Some(AlertDescription::InternalError));
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
