//! One entry of a listing for machines: a line of MLSD, or the middle of MLST's reply. RFC 3659 section 7.2.

use alloc::{
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::{self, Display, Write as _};

use memchr::{memchr, memchr2, memrchr};

use super::{
    ascii::{Excerpt, Text, decimal},
    command::{Argument, ArgumentError},
    entry::{Entry, Kind, Name, Permissions},
    reply::Reply,
    time::{TimeVal, Timestamp},
};

const SLINK: &[u8] = b"OS.unix=slink:";

/// Reads an entry, without its line end.
///
/// ```text
/// entry       = [ facts ] SP pathname
/// facts       = 1*( fact ";" )
/// fact        = factname "=" value
/// factname    = 1*RCHAR                                          ; printing ASCII but for SP * ; < = > [ ] ` { | } ~
/// value       = *SCHAR
/// ```
/// Fact names and types are the same in any case. The last `;` may be absent. A fact that is not known, or whose value is
/// not of its form, is kept in [`Entry::facts`]; one without a value is not. The name is everything after the first space.
/// A server is known that puts a tab in its place: one after a `;` counts, as no fact can begin with it. Values may have
/// any octet that is not a control character, as names in them may be UTF-8.
///
/// # Errors
///
/// [`FactsError`] if there is no name, or a fact is not of its form.
pub fn parse_facts(line: &[u8]) -> Result<Entry, FactsError> {
    read(line).ok_or_else(|| FactsError(Excerpt::new(line)))
}

pub(super) fn read(line: &[u8]) -> Option<Entry> {
    let (facts, name) = split(line)?;
    let mut entry = Entry::new(name, Kind::Unknown);
    add(&mut entry, facts)?;
    Some(entry)
}

/// Facts and name, neither with the space between them.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut space = memchr2(b' ', b'\t', line)?;
    if line[space] == b'\t' && !line[..space].ends_with(b";") {
        return None;
    }
    // The one value with spaces in it, against the grammar: a link's target.
    let last = &line[memrchr(b';', &line[..space]).map_or(0, |at| at + 1)..space];
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
    // Without an early end, many bytes at once.
    if facts.iter().fold(false, |found, b| found | b.is_ascii_control()) {
        return None;
    }
    let mut rest = facts.strip_suffix(b";").unwrap_or(facts);
    let mut more = !facts.is_empty();
    while more {
        let end = memchr(b';', rest);
        more = end.is_some();
        let fact = &rest[..end.unwrap_or(rest.len())];
        let (label, value) = split_fact(fact)?;
        if !value.is_empty() && set(entry, label, value).is_none() {
            // One allocation, however many follow.
            entry.facts.reserve(rest.len() + 1);
            entry.facts.push_fact(fact);
        }
        rest = end.map_or(&[], |end| &rest[end + 1..]);
    }
    entry.kind = entry.kind.of(entry.name.as_bytes());
    Some(())
}

