//! What MFMT, MFCT and MFF set (draft-somers-ftp-mfxx).

use alloc::vec::Vec;
use core::fmt::{self, Display};

use super::{
    super::{
        ascii::Escaped,
        time::{TimeOfDay, TimeVal, Timestamp, Zone},
    },
    argument::{ArgumentError, printable},
};

/// A point in time in UTC, to be set: sent as `YYYYMMDDHHMMSS[.fraction]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UtcTime(Timestamp);

impl UtcTime {
    /// A [`Timestamp`] in UTC with a year of four digits; what else is absent counts as 0. `None` for one on the
    /// server's clock or without a year, which would set a wrong time.
    pub fn new(stamp: Timestamp) -> Option<Self> {
        let full = stamp.zone == Zone::Utc && stamp.year.is_some_and(|year| year <= 9999);
        let time = stamp.time.unwrap_or(TimeOfDay { hour: 0, minute: 0, second: None, nanos: 0 });
        let time = TimeOfDay { second: time.second.or(Some(0)), ..time };
        full.then_some(Self(Timestamp { time: Some(time), ..stamp }))
    }

    /// The same, with nothing absent.
    pub const fn timestamp(&self) -> Timestamp {
        self.0
    }
}

impl Display for UtcTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TimeVal(self.0).fmt(f)
    }
}

/// Facts to be set, one at least.
///
/// ```text
/// mff-facts = 1*( fact "=" value ";" )
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct NewFacts(Vec<u8>);

impl NewFacts {
    /// One fact, say `UNIX.mode` and `0644`, or `modify` and a [`UtcTime`].
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] if the fact has no name, or one of the two holds a control character, a space or a
    /// semicolon, or the name an equals sign.
    pub fn new(fact: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        Self(Vec::new()).and(fact, value)
    }

    /// One more fact.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn and(mut self, fact: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        let (fact, value) = (fact.as_ref(), value.as_ref());
        if fact.is_empty() {
            return Err(ArgumentError::Empty);
        }
        for (bytes, separators) in [(fact, &b" ;="[..]), (value, b" ;")] {
            printable(bytes)?;
            if let Some(position) = bytes.iter().position(|b| separators.contains(b)) {
                return Err(ArgumentError::Separator { byte: bytes[position], position });
            }
        }
        for part in [fact, b"=", value, b";"] {
            self.0.extend_from_slice(part);
        }
        Ok(self)
    }

    /// As sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads `mff-facts`.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut facts = Self(Vec::with_capacity(bytes.len()));
        for fact in bytes.strip_suffix(b";")?.split(|&b| b == b';') {
            let at = fact.iter().position(|&b| b == b'=')?;
            facts = facts.and(&fact[..at], &fact[at + 1..]).ok()?;
        }
        Some(facts)
    }
}

impl fmt::Debug for NewFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Escaped(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn a_time_that_is_not_certain_is_not_set() {
        let stamp = Timestamp::parse(b"20200102030405.5").unwrap();
        assert_eq!(UtcTime::new(stamp).unwrap().to_string(), "20200102030405.5");
        assert_eq!(UtcTime::new(Timestamp { time: None, ..stamp }).unwrap().to_string(), "20200102000000");
        assert_eq!(UtcTime::new(Timestamp { zone: Zone::Server, ..stamp }), None);
        assert_eq!(UtcTime::new(Timestamp { year: None, ..stamp }), None);
        assert_eq!(UtcTime::new(Timestamp { year: Some(10_000), ..stamp }), None);
    }

    #[test]
    fn no_fact_ends_early() {
        let facts = NewFacts::new("modify", "20200102030405").unwrap().and("UNIX.mode", "0644").unwrap();
        assert_eq!(facts.as_bytes(), b"modify=20200102030405;UNIX.mode=0644;");
        for (fact, value) in
            [("", "x"), ("a b", "x"), ("a=b", "x"), ("a;b", "x"), ("a", "b;c=d"), ("a", "b c")]
        {
            assert!(NewFacts::new(fact, value).is_err(), "{fact}={value}");
        }
        assert_eq!(
            NewFacts::new("a", "b\r\nDELE c").unwrap_err().to_string(),
            "an argument has the control character 0x0d at position 1"
        );
        assert_eq!(
            NewFacts::new("a", "b;c").unwrap_err().to_string(),
            "a part of an argument has the separator ';' at position 1"
        );
    }
}
