//! `ls -l`: Unix, and the many servers that imitate it.

use alloc::string::String;

use crate::codec::{
    ascii::decimal,
    entry::{Entry, Kind, Mode, Name},
    time::{TimeOfDay, Timestamp, Zone},
};

/// Reads a line, or knows that it is none of this family.
///
/// ```text
/// line     = *SP type mode [ "+" / "." / "@" ] *SP [ links ] 1*SP [ owner [ 1*SP group ] ] 1*SP size
///            1*SP date SP name
/// size     = 1*DIGIT / major "," *SP minor                                     ; the latter of a device
/// date     = month 1*SP day 1*SP ( year / time [ 1*SP year ] ) / day 1*SP month 1*SP ( year / time ) / iso-date 1*SP time
/// name     = 1*OCTET [ " -> " target ]                                         ; the latter of a link
/// ```
/// Owner and group may hold spaces and numbers, so the first number that a date follows is the size, and all
/// before it are names. The name is everything behind the one space that ends the date.
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
    let (mode, rest) = mode(rest)?;
    let rest = match rest {
        [b'+' | b'.' | b'@', rest @ ..] => rest,
        [b' ', ..] => rest,
        _ => return None,
    };
    let rest = links(rest.trim_ascii_start())?;
    let (names, size, modified, name) = middle(rest)?;
    let (owner, group) = owners(names);
    let (name, target) = match kind {
        Kind::Link => arrow(name),
        _ => (name, None),
    };
    if name.is_empty() {
        return None;
    }
    let mut entry = Entry::new(name, kind.of(name));
    entry.size = if matches!(letter, b'b' | b'c') { None } else { Some(size?) };
    entry.modified = Some(modified);
    entry.mode = Some(mode);
    entry.owner = owner;
    entry.group = group;
    entry.target = target;
    Some(entry)
}

/// `mode = 3( ( "r" / "-" ) ( "w" / "-" ) ( "x" / "s" / "S" / "t" / "T" / "l" / "L" / "-" ) )`
///
/// A server is known that forgets the last letter.
fn mode(input: &[u8]) -> Option<(Mode, &[u8])> {
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
        } else if at == 8 && found == b' ' {
            return Some((Mode::Letters(letters), &input[8..]));
        } else {
            return None;
        }
    }
    Some((Mode::Letters(letters), &input[9..]))
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

/// Owner and group, the size if it is a number, the date, the name.
type Middle<'a> = (&'a [u8], Option<u64>, Timestamp, &'a [u8]);

/// Finds the first number that a date follows.
fn middle(input: &[u8]) -> Option<Middle<'_>> {
    let mut at = 0;
    loop {
        at += spaces(&input[at..]);
        let word = word(&input[at..]);
        if word.is_empty() {
            return None;
        }
        // Cheap first: a size ends in a digit, and all the rest of the work is for those.
        if word[0].is_ascii_digit() && word[word.len() - 1].is_ascii_digit() {
            let behind = &input[at + word.len()..];
            if let Some((modified, name)) = date(behind) {
                let names = input[..at].trim_ascii();
                return match decimal(word) {
                    Some(size) => Some((device(names), Some(size), modified, name)),
                    // `major,minor` of a device.
                    None if numbers(word) => Some((names, None, modified, name)),
                    None => None,
                };
            }
        }
        at += word.len();
    }
}

fn numbers(word: &[u8]) -> bool {
    word.iter()
        .position(|&b| b == b',')
        .is_some_and(|at| decimal(&word[..at]).is_some() && decimal(&word[at + 1..]).is_some())
}

/// `names` without the `major,` that stands before a device's minor number.
fn device(names: &[u8]) -> &[u8] {
    let Some(rest) = names.strip_suffix(b",") else { return names };
    let digits = rest.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 { names } else { rest[..rest.len() - digits].trim_ascii_end() }
}

/// The owner ends where the padding of its column begins; without padding, at the first space.
fn owners(names: &[u8]) -> (Option<String>, Option<String>) {
    let gap =
        names.windows(2).position(|pair| pair == b"  ").or_else(|| names.iter().position(|&b| b == b' '));
    let (owner, group) = names.split_at(gap.unwrap_or(names.len()));
    let text = |bytes: &[u8]| (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned());
    (text(owner), text(group.trim_ascii_start()))
}

/// A link's name and where it leads.
fn arrow(name: &[u8]) -> (&[u8], Option<Name>) {
    match name.windows(4).position(|window| window == b" -> ") {
        Some(at) => (&name[..at], Some(&name[at + 4..]).filter(|target| !target.is_empty()).map(Name::from)),
        None => (name, None),
    }
}

fn spaces(input: &[u8]) -> usize {
    input.iter().take_while(|&&b| b == b' ').count()
}

fn word(input: &[u8]) -> &[u8] {
    let end = input.iter().position(|&b| b == b' ').unwrap_or(input.len());
    &input[..end]
}

