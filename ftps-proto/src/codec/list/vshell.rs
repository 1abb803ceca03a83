//! VShell before its third version. The form is known from FileZilla and WinSCP.

use super::{date::named, netware::column};
use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = size 1*SP month 1*SP day "," 1*SP year 1*SP time SP name [ "/" ]
/// ```
/// The slash marks a directory.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (size, rest) = line.split_at(line.iter().position(|&b| b == b' ')?);
    let size = decimal(size)?;
    // Nothing else ends a day with a comma.
    let (_, after) = column(rest)?;
    let (day, _) = column(after)?;
    let dated = named(rest).filter(|_| day.ends_with(b","))?;
    let (name, kind) = match dated.name.strip_suffix(b"/") {
        Some(name) if !name.is_empty() => (name, Kind::Directory),
        _ => (dated.name, Kind::File),
    };
    let mut entry = Entry::new(name, kind.of(name));
    entry.size = Some(size);
    entry.modified = dated.modified;
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn a_slash_marks_a_directory() {
        let entry = parse(b"51300  May 09, 2001 11:36 old file").unwrap();
        assert_eq!(
            (entry.kind, entry.size, entry.name.as_bytes()),
            (Kind::File, Some(51_300), &b"old file"[..])
        );
        assert_eq!(entry.modified.unwrap().to_string(), "2001-05-09 11:36");
        let entry = parse(b"0  Nov 30, 2001 07:05 old dir/").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes()), (Kind::Directory, &b"old dir"[..]));
        for line in [
            "0  Nov 30 2001 07:05 a",
            "0  Nov 30, 2001 a",
            "x  Nov 30, 2001 07:05 a",
            "0  Nov 30, 2001 07:05",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
