//! The next transfer's EPSV, sent while this one's payload may still move: a race that may be lost at no cost.

use std::time::Duration;

use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Config, End, Pipelining, ServerKind};

use crate::{PAUSE, SECURE, config, in_step, peer, run_until_heard, sent};

const PASSIVE: &str = "229 Extended passive mode (|||2000|)";

/// A server that takes its time before a file's payload, and before it confirms the file.
fn serves() -> Peer {
    let sends = [Act::Send(b"abc".into()), Act::End(End::Clean), PAUSE, "226 done".into()];
    let sends = [&["150 here".into(), SECURE, PAUSE][..], &sends].concat();
    let takes =
        ["150 send".into(), SECURE, PAUSE, Act::Receive, Act::End(End::Clean), PAUSE, "226 stored".into()];
    peer().like(ServerKind::PureFtpd).on("RETR", sends).on("STOR", takes)
}

/// A server that answers the first EPSV, the second one so, and then each again.
fn answers(epsv: impl IntoIterator<Item = Act>) -> Peer {
    serves().instead("EPSV", [PASSIVE]).on("EPSV", epsv).on("EPSV", [PASSIVE])
}

fn open(peer: Peer) -> World {
    let mut config: Config = config();
    config.pipelining = Pipelining::Eager;
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

fn asked(world: &World) -> Vec<&str> {
    let verbs = ["EPSV", "RETR", "STOR"];
    world.heard().filter_map(|line| verbs.into_iter().find(|verb| line.starts_with(verb))).collect()
}

fn download(world: &mut World) {
    let mut download = world.download("x").followed();
    assert_eq!(world.run(&mut download).unwrap().reply.code(), 226);
    assert_eq!(world.received(), b"abc");
}

fn upload(world: &mut World) {
    let mut upload = world.upload("x", b"abc").followed();
    assert_eq!(world.run(&mut upload).unwrap().reply.code(), 226);
    assert_eq!(world.stored(), b"abc");
}

#[test]
fn it_leaves_before_the_payload_has_come_and_is_answered_in_any_order() {
    for epsv in [&[PASSIVE.into()][..], &[Act::Overtake, PASSIVE.into()], &[PAUSE, PASSIVE.into()]] {
        let mut world = open(answers(epsv.to_vec()));
        let mut first = world.download("x").followed();
        run_until_heard(&mut world, &mut first, "RETR");
        let before = world.now();
        run_until_heard(&mut world, &mut first, "EPSV");
        assert!(world.received().is_empty());
        assert_eq!(world.now().saturating_duration_since(before), Duration::from_millis(5));
        assert_eq!(world.run(&mut first).unwrap().bytes, 3);
        download(&mut world);
        upload(&mut world);
        assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "RETR", "EPSV", "STOR", "EPSV"]);
        assert_eq!(world.targets().len(), 3);
        in_step(&mut world);
    }
}

#[test]
fn a_refusal_harms_no_transfer_and_the_next_is_asked_for_once_the_data_has_ended() {
    for refusal in ["450 EPSV: data transfer in progress", "500 Unknown command", "501 no", "503 not now"] {
        for transfer in [download, upload] {
            // At once, while the file moves; with its confirmation; after that.
            for refused in [
                &[Act::Overtake, refusal.into()][..],
                &[Act::Overtake, PAUSE, refusal.into()],
                &[refusal.into()],
                &[PAUSE, refusal.into()],
            ] {
                let mut world = open(answers(refused.to_vec()));
                for _ in 0..3 {
                    transfer(&mut world);
                }
                let asked: Vec<_> =
                    asked(&world).into_iter().map(|verb| if verb == "EPSV" { "?" } else { "!" }).collect();
                assert_eq!(asked.concat(), "?!??!?!?", "{refused:?}");
                in_step(&mut world);
            }
        }
    }
}

#[test]
fn after_a_refusal_it_waits_for_the_end_of_the_data() {
    let mut world = open(answers([Act::Overtake, "500 Unknown command".into()]));
    download(&mut world);
    let mut second = world.download("x").followed();
    run_until_heard(&mut world, &mut second, "EPSV");
    assert_eq!(world.received(), b"abc", "of this one");
    assert_eq!(world.run(&mut second).unwrap().bytes, 3);
    in_step(&mut world);
}

#[test]
fn a_file_that_has_ended_by_then_is_followed_at_once() {
    let quick = [&sent(b"abc", &[])[..], &[PAUSE, "226 done".into()]].concat();
    let mut world = open(serves().instead("RETR", quick));
    let before = world.now();
    let mut first = world.download("x").followed();
    run_until_heard(&mut world, &mut first, "RETR");
    run_until_heard(&mut world, &mut first, "EPSV");
    assert_eq!(world.now(), before);
    assert_eq!(world.run(&mut first).unwrap().bytes, 3);
    in_step(&mut world);
    assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV"]);
}

#[test]
fn nothing_is_early_where_nothing_follows_or_the_server_is_not_known() {
    for (kind, followed) in [(ServerKind::PureFtpd, false), (ServerKind::Unknown, true)] {
        let mut world = open(serves().like(kind));
        let mut transfer = world.download("x");
        if followed {
            transfer = transfer.followed();
        }
        run_until_heard(&mut world, &mut transfer, "RETR");
        while world.received().is_empty() {
            assert!(world.run_for(&mut transfer, 1).is_pending());
        }
        assert_eq!(asked(&world), ["EPSV", "RETR"]);
        world.run(&mut transfer).unwrap();
        in_step(&mut world);
    }
}

#[test]
fn a_transfer_dropped_at_any_turn_with_one_outstanding() {
    for epsv in [
        &[PASSIVE.into()][..],
        &[Act::Overtake, PASSIVE.into()],
        &[Act::Overtake, "500 Unknown command".into()],
        &[PAUSE, "450 EPSV: not now".into()],
    ] {
        let mut turns = 0;
        loop {
            let mut world = open(answers(epsv.to_vec()));
            let mut first = world.upload("x", b"abc").followed();
            let done = world.run_for(&mut first, turns).is_ready();
            drop(first);
            download(&mut world);
            in_step(&mut world);
            download(&mut world);
            if done {
                break;
            }
            turns += 1;
        }
        assert!(turns > 10, "there was something to drop");
    }
}

#[test]
fn a_transfer_that_fails_with_one_outstanding() {
    let failed = [&["150 here".into(), SECURE, PAUSE][..], &["426 broken".into()]].concat();
    let mut world = open(serves().instead("RETR", failed));
    let mut first = world.download("x").followed();
    assert_eq!(world.run(&mut first).unwrap_err().code().unwrap(), 426);
    upload(&mut world);
    in_step(&mut world);
}

#[test]
fn a_port_that_was_closed_with_the_transfer_is_asked_for_again() {
    let mut world = open(answers([Act::Overtake, "229 (|||1|)".into()]));
    for _ in 0..3 {
        download(&mut world);
    }
    assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "EPSV", "RETR", "EPSV", "RETR", "EPSV"]);
    in_step(&mut world);
}
