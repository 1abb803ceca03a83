//! Attacks, and servers that are not who they should be.

use std::io::Read;
use std::time::Duration;

use ftps_proto::tls::TlsError;
use ftps_proto::{Channel, Error, Layer};

use super::certificate::Certificate;
use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, open, refuses, tls};
use crate::subject::{Source, Subject};
use crate::{conversation, for_each_adapter};

/// Why TLS on the control connection failed.
fn tls_error(error: &Error) -> &TlsError {
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(failure.layer, Layer::Tls);
    failure.source.downcast_ref().unwrap()
}

fn bytes_after_234_are_an_attack<S: Subject>() {
    let acts = [Act::Raw(b"234 go\r\n230 logged in\r\n".to_vec())];
    let server = Server::start(Peer::polite().instead("AUTH TLS", acts));
    let error = refuses::<S>(&builder::<S>(&server));
    assert!(matches!(error, Error::Injection { bytes: 15 }), "{error}");
    let log = server.wait(|log| log.left == 1);
    assert_eq!(log.clear, b"AUTH TLS\r\n", "no ClientHello was sent");
}
for_each_adapter!(bytes_after_234_are_an_attack);

fn a_survey_goes_as_far_as_it_can<S: Subject>() {
    let server = Server::start(Peer::polite());
    let (shown, outcome) = S::survey(&builder::<S>(&server));
    outcome.unwrap();
    assert_eq!(shown, Some(1));
    let log = server.wait(|log| log.left == 1);
    assert!(!log.heard.iter().any(|line| line.starts_with("USER")), "{:?}", log.heard);

    let (shown, outcome) = S::survey(&builder::<S>(&server).tls(tls(&Server::start(Peer::polite()).ca_pem)));
    assert!(tls_error(&outcome.unwrap_err()).is_certificate());
    assert!(shown.is_some(), "the session is there to be asked");

    let (shown, outcome) = S::survey(&builder::<S>(&server).login("user\n", "secret"));
    assert!(matches!(outcome, Err(Error::Local(_))) && shown.is_none());
}
for_each_adapter!(a_survey_goes_as_far_as_it_can);

