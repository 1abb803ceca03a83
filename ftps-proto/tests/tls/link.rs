//! The session and its engines together: what is told in one turn.

use std::io::{Read, Write};
use std::time::Duration;

use ftps_proto::ops::{self, List, Listed, Open};
use ftps_proto::tls::LinkNeed;
use ftps_proto::{Channel, Close, Direction, Error, Flow, Instant, Progress, Security};
use proptest::prelude::*;
use rustls::ServerConnection;

use super::pair::payload;
use super::pki::{BOTH, Pki};
use super::world::{World, link, link_with, looks, transfer};

#[test]
fn an_upload_whose_confirmation_comes_in_the_turn_that_ends_it() {
    let mut world = World::open();
    let mut transfer = world.started(Direction::Upload);
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(LinkNeed::Payload(_)))));
    assert_eq!(world.link.supply(b"all of it"), 9);
    transfer.finish();
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(LinkNeed::Io(_)))));
    world.hear(Channel::Data);
    world.side(Channel::Data).server.send_close_notify();
    world.say("226 stored");
    world.tell(Channel::Data);
    world.tell(Channel::Control);
    assert_eq!(world.run(&mut transfer).reply.code(), 226);
    world.run(&mut ops::noop());
}

#[test]
fn what_has_come_is_heard_before_the_failure_of_what_was_to_go() {
    let mut world = World::open();
    let mut noop = ops::noop();
    assert!(matches!(world.poll(&mut noop), Ok(Progress::Need(LinkNeed::Io(_)))));
    world.say("421 Timeout.");
    world.tell(Channel::Control);
    world.link.failed(Channel::Control, "broken pipe");
    let error = world.poll(&mut noop).unwrap_err();
    assert_eq!(error.code().unwrap(), 421, "{error}");
}

#[test]
fn no_payload_is_taken_but_when_it_may_move() {
    let mut world = World::open();
    let mut upload = world.asked(Direction::Upload);
    assert_eq!(world.link.supply(b"before its 1xx"), 0);
    world.say("150 send");
    let mut transfer = world.run(&mut upload);
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(LinkNeed::Payload(_)))));
    transfer.finish();
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(LinkNeed::Io(_)))));
    assert_eq!(world.link.supply(b"after its end"), 0);
    world.hear(Channel::Data);
    assert!(matches!(
        world.poll(&mut transfer),
        Ok(Progress::Need(LinkNeed::Close(Channel::Data, Close::Write)))
    ));
    world.say("226 stored");
    assert_eq!(world.run(&mut transfer).reply.code(), 226);
}

#[test]
fn no_payload_is_handed_to_what_only_begins_a_transfer() {
    let mut world = World::open();
    let mut download = world.asked(Direction::Download);
    world.side(Channel::Data).write(b"before its 1xx");
    world.tell(Channel::Data);
    assert!(matches!(world.poll(&mut download), Ok(Progress::Need(LinkNeed::Io(_)))));
    world.link.failed(Channel::Data, "connection reset");
    world.say("150 here");
    world.tell(Channel::Control);
    // The server's word is waited for, with a deadline: nobody would take the payload.
    let Ok(Progress::Need(LinkNeed::Io(io))) = world.poll(&mut download) else { panic!("it spins") };
    assert!(io.deadline.is_some());
    world.say("426 reset");
    world.tell(Channel::Control);
    let error = world.poll(&mut download).unwrap_err();
    assert_eq!(error.code().unwrap(), 426, "{error}");
}

#[test]
fn a_record_that_takes_long_is_no_silence() {
    let mut world = World::open();
    let mut download = world.started(Direction::Download);
    world.side(Channel::Data).write(&payload(16 * 1024));
    world.cuts = vec![4000];
    for _ in 0..4 {
        assert!(matches!(world.poll(&mut download), Ok(Progress::Need(LinkNeed::Io(_)))));
        world.now = world.now + Duration::from_secs(50);
        assert!(matches!(world.poll(&mut download), Ok(Progress::Need(LinkNeed::Io(_)))));
        assert!(world.tell(Channel::Data));
    }
    world.tell(Channel::Data);
    assert!(matches!(world.poll(&mut download), Ok(Progress::Need(LinkNeed::Payload(_)))));
}

#[test]
fn a_record_that_takes_long_to_leave_is_no_silence() {
    let mut world = World::open();
    let mut upload = world.started(Direction::Upload);
    assert!(matches!(world.poll(&mut upload), Ok(Progress::Need(LinkNeed::Payload(_)))));
    world.link.supply(&payload(16 * 1024));
    world.link.flush();
    assert!(!world.link.is_flushed());
    world.cuts = vec![4000];
    for _ in 0..4 {
        assert!(world.waits(&mut upload).data.send);
        world.now = world.now + Duration::from_secs(50);
        assert!(world.waits(&mut upload).data.send);
        assert!(world.hear(Channel::Data));
    }
    assert!(world.hear(Channel::Data));
    assert!(world.link.is_flushed());
    assert!(matches!(world.poll(&mut upload), Ok(Progress::Need(LinkNeed::Payload(_)))));
}

