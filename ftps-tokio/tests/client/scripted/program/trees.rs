//! `ftps get -r`, `ftps put -r`, and wildcards.

use std::os::unix::fs::symlink;

use super::*;
use crate::scripted::server::Ending;

/// A server with a tree of files and what is not to be taken of it.
fn tree() -> Peer {
    files()
        .on(
            "MLSD top",
            mlsd(&[
                "type=cdir; .",
                "type=pdir; ..",
                "type=file;size=19; a",
                "type=dir;unique=1; sub",
                "type=dir; empty",
                "type=file;size=19; ../../escaped",
                "type=file;size=19; ..",
                "type=file; missing",
            ]),
        )
        .on("MLSD top/sub", mlsd(&["type=file;size=19; b", "type=dir;unique=1; loop", "type=dir; denied"]))
        .on("MLSD top/sub/denied", ["550 not you"])
        .on("MLSD top/empty", mlsd(&[]))
        .on("RETR top/missing", ["550 no such file"])
}

#[test]
fn a_directory_is_downloaded_with_all_that_can_be_taken() {
    let bench = Bench::new(tree());
    for (arguments, root) in
        [(&["get", "-r", "SITE/top"][..], "top"), (&["get", "-r", "SITE/top/", "-o", "other"], "other")]
    {
        let output = bench.run(arguments);
        output.is(1, "top/missing: the server refused RETR: 550 no such file");
        output.is(1, "top/sub/denied: the server refused MLSD: 550 not you");
        output.is(1, "escaped: not taken: the name has a path separator");
        output.is(1, "top/..: not taken: the name is empty or that of a directory");
        output.is(1, "top/sub/loop: left out: the directory is inside itself");
        output.is(1, "2 files, 38 B in");
        let root = bench.work().join(root);
        assert_eq!(names(&root), ["a", "empty", "sub"]);
        assert_eq!(names(&root.join("sub")), ["b"]);
        assert_eq!(names(&root.join("empty")), [""; 0]);
        assert_eq!(fs::read(root.join("sub/b")).unwrap(), FILE);
    }
    assert_eq!(bench.left(), ["other", "top"]);
    assert_eq!(bench.heard("USER").len(), 2);
}

#[test]
fn what_is_downloaded_of_links_stays_inside() {
    let feat = ["211-Features", " UTF8", "211 End"];
    let list = "lrwxrwxrwx 1 me us 1 Jan 02 2024 in -> a\r\n\
        lrwxrwxrwx 1 me us 3 Jan 02 2024 dir -> sub\r\n\
        lrwxrwxrwx 1 me us 9 Jan 02 2024 out -> ../other\r\n\
        lrwxrwxrwx 1 me us 9 Jan 02 2024 passwd -> /etc/passwd\r\n\
        drwxr-xr-x 1 me us 9 Jan 02 2024 sub\r\n\
        -rw-r--r-- 1 me us 19 Jan 02 2024 a\r\n";
    let sub = "drwxr-xr-x 1 me us 9 Jan 02 2024 .\r\nlrwxrwxrwx 1 me us 9 Jan 02 2024 up -> ..\r\n";
    let peer = files().instead("FEAT", feat).on("LIST top", sends(list)).on("LIST top/sub", sends(sub));
    let bench = Bench::new(peer);
    let output = bench.run(&["get", "-r", "SITE/top"]);
    output.is(1, "top/out: not taken: it is a link that leads out of the directory, to ../other");
    output.is(1, "top/passwd: not taken");
    output.is(1, "top/dir: a link to a directory that is taken under its own name");
    output.is(1, "top/sub/up: a link to a directory");
    assert_eq!(names(&bench.work().join("top")), ["a", "in", "sub"]);
    assert_eq!(bench.heard("RETR"), ["RETR top/a", "RETR top/in"]);
}

#[test]
fn a_file_is_downloaded_with_r_too() {
    let bench = Bench::new(files().on("MLSD", ["501 not a directory"]).on("LIST", ["550 not a directory"]));
    bench.run(&["get", "-r", "SITE/a"]).is(0, "a: 19 bytes");
    assert_eq!(bench.left(), ["a"]);
}

