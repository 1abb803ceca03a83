//! Active mode: who may connect.

use std::io::ErrorKind;
use std::net::SocketAddr;

use ftps_proto::drive::Builder;
use ftps_proto::{Channel, Error, Mode};

use super::net::{Fake, World};
use super::server::Act;
use super::{builder, download, goes_on, open_with, world};

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

/// Where the server was told to come to, if the client could listen.
fn told(world: &World, change: impl FnOnce(Builder<Fake>) -> Builder<Fake>) -> Option<String> {
    let builder = change(builder(world).mode(Mode::Active));
    let mut driver = open_with(world, &builder).unwrap();
    let error = download(world, &mut driver).unwrap_err();
    goes_on(world, &mut driver);
    let eprt = world.heard().into_iter().find(|line| line.starts_with("EPRT"));
    let in_use = format!("{error:#}").contains("address in use");
    assert_eq!(eprt.is_none(), in_use, "{error:#}");
    eprt
}

#[test]
fn the_first_port_of_a_range_that_is_free_is_taken() {
    // It begins at a place that the control connection's own port, 40000, decides.
    for (busy, port) in [
        (vec![], Some(6001)),
        (vec![6001], Some(6002)),
        (vec![6001, 6002], Some(6000)),
        (vec![6000, 6001, 6002], None),
    ] {
        let world = world();
        world.with(|state| state.busy = busy);
        let eprt = told(&world, |builder| builder.active_ports(6000..=6002));
        assert_eq!(eprt, port.map(|port| format!("EPRT |1|192.0.2.9|{port}|")));
    }
}

#[test]
fn the_server_is_told_another_address_where_one_was_given() {
    let eprt = told(&world(), |builder| builder.external_address([198, 51, 100, 7]));
    assert_eq!(eprt.unwrap(), "EPRT |1|198.51.100.7|5000|");
}
