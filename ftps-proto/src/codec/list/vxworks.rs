//! VxWorks: `ll` of its shell, which its FTP server and routers of Nortel send. The form is known from FileZilla.

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while1},
    combinator::{map, map_opt, opt},
    sequence::{preceded, terminated},
};

use super::{
    columns::{Day, gap, moment, name, number_column, time, two, year},
    months,
};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
};

const MARK: &[u8] = b" <DIR>";

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = *SP size gap month "-" two "-" year gap time gap name [ *SP SP "<DIR>" ]
/// ```
/// A name that ends in the beginning of the mark is that of a line that was cut.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line.trim_ascii_end()).ok()?;
    Some(entry)
}

/// `heading = "size" gap "date" gap "time" gap "name"`
pub(super) fn is_heading(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let titles: Parsed<'_, _> =
        (tag("size"), gap, tag("date"), gap, tag("time"), gap, tag("name")).parse(line);
    titles.is_ok()
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let letters = take_while1(|b: u8| b.is_ascii_alphabetic());
    let day = map((terminated(letters, tag("-")), terminated(two, tag("-")), year), |(month, day, year)| {
        Day::new(year, months::month(month)?, day)
    });
    let when = (terminated(day, gap), terminated(time, gap));
    map_opt((preceded(opt(gap), number_column), when, name), |(size, (day, time), name)| {
        let (name, kind) = match name.strip_suffix(MARK) {
            Some(name) => (name.trim_ascii_end(), Kind::Directory),
            None if MARK[1..].starts_with(name) => return None,
            None if (2..MARK.len()).any(|length| name.ends_with(&MARK[..length])) => return None,
            None => (name, Kind::File),
        };
        if name.is_empty() {
            return None;
        }
        let mut entry = Entry::new(name, kind.of(name));
        entry.size = Some(size);
        entry.modified = moment(day, time);
        Some(entry)
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn directories_are_marked() {
        assert!(is_heading(b"  size          date       time       name"));
        for (line, name, kind) in [
            ("4096    Mar-15-1999  06:12:45   a b <DIR>", "a b", Kind::Directory),
            ("     512    JAN-01-1980  00:00:00   SUB               <DIR>", "SUB", Kind::Directory),
            ("     512    JAN-01-1980  00:00:00   a.txt", "a.txt", Kind::File),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.name.to_str(), entry.kind), (Some(name), kind));
        }
        let entry = parse(b"4096    Mar-15-1999  06:12:45   a").unwrap();
        assert_eq!(entry.modified.unwrap().to_string(), "1999-03-15 06:12:45");
        for line in
            ["5 Mar-15-1999 06:12:45 a <DI", "5 Mar-15-1999 06:12:45  <DIR>", "5 Mar-15-1999 06:12:45 a <"]
        {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
