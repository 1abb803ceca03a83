//! How long is waited for what, after a wait in vain.

use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::ops;
use ftps_proto::sim::{Act, World};
use ftps_proto::{End, Error, Operation, Waiting};

use crate::{SECURE, argument, config, in_step, open, peer, taken};

const SILENT: [Act; 0] = [];

/// What the operation fails for, and how long that takes.
fn fails<O: Operation>(world: &mut World, op: &mut O) -> (Error, Duration) {
    let before = world.now();
    let error = world.run(op).map(drop).unwrap_err();
    (error, world.now().saturating_duration_since(before))
}

fn reply_timeout() -> Duration {
    config().timeouts.reply
}

#[test]
fn a_server_that_was_silent_for_a_whole_limit_gets_no_second_one() {
    let mut world = open(peer().instead("NOOP", SILENT));
    let (error, waited) = fails(&mut world, &mut ops::noop());
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Noop), .. }), "{error}");
    assert_eq!(waited, reply_timeout());
    let (error, waited) = fails(&mut world, &mut ops::pwd());
    assert!(matches!(error, Error::Timeout { .. }), "{error}");
    assert_eq!(waited, config().timeouts.abort);
    assert!(!world.session.is_usable());
    assert_eq!(world.heard().next_back(), Some("NOOP"), "a second command would not be answered either");
}

#[test]
fn nor_does_one_that_was_silent_in_a_transfer() {
    let abort = config().timeouts.abort;
    for (greeting, most) in [("220 ready", abort * 2), ("220 ProFTPD", abort)] {
        let silent = peer().on("RETR", SILENT).instead("ABOR", SILENT).instead("PWD", SILENT);
        let mut world = open(silent.greeting(greeting));
        let mut download = world.download("x");
        let (_, waited) = fails(&mut world, &mut download);
        assert_eq!(waited, reply_timeout());
        let (error, waited) = fails(&mut world, &mut ops::noop());
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
        assert!(waited <= most, "{greeting}: {waited:?}");
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_late_reply_is_taken_for_no_others() {
    for (verb, late) in
        [("NOOP", "200 late"), ("SIZE", "213 7"), ("SIZE", "550 late"), ("PWD", "257 \"/late\"")]
    {
        let wait = reply_timeout() + Duration::from_secs(2);
        let mut world = open(peer().instead(verb, [Act::Wait(wait), late.into()]).on(verb, ["550 never"]));
        let waited = match verb {
            "NOOP" => fails(&mut world, &mut ops::noop()).1,
            "SIZE" => fails(&mut world, &mut ops::size(argument("late"))).1,
            _ => fails(&mut world, &mut ops::pwd()).1,
        };
        assert_eq!(waited, reply_timeout());
        let (error, waited) = fails(&mut world, &mut ops::dele(argument("x")));
        assert_eq!(error.to_string(), "the server refused DELE: 550 no");
        assert_eq!(waited, Duration::from_secs(2));
        assert!(world.session.is_usable());
    }
}

#[test]
fn a_word_of_the_server_earns_it_the_usual_limit() {
    // It speaks again, and is slow: a fence after that is waited for.
    let slow = [Act::Wait(Duration::from_secs(20)), "257 \"/home\"".into()];
    let peer = peer().on("RETR", SILENT).instead("PWD", slow).on("PWD", ["257 \"/home\""]);
    let mut world = open(peer);
    let mut download = world.download("x");
    fails(&mut world, &mut download);
    in_step(&mut world);
}

#[test]
fn a_final_reply_has_a_limit_of_its_own() {
    let limits = config().timeouts;
    let late = Act::Wait(limits.final_reply - Duration::from_secs(1));
    let file = |acts: Vec<Act>| {
        [vec!["150 here".into(), SECURE, Act::Send(vec![1]), Act::End(End::Clean)], acts].concat()
    };
    // A virus scanner takes its time.
    let scanned = file(vec![late.clone(), "226 done".into()]);
    let stored = [taken(&[]), vec![late, "226 stored".into()]].concat();
    let mut world = open(peer().on("RETR", scanned).on("STOR", stored).on("RETR", file(vec![])));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    let mut upload = world.upload("x", b"abc");
    world.run(&mut upload).unwrap();
    in_step(&mut world);
    let mut download = world.download("x");
    let (error, waited) = fails(&mut world, &mut download);
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Retr), .. }), "{error}");
    assert_eq!(waited, limits.final_reply);
    in_step(&mut world);
}
