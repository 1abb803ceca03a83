//! Proxies that refuse, lie, and leave.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use ftps_proto::drive::{Builder, ConnectError, Proxy, ProxyError};
use ftps_proto::{Channel, Error, Mode};

use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, refuses, tls};
use crate::for_each_adapter;
use crate::subject::{Source, Subject};

/// What a proxy does at the end of what it says.
#[derive(Clone, Copy)]
enum Then {
    Leave,
    Hold,
    /// It is the connection to the server.
    Relay(SocketAddr),
    /// It repeats its last answer.
    Repeat,
}

/// A proxy with one client at a time, each of which is answered in its own way; the last way again and again.
struct Fake {
    addr: SocketAddr,
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Fake {
    fn start(ways: Vec<(Vec<Vec<u8>>, Then)>) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let fake = Self { addr: listener.local_addr().unwrap(), heard: Arc::default() };
        let heard = Arc::clone(&fake.heard);
        thread::spawn(move || {
            let mut held = Vec::new();
            for (client, index) in listener.incoming().zip(0..) {
                let mut client = client.unwrap();
                let (answers, then) = &ways[index.min(ways.len() - 1)];
                // A client that has left has seen enough.
                let _ = converse(&mut client, answers, *then, &heard);
                held.push(client);
            }
        });
        fake
    }

    fn socks5(&self) -> Proxy {
        Proxy::socks5("127.0.0.1", self.addr.port())
    }

    fn http(&self) -> Proxy {
        Proxy::http("127.0.0.1", self.addr.port())
    }
}

