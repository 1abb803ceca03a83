//! The example by hand does what it says, on every explicit server that is there.
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../examples/by_hand.rs"]
#[allow(dead_code)]
mod by_hand;

use std::fs;
use std::path::Path;

use ftps_proto::Login;
use ftps_proto::codec::{Argument, Secret};

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_file_comes_whole() {
    let var = |name: &str| std::env::var(format!("FTPS_TEST_{name}")).unwrap();
    let file: Vec<u8> = (0..=255).cycle().take(3 << 20).collect();
    let name = format!("by-hand-{}.bin", std::process::id());
    let path = Path::new(&var("HOME")).join(&name);
    fs::write(&path, &file).unwrap();
    let ca = fs::read(var("CA")).unwrap();
    for server in var("SERVERS").split_whitespace().filter(|server| !server.contains("-implicit=")) {
        let (host, port) = server.split_once('=').unwrap().1.rsplit_once(':').unwrap();
        let login = Login::new(Argument::new(var("USER")).unwrap(), Secret::new(var("PASSWORD")).unwrap());
        let mut back = Vec::new();
        by_hand::download(host, port.parse().unwrap(), login, &ca, &name, &mut back)
            .unwrap_or_else(|error| panic!("{server}: {error}"));
        assert!(back == file, "{server}: the bytes differ");
    }
    fs::remove_file(path).unwrap();
}
