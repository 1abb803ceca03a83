//! The upload loop, and the confirmation at its end.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::task::Poll;
use std::time::Duration;

use ftps_proto::Error;
use ftps_proto::drive::{Copying, Upload};

use super::server::Act;
use super::{goes_on, open, world};

type Read = io::Result<&'static [u8]>;

/// A source that yields this, and then stays pending.
fn source<C>(reads: impl Into<VecDeque<Read>>) -> impl FnMut(&mut [u8], &mut C) -> Poll<io::Result<usize>> {
    let mut reads = reads.into();
    move |space, _| match reads.pop_front() {
        None => Poll::Pending,
        Some(Err(error)) => Poll::Ready(Err(error)),
        Some(Ok(bytes)) => {
            space[..bytes.len()].copy_from_slice(bytes);
            Poll::Ready(Ok(bytes.len()))
        }
    }
}

fn yields(bytes: &'static [u8]) -> Read {
    Ok(bytes)
}

#[test]
fn all_that_a_source_yields_is_stored() {
    let world = world();
    let mut driver = open(&world);
    let mut copying = Copying::new(&mut driver, "file").unwrap();
    let interrupted = Err(ErrorKind::Interrupted.into());
    let mut read = source([yields(b"one "), interrupted, yields(b"two"), yields(b"")]);
    let done = world.run(|cx| copying.poll(cx, &mut read)).unwrap();
    assert_eq!((done.bytes, world.stored()), (7, vec![b"one two".to_vec()]));
    drop(copying);
    goes_on(&world, &mut driver);
}

#[test]
fn what_a_pending_source_has_yielded_is_sent_and_a_refusal_is_seen() {
    let refuses = ["150 send".into(), Act::Take(4), Act::Wait(Duration::from_secs(9)), "552 quota".into()];
    let world = world().on("STOR", refuses);
    let mut driver = open(&world);
    let mut copying = Copying::new(&mut driver, "file").unwrap();
    let mut read = source([yields(b"line")]);
    let error = world.run(|cx| copying.poll(cx, &mut read)).unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
    assert!(world.stored().is_empty());
}

#[test]
fn a_source_that_fails_resets_the_upload() {
    let world = world();
    let mut driver = open(&world);
    let mut copying = Copying::new(&mut driver, "file").unwrap();
    let mut read = source([yields(b"half"), Err(ErrorKind::PermissionDenied.into())]);
    let error = world.run(|cx| copying.poll(cx, &mut read)).unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    world.events();
    drop(copying);
    assert_eq!((world.events(), world.stored()), (vec!["data reset"], vec![]));
}

#[test]
fn a_confirmation_that_came_is_kept() {
    let confirms = [
        "150 send".into(),
        Act::Receive,
        Act::Finish,
        Act::Wait(Duration::from_secs(9)),
        "226 stored".into(),
    ];
    let world = world().on("STOR", confirms);
    // The wait for the confirmation is given up after every number of polls, and begun again.
    for polls in 0.. {
        let mut driver = open(&world);
        let mut upload = Upload::new(&mut driver, "file").unwrap();
        world.run(|cx| upload.poll_write(b"content", cx)).unwrap();
        let given_up = world.run_for(polls, |cx| upload.poll_finish(cx)).is_pending();
        let done = world.run(|cx| upload.poll_finish(cx)).unwrap();
        assert_eq!((done.bytes, upload.transferred()), (7, Some(&done)));
        // And whoever asks once more, or writes, is told the same.
        assert_eq!(world.run(|cx| upload.poll_write(b"more", cx)).unwrap(), 0);
        world.run(|cx| upload.poll_flush(cx)).unwrap();
        assert_eq!(world.run(|cx| upload.poll_finish(cx)).unwrap(), done);
        drop(upload);
        goes_on(&world, &mut driver);
        assert_eq!(world.stored().len(), polls + 1);
        if !given_up {
            assert!(polls > 1, "it was never given up");
            break;
        }
    }
}
