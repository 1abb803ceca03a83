//! Attacks, and servers that are not who they should be.

use std::fmt::Debug;
use std::time::Duration;

use ftps_tokio::tls::TlsError;
use ftps_tokio::{Channel, Client, Error, Layer};
use tokio::io::AsyncReadExt;

use super::certificate::Certificate;
use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, open, tls};
use crate::conversation;

/// Why TLS on the control connection failed.
fn tls_error(error: &Error) -> &TlsError {
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure.layer, Layer::Tls);
    failure.source.downcast_ref().unwrap()
}

#[tokio::test]
async fn bytes_behind_234_are_an_attack() {
    let acts = [Act::Raw(b"234 go\r\n230 logged in\r\n".to_vec())];
    let server = Server::start(Peer::polite().instead("AUTH TLS", acts));
    let error = builder(&server).connect().await.unwrap_err();
    assert!(matches!(error, Error::Injection { bytes: 15 }), "{error}");
    let log = server.wait(|log| log.left == 1);
    assert_eq!(log.clear, b"AUTH TLS\r\n", "no ClientHello was sent");
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted() {
    let stranger = Server::start(Peer::polite());
    for (certificate, ca_pem, says, alert) in [
        (Certificate::Good, Some(&stranger.ca_pem), "was issued by CN=Authority of 127.0.0.1:", "UnknownCA"),
        (Certificate::WrongName, None, "is for elsewhere.example, not for 127.0.0.1: ", "BadCertificate"),
        (Certificate::Expired, None, "expired on 2001-01-01: ", "CertificateExpired"),
    ] {
        for implicit in [false, true] {
            let peer = if implicit { Peer::implicit() } else { Peer::polite() };
            let server = Server::with_certificate(peer, certificate);
            let mut builder = builder(&server).tls(tls(ca_pem.unwrap_or(&server.ca_pem)));
            if implicit {
                builder = builder.implicit();
            }
            let error = builder.connect().await.unwrap_err();
            assert!(tls_error(&error).is_certificate(), "{error:?}");
            assert!(!error.is_temporary());
            let shown = format!("the control connection failed: the server's certificate {says}");
            assert!(format!("{error:#}").starts_with(&shown), "{error:#}");

            let log = server.wait(|log| log.left == 1);
            assert!(log.failed[0].contains(alert), "the server is told why: {:?}", log.failed);
            assert!(log.heard.iter().all(|line| line == "AUTH TLS"), "{:?}", log.heard);
        }
    }
}

#[tokio::test]
async fn plain_text_where_tls_was_expected() {
    let acts = ["234 go".into(), Act::Await, "421 out of memory".into()];
    let explicit = Server::start(Peer::polite().instead("AUTH TLS", acts));
    let implicit = Server::start(Peer::polite());
    for (builder, text) in
        [(builder(&explicit), "421 out of memory"), (builder(&implicit).implicit(), "220 ready")]
    {
        let error = builder.connect().await.unwrap_err();
        assert!(tls_error(&error).is_plain_text(), "{error:?}");
        let shown = format!("the server answered in plain text where TLS was expected: \"{text}\"");
        assert!(format!("{error:#}").ends_with(&shown), "{error:#}");
    }
}

#[tokio::test]
async fn no_tls_no_login() {
    let peer = Peer::polite().instead("AUTH TLS", ["504 unknown"]).on("AUTH SSL", ["504 unknown"]);
    let server = Server::start(peer);
    let error = builder(&server).connect().await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused AUTH: 504 unknown");
    assert_eq!(server.wait(|log| log.left == 1).clear, b"AUTH TLS\r\nAUTH SSL\r\n");
}

#[tokio::test]
async fn auth_ssl_where_auth_tls_is_refused() {
    let acts = ["234 go".into(), Act::StartTls];
    let (server, mut client) =
        open(Peer::polite().instead("AUTH TLS", ["504 unknown"]).on("AUTH SSL", acts)).await;
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
    assert_eq!(server.log().clear, b"AUTH TLS\r\nAUTH SSL\r\n");
}

#[tokio::test]
async fn no_protection_no_session() {
    let server = Server::start(Peer::polite().instead("PROT", ["534 in clear or not at all"]));
    let error = builder(&server).connect().await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused PROT: 534 in clear or not at all");
    assert_eq!(server.wait(|log| log.left == 1).heard.last_chunk().unwrap(), &["PROT P", "QUIT"]);
}

/// A server without EPSV, whose PASV names this address.
fn passive(address: &str) -> Peer {
    let reply = format!("227 Passive mode ({address},{{high}},{{low}})");
    let acts = ["150 here".into(), Act::Secure, Act::Send(b"file".to_vec()), Act::Finish, "226 done".into()];
    Peer::polite().instead("EPSV", ["500 what?"]).instead("PASV", [reply.as_str()]).on("RETR", acts)
}

#[tokio::test]
async fn no_pasv_reply_sends_the_client_elsewhere() {
    let (server, mut client) = open(passive("10,0,0,1")).await;
    let mut got = String::new();
    client.download("file").await.unwrap().read_to_string(&mut got).await.unwrap();
    assert_eq!(got, "file");
    assert!(server.heard().contains(&"PASV".to_owned()));
}

/// On Linux all of 127.0.0.0/8 is this host, and the server listens on 127.0.0.1 alone.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pasv_reply_is_trusted_where_that_was_asked_for() {
    let server = Server::start(passive("127,0,0,2"));
    let mut client = builder(&server).trust_pasv_address(true).connect().await.unwrap();
    let error = client.download("file").await.map(drop).unwrap_err();
    let Error::Connection { channel: Channel::Data, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    let refused = failure.source.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

/// Nothing was sent, and the error does not repeat what was given.
fn local<T: Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Local(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("evil"), "{error:?}");
}

#[tokio::test]
async fn no_argument_carries_a_second_command() {
    let server = Server::start(Peer::polite());
    for bad in ["evil\r\nDELE x", "evil\n", "evil\0", "\revil", "evil\u{7f}"] {
        local(builder(&server).login(bad, "secret").connect().await);
        local(builder(&server).login("user", bad).connect().await);
        local(builder(&server).account(bad).connect().await);
    }
    let mut client = builder(&server).connect().await.unwrap();
    let log = server.log();
    assert_eq!(log.left, 0, "no other connection was made");
    for bad in ["evil\r\nDELE x", "evil\n", "evil\0", "\revil", "evil\u{7f}"] {
        local(client.download(bad).await);
        local(client.upload(bad, &mut tokio::io::empty()).await);
        local(client.writer(bad).await);
        local(client.list(bad).await);
        local(client.size(bad).await);
        local(client.set_current_dir(bad).await);
        local(client.create_dir(bad).await);
        local(client.remove_file(bad).await);
        local(client.remove_dir(bad).await);
        local(client.rename(bad, "x").await);
        local(client.rename("x", bad).await);
    }
    client.current_dir().await.unwrap();
    assert_eq!(server.heard(), [log.heard, vec!["PWD".into()]].concat());
}

#[tokio::test]
async fn the_certificate_is_for_the_name_that_was_asked_for() {
    let server = Server::with_certificate(Peer::polite(), Certificate::WrongName);
    builder(&server).server_name("elsewhere.example").connect().await.unwrap();
    let server = Server::start(Peer::polite());
    let error = builder(&server).server_name("elsewhere.example").connect().await.unwrap_err();
    assert!(
        format!("{error:#}").contains("is for localhost, 127.0.0.1, not for elsewhere.example"),
        "{error}"
    );
}

/// Long enough for what is not the subject.
const SHORT: Duration = Duration::from_secs(1);
const PASSWORD: &str = "Tr0ub4dor";
const ACCOUNT: &str = "c0rrecth0rse";

fn no_secret(shown: &str) {
    assert!(!shown.contains(PASSWORD) && !shown.contains(ACCOUNT), "{shown}");
}

#[tokio::test]
async fn secrets_are_not_shown() {
    let peer = Peer::polite().instead("PASS", ["332 which account?"]).on("ACCT", ["230 in"]);
    let server = Server::start(peer);
    let builder = builder(&server).login("user", PASSWORD).account(ACCOUNT);
    no_secret(&format!("{builder:?}"));
    let client: Client = builder.connect().await.unwrap();
    no_secret(&format!("{client:?}"));
    let heard = server.heard();
    assert!(heard.contains(&format!("PASS {PASSWORD}")) && heard.contains(&format!("ACCT {ACCOUNT}")));

    let said = conversation::said().join("\n");
    for line in ["> USER user", "< 331 password", "> PASS", "> ACCT", "< 230 in"] {
        assert!(said.contains(line), "{said}");
    }
    no_secret(&said);
}

#[tokio::test]
async fn secrets_are_not_in_errors() {
    // Whatever becomes of a secret that was sent: refused, repeated, misunderstood, not answered, the end of the session.
    let mut told = Vec::new();
    for (command, secret) in [("PASS", PASSWORD), ("ACCT", ACCOUNT)] {
        let repeated = format!("530 {secret} is wrong");
        let ends: [&[Act]; 5] = [
            &["530 wrong".into()],
            &[repeated.as_str().into()],
            &["150 what?".into(), "350 go on".into()],
            &[],
            &[Act::Leave],
        ];
        for end in ends {
            let peer = Peer::polite().instead("PASS", ["332 which account?"]).instead(command, end.to_vec());
            let server = Server::start(peer);
            let builder = builder(&server).login("user", PASSWORD).account(ACCOUNT);
            // One of them says nothing more.
            let builder = if end.is_empty() { builder.reply_timeout(SHORT) } else { builder };
            told.push(builder.connect().await.unwrap_err());
            assert!(server.heard().contains(&format!("{command} {secret}")));
        }
    }
    // And of one that cannot be sent.
    let server = Server::start(Peer::polite());
    let unsent = [
        builder(&server).login("user", format!("{PASSWORD}\n")),
        builder(&server).account(format!("{ACCOUNT}\n")),
    ];
    for builder in unsent {
        told.push(builder.connect().await.unwrap_err());
    }
    // Refused, repeated, and misunderstood.
    assert_eq!(told.iter().filter(|error| error.is_login()).count(), 6);
    for error in &told {
        let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
        chain.for_each(|error| no_secret(&format!("{error} {error:?}")));
    }
    let said = conversation::said().join("\n");
    assert!(said.contains("< 530 *** is wrong"), "{said}");
    no_secret(&said);
}
