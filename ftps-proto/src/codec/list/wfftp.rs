//! wfFtp, the server of Nortel's (once Wellfleet's and Bay Networks') routers. The form is known from FileZilla.

use nom::{
    Parser as _,
    bytes::complete::take_while1,
    character::complete::char,
    combinator::{all_consuming, map_opt},
    sequence::{preceded, terminated},
};

use super::columns::{column, gap, moment, month_day_year, number_column, time};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = name gap size gap pair "/" pair "/" year gap 1*ALPHA "." gap time      ; month first, day of the week, seconds
/// ```
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = all_consuming(entry).parse(line.trim_ascii()).ok()?;
    Some(entry)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let weekday = terminated(take_while1(|b: u8| b.is_ascii_alphabetic()), char('.'));
    let columns = (column, number_column, month_day_year("/"), preceded(gap, weekday), preceded(gap, time));
    map_opt(columns, |(name, size, day, _, time)| {
        if time.is_some_and(|time| time.second.is_none()) {
            return None;
        }
        let mut entry = Entry::new(name, Kind::File);
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
    fn names_come_first() {
        let line = b"a.out       2031876  07/12/05  Tues.   09:31:04";
        let entry = parse(line).unwrap();
        assert_eq!((entry.name.as_bytes(), entry.size), (&b"a.out"[..], Some(2_031_876)));
        assert_eq!(entry.modified.unwrap().to_string(), "2005-07-12 09:31:04");
        for end in 0..line.len() {
            assert!(parse(&line[..end]).is_none(), "{end}");
        }
    }
}
