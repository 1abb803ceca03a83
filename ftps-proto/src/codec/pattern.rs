//! Patterns of paths, as shells have them. They are matched here and never sent: what servers take for a pattern, and
//! what for a name, differs from one to the next.
//!
//! Crates that match patterns need std, and take `\` for a separator where the client runs on Windows.

use alloc::vec::Vec;
use alloc::{string::String, vec};
use core::fmt;

use super::entry::{Kind, Name};

/// Which paths are meant:
///
/// ```text
/// pattern      = [ "/" ] component *( "/" component ) [ "/" ]   ; "/" at its end: directories only
/// component    = "**" / 1*( "*" / "?" / set / choice / "\" char / char )
/// set          = "[" [ "!" / "^" ] 1*( char [ "-" char ] ) "]"  ; one character of it, or none of it
/// choice       = "{" pattern *( "," pattern ) "}"               ; any of these, which may have slashes in them
/// ```
/// `*` is any number of characters, `?` one, `**` any number of directories, none included; as the last component,
/// everything in those. A name that begins with a dot fits only a component that does so, too. A character is one of UTF-8
/// or, where a name is not UTF-8, a byte.
///
/// ```
/// use ftps_proto::codec::Pattern;
///
/// let pattern = Pattern::new("data/**/20[0-9][0-9]*.{csv,txt}")?;
/// assert_eq!(pattern.base(), b"data");
/// assert!(pattern.fits("data/2024.csv") && pattern.fits("data/a/b/2024-05.txt"));
/// assert!(!pattern.fits("data/.old/2024.csv"));
/// # Ok::<(), ftps_proto::codec::PatternError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pattern {
    /// As it was given.
    text: Vec<u8>,
    base: Vec<u8>,
    ways: Vec<Way>,
}

/// Why a pattern is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternError {
    /// It names nothing.
    Empty,
    /// A `[` or `{` has no end.
    Unclosed(char),
    /// There is nothing after its last `\`.
    Escape,
    /// Some of its choices begin at the root, and some do not.
    Mixed,
    /// Its choices make more than 1000 patterns.
    TooMany,
}

/// One of the patterns that choices make, after the base.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Way {
    parts: Vec<Part>,
    directory: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// `**`
    Deep,
    Name(Vec<Atom>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Atom {
    Symbol(u32),
    /// `?`
    Any,
    /// `*`
    Many,
    Set {
        inverted: bool,
        ranges: Vec<(u32, u32)>,
    },
}

/// How far the names on the way to a directory have come: in which way, and at which of its parts.
pub(crate) type Places = Vec<(usize, usize)>;

const MOST: usize = 1000;

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// [`PatternError`] says why it is not one.
    pub fn new(pattern: impl AsRef<[u8]>) -> Result<Self, PatternError> {
        Self::any([pattern])
    }

    /// What fits any of these patterns.
    ///
    /// # Errors
    /// [`PatternError`] says why one of them is not one.
    pub fn any<P: AsRef<[u8]>>(patterns: impl IntoIterator<Item = P>) -> Result<Self, PatternError> {
        let (mut text, mut choices) = (Vec::new(), Vec::new());
        for pattern in patterns {
            if !text.is_empty() {
                text.push(b',');
            }
            text.extend(pattern.as_ref());
            expand(symbols(pattern.as_ref()), &mut choices)?;
        }
        let mut ways = choices.iter().map(|choice| way(choice)).collect::<Result<Vec<_>, _>>()?;
        let absolute = choices.first().is_some_and(|choice| is_absolute(choice));
        if choices.iter().any(|choice| is_absolute(choice) != absolute) {
            return Err(PatternError::Mixed);
        }
        let mut base = if absolute { vec![b'/'] } else { Vec::new() };
        while let Some(name) = common(&ways) {
            if !base.is_empty() && !base.ends_with(b"/") {
                base.push(b'/');
            }
            base.extend(name);
            for way in &mut ways {
                way.parts.remove(0);
            }
        }
        Ok(Self { text, base, ways })
    }

    /// The pattern that only this path fits.
    pub fn escape(path: impl AsRef<[u8]>) -> Vec<u8> {
        let mut pattern = Vec::new();
        for &byte in path.as_ref() {
            if b"*?[]{},\\".contains(&byte) {
                pattern.push(b'\\');
            }
            pattern.push(byte);
        }
        pattern
    }

    /// The directory that all lies in that fits: the components before the first wildcard. Empty for the working directory.
    pub fn base(&self) -> &[u8] {
        &self.base
    }

    /// Whether a path fits, that of a directory with a `/` at its end.
    pub fn fits(&self, path: impl AsRef<[u8]>) -> bool {
        let Some(rest) = path.as_ref().strip_prefix(self.base()) else { return false };
        let slash = !(self.base.is_empty() || self.base.ends_with(b"/"));
        let Some(rest) = rest.strip_prefix(if slash { &b"/"[..] } else { b"" }) else { return false };
        let (rest, kind) = match rest.strip_suffix(b"/") {
            Some(rest) => (rest, Kind::Directory),
            None => (rest, Kind::File),
        };
        let mut names = rest.split(|&byte| byte == b'/').peekable();
        let mut places = self.places();
        while let Some(name) = names.next() {
            let last = names.peek().is_none();
            let (fits, below) = self.step(&places, name, if last { kind } else { Kind::Directory });
            if last {
                return fits;
            }
            places = below;
        }
        false
    }

    /// Where names in the base begin.
    pub(crate) fn places(&self) -> Places {
        (0..self.ways.len()).map(|way| (way, 0)).collect()
    }

    /// Whether what is in a directory fits; and if something may that is in it, how far that has come. What may lead to a
    /// directory does so if it is named in full.
    pub(crate) fn step(&self, places: &Places, name: &[u8], kind: Kind) -> (bool, Places) {
        let name = symbols(name);
        let is_directory = kind == Kind::Directory;
        let may_lead = is_directory || matches!(kind, Kind::Link | Kind::Unknown);
        let (mut fits, mut below) = (false, Places::new());
        let mut enter = |place| {
            if !below.contains(&place) {
                below.push(place);
            }
        };
        for &(at, from) in places {
            let Some(way) = self.ways.get(at) else { continue };
            let mut part = from;
            if way.parts.get(part) == Some(&Part::Deep) {
                if is_directory && !is_hidden(&name) {
                    enter((at, part));
                }
                part += 1;
            }
            let Some(Part::Name(atoms)) = way.parts.get(part) else { continue };
            if !matches(atoms, &name) {
                continue;
            }
            if part + 1 == way.parts.len() {
                fits |= is_directory || !way.directory;
            } else if is_directory || may_lead && literal(atoms).is_some() {
                enter((at, part + 1));
            }
        }
        (fits, below)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", Name::from(&self.text[..]))
    }
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a pattern that names nothing"),
            Self::Unclosed(open) => write!(f, "a {open} without its end in a pattern"),
            Self::Escape => f.write_str("nothing after the last \\ of a pattern"),
            Self::Mixed => f.write_str("a pattern of which only some choices begin at the root"),
            Self::TooMany => write!(f, "a pattern of more than {MOST} choices"),
        }
    }
}

