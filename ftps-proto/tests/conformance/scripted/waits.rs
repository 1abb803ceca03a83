//! Every wait has an end, and every end its reason.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use ftps_proto::drive::{Builder, ConnectError};
use ftps_proto::tls::TlsConfig;
use ftps_proto::{Channel, Error, Waiting};
use socket2::{Domain, Socket, Type};

use super::refuses;
use crate::for_each_adapter;
use crate::subject::Subject;

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(20);

/// Limits for each attempt to connect, each reply, and all of it.
fn settings<S: Subject>(host: &str, port: u16, [connect, reply, all]: [Duration; 3]) -> Builder<S::Adapter> {
    let key = rcgen::generate_simple_self_signed([host.to_owned()]).unwrap();
    let tls = TlsConfig::builder().ca_pem(key.cert.pem()).build().unwrap();
    Builder::new(host).port(port).tls(tls).connect_timeout(connect).reply_timeout(reply).login_timeout(all)
}

fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

/// Why there was no connection: the error's kind, and each attempt.
fn unconnected(error: Error) -> (ErrorKind, Vec<(String, ErrorKind)>) {
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    let error = failure.source.downcast::<std::io::Error>().unwrap();
    let inside = error.get_ref().unwrap().downcast_ref::<ConnectError>().unwrap();
    (error.kind(), inside.attempts().map(|(to, error)| (to.to_string(), error.kind())).collect())
}

fn a_server_that_does_not_greet<S: Subject>() {
    let (_listener, port) = listener();
    let error = refuses::<S>(&settings::<S>("127.0.0.1", port, [LONG, SHORT, LONG]));
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }), "{error}");
}
for_each_adapter!(a_server_that_does_not_greet);

fn a_login_that_takes_too_long_in_all<S: Subject>() {
    let (listener, port) = listener();
    // Each reply comes in time, and there is no end of them.
    thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        while socket.write_all(b"120 soon\r\n").is_ok() {
            thread::sleep(SHORT / 10);
        }
    });
    let error = refuses::<S>(&settings::<S>("127.0.0.1", port, [LONG, LONG, SHORT]));
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }), "{error}");
}
for_each_adapter!(a_login_that_takes_too_long_in_all);

fn nobody_listens<S: Subject>() {
    let (_, port) = listener();
    let error = refuses::<S>(&settings::<S>("127.0.0.1", port, [LONG; 3]));
    assert!(format!("{error:#}").contains(&format!("127.0.0.1:{port}: ")), "{error:#}");
    let refused = ErrorKind::ConnectionRefused;
    assert_eq!(unconnected(error), (refused, vec![(format!("127.0.0.1:{port}"), refused)]));
}
for_each_adapter!(nobody_listens);

fn nobody_answers<S: Subject>() {
    // A backlog that is full: what connects is neither taken nor refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut full = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        full.push(stream);
    }
    let timed_out = ErrorKind::TimedOut;
    for timeouts in [[SHORT, LONG, LONG], [LONG, LONG, SHORT]] {
        let error = refuses::<S>(&settings::<S>("127.0.0.1", address.port(), timeouts));
        assert_eq!(unconnected(error), (timed_out, vec![(address.to_string(), timed_out)]));
    }
}
for_each_adapter!(nobody_answers);

fn a_name_is_looked_up<S: Subject>() {
    let (listener, port) = listener();
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.write_all(b"421 not today\r\n").unwrap();
        socket.read_to_end(&mut Vec::new())
    });
    // It may have addresses on which nobody listens.
    let error = refuses::<S>(&settings::<S>("localhost", port, [LONG; 3]));
    assert_eq!(error.code().unwrap(), 421, "{error}");
    let _ = server.join();
}
for_each_adapter!(a_name_is_looked_up);

fn a_name_that_nobody_has<S: Subject>() {
    let error = refuses::<S>(&settings::<S>("nobody.invalid", 21, [LONG; 3]));
    assert!(format!("{error:#}").contains("nobody.invalid:21: "), "{error:#}");
}
for_each_adapter!(a_name_that_nobody_has);
