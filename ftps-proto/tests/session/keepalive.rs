//! NOOP while a transfer is under way: whatever becomes of it, it ends no transfer and answers nothing else.

use std::time::Duration;

use ftps_proto::ops;
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{End, Error, Waiting};

use crate::{SECURE, argument, config, heard, in_step, peer};

const EVERY: Duration = Duration::from_secs(20);
/// Between two pieces of a file.
const SLOW: Act = Act::Wait(Duration::from_secs(50));
const SILENT: [Act; 0] = [];

fn open(peer: Peer) -> World {
    let mut config = config();
    config.keepalive = Some(EVERY);
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

/// A file that takes 150 seconds, each way.
fn slow(peer: Peer, said: &[&str]) -> Peer {
    let said: Vec<Act> = said.iter().map(|line| Act::from(*line)).collect();
    let piece = || [SLOW, Act::Send(vec![1])];
    let begin = ["150 here".into(), SECURE];
    let file = [&begin[..], &piece(), &piece(), &piece(), &[Act::End(End::Clean)], &said].concat();
    // The server reads slowly: what it sends in an upload is no progress, so it is the end that takes its time.
    let wait = Act::Wait(Duration::from_secs(25));
    let stored = [&begin[..], &[Act::Receive, wait, Act::End(End::Clean)], &said].concat();
    peer.on("RETR", file).on("STOR", stored)
}

fn noops(world: &World) -> usize {
    world.heard().filter(|line| *line == "NOOP").count()
}

#[test]
fn none_is_sent_where_it_is_not_asked_for_or_nothing_is_silent() {
    let mut world = crate::open(slow(peer(), &["226 done"]));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(noops(&world), 0);
    let mut config = config();
    config.keepalive = Some(Duration::from_secs(200));
    let mut world = World::with_config(slow(peer(), &["226 done"]), config);
    world.open().unwrap();
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(noops(&world), 0);
}

#[test]
fn it_is_answered_during_the_transfer() {
    // ProFTPD.
    let mut world = open(slow(peer(), &["226 done"]).instead("NOOP", [Act::Overtake, "200 alive".into()]));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap().reply.to_string(), "226 done");
    assert_eq!(world.received(), [1; 3]);
    assert_eq!(noops(&world), 7, "one in 20 of 150 seconds");
    let mut upload = world.upload("x", b"abc");
    assert_eq!(world.run(&mut upload).unwrap().reply.to_string(), "226 done");
    assert_eq!(noops(&world), 8);
    in_step(&mut world);
    assert_eq!(heard(&world).last(), Some(&"PWD"));
}

#[test]
fn it_is_answered_after_the_transfer() {
    // vsftpd: all at once.
    let mut world = open(slow(peer(), &["226 done"]).instead("NOOP", ["200 alive"]));
    for _ in 0..2 {
        let mut download = world.download("x");
        assert_eq!(world.run(&mut download).unwrap().reply.to_string(), "226 done");
        assert_eq!(noops(&world), 7, "one in 20 of 150 seconds");
        let mut upload = world.upload("x", b"abc");
        assert_eq!(world.run(&mut upload).unwrap().reply.to_string(), "226 done");
        in_step(&mut world);
        world = open(slow(peer(), &["226 done"]).instead("NOOP", ["200 alive"]));
    }
}

#[test]
fn it_is_answered_once_the_next_command_has_left() {
    let late = [Act::Wait(Duration::from_millis(100)), "200 alive".into()];
    for next in ["NOOP", "CWD"] {
        let peer = slow(peer(), &["226 done"]).instead("NOOP", late.clone()).on("CWD", ["550 no"]);
        let mut world = open(peer);
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
        let before = world.now();
        match next {
            "NOOP" => world.run(&mut ops::noop()).unwrap(),
            _ => assert_eq!(world.run(&mut ops::cwd(argument("x"))).unwrap_err().code().unwrap(), 550),
        }
        assert!(world.now().saturating_duration_since(before) < Duration::from_secs(1));
        in_step(&mut world);
    }
}

