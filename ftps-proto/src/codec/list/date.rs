//! Dates as `ls` and its imitations write them, between the size and the name.

use super::months;
use crate::codec::{
    ascii::decimal,
    time::{TimeOfDay, Timestamp, Zone},
};

/// A date's column, and the name after it.
pub(super) struct Dated<'a> {
    /// Absent if it has the form of a date, but is not one, or may be one of two.
    pub(super) modified: Option<Timestamp>,
    pub(super) name: &'a [u8],
}

/// Whether a date can be there, readable or not: a look that costs little, for most words that it is asked of are followed
/// by none. A number begins one as its day or year, before a month that has letters, or as what cannot be read, `000`.
pub(super) fn may_begin(input: &[u8]) -> bool {
    let is_number = |word: &[u8]| word.iter().all(u8::is_ascii_digit);
    match column(input) {
        Some((first, rest)) if is_number(first) => match first.len() {
            3 => true,
            1..=4 => column(rest).is_some_and(|(second, _)| !is_number(second)),
            _ => false,
        },
        found => found.is_some(),
    }
}

/// Reads a date and the name at the beginning of `input`, which the gap before the date begins.
///
/// ```text
/// dated    = 1*SP date SP name
/// date     = named / numeric
/// ```
pub(super) fn dated(input: &[u8]) -> Option<Dated<'_>> {
    if let Some(dated) = recent(input) {
        return Some(dated);
    }
    let (first, rest) = column(input)?;
    if first[0].is_ascii_digit() && first.iter().any(|b| b"-/.".contains(b)) && months::day(first).is_none() {
        return numeric(first, rest);
    }
    named(input)
}

/// Reads ` Jan  2 03:04 name`, as most lines have it: a form of [`named`] that costs less.
fn recent(input: &[u8]) -> Option<Dated<'_>> {
    let (date, name) = input.split_first_chunk()?;
    let &[b' ', a, b, c, b' ', tens, ones, b' ', h, i, b':', m, n, b' '] = date else { return None };
    let tens = if tens == b' ' { b'0' } else { tens };
    let clock = Clock::Time(TimeOfDay::new(months::two(&[h, i])?, months::two(&[m, n])?, None, 0)?);
    let modified = stamp(None, months::english([a, b, c])?, months::two(&[tens, ones])?, Some(clock))?;
    if name.is_empty() { None } else { Some(Dated { modified: Some(modified), name }) }
}

/// Reads a date that names its month.
///
/// ```text
/// named    = month 1*SP day 1*SP year-or-time / day 1*SP month 1*SP year-or-time / year 1*SP month 1*SP day
/// year-or-time = year [ 1*SP clock ] / clock-to-the-minute / clock 1*SP year
/// ```
/// After a year, what looks like a clock is one. `Oct 08, 2002` always has it.
pub(super) fn named(input: &[u8]) -> Option<Dated<'_>> {
    let (first, rest) = column(input)?;
    let (second, rest) = column(rest)?;
    // Whether it is a day costs less to find out than whether it is a month.
    let (month, day) = if let Some(day) = months::day(second) {
        (months::month(months::bare(first))?, day)
    } else if let Some(day) = months::day(first) {
        (months::month(months::bare(second))?, day)
    } else {
        return year_first(first, second, rest);
    };
    let (third, rest) = column(rest)?;
    let (year, clock, rest) = match months::year(third) {
        Some(year) => match column(rest).filter(|(word, _)| is_clock(word)) {
            Some((word, rest)) => (Some(year), Some(Clock::read(word)?), rest),
            None if second.ends_with(b",") => return None,
            None => (Some(year), None, rest),
        },
        None => match Clock::read(third)? {
            // `ls -lT`: without the year, it would be a part of the name.
            clock @ Clock::Time(TimeOfDay { second: Some(_), .. }) => {
                let (word, rest) = column(rest)?;
                (Some(months::year(word)?), Some(clock), rest)
            }
            clock => (None, Some(clock), rest),
        },
    };
    Some(Dated { modified: Some(stamp(year, month, day, clock)?), name: name(rest)? })
}

/// Reads `2003年 3月 20日`, or `2003 3月 20` if that can be nothing else: a size, and a month, a day and a time.
fn year_first<'a>(first: &[u8], second: &[u8], rest: &'a [u8]) -> Option<Dated<'a>> {
    let year = months::year(first)?;
    let month = months::month(second).filter(|_| second[0].is_ascii_digit())?;
    let (third, rest) = column(rest)?;
    let modified = stamp(Some(year), month, months::day(third)?, None)?;
    let name = name(rest)?;
    let may_be_size = first.len() == 4
        && column(rest)
            .is_none_or(|(word, _)| is_clock(word) || months::year(word).is_some() || is_cut_clock(word));
    if may_be_size { None } else { Some(Dated { modified: Some(modified), name }) }
}

