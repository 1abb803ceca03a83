//! Calls that adapters are made of.

use std::io::{self, ErrorKind};
use std::task::Poll;

use ftps_proto::codec::Argument;
use ftps_proto::drive::{Builder, Download, Running, Upload};
use ftps_proto::ops::Collect;
use ftps_proto::{Error, Local, Url, ops};

use super::net::{Fake, World};
use super::server::Act;
use super::{goes_on, open, open_with, pki, world};

/// Writes as `write` does, and counts flushes.
struct Sink<W> {
    write: W,
    flushed: usize,
}

fn copies<W: FnMut(&[u8]) -> Poll<io::Result<usize>>>(
    world: &World,
    write: W,
) -> (Result<u64, Error>, usize, Vec<&'static str>) {
    let mut driver = open(world);
    let mut sink = Sink { write, flushed: 0 };
    let mut download = Download::new(&mut driver, "file").unwrap();
    let copied = world.run(|cx| {
        download.poll_copy(cx, |payload, cx| match payload {
            Some(payload) => {
                let written = (sink.write)(payload);
                if written.is_pending() {
                    cx.until(world.instant() + std::time::Duration::from_secs(1));
                }
                written
            }
            None => {
                sink.flushed += 1;
                Poll::Ready(Ok(0))
            }
        })
    });
    drop(download);
    let events = world.events();
    (copied.map(|done| done.bytes), sink.flushed, events)
}

#[test]
fn a_download_is_written_as_its_sink_takes_it_and_flushed() {
    let world = world();
    let mut written = Vec::new();
    let mut turn = 0;
    let (copied, flushed, events) = copies(&world, |payload| {
        turn += 1;
        match turn % 3 {
            0 => Poll::Pending,
            1 => Poll::Ready(Err(ErrorKind::Interrupted.into())),
            _ => {
                let n = payload.len().min(3);
                written.extend(&payload[..n]);
                Poll::Ready(Ok(n))
            }
        }
    });
    assert_eq!((copied.unwrap(), flushed), (7, 1));
    assert_eq!((written.as_slice(), events.last()), (&b"content"[..], Some(&"data closed")));
}

#[test]
fn a_sink_that_fails_resets_the_download() {
    for (kind, write) in
        [(ErrorKind::StorageFull, Err(ErrorKind::StorageFull)), (ErrorKind::WriteZero, Ok(0))]
    {
        let (copied, flushed, events) = copies(&world(), |_| Poll::Ready(write.map_err(io::Error::from)));
        let error = copied.unwrap_err();
        assert!(matches!(error, Error::Sink(_)), "{error}");
        assert_eq!(io::Error::from(error).kind(), kind);
        assert_eq!((flushed, events.as_slice()), (0, &["data reset"][..]));
    }
}

#[test]
fn after_an_error_a_transfer_stays_at_its_end() {
    fn finished<T: std::fmt::Debug>(result: Result<T, Error>) {
        assert!(matches!(result, Err(Error::Local(Local::Finished))), "{result:?}");
    }
    let refused =
        world().on("RETR", ["550 no".into(), Act::Wait(Default::default())]).on("STOR", ["553 no".into()]);
    let cut = world()
        .on("RETR", ["150 here".into(), Act::Send(b"x".to_vec()), "426 broken".into()])
        .on("STOR", ["150 send".into(), Act::Take(1), "452 full".into()]);
    for world in [refused, cut] {
        let mut driver = open(&world);
        let mut download = Download::new(&mut driver, "file").unwrap();
        let error = loop {
            match world.run(|cx| download.poll_read(&mut [0; 10], cx)) {
                Ok(n) => assert_ne!(n, 0),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, Error::Refused(_)), "{error}");
        for _ in 0..2 {
            finished(world.run(|cx| download.poll_read(&mut [0; 10], cx)));
        }
        drop(download);
        let mut upload = Upload::new(&mut driver, "file").unwrap();
        let error = loop {
            if let Err(error) = world.run(|cx| upload.poll_write(&[7; 100_000], cx)) {
                break error;
            }
        };
        assert!(matches!(error, Error::Refused(_)), "{error}");
        finished(world.run(|cx| upload.poll_write(b"x", cx)));
        finished(world.run(|cx| upload.poll_finish(cx)));
    }
}

#[test]
fn an_operation_that_is_dropped_resets_its_data_connection_at_once() {
    let world = World::new();
    let lines = Act::Send(b"type=file; a\r\n".to_vec());
    world.with(|state| state.server.script.on("MLSD", ["150 here".into(), lines]));
    let mut driver = open(&world);
    let mut running = Running::new(&mut driver, Collect::new(None));
    while world.events().is_empty() && world.run_for(10, |cx| running.poll(cx)).is_pending() {
        if world.heard().iter().any(|line| line == "MLSD") {
            break;
        }
    }
    drop(running);
    assert_eq!(world.events(), ["data reset"]);
    assert_eq!(super::run(&world, &mut driver, ops::size(Argument::new("x").unwrap())).unwrap(), 42);
}

#[test]
fn a_builder_is_made_of_a_url() {
    let url: Url = format!("ftps://us%40er:p%2Fw@{}//out/a%20b", pki::NAME).parse().unwrap();
    assert_eq!(url.path(), b"/out/a b");
    let world = world();
    let mut driver = open_with(&world, &Builder::<Fake>::from_url(&url).tls(world.tls())).unwrap();
    assert_eq!(world.tried()[0].0, "192.0.2.1:990");
    assert_eq!(&world.heard()[..2], ["USER us@er", "PASS p/w"]);
    goes_on(&world, &mut driver);

    let anonymous: Url = format!("ftps://{}/", pki::NAME).parse().unwrap();
    let world = super::world();
    open_with(&world, &Builder::<Fake>::from_url(&anonymous).tls(world.tls())).unwrap();
    assert_eq!(world.heard()[0], "USER anonymous");
}

#[test]
fn the_platforms_certificates_are_read_where_nothing_else_is_given() {
    let world = world();
    let given = super::builder(&world);
    assert!(given.is_prepared());
    let fresh = Builder::<Fake>::new("host");
    assert!(!fresh.is_prepared());
    assert!(fresh.prepare().unwrap().is_prepared());
}
