//! Directory trees.

use ftps_proto::codec::Pattern;
use ftps_proto::ops::{self, Walk, WalkOrder, Walked};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{End, Error, ServerKind};

use crate::{PAUSE, SECURE, argument, open};

fn lists(text: &str) -> Vec<Act> {
    vec!["150 here".into(), SECURE, Act::Send(text.into()), Act::End(End::Clean), "226 done".into()]
}

/// ```text
/// root: a/ b/ x link -> a
/// a:    c/ (and itself, under another name)
/// b:    cannot be listed
/// a/c:  y, and what cannot be read
/// ```
fn tree() -> Peer {
    Peer::polite()
        .like(ServerKind::ProFtpd)
        .on(
            "MLSD root",
            lists(
                "type=dir;unique=1; a\r\ntype=dir;unique=2; b\r\ntype=file;unique=3; x\r\n\
             type=OS.unix=slink:a;unique=4; link\r\ntype=dir; ..\r\n",
            ),
        )
        .on("MLSD root/a", lists("type=dir;unique=5; c\r\ntype=dir;unique=1; again\r\n"))
        .on("MLSD root/b", ["550 no"])
        .on("MLSD root/a/c", lists("type=file; y\r\nnonsense\r\n"))
}

fn walk(world: &mut World, mut walk: Walk) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(walked) = world.run(&mut walk).unwrap() {
        found.push(shown(walked));
    }
    found
}

fn shown(walked: Walked) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match walked {
        Walked::Entry { path, depth, .. } => format!("{depth} {path}"),
        Walked::Unparsed { directory, line } => format!("? {} {}", text(&directory), text(&line)),
        Walked::Failed { directory, error } => format!("! {} {}", text(&directory), error.code().unwrap()),
        Walked::Loop { directory } => format!("@ {}", text(&directory)),
        _ => unreachable!("nothing else is told"),
    }
}

fn glob(world: &mut World, pattern: &str) -> Vec<String> {
    walk(world, Walk::glob(Pattern::new(pattern).unwrap()).unwrap())
}

/// The directories that were listed.
fn listed(world: &World) -> Vec<&str> {
    world.heard().filter_map(|line| line.strip_prefix("MLSD ")).collect()
}

const ROOT: [&str; 4] = ["0 root/a", "0 root/b", "0 root/x", "0 root/link"];

