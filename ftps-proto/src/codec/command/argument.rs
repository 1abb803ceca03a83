//! What may stand after a verb.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use zeroize::Zeroizing;

use crate::codec::ascii::Escaped;

/// A command's argument: at least one byte, and no ASCII control character, so that it cannot end its line
/// early.
///
/// Not necessarily UTF-8: it is what the server calls the thing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Argument(Vec<u8>);

impl Argument {
    /// Checks and copies `bytes`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] names the byte that may not be sent.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(ArgumentError::Empty);
        }
        printable(bytes)?;
        Ok(Self(bytes.to_vec()))
    }

    /// An argument of this crate's own.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(Self::new(text).is_ok());
        Self(text.into())
    }

    /// Parts that are, or come of, arguments.
    pub(crate) fn joined(parts: &[&[u8]]) -> Self {
        let joined = parts.concat();
        debug_assert!(Self::new(&joined).is_ok());
        Self(joined)
    }

    /// The bytes, as they were given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A password or account: what [`Argument`] takes, or nothing. Never shown, and zeroized when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Checks and copies `bytes`. An empty password is one that servers ask for.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Control`], which tells one byte of the secret: a control character.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        printable(bytes.as_ref())?;
        Ok(Self(Zeroizing::new(bytes.as_ref().to_vec())))
    }

    /// A password of this crate's own, which is not a secret.
    pub(crate) fn known(text: &'static str) -> Self {
        debug_assert!(Self::new(text).is_ok());
        Self(Zeroizing::new(text.into()))
    }

    /// The secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why bytes cannot be an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentError {
    /// There are none.
    Empty,
    /// A control character would end the command, or mean something to Telnet.
    Control {
        /// The character.
        byte: u8,
        /// How many bytes are before it.
        position: usize,
    },
    /// A part of an argument holds what separates the parts.
    Separator {
        /// The separator.
        byte: u8,
        /// How many bytes are before it.
        position: usize,
    },
    /// A character of a path is not in the charset of the server's names ([`Encoding`](crate::codec::Encoding)).
    Charset,
}

impl Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an argument is empty"),
            Self::Charset => {
                f.write_str("a path has a character that the charset of the server's names lacks")
            }
            Self::Control { byte, position } => {
                write!(f, "an argument has the control character 0x{byte:02x} at position {position}")
            }
            Self::Separator { byte, position } => {
                write!(
                    f,
                    "a part of an argument has the separator '{}' at position {position}",
                    char::from(*byte)
                )
            }
        }
    }
}

impl core::error::Error for ArgumentError {}

pub(super) fn printable(bytes: &[u8]) -> Result<(), ArgumentError> {
    match bytes.iter().position(u8::is_ascii_control) {
        Some(position) => Err(ArgumentError::Control { byte: bytes[position], position }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn no_argument_ends_its_line() {
        for byte in (0..0x20).chain([0x7f]) {
            let error = ArgumentError::Control { byte, position: 1 };
            assert_eq!(Argument::new([b'a', byte, b'b']), Err(error));
            assert_eq!(Secret::new([b'a', byte, b'b']), Err(error));
        }
        assert_eq!(Argument::new(""), Err(ArgumentError::Empty));
        assert!(Argument::new([0x80, 0xff]).is_ok());
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert_eq!(
            Argument::new("a\r\nDELE b").unwrap_err().to_string(),
            "an argument has the control character 0x0d at position 1"
        );
        assert_eq!(Argument::new("").unwrap_err().to_string(), "an argument is empty");
        assert_eq!(Argument::new("\u{202e}a").unwrap().to_string(), "\\u{202e}a");
    }
}
