//! What a listing is made of: its lines, how they are read, and what they come to.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::codec::list::{LineTooLong, Listed, Parser};
use crate::codec::{Encoding, Kind, Reply};
use crate::error::{Error, Remote, Unlisted};
use crate::session::Session;

/// How lines are read, and how many came.
#[derive(Debug)]
pub(super) struct Lines {
    facts: bool,
    parser: Parser,
    encoding: Option<Encoding>,
    /// What was read and has not been told.
    read: VecDeque<Listed>,
    /// What may not be all of a line: it has ended in LF alone, which may be part of a name.
    held: Option<Held>,
    ends: Ends,
    directory: Directory,
    count: u64,
    /// Lines in a row that list nothing.
    blank: u64,
}

/// A line whose name may go on in the next one.
#[derive(Debug)]
struct Held {
    line: Vec<u8>,
    /// What it says as it is.
    found: Vec<Listed>,
}

/// How lines with entries have ended.
#[derive(Debug, Default)]
struct Ends {
    crlf: bool,
    lf: bool,
}

/// What the lines tell of the listed directory itself.
#[derive(Debug)]
struct Directory {
    /// Its name, where the directory itself is to be among the lines, as `.`.
    name: Option<Vec<u8>>,
    /// A line for `.` has come.
    listed: bool,
    /// What that says is unique of it.
    unique: Option<Vec<u8>>,
    /// A line for a directory of that name has come.
    named: bool,
    /// What has come so far is one of that name which is no directory: that is itself, if nothing else comes.
    alone: Option<Listed>,
}

impl Directory {
    /// Whether what a line says is to be told: the directory itself and its parent are not.
    fn is_other(&mut self, listed: &Listed) -> bool {
        let Listed::Entry(entry) = listed else { return true };
        match entry.kind {
            Kind::CurrentDirectory => {
                self.listed = true;
                self.unique = entry.unique().map(<[u8]>::to_vec);
            }
            Kind::Directory => self.named |= self.name.as_deref() == Some(entry.name.as_bytes()),
            _ => {}
        }
        !matches!(entry.kind, Kind::CurrentDirectory | Kind::ParentDirectory)
    }

    /// Whether this may be what was to be listed itself, by its name or its path.
    fn may_be(&self, listed: &Listed) -> bool {
        let (Listed::Entry(entry), Some(name)) = (listed, &self.name) else { return false };
        let above = entry.name.as_bytes().strip_suffix(&name[..]);
        entry.kind != Kind::Directory && above.is_some_and(|above| above.is_empty() || above.ends_with(b"/"))
    }
}

impl Lines {
    /// Lines of MLSD (`facts`) or LIST, in this charset; `itself`: the directory's name, where it is to be among them itself.
    pub(super) fn new(
        facts: bool,
        parser: Parser,
        encoding: Option<Encoding>,
        itself: Option<Vec<u8>>,
    ) -> Self {
        let directory = Directory { name: itself, listed: false, unique: None, named: false, alone: None };
        Self {
            facts,
            parser,
            encoding,
            read: VecDeque::new(),
            held: None,
            ends: Ends::default(),
            directory,
            count: 0,
            blank: 0,
        }
    }

    /// Whether these are the lines of MLSD.
    pub(super) fn are_facts(&self) -> bool {
        self.facts
    }

    /// The unique fact of the listed directory itself, once it has come.
    pub(super) fn unique(&self) -> Option<&[u8]> {
        self.directory.unique.as_deref()
    }

    /// The next that a line says, as far as lines have come.
    pub(super) fn next(&mut self, session: &mut Session) -> Result<Option<Listed>, Error> {
        let limits = &session.config().limits;
        let (most, most_blank) = (limits.lines, limits.blank);
        while self.read.is_empty() {
            let Some((line, crlf)) = session.listing().next_ended().map_err(too_long)? else { break };
            self.count += 1;
            self.blank += 1;
            if self.count > most {
                return Err(Remote::TooMany("lines in a listing").into());
            }
            self.take(line, crlf);
            if !self.read.is_empty() || self.held.is_some() || self.directory.alone.is_some() {
                self.blank = 0;
            }
            if self.blank > most_blank {
                return Err(Remote::TooMany("lines in a listing that list nothing").into());
            }
        }
        Ok(self.read.pop_front())
    }

