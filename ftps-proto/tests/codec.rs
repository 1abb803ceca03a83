//! The codec from outside: what is written is read again, cuts change nothing, no bytes panic.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in what it calls, too")]

use std::{net::Ipv4Addr, num::NonZeroU16};

use ftps_proto::codec::{
    address::{HostPort, encode_227, encode_229, parse_227, parse_229, parse_eprt, parse_port},
    command::{Argument, Command, Secret, Word},
    entry::{Entry, Kind, Name, Permissions, local_name},
    facts::{encode_facts, parse_facts, parse_mlst},
    features::Features,
    frame::{FrameError, ReplyDecoder, ReplyLimits},
    list::{LineDecoder, Listed, Parser},
    path::{encode_257, parse_257},
    reply::{Code, Reply},
    size::parse_size,
    time::{TimeOfDay, TimeVal, Timestamp},
};
use proptest::{collection::vec, option, prelude::*};

/// All replies in `chunks`, then what is left and the error, if one came.
fn decode<'a>(
    chunks: impl IntoIterator<Item = &'a [u8]>,
    limits: &ReplyLimits,
) -> (Vec<Reply>, Option<usize>, Option<FrameError>) {
    let mut decoder = ReplyDecoder::new(limits.clone());
    let mut replies = Vec::new();
    let mut error = None;
    for chunk in chunks {
        decoder.push(chunk);
        loop {
            match decoder.decode() {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(e) => {
                    error = Some(e);
                    break;
                }
            }
        }
    }
    // After an error nobody asks what is left.
    let left = error.is_none().then(|| decoder.buffered());
    (replies, left, error)
}

fn cuts_change_nothing(bytes: &[u8], limits: &ReplyLimits) {
    let whole = decode([bytes], limits);
    assert_eq!(decode(bytes.chunks(1), limits), whole);
    for at in 0..=bytes.len() {
        assert_eq!(decode([&bytes[..at], &bytes[at..]], limits), whole, "cut at {at}");
    }
}

fn lines<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> (Vec<Vec<u8>>, bool) {
    let mut decoder = LineDecoder::new(limit);
    let mut lines = Vec::new();
    for chunk in chunks {
        decoder.push(chunk);
        loop {
            match decoder.next_line() {
                Ok(Some(line)) => lines.push(line.to_vec()),
                Ok(None) => break,
                Err(_) => return (lines, true),
            }
        }
    }
    match decoder.finish() {
        Ok(last) => lines.extend(last.map(<[u8]>::to_vec)),
        Err(_) => return (lines, true),
    }
    (lines, false)
}

fn code() -> impl Strategy<Value = Code> {
    (100u16..700).prop_map(|code| Code::new(code).unwrap())
}

/// A reply none of whose lines between would be indented.
fn reply() -> impl Strategy<Value = Reply> {
    let byte = prop_oneof![Just(b'\r'), Just(0), Just(0xff), Just(b' '), Just(b'-'), any::<u8>()];
    let line = vec(byte.prop_filter("a line's end", |&b| b != b'\n'), 0..20);
    (code(), vec(line, 1..5)).prop_map(|(code, lines)| Reply::new(code, lines.join(&b'\n'))).prop_filter(
        "a line that would end the reply",
        |reply| {
            let digits = reply.code().to_string();
            !reply.lines().skip(1).any(|line| line.starts_with(digits.as_bytes()))
        },
    )
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    // 0000 to 9999, as a time-val has four digits for it.
    (-62_167_219_200i64..253_402_300_800, 0u32..1_000_000_000).prop_map(|(seconds, nanos)| {
        let stamp = Timestamp::from_unix(seconds).unwrap();
        Timestamp { time: stamp.time.map(|time| TimeOfDay { nanos, ..time }), ..stamp }
    })
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = prop::sample::select(vec![
        Kind::File,
        Kind::Directory,
        Kind::CurrentDirectory,
        Kind::ParentDirectory,
        Kind::Link,
        Kind::Unknown,
    ]);
    let name = vec(any::<u8>(), 1..20)
        .prop_filter("what says more than the fact", |name| name != b"." && name != b"..");
    let facts = vec(("x-[a-z]{1,5}", vec(b'0'..=b'9', 1..5)), 0..3);
    let who = || option::of("[a-z0-9_]{1,8}");
    let of = (kind, option::of(any::<u64>()), option::of(timestamp()), option::of(0u32..0o200_000));
    (name, of, who(), who(), option::of("/[a-z ]{1,8}"), facts).prop_map(
        |(name, (kind, size, modified, mode), owner, group, target, facts)| {
            let mut entry = Entry::new(name, kind);
            entry.size = size;
            entry.modified = modified;
            entry.permissions = mode.map(Permissions::Bits);
            for (name, value) in [("UNIX.ownername", owner), ("UNIX.groupname", group)] {
                value.into_iter().for_each(|value| entry.facts.add(name, value.as_bytes()).unwrap());
            }
            // Spaces are read in the last fact only.
            entry.target = target.filter(|_| kind == Kind::Link).map(|target| {
                let spaces = facts.is_empty() && entry.facts.is_empty();
                Name::from(if spaces { target } else { target.replace(' ', "_") }.as_str())
            });
            facts.iter().for_each(|(name, value)| entry.facts.add(name, value).unwrap());
            entry
        },
    )
}

