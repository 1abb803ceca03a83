//! Listings of a path, on servers that list the working directory instead.

use ftps_proto::ops::{self, List};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Error, ServerKind};

use crate::listing::{collect, names};
use crate::{argument, in_step, open, peer, sent};

const FACTS: &[u8] = b"type=file; a\r\n";

fn lists() -> Peer {
    peer().on("MLSD", sent(FACTS, &["226 done"])).on("CWD", ["250 there"])
}

/// What was heard since the login, but for what a listing may ask about the server.
fn since_login(world: &World) -> Vec<&str> {
    let heard: Vec<_> = world.heard().filter(|line| *line != "SYST").collect();
    let login = heard.iter().position(|line| line.starts_with("TYPE")).unwrap();
    heard[login + 1..].to_vec()
}

/// The working directory of a server that has heard this, of which each CWD was accepted.
fn directory(heard: &[&str]) -> String {
    heard.iter().filter_map(|line| line.strip_prefix("CWD ")).fold("/home".to_string(), |at, to| {
        if to.starts_with('/') { to.to_string() } else { format!("{at}/{to}") }
    })
}

#[test]
fn a_path_is_entered_listed_and_left() {
    let mut world = open(lists());
    assert_eq!(names(&collect(&mut world, Some("in/out box")).unwrap()), ["a"]);
    let once = ["PWD", "CWD in/out box", "EPSV", "MLSD", "CWD /home"];
    assert_eq!(since_login(&world), once);
    // Where to come back to is asked for once.
    collect(&mut world, Some("b")).unwrap();
    assert_eq!(since_login(&world)[5..], ["CWD b", "EPSV", "MLSD", "CWD /home"]);
    collect(&mut world, None).unwrap();
    assert_eq!(since_login(&world)[9..], ["EPSV", "MLSD"]);
    in_step(&mut world);
}

#[test]
fn list_is_told_no_path_either() {
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
    let peer = lists().instead("FEAT", ["211 none"]).on("LIST", sent(line, &["226 done"]));
    let mut world = open(peer);
    assert_eq!(names(&collect(&mut world, Some("b")).unwrap()), ["a"]);
    assert_eq!(since_login(&world), ["PWD", "CWD b", "EPSV", "LIST", "CWD /home"]);
}

#[test]
fn where_to_come_back_to_is_asked_again_once_the_caller_has_gone_elsewhere() {
    let peer = lists().on("CDUP", ["250 up"]).instead("PWD", ["257 \"/one\""]).on("PWD", ["257 \"/two\""]);
    let mut world = open(peer.on("PWD", ["257 \"/three\""]));
    collect(&mut world, Some("x")).unwrap();
    world.run(&mut ops::cwd(argument("elsewhere"))).unwrap();
    collect(&mut world, Some("x")).unwrap();
    world.run(&mut ops::cdup()).unwrap();
    collect(&mut world, Some("x")).unwrap();
    let moves: Vec<_> = world.heard().filter(|line| line.contains("WD") || line.contains("CDUP")).collect();
    assert_eq!(
        moves,
        [
            ["PWD", "CWD x", "CWD /one"].as_slice(),
            &["CWD elsewhere", "PWD", "CWD x", "CWD /two"],
            &["CDUP", "PWD", "CWD x", "CWD /three"]
        ]
        .concat()
    );
}

#[test]
fn a_path_that_cannot_be_entered_goes_with_the_command() {
    let peer = peer().on("MLSD", sent(FACTS, &["226 done"])).on("CWD", ["550 it is a pattern"]);
    let mut world = open(peer);
    assert_eq!(names(&collect(&mut world, Some("*.csv")).unwrap()), ["a"]);
    assert_eq!(since_login(&world), ["PWD", "CWD *.csv", "EPSV", "MLSD *.csv"]);
    in_step(&mut world);
}

