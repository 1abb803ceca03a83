//! Walks over directories.

use ftps_proto::codec::PatternError;
use ftps_proto::ops::WalkOrder;
use ftps_proto::{Error, Local};

use super::open;
use super::peer::{Act, Peer};
use crate::for_each_adapter;
use crate::subject::{Owner, Subject, walked};

/// ```text
/// (root):  a/ b/ x.csv
/// a:       c/ y.csv     b: cannot be listed
/// a/c:     z.csv, and a/c itself
/// ```
fn tree() -> Peer {
    let lists =
        |text: &str| ["150 here".into(), Act::Secure, Act::Send(text.into()), Act::Finish, "226 done".into()];
    Peer::polite()
        .instead("FEAT", ["211-Features:\r\n MLST type*;size*;unique*;\r\n UTF8\r\n211 End"])
        .greeting(["220 ProFTPD Server"])
        .on("MLSD a/c", lists("type=file; z.csv\r\ntype=dir;unique=3; again\r\n"))
        .on("MLSD a", lists("type=dir;unique=3; c\r\ntype=file; y.csv\r\n"))
        .on("MLSD b", ["550 no"])
        .on("MLSD", lists("type=dir;unique=1; a\r\ntype=dir;unique=2; b\r\ntype=file; x.csv\r\n"))
}

const ROOT: [&str; 3] = ["0 a", "0 b", "0 x.csv"];

fn a_tree_is_walked_in_either_order<S: Subject>() {
    let (_server, mut client) = open::<S>(tree());
    let below = ["1 a/c", "1 a/y.csv", "! b", "2 a/c/z.csv", "2 a/c/again", "@ a/c/again"];
    let found = walked(client.walk("", WalkOrder::BreadthFirst, None).unwrap());
    assert_eq!(found, [&ROOT[..], &below].concat());
    let below = ["1 a/c", "1 a/y.csv", "2 a/c/z.csv", "2 a/c/again", "@ a/c/again", "! b"];
    let found = walked(client.walk("", WalkOrder::DepthFirst, None).unwrap());
    assert_eq!(found, [&ROOT[..], &below].concat());
    let found = walked(client.walk("", WalkOrder::DepthFirst, Some(0)).unwrap());
    assert_eq!(found, ROOT);
    assert_eq!(client.current_dir().unwrap(), b"/home");
}
for_each_adapter!(a_tree_is_walked_in_either_order);

fn a_pattern_finds_what_fits<S: Subject>() {
    let (server, mut client) = open::<S>(tree());
    let found = walked(client.glob("**/*.csv").unwrap());
    assert_eq!(found, ["0 x.csv", "1 a/y.csv", "! b", "2 a/c/z.csv", "@ a/c/again"]);
    assert_eq!(walked(client.glob("a/{c,x}/?.csv").unwrap()), ["1 a/c/z.csv"]);
    assert_eq!(walked(client.glob("a/*/").unwrap()), ["0 a/c"]);
    let heard = server.heard();
    assert!(!heard.iter().any(|line| line.contains(['*', '?', '{'])), "{heard:?}");
    let error = client.glob("[a").map(drop).unwrap_err();
    assert!(matches!(error, Error::Local(Local::Pattern(PatternError::Unclosed('[')))), "{error}");
    assert!(matches!(client.glob("a\r\n/*").map(drop).unwrap_err(), Error::Local(Local::Argument(_))));
}
for_each_adapter!(a_pattern_finds_what_fits);

fn a_walk_that_owns_its_client_gives_it_back<S: Subject>() {
    let (_server, client) = open::<S>(tree());
    let mut walk = client.into_walk("");
    // In the middle of a listing.
    assert_eq!(walked(walk.by_ref().take(1)), ["0 a"]);
    let walk = walk.into_client().into_glob("x*").map_err(|(_, error)| error).unwrap();
    let (client, _) = walk.into_client().into_glob("").map(drop).unwrap_err();
    let mut walk = client.into_glob("x*").map_err(|(_, error)| error).unwrap();
    assert_eq!(walked(walk.by_ref()), ["0 x.csv"]);
    assert!(walk.next().is_none());
    assert_eq!(walk.into_client().current_dir().unwrap(), b"/home");
}
for_each_adapter!(a_walk_that_owns_its_client_gives_it_back);

fn a_session_that_ends_is_the_end_of_the_walk<S: Subject>() {
    let (_server, mut client) = open::<S>(tree().instead("MLSD a/c", ["421 bye".into(), Act::Leave]));
    let walk = client.walk("", WalkOrder::BreadthFirst, None).unwrap();
    let found: Vec<_> = walk.collect();
    let error = found.last().unwrap().as_ref().unwrap_err();
    assert_eq!((found.len(), error.code().unwrap().get()), (7, 421));
    assert!(!client.is_usable());
}
for_each_adapter!(a_session_that_ends_is_the_end_of_the_walk);