impl core::error::Error for PatternError {}

/// Characters and, where there is none, bytes, as numbers that no character has.
fn symbols(bytes: &[u8]) -> Vec<u32> {
    let mut symbols = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        symbols.extend(chunk.valid().chars().map(u32::from));
        symbols.extend(chunk.invalid().iter().map(|&byte| BYTE + u32::from(byte)));
    }
    symbols
}

const BYTE: u32 = 0x11_0000;

fn is(symbol: Option<&u32>, c: char) -> bool {
    symbol == Some(&u32::from(c))
}

fn is_hidden(name: &[u32]) -> bool {
    is(name.first(), '.')
}

fn is_absolute(choice: &[u32]) -> bool {
    is(choice.first(), '/')
}

/// Where what begins here ends, which is one character mostly.
fn end(pattern: &[u32], at: usize) -> Result<usize, PatternError> {
    match pattern.get(at).and_then(|&symbol| char::from_u32(symbol)) {
        Some('\\') if at + 1 == pattern.len() => Err(PatternError::Escape),
        Some('\\') => Ok(at + 2),
        Some('[') => {
            let inverted = is(pattern.get(at + 1), '!') || is(pattern.get(at + 1), '^');
            // What comes first is of the set, even if it is its end elsewhere.
            let mut at = at + 1 + usize::from(inverted);
            let first = at;
            loop {
                match pattern.get(at) {
                    None => return Err(PatternError::Unclosed('[')),
                    symbol if is(symbol, '/') => return Err(PatternError::Unclosed('[')),
                    symbol if is(symbol, ']') && at > first => return Ok(at + 1),
                    symbol if is(symbol, '\\') => at += 2,
                    Some(_) => at += 1,
                }
            }
        }
        _ => Ok(at + 1),
    }
}

/// The patterns without choices that one with choices stands for.
fn expand(pattern: Vec<u32>, choices: &mut Vec<Vec<u32>>) -> Result<(), PatternError> {
    let mut todo = vec![pattern];
    while let Some(pattern) = todo.pop() {
        let mut at = 0;
        while at < pattern.len() && !is(pattern.get(at), '{') {
            at = end(&pattern, at)?;
        }
        if at == pattern.len() {
            choices.push(pattern);
        } else {
            let (parts, after) = choice(&pattern, at + 1)?;
            // The last first, since the last is taken first.
            todo.extend(
                parts.into_iter().rev().map(|part| [&pattern[..at], part, &pattern[after..]].concat()),
            );
        }
        if choices.len() + todo.len() > MOST {
            return Err(PatternError::TooMany);
        }
    }
    Ok(())
}

