//! `DIRECTORY` of OpenVMS: TCP/IP Services (UCX), MultiNet, TCPware.

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::{tag, take_till1, take_while, take_while1},
    character::complete::char,
    combinator::{all_consuming, map, map_opt, opt},
    sequence::{delimited, preceded, separated_pair, terminated},
};

use super::columns::{Day, gap, number, time};
use crate::codec::{
    Parsed,
    entry::{Entry, Exactness, Kind, Permissions},
    time::{TimeOfDay, Timestamp},
};

/// Bytes of a block.
const BLOCK: u32 = 512;

/// Reads an entry, which may have come as two lines that a space joins.
///
/// ```text
/// entry    = file ";" version gap [ owner gap ] used [ "/" allocated ] gap date [ gap owner ]
///            [ gap protection ]
/// date     = two "-" month "-" year [ gap time ]
/// owner    = "[" [ group "," ] member ( "]" / 2*SP ) / word                     ; the bracket may be cut off
/// protection = "(" system "," owner "," group "," world ")"                     ; each of R W E D
/// ```
/// Without a protection, the date must have its seconds, or the line may be one that was cut. Sizes are in blocks of 512
/// bytes. The version is a fact, `VMS.version`.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line.trim_ascii_end()).ok()?;
    Some(entry)
}

/// Whether a line is the first of two of an entry: one whose name is too long for its column.
///
/// ```text
/// half     = file ";" version
/// ```
pub(super) fn is_half(line: &[u8]) -> bool {
    all_consuming(file).parse(line.trim_ascii_end()).is_ok()
}

/// Whether a line is around the entries.
///
/// ```text
/// heading  = "Directory " device ":[" path "]" / [ "Grand " ] "Total " [ "of " ] 1*DIGIT ( " file" / " director" ) ...
/// ```
pub(super) fn is_heading(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    if let Some(path) = line.strip_prefix(b"Directory ") {
        return !path.contains(&b' ') && path.contains(&b'[') && path.ends_with(b"]");
    }
    let total = (opt(tag("Grand ")), alt((tag("Total "), tag("total "))), opt(tag("of ")));
    let found: Parsed<'_, &[u8]> =
        preceded((total, number), alt((tag(" file"), tag(" director")))).parse(line);
    found.is_ok()
}

/// `file ";" version`: what separates directories and devices is in no name.
fn file(input: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    let name = take_till1(|b: u8| b";:/[]<>".contains(&b) || b.is_ascii_whitespace());
    separated_pair(name, char(';'), take_while1(|b: u8| b.is_ascii_digit())).parse(input)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let size = || terminated(number, opt(preceded(char('/'), number)));
    let tail = (
        opt(terminated(bracketed, gap)),
        terminated(size(), gap),
        date,
        opt(preceded(gap, owner)),
        opt(preceded(gap, protection)),
    );
    map_opt(
        all_consuming((terminated(file, gap), tail)),
        |((name, version), (early, used, date, late, protection))| {
            let seconds = date.1.flatten().is_some_and(|time| time.second.is_some());
            if protection.is_none() && !(seconds && late.is_none()) {
                return None;
            }
            let is_directory = name.len() >= 4 && name[name.len() - 4..].eq_ignore_ascii_case(b".DIR");
            let mut entry = Entry::new(name, if is_directory { Kind::Directory } else { Kind::File });
            entry.size = Some(used.checked_mul(BLOCK.into())?);
            entry.exactness = Exactness::Blocks(BLOCK);
            entry.modified = modified(date);
            entry.permissions = protection.map(Permissions::Bits);
            let (group, owner) = early.or(late).unwrap_or_default();
            entry.belongs_to(owner, group);
            entry.facts.push(b"VMS.version", version);
            Some(entry)
        },
    )
    .parse(input)
}

/// A day, and the time if there is one: `None` where there is no such day or time.
type Date = (Option<Day>, Option<Option<TimeOfDay>>);

