//! `ls -l`: Unix, and the many servers that imitate it. POSIX `ls`, and what clients have met since.

use super::{
    date::{dated, may_begin, unreadable},
    months,
};
use crate::codec::{
    ascii::decimal,
    entry::{Entry, Exactness, Kind, Name, Permissions},
    time::Timestamp,
};

/// Reads a line, or knows that it is not of this family.
///
/// ```text
/// line     = *SP type ( mode [ "+" / "." / "@" ] *SP [ links ] / 9*SP links ) 1*SP [ owner [ 1*SP group ] ] 1*SP size
///            ( 1*SP date SP name / SP undated )
/// size     = 1*DIGIT / 1*DIGIT [ ( "." / "," ) 1*DIGIT ] unit / major "," *SP minor      ; the last of a device
/// name     = 1*OCTET [ " -> " target ]                                         ; the latter of a link
/// ```
/// Owner and group may hold spaces and numbers, so the first number that a date follows is the size, and all before it are
/// names. The name is everything after the one space that ends the date. A date that cannot be read is no time; if another
/// one follows it, the line is not of this family, as either may be the line's.
pub(super) fn parse(line: &[u8]) -> Option<Entry> {
    let line = line.trim_ascii_start();
    let (&letter, rest) = line.split_first()?;
    let kind = match letter {
        b'-' | b'f' => Kind::File,
        b'd' => Kind::Directory,
        b'l' => Kind::Link,
        b'b' | b'c' | b'p' | b's' | b'D' => Kind::Other,
        _ => return None,
    };
    let (mode, rest) = match mode(rest) {
        Some((mode, rest)) => (Some(mode), acl(rest)?),
        // A mode may be left out, but its column is wide: `-` and a space may be the end of one.
        None if rest.starts_with(b"         ") && rest.trim_ascii_start().first()?.is_ascii_digit() => {
            (None, rest)
        }
        None => return None,
    };
    let rest = links(rest.trim_ascii_start())?;
    let is_device = matches!(letter, b'b' | b'c');
    let Middle { names, size, modified, name } = match middle(rest) {
        Some(middle) => middle,
        None if mode.is_some() => undated(rest)?,
        None => return None,
    };
    let (size, exactness, names) = match size {
        _ if is_device => (None, Exactness::Exact, device(names)),
        Size::Numbers => return None,
        Size::Number(size) => (Some(size), Exactness::Exact, names),
        Size::About(size) => (Some(size), Exactness::Approximate, names),
    };
    let (name, target) = match kind {
        Kind::Link => arrow(name, size),
        _ => (name, None),
    };
    if name.is_empty() {
        return None;
    }
    let mut entry = Entry::new(name, kind.of(name));
    (entry.size, entry.exactness) = (size, exactness);
    entry.modified = modified;
    entry.permissions = mode;
    entry.target = target;
    let (owner, group) = owners(names);
    entry.belongs_to(owner, group);
    Some(entry)
}

/// Passes over the mark after a mode: that the file has an access list (`+`), a security context (`.`) or attributes (`@`).
fn acl(rest: &[u8]) -> Option<&[u8]> {
    match rest {
        [b'+' | b'.' | b'@', rest @ ..] => Some(rest),
        [b' ', ..] => Some(rest),
        _ => None,
    }
}

/// `mode = 3( ( "r" / "-" ) ( "w" / "-" ) ( "x" / "s" / "S" / "t" / "T" / "l" / "L" / "-" ) )`
///
/// A server is known that forgets the last letter; but nothing but hyphens may be a mode that lost its type.
pub(super) fn mode(input: &[u8]) -> Option<(Permissions, &[u8])> {
    let mut letters = [b'-'; 9];
    for (at, letter) in letters.iter_mut().enumerate() {
        let found = *input.get(at)?;
        let allowed = match at % 3 {
            0 => matches!(found, b'r' | b'-'),
            1 => matches!(found, b'w' | b'-'),
            _ => matches!(found, b'x' | b's' | b'S' | b't' | b'T' | b'l' | b'L' | b'-'),
        };
        if allowed {
            *letter = found;
        } else if at == 8 && found == b' ' && letters.iter().any(|letter| *letter != b'-') {
            return Some((Permissions::Letters(letters), &input[8..]));
        } else {
            return None;
        }
    }
    Some((Permissions::Letters(letters), &input[9..]))
}

