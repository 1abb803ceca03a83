//! Active mode: who may connect.

use std::io::ErrorKind;
use std::net::SocketAddr;

use ftps_proto::{Channel, Error, Mode};

use super::net::World;
use super::server::Act;
use super::{builder, download, goes_on, open_with};

fn connects(from: &[&str]) -> World {
    let from = from.iter().map(|from| Act::Connect(from.parse::<SocketAddr>().unwrap()));
    let acts =
        from.chain(["150 here".into(), Act::Send(b"content".to_vec()), Act::Finish, "226 done".into()]);
    let world = World::new().on("EPRT", ["200 so be it".into()]);
    world.with(|state| state.server.script.on("RETR", acts.clone()));
    world
}

#[test]
fn the_server_connects() {
    let world = connects(&["192.0.2.1:989"]);
    let mut driver = open_with(&world, &builder(&world).mode(Mode::Active)).unwrap();
    assert_eq!(download(&world, &mut driver).unwrap(), b"content");
    assert!(world.heard().contains(&"EPRT |1|192.0.2.9|5000|".to_owned()), "{:?}", world.heard());
    goes_on(&world, &mut driver);
}

#[test]
fn somebody_else_is_shown_out() {
    let world = connects(&["198.51.100.7:989", "192.0.2.1:989"]);
    let mut driver = open_with(&world, &builder(&world).mode(Mode::Active)).unwrap();
    world.events();
    assert_eq!(download(&world, &mut driver).unwrap(), b"content");
    assert_eq!(world.events()[0], "data reset");
    goes_on(&world, &mut driver);
}

#[test]
fn a_connection_that_was_gone_before_it_was_accepted_is_not_the_servers() {
    let world = connects(&["192.0.2.1:989"]);
    for kind in [ErrorKind::ConnectionAborted, ErrorKind::Interrupted] {
        world.accept_fails(kind);
    }
    let mut driver = open_with(&world, &builder(&world).mode(Mode::Active)).unwrap();
    assert_eq!(download(&world, &mut driver).unwrap(), b"content");
}

#[test]
fn a_listener_that_fails_is_an_error() {
    let world = connects(&[]);
    world.accept_fails(ErrorKind::PermissionDenied);
    let mut driver = open_with(&world, &builder(&world).mode(Mode::Active)).unwrap();
    let error = download(&world, &mut driver).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, .. }), "{error}");
}

#[test]
fn through_a_connector_nobody_could_tell_who_connects() {
    let world = connects(&["192.0.2.1:989"]);
    world.with(|state| state.connector = true);
    let mut driver = open_with(&world, &builder(&world).mode(Mode::Active)).unwrap();
    let error = download(&world, &mut driver).unwrap_err();
    assert!(format!("{error:#}").contains("active mode does not go through a connector"), "{error}");
    goes_on(&world, &mut driver);
}
