//! What a listing lists.

use alloc::{borrow::Cow, string::String, vec::Vec};
use core::fmt::{self, Display};

use super::{ascii::Escaped, facts::Facts, time::Timestamp};

/// One thing in a directory, as far as its line tells.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub struct Entry {
    /// Its name, in MLST's and some servers' MLSD a path.
    pub name: Name,
    /// What it is.
    pub kind: Kind,
    /// Bytes; of directories and links the number that the server gives. See [`exact_size`](Self::exact_size).
    pub size: Option<u64>,
    /// What the size is worth.
    pub exactness: Exactness,
    /// When it was last modified.
    pub modified: Option<Timestamp>,
    /// Its permissions on Unix.
    pub permissions: Option<Permissions>,
    /// Where a link leads.
    pub target: Option<Name>,
    /// What else the line tells: the other facts of an MLSx line as they came; of a LIST line the owner, the group and
    /// what its family has, under names of their own (`VMS.version`).
    pub facts: Facts,
}

impl Entry {
    /// An entry of which nothing else is known.
    pub fn new(name: impl Into<Name>, kind: Kind) -> Self {
        let name = name.into();
        Self {
            name,
            kind,
            size: None,
            exactness: Exactness::Exact,
            modified: None,
            permissions: None,
            target: None,
            facts: Facts::default(),
        }
    }

    /// Bytes, if the line gives them to the byte.
    pub fn exact_size(&self) -> Option<u64> {
        self.size.filter(|_| self.exactness == Exactness::Exact)
    }

    /// Its owner: the name if there is one, else the number.
    pub fn owner(&self) -> Option<Cow<'_, str>> {
        self.first_of(["UNIX.ownername", "UNIX.owner", "UNIX.uid"])
    }

    /// Its group: the name if there is one, else the number.
    pub fn group(&self) -> Option<Cow<'_, str>> {
        self.first_of(["UNIX.groupname", "UNIX.group", "UNIX.gid"])
    }

    /// What is the same for two entries that are the same thing, within one server. RFC 3659 section 7.5.2.
    pub fn unique(&self) -> Option<&[u8]> {
        self.fact("unique")
    }

    /// The value of a fact that has no field of its own, by its name in any case.
    pub fn fact(&self, name: &str) -> Option<&[u8]> {
        self.facts.get(name)
    }

    fn first_of(&self, names: [&str; 3]) -> Option<Cow<'_, str>> {
        names.iter().find_map(|name| self.fact(name)).map(String::from_utf8_lossy)
    }

    /// Adds owner and group as a LIST line has them; one that is empty is not there.
    pub(super) fn belongs_to(&mut self, owner: &[u8], group: &[u8]) {
        self.facts.reserve(owner.len() + group.len() + 2 * "UNIX.ownername=;".len());
        for (who, [name, number]) in
            [(owner, [&b"UNIX.ownername"[..], b"UNIX.owner"]), (group, [b"UNIX.groupname", b"UNIX.group"])]
        {
            if !who.is_empty() {
                self.facts.push(if who.iter().all(u8::is_ascii_digit) { number } else { name }, who);
            }
        }
    }
}

/// What an entry's size is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Exactness {
    /// Exact to the byte.
    Exact,
    /// Whole blocks of this many bytes: the file may be up to one block shorter.
    Blocks(u32),
    /// Near it: `33.5k`, or a number that ran into the column before it.
    Approximate,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[non_exhaustive]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Link,
    /// The listed directory itself: `cdir`, or `.`.
    CurrentDirectory,
    /// A parent of it: `pdir`, or `..`.
    ParentDirectory,
    /// A device, a socket, or what else the server has.
    Other,
    /// The line does not say.
    Unknown,
}

impl Kind {
    /// `self`, or what `.` and `..` are whatever the server calls them.
    pub(super) fn of(self, name: &[u8]) -> Self {
        match (self, name) {
            (Self::Directory, b".") => Self::CurrentDirectory,
            (Self::Directory, b"..") => Self::ParentDirectory,
            _ => self,
        }
    }
}