/// Passes over the count of links, which a server may leave out, but not run into what follows.
fn links(input: &[u8]) -> Option<&[u8]> {
    let digits = input.iter().take_while(|b| b.is_ascii_digit()).count();
    match (digits, input.get(digits)?) {
        (0, _) => Some(input),
        (_, b' ') => Some(&input[digits..]),
        _ => None,
    }
}

/// What follows the links.
struct Middle<'a> {
    /// Owner and group.
    names: &'a [u8],
    size: Size,
    modified: Option<Timestamp>,
    name: &'a [u8],
}

enum Size {
    /// Bytes.
    Number(u64),
    /// Bytes, nearly.
    About(u64),
    /// `major,minor` of a device.
    Numbers,
}

/// Finds the first number that a date follows.
fn middle(input: &[u8]) -> Option<Middle<'_>> {
    let mut at = 0;
    let mut undated = None;
    loop {
        at += input[at..].iter().take_while(|&&b| b == b' ').count();
        let rest = &input[at..];
        let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        if word.is_empty() {
            return undated;
        }
        // Cheap first: most words are no size, and all the rest of the work is for those that are.
        if let Some((size, names)) = size(word, &input[..at], input)
            && may_begin(after)
        {
            if let Some(found) = dated(after) {
                let found =
                    Middle { names: names.trim_ascii(), size, modified: found.modified, name: found.name };
                return if undated.is_none() { Some(found) } else { None };
            }
            if let (Size::Number(_), Some(name)) = (&size, unreadable(after)) {
                if undated.is_some() {
                    return None;
                }
                undated = Some(Middle { names: names.trim_ascii(), size, modified: None, name });
            }
        }
        at += end;
    }
}

/// Reads a size, which a group that is too long for its column may have run into: the size, and the names before it.
fn size<'a>(word: &[u8], names: &'a [u8], input: &'a [u8]) -> Option<(Size, &'a [u8])> {
    let (first, last) = (word.first()?, word.last()?);
    match (first.is_ascii_digit(), last.is_ascii_digit()) {
        (true, true) => match decimal(word) {
            Some(size) => Some((Size::Number(size), names)),
            None => {
                let comma = word.iter().position(|&b| b == b',')?;
                decimal(&word[..comma]).and(decimal(&word[comma + 1..])).map(|_| (Size::Numbers, names))
            }
        },
        (true, false) => Some((Size::About(scaled(word)?), names)),
        (false, true) => {
            let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
            let (group, size) = word.split_at(word.len() - digits);
            let sound = group.last().is_some_and(u8::is_ascii_alphabetic);
            if sound {
                Some((Size::About(decimal(size)?), &input[..names.len() + group.len()]))
            } else {
                None
            }
        }
        (false, false) => None,
    }
}

/// `33.5k`: `1*DIGIT [ ( "." / "," ) 1*DIGIT ] unit`, in bytes.
fn scaled(word: &[u8]) -> Option<u64> {
    let (&last, number) = word.split_last()?;
    let unit = unit(last)?;
    let point = number.iter().position(|b| b".,".contains(b));
    let (whole, fraction) = number.split_at(point.unwrap_or(number.len()));
    let fraction = match fraction {
        [] => 0,
        // Three digits are as many as anyone prints.
        [_, digits @ ..] if digits.len() <= 3 => {
            unit.checked_mul(decimal(digits)?)? / 10u64.pow(u32::try_from(digits.len()).ok()?)
        }
        _ => return None,
    };
    unit.checked_mul(decimal(whole)?)?.checked_add(fraction)
}

