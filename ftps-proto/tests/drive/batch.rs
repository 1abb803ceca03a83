//! Many transfers in a row.

use std::time::Duration;

use ftps_proto::drive::Driver;

use super::net::{FakeNet, World};
use super::server::Act;
use super::{download, goes_on, open};

/// A server that confirms each file after a while, so that something can be asked for in between.
fn world() -> World {
    let (file, pause) = (Act::Send(b"content".to_vec()), Act::Wait(Duration::from_secs(1)));
    let sends = ["150 here".into(), file, Act::Finish, pause, "226 done".into()];
    World::new().on("RETR", ["550 no such file".into()]).on("RETR file", sends)
}

/// How the data connections were asked for, and what for.
fn asked(world: &World) -> Vec<String> {
    world.heard().into_iter().filter(|line| line == "EPSV" || line.starts_with("RETR")).collect()
}

fn moves(world: &World, driver: &mut Driver<FakeNet>) {
    assert_eq!(download(world, driver).unwrap(), b"content");
}

#[test]
fn each_is_asked_for_as_the_one_before_ends_and_none_in_vain() {
    let world = world();
    let mut driver = open(&world);
    let mut batch = driver.batch([1, 2, 3]);
    let mut items = Vec::new();
    while let Some((driver, item)) = batch.next() {
        moves(&world, driver);
        items.push(item);
    }
    assert!(batch.next().is_none());
    drop(batch);
    moves(&world, &mut driver);
    assert_eq!(items, [1, 2, 3]);
    let file = "RETR file";
    assert_eq!(asked(&world), ["EPSV", file, "EPSV", file, "EPSV", file, "EPSV", file]);
    goes_on(&world, &mut driver);
}

#[test]
fn what_is_not_taken_is_not_expected_but_what_was_before_is() {
    for expected in [false, true] {
        let world = world();
        let mut driver = open(&world);
        driver.expect_more(expected);
        let mut batch = driver.batch(0..10);
        let _ = batch.next().unwrap();
        drop(batch);
        moves(&world, &mut driver);
        assert_eq!(asked(&world).len(), if expected { 3 } else { 2 });
    }
}

#[test]
fn an_empty_batch_does_nothing() {
    let world = world();
    let mut driver = open(&world);
    assert!(driver.batch(Vec::<()>::new()).next().is_none());
    assert!(asked(&world).is_empty());
}

#[test]
fn the_next_one_is_asked_for_before_the_caller_has_the_confirmation() {
    let sends = ["150 here".into(), Act::Send(b"content".to_vec()), Act::Finish, "226 done".into()];
    let world = World::new().on("RETR", sends);
    let mut driver = open(&world);
    let mut batch = driver.batch([1, 2]);
    let (driver, _) = batch.next().unwrap();
    moves(&world, driver);
    // While the file is put away, the request is on its way.
    world.pass(Duration::from_secs(1));
    assert_eq!(asked(&world).len(), 3);
}