/// Reads a date in numbers, or with a month's name between hyphens.
///
/// ```text
/// numeric  = full [ 1*SP clock [ 1*SP zone ] ] / 2DIGIT "-" 2DIGIT 1*SP ( year / clock )
/// full     = 4DIGIT sep two sep two / two sep two sep 4DIGIT / two "-" month "-" ( 2DIGIT / 4DIGIT )
/// sep      = "-" / "/" / "."
/// zone     = ( "+" / "-" ) 4DIGIT
/// ```
/// Day and month of `04-05-2003` may be either: it is no time. `ls --time-style=iso` has `05-04`, month first.
fn numeric<'a>(first: &[u8], rest: &'a [u8]) -> Option<Dated<'a>> {
    let separator = *first.iter().find(|b| b"-/.".contains(b))?;
    let mut parts = first.split(|&b| b == separator);
    let (a, b, c) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let two = months::two;
    let Some(c) = c else {
        if separator != b'-' || (a.len(), b.len()) != (2, 2) {
            return None;
        }
        let (month, day) = match (two(a)?, two(b)?) {
            (day @ 13.., month) => (month, day),
            (month, day) => (month, day),
        };
        let (third, rest) = column(rest)?;
        let modified = match months::year(third) {
            Some(year) => stamp(Some(year), month, day, None),
            None => stamp(None, month, day, Some(Clock::read(third)?)),
        };
        return Some(Dated { modified, name: name(rest)? });
    };
    let day = match (a.len(), c.len()) {
        (4, _) => Some((months::year(a)?, two(b)?, two(c)?)),
        (_, 4) if two(b).is_some() => match (months::year(c)?, two(b)?, two(a)?) {
            (year, month, day @ 13..) => Some((year, month, day)),
            (year, day @ 13.., month) => Some((year, month, day)),
            (year, month, day) if month == day || separator == b'.' => Some((year, month, day)),
            _ => None,
        },
        _ => Some((short_year(c)?, months::month(b)?, two(a)?)),
    };
    // An old date of `ls --time-style=iso` is padded.
    let is_padded = a.len() == 4 && separator == b'-';
    let (clock, zone, name) = clock_and_zone(rest, is_padded)?;
    let modified = day.and_then(|(year, month, day)| match clock {
        Some(clock) => stamp(Some(year), month, day, Some(clock?)),
        None => stamp(Some(year), month, day, None),
    });
    let modified = modified.map(|modified| Timestamp { zone, ..modified });
    Some(Dated { modified, name })
}

/// The clock, if there is one, as far as it is one; the zone; the name.
type Rest<'a> = (Option<Option<Clock>>, Zone, &'a [u8]);

fn clock_and_zone(rest: &[u8], is_padded: bool) -> Option<Rest<'_>> {
    let (word, after) = column(rest)?;
    if !is_clock(word) {
        let name =
            if is_padded { rest.strip_prefix(b" ").filter(|rest| rest.starts_with(b" ")) } else { None };
        let name = self::name(name.unwrap_or(rest))?;
        let is_broken = word
            .windows(3)
            .any(|part| matches!(part, [b':', a, b] if a.is_ascii_digit() && b.is_ascii_digit()));
        return if is_broken || is_cut_clock(name) { None } else { Some((None, Zone::Server, name)) };
    }
    let clock = Clock::read(word);
    // `ls --full-time`
    let zone = match column(after) {
        Some(([sign @ (b'+' | b'-'), digits @ ..], after))
            if word.len() >= 8 && digits.iter().all(u8::is_ascii_digit) =>
        {
            Some((*sign, digits, after))
        }
        _ => None,
    };
    let Some((sign, digits, after)) = zone else { return Some((Some(clock), Zone::Server, name(after)?)) };
    let &[_, _, _, _] = digits else { return None };
    let number = i16::try_from(decimal(digits)?).ok()?;
    let minutes = number / 100 * 60 + number % 100;
    Some((Some(clock), Zone::Offset(if sign == b'-' { -minutes } else { minutes }), name(after)?))
}

/// Whether it is all that a line has that was cut within its clock.
fn is_cut_clock(name: &[u8]) -> bool {
    name[0].is_ascii_digit()
        && name.iter().all(|b| b.is_ascii_digit() || b":.".contains(b))
        && (name.len() <= 2 || name.contains(&b':'))
}

