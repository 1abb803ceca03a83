//! Listings from outside: the samples of `data/listings` read as they should, whole and broken, and what servers write is
//! read again.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking, in what it calls, too")]

use std::fmt::Write as _;

use ftps_proto::codec::{
    entry::{Entry, Kind, Name, Permissions},
    facts::parse_mlst,
    list::{DateOrder, Family, LineDecoder, Listed, Parser},
    reply::{Code, Reply},
    time::{TimeOfDay, Timestamp},
};
use proptest::{collection::vec, prelude::*};
use serde_json::Value;

/// The files of samples, and what they are read as.
const FILES: [(&str, Option<Family>); 12] = [
    ("dos", Some(Family::Dos)),
    ("enterprise_unix", Some(Family::Enterprise)),
    ("hostedftp", Some(Family::Unix)),
    ("macos_peter", Some(Family::MacOs)),
    ("mlsx", Some(Family::Facts)),
    ("mvs", Some(Family::Zos)),
    ("netware", Some(Family::NetWare)),
    ("os2", Some(Family::Os2)),
    ("os400", Some(Family::IbmI)),
    ("unix", Some(Family::Unix)),
    ("unknown", None),
    ("vms", Some(Family::OpenVms)),
];

fn samples(file: &str) -> Vec<Value> {
    let path = format!("{}/tests/data/listings/{file}.jsonl", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn text(sample: &Value, key: &str) -> Option<String> {
    sample[key].as_str().map(String::from)
}

/// `2020-06-15T12:00:00Z`
fn moment(text: &str) -> Timestamp {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    Timestamp::parse(digits.as_bytes()).unwrap()
}

/// The lines of a sample, or of its listing.
fn lines(sample: &Value) -> Vec<Vec<u8>> {
    let hex = |text: &str| {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let listing = match (text(sample, "listing"), text(sample, "listing_hex")) {
        (Some(listing), _) => listing.into_bytes(),
        (_, Some(listing)) => hex(&listing),
        _ => {
            return sample["lines"]
                .as_array()
                .unwrap()
                .iter()
                .map(|line| line.as_str().unwrap().into())
                .collect();
        }
    };
    let mut decoder = LineDecoder::new(1000);
    decoder.push(&listing);
    let mut lines = Vec::new();
    while let Some(line) = decoder.next_line().unwrap() {
        lines.push(line.to_vec());
    }
    lines.extend(decoder.finish().unwrap().map(<[u8]>::to_vec));
    lines
}

/// A parser with what the sample says of its server.
fn parser(sample: &Value, family: Option<Family>) -> Parser {
    let mut parser = Parser::new();
    let layout = text(sample, "layout");
    match (family, layout.as_deref()) {
        // A line alone could be of anything; its server says what it is.
        (Some(Family::Zos), Some("unix")) | (None, Some(_)) => {
            parser = parser.with_system(b"MVS is the operating system")
        }
        (Some(family), _) => parser = parser.with_family(family),
        (None, None) => {}
    }
    if let Some(now) = text(sample, "now") {
        parser = parser.with_now(moment(&now));
    }
    if let Some(path) = text(sample, "listed") {
        parser = parser.with_path(path.as_bytes());
    }
    match text(sample, "date_format").as_deref() {
        Some("yy/MM/dd") => parser = parser.with_date_order(DateOrder::YearMonthDay),
        Some("MM/dd/yy") => parser = parser.with_date_order(DateOrder::MonthDayYear),
        Some("dd.MM.yy") => parser = parser.with_date_order(DateOrder::DayMonthYear),
        _ => {}
    }
    // The heading tells the layout.
    let heading = match layout.as_deref() {
        Some("dataset") => "Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname",
        Some("member") => "Name      VV.MM   Created       Changed      Size  Init   Mod   Id",
        Some("jes2") => "JOBNAME  JOBID    OWNER    STATUS CLASS",
        _ => return parser,
    };
    assert_eq!(parser.line(heading.as_bytes()).count(), 0);
    parser
}

fn read(mut parser: Parser, lines: &[Vec<u8>]) -> (Vec<Entry>, Vec<Vec<u8>>) {
    let (mut entries, mut unparsed) = (Vec::new(), Vec::new());
    let mut found: Vec<_> = lines.iter().flat_map(|line| parser.line(line)).collect();
    found.extend(parser.finish());
    for listed in found {
        match listed {
            Listed::Entry(entry) => entries.push(entry),
            Listed::Unparsed(line) => unparsed.push(line),
        }
    }
    (entries, unparsed)
}

/// `2020-08-08T14:14`, as exact as it is.
fn stamp(stamp: Timestamp) -> Option<String> {
    let mut text = format!("{:04}-{:02}-{:02}", stamp.year?, stamp.month, stamp.day);
    if let Some(time) = stamp.time {
        write!(text, "T{:02}:{:02}", time.hour, time.minute).unwrap();
        if let Some(second) = time.second {
            write!(text, ":{second:02}").unwrap();
        }
        if time.nanos > 0 {
            write!(text, ".{:03}", time.nanos / 1_000_000).unwrap();
        }
    }
    Some(text)
}

/// The text of a name in the sample's encoding.
#[cfg(feature = "encoding_rs")]
fn decoded(name: &Name, sample: &Value) -> Option<String> {
    let encoding = ftps_proto::codec::Encoding::for_label(sample["encoding"].as_str()?).unwrap();
    Some(String::from_utf8(encoding.text(name.as_bytes()).into_owned()).unwrap())
}

#[cfg(not(feature = "encoding_rs"))]
fn decoded(_: &Name, _: &Value) -> Option<String> {
    None
}

/// What a sample expects of an entry; only what the sample asks for.
fn compare(entry: &Entry, expect: &Value, sample: &Value) {
    // A name in another charset than UTF-8 is compared where that can be decoded, or is ISO 8859-1.
    let name = |name: &Name| match (decoded(name, sample), name.to_str()) {
        (Some(name), _) => Value::from(name),
        (None, Some(name)) => Value::from(name),
        (None, None) => Value::from(name.as_bytes().iter().map(|&b| char::from(b)).collect::<String>()),
    };
    let fact =
        |label: &str| Value::from(entry.fact(label).map(|fact| String::from_utf8_lossy(fact).into_owned()));
    let is_own = matches!(entry.kind, Kind::CurrentDirectory | Kind::ParentDirectory);
    for (key, wanted) in expect.as_object().unwrap() {
        let found = match key.as_str() {
            "name" if sample["encoding"] == "shift_jis" && cfg!(not(feature = "encoding_rs")) => continue,
            "name" => name(&entry.name),
            "kind" => match entry.kind {
                Kind::File => "file".into(),
                Kind::Link => "link".into(),
                Kind::Other => "other".into(),
                Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory => "dir".into(),
                _ => Value::Null,
            },
            "size" => entry.size.into(),
            "modified" => entry.modified.and_then(stamp).into(),
            "permissions" => {
                match (entry.permissions, wanted.as_str().map(|mode| u32::from_str_radix(mode, 8))) {
                    (Some(Permissions::Bits(bits)), Some(Ok(wanted))) => {
                        assert_eq!(bits, wanted, "{key} of {sample}");
                        continue;
                    }
                    (mode, _) => mode.map(|mode| mode.to_string()).into(),
                }
            }
            "owner" => entry.owner().map(String::from).into(),
            "group" => entry.group().map(String::from).into(),
            // This kind of link has its target in another entry.
            "target" if sample.to_string().contains("=symlink") => continue,
            "target" => entry.target.as_ref().map(name).into(),
            // A path for a name is the caller's to judge.
            "skip" if entry.name.as_bytes().starts_with(b"/") => continue,
            "skip" => is_own.into(),
            "fact_type" => match entry.kind {
                Kind::CurrentDirectory => "cdir".into(),
                Kind::ParentDirectory => "pdir".into(),
                _ => Value::Null,
            },
            "unique" => fact("unique"),
            "rights" => fact("NetWare.rights"),
            "version" => {
                assert_eq!(fact("VMS.version"), wanted.to_string(), "{key} of {sample}");
                continue;
            }
            "links" | "name_trimmed" => continue,
            other => panic!("the samples have a new key {other}"),
        };
        assert_eq!(&found, wanted, "{key} of {sample}");
    }
    if !expect.as_object().unwrap().contains_key("kind") {
        assert_eq!(entry.kind, Kind::Unknown, "{sample}");
    }
}

/// What is read of samples that another reader is too strict for, each argued in `data/listings/README.md`.
const READ: [(&str, Option<u64>, Option<&str>); 6] = [
    ("RPGUNITC1.FILE", None, Some("2004-03-18T13:18:19")),
    ("RPGUNITC1.FILE/RUCALLTST.MBR", Some(135_168), Some("2004-03-18T13:18:19")),
    ("RPGUNITC1.FILE/RUCALLTST.MBR", Some(135_168), None),
    ("RPGUNITC1.FILE/RUCALLTST.MBR", None, Some("2004-03-18T13:18:19")),
    ("zxJDBC-2.0.1b1.zip", Some(190_144), Some("2001-04-27")),
    ("readme", Some(422), Some("2020-03-24T14:06")),
];

/// Whether a sample that asks for strictness gets it.
fn is_strict(sample: &Value) -> bool {
    ["folder", "rsa", "dir", "GROUP-1", "RWED2"].iter().any(|word| sample["lines"].to_string().contains(word))
}

/// Whether a sample is an exception: see `data/listings/README.md`.
fn is_lenient(sample: &Value) -> bool {
    lines(sample).iter().any(|line| line.ends_with(b"semicolon"))
}

/// Compares what a sample gives; how many entries it expected.
fn check(sample: &Value, family: Option<Family>) -> usize {
    let (entries, unparsed) = if sample["context"] == "mlst-reply" {
        let text = [&b"Listing"[..], &lines(sample).join(&b'\n'), b"End"].join(&b'\n');
        (vec![parse_mlst(&Reply::new(Code::new(250).unwrap(), text)).unwrap()], Vec::new())
    } else {
        read(parser(sample, family), &lines(sample))
    };
    let expect = match (&sample["entries"], &sample["names"], &sample["expect"]) {
        (Value::Array(expect), ..) => expect.clone(),
        (_, Value::Array(names), _) => {
            let found: Vec<_> = entries.iter().map(|entry| Value::from(entry.name.to_str())).collect();
            assert_eq!(&found, names, "{sample}");
            return names.len();
        }
        (.., Value::Null) => match sample["reject"].as_str().unwrap() {
            "strict" if is_strict(sample) => {
                assert!(entries.is_empty() && !unparsed.is_empty(), "{entries:?} of {sample}");
                return 0;
            }
            "strict" => {
                assert!(unparsed.is_empty(), "{sample}");
                let [entry] = &entries[..] else { panic!("{entries:?} of {sample}") };
                let found = (entry.name.to_str(), entry.size, entry.modified.and_then(stamp));
                assert!(
                    READ.iter().any(
                        |(name, size, modified)| found == (Some(name), *size, modified.map(String::from))
                    ),
                    "{found:?} of {sample}"
                );
                return 0;
            }
            _ if is_lenient(sample) => {
                assert!(entries[0].name.as_bytes().ends_with(b"semicolon"), "{sample}");
                return 0;
            }
            "ignore" => Vec::new(),
            "date" if entries.len() == 1 => {
                assert_eq!(entries[0].modified, None, "{sample}");
                return 0;
            }
            _ => {
                assert!(entries.is_empty(), "{entries:?} of {sample}");
                // MLSD has no blank lines, but what says nothing is no error.
                let said: Vec<_> = lines(sample).into_iter().filter(|line| !line.is_empty()).collect();
                assert_eq!(unparsed, said, "{sample}");
                return 0;
            }
        },
        (.., expect) => vec![expect.clone()],
    };
    assert!(unparsed.is_empty(), "{unparsed:?} of {sample}");
    assert_eq!(entries.len(), expect.len(), "{sample}");
    entries.iter().zip(&expect).for_each(|(entry, expect)| compare(entry, expect, sample));
    expect.len()
}

#[test]
fn samples_read_as_they_should() {
    let mut counts = Vec::new();
    for (file, family) in FILES {
        let samples = samples(file);
        counts.push((file, samples.len(), samples.iter().map(|sample| check(sample, family)).sum::<usize>()));
    }
    assert_eq!(
        counts,
        [
            ("dos", 40, 68),
            ("enterprise_unix", 30, 5),
            ("hostedftp", 2, 2),
            ("macos_peter", 17, 16),
            ("mlsx", 55, 48),
            ("mvs", 40, 41),
            ("netware", 11, 9),
            ("os2", 21, 13),
            ("os400", 29, 19),
            ("unix", 101, 86),
            ("unknown", 4, 0),
            ("vms", 31, 27),
        ]
    );
}

#[test]
fn families_are_found_out() {
    for (file, family) in FILES {
        for sample in samples(file) {
            // MLSD is not guessed; a line that this family rejects may be sound in another.
            if family == Some(Family::Facts) || (sample["expect"].is_null() && sample["lines"].is_array()) {
                continue;
            }
            check(&sample, None);
        }
    }
}

#[test]
fn years_are_guessed() {
    let mut guessed = 0;
    for sample in samples("timestamps") {
        let stamp_text =
            text(&sample["lines"], "").or_else(|| sample["lines"][0].as_str().map(String::from)).unwrap();
        let (line, family) = if sample["context"] == "mlsx-time" {
            (format!("modify={stamp_text}; x"), Family::Facts)
        } else {
            (format!("-rw-r--r-- 1 a b 5 {stamp_text} x"), Family::Unix)
        };
        let mut parser = parser(&sample, None).with_family(family);
        if sample["server_offset"] == "-05:00" {
            parser = parser.with_offset(-5 * 60);
        }
        let found = match parser.line(line.as_bytes()).next() {
            Some(Listed::Entry(entry)) => {
                assert_eq!(entry.name.as_bytes(), b"x", "{sample}");
                entry.modified.and_then(stamp)
            }
            _ => None,
        };
        let wanted = match (&sample["by_rule"]["one_day_ahead"], sample["reject"].as_str()) {
            (Value::String(wanted), _) => Some(wanted.clone()),
            // Languages are not asked for: any may come.
            (_, Some("strict")) => {
                let read = [
                    ("fév 22 2002", "2002-02-22"),
                    ("déc 22 2002", "2002-12-22"),
                    ("22 dec 2002", "2002-12-22"),
                ];
                read.iter().find(|(text, _)| *text == stamp_text).map(|(_, time)| time.to_string())
            }
            (_, Some(_)) => None,
            _ => text(&sample["expect"], "modified"),
        };
        assert_eq!(found, wanted, "{sample}");
        guessed += 1;
    }
    assert_eq!(guessed, 52);
}

/// What a broken line gives, alone and in a listing whose family is known.
fn broken(sample: &Value, family: Option<Family>, line: &[u8]) -> Vec<Entry> {
    let line = [line.to_vec()];
    let known = read(parser(sample, family), &line).0;
    known.into_iter().chain(read(parser(sample, None), &line).0).collect()
}

#[test]
fn broken_lines_are_no_other_entries() {
    for (file, family) in FILES {
        let samples = samples(file);
        for (sample, next) in samples.iter().zip(samples.iter().cycle().skip(1)) {
            for (line, whole) in lines(sample).iter().filter_map(|line| {
                let mut found = read(parser(sample, family), std::slice::from_ref(line)).0;
                Some((line, found.pop()?))
            }) {
                let name = whole.name.as_bytes();
                // A parent that is cut is the directory; a path that is cut has lost what it would lose.
                if name == b".." || sample["listed"].is_string() {
                    continue;
                }
                let rest = match &whole.target {
                    Some(target) if file != "mlsx" => [name, b" -> ", target.as_bytes()].concat(),
                    _ => name.to_vec(),
                };
                for at in 1..line.len() {
                    let (start, end) = line.split_at(at);
                    for part in broken(sample, family, start) {
                        assert!(
                            is_start(file, &part, &whole, &rest),
                            "{} is {part:?}",
                            String::from_utf8_lossy(start)
                        );
                    }
                    for part in broken(sample, family, end) {
                        assert!(
                            is_end(file, &part, &whole, &rest),
                            "{} is {part:?}",
                            String::from_utf8_lossy(end)
                        );
                    }
                    // Both of one listing: of OpenVMS they may be what it writes as two lines.
                    let halves = [start.to_vec(), end.to_vec()];
                    for parser in [parser(sample, family), parser(sample, None)] {
                        for part in read(parser, &halves).0 {
                            assert!(
                                is_start(file, &part, &whole, &rest)
                                    || is_end(file, &part, &whole, &rest)
                                    || part == whole,
                                "{} and {} have {part:?}",
                                String::from_utf8_lossy(start),
                                String::from_utf8_lossy(end)
                            );
                        }
                    }
                    let spaced = [start, b" ", end].concat();
                    for part in broken(sample, family, &spaced) {
                        let is_clock = |name: &[u8]| {
                            matches!(name, [_, _, b':', _, _, b' ', ..] | [_, b':', _, _, b' ', ..])
                        };
                        assert!(
                            !is_clock(part.name.as_bytes()),
                            "{} is {part:?}",
                            String::from_utf8_lossy(&spaced)
                        );
                    }
                }
                for next in [line, &lines(next)[0]] {
                    for part in broken(sample, family, &[&line[..], next].concat()) {
                        assert!(part.name.as_bytes().starts_with(name) || file == "vms", "{part:?}");
                    }
                }
            }
        }
    }
}

/// Of the start of a line: the same entry, but for the end of its name.
fn is_start(file: &str, part: &Entry, whole: &Entry, rest: &[u8]) -> bool {
    let name = part.name.as_bytes();
    // The end of a name may tell the kind.
    let is_kind = part.kind == whole.kind
        || matches!(name, b"." | b"..")
        || (file == "os400" && part.kind == Kind::Unknown);
    let is_same = is_kind && part.size == whole.size && rest.starts_with(name);
    match file {
        // A member without statistics is its name, which the line begins with.
        "mvs" => is_same && (part.modified == whole.modified || part.modified.is_none()),
        _ => is_same && part.modified == whole.modified,
    }
}

/// Of the end of a line: the same entry without what its first column had.
fn is_end(file: &str, part: &Entry, whole: &Entry, rest: &[u8]) -> bool {
    let name = part.name.as_bytes();
    let is_same = part.kind == whole.kind && part.modified == whole.modified;
    match file {
        // Facts may be absent, and have any name; a target that has lost its fact has lost what its spaces mean.
        "mlsx" => part.name == whole.name || rest.ends_with(name),
        // The first column is the name, which says whether it is a directory.
        "vms" => part.modified == whole.modified && part.size == whole.size && rest.ends_with(name),
        // Likewise; a word alone is a member without statistics.
        "mvs" => (is_same && rest.ends_with(name)) || (part.modified.is_none() && name.len() <= 8),
        // All before the type may be blank.
        "os400" => part.name == whole.name && part.kind == whole.kind && (is_same || part.modified.is_none()),
        // The first column is the size.
        "os2" => is_same && part.name == whole.name,
        _ => is_same && part.size == whole.size && part.name == whole.name,
    }
}

/// Names as a file system has them: all but line ends, and no arrow.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![Just(b' '), Just(b'-'), Just(b'0'), any::<u8>()];
    vec(byte.prop_filter("a line's end", |b| !b"\r\n".contains(b)), 1..20)
        .prop_filter("the directory, or an arrow", |name| {
            name != b"." && name != b".." && !name.contains(&b'>')
        })
}

fn one(parser: Parser, line: &[u8]) -> Entry {
    let (entries, unparsed) = read(parser, &[line.to_vec()]);
    assert!(unparsed.is_empty(), "{}", String::from_utf8_lossy(line));
    entries.into_iter().next().unwrap()
}

proptest! {
    #[test]
    fn unix_lines_are_read_as_written(
        name in name(), size: u64, links in 0u32..100_000, owner in "[a-z_][a-z0-9_-]{0,10}", group in "[0-9]{1,5}|[a-z][a-z0-9]{0,10}",
        month in 1usize..=12, day in 1u8..=28, hour in 0u8..24, minute in 0u8..60, recent: bool,
    ) {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        // What looks like a clock after a year is one.
        prop_assume!(recent || !name.contains(&b':'));
        let time = if recent { format!("{hour:02}:{minute:02}") } else { " 2019".into() };
        let mut line = format!("-rw-r--r-- {links:>3} {owner:<8} {group:<8} {size:>8} {} {day:>2} {time} ", months[month - 1]).into_bytes();
        line.extend(&name);
        let entry = one(Parser::new().with_now(moment("2020-12-15T12:00:00Z")), &line);
        prop_assert_eq!((entry.name.as_bytes(), entry.size, entry.kind), (&name[..], Some(size), Kind::File));
        let found = (entry.owner(), entry.group());
        prop_assert_eq!(found, (Some((&owner).into()), Some((&group).into())));
        let modified = entry.modified.unwrap();
        prop_assert_eq!((usize::from(modified.month), modified.day), (month, day));
        prop_assert_eq!(modified.year_guessed, recent);
        let of_day = recent.then_some((hour, minute));
        prop_assert_eq!(modified.time.map(|TimeOfDay { hour, minute, .. }| (hour, minute)), of_day);
    }

    #[test]
    fn dos_lines_are_read_as_written(name in name(), size: u64, day in 1u8..=28, hour in 0u8..24, is_directory: bool) {
        let half = if hour < 12 { "AM" } else { "PM" };
        let of_half = (hour + 11) % 12 + 1;
        let column = if is_directory { format!("{:>11}         ", "<DIR>") } else { format!("{size:>20}") };
        // The gap after the mark may be of any width.
        prop_assume!(!is_directory || !matches!(name[0], b' ' | b'\t'));
        let mut line = format!("02-{day:02}-20  {of_half:02}:07{half} {column} ").into_bytes();
        line.extend(&name);
        let entry = one(Parser::new(), &line);
        let kind = if is_directory { Kind::Directory } else { Kind::File };
        prop_assert_eq!((entry.name.as_bytes(), entry.kind), (&name[..], kind));
        prop_assert_eq!(entry.size, (!is_directory).then_some(size));
        prop_assert_eq!(entry.modified.and_then(stamp), Some(format!("2020-02-{day:02}T{hour:02}:07")));
    }

    #[test]
    fn eplf_lines_are_read_as_written(name in name(), size: u64, seconds in 0u32.., id in "[0-9.]{1,20}") {
        let line = [format!("+i{id},m{seconds},r,s{size},\t").as_bytes(), &name].concat();
        let entry = one(Parser::new(), &line);
        prop_assert_eq!((entry.name.as_bytes(), entry.size), (&name[..], Some(size)));
        prop_assert_eq!(entry.modified.unwrap().to_utc(), Some(i64::from(seconds)));
        prop_assert_eq!(entry.unique(), Some(id.as_bytes()));
    }

    #[test]
    fn no_lines_panic(
        lines in vec(vec(prop_oneof![any::<u8>(), prop::sample::select(&b" 0123456789,;=|\"-:/.[]()*drwxM<>\t"[..])], 0..80), 0..5),
    ) {
        let all = FILES.into_iter().filter_map(|(_, family)| family);
        let more = [Family::Eplf, Family::Zvm, Family::NonStop, Family::VShell, Family::VxWorks, Family::WfFtp, Family::Os9, Family::Numeric];
        read(Parser::new(), &lines);
        for family in all.chain(more) {
            read(Parser::new().with_family(family), &lines);
        }
    }
}
