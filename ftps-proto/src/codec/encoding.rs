//! Names in another charset than UTF-8, as servers have them that do not know RFC 2640.

use alloc::{borrow::Cow, string::String, sync::Arc, vec::Vec};
use core::fmt;

use super::command::{Argument, ArgumentError};

/// A charset, both ways. ASCII has to be the same in it.
///
/// With feature `encoding_rs`, [`Encoding::for_label`] has those of the web.
pub trait Charset: Send + Sync {
    /// Its name.
    fn name(&self) -> &str;

    /// The text of these bytes; `None` if they are not of this charset.
    fn decode(&self, bytes: &[u8]) -> Option<String>;

    /// The bytes of this text; `None` if it has a character that is not in this charset.
    fn encode(&self, text: &str) -> Option<Vec<u8>>;
}

/// The charset of a server's names where it is not UTF-8: see [`Config::encoding`](crate::Config::encoding).
///
/// A session that has one speaks UTF-8 to its caller: names that come are decoded, paths that go are encoded. No name is
/// lost or changed on its way there and back:
///
/// - What comes is decoded a line at a time, and only where the text encodes to the same bytes again. Otherwise it stays
///   as it is.
/// - What goes is encoded part by part, between slashes: a part that is UTF-8 is text, any other is sent as it is.
/// - A name that would be sent otherwise than it came is [`Unparsed`](super::list::Listed::Unparsed).
#[derive(Clone)]
pub struct Encoding {
    charset: Arc<dyn Charset>,
    forced: bool,
}

impl Encoding {
    /// For servers that do not say that their names are UTF-8 (`UTF8` in FEAT, RFC 2640).
    pub fn new(charset: impl Charset + 'static) -> Self {
        Self { charset: Arc::new(charset), forced: false }
    }

    /// The encoding of this name in the WHATWG's Encoding Standard, in any case: `iso-8859-1` (which is Windows-1252
    /// there), `shift_jis`, `gb18030`, `koi8-r`. `None` for one that is not known or in which ASCII is not the same.
    #[cfg(feature = "encoding_rs")]
    pub fn for_label(label: &str) -> Option<Self> {
        let encoding = encoding_rs::Encoding::for_label(label.as_bytes())?;
        encoding.is_ascii_compatible().then(|| Self::new(Web(encoding)))
    }

    /// For servers that say that their names are UTF-8, too: many hand on the bytes that their files' names have. They are
    /// not asked for UTF-8 then (`OPTS UTF8 ON`).
    #[must_use]
    pub fn forced(self) -> Self {
        Self { forced: true, ..self }
    }

    /// Whether it holds for servers that say that their names are UTF-8.
    pub fn is_forced(&self) -> bool {
        self.forced
    }

    /// The charset's name.
    pub fn name(&self) -> &str {
        self.charset.name()
    }

    /// The text of a line or name that has come; as it is where that is not of the charset, or would not be sent as it came.
    pub fn text<'a>(&self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        self.decode(bytes).map_or(Cow::Borrowed(bytes), |text| match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        })
    }

    pub(crate) fn decode<'a>(&self, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
        if bytes.is_ascii() {
            return core::str::from_utf8(bytes).ok().map(Cow::Borrowed);
        }
        let text = self.charset.decode(bytes)?;
        let is_line = !text.contains(['\r', '\n']);
        (is_line && self.charset.encode(&text)? == bytes).then_some(Cow::Owned(text))
    }

    /// What is sent for a path.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Charset`] if it has a character that is not in the charset.
    pub fn path<'a>(&self, path: &'a [u8]) -> Result<Cow<'a, [u8]>, ArgumentError> {
        let encoded = self.encode(path).ok_or(ArgumentError::Charset)?;
        // Whatever a charset makes of it must not end the command.
        if let Cow::Owned(encoded) = &encoded {
            Argument::new(encoded)?;
        }
        Ok(encoded)
    }

    fn encode<'a>(&self, path: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if path.is_ascii() {
            return Some(Cow::Borrowed(path));
        }
        let mut encoded = Vec::with_capacity(path.len());
        for part in path.split_inclusive(|&b| b == b'/') {
            match core::str::from_utf8(part) {
                Ok(text) => encoded.extend(self.charset.encode(text)?),
                Err(_) => encoded.extend_from_slice(part),
            }
        }
        Some(Cow::Owned(encoded))
    }

    /// Whether a name that could not be decoded would be sent as it came.
    pub(crate) fn keeps(&self, name: &[u8]) -> bool {
        self.encode(name).is_some_and(|path| *path == *name)
    }
}

