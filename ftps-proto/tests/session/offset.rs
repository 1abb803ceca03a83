//! The server's time zone.

use ftps_proto::codec::{Timestamp, Zone};
use ftps_proto::ops::{LearnOffset, List, Listed};
use ftps_proto::sim::{Peer, World};
use ftps_proto::{Error, Instant};

use crate::{argument, config, heard, sent};

/// A server in Berlin whose LIST is this, asked on 15 June 2020.
fn world(list: &str, mdtm: &str) -> World {
    let peer =
        Peer::polite().instead("FEAT", ["211 none"]).on("SYST", ["215 UNIX Type: L8"]).on("CWD", ["250 ok"]);
    let peer = peer.on("LIST", sent(list.as_bytes(), &["226 done"])).on("MDTM", [mdtm]);
    let mut config = config();
    config.date = Some((Timestamp::parse(b"20200615120000").unwrap(), Instant::default()));
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

fn learned(world: &mut World, directory: Option<&str>) -> Result<Option<i16>, Error> {
    world.run(&mut LearnOffset::new(directory.map(argument)))
}

fn first_time(world: &mut World) -> Timestamp {
    let Some(Listed::Entry(entry)) = world.run(&mut List::new(None)).unwrap() else { panic!() };
    entry.modified.unwrap()
}

const LIST: &str = "-rw-r--r-- 1 u g 5 Jun 14 23:30 older\r\n-rw-r--r-- 1 u g 5 Jun 15 01:30 newest\r\n\
                    drwxr-xr-x 1 u g 5 Jun 15 02:00 directory\r\n-rw-r--r-- 1 u g 5 Jan 1 2024 day\r\n";

#[test]
fn is_learned_once_and_said_by_listings() {
    let mut world = world(LIST, "213 20200614233017");
    assert_eq!(first_time(&mut world).zone, Zone::Server);
    assert_eq!(learned(&mut world, Some("out")).unwrap(), Some(120));
    assert!(heard(&world).contains(&"MDTM out/newest"));
    let commands = world.heard().count();
    assert_eq!(learned(&mut world, None).unwrap(), Some(120));
    assert_eq!((world.heard().count(), world.session.list_offset()), (commands, Some(120)));
    let time = first_time(&mut world);
    assert_eq!(time.zone, Zone::Offset(120));
    assert_eq!(time.in_utc().unwrap().to_string(), "2020-06-14 21:30");
}

#[test]
fn nothing_may_tell() {
    for (list, mdtm) in [
        ("total 0\r\n", "213 20200614233017"),
        ("-rw-r--r-- 1 u g 5 Jan 1 2020 day\r\n", "213 20200101000000"),
        ("drwxr-xr-x 1 u g 5 Jun 15 02:00 directory\r\n", "213 20200615000000"),
        (LIST, "550 what?"),
        (LIST, "213 yesterday"),
        // Modified in between.
        (LIST, "213 20200615111811"),
    ] {
        let mut world = world(list, mdtm);
        assert_eq!(learned(&mut world, None).unwrap(), None, "{mdtm}");
        assert_eq!(world.session.list_offset(), None);
    }
}

#[test]
fn facts_are_in_utc() {
    let mut world =
        World::new(Peer::polite().on("MLSD", sent(b"type=file;modify=20200614233017; a\r\n", &["226 done"])));
    world.open().unwrap();
    assert_eq!(learned(&mut world, None).unwrap(), None);
    assert!(!world.heard().any(|line| line.starts_with("MDTM")));
}

#[test]
fn may_be_told() {
    let mut config = config();
    config.list_offset = Some(-300);
    config.date = Some((Timestamp::parse(b"20200615120000").unwrap(), Instant::default()));
    let peer = Peer::polite().instead("FEAT", ["211 none"]).on("LIST", sent(LIST.as_bytes(), &["226 done"]));
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    assert_eq!(first_time(&mut world).in_utc().unwrap().to_string(), "2020-06-15 04:30");
}
