//! Wildcards in a URL.

use ftps_tokio::codec::Pattern;
use percent_encoding::percent_decode_str;

/// A path with one of these has wildcards; `{a,b}` is one only beside them.
const WILD: [char; 3] = ['*', '?', '['];

/// The wildcards of a path as it is written, where what is written as %XX is not one. What is called `literal`, the path as
/// it stands there, fits as well.
pub(crate) fn read(path: &str, literal: &[u8]) -> Result<Option<Pattern>, String> {
    if !path.contains(WILD) {
        return Ok(None);
    }
    let mut pattern = Vec::new();
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        pattern.extend_from_slice(&rest.as_bytes()[..at]);
        let Some((escape, after)) = rest[at..].split_at_checked(3) else { break };
        let decoded: Vec<_> = percent_decode_str(escape).collect();
        pattern.extend(Pattern::escape(decoded));
        rest = after;
    }
    pattern.extend_from_slice(rest.as_bytes());
    let literal = Pattern::escape(literal);
    Pattern::any([&literal, &pattern]).map(Some).map_err(|error| format!("path: {error}"))
}

#[cfg(test)]
mod tests {
    use crate::url::Url;

    #[test]
    fn wildcards_are_those_that_are_written_as_they_are() {
        let fits = |pattern: &str, name: &[u8]| {
            let pattern = Url::parse(&format!("h/dir/{pattern}")).unwrap().pattern;
            pattern.is_some_and(|pattern| pattern.fits([b"dir/", name].concat()))
        };
        for (pattern, name) in [
            ("*.csv", &b"a.csv"[..]),
            ("*.csv", b"\xff.csv"),
            ("?[0-9]*", b"a1"),
            ("*.{csv,txt}", b"a.txt"),
            ("%2a*", b"*x"),
            (".*", b".hidden"),
            ("%c3%bc*", "ü1".as_bytes()),
            ("*/**/b", b"a/x/b"),
            ("[a]", b"[a]"),
            ("x,y*", b"x,y1"),
        ] {
            assert!(fits(pattern, name), "{pattern}");
        }
        for (pattern, name) in
            [("*.csv", &b"a.csvx"[..]), ("%2a*", b"ax"), ("*", b".hidden"), ("a", b"a"), ("a%2ab", b"a*b")]
        {
            assert!(!fits(pattern, name), "{pattern}");
        }
        for text in ["h/[a", "h/*\\"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
