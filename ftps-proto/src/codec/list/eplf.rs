//! EPLF, the Easily Parsed LIST Format, of publicfile and anonftpd: <https://cr.yp.to/ftp/list/eplf.html>.

use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind, Permissions},
    time::Timestamp,
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = "+" *( fact "," ) HTAB name
/// fact     = "/" / "r" / "i" id / "m" seconds / "s" size / "up" 3OCTALDIG      ; a directory, a file, what is unique,
///                                                                             ; since 1970 UTC, bytes, permissions
/// ```
/// Facts that are not known are passed over, as the format asks.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let rest = line.strip_prefix(b"+")?;
    let (facts, name) = rest.split_at(rest.iter().position(|&b| b == b'\t')?);
    let name = name.get(1..).filter(|name| !name.is_empty())?;
    let mut entry = Entry::new(name, Kind::Unknown);
    // The last fact may lack its comma.
    for fact in facts.split(|&b| b == b',') {
        match fact {
            b"/" => entry.kind = Kind::Directory,
            b"r" if entry.kind == Kind::Unknown => entry.kind = Kind::File,
            [b'i', id @ ..] if !id.is_empty() => entry.facts.push(b"unique", id),
            [b'm', seconds @ ..] => {
                let seconds = decimal(seconds).and_then(|seconds| i64::try_from(seconds).ok());
                entry.modified = seconds.and_then(Timestamp::from_unix);
            }
            [b's', size @ ..] => entry.size = decimal(size),
            [b'u', b'p', mode @ ..] => {
                let mode = core::str::from_utf8(mode).ok().and_then(|mode| u32::from_str_radix(mode, 8).ok());
                entry.permissions = mode.map(Permissions::Bits);
            }
            _ => {}
        }
    }
    entry.kind = entry.kind.of(name);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::time::Zone;
    use alloc::string::ToString;

    #[test]
    fn files_and_directories() {
        // The first is of the format's own page.
        let entry = parse(b"+i8388621.48594,m825718503,r,s280,up644,\tdjb.html").unwrap();
        assert_eq!(
            (entry.kind, entry.size, entry.unique()),
            (Kind::File, Some(280), Some(&b"8388621.48594"[..]))
        );
        assert_eq!(
            (entry.name.as_bytes(), entry.permissions),
            (&b"djb.html"[..], Some(Permissions::Bits(0o644)))
        );
        let modified = entry.modified.unwrap();
        assert_eq!((modified.to_string().as_str(), modified.zone), ("1996-03-01 22:15:03", Zone::Utc));
        let entry = parse(b"+i8388621.44468,m839956783,/,\t5\t1 4").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes()), (Kind::Directory, &b"5\t1 4"[..]));
        assert_eq!(parse(b"+/,\t..").unwrap().kind, Kind::ParentDirectory);
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let entry = parse(b"+r,i,sx,mx,upx,y\ta").unwrap();
        assert_eq!((entry.size, entry.modified, entry.permissions), (None, None, None));
        // Two files without a mark are not the same one.
        assert_eq!(entry.unique(), None);
        for line in [&b"+r,s280,"[..], b"+r,s280,\t", b"r,s280,\ta", b"+r,s280, a"] {
            assert!(parse(line).is_none());
        }
    }
}
