//! From a host's name to a logged-in session.

use std::io::ErrorKind;
use std::mem;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::drive::ConnectError;
use ftps_proto::drive::audit::{Act as Did, Audit, Outcome, Record};
use ftps_proto::{Error, Timeouts, Waiting, ops};

use super::net::{Fate, NEVER, World};
use super::server::Act;
use super::{builder, download, goes_on, open, open_with, pki, run, world};

const SECOND: Duration = Duration::from_secs(1);

/// Opens a session where connects have these fates; what was tried, and when.
fn tries(fates: &[Fate]) -> Vec<(String, u64)> {
    let world = world().fates(fates);
    let mut driver = open(&world);
    goes_on(&world, &mut driver);
    world.tried()
}

fn at(tried: &[(&str, u64)]) -> Vec<(String, u64)> {
    tried.iter().map(|(to, when)| ((*to).to_owned(), *when)).collect()
}

/// Why there was no connection: its kind and its words.
fn unconnected(error: Error) -> (ErrorKind, String) {
    let Error::Connection { failure: Some(failure), .. } = error else { panic!("{error}") };
    let error = failure.source.downcast::<std::io::Error>().unwrap();
    let inside = error.get_ref().unwrap().downcast_ref::<ConnectError>().unwrap();
    assert_eq!(inside.attempts().next().unwrap().1.kind(), error.kind());
    (error.kind(), inside.to_string())
}

#[test]
fn a_silent_address_is_overtaken_by_one_of_the_other_family() {
    let fates = [
        ("[2001:db8::1]:990", NEVER, Ok(())),
        ("[2001:db8::2]:990", NEVER, Ok(())),
        ("192.0.2.1:990", 40, Ok(())),
    ];
    assert_eq!(tries(&fates), at(&[("[2001:db8::1]:990", 0), ("192.0.2.1:990", 250)]));
}

#[test]
fn families_take_turns() {
    let fates = ["192.0.2.1:990", "192.0.2.2:990", "[::1]:990", "192.0.2.3:990", "[::2]:990"]
        .map(|address| (address, if address == "192.0.2.3:990" { 0 } else { NEVER }, Ok(())));
    let order = ["192.0.2.1:990", "[::1]:990", "192.0.2.2:990", "[::2]:990", "192.0.2.3:990"];
    let tried = tries(&fates);
    assert_eq!(
        tried,
        order
            .into_iter()
            .zip([0, 250, 500, 750, 1000])
            .map(|(to, at)| (to.to_owned(), at))
            .collect::<Vec<_>>()
    );
}

#[test]
fn after_a_refusal_the_next_address_is_tried_at_once() {
    let refused = Err(ErrorKind::ConnectionRefused);
    let fates = [("[::1]:990", 7, refused), ("127.0.0.1:990", 3, Ok(()))];
    assert_eq!(tries(&fates), at(&[("[::1]:990", 0), ("127.0.0.1:990", 7)]));
}

#[test]
fn a_refusal_is_not_waited_out_while_another_address_is_silent() {
    let refused = Err(ErrorKind::ConnectionRefused);
    let fates = [("[::1]:990", NEVER, Ok(())), ("192.0.2.1:990", 10, refused), ("192.0.2.2:990", 0, Ok(()))];
    assert_eq!(tries(&fates), at(&[("[::1]:990", 0), ("192.0.2.1:990", 250), ("192.0.2.2:990", 260)]));
}

#[test]
fn a_slow_address_may_win_all_the_same() {
    let world = world().fates(&[("[::1]:990", 400, Ok(())), ("127.0.0.1:990", 900, Ok(()))]);
    let driver = open(&world);
    assert_eq!((world.now(), world.tried().len()), (400, 2));
    // The other attempt is given up.
    assert_eq!(world.alive(), 1);
    drop(driver);
}

#[test]
fn an_error_lists_every_address_with_its_reason() {
    let refused = Err(ErrorKind::ConnectionRefused);
    let world = world().fates(&[("[::1]:990", 10, refused), ("127.0.0.1:990", NEVER, Ok(()))]);
    let (kind, text) = unconnected(open_with(&world, &builder(&world)).unwrap_err());
    assert_eq!(text, "[::1]:990: connection refused; 127.0.0.1:990: timed out");
    assert_eq!(kind, ErrorKind::ConnectionRefused);
    // 20 seconds for each attempt, of which the second began with the first one's refusal.
    assert_eq!((world.now(), world.alive()), (20_010, 0));
}

#[test]
fn the_look_up_has_its_limit_and_its_errors() {
    let silent = world();
    silent.with(|state| state.lookup.0 = Duration::MAX);
    let builder = builder(&silent).connect_timeout(3 * SECOND);
    let (kind, text) = unconnected(open_with(&silent, &builder).unwrap_err());
    assert_eq!((kind, silent.now()), (ErrorKind::TimedOut, 3000));
    assert_eq!(text, "ftp.example.com:990: looking up its addresses timed out");

    for (lookup, words) in [
        (Err(ErrorKind::NotFound), "ftp.example.com:990: entity not found"),
        (Ok(vec![]), "ftp.example.com:990: the host has no address"),
    ] {
        let world = world();
        world.with(|state| state.lookup.1 = lookup);
        let (kind, text) = unconnected(open_with(&world, &super::builder(&world)).unwrap_err());
        assert_eq!((kind, text.as_str()), (ErrorKind::NotFound, words));
    }
}

