//! Wildcards in a URL's last part.

use percent_encoding::percent_decode_str;

/// What a name is to fit: `*`, `?`, `[a-z]`, and where one of those is, `{a,b}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(Vec<u8>);

impl Pattern {
    const WILD: [char; 3] = ['*', '?', '['];

    /// The wildcards of a path as it is written. What is written as %XX is not one.
    pub(crate) fn parse(path: &str) -> Result<Option<Self>, String> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        if directory.contains(Self::WILD) {
            return Err(
                "* ? and [ are for the last part of a path: elsewhere they have to be written as %XX".into(),
            );
        }
        if !name.contains(Self::WILD) {
            return Ok(None);
        }
        let mut pattern = Vec::new();
        let mut rest = name;
        while let Some(at) = rest.find('%') {
            pattern.extend_from_slice(&rest.as_bytes()[..at]);
            let Some((escape, after)) = rest[at..].split_at_checked(3) else { break };
            for byte in percent_decode_str(escape) {
                // Only what means something else is escaped.
                if b"*?[]{}\\!".contains(&byte) {
                    pattern.push(b'\\');
                }
                pattern.push(byte);
            }
            rest = after;
        }
        pattern.extend_from_slice(rest.as_bytes());
        fast_glob::validate(&pattern).map_err(|error| format!("path: {error}"))?;
        Ok(Some(Self(pattern)))
    }

    /// Whether a name fits. As in a shell, one that begins with a dot fits only what does so, too.
    pub(crate) fn fits(&self, name: &[u8]) -> bool {
        (name.first() != Some(&b'.') || self.0.first() == Some(&b'.')) && fast_glob::glob_match(&self.0, name)
    }
}

#[cfg(test)]
mod tests {
    use crate::url::Url;

    #[test]
    fn wildcards_are_those_that_are_written_as_they_are() {
        let fits = |pattern: &str, name: &[u8]| {
            Url::parse(&format!("h/dir/{pattern}")).unwrap().pattern.is_some_and(|pattern| pattern.fits(name))
        };
        for (pattern, name) in [
            ("*.csv", &b"a.csv"[..]),
            ("*.csv", b"\xff.csv"),
            ("?[0-9]*", b"a1"),
            ("*.{csv,txt}", b"a.txt"),
            ("%2a*", b"*x"),
            (".*", b".hidden"),
            ("%c3%bc*", "ü1".as_bytes()),
        ] {
            assert!(fits(pattern, name), "{pattern}");
        }
        for (pattern, name) in
            [("*.csv", &b"a.csvx"[..]), ("%2a*", b"ax"), ("*", b".hidden"), ("a", b"a"), ("a%2ab", b"a*b")]
        {
            assert!(!fits(pattern, name), "{pattern}");
        }
        for text in ["h/*/a", "h/a*/", "h/[a"] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }
}
