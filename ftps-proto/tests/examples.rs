//! The examples do what they say, on every explicit server that is there.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../examples/another_tls.rs"]
#[allow(dead_code)]
mod another_tls;
#[path = "../examples/by_hand.rs"]
#[allow(dead_code)]
mod by_hand;

use std::fs;
use std::path::PathBuf;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::{Config, Login};

/// What `.ci/servers env` says.
fn var(name: &str) -> String {
    std::env::var(format!("FTPS_TEST_{name}")).unwrap()
}

/// The name, host and port of each explicit server.
fn explicit() -> Vec<(String, String, u16)> {
    let servers = var("SERVERS");
    let explicit = servers.split_whitespace().filter(|server| !server.contains("-implicit="));
    let address = |server: &str| {
        let (name, address) = server.split_once('=').unwrap();
        let (host, port) = address.rsplit_once(':').unwrap();
        (name.into(), host.into(), port.parse().unwrap())
    };
    explicit.map(address).collect()
}

fn login() -> Login {
    Login::new(Argument::new(var("USER")).unwrap(), Secret::new(var("PASSWORD")).unwrap())
}

fn file() -> Vec<u8> {
    (0..=255).cycle().take(3 << 20).collect()
}

/// Where the server has the file of this name, which is this process' own.
fn on_server(name: &str) -> (String, PathBuf) {
    let name = format!("{name}-{}.bin", std::process::id());
    let path = PathBuf::from(var("HOME")).join(&name);
    (name, path)
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn by_hand_a_file_comes_whole() {
    let (name, path) = on_server("by-hand");
    fs::write(&path, file()).unwrap();
    let ca = fs::read(var("CA")).unwrap();
    for (server, host, port) in explicit() {
        let mut back = Vec::new();
        by_hand::download(&host, port, login(), &ca, &name, &mut back)
            .unwrap_or_else(|error| panic!("{server}: {error}"));
        assert!(back == file(), "{server}: the bytes differ");
    }
    fs::remove_file(path).unwrap();
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn with_another_tls_a_file_is_stored_whole() {
    let (name, path) = on_server("another-tls");
    let ca = fs::read(var("CA")).unwrap();
    for (server, host, port) in explicit() {
        for file in [file(), Vec::new()] {
            let names = another_tls::upload(&host, port, Config::new(login()), &ca, &name, &file)
                .unwrap_or_else(|error| panic!("{server}: {error}"));
            assert!(names.contains(&name), "{server}: {names:?}");
            assert!(fs::read(&path).unwrap() == file, "{server}: the bytes differ");
        }
    }
    fs::remove_file(path).unwrap();
}
