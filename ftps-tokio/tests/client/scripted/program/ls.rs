//! `ftps ls`.

use super::*;

#[test]
fn ls_lists_what_is_there() {
    let list = mlsd(&[
        "type=dir;modify=20260102030405;unix.mode=0755;unix.ownername=me;unix.groupname=us; in",
        "type=file;size=12;modify=20260102030405; a\x1b[31m b",
    ]);
    let bench = Bench::new(Peer::polite().on("MLSD", list).on("MLSD gone", ["550 no such directory"]));
    let output = bench.run(&["ls", "SITE/dir/"]);
    output.is(0, "");
    assert_eq!(output.out, "in\na\\u{1b}[31m b\n");
    let expected = "drwxr-xr-x me       us                    2026-01-02 03:04:05Z in\n\
        -                                      12 2026-01-02 03:04:05Z a\\u{1b}[31m b\n";
    assert_eq!(bench.run(&["ls", "-l", "SITE"]).out, expected);

    let output = bench.run(&["ls", "SITE/dir", "--json", "-q"]);
    let objects = output.json();
    assert_eq!(objects[0]["name"], "in");
    assert_eq!((&objects[0]["kind"], &objects[0]["path"]), (&"directory".into(), &"dir/in".into()));
    assert_eq!((&objects[1]["size"], &objects[1]["kind"]), (&12.into(), &"file".into()));
    assert_eq!(objects[1]["modified"], "2026-01-02T03:04:05Z");
    assert_eq!(output.err, "");
    bench.run(&["ls", "SITE/gone"]).is(1, "550 no such directory");
    // It might have been a file, and is looked for in the directory above.
    assert_eq!(bench.heard("MLSD"), ["MLSD dir", "MLSD", "MLSD dir", "MLSD gone", "MLSD"]);
}

/// What reorders text, DEL and U+0080 to U+009F, which JSON leaves to its writer: U+009B begins what a terminal obeys.
#[test]
fn json_does_not_command_the_terminal() {
    let name = "a\u{9b}31m\u{7f}\u{1b}ü\"\\\u{202e}gpj";
    let list = mlsd(&[&format!("type=file; {name}")]);
    let output = Bench::new(files().on("MLSD", list)).run(&["ls", "SITE", "--json"]);
    output.is(0, "");
    let obeyed = |c: char| c.is_control() || c == '\u{202e}';
    assert!(!output.out.trim_end().contains(obeyed), "{output:?}");
    let object: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(object["name"], name);
}

#[test]
fn a_line_that_cannot_be_read_is_an_error() {
    let bench = Bench::new(Peer::polite().on("MLSD", mlsd(&["type=file; a", "nonsense", "type=file; b"])));
    let output = bench.run(&["ls", "SITE", "-q"]);
    output.is(1, "a line of the listing cannot be read: nonsense");
    assert_eq!(output.out, "a\nb\n");
    let output = bench.run(&["ls", "SITE", "--json", "-q"]);
    output.is(1, "");
    assert_eq!(output.json()[1], serde_json::json!({"unparsed": "nonsense"}));
    assert_eq!((output.json().len(), &*output.err), (3, ""));
    bench.run(&["ls", "SITE", "--sort", "name", "-q"]).is(1, "cannot be read: nonsense");
}

#[test]
fn a_time_whose_zone_is_not_told_has_none() {
    let feat = ["211-Features", " UTF8", "211 End"];
    let list = sends("-rw-r--r-- 1 me us 5 Jan 02 2024 a\r\n-rw-r--r-- 1 me us 5 Jan 02 03:04 b\r\n");
    let bench = Bench::new(Peer::polite().instead("FEAT", feat).on("LIST", list));
    let objects = bench.run(&["ls", "SITE", "--json"]).json();
    assert_eq!(objects[0]["modified"], "2024-01-02");
    assert!(objects[1]["modified"].as_str().unwrap().ends_with("-01-02T03:04"), "{objects:?}");
}

