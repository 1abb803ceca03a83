//! Listings, a line at a time.

use std::time::Duration;

use ftps_proto::drive::{Driver, Entries};
use ftps_proto::ops::Listed;

use super::net::{FakeNet, World};
use super::server::Act;
use super::{goes_on, open};

fn lists(end: [Act; 2]) -> World {
    let lines = Act::Send(b"type=file; a\r\ntype=file; b\r\n".to_vec());
    let world = World::new();
    world.with(|state| state.server.script.on("MLSD", ["150 here".into(), lines].into_iter().chain(end)));
    world
}

/// The names that come, and the error after them.
fn names(world: &World, entries: &mut Entries<&mut Driver<FakeNet>>) -> (Vec<String>, Option<String>) {
    let mut names = Vec::new();
    loop {
        match world.run(|cx| entries.poll_next(cx)) {
            Ok(Some(Listed::Entry(entry))) => names.push(entry.name.to_string()),
            Ok(Some(unparsed)) => panic!("{unparsed:?}"),
            Ok(None) => return (names, None),
            Err(error) => return (names, Some(error.to_string())),
        }
    }
}

#[test]
fn a_listing_ends_once_it_is_confirmed() {
    let world = lists([Act::Finish, "226 done".into()]);
    let mut driver = open(&world);
    let mut entries = Entries::list(&mut driver, "").unwrap();
    assert_eq!(names(&world, &mut entries), (vec!["a".into(), "b".into()], None));
    assert_eq!(names(&world, &mut entries), (vec![], None), "the end stays the end");
    drop(entries);
    goes_on(&world, &mut driver);
}

#[test]
fn after_an_error_there_are_no_more_lines() {
    let world = lists([Act::Wait(Duration::from_secs(1)), "426 broken".into()]);
    let mut driver = open(&world);
    let mut entries = Entries::list(&mut driver, "").unwrap();
    let error = "the server refused MLSD: 426 broken";
    assert_eq!(names(&world, &mut entries), (vec!["a".into(), "b".into()], Some(error.into())));
    assert_eq!(names(&world, &mut entries), (vec![], None));
}

#[test]
fn a_path_that_cannot_be_sent_gives_the_client_back() {
    let world = lists([Act::Finish, "226 done".into()]);
    let mut driver = open(&world);
    let not_started = Entries::list(&mut driver, "a\r\nDELE b").unwrap_err();
    goes_on(&world, not_started.client);
}