#[test]
fn a_path_with_no_way_back_goes_with_the_command() {
    for pwd in ["502 what?", "550 no", "250 here", "257 \"\""] {
        let peer = lists().instead("PWD", [pwd]).on("PWD", ["257 \"/home\""]);
        let mut world = open(peer);
        assert_eq!(names(&collect(&mut world, Some("b")).unwrap()), ["a"], "{pwd}");
        assert_eq!(since_login(&world), ["PWD", "EPSV", "MLSD b"], "{pwd}");
        in_step(&mut world);
    }
}

#[test]
fn known_servers_get_the_path_at_once() {
    let line = b"drwxr-xr-x    2 0        0            4096 Jan 01  2024 .\r\n";
    for (kind, command) in
        [(ServerKind::Vsftpd, "LIST -a b"), (ServerKind::ProFtpd, "MLSD b"), (ServerKind::PureFtpd, "MLSD b")]
    {
        let peer = lists().on("LIST", sent(line, &["226 done"])).like(kind);
        let mut world = open(peer);
        collect(&mut world, Some("b")).unwrap();
        assert_eq!(since_login(&world), ["EPSV", command]);
    }
}

#[test]
fn a_listing_that_is_refused_in_a_directory_leaves_it_as_well() {
    for (said, empty) in [("553 no", false), ("450 No files found", true)] {
        let peer = peer().on("CWD", ["250 there"]).instead("FEAT", ["211 none"]).on("LIST", [said]);
        let mut world = open(peer);
        assert_eq!(collect(&mut world, Some("b")).is_ok(), empty);
        // A listing is told to be over only once the server is back.
        assert_eq!(since_login(&world).last() == Some(&"CWD /home"), empty);
        in_step(&mut world);
        assert_eq!(since_login(&world)[..5], ["PWD", "CWD b", "EPSV", "LIST", "CWD /home"]);
    }
}

#[test]
fn a_server_that_does_not_come_back_is_not_gone_on_with() {
    let peer = peer().on("MLSD", sent(FACTS, &["226 done"])).on("CWD", ["250 there"]).on("CWD", ["550 gone"]);
    let mut world = open(peer);
    let mut list = List::new(Some(argument("b")));
    world.run(&mut list).unwrap().unwrap();
    let error = world.run(&mut list).unwrap_err();
    assert_eq!(error.to_string(), "the server refused CWD: 550 gone");
    assert!(!world.session.is_usable(), "relative paths would be those of another directory");
    world.run(&mut ops::dele(argument("x"))).unwrap_err();
    assert!(!world.heard().any(|line| line.starts_with("DELE")));
}

#[test]
fn a_listing_dropped_at_any_turn_leaves_the_working_directory_as_it_was() {
    let endings: [&[Act]; 3] =
        [&["426 failed".into(), "225 done".into()], &["226 done".into()], &["500 what?".into()]];
    for (kind, ending) in
        [ServerKind::Unknown].into_iter().flat_map(|kind| endings.map(|ending| (kind, ending)))
    {
        let mut turns = 0;
        loop {
            let abort = [&[Act::Abort], ending].concat();
            let mut world = open(lists().like(kind).instead("ABOR", abort));
            let mut list = List::new(Some(argument("b")));
            // One turn is one need; entries take none.
            let mut done = false;
            for _ in 0..turns {
                match world.run_for(&mut list, 1) {
                    std::task::Poll::Ready(Ok(None)) => done = true,
                    std::task::Poll::Ready(result) => drop(result.unwrap()),
                    std::task::Poll::Pending => {}
                }
            }
            drop(list);
            let error = world.run(&mut ops::dele(argument("x"))).unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "dropped after {turns} turns: {error}");
            let heard = since_login(&world);
            assert_eq!(heard.last(), Some(&"DELE x"));
            assert_eq!(directory(&heard), "/home", "dropped after {turns} turns: {heard:?}");
            in_step(&mut world);
            if done {
                break;
            }
            turns += 1;
        }
        assert!(turns > 10, "there was something to drop");
    }
}
