//! Columns that families have in common.

use nom::{
    Parser as _,
    branch::alt,
    bytes::complete::{tag, tag_no_case, take_till1, take_while_m_n, take_while1},
    character::complete::char,
    combinator::{map, map_opt, opt, peek, rest as all, verify},
    sequence::{delimited, preceded, terminated},
};

use super::months;
use crate::codec::{
    Parsed,
    ascii::decimal,
    time::{TimeOfDay, Timestamp, Zone},
};

/// `gap = 1*( SP / HTAB )`
pub(super) fn gap(input: &[u8]) -> Parsed<'_, ()> {
    map(take_while1(is_blank), |_| ()).parse(input)
}

/// `word = 1*<any but SP and HTAB>`
pub(super) fn word(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_till1(is_blank).parse(input)
}

/// A word, and the gap after it.
pub(super) fn column(input: &[u8]) -> Parsed<'_, &[u8]> {
    terminated(word, gap).parse(input)
}

/// `number = 1*DIGIT`
pub(super) fn number(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while1(|b: u8| b.is_ascii_digit()), decimal).parse(input)
}

/// A number, and the gap after it.
pub(super) fn number_column(input: &[u8]) -> Parsed<'_, u64> {
    terminated(number, gap).parse(input)
}

/// `name = 1*OCTET`
pub(super) fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    verify(all, |name: &[u8]| !name.is_empty()).parse(input)
}

/// `two = 1*2DIGIT`
pub(super) fn two(input: &[u8]) -> Parsed<'_, u8> {
    map_opt(take_while_m_n(1, 2, |b: u8| b.is_ascii_digit()), months::two).parse(input)
}

/// `year = 4DIGIT / 2DIGIT / 3DIGIT`
///
/// Two digits are 1970 to 2069; three are counted from 1900, by a server of the last century.
pub(super) fn year(input: &[u8]) -> Parsed<'_, u16> {
    map_opt(take_while_m_n(2, 4, |b: u8| b.is_ascii_digit()), |digits: &[u8]| {
        let number = u16::try_from(decimal(digits)?).ok()?;
        Some(match digits.len() {
            4 => number,
            3 => number.checked_add(1900).filter(|year| *year >= 2000)?,
            _ if number < 70 => number + 2000,
            _ => number + 1900,
        })
    })
    .parse(input)
}

/// `time = clock [ half ]`
///
/// `None` if it has this form and there is no such time. 24:00 is not one here.
pub(super) fn time(input: &[u8]) -> Parsed<'_, Option<TimeOfDay>> {
    map((clock, opt(half)), |(clock, half)| clock.of_day(half)).parse(input)
}

/// `time = clock [ [ SP ] half ]`, where a half may be a word of its own.
pub(super) fn spaced_time(input: &[u8]) -> Parsed<'_, Option<TimeOfDay>> {
    let word = delimited(char(' '), half, peek(gap));
    map((clock, opt(alt((word, half)))), |(clock, half)| clock.of_day(half)).parse(input)
}

/// `half = "AM" / "PM"`
fn half(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((tag_no_case("AM"), tag_no_case("PM"))).parse(input)
}

/// What a clock shows, of the day or of half of it.
struct Clock {
    hour: u8,
    minute: u8,
    second: Option<u8>,
    nanos: u32,
}

impl Clock {
    fn of_day(&self, half: Option<&[u8]>) -> Option<TimeOfDay> {
        let hour = match half {
            None => self.hour,
            Some(_) if !(1..=12).contains(&self.hour) => return None,
            Some(half) => self.hour % 12 + if half.eq_ignore_ascii_case(b"PM") { 12 } else { 0 },
        };
        TimeOfDay::new(hour, self.minute, self.second, self.nanos)
    }
}

/// `clock = two ":" pair [ ":" pair [ "." 1*DIGIT ] ]`
fn clock(input: &[u8]) -> Parsed<'_, Clock> {
    let fraction = || preceded(char('.'), take_while1(|b: u8| b.is_ascii_digit()));
    let second = (preceded(char(':'), pair), opt(fraction()));
    map((two, preceded(char(':'), pair), opt(second)), |(hour, minute, second)| Clock {
        hour,
        minute,
        second: second.map(|(second, _)| second),
        nanos: second.and_then(|(_, fraction)| fraction).map_or(0, crate::codec::time::nanos),
    })
    .parse(input)
}

