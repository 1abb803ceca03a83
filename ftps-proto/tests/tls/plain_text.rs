//! Plain text where TLS is due.

use ftps_proto::tls::{Engine, Event, TlsError, Version};

use ftps_proto::{Channel, Error, Failure};

use super::pair::Pair;
use super::pki::{BOTH, Pki, name, stateless};

/// A session that ends with this.
fn lost(error: TlsError) -> Error {
    Error::Connection { channel: Channel::Control, failure: Some(Failure::tls(error)), reply: None }
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
        assert!(!lost(error).is_temporary(), "it speaks no TLS");
        for version in BOTH {
            let mut pair = Pair::control(&pki.session(), &pki.server(version, stateless));
            pair.chunk = chunk;
            pair.to_client = b"500 OOPS: child died\r\n".to_vec();
            let error = pair.pull().unwrap_err();
            assert_eq!(
                error.to_string(),
                "the server fell back to plain text inside TLS: \"500 OOPS: child died\""
            );
            assert!(lost(error).is_temporary(), "vsftpd says so where its process dies");
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
