//! What a session allocates and holds, counted.

use allocation_counter::{AllocationInfo, measure};
use ftps_proto::codec::Argument;
use ftps_proto::ops::{self, List, Listed, Transfer};
use ftps_proto::tls::{Event, LinkNeed};
use ftps_proto::{Channel, Direction, Operation, Progress};

use super::pair::{Pair, payload};
use super::pki::{Pki, stateless};
use super::world::World;

/// How often the link allocates while a command runs. What the server and the net between allocate is not counted.
fn allocations<O: Operation>(world: &mut World, mut op: O) -> u64 {
    let mut count = 0;
    let mut counted = |act: &mut dyn FnMut()| count += measure(act).count_total;
    for _ in 0..20 {
        let mut done = false;
        let mut sends = false;
        counted(&mut || match world.link.poll(&mut op, world.now).unwrap() {
            Progress::Done(_) => done = true,
            Progress::Need(LinkNeed::Io(io)) => sends = io.control.send,
            Progress::Need(need) => panic!("{need:?}"),
        });
        if done {
            return count;
        }
        if sends {
            world.hear(Channel::Control);
            world.answer();
        }
        let mut wire = Vec::new();
        while world.control.server.wants_write() {
            world.control.server.write_tls(&mut wire).unwrap();
        }
        counted(&mut || {
            let space = world.link.space(Channel::Control);
            space[..wire.len()].copy_from_slice(&wire);
            if !wire.is_empty() {
                world.link.received(Channel::Control, wire.len());
            }
        });
    }
    panic!("it does not end")
}

#[test]
fn a_command_allocates_its_record_and_its_replys_text() {
    let mut world = World::open();
    let path = Argument::new("file").unwrap();
    // Buffers are made with the first ones.
    for _ in 0..3 {
        allocations(&mut world, ops::noop());
    }
    for _ in 0..10 {
        // rustls seals each record into a vector of its own.
        assert!(allocations(&mut world, ops::noop()) <= 2);
        let cwd = ops::cwd(path.clone());
        assert!(allocations(&mut world, cwd) <= 2);
    }
}

/// A data connection whose buffers have grown.
fn warm() -> Pair {
    let pki = Pki::new();
    let (session, server) = (pki.session(), pki.server(ftps_proto::tls::Version::Tls13, stateless));
    let mut control = Pair::control(&session, &server);
    let mut data = Pair::data(&session, &mut control, &server);
    fill(&mut data, 1 << 20);
    data.client.seal(&payload(1 << 20)).unwrap();
    data.client.sent(usize::MAX);
    data
}

/// So much goes to the client, which opens it; how that allocates.
fn fill(data: &mut Pair, bytes: usize) -> AllocationInfo {
    use std::io::Write;
    data.server.writer().write_all(&payload(bytes)).unwrap();
    data.draw();
    let wire = std::mem::take(&mut data.to_client);
    let mut rest = &wire[..];
    measure(|| {
        while !rest.is_empty() {
            let space = data.client.space();
            let n = rest.len().min(space.len());
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            data.client.received(n);
            while data.client.process().unwrap() == Event::Plaintext {
                data.client.gather(256 * 1024);
                data.client.consume(usize::MAX);
            }
        }
    })
}

#[test]
fn a_record_that_is_opened_allocates_nothing() {
    let mut data = warm();
    assert_eq!(fill(&mut data, 1 << 20).count_total, 0);
}

#[test]
fn a_record_that_is_sealed_allocates_no_more_than_rustls_does() {
    let mut data = warm();
    let bytes = payload(256 * 1024);
    let info = measure(|| {
        for _ in 0..4 {
            assert_eq!(data.client.seal(&bytes).unwrap(), bytes.len());
            data.client.sent(usize::MAX);
        }
    });
    assert_eq!(info.count_total, 64, "64 records");
}

/// What a link holds, without the configuration that sessions share.
fn held(world: World) -> i64 {
    let World { link, config, .. } = world;
    let freed = measure(|| drop(link)).bytes_current;
    drop(config);
    -freed
}

