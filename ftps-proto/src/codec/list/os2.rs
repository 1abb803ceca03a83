//! OS/2. The form is known from Apache Commons Net.

use nom::{
    Parser as _,
    bytes::complete::take_while1,
    combinator::{map, map_opt, opt},
    multi::many0,
    sequence::{preceded, terminated},
};

use super::columns::{gap, moment, month_day_year, name, number_column, time};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = *SP size gap *( attributes gap ) date gap time gap name
/// attributes = "DIR" / 1*( "R" / "S" / "H" / "A" )
/// date     = pair "-" pair "-" year                             ; month first; 103 is 2003
/// ```
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line).ok()?;
    Some(entry)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let attribute =
        map_opt(terminated(take_while1(|b: u8| b.is_ascii_uppercase()), gap), |attribute: &[u8]| {
            let is_directory = attribute == b"DIR";
            (is_directory || attribute.iter().all(|b| b"RSHA".contains(b))).then_some(is_directory)
        });
    let kind =
        map(many0(attribute), |found| if found.contains(&true) { Kind::Directory } else { Kind::File });
    let when = (terminated(month_day_year("-"), gap), terminated(time, gap));
    map((preceded(opt(gap), number_column), kind, when, name), |(size, kind, (day, time), name)| {
        let mut entry = Entry::new(name, kind.of(name));
        entry.size = Some(size);
        entry.modified = moment(day, time);
        entry
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn years_of_three_digits() {
        for (line, kind, modified) in [
            ("52047      A    06-17-103  09:41  a b", Kind::File, "2003-06-17 09:41"),
            ("  870           08-21-99   13:02  a b", Kind::File, "1999-08-21 13:02"),
            ("    0 DIR       03-09-103  17:44  a b", Kind::Directory, "2003-03-09 17:44"),
            ("  870 DIR  A    11-06-100  22:18  a b", Kind::Directory, "2000-11-06 22:18"),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.kind, entry.name.as_bytes()), (kind, &b"a b"[..]), "{line}");
            assert_eq!(entry.modified.unwrap().to_string(), modified);
        }
    }
}
