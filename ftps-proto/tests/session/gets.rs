//! What a download is told: which bytes, of which file, in which form.

use ftps_proto::codec::Timestamp;
use ftps_proto::ops::{self, Get, StartTransfer};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{Channel, Close, End, Error, ServerKind};

use crate::{PAUSE, SECURE, argument, heard, in_step, open, peer, run_until_heard, sent};

/// A server with a file of 42 bytes, of which it sends these.
fn serves(payload: &[u8]) -> Peer {
    peer()
        .on("RETR", sent(payload, &["226 done"]))
        .on("REST", ["350 from there"])
        .on("RANG", ["350 those"])
        .on("TYPE", ["200 ok"])
        .on("MDTM", ["213 20200102030405"])
}

/// What was said since the login.
fn said(world: &World) -> Vec<&str> {
    let login = heard(world).iter().position(|line| line.starts_with("TYPE")).unwrap();
    heard(world)[login + 1..].to_vec()
}

fn time(text: &str) -> Timestamp {
    Timestamp::parse(text.as_bytes()).unwrap()
}

#[test]
fn a_path_alone_asks_for_nothing_more() {
    let mut world = open(serves(b"abc"));
    let mut get = world.get("x");
    world.run(&mut get).unwrap();
    assert_eq!(said(&world), ["EPSV", "RETR x"]);
}

#[test]
fn the_rest_of_a_file_and_its_end() {
    for (get, before) in [
        (Get::new("x").from(0), &["EPSV"][..]),
        (Get::new("x").from(5_000_000_000), &["EPSV", "REST 5000000000"]),
        (Get::new("x").range(7..), &["EPSV", "REST 7"]),
        (Get::new("x").last(40), &["SIZE x", "EPSV", "REST 2"]),
        // It has fewer.
        (Get::new("x").last(100), &["SIZE x", "EPSV"]),
    ] {
        let mut world = open(serves(b"abc"));
        let mut get = world.get(get);
        let done = world.run(&mut get).unwrap();
        assert_eq!((done.bytes, done.reply.code().get()), (3, 226));
        assert_eq!(said(&world), [before, &["RETR x"]].concat());
        in_step(&mut world);
    }
    let refuses = serves(b"abc").instead("SIZE", ["550 no"]);
    let mut world = open(refuses);
    let mut get = world.get(Get::new("x").last(40));
    assert_eq!(world.run(&mut get).unwrap_err().code().unwrap(), 550, "where its end begins is not known");
}

#[test]
fn a_range_ends_with_a_reset_once_its_bytes_have_come() {
    for chunks in [Chunks::Whole, Chunks::Bytes, Chunks::Seeded(3)] {
        // The server would send for ever.
        let acts = vec!["150 here".into(), SECURE, Act::Send(vec![7; 1000]), Act::Stall];
        let mut world = World::new(serves(b"").instead("RETR", acts)).cut(chunks);
        world.open().unwrap();
        let before = world.now();
        let mut get = world.get(Get::new("x").range(10..=20));
        let done = world.run(&mut get).unwrap();
        assert_eq!((done.bytes, done.reply.code().get()), (11, 150));
        assert_eq!(said(&world), ["EPSV", "REST 10", "RETR x"]);
        assert_eq!(world.closes(), [(Channel::Data, Close::Reset)]);
        assert_eq!(world.now(), before, "nothing was waited for");
        assert!(world.session.is_usable());
        in_step(&mut world);
        assert_eq!(said(&world)[3..5], ["ABOR", "PWD"]);
    }
}

#[test]
fn a_range_over_the_files_end_is_confirmed() {
    let mut world = open(serves(b"abc"));
    let mut get = world.get(Get::new("x").range(..100));
    let done = world.run(&mut get).unwrap();
    assert_eq!((done.bytes, done.reply.code().get()), (3, 226));
    in_step(&mut world);
}

#[test]
fn a_server_with_rang_ends_a_range_itself() {
    let features = ["211-Features", " RANG STREAM", " REST STREAM", "211 End"];
    let acts = vec![
        "150 here".into(),
        SECURE,
        Act::Send(vec![7; 11]),
        PAUSE,
        Act::End(End::Clean),
        "226 done".into(),
    ];
    let mut world = open(serves(b"").instead("FEAT", features).instead("RETR", acts.clone()));
    let mut get = world.get(Get::new("x").range(10..=20));
    let done = world.run(&mut get).unwrap();
    assert_eq!((done.bytes, done.reply.code().get()), (11, 226));
    assert_eq!(said(&world), ["EPSV", "RANG 10 20", "RETR x"]);
    in_step(&mut world);
    // And one that says so, and sends more.
    let more = vec!["150 here".into(), SECURE, Act::Send(vec![7; 12]), Act::Stall];
    let mut world = open(serves(b"").instead("FEAT", features).instead("RETR", more));
    let mut get = world.get(Get::new("x").range(10..=20));
    assert_eq!(world.run(&mut get).unwrap().bytes, 11);
    // A range that no transfer has used is taken back.
    let mut world = open(serves(b"").instead("FEAT", features).instead("RETR", acts));
    let mut dropped = world.get(Get::new("x").range(10..=20));
    run_until_heard(&mut world, &mut dropped, "RANG");
    drop(dropped);
    let mut get = world.get("whole");
    world.run(&mut get).unwrap();
    assert_eq!(said(&world)[1..], ["RANG 10 20", "RANG 1 0", "EPSV", "RETR whole"]);
}

