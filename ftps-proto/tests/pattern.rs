//! Patterns of paths.
#![allow(clippy::unwrap_used)]

use ftps_proto::codec::{Pattern, PatternError};
use proptest::prelude::*;

fn fits(pattern: &[u8], path: &[u8]) -> bool {
    Pattern::new(pattern).unwrap().fits(path)
}

#[test]
fn names() {
    for (pattern, path, expected) in [
        (&b"*.csv"[..], &b"a.csv"[..], true),
        (b"*.csv", b"\xff.csv", true),
        (b"*.csv", b"a.csvx", false),
        (b"*", b".hidden", false),
        (b"?hidden", b".hidden", false),
        (b"[.]hidden", b".hidden", false),
        (b".*", b".hidden", true),
        (b"?[0-9]*", b"a1", true),
        (b"?", "ü".as_bytes(), true),
        (b"?", b"\xff", true),
        (b"?", b"\xff\xff", false),
        ("[ä-ü]".as_bytes(), "ö".as_bytes(), true),
        (b"[!a]", b"b", true),
        (b"[^a]", b"a", false),
        (b"[]]", b"]", true),
        (b"[!]]", b"]", false),
        (b"[a-]", b"-", true),
        (b"[a-c-e]", b"d", false),
        (b"[a\\-c]", b"b", false),
        (b"[z-a]", b"m", false),
        (b"\\*", b"*", true),
        (b"\\*", b"a", false),
        (b"!a", b"!a", true),
        (b"a*b*c", b"a1b2b3c", true),
        (b"a*b*c", b"a1b2b3", false),
        (b"a**c", b"abc", true),
        (b"a,b}", b"a,b}", true),
        (b"\\\\*", b"\\x", true),
    ] {
        assert_eq!(fits(pattern, path), expected, "{pattern:?} {path:?}");
    }
}

#[test]
fn paths() {
    for (pattern, path, expected) in [
        ("*/*.csv", "a/b.csv", true),
        ("*.csv", "a/b.csv", false),
        ("*", "a/b", false),
        ("?", "/", false),
        ("/*", "/a", true),
        ("/*", "a", false),
        ("a//*", "a/b", true),
        ("**/x", "x", true),
        ("**/x", "a/b/x", true),
        ("**/x", "a/.b/x", false),
        ("**/.b/x", "a/.b/x", true),
        ("**/**/x", "a/x", true),
        ("a/**", "a/b/c", true),
        ("a/**", "a", false),
        ("a/**/b/*", "a/b/b/c", true),
        ("*/", "a/", true),
        ("*/", "a", false),
        ("*", "a/", true),
        ("{a,b}/c", "b/c", true),
        ("{a/b,c}/d", "a/b/d", true),
        ("{a,b{1,2}}x", "b2x", true),
        ("{a,b{1,2}}x", "bx", false),
        ("a{,b}", "a", true),
        ("[{]a", "{a", true),
        ("{[,],b}", ",", true),
        ("\\{a,b\\}", "{a,b}", true),
    ] {
        assert_eq!(fits(pattern.as_bytes(), path.as_bytes()), expected, "{pattern} {path}");
    }
}

#[test]
fn bases() {
    for (pattern, base) in [
        ("*", ""),
        ("/*", "/"),
        ("a/b/*.csv", "a/b"),
        ("/a\\*/b?/c", "/a*"),
        ("{a/b,a/c}/*", "a"),
        ("{a,b}/*", ""),
        ("a/b", "a"),
        ("a/**/c", "a"),
    ] {
        assert_eq!(Pattern::new(pattern).unwrap().base(), base.as_bytes(), "{pattern}");
    }
}

#[test]
fn any_of_several() {
    let pattern = Pattern::any(["in/x,*.csv", "in/x\\*y"]).unwrap();
    assert_eq!(pattern.base(), b"in");
    for (path, fits) in [("in/x,1.csv", true), ("in/x*y", true), ("in/xy", false), ("in/1.csv", false)] {
        assert_eq!(pattern.fits(path), fits, "{path}");
    }
    assert_eq!(Pattern::any(["/a", "a"]), Err(PatternError::Mixed));
    assert_eq!(Pattern::any::<&str>([]).unwrap().base(), b"");
}

#[test]
fn what_is_not_a_pattern() {
    for (pattern, error) in [
        ("", PatternError::Empty),
        ("/", PatternError::Empty),
        ("[a", PatternError::Unclosed('[')),
        ("[a/b]", PatternError::Unclosed('[')),
        ("[]", PatternError::Unclosed('[')),
        ("[\\]", PatternError::Unclosed('[')),
        ("{a,b", PatternError::Unclosed('{')),
        ("{a,[b}", PatternError::Unclosed('[')),
        ("a\\", PatternError::Escape),
        ("{/a,b}/*", PatternError::Mixed),
        ("{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}{1,2}", PatternError::TooMany),
    ] {
        assert_eq!(Pattern::new(pattern), Err(error), "{pattern}");
    }
}

/// What a shell does, by trying everything.
fn slow(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            slow(rest, name) || name.split_first().is_some_and(|(_, name)| slow(pattern, name))
        }
        ([b'?', rest @ ..], [_, name @ ..]) => slow(rest, name),
        ([a, rest @ ..], [b, name @ ..]) => a == b && slow(rest, name),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn wildcards_take_what_they_can(pattern in "[ab*?]{1,9}", name in "[ab]{0,9}") {
        prop_assert_eq!(fits(pattern.as_bytes(), name.as_bytes()) , !name.is_empty() && slow(pattern.as_bytes(), name.as_bytes()));
    }

    #[test]
    fn anything_is_read_or_refused(pattern: Vec<u8>, path: Vec<u8>) {
        if let Ok(pattern) = Pattern::new(pattern) {
            let _ = pattern.fits(path);
        }
    }

    #[test]
    fn what_is_escaped_is_itself_alone(path in "[^/.][^/]{0,9}", other in "[^/.][^/]{0,9}") {
        let pattern = Pattern::new(Pattern::escape(&path)).unwrap();
        prop_assert!(pattern.fits(&path));
        prop_assert_eq!(pattern.fits(&other), path == other);
    }
}
