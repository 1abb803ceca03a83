//! The names of commands that this crate does not know.

use core::fmt::{self, Display};

use super::verb::Verb;

/// The name of a command that has no [`Verb`] of its own: letters and digits, the first a letter, in upper case.
///
/// A name that has one is refused, so that none passes for another command: `Verb::Other` is never RETR.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Word {
    bytes: [u8; Self::MAX],
    len: u8,
}

impl Word {
    /// Letters and digits at most.
    pub const MAX: usize = 12;

    /// Takes the name in any case.
    ///
    /// # Errors
    ///
    /// [`WordError`] says why it cannot be the name of an unknown command.
    pub fn new(name: impl AsRef<[u8]>) -> Result<Self, WordError> {
        let name = name.as_ref();
        let Some((first, rest)) = name.split_first() else { return Err(WordError::Empty) };
        let wrong = if first.is_ascii_alphabetic() {
            rest.iter().position(|b| !b.is_ascii_alphanumeric()).map(|at| at + 1)
        } else {
            Some(0)
        };
        if let Some(position) = wrong {
            return Err(WordError::Character { byte: name[position], position });
        }
        let mut bytes = [0; Self::MAX];
        let taken = bytes.get_mut(..name.len()).ok_or(WordError::TooLong)?;
        taken.copy_from_slice(name);
        taken.make_ascii_uppercase();
        if Verb::known(name).is_some() {
            return Err(WordError::Known);
        }
        // At most 12.
        Ok(Self { bytes, len: name.len() as u8 })
    }

    /// As sent.
    pub fn as_str(&self) -> &str {
        let (name, _) = self.bytes.split_at(self.len.into());
        // It is ASCII.
        core::str::from_utf8(name).unwrap_or_default()
    }
}

impl Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why something is not the name of an unknown command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WordError {
    /// There is nothing.
    Empty,
    /// Longer than [`Word::MAX`].
    TooLong,
    /// Something else than a letter or digit, or a digit at the beginning.
    Character {
        /// The byte.
        byte: u8,
        /// How many bytes are before it.
        position: usize,
    },
    /// The command is known: it has a [`Verb`].
    Known,
}

impl Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("there is no command"),
            Self::TooLong => write!(f, "the name of a command has at most {} characters", Word::MAX),
            Self::Character { byte, position } => {
                write!(f, "the name of a command has no 0x{byte:02x}, as at position {position}")
            }
            Self::Known => f.write_str("the command is known and has a type of its own"),
        }
    }
}

impl core::error::Error for WordError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn letters_and_digits_in_upper_case() {
        for (name, word) in [("xfoo", "XFOO"), ("X25", "X25"), ("abcdefghijkl", "ABCDEFGHIJKL")] {
            assert_eq!(Word::new(name).unwrap().as_str(), word);
        }
        for (name, says) in [
            ("", "there is no command"),
            ("abcdefghijklm", "the name of a command has at most 12 characters"),
            ("X\r\nDELE", "the name of a command has no 0x0d, as at position 1"),
            ("X Y", "the name of a command has no 0x20, as at position 1"),
            ("2X", "the name of a command has no 0x32, as at position 0"),
            ("\u{e9}", "the name of a command has no 0xc3, as at position 0"),
            ("retr", "the command is known and has a type of its own"),
        ] {
            assert_eq!(Word::new(name).unwrap_err().to_string(), says, "{name}");
        }
    }
}
