//! `ftps stat`, `ftps hash`, `ftps raw`, `--before`, `--after` and `ftps generate`.

use super::*;

const SHA256: &str = "ea1fbc11f2e6c1ab38f7f1c5e0a7a1b2c3d4e5f60718293a4b5c6d7e8f901234";

fn told() -> Peer {
    files()
        .on(
            "MLST dir/a",
            ["250-Begin", " type=file;size=19;modify=20200102030405;UNIX.mode=0644; /home/dir/a", "250 End"],
        )
        .on("MLST .", ["250-Begin", " type=dir; /home", "250 End"])
        .on("MLST none", ["550 no such file"])
}

#[test]
fn what_a_server_tells_of_a_file() {
    let bench = Bench::new(told());
    let shown = bench.run(&["stat", "SITE/dir/a", "SITE/none", "SITE"]);
    shown.is(1, "none: the server refused MLST: 550 no such file");
    let lines: Vec<_> = shown.out.lines().collect();
    assert_eq!(lines.len(), 2, "{shown:?}");
    assert!(lines[0].starts_with("-rw-r--r-- ") && lines[0].ends_with("2020-01-02 03:04:05Z a"), "{shown:?}");
    assert!(lines[1].starts_with('d'), "{shown:?}");
    let objects = bench.run(&["stat", "SITE/dir/a", "--json"]).json();
    let object = serde_json::json!({
        "name": "a", "path": "dir/a", "kind": "file", "size": 19, "modified": "2020-01-02T03:04:05Z", "mode": "0644",
    });
    assert_eq!(objects, [object]);
    assert_eq!(bench.heard("USER").len(), 2, "one session for each run");
}

#[test]
fn what_a_server_makes_of_a_file() {
    let peer = files()
        .on("XSHA256 a", [&*format!("250 {SHA256}")])
        .on("XCRC \"b c\"", ["250 CBF43926"])
        .on("XSHA256 none", ["550 none"]);
    let bench = Bench::new(peer);
    let shown = bench.run(&["hash", "SITE/a", "SITE/none"]);
    shown.is(1, "550 none");
    assert_eq!(shown.out, format!("{SHA256}  a\n"));
    assert_eq!(bench.run(&["hash", "SITE/b%20c", "-a", "crc32"]).out, "cbf43926  b c\n");
    let objects = bench.run(&["hash", "SITE/a", "--json"]).json();
    assert_eq!(objects, [serde_json::json!({"path": "a", "algorithm": "SHA-256", "hash": SHA256})]);
    bench.run(&["hash", "SITE/a", "-a", "sha-3"]).is(2, "one of SHA-512, SHA-256, SHA-1, MD5, CRC32");
    bench.run(&["hash", "SITE/a*"]).is(2, "has to be written as %XX");
}

#[test]
fn commands_as_they_are_typed() {
    let peer = files()
        .on("CWD dir", ["250 there"])
        .on("SITE HELP", ["214-Known\r\n CHMOD\r\n214 \u{1b}[2J"])
        .on("SITE X", ["500 what?"]);
    let bench = Bench::new(peer);
    let shown = bench.run(&["raw", "SITE/dir/", "site HELP", "NOOP"]);
    shown.is(0, "");
    assert_eq!(shown.out, "214-Known\n CHMOD\n214 \\u{1b}[2J\n200 nothing done\n");
    let shown = bench.run(&["raw", "SITE", "NOOP", "site X", "SYST", "--json"]);
    shown.is(1, "500 what?");
    let objects = shown.json();
    assert_eq!(objects[0], serde_json::json!({"command": "NOOP", "code": 200, "lines": ["nothing done"]}));
    assert_eq!((objects.len(), &objects[1]["error"]["code"]), (2, &500.into()));
    assert_eq!(bench.heard("SYST"), [""; 0], "after one that was refused");
    bench.run(&["raw", "SITE/none", "NOOP"]).is(1, "none: the server refused CWD");
    for (command, said) in [
        ("RETR a", "RETR"),
        ("TYPE A", "TYPE"),
        ("CCC", "CCC"),
        ("NOOP\r\nDELE a", "0x0d"),
        ("", "there is no command"),
    ] {
        let heard = bench.server.heard().len();
        bench.run(&["raw", "SITE", "NOOP", command]).is(2, said);
        assert_eq!(bench.server.heard().len(), heard, "nothing is sent");
    }
}

#[test]
fn commands_before_and_after_all_else() {
    let peer = files().on("SITE UMASK", ["200 ok"]).on("SITE DONE", ["200 ok"]).on("SITE NO", ["500 no"]);
    let bench = Bench::new(peer);
    let arguments =
        ["get", "SITE/a", "SITE/b", "--before", "site UMASK 022", "--before", "NOOP", "--after", "site DONE"];
    bench.run(&arguments).is(0, "");
    let heard = bench.server.heard();
    let after_login: Vec<_> = heard
        .iter()
        .skip_while(|line| !line.starts_with("SITE"))
        .filter(|line| !line.starts_with("EPSV"))
        .map(String::as_str)
        .collect();
    assert_eq!(after_login, ["SITE UMASK 022", "NOOP", "RETR a", "RETR b", "SITE DONE", "QUIT"]);
    bench.run(&["get", "SITE/c", "--before", "site NO"]).is(1, "--before: the server refused SITE: 500 no");
    assert_eq!(bench.heard("RETR c"), [""; 0]);
    bench.run(&["get", "SITE/d", "--after", "site NO"]).is(1, "--after: the server refused SITE: 500 no");
    assert_eq!(bench.left(), ["a", "b", "d"]);
    bench.run(&["get", "SITE/a", "--before", "PASV"]).is(2, "PASV");
}

#[test]
fn completions_and_a_manual() {
    let bench = Bench::new(files());
    for (shell, says) in [("bash", "complete -F"), ("zsh", "#compdef ftps"), ("fish", "complete -c ftps")] {
        let shown = bench.run(&["generate", shell]);
        shown.is(0, "");
        assert!(shown.out.contains(says) && shown.out.contains("list-command"), "{shell}");
    }
    let manual = bench.run(&["generate", "man"]);
    manual.is(0, "");
    for says in [".TH ftps 1", "Exit status", "FTPS GET", "output\\-dir", "FTPS RAW", "pin"] {
        assert!(manual.out.contains(says), "{says}");
    }
    let pins = manual.out.lines().filter(|line| line.starts_with("\\fB\\-\\-pin\\fR"));
    assert_eq!(pins.count(), 1, "once for all commands");
    assert!(!manual.out.contains("GENERATE"), "it is for packagers");
    assert!(bench.server.heard().is_empty());
}
