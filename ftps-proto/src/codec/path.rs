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
/// Tolerated: text before the quote, single quotes, and no quotes at all where it is clear where the path ends (at
/// the end of the text, or before `is` or `created`).
///
/// A wrong path is worse than none, so where its end is not certain it is refused: a quote that is not closed, or is
/// followed by more quotes than a comment has, as in the `"/a "b" c"` of servers that do not double those of a name.
///
/// # Errors
///
/// [`PathError`] says what is wrong with the path.
pub fn parse_257(text: &[u8]) -> Result<Vec<u8>, PathError> {
    let excerpt = || Excerpt::new(text);
    let bare = text.trim_ascii();
    let path = match bare {
        [quote @ (b'"' | b'\''), quoted @ ..] => match unquote(quoted, *quote) {
            Some((path, comment)) if is_comment(comment, *quote) => path,
            _ => return Err(PathError::Ambiguous(excerpt())),
        },
        _ => match bare.iter().position(|&b| b == b'"') {
            Some(at) if !bare.starts_with(b"/") => match unquote(&bare[at + 1..], b'"') {
                Some((path, comment)) if !comment.contains(&b'"') => path,
                _ => return Err(PathError::Ambiguous(excerpt())),
            },
            _ => unquoted(bare).ok_or_else(|| PathError::Missing(excerpt()))?.to_vec(),
        },
    };
    if path.is_empty() {
        Err(PathError::Missing(excerpt()))
    } else if path.iter().any(u8::is_ascii_control) {
        Err(PathError::Control(excerpt()))
    } else {
        Ok(path)
    }
}

/// The path up to its closing quote, and what follows. `None` if the quote is not closed.
fn unquote(quoted: &[u8], quote: u8) -> Option<(Vec<u8>, &[u8])> {
    let mut path = Vec::new();
    let mut rest = quoted;
    loop {
        let (&b, after) = rest.split_first()?;
        rest = match after {
            [second, after @ ..] if b == quote && *second == quote => after,
            _ if b == quote => return Some((path, after)),
            _ => after,
        };
        path.push(b);
    }
}

/// Whether this is a comment after a path, and not the rest of a name with quotes of its own. A comment's quotes come
/// in pairs, and not at once. An apostrophe ends a word in a path as well as a path: a space must follow.
fn is_comment(text: &[u8], quote: u8) -> bool {
    let quotes = text.iter().filter(|b| **b == quote).count();
    let apart = text.first().is_none_or(|b| b" \t.,".contains(b));
    quotes % 2 == 0 && (apart || quotes == 0 && quote == b'"')
}

/// A path without quotes: one word, with something of a path in it, and alone or before a known comment.
fn unquoted(text: &[u8]) -> Option<&[u8]> {
    let mut words = text.split(|&b| b == b' ').filter(|word| !word.is_empty());
    let path = words.next().filter(|word| word.iter().any(|b| b"/\\:[".contains(b)))?;
    let known =
        |word: &[u8]| ["is", "created"].iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes()));
    words.next().is_none_or(known).then_some(path)
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

/// Why a 257 reply does not say a path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// Nothing in it has the form of a path.
    Missing(Excerpt),
    /// Where the path ends cannot be told: a quote is not closed, or quotes inside are not doubled.
    Ambiguous(Excerpt),
    /// A control character is in the path.
    Control(Excerpt),
}

impl Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, excerpt) = match self {
            Self::Missing(excerpt) => ("no path", excerpt),
            Self::Ambiguous(excerpt) => ("no telling where the path ends", excerpt),
            Self::Control(excerpt) => ("a path with a control character", excerpt),
        };
        write!(f, "{what} in \"{excerpt}\"")
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
            (r#""/a""#, "/a"),
            (r#""/a"."#, "/a"),
            (r#""/a"is it"#, "/a"),
            (r#""/a ""b"" c" created"#, r#"/a "b" c"#),
            (r#""""""#, "\""),
            (r#""/a" is the "current" directory"#, "/a"),
            (r#""/a" is "it""#, "/a"),
            (r#"current is "/a""#, "/a"),
            ("/a is the current directory", "/a"),
            (r#"/a is the "current" directory"#, "/a"),
            ("/a", "/a"),
            ("/a created", "/a"),
            ("'/a b' is it", "/a b"),
            ("'/a' is \"it\"", "/a"),
            ("/it's", "/it's"),
            (r#""'HLQ.DS'" is the working directory"#, "'HLQ.DS'"),
            (r#""C:\a b""#, r"C:\a b"),
            (r"C:\a", r"C:\a"),
            ("DISK:[A.B]", "DISK:[A.B]"),
        ] {
            assert_eq!(parse_257(text.as_bytes()).as_deref(), Ok(path.as_bytes()), "{text}");
        }
    }

    #[test]
    fn no_path_is_guessed() {
        let said = |text: &str| parse_257(text.as_bytes()).unwrap_err().to_string();
        for text in
            ["", "  ", "\"\"", "'' is it", "done", "directory created", "/a b", r"C:\a b", "/a's here"]
        {
            assert_eq!(said(text), alloc::format!("no path in \"{text}\""));
        }
        for text in [
            // Not closed.
            "\"",
            "\"\"\"",
            "'",
            r#""/a b is the current directory"#,
            r#""/a ""b"" is the current directory"#,
            r#"current is "/a"#,
            "'/a is it",
            // Not doubled.
            r#""/a "b" c" is the current directory"#,
            r#""/a"b" is the current directory"#,
            r#""/a" b" is the current directory"#,
            "'/it's' is the current directory",
            "'/it's here",
            r#"current is "/a" "b""#,
        ] {
            assert_eq!(said(text), alloc::format!("no telling where the path ends in \"{text}\""));
        }
        for byte in (0..0x20).chain([0x7f]) {
            let text = [b"\"/a", &[byte][..], b"b\" is it"].concat();
            assert!(matches!(parse_257(&text), Err(PathError::Control(_))), "{byte}");
        }
        assert_eq!(said("\"/\u{1b}\""), "a path with a control character in \"\"/\\u{1b}\"\"");
    }
}
