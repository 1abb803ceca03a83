//! The codec from outside: what is written is read again, cuts change nothing, no bytes panic, and the
//! samples of `data/listings` read as they should.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in what it calls, too")]

use std::{fmt::Write as _, net::Ipv4Addr, num::NonZeroU16};

use ftps_proto::codec::{
    address::{HostPort, encode_227, encode_229, parse_227, parse_229, parse_eprt, parse_port},
    command::{Argument, Command, Secret, Word},
    entry::{Entry, Kind, Mode, Name, local_name},
    facts::{encode_facts, parse_facts, parse_mlst},
    features::Features,
    frame::{FrameError, ReplyDecoder, ReplyLimits},
    list::{LineDecoder, ListLine, parse_list_line},
    path::{encode_257, parse_257},
    reply::{Code, Reply},
    size::parse_size,
    time::{TimeOfDay, TimeVal, Timestamp},
};
use proptest::{collection::vec, option, prelude::*};
use serde_json::Value;

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
            entry.mode = mode.map(Mode::Bits);
            entry.owner = owner;
            entry.group = group;
            // Spaces are read in the last fact only.
            entry.target = target.filter(|_| kind == Kind::Link).map(|target| {
                Name::from(if facts.is_empty() { target } else { target.replace(' ', "_") }.as_str())
            });
            entry.facts = facts;
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
        let ahead = found.to_unix().unwrap() - now.to_unix().unwrap();
        prop_assert!(ahead <= 86_400 + 60, "{found} is {ahead} s after {now}");
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
    match parse_list_line(line) {
        ListLine::Entry(entry) => Some(entry),
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

// The samples of data/listings.

fn samples(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/listings/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// `2020-08-08T14:14`, as exact as it is.
fn stamp(stamp: Timestamp, now: Option<&str>) -> String {
    let stamp = match now {
        Some(now) => {
            let digits: String = now.chars().filter(char::is_ascii_digit).collect();
            stamp.with_year(&Timestamp::parse(digits.as_bytes()).unwrap())
        }
        None => stamp,
    };
    let mut text = format!("{:04}-{:02}-{:02}", stamp.year.unwrap(), stamp.month, stamp.day);
    if let Some(time) = stamp.time {
        write!(text, "T{:02}:{:02}", time.hour, time.minute).unwrap();
        if let Some(second) = time.second {
            write!(text, ":{second:02}").unwrap();
        }
        if time.nanos > 0 {
            write!(text, ".{:03}", time.nanos / 1_000_000).unwrap();
        }
    }
    text
}

/// What a sample expects, of an entry; only what the sample asks for.
fn compare(entry: &Entry, expect: &Value, now: Option<&str>, ask_target: bool) {
    let text = |bytes: &Name| Value::from(bytes.to_str().unwrap());
    let own = matches!(entry.kind, Kind::CurrentDirectory | Kind::ParentDirectory);
    for (key, wanted) in expect.as_object().unwrap() {
        let found = match key.as_str() {
            "name" => text(&entry.name),
            "kind" => match entry.kind {
                Kind::File => "file".into(),
                Kind::Link => "link".into(),
                Kind::Other => "other".into(),
                Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory => "dir".into(),
                _ => Value::Null,
            },
            "size" => entry.size.into(),
            "modified" => entry.modified.map(|modified| stamp(modified, now)).into(),
            "permissions" => entry.mode.map(|mode| mode.to_string()).into(),
            "owner" => entry.owner.clone().into(),
            "group" => entry.group.clone().into(),
            "target" if ask_target => entry.target.as_ref().map(text).into(),
            // A path for a name is the caller's to judge.
            "skip" if !entry.name.as_bytes().starts_with(b"/") => own.into(),
            "fact_type" => match entry.kind {
                Kind::CurrentDirectory => "cdir".into(),
                Kind::ParentDirectory => "pdir".into(),
                _ => Value::Null,
            },
            "unique" => {
                entry.fact("unique").map(|unique| String::from_utf8_lossy(unique).into_owned()).into()
            }
            "target" | "skip" | "links" => continue,
            other => panic!("the samples have a new key {other}"),
        };
        assert_eq!(&found, wanted, "{key} of {expect}");
    }
    if !expect.as_object().unwrap().contains_key("kind") {
        assert_eq!(entry.kind, Kind::Unknown, "{expect}");
    }
}

/// The lines of a sample, or of its listing.
fn sample_lines(sample: &Value) -> Vec<Vec<u8>> {
    match sample["listing"].as_str() {
        Some(listing) => lines([listing.as_bytes()], 1000).0,
        None => {
            sample["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().into()).collect()
        }
    }
}

#[test]
fn list_samples() {
    let mut entries = 0;
    for sample in samples("unix").into_iter().chain(samples("unknown")) {
        let now = sample["now"].as_str();
        let found: Vec<_> = sample_lines(&sample).iter().map(|line| parse_list_line(line)).collect();
        let expect = match (&sample["entries"], &sample["expect"], sample["reject"].as_str()) {
            (Value::Array(expect), ..) => expect.clone(),
            (_, Value::Null, Some("strict")) => continue,
            (_, Value::Null, Some("ignore")) => {
                assert_eq!(found, [ListLine::Ignored], "{sample}");
                continue;
            }
            (_, Value::Null, _) => {
                assert!(matches!(found[..], [ListLine::Unparsed(_)]), "{sample}");
                continue;
            }
            (_, expect, _) => vec![expect.clone()],
        };
        assert!(!found.iter().any(|line| matches!(line, ListLine::Unparsed(_))), "{sample}");
        let found: Vec<_> = found
            .iter()
            .filter_map(|line| if let ListLine::Entry(e) = line { Some(e) } else { None })
            .collect();
        assert_eq!(found.len(), expect.len(), "{sample}");
        found.iter().zip(&expect).for_each(|(entry, expect)| compare(entry, expect, now, true));
        entries += found.len();
    }
    assert_eq!(entries, 78 + 8);
}

#[test]
fn mlsx_samples() {
    let mut entries = 0;
    for sample in samples("mlsx") {
        let lines = sample_lines(&sample);
        if sample["context"] == "mlst-reply" {
            let text = [&b"Listing"[..], &lines.join(&b'\n'), b"End"].join(&b'\n');
            let entry = parse_mlst(&Reply::new(Code::new(250).unwrap(), text)).unwrap();
            compare(&entry, &sample["expect"], None, true);
            entries += 1;
            continue;
        }
        let found: Vec<_> = lines.iter().map(|line| parse_facts(line)).collect();
        let expect = match (&sample["entries"], &sample["expect"], sample["reject"].as_str()) {
            (Value::Array(expect), ..) => expect.clone(),
            (_, Value::Null, Some("date")) => {
                assert_eq!(found[0].as_ref().unwrap().modified, None, "{sample}");
                continue;
            }
            // We do without the last semicolon.
            (_, Value::Null, _) if lines[0].ends_with(b"semicolon") => {
                assert!(found[0].as_ref().unwrap().name.as_bytes().ends_with(b"semicolon"));
                continue;
            }
            (_, Value::Null, _) => {
                assert!(found[0].is_err(), "{sample}");
                continue;
            }
            (_, expect, _) => vec![expect.clone()],
        };
        assert_eq!(found.len(), expect.len(), "{sample}");
        // This kind of link has its target in another entry.
        let ask_target = !sample.to_string().contains("=symlink");
        for (entry, expect) in found.iter().zip(&expect) {
            compare(entry.as_ref().unwrap(), expect, None, ask_target);
            entries += 1;
        }
    }
    assert_eq!(entries, 37 + 11);
}