#[test]
fn what_cannot_be_is_said_before_anything_is_sent() {
    for get in [Get::new("a\r\nb"), Get::new(""), Get::new("x").range(5..5)] {
        assert!(matches!(StartTransfer::get(get), Err(Error::Local(_))));
    }
}

#[test]
fn text_is_asked_for_and_bytes_are_again_after_it() {
    let mut world = open(serves(b"a\r\n"));
    let mut get = world.get(Get::new("x").ascii());
    world.run(&mut get).unwrap();
    assert_eq!(said(&world), ["EPSV", "TYPE A", "RETR x"]);
    assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
    assert_eq!(said(&world)[3..], ["TYPE I", "SIZE x"]);
    in_step(&mut world);
    // A server that stays with text would change every file from now on.
    let mut world = open(
        serves(b"a\r\n").instead("TYPE A", ["200 ok"]).instead("TYPE I", ["200 ok"]).on("TYPE I", ["504 no"]),
    );
    let mut get = world.get(Get::new("x").ascii());
    world.run(&mut get).unwrap();
    assert_eq!(world.run(&mut ops::noop()).unwrap_err().code().unwrap(), 504);
    assert!(!world.session.is_usable());
}

#[test]
fn a_large_file_is_refused_before_and_while_it_comes() {
    let mut world = open(serves(&[7; 42]));
    let mut get = world.get(Get::new("x").max_size(42));
    world.run(&mut get).unwrap();
    let mut get = world.get(Get::new("x").max_size(41));
    let error = world.run(&mut get).unwrap_err();
    assert!(matches!(error, Error::TooLarge { max: 41 }), "{error}");
    assert_eq!(said(&world).last(), Some(&"SIZE x"), "nothing was transferred");
    in_step(&mut world);
    // Nobody knows how large it is.
    let acts = vec!["150 here".into(), SECURE, Act::Send(vec![7; 42]), Act::Stall];
    let mut world = open(serves(b"").instead("SIZE", ["550 no"]).instead("RETR", acts));
    let mut get = world.get(Get::new("x").max_size(41));
    let error = world.run(&mut get).unwrap_err();
    assert!(matches!(error, Error::TooLarge { max: 41 }), "{error}");
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

#[test]
fn only_a_newer_file_is_downloaded() {
    for (than, newer) in [
        ("20200102030404", true),
        ("20200102030405", false),
        ("20200102030406", false),
        ("20191231235959", true),
    ] {
        let mut world = open(serves(b"abc"));
        let mut get = world.get(Get::new("x").newer_than(time(than)));
        match world.run(&mut get) {
            Ok(done) => assert_eq!((newer, done.bytes), (true, 3)),
            Err(Error::NotNewer { modified }) => {
                assert_eq!((newer, modified), (false, time("20200102030405")))
            }
            Err(error) => panic!("{error}"),
        }
        assert_eq!(said(&world)[0], "MDTM x");
        in_step(&mut world);
    }
    // What cannot be told is no reason against it; what may be told later is.
    for (reply, downloads) in [("502 no", true), ("550 no", true), ("450 busy", false)] {
        let mut world = open(serves(b"abc").instead("MDTM", [reply]));
        let mut get = world.get(Get::new("x").newer_than(time("20200102030405")));
        assert_eq!(world.run(&mut get).is_ok(), downloads, "{reply}");
    }
}

#[test]
fn conditions_are_asked_for_at_once_where_the_server_takes_that() {
    let mut world = open(serves(b"abc").like(ServerKind::Vsftpd));
    let mut get = world.get(Get::new("x").max_size(50).newer_than(time("20190101000000")));
    run_until_heard(&mut world, &mut get, "SIZE");
    assert_eq!(said(&world), ["SIZE x", "MDTM x"]);
    world.run(&mut get).unwrap();
}

#[test]
fn without_close_notify_the_size_and_the_confirmation_are_the_proof() {
    let cut = |said: &[&str], bytes| {
        let acts = vec!["150 here".into(), SECURE, Act::Send(vec![7; bytes]), Act::End(End::Truncated)];
        serves(b"").instead("RETR", [acts, said.iter().map(|line| Act::from(*line)).collect()].concat())
    };
    let lenient = || Get::new("x").without_close_notify();
    for (get, said, bytes, complete) in [
        (lenient(), &["226 done"][..], 42, true),
        (lenient(), &["226 done"], 41, false),
        (lenient(), &["226 done"], 43, false),
        (lenient(), &["426 cut"], 42, false),
        (lenient(), &[], 42, false),
        (lenient().from(2), &["226 done"], 40, true),
        (lenient().from(2), &["226 done"], 42, false),
        // It is not the default.
        (Get::new("x").max_size(42), &["226 done"], 42, false),
    ] {
        let mut world = open(cut(said, bytes));
        let mut get = world.get(get);
        let done = world.run(&mut get);
        assert_eq!(done.is_ok(), complete, "{said:?} {bytes}: {done:?}");
        if complete {
            assert_eq!(done.unwrap().bytes, bytes as u64);
            in_step(&mut world);
        }
    }
    // Without the size there is no proof, and nothing begins.
    let mut world = open(cut(&["226 done"], 42).instead("SIZE", ["502 no"]));
    let mut get = world.get(lenient());
    assert_eq!(world.run(&mut get).unwrap_err().code().unwrap(), 502);
}