/// Takes a fact into the field that is its own; `None` if there is none, or the value is not of its form.
fn set(entry: &mut Entry, label: &[u8], value: &[u8]) -> Option<()> {
    let is = |name: &str| label.eq_ignore_ascii_case(name.as_bytes());
    // By length first: most facts have no field of their own.
    match label.len() {
        4 if is("type") => {
            entry.kind = kind(value);
            if let Some(target) = prefix(value, SLINK).filter(|target| !target.is_empty()) {
                entry.target = Some(Name::from(target));
            }
            if entry.kind == Kind::Other {
                return None;
            }
        }
        4 if is("size") => entry.size = Some(decimal(value)?),
        4 if is("sizd") => entry.size = entry.size.or(Some(decimal(value)?)),
        6 if is("modify") => entry.modified = Some(Timestamp::parse(value).ok()?),
        9 if is("unix.mode") => {
            let bits = core::str::from_utf8(value).ok().and_then(|text| u32::from_str_radix(text, 8).ok())?;
            entry.permissions = Some(Permissions::Bits(bits));
        }
        _ => return None,
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

/// `factname "=" value`
fn split_fact(fact: &[u8]) -> Option<(&[u8], &[u8])> {
    // A name is short, and `=` is not of its characters.
    let end = fact.iter().position(|&b| !RCHAR[usize::from(b)])?;
    let (label, value) = fact.split_at(end);
    Some((label, value.strip_prefix(b"=")?)).filter(|_| end > 0)
}

fn is_factname(label: &[u8]) -> bool {
    !label.is_empty() && label.iter().all(|&b| RCHAR[usize::from(b)])
}

/// `RCHAR`, RFC 3659 section 7.2.
const RCHAR: [bool; 256] = {
    let mut chars = [false; 256];
    let mut at = 0;
    while at < 256 {
        chars[at] = (at as u8).is_ascii_graphic()
            && !matches!(
                at as u8,
                b'*' | b';' | b'<' | b'=' | b'>' | b'[' | b']' | b'`' | b'{' | b'|' | b'}' | b'~'
            );
        at += 1;
    }
    chars
};

fn prefix<'a>(value: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = value.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// Reads the 250 reply to MLST: the entry stands between its first line and its last, after a space.
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

/// Appends the entry, without a line end. What no fact can say is left out: a size that is not exact, a
/// time whose zone is not known, a link's target that would end its fact early. A mode in letters becomes bits.
pub fn encode_facts(entry: &Entry, out: &mut Vec<u8>) {
    let fits_in = |target: &Name| !target.as_bytes().iter().any(|b| *b == b';' || b.is_ascii_control());
    let target = entry.target.as_ref().filter(|target| entry.kind == Kind::Link && fits_in(target));
    let mut fact = |label: &str, value: &dyn Display| {
        let _ = write!(Text(out), "{label}={value};");
    };
    match entry.kind {
        Kind::File => fact("type", &"file"),
        Kind::Directory => fact("type", &"dir"),
        Kind::CurrentDirectory => fact("type", &"cdir"),
        Kind::ParentDirectory => fact("type", &"pdir"),
        Kind::Link if target.is_none() => fact("type", &"OS.unix=symlink"),
        Kind::Link | Kind::Other | Kind::Unknown => {}
    }
    if let Some(size) = entry.exact_size() {
        fact("size", &size);
    }
    // A year has four digits (RFC 3659, section 2.3).
    let modified = entry.modified.and_then(|modified| modified.in_utc());
    if let Some(modified) = modified.filter(|modified| modified.year.is_some_and(|year| year <= 9999)) {
        fact("modify", &TimeVal(modified));
    }
    if let Some(mode) = entry.permissions {
        fact("UNIX.mode", &Permissions::Bits(mode.bits()));
    }
    if let Some(target) = target {
        out.extend_from_slice(b"type=");
        out.extend_from_slice(SLINK);
        out.extend_from_slice(target.as_bytes());
        out.push(b';');
    }
    // A fact without a value says nothing, and is not read.
    let fits = |value: &[u8]| {
        !value.is_empty() && value.iter().all(|&b| b != b' ' && b != b';' && !b.is_ascii_control())
    };
    // The type that a server gave besides the one above, which it would take the place of.
    let doubled = |label: &str| entry.kind != Kind::Other && label.eq_ignore_ascii_case("type");
    for (label, value) in entry.facts.iter().filter(|(label, value)| fits(value) && !doubled(label)) {
        out.extend_from_slice(label.as_bytes());
        out.push(b'=');
        out.extend_from_slice(value);
        out.push(b';');
    }
    out.push(b' ');
    out.extend_from_slice(entry.name.as_bytes());
}

/// Facts, in their order, names as the server writes them. One buffer, however many there are.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Each as `label "=" value LF`: no line holds LF.
    bytes: Vec<u8>,
}

impl Facts {
    /// Each name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let facts = self.bytes.split_inclusive(|&b| b == b'\n');
        facts.filter_map(|fact| {
            let (label, value) = split_fact(fact.strip_suffix(b"\n")?)?;
            Some((core::str::from_utf8(label).ok()?, value))
        })
    }

    /// The value of the first fact of this name, in any case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter().find(|(label, _)| label.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Adds one at the end.
    ///
    /// # Errors
    ///
    /// [`FactsError`] if the name is not a `factname`, or the value has a line's end.
    pub fn add(&mut self, name: &str, value: &[u8]) -> Result<(), FactsError> {
        if !is_factname(name.as_bytes()) || memchr2(b'\r', b'\n', value).is_some() {
            return Err(FactsError(Excerpt::new(&[name.as_bytes(), b"=", value].concat())));
        }
        self.push(name.as_bytes(), value);
        Ok(())
    }

    /// Adds one whose name is of its charset; an LF in the value, which no line has, becomes a space.
    pub(super) fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        self.bytes.push(b'=');
        if memchr(b'\n', value).is_none() {
            self.bytes.extend_from_slice(value);
        } else {
            self.bytes.extend(value.iter().map(|&b| if b == b'\n' { b' ' } else { b }));
        }
        self.bytes.push(b'\n');
    }

    /// Adds `label "=" value` of a line, which has no LF.
    fn push_fact(&mut self, fact: &[u8]) {
        self.bytes.extend_from_slice(fact);
        self.bytes.push(b'\n');
    }

    pub(super) fn reserve(&mut self, bytes: usize) {
        if self.bytes.capacity() == 0 {
            self.bytes.reserve_exact(bytes);
        }
    }
}

