//! The path in a 257 reply, to PWD and MKD. RFC 959 Appendix II.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use super::ascii::Excerpt;

/// Reads the path in the text of a 257 reply.
///
/// ```text
/// text     = quoted [ SP comment ]
/// quoted   = <"> *( <any but "> / <"> <"> ) <">          ; a quote inside is doubled
/// ```
/// Tolerated: text before the quote, single quotes, no closing quote, and no quotes at all, where the first
/// word is the path if it begins with a slash, or the whole text otherwise is.
///
/// # Errors
///
/// [`PathError`] if no path is left.
pub fn parse_257(text: &[u8]) -> Result<Vec<u8>, PathError> {
    let quote = match text.iter().position(|&b| b == b'"') {
        Some(at) => Some((at, b'"')),
        None if text.trim_ascii_start().starts_with(b"'") => {
            text.iter().position(|&b| b == b'\'').map(|at| (at, b'\''))
        }
        None => None,
    };
    let path = match quote {
        Some((at, quote)) => unquote(&text[at + 1..], quote),
        None => {
            let text = text.trim_ascii();
            let word = text.split(|&b| b == b' ').next().unwrap_or_default();
            if word.starts_with(b"/") { word } else { text }.to_vec()
        }
    };
    if path.is_empty() { Err(PathError(Excerpt::new(text))) } else { Ok(path) }
}

fn unquote(quoted: &[u8], quote: u8) -> Vec<u8> {
    let mut path = Vec::new();
    let mut bytes = quoted.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        if b == quote && bytes.next_if_eq(&quote).is_none() {
            break;
        }
        path.push(b);
    }
    path
}

/// `path` in quotes, those inside doubled, as the text of a 257 reply begins.
pub fn encode_257(path: &[u8]) -> Vec<u8> {
    let mut quoted = Vec::with_capacity(path.len() + 2);
    quoted.push(b'"');
    for &b in path {
        quoted.push(b);
        if b == b'"' {
            quoted.push(b);
        }
    }
    quoted.push(b'"');
    quoted
}

/// A 257 reply without a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathError(Excerpt);

impl Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no path in \"{}\"", self.0)
    }
}

impl core::error::Error for PathError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn paths_in_every_dress() {
        for (text, path) in [
            (r#""/a" is the current directory"#, "/a"),
            (r#""/a ""b"" c" created"#, r#"/a "b" c"#),
            (r#"""""#, "\""),
            (r#"current is "/a""#, "/a"),
            (r#""/a is unclosed"#, "/a is unclosed"),
            ("/a is the current directory", "/a"),
            ("'/a b' is it", "/a b"),
            ("/it's here", "/it's"),
            (r#""'HLQ.DS'" is the working directory"#, "'HLQ.DS'"),
            (r"C:\a b", r"C:\a b"),
        ] {
            assert_eq!(parse_257(text.as_bytes()).as_deref(), Ok(path.as_bytes()), "{text}");
        }
        for text in ["", "  ", "\"\"", "\"", "'"] {
            assert!(parse_257(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(parse_257(b"\"\" is it").unwrap_err().to_string(), "no path in \"\"\" is it\"");
    }
}
