//! z/VM: files of a minidisk or of the shared file system. IBM's *TCP/IP User's Guide* for z/VM, DIR.

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::tag,
    combinator::{all_consuming, map, opt},
    sequence::{preceded, terminated},
};

use super::columns::{Day, column, gap, moment, number_column, time, two, word, year, year_month_day};
use crate::codec::{
    Parsed,
    entry::{Entry, Exactness, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = name gap ( type gap format gap length gap records gap blocks / "DIR" gap "-" gap "-" gap "-" ) gap date gap time
///            [ gap label ]
/// format   = "F" / "V"
/// date     = two "/" two "/" year / 4DIGIT "-" pair "-" pair        ; month first
/// ```
/// The name is `name.type`. A file of fixed records is exactly that many bytes; one of varying records, at most.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = all_consuming(entry).parse(line.trim_ascii()).ok()?;
    Some(entry)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let when = (date, preceded(gap, time), opt(preceded(gap, word)));
    map((column, alt((file, directory)), when), |(name, of, (day, time, _))| {
        let mut entry = match of {
            None => Entry::new(name, Kind::Directory),
            Some((kind, size, exactness)) => {
                let mut entry = Entry::new([name, b".", kind].concat(), Kind::File);
                (entry.size, entry.exactness) = (size, exactness);
                entry
            }
        };
        entry.modified = moment(day, time);
        entry
    })
    .parse(input)
}

/// Type, bytes, and what they are worth.
type File<'a> = (&'a [u8], Option<u64>, Exactness);

fn file(input: &[u8]) -> Parsed<'_, Option<File<'_>>> {
    let fixed = terminated(alt((map(tag("F"), |_| true), map(tag("V"), |_| false))), gap);
    map((column, fixed, number_column, number_column, number_column), |(kind, fixed, length, records, _)| {
        let exactness = if fixed { Exactness::Exact } else { Exactness::Approximate };
        Some((kind, length.checked_mul(records), exactness))
    })
    .parse(input)
}

fn directory(input: &[u8]) -> Parsed<'_, Option<File<'_>>> {
    let dash = || terminated(tag("-"), gap);
    map((tag("DIR"), gap, dash(), dash(), dash()), |_| None).parse(input)
}

fn date(input: &[u8]) -> Parsed<'_, Option<Day>> {
    let slashed = map((terminated(two, tag("/")), terminated(two, tag("/")), year), |(month, day, year)| {
        Day::new(year, month, day)
    });
    alt((year_month_day("-"), slashed)).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn files_have_a_name_and_a_type() {
        for (line, name, size, exact, modified) in [
            (
                "PROFILE  EXEC     V         80          9          1  7/04/2001  8:15:42 VMDISK",
                "PROFILE.EXEC",
                Some(720),
                None,
                "2001-07-04 08:15:42",
            ),
            (
                "NOTES    SCRIPT   F         80         25          1 1998-11-23 19:06:50",
                "NOTES.SCRIPT",
                Some(2000),
                Some(2000),
                "1998-11-23 19:06:50",
            ),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.name.to_str(), entry.size, entry.exact_size()), (Some(name), size, exact));
            assert_eq!(entry.modified.unwrap().to_string(), modified);
        }
        let entry = parse(b"SUB  DIR  -  -  -  2001-07-04  8:15:42 -").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes(), entry.size), (Kind::Directory, &b"SUB"[..], None));
        for line in [
            "A B X 72 8 1 7/04/2001 8:15:42 C",
            "A B V 72 8 1 7/04/2001",
            "A B V 72 8 1 7/04/2001 8:15:42 C D",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
