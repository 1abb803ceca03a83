//! The state of a listing that is read: its family, and what spans lines.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use super::{
    DateOrder, Family, Listed, dos, enterprise, eplf, macos, netware, nonstop, numeric, os2, os9, os400,
    unix, vms, vshell, vxworks, wfftp, zos, zvm,
};
use crate::codec::{
    entry::Entry,
    facts,
    time::{Timestamp, Zone},
};

/// After as many entries of one family, a listing is known to be of it.
const SURE: u8 = 3;

/// Reads a listing, a line at a time.
///
/// It finds out the family from what SYST said and the first lines, which may still change its mind: until three entries
/// were of one family, a line that is not of it is tried with the others. Then, or when the family was given, a line that
/// is not of it is [`Unparsed`](Listed::Unparsed). Memory is bounded by a line.
///
/// ```
/// use ftps_proto::codec::list::{Listed, Parser};
///
/// let mut parser = Parser::new().with_system(b"Windows_NT");
/// let mut names = Vec::new();
/// for line in [&b"12-05-96  05:03PM       <DIR>          a b"[..], b"11-14-97  04:21PM      953 c"] {
///     for listed in parser.line(line) {
///         match listed {
///             Listed::Entry(entry) => names.push(entry.name.to_string()),
///             Listed::Unparsed(line) => panic!("{line:?}"),
///         }
///     }
/// }
/// assert_eq!((names, parser.finish()), (vec!["a b".to_string(), "c".to_string()], None));
/// ```
#[derive(Debug, Default)]
pub struct Parser {
    /// What SYST let expect.
    hint: Option<Family>,
    /// What the lines were, or what it was told.
    family: Option<Family>,
    /// How many entries were of it; [`SURE`] if it was told, or a heading has said so.
    entries: u8,
    own: Option<Own>,
    /// What is added to its entries.
    now: Option<Timestamp>,
    offset: Option<i16>,
    prefix: Vec<u8>,
    /// What lines said of those that follow.
    order: Option<DateOrder>,
    layout: Option<zos::Layout>,
    /// The first line of an entry of two.
    half: Vec<u8>,
}

/// A caller's own family.
struct Own(Box<Read>);

type Read = dyn FnMut(&[u8]) -> Option<Entry> + Send + Sync;

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Own")
    }
}

/// What a line is to its family.
enum Line {
    Entry(Entry),
    /// Nothing to show.
    Nothing,
    /// Nothing to show, and no other family has it.
    Heading,
}

/// What came of a line: mostly one thing or nothing; two where the line before it is now known to be
/// [`Unparsed`](Listed::Unparsed).
#[derive(Debug)]
#[must_use = "a line that is not taken is lost"]
pub struct Found {
    dangling: Option<Vec<u8>>,
    line: Option<Listed>,
}

impl Iterator for Found {
    type Item = Listed;

    #[inline]
    fn next(&mut self) -> Option<Listed> {
        match self.dangling.take() {
            Some(line) => Some(Listed::Unparsed(line)),
            None => self.line.take(),
        }
    }
}

impl Parser {
    /// For a listing of which nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// For MLSD.
    pub fn facts() -> Self {
        Self::new().with_family(Family::Facts)
    }

    /// Tries first what the text of a reply to SYST lets expect.
    #[must_use]
    pub fn with_system(self, text: &[u8]) -> Self {
        Self { hint: Family::of_system(text), ..self }
    }

    /// Reads lines of this family only.
    #[must_use]
    pub fn with_family(self, family: Family) -> Self {
        Self { family: Some(family), entries: SURE, ..self }
    }

    /// Tries a family of the caller's first: the entry, if a line is of it.
    #[must_use]
    pub fn with_parser(self, parser: impl FnMut(&[u8]) -> Option<Entry> + Send + Sync + 'static) -> Self {
        Self { own: Some(Own(Box::new(parser))), ..self }
    }

    /// Gives times without a year the latest that does not put them more than a day after this moment, in UTC: see
    /// [`Timestamp::with_year`].
    #[must_use]
    pub fn with_now(self, now: Timestamp) -> Self {
        Self { now: Some(now), ..self }
    }

    /// How many minutes the server's clock is ahead of UTC: see [`Timestamp::offset_from`].
    #[must_use]
    pub fn with_offset(self, minutes: i16) -> Self {
        Self { offset: Some(minutes), ..self }
    }

    /// The path that is listed: names that begin with it, as some servers' do, lose it and the slash after it.
    #[must_use]
    pub fn with_path(self, path: &[u8]) -> Self {
        let mut prefix = path.to_vec();
        if !path.is_empty() && !path.ends_with(b"/") {
            prefix.push(b'/');
        }
        Self { prefix, ..self }
    }

