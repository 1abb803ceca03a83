//! Listings of every family.

use ftps_proto::codec::Timestamp;
use ftps_proto::codec::list::{DateOrder, Family, LineDecoder, Listed, Parser};

use crate::cuts::cut;
use crate::facts::rewritten;

/// Longest line.
const LIMIT: usize = 512;

/// Input: the family, or none; what else the parser is told; a seed for cuts; the listing.
///
/// Holds: lines are those of a naive reader, and entries the same, however the listing is cut; an entry is written as facts
/// and read again; half an entry is never one.
pub fn list(data: &[u8]) {
    let [family, told, seed, listing @ ..] = data else { return };
    let parser = || parser(*family, *told);
    let (entries, lines) = read([listing], parser());
    assert_eq!(lines.as_deref(), naive(listing).as_deref(), "lines");
    assert_eq!(read(cut(listing, *seed), parser()), (entries.clone(), lines.clone()), "cut with seed {seed}");
    assert_eq!(read(listing.chunks(1), parser()), (entries.clone(), lines.clone()), "by the byte");
    for listed in &entries {
        match listed {
            Listed::Entry(entry) => {
                rewritten(entry);
                let _ =
                    (format!("{entry:?} {}", entry.name), entry.owner(), entry.group(), entry.name.local());
            }
            Listed::Unparsed(line) => assert!(!line.contains(&b'\n')),
        }
    }
    let Some(lines) = lines else { return };
    assert!(entries.len() <= lines.len(), "every line is told of once at most");
}

fn parser(family: u8, told: u8) -> Parser {
    let parser = match FAMILIES.get(usize::from(family)) {
        Some(family) => Parser::new().with_family(*family),
        None => Parser::new(),
    };
    let parser = match told & 3 {
        0 => parser,
        1 => parser.with_system(b"Windows_NT"),
        2 => parser.with_system(b"UNIX Type: L8"),
        _ => {
            parser.with_system(b"MVS is the operating system of this server. FTP Server is running on z/OS.")
        }
    };
    let parser = match Timestamp::from_unix(1_709_200_000).filter(|_| told & 4 != 0) {
        Some(now) => parser.with_now(now),
        None => parser,
    };
    let parser = if told & 8 != 0 { parser.with_offset(-330) } else { parser };
    let parser = if told & 16 != 0 { parser.with_path(b"/pub") } else { parser };
    match told >> 5 {
        1 => parser.with_date_order(DateOrder::YearMonthDay),
        2 => parser.with_date_order(DateOrder::MonthDayYear),
        3 => parser.with_date_order(DateOrder::DayMonthYear),
        _ => parser,
    }
}

const FAMILIES: [Family; 18] = [
    Family::Facts,
    Family::Unix,
    Family::Dos,
    Family::Eplf,
    Family::OpenVms,
    Family::IbmI,
    Family::Zos,
    Family::Zvm,
    Family::NonStop,
    Family::NetWare,
    Family::Os2,
    Family::MacOs,
    Family::Enterprise,
    Family::VShell,
    Family::VxWorks,
    Family::WfFtp,
    Family::Os9,
    Family::Numeric,
];

/// What a listing comes to, and its lines; none where one is too long: whatever came before it counts.
fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
    mut parser: Parser,
) -> (Vec<Listed>, Option<Vec<Vec<u8>>>) {
    let mut decoder = LineDecoder::new(LIMIT);
    let (mut found, mut lines) = (Vec::new(), Vec::new());
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.next_line() {
                Ok(Some(line)) => {
                    lines.push(line.to_vec());
                    found.extend(parser.line(line));
                }
                Ok(None) => break,
                Err(_) => return (found, None),
            }
        }
    }
    match decoder.finish() {
        Ok(Some(line)) => {
            lines.push(line.to_vec());
            found.extend(parser.line(line));
        }
        Ok(None) => {}
        Err(_) => return (found, None),
    }
    found.extend(parser.finish());
    (found, Some(lines))
}

/// The lines of a listing, all of it in hand; none where one is too long.
fn naive(listing: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut lines: Vec<Vec<u8>> = listing.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    for line in &mut lines {
        line.pop_if(|last| *last == b'\r');
        if line.len() > LIMIT {
            return None;
        }
    }
    // What follows the last line's end is a line only where there is something.
    lines.pop_if(|last| last.is_empty());
    Some(lines)
}
