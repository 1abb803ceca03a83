//! Directory listings, streaming.

use alloc::vec::Vec;
use core::task::Poll;

use super::data::OpenTransfer;
use super::transfer::Transfer;
use super::{Operation, ready};
use crate::codec::list::{LineTooLong, ListLine, parse_list_line};
use crate::codec::{Argument, Command, Entry, Kind, Reply, parse_facts};
use crate::error::{Error, Remote, Unlisted};
use crate::session::{Direction, Session};
use crate::time::Instant;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A file, a directory, a link.
    Entry(Entry),
    /// A line that cannot be read: reported as it came, never turned into a file.
    Unparsed(Vec<u8>),
}

/// A directory's listing, collected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// Its entries, without the directory itself and its parent.
    pub entries: Vec<Entry>,
    /// Lines that could not be read, as they came.
    pub unparsed: Vec<Vec<u8>>,
}

impl Listing {
    /// Adds a line.
    pub fn push(&mut self, listed: Listed) {
        match listed {
            Listed::Entry(entry) => self.entries.push(entry),
            Listed::Unparsed(line) => self.unparsed.push(line),
        }
    }
}

/// The entries, without what could not be read.
impl IntoIterator for Listing {
    type Item = Entry;
    type IntoIter = alloc::vec::IntoIter<Entry>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

/// Lists a directory: MLSD (RFC 3659, section 7) where FEAT names MLST, else LIST in its Unix form, to which the path may
/// be a pattern.
///
/// Each time it is done it results in the next line, and in `None` once the listing is complete and confirmed; it is
/// polled again for more. The listed directory itself and its parent are left out. Memory is bounded: no more input
/// is asked for before the lines that came have been taken.
#[derive(Debug)]
pub struct List {
    path: Option<Argument>,
    lines: Lines,
    /// Another listing is taken first, to be rid of the rest of one that was given up.
    purging: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Opening(OpenTransfer),
    Receiving(Transfer),
    Complete,
}

impl List {
    /// The working directory, or the one at this path.
    pub fn new(path: Option<Argument>) -> Self {
        Self { path, lines: Lines::default(), purging: false, stage: Stage::Begin }
    }

    fn open(&mut self, session: &mut Session) -> Result<OpenTransfer, Error> {
        // An earlier listing that was given up may have left lines.
        session.clear_listing();
        let facts = session.lists_facts();
        let all = !facts && session.server.takes_list_all();
        let path = self.path.clone();
        let itself = if all { own_name(path.as_ref()) } else { None };
        self.lines = Lines { facts, itself, ..Lines::default() };
        let command = if facts { Command::Mlsd(path) } else { Command::List(list_argument(path, all)?) };
        Ok(OpenTransfer::new(command, Direction::Listing))
    }
}

/// How lines are read, and how many came.
#[derive(Debug, Default)]
struct Lines {
    facts: bool,
    /// The directory's name, where it is to be among them itself, as `.`.
    itself: Option<Vec<u8>>,
    /// It was.
    opened: bool,
    /// A directory of its name was.
    named: bool,
    count: u64,
    /// In a row that list nothing.
    blank: u64,
}

impl Lines {
    /// The next line that says something.
    fn next(&mut self, session: &mut Session) -> Result<Option<Listed>, Error> {
        while let Some(line) = session.listing.next_line().map_err(too_long)? {
            self.count += 1;
            self.blank += 1;
            if self.count > session.config.limits.lines {
                return Err(Remote::TooMany("lines in a listing").into());
            }
            if let Some(listed) = self.read(line) {
                self.blank = 0;
                return Ok(Some(listed));
            }
            if self.blank > session.config.limits.blank {
                return Err(Remote::TooMany("lines in a listing that list nothing").into());
            }
        }
        Ok(None)
    }

    /// The last line, which may lack its end.
    fn last(&mut self, session: &mut Session) -> Result<Option<Listed>, Error> {
        let Some(line) = session.listing.finish().map_err(too_long)? else { return Ok(None) };
        self.count += 1;
        Ok(self.read(line))
    }

