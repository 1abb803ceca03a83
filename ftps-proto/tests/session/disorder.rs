//! Servers that answer transfers in any order, and clients that drop them anywhere: no reply is ever taken for another's.

use std::task::Poll;
use std::time::Duration;

use ftps_proto::ops::{self, List, Listed, Open};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{Channel, End, Error, Failure, Input};
use proptest::prelude::*;

use crate::{SECURE, argument};

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
    (0..4u8, prop_oneof![0..30usize, Just(LONG)])
}

/// More turns than anything here takes.
const LONG: usize = 10_000;

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_next_command_gets_its_own_reply(
        retr in acts(), stor in acts(), mlsd in acts(),
        steps in prop::collection::vec(step(), 1..5),
        seed in any::<u64>(),
    ) {
        let peer = Peer::polite()
            .on("RETR", retr.clone())
            .on("STOR", stor.clone())
            .on("MLSD", mlsd.clone())
            .on("SIZE", ["213 42"]);
        let mut world = World::new(peer).cut(Chunks::Seeded(seed));
        world.open().unwrap();
        for (what, turns) in steps {
            match what {
                0 => {
                    let mut op = world.download("x");
                    if let Poll::Ready(Ok(_)) = world.run_for(&mut op, turns) {
                        prop_assert!(proves(&retr), "{retr:?}");
                    }
                }
                1 => {
                    let mut op = world.upload("x", &[1; 30]);
                    if let Poll::Ready(Ok(_)) = world.run_for(&mut op, turns) {
                        prop_assert!(confirms(&stor), "{stor:?}");
                        prop_assert_eq!(world.stored(), &[1; 30]);
                    }
                }
                2 => {
                    if let Poll::Ready(Ok(_)) = list(&mut world, turns) {
                        prop_assert!(proves(&mlsd), "{mlsd:?}");
                    }
                }
                _ => {
                    if let Poll::Ready(size) = world.run_for(&mut ops::size(argument("x")), turns) {
                        prop_assert_eq!(size.unwrap(), 42);
                    }
                }
            }
            prop_assert!(world.session.is_usable());
        }
        prop_assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
        prop_assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
    }

    #[test]
    fn nothing_a_server_says_goes_on_for_ever_or_concerns_another_command(
        said in said(),
        seed in any::<u64>(),
    ) {
        // In the order in which they are sent: what comes before the one in question must be as if nothing were.
        let commands = ["AUTH TLS", "PASS", "FEAT", "EPSV", "RETR", "MLSD", "SIZE"];
        for (at, command) in commands.into_iter().enumerate() {
            let may_fail = |last: &str| commands.iter().position(|c| *c == last) >= Some(at);
            let peer = Peer::polite()
                .on("RETR", sends("file"))
                .on("MLSD", sends("type=file; a"))
                .on("SIZE", ["213 42"])
                .instead(command, [Act::Raw(said.clone())]);
            let mut world = World::new(peer).cut(Chunks::Seeded(seed));
            if ended(world.run_for(&mut Open::new(), LONG), may_fail("FEAT"))?.is_none() {
                continue;
            }
            let mut download = world.download("x");
            if ended(world.run_for(&mut download, LONG), may_fail("RETR"))?.is_some() {
                prop_assert_eq!(world.received(), b"file");
            }
            let listed = ended(list(&mut world, LONG), may_fail("MLSD"))?;
            prop_assert!(listed.is_none_or(|listed| listed.len() == 1));
            ended(world.run_for(&mut ops::size(argument("x")), LONG), may_fail("SIZE"))?;
        }
    }
}

#[test]
fn a_data_connection_that_ends_as_soon_as_it_is_made_is_not_secured() {
    // It leads nowhere, so PASV is tried.
    let mut world = World::new(Peer::polite().on("RETR", sends("file")));
    world.open().unwrap();
    let mut download = world.download("x");
    while world.targets().is_empty() {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    world.session.handle(Input::Failed(Channel::Data, Failure::transport("reset")));
    assert!(matches!(world.run_for(&mut download, LONG), Poll::Ready(Ok(_))));
    assert!(world.heard().any(|line| line == "PASV"));
}

fn sends(payload: &str) -> [Act; 5] {
    ["150 here".into(), SECURE, Act::Send(payload.into()), Act::End(End::Clean), "226 done".into()]
}

/// Lines that a server may say instead of what it should, and noise.
fn said() -> impl Strategy<Value = Vec<u8>> {
    let noise = prop::collection::vec(any::<u8>(), 0..100);
    let line = (100..700u16, prop_oneof![Just(" "), Just("-")])
        .prop_map(|(code, then)| format!("{code}{then}text").into_bytes());
    let lines = prop::collection::vec(prop_oneof![3 => line, 1 => noise], 1..4);
    lines.prop_map(|lines| [lines.join(&b"\r\n"[..]), b"\r\n".to_vec()].concat())
}

/// A listing, all of it, unless one of its entries takes more than so many turns.
fn list(world: &mut World, turns: usize) -> Poll<Result<Vec<Listed>, Error>> {
    let (mut op, mut listed) = (List::new(None), Vec::new());
    loop {
        match world.run_for(&mut op, turns) {
            Poll::Ready(Ok(Some(entry))) => listed.push(entry),
            Poll::Ready(Ok(None)) => return Poll::Ready(Ok(listed)),
            Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
            Poll::Pending => return Poll::Pending,
        }
    }
}

/// What came of an operation, if it succeeded. It must end, and may fail, with an error of one line, where that is
/// expected.
fn ended<T>(result: Poll<Result<T, Error>>, may_fail: bool) -> Result<Option<T>, TestCaseError> {
    match result {
        Poll::Pending => Err(TestCaseError::fail("it goes on for ever")),
        Poll::Ready(Ok(output)) => Ok(Some(output)),
        Poll::Ready(Err(error)) if may_fail => {
            prop_assert!(!error.to_string().contains('\n'), "one line: {:?}", error.to_string());
            Ok(None)
        }
        Poll::Ready(Err(error)) => Err(TestCaseError::fail(format!("{error:?}"))),
    }
}

/// Whether these acts hold what a success must not be told without: a reply that confirms it...
fn confirms(acts: &[Act]) -> bool {
    acts.iter().any(|act| match act {
        Act::Say(line) => line.starts_with('2'),
        Act::Raw(_) => true,
        _ => false,
    })
}

/// ...and the clean end of the data connection.
fn proves(acts: &[Act]) -> bool {
    confirms(acts) && acts.contains(&Act::End(End::Clean))
}
