//! Directory trees.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::task::Poll;

use super::list::List;
use super::ready;
use crate::codec::list::Listed;
use crate::codec::pattern::Places;
use crate::codec::{Argument, ArgumentError, Entry, Kind, Name, Pattern};
use crate::error::{Error, Unlisted};
use crate::session::{Operation, Session};
use crate::time::Instant;

/// Which directories come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WalkOrder {
    /// All of a depth before the next.
    #[default]
    BreadthFirst,
    /// All of a directory before its next sibling.
    DepthFirst,
}

/// What a walk comes across.
#[derive(Debug)]
#[non_exhaustive]
pub enum Walked {
    /// An entry of a directory.
    Entry {
        /// Its path: that of the directory, a slash, its name.
        path: Name,
        /// The entry as it was listed.
        entry: Entry,
        /// How many directories are between the root and it: 0 for those in the root.
        depth: usize,
    },
    /// A line of a listing that cannot be read.
    Unparsed {
        /// The directory that was listed; empty for the working directory.
        directory: Vec<u8>,
        /// The line as it came.
        line: Vec<u8>,
    },
    /// A directory that could not be listed, or not to its end. The walk goes on.
    Failed {
        /// The directory; empty for the working directory.
        directory: Vec<u8>,
        /// Why.
        error: Error,
    },
    /// A directory that is inside itself and so not entered: its unique fact (RFC 3659, section 7.5.2) is that of a directory
    /// above it or, where no depth was asked for, it is 100 directories deep. As an entry it is told before.
    Loop {
        /// The directory.
        directory: Vec<u8>,
    },
}

/// Lists a directory, its directories, and so on: each with [`List`].
///
/// As with [`List`], each time it is done it results in the next find, and in `None` once there is no more. Links are told,
/// and not followed. A server that shows links as the directories they lead to is followed there, but never into a directory
/// that is above: that is [`Walked::Loop`].
///
/// What is wrong with one directory is [`Walked::Failed`], and the walk goes on. Only what ends the session ends the walk.
/// Even then it can [go on](Self::resume) over another session.
#[derive(Debug)]
pub struct Walk {
    pattern: Option<Pattern>,
    order: WalkOrder,
    most: Option<usize>,
    /// Directories that are to be listed.
    waiting: VecDeque<Directory>,
    /// The one that is listed.
    current: Option<Current>,
    /// What comes next.
    next: Option<Walked>,
}

#[derive(Debug)]
struct Directory {
    path: Vec<u8>,
    depth: usize,
    /// Unique facts: its own, if it is known, and those of the directories above.
    unique: Vec<Vec<u8>>,
    /// How far its path has come in the pattern.
    places: Places,
    /// It is one, and no link to what may be none.
    certain: bool,
    /// It is listed again: a session has ended before.
    again: bool,
}

impl Directory {
    /// The path of what is in it under this name.
    fn join(&self, name: &[u8]) -> Vec<u8> {
        let slash: &[u8] = if self.path.is_empty() || self.path.ends_with(b"/") { b"" } else { b"/" };
        [&self.path, slash, name].concat()
    }
}

#[derive(Debug)]
struct Current {
    directory: Directory,
    list: List,
    /// How many directories were found in it: where in `waiting` the next one goes.
    children: usize,
    /// Something of it was told.
    told: bool,
}

/// Directories deep, unless said otherwise: no tree that people make is so deep, and a loop that nothing shows ends.
const DEPTH: usize = 100;

impl Walk {
    /// From the working directory, or the one at this path.
    pub fn new(root: Option<Argument>) -> Self {
        Self::begin(root.map_or(Vec::new(), |root| root.as_bytes().to_vec()), None)
    }

    /// To all that fits a pattern, and nowhere else: that alone is told. Links are followed where the pattern names them in
    /// full.
    ///
    /// # Errors
    /// [`ArgumentError`] where the pattern's [base](Pattern::base) cannot be sent.
    pub fn glob(pattern: Pattern) -> Result<Self, ArgumentError> {
        let base = pattern.base().to_vec();
        if !base.is_empty() {
            Argument::new(&base)?;
        }
        Ok(Self::begin(base, Some(pattern)))
    }

    fn begin(path: Vec<u8>, pattern: Option<Pattern>) -> Self {
        let places = pattern.as_ref().map_or(Places::new(), Pattern::places);
        let root = Directory { path, depth: 0, unique: Vec::new(), places, certain: true, again: false };
        let waiting = VecDeque::from([root]);
        Self { pattern, order: WalkOrder::default(), most: None, waiting, current: None, next: None }
    }

