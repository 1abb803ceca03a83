//! Transfers that are cut, or whose file is changed behind them.

use std::fs::File;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use super::*;
use crate::relay::Relays;

fn address(server: &Server) -> SocketAddr {
    (server.host.as_str(), server.port).to_socket_addrs().unwrap().next().unwrap()
}

/// The same server, found at this address.
fn at(server: &Server, gate: SocketAddr) -> Server {
    Server { host: gate.ip().to_string(), port: gate.port(), ..server.clone() }
}

/// A transfer whose data connections are cut ten times.
fn cut_ten_times(server: &Server, seed: u64, arguments: &[&str]) {
    let relays = Arc::new(Relays::cutting(seed, 10, 150_000));
    let gate = at(server, relays.gate(address(server), || {}));
    let told = [
        arguments,
        &["--server-name", "localhost", "--retries", "30", "--retry-pause", "1", "--timeout", "3"],
    ]
    .concat();
    succeeds(&gate, &told);
    assert_eq!(relays.cuts(), 10, "{}", server.name);
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_transfer_that_is_cut_ten_times_moves_every_byte() {
    // Most of the time is spent waiting for words on a cut.
    std::thread::scope(|scope| {
        for server in explicit() {
            scope.spawn(move || cut_both_ways(&server));
        }
    });
}

fn cut_both_ways(server: &Server) {
    let (dir, name) = (TempDir::new().unwrap(), unique("cut", server));
    let (local, back) = (dir.path().join("file"), dir.path().join("back"));
    fs::write(&local, bytes(1, 3 * MIB)).unwrap();
    let url = format!("SITE/{name}");
    cut_ten_times(server, 3, &["put", local.to_str().unwrap(), &url]);
    assert!(fs::read(home().join(&name)).unwrap() == bytes(1, 3 * MIB), "{}: other bytes", server.name);
    cut_ten_times(server, 4, &["get", &url, "-o", back.to_str().unwrap()]);
    assert!(fs::read(&back).unwrap() == bytes(1, 3 * MIB), "{}: other bytes", server.name);
    fs::remove_file(home().join(&name)).unwrap();
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_file_that_is_changed_on_the_server_after_the_upload_is_not_verified() {
    const LEN: usize = 300_000;
    for server in servers().iter().filter(|server| server.name.starts_with("proftpd")) {
        let (dir, name) = (TempDir::new().unwrap(), unique("changed", server));
        let local = dir.path().join("file");
        fs::write(&local, bytes(2, LEN)).unwrap();
        let stored = home().join(&name);
        let changed = Arc::new(AtomicBool::new(false));
        let change = {
            let (stored, changed) = (stored.clone(), Arc::clone(&changed));
            move || {
                // All of it is there, and what the server says of that has not been passed on.
                let whole = fs::metadata(&stored).is_ok_and(|metadata| metadata.len() == LEN as u64);
                if whole && !changed.swap(true, Ordering::SeqCst) {
                    let mut file = fs::read(&stored).unwrap();
                    file[LEN / 2] ^= 1;
                    fs::write(&stored, file).unwrap();
                    // Another time, so that the server keeps no hash of it.
                    let later = SystemTime::now() + Duration::from_secs(60);
                    File::options().write(true).open(&stored).unwrap().set_modified(later).unwrap();
                }
            }
        };
        let gate = at(server, Arc::new(Relays::default()).gate(address(server), change));
        let url = format!("SITE/{name}");
        let put = ["put", local.to_str().unwrap(), &url, "--verify", "--server-name", "localhost"];
        let output = ftps(&gate, &put).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(changed.load(Ordering::SeqCst));
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("it was changed"), "{said}");
        // The same without anybody in between.
        succeeds(server, &["put", local.to_str().unwrap(), &url, "--verify"]);
        fs::remove_file(&stored).unwrap();
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_transfer_that_was_stopped_is_resumed() {
    let whole = bytes(3, MIB);
    for server in explicit() {
        let (dir, name) = (TempDir::new().unwrap(), unique("resumed", &server));
        let (local, back) = (dir.path().join("file"), dir.path().join("back"));
        fs::write(&local, &whole).unwrap();
        fs::write(&back, &whole[..300_000]).unwrap();
        let (url, part) = (format!("SITE/{name}"), dir.path().join("part"));
        fs::write(&part, &whole[..500_000]).unwrap();
        succeeds(&server, &["put", part.to_str().unwrap(), &url]);
        succeeds(&server, &["put", "--resume", "--preserve", "--verify", local.to_str().unwrap(), &url]);
        assert!(fs::read(home().join(&name)).unwrap() == whole, "{}: other bytes", server.name);
        let seconds = |time: SystemTime| time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let modified = |path: &std::path::Path| seconds(fs::metadata(path).unwrap().modified().unwrap());
        assert_eq!(modified(&home().join(&name)), modified(&local), "{}", server.name);
        succeeds(&server, &["get", "--resume", "--preserve", &url, "-o", back.to_str().unwrap()]);
        assert!(fs::read(&back).unwrap() == whole, "{}: other bytes", server.name);
        assert_eq!(modified(&back), modified(&local), "{}", server.name);
        succeeds(&server, &["put", "--atomic", "--verify", local.to_str().unwrap(), &url]);
        let range = ["get", "--range", "10-20,-100", &url, "-o", back.to_str().unwrap()];
        succeeds(&server, &range);
        assert!(fs::read(&back).unwrap() == [&whole[10..=20], &whole[MIB - 100..]].concat());
        fs::remove_file(home().join(&name)).unwrap();
    }
}
