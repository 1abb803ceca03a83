//! What is told: usage, results, progress; and what is kept back.

use std::fs;
use std::process::Command;

use super::*;

#[test]
fn json_is_one_object_a_file() {
    let bench = Bench::new(files());
    bench.write("one", FILE);
    for arguments in [&["get", "SITE/a", "SITE/b", "--json"][..], &["put", "one", "SITE/a", "--json"]] {
        let output = bench.run(arguments);
        output.is(0, "");
        for (line, path) in output.out.lines().zip(["a", "b"]) {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&object["path"], &object["bytes"]), (&path.into(), &19.into()));
            assert_eq!(object["resumed"], true);
            assert!(object["seconds"].is_f64());
            assert_eq!(object.as_object().unwrap().len(), 4);
        }
        assert_eq!(output.out.lines().count(), if arguments[0] == "get" { 2 } else { 1 });
        assert_eq!(output.err, "");
    }
}

#[test]
fn usage_errors_are_2_and_nothing_is_sent() {
    let bench = Bench::new(files());
    bench.write("one", b"1");
    for (arguments, said) in [
        (&["get"][..], "required"),
        (&["get", "SITE/a", "SITE/b", "-o", "x"], "-o is for one file"),
        (&["get", "SITE/a", "-o", "-", "--json"], "standard output"),
        (&["get", "SITE/a", "-O", "nowhere"], "nowhere: is no directory"),
        (&["get", "SITE/a", "gopher://h/x"], "gopher"),
        (&["get", "SITE/a%0d%0aDELE%20b"], "control character"),
        (&["get", "SITE/a%00"], "control character"),
        (&["get", "SITE/[a"], "a [ without its end"),
        (&["get", "SITE/a*", "-o", "x"], "-o is for one file"),
        (&["get", "-r", "SITE/a", "-o", "-"], "-r and -o -"),
        (&["put", "one", "SITE/a*"], "has to be written as %XX"),
        (&["mkdir", "SITE/a?"], "has to be written as %XX"),
        (&["mv", "SITE/a", "localhost/a"], "on one server"),
        (&["put", "one", "one", "SITE/a"], "ends in /"),
        (&["put", "SITE/a"], "required"),
        (&["ls", "SITE", "--tls", "1.1"], "1.1"),
        (&["ls", "SITE", "--timeout", "0"], "timeout"),
        (&["ls", "SITE", "--password-env", "NOT_SET"], "NOT_SET"),
        (&["ls", "us\u{1}er:pw@SITE"], "control character"),
        (&["get", "me:pw@SITE/a", "me@SITE/b", "--password-env", "NOT_SET"], "no password: set NOT_SET"),
        (&["get", "me:pw@SITE/a", "m%0ae:pw@SITE/b"], "name: an argument has the control character 0x0a"),
        (&["get", "me:pw@SITE/a", "me:p%0aw@SITE/b"], "password: an argument has the control character 0x0a"),
    ] {
        bench.run(arguments).is(2, said);
    }
    assert_eq!(bench.left(), ["one"]);
    for (ca, said) in
        [("nowhere.pem", "ftps: nowhere.pem: No such file"), ("one", "ftps: one: the trusted certificates")]
    {
        let mut ftps = Command::new(env!("CARGO_BIN_EXE_ftps"));
        ftps.args(["ls", "h", "--ca-file", ca]).current_dir(bench.work());
        Outcome::of(ftps.output().unwrap()).is(2, said);
    }
    bench.run(&["get", "SITE/a", "SITE/dir/"]).is(2, "dir/: is written as a directory");
    bench.run(&["put", "one", "..", "SITE/dir/"]).is(2, "..: has no name");
    assert_eq!(bench.server.heard(), [""; 0]);
}

#[test]
fn a_url_that_cannot_be_read_does_not_show_its_password() {
    let bench = Bench::new(files());
    for (arguments, said) in [
        (&["get", "ftps://user:hunter2@host:x/y"][..], "the port is not a number up to 65535"),
        (&["ftps://user:hunter2@host/y"], "unrecognized subcommand '***@host/y'"),
        (&["ls", "SITE", "ftps://user:hunter2@host/y"], "unexpected argument '***@host/y'"),
        (&["get", "SITE/a", "--tls", "user:hunter2@host/y"], "invalid value '***@host/y'"),
    ] {
        let output = bench.run(arguments);
        output.is(2, said);
        assert!(!output.err.contains("hunter2"), "{output:?}");
    }
}

#[test]
fn verbose_shows_the_conversation_without_secrets() {
    let output = Bench::new(files()).run(&["get", "SITE/a", "-v"]);
    output.is(0, "> RETR a");
    output.is(0, "< 226 done");
    output.is(0, "> PASS ***");
    assert!(!output.err.contains("secret"), "{output:?}");
}

/// A log on a full disk, say.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_told_stops_nothing() {
    for arguments in [&[][..], &["-v"], &["--progress", "always"], &["--json"]] {
        let bench = Bench::new(files());
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = bench.ftps(&["get", "SITE/a", "SITE/missing", "SITE/b"]);
        let output = command.args(arguments).stderr(full).output().unwrap();
        Outcome::of(output).is(1, "");
        assert_eq!(bench.left(), ["a", "b"], "{arguments:?}");
    }
}

