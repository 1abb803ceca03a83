//! Active mode: the server opens data connections.

use ftps_proto::codec::Verb;
use ftps_proto::ops::{self, StartTransfer};
use ftps_proto::sim::{Act, FILTERED, LISTENING, Peer, World};
use ftps_proto::{Channel, Error, Failure, Input, Mode, Need, Progress, ServerKind, Waiting};

use crate::listing::{collect, names};
use crate::{PAUSE, argument, config, heard, in_step, peer, run_until_heard, sent, taken};

const SILENT: [Act; 0] = [];

fn open(peer: Peer) -> World {
    let mut config = config();
    config.mode = Mode::Active;
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

/// The same, with a connection after the 1yz.
fn connects(mut acts: Vec<Act>) -> Vec<Act> {
    acts.insert(1, Act::Connect);
    acts
}

fn serves() -> Peer {
    peer()
        .on("EPRT", ["200 ok"])
        .on("PORT", ["200 ok"])
        .on("RETR", connects(sent(b"abc", &["226 done"])))
        .on("STOR", connects(taken(&["226 stored"])))
        .on("MLSD", connects(sent(b"type=file; a\r\n", &["226 done"])))
}

/// How the data connections were asked for, and what for.
fn asked(world: &World) -> Vec<&str> {
    let verbs = ["EPSV", "PASV", "EPRT", "PORT", "RETR", "STOR", "MLSD"];
    world.heard().filter_map(|line| verbs.into_iter().find(|verb| line.starts_with(verb))).collect()
}

fn download(world: &mut World) -> Result<(), Error> {
    let mut download = world.download("x");
    world.run(&mut download)?;
    assert_eq!(world.received(), b"abc");
    Ok(())
}

#[test]
fn the_server_is_told_where_to_and_connects() {
    for kind in [ServerKind::Unknown, ServerKind::Vsftpd, ServerKind::ProFtpd, ServerKind::PureFtpd] {
        let mut world =
            open(serves().like(kind).instead("FEAT", ["211-Features", " MLST type*;", "211 End"]));
        download(&mut world).unwrap();
        let mut upload = world.upload("x", b"abc");
        world.run(&mut upload).unwrap();
        assert_eq!(world.stored(), b"abc");
        assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"]);
        assert_eq!(asked(&world), ["EPRT", "RETR", "EPRT", "STOR", "EPRT", "MLSD"]);
        assert!(world.targets().is_empty(), "nothing was connected to");
        in_step(&mut world);
    }
}

#[test]
fn a_final_reply_without_a_connection_is_not_waited_on_for_ever() {
    let mut world = open(serves().instead("RETR", ["150 here", "226 done"]));
    let before = world.now();
    let error = download(&mut world).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::DataConnect, .. }), "{error}");
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.connect);
}

#[test]
fn the_connection_may_come_before_the_1yz_or_with_the_eprt() {
    let file = sent(b"abc", &["226 done"]);
    let early = [vec![Act::Connect], file.clone()].concat();
    let mut world = open(serves().instead("RETR", early));
    download(&mut world).unwrap();
    let mut world = open(serves().instead("EPRT", ["200 ok".into(), Act::Connect]).instead("RETR", file));
    download(&mut world).unwrap();
    in_step(&mut world);
}

#[test]
fn a_known_server_that_has_taken_eprt_gets_it_in_one_burst() {
    // It says nothing before it has heard both.
    let both = || [vec!["200 ok".into()], connects(sent(b"abc", &["226 done"]))].concat();
    let peer = serves().instead("EPRT", ["200 ok"]).on("EPRT", SILENT);
    let peer = peer.instead("RETR", connects(sent(b"abc", &["226 done"]))).on("RETR", both());
    let mut world = open(peer.like(ServerKind::ProFtpd));
    for _ in 0..3 {
        download(&mut world).unwrap();
    }
    in_step(&mut world);
    // But not before it has taken one: it may know PORT alone.
    let mut world = open(serves().instead("EPRT", ["500 what?"]).like(ServerKind::ProFtpd));
    download(&mut world).unwrap();
    // Another one gets a command at a time.
    let mut world = open(serves());
    for _ in 0..2 {
        let mut download = world.download("x");
        run_until_heard(&mut world, &mut download, "EPRT");
        assert!(!world.heard().next_back().unwrap().starts_with("RETR"));
        world.run(&mut download).unwrap();
    }
}