fn a_certificate_that_is_not_to_be_trusted<S: Subject>() {
    let stranger = Server::start(Peer::polite());
    for (certificate, ca_pem, says, alert) in [
        (Certificate::Good, Some(&stranger.ca_pem), "was issued by CN=Authority of 127.0.0.1:", "UnknownCA"),
        (Certificate::WrongName, None, "is for elsewhere.example, not for 127.0.0.1: ", "BadCertificate"),
        (Certificate::Expired, None, "expired on 2001-01-01: ", "CertificateExpired"),
    ] {
        for implicit in [false, true] {
            let peer = if implicit { Peer::implicit() } else { Peer::polite() };
            let server = Server::with_certificate(peer, certificate);
            let mut builder = builder::<S>(&server).tls(tls(ca_pem.unwrap_or(&server.ca_pem)));
            if implicit {
                builder = builder.implicit();
            }
            let error = refuses::<S>(&builder);
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
for_each_adapter!(a_certificate_that_is_not_to_be_trusted);

fn plain_text_where_tls_was_expected<S: Subject>() {
    let acts = ["234 go".into(), Act::Await, "421 out of memory".into()];
    let explicit = Server::start(Peer::polite().instead("AUTH TLS", acts));
    let implicit = Server::start(Peer::polite());
    for (builder, text) in
        [(builder::<S>(&explicit), "421 out of memory"), (builder::<S>(&implicit).implicit(), "220 ready")]
    {
        let error = refuses::<S>(&builder);
        assert!(tls_error(&error).is_plain_text(), "{error:?}");
        let shown = format!("the server answered in plain text where TLS was expected: \"{text}\"");
        assert!(format!("{error:#}").ends_with(&shown), "{error:#}");
    }
}
for_each_adapter!(plain_text_where_tls_was_expected);

fn no_tls_no_login<S: Subject>() {
    let peer = Peer::polite().instead("AUTH TLS", ["504 unknown"]).on("AUTH SSL", ["504 unknown"]);
    let server = Server::start(peer);
    let error = refuses::<S>(&builder::<S>(&server));
    assert_eq!(error.to_string(), "the server refused AUTH: 504 unknown");
    assert_eq!(server.wait(|log| log.left == 1).clear, b"AUTH TLS\r\nAUTH SSL\r\n");
}
for_each_adapter!(no_tls_no_login);

fn auth_ssl_where_auth_tls_is_refused<S: Subject>() {
    let acts = ["234 go".into(), Act::StartTls];
    let (server, mut client) =
        open::<S>(Peer::polite().instead("AUTH TLS", ["504 unknown"]).on("AUTH SSL", acts));
    assert_eq!(client.current_dir().unwrap(), b"/home");
    assert_eq!(server.log().clear, b"AUTH TLS\r\nAUTH SSL\r\n");
}
for_each_adapter!(auth_ssl_where_auth_tls_is_refused);

fn no_protection_no_session<S: Subject>() {
    let server = Server::start(Peer::polite().instead("PROT", ["534 in clear or not at all"]));
    let error = refuses::<S>(&builder::<S>(&server));
    assert_eq!(error.to_string(), "the server refused PROT: 534 in clear or not at all");
    let heard = server.wait(|log| log.left == 1).heard;
    assert!(heard.ends_with(&["PROT P".into(), "QUIT".into()]), "{heard:?}");
}
for_each_adapter!(no_protection_no_session);

/// A server without EPSV, whose PASV names this address.
fn passive(address: &str) -> Peer {
    let reply = format!("227 Passive mode ({address},{{high}},{{low}})");
    let acts = ["150 here".into(), Act::Secure, Act::Send(b"file".to_vec()), Act::Finish, "226 done".into()];
    Peer::polite().instead("EPSV", ["500 what?"]).instead("PASV", [reply.as_str()]).on("RETR", acts)
}

fn no_pasv_reply_sends_the_client_elsewhere<S: Subject>() {
    let (server, mut client) = open::<S>(passive("10,0,0,1"));
    let mut got = String::new();
    client.download("file").unwrap().read_to_string(&mut got).unwrap();
    assert_eq!(got, "file");
    assert!(server.heard().contains(&"PASV".to_owned()));
}
for_each_adapter!(no_pasv_reply_sends_the_client_elsewhere);

/// On Linux all of 127.0.0.0/8 is this host, and the server listens on 127.0.0.1 alone.
#[cfg(target_os = "linux")]
fn a_pasv_reply_is_trusted_where_that_was_asked_for<S: Subject>() {
    let server = Server::start(passive("127,0,0,2"));
    let mut client = S::connect(&builder::<S>(&server).trust_pasv_address(true)).unwrap();
    let error = client.download("file").map(|_| ()).unwrap_err();
    let Error::Connection { channel: Channel::Data, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    let refused = failure.source.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}
for_each_adapter!(a_pasv_reply_is_trusted_where_that_was_asked_for);

/// Nothing was sent, and the error does not repeat what was given.
fn local<T>(result: Result<T, Error>) {
    let error = result.map(drop).unwrap_err();
    assert!(matches!(error, Error::Local(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("evil"), "{error:?}");
}

fn no_argument_carries_a_second_command<S: Subject>() {
    let server = Server::start(Peer::polite());
    for bad in ["evil\r\nDELE x", "evil\n", "evil\0", "\revil", "evil\u{7f}"] {
        local(S::connect(&builder::<S>(&server).login(bad, "secret")));
        local(S::connect(&builder::<S>(&server).login("user", bad)));
        local(S::connect(&builder::<S>(&server).account(bad)));
    }
    let mut client = S::connect(&builder::<S>(&server)).unwrap();
    let log = server.log();
    assert_eq!(log.left, 0, "no other connection was made");
    for bad in ["evil\r\nDELE x", "evil\n", "evil\0", "\revil", "evil\u{7f}"] {
        local(client.download(bad));
        local(client.upload(bad, &mut Source::empty()));
        local(client.writer(bad));
        local(client.list(bad));
        local(client.entries(bad));
        local(client.size(bad));
        local(client.set_current_dir(bad));
        local(client.create_dir(bad));
        local(client.remove_file(bad));
        local(client.remove_dir(bad));
        local(client.rename(bad, "x"));
        local(client.rename("x", bad));
    }
    client.current_dir().unwrap();
    assert_eq!(server.heard(), [log.heard, vec!["PWD".into()]].concat());
}
for_each_adapter!(no_argument_carries_a_second_command);

fn the_certificate_is_for_the_name_that_was_asked_for<S: Subject>() {
    let server = Server::with_certificate(Peer::polite(), Certificate::WrongName);
    S::connect(&builder::<S>(&server).server_name("elsewhere.example")).unwrap();
    let server = Server::start(Peer::polite());
    let error = refuses::<S>(&builder::<S>(&server).server_name("elsewhere.example"));
    assert!(
        format!("{error:#}").contains("is for localhost, 127.0.0.1, not for elsewhere.example"),
        "{error:#}"
    );
}
for_each_adapter!(the_certificate_is_for_the_name_that_was_asked_for);

/// Long enough for what is not the subject.
const SHORT: Duration = Duration::from_secs(1);
const PASSWORD: &str = "Tr0ub4dor";
const ACCOUNT: &str = "c0rrecth0rse";

fn no_secret(shown: &str) {
    assert!(!shown.contains(PASSWORD) && !shown.contains(ACCOUNT), "{shown}");
}

fn secrets_are_not_shown<S: Subject>() {
    let peer = Peer::polite().instead("PASS", ["332 which account?"]).on("ACCT", ["230 in"]);
    let server = Server::start(peer);
    let builder = builder::<S>(&server).login("user", PASSWORD).account(ACCOUNT);
    no_secret(&format!("{builder:?}"));
    let client = S::connect(&builder).unwrap();
    no_secret(&client.shown());
    let heard = server.heard();
    assert!(heard.contains(&format!("PASS {PASSWORD}")) && heard.contains(&format!("ACCT {ACCOUNT}")));

    let said = conversation::said().join("\n");
    for line in ["> USER user", "< 331 password", "> PASS", "> ACCT", "< 230 in"] {
        assert!(said.contains(line), "{said}");
    }
    no_secret(&said);
}
for_each_adapter!(secrets_are_not_shown);

fn secrets_are_not_in_errors<S: Subject>() {
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
            let builder = builder::<S>(&server).login("user", PASSWORD).account(ACCOUNT);
            // One of them says nothing more.
            let builder = if end.is_empty() { builder.reply_timeout(SHORT) } else { builder };
            told.push(refuses::<S>(&builder));
            assert!(server.heard().contains(&format!("{command} {secret}")));
        }
    }
    // And of one that cannot be sent.
    let server = Server::start(Peer::polite());
    let unsent = [
        builder::<S>(&server).login("user", format!("{PASSWORD}\n")),
        builder::<S>(&server).account(format!("{ACCOUNT}\n")),
    ];
    for builder in unsent {
        told.push(refuses::<S>(&builder));
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
for_each_adapter!(secrets_are_not_in_errors);
