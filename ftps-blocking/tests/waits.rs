//! Every wait has an end.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use ftps_blocking::{Client, Download, Entries, Error, Upload, Waiting};
use socket2::{Domain, Socket, Type};

const SHORT: Duration = Duration::from_millis(300);

#[test]
fn a_server_that_does_not_greet() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let error = Client::builder("127.0.0.1").port(port).reply_timeout(SHORT).connect().unwrap_err();
    assert!(matches!(error, Error::Timeout(Waiting::Greeting)), "{error}");
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = Client::builder("127.0.0.1").port(port).connect().unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
}

#[test]
fn nobody_answers() {
    // A backlog that is full: what connects is neither taken nor refused.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut full = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        full.push(stream);
    }
    let error =
        Client::builder("127.0.0.1").port(address.port()).connect_timeout(SHORT).connect().unwrap_err();
    assert!(matches!(error, Error::Timeout(Waiting::Connect)), "{error}");
}

#[test]
fn everything_can_be_sent_to_another_thread() {
    fn send_sync<T: Send + Sync>() {}
    send_sync::<Client>();
    send_sync::<ftps_blocking::Builder>();
    send_sync::<Download<&mut Client>>();
    send_sync::<Upload<Box<Client>>>();
    send_sync::<Entries<&mut Client>>();
}
