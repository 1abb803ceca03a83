//! What `stat` has, in numbers: small servers of Unix. The form is known from FileZilla and WinSCP.

use nom::{
    Parser as _,
    bytes::complete::{take_while_m_n, take_while1},
    combinator::{map_opt, opt},
    sequence::{preceded, terminated},
};

use super::columns::{gap, name, number_column};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind, Permissions},
    time::Timestamp,
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = *SP mode gap owner gap group gap size gap modified gap name       ; modified: seconds since 1970 UTC
/// mode     = 6*7OCTALDIG                                                      ; type and permissions, as stat(2) has them
/// ```
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line).ok()?;
    Some(entry)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let octal = map_opt(take_while_m_n(6, 7, |b: u8| (b'0'..=b'7').contains(&b)), |digits: &[u8]| {
        u32::from_str_radix(core::str::from_utf8(digits).ok()?, 8).ok()
    });
    let digits = || terminated(take_while1(|b: u8| b.is_ascii_digit()), gap);
    let columns =
        (preceded(opt(gap), terminated(octal, gap)), digits(), digits(), number_column, number_column, name);
    map_opt(columns, |(mode, owner, group, size, seconds, name)| {
        let kind = match mode >> 12 {
            0o01 | 0o02 | 0o06 | 0o14 => Kind::Other,
            0o04 => Kind::Directory,
            0o10 => Kind::File,
            0o12 => Kind::Link,
            _ => return None,
        };
        let mut entry = Entry::new(name, kind.of(name));
        entry.size = Some(size);
        entry.permissions = Some(Permissions::Bits(mode & 0o7777));
        entry.modified = Timestamp::from_unix(i64::try_from(seconds).ok()?);
        entry.belongs_to(owner, group);
        Some(entry)
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_mode_has_the_type() {
        let entry = parse(b"0100640   500  101   4711    987654321       a file").unwrap();
        assert_eq!(
            (entry.kind, entry.permissions, entry.size),
            (Kind::File, Some(Permissions::Bits(0o640)), Some(4711))
        );
        assert_eq!((entry.name.as_bytes(), entry.owner().as_deref()), (&b"a file"[..], Some("500")));
        assert_eq!(entry.modified.unwrap().to_string(), "2001-04-19 04:25:21");
        assert_eq!(parse(b"040755 0 0 5 1 a").unwrap().kind, Kind::Directory);
        for line in ["0900644 0 0 5 1 a", "0200644 0 0 5 1 a", "644 0 0 5 1 a", "0100644 0 0 5 1"] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
