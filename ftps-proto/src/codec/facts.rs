//! One entry of a listing for machines: a line of MLSD, or the middle of MLST's reply. RFC 3659 section 7.2.

use alloc::{string::String, vec::Vec};
use core::fmt::{self, Display, Write as _};

use super::{
    ascii::{Excerpt, Text, decimal},
    entry::{Entry, Kind, Mode, Name},
    reply::Reply,
    time::{TimeVal, Timestamp},
};

const SLINK: &[u8] = b"OS.unix=slink:";
/// Most facts of an entry that are kept as they are: servers have about ten.
const FACTS: usize = 64;

/// Reads an entry, without its line end.
///
/// ```text
/// entry       = [ facts ] SP pathname
/// facts       = 1*( fact ";" )
/// fact        = factname "=" value
/// ```
/// Fact names and types are the same in any case. The last `;` may be absent. A fact that is not known, or
/// whose value is not of its form, is kept in [`Entry::facts`]; one without a value is not. The name is
/// everything behind the first space.
///
/// # Errors
///
/// [`FactsError`] if there is no name, a fact has no `=`, or there are too many that are not known.
pub fn parse_facts(line: &[u8]) -> Result<Entry, FactsError> {
    read(line).ok_or_else(|| FactsError(Excerpt::new(line)))
}

fn read(line: &[u8]) -> Option<Entry> {
    let (facts, name) = split(line)?;
    let mut entry = Entry::new(name, Kind::Unknown);
    add(&mut entry, facts)?;
    Some(entry)
}

/// Facts and name, neither with the space between them.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut space = line.iter().position(|&b| b == b' ')?;
    // The one value with spaces in it, against the grammar: a link's target.
    let last = line[..space].rsplit(|&b| b == b';').next().unwrap_or_default();
    if let Some((_, value)) = split_fact(last)
        && prefix(value, SLINK).is_some()
        && let Some(end) = line[space..].windows(2).position(|pair| pair == b"; ")
    {
        space += end + 1;
    }
    let name = &line[space + 1..];
    (!name.is_empty()).then(|| (&line[..space], name))
}

fn add(entry: &mut Entry, facts: &[u8]) -> Option<()> {
    if facts.is_empty() {
        return Some(());
    }
    for fact in facts.strip_suffix(b";").unwrap_or(facts).split(|&b| b == b';') {
        let (label, value) = split_fact(fact)?;
        if !value.is_empty() && set(entry, label, value).is_none() {
            if entry.facts.len() == FACTS {
                return None;
            }
            entry.facts.push((String::from_utf8_lossy(label).into_owned(), value.to_vec()));
        }
    }
    entry.kind = entry.kind.of(entry.name.as_bytes());
    Some(())
}

/// Takes a fact into the field that is its own; `None` if there is none, or the value is not of its form.
fn set(entry: &mut Entry, label: &[u8], value: &[u8]) -> Option<()> {
    let is = |name: &str| label.eq_ignore_ascii_case(name.as_bytes());
    let text = || String::from_utf8_lossy(value).into_owned();
    if is("type") {
        entry.kind = kind(value);
        if let Some(target) = prefix(value, SLINK).filter(|target| !target.is_empty()) {
            entry.target = Some(Name::from(target));
        }
        if entry.kind == Kind::Other {
            return None;
        }
    } else if is("size") {
        entry.size = Some(decimal(value)?);
    } else if is("sizd") {
        entry.size = entry.size.or(Some(decimal(value)?));
    } else if is("modify") {
        entry.modified = Some(Timestamp::parse(value).ok()?);
    } else if is("unix.mode") {
        let bits = core::str::from_utf8(value).ok().and_then(|text| u32::from_str_radix(text, 8).ok())?;
        entry.mode = Some(Mode::Bits(bits));
    } else if is("unix.ownername") {
        entry.owner = Some(text());
    } else if is("unix.groupname") {
        entry.group = Some(text());
    } else if is("unix.owner") || is("unix.uid") {
        // Names come before numbers.
        entry.owner.get_or_insert_with(text);
    } else if is("unix.group") || is("unix.gid") {
        entry.group.get_or_insert_with(text);
    } else {
        return None;
    }
    Some(())
}

/// `type-val = "File" / "cdir" / "pdir" / "dir" / os-type`, RFC 3659 section 7.5.1.
fn kind(value: &[u8]) -> Kind {
    let is = |name: &str| value.eq_ignore_ascii_case(name.as_bytes());
    if is("file") {
        Kind::File
    } else if is("dir") {
        Kind::Directory
    } else if is("cdir") {
        Kind::CurrentDirectory
    } else if is("pdir") {
        Kind::ParentDirectory
    } else if is("OS.unix=symlink") || is("OS.unix=slink") || prefix(value, SLINK).is_some() {
        Kind::Link
    } else {
        Kind::Other
    }
}

fn split_fact(fact: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = fact.iter().position(|&b| b == b'=')?;
    Some((&fact[..at], &fact[at + 1..]))
}

