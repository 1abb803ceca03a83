//! `--audit`: the record of what was done.

use serde_json::{Value, json};

use super::*;

fn recorded(bench: &Bench) -> Vec<Value> {
    let lines = bench.read("audit.jsonl");
    let lines = String::from_utf8(lines).unwrap();
    assert!(!lines.contains("secret"), "{lines}");
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Without what is the same, or differs, each time.
fn told(mut record: Value) -> Value {
    for field in ["time", "user", "host", "address", "certificate", "tls", "suite"] {
        assert!(record.as_object_mut().unwrap().remove(field).is_some(), "{field}");
    }
    record
}

fn peer() -> Peer {
    files()
        .on("STOR full", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "552 full".into()])
        .on("DELE", ["250 gone"])
        .on("RNFR", ["350 to?"])
        .on("RNTO", ["250 renamed"])
}

#[test]
fn what_was_done_is_on_a_line_each() {
    let bench = Bench::new(peer());
    bench.write("one", FILE);
    let audited = |arguments: &[&str]| bench.run(&[arguments, &["--audit", "audit.jsonl"]].concat());
    audited(&["get", "SITE/a", "SITE/cut", "SITE/missing"]).is(1, "cut");
    audited(&["put", "one", "SITE/up%ff"]).is(0, "");
    audited(&["put", "one", "SITE/full"]).is(1, "552");
    audited(&["mv", "SITE/a", "SITE/b"]).is(0, "");
    audited(&["rm", "SITE/b"]).is(0, "");
    let records = recorded(&bench);
    let login = &records[0];
    assert_eq!(login["user"], "user");
    assert_eq!((&login["host"], &login["tls"]), (&json!("127.0.0.1"), &json!("TLSv1.3")));
    assert_eq!(login["address"], json!(format!("127.0.0.1:{}", bench.server.addr.port())));
    assert_eq!(login["certificate"].as_str().unwrap().len(), 64);
    assert!(login["suite"].as_str().unwrap().starts_with("TLS13_"));
    let time = login["time"].as_str().unwrap();
    assert!(
        time.len() == 20 && time.starts_with("20") && time.ends_with('Z') && &time[10..11] == "T",
        "{time}"
    );

    let records: Vec<_> = records.into_iter().map(told).collect();
    let login = json!({"act": "login", "outcome": "done", "reply": {"code": 230, "text": "in"}});
    let done = |code: u16, text: &str| json!({"code": code, "text": text});
    let hash = records[1]["sha256"].clone();
    assert_eq!(records[0], login);
    assert_eq!(
        records[1],
        json!({"act": "download", "outcome": "done", "path": "a", "bytes": 19, "sha256": hash, "reply": done(226, "done")})
    );
    let cut = &records[2];
    assert_eq!(
        (&cut["act"], &cut["outcome"], &cut["path"]),
        (&json!("download"), &json!("failed"), &json!("cut"))
    );
    assert_eq!((&cut["bytes"], &cut["sha256"]), (&json!(19), &hash));
    assert!(cut["error"].as_str().unwrap().contains("close_notify"), "{cut}");
    let missing = &records[3];
    assert_eq!((&missing["outcome"], &missing["reply"]), (&json!("failed"), &done(550, "no such file")));
    assert_eq!(
        records[5],
        json!({"act": "upload", "outcome": "done", "path": "up\u{fffd}", "encoded": "up%FF", "bytes": 19, "sha256": hash,
            "reply": done(226, "stored")})
    );
    assert_eq!((&records[7]["outcome"], &records[7]["reply"]), (&json!("failed"), &done(552, "full")));
    assert_eq!(
        records[9],
        json!({"act": "rename", "outcome": "done", "path": "a", "to": "b", "reply": done(250, "renamed")})
    );
    assert_eq!(
        records[11],
        json!({"act": "delete", "outcome": "done", "path": "b", "reply": done(250, "gone")})
    );
    for at in [4, 6, 8, 10] {
        assert_eq!(records[at], login);
    }
    assert_eq!(records.len(), 12);
}

#[test]
fn the_hash_is_that_of_the_content() {
    let bench = Bench::new(peer());
    bench.run(&["get", "SITE/a", "--audit", "audit.jsonl"]).is(0, "");
    let mut sums = Command::new("sha256sum");
    let output = sums.arg("a").current_dir(bench.work()).output().unwrap();
    let sum = String::from_utf8(output.stdout).unwrap();
    assert_eq!(recorded(&bench)[1]["sha256"].as_str().unwrap(), sum.split(' ').next().unwrap());
}

#[test]
fn a_login_that_failed_is_recorded() {
    let bench = Bench::new(peer().instead("PASS", ["530 no secret here"]));
    bench.run(&["get", "SITE/a", "--audit", "audit.jsonl"]).is(4, "530 no");
    let records: Vec<_> = recorded(&bench).into_iter().map(told).collect();
    assert_eq!(records.len(), 1);
    assert_eq!((&records[0]["act"], &records[0]["outcome"]), (&json!("login"), &json!("failed")));
    assert_eq!(records[0]["reply"], json!({"code": 530, "text": "no *** here"}));
}

#[cfg(unix)]
#[test]
fn the_file_is_its_owners_and_grows() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new(peer());
    for lines in [2, 4] {
        bench.run(&["get", "SITE/a", "--audit", "audit.jsonl"]).is(0, "");
        assert_eq!(recorded(&bench).len(), lines);
    }
    let mode = fs::metadata(bench.work().join("audit.jsonl")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_a_record_nothing_is_done_and_nothing_is_said_to_be_done() {
    let bench = Bench::new(peer());
    bench
        .run(&["get", "SITE/a", "--audit", "nowhere/audit.jsonl"])
        .is(2, "nowhere/audit.jsonl: No such file");
    assert!(bench.server.heard().is_empty());
    // No room for a line.
    #[cfg(target_os = "linux")]
    {
        bench.write("one", FILE);
        let full = bench.run(&["put", "one", "SITE/a", "--audit", "/dev/full"]);
        full.is(1, "what was done could not be recorded in /dev/full: No space left");
        assert!(!full.err.contains("19 bytes"), "{full:?}");
        assert_eq!(bench.heard("STOR"), [""; 0], "after the login, which was not recorded");
    }
}

/// What a signal stops was not done.
#[cfg(unix)]
#[test]
fn what_is_stopped_is_recorded_as_failed() {
    let bench = Bench::new(
        files().on("RETR held", ["150 here".into(), Act::Secure, Act::Send(FILE.into()), Act::Hold]),
    );
    let mut ftps = bench.ftps(&["get", "SITE/held", "--audit", "audit.jsonl"]);
    let mut child = Killed(ftps.stderr(Stdio::null()).spawn().unwrap());
    bench.server.wait(|log| log.heard.iter().any(|line| line == "RETR held"));
    // Once it has something of the file.
    while !bench.left().iter().any(|name| name.contains("held") || name.starts_with('.')) {
        std::thread::yield_now();
    }
    let killed = Command::new("kill").args(["-TERM", &child.0.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert_eq!(child.0.wait().unwrap().code(), Some(143));
    let records = recorded(&bench);
    let last = records.last().unwrap();
    assert_eq!(
        (&last["act"], &last["outcome"], &last["path"]),
        (&json!("download"), &json!("failed"), &json!("held"))
    );
}
