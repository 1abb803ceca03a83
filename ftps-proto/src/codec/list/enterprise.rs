//! Connect:Enterprise, now IBM Sterling B2B mailboxes. The form is known from Apache Commons Net.

use super::{date::named, netware::column};
use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = "-" 8*10( UPALPHA / "-" ) protocol 1*SP ( "A" / "B" ) 1*SP mailbox 1*SP number 1*SP size 1*SP date SP name
/// protocol = 3UPALPHA                                           ; FTP, FTS, TCP
/// ```
/// The mailbox is the owner; the number, of the batch, stands where a group would.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let end = line.iter().position(|&b| b == b' ')?;
    let (flags, rest) = line.split_at(end);
    let sound = matches!(flags, [b'-', ..]) && (12..=14).contains(&flags.len());
    let protocol = flags.get(flags.len().checked_sub(3)?..)?;
    if !sound
        || !flags.iter().all(|b| b.is_ascii_uppercase() || *b == b'-')
        || !protocol.iter().all(u8::is_ascii_uppercase)
    {
        return None;
    }
    let (b"A" | b"B", rest) = column(rest)? else { return None };
    let (mailbox, rest) = column(rest)?;
    let (number, rest) = column(rest)?;
    let (size, rest) = column(rest)?;
    let dated = named(rest)?;
    decimal(number)?;
    let mut entry = Entry::new(dated.name, Kind::File);
    entry.size = Some(decimal(size)?);
    entry.modified = dated.modified;
    entry.belongs_to(mailbox, number);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_of_a_mailbox() {
        let entry = parse(b"-AR--M----TCP B mailbox       4242  1048577 Apr 17 06:31 a file").unwrap();
        assert_eq!(
            (entry.name.as_bytes(), entry.size, entry.owner().as_deref()),
            (&b"a file"[..], Some(1_048_577), Some("mailbox"))
        );
        for line in [
            "-AR--M----tcp B mailbox 4242 1048577 Apr 17 06:31 a",
            "-AR--M----TCP C mailbox 4242 1048577 Apr 17 06:31 a",
            "-AR--M----TCP B mailbox 4242 x Apr 17 06:31 a",
            "-AR--M----TCP B mailbox x 1048577 Apr 17 06:31 a",
            "-TCP B mailbox 4242 1048577 Apr 17 06:31 a",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }
}
