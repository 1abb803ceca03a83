//! Conversations with a scripted, hostile TLS server on loopback sockets.
//!
//! No test here waits to be right. Deadlines are generous unless one is the subject, and what is asserted is why
//! something ended, never how long it took.

mod cancel;
mod certificate;
mod client;
mod peer;
#[cfg(feature = "cli")]
mod program;
mod security;
mod server;
mod transfer;

use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Builder, Client, Error};

use self::peer::Peer;
use self::server::Server;
use crate::conversation;

fn tls(ca_pem: &str) -> TlsConfig {
    TlsConfig::builder().ca_pem(ca_pem).build().unwrap()
}

fn builder(server: &Server) -> Builder {
    conversation::listen();
    Client::builder("127.0.0.1").port(server.addr.port()).tls(tls(&server.ca_pem)).login("user", "secret")
}

/// A server and a client that is logged in.
async fn open(peer: Peer) -> (Server, Client) {
    let server = Server::start(peer);
    let client = builder(&server).connect().await.unwrap();
    (server, client)
}

/// The error that a reader or writer reported.
fn ours(error: std::io::Error) -> Error {
    error.downcast().unwrap()
}