/// Passes over what has the form of a date and is not one, as `000 17 2025`: the name after it.
///
/// ```text
/// undated  = 1*SP ( 3DIGIT / 2*12<neither DIGIT nor SP> ) 1*SP 1*2DIGIT 1*SP ( 4DIGIT / clock ) [ 1*SP clock ] SP name
/// ```
pub(super) fn unreadable(input: &[u8]) -> Option<&[u8]> {
    let (first, rest) = column(input)?;
    let digits = first.iter().filter(|b| b.is_ascii_digit()).count();
    if !matches!((first.len(), digits), (3, 3) | (2..=12, 0)) {
        return None;
    }
    let (second, rest) = column(rest)?;
    months::two(months::bare(second))?;
    let (third, rest) = column(rest)?;
    // A clock with its seconds has a year after it.
    let is_year = months::year(third).is_some_and(|year| (1970..2100).contains(&year));
    let is_minute = third.len() <= 5 && is_clock(third);
    if !is_year && !is_minute {
        return None;
    }
    match column(rest) {
        Some((word, rest)) if is_clock(word) => name(rest),
        _ if second.ends_with(b",") => None,
        _ => name(rest),
    }
}

/// A day, at a time if there is one; `None` if there is no such day.
fn stamp(year: Option<u16>, month: u8, day: u8, clock: Option<Clock>) -> Option<Timestamp> {
    match clock {
        None => Timestamp::new(year, month, day, None, Zone::Server),
        Some(Clock::Time(time)) => Timestamp::new(year, month, day, Some(time), Zone::Server),
        Some(Clock::Midnight) => Timestamp::end_of(year, month, day, Zone::Server),
    }
}

/// A time of day, or the end of the day: 24:00.
#[derive(Clone, Copy)]
enum Clock {
    Time(TimeOfDay),
    Midnight,
}

impl Clock {
    /// `clock = 1*2DIGIT ":" 2DIGIT [ ":" 2DIGIT [ "." 1*DIGIT ] ]`
    fn read(word: &[u8]) -> Option<Self> {
        let mut parts = word.split(|&b| b == b':');
        let (hour, minute, second) = (months::two(parts.next()?)?, parts.next()?, parts.next());
        let two = |part: &[u8]| if part.len() == 2 { months::two(part) } else { None };
        let (second, nanos) = match second {
            Some([a, b, b'.', fraction @ ..])
                if !fraction.is_empty() && fraction.iter().all(u8::is_ascii_digit) =>
            {
                (Some(two(&[*a, *b])?), crate::codec::time::nanos(fraction))
            }
            Some(second) => (Some(two(second)?), 0),
            None => (None, 0),
        };
        let minute = two(minute)?;
        match (parts.next(), hour, minute) {
            (None, 24, 0) if second.unwrap_or(0) == 0 && nanos == 0 => Some(Self::Midnight),
            (None, ..) => TimeOfDay::new(hour, minute, second, nanos).map(Self::Time),
            _ => None,
        }
    }
}

/// Whether it has the form of a clock, even of a time that is not one.
fn is_clock(word: &[u8]) -> bool {
    let (hour, rest) = match word {
        [a, b':', rest @ ..] => ([b'0', *a], rest),
        [a, b, b':', rest @ ..] => ([*a, *b], rest),
        _ => return false,
    };
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    digits(&hour)
        && match rest {
            [a, b] => digits(&[*a, *b]),
            [a, b, b':', c, d] => digits(&[*a, *b, *c, *d]),
            [a, b, b':', c, d, b'.', rest @ ..] => digits(&[*a, *b, *c, *d]) && digits(rest),
            _ => false,
        }
}

/// `2DIGIT / 4DIGIT`: two digits are 1970 to 2069.
fn short_year(digits: &[u8]) -> Option<u16> {
    match months::two(digits) {
        Some(year @ 0..70) if digits.len() == 2 => Some(2000 + u16::from(year)),
        Some(year) if digits.len() == 2 => Some(1900 + u16::from(year)),
        _ => months::year(digits),
    }
}

/// The next word. What is before it ended at a space.
fn column(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let gap = input.iter().take_while(|&&b| b == b' ').count();
    let rest = &input[gap..];
    let end = rest.iter().position(|&b| b == b' ').unwrap_or(rest.len());
    (end > 0).then(|| rest.split_at(end))
}

