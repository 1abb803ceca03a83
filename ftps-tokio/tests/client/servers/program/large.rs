//! Files larger than the program's memory.

use std::fs::File;
use std::io::{BufReader, Read, Write};
use std::process::Child;

use super::*;

/// A GiB, a part of it at a time.
fn gibibyte() -> impl Iterator<Item = Vec<u8>> {
    (0..1024).map(|part| bytes(part, MIB))
}

/// Whether this is the GiB, and nothing more.
fn is_the_gibibyte(from: impl Read) -> bool {
    let mut from = BufReader::with_capacity(MIB, from);
    let mut part = vec![0; MIB];
    let same = gibibyte().all(|expected| from.read_exact(&mut part).is_ok() && part == expected);
    same && from.read(&mut part).unwrap() == 0
}

/// The most memory that a process has had in use so far, in KiB (Linux); none where it has ended.
fn peak(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_gibibyte_takes_no_more_memory_than_a_small_file() {
    const LIMIT: u64 = 32 * 1024;
    for server in explicit().iter().filter(|server| server.name == "vsftpd") {
        let name = unique("gibibyte", server);
        let url = format!("SITE/{name}");
        let mut put = ftps(server, &["put", "/dev/stdin", &url]).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = put.stdin.take().unwrap();
        for part in gibibyte() {
            pipe.write_all(&part).unwrap();
        }
        let used = peak(&put).unwrap();
        drop(pipe);
        assert!(put.wait().unwrap().success());
        assert!(used < LIMIT, "{used} KiB");
        assert!(is_the_gibibyte(File::open(home().join(&name)).unwrap()));

        let mut get = ftps(server, &["get", &url, "-o", "-"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut pipe = get.stdout.take().unwrap();
        // Looked at while it still has something to write.
        let mut parts = gibibyte();
        let mut part = vec![0; MIB];
        assert!(parts.by_ref().take(1023).all(|expected| {
            pipe.read_exact(&mut part).unwrap();
            part == expected
        }));
        let used = peak(&get).unwrap();
        pipe.read_exact(&mut part).unwrap();
        assert!(Some(part) == parts.next() && pipe.read(&mut [0]).unwrap() == 0);
        assert!(get.wait().unwrap().success());
        assert!(used < LIMIT, "{used} KiB");
        fs::remove_file(home().join(&name)).unwrap();
    }
}