#[test]
fn eprt_that_is_refused_gives_way_to_port_for_the_session() {
    for refusal in ["500 what?", "501 no", "502 no", "522 which protocol", "450 not now", "350 and now?"] {
        let mut world = open(serves().instead("EPRT", [refusal]));
        for _ in 0..2 {
            download(&mut world).unwrap();
        }
        assert_eq!(asked(&world), ["EPRT", "PORT", "RETR", "PORT", "RETR"], "{refusal}");
        for told in ["EPRT |1|127.0.0.1|3000|", "PORT 127,0,0,1,11,184"] {
            assert!(heard(&world).contains(&told), "{:?}", heard(&world));
        }
        in_step(&mut world);
    }
}

#[test]
fn where_both_are_refused_the_last_word_is_that_of_port() {
    let mut world = open(serves().instead("EPRT", ["500 what?"]).instead("PORT", ["501 no active mode"]));
    let error = download(&mut world).unwrap_err();
    assert_eq!(error.to_string(), "the server refused PORT: 501 no active mode");
    assert_eq!(asked(&world), ["EPRT", "PORT"]);
    in_step(&mut world);
    // Neither is held to for good.
    download(&mut world).unwrap_err();
    assert_eq!(asked(&world), ["EPRT", "PORT", "EPRT", "PORT"]);
}

#[test]
fn eprt_that_is_refused_in_a_burst_fails_that_transfer_alone() {
    let peer = serves().instead("EPRT", ["200 ok"]).on("EPRT", ["500 not now"]).on("EPRT", ["200 ok"]);
    let file = || connects(sent(b"abc", &["226 done"]));
    for said in ["425 where to?", "503 EPRT first", "150 here"] {
        let peer = peer.clone().instead("RETR", file()).on("RETR", [said]).on("RETR", file());
        let mut world = open(peer.like(ServerKind::ProFtpd));
        download(&mut world).unwrap();
        let error = download(&mut world).unwrap_err();
        assert_eq!(error.to_string(), "the server refused EPRT: 500 not now");
        in_step(&mut world);
        download(&mut world).unwrap();
        in_step(&mut world);
    }
}

#[test]
fn a_server_that_cannot_connect_says_so() {
    let at_once: Vec<Act> = vec!["425 Cannot open data connection".into()];
    for acts in [at_once, vec!["150 here".into(), PAUSE, "425 no".into()]] {
        let mut world = open(serves().instead("RETR", acts));
        let error = download(&mut world).unwrap_err();
        assert_eq!(error.code().unwrap(), 425);
        assert!(error.is_temporary());
        in_step(&mut world);
    }
}

#[test]
fn nobody_connects() {
    for acts in [vec![Act::from("150 here")], vec![]] {
        let mut world = open(serves().instead("RETR", acts));
        let before = world.now();
        let error = download(&mut world).unwrap_err();
        assert!(matches!(error, Error::Timeout { waiting: Waiting::DataConnect, .. }), "{error}");
        assert_eq!(world.now().saturating_duration_since(before), config().timeouts.connect);
        in_step(&mut world);
    }
}

#[test]
fn the_connection_is_waited_for_once_it_can_come() {
    // EPRT has its own limit.
    let mut world = open(serves().instead("EPRT", SILENT));
    let before = world.now();
    let error = download(&mut world).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Eprt), .. }), "{error}");
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.reply);
    // One that takes its time leaves all of the other's.
    let slow = config().timeouts.connect - std::time::Duration::from_secs(1);
    let connects = ["150 here".into(), Act::Wait(slow), Act::Connect];
    let file = [&connects[..], &sent(b"abc", &["226 done"])[1..]].concat();
    let mut world = open(serves().instead("EPRT", [Act::Wait(slow), "200 ok".into()]).instead("RETR", file));
    download(&mut world).unwrap();
}

