//! What an upload is told: where its bytes go, and on what condition.

use ftps_proto::codec::{Name, Timestamp};
use ftps_proto::ops::{Put, StartTransfer};
use ftps_proto::sim::{Peer, World};
use ftps_proto::{Error, Mismatch};

use crate::{heard, in_step, open, peer, taken};

/// A server with a file of 42 bytes.
fn takes() -> Peer {
    let stored = || taken(&["226 stored"]);
    peer()
        .on("STOR", stored())
        .on("APPE", stored())
        .on("REST", ["350 from there"])
        .on("TYPE", ["200 ok"])
        .on("MDTM", ["213 20200102030405"])
}

fn restarts() -> Peer {
    takes().instead("FEAT", ["211-Features", " REST STREAM", "211 End"])
}

fn said(world: &World) -> Vec<&str> {
    let login = heard(world).iter().position(|line| line.starts_with("TYPE")).unwrap();
    heard(world)[login + 1..].to_vec()
}

#[test]
fn where_the_bytes_go() {
    for (peer, put, before, command) in [
        (takes(), Put::new("x"), &["EPSV"][..], "STOR x"),
        (takes(), Put::new("x").at(0), &["EPSV"], "STOR x"),
        (takes(), Put::new("x").append(), &["EPSV"], "APPE x"),
        (takes(), Put::new("x").allocate(5_000_000_000), &["EPSV", "ALLO 5000000000"], "STOR x"),
        (takes(), Put::new("x").ascii(), &["EPSV", "TYPE A"], "STOR x"),
        // After what is there: REST where the server is known to know it.
        (takes(), Put::new("x").at(42), &["SIZE x", "EPSV"], "APPE x"),
        (restarts(), Put::new("x").at(42), &["SIZE x", "EPSV", "REST 42"], "STOR x"),
    ] {
        let mut world = open(peer.on("ALLO", ["202 needless"]));
        let mut upload = world.put(put, b"abc");
        let done = world.run(&mut upload).unwrap();
        assert_eq!((done.bytes, done.name, world.stored()), (3, None, &b"abc"[..]));
        assert_eq!(said(&world), [before, &[command]].concat());
        in_step(&mut world);
    }
}

#[test]
fn nothing_is_added_to_a_file_of_another_size() {
    for (size, found) in [("213 41", Some(41)), ("213 43", Some(43)), ("550 not there", None)] {
        for peer in [takes(), restarts()] {
            let mut world = open(peer.instead("SIZE", [size]));
            let mut upload = world.put(Put::new("x").at(42), b"abc");
            match (world.run(&mut upload).unwrap_err(), found) {
                (Error::Mismatch(Mismatch::Size { expected: 42, found }), Some(size)) => {
                    assert_eq!(found, size)
                }
                (Error::Refused(_), None) => {}
                (error, _) => panic!("{error}"),
            }
            assert_eq!(said(&world), ["SIZE x"]);
        }
    }
}

#[test]
fn a_server_that_knows_no_allo_needs_none_and_one_without_room_refuses() {
    for (reply, goes_on) in
        [("502 no", true), ("504 no", true), ("552 no room", false), ("452 no room", false)]
    {
        let mut world = open(takes().on("ALLO", [reply]));
        let mut upload = world.put(Put::new("x").allocate(3), b"abc");
        assert_eq!(world.run(&mut upload).is_ok(), goes_on, "{reply}");
        in_step(&mut world);
    }
}

#[test]
fn a_name_that_the_server_chose_is_told() {
    let stou = |begins: &str| {
        let mut acts = taken(&["226 stored"]);
        acts[0] = begins.into();
        takes().on("STOU", acts)
    };
    for (begins, name) in
        [("150 FILE: stou.1", Some("stou.1")), ("125 FILE: a b", Some("a b")), ("150 Opening", None)]
    {
        let mut world = open(stou(begins));
        let mut upload = world.put(Put::unique(), b"abc");
        let done = world.run(&mut upload).unwrap();
        assert_eq!(done.name, name.map(Name::from));
        assert_eq!(said(&world), ["EPSV", "STOU"]);
        in_step(&mut world);
    }
    for put in [Put::unique().atomic(), Put::unique().verify(), Put::new("a\nb"), Put::new("")] {
        assert!(matches!(StartTransfer::put(put), Err(Error::Local(_))));
    }
}

#[test]
fn only_an_older_file_is_replaced() {
    let time = |text: &str| Timestamp::parse(text.as_bytes()).unwrap();
    for (than, replaces) in [("20200102030406", true), ("20200102030405", false), ("20200102030404", false)] {
        let mut world = open(takes());
        let mut upload = world.put(Put::new("x").if_older_than(time(than)), b"abc");
        match world.run(&mut upload) {
            Ok(_) => assert!(replaces),
            Err(Error::NotNewer { .. }) => assert!(!replaces),
            Err(error) => panic!("{error}"),
        }
    }
    // It is not there.
    let mut world = open(takes().instead("MDTM", ["550 no"]));
    let mut upload = world.put(Put::new("x").if_older_than(time("20200102030405")), b"abc");
    world.run(&mut upload).unwrap();
}