/// The parts of a choice that begins here, and where it has ended.
fn choice(pattern: &[u32], start: usize) -> Result<(Vec<&[u32]>, usize), PatternError> {
    let (mut parts, mut from, mut at, mut depth) = (Vec::new(), start, start, 0);
    while at < pattern.len() {
        let symbol = pattern.get(at);
        if is(symbol, '{') {
            depth += 1;
        } else if depth == 0 && (is(symbol, ',') || is(symbol, '}')) {
            parts.push(&pattern[from..at]);
            from = at + 1;
            if is(symbol, '}') {
                return Ok((parts, from));
            }
        } else if is(symbol, '}') {
            depth -= 1;
        }
        at = end(pattern, at)?;
    }
    Err(PatternError::Unclosed('{'))
}

fn way(choice: &[u32]) -> Result<Way, PatternError> {
    let mut parts = Vec::new();
    for component in choice.split(|&symbol| symbol == u32::from('/')) {
        match component {
            [] => {}
            [a, b] if [*a, *b] == [u32::from('*'); 2] => {
                if parts.last() != Some(&Part::Deep) {
                    parts.push(Part::Deep);
                }
            }
            name => parts.push(Part::Name(atoms(name)?)),
        }
    }
    match parts.last() {
        None => return Err(PatternError::Empty),
        Some(Part::Deep) => parts.push(Part::Name(vec![Atom::Many])),
        Some(Part::Name(_)) => {}
    }
    Ok(Way { parts, directory: is(choice.last(), '/') })
}

fn atoms(component: &[u32]) -> Result<Vec<Atom>, PatternError> {
    let (mut atoms, mut at) = (Vec::new(), 0);
    while at < component.len() {
        let end = end(component, at)?;
        let whole = &component[at..end];
        atoms.push(match whole {
            [symbol] if is(Some(symbol), '*') => Atom::Many,
            [symbol] if is(Some(symbol), '?') => Atom::Any,
            [symbol] => Atom::Symbol(*symbol),
            [open, inner @ .., _] if is(Some(open), '[') => set(inner),
            // After a backslash.
            [.., symbol] => Atom::Symbol(*symbol),
            [] => return Err(PatternError::Empty),
        });
        at = end;
    }
    Ok(atoms)
}

/// What stands between `[` and `]`.
fn set(inner: &[u32]) -> Atom {
    let inverted = is(inner.first(), '!') || is(inner.first(), '^');
    let mut rest = if inverted { &inner[1..] } else { inner };
    let mut take = || match rest {
        [slash, symbol, after @ ..] if is(Some(slash), '\\') => {
            rest = after;
            Some((*symbol, false))
        }
        [symbol, after @ ..] => {
            rest = after;
            Some((*symbol, is(Some(symbol), '-')))
        }
        [] => None,
    };
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    // Whether the symbol before it may begin a range.
    let mut begins = false;
    while let Some((symbol, dash)) = take() {
        match ranges.last_mut() {
            Some(range) if dash && begins => {
                begins = false;
                match take() {
                    Some((last, _)) => range.1 = last,
                    // The last one of the set stands for itself.
                    None => ranges.push((symbol, symbol)),
                }
            }
            _ => {
                ranges.push((symbol, symbol));
                begins = true;
            }
        }
    }
    Atom::Set { inverted, ranges }
}

impl Atom {
    fn takes(&self, symbol: u32) -> bool {
        match self {
            Self::Symbol(own) => *own == symbol,
            Self::Any | Self::Many => true,
            Self::Set { inverted, ranges } => {
                ranges.iter().any(|&(first, last)| (first..=last).contains(&symbol)) != *inverted
            }
        }
    }
}

fn matches(atoms: &[Atom], name: &[u32]) -> bool {
    if name.is_empty() {
        return false;
    }
    if is_hidden(name) && atoms.first() != Some(&Atom::Symbol(u32::from('.'))) {
        return false;
    }
    let (mut atom, mut at) = (0, 0);
    // The last `*`: what comes after it, and where what it takes ends.
    let mut many = None;
    loop {
        match (atoms.get(atom), name.get(at)) {
            (Some(Atom::Many), _) => {
                atom += 1;
                many = Some((atom, at));
                continue;
            }
            (Some(own), Some(&symbol)) if own.takes(symbol) => {
                (atom, at) = (atom + 1, at + 1);
                continue;
            }
            (None, None) => return true,
            _ => {}
        }
        // It takes one more.
        match &mut many {
            Some((after, taken)) if *taken < name.len() => {
                *taken += 1;
                (atom, at) = (*after, *taken);
            }
            _ => return false,
        }
    }
}

/// The one name that fits, if it is one.
fn literal(atoms: &[Atom]) -> Option<Vec<u8>> {
    let mut name = Vec::new();
    for atom in atoms {
        let Atom::Symbol(symbol) = atom else { return None };
        match char::from_u32(*symbol) {
            Some(c) => name.extend(String::from(c).into_bytes()),
            None => name.push((symbol - BYTE) as u8),
        }
    }
    Some(name)
}

/// The name that all ways begin with, and go on after.
fn common(ways: &[Way]) -> Option<Vec<u8>> {
    let first = ways.first()?.parts.first()?;
    let Part::Name(atoms) = first else { return None };
    let all = ways.iter().all(|way| way.parts.len() > 1 && way.parts.first() == Some(first));
    if all { literal(atoms) } else { None }
}