/// As in `put *`, where others write to the directory.
#[test]
fn a_local_name_does_not_command_the_terminal() {
    let bench = Bench::new(files());
    for arguments in [
        &["put", "a\u{1b}[31mb", "SITE/x"][..],
        &["put", "a\u{1b}[31mb/..", "SITE/"],
        &["get", "SITE/x", "-o", "a\u{1b}[31mb/x"],
        &["get", "SITE/x", "-O", "a\u{1b}[31mb"],
    ] {
        let output = bench.run(arguments);
        assert!(output.err.starts_with("ftps: ") && !output.err.contains('\u{1b}'), "{output:?}");
    }
}

#[test]
fn progress_shows_rate_and_time_where_it_is_asked_for() {
    let bench = Bench::new(files());
    let output = bench.run(&["get", "SITE/report.csv", "--progress", "always"]);
    output.is(0, "report.csv");
    output.is(0, "19 B/19 B");
    assert_eq!(bench.heard("SIZE").len(), 1);
    bench.run(&["get", "SITE/report.csv"]).is(0, "");
    bench.run(&["get", "SITE/report.csv", "--progress", "never"]).is(0, "");
    assert_eq!(bench.heard("SIZE").len(), 1, "asked for where it is shown only");
}

#[cfg(target_os = "linux")]
#[test]
fn no_bar_is_drawn_over_a_file_on_the_terminal() {
    let bench = Bench::new(files());
    let on_a_terminal = |output: &str| bench.on_a_terminal(&bench.ftps(&["get", "SITE/a", "-o", output]));
    let output = on_a_terminal("a");
    assert!(output.out.contains("19 B/19 B"), "{output:?}");
    let output = on_a_terminal("-");
    assert!(output.out.starts_with("what is in the file"), "{output:?}");
    assert!(!output.out.contains("19 B/19 B"), "{output:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_fails_with_the_local_name() {
    let entry = Act::Send(b"type=file; a\r\n".into());
    let list = ["150 here".into(), Act::Secure, entry, Act::Finish, "226 done".into()];
    let bench = Bench::new(files().on("MLSD", list));
    for arguments in [&["get", "SITE/a", "-o", "-"][..], &["get", "SITE/a", "--json"], &["ls", "SITE"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        Outcome::of(bench.ftps(arguments).stdout(full).output().unwrap())
            .is(1, "standard output: No space left");
    }
    bench.run(&["get", "SITE/a", "-o", "/dev/full"]).is(1, "/dev/full: No space left");
    bench.run(&["get", "SITE/a", "-o", "new/"]).is(1, "new/: ");
    assert_eq!(bench.left(), ["a"]);
}

#[test]
fn json_tells_what_failed() {
    let bench = Bench::new(files().on("RETR busy", ["450 later"]));
    let output = bench.run(&["get", "SITE/missing", "SITE/busy", "SITE/cut", "SITE/a", "--json", "-q"]);
    output.is(1, "");
    let objects = output.json();
    assert_eq!(
        objects[0],
        serde_json::json!({"path": "missing", "error": {
            "kind": "refused",
            "code": 550,
            "text": "the server refused RETR: 550 no such file",
            "temporary": false,
        }})
    );
    assert_eq!(
        (&objects[1]["error"]["code"], &objects[1]["error"]["temporary"]),
        (&450.into(), &true.into())
    );
    assert_eq!(objects[2]["error"]["kind"], "truncated");
    assert_eq!(objects[3]["bytes"], 19);
    assert_eq!((objects.len(), &*output.err), (4, ""));
    let output = bench.run(&["get", "SITE/x", "-O", "nowhere", "--json", "-q"]);
    output.is(2, "");
    assert_eq!(output.json()[0]["error"]["kind"], "usage");
    let other = bench.run(&["get", "SITE/x", "--json", "--pin", &"0".repeat(64)]);
    assert_eq!((other.status, &other.json()[0]["error"]["kind"]), (Some(3), &"certificate".into()));
}

#[test]
fn verbose_tells_of_tls_addresses_and_times() {
    let bench = Bench::new(files());
    let output = bench.run(&["get", "SITE/a", "-v"]);
    output.is(0, "TLS 1.3, TLS_");
    output.is(0, &format!("logged in at {} after 0.", bench.server.addr));
    output.is(0, "TLS session resumed");
    let output = bench.run(&["get", "SITE/a", "-vv", "--account", "shh-it-is-secret"]);
    output.is(0, "> PASS ***");
    assert!(!output.err.contains("secret"), "{output:?}");
}

/// 200 files, one of which fails: a bar for all and one for the file, the failure, and what it came to.
#[cfg(target_os = "linux")]
#[test]
fn many_files_are_told_together() {
    let bench = Bench::new(files().on("STOR in/7", ["553 not you"]));
    let names: Vec<_> = (0..20).map(|n| format!("{n:02}")).collect();
    names.iter().for_each(|name| bench.write(name, FILE));
    bench.write("7", FILE);
    let mut words = vec!["put"];
    words.extend(names.iter().map(|name| &**name));
    words.extend(["7", "SITE/in/"]);
    let output = bench.on_a_terminal(&bench.ftps(&words)).out;
    assert!(output.contains("/21 files"), "{output:?}");
    assert!(output.contains("B/399 B"), "{output:?}");
    assert!(output.contains("ftps: 127.0.0.1:"), "{output:?}");
    assert!(output.contains("in/7: the server refused STOR: 553 not you"), "{output:?}");
    assert!(output.trim_end().ends_with("1 failed"), "{output:?}");
    assert!(output.contains("ftps: 20 files, 380 B in "), "{output:?}");
    assert_eq!(output.matches("bytes in").count(), 0, "{output:?}");

    let output = bench.run(&words);
    output.is(1, "ftps: 20 files, 380 B in ");
    assert_eq!(output.err.matches("19 bytes in").count(), 20);
}
