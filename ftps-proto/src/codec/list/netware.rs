//! Novell NetWare, whose rights stand between brackets. The form is known from Apache Commons Net.

use super::date::named;
use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = ( "d" / "-" ) *SP "[" 8*( ALPHA / "-" ) "]" 1*SP owner 1*SP size 1*SP date SP name
/// ```
/// The date names its month, as that of `ls -l` does. The rights are a fact, `NetWare.rights`.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (kind, rest) = match line {
        [b'd', rest @ ..] => (Kind::Directory, rest),
        [b'-', rest @ ..] => (Kind::File, rest),
        _ => return None,
    };
    let rest = rest.trim_ascii_start().strip_prefix(b"[")?;
    let (rights, rest) = rest.split_at(rest.iter().position(|&b| b == b']')?);
    if rights.len() < 8 || !rights.iter().all(|b| b.is_ascii_uppercase() || *b == b'-') {
        return None;
    }
    let (owner, rest) = column(&rest[1..])?;
    let (size, rest) = column(rest)?;
    let size = decimal(size)?;
    let dated = named(rest)?;
    let mut entry = Entry::new(dated.name, kind.of(dated.name));
    entry.size = Some(size);
    entry.modified = dated.modified;
    entry.belongs_to(owner, b"");
    entry.facts.push(b"NetWare.rights", rights);
    Some(entry)
}

/// `1*SP column`, and what follows it.
pub(super) fn column(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = input.strip_prefix(b" ")?.trim_ascii_start();
    let end = rest.iter().position(|&b| b == b' ')?;
    (end > 0).then(|| rest.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_are_a_fact() {
        let entry = parse(b"- [R----F--] rhesus             214059       Oct 20 15:27 cx exe ").unwrap();
        assert_eq!(
            (entry.name.as_bytes(), entry.size, entry.owner().as_deref()),
            (&b"cx exe "[..], Some(214_059), Some("rhesus"))
        );
        assert_eq!(entry.fact("NetWare.rights"), Some(&b"R----F--"[..]));
        let entry = parse(b"d[RWCEAFMS] admin                     512 Oct 13  2004 SUB").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes()), (Kind::Directory, &b"SUB"[..]));
        for line in [
            "d [----AF-] 0  512 Feb 22 17:32 a",
            "d [----AF--]0  512 Feb 22 17:32 a",
            "d [----AF--] 0  5x2 Feb 22 17:32 a",
            "d [----AF--] 0  512 Feb 22 17:32",
            "d [----AF--] 0  512 10-04-2001 a",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
