//! What a server adds to RFC 959: the reply to FEAT. RFC 2389 section 3.2.

use alloc::{boxed::Box, format, string::String, vec::Vec};
use core::fmt::Write as _;

use super::hash::Algorithm;
use super::reply::{Code, Reply};

/// What the server says it can do. Servers leave out what they can: absence is not always a no.
///
/// Each is kept as a line: the label, and after a space its parameters, where it has any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features(Vec<Box<str>>);

impl Features {
    /// Reads the reply to FEAT.
    ///
    /// ```text
    /// feat-response = "211-" text EOL 1*( SP feature-label [ SP feature-params ] EOL ) "211 End" EOL
    ///               / "211" SP text EOL                                        ; no features
    /// ```
    /// The space before a feature may be absent, or be `211-`; the one after its label may be a tab.
    pub fn parse(reply: &Reply) -> Self {
        let mut lines = reply.lines();
        lines.next();
        lines.next_back();
        let features = lines.filter_map(|line| {
            let line = line.strip_prefix(b"211-").unwrap_or(line).trim_ascii();
            let line = String::from_utf8_lossy(line);
            let (label, params) = line.split_once(|c: char| c.is_ascii_whitespace()).unwrap_or((&line, ""));
            (!label.is_empty()).then(|| feature(label, params.trim_ascii_start()))
        });
        let mut features: Vec<_> = features.collect();
        // It is kept as long as the session.
        features.shrink_to_fit();
        Self(features)
    }

    /// Adds a feature with its parameters, which may be empty.
    pub fn push(&mut self, label: impl AsRef<str>, params: impl AsRef<str>) {
        self.0.push(feature(label.as_ref(), params.as_ref()));
    }

    /// The labels and their parameters, in the server's order and case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|feature| feature.split_once(' ').unwrap_or((feature, "")))
    }

    /// Whether `label` is there, in any case.
    pub fn has(&self, label: &str) -> bool {
        self.params(label).is_some()
    }

    /// The parameters of the first `label`, in any case; empty if it has none.
    pub fn params(&self, label: &str) -> Option<&str> {
        self.iter().find(|(found, _)| found.eq_ignore_ascii_case(label)).map(|(_, params)| params)
    }

    /// Whether nothing was listed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether MLST and MLSD are there. RFC 3659 section 7.8.
    pub fn mlst(&self) -> bool {
        self.has("MLST")
    }

    /// Whether names are UTF-8. RFC 2640 section 3.
    pub fn utf8(&self) -> bool {
        self.has("UTF8")
    }

    /// Whether a path may have more than one component. RFC 3659 section 6.
    pub fn tvfs(&self) -> bool {
        self.has("TVFS")
    }

    /// Whether MFF sets this fact. draft-somers-ftp-mfxx section 5.
    pub fn sets_fact(&self, fact: &str) -> bool {
        let mut facts = self.params("MFF").unwrap_or_default().split(';');
        facts.any(|found| found.trim().eq_ignore_ascii_case(fact))
    }

    /// Whether SITE has this word: on a line of its own (ProFTPD), or among others (Serv-U's `SITE PSWD;EXEC;...`).
    pub fn site(&self, word: &str) -> bool {
        let separates = |c: char| c == ';' || c.is_ascii_whitespace();
        self.iter()
            .filter(|(label, _)| label.eq_ignore_ascii_case("SITE"))
            .any(|(_, words)| words.split(separates).any(|found| found.eq_ignore_ascii_case(word)))
    }

    /// The algorithms of HASH, and which of them is used unless OPTS HASH says otherwise: the one with an asterisk.
    /// draft-bryan-ftpext-hash section 3.2.
    pub fn hashes(&self) -> impl Iterator<Item = (Algorithm, bool)> {
        let algorithms = self.params("HASH").unwrap_or_default().split(';').map(str::trim);
        algorithms.filter_map(|name| {
            let (name, chosen) = name.strip_suffix('*').map_or((name, false), |name| (name, true));
            Some((Algorithm::from_name(name)?, chosen))
        })
    }

    /// The reply that says so.
    pub fn to_reply(&self, code: Code) -> Reply {
        if self.is_empty() {
            return Reply::new(code, "No features");
        }
        let mut text = String::from("Features:\n");
        for feature in &self.0 {
            let _ = writeln!(text, " {feature}");
        }
        text.push_str("End");
        Reply::new(code, text)
    }
}

fn feature(label: &str, params: &str) -> Box<str> {
    if params.is_empty() { label.into() } else { format!("{label} {params}").into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features(text: &str) -> Features {
        Features::parse(&Reply::new(Code::new(211).unwrap(), text))
    }

    #[test]
    fn features_in_every_dress() {
        let features =
            features("Features:\n MDTM\n MLST type*;size*;\n211-tvfs\nREST  STREAM \n\n utf8\nEnd");
        assert!(features.iter().eq([
            ("MDTM", ""),
            ("MLST", "type*;size*;"),
            ("tvfs", ""),
            ("REST", "STREAM"),
            ("utf8", "")
        ]));
        assert!(features.mlst() && features.utf8() && features.tvfs() && !features.has("End"));
        assert_eq!(features.params("rest"), Some("STREAM"));
        assert_eq!(features.params("SIZE"), None);
    }

    #[test]
    fn any_blank_ends_a_label() {
        let features = features("Features:\n SIZE\t\n MLST\ttype*;size*;\n UTF8 \u{a0}\nEnd");
        assert!(features.iter().eq([("SIZE", ""), ("MLST", "type*;size*;"), ("UTF8", "\u{a0}")]));
    }

    #[test]
    fn what_has_parts() {
        let features = features(
            "Features:\n HASH CRC32;SHA-1*;SHA-256;SHA-3;\n MFF modify;UNIX.mode;\n SITE UTIME\n SITE A;B C\nEnd",
        );
        let hashes = [(Algorithm::Crc32, false), (Algorithm::Sha1, true), (Algorithm::Sha256, false)];
        assert!(features.hashes().eq(hashes));
        assert!(
            features.sets_fact("MODIFY") && features.sets_fact("UNIX.mode") && !features.sets_fact("create")
        );
        assert!(["utime", "A", "B", "C"].iter().all(|word| features.site(word)) && !features.site("RMDIR"));
        let none = Features::default();
        assert!(none.hashes().next().is_none() && !none.sets_fact("modify") && !none.site("UTIME"));
    }

    #[test]
    fn no_features() {
        for text in ["no features", "Features:\nEnd"] {
            let features = features(text);
            assert!(features.is_empty());
            assert!(!features.mlst() && !features.utf8() && !features.tvfs());
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let code = Code::new(211).unwrap();
        let mut features = Features::default();
        assert_eq!(Features::parse(&features.to_reply(code)), features);
        features.push("UTF8", "");
        features.push("MLST", "type*;size*;");
        assert_eq!(features.params("MLST"), Some("type*;size*;"));
        assert_eq!(Features::parse(&features.to_reply(code)), features);
    }
}
