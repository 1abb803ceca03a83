//! The program `ftps` on real servers: batch jobs, and files larger than its memory.

use std::fs::{self, File};
use std::io::{BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::lab::{MIB, Server, bytes, explicit, home, servers, unique, var};

/// `ftps` with these arguments, in which `SITE` stands for the server.
fn ftps(server: &Server, arguments: &[&str]) -> Command {
    let scheme = if server.is_implicit() { "ftps" } else { "ftpes" };
    let site = format!("{scheme}://{}:{}", server.host, server.port);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
    command
        .args(arguments.iter().map(|argument| argument.replace("SITE", &site)))
        .args(["--user", &var("USER"), "--ca-file", &var("CA"), "--quiet"])
        .env("FTPS_PASSWORD", var("PASSWORD"))
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn succeeds(server: &Server, arguments: &[&str]) -> Output {
    let output = ftps(server, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {} {said}", server.name, output.status);
    output
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn two_hundred_runs_of_one_file_each() {
    for server in explicit().iter().filter(|server| server.name == "vsftpd") {
        let dir = TempDir::new().unwrap();
        let local = dir.path().join("file");
        for run in 0..200 {
            let name = format!("run-{run}-{}", unique("program", server));
            fs::write(&local, bytes(run, MIB)).unwrap();
            succeeds(server, &["put", local.to_str().unwrap(), &format!("SITE/{name}")]);
            let stored = home().join(&name);
            assert_eq!(fs::metadata(&stored).unwrap().len(), MIB as u64, "{run}");
            assert!(fs::read(&stored).unwrap() == bytes(run, MIB), "{run}");
            fs::remove_file(stored).unwrap();
        }
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn several_files_there_listed_and_back() {
    for server in &servers() {
        let (there, back) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let names: Vec<_> = (0..3).map(|n| format!("{n} of {}", unique("several", server))).collect();
        let mut put = vec!["put".to_owned()];
        for (seed, name) in names.iter().enumerate() {
            let local = there.path().join(name);
            fs::write(&local, bytes(seed as u64, 100_000 * seed)).unwrap();
            put.push(local.to_str().unwrap().into());
        }
        put.push("SITE/".into());
        succeeds(server, &put.iter().map(String::as_str).collect::<Vec<_>>());

        let listed = String::from_utf8(succeeds(server, &["ls", "--json", "SITE"]).stdout).unwrap();
        let sizes = names.iter().map(|name| {
            let mut objects =
                listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            objects.find(|object| object["name"] == **name).map(|object| object["size"].clone())
        });
        assert!(sizes.eq([0, 100_000, 200_000].map(|size| Some(size.into()))), "{}", server.name);

        let urls: Vec<_> = names.iter().map(|name| format!("SITE/{}", name.replace(' ', "%20"))).collect();
        let mut get = vec!["get", "--json", "-O", back.path().to_str().unwrap()];
        get.extend(urls.iter().map(String::as_str));
        let output = succeeds(server, &get);
        assert_eq!(output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count(), 3);
        for (seed, name) in names.iter().enumerate() {
            assert!(fs::read(back.path().join(name)).unwrap() == bytes(seed as u64, 100_000 * seed));
            fs::remove_file(home().join(name)).unwrap();
        }
    }
}

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
