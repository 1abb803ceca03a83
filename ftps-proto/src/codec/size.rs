//! The reply to SIZE. RFC 3659 section 4.

use core::fmt::{self, Display};

use super::ascii::{Excerpt, decimal};

/// Reads the text of a 213 reply to SIZE, in bytes.
///
/// ```text
/// size-response = "213" SP 1*DIGIT EOL
/// ```
/// Spaces around the number are tolerated, nothing else is: a wrong size is worse than none. So the
/// `213 file: 213, Size =51` of some servers is refused, although the last of its numbers is likely the size.
///
/// # Errors
///
/// [`SizeError`] if it is not a number, or over 2^64-1.
pub fn parse_size(text: &[u8]) -> Result<u64, SizeError> {
    decimal(text.trim_ascii()).ok_or_else(|| SizeError(Excerpt::new(text)))
}

/// A reply to SIZE without a size that fits 64 bits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SizeError(Excerpt);

impl Display for SizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a size: \"{}\"", self.0)
    }
}

impl core::error::Error for SizeError {}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn sizes_are_numbers_that_fit() {
        assert_eq!(parse_size(b"18446744073709551615"), Ok(u64::MAX));
        assert_eq!(parse_size(b" 12 "), Ok(12));
        for bad in [
            "",
            "18446744073709551616",
            "-1",
            "+1",
            "12 bytes",
            "12 34",
            "0x1",
            "1.5",
            "1,000",
            "file: 213, Size =51",
            "Size follows",
            "file 51",
        ] {
            let error = parse_size(bad.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), format!("not a size: \"{bad}\""));
        }
    }
}
