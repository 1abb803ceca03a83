//! The character set of the control connection, and how to show it.

use alloc::vec::Vec;
use core::{
    fmt::{self, Display, Write as _},
    ops::RangeInclusive,
};

/// Bytes from a peer as text that is safe on a terminal.
///
/// Displays lossy UTF-8 in which control characters (C0, DEL, C1), line separators and the marks that reorder
/// text are escaped visibly (`\u{1b}`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Escaped<'a>(pub &'a [u8]);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for chunk in self.0.utf8_chunks() {
            for c in chunk.valid().chars() {
                if deceives(c) { write!(f, "{}", c.escape_default())? } else { f.write_char(c)? }
            }
            if !chunk.invalid().is_empty() {
                f.write_char(char::REPLACEMENT_CHARACTER)?;
            }
        }
        Ok(())
    }
}

/// Whether a terminal would obey `c` rather than show it.
fn deceives(c: char) -> bool {
    const MARKS: [RangeInclusive<char>; 4] =
        ['\u{61c}'..='\u{61c}', '\u{200e}'..='\u{200f}', '\u{2028}'..='\u{202e}', '\u{2066}'..='\u{2069}'];
    c.is_control() || MARKS.iter().any(|marks| marks.contains(&c))
}

/// The first bytes of something that could not be read, for an error message: at most [`Excerpt::MAX`] of
/// them.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Excerpt(Vec<u8>);

impl Excerpt {
    /// Bytes kept at most.
    pub const MAX: usize = 64;

    /// Keeps the beginning of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(bytes[..bytes.len().min(Self::MAX)].to_vec())
    }

    /// The bytes as they came.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Formats into bytes, so that encoding a number allocates nothing.
pub(super) struct Text<'a>(pub(super) &'a mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// `1*DIGIT` (RFC 5234 B.1): all of `digits`, if the number fits.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |n, b| match b {
        b'0'..=b'9' => n.checked_mul(10)?.checked_add(u64::from(b - b'0')),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    #[test]
    fn escapes_what_a_terminal_obeys() {
        assert_eq!(Escaped(b"\x1b[2Jhi\r\n").to_string(), "\\u{1b}[2Jhi\\r\\n");
        assert_eq!(Escaped("a\u{202e}b\u{85}c\u{7f}".as_bytes()).to_string(), "a\\u{202e}b\\u{85}c\\u{7f}");
        assert_eq!(Escaped("Übergröße 試験".as_bytes()).to_string(), "Übergröße 試験");
        assert_eq!(Escaped(b"a\xffb").to_string(), "a\u{fffd}b");
    }

    #[test]
    fn numbers_fit_or_fail() {
        assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(decimal(b"18446744073709551616"), None);
        assert_eq!(decimal(b""), None);
        assert_eq!(decimal(b"1x"), None);
    }

    proptest! {
        #[test]
        fn never_shows_a_control(bytes: Vec<u8>) {
            prop_assert!(!Escaped(&bytes).to_string().chars().any(deceives));
            prop_assert!(Excerpt::new(&bytes).as_bytes().len() <= Excerpt::MAX);
        }
    }
}
