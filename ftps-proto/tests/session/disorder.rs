//! Servers that answer transfers in any order, and clients that drop them anywhere: no reply is ever taken for another's.

use std::time::Duration;

use ftps_proto::ops::{self, List};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{End, Error};
use proptest::prelude::*;

use crate::argument;

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => prop::sample::select(&["150 here", "125 here", "226 done", "426 failed", "425 no", "225 quiet"][..])
            .prop_map(Act::from),
        3 => any::<bool>().prop_map(|resumed| Act::Secure { resumed }),
        2 => prop::collection::vec(any::<u8>(), 0..20).prop_map(Act::Send),
        2 => prop::sample::select(&[End::Clean, End::Truncated][..]).prop_map(Act::End),
        1 => Just(Act::Reset),
        2 => Just(Act::Receive),
        1 => (0..5u64).prop_map(|seconds| Act::Wait(Duration::from_secs(seconds))),
        1 => Just(Act::Raw(b"226-done\r\n150 of it\r\n226 in all\r\n".to_vec())),
    ]
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    prop::collection::vec(act(), 0..8)
}

/// What a client does next, and after how many turns it loses patience.
fn step() -> impl Strategy<Value = (u8, usize)> {
    (0..4u8, prop_oneof![0..30usize, Just(10_000)])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_command_gets_its_own_reply(
        retr in acts(), stor in acts(), mlsd in acts(),
        steps in prop::collection::vec(step(), 1..5),
        seed in any::<u64>(),
    ) {
        let peer = Peer::polite().on("RETR", retr).on("STOR", stor).on("MLSD", mlsd).on("SIZE", ["213 42"]);
        let mut world = World::new(peer).cut(Chunks::Seeded(seed));
        world.open().unwrap();
        for (what, turns) in steps {
            match what {
                0 => { let mut op = world.download("x"); let _ = world.run_for(&mut op, turns); }
                1 => { let mut op = world.upload("x", &[1; 30]); let _ = world.run_for(&mut op, turns); }
                2 => { let mut op = List::new(None); let _ = world.run_for(&mut op, turns); }
                _ => { let mut op = ops::size(argument("x")); let _ = world.run_for(&mut op, turns); }
            }
            prop_assert!(world.session.is_usable());
        }
        prop_assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
        prop_assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
    }

    #[test]
    fn nothing_a_server_says_panics_or_goes_on_for_ever(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        seed in any::<u64>(),
    ) {
        for command in ["AUTH TLS", "PASS", "FEAT", "EPSV", "RETR", "MLSD", "SIZE"] {
            let peer = Peer::polite().instead(command, [Act::Raw(bytes.clone()), Act::Raw(b"\r\n".to_vec())]);
            let mut world = World::new(peer).cut(Chunks::Seeded(seed));
            if let Err(error) = world.open() {
                prop_assert!(!error.to_string().contains('\n'), "one line: {:?}", error.to_string());
                continue;
            }
            let mut download = world.download("x");
            let failed = |result: Result<_, Error>| result.is_err();
            let _ = failed(world.run(&mut download).map(drop)) | failed(world.run(&mut List::new(None)).map(drop));
            let _ = world.run(&mut ops::size(argument("x")));
        }
    }
}