#[test]
fn wildcards_are_looked_up_in_the_listing() {
    let lines = [
        "type=file; a.csv",
        "type=dir; d.csv",
        "type=file; .h.csv",
        "type=file; b.txt",
        "type=file; [1].csv",
    ];
    let bench = Bench::new(files().on("MLSD", mlsd(&lines)));
    bench.run(&["get", "SITE/dir/*.csv"]).is(0, "");
    assert_eq!(bench.left(), ["[1].csv", "a.csv"]);
    bench.run(&["get", "SITE/dir/?.{txt,pdf}"]).is(0, "");
    assert_eq!(bench.heard("RETR dir/b"), ["RETR dir/b.txt"]);
    bench.run(&["get", "SITE/[1].csv"]).is(0, "");
    assert_eq!(bench.heard("RETR [1]"), ["RETR [1].csv"]);
    bench.run(&["get", "SITE/*.pdf", "SITE/x"]).is(1, "*.pdf: nothing fits");
    // Of two files that are found under one name, the later does not replace the earlier.
    bench.run(&["get", "SITE/one/*.txt", "SITE/two/*.txt"]).is(1, "b.txt: another file of that name");
    assert_eq!(
        bench.heard("MLSD"),
        ["MLSD dir/", "MLSD dir/", "MLSD", "MLSD", "MLSD one/", "MLSD two/"]
            .map(|line| line.trim_end_matches('/'))
    );
}

#[test]
fn what_comes_from_two_servers_under_one_name_is_kept_once() {
    let [one, two] = [(); 2].map(|()| Bench::new(files().on("MLSD", mlsd(&["type=file; a.csv"]))));
    let other = format!("127.0.0.1:{}/*.csv", two.server.addr.port());
    let cas = fs::read_to_string(one.dir.path().join("ca.pem")).unwrap() + &two.server.ca_pem;
    fs::write(one.dir.path().join("ca.pem"), cas).unwrap();
    one.run(&["get", "SITE/*.csv", &other]).is(1, "a.csv: another file of that name was there before");
    assert_eq!((one.heard("RETR").len(), two.heard("RETR").len()), (1, 0));
}

#[test]
fn a_file_that_is_named_twice_is_moved_once() {
    let bench = Bench::new(files().on("MKD", ["257 \"tree\" made"]));
    fs::create_dir(bench.work().join("tree")).unwrap();
    bench.write("tree/a", b"1");
    bench.write("a", b"2");
    for sessions in ["1", "2"] {
        bench.run(&["put", "a", "a", "SITE/", "-j", sessions]).is(0, "a: named twice, moved once");
        bench.run(&["get", "SITE/b", "SITE/b", "-j", sessions]).is(0, "b: named twice, moved once");
    }
    assert_eq!(
        (bench.heard("STOR"), bench.heard("RETR")),
        (vec!["STOR a".into(); 2], vec!["RETR b".into(); 2])
    );
    // What is found in a directory may have the name of what was named.
    let output = bench.run(&["put", "-r", ".", "tree/a", "SITE/"]);
    output.is(1, "tree/a: another file of that name was there before");
    assert_eq!(bench.heard("STOR")[2..], ["STOR a", "STOR b", "STOR tree/a"]);
}

#[test]
fn a_line_that_cannot_be_read_may_have_been_a_file() {
    let bench = Bench::new(files().on("MLSD", mlsd(&["nonsense", "type=file; a"])));
    bench.run(&["get", "-r", "SITE/top", "-q"]).is(1, "top: a line of the listing cannot be read: nonsense");
    bench.run(&["get", "SITE/top/*", "-q"]).is(1, "cannot be read: nonsense");
    assert_eq!(bench.left(), ["a", "top"]);
}

/// A directory here, with a file, one below, an empty directory, and links.
fn local_tree(bench: &Bench) {
    for directory in ["tree/sub", "tree/empty"] {
        fs::create_dir_all(bench.work().join(directory)).unwrap();
    }
    bench.write("tree/a", b"1");
    bench.write("tree/sub/b", b"22");
    bench.write("outside", b"secret");
    symlink("a", bench.work().join("tree/in")).unwrap();
    symlink("../outside", bench.work().join("tree/out")).unwrap();
    symlink("..", bench.work().join("tree/sub/up")).unwrap();
    symlink("nowhere", bench.work().join("tree/broken")).unwrap();
}