#[test]
fn a_connector_is_given_the_name() {
    let world = world();
    world.with(|state| state.connector = true);
    let mut driver = open(&world);
    assert_eq!(world.tried(), at(&[("ftp.example.com:990", 0)]));
    assert_eq!(download(&world, &mut driver).unwrap(), b"content");
}

#[test]
fn one_limit_holds_for_all_of_it() {
    // The look-up takes one second, and the connection two.
    let slow = |world: World| {
        let world = world.fates(&[("192.0.2.1:990", 2000, Ok(()))]);
        world.with(|state| state.lookup.0 = SECOND);
        world
    };
    for (limit, text) in [
        (900, "ftp.example.com:990: looking up its addresses timed out"),
        (1000, "192.0.2.1:990: timed out"),
        (2000, "192.0.2.1:990: timed out"),
    ] {
        let world = slow(world());
        let builder = builder(&world).login_timeout(Duration::from_millis(limit));
        let error = open_with(&world, &builder).unwrap_err();
        assert_eq!((unconnected(error).1.as_str(), world.now()), (text, limit));
    }
    // Each of the server's answers takes two seconds, within its own limit.
    let world = slow(world())
        .greeting([Act::Wait(2 * SECOND), "220 ready".into()])
        .on("USER", [Act::Wait(2 * SECOND), "331 password".into()]);
    let error = open_with(&world, &builder(&world).login_timeout(6 * SECOND)).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::User), .. }), "{error}");
    assert_eq!((world.now(), world.alive()), (6000, 0));
}

#[test]
fn the_limit_ends_with_the_login() {
    let world = world().on("NOOP", [Act::Wait(50 * SECOND), "200 done".into()]);
    let mut driver = open_with(&world, &builder(&world).login_timeout(SECOND)).unwrap();
    run(&world, &mut driver, ops::noop()).unwrap();
    assert_eq!(world.now(), 50_000);
}

#[test]
fn timeouts_are_settable_as_a_whole() {
    let world = world().greeting([]);
    let mut timeouts = Timeouts::default();
    timeouts.reply = 7 * SECOND;
    let error = open_with(&world, &builder(&world).timeouts(timeouts)).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }), "{error}");
    assert_eq!(world.now(), 7000);
}

#[test]
fn what_is_given_up_at_any_point_leaves_nothing_open() {
    let fates = [("[::1]:990", NEVER, Ok(())), ("127.0.0.1:990", 300, Ok(()))];
    let slow = |reply: &str| [Act::Wait(SECOND), reply.into()];
    let world = world().fates(&fates).on("USER", slow("331 password")).on("PASS", slow("230 in"));
    world.with(|state| state.lookup.0 = SECOND);
    // One builder makes any number of connections.
    let builder = builder(&world);
    let mut most = 0;
    for polls in 0.. {
        let mut opening = builder.open(|_, _| world.net()).unwrap();
        let opened = world.run_for(polls, |cx| opening.poll(cx));
        most = most.max(world.alive());
        drop(opening);
        if let Poll::Ready(driver) = opened {
            goes_on(&world, &mut driver.unwrap());
            break;
        }
        assert_eq!(world.alive(), 0, "given up after {polls} polls");
    }
    assert_eq!((world.alive(), most), (0, 2));
}

/// How logins ended.
#[derive(Default)]
struct Logins(Mutex<Vec<Outcome>>);

impl Audit for Logins {
    fn record(&self, record: &Record<'_>) {
        assert_eq!((record.act, record.host), (Did::Login, pki::NAME));
        self.0.lock().unwrap().push(record.outcome);
    }
}

#[test]
fn a_login_is_recorded_once_also_where_it_is_given_up() {
    let fates = [("[::1]:990", NEVER, Ok(())), ("127.0.0.1:990", 300, Ok(()))];
    let slow = |reply: &str| [Act::Wait(SECOND), reply.into()];
    let mut polls = 0;
    loop {
        let world = world().fates(&fates).on("USER", slow("331 password")).on("PASS", slow("230 in"));
        let logins = Arc::new(Logins::default());
        let mut opening = builder(&world).audit(logins.clone()).open(|_, _| world.net()).unwrap();
        let opened = world.run_for(polls, |cx| opening.poll(cx));
        drop(opening);
        let recorded = mem::take(&mut *logins.0.lock().unwrap());
        match opened {
            // Nobody has asked for anything.
            Poll::Pending if polls == 0 => assert_eq!(recorded, []),
            Poll::Pending => assert_eq!(recorded, [Outcome::Failed], "after {polls} polls"),
            Poll::Ready(driver) => {
                drop(driver.unwrap());
                assert_eq!(recorded, [Outcome::Done]);
                break;
            }
        }
        polls += 1;
    }
    assert!(polls > 3, "{polls}");
}
