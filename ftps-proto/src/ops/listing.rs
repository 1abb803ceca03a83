//! What a listing is made of: its lines, how they are read, and what they come to.

use alloc::vec::Vec;

use crate::codec::list::{LineTooLong, ListLine, parse_list_line};
use crate::codec::{Entry, Kind, Reply, parse_facts};
use crate::error::{Error, Remote, Unlisted};
use crate::session::Session;

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A file, a directory, a link.
    Entry(Entry),
    /// A line that cannot be read: reported as it came, never turned into a file.
    Unparsed(Vec<u8>),
}

/// How lines are read, and how many came.
#[derive(Debug)]
pub(super) struct Lines {
    pub(super) facts: bool,
    /// The directory's name, where the directory itself is to be among the lines, as `.`.
    itself: Option<Vec<u8>>,
    /// A line for `.` has come.
    opened: bool,
    /// A line for a directory of that name has come.
    named: bool,
    count: u64,
    /// Lines in a row that list nothing.
    blank: u64,
}

impl Lines {
    /// Lines of MLSD or LIST; `itself`: the directory's name, where it is to be among them itself.
    pub(super) fn new(facts: bool, itself: Option<Vec<u8>>) -> Self {
        Self { facts, itself, opened: false, named: false, count: 0, blank: 0 }
    }

    /// The next line that says something.
    pub(super) fn next(&mut self, session: &mut Session) -> Result<Option<Listed>, Error> {
        let (most, most_blank) = (session.config().limits.lines, session.config().limits.blank);
        while let Some(line) = session.listing().next_line().map_err(too_long)? {
            self.count += 1;
            self.blank += 1;
            if self.count > most {
                return Err(Remote::TooMany("lines in a listing").into());
            }
            if let Some(listed) = self.read(line) {
                self.blank = 0;
                return Ok(Some(listed));
            }
            if self.blank > most_blank {
                return Err(Remote::TooMany("lines in a listing that list nothing").into());
            }
        }
        Ok(None)
    }

    /// The last line, which may lack its end.
    pub(super) fn last(&mut self, session: &mut Session) -> Result<Option<Listed>, Error> {
        let Some(line) = session.listing().finish().map_err(too_long)? else { return Ok(None) };
        self.count += 1;
        Ok(self.read(line))
    }

    /// Whether what came is what was asked for: servers confirm listings of what is not there, and listings that they cut.
    pub(super) fn confirm(&self, reply: Reply) -> Result<(), Error> {
        let says = |text: &[u8]| reply.lines().any(|line| line.windows(text.len()).any(|part| part == text));
        let unlisted = if says(b"failed to open directory") {
            Unlisted::Unreadable
        } else if says(b"Output truncated") {
            Unlisted::Cut
        } else if self.itself.is_some() && self.count == 0 {
            Unlisted::Missing
        } else if self.named && !self.opened {
            // The server took the path for a pattern, which the directory's own entry in its parent matches.
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