#[test]
fn a_session_that_is_idle_holds_little() {
    let mut world = World::open();
    world.run(&mut ops::noop());
    let held = held(world);
    assert!((1..=16 * 1024).contains(&held), "{held}");
}

#[test]
fn a_transfer_leaves_no_buffer() {
    let mut world = World::open();
    world.file = Some(payload(1 << 20));
    let mut transfer = world.run(&mut super::world::transfer(Direction::Download));
    while let Progress::Need(LinkNeed::Payload(_)) = world.drive(&mut transfer).unwrap() {
        world.link.consume(usize::MAX);
    }
    world.run(&mut ops::noop());
    let held = held(world);
    assert!((1..=16 * 1024).contains(&held), "{held}");
}

/// Downloads a file; how much room its data connection began with.
fn download(world: &mut World, bytes: usize) -> usize {
    let mut transfer = world.started(Direction::Download);
    let room = world.link.space(Channel::Data).len();
    let side = world.side(Channel::Data);
    side.write(&payload(bytes));
    side.server.send_close_notify();
    while let Progress::Need(LinkNeed::Payload(_)) = world.drive(&mut transfer).unwrap() {
        world.link.consume(usize::MAX);
    }
    world.say("226 sent");
    assert_eq!(world.run(&mut transfer).bytes, bytes as u64);
    room
}

#[test]
fn data_connections_share_buffers_as_long_as_more_follow() {
    let mut world = World::open();
    let first = download(&mut world, 1 << 20);
    assert_eq!(download(&mut world, 1 << 20), first, "nothing is kept that may not be needed");
    world.link.expect_more(true);
    download(&mut world, 1 << 20);
    assert!(download(&mut world, 1 << 20) > 4 * first);
    assert!(download(&mut world, 10) > 4 * first);
    world.link.expect_more(false);
    let held = held(world);
    assert!((1..=16 * 1024).contains(&held), "{held}");
}

#[test]
fn a_listing_of_any_length_takes_bounded_memory() {
    // As many as it takes where the compiler has optimized.
    let entries: usize = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
    let mut world = World::open();
    let mut list = List::new(None);
    assert!(matches!(world.drive(&mut list), Ok(Progress::Need(LinkNeed::Io(_)))));
    world.say("150 here");
    let mut listed = 0;
    let info = measure(|| {
        for from in (0..entries).step_by(1000) {
            let lines: String = (from..from + 1000)
                .map(|at| format!("-rw-r--r-- 1 1000 1000 {at:8} Jan 02 2024 report-{at:07}.csv\r\n"))
                .collect();
            world.side(Channel::Data).write(lines.as_bytes());
            while let Progress::Done(Some(Listed::Entry(_))) = world.drive(&mut list).unwrap() {
                listed += 1;
            }
        }
    });
    assert_eq!(listed, entries);
    assert!(info.bytes_max < 1 << 20, "{}", info.bytes_max);
}

#[test]
fn a_download_is_counted_whole_where_its_records_are_gathered() {
    let mut world = World::open();
    let bytes = payload(300_000);
    world.file = Some(bytes.clone());
    let mut transfer: Transfer = world.run(&mut super::world::transfer(Direction::Download));
    let mut got = Vec::new();
    let mut longest = 0;
    let done = loop {
        match world.drive(&mut transfer).unwrap() {
            Progress::Done(done) => break done,
            Progress::Need(LinkNeed::Payload(_)) => {
                let part = world.link.gather(100_000);
                longest = longest.max(part.len());
                // Some of it, and the rest later.
                let n = part.len().div_ceil(2);
                got.extend_from_slice(&part[..n]);
                world.link.consume(n);
            }
            Progress::Need(need) => panic!("{need:?}"),
        }
    };
    assert!(got == bytes && longest > 16 * 1024, "{longest}");
    assert_eq!(done.bytes, 300_000);
}