#[test]
fn a_listing_is_read_to_the_end_of_what_has_come() {
    let mut world = World::open();
    let mut list = List::new(None);
    assert!(matches!(world.drive(&mut list), Ok(Progress::Need(LinkNeed::Io(_)))));
    // A line in two records, and all of it before the word that the listing begins.
    let data = world.side(Channel::Data);
    data.write(b"-rw-r--r-- 1 u g 5 Jan 1 2024 ");
    data.write(b"a\r\n");
    world.tell(Channel::Data);
    assert!(!world.waits(&mut list).data.receive);
    assert_eq!(world.link.session().moved(), 0, "of a listing that may yet be refused");
    world.say("150 here");
    world.tell(Channel::Control);
    assert!(matches!(world.poll(&mut list), Ok(Progress::Done(Some(Listed::Entry(_))))));
}

#[test]
fn a_transfer_begins_once_the_last_of_the_handshake_has_left() {
    let mut world = World::open();
    let mut download = world.connected();
    world.hear(Channel::Data);
    world.say("150 here");
    world.tell(Channel::Control);
    world.tell(Channel::Data);
    assert!(world.waits(&mut download).data.send);
    world.hear(Channel::Data);
    assert!(matches!(world.poll(&mut download), Ok(Progress::Done(_))));
}

#[test]
fn a_listing_is_told_as_its_records_come() {
    let mut world = World::open();
    let mut list = List::new(None);
    assert!(matches!(world.drive(&mut list), Ok(Progress::Need(LinkNeed::Io(_)))));
    world.say("150 here");
    world.tell(Channel::Control);
    world.waits(&mut list);
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
    for _ in 0..3 {
        world.side(Channel::Data).write(line);
    }
    world.tell(Channel::Data);
    for told in 1..=3 {
        assert!(matches!(world.poll(&mut list), Ok(Progress::Done(Some(Listed::Entry(_))))));
        assert_eq!(world.link.session().moved(), told * line.len() as u64);
    }
}

#[test]
fn nothing_more_is_received_before_what_came_is_taken() {
    let mut world = World::open();
    let mut download = world.started(Direction::Download);
    assert!(world.waits(&mut download).data.receive);
    world.side(Channel::Data).write(b"payload");
    world.tell(Channel::Data);
    for taken in [3, 4] {
        let Ok(Progress::Need(LinkNeed::Payload(io))) = world.poll(&mut download) else { panic!("it waits") };
        assert!(!io.data.receive);
        world.link.consume(taken);
    }
    assert!(world.waits(&mut download).data.receive);
}

#[test]
fn nothing_is_asked_of_a_connection_that_failed() {
    let mut world = World::open();
    let mut upload = world.started(Direction::Upload);
    assert!(matches!(world.poll(&mut upload), Ok(Progress::Need(LinkNeed::Payload(_)))));
    world.link.supply(b"some of it");
    world.link.failed(Channel::Data, "connection reset");
    assert_eq!(world.waits(&mut upload).data, Flow::default());
    world.say("426 reset");
    world.tell(Channel::Control);
    let error = world.poll(&mut upload).unwrap_err();
    assert_eq!(error.code().unwrap(), 426, "{error}");
}

#[test]
fn nothing_is_asked_of_a_connection_that_was_reset() {
    let mut world = World::open();
    let mut upload = world.started(Direction::Upload);
    assert!(matches!(world.poll(&mut upload), Ok(Progress::Need(LinkNeed::Payload(_)))));
    world.link.supply(b"some of it");
    drop(upload);
    let mut noop = ops::noop();
    assert!(matches!(
        world.poll(&mut noop),
        Ok(Progress::Need(LinkNeed::Close(Channel::Data, Close::Reset)))
    ));
    assert_eq!(world.waits(&mut noop).data, Flow::default());
}

#[test]
fn what_is_given_up_is_reset_but_in_its_handshake() {
    let mut world = World::open();
    let mut upload = world.started(Direction::Upload);
    assert!(matches!(world.poll(&mut upload), Ok(Progress::Need(LinkNeed::Payload(_)))));
    world.link.supply(b"some of it");
    assert!(world.link.abandon());
    assert!(world.link.outgoing(Channel::Data).is_empty());
    world.run(&mut ops::noop());

    world.connected();
    assert!(!world.link.abandon());
    world.run(&mut ops::noop());
    assert!(!world.side(Channel::Data).server.is_handshaking());
}

#[test]
fn an_end_without_close_notify_is_told() {
    let mut world = World::open();
    let mut download = world.started(Direction::Download);
    world.side(Channel::Data).write(b"half");
    world.tell(Channel::Data);
    world.link.received(Channel::Data, 0);
    assert!(matches!(world.poll(&mut download), Ok(Progress::Need(LinkNeed::Payload(_)))));
    world.link.consume(4);
    assert!(!world.waits(&mut download).data.receive);
    world.say("226 sent");
    world.tell(Channel::Control);
    assert!(matches!(world.poll(&mut download), Err(Error::Truncated { bytes: 4, reply: Some(_) })));
    world.link.received(Channel::Control, 0);
    let error = world.poll(&mut ops::noop()).unwrap_err();
    assert!(matches!(error, Error::Closed { .. }), "{error}");
}

