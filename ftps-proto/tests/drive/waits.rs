//! Deadlines, and what lies in a socket when one has come.

use std::time::Duration;

use ftps_proto::codec::{Argument, Verb};
use ftps_proto::{Error, Waiting, ops};

use super::server::Act;
use super::{builder, download, goes_on, open, open_with, run, world};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_deadline_that_has_come_is_not_left_to_the_timer() {
    let world = world().on("NOOP", []);
    let mut driver = open_with(&world, &builder(&world).reply_timeout(5 * SECOND)).unwrap();
    // tokio's timer rounds up. The net refuses to be asked for what is past, so that a second round would be seen.
    world.with(|state| state.lag = Duration::from_millis(1));
    let error = run(&world, &mut driver, ops::noop()).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Noop), .. }), "{error}");
    assert_eq!(world.now(), 5001);
}

#[test]
fn what_lies_in_the_socket_at_the_deadline_is_read() {
    let world = world().on("NOOP", [Act::Wait(5 * SECOND), "200 just in time".into()]);
    let mut driver = open_with(&world, &builder(&world).reply_timeout(5 * SECOND)).unwrap();
    // The runtime has not heard that the socket is readable: only the system knows.
    world.with(|state| state.stale = true);
    run(&world, &mut driver, ops::noop()).unwrap();
    assert_eq!(world.now(), 5000);
}

#[test]
fn an_end_that_lies_in_the_socket_at_the_deadline_is_told() {
    let world = world().on("NOOP", []);
    let mut driver = open_with(&world, &builder(&world).reply_timeout(5 * SECOND)).unwrap();
    world.with(|state| {
        state.stale = true;
        state.server.control.as_mut().unwrap().ended = true;
    });
    let error = run(&world, &mut driver, ops::noop()).unwrap_err();
    assert_eq!(error.to_string(), "the server has closed the session");
}

#[test]
fn interrupted_calls_are_made_again() {
    let world = world();
    world.with(|state| state.interrupts = 9);
    let mut driver = open(&world);
    // From the first command to the last reply: each call of a download once.
    for calls in 1..50 {
        world.with(|state| state.interrupts = calls);
        assert_eq!(download(&world, &mut driver).unwrap(), b"content");
    }
    goes_on(&world, &mut driver);
}

#[test]
fn a_transfer_that_is_run_without_taking_its_payload_waits_for_the_server() {
    let breaks =
        ["150 here".into(), Act::Send(b"content".to_vec()), Act::Wait(5 * SECOND), "426 broken".into()];
    let world = world().on("RETR", breaks);
    let mut driver = open(&world);
    let start = ops::StartTransfer::retr(Argument::new("file").unwrap());
    let transfer = run(&world, &mut driver, start).unwrap();
    let error = run(&world, &mut driver, transfer).unwrap_err();
    assert_eq!((error.to_string().as_str(), world.now()), ("the server refused RETR: 426 broken", 5000));
}