/// Everything after the one space that ends a date.
pub(super) fn name(input: &[u8]) -> Option<&[u8]> {
    input.strip_prefix(b" ").filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use alloc::{
        format,
        string::{String, ToString},
        vec::Vec,
    };

    use super::*;

    /// The date of a column, and the name; `-` is a date that cannot be read.
    fn read(text: &[u8]) -> Option<(String, Vec<u8>)> {
        let input = [b" ", text].concat();
        let parts = |found: Option<Dated<'_>>| found.map(|found| (found.modified, found.name.to_vec()));
        let found = parts(dated(&input));
        assert!(
            recent(&input).is_none() || found == parts(named(&input)),
            "{}",
            String::from_utf8_lossy(text)
        );
        let (modified, name) = found.or_else(|| Some((None, unreadable(&input)?.to_vec())))?;
        assert!(may_begin(&input), "{}", String::from_utf8_lossy(text));
        Some((modified.map_or_else(|| "-".to_string(), |modified| modified.to_string()), name))
    }

    #[test]
    fn dates_in_every_form() {
        for (text, shown) in [
            ("Jan 29 03:26", "-----01-29 03:26"),
            ("Apr  8  1994", "1994-04-08"),
            ("02 Mar 16:27", "-----03-02 16:27"),
            ("12 Mar 2003", "2003-03-12"),
            ("Jun 7 2005 21:22", "2005-06-07 21:22"),
            ("Jun  7 21:22:05 2005", "2005-06-07 21:22:05"),
            ("Oct 08, 2002 09:47", "2002-10-08 09:47"),
            ("14. Juli, 19:05", "-----07-14 19:05"),
            ("9.   Okt.  2004", "2004-10-09"),
            ("6月 3日 2003年", "2003-06-03"),
            ("2003年 6月 3日", "2003-06-03"),
            ("2003 3月 20", "2003-03-20"),
            ("8월 17일 20:10", "-----08-17 20:10"),
            ("Mar 4 24:00", "-----03-05 00:00"),
            ("08-27 2001", "2001-08-27"),
            ("09-26 13:45", "-----09-26 13:45"),
            ("26-09 13:45", "-----09-26 13:45"),
            ("2005-06-07 21:22", "2005-06-07 21:22"),
            ("2005-06-07 21:22:05", "2005-06-07 21:22:05"),
            ("2005-06-07 24:00", "2005-06-08 00:00"),
            ("1999/10/12 17:12", "1999-10-12 17:12"),
            ("24-04-2003 17:12", "2003-04-24 17:12"),
            ("04-24-2003 17:12", "2003-04-24 17:12"),
            ("04.05.2003 17:12", "2003-05-04 17:12"),
            ("2000-09-26", "2000-09-26"),
            ("2004.07.15", "2004-07-15"),
            ("01-jun-99", "1999-06-01"),
            ("01-jun-2003 17:12", "2003-06-01 17:12"),
            // Forms of dates that are none, or two.
            ("04-05-2003 17:12", "-"),
            ("2005-13-45 11:22", "-"),
            ("2005-06-07 31:22", "-"),
            ("000 17 2025", "-"),
            ("Jam  4 00:03", "-"),
            ("Jun 7 2005 25:61", "-"),
            ("Aug 36  2001", "-"),
        ] {
            let line = format!("{text} a b");
            assert_eq!(read(line.as_bytes()), Some((shown.to_string(), b"a b".to_vec())), "{text}");
            // A name may begin and end with a space; but old dates in ISO style are padded.
            let line = format!("{text}  a ");
            let name = if text == "2000-09-26" { &b"a "[..] } else { b" a " };
            assert_eq!(read(line.as_bytes()), Some((shown.to_string(), name.to_vec())), "{text}");
        }
        assert_eq!(
            read(b"4\x8c\x8e 18\x93\xfa 2003\x94\x4e x"),
            Some(("2003-04-18".to_string(), b"x".to_vec()))
        );
    }

    #[test]
    fn zones_are_not_names() {
        let line = b" 2005-06-07 21:22:05.123456789 +0200 x";
        let found = dated(line).unwrap();
        let modified = found.modified.unwrap();
        assert_eq!(
            (found.name, modified.zone, modified.time.unwrap().nanos),
            (&b"x"[..], Zone::Offset(120), 123_456_789)
        );
        let found = dated(b" 2005-06-07 21:22:05 -0330 x").unwrap();
        assert_eq!(found.modified.unwrap().zone, Zone::Offset(-210));
    }

    #[test]
    fn a_cut_date_is_none() {
        for line in [
            "2005-06-07 21:22:05.123 +0200 x",
            "Jun  7 21:22:05 2005 x",
            "Oct 08, 2002 09:47 x",
            "2005-04-08 11:22 x",
            "Jan 29 03:26 x",
            "9.   Okt.  2004 x",
            "000 17 2025 x",
        ] {
            for end in 0..line.len() {
                assert_eq!(read(&line.as_bytes()[..end]), None, "{}", &line[..end]);
            }
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "2005-04-08 111:22 x",
            "2005-04-08 1.1:22 x",
            "Aug 22  zx.gz",
            "Apr -7 18:79 x",
            "Dec 02  209 pub",
            "500 21 Aug 8 14:14 x",
            "2 root 5 x",
            "1-2-3-4 x",
            "2-x x",
        ] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }
}
