//! Points in time as servers write them. RFC 3659 section 2.3.

use core::fmt::{self, Display};

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while_m_n, take_while1},
    combinator::{all_consuming, map_opt, opt},
    sequence::preceded,
};

use super::{
    Parsed,
    ascii::{Excerpt, decimal},
};

/// A point in time, as exact as the server gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timestamp {
    /// Absent in most LIST lines of the last half year: see [`with_year`](Self::with_year).
    pub year: Option<u16>,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    /// Absent in older LIST lines.
    pub time: Option<TimeOfDay>,
    /// Whose clock.
    pub zone: Zone,
}

/// A time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeOfDay {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60, for a leap second; absent in LIST lines.
    pub second: Option<u8>,
    /// Of the second, 0 to 999,999,999.
    pub nanos: u32,
}

/// Whose clock a [`Timestamp`] is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Zone {
    /// Coordinated universal time: MDTM and facts.
    Utc,
    /// The server's, which no reply tells: LIST.
    Server,
}

const MINUTES_A_DAY: i64 = 24 * 60;

impl Timestamp {
    /// The time of `seconds` since 1970-01-01 00:00 UTC; `None` outside the years 0 to 65535.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days into eras of 400 years that begin on 1 March 0000, so that the leap day is a year's last.
        let days = days.checked_add(719_468)?;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let shifted = (5 * day + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        Some(Self {
            year: Some(u16::try_from(era * 400 + year + i64::from(month <= 2)).ok()?),
            month: u8::try_from(month).ok()?,
            day: u8::try_from(day - (153 * shifted + 2) / 5 + 1).ok()?,
            time: Some(TimeOfDay {
                hour: u8::try_from(second / 3_600).ok()?,
                minute: u8::try_from(second / 60 % 60).ok()?,
                second: Some(u8::try_from(second % 60).ok()?),
                nanos: 0,
            }),
            zone: Zone::Utc,
        })
    }

    /// Seconds since 1970-01-01 00:00 on its clock; `None` without a year. What is absent counts as 0.
    pub fn to_unix(&self) -> Option<i64> {
        let time = self.time.unwrap_or(TimeOfDay { hour: 0, minute: 0, second: None, nanos: 0 });
        Some(self.minutes(self.year?.into(), time) * 60 + i64::from(time.second.unwrap_or(0)))
    }

    fn minutes(&self, year: i64, time: TimeOfDay) -> i64 {
        let year = year - i64::from(self.month <= 2);
        let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
        let month = (i64::from(self.month) + 9) % 12;
        let day = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + day - 719_468;
        days * MINUTES_A_DAY + i64::from(time.hour) * 60 + i64::from(time.minute)
    }

    /// Gives it a year if it has none: the latest that does not put it more than a day after `now`.
    ///
    /// A LIST line leaves the year out for what is less than half a year old, some servers for a year; the
    /// day allows for the server's zone. 29 February gets a leap year. Unchanged if `now` has no year.
    #[must_use]
    pub fn with_year(self, now: &Self) -> Self {
        let (None, Some(this)) = (self.year, now.year) else { return self };
        let midnight = TimeOfDay { hour: 0, minute: 0, second: None, nanos: 0 };
        let latest = now.minutes(this.into(), now.time.unwrap_or(midnight)) + MINUTES_A_DAY;
        // Eight years back over 1900 and its like.
        let year = (this.saturating_sub(8)..=this.saturating_add(1)).rev().find(|&year| {
            self.day <= days_in(year, self.month)
                && self.minutes(year.into(), self.time.unwrap_or(midnight)) <= latest
        });
        Self { year, ..self }
    }

    /// A timestamp of a day that exists, in a leap year if none is given.
    pub(super) fn new(
        year: Option<u16>,
        month: u8,
        day: u8,
        time: Option<TimeOfDay>,
        zone: Zone,
    ) -> Option<Self> {
        let exists = matches!(month, 1..=12) && (1..=days_in(year.unwrap_or(2000), month)).contains(&day);
        exists.then_some(Self { year, month, day, time, zone })
    }

    /// Reads a `time-val`: a fact's value, or the text of a 213 reply to MDTM. UTC.
    ///
    /// ```text
    /// time-val = 14DIGIT [ "." 1*DIGIT ]                                ; YYYYMMDDHHMMSS
    /// ```
    /// A year of five digits, `19100`, is one that a server of the last century counts from 1900: 2000.
    ///
    /// # Errors
    ///
    /// [`TimeError`] if it has another form, or there is no such day or time.
    pub fn parse(text: &[u8]) -> Result<Self, TimeError> {
        match all_consuming(time_val).parse(text.trim_ascii()) {
            Ok((_, timestamp)) => Ok(timestamp),
            Err(_) => Err(TimeError(Excerpt::new(text))),
        }
    }
}

fn time_val(input: &[u8]) -> Parsed<'_, Timestamp> {
    let digits = take_while_m_n(14, 15, |b: u8| b.is_ascii_digit());
    let fraction = preceded(tag("."), take_while1(|b: u8| b.is_ascii_digit()));
    map_opt((digits, opt(fraction)), |(digits, fraction): (&[u8], Option<&[u8]>)| {
        let (year, rest) = digits.split_at(digits.len() - 10);
        let year = match year {
            [b'1', b'9', since @ ..] => 1900 + decimal(since)?,
            [_, _, _, _] => decimal(year)?,
            _ => return None,
        };
        let pair = |at: usize| Some((rest[at] - b'0') * 10 + rest[at + 1] - b'0');
        let time = TimeOfDay::new(pair(4)?, pair(6)?, Some(pair(8)?), fraction.map_or(0, nanos))?;
        Timestamp::new(Some(u16::try_from(year).ok()?), pair(0)?, pair(2)?, Some(time), Zone::Utc)
    })
    .parse(input)
}