fn converse(
    client: &mut TcpStream,
    answers: &[Vec<u8>],
    then: Then,
    heard: &Mutex<Vec<u8>>,
) -> std::io::Result<()> {
    for answer in answers {
        let mut space = [0; 1000];
        let n = client.read(&mut space)?;
        heard.lock().unwrap().extend_from_slice(&space[..n]);
        client.write_all(answer)?;
    }
    match then {
        Then::Leave => client.shutdown(Shutdown::Write)?,
        Then::Hold => {}
        Then::Repeat => loop {
            client.write_all(answers.last().unwrap())?;
        },
        Then::Relay(server) => {
            let server = TcpStream::connect(server)?;
            for (mut from, mut to) in [(&server, &*client), (&*client, &server)]
                .map(|(from, to)| (from.try_clone().unwrap(), to.try_clone().unwrap()))
            {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    }
    Ok(())
}

/// A server that nobody reaches.
fn unreached<S: Subject>(proxy: Proxy) -> Builder<S::Adapter> {
    Builder::new("ftp.example").tls(tls(&rcgen_authority())).login("user", "secret").proxy(proxy)
}

fn rcgen_authority() -> String {
    let key = rcgen::KeyPair::generate().unwrap();
    rcgen::CertificateParams::default().self_signed(&key).unwrap().pem()
}

/// What the proxy's answer makes of a connection.
fn unconnected(error: Error) -> (ErrorKind, String) {
    let shown = format!("{error:#}");
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{shown}")
    };
    let error = failure.source.downcast::<std::io::Error>().unwrap();
    let attempts = error.get_ref().unwrap().downcast_ref::<ConnectError>().unwrap();
    let first = attempts.attempts().next().unwrap().1;
    assert!(first.get_ref().unwrap().is::<ProxyError>(), "{shown}");
    (error.kind(), shown)
}

fn whatever_a_proxy_answers_is_told<S: Subject>() {
    const REFUSED: [(u8, ErrorKind, &str); 9] = [
        (1, ErrorKind::ConnectionRefused, "general failure"),
        (2, ErrorKind::PermissionDenied, "not allowed by its rules"),
        (3, ErrorKind::NetworkUnreachable, "network unreachable"),
        (4, ErrorKind::HostUnreachable, "host unreachable"),
        (5, ErrorKind::ConnectionRefused, "connection refused"),
        (6, ErrorKind::TimedOut, "TTL expired"),
        (7, ErrorKind::Unsupported, "command not supported"),
        (8, ErrorKind::Unsupported, "address type not supported"),
        (9, ErrorKind::ConnectionRefused, "unknown reply"),
    ];
    let bytes = |answers: &[&[u8]]| answers.iter().map(|answer| answer.to_vec()).collect::<Vec<_>>();
    let mut cases = Vec::new();
    for (code, kind, says) in REFUSED {
        let says = format!("gives no connection to ftp.example:21: {says} (reply {code})");
        let long = bytes(&[&[5, 0], &[5, code, 0, 1, 0, 0, 0, 0, 0, 0]]);
        cases.push((false, None, long, Then::Hold, kind, says.clone()));
        cases.push((false, None, bytes(&[&[5, 0], &[5, code]]), Then::Leave, kind, says));
    }
    let (denied, garbage, cut) =
        (ErrorKind::PermissionDenied, ErrorKind::InvalidData, ErrorKind::UnexpectedEof);
    let login = Some(("user", "secret"));
    for (login, answers, then, kind, says) in [
        (None, &[&[5, 255][..]][..], Then::Hold, denied, "asks for a login"),
        (None, &[&[5, 2]], Then::Hold, denied, "asks for a login"),
        (login, &[&[5, 255]], Then::Hold, denied, "takes neither no login nor a name and password"),
        (login, &[&[5, 1]], Then::Hold, denied, "takes neither no login nor a name and password"),
        (login, &[&[5, 2], &[1, 1]], Then::Hold, denied, "refuses the name or the password"),
        (login, &[&[5, 2], &[9, 0]], Then::Hold, garbage, "not of its protocol"),
        (None, &[b"HTTP/1.1 400 Bad Request\r\n\r\n"], Then::Hold, garbage, "not of its protocol"),
        (None, &[&[5, 0], &[5, 0, 0, 7, 0]], Then::Hold, garbage, "not of its protocol"),
        (None, &[], Then::Leave, cut, "closed the connection"),
        (None, &[&[5]], Then::Leave, cut, "closed the connection"),
        (None, &[&[5, 0], &[5, 0, 0, 3, 200, 1]], Then::Leave, cut, "closed the connection"),
    ] {
        cases.push((false, login, bytes(answers), then, kind, says.into()));
    }
    let refused = ErrorKind::ConnectionRefused;
    for (login, answer, then, kind, says) in [
        (None, "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Then::Hold, denied, "asks for a login"),
        (login, "HTTP/1.1 407 No\r\n\r\n", Then::Hold, denied, "refuses the name or the password"),
        (None, "HTTP/1.1 403 Forbidden\x1b[2J\r\n\r\n", Then::Hold, denied, "403 Forbidden\\u{1b}[2J"),
        (None, "HTTP/1.0 502 Bad Gateway\r\nX: y\r\n\r\n<html>", Then::Hold, refused, "502 Bad Gateway"),
        (None, "HTTP/1.1 503\r\n\r\n", Then::Hold, refused, "gives no connection to ftp.example:21: 503"),
        (None, "HTTP/1.1 504 Timeout\r\n\r\n", Then::Hold, ErrorKind::TimedOut, "504 Timeout"),
        (None, "HTTP/1.1 301 Moved\r\n\r\n", Then::Hold, refused, "301 Moved"),
        (None, "HTTP/1.1 100 Continue\r\n\r\n", Then::Hold, garbage, "not of its protocol"),
        (None, "HTTP/1.1 2000 OK\r\n\r\n", Then::Hold, garbage, "not of its protocol"),
        (None, "HTTP/1.1\r\n\r\n", Then::Hold, garbage, "not of its protocol"),
        (None, "220 ready\r\n", Then::Hold, garbage, "not of its protocol"),
        (None, "HTTP/1.1 200 OK\r\nX: y\r\n", Then::Leave, cut, "closed the connection"),
        (None, "HTTP/1.1 200 OK\r\nX: y\r\n", Then::Repeat, garbage, "an answer without an end"),
    ] {
        cases.push((true, login, bytes(&[answer.as_bytes()]), then, kind, says.into()));
    }
    for (http, login, answers, then, kind, says) in cases {
        let fake = Fake::start(vec![(answers, then)]);
        let mut proxy = if http { fake.http() } else { fake.socks5() };
        if let Some((user, password)) = login {
            proxy = proxy.login(user, password).unwrap();
        }
        let error = refuses::<S>(&unreached::<S>(proxy.clone()));
        let lasts = matches!(kind, ErrorKind::PermissionDenied | ErrorKind::Unsupported);
        assert_eq!(error.is_temporary(), !lasts, "{error:#}");
        let (is, shown) = unconnected(error);
        assert!(shown.contains(&says) && shown.contains(&proxy.to_string()), "{shown}");
        assert_eq!(is, kind, "{shown}");
    }
}
for_each_adapter!(whatever_a_proxy_answers_is_told);

fn a_proxy_that_nobody_is_and_one_that_is_silent<S: Subject>() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = refuses::<S>(&unreached::<S>(Proxy::http("127.0.0.1", port)));
    let (kind, shown) = unconnected(error);
    assert!(shown.contains(&format!("the proxy http://127.0.0.1:{port} is not reached: ")), "{shown}");
    assert_eq!(kind, ErrorKind::ConnectionRefused);

    let fake = Fake::start(vec![(vec![vec![5, 0]], Then::Hold)]);
    let builder = unreached::<S>(fake.socks5()).connect_timeout(Duration::from_millis(200));
    let shown = format!("{:#}", refuses::<S>(&builder));
    assert!(shown.contains("timed out"), "{shown}");
}
for_each_adapter!(a_proxy_that_nobody_is_and_one_that_is_silent);

const GRANTED: [&[u8]; 2] = [&[5, 0], &[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]];

/// The data connection goes through the same proxy, by the same name; what it says of it is the transfer's error.
fn a_data_connection_that_the_proxy_refuses<S: Subject>() {
    let server = Server::start(
        Peer::polite()
            .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()]),
    );
    let granted: Vec<_> = GRANTED.iter().map(|answer| answer.to_vec()).collect();
    let refused = vec![vec![5, 0], vec![5, 2, 0, 1, 0, 0, 0, 0, 0, 0]];
    let fake = Fake::start(vec![(granted, Then::Relay(server.addr)), (refused, Then::Hold)]);
    let mut client = S::connect(&builder::<S>(&server).proxy(fake.socks5())).unwrap();
    let error = client.upload("x", &mut Source::bytes(b"content")).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, .. }), "{error}");
    let shown = format!("{error:#}");
    assert!(
        shown.contains(&format!("the proxy {} gives no connection to 127.0.0.1:", fake.socks5())),
        "{shown}"
    );
    assert_eq!(client.current_dir().unwrap(), b"/home");
    // EPSV and PASV were tried.
    assert_eq!(server.heard().iter().filter(|line| *line == "EPSV" || *line == "PASV").count(), 2);
}
for_each_adapter!(a_data_connection_that_the_proxy_refuses);