    /// The order of numeric dates, where only the server knows it (IBM i). Without it, a date that may be one of two is
    /// none until a line has shown the order.
    #[must_use]
    pub fn with_date_order(self, order: DateOrder) -> Self {
        Self { order: Some(order), ..self }
    }

    /// The family, as far as the lines have shown, or as it was given.
    pub fn family(&self) -> Option<Family> {
        self.family
    }

    /// Reads a line, without its line end.
    pub fn line(&mut self, line: &[u8]) -> Found {
        let own = self.own.as_mut().and_then(|own| own.0(line));
        let (dangling, found) = match own {
            Some(entry) => (self.take_half(), Some(Line::Entry(entry))),
            None => match self.second_half(line) {
                Some(entry) => (None, Some(Line::Entry(entry))),
                None => (self.take_half(), self.read(line)),
            },
        };
        let line = match found {
            Some(Line::Entry(mut entry)) => {
                self.complete(&mut entry);
                Some(Listed::Entry(entry))
            }
            Some(Line::Nothing | Line::Heading) => None,
            None => Some(Listed::Unparsed(line.to_vec())),
        };
        Found { dangling, line }
    }

    /// What is left when the listing has ended: the first half of an entry whose second never came.
    pub fn finish(&mut self) -> Option<Listed> {
        self.take_half().map(Listed::Unparsed)
    }

    fn take_half(&mut self) -> Option<Vec<u8>> {
        if self.half.is_empty() { None } else { Some(core::mem::take(&mut self.half)) }
    }

    /// The entry, if `line` is the second half of one, and not a line of its own.
    fn second_half(&mut self, line: &[u8]) -> Option<Entry> {
        if self.half.is_empty() || vms::parse(line).is_some() {
            return None;
        }
        let entry = vms::parse(&[&self.half, &b" "[..], line].concat())?;
        self.half.clear();
        self.learn(Family::OpenVms, 1);
        Some(entry)
    }

    fn read(&mut self, line: &[u8]) -> Option<Line> {
        if self.family == Some(Family::Facts) {
            // A line of spaces is a name there, or ought to have one.
            return if line.is_empty() { Some(Line::Nothing) } else { facts::read(line).map(Line::Entry) };
        }
        if let (Some(family), true) = (self.family, self.entries >= SURE) {
            // Not through closures: an entry is large, and would be moved once more.
            return match self.read_as(family, line) {
                None if is_nothing(line) => Some(Line::Nothing),
                found => found,
            };
        }
        let first = [self.family, self.hint].into_iter().flatten();
        for family in first.chain(Family::GUESSED) {
            let Some(found) = self.read_as(family, line) else { continue };
            match &found {
                Line::Entry(_) => self.learn(family, 1),
                Line::Heading => self.learn(family, SURE),
                Line::Nothing => {}
            }
            return Some(found);
        }
        is_nothing(line).then_some(Line::Nothing)
    }

    fn learn(&mut self, family: Family, entries: u8) {
        let before = if self.family == Some(family) { self.entries } else { 0 };
        self.family = Some(family);
        self.entries = before.saturating_add(entries);
    }

    fn read_as(&mut self, family: Family, line: &[u8]) -> Option<Line> {
        let is_known = self.family == Some(family);
        let heading = |is_heading: fn(&[u8]) -> bool| is_heading(line).then_some(Line::Heading);
        // What underlines a heading.
        let rule = || (is_known && is_rule(line)).then_some(Line::Nothing);
        let entry = match family {
            Family::Facts => facts::read(line),
            Family::Unix => unix::parse(line),
            Family::Dos => return dos::parse(line).map(Line::Entry).or_else(|| heading(dos::is_heading)),
            Family::Eplf => eplf::parse(line),
            Family::OpenVms => return self.read_vms(line),
            Family::IbmI => {
                return os400::parse(line, &mut self.order).map(|object| match object {
                    os400::Object::Entry(entry) => Line::Entry(entry),
                    os400::Object::Listed => Line::Nothing,
                });
            }
            Family::Zos => return self.read_zos(line),
            Family::Zvm => zvm::parse(line),
            Family::NonStop => {
                return nonstop::parse(line).map(Line::Entry).or_else(|| heading(nonstop::is_heading));
            }
            Family::NetWare => netware::parse(line),
            Family::Os2 => os2::parse(line),
            Family::MacOs => macos::parse(line),
            Family::Enterprise => enterprise::parse(line),
            Family::VShell => vshell::parse(line),
            Family::VxWorks => {
                return vxworks::parse(line)
                    .map(Line::Entry)
                    .or_else(|| heading(vxworks::is_heading))
                    .or_else(rule);
            }
            Family::WfFtp => wfftp::parse(line),
            Family::Os9 => {
                return os9::parse(line).map(Line::Entry).or_else(|| heading(os9::is_heading)).or_else(rule);
            }
            Family::Numeric => numeric::parse(line),
        };
        entry.map(Line::Entry)
    }