#[test]
fn a_port_that_cannot_be_reached_is_asked_for_once_more_and_told() {
    let mut world = World::open();
    world.reachable = false;
    let error = world.drive(&mut transfer(Direction::Download)).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, failure: Some(_), .. }), "{error}");
    world.run(&mut ops::noop());
}

#[test]
fn what_is_said_before_tls_moves_as_the_sockets_take_it() {
    let mut link = link_with(&Pki::new().client().build().unwrap(), Security::Explicit);
    let mut open = Open::new();
    for (said, command) in
        [(&b"220 ready\r\n"[..], &b"AUTH TLS\r\n"[..]), (b"504 what?\r\n", b"AUTH SSL\r\n")]
    {
        for byte in said {
            let need = link.poll(&mut open, Instant::default()).unwrap();
            assert!(
                matches!(need, Progress::Need(LinkNeed::Io(io)) if io.control.receive && !io.control.send)
            );
            link.space(Channel::Control)[0] = *byte;
            link.received(Channel::Control, 1);
        }
        let mut heard = Vec::new();
        for part in command.chunks(3) {
            let mut need = link.poll(&mut open, Instant::default()).unwrap();
            if matches!(need, Progress::Need(LinkNeed::Io(io)) if looks(io)) {
                need = link.poll(&mut open, Instant::default()).unwrap();
            }
            assert!(matches!(need, Progress::Need(LinkNeed::Io(io)) if io.control.send));
            heard.extend_from_slice(&link.outgoing(Channel::Control)[..part.len()]);
            link.sent(Channel::Control, part.len());
        }
        assert_eq!(heard, command);
    }
    // The server leaves.
    link.received(Channel::Control, 0);
    let error = link.poll(&mut open, Instant::default()).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn how_bytes_are_cut_changes_nothing(
        cuts in prop::collection::vec(prop_oneof![1..50usize, 1..40_000usize], 1..20),
        size in prop_oneof![0..100usize, 0..200_000usize],
        version in prop::sample::select(&BOTH[..]),
        upload in any::<bool>(),
    ) {
        let mut world = World::cut(version, cuts);
        let file = payload(size);
        for _ in 0..2 {
            world.file = Some(file.clone());
            world.data = None;
            let direction = if upload { Direction::Upload } else { Direction::Download };
            let mut transfer = world.run(&mut transfer(direction));
            let (mut received, mut left) = (Vec::new(), &file[..]);
            let done = loop {
                match world.drive(&mut transfer).unwrap() {
                    Progress::Done(done) => break done,
                    Progress::Need(LinkNeed::Payload(_)) if upload && left.is_empty() => transfer.finish(),
                    Progress::Need(LinkNeed::Payload(_)) if upload => {
                        let n = world.some(left.len());
                        left = &left[world.link.supply(&left[..n])..];
                    }
                    Progress::Need(LinkNeed::Payload(_)) => {
                        let n = world.some(world.link.payload().len());
                        received.extend_from_slice(&world.link.payload()[..n]);
                        world.link.consume(n);
                    }
                    Progress::Need(need) => panic!("{need:?}"),
                }
            };
            prop_assert_eq!((done.bytes, done.resumed, done.reply.code().get()), (size as u64, true, 226));
            let side = world.side(Channel::Data);
            prop_assert!(side.closed);
            let moved = if upload { std::mem::take(&mut side.got) } else { received };
            prop_assert!(file == moved);
        }
    }
}

#[test]
fn a_greeting_that_comes_with_the_last_of_the_handshake_is_heard() {
    let pki = Pki::new();
    for version in BOTH {
        let mut link = link(&pki.client().build().unwrap());
        let mut server = ServerConnection::new(pki.server(version, |_| {})).unwrap();
        let mut open = Open::new();
        let mut greeted = false;
        let mut heard = Vec::new();
        // More turns than the handshake has flights.
        for _ in 0..10 {
            let need = link.poll(&mut open, Instant::default()).unwrap();
            assert!(matches!(need, Progress::Need(LinkNeed::Io(_))), "{need:?}");
            let mut sent = link.outgoing(Channel::Control);
            while !sent.is_empty() {
                server.read_tls(&mut sent).unwrap();
                server.process_new_packets().unwrap();
            }
            link.sent(Channel::Control, usize::MAX);
            // Under TLS 1.2 its Finished, which is the last, has not been written yet.
            if !server.is_handshaking() && !greeted {
                server.writer().write_all(b"220 welcome\r\n").unwrap();
                greeted = true;
            }
            let mut flight = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut flight).unwrap();
            }
            if !flight.is_empty() {
                link.space(Channel::Control)[..flight.len()].copy_from_slice(&flight);
                link.received(Channel::Control, flight.len());
            }
            let mut buffer = [0; 64];
            if let Ok(n) = server.reader().read(&mut buffer) {
                heard.extend_from_slice(&buffer[..n]);
            }
        }
        assert_eq!(heard, b"USER anna\r\n", "{version:?}");
    }
}
