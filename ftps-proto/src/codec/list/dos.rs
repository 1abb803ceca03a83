//! `DIR` of DOS: Microsoft's FTP service (IIS, Azure) as it is by default, Windows CE, and what imitates them.

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::{tag, take_while1},
    character::complete::char,
    combinator::{map, map_opt},
    sequence::{delimited, preceded, terminated},
};

use super::columns::{
    gap, moment, month_day_year, name, numeric_day_month_year, spaced_time, year_month_day,
};
use crate::codec::{
    Parsed,
    ascii::decimal,
    entry::{Entry, Kind, Name},
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = date gap time gap ( mark gap name / size SP name )
/// date     = pair sep pair sep year / 4DIGIT sep pair sep pair ; month first
///          / pair "." pair "." year                            ; day first
/// sep      = "-" / "/" / "."
/// mark     = "<DIR>" / "<JUNCTION>" / "<SYMLINK>" / "<SYMLINKD>"
/// size     = 1*( DIGIT / "," / "." / "'" )                     ; with thousands separators
/// ```
/// After a size one space ends the column, so that a name may begin with one.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let (_, entry) = entry(line).ok()?;
    Some(entry)
}

fn entry(input: &[u8]) -> Parsed<'_, Entry> {
    let separated = |separator| alt((year_month_day(separator), month_day_year(separator)));
    let dotted = alt((year_month_day("."), numeric_day_month_year(".")));
    let date = alt((separated("-"), separated("/"), dotted));
    let what = alt((
        (terminated(map(mark, |kind| (kind, None)), gap), name),
        (terminated(map(size, |size| (Kind::File, Some(size))), char(' ')), name),
    ));
    map((terminated(date, gap), terminated(spaced_time, gap), what), |(date, time, ((kind, size), name))| {
        let (name, target) = if kind == Kind::Link { target(name) } else { (name, None) };
        let mut entry = Entry::new(name, kind.of(name));
        entry.size = size;
        entry.modified = moment(date, time);
        entry.target = target;
        entry
    })
    .parse(input)
}

fn mark(input: &[u8]) -> Parsed<'_, Kind> {
    let link = alt((tag("JUNCTION"), tag("SYMLINKD"), tag("SYMLINK")));
    let kind = alt((map(tag("DIR"), |_| Kind::Directory), map(link, |_| Kind::Link)));
    delimited(char('<'), kind, char('>')).parse(input)
}

/// A number whose thousands may be separated.
fn size(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while1(|b: u8| b.is_ascii_digit() || b",.'".contains(&b)), |text: &[u8]| {
        let separator = text.iter().copied().find(|b| !b.is_ascii_digit());
        let mut groups = text.split(|&b| Some(b) == separator);
        let first = groups.next()?;
        let mut size = decimal(first)?;
        for group in groups {
            if first.len() > 3 || group.len() != 3 {
                return None;
            }
            size = size.checked_mul(1000)?.checked_add(decimal(group)?)?;
        }
        Some(size)
    })
    .parse(input)
}

/// `name [ SP "[" target "]" ]`: as `DIR` shows a link.
fn target(name: &[u8]) -> (&[u8], Option<Name>) {
    let end = name
        .strip_suffix(b"]")
        .and_then(|rest| Some((rest, rest.windows(2).position(|pair| pair == b" [")?)));
    match end {
        Some((rest, at)) if at > 0 && at + 2 < rest.len() => (&name[..at], Some(Name::from(&rest[at + 2..]))),
        _ => (name, None),
    }
}

/// What `DIR` on a console has around its entries, which some servers pass on.
///
/// ```text
/// heading  = "Volume " ... / "Directory of " ... / 1*DIGIT 1*SP ( "File(s)" / "Dir(s)" ) ...
/// ```
pub(super) fn is_heading(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let counted = preceded((size, gap), alt((tag("File(s)"), tag("Dir(s)"))));
    let mut heading =
        alt((tag("Volume in drive "), tag("Volume Serial Number is "), tag("Directory of "), counted));
    let found: Parsed<'_, &[u8]> = heading.parse(line);
    found.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn sizes_may_be_grouped() {
        for (text, found) in [
            ("9,730", Some(9730)),
            ("1.234.567", Some(1_234_567)),
            ("18446744073709551615", Some(u64::MAX)),
            ("1,2", None),
            ("1234,567", None),
            ("1,234.567", None),
            (",123", None),
        ] {
            let line = alloc::format!("2002-09-02  19:06  {text} a b");
            assert_eq!(parse(line.as_bytes()).and_then(|entry| entry.size), found, "{text}");
        }
    }

    #[test]
    fn years_may_come_first() {
        let entry = parse(b"2002-09-02  18:48       <DIR>          a b").unwrap();
        assert_eq!((entry.kind, entry.name.as_bytes()), (Kind::Directory, &b"a b"[..]));
        assert_eq!(entry.modified.unwrap().to_string(), "2002-09-02 18:48");
        for date in ["09/02/2002", "02.09.02"] {
            let line = alloc::format!("{date}  06:48p 5 x");
            assert!(parse(line.as_bytes()).is_none(), "{line}");
            let line = alloc::format!("{date}  06:48PM 5  x ");
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(entry.modified.unwrap().to_string(), "2002-09-02 18:48");
            assert_eq!(entry.name.as_bytes(), b" x ");
        }
    }

    #[test]
    fn a_half_of_the_day_may_be_a_word() {
        // As a console has it in English.
        for (line, name) in [
            ("09/02/2002  06:48 PM    <DIR>          PM 5", "PM 5"),
            ("09/02/2002  06:48 PM             1,234 a", "a"),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(entry.modified.unwrap().to_string(), "2002-09-02 18:48");
            assert_eq!(entry.name.to_str(), Some(name));
        }
        assert!(parse(b"09/02/2002  06:48 PMX 5 a").is_none());
    }

    #[test]
    fn links_may_show_their_target() {
        for (text, name, target) in [
            ("<JUNCTION>     Users [C:\\Users]", "Users", Some("C:\\Users")),
            ("<SYMLINKD>     a", "a", None),
            ("<SYMLINK>      [a]", "[a]", None),
            ("<SYMLINK>      a []", "a []", None),
        ] {
            let line = alloc::format!("04-14-00  03:47PM    {text}");
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(entry.kind, Kind::Link);
            assert_eq!(
                (entry.name.to_str(), entry.target.as_ref().and_then(Name::to_str)),
                (Some(name), target)
            );
        }
    }

    #[test]
    fn a_console_has_headings() {
        for line in [
            " Volume in drive C has no label.",
            " Directory of C:\\",
            "   12 File(s)    1,234 bytes",
            "2 Dir(s)  1",
        ] {
            assert!(is_heading(line.as_bytes()), "{line}");
        }
        assert!(!is_heading(b"Directory") && !is_heading(b"12 files"));
    }
}