    fn read_vms(&mut self, line: &[u8]) -> Option<Line> {
        if let Some(entry) = vms::parse(line) {
            return Some(Line::Entry(entry));
        }
        if vms::is_half(line) {
            self.half = line.trim_ascii_end().to_vec();
            return Some(Line::Nothing);
        }
        vms::is_heading(line).then_some(Line::Heading)
    }

    fn read_zos(&mut self, line: &[u8]) -> Option<Line> {
        if let Some(layout) = zos::heading(line) {
            self.layout = Some(layout);
            return Some(Line::Heading);
        }
        let is_known = self.family == Some(Family::Zos) || self.hint == Some(Family::Zos);
        let entry = zos::parse(line, self.layout);
        let entry =
            entry.or_else(|| if is_known && self.layout.is_none() { zos::parse_known(line) } else { None });
        entry.map(Line::Entry)
    }

    /// Adds what the line does not say.
    fn complete(&self, entry: &mut Entry) {
        if let Some(modified) = &mut entry.modified
            && modified.zone == Zone::Server
        {
            if let (None, Some(now)) = (modified.year, self.server_now()) {
                *modified = modified.with_year(&now);
            }
            if let Some(offset) = self.offset {
                modified.zone = Zone::Offset(offset);
            }
        }
        if !self.prefix.is_empty() {
            entry.name.strip(&self.prefix);
        }
    }

    /// Now, on the server's clock if its offset is known.
    fn server_now(&self) -> Option<Timestamp> {
        match self.offset {
            Some(minutes) => Timestamp::from_unix(self.now?.to_unix()? + i64::from(minutes) * 60),
            None => self.now,
        }
    }
}

/// `rule = 3"-" *( "-" / SP )`
fn is_rule(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"---") && line.iter().all(|b| b"- ".contains(b))
}

