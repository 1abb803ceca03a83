//! Replies: three digits and text. RFC 959 section 4.2, RFC 2228 section 4 for `6yz`.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use nom::{Parser as _, bytes::complete::take, combinator::map_opt};

use super::{Parsed, ascii::Escaped, encoding::Encoding};

/// The Telnet escape (RFC 854), doubled where it stands for itself.
pub(super) const IAC: u8 = 0xff;

/// A reply code: 100 to 699.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u16);

impl Code {
    /// `None` outside 100..=699.
    pub const fn new(code: u16) -> Option<Self> {
        if matches!(code, 100..=699) { Some(Self(code)) } else { None }
    }

    /// The number.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// What the first digit says.
    pub const fn class(self) -> Class {
        match self.0 / 100 {
            1 => Class::Preliminary,
            2 => Class::Completion,
            3 => Class::Intermediate,
            4 => Class::TransientNegative,
            5 => Class::PermanentNegative,
            _ => Class::Protected,
        }
    }

    /// `reply-code = 3DIGIT`, of which the first is 1 to 6.
    pub(super) fn parse(input: &[u8]) -> Parsed<'_, Self> {
        map_opt(take(3usize), |digits| {
            super::ascii::decimal(digits).and_then(|n| u16::try_from(n).ok()).and_then(Self::new)
        })
        .parse(input)
    }
}

impl PartialEq<u16> for Code {
    fn eq(&self, other: &u16) -> bool {
        self.0 == *other
    }
}

impl Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The first digit of a reply code. RFC 959 section 4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// `1yz`: begun, another reply follows.
    Preliminary,
    /// `2yz`: done.
    Completion,
    /// `3yz`: accepted, a further command is wanted.
    Intermediate,
    /// `4yz`: not done, asking again can help.
    TransientNegative,
    /// `5yz`: not done, asking again will not help.
    PermanentNegative,
    /// `6yz`: a protected reply. RFC 2228 section 4.
    Protected,
}

/// A whole reply.
#[derive(PartialEq, Eq, Hash)]
pub struct Reply {
    code: Code,
    /// Lines with LF between them: one allocation, however many lines.
    text: Vec<u8>,
}

impl Clone for Reply {
    fn clone(&self) -> Self {
        Self { code: self.code, text: self.text.clone() }
    }

    /// Into the memory that is there.
    fn clone_from(&mut self, source: &Self) {
        self.code = source.code;
        self.text.clone_from(&source.text);
    }
}

impl Reply {
    /// A reply with `text`, whose lines end in LF or CR LF.
    ///
    /// NUL is left out: on a Telnet connection it is padding (RFC 854), so no peer would see it.
    pub fn new(code: Code, text: impl AsRef<[u8]>) -> Self {
        let mut lines = text.as_ref().split(|&b| b == b'\n').peekable();
        let mut joined = Vec::with_capacity(text.as_ref().len());
        while let Some(line) = lines.next() {
            let line = if lines.peek().is_some() { line.strip_suffix(b"\r").unwrap_or(line) } else { line };
            joined.extend(line.iter().filter(|&&b| b != 0));
            if lines.peek().is_some() {
                joined.push(b'\n');
            }
        }
        Self { code, text: joined }
    }

    /// From text that framing has already cleaned.
    pub(super) fn from_lines(code: Code, text: Vec<u8>) -> Self {
        Self { code, text }
    }

    /// The same with the text of each line, as far as it is of this charset.
    pub(crate) fn decoded(self, encoding: &Encoding) -> Self {
        if self.text.is_ascii() {
            return self;
        }
        let lines: Vec<_> = self.lines().map(|line| encoding.text(line)).collect();
        Self { code: self.code, text: lines.join(&b'\n') }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// Its lines, without line ends; the first and last without the code, those between as they came.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.text.split(|&b| b == b'\n')
    }

    /// The text after the code of the first line.
    pub fn first_line(&self) -> &[u8] {
        self.lines().next().unwrap_or_default()
    }

    /// The text after the code of the last line: all there is, of most replies.
    pub fn last_line(&self) -> &[u8] {
        self.lines().next_back().unwrap_or_default()
    }