/// What a stream of replies is made of, good and bad.
const PIECES: &[&[u8]] = &[
    b"220 ",
    b"220-",
    b"221 ",
    b"\r\n",
    b"\n",
    b"\0",
    b"\r",
    b"\xff\xff",
    b"\xff\xfb\x01",
    b"\xff\xfa",
    b"\xff\xf0",
    b"\xff",
    b"x",
    b"HTTP/1.1",
    b"\x15\x03\x01\x00\x02",
];

proptest! {
    #[test]
    fn replies_are_read_as_written(replies in vec(reply(), 1..4)) {
        let mut bytes = Vec::new();
        replies.iter().for_each(|reply| reply.encode(&mut bytes));
        prop_assert_eq!(decode([&bytes[..]], &ReplyLimits::default()), (replies, Some(0), None));
        cuts_change_nothing(&bytes, &ReplyLimits::default());
    }

    #[test]
    fn cuts_change_no_reply(
        bytes in vec(prop::sample::select(PIECES), 0..20),
        line in 10usize..60, lines in 1usize..5, total in 20usize..100,
    ) {
        let mut limits = ReplyLimits::default();
        (limits.line, limits.lines, limits.total) = (line, lines, total);
        cuts_change_nothing(&bytes.concat(), &limits);
        cuts_change_nothing(&bytes.concat(), &ReplyLimits::default());
    }

    #[test]
    fn cuts_change_no_line(bytes in vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b'x')], 0..60)) {
        let whole = lines([&bytes[..]], 5);
        prop_assert_eq!(&lines(bytes.chunks(1), 5), &whole);
        for at in 0..=bytes.len() {
            prop_assert_eq!(&lines([&bytes[..at], &bytes[at..]], 5), &whole);
        }
    }

    #[test]
    fn addresses_are_read_as_written(addr: Ipv4Addr, port: NonZeroU16) {
        let address = HostPort { addr, port };
        prop_assert_eq!(parse_227(encode_227(address).as_bytes()), Ok(address));
        prop_assert_eq!(parse_229(encode_229(port).as_bytes()), Ok(port));
        prop_assert!(parse_229(encode_227(address).as_bytes()).is_err());
        prop_assert!(parse_227(encode_229(port).as_bytes()).is_err());
    }

    #[test]
    fn paths_are_read_as_written(path in vec(prop_oneof![Just(b'"'), 0x20..0x7fu8, 0x80..=0xffu8], 1..30)) {
        let quoted = encode_257(&path);
        prop_assert_eq!(parse_257(&[&quoted[..], b" created"].concat()), Ok(path));
        // No part of it is taken for the whole, but where the cut falls between a name's two quotes.
        for cut in (2..quoted.len()).filter(|&cut| quoted[cut - 1] != b'"') {
            prop_assert!(parse_257(&quoted[..cut]).is_err());
        }
    }

    #[test]
    fn times_are_read_as_written(stamp in timestamp()) {
        prop_assert_eq!(Timestamp::parse(TimeVal(stamp).to_string().as_bytes()), Ok(stamp));
    }

    #[test]
    fn facts_are_read_as_written(entry in entry()) {
        let mut line = Vec::new();
        encode_facts(&entry, &mut line);
        prop_assert_eq!(parse_facts(&line), Ok(entry));
    }

    #[test]
    fn features_are_read_as_written(features in vec(("[A-Z][A-Z0-9-]{0,7}", "([a-zA-Z*;]+( [a-z]+)?)?"), 0..5)) {
        let mut written = Features::default();
        features.into_iter().for_each(|(label, params)| written.push(label, params));
        let reply = written.to_reply(Code::new(211).unwrap());
        let mut bytes = Vec::new();
        reply.encode(&mut bytes);
        let (replies, ..) = decode([&bytes[..]], &ReplyLimits::default());
        prop_assert_eq!(replies.iter().map(Features::parse).collect::<Vec<_>>(), [written]);
    }

    #[test]
    fn a_year_is_never_far_ahead(now in timestamp(), stamp in timestamp()) {
        let found = Timestamp { year: None, ..stamp }.with_year(&now);
        prop_assume!(now.year > Some(10));
        let leap_day = (found.month, found.day) == (2, 29);
        let Some(then) = found.to_unix() else {
            prop_assert!(leap_day);
            return Ok(());
        };
        let ahead = then - now.to_unix().unwrap();
        let most = if leap_day { 183 } else { 1 };
        prop_assert!(ahead <= most * 86_400 + 60, "{found} is {ahead} s after {now}");
        prop_assert!(ahead >= -(367 + 365) * 86_400, "{found} is {ahead} s after {now}");
    }

    #[test]
    fn no_bytes_panic(
        bytes in vec(prop_oneof![any::<u8>(), prop::sample::select(&b" 0123456789,;=|\"-:\r\n\xff"[..])], 0..80),
    ) {
        everything(&bytes);
    }

    #[test]
    fn no_broken_sample_panics(at: prop::sample::Index, cut: prop::sample::Index, byte: u8) {
        let samples = [
            &b"-rw-r--r--   1 500      500            21 Aug  8 14:14 JB3-TES1.gz"[..],
            b"crw-r----- 1 root kmem 0, 27 Jan 30 11:42 kmem",
            "lrw-rw---- 1 a b 0 6月 3日 2003年 試 -> 験".as_bytes(),
            b"drwxr-x---+1464 chrism chrism 41472 2005-04-08 11:22 x",
            b"type=OS.unix=slink:/a b;modify=20141022065102.5;size=18446744073709551615;UNIX.mode=0644; x",
            b"Entering Passive Mode (192,0,2,1,255,255)",
            b"Entering Extended Passive Mode (|||65535|)",
            b"EPRT |2|1080::8:800:200c:417a|5282|",
            b"MFF modify=20141022065102.5;UNIX.mode=0644; x",
            b"ALLO 18446744073709551615 R 7",
            b"220-\"a\"\r\n\xff\xfb\x01b\r\n220 c\r\n",
            b"191001022065102",
        ];
        let mut bytes = at.get(&samples).to_vec();
        let cut = cut.index(bytes.len());
        everything(&bytes[..cut]);
        everything(&bytes[cut..]);
        bytes[cut] = byte;
        everything(&bytes);
    }
}