impl fmt::Debug for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(label, value)| (label, Name::from(value)))).finish()
    }
}

/// The argument of `OPTS MLST`: `MLST type;size;modify;`.
///
/// # Errors
///
/// [`ArgumentError`] for what cannot be the name of a fact.
pub fn mlst_option<F: AsRef<[u8]>>(facts: impl IntoIterator<Item = F>) -> Result<Argument, ArgumentError> {
    let mut option = b"MLST ".to_vec();
    for fact in facts {
        let fact = fact.as_ref();
        Argument::new(fact)?;
        if let Some(position) = fact.iter().position(|byte| b" ;=".contains(byte)) {
            return Err(ArgumentError::Separator { byte: fact[position], position });
        }
        option.extend(fact);
        option.push(b';');
    }
    // Without facts, MLSD tells names only.
    Argument::new(option.trim_ascii_end())
}

/// Reads the reply to `OPTS MLST`: which facts are told from now on. RFC 3659 section 7.9.
///
/// ```text
/// mlst-opt-resp = "200 MLST OPTS" [ SP 1*( factname ";" ) ] EOL
/// ```
pub fn parse_opts_mlst(reply: &Reply) -> Vec<String> {
    let text = String::from_utf8_lossy(reply.first_line());
    let facts = text.split_ascii_whitespace().next_back().filter(|facts| facts.contains(';'));
    facts.into_iter().flat_map(|facts| facts.split_terminator(';')).map(ToString::to_string).collect()
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
    use crate::codec::{entry::Exactness, reply::Code, time::Zone};

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
        assert!(entry.facts.iter().eq(facts));
        assert_eq!((entry.kind, entry.fact("perm")), (Kind::Other, Some(&b"adfr"[..])));
    }

    #[test]
    fn only_facts_come_before_the_name() {
        // A tab in place of the space.
        for (line, name) in [("type=file;size=3;\ta=b c", "a=b c"), ("size=3;\t d", " d")] {
            assert_eq!(parse_facts(line.as_bytes()).unwrap().name.as_bytes(), name.as_bytes());
        }
        for line in
            ["type=file;size=3;b\ta=b c", "\ta=b c", "type=file\tc", "a b=c;size=3 d", "=file; a", "a[=b; c"]
        {
            let entry = parse_facts(line.as_bytes());
            assert!(entry.is_err() || line == "a b=c;size=3 d", "{line:?}");
        }
        assert!(parse_facts(b"a b=c;size=3 d").is_err());
        assert!(parse_facts(b"type=fi\x07le; a").is_err());
    }

    #[test]
    fn facts_are_what_a_line_can_hold() {
        let mut facts = Facts::default();
        assert!(facts.is_empty() && facts.get("a").is_none());
        facts.add("a", b"1=2").unwrap();
        facts.add("A", b"").unwrap();
        assert_eq!(facts.get("A"), Some(&b"1=2"[..]));
        assert!(facts.iter().eq([("a", &b"1=2"[..]), ("A", b"")]));
        assert_eq!(alloc::format!("{facts:?}"), r#"{"a": "1=2", "A": ""}"#);
        for (name, value) in [("", "x"), ("a=", "x"), ("a b", "x"), ("a", "x\n"), ("a", "\r")] {
            assert!(facts.add(name, value.as_bytes()).is_err(), "{name} {value}");
        }
    }

    #[test]
    fn what_no_fact_can_say_is_left_out() {
        let mut entry = Entry::new("a", Kind::File);
        for value in ["a;b", "a b", "a\tb", "", "ab"] {
            entry.facts.add("x", value.as_bytes()).unwrap();
        }
        entry.size = Some(512);
        entry.exactness = Exactness::Blocks(512);
        let stamp = Timestamp::parse(b"20200615120059.5").unwrap();
        for (zone, modify) in [
            (Zone::Server, ""),
            (Zone::Utc, "modify=20200615120059.5;"),
            (Zone::Offset(-300), "modify=20200615170059.5;"),
        ] {
            entry.modified = Some(Timestamp { zone, ..stamp });
            let mut out = Vec::new();
            encode_facts(&entry, &mut out);
            assert_eq!(out, alloc::format!("type=file;{modify}x=ab; a").as_bytes());
        }
    }

    #[test]
    fn no_target_and_no_second_type_says_something_else() {
        let written = |entry: &Entry| {
            let mut out = Vec::new();
            encode_facts(entry, &mut out);
            alloc::string::String::from_utf8(out).unwrap()
        };
        let mut link = Entry::new("x", Kind::Link);
        for target in ["a; b", "a;size=7", "a\u{1}b"] {
            link.target = Some(target.into());
            assert_eq!(written(&link), "type=OS.unix=symlink; x", "{target}");
        }
        link.target = Some("a b".into());
        assert_eq!(written(&link), "type=OS.unix=slink:a b; x");
        for line in ["type=OS.unix=slink:a;type=file; x", "type=OS.unix=blkdev;type=file; x"] {
            assert_eq!(written(&parse_facts(line.as_bytes()).unwrap()), "type=file; x", "{line}");
        }
    }

    #[test]
    fn a_year_of_five_digits_is_left_out() {
        let mut entry = Entry::new("a", Kind::File);
        let then = Timestamp::parse(b"20200615120000").unwrap();
        entry.modified = Some(Timestamp { year: Some(28_587), ..then });
        let mut out = Vec::new();
        encode_facts(&entry, &mut out);
        assert_eq!(out, b"type=file; a");
    }

    #[test]
    fn names_come_before_numbers() {
        let entry = parse_facts(b"UNIX.owner=11;UNIX.ownername=me;UNIX.gid=22;UNIX.group=33; a").unwrap();
        assert_eq!((entry.owner().as_deref(), entry.group().as_deref()), (Some("me"), Some("33")));
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

    #[test]
    fn facts_are_chosen() {
        let option = |facts: &[&str]| mlst_option(facts).map(|option| option.to_string());
        assert_eq!(option(&["type", "UNIX.mode"]).as_deref(), Ok("MLST type;UNIX.mode;"));
        assert_eq!(option(&[]).as_deref(), Ok("MLST"));
        assert!(option(&["a;b"]).is_err() && option(&["a\r\nDELE b"]).is_err() && option(&[""]).is_err());
        for (text, facts) in [
            ("MLST OPTS type;size;", &["type", "size"][..]),
            // Pure-FTPd.
            (" MLST OPTS type;sizd;", &["type", "sizd"]),
            ("MLST OPTS", &[]),
            ("MLST OPTS ", &[]),
        ] {
            let reply = Reply::new(crate::codec::Code::new(200).unwrap(), text);
            assert_eq!(parse_opts_mlst(&reply), facts, "{text}");
        }
    }
}
