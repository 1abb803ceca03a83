//! MLSD where FEAT promised too much, and listings of nothing.

use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Error, ServerKind, ops};

use crate::listing::{collect, names};
use crate::{in_step, open, peer, sent};

const LINE: &[u8] = b"-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
const FACTS: &[u8] = b"type=file; a\r\n";

fn listings(world: &World) -> Vec<&str> {
    world.heard().filter(|line| line.starts_with("LIST") || line.starts_with("MLSD")).collect()
}

#[test]
fn mlsd_that_is_refused_gives_way_to_list_once_a_session() {
    for refusal in ["500 what?", "501 Syntax error", "502 no", "504 no", "550 no", "553 no"] {
        let mut world = open(peer().on("MLSD", [refusal]).on("LIST", sent(LINE, &["226 done"])));
        for _ in 0..2 {
            assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"], "{refusal}");
        }
        assert_eq!(listings(&world), ["MLSD", "LIST", "LIST"]);
        in_step(&mut world);
    }
}

#[test]
fn mlsd_that_is_refused_for_now_is_an_error() {
    let mut world = open(peer().on("MLSD", ["450 busy"]));
    let error = collect(&mut world, None).unwrap_err();
    assert_eq!(error.code().unwrap(), 450);
    assert_eq!(listings(&world), ["MLSD"]);
}

#[test]
fn where_list_is_refused_too_its_reply_is_the_error() {
    let list = || sent(LINE, &["226 done"]);
    let peer = peer().on("MLSD", ["553 no such"]).on("MLSD", ["553 no such"]).on("MLSD", ["502 what?"]);
    let peer = peer.on("LIST", ["553 no such directory"]).on("LIST", list());
    let mut world = open(peer.like(ServerKind::ProFtpd));
    let error = collect(&mut world, Some("nowhere")).unwrap_err();
    assert_eq!(error.to_string(), "the server refused LIST: 553 no such directory");
    // It may have been the path's fault: LIST is not asked again for such a refusal...
    let error = collect(&mut world, Some("nowhere")).unwrap_err();
    assert_eq!(error.to_string(), "the server refused MLSD: 553 no such");
    assert_eq!(listings(&world), ["MLSD nowhere", "LIST nowhere", "MLSD nowhere"]);
    // ... but where MLSD is not known after all, and then for good.
    for _ in 0..2 {
        assert_eq!(names(&collect(&mut world, Some("there")).unwrap()), ["a"]);
    }
    assert_eq!(listings(&world)[3..], ["MLSD there", "LIST there", "LIST there"]);
    in_step(&mut world);
}

#[test]
fn where_mlsd_is_not_known_and_list_is_refused_only_list_is_asked_again() {
    let mut world = open(peer().on("MLSD", ["500 what?"]).on("LIST", ["550 no"]));
    for _ in 0..2 {
        collect(&mut world, None).unwrap_err();
    }
    assert_eq!(listings(&world), ["MLSD", "LIST", "LIST"]);
}

#[test]
fn mlsd_that_has_worked_is_believed() {
    let peer = peer().on("MLSD", sent(FACTS, &["226 done"])).on("MLSD", ["550 no such directory"]);
    let mut world = open(peer.like(ServerKind::ProFtpd));
    collect(&mut world, None).unwrap();
    let before = world.now();
    let error = collect(&mut world, Some("x")).unwrap_err();
    assert_eq!(error.to_string(), "the server refused MLSD: 550 no such directory");
    assert_eq!(world.now(), before);
    assert_eq!(listings(&world), ["MLSD", "MLSD x"]);
    in_step(&mut world);
}

fn without_mlst(said: &str) -> Peer {
    peer().instead("FEAT", ["211 none"]).on("LIST", [said])
}

#[test]
fn a_refusal_that_says_empty_is_a_listing_of_nothing() {
    for said in [
        "450 No files found",
        "550 No files found or invalid directory",
        "550 No members found",
        "550 No data sets found.",
        "550 directory is empty",
        "450 Empty directory",
        "550-Sorry\r\n550 NO ENTRIES FOUND",
    ] {
        for path in [None, Some("x")] {
            let mut world = open(without_mlst(said).like(ServerKind::ProFtpd).instead("FEAT", ["211 none"]));
            assert_eq!(collect(&mut world, path).unwrap(), [], "{said}");
            in_step(&mut world);
        }
    }
    for said in [
        "450 No such file or directory",
        "550 No such directory",
        "450 Try again",
        "553 empty",
        "550 No files",
    ] {
        let mut world = open(without_mlst(said));
        let error = collect(&mut world, None).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        in_step(&mut world);
    }
}

#[test]
fn an_empty_listing_shows_as_well_that_list_is_to_be_used() {
    let peer = peer().on("MLSD", ["501 Syntax error"]).on("LIST", ["450 No files found"]);
    let mut world = open(peer);
    for _ in 0..2 {
        assert_eq!(collect(&mut world, None).unwrap(), []);
    }
    assert_eq!(listings(&world), ["MLSD", "LIST", "LIST"]);
}

#[test]
fn a_refusal_that_says_empty_in_the_middle_of_a_listing_is_one_too() {
    // Some servers announce it, and say then that there is nothing.
    let list = ["150 here".into(), crate::SECURE, Act::from("550 No files found")];
    let mut world = open(peer().instead("FEAT", ["211 none"]).on("LIST", list));
    let result = collect(&mut world, None);
    assert!(matches!(&result, Err(Error::Refused(_))) || result.is_ok_and(|listing| listing.is_empty()));
    world.run(&mut ops::noop()).unwrap();
    in_step(&mut world);
}