/// A fraction's first nine digits.
fn nanos(fraction: &[u8]) -> u32 {
    let digits = fraction.iter().map(|b| u32::from(b - b'0'));
    digits.chain(core::iter::repeat(0)).take(9).fold(0, |n, digit| n * 10 + digit)
}

impl TimeOfDay {
    /// A time that exists.
    pub(super) fn new(hour: u8, minute: u8, second: Option<u8>, nanos: u32) -> Option<Self> {
        (hour < 24 && minute < 60 && second.unwrap_or(0) <= 60).then_some(Self {
            hour,
            minute,
            second,
            nanos,
        })
    }
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `2014-10-22 06:51:02.5`, as much of it as there is; `----` for a year that is not known.
impl Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.year {
            Some(year) => write!(f, "{year:04}-{:02}-{:02}", self.month, self.day)?,
            None => write!(f, "-----{:02}-{:02}", self.month, self.day)?,
        }
        let Some(time) = self.time else { return Ok(()) };
        write!(f, " {:02}:{:02}", time.hour, time.minute)?;
        let Some(second) = time.second else { return Ok(()) };
        write!(f, ":{second:02}{}", Fraction(time.nanos))
    }
}

/// Displays a [`Timestamp`] as a `time-val`, what is absent as 0. Of no use without a year.
#[derive(Clone, Copy, Debug)]
pub struct TimeVal(pub Timestamp);

impl Display for TimeVal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Timestamp { year, month, day, time, .. } = self.0;
        let time = time.unwrap_or(TimeOfDay { hour: 0, minute: 0, second: None, nanos: 0 });
        let (year, second) = (year.unwrap_or(0), time.second.unwrap_or(0));
        write!(
            f,
            "{year:04}{month:02}{day:02}{:02}{:02}{second:02}{}",
            time.hour,
            time.minute,
            Fraction(time.nanos)
        )
    }
}

/// `.5`, or nothing.
struct Fraction(u32);

impl Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mut nanos, mut width) = (self.0, 9);
        if nanos == 0 {
            return Ok(());
        }
        while nanos % 10 == 0 {
            nanos /= 10;
            width -= 1;
        }
        write!(f, ".{nanos:0width$}")
    }
}

/// No time that ever was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeError(Excerpt);

impl Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a time: \"{}\"", self.0)
    }
}

impl core::error::Error for TimeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn shown(text: &str) -> Option<alloc::string::String> {
        Timestamp::parse(text.as_bytes()).ok().map(|stamp| stamp.to_string())
    }

    #[test]
    fn reads_what_exists() {
        assert_eq!(shown("20141022065102").as_deref(), Some("2014-10-22 06:51:02"));
        assert_eq!(shown("20141022065102.9990").as_deref(), Some("2014-10-22 06:51:02.999"));
        assert_eq!(shown("20161231235960.1234567899").as_deref(), Some("2016-12-31 23:59:60.123456789"));
        assert_eq!(shown("191000229000000").as_deref(), Some("2000-02-29 00:00:00"));
        for bad in [
            "",
            "2014",
            "20141322065102",
            "20140229065102",
            "20140431065102",
            "20141022245102",
            "20141022065102.",
            "20141022065102Z",
        ] {
            let error = Timestamp::parse(bad.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), alloc::format!("not a time: \"{bad}\""));
        }
    }

    fn year(now: &str, month: u8, day: u8, hour: u8) -> Option<u16> {
        let time = TimeOfDay::new(hour, 0, None, 0);
        let stamp = Timestamp::new(None, month, day, time, Zone::Server).unwrap();
        stamp.with_year(&Timestamp::parse(now.as_bytes()).unwrap()).year
    }

    #[test]
    fn a_missing_year_is_the_latest_that_is_not_ahead() {
        assert_eq!(year("20200615120000", 6, 15, 11), Some(2020));
        assert_eq!(year("20200615120000", 6, 16, 12), Some(2020));
        assert_eq!(year("20200615120000", 6, 16, 13), Some(2019));
        assert_eq!(year("20200615120000", 12, 31, 0), Some(2019));
        assert_eq!(year("20201231230000", 1, 1, 3), Some(2021));
        assert_eq!(year("20210301000000", 2, 29, 0), Some(2020));
        assert_eq!(year("19030301000000", 2, 29, 0), Some(1896));
    }

    #[test]
    fn counts_days() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (4_107_542_399, "2100-02-28 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (-1, "1969-12-31 23:59:59"),
            (1_577_959_507, "2020-01-02 10:05:07"),
        ] {
            let stamp = Timestamp::from_unix(seconds).unwrap();
            assert_eq!(stamp.to_string(), text);
            assert_eq!(stamp.to_unix(), Some(seconds));
        }
        assert_eq!(Timestamp::from_unix(i64::MAX), None);
        assert_eq!(Timestamp::from_unix(i64::MIN), None);
    }
}