fn date(input: &[u8]) -> Parsed<'_, Date> {
    (super::columns::day_month_year, opt(preceded(gap, time))).parse(input)
}

fn modified((day, time): Date) -> Option<Timestamp> {
    match time {
        Some(time) => super::columns::moment(day, time),
        None => day?.at(None),
    }
}

/// Group and member.
fn owner(input: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    let word = map(take_while1(is_identifier), |member| (&b""[..], member));
    alt((bracketed, word)).parse(input)
}

fn bracketed(input: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
    let identifier = || take_while1(is_identifier);
    let both = map((opt(terminated(identifier(), char(','))), identifier()), |(group, member)| {
        (group.unwrap_or_default(), member)
    });
    let end = alt((tag("]"), nom::combinator::peek(tag("  "))));
    delimited(char('['), both, end).parse(input)
}

/// Owner's, group's and world's bits; the system's are left aside, and what deletes has no counterpart.
fn protection(input: &[u8]) -> Parsed<'_, u32> {
    let class = || map(take_while(|b: u8| b"RWED".contains(&b)), bits);
    let next = || preceded(char(','), class());
    let four = (class(), next(), next(), next());
    map(delimited(char('('), four, char(')')), |(_, owner, group, world)| owner << 6 | group << 3 | world)
        .parse(input)
}

fn bits(letters: &[u8]) -> u32 {
    letters.iter().fold(0, |bits, letter| {
        bits | match letter {
            b'R' => 4,
            b'W' => 2,
            b'E' => 1,
            _ => 0,
        }
    })
}

fn is_identifier(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"$_".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn fields_in_other_orders() {
        for (line, modified, owner) in [
            (
                "SUB.DIR;1  1 3-OCT-2004 06:52 [root,root] (RWE,RWE,RE,RE)",
                Some("2004-10-03 06:52"),
                Some("root"),
            ),
            ("A.B;1       40   9-JAN-2005 18:20:31.07", Some("2005-01-09 18:20:31.07"), None),
            ("A.B;1    3/9    15-JAN-2001    [DEV_7]   (RWED,RWED,RE,)", Some("2001-01-15"), Some("DEV_7")),
            ("A.B;1    6/9    15-JUI-2002    STAFF   (RWED,RWED,RE,)", None, Some("STAFF")),
            (
                "A.B;1   [OPS]    1/3     8-SEP-2007 14:25  (RWE,RWE,RE,)",
                Some("2007-09-08 14:25"),
                Some("OPS"),
            ),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(entry.modified.map(|modified| modified.to_string()).as_deref(), modified, "{line}");
            assert_eq!(entry.owner().as_deref(), owner, "{line}");
        }
    }

    #[test]
    fn headings_are_told_from_errors() {
        for line in [
            "Directory USER1:[TEMP]",
            "Total of 6 files, 12/30 blocks",
            "Grand total of 2 directories, 6 files",
        ] {
            assert!(is_heading(line.as_bytes()), "{line}");
        }
        for line in ["%RMS-E-FNF, file not found", "Directory not found [TEMP]", "Total loss"] {
            assert!(!is_heading(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_path_is_no_name() {
        assert!(is_half(b"A.B;1") && parse(b"A.B;1 5 2-JUL-2003 10:30:13").is_some());
        for name in ["[X]A.B;1", "DKA0:A.B;1", "X/A.B;1", ";1", "A.B;", "A B;1"] {
            assert!(!is_half(name.as_bytes()), "{name}");
            assert!(parse(alloc::format!("{name} 5 2-JUL-2003 10:30:13").as_bytes()).is_none(), "{name}");
        }
    }

    #[test]
    fn blocks_must_fit() {
        assert!(parse(b"A.B;1 36028797018963967 2-JUL-2003 10:30:13").is_some());
        assert!(parse(b"A.B;1 36028797018963968 2-JUL-2003 10:30:13").is_none());
    }
}