/// Every parser on the same bytes.
fn everything(bytes: &[u8]) {
    let reply = Reply::new(Code::new(250).unwrap(), bytes);
    let mut out = Vec::new();
    reply.encode(&mut out);
    assert_eq!(decode([&out[..]], &ReplyLimits::default()).0.len(), 1);
    let _ = decode([bytes], &ReplyLimits::default());
    let _ = lines([bytes], 20);
    let _ = (Command::decode(bytes), Command::parse(bytes), Argument::new(bytes), Secret::new(bytes).is_ok());
    let _ = (parse_eprt(bytes), parse_port(bytes), Word::new(bytes));
    let _ =
        (parse_227(bytes), parse_229(bytes), parse_257(bytes), parse_size(bytes), Timestamp::parse(bytes));
    let _ = (Features::parse(&reply), parse_mlst(&reply), local_name(bytes));
    for entry in [parse_facts(bytes).ok(), list_entry(bytes)].into_iter().flatten() {
        assert!(!entry.name.as_bytes().is_empty());
        let mut line = Vec::new();
        encode_facts(&entry, &mut line);
        let _ = format!("{entry:?} {} {:?}", entry.name, entry.name.local());
    }
}

fn list_entry(line: &[u8]) -> Option<Entry> {
    match Parser::new().line(line).next() {
        Some(Listed::Entry(entry)) => Some(entry),
        _ => None,
    }
}

#[test]
fn many_replies_a_byte_at_a_time_cost_no_more_than_they_must() {
    // Quadratic work on this would take minutes.
    let reply = [&b"220-"[..], &b"x".repeat(1000), b"\r\n", &b" y\r\n".repeat(10_000), b"220 z\r\n"].concat();
    let bytes = reply.repeat(20);
    assert_eq!(decode(bytes.chunks(1), &ReplyLimits::default()).0.len(), 20);
    assert_eq!(lines(bytes.chunks(1), 2000).0.len(), 20 * 10_002);
    let small = b"200 ok\r\n".repeat(100_000);
    assert_eq!(decode([&small[..]], &ReplyLimits::default()).0.len(), 100_000);
}