    /// Reads what is left at the end: a last line may lack its end.
    pub(super) fn finish(&mut self, session: &mut Session) -> Result<(), Error> {
        if let Some(line) = session.listing().finish().map_err(too_long)? {
            self.count += 1;
            self.take(line, true);
        }
        self.release();
        self.read.extend(self.parser.finish());
        if self.directory.listed {
            self.read.extend(self.directory.alone.take());
        }
        Ok(())
    }

    /// Takes a line, which ended in CR LF or in LF alone. A name that has LF in it comes as two lines, of which the first ends
    /// as no other does, and the second is nothing by itself.
    fn take(&mut self, line: &[u8], crlf: bool) {
        let found = self.parse(line);
        let is_entry = found.iter().flatten().any(|listed| matches!(listed, Listed::Entry(_)));
        if !is_entry && let Some(held) = self.held.take() {
            let whole = [&held.line, &b"\n"[..], line].concat();
            let joins = crlf && (self.ends.crlf || !self.ends.lf && !line.is_empty());
            let joined = if joins { self.parse(&whole) } else { [None, None] };
            let separate = held.found.into_iter().chain(found.into_iter().flatten());
            match joined {
                [Some(joined @ Listed::Entry(_)), None] => self.tell([joined]),
                _ if crlf => self.tell(separate),
                _ => self.held = Some(Held { line: whole, found: separate.collect() }),
            }
            return;
        }
        self.release();
        let found = found.into_iter().flatten();
        if is_entry && !crlf {
            self.held = Some(Held { line: line.to_vec(), found: found.collect() });
        } else {
            self.ends.crlf |= is_entry;
            self.tell(found);
        }
    }

    /// What was held is all of a line.
    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            self.ends.lf = true;
            self.tell(held.found);
        }
    }

    fn tell(&mut self, found: impl IntoIterator<Item = Listed>) {
        for listed in found {
            if !self.directory.is_other(&listed) {
                continue;
            }
            if self.count == 1 && self.directory.may_be(&listed) {
                self.directory.alone = Some(listed);
            } else {
                self.read.extend(self.directory.alone.take());
                self.read.push_back(listed);
            }
        }
    }

    /// Reads a line. One that is not of the charset is read as it came; a name in it that would be sent otherwise is not one
    /// to be told.
    fn parse(&mut self, line: &[u8]) -> [Option<Listed>; 2] {
        let decoded = self.encoding.as_ref().map(|encoding| encoding.decode(line).ok_or(encoding));
        let text = match &decoded {
            Some(Ok(text)) => text.as_bytes(),
            _ => line,
        };
        let mut found = self.parser.line(text).map(|listed| match (&decoded, listed) {
            (Some(Err(encoding)), Listed::Entry(entry)) if !encoding.keeps(entry.name.as_bytes()) => {
                Listed::Unparsed(line.to_vec())
            }
            (_, listed) => listed,
        });
        [found.next(), found.next()]
    }

    /// What is left after the end.
    pub(super) fn rest(&mut self) -> Option<Listed> {
        self.read.pop_front()
    }

    /// Whether what came is what was asked for: servers confirm listings of what is not there, and listings that they cut.
    pub(super) fn confirm(&self, reply: Reply) -> Result<(), Error> {
        let says = |text: &[u8]| reply.lines().any(|line| line.windows(text.len()).any(|part| part == text));
        let unlisted = if says(b"failed to open directory") {
            Unlisted::Unreadable
        } else if says(b"Output truncated") {
            Unlisted::Cut
        } else if self.directory.name.is_some() && self.count == 0 {
            Unlisted::Missing
        } else if self.directory.alone.is_some() {
            Unlisted::File
        } else if self.directory.named && !self.directory.listed {
            // The server took the path for a pattern, which the directory's own entry in its parent matches.
            Unlisted::Unreadable
        } else {
            return Ok(());
        };
        Err(Error::Unlisted(unlisted, reply))
    }
}

pub(super) fn too_long(_: LineTooLong) -> Error {
    Remote::TooMany("bytes in a line of a listing").into()
}
