//! What is tokio's own in conversations with a scripted server, and the program `ftps`. What holds for every adapter is in
//! ftps-proto's conformance suite, whose server this is.

#[path = "../../../../ftps-proto/tests/conformance/scripted/certificate.rs"]
#[allow(dead_code, reason = "the suite uses more of it")]
mod certificate;
#[path = "../../../../ftps-proto/tests/conformance/scripted/peer.rs"]
#[allow(dead_code, reason = "the suite uses more of it")]
mod peer;
#[cfg(feature = "cli")]
mod program;
#[path = "../../../../ftps-proto/tests/conformance/scripted/server.rs"]
#[allow(dead_code, reason = "the suite uses more of it")]
mod server;
mod tasks;

use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Builder, Client};

use self::peer::Peer;
use self::server::Server;
use crate::conversation;

fn builder(server: &Server) -> Builder {
    conversation::listen();
    let tls = TlsConfig::builder().ca_pem(&server.ca_pem).build().unwrap();
    Client::builder("127.0.0.1").port(server.addr.port()).tls(tls).login("user", "secret")
}

/// A server and a client that is logged in.
async fn open(peer: Peer) -> (Server, Client) {
    let server = Server::start(peer);
    let client = builder(&server).connect().await.unwrap();
    (server, client)
}
