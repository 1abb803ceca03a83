//! What is known of a server, also where its session did not come about.

use ftps_proto::Error;
use ftps_proto::codec::Verb;
use ftps_proto::drive::Surveying;
use rustls::{NamedGroup, ProtocolVersion};

use super::net::{Fake, FakeNet, World};
use super::{Builder, Driver, builder, open, run, world};

/// Opens a session as far as it goes.
fn survey(world: &World, builder: &Builder<Fake>, login: bool) -> (Driver<FakeNet>, Result<(), Error>) {
    let mut surveying = Surveying::new(builder.open(|_, _| world.net()), login);
    let survey = world.run(|cx| surveying.poll(cx));
    (survey.client.unwrap(), survey.outcome)
}

#[test]
fn a_certificate_that_is_refused_leaves_what_tls_came_to() {
    let world = world();
    let (driver, outcome) = survey(&world, &builder(&world).server_name("elsewhere.example"), true);
    assert!(matches!(outcome, Err(Error::Connection { .. })), "{outcome:?}");
    let tls = driver.control_tls().unwrap();
    assert!(!tls.handshake_done());
    assert_eq!(tls.version(), Some(ProtocolVersion::TLSv1_3));
    assert!(tls.cipher_suite().is_some());
    assert!(!driver.session().is_usable());
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn without_a_login_nothing_is_sent_after_the_handshake() {
    let world = world();
    let (mut driver, outcome) = survey(&world, &builder(&world), false);
    outcome.unwrap();
    assert_eq!(driver.control_tls().unwrap().peer_certificates().len(), 1);
    assert_ne!(driver.control_tls().unwrap().key_exchange_group(), None::<NamedGroup>);
    assert_eq!(driver.session().server_greeting().unwrap().code(), 220);
    assert!(!driver.session().is_usable());
    assert!(run(&world, &mut driver, ftps_proto::ops::noop()).is_err());
    assert_eq!(world.heard(), [""; 0]);
}

#[test]
fn a_login_that_is_refused_leaves_the_greeting() {
    let world = world().on("PASS secret", ["530 no".into()]);
    let (driver, outcome) = survey(&world, &builder(&world), true);
    assert_eq!(outcome.unwrap_err().code().unwrap(), 530);
    assert!(driver.session().server_greeting().is_some());
}

#[test]
fn the_addresses_that_were_tried_are_known() {
    let refused = std::io::ErrorKind::ConnectionRefused;
    let world = world().fates(&[("[2001:db8::1]:990", 0, Err(refused)), ("192.0.2.1:990", 0, Ok(()))]);
    let driver = open(&world);
    assert_eq!(driver.peer().to_string(), "192.0.2.1:990");
    let failed: Vec<_> = driver.failed_attempts().unwrap().attempts().map(|(to, _)| to.to_string()).collect();
    assert_eq!(failed, ["[2001:db8::1]:990"]);
}

#[test]
fn how_data_connections_are_opened_is_known() {
    let world = world();
    let mut driver = open(&world);
    assert_eq!((driver.session().last_resumed(), driver.data_peer()), (None, None));
    super::download(&world, &mut driver).unwrap();
    assert_eq!(driver.session().last_resumed(), Some(true));
    assert_eq!(driver.session().data_command(), Verb::Epsv);
    assert!(driver.data_peer().is_some());
}
