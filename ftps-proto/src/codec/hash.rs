//! Hashes of files, and the replies that tell them. draft-bryan-ftpext-hash, draft-twine-ftpmd5, and the X commands that
//! servers had before.

use core::fmt::{self, Display};

use super::ascii::Excerpt;
use super::reply::Reply;

/// How a file is hashed.
///
/// CRC-32, MD5 and SHA-1 find what was damaged on the way. Only SHA-256 and SHA-512 find what was changed on purpose
/// (RFC 6151, RFC 6194).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// CRC-32 as in ISO 3309: 4 bytes, the highest first.
    Crc32,
    /// MD5: 16 bytes.
    Md5,
    /// SHA-1: 20 bytes.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-512: 64 bytes.
    Sha512,
}

impl Algorithm {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] = [Self::Sha512, Self::Sha256, Self::Sha1, Self::Md5, Self::Crc32];

    /// Its name in `HASH` and `OPTS HASH` (IANA's registry of hash function textual names).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// How many bytes a hash has.
    pub const fn length(self) -> usize {
        match self {
            Self::Crc32 => 4,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The algorithm of this name, in any case, with or without the hyphen.
    pub fn from_name(name: impl AsRef<[u8]>) -> Option<Self> {
        let letters = |name: &[u8]| -> [u8; 8] {
            let mut letters = [0; 8];
            let kept = name.iter().filter(|byte| **byte != b'-');
            for (to, byte) in letters.iter_mut().zip(kept) {
                *to = byte.to_ascii_uppercase();
            }
            letters
        };
        let name = name.as_ref();
        let short = name.len() <= 8;
        Self::ALL.into_iter().find(|known| short && letters(known.as_str().as_bytes()) == letters(name))
    }
}

impl Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A hash of a file. Displays as lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash {
    algorithm: Algorithm,
    bytes: [u8; 64],
}

impl Hash {
    /// A hash that consists of these bytes. `None` unless they are as many as the algorithm makes.
    pub fn new(algorithm: Algorithm, bytes: impl AsRef<[u8]>) -> Option<Self> {
        let mut hash = Self { algorithm, bytes: [0; 64] };
        let bytes = bytes.as_ref();
        if bytes.len() != algorithm.length() {
            return None;
        }
        hash.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(hash)
    }

    /// Reads hexadecimal digits in any case. `None` unless they are as many as the algorithm makes.
    pub fn from_hex(algorithm: Algorithm, digits: impl AsRef<[u8]>) -> Option<Self> {
        let digits = digits.as_ref();
        if digits.len() != 2 * algorithm.length() {
            return None;
        }
        let mut hash = Self { algorithm, bytes: [0; 64] };
        for (to, pair) in hash.bytes.iter_mut().zip(digits.chunks_exact(2)) {
            for digit in pair {
                let digit = char::from(*digit).to_digit(16)?;
                *to = *to << 4 | u8::try_from(digit).ok()?;
            }
        }
        Some(hash)
    }

    /// By what it was made.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.algorithm.length()]
    }
}

impl Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {self}", self.algorithm)
    }
}

/// Reads the reply to HASH, whose line is `SHA-256 0-1023 6b86b2... path`.
///
/// ```text
/// hash-response = "213" SP hashname SP start-point "-" end-point SP filehash SP pathname
/// ```
/// Servers leave out the name (an older draft), the range or the path (FileZilla Server).
///
/// # Errors
///
/// [`HashError`] where there is no such hash, or it is by another algorithm.
pub fn parse_hash(algorithm: Algorithm, reply: &Reply) -> Result<Hash, HashError> {
    let line = reply.last_line();
    let mut words = words(line).peekable();
    if let Some(named) = words.peek().copied().and_then(Algorithm::from_name) {
        if named != algorithm {
            return Err(HashError::Other { asked: algorithm, told: named });
        }
        words.next();
    }
    // The path comes last, and may look like a hash.
    words.next_if(|word| is_range(word));
    let hash = words.next().and_then(|word| Hash::from_hex(algorithm, word));
    hash.ok_or_else(|| HashError::missing(algorithm, line))
}

/// Reads the reply to MD5, MMD5 of one path, or one of the X commands, whose form no document gives. Seen are the hash alone
/// (`250 6B86B273`), after words, after the path (`251 "a b" d41d...`, draft-twine-ftpmd5), and before it.
///
/// # Errors
///
/// [`HashError`] where there is no such hash, or more than one: a wrong one is worse than none.
pub fn parse_x_hash(algorithm: Algorithm, path: &[u8], reply: &Reply) -> Result<Hash, HashError> {
    let line = reply.last_line();
    // What the path says is no hash, whatever it looks like.
    let (before, after) = match whole_words(line, path) {
        Some(at) => (&line[..at], &line[at + path.len()..]),
        None => (line, &[][..]),
    };
    let mut found = None;
    for hash in words(before).chain(words(after)).filter_map(|word| Hash::from_hex(algorithm, word)) {
        if found.is_some_and(|found| found != hash) {
            return Err(HashError::Ambiguous(Excerpt::new(line)));
        }
        found = Some(hash);
    }
    found.or_else(|| unpadded(algorithm, line)).ok_or_else(|| HashError::missing(algorithm, line))
}

/// A CRC-32 without its zeros in front, where it is all that is said.
fn unpadded(algorithm: Algorithm, line: &[u8]) -> Option<Hash> {
    let digits = line.trim_ascii();
    if algorithm != Algorithm::Crc32 || digits.len() > 8 {
        return None;
    }
    // Not the sign that Rust would take.
    let digits = Some(digits).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    let number = u32::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()?;
    Hash::new(algorithm, number.to_be_bytes())
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(separates).filter(|word| !word.is_empty())
}