#[test]
fn a_name_that_is_not_utf8_comes_with_what_get_takes() {
    let bench = Bench::new(files().on("MLSD", sends(b"type=file;size=19; a\xff%\r\n".to_vec())));
    let objects = bench.run(&["ls", "SITE/dir", "--json"]).json();
    assert_eq!((&objects[0]["name"], &objects[0]["encoded"]), (&"a\u{fffd}%".into(), &"dir/a%FF%25".into()));
    let url = format!("SITE/{}", objects[0]["encoded"].as_str().unwrap());
    bench.run(&["get", &url, "-o", "x"]).is(0, "");
    assert_eq!(bench.read("x"), FILE);
}

/// A server with directories: `top` with `a`, `sub` and `z`, and `sub` with `b`.
fn nested() -> Peer {
    Peer::polite()
        .on(
            "MLSD top",
            mlsd(&["type=file;size=1; z", "type=dir; sub", "type=file;size=30;modify=20260102030405; a"]),
        )
        .on("MLSD top/sub", mlsd(&["type=file;size=2; b"]))
}

#[test]
fn directories_below_are_listed_too() {
    let bench = Bench::new(nested());
    let site = bench.server.addr;
    let output = bench.run(&["ls", "-R", "SITE/top", "--sort", "name"]);
    output.is(0, "");
    assert_eq!(output.out, format!("{site}/top:\na\nsub\nz\n\n{site}/top/sub:\nb\n"));
    let output = bench.run(&["ls", "--tree", "SITE/top/"]);
    assert_eq!(output.out, format!("{site}/top\n├── z\n├── sub\n│   └── b\n└── a\n"));
    let paths = bench.run(&["ls", "-R", "--json", "SITE/top"]).json();
    let paths: Vec<_> = paths.iter().map(|object| object["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["top/z", "top/sub", "top/a", "top/sub/b"]);
}

#[test]
fn a_directory_that_cannot_be_listed_does_not_stop_the_rest() {
    let peer = nested()
        .instead("MLSD top", mlsd(&["type=dir; denied", "type=dir; sub", "type=dir; .."]))
        .on("MLSD top/denied", ["550 not you"]);
    let output = Bench::new(peer).run(&["ls", "-R", "SITE/top"]);
    output.is(1, "top/denied: the server refused MLSD: 550 not you");
    assert!(output.out.contains("/top/sub:\nb\n"), "{output:?}");
}

#[test]
fn listings_are_sorted_and_narrowed() {
    let bench = Bench::new(nested());
    for (by, names) in
        [("size", "a\nz\nsub\n"), ("time", "a\nsub\nz\n"), ("kind", "sub\na\nz\n"), ("none", "z\nsub\na\n")]
    {
        assert_eq!(bench.run(&["ls", "SITE/top", "--sort", by]).out, names, "{by}");
    }
    assert_eq!(bench.run(&["ls", "SITE/top/[a-c]"]).out, "a\n");
    bench.run(&["ls", "SITE/top/*.csv"]).is(1, "nothing fits");
}

#[test]
fn wildcards_stand_in_any_part_of_a_path() {
    let peer = nested().on("MLSD", mlsd(&["type=dir; top", "type=dir; other"])).on("MLSD other", ["550 no"]);
    let bench = Bench::new(peer);
    let output = bench.run(&["ls", "SITE/t*/*/b"]);
    output.is(0, "");
    assert_eq!(output.out, "top/sub/b\n");
    let found = bench.run(&["ls", "--json", "--sort", "size", "SITE/top/**"]).json();
    let paths: Vec<_> = found.iter().map(|object| object["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["top/a", "top/sub/b", "top/z", "top/sub"]);
    assert_eq!(found[1]["name"], "b");
    assert_eq!(
        bench.run(&["ls", "--tree", "SITE/top/s*"]).out,
        format!("{}/top\n└── sub\n    └── b\n", bench.server.addr)
    );
    // What cannot be looked into is told, and the rest is shown.
    let output = bench.run(&["ls", "SITE/*/z"]);
    output.is(1, "other: the server refused MLSD: 550 no");
    assert_eq!(output.out, "top/z\n");
    bench.run(&["ls", "SITE/other/*"]).is(1, "550 no");
    assert!(!bench.heard("MLSD").iter().any(|line| line.contains('*')));
}

#[test]
fn a_file_is_listed_as_itself() {
    let file = "-rw-r--r-- 1 me us 5 Jan 02 2024 f2\r\n";
    let list = Peer::polite()
        .instead("FEAT", ["211-Features", " UTF8", "211 End"])
        .on("LIST f2", sends(file))
        .on("LIST d/f2", sends(file))
        .on("LIST f2/f2", sends(file))
        .on("LIST d", sends("-rw-r--r-- 1 me us 7 Jan 02 2024 d\r\n"))
        .on("LIST", sends("drwxr-xr-x 1 me us 5 Jan 02 2024 d\r\n"))
        .on("SIZE d/f2", ["213 5"])
        .on("SIZE d", ["550 a directory"])
        .on("SIZE", ["213 5"])
        .on("MDTM", ["213 20240102000000"]);
    let facts = Peer::polite()
        .on("MLSD", ["501 not a directory"])
        .on("MLST", ["250-a", " type=file;size=5; f2", "250 b"]);
    for peer in [list.clone(), facts] {
        let bench = Bench::new(peer);
        for (path, options) in
            [("f2", &[][..]), ("d/f2", &[]), ("f2", &["-R"]), ("d/f2", &["--sort", "name"])]
        {
            let url = format!("SITE/{path}");
            let listed = bench.run(&[&["ls", "--json", &url], options].concat());
            listed.is(0, "");
            let objects = listed.json();
            assert_eq!(objects.len(), 1);
            assert_eq!(
                (&objects[0]["name"], &objects[0]["path"]),
                (&"f2".into(), &path.into()),
                "{options:?}"
            );
            assert_eq!(bench.run(&[&["ls", &url], options].concat()).out, "f2\n");
        }
    }
    // A directory may have a file of its own name in it.
    let bench = Bench::new(list);
    for options in [&[][..], &["-R"]] {
        let objects = bench.run(&[&["ls", "--json", "SITE/d"], options].concat()).json();
        assert_eq!((objects.len(), &objects[0]["path"]), (1, &"d/d".into()), "{options:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn colours_are_for_terminals() {
    let bench = Bench::new(nested());
    let ls = |options: &[&str]| {
        let mut ls = bench.ftps(&[&["ls", "SITE/top"], options].concat());
        ls.env_remove("LS_COLORS").env_remove("NO_COLOR");
        ls
    };
    let on_terminal = |ls| bench.on_a_terminal(&ls).out;
    let plain = "z\r\nsub\r\na\r\n";
    assert!(on_terminal(ls(&[])).contains("z\r\n\u{1b}[1;34msub\u{1b}[0m\r\n"));
    assert!(on_terminal(ls(&["--color", "never"])).contains(plain));
    let mut without = ls(&[]);
    without.env("NO_COLOR", "1");
    assert!(on_terminal(without).contains(plain));
    // A user's own, and for what is no terminal where that is asked for.
    let mut own = ls(&["--color", "always"]);
    own.env("LS_COLORS", "di=35:*a=04;31:fi=0").env("NO_COLOR", "1");
    let own = Outcome::of(own.output().unwrap()).out;
    assert_eq!(own, "z\n\u{1b}[35msub\u{1b}[0m\n\u{1b}[4;31ma\u{1b}[0m\n");
    assert_eq!(bench.run(&["ls", "SITE/top"]).out, "z\nsub\na\n");
}

/// As a server has it that shows links as what they lead to.
#[test]
fn a_directory_inside_itself_is_not_listed_for_ever() {
    let inside = mlsd(&["type=dir;unique=1; again"]);
    let bench = Bench::new(Peer::polite().on("MLSD", inside));
    bench.run(&["ls", "-R", "SITE/top"]).is(1, "top/again/again: left out: the directory is inside itself");
    let endless = Bench::new(Peer::polite().on("MLSD", mlsd(&["type=dir; again"])));
    endless.run(&["ls", "--tree", "SITE/top"]).is(1, "left out: the directory is inside itself");
    assert_eq!(endless.heard("MLSD").len(), 101);
}