fn there_is_no_active_mode_through_a_proxy<S: Subject>() {
    let server = Server::start(Peer::polite());
    let granted: Vec<_> = GRANTED.iter().map(|answer| answer.to_vec()).collect();
    let fake = Fake::start(vec![(granted, Then::Relay(server.addr))]);
    let mut client = S::connect(&builder::<S>(&server).proxy(fake.socks5()).mode(Mode::Active)).unwrap();
    let error = client.upload("x", &mut Source::bytes(b"content")).unwrap_err();
    assert!(
        format!("{error:#}").contains("active mode does not go through a connector or a proxy"),
        "{error:#}"
    );
    assert!(!server.heard().iter().any(|line| line.starts_with("EPRT") || line.starts_with("PORT")));
}
for_each_adapter!(there_is_no_active_mode_through_a_proxy);

/// The name goes to the proxy as it is, and is the one that the certificate has to be for.
fn the_proxy_looks_names_up<S: Subject>() {
    let server = Server::start(Peer::polite());
    let granted: Vec<_> = GRANTED.iter().map(|answer| answer.to_vec()).collect();
    let fake = Fake::start(vec![(granted, Then::Relay(server.addr))]);
    let builder = Builder::new("inside.example").tls(tls(&server.ca_pem)).login("user", "secret");
    let error = refuses::<S>(&builder.clone().proxy(fake.socks5()));
    assert!(format!("{error:#}").contains("inside.example"), "{error:#}");
    S::connect(&builder.proxy(fake.socks5()).server_name("localhost")).unwrap();
    let heard = fake.heard.lock().unwrap().clone();
    assert!(heard.windows(15).any(|window| window == b"\x0einside.example"), "{heard:?}");
}
for_each_adapter!(the_proxy_looks_names_up);
