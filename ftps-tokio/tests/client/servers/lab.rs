//! Where the servers are.

use std::path::PathBuf;

use ftps_tokio::tls::{TlsConfig, Version};
use ftps_tokio::{Builder, Client};
use tokio::io::AsyncReadExt;

use crate::conversation;

/// One server's address.
#[derive(Clone)]
pub struct Server {
    pub name: String,
    pub host: String,
    pub port: u16,
}

impl Server {
    pub fn is_implicit(&self) -> bool {
        self.name.ends_with("-implicit")
    }

    /// Whether it takes an upload whose data connection is reset for one that has come to its end, and says 226.
    pub fn confirms_what_is_reset(&self) -> bool {
        self.name == "pyftpdlib"
    }

    pub fn builder(&self, tls: TlsConfig) -> Builder {
        conversation::listen();
        let builder =
            Client::builder(&self.host).port(self.port).tls(tls).login(var("USER"), var("PASSWORD"));
        if self.is_implicit() { builder.implicit() } else { builder }
    }

    /// A logged-in client.
    pub async fn client(&self, version: Version) -> Client {
        self.builder(tls(version)).connect().await.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// What `.ci/servers env` says.
pub fn var(name: &str) -> String {
    let name = format!("FTPS_TEST_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// The servers that were started.
pub fn servers() -> Vec<Server> {
    var("SERVERS")
        .split_whitespace()
        .map(|server| {
            let (name, address) = server.split_once('=').expect("name=host:port");
            let (host, port) = address.rsplit_once(':').expect("host:port");
            Server { name: name.into(), host: host.into(), port: port.parse().expect("a port") }
        })
        .collect()
}

/// The explicit ones.
pub fn explicit() -> Vec<Server> {
    servers().into_iter().filter(|server| !server.is_implicit()).collect()
}

pub const MIB: usize = 1 << 20;

pub const VERSIONS: [Version; 2] = [Version::Tls13, Version::Tls12];

pub fn tls(version: Version) -> TlsConfig {
    TlsConfig::builder().ca_pem(std::fs::read(var("CA")).unwrap()).versions(&[version]).build().unwrap()
}

/// The directory in which every login begins.
pub fn home() -> PathBuf {
    var("HOME").into()
}

/// Uploads, downloads and deletes a file: every byte must come back.
pub async fn round_trip(client: &mut Client, name: &str, file: &[u8], context: &str) {
    let done = client.upload(name, &mut &file[..]).await;
    assert_eq!(
        done.unwrap_or_else(|error| panic!("{context}: {error}")).bytes,
        file.len() as u64,
        "{context}"
    );
    let back = fetch(client, name).await.unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(back == file, "{context}: of {} bytes {} came back, or others", file.len(), back.len());
    client.remove_file(name).await.unwrap_or_else(|error| panic!("{context}: {error}"));
}

/// A whole file.
pub async fn fetch(client: &mut Client, name: impl AsRef<[u8]>) -> std::io::Result<Vec<u8>> {
    let mut file = Vec::new();
    client.download(name).await?.read_to_end(&mut file).await?;
    Ok(file)
}

/// Bytes that differ from place to place and from seed to seed.
pub fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u8
    })
    .take(len)
    .collect()
}

/// A name that no other test uses.
pub fn unique(test: &str, server: &Server) -> String {
    format!("{test}-{}-{}.bin", server.name, std::process::id())
}
