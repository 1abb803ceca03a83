//! Points in time as servers write them. RFC 3659 section 2.3.

use core::fmt::{self, Display};

use jiff::{
    SignedDuration,
    civil::{self, Date, DateTime},
};
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Timestamp {
    /// Absent in most LIST lines of the last half year: see [`with_year`](Self::with_year).
    pub year: Option<u16>,
    /// The line had no year: [`with_year`](Self::with_year) found it.
    pub year_guessed: bool,
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Zone {
    /// Coordinated universal time: MDTM and facts.
    Utc,
    /// The server's, which no reply tells: LIST.
    Server,
    /// This many minutes ahead of UTC, negative in the west: a line that has its zone, or LIST once the server's offset
    /// is known ([`offset_from`](Timestamp::offset_from)).
    Offset(i16),
}

/// How exact a [`Timestamp`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Precision {
    /// To the day.
    Day,
    /// To the minute.
    Minute,
    /// To the second. A fraction of zero counts as none.
    Second,
    /// To a fraction of a second.
    Subsecond,
}

const EPOCH: DateTime = civil::datetime(1970, 1, 1, 0, 0, 0, 0);
/// What a day of a year that is not known is looked for in.
const LEAP_YEAR: u16 = 2000;
const MIDNIGHT: TimeOfDay = TimeOfDay { hour: 0, minute: 0, second: None, nanos: 0 };

