//! Directory trees.

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
        found.push(match walked {
            Walked::Entry { path, depth, .. } => format!("{depth} {path}"),
            Walked::Unparsed { directory, line } => {
                format!("? {} {}", String::from_utf8_lossy(&directory), String::from_utf8_lossy(&line))
            }
            Walked::Failed { directory, error } => {
                format!("! {} {}", String::from_utf8_lossy(&directory), error.code().unwrap())
            }
            _ => unreachable!("nothing else is told"),
        });
    }
    found
}

const ROOT: [&str; 4] = ["0 root/a", "0 root/b", "0 root/x", "0 root/link"];

#[test]
fn all_of_a_depth_before_the_next() {
    let mut world = open(tree());
    let below = ["1 root/a/c", "1 root/a/again", "! root/b 550", "2 root/a/c/y", "? root/a/c nonsense"];
    assert_eq!(walk(&mut world, Walk::new(Some(argument("root")))), [&ROOT[..], &below].concat());
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn all_of_a_directory_before_its_sibling() {
    let mut world = open(tree());
    let below = ["1 root/a/c", "1 root/a/again", "2 root/a/c/y", "? root/a/c nonsense", "! root/b 550"];
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
    let root = lists("type=dir; a/../../etc\r\ntype=dir; .\r\n");
    let mut world = open(Peer::polite().like(ServerKind::ProFtpd).on("MLSD root", root));
    assert_eq!(walk(&mut world, Walk::new(Some(argument("root")))), ["0 root/a/../../etc"]);
    assert_eq!(world.heard().filter(|line| line.starts_with("MLSD")).count(), 1);
}