#[test]
fn listening_fails() {
    let mut world = open(serves());
    let mut start = StartTransfer::retr(argument("x"));
    let now = world.now();
    assert!(matches!(world.session.poll(&mut start, now), Ok(Progress::Need(Need::Listen))));
    world.session.handle(Input::ConnectFailed(Failure::transport("address in use")));
    let error = world.session.poll(&mut start, now).map(drop).unwrap_err();
    assert_eq!(format!("{error:#}"), "the data connection failed: address in use");
    assert!(matches!(error, Error::Connection { channel: Channel::Data, .. }));
    assert_eq!(asked(&world), [""; 0], "the server hears nothing of it");
    in_step(&mut world);
    download(&mut world).unwrap();
}

#[test]
fn a_transfer_dropped_at_any_turn() {
    for kind in [ServerKind::Unknown, ServerKind::ProFtpd] {
        let mut turns = 0;
        loop {
            let mut world = open(serves().like(kind));
            download(&mut world).unwrap();
            let mut dropped = world.download("x");
            let done = world.run_for(&mut dropped, turns).is_ready();
            drop(dropped);
            in_step(&mut world);
            download(&mut world).unwrap();
            if done {
                break;
            }
            turns += 1;
        }
        assert!(turns > 5, "there was something to drop");
    }
}

#[test]
fn an_address_without_ipv4_cannot_be_told_with_port() {
    let mut world = open(serves().instead("EPRT", ["500 what?"]));
    let mut start = StartTransfer::retr(argument("x"));
    let (now, at) = (world.now(), "[2001:db8::1]:3000".parse().unwrap());
    let error = loop {
        match world.session.poll(&mut start, now) {
            Ok(Progress::Need(Need::Listen)) => world.session.handle(Input::Listening(at)),
            Ok(Progress::Need(Need::Io(_))) if !world.session.outgoing().is_empty() => {
                world.session.handle(Input::Sent(Channel::Control, usize::MAX));
                world.session.handle(Input::Received(Channel::Control, b"500 what?\r\n"));
            }
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert!(matches!(error, Error::Local(_)), "{error}");
    world.run(&mut ops::noop()).unwrap();
    in_step(&mut world);
}

#[test]
fn a_second_200_to_eprt_ends_no_transfer() {
    // The data connection is through before anything is said of the transfer.
    let mut file = connects(sent(b"abc", &["550 broken"]));
    let announced = file.remove(0);
    let broken = [vec!["200 ok".into(), "200 ok".into()], file[..4].to_vec(), vec![PAUSE, announced, PAUSE]];
    let broken = [broken.concat(), file[4..].to_vec()].concat();
    let confirmed = connects(sent(b"abc", &["226 done"]));
    let peer = serves().instead("EPRT", ["200 ok"]).on("EPRT", SILENT).instead("RETR", confirmed);
    let mut world = open(peer.on("RETR", broken).like(ServerKind::ProFtpd));
    download(&mut world).unwrap();
    let error = download(&mut world).unwrap_err();
    assert_eq!(error.code().unwrap(), 550, "{error}");
    in_step(&mut world);
}

#[test]
fn a_listening_that_nobody_has_asked_for_takes_no_deadline_away() {
    let lost = format!("229 (|||{FILTERED}|)");
    let peer = peer().instead("EPSV", [lost.as_str()]).instead("PASV", ["502 no"]);
    let mut world = World::new(peer);
    world.open().unwrap();
    let mut download = world.download("x");
    run_until_heard(&mut world, &mut download, "EPSV");
    while world.targets().is_empty() {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    world.session.handle(Input::Listening(LISTENING));
    let before = world.now();
    let error = world.run(&mut download).unwrap_err();
    assert_eq!(error.code().unwrap(), 502, "{error}");
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.connect);
}