#[test]
fn a_refusal_ends_no_transfer_and_it_is_not_sent_again() {
    // Pure-FTPd.
    for refusal in ["500 Unknown command", "502 no", "500 'NOOP': command not understood"] {
        let refused = [Act::Overtake, refusal.into()];
        let mut world = open(slow(peer(), &["226 done"]).instead("NOOP", refused));
        for _ in 0..2 {
            let mut download = world.download("x");
            assert_eq!(world.run(&mut download).unwrap().reply.to_string(), "226 done");
            assert_eq!(noops(&world), 1, "{refusal}");
            in_step(&mut world);
        }
    }
}

#[test]
fn a_refusal_of_the_transfer_is_not_the_keepalives() {
    for said in ["550 broken", "426 broken", "451 broken", "552 full"] {
        for answered in [&[Act::Overtake, "200 alive".into()][..], &["200 alive".into()]] {
            let mut world = open(slow(peer(), &[said]).instead("NOOP", answered.to_vec()));
            let mut upload = world.upload("x", b"abc");
            let error = world.run(&mut upload).unwrap_err();
            assert!(matches!(error, Error::Refused(_)), "{error}");
            assert_eq!(error.reply().unwrap().to_string(), said);
            assert_eq!(noops(&world), 1);
            in_step(&mut world);
        }
    }
}

#[test]
fn one_that_is_never_answered_takes_nothing_from_the_next_command() {
    let deaf = || {
        let first = slow(peer(), &["226 done"]).instead("NOOP", SILENT);
        let rest = (1..7).fold(first, |peer, _| peer.on("NOOP", SILENT));
        rest.on("NOOP", ["200 here again"]).on("CWD", ["200 there"])
    };
    for next in ["NOOP", "CWD", "RETR"] {
        let mut world = open(deaf());
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
        assert_eq!(noops(&world), 7);
        let before = world.now();
        match next {
            "NOOP" => world.run(&mut ops::noop()).unwrap(),
            "CWD" => world.run(&mut ops::cwd(argument("x"))).unwrap(),
            _ => {
                let mut download = world.download("x");
                world.run(&mut download).unwrap();
                continue;
            }
        }
        assert_eq!(world.now(), before, "{next}: no deadline was waited for");
        in_step(&mut world);
    }
}

#[test]
fn nor_from_one_that_does_not_tell_where_it_is() {
    let deaf = slow(peer(), &["226 done"]).instead("NOOP", SILENT).instead("PWD", ["550 nowhere"]);
    let mut world = open(deaf);
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    let before = world.now();
    assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
    assert_eq!(world.now(), before, "no deadline was waited for");
}

#[test]
fn a_transfer_that_is_dropped_among_keepalives() {
    for noop in [&[Act::Overtake, "200 alive".into()][..], &["200 alive".into()], &SILENT] {
        let mut world = open(slow(peer(), &["226 done"]).instead("NOOP", noop.to_vec()));
        let mut download = world.download("x");
        while noops(&world) < 4 {
            assert!(world.run_for(&mut download, 1).is_pending());
        }
        drop(download);
        assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
        assert_eq!(
            heard(&world)[heard(&world).len() - 3..],
            ["ABOR", "PWD", "SIZE x"],
            "one fence is enough"
        );
        in_step(&mut world);
    }
}

#[test]
fn none_is_sent_to_a_server_that_has_left_after_its_confirmation() {
    for last in [vec![Act::Leave], vec!["421 Timeout".into()], vec!["421 Timeout".into(), Act::Leave]] {
        let begin = ["150 here".into(), SECURE, "226 done".into()];
        let data = [SLOW, Act::Send(vec![1]), Act::End(End::Clean)];
        let mut world = open(peer().on("RETR", [&begin[..], &last, &data].concat()));
        let mut download = world.download("x");
        assert_eq!(world.run(&mut download).unwrap().reply.to_string(), "226 done");
        assert_eq!(world.received(), [1]);
        assert_eq!(noops(&world), 0);
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_server_that_answers_it_and_sends_nothing_else_is_idle() {
    let stalled = ["150 here".into(), SECURE, Act::Send(vec![1])];
    let mut world = open(peer().on("RETR", stalled).instead("NOOP", ["200 alive"]));
    let mut download = world.download("x");
    let before = world.now();
    let error = world.run(&mut download).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.idle);
    assert!(noops(&world) > 1);
    in_step(&mut world);
}
