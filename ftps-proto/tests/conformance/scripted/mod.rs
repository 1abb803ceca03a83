//! Conversations with a scripted, hostile TLS server on loopback sockets.
//!
//! No test here waits to be right. Deadlines are generous unless one is the subject, and what is asserted is why
//! something ended, never how long it took.

mod audit;
mod cancel;
mod certificate;
mod client;
mod commands;
mod listings;
#[allow(dead_code, reason = "the tests of the program share it, and use more of it")]
mod peer;
mod proxies;
mod security;
#[allow(dead_code, reason = "as above")]
mod server;
mod transfer;
mod waits;
mod walk;

use ftps_proto::drive::Builder;
use ftps_proto::tls::TlsConfig;

use self::peer::Peer;
use self::server::Server;
use crate::conversation;
use crate::subject::Subject;

fn tls(ca_pem: &str) -> TlsConfig {
    TlsConfig::builder().ca_pem(ca_pem).build().unwrap()
}

fn builder<S: Subject>(server: &Server) -> Builder<S::Adapter> {
    conversation::listen();
    Builder::new("127.0.0.1").port(server.addr.port()).tls(tls(&server.ca_pem)).login("user", "secret")
}

/// A server and a client that is logged in.
fn open<S: Subject>(peer: Peer) -> (Server, S) {
    let server = Server::start(peer);
    let client = S::connect(&builder::<S>(&server)).unwrap();
    (server, client)
}

/// The error of a connect that has to fail.
fn refuses<S: Subject>(builder: &Builder<S::Adapter>) -> ftps_proto::Error {
    S::connect(builder).map(drop).unwrap_err()
}
