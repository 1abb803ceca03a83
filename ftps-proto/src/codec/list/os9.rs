//! OS-9 of Microware: `dir -e`. The form is known from FileZilla.

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while_m_n, take_while1},
    character::complete::char,
    combinator::{map_opt, opt, verify},
    sequence::{preceded, terminated},
};

use super::{
    columns::{Day, gap, moment, name, number_column, two},
    months,
};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind, Permissions},
    time::TimeOfDay,
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = *SP group "." user gap 2DIGIT "/" 2DIGIT "/" 2DIGIT gap 4DIGIT gap attributes gap sector gap size gap name
/// attributes = ( "d" / "-" ) ( "s" / "-" ) 2( ( "e" / "-" ) ( "w" / "-" ) ( "r" / "-" ) )      ; for all, for the owner
/// sector   = 1*HEXDIG
/// ```
/// The year comes first; the time has no colon.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line).ok()?;
    Some(entry)
}

/// `heading = "Owner" gap "Last modified" ...`
pub(super) fn is_heading(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let titles: Parsed<'_, _> = (tag("Owner"), gap, tag("Last modified"), gap, tag("Attributes")).parse(line);
    titles.is_ok()
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let digits = || take_while1(|b: u8| b.is_ascii_digit());
    let who = (preceded(opt(gap), terminated(digits(), char('.'))), terminated(digits(), gap));
    let date = (terminated(two, char('/')), terminated(two, char('/')), terminated(two, gap));
    let clock = verify(terminated(digits(), gap), |clock: &[u8]| clock.len() == 4);
    let sector = terminated(take_while_m_n(1, 8, |b: u8| b.is_ascii_hexdigit()), gap);
    let columns = (who, date, clock, terminated(attributes, gap), sector, number_column, name);
    map_opt(columns, |((group, user), (year, month, day), clock, attributes, _, size, name)| {
        let (is_directory, mode) = attributes;
        let kind = if is_directory { Kind::Directory } else { Kind::File };
        let mut entry = Entry::new(name, kind.of(name));
        entry.size = Some(size);
        entry.permissions = Some(Permissions::Bits(mode));
        let year = u16::from(year) + if year < 70 { 2000 } else { 1900 };
        let (hour, minute) = clock.split_at(2);
        let time = TimeOfDay::new(months::two(hour)?, months::two(minute)?, None, 0);
        entry.modified = moment(Day::new(year, month, day), time);
        entry.belongs_to(user, group);
        Some(entry)
    })
    .parse(input)
}

/// Whether it is a directory, and the bits that Unix has for the rest.
fn attributes(input: &[u8]) -> Parsed<'_, (bool, u32)> {
    map_opt(take_while_m_n(8, 8, |b: u8| b"dsewr-".contains(&b)), |letters: &[u8]| {
        let sound = letters.iter().zip(b"dsewrewr").all(|(letter, known)| letter == known || *letter == b'-');
        let bits = |class: &[u8]| {
            class
                .iter()
                .zip([1, 2, 4])
                .filter(|(letter, _)| **letter != b'-')
                .map(|(_, bit)| bit)
                .sum::<u32>()
        };
        sound.then(|| (letters[0] == b'd', bits(&letters[5..]) << 6 | bits(&letters[2..5])))
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn attributes_become_bits() {
        assert!(is_heading(b"  Owner    Last modified  Attributes Sector Bytecount Name"));
        let entry = parse(b" 0.20   03/10/31 1504   d--wrewr     2F5      6148 a b").unwrap();
        assert_eq!(
            (entry.kind, entry.size, entry.name.as_bytes()),
            (Kind::Directory, Some(6148), &b"a b"[..])
        );
        assert_eq!(
            (entry.permissions, entry.owner().as_deref(), entry.group().as_deref()),
            (Some(Permissions::Bits(0o706)), Some("20"), Some("0"))
        );
        assert_eq!(entry.modified.unwrap().to_string(), "2003-10-31 15:04");
        for line in [
            "0.0 03/10/31 1504 d-ewrewx 2F5 6148 a",
            "0.0 03/10/31 150 d-ewrewr 2F5 6148 a",
            "0.0 03/10/31 1504 d-ewrewr 2F5 6148 ",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
