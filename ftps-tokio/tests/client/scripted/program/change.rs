//! `ftps rm`, `ftps mkdir` and `ftps mv`.

use super::*;

#[test]
fn files_and_directories_are_removed_by_their_form() {
    let peer =
        Peer::polite().on("DELE", ["250 gone"]).on("DELE missing", ["550 none"]).on("RMD", ["250 gone"]).on(
            "MLSD dir",
            mlsd(&["type=file; a.csv", "type=file; b.txt", "type=dir; c.csv", "type=file; d.csv"]),
        );
    let bench = Bench::new(peer);
    bench
        .run(&["rm", "SITE/a", "SITE/missing", "SITE/dir/"])
        .is(1, "missing: the server refused DELE: 550 none");
    assert_eq!(
        (bench.heard("DELE"), bench.heard("RMD")),
        (vec!["DELE a".into(), "DELE missing".into()], vec!["RMD dir".into()])
    );
    let objects = bench.run(&["rm", "SITE/dir/*.csv", "--json"]).json();
    assert_eq!(objects[0], serde_json::json!({"path": "dir/a.csv", "done": "removed"}));
    assert_eq!(bench.heard("DELE dir"), ["DELE dir/a.csv", "DELE dir/d.csv"]);
    bench.run(&["rm", "SITE/dir/*.pdf"]).is(1, "nothing fits");
}

#[test]
fn directories_are_made_with_those_that_lead_there() {
    // There is `a`, and nothing in it at first.
    let peer = Peer::polite()
        .on("MKD a", ["550 it is there"])
        .on("MKD a/b", ["550 no a/b"])
        .on("MKD a/b", ["257 \"/home/a/b\" made"])
        .on("MKD a/b/c", ["550 no a/b"])
        .on("MKD a/b/c", ["257 \"/home/a/b/c\" made"])
        .on("CWD", ["550 none"])
        .on("CWD a", ["250 there"])
        .on("CWD a/b", ["550 none"])
        .on("CWD /home", ["250 there"])
        .on("MKD new", ["257 \"new\" made"]);
    let bench = Bench::new(peer);
    bench.run(&["mkdir", "SITE/a"]).is(1, "550 it is there");
    bench.run(&["mkdir", "-p", "SITE/a"]).is(0, "a: created");
    bench.run(&["mkdir", "-p", "SITE/a/b/c/"]).is(0, "");
    bench.run(&["mkdir", "-p", "SITE/x/y"]).is(1, "x: the server refused MKD");
    let objects = bench.run(&["mkdir", "SITE/new", "--json"]).json();
    assert_eq!(objects, [serde_json::json!({"path": "new", "done": "created"})]);
}

#[test]
fn names_are_changed_and_files_put_into_directories() {
    let peer =
        Peer::polite().on("RNFR", ["350 to"]).on("RNFR missing", ["550 none"]).on("RNTO", ["250 done"]);
    let bench = Bench::new(peer);
    bench.run(&["mv", "SITE/a", "SITE/b"]).is(0, "/a: renamed to");
    bench.run(&["mv", "SITE/dir/a", "SITE/old/"]).is(0, "");
    bench.run(&["mv", "SITE/missing", "SITE/b"]).is(1, "550 none");
    assert_eq!(bench.heard("RNTO"), ["RNTO b", "RNTO old/a"]);
    let objects = bench.run(&["mv", "SITE/a", "SITE/b", "--json"]).json();
    assert_eq!(objects, [serde_json::json!({"path": "a", "done": "renamed to", "to": "b"})]);
}