fn unit(letter: u8) -> Option<u64> {
    let power = b"kmgtp".iter().position(|&unit| unit == letter.to_ascii_lowercase())?;
    Some(1024 << (10 * power))
}

/// Reads a line that has no date, as uClinux sends it: `1 0 0 290 rc`.
///
/// ```text
/// undated  = number 1*SP number 1*SP size SP 1*<ASCII but SP> [ " -> " target ]        ; owner, group
/// ```
/// So that a line that was cut within its date is not taken for one, nothing that a date begins with is a name, and owner
/// and group are numbers, as a system without dates knows no names for them.
fn undated(input: &[u8]) -> Option<Middle<'_>> {
    let (before, name) = match input.windows(4).position(|window| window == b" -> ") {
        Some(arrow) => input.split_at(input[..arrow].iter().rposition(|&b| b == b' ')?),
        None => input.split_at(input.iter().rposition(|&b| b == b' ')?),
    };
    let name = name.strip_prefix(b" ")?;
    let word = name.split(|&b| b == b' ').next()?;
    if word.is_empty() || !word.is_ascii() || word[0].is_ascii_digit() || months::begins(months::bare(word)) {
        return None;
    }
    let mut columns = before.split(|&b| b == b' ').filter(|column| !column.is_empty());
    let (Some(owner), Some(group), Some(size), None) =
        (columns.next(), columns.next(), columns.next(), columns.next())
    else {
        return None;
    };
    decimal(owner).and(decimal(group))?;
    let names = before[..before.len() - size.len()].trim_ascii();
    Some(Middle { names, size: Size::Number(decimal(size)?), modified: None, name })
}

/// `names` without the `major,` that stands before a device's minor number.
fn device(names: &[u8]) -> &[u8] {
    let Some(rest) = names.strip_suffix(b",") else { return names };
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 { names } else { rest[..rest.len() - digits].trim_ascii_end() }
}

/// The owner ends where the padding of its column begins; without padding, at the first space.
fn owners(names: &[u8]) -> (&[u8], &[u8]) {
    let gap =
        names.windows(2).position(|pair| pair == b"  ").or_else(|| names.iter().position(|&b| b == b' '));
    let (owner, group) = names.split_at(gap.unwrap_or(names.len()));
    (owner, group.trim_ascii_start())
}