/// ```text
/// nothing  = [ total SP size ]                                 ; between spaces; in the server's language
/// ```
fn is_nothing(line: &[u8]) -> bool {
    const TOTAL: [&str; 12] = [
        "total",
        "insgesamt",
        "gesamt",
        "totale",
        "totaal",
        "totalt",
        "razem",
        "celkem",
        "итого",
        "合計",
        "总用量",
        "總計",
    ];
    let line = line.trim_ascii();
    let Some(space) = line.iter().position(|&b| b == b' ') else { return line.is_empty() };
    let (word, count) = line.split_at(space);
    let is_count = |count: &[u8]| {
        count.first().is_some_and(u8::is_ascii_digit)
            && count.iter().all(|b| b.is_ascii_digit() || b".,kKMGTP".contains(b))
    };
    TOTAL.iter().any(|total| word.eq_ignore_ascii_case(total.as_bytes()))
        && is_count(count.trim_ascii_start())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::Kind;
    use alloc::{
        string::{String, ToString},
        vec,
    };

    /// Names of entries; lines that are none in brackets.
    fn read(mut parser: Parser, lines: &[&str]) -> (Vec<String>, Option<Family>) {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        let mut found: Vec<_> = lines.iter().flat_map(|line| parser.line(line.as_bytes())).collect();
        found.extend(parser.finish());
        let shown = found.iter().map(|listed| match listed {
            Listed::Entry(entry) => entry.name.to_string(),
            Listed::Unparsed(line) => alloc::format!("[{}]", text(line)),
        });
        (shown.collect(), parser.family())
    }

    const UNIX: &str = "-rw-r--r-- 1 a b 5 Jan  1 2020 unix";
    const DOS: &str = "11-14-97  04:21PM                  953 dos";

    #[test]
    fn a_family_is_confirmed() {
        let (names, family) = read(Parser::new(), &["total 1", DOS, UNIX, DOS, UNIX, UNIX]);
        assert_eq!(
            (names, family),
            (
                vec!["dos".into(), "unix".into(), "dos".into(), "unix".into(), "unix".into()],
                Some(Family::Unix)
            )
        );
        let sure = [UNIX, UNIX, UNIX, DOS];
        let unparsed = alloc::format!("[{DOS}]");
        let names: Vec<String> = vec!["unix".into(), "unix".into(), "unix".into(), unparsed.clone()];
        assert_eq!(read(Parser::new(), &sure).0, names);
        // What SYST says is no more than a hint.
        assert_eq!(read(Parser::new().with_system(b"Windows_NT"), &sure).0, names);
        let forced = read(Parser::new().with_family(Family::Unix), &[DOS, "", UNIX]);
        assert_eq!(forced, (vec![unparsed, "unix".into()], Some(Family::Unix)));
    }

    #[test]
    fn an_entry_may_span_lines() {
        let half = "UCX$REXECD_STARTUP.LOG;1098";
        let rest =
            "                         4/15         24-FEB-2003 13:17:24  [POSTWARE,LP]    (RWED,RWED,RE,)";
        let whole = "A.B;1   4/15         24-FEB-2003 13:17:24  [POSTWARE,LP]    (RWED,RWED,RE,)";
        let dangling = alloc::format!("[{half}]");
        let name = || "UCX$REXECD_STARTUP.LOG".to_string();
        for (lines, names) in [
            (vec![half, rest], vec![name()]),
            (vec![half, half, rest], vec![dangling.clone(), name()]),
            (vec![half, whole], vec![dangling.clone(), "A.B".into()]),
            (vec![half], vec![dangling.clone()]),
            (vec![half, "", rest], vec![dangling.clone(), alloc::format!("[{rest}]")]),
            (vec![half, UNIX], vec![dangling.clone(), "unix".into()]),
            (vec![rest], vec![alloc::format!("[{rest}]")]),
        ] {
            assert_eq!(read(Parser::new(), &lines).0, names, "{lines:?}");
        }
    }

    #[test]
    fn callers_have_families_too() {
        let own = |line: &[u8]| line.strip_prefix(b"! ").map(|name| Entry::new(name, Kind::File));
        let (names, _) = read(Parser::new().with_parser(own), &["! mine", UNIX, "!"]);
        assert_eq!(names, ["mine", "unix", "[!]"]);
        let (names, _) = read(Parser::facts().with_parser(own).with_path(b"x"), &["size=5; a", "! x/y", ""]);
        assert_eq!(names, ["a", "y"]);
    }

    #[test]
    fn names_lose_the_path_that_was_listed() {
        for (path, name, found) in [
            ("/outbox", "/outbox/a.txt", "a.txt"),
            ("/outbox/", "/outbox/a.txt", "a.txt"),
            ("/", "/a.txt", "a.txt"),
            ("/out", "/outbox/a.txt", "/outbox/a.txt"),
            ("/outbox", "/outbox/sub/a.txt", "sub/a.txt"),
            ("/outbox", "/outbox/", "/outbox/"),
            ("", "/a.txt", "/a.txt"),
        ] {
            let line = alloc::format!("-rw-r--r-- 1 a b 5 Jan  1 2020 {name}");
            assert_eq!(read(Parser::new().with_path(path.as_bytes()), &[&line]).0, [found], "{path} {name}");
        }
    }

    #[test]
    fn times_are_completed() {
        let modified = |parser: Parser, line: &str| {
            let mut parser = parser.with_now(Timestamp::parse(b"20200615190000").unwrap());
            match parser.line(line.as_bytes()).next() {
                Some(Listed::Entry(entry)) => entry.modified.unwrap(),
                other => panic!("{other:?}"),
            }
        };
        let line = "-rw-r--r-- 1 a b 5 Jun 16 15:00 x";
        let found = modified(Parser::new(), line);
        assert_eq!((found.year, found.year_guessed, found.zone), (Some(2020), true, Zone::Server));
        // The same moment is more than a day ahead of a server's clock in the west.
        let found = modified(Parser::new().with_offset(-5 * 60), line);
        assert_eq!((found.year, found.zone), (Some(2019), Zone::Offset(-300)));
        // What says its zone or its year keeps it.
        let line = "-rw-r--r-- 1 a b 5 2005-06-07 21:22:05 +0200 x";
        assert_eq!(modified(Parser::new().with_offset(0), line).zone, Zone::Offset(120));
        let found = modified(Parser::facts().with_offset(60), "modify=20190101000000; x");
        assert_eq!((found.year, found.year_guessed, found.zone), (Some(2019), false, Zone::Utc));
    }

    #[test]
    fn headings_may_be_underlined() {
        for (heading, line) in [
            ("  size          date       time       name", "     512    JAN-01-1980  00:00:00   a"),
            (
                "  Owner    Last modified  Attributes Sector Bytecount Name",
                " 0.20   03/10/31 1504   d--wrewr     2F5      6148 a",
            ),
        ] {
            assert_eq!(read(Parser::new(), &[heading, "------  ------", line]).0, ["a"], "{heading}");
        }
        assert_eq!(read(Parser::new(), &["------"]).0, ["[------]"]);
    }

    #[test]
    fn a_heading_tells_what_follows() {
        let heading = "Name      VV.MM   Created       Changed      Size  Init   Mod   Id";
        assert_eq!(read(Parser::new(), &[heading, "SAVE04"]), (vec!["SAVE04".into()], Some(Family::Zos)));
        assert_eq!(read(Parser::new(), &["SAVE04"]).0, ["[SAVE04]"]);
        assert_eq!(read(Parser::new().with_system(b"MVS"), &["Migrated   A.B"]).0, ["A.B"]);
        assert_eq!(read(Parser::new(), &["Migrated   A.B"]).0, ["[Migrated   A.B]"]);
    }
}
