//! Transfers that drip.

use std::time::Duration;

use ftps_proto::ops::Collect;
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{End, Error, Rate, Waiting};

use crate::{SECURE, config, open};

const ALMOST_IDLE: Duration = Duration::from_secs(50);

/// A server that sends these bytes again and again, with pauses that are not long enough to be idle.
fn drips(command: &str, bytes: &str, times: usize) -> Peer {
    let mut acts = vec!["150 here".into(), SECURE];
    for _ in 0..times {
        acts.extend([Act::Send(bytes.into()), Act::Wait(ALMOST_IDLE)]);
    }
    acts.extend([Act::End(End::Clean), "226 done".into()]);
    Peer::polite().on(command, acts)
}

fn is_slow(error: Error) -> bool {
    matches!(error, Error::Timeout { waiting: Waiting::Rate, .. })
}

#[test]
fn a_byte_now_and_then_is_not_progress() {
    let mut world = open(drips("RETR", "x", 1000));
    let before = world.now();
    let mut download = world.download("x");
    let error = world.run(&mut download).unwrap_err();
    assert_eq!(error.to_string(), "timed out waiting for enough data to move on the data connection");
    assert!(error.is_temporary() && is_slow(error));
    assert_eq!(world.now().saturating_duration_since(before), config().limits.rate.within);

    let mut world = open(drips("MLSD", "type=file; a\r\n", 1000));
    assert!(is_slow(world.run(&mut Collect::new(None)).unwrap_err()));
}

#[test]
fn a_slow_line_is_good_enough() {
    // Six chunks in five minutes.
    let chunk = "x".repeat(1024_usize.div_ceil(6));
    let mut world = open(drips("RETR", &chunk, 100));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap().bytes, 100 * chunk.len() as u64);
}

#[test]
fn the_rate_is_a_setting() {
    for (rate, fits) in [
        (Rate { bytes: 0, within: Duration::ZERO }, true),
        (Rate { bytes: 2, within: Duration::from_secs(100) }, true),
        (Rate { bytes: 3, within: Duration::from_secs(100) }, false),
    ] {
        let mut config = config();
        config.limits.rate = rate;
        let mut world = World::with_config(drips("RETR", "x", 20), config);
        world.open().unwrap();
        let mut download = world.download("x");
        match world.run(&mut download) {
            Ok(done) => assert!(fits && done.bytes == 20),
            Err(error) => assert!(!fits && is_slow(error)),
        }
    }
}