fn separates(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || b"\"',=:()[]".contains(byte)
}

/// Where the path is in a line, and not a part of a word.
fn whole_words(line: &[u8], path: &[u8]) -> Option<usize> {
    let is_edge = |byte: Option<&u8>| byte.is_none_or(separates);
    let mut places = line.windows(path.len().max(1)).enumerate();
    let place = places.find(|(at, part)| {
        let before = at.checked_sub(1).and_then(|at| line.get(at));
        *part == path && is_edge(before) && is_edge(line.get(at + path.len()))
    });
    place.map(|(at, _)| at)
}

fn is_range(word: &[u8]) -> bool {
    let mut ends = word.split(|byte| *byte == b'-');
    let number = |end: Option<&[u8]>| end.is_some_and(|end| super::ascii::decimal(end).is_some());
    number(ends.next()) && number(ends.next()) && ends.next().is_none()
}

/// Why a reply tells no hash.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HashError {
    /// There is none of that length.
    Missing(Algorithm, Excerpt),
    /// There are several.
    Ambiguous(Excerpt),
    /// It is by another algorithm.
    Other {
        /// What was asked for.
        asked: Algorithm,
        /// What was told.
        told: Algorithm,
    },
}

impl HashError {
    fn missing(algorithm: Algorithm, line: &[u8]) -> Self {
        Self::Missing(algorithm, Excerpt::new(line))
    }
}

impl Display for HashError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(algorithm, text) => write!(f, "no {algorithm} in \"{text}\""),
            Self::Ambiguous(text) => write!(f, "no telling which is the hash in \"{text}\""),
            Self::Other { asked, told } => write!(f, "a hash by {told} instead of {asked}"),
        }
    }
}

impl core::error::Error for HashError {}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;
    use crate::codec::Code;

    const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";

    fn reply(code: u16, text: &str) -> Reply {
        Reply::new(Code::new(code).unwrap(), text)
    }

    #[test]
    fn names_with_and_without_hyphens() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::from_name(algorithm.as_str()), Some(algorithm));
        }
        assert_eq!(Algorithm::from_name("sha256"), Some(Algorithm::Sha256));
        assert_eq!(Algorithm::from_name("sha-1"), Some(Algorithm::Sha1));
        for name in ["", "SHA-3", "SHA-2560", "SHA-512/256", "MD"] {
            assert_eq!(Algorithm::from_name(name), None, "{name}");
        }
    }

    #[test]
    fn digits_are_as_many_as_the_algorithm_makes() {
        let hash = Hash::from_hex(Algorithm::Md5, MD5.to_uppercase()).unwrap();
        assert_eq!(hash.to_string(), MD5);
        assert_eq!(Hash::new(Algorithm::Md5, hash.as_bytes()), Some(hash));
        assert_eq!(format!("{hash:?}"), format!("MD5 {MD5}"));
        assert!(Hash::from_hex(Algorithm::Sha1, MD5).is_none());
        assert!(Hash::from_hex(Algorithm::Crc32, "0000000g").is_none());
        assert!(Hash::new(Algorithm::Crc32, [0; 5]).is_none());
    }

    #[test]
    fn hash_in_the_forms_of_all_drafts() {
        for text in [
            format!("MD5 0-0 {MD5} a b"),
            // A path that looks like one.
            format!("MD5 0-1023 {MD5} {}", "0".repeat(32)),
            format!("MD5 {MD5}"),
            MD5.to_string(),
            format!("Computing MD5 digest\nMD5 0-9 {MD5} /a"),
        ] {
            let hash = parse_hash(Algorithm::Md5, &reply(213, &text));
            assert_eq!(hash.map(|hash| hash.to_string()).as_deref(), Ok(MD5), "{text}");
        }
        let said = |text: &str| parse_hash(Algorithm::Md5, &reply(213, text)).unwrap_err().to_string();
        assert_eq!(said(&format!("SHA-1 0-0 {MD5} a")), "a hash by SHA-1 instead of MD5");
        assert_eq!(said("MD5 0-9 d41d a"), "no MD5 in \"MD5 0-9 d41d a\"");
        // A path is no hash.
        assert!(parse_hash(Algorithm::Md5, &reply(213, &format!("MD5 0-9 none {MD5}"))).is_err());
    }

    #[test]
    fn x_hashes_in_every_dress() {
        let other = "0".repeat(32);
        for text in [
            MD5.to_string(),
            MD5.to_uppercase(),
            format!("{other} {MD5}"),
            format!("\"{other}\" {MD5}"),
            format!("{MD5} {other}"),
            format!("MD5({other})= {MD5}"),
            format!("hash: \"{MD5}\""),
            format!("Computing MD5 digest\n{MD5}"),
        ] {
            let hash = parse_x_hash(Algorithm::Md5, other.as_bytes(), &reply(250, &text));
            assert_eq!(hash.map(|hash| hash.to_string()).as_deref(), Ok(MD5), "{text}");
        }
        // A path that is a part of the hash.
        let crc = |text: &str| parse_x_hash(Algorithm::Crc32, b"a", &reply(250, text));
        assert_eq!(crc("1A2B").unwrap().to_string(), "00001a2b");
        assert_eq!(crc("deadbeef").unwrap().to_string(), "deadbeef");
        for text in ["deadbeef 00000000", "not today", "", "+1a2b", "12345678 9abcdef0"] {
            assert!(crc(text).is_err(), "{text}");
        }
    }
}
