//! How much memory a listing takes, however long it is.

use allocation_counter::measure;
use ftps_proto::ops::{List, Listed};
use ftps_proto::sim::{Act, Peer};
use ftps_proto::{Channel, End, Input, Need, Progress};

use crate::{SECURE, open};

/// A thousand times as many lines as a socket brings at once.
const TIMES: usize = 1000;
const LINES: usize = 1000;

/// Lists a million entries of which each is dropped. For each its name and its facts are allocated, and nothing else.
fn list(peer: Peer, command: &str, line: fn(usize) -> String) {
    let acts = ["150 here".into(), SECURE, Act::Send(line(0).into_bytes()), "226 done".into()];
    let mut world = open(peer.on(command, acts));
    let mut listing = List::new(None);
    let is_entry = |listed| matches!(listed, Some(Listed::Entry(entry)) if entry.size.is_some());
    let first = world.run(&mut listing).unwrap();
    assert!(is_entry(first));
    let lines: String = (0..LINES).map(line).collect();
    let (mut listed, mut sent) = (0u64, 0);
    let used = measure(|| {
        while listed < (TIMES * LINES) as u64 {
            match world.session.poll(&mut listing, world.now()).unwrap() {
                Progress::Done(found) => {
                    assert!(is_entry(found));
                    listed += 1;
                }
                Progress::Need(Need::Io(io)) if io.data.receive && sent < TIMES => {
                    world.session.handle(Input::Received(Channel::Data, lines.as_bytes()));
                    sent += 1;
                }
                Progress::Need(need) => panic!("{need:?} after {listed}"),
            }
        }
    });
    world.session.handle(Input::Ended(Channel::Data, End::Clean));
    assert_eq!(world.run(&mut listing).unwrap(), None);
    assert!(used.bytes_max < 1 << 20, "{} bytes", used.bytes_max);
    assert!(used.count_total < 2 * listed + 100, "{} allocations", used.count_total);
}

#[test]
fn a_million_entries_of_mlsd_take_less_than_a_mebibyte() {
    list(Peer::polite(), "MLSD", |at| {
        format!(
            "modify=20240102030405;perm=adfrw;size={at};type=file;unique=FD00U{at:X};UNIX.mode=0644; report-{at}.csv\r\n"
        )
    });
}

#[test]
fn a_million_entries_of_list_take_less_than_a_mebibyte() {
    let peer = Peer::polite().instead("FEAT", ["211 none"]).on("SYST", ["215 UNIX Type: L8"]);
    list(peer, "LIST", |at| {
        format!("-rw-r--r--    1 1000     1000     {at:8} Jan 02 2024 report-{at}.csv\r\n")
    });
}