/// Reads ` date SP` at the beginning of `input`; also returns what is behind it.
fn date(input: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (first, rest) = column(input)?;
    if let [_, _, _, _, b'-', _, _, b'-', _, _] = first {
        let (time, rest) = column(rest)?;
        let time = clock(time)?;
        let year = u16::try_from(decimal(&first[..4])?).ok()?;
        let stamp =
            Timestamp::new(Some(year), small(&first[5..7])?, small(&first[8..])?, Some(time), Zone::Server)?;
        return Some((stamp, name(rest)?));
    }
    let (second, rest) = column(rest)?;
    let (month, day) = match month(first) {
        Some(month) => (month, day(second)?),
        None => (month(second)?, day(first)?),
    };
    let (third, rest) = column(rest)?;
    let (year, time) = match third.strip_suffix("年".as_bytes()).unwrap_or(third) {
        digits @ [_, _, _, _] if !digits.contains(&b':') => {
            (Some(u16::try_from(decimal(digits)?).ok()?), None)
        }
        time => (None, Some(clock(time)?)),
    };
    // `ls -lT` has both, and seconds: without the year, they would make it a part of the name.
    let (year, rest) = match time {
        Some(TimeOfDay { second: Some(_), .. }) => {
            let (digits @ [_, _, _, _], rest) = column(rest)? else { return None };
            (Some(u16::try_from(decimal(digits)?).ok()?), rest)
        }
        _ => (year, rest),
    };
    Some((Timestamp::new(year, month, day, time, Zone::Server)?, name(rest)?))
}

/// The next word. What is before it ended at a space.
fn column(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let gap = spaces(input);
    let word = word(&input[gap..]);
    (!word.is_empty()).then(|| (word, &input[gap + word.len()..]))
}

fn name(input: &[u8]) -> Option<&[u8]> {
    input.strip_prefix(b" ").filter(|name| !name.is_empty())
}

/// `Jan` to `Dec` in any case, or `1月` to `12月`.
fn month(word: &[u8]) -> Option<u8> {
    if let Some(number) = word.strip_suffix("月".as_bytes()) {
        return small(number);
    }
    let &[a, b, c] = word else { return None };
    Some(match [a, b, c].map(|letter| letter.to_ascii_lowercase()) {
        [b'j', b'a', b'n'] => 1,
        [b'f', b'e', b'b'] => 2,
        [b'm', b'a', b'r'] => 3,
        [b'a', b'p', b'r'] => 4,
        [b'm', b'a', b'y'] => 5,
        [b'j', b'u', b'n'] => 6,
        [b'j', b'u', b'l'] => 7,
        [b'a', b'u', b'g'] => 8,
        [b's', b'e', b'p'] => 9,
        [b'o', b'c', b't'] => 10,
        [b'n', b'o', b'v'] => 11,
        [b'd', b'e', b'c'] => 12,
        _ => return None,
    })
}

fn day(word: &[u8]) -> Option<u8> {
    small(word.strip_suffix("日".as_bytes()).unwrap_or(word))
}

/// `time = 1*2DIGIT ":" 2DIGIT [ ":" 2DIGIT ]`
fn clock(word: &[u8]) -> Option<TimeOfDay> {
    let mut parts = word.split(|&b| b == b':');
    let (hour, minute, second) = (small(parts.next()?)?, parts.next()?, parts.next());
    let two = |part: &[u8]| if part.len() == 2 { small(part) } else { None };
    let second = match second {
        Some(second) => Some(two(second)?),
        None => None,
    };
    if parts.next().is_some() { None } else { TimeOfDay::new(hour, two(minute)?, second, 0) }
}

/// `1*2DIGIT`
fn small(word: &[u8]) -> Option<u8> {
    match *word {
        [a @ b'0'..=b'9'] => Some(a - b'0'),
        [a @ b'0'..=b'9', b @ b'0'..=b'9'] => Some((a - b'0') * 10 + b - b'0'),
        _ => None,
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
    fn a_link_leads_behind_its_first_arrow() {
        let entry = parse(b"lrwxrwxrwx 1 a b 5 Jan  1 10:00 x -> y -> z").unwrap();
        assert_eq!((entry.name.as_bytes(), entry.target), (&b"x"[..], Some(Name::from("y -> z"))));
        assert!(parse(b"lrwxrwxrwx 1 a b 5 Jan  1 10:00  -> y").is_none());
    }

    #[test]
    fn devices_have_no_size() {
        for numbers in ["0, 27", "0,27", "8,   1", "27"] {
            let line = alloc::format!("brw-rw---- 1 root disk {numbers} Jan  1 2020 sda");
            let entry = parse(line.as_bytes()).unwrap();
            assert_eq!((entry.size, entry.group.as_deref()), (None, Some("disk")), "{numbers}");
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
    fn links_may_be_left_out() {
        let entry = parse(b"-rw-r--r-- a b 5 Jan  1 2020 x").unwrap();
        assert_eq!(
            (entry.owner.as_deref(), entry.group.as_deref(), entry.size),
            (Some("a"), Some("b"), Some(5))
        );
    }

    #[test]
    fn a_size_must_fit() {
        assert!(parse(b"-rw-r--r-- 1 a b 18446744073709551615 Jan  1 2020 x").is_some());
        assert!(parse(b"-rw-r--r-- 1 a b 18446744073709551616 Jan  1 2020 x").is_none());
    }
}