    /// The lines between the first and the last, as STAT's listing has them: without the space that RFC 959 section 4.2 has
    /// servers indent with, or the code that some repeat. Of a reply of one line there are none.
    pub fn listed(&self) -> impl Iterator<Item = &[u8]> {
        let code = self.code;
        let mut lines = self.lines();
        lines.next();
        lines.next_back();
        lines.map(move |line| {
            let repeated = match Code::parse(line) {
                Ok((rest, found)) if found == code => rest.strip_prefix(b"-"),
                _ => None,
            };
            let line = repeated.unwrap_or(line);
            line.strip_prefix(b" ").unwrap_or(line)
        })
    }

    /// Appends the reply as it goes over the wire.
    ///
    /// ```text
    /// reply = code SP text CRLF
    ///       / code "-" text CRLF *( text CRLF ) code SP text CRLF
    /// ```
    /// A line between that would end the reply early is indented, as RFC 959 section 4.2 demands.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let digits = [self.code.0 / 100, self.code.0 / 10 % 10, self.code.0 % 10].map(|d| b'0' + d as u8);
        let mut lines = self.lines().enumerate().peekable();
        while let Some((at, line)) = lines.next() {
            let last = lines.peek().is_none();
            if last || at == 0 {
                out.extend_from_slice(&digits);
                out.push(if last { b' ' } else { b'-' });
            } else if ends(self.code, line).is_some() {
                out.push(b' ');
            }
            for &b in line {
                out.push(b);
                if b == IAC {
                    out.push(IAC);
                }
            }
            out.extend_from_slice(b"\r\n");
        }
    }
}

/// The text of the line that ends a reply of several lines: the same code, then a space or, tolerated,
/// nothing.
pub(super) fn ends(code: Code, line: &[u8]) -> Option<&[u8]> {
    match Code::parse(line) {
        Ok((rest, found)) if found == code => {
            if rest.is_empty() {
                Some(rest)
            } else {
                rest.strip_prefix(b" ")
            }
        }
        _ => None,
    }
}

/// `550 No such file`; several lines are joined with ` | `. Escaped, so it is safe on a terminal.
impl Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code.fmt(f)?;
        for (at, line) in self.lines().enumerate() {
            write!(f, "{}{}", if at == 0 { " " } else { " | " }, Escaped(line))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn reply(code: u16, text: &str) -> Reply {
        Reply::new(Code::new(code).unwrap(), text)
    }

    #[test]
    fn the_first_digit_is_the_class() {
        for (code, class) in [
            (150, Class::Preliminary),
            (226, Class::Completion),
            (331, Class::Intermediate),
            (400, Class::TransientNegative),
            (599, Class::PermanentNegative),
            (631, Class::Protected),
        ] {
            assert_eq!(Code::new(code).unwrap().class(), class);
        }
    }

    #[test]
    fn codes_have_bounds() {
        assert!(Code::new(99).is_none() && Code::new(700).is_none());
        assert!(Code::new(226).unwrap() == 226);
        assert!(Code::parse(b"2x0").is_err() && Code::parse(b"22").is_err() && Code::parse(b"099").is_err());
    }

    #[test]
    fn writes_lines_as_the_rfc_wants_them() {
        let mut out = Vec::new();
        reply(211, "Features:\r\n MDTM\n211 not yet\n211-nor this\nEnd").encode(&mut out);
        assert_eq!(out, b"211-Features:\r\n MDTM\r\n 211 not yet\r\n211-nor this\r\n211 End\r\n");
    }

    #[test]
    fn lists_what_is_between() {
        let lines = |text: &str| reply(213, text).listed().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(
            lines("Status:\n -rw a\n-rw b\n213--rw c\n  d\nEnd"),
            [&b"-rw a"[..], b"-rw b", b"-rw c", b" d"]
        );
        assert!(lines("none").is_empty());
    }

    #[test]
    fn shows_itself_in_one_safe_line() {
        assert_eq!(reply(550, "No such file").to_string(), "550 No such file");
        assert_eq!(reply(211, "a\n\u{1b}b\nc").to_string(), "211 a | \\u{1b}b | c");
        assert_eq!(reply(211, "a\nb\nc").last_line(), b"c");
    }
}
