//! Listings as a whole.

use ftps_proto::ops::Collect;
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{End, Error, Remote, ops};

use crate::{SECURE, config, open};

fn lists(text: &str) -> Peer {
    let end = Act::End(End::Clean);
    Peer::polite().on("MLSD", ["150 here".into(), SECURE, Act::Send(text.into()), end, "226 done".into()])
}

#[test]
fn entries_come_in_their_order() {
    let mut world = open(lists("type=cdir; .\r\ntype=file;size=5; b\r\n\r\ntype=dir; a\r\n"));
    let entries = world.run(&mut Collect::new(None)).unwrap();
    assert!(entries.iter().map(|entry| entry.name.to_string()).eq(["b", "a"]));
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn no_entry_is_lost_in_silence() {
    for (text, line, count, words) in [
        (
            "type=file; a\r\nbad\x1b\r\n",
            "bad\\u{1b}",
            1,
            "a line of the listing cannot be read: \"bad\\u{1b}\"",
        ),
        ("x\r\ntype=file; a\r\ny\r\nz", "x", 3, "3 lines of the listing cannot be read, the first is \"x\""),
    ] {
        let mut world = open(lists(text));
        let error = world.run(&mut Collect::new(None)).unwrap_err();
        assert_eq!(error.to_string(), words);
        let Error::Unparsed { line: told, count: many } = error else { panic!("{error}") };
        assert_eq!((told.to_string().as_str(), many), (line, count));
        // The listing itself came to its end.
        world.run(&mut ops::noop()).unwrap();
        assert!(!world.heard().any(|line| line == "ABOR"));
    }
}

#[test]
fn a_listing_that_is_kept_has_a_limit_in_bytes() {
    let facts = "x=yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy;".repeat(60);
    let text = format!("{facts} name\r\n").repeat(50);
    for (limit, fits) in [(10_000, false), (100_000, false), (200_000, true)] {
        let mut config = config();
        config.limits.listing = limit;
        let mut world = World::with_config(lists(&text), config);
        world.open().unwrap();
        match world.run(&mut Collect::new(None)) {
            Ok(entries) => assert!(fits && entries.len() == 50),
            Err(Error::Remote(Remote::TooMany(what))) => {
                assert!(!fits);
                assert_eq!(what, "entries for a listing that is kept as a whole");
            }
            Err(error) => panic!("{error}"),
        }
    }
}
