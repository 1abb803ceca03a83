//! Mac OS before X: NetPresenz, and Peter Lewis' FTPd before it. The form is known from Apache Commons Net.

use super::{date::named, netware::column, unix::mode};
use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = ( "-" / "d" ) mode 1*SP ( resource 1*SP data / "folder" ) 1*SP size 1*SP date SP name
/// ```
/// Resource fork and data fork add up to the size: by this a line is told from one of Unix, whose count of links and
/// owner they could be.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let kind = match line.first()? {
        b'd' => Kind::Directory,
        b'-' => Kind::File,
        _ => return None,
    };
    let (mode, rest) = mode(&line[1..])?;
    let (first, rest) = column(rest)?;
    let (size, rest) = if first == b"folder" {
        let (size, rest) = column(rest)?;
        (decimal(size)?, rest)
    } else {
        let (data, rest) = column(rest)?;
        let (size, rest) = column(rest)?;
        let size = decimal(size)?;
        if decimal(first)?.checked_add(decimal(data)?) != Some(size) {
            return None;
        }
        (size, rest)
    };
    let dated = named(rest)?;
    let mut entry = Entry::new(dated.name, kind.of(dated.name));
    entry.size = Some(size);
    entry.modified = dated.modified;
    entry.permissions = Some(mode);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forks_add_up() {
        let entry = parse(b"-------r--         326  1391972  1392298 Nov 22  1995 Mega Phone.sit").unwrap();
        assert_eq!((entry.size, entry.owner()), (Some(1_392_298), None));
        assert!(parse(b"-------r--         326  1391972  1392299 Nov 22  1995 a").is_none());
        assert!(parse(b"-------r--           1  18446744073709551615  0 Nov 22  1995 a").is_none());
        let entry = parse(b"drwxrwxr-x               folder        2 May 10  1996 network").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes()), (Kind::Directory, &b"network"[..]));
    }
}
