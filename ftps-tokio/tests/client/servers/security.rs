//! Who is trusted, what is sent, and what is said where it goes wrong.

use std::fs;
use std::io::ErrorKind;
use std::time::Duration;

use ftps_tokio::codec::{ArgumentError, Verb};
use ftps_tokio::tls::{CertificateProblem, TlsConfig, TlsError, Version};
use ftps_tokio::{Channel, Client, Error, Layer, Local, Refused, Waiting};
use tokio::net::{TcpListener, TcpStream};

use super::lab::{Server, VERSIONS, bytes, explicit, home, round_trip, servers, tls, unique, var};
use crate::conversation;

/// An address of this host that is in no certificate.
const OTHER_NAME: &str = "127.0.0.2";

/// The server's control connection at another address. For one connection.
async fn elsewhere(server: &Server) -> Server {
    let listener = TcpListener::bind((OTHER_NAME, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (host, to) = (server.host.clone(), server.port);
    tokio::spawn(async move {
        let (mut client, _) = listener.accept().await?;
        let mut server = TcpStream::connect((host, to)).await?;
        tokio::io::copy_bidirectional(&mut client, &mut server).await
    });
    Server { host: OTHER_NAME.into(), port, ..server.clone() }
}

/// What TLS says about the control connection.
fn tls_error(error: &Error) -> &TlsError {
    match error {
        Error::Connection { channel: Channel::Control, failure: Some(failure), reply: None } => {
            assert_eq!(failure.layer, Layer::Tls, "{error}");
            failure.source.downcast_ref().unwrap_or_else(|| panic!("not TLS: {error}"))
        }
        error => panic!("not the control connection: {error}"),
    }
}

/// Connecting must fail, and no name or password may have been sent.
async fn fails(builder: ftps_tokio::Builder, context: &str) -> Error {
    conversation::said();
    let error = builder.connect().await.map(|_| ()).expect_err(context);
    let said = conversation::said();
    assert!(!said.iter().any(|line| line.starts_with("> USER")), "{context}: {said:?}");
    error
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn every_server_is_spoken_to_inside_tls_alone() {
    for server in servers() {
        for version in VERSIONS {
            conversation::said();
            let mut client = server.client(version).await;
            let said = conversation::said();
            let context = format!("{} {version:?}: {said:?}", server.name);
            let at = |line: &str| said.iter().position(|said| said.starts_with(line));
            assert_eq!(at("> AUTH TLS").is_some(), !server.is_implicit(), "{context}");
            assert!(at("< 234") < at("> USER"), "{context}");
            assert!(at("> USER") < at("> PASS") && at("> PASS") < at("> PROT P"), "{context}");
            assert!(!said.concat().contains(&var("PASSWORD")), "{context}");
            round_trip(&mut client, &unique("secure", &server), &bytes(1, 100_000), &context).await;
            client.quit().await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_certificate_of_another_authority_is_named_as_such() {
    let wrong = fs::read(var("WRONG_CA")).unwrap();
    for server in servers() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let tls = TlsConfig::builder().ca_pem(&wrong).versions(&[version]).build().unwrap();
            let error = fails(server.builder(tls), &context).await;
            let refused = tls_error(&error).refused_certificate().unwrap();
            assert_eq!(refused.problem, CertificateProblem::UnknownIssuer, "{context}: {error}");
            let text = format!("{error:#}");
            assert!(
                text.starts_with("the control connection failed: the server's certificate was issued by "),
                "{context}: {text}"
            );
            assert!(!error.is_temporary(), "{context}");
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_certificate_for_other_names_is_named_as_such() {
    for server in servers() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let error = fails(elsewhere(&server).await.builder(tls(version)), &context).await;
            let refused = tls_error(&error).refused_certificate().unwrap();
            assert_eq!(refused.problem, CertificateProblem::WrongName, "{context}: {error}");
            assert_eq!(refused.host, OTHER_NAME, "{context}");
            let names = &refused.certificate.as_ref().unwrap().names;
            assert!(names.iter().any(|name| name == "localhost"), "{context}: {names:?}");
            let text = format!("{error:#}");
            assert!(text.contains(", not for 127.0.0.2: "), "{context}: {text}");
            assert!(!error.is_temporary(), "{context}");
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn plain_text_where_tls_is_expected_is_shown() {
    for server in explicit() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let error = fails(server.builder(tls(version)).implicit(), &context).await;
            let TlsError::PlainText { excerpt, secured: false } = tls_error(&error) else {
                panic!("{context}: {error}")
            };
            assert!(excerpt.starts_with("220"), "{context}: {excerpt}");
            let text = format!("{error:#}");
            assert!(
                text.contains("answered in plain text where TLS was expected: \"220"),
                "{context}: {text}"
            );
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_server_that_waits_for_tls_is_not_waited_for() {
    for server in servers().into_iter().filter(Server::is_implicit) {
        let explicit = Client::builder(&server.host)
            .port(server.port)
            .tls(tls(Version::Tls13))
            .login(var("USER"), var("PASSWORD"))
            .reply_timeout(Duration::from_millis(500));
        let error = fails(explicit, &server.name).await;
        assert!(
            matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }),
            "{}: {error}",
            server.name
        );
        assert!(error.to_string().contains("implicit TLS"), "{}: {error}", server.name);
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_wrong_password_is_a_matter_of_login() {
    for server in servers() {
        conversation::said();
        let builder = server.builder(tls(Version::Tls13)).login(var("USER"), "no such password");
        let error = builder.connect().await.map(|_| ()).expect_err(&server.name);
        let Error::Refused(Refused { verb: Some(Verb::Pass), reply }) = &error else {
            panic!("{}: {error}", server.name)
        };
        assert_eq!(reply.code(), 530, "{}", server.name);
        assert!(error.is_login() && !error.is_temporary(), "{}: {error}", server.name);
        let said = conversation::said();
        assert!(!said.concat().contains("no such password"), "{}: {said:?}", server.name);
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn no_argument_carries_a_second_command() {
    /// The error must name the byte and where it is.
    fn refused<T: std::fmt::Debug>(result: Result<T, Error>, byte: u8, what: &str) {
        let error = result.expect_err(what);
        let control = ArgumentError::Control { byte, position: 1 };
        assert!(
            matches!(&error, Error::Local(Local::Argument(argument)) if *argument == control),
            "{what} {byte}: {error}"
        );
        assert_eq!(std::io::Error::from(error).kind(), ErrorKind::InvalidInput, "{what}");
    }

    for server in servers() {
        let mut client = server.client(Version::Tls13).await;
        conversation::said();
        for byte in *b"\r\n\0" {
            let path: Vec<u8> = [b"a", &[byte][..], b"NOOP"].concat();
            refused(client.set_current_dir(&path).await, byte, "cwd");
            refused(client.create_dir(&path).await, byte, "mkd");
            refused(client.remove_dir(&path).await, byte, "rmd");
            refused(client.remove_file(&path).await, byte, "dele");
            refused(client.size(&path).await, byte, "size");
            refused(client.rename(&path, "b").await, byte, "rename from");
            refused(client.rename("b", &path).await, byte, "rename to");
            refused(client.list(&path).await, byte, "list");
            refused(client.entries(&path).map(|_| ()), byte, "entries");
            refused(client.download(&path).await, byte, "download");
            refused(client.upload(&path, &mut &b""[..]).await, byte, "upload");
            refused(client.writer(&path).await, byte, "upload writer");
            let builder = || server.builder(tls(Version::Tls13));
            refused(builder().login(&path, "secret").connect().await, byte, "user");
            refused(builder().login("user", &path).connect().await, byte, "password");
            refused(builder().account(&path).connect().await, byte, "account");
        }
        assert_eq!(conversation::said(), Vec::<String>::new(), "{}: something was sent", server.name);
        assert_eq!(client.current_dir().await.unwrap(), home().as_os_str().as_encoded_bytes());
        round_trip(&mut client, &unique("argument", &server), b"and goes on", &server.name).await;
        client.quit().await.unwrap();
    }
}
