//! What a server tells of one file or directory.

use core::task::Poll;

use super::collect::Unparsed;
use super::exchange::{Exchange, mdtm, mlst, size};
use super::list::List;
use super::ready;
use crate::codec::list::Listed;
use crate::codec::{Argument, Entry, Kind, Timestamp};
use crate::error::{Error, Remote};
use crate::session::{Operation, Session};
use crate::time::Instant;

/// What a server tells of one file or directory, under its own name: the last part of the path.
///
/// By MLST where FEAT names it. Else by SIZE and MDTM, which servers answer for files only; so what has no size is looked
/// for in the listing of the directory above.
#[derive(Debug)]
pub struct Metadata {
    path: Argument,
    /// Why SIZE was refused.
    refused: Option<Error>,
    /// What was found in the directory above.
    found: Option<Entry>,
    unparsed: Unparsed,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Facts(Exchange<Entry>),
    Size(Exchange<u64>),
    Modified(u64, Exchange<Timestamp>),
    /// The directory above.
    Above(List),
    /// The path has no name to look for: `/`, `..`.
    Itself(List),
}

impl Metadata {
    /// Of what is at this path.
    pub fn new(path: Argument) -> Self {
        Self { path, refused: None, found: None, unparsed: Unparsed::default(), stage: Stage::Begin }
    }

    /// The path without slashes at its end, in two: up to the last slash, that one included, and the name.
    fn parts(&self) -> (&[u8], &[u8]) {
        let path = self.path.as_bytes();
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        path[..end].split_at(path[..end].iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1))
    }

    fn entry(&self, kind: Kind) -> Entry {
        match self.parts().1 {
            b"" => Entry::new(self.path.as_bytes(), kind),
            name => Entry::new(name, kind),
        }
    }

    /// Begins to look in the directory above.
    fn above(&self) -> Result<Stage, Error> {
        let (above, name) = self.parts();
        if matches!(name, b"" | b"." | b"..") {
            return Ok(Stage::Itself(List::new(Some(self.path.clone()))));
        }
        let above = match above.iter().rposition(|&byte| byte != b'/') {
            Some(last) => Some(Argument::new(&above[..=last])?),
            None if above.is_empty() => None,
            None => Some(Argument::known("/")),
        };
        Ok(Stage::Above(List::new(above)))
    }

    /// What the listing of the directory above comes to.
    fn found(&mut self) -> Result<Entry, Error> {
        if let Some(entry) = self.found.take() {
            return Ok(entry);
        }
        // It may be in a line that cannot be read.
        self.unparsed.check()?;
        Err(match self.refused.take() {
            Some(refused) if refused.is_not_found() => refused,
            _ => Error::Missing(self.parts().1.into()),
        })
    }
}

impl Operation for Metadata {
    type Output = Entry;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Entry>, Error> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin if session.lists_facts() => Stage::Facts(mlst(self.path.clone())),
                Stage::Begin => Stage::Size(size(self.path.clone())),
                Stage::Facts(facts) => match facts.step(session, now) {
                    Ok(told) => {
                        let told = ready!(told);
                        let kind = match told.kind {
                            Kind::CurrentDirectory | Kind::ParentDirectory => Kind::Directory,
                            kind => kind,
                        };
                        return Ok(Poll::Ready(Entry { kind, name: self.entry(kind).name, ..told }));
                    }
                    Err(error) if is_unknown(&error) => Stage::Size(size(self.path.clone())),
                    Err(error) => return Err(error),
                },
                Stage::Size(bytes) => match bytes.step(session, now) {
                    Ok(bytes) => Stage::Modified(ready!(bytes), mdtm(self.path.clone())),
                    Err(error) if is_no(&error) => {
                        self.refused = Some(error);
                        self.above()?
                    }
                    Err(error) => return Err(error),
                },
                Stage::Modified(bytes, time) => {
                    let size = Some(*bytes);
                    let modified = match time.step(session, now) {
                        Ok(time) => Some(ready!(time)),
                        Err(error) if is_no(&error) => None,
                        Err(error) => return Err(error),
                    };
                    return Ok(Poll::Ready(Entry { size, modified, ..self.entry(Kind::File) }));
                }
                Stage::Above(list) => match ready!(list.step(session, now)?) {
                    Some(Listed::Entry(entry)) => {
                        if entry.name.as_bytes() == self.parts().1 {
                            self.found = Some(entry);
                        }
                        continue;
                    }
                    Some(Listed::Unparsed(line)) => {
                        self.unparsed.push(line);
                        continue;
                    }
                    None => return self.found().map(Poll::Ready),
                },
                Stage::Itself(list) => {
                    while ready!(list.step(session, now)?).is_some() {}
                    return Ok(Poll::Ready(self.entry(Kind::Directory)));
                }
            };
        }
    }
}

/// Whether a server does not know a command, or not with this argument.
fn is_unknown(error: &Error) -> bool {
    matches!(error, Error::Refused(refused) if matches!(refused.reply.code().get(), 500..=504))
}

/// Whether a command was answered, and not with what it asks for.
fn is_no(error: &Error) -> bool {
    matches!(error, Error::Refused(_) | Error::Remote(Remote::Unreadable { .. }))
}
