//! The real servers, as `.ci/servers env` tells of them.

use std::path::PathBuf;
use std::time::Duration;

use ftps_proto::tls::TlsConfig;

use crate::subject::{Route, Settings};

fn var(name: &str) -> String {
    let name = format!("FTPS_TEST_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// The directory in which every login begins.
pub fn home() -> PathBuf {
    var("HOME").into()
}

/// Settings for the server of this name.
pub fn settings(name: &str, route: Route) -> Settings {
    let servers = var("SERVERS");
    let address = servers.split_whitespace().find_map(|server| server.strip_prefix(name)?.strip_prefix('='));
    let (host, port) = address.expect(name).rsplit_once(':').expect("host:port");
    let tls = TlsConfig::builder().ca_pem(std::fs::read(var("CA")).unwrap()).build().unwrap();
    Settings {
        host: host.into(),
        port: port.parse().unwrap(),
        user: var("USER"),
        password: var("PASSWORD"),
        tls,
        route,
        timeouts: [Duration::from_secs(20); 3],
    }
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