#[test]
fn a_directory_is_uploaded_with_all_that_can_be_taken() {
    let made = |peer: Peer| peer.on("MKD", ["257 \"x\" made"]);
    let bench = Bench::new(made(files()));
    local_tree(&bench);
    let output = bench.run(&["put", "-r", "tree", "SITE/in/"]);
    output.is(1, "tree/out: not taken: it is a link that leads out of the directory");
    output.is(1, "tree/broken: No such file");
    output.is(1, "tree/sub/up: a link to a directory that is taken under its own name");
    output.is(1, "3 files, 4 B in");
    assert_eq!(bench.heard("MKD"), ["MKD in/tree", "MKD in/tree/empty", "MKD in/tree/sub"]);
    assert_eq!(bench.heard("STOR"), ["STOR in/tree/a", "STOR in/tree/in", "STOR in/tree/sub/b"]);
    assert!(bench.server.log().uploads.iter().all(|(_, ending)| *ending == Ending::Clean));
    bench
        .run(&["put", "-r", "tree/sub", "SITE/renamed"])
        .is(1, "sub/up: not taken: it is a link that leads out");
    assert_eq!(bench.heard("STOR renamed"), ["STOR renamed/b"]);
    bench.run(&["put", "tree", "SITE/"]).is(1, "is a directory: put -r");
}

#[test]
fn a_directory_that_cannot_be_made_keeps_out_what_is_in_it() {
    let peer = files().on("MKD", ["257 \"x\" made"]).on("MKD tree/sub", ["550 not you"]);
    let bench = Bench::new(peer);
    local_tree(&bench);
    let output = bench.run(&["put", "-r", "tree", "SITE"]);
    output.is(1, "tree/sub: the server refused MKD: 550 not you");
    output.is(1, "tree/sub/b: not uploaded");
    assert_eq!(bench.heard("STOR"), ["STOR tree/a", "STOR tree/in"]);
}

#[test]
fn the_directories_that_lead_there_are_made_if_asked_for() {
    let peer = files()
        .on("MKD x/y", ["550 no x"])
        .on("MKD x/y", ["257 \"x/y\" made"])
        .on("MKD x", ["257 \"x\" made"]);
    // `x` stands for what begins so, too: the longer rule is taken first.
    let bench = Bench::new(peer);
    bench.write("a", b"1");
    bench.write("b", b"2");
    bench.run(&["put", "--parents", "a", "b", "SITE/x/y/"]).is(0, "");
    assert_eq!(bench.heard("MKD"), ["MKD x/y", "MKD x", "MKD x/y"]);
    assert_eq!(bench.heard("STOR"), ["STOR x/y/a", "STOR x/y/b"]);
}

#[test]
fn wildcards_reach_into_directories() {
    let peer = files()
        .on("MLSD top", mlsd(&["type=file;size=19; z", "type=dir; sub", "type=file;size=19; a"]))
        .on("MLSD top/sub", mlsd(&["type=file;size=19; b", "type=file;size=19; [b]"]))
        .on("DELE", ["250 gone"]);
    let bench = Bench::new(peer);
    bench.run(&["get", "-q", "SITE/top/**/[ab]"]).is(0, "");
    assert_eq!(bench.left(), ["a", "b"]);
    // What is in a directory comes with it, once.
    bench.run(&["get", "-r", "-q", "SITE/top/**", "-O", "."]).is(0, "");
    assert_eq!(bench.left(), ["a", "b", "sub", "z"]);
    assert_eq!(names(&bench.work().join("sub")), ["[b]", "b"]);
    // The name itself, where there is one, and no more.
    bench.run(&["rm", "-q", "SITE/top/sub/[b]"]).is(0, "");
    bench.run(&["rm", "-q", "SITE/t*/*/b*"]).is(1, "the server refused");
    assert_eq!(bench.heard("DELE"), ["DELE top/sub/[b]"]);
}
