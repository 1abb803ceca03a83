//! `--encoding`.

use super::*;

/// A server whose names are in ISO 8859-1, and which says that they are UTF-8.
fn latin() -> Peer {
    let list = sends(b"type=file;size=19; gr\xf6\xdfe\r\ntype=file;size=1; a\r\n".to_vec());
    files().on("MLSD", list).on("DELE", ["250 gone"]).on("MKD", ["257 made"])
}

#[test]
fn names_are_shown_and_taken_in_utf8() {
    let bench = Bench::new(latin());
    let latin = ["--encoding", "ISO-8859-1"];
    let run = |arguments: &[&str]| bench.run(&[arguments, &latin].concat());
    let output = run(&["ls", "SITE/d\u{fc}"]);
    output.is(0, "");
    assert_eq!(output.out, "größe\na\n");
    assert_eq!(run(&["ls", "SITE", "--json"]).json()[0]["path"], "größe");
    run(&["get", "SITE/gr*"]).is(0, "");
    assert_eq!(bench.read("größe"), FILE);
    run(&["put", "größe", "SITE/neu/"]).is(0, "");
    run(&["rm", "SITE/größe", "SITE/%DF"]).is(0, "");
    run(&["mkdir", "SITE/%C3%BC"]).is(0, "");
    let named: Vec<_> = bench.server.heard().into_iter().filter(|line| !line.is_ascii()).collect();
    let sent = [
        "CWD d\u{fc}",
        "MLSD d\u{fc}",
        "RETR gr\u{f6}\u{df}e",
        "STOR neu/gr\u{f6}\u{df}e",
        "DELE gr\u{f6}\u{df}e",
        "DELE \u{df}",
        "MKD \u{fc}",
    ];
    assert_eq!(named, sent);
}

#[test]
fn a_name_that_the_encoding_lacks_is_not_sent() {
    let bench = Bench::new(files().on("RNFR", ["350 to"]).on("RNTO", ["250 done"]));
    bench.run(&["mv", "SITE/漢字", "SITE/かな", "--encoding", "shift_jis"]).is(0, "");
    let named: Vec<_> = bench.server.heard().into_iter().filter(|line| !line.is_ascii()).collect();
    assert_eq!(named, ["RNFR \u{8a}\u{bf}\u{8e}\u{9a}", "RNTO \u{82}\u{a9}\u{82}\u{c8}"]);
    bench
        .run(&["rm", "SITE/漢字", "--encoding", "latin1"])
        .is(1, "a character that the charset of the server's names lacks");
    assert!(bench.heard("DELE").is_empty());
}

#[test]
fn an_encoding_has_to_be_one() {
    let bench = Bench::new(files());
    bench.run(&["ls", "SITE", "--encoding", "klingon"]).is(2, "--encoding klingon: is no encoding");
    bench.run(&["ls", "SITE", "--encoding", "utf-16"]).is(2, "--encoding utf-16");
}

#[cfg(unix)]
#[test]
fn a_name_that_is_not_utf_8_is_told_of() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let bench = Bench::new(files());
    let name = OsStr::from_bytes(b"x\xfd");
    fs::write(bench.work().join(name), FILE).unwrap();
    let put = |options: &[&str]| {
        let mut command = bench.ftps(&["put"]);
        Outcome::of(command.arg(name).arg(format!("{}/", bench.server.addr)).args(options).output().unwrap())
    };
    put(&[]).is(0, "the name is not UTF-8, which servers may change (--encoding)");
    assert!(!put(&["--encoding", "latin1"]).err.contains("not UTF-8"));
}