/// Permissions as the line has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Permissions {
    /// Nine ASCII letters of LIST: `rwxr-xr-x`.
    Letters([u8; 9]),
    /// The number of a `UNIX.mode` fact, given in octal.
    Bits(u32),
}

impl Permissions {
    /// As a number, permissions and the set-id and sticky bits alike.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits(bits) => bits,
            Self::Letters(letters) => letters.iter().enumerate().fold(0, |bits, (at, letter)| {
                let special = if at % 3 == 2 { 0o4000 >> (at / 3) } else { 0 };
                let plain = 0o400 >> at;
                bits | match letter {
                    b's' | b't' => special | plain,
                    b'S' | b'T' | b'l' | b'L' => special,
                    b'-' => 0,
                    _ => plain,
                }
            }),
        }
    }
}

impl Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Letters(letters) => Escaped(letters).fmt(f),
            Self::Bits(bits) => write!(f, "{bits:04o}"),
        }
    }
}

/// A name or path as the server has it: bytes, mostly UTF-8; of a session with an [`Encoding`](super::Encoding) UTF-8 as far
/// as it could be decoded. Displays lossy and escaped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Vec<u8>);

impl Name {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The text, if it is UTF-8. Not safe as a local path: see [`local`](Self::local).
    pub fn to_str(&self) -> Option<&str> {
        core::str::from_utf8(&self.0).ok()
    }

    /// Drops a prefix that is not the whole name.
    pub(super) fn strip(&mut self, prefix: &[u8]) {
        if self.0.len() > prefix.len() && self.0.starts_with(prefix) {
            self.0.drain(..prefix.len());
        }
    }

    /// The name, if it can be that of a local file: [`local_name`].
    ///
    /// # Errors
    ///
    /// [`UnsafeName`] says why not.
    pub fn local(&self) -> Result<&str, UnsafeName> {
        local_name(&self.0)
    }
}

impl From<&[u8]> for Name {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Name {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<&str> for Name {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

impl AsRef<[u8]> for Name {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// `name`, if as one component of a local path it stays in its directory and is an ordinary file, on the system that
/// this is compiled for.
///
/// Whatever a server names and becomes a local path goes through this.
///
/// # Errors
///
/// [`UnsafeName`] says why not.
pub fn local_name(name: &[u8]) -> Result<&str, UnsafeName> {
    let name = core::str::from_utf8(name).map_err(|_| UnsafeName::NotUtf8)?;
    if name.contains(char::is_control) {
        return Err(UnsafeName::Control);
    }
    if name.contains('/') {
        return Err(UnsafeName::Separator);
    }
    if matches!(name, "" | "." | "..") {
        return Err(UnsafeName::Directory);
    }
    if cfg!(windows) {
        windows_name(name)?;
    }
    Ok(name)
}

/// What is more than a name to Windows.
fn windows_name(name: &str) -> Result<(), UnsafeName> {
    if name.contains('\\') {
        return Err(UnsafeName::Separator);
    }
    // A drive or, on NTFS, a stream.
    if name.contains(':') {
        return Err(UnsafeName::Colon);
    }
    // Windows drops dots and spaces at the end: what is nothing else is the directory or its parent.
    if name.trim_end_matches(['.', ' ']).is_empty() {
        return Err(UnsafeName::Directory);
    }
    // Windows knows its devices with any extension.
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ');
    let plain = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let numbered = || {
        let (device, number) = stem.split_at_checked(3)?;
        let known = ["COM", "LPT"].iter().any(|name| device.eq_ignore_ascii_case(name));
        let mut digits = number.chars();
        let one = matches!(digits.next()?, '0'..='9' | '¹' | '²' | '³') && digits.next().is_none();
        Some(known && one)
    };
    if plain.iter().any(|name| stem.eq_ignore_ascii_case(name)) || numbered().unwrap_or(false) {
        return Err(UnsafeName::Device);
    }
    Ok(())
}

/// Why a name cannot be that of a local file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnsafeName {
    /// Not UTF-8: no local name is certain to be the same.
    NotUtf8,
    /// A control character, NUL among them.
    Control,
    /// `/`, on Windows also `\`.
    Separator,
    /// `:` on Windows: a drive or a stream.
    Colon,
    /// Empty, `.`, `..`, or what Windows takes for them.
    Directory,
    /// A device on Windows: `CON`, `LPT1.txt`.
    Device,
}

impl Display for UnsafeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotUtf8 => "the name is not UTF-8",
            Self::Control => "the name has a control character",
            Self::Separator => "the name has a path separator",
            Self::Colon => "the name has a colon",
            Self::Directory => "the name is empty or that of a directory",
            Self::Device => "the name is that of a device",
        })
    }
}