/// `date = two "-" month "-" year`: `2-JUN-1998`. `None` if there is no such month or day.
pub(super) fn day_month_year(input: &[u8]) -> Parsed<'_, Option<Day>> {
    let letters = take_while1(|b: u8| b.is_ascii_alphabetic());
    map((terminated(two, char('-')), terminated(letters, char('-')), year), |(day, month, year)| {
        Day::new(year, months::month(month)?, day)
    })
    .parse(input)
}

/// `pair = 2DIGIT`
pub(super) fn pair(input: &[u8]) -> Parsed<'_, u8> {
    map_opt(take_while_m_n(2, 2, |b: u8| b.is_ascii_digit()), months::two).parse(input)
}

/// `date = 4DIGIT sep pair sep pair`: `2004/06/23`. `None` if there is no such day.
pub(super) fn year_month_day(separator: &'static str) -> impl Fn(&[u8]) -> Parsed<'_, Option<Day>> {
    move |input| {
        let year = map_opt(take_while_m_n(4, 4, |b: u8| b.is_ascii_digit()), months::year);
        let parts = (terminated(year, tag(separator)), terminated(pair, tag(separator)), pair);
        map(parts, |(year, month, day)| Day::new(year, month, day)).parse(input)
    }
}

/// `date = pair sep pair sep year`: `05-26-95`. `None` if there is no such day.
pub(super) fn month_day_year(separator: &'static str) -> impl Fn(&[u8]) -> Parsed<'_, Option<Day>> {
    move |input| {
        let parts = (terminated(pair, tag(separator)), terminated(pair, tag(separator)), year);
        map(parts, |(month, day, year)| Day::new(year, month, day)).parse(input)
    }
}

/// `date = pair sep pair sep year`, the day first: `26.05.95`. `None` if there is no such day.
pub(super) fn numeric_day_month_year(separator: &'static str) -> impl Fn(&[u8]) -> Parsed<'_, Option<Day>> {
    move |input| {
        let parts = (terminated(pair, tag(separator)), terminated(pair, tag(separator)), year);
        map(parts, |(day, month, year)| Day::new(year, month, day)).parse(input)
    }
}

/// A day of a year that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// A day that exists.
    pub(super) fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        Timestamp::new(Some(year), month, day, None, Zone::Server)?;
        Some(Self { year, month, day })
    }

    /// At a time on the server's clock.
    pub(super) fn at(self, time: Option<TimeOfDay>) -> Option<Timestamp> {
        Timestamp::new(Some(self.year), self.month, self.day, time, Zone::Server)
    }
}

/// Both, if there are both.
pub(super) fn moment(day: Option<Day>, time: Option<TimeOfDay>) -> Option<Timestamp> {
    day?.at(Some(time?))
}

fn is_blank(b: u8) -> bool {
    b == b' ' || b == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn clock(text: &str) -> Option<(u8, u8)> {
        time(text.as_bytes()).ok()?.1.map(|time| (time.hour, time.minute))
    }

    #[test]
    fn noon_and_midnight() {
        for (text, found) in [
            ("12:08AM", Some((0, 8))),
            ("12:08PM", Some((12, 8))),
            ("1:08pm", Some((13, 8))),
            ("12:08", Some((12, 8))),
            ("13:08PM", None),
            ("0:08AM", None),
            ("24:00", None),
            ("1:8", None),
        ] {
            assert_eq!(clock(text), found, "{text}");
        }
    }

    #[test]
    fn centuries() {
        for (text, found) in [("69", 2069), ("70", 1970), ("103", 2003), ("2000", 2000), ("0103", 103)] {
            assert_eq!(year(text.as_bytes()).unwrap().1, found, "{text}");
        }
        assert!(year(b"1").is_err() && year(b"099").is_err());
    }

    #[test]
    fn dates_with_separators() {
        let shown = |day: Option<Day>| day.unwrap().at(None).unwrap().to_string();
        assert_eq!(shown(day_month_year(b"2-jun-1998").unwrap().1), "1998-06-02");
        assert_eq!(shown(year_month_day("/")(b"2004/06/23").unwrap().1), "2004-06-23");
        assert_eq!(shown(month_day_year("-")(b"05-26-95").unwrap().1), "1995-05-26");
        assert_eq!(month_day_year("-")(b"20-05-97").unwrap().1, None);
        assert!(year_month_day("/")(b"04/06/23").is_err() && day_month_year(b"JUN-2-1998").is_err());
    }
}