    /// Which directories come first: by default all of a depth before the next.
    #[must_use]
    pub fn with_order(self, order: WalkOrder) -> Self {
        Self { order, ..self }
    }

    /// Enters no directory that is deeper than this; with 0 only the root is listed. 100 by default.
    #[must_use]
    pub fn with_depth(self, most: usize) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The directory that is being listed, or was when an error ended it. Empty for the working directory.
    pub fn directory(&self) -> Option<&[u8]> {
        self.current.as_ref().map(|current| &current.directory.path[..])
    }

    /// Lets it go on over another session, after an error: with the directory that was being listed where nothing of that was
    /// told, and it was not tried twice, else with the next.
    pub fn resume(&mut self) {
        if let Some(Current { directory, told, .. }) = self.current.take()
            && !(told || directory.again)
        {
            self.waiting.push_front(Directory { again: true, ..directory });
        }
    }

    /// Begins with the next directory, if there is one.
    fn next_directory(&mut self) -> Result<bool, Error> {
        let Some(directory) = self.waiting.pop_front() else { return Ok(false) };
        let path = if directory.path.is_empty() { None } else { Some(Argument::new(&directory.path)?) };
        let list = List::new(path);
        self.current = Some(Current { directory, list, children: 0, told: false });
        Ok(true)
    }

    /// What is told of a line, if anything.
    fn found(&mut self, listed: Listed) -> Option<Walked> {
        let Current { directory, list, children, told, .. } = self.current.as_mut()?;
        *told = true;
        if directory.unique.is_empty() {
            directory.unique.extend(list.unique().map(<[u8]>::to_vec));
        }
        let entry = match listed {
            Listed::Entry(entry) => entry,
            Listed::Unparsed(line) => {
                return Some(Walked::Unparsed { directory: directory.path.clone(), line });
            }
        };
        let name = entry.name.as_bytes();
        let path = directory.join(name);
        let is_directory = entry.kind == Kind::Directory;
        let (fits, enters, places) = match &self.pattern {
            None => (true, is_directory, Places::new()),
            Some(pattern) => {
                let (fits, places) = pattern.step(&directory.places, name, entry.kind);
                (fits, !places.is_empty(), places)
            }
        };
        let depth = directory.depth;
        if !enters || depth >= self.most.unwrap_or(usize::MAX) {
            // It ends here.
        } else if let Err(error) = Argument::new(name) {
            self.next = Some(Walked::Failed { directory: path.clone(), error: error.into() });
        } else if is_component(name) {
            let unique = entry.unique().map(<[u8]>::to_vec);
            let above = unique.as_ref().is_some_and(|unique| directory.unique.contains(unique));
            if above || self.most.is_none() && depth == DEPTH {
                self.next = Some(Walked::Loop { directory: path.clone() });
            } else {
                let child = Directory {
                    path: path.clone(),
                    depth: depth + 1,
                    unique: directory.unique.iter().cloned().chain(unique).collect(),
                    places,
                    certain: is_directory,
                    again: false,
                };
                match self.order {
                    WalkOrder::BreadthFirst => self.waiting.push_back(child),
                    WalkOrder::DepthFirst => self.waiting.insert(*children, child),
                }
                *children += 1;
            }
        }
        if fits { Some(Walked::Entry { path: path.into(), entry, depth }) } else { self.next.take() }
    }
}

/// Whether a name leads into a directory, and not elsewhere.
fn is_component(name: &[u8]) -> bool {
    !name.contains(&b'/') && !matches!(name, b"" | b"." | b"..")
}

impl Operation for Walk {
    type Output = Option<Walked>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<Walked>>, Error> {
        loop {
            if let Some(walked) = self.next.take() {
                return Ok(Poll::Ready(Some(walked)));
            }
            let Some(current) = &mut self.current else {
                if !self.next_directory()? {
                    return Ok(Poll::Ready(None));
                }
                continue;
            };
            match current.list.step(session, now) {
                Ok(step) => match ready!(step) {
                    Some(listed) => {
                        if let Some(walked) = self.found(listed) {
                            return Ok(Poll::Ready(Some(walked)));
                        }
                    }
                    None => self.current = None,
                },
                Err(error) if matches!(error, Error::Local(_)) || !session.is_usable() => return Err(error),
                Err(error) => {
                    session.give_data_up(&error);
                    let refused = matches!(error, Error::Refused(_) | Error::Unlisted(Unlisted::File, _));
                    let no_directory = refused && !current.directory.certain;
                    let directory = core::mem::take(&mut current.directory.path);
                    self.current = None;
                    if !no_directory {
                        return Ok(Poll::Ready(Some(Walked::Failed { directory, error })));
                    }
                }
            }
        }
    }
}