impl core::error::Error for UnsafeName {}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn only_ordinary_names_become_local() {
        for name in [
            "a",
            " a ",
            ".a",
            "a.",
            "...a",
            "Übergröße",
            "COM",
            "COM10",
            "LPTX",
            "CONSOLE",
            "nul_",
            "-rf",
            "~",
        ] {
            assert_eq!(Name::from(name).local(), Ok(name));
            assert_eq!(windows_name(name), Ok(()));
        }
        for (name, why) in [
            (&b""[..], UnsafeName::Directory),
            (b".", UnsafeName::Directory),
            (b"..", UnsafeName::Directory),
            (b"/", UnsafeName::Separator),
            (b"../a", UnsafeName::Separator),
            (b"a\0", UnsafeName::Control),
            (b"a\nb", UnsafeName::Control),
            ("a\u{85}".as_bytes(), UnsafeName::Control),
            (b"a\xff", UnsafeName::NotUtf8),
        ] {
            assert_eq!(Name::from(name).local(), Err(why), "{name:?}");
        }
        // Names like any other, but on Windows.
        for (name, why) in [
            (".. ", UnsafeName::Directory),
            (". .", UnsafeName::Directory),
            ("..\\a", UnsafeName::Separator),
            ("C:", UnsafeName::Colon),
            ("a:stream", UnsafeName::Colon),
            ("nul", UnsafeName::Device),
            ("Con.tar.gz", UnsafeName::Device),
            ("aux .txt", UnsafeName::Device),
            ("com1", UnsafeName::Device),
            ("LPT¹.x", UnsafeName::Device),
        ] {
            assert_eq!(windows_name(name), Err(why), "{name:?}");
            assert_eq!(Name::from(name).local(), if cfg!(windows) { Err(why) } else { Ok(name) });
        }
        assert_eq!(UnsafeName::Device.to_string(), "the name is that of a device");
    }

    #[test]
    fn names_are_shown_as_they_are_and_obeyed_by_no_terminal() {
        for (name, shown) in [(&b"a \xc3\xbc"[..], "a ü"), (b"\x1b[2J\xff", "\\u{1b}[2J\u{fffd}")] {
            let name = Name::from(name);
            assert_eq!(name.to_string(), shown);
            assert_eq!(format!("{name:?}"), format!("\"{shown}\""));
        }
    }

    #[test]
    fn names_are_their_bytes() {
        let bytes = b"a\xff";
        let name = Name::from(&bytes[..]);
        assert_eq!(AsRef::<[u8]>::as_ref(&name), bytes);
        assert_eq!(name.as_bytes(), bytes);
    }

    #[test]
    fn letters_are_bits() {
        for (letters, bits) in
            [(b"rwxr-xr-x", 0o755), (b"rwSr-sr-T", 0o7654), (b"---------", 0), (b"rwsrwsrwt", 0o7777)]
        {
            assert_eq!(Permissions::Letters(*letters).bits(), bits);
        }
    }
}
