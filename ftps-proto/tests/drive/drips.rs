//! Servers that send or take a byte now and then.

use std::time::Duration;

use ftps_proto::drive::{Download, Upload};
use ftps_proto::{Error, Waiting};

use super::server::Act;
use super::{goes_on, open, world};

/// Not long enough to be idle.
const DRIP: Duration = Duration::from_secs(50);
/// In which 1 KiB has to move.
const WITHIN: u64 = 300_000;

fn is_slow<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Rate, .. }), "{error}");
}

#[test]
fn a_record_that_comes_a_byte_at_a_time_is_not_waited_for_for_ever() {
    let world =
        world().on("RETR", ["150 here".into(), Act::Send(vec![7; 10_000]), Act::Finish, "226 done".into()]);
    let mut driver = open(&world);
    let mut download = Download::new(&mut driver, "file").unwrap();
    world.run(|cx| download.poll_start(cx)).unwrap();
    let began = world.now();
    world.with(|state| state.drip = Some(DRIP));
    is_slow(world.run(|cx| download.poll_read(&mut [0; 100], cx)));
    assert_eq!(world.now() - began, WITHIN);
    drop(download);
    world.with(|state| state.drip = None);
    goes_on_after_a_recovery(&world, &mut driver);
}

#[test]
fn nor_is_a_server_that_takes_a_byte_at_a_time() {
    let world = world();
    let mut driver = open(&world);
    let mut upload = Upload::new(&mut driver, "file").unwrap();
    world.run(|cx| upload.poll_start(cx)).unwrap();
    world.with(|state| state.drip = Some(DRIP));
    let payload = vec![7; 10_000_000];
    let mut written = 0;
    let result = loop {
        match world.run(|cx| upload.poll_write(&payload[written..], cx)) {
            Ok(n) if n > 0 => written += n,
            Ok(_) => panic!("all of it was taken"),
            Err(error) => break Err::<(), _>(error),
        }
    };
    is_slow(result);
    drop(upload);
    // The end of one, too.
    let world = super::world();
    let mut driver = open(&world);
    let mut upload = Upload::new(&mut driver, "file").unwrap();
    world.run(|cx| upload.poll_write(b"content", cx)).unwrap();
    world.with(|state| state.drip = Some(DRIP));
    is_slow(world.run(|cx| upload.poll_finish(cx)));
    assert!(world.stored().is_empty());
}

#[test]
fn a_caller_that_takes_its_time_is_not_slow() {
    let world = world();
    let mut driver = open(&world);
    let mut download = Download::new(&mut driver, "file").unwrap();
    let mut file = Vec::new();
    loop {
        let mut byte = [0];
        match world.run(|cx| download.poll_read(&mut byte, cx)).unwrap() {
            0 => break,
            _ => file.push(byte[0]),
        }
        world.pass(10 * DRIP);
    }
    assert_eq!(file, b"content");
    drop(download);
    goes_on(&world, &mut driver);
}

fn goes_on_after_a_recovery(
    world: &super::net::World,
    driver: &mut ftps_proto::drive::Driver<super::net::FakeNet>,
) {
    assert_eq!(super::run(world, driver, ftps_proto::ops::pwd()).unwrap(), b"/home");
}