impl fmt::Debug for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoding").field("name", &self.name()).field("forced", &self.forced).finish()
    }
}

/// An encoding of the web.
#[cfg(feature = "encoding_rs")]
struct Web(&'static encoding_rs::Encoding);

#[cfg(feature = "encoding_rs")]
impl Charset for Web {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        self.0.decode_without_bom_handling_and_without_replacement(bytes).map(Cow::into_owned)
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        let (bytes, _, lacks) = self.0.encode(text);
        (!lacks).then(|| bytes.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    /// ISO 8859-1, where `!` is a line's end that nobody asked for.
    struct Latin1;

    impl Charset for Latin1 {
        fn name(&self) -> &str {
            "Latin-1"
        }

        fn decode(&self, bytes: &[u8]) -> Option<String> {
            Some(bytes.iter().map(|&b| char::from(b)).collect())
        }

        fn encode(&self, text: &str) -> Option<Vec<u8>> {
            text.chars()
                .map(|c| u8::try_from(u32::from(c)).ok())
                .map(|b| b.map(|b| if b == b'!' { b'\n' } else { b }))
                .collect()
        }
    }

    #[test]
    fn text_goes_and_comes() {
        let latin = Encoding::new(Latin1);
        assert_eq!(&*latin.text(b"gr\xf6\xdfe"), "größe".as_bytes());
        assert_eq!(&*latin.path("größe/\u{fc}".as_bytes()).unwrap(), b"gr\xf6\xdfe/\xfc");
        assert_eq!(latin.path("漢".as_bytes()), Err(ArgumentError::Charset));
        assert_eq!(format!("{:?}", latin.clone().forced()), r#"Encoding { name: "Latin-1", forced: true }"#);
        assert!(!latin.is_forced());
    }

    #[test]
    fn bytes_that_are_no_text_are_sent_as_they_are() {
        let latin = Encoding::new(Latin1);
        assert_eq!(&*latin.path(b"\xc3\xbc/\xff\xc3\xbc/a").unwrap(), b"\xfc/\xff\xc3\xbc/a");
    }

    #[test]
    fn no_charset_ends_a_command() {
        let control = ArgumentError::Control { byte: b'\n', position: 1 };
        assert_eq!(Encoding::new(Latin1).path("\u{fc}!DELE x".as_bytes()), Err(control));
    }

    #[cfg(feature = "encoding_rs")]
    #[test]
    fn what_would_not_come_back_is_not_decoded() {
        let sjis = Encoding::for_label("Shift_JIS").unwrap();
        let kanji = b"\x8a\xbf\x8e\x9a";
        assert_eq!(&*sjis.text(kanji), "漢字".as_bytes());
        assert_eq!(&*sjis.path("漢字".as_bytes()).unwrap(), kanji);
        // The same sign has two codes, and the other one is written.
        assert_eq!(&*sjis.text(b"\x87\x90"), b"\x87\x90");
        assert!(sjis.keeps(b"\x87\x90"));
        // UTF-8 that is not Shift_JIS, and would be sent as what is.
        let utf8 = "\u{3042}".as_bytes();
        assert_eq!((&*sjis.text(utf8), sjis.keeps(utf8)), (utf8, false));
        for (label, name) in
            [("latin1", Some("windows-1252")), ("utf-16", None), ("iso-2022-jp", None), ("klingon", None)]
        {
            assert_eq!(Encoding::for_label(label).as_ref().map(Encoding::name), name, "{label}");
        }
    }

    #[cfg(feature = "encoding_rs")]
    proptest::proptest! {
        #[test]
        fn no_name_is_sent_otherwise_than_it_came(name in proptest::collection::vec(0x20u8..=0xff, 1..20), at in 0usize..6) {
            let labels = ["shift_jis", "euc-jp", "gb18030", "big5", "euc-kr", "windows-1251"];
            let encoding = Encoding::for_label(labels[at]).unwrap();
            let text = encoding.text(&name);
            let sent = encoding.encode(&text);
            // One that could not be decoded, and is not told as a name.
            let untold = *text == *name && !encoding.keeps(&name);
            proptest::prop_assert!(untold || sent.as_deref() == Some(&name[..]), "{} {name:?}", labels[at]);
        }
    }
}