impl Timestamp {
    /// The time of `seconds` since 1970-01-01 00:00 UTC; `None` outside the years 0 to 9999.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        let at = EPOCH.checked_add(SignedDuration::from_secs(seconds)).ok()?;
        let unsigned = |number: i8| u8::try_from(number).ok();
        Some(Self {
            year: Some(u16::try_from(at.year()).ok()?),
            month: unsigned(at.month())?,
            day: unsigned(at.day())?,
            time: Some(TimeOfDay {
                hour: unsigned(at.hour())?,
                minute: unsigned(at.minute())?,
                second: Some(unsigned(at.second())?),
                nanos: 0,
            }),
            year_guessed: false,
            zone: Zone::Utc,
        })
    }

    /// How exact it is.
    pub fn precision(&self) -> Precision {
        match self.time {
            None => Precision::Day,
            Some(TimeOfDay { second: None, .. }) => Precision::Minute,
            Some(TimeOfDay { nanos: 0, .. }) => Precision::Second,
            Some(_) => Precision::Subsecond,
        }
    }

    /// How many minutes the clock of `self` is ahead of UTC, if both are the same moment: `self` from a LIST line, `utc`
    /// from MDTM or MLST of the same file.
    ///
    /// `None` if the difference is not a multiple of a quarter of an hour within 14 hours, as that of every zone is, or if
    /// `self` is exact to the day only.
    pub fn offset_from(&self, utc: &Self) -> Option<i16> {
        if self.precision() == Precision::Day {
            return None;
        }
        // Both to the minute: LIST drops the seconds that MDTM has.
        let minutes = self.to_unix()?.div_euclid(60) - utc.to_unix()?.div_euclid(60);
        i16::try_from(minutes).ok().filter(|offset| offset % 15 == 0 && offset.abs() <= 14 * 60)
    }

    /// Seconds since 1970-01-01 00:00 UTC; `None` without a year, or if the zone is not known.
    pub fn to_utc(&self) -> Option<i64> {
        match self.zone {
            Zone::Utc => self.to_unix(),
            Zone::Server => None,
            Zone::Offset(minutes) => Some(self.to_unix()? - i64::from(minutes) * 60),
        }
    }

    /// The same moment in UTC, as exact as it is; `None` without a year, or if the zone is not known.
    #[must_use]
    pub fn in_utc(&self) -> Option<Self> {
        let utc = Self::from_unix(self.to_utc()?)?;
        match (self.zone, self.time, utc.time) {
            (Zone::Offset(_), Some(TimeOfDay { second, nanos, .. }), Some(time)) => {
                let second = if second.is_none() { None } else { time.second };
                Some(Self {
                    time: Some(TimeOfDay { second, nanos, ..time }),
                    year_guessed: self.year_guessed,
                    ..utc
                })
            }
            // A day has no other in UTC.
            _ => Some(Self { zone: Zone::Utc, ..*self }),
        }
    }

    /// As the system counts; `None` without a year, if the zone is not known, or if the system cannot say it.
    #[cfg(feature = "std")]
    pub fn to_system_time(&self) -> Option<std::time::SystemTime> {
        use std::time::{Duration, SystemTime};

        let seconds = self.to_utc()?;
        let nanos = Duration::from_nanos(self.time.map_or(0, |time| time.nanos).into());
        let whole = Duration::from_secs(seconds.unsigned_abs());
        let second = if seconds < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(whole)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(whole)
        };
        second?.checked_add(nanos)
    }

    /// As `jiff` counts; `None` without a year, if the zone is not known, or after the year 9999.
    #[cfg(feature = "jiff")]
    pub fn to_jiff(&self) -> Option<jiff::Timestamp> {
        let nanos = i32::try_from(self.time.map_or(0, |time| time.nanos)).ok()?;
        jiff::Timestamp::new(self.to_utc()?, nanos).ok()
    }

    /// Date and time on its own clock, whatever its zone, as `jiff` has them; `None` without a year, or after the year
    /// 9999. A leap second is the one before.
    #[cfg(feature = "jiff")]
    pub fn to_jiff_civil(&self) -> Option<DateTime> {
        self.civil()
    }

    fn civil(&self) -> Option<DateTime> {
        let TimeOfDay { hour, minute, second, nanos } = self.time.unwrap_or(MIDNIGHT);
        let second = second.unwrap_or(0).min(59);
        let [hour, minute, second] = [hour, minute, second].map(|number| i8::try_from(number).ok());
        let time = civil::Time::new(hour?, minute?, second?, i32::try_from(nanos).ok()?).ok()?;
        Some(date(self.year?, self.month, self.day)?.to_datetime(time))
    }

    /// Seconds since 1970-01-01 00:00 on its clock; `None` without a year, or after the year 9999. What is absent counts as
    /// 0.
    pub fn to_unix(&self) -> Option<i64> {
        let is_leap = self.time.is_some_and(|time| time.second == Some(60));
        let since = self.civil()?.duration_since(EPOCH);
        // A fraction counts from the second before, also before 1970.
        Some(since.as_secs() - i64::from(since.subsec_nanos() < 0) + i64::from(is_leap))
    }

    /// Gives it a year if it has none: the latest that does not put it more than a day after `now`.
    ///
    /// A LIST line leaves the year out for what is less than half a year old, some servers for a year; the day allows for
    /// the server's zone and for clocks that differ. 29 February gets a leap year from the year before to half a year
    /// ahead. Unchanged if there is none, or if `now` has no year.
    #[must_use]
    pub fn with_year(self, now: &Self) -> Self {
        let (None, Some(this)) = (self.year, now.year) else { return self };
        let Some(today) = date(this, now.month, now.day) else { return self };
        let clock = |time: Option<TimeOfDay>| {
            time.map_or((0, 0, 0), |time| (time.hour, time.minute, time.second.unwrap_or(0)))
        };
        // Not after this day, at the time that it is now; not before last year, and in one in which there is such a day.
        let latest = |last: Date| {
            let is_after = (i16::from(self.month), i16::from(self.day), clock(self.time))
                > (last.month().into(), last.day().into(), clock(now.time));
            let newest = u16::try_from(last.year() - i16::from(is_after)).ok()?;
            let mut years = (this.saturating_sub(1)..=newest).rev();
            years.find(|&year| date(year, self.month, self.day).is_some())
        };
        let half_a_year = SignedDuration::from_hours(183 * 24);
        let year = today.tomorrow().ok().and_then(latest);
        let year = year.or_else(|| today.checked_add(half_a_year).ok().and_then(latest));
        Self { year, year_guessed: year.is_some(), ..self }
    }

    /// A timestamp of a day that exists, in a leap year if none is given.
    pub(super) fn new(
        year: Option<u16>,
        month: u8,
        day: u8,
        time: Option<TimeOfDay>,
        zone: Zone,
    ) -> Option<Self> {
        date(year.unwrap_or(LEAP_YEAR), month, day)?;
        Some(Self { year, year_guessed: false, month, day, time, zone })
    }

    /// Midnight at the end of a day, which some servers write `24:00`, is the next day's 0:00. Where that hangs on a year
    /// that is not known, the day alone.
    pub(super) fn end_of(year: Option<u16>, month: u8, day: u8, zone: Zone) -> Option<Self> {
        if (year, month, day) == (None, 2, 28) {
            return Self::new(year, month, day, None, zone);
        }
        let next = date(year.unwrap_or(LEAP_YEAR), month, day)?.tomorrow().ok()?;
        let year = match year {
            Some(_) => Some(u16::try_from(next.year()).ok()?),
            None => None,
        };
        let unsigned = |number: i8| u8::try_from(number).ok();
        Self::new(year, unsigned(next.month())?, unsigned(next.day())?, Some(MIDNIGHT), zone)
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
        // Nearly all are of this form, and listings have one in each line.
        if let Some(timestamp) = text.try_into().ok().and_then(seconds) {
            return Ok(timestamp);
        }
        match all_consuming(time_val).parse(text.trim_ascii()) {
            Ok((_, timestamp)) => Ok(timestamp),
            Err(_) => Err(TimeError(Excerpt::new(text))),
        }
    }
}