fn prefix<'a>(value: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Reads the 250 reply to MLST: the entry stands between its first line and its last, behind a space.
///
/// ```text
/// mlst-response = "250-" text EOL 1*( SP entry EOL ) "250" SP text EOL
/// ```
/// Several lines about the same name add to each other; a line about another is passed over.
///
/// # Errors
///
/// [`FactsError`] if no line holds an entry.
pub fn parse_mlst(reply: &Reply) -> Result<Entry, FactsError> {
    let mut lines = reply.lines();
    lines.next();
    lines.next_back();
    let mut found: Option<Entry> = None;
    for line in lines {
        // A second space would mean "no facts", but servers that send one mean nothing by it.
        let bare = line.trim_ascii_start();
        match &mut found {
            None => found = read(bare).or_else(|| read(line.strip_prefix(b" ").unwrap_or(line))),
            Some(entry) => {
                if let Some((facts, _)) = split(bare).filter(|(_, name)| *name == entry.name.as_bytes()) {
                    add(entry, facts);
                }
            }
        }
    }
    found.ok_or_else(|| FactsError(Excerpt::new(reply.last_line())))
}

/// Appends the entry, without a line end. What no fact can say is left out: a mode in letters becomes bits.
pub fn encode_facts(entry: &Entry, out: &mut Vec<u8>) {
    let mut fact = |label: &str, value: &dyn Display| {
        let _ = write!(Text(out), "{label}={value};");
    };
    match entry.kind {
        Kind::File => fact("type", &"file"),
        Kind::Directory => fact("type", &"dir"),
        Kind::CurrentDirectory => fact("type", &"cdir"),
        Kind::ParentDirectory => fact("type", &"pdir"),
        Kind::Link if entry.target.is_none() => fact("type", &"OS.unix=symlink"),
        Kind::Link | Kind::Other | Kind::Unknown => {}
    }
    if let Some(size) = entry.size {
        fact("size", &size);
    }
    if let Some(modified) = entry.modified.filter(|modified| modified.year.is_some()) {
        fact("modify", &TimeVal(modified));
    }
    if let Some(mode) = entry.mode {
        fact("UNIX.mode", &Mode::Bits(mode.bits()));
    }
    if let Some(owner) = &entry.owner {
        fact("UNIX.ownername", owner);
    }
    if let Some(group) = &entry.group {
        fact("UNIX.groupname", group);
    }
    if let Some(target) = &entry.target {
        out.extend_from_slice(b"type=");
        out.extend_from_slice(SLINK);
        out.extend_from_slice(target.as_bytes());
        out.push(b';');
    }
    for (label, value) in &entry.facts {
        out.extend_from_slice(label.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value);
        out.push(b';');
    }
    out.push(b' ');
    out.extend_from_slice(entry.name.as_bytes());
}

/// Not an entry of a listing for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FactsError(Excerpt);

impl Display for FactsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not an MLSx entry: \"{}\"", self.0)
    }
}

impl core::error::Error for FactsError {}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::codec::reply::Code;

    #[test]
    fn a_target_may_hold_spaces() {
        let entry = parse_facts(b"size=3;type=OS.unix=slink:/a b/c d; my; link").unwrap();
        assert_eq!(entry.name.as_bytes(), b"my; link");
        assert_eq!(entry.target, Some(Name::from("/a b/c d")));
    }

    #[test]
    fn a_link_has_one_type() {
        for (target, line) in [(Some("b c"), "type=OS.unix=slink:b c; a"), (None, "type=OS.unix=symlink; a")]
        {
            let mut out = Vec::new();
            encode_facts(&Entry { target: target.map(Name::from), ..Entry::new("a", Kind::Link) }, &mut out);
            assert_eq!(out, line.as_bytes());
        }
    }

    #[test]
    fn what_is_no_entry_is_shown() {
        assert_eq!(parse_facts(b"a\x1b").unwrap_err().to_string(), "not an MLSx entry: \"a\\u{1b}\"");
    }

    #[test]
    fn what_is_not_understood_is_kept() {
        let entry = parse_facts(b"Perm=adfr;Size=huge;type=OS.vms=x;unique=; a").unwrap();
        let facts = [("Perm", &b"adfr"[..]), ("Size", b"huge"), ("type", b"OS.vms=x")];
        assert!(entry.facts.iter().map(|(label, value)| (label.as_str(), value.as_slice())).eq(facts));
        assert_eq!((entry.kind, entry.fact("perm")), (Kind::Other, Some(&b"adfr"[..])));
    }

    #[test]
    fn the_last_semicolon_may_be_absent() {
        let entry = parse_facts(b"type=dir;size=5 a b").unwrap();
        assert_eq!((entry.name.as_bytes(), entry.size), (&b"a b"[..], Some(5)));
    }

    #[test]
    fn mlst_is_about_one_thing() {
        let reply = |text: &str| parse_mlst(&Reply::new(Code::new(250).unwrap(), text));
        let entry = reply("Listing\n size=5; a\n size=6; b\n type=file; a\nEnd").unwrap();
        assert_eq!((entry.name.as_bytes(), entry.size, entry.kind), (&b"a"[..], Some(5), Kind::File));
        assert_eq!(reply("Listing\n  no facts\nEnd").unwrap().name.as_bytes(), b"no facts");
        assert!(reply("type=file; a").is_err() && reply("Listing\n \nEnd").is_err());
    }
}