    /// Whether what came is what was asked for: servers confirm listings that are none, or not all.
    fn confirm(&self, reply: Reply) -> Result<(), Error> {
        let says = |text: &[u8]| reply.lines().any(|line| line.windows(text.len()).any(|part| part == text));
        let unlisted = if says(b"failed to open directory") {
            Unlisted::Unreadable
        } else if says(b"Output truncated") {
            Unlisted::Cut
        } else if self.itself.is_some() && self.count == 0 {
            Unlisted::Missing
        } else if self.named && !self.opened {
            // It was taken for a pattern, which its parent's entry matches.
            Unlisted::Unreadable
        } else {
            return Ok(());
        };
        Err(Error::Unlisted(unlisted, reply))
    }

    fn read(&mut self, line: &[u8]) -> Option<Listed> {
        if self.facts {
            return read_facts(line);
        }
        let listed = read_list(line)?;
        if let Listed::Entry(entry) = &listed {
            match entry.kind {
                Kind::CurrentDirectory => self.opened = true,
                Kind::Directory => self.named |= self.itself.as_deref() == Some(entry.name.as_bytes()),
                _ => {}
            }
            if matches!(entry.name.as_bytes(), b"." | b"..") {
                return None;
            }
        }
        Some(listed)
    }
}

/// What a path's last component is; none of a pattern (vsftpd's), which may match nothing.
fn own_name(path: Option<&Argument>) -> Option<Vec<u8>> {
    let path = path.map_or(&b"."[..], Argument::as_bytes);
    let is_pattern = path.iter().any(|byte| b"*?{".contains(byte));
    if is_pattern { None } else { path.rsplit(|&byte| byte == b'/').next().map(<[u8]>::to_vec) }
}

/// LIST is often given to `ls`, which would take a path with a leading `-` for options.
fn list_argument(path: Option<Argument>, all: bool) -> Result<Option<Argument>, Error> {
    let mut argument = Vec::new();
    if all {
        argument.extend(b"-a");
    }
    if let Some(path) = path {
        if all {
            argument.push(b' ');
        }
        if path.as_bytes().starts_with(b"-") {
            argument.extend(b"./");
        }
        argument.extend(path.as_bytes());
    }
    Ok(if argument.is_empty() { None } else { Some(Argument::new(argument)?) })
}

fn too_long(_: LineTooLong) -> Error {
    Remote::TooMany("bytes in a line of a listing").into()
}

fn read_facts(line: &[u8]) -> Option<Listed> {
    match parse_facts(line) {
        _ if line.is_empty() => None,
        Ok(entry) if matches!(entry.kind, Kind::CurrentDirectory | Kind::ParentDirectory) => None,
        Ok(entry) => Some(Listed::Entry(entry)),
        Err(_) => Some(Listed::Unparsed(line.into())),
    }
}

fn read_list(line: &[u8]) -> Option<Listed> {
    match parse_list_line(line) {
        ListLine::Entry(entry) => Some(Listed::Entry(entry)),
        ListLine::Ignored => None,
        ListLine::Unparsed(line) => Some(Listed::Unparsed(line)),
    }
}

impl Operation for List {
    type Output = Option<Listed>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<Listed>>, Error> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin => Stage::Opening(self.open(session)?),
                Stage::Opening(open) => match open.step(session, now) {
                    Ok(step) => {
                        let transfer = ready!(step);
                        self.purging = session.has_stale_listing();
                        Stage::Receiving(transfer)
                    }
                    // FEAT promised what the server does not know after all.
                    Err(Error::Refused(refused))
                        if self.lines.facts && matches!(refused.reply.code().get(), 500 | 502) =>
                    {
                        session.forget_facts();
                        Stage::Begin
                    }
                    Err(error) => return Err(error),
                },
                Stage::Receiving(transfer) => {
                    ready!(transfer.begin(session)?);
                    while let Some(listed) = self.lines.next(session)? {
                        if !self.purging {
                            return Ok(Poll::Ready(Some(listed)));
                        }
                    }
                    let confirmed = ready!(transfer.step(session, now)?);
                    if self.purging {
                        session.listed_to_the_end();
                        self.stage = Stage::Begin;
                        continue;
                    }
                    let last = self.lines.last(session)?;
                    self.lines.confirm(confirmed.reply)?;
                    self.stage = Stage::Complete;
                    return Ok(Poll::Ready(last));
                }
                Stage::Complete => return Ok(Poll::Ready(None)),
            }
        }
    }
}