/// A `time-val` of 14 digits, if it is one of this century's form.
fn seconds(text: &[u8; 14]) -> Option<Timestamp> {
    if text[..2] != *b"20" || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let pair = |at: usize| (text[at] - b'0') * 10 + text[at + 1] - b'0';
    let time = TimeOfDay::new(pair(8), pair(10), Some(pair(12)), 0)?;
    Timestamp::new(Some(2000 + u16::from(pair(2))), pair(4), pair(6), Some(time), Zone::Utc)
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
pub(super) fn nanos(fraction: &[u8]) -> u32 {
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

/// A day that exists.
fn date(year: u16, month: u8, day: u8) -> Option<Date> {
    let [month, day] = [month, day].map(|number| i8::try_from(number).ok());
    Date::new(i16::try_from(year).ok()?, month?, day?).ok()
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
        let time = time.unwrap_or(MIDNIGHT);
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
        assert_eq!(year("20120228120000", 2, 29, 13), Some(2012));
        // No such day in the last year, nor soon.
        assert_eq!(year("20220615000000", 2, 29, 0), None);
        assert_eq!(year("19990401120000", 2, 29, 0), None);
    }

    #[test]
    fn a_guess_says_so() {
        let now = Timestamp::parse(b"20200615120000").unwrap();
        let stamp = Timestamp::new(None, 6, 1, None, Zone::Server).unwrap();
        assert!(stamp.with_year(&now).year_guessed && !now.with_year(&now).year_guessed);
    }

    #[test]
    fn midnight_may_end_a_day() {
        for (year, month, day, shown) in [
            (Some(2019), 2, 28, "2019-03-01 00:00"),
            (Some(2020), 2, 28, "2020-02-29 00:00"),
            (Some(2020), 12, 31, "2021-01-01 00:00"),
            (None, 2, 28, "-----02-28"),
            (None, 12, 31, "-----01-01 00:00"),
            (None, 4, 30, "-----05-01 00:00"),
        ] {
            assert_eq!(Timestamp::end_of(year, month, day, Zone::Server).unwrap().to_string(), shown);
        }
        assert_eq!(Timestamp::end_of(Some(2019), 2, 29, Zone::Server), None);
    }

    #[test]
    fn a_zone_is_found_by_comparing_and_used() {
        let utc = Timestamp::parse(b"20200615120059").unwrap();
        let listed = |day, hour, minute| {
            Timestamp::new(Some(2020), 6, day, TimeOfDay::new(hour, minute, None, 0), Zone::Server).unwrap()
        };
        assert_eq!(listed(15, 14, 0).offset_from(&utc), Some(120));
        assert_eq!(listed(15, 17, 45).offset_from(&utc), Some(345));
        assert_eq!(listed(15, 7, 0).offset_from(&utc), Some(-300));
        assert_eq!(listed(15, 12, 7).offset_from(&utc), None);
        assert_eq!(listed(16, 12, 0).offset_from(&utc), None);
        assert_eq!(Timestamp { time: None, ..listed(15, 0, 0) }.offset_from(&utc), None);
        assert_eq!(listed(15, 14, 0).to_utc(), None);
        let known = Timestamp { zone: Zone::Offset(120), ..listed(15, 14, 0) };
        assert_eq!(known.to_utc(), Some(1_592_222_400));
    }

    #[test]
    fn precision_is_the_lines() {
        let exact = |text: &str| Timestamp::parse(text.as_bytes()).unwrap();
        assert_eq!(exact("20200615120059").precision(), Precision::Second);
        assert_eq!(exact("20200615120059.25").precision(), Precision::Subsecond);
        let day = Timestamp { time: None, ..exact("20200615120059") };
        assert_eq!(day.precision(), Precision::Day);
    }

    #[cfg(feature = "std")]
    #[test]
    fn the_system_counts_alike() {
        use std::time::{Duration, UNIX_EPOCH};

        let stamp = Timestamp::parse(b"20200615120059.25").unwrap();
        assert_eq!(stamp.to_system_time(), Some(UNIX_EPOCH + Duration::from_millis(1_592_222_459_250)));
        let old = Timestamp::parse(b"19691231235959.25").unwrap();
        assert_eq!(old.to_system_time(), Some(UNIX_EPOCH - Duration::from_millis(750)));
        assert_eq!(Timestamp { zone: Zone::Server, ..stamp }.to_system_time(), None);
    }

    #[cfg(feature = "jiff")]
    #[test]
    fn jiff_counts_alike() {
        let stamp = Timestamp::parse(b"20161231235960.25").unwrap();
        assert_eq!(stamp.to_jiff().unwrap().to_string(), "2017-01-01T00:00:00.25Z");
        assert_eq!(stamp.to_jiff_civil().unwrap().to_string(), "2016-12-31T23:59:59.25");
        assert_eq!(Timestamp { zone: Zone::Server, ..stamp }.to_jiff(), None);
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
