//! Downloads that come fast, and then do not.

use std::time::Duration;

use ftps_proto::codec::Argument;
use ftps_proto::drive::Download;
use ftps_proto::ops;

use super::server::Act;
use super::{goes_on, open, run, world};

const PART: usize = 256 * 1024;

/// A server that sends a part of a file every millisecond, rests, and sends a last part.
fn acts(parts: usize, rest: u64) -> Vec<Act> {
    let mut acts = vec!["150 here".into()];
    for part in 0..parts {
        acts.push(Act::Send(vec![part as u8; PART]));
        acts.push(Act::Wait(Duration::from_micros(1000)));
    }
    acts.push(Act::Wait(Duration::from_millis(rest)));
    acts.extend([Act::Send(b"the end".to_vec()), Act::Finish, "226 done".into()]);
    acts
}

#[test]
fn a_fast_download_is_not_watched_and_a_slow_one_is() {
    let world = world();
    world.with(|state| state.server.script.instead("RETR", acts(40, 500)));
    let mut driver = open(&world);
    let mut download = Download::new(&mut driver, "file").unwrap();
    let (mut got, mut space) = (0, vec![0; PART]);
    let mut last = Vec::new();
    world.events();
    loop {
        let n = world.run(|cx| download.poll_read(&mut space, cx)).unwrap();
        if n == 0 {
            break;
        }
        got += n;
        last = space[..n].to_vec();
    }
    assert_eq!(got, 40 * PART + 7);
    assert!(last.ends_with(b"the end"));
    let events = world.events();
    let count = |name: &str| events.iter().filter(|event| **event == name).count();
    // At first it is not known to be fast. From then on it rests, until a rest was in vain.
    assert_eq!(count("data unwatched"), 1, "{events:?}");
    assert_eq!(count("data watched"), 1, "{events:?}");
    drop(download);
    goes_on(&world, &mut driver);
}

/// How often the socket was taken away from what wakes for it, and given back, where the reader is away for so long after
/// each part.
fn turns(away: impl Fn(usize) -> Duration) -> [usize; 2] {
    let world = world();
    world.with(|state| state.server.script.instead("RETR", acts(40, 0)));
    let mut driver = open(&world);
    let mut download = Download::new(&mut driver, "file").unwrap();
    let mut got = 0;
    world.events();
    loop {
        let n = world.run(|cx| download.poll_fill_buf(cx).map_ok(|payload| payload.len())).unwrap();
        if n == 0 {
            break;
        }
        got += n;
        // As it writes that to a file.
        world.pass(away(got / PART));
        download.consume(n);
    }
    assert_eq!(got, 40 * PART + 7);
    let events = world.events();
    ["data unwatched", "data watched"].map(|name| events.iter().filter(|event| **event == name).count())
}

#[test]
fn a_reader_that_is_away_for_long_needs_no_rests() {
    let (short, long) = (Duration::from_micros(1), Duration::from_micros(100));
    assert_eq!(turns(|_| short), [1, 0]);
    assert_eq!(turns(|_| long), [0, 0]);
    // Not watched and without rests, it would not let others have the thread.
    assert_eq!(turns(|parts| if parts < 20 { short } else { long }), [1, 1]);
}

#[test]
fn a_socket_that_must_be_watched_is_read_all_the_same() {
    let world = world();
    world.with(|state| {
        state.server.script.instead("RETR", acts(40, 500));
        state.must_watch = true;
    });
    let mut driver = open(&world);
    let content = super::download(&world, &mut driver).unwrap();
    assert_eq!(content.len(), 40 * PART + 7);
}

#[test]
fn a_refusal_is_heard_during_a_rest() {
    let world = world();
    let mut acts = acts(40, 500);
    acts.truncate(1 + 2 * 40);
    acts.extend(["426 no more".into(), Act::Finish]);
    world.with(|state| state.server.script.instead("RETR", acts));
    let mut driver = open(&world);
    let error = super::download(&world, &mut driver).unwrap_err();
    assert_eq!(error.code().unwrap(), 426, "{error}");
    assert_eq!(run(&world, &mut driver, ops::size(Argument::new("file").unwrap())).unwrap(), 42);
}
