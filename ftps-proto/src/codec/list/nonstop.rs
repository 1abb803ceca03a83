//! HPE NonStop, once Tandem: Guardian files. *TCP/IP Applications and Utilities User Guide*.

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while_m_n, take_while1},
    character::complete::{char, one_of},
    combinator::{all_consuming, map, opt},
    sequence::{delimited, preceded, terminated},
};

use super::columns::{column, day_month_year, gap, moment, number_column, time};
use crate::codec::{
    Parsed,
    entry::{Entry, Kind},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = name gap [ "O" gap ] code gap size gap date gap time gap group "," *SP user gap <"> 4permission <">
/// date     = two "-" month "-" year
/// permission = ALPHA / "-"                                      ; who may read, write, execute, purge
/// ```
/// `O` marks a file that is open. File code and permissions are facts, `NonStop.code` and `NonStop.rwep`.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = all_consuming(entry).parse(line.trim_ascii()).ok()?;
    Some(entry)
}

/// `heading = "File" gap "Code" gap "EOF" ... "RWEP"`
pub(super) fn is_heading(line: &[u8]) -> bool {
    let heading: Parsed<'_, _> = (tag("File"), gap, tag("Code"), gap, tag("EOF"), gap).parse(line);
    heading.is_ok() && line.trim_ascii_end().ends_with(b"RWEP")
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let digits = || take_while1(|b: u8| b.is_ascii_digit());
    let open = opt(terminated(one_of("OoXx?"), gap));
    let when = (terminated(day_month_year, gap), terminated(time, gap));
    let who = (terminated(digits(), (char(','), opt(gap))), terminated(digits(), gap));
    let permissions =
        delimited(char('"'), take_while_m_n(4, 4, |b: u8| b.is_ascii_alphabetic() || b == b'-'), char('"'));
    let columns = (column, preceded(open, terminated(digits(), gap)), number_column, when, who, permissions);
    map(columns, |(name, code, size, (day, time), (group, user), permissions)| {
        let mut entry = Entry::new(name, Kind::File);
        entry.size = Some(size);
        entry.modified = moment(day, time);
        entry.belongs_to(user, group);
        entry.facts.push(b"NonStop.code", code);
        entry.facts.push(b"NonStop.rwep", permissions);
        entry
    })
    .parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn files_of_guardian() {
        assert!(is_heading(b"File         Code             EOF  Last Modification    Owner  RWEP"));
        for (line, size, modified, group) in [
            (
                "PRICES        101            20480 21-Apr-09 16:12:14 211, 10 \"nnnn\"",
                20480,
                "2009-04-21 16:12:14",
                "211",
            ),
            (
                "TACLOCAL   O  101              345  7-May-02 22:41:09 255,10 \"oo-o\"",
                345,
                "2002-05-07 22:41:09",
                "255",
            ),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.size, entry.owner().as_deref()), (Some(size), Some("10")));
            assert_eq!(entry.modified.unwrap().to_string(), modified);
            assert_eq!(
                (entry.group().as_deref(), entry.fact("NonStop.code")),
                (Some(group), Some(&b"101"[..]))
            );
            // One that was cut is not a size.
            for end in 0..line.len() {
                assert!(parse(&line.as_bytes()[..end]).is_none(), "{}", &line[..end]);
            }
        }
    }
}
