//! Entries of MLSD and MLST.

use ftps_proto::codec::facts::{encode_facts, parse_facts, parse_mlst};
use ftps_proto::codec::{Code, Entry, Kind, Reply, Timestamp};

/// Input: a line of MLSD, and lines of a reply to MLST.
///
/// Holds: the name is the end of the line; what is written is read again, with the same name, and written the same.
pub fn facts(data: &[u8]) {
    let line = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if let Ok(entry) = parse_facts(line) {
        assert!(line.ends_with(entry.name.as_bytes()), "{:?} does not end {line:?}", entry.name);
        rewritten(&entry);
    }
    let Some(code) = Code::new(250) else { return };
    if let Ok(entry) = parse_mlst(&Reply::new(code, [b"Listing\n", data, b"\nEnd"].concat())) {
        rewritten(&entry);
    }
}

/// An entry is written, and read again as the same thing.
pub(crate) fn rewritten(entry: &Entry) {
    assert!(!entry.name.as_bytes().is_empty());
    // No line, so no listing, can have it.
    if entry.name.as_bytes().contains(&b'\n') {
        return;
    }
    let mut line = Vec::new();
    encode_facts(entry, &mut line);
    let shown = line.escape_ascii();
    let again = parse_facts(&line).unwrap_or_else(|error| unreachable!("{error}: {shown}"));
    assert_eq!(again.name, entry.name, "{shown}");
    let named = matches!(entry.name.as_bytes(), b"." | b"..");
    if !named && !matches!(entry.kind, Kind::Other | Kind::Unknown) {
        assert_eq!(again.kind, entry.kind, "{shown}");
    }
    assert_eq!(again.size, entry.exact_size(), "{shown}");
    // What is absent of a time counts as 0, a day is the same one in UTC, and a year has four digits.
    let four = |time: &Timestamp| time.year.is_some_and(|year| year <= 9999);
    let utc = |entry: &Entry| entry.modified.and_then(|time| time.in_utc().filter(four)?.to_utc());
    assert_eq!(utc(&again), utc(entry), "{shown}");
    let mut twice = Vec::new();
    encode_facts(&again, &mut twice);
    assert_eq!(twice.escape_ascii().to_string(), shown.to_string());
}