#[test]
fn all_of_a_depth_before_the_next() {
    let mut world = open(tree());
    let below = [
        "1 root/a/c",
        "1 root/a/again",
        "@ root/a/again",
        "! root/b 550",
        "2 root/a/c/y",
        "? root/a/c nonsense",
    ];
    assert_eq!(walk(&mut world, Walk::new(Some(argument("root")))), [&ROOT[..], &below].concat());
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn all_of_a_directory_before_its_sibling() {
    let mut world = open(tree());
    let below = [
        "1 root/a/c",
        "1 root/a/again",
        "@ root/a/again",
        "2 root/a/c/y",
        "? root/a/c nonsense",
        "! root/b 550",
    ];
    let depth_first = Walk::new(Some(argument("root"))).with_order(WalkOrder::DepthFirst);
    assert_eq!(walk(&mut world, depth_first), [&ROOT[..], &below].concat());
}

#[test]
fn no_deeper_than_asked_for() {
    let mut world = open(tree());
    assert_eq!(walk(&mut world, Walk::new(Some(argument("root"))).with_depth(0)), ROOT);
    assert_eq!(world.heard().filter(|line| line.starts_with("MLSD")).count(), 1);
}

#[test]
fn a_directory_that_breaks_off_is_told_and_the_rest_goes_on() {
    let line = Act::Send(b"type=file; z\r\n".to_vec());
    let cut = ["150 here".into(), SECURE, line, PAUSE, Act::End(End::Truncated), "426 broken".into()];
    let mut world = open(tree().instead("MLSD root/b", cut));
    let found = walk(&mut world, Walk::new(Some(argument("root"))));
    assert!(
        found.ends_with(
            &["1 root/b/z", "! root/b 426", "2 root/a/c/y", "? root/a/c nonsense"].map(String::from)
        ),
        "{found:?}"
    );
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn the_end_of_the_session_is_that_of_the_walk() {
    let mut world = open(tree().instead("MLSD root/a", [Act::from("421 bye"), Act::Leave]));
    let mut walk = Walk::new(Some(argument("root")));
    let error = loop {
        match world.run(&mut walk) {
            Ok(walked) => assert!(walked.is_some(), "it has not come to its end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Refused(_)) && error.code().unwrap() == 421, "{error}");
}

#[test]
fn names_that_lead_elsewhere_are_not_entered() {
    let root = lists("type=dir; a/../../etc\r\ntype=dir; .\r\ntype=dir; a\nb\r\n");
    let mut world = open(Peer::polite().like(ServerKind::ProFtpd).on("MLSD root", root));
    let mut walk = Walk::new(Some(argument("root")));
    for name in ["root/a/../../etc", "root/a\\nb"] {
        assert_eq!(shown(world.run(&mut walk).unwrap().unwrap()), format!("0 {name}"));
    }
    let Some(Walked::Failed { directory, error }) = world.run(&mut walk).unwrap() else {
        panic!("it was sent")
    };
    assert!(directory == b"root/a\nb" && matches!(error, Error::Local(_)), "{error}");
    assert!(world.run(&mut walk).unwrap().is_none());
    assert_eq!(world.heard().filter(|line| line.starts_with("MLSD")).count(), 1);
}

#[test]
fn a_directory_is_not_entered_inside_itself() {
    // The root tells what is unique of it as `.` alone. It is at two places in `a`, where each is a loop; `b` and `c` are one
    // directory, and each has what is in it.
    let peer = Peer::polite()
        .like(ServerKind::ProFtpd)
        .on("MLSD root/a", lists("type=dir;unique=0; up\r\ntype=dir;unique=1; itself\r\n"))
        .on("MLSD root/b", lists("type=file;unique=9; x\r\n"))
        .on("MLSD root/c", lists("type=file;unique=9; x\r\n"))
        .on(
            "MLSD root",
            lists(
                "type=cdir;unique=0; .\r\ntype=dir;unique=1; a\r\ntype=dir;unique=2; b\r\ntype=dir;unique=2; c\r\n",
            ),
        );
    let mut world = open(peer);
    let found = walk(&mut world, Walk::new(Some(argument("root"))));
    let below =
        ["1 root/a/up", "@ root/a/up", "1 root/a/itself", "@ root/a/itself", "1 root/b/x", "1 root/c/x"];
    assert_eq!(found[3..], below);
}

#[test]
fn a_loop_that_nothing_shows_ends() {
    let mut world = open(Peer::polite().like(ServerKind::ProFtpd).on("MLSD", lists("type=dir; d\r\n")));
    let found = walk(&mut world, Walk::new(None));
    assert_eq!(found.len(), 102);
    assert!(found[101].starts_with("@ d/d/d"), "{}", found[101]);
    // As deep as was asked for, and no word about it.
    let found = walk(&mut world, Walk::new(None).with_depth(103));
    assert_eq!(found.len(), 104);
}

#[test]
fn a_walk_goes_on_over_another_session() {
    let lost = tree().instead("MLSD root/a", [Act::from("421 bye"), Act::Leave]);
    let mut walk = Walk::new(Some(argument("root")));
    let mut found = Vec::new();
    let mut world = open(lost);
    let error = loop {
        match world.run(&mut walk) {
            Ok(walked) => found.push(shown(walked.unwrap())),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code().unwrap(), 421);
    assert_eq!(walk.directory(), Some(&b"root/a"[..]));
    walk.resume();
    let mut world = open(tree());
    while let Some(walked) = world.run(&mut walk).unwrap() {
        found.push(shown(walked));
    }
    let below = [
        "1 root/a/c",
        "1 root/a/again",
        "@ root/a/again",
        "! root/b 550",
        "2 root/a/c/y",
        "? root/a/c nonsense",
    ];
    assert_eq!(found, [&ROOT[..], &below].concat());
    assert_eq!(listed(&world), ["root/a", "root/b", "root/a/c"]);
}

#[test]
fn a_directory_that_ends_every_session_is_left() {
    let lost = tree().instead("MLSD root/a", [Act::from("421 bye"), Act::Leave]);
    let mut walk = Walk::new(Some(argument("root")));
    for _ in 0..2 {
        let mut world = open(lost.clone());
        while world.run(&mut walk).is_ok_and(|walked| walked.is_some()) {}
        assert_eq!(walk.directory(), Some(&b"root/a"[..]));
        walk.resume();
    }
    let mut world = open(tree());
    assert_eq!(shown(world.run(&mut walk).unwrap().unwrap()), "! root/b 550");
    assert!(world.run(&mut walk).unwrap().is_none());
    assert_eq!(listed(&world), ["root/b"]);
}

/// ```text
/// in:     2023/ 2024/ .old/ note.csv  current -> 2024
/// 2023:   a.csv sub/          2024: b.csv c.txt
/// sub:    d.csv
/// ```
fn inbox() -> Peer {
    Peer::polite()
        .like(ServerKind::ProFtpd)
        .on("MLSD in/2023/sub", lists("type=file; d.csv\r\n"))
        .on("MLSD in/2023", lists("type=file; a.csv\r\ntype=dir; sub\r\n"))
        .on("MLSD in/2024", lists("type=file; b.csv\r\ntype=file; c.txt\r\nnonsense\r\n"))
        .on("MLSD in/current", lists("type=file; b.csv\r\n"))
        .on("MLSD in/note.csv", ["501 not a directory"])
        .on(
            "MLSD in",
            lists(
                "type=dir; 2023\r\ntype=dir; 2024\r\ntype=dir; .old\r\ntype=file; note.csv\r\n\
                 type=OS.unix=slink:2024; current\r\n",
            ),
        )
}

#[test]
fn a_pattern_leads_where_something_may_fit_and_nowhere_else() {
    for (pattern, found, visited) in [
        ("in/*.csv", &["0 in/note.csv"][..], &["in"][..]),
        (
            "in/202?/*.csv",
            &["1 in/2023/a.csv", "1 in/2024/b.csv", "? in/2024 nonsense"],
            &["in", "in/2023", "in/2024"],
        ),
        ("in/2023/*", &["0 in/2023/a.csv", "0 in/2023/sub"], &["in/2023"]),
        ("in/2023/*/", &["0 in/2023/sub"], &["in/2023"]),
        (
            "in/**/[a-d].csv",
            &["1 in/2023/a.csv", "1 in/2024/b.csv", "? in/2024 nonsense", "2 in/2023/sub/d.csv"],
            &["in", "in/2023", "in/2024", "in/2023/sub"],
        ),
        (
            "in/{2024,2023/sub}/*.csv",
            &["1 in/2024/b.csv", "? in/2024 nonsense", "2 in/2023/sub/d.csv"],
            &["in", "in/2023", "in/2024", "in/2023/sub"],
        ),
        ("in/2023/a.csv", &["0 in/2023/a.csv"], &["in/2023"]),
        // A link is followed by its name, and not by chance.
        ("in/{current,x}/*", &["1 in/current/b.csv"], &["in", "in/current"]),
        ("in/cur*/*", &[], &["in"]),
    ] {
        let mut world = open(inbox());
        assert_eq!(glob(&mut world, pattern), found, "{pattern}");
        assert_eq!(listed(&world), visited, "{pattern}");
    }
}

#[test]
fn a_link_that_is_no_directory_has_nothing_in_it() {
    let root = "type=OS.unix=slink:x; note.csv\r\ntype=dir; locked\r\n";
    let peer = inbox().instead("MLSD in", lists(root)).on("MLSD in/locked", ["550 no"]);
    let mut world = open(peer);
    assert_eq!(glob(&mut world, "in/{note.csv,locked}/*"), ["! in/locked 550"]);
    world.run(&mut ops::noop()).unwrap();
}