/// A link's name and where it leads. Both may have an arrow in them; a link's size is that of its target, where the server
/// does not count otherwise.
fn arrow(name: &[u8], size: Option<u64>) -> (&[u8], Option<Name>) {
    const ARROW: &[u8] = b" -> ";
    let by_size = || {
        let at = name.len().checked_sub(usize::try_from(size?).ok()?)?.checked_sub(ARROW.len())?;
        name[at..].starts_with(ARROW).then_some(at)
    };
    match by_size().or_else(|| name.windows(ARROW.len()).position(|window| window == ARROW)) {
        Some(at) => {
            let target = &name[at + ARROW.len()..];
            (&name[..at], Some(target).filter(|target| !target.is_empty()).map(Name::from))
        }
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bytes_and_keep_their_spaces() {
        let entry = parse(b"-rw-r--r-- 1 a b 5 Jan  1 10:00  \xff -> x ").unwrap();
        assert_eq!(entry.name.as_bytes(), b" \xff -> x ");
        assert_eq!(entry.target, None);
    }

    #[test]
    fn a_link_leads_where_its_first_arrow_points() {
        let entry = parse(b"lrwxrwxrwx 1 a b 5 Jan  1 10:00 x -> y -> z").unwrap();
        assert_eq!((entry.name.as_bytes(), entry.target), (&b"x"[..], Some(Name::from("y -> z"))));
        assert!(parse(b"lrwxrwxrwx 1 a b 5 Jan  1 10:00  -> y").is_none());
    }

    #[test]
    fn a_link_s_size_tells_which_arrow_it_is() {
        for (size, name, target) in [
            (1, "x -> y", "z"),
            (6, "x", "y -> z"),
            (0, "x", "y -> z"),
            (11, "x", "y -> z"),
            (99, "x", "y -> z"),
        ] {
            let line = alloc::format!("lrwxrwxrwx 1 a b {size} Jan  1 10:00 x -> y -> z");
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.name, entry.target), (Name::from(name), Some(Name::from(target))), "{size}");
        }
    }

    #[test]
    fn devices_have_no_size() {
        for numbers in ["0, 27", "0,27", "8,   1", "27"] {
            let line = alloc::format!("brw-rw---- 1 root disk {numbers} Jan  1 2020 sda");
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.size, entry.group().as_deref()), (None, Some("disk")), "{numbers}");
        }
        for line in [
            "-rw-rw---- 1 root disk 0,27 Jan  1 2020 sda",
            "brw-rw---- 1 root disk 0x27 Jan  1 2020 sda",
            "brw-rw---- 1 root disk 0,2,7 Jan  1 2020 sda",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn seconds_come_with_a_year() {
        let entry = parse(b"-rw-r--r-- 1 a b 5 Jan  2 10:00:07 2020 x").unwrap();
        assert_eq!(entry.name.as_bytes(), b"x");
        assert_eq!(entry.modified.unwrap().to_unix(), Some(1_577_959_207));
        assert!(parse(b"-rw-r--r-- 1 a b 5 Jan  2 10:00:07 x").is_none());
    }

    #[test]
    fn every_month_and_kind_has_its_name() {
        let months = ["Jan", "Feb", "MAR", "apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
        for (month, name) in (1..).zip(months) {
            for date in
                [alloc::format!("{name} 2"), alloc::format!("2 {name}"), alloc::format!("{month}月 2日")]
            {
                let line = alloc::format!("-rw-r--r-- 1 a b 5 {date} 2020 x");
                let modified = parse(line.as_bytes()).unwrap().modified.unwrap();
                assert_eq!((modified.month, modified.day, modified.year), (month, 2, Some(2020)), "{line}");
            }
        }
        for (letter, kind) in [
            ('-', Kind::File),
            ('f', Kind::File),
            ('d', Kind::Directory),
            ('l', Kind::Link),
            ('p', Kind::Other),
            ('s', Kind::Other),
            ('b', Kind::Other),
            ('c', Kind::Other),
            ('D', Kind::Other),
        ] {
            let line = alloc::format!("{letter}rw-r--r-- 1 a b 5 Jan 2 2020 x");
            assert_eq!(parse(line.as_bytes()).unwrap().kind, kind, "{line}");
        }
        for mode in ["xrw-r--r--", "-rw-r--r-+", "-rw r--r--"] {
            let line = alloc::format!("{mode} 1 a b 5 Jan 2 2020 x");
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn a_mode_may_be_left_out() {
        let entry = parse(b"d            2 root     other        512 Apr  8  1994 x").unwrap();
        assert_eq!((entry.kind, entry.permissions, entry.size), (Kind::Directory, None, Some(512)));
        // The end of one that was cut.
        assert!(parse(b"-    4 root     other        512 Apr  8  1994 x").is_none());
        assert!(parse(b"---------   1 owner    group               0 Nov  9 19:45 x").is_none());
    }

    #[test]
    fn a_date_may_be_left_out_or_unreadable() {
        // uClinux, and a robot of FANUC.
        for (line, name, size) in [
            ("-rw-r--r-- 1 0 0 100 services", "services", 100),
            ("lrwxrwxrwx 1 0 0 20 resolv.conf -> /var/run/resolv conf", "resolv.conf", 20),
            ("-rw-rw-rw- 1 user group 531 000 17 2025 a b", "a b", 531),
            ("drwxr-xr-x   2 root     root         4096 Aug 36  2001 a", "a", 4096),
        ] {
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!(
                (entry.name.to_str(), entry.size, entry.modified),
                (Some(name), Some(size), None),
                "{line}"
            );
        }
        for line in [
            "-rw-r--r-- 1 0 0 100 Aug",
            "-rw-r--r-- 1 0 0 100 A",
            "-rw-r--r-- 1 0 0 100 Okt.",
            "-rw-r--r-- 1 0 0 100 2005-0",
            "-rw-r--r-- 1 0 0 100 a b",
            "-rw-r--r-- 1 root root 100 Jam",
            "-rw-r--r-- 1 0 100 a",
            // Which date is its own?
            "-rw-rw-rw- 1 user group 531 000 17 2025 log 5 Jan  1 2020 x",
            "-rw-rw-rw- 1 user group 531 000 17 2025 log 5 Jam  1 2020 x",
            // A size is no year.
            "drwxr-xr-x x 2 root     99           4096 eb 23a  2001 zzplayer",
        ] {
            assert!(parse(line.as_bytes()).is_none(), "{line}");
        }
    }

    #[test]
    fn a_size_may_look_like_a_year() {
        for date in ["Mar  2 15:13", "3月  2 15:13", "3月  2 2015"] {
            let entry = parse(alloc::format!("-rw-r--r-- 1 500 500 2003 {date} x").as_bytes()).unwrap();
            assert_eq!((entry.size, entry.name.as_bytes()), (Some(2003), &b"x"[..]), "{date}");
        }
        let entry = parse("-rwxrwxrwx   1 root     500          0 2003   3月 20 x y".as_bytes()).unwrap();
        assert_eq!((entry.size, entry.name.as_bytes()), (Some(0), &b"x y"[..]));
    }

    #[test]
    fn neither_clock_nor_zone_is_a_name() {
        for line in
            ["531 Jun 7 2005 21:22 x", "531 2005-06-07 21:22:05 +0200 x", "531 Jun  7 21:22:05 2005 x"]
        {
            let entry = parse(alloc::format!("-rw-r--r-- 1 a b {line}").as_bytes()).unwrap();
            assert_eq!((entry.name.as_bytes(), entry.size), (&b"x"[..], Some(531)), "{line}");
        }
    }

    #[test]
    fn sizes_may_be_near() {
        for (text, size, group) in [
            ("other  12.5k", 12_800, "other"),
            ("other  12,5k", 12_800, "other"),
            ("other  4K", 4096, "other"),
            ("other  1.25M", 1_310_720, "other"),
            ("longgroup654321", 654_321, "longgroup"),
        ] {
            let entry =
                parse(alloc::format!("-r-xr-xr-x averylongowner {text} May 30 08:14 x").as_bytes()).unwrap();
            assert_eq!(
                (entry.size, entry.exact_size(), entry.group().as_deref()),
                (Some(size), None, Some(group)),
                "{text}"
            );
        }
        for text in ["other 34.k", "other .5k", "other 99999999999999999P", "other 1.2345k", "12:34"] {
            let line = alloc::format!("-r-xr-xr-x averylongowner {text} May 30 08:14 x");
            assert!(parse(line.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn links_may_be_left_out() {
        let entry = parse(b"-rw-r--r-- a b 5 Jan  1 2020 x").unwrap();
        assert_eq!(
            (entry.owner().as_deref(), entry.group().as_deref(), entry.size),
            (Some("a"), Some("b"), Some(5))
        );
    }

    #[test]
    fn a_size_must_fit() {
        assert!(parse(b"-rw-r--r-- 1 a b 18446744073709551615 Jan  1 2020 x").is_some());
        assert!(parse(b"-rw-r--r-- 1 a b 18446744073709551616 Jan  1 2020 x").is_none());
    }
}
