//! Directory trees.

use alloc::collections::{BTreeSet, VecDeque};
use alloc::vec::Vec;
use core::task::Poll;

use super::list::List;
use super::ready;
use crate::codec::list::Listed;
use crate::codec::{Argument, Entry, Kind, Name};
use crate::error::Error;
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
}

/// Lists a directory, its directories, and so on: each with [`List`].
///
/// As with [`List`], each time it is done it results in the next find, and in `None` once there is no more. Links are told,
/// and not followed; a directory whose unique fact (RFC 3659, section 7.5.2) was seen before is told, and not entered
/// again. Only what ends the session ends the walk: what is wrong with one directory is [`Walked::Failed`].
#[derive(Debug)]
pub struct Walk {
    order: WalkOrder,
    most: usize,
    /// Directories that are to be listed.
    waiting: VecDeque<Directory>,
    /// The one that is listed, and where in `waiting` those go that are found in it.
    current: Option<(Directory, List, usize)>,
    seen: BTreeSet<Vec<u8>>,
}

#[derive(Debug)]
struct Directory {
    path: Vec<u8>,
    depth: usize,
}

impl Directory {
    /// The path of what is in it under this name.
    fn join(&self, name: &[u8]) -> Vec<u8> {
        let slash: &[u8] = if self.path.is_empty() || self.path.ends_with(b"/") { b"" } else { b"/" };
        [&self.path, slash, name].concat()
    }
}

/// Directories deep, unless said otherwise: no tree that people make is so deep, and a loop that nothing shows ends.
const DEPTH: usize = 100;

impl Walk {
    /// From the working directory, or the one at this path.
    pub fn new(root: Option<Argument>) -> Self {
        let path = root.map_or(Vec::new(), |root| root.as_bytes().to_vec());
        Self {
            order: WalkOrder::default(),
            most: DEPTH,
            waiting: VecDeque::from([Directory { path, depth: 0 }]),
            current: None,
            seen: BTreeSet::new(),
        }
    }

    /// Which directories come first: by default all of a depth before the next.
    #[must_use]
    pub fn with_order(self, order: WalkOrder) -> Self {
        Self { order, ..self }
    }

    /// Enters no directory that is deeper than this; with 0 only the root is listed. 100 by default.
    #[must_use]
    pub fn with_depth(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Begins with the next directory, if there is one.
    fn next_directory(&mut self) -> Result<bool, Error> {
        let Some(directory) = self.waiting.pop_front() else { return Ok(false) };
        let path = if directory.path.is_empty() { None } else { Some(Argument::new(&directory.path)?) };
        self.current = Some((directory, List::new(path), 0));
        Ok(true)
    }

    fn found(&mut self, listed: Listed) -> Option<Walked> {
        let (directory, _, children) = self.current.as_mut()?;
        let entry = match listed {
            Listed::Entry(entry) => entry,
            Listed::Unparsed(line) => {
                return Some(Walked::Unparsed { directory: directory.path.clone(), line });
            }
        };
        let path = directory.join(entry.name.as_bytes());
        let depth = directory.depth;
        if entry.kind == Kind::Directory && depth < self.most && is_component(entry.name.as_bytes()) {
            let new = entry.unique().is_none_or(|unique| self.seen.insert(unique.to_vec()));
            if new {
                let child = Directory { path: path.clone(), depth: depth + 1 };
                match self.order {
                    WalkOrder::BreadthFirst => self.waiting.push_back(child),
                    WalkOrder::DepthFirst => self.waiting.insert(*children, child),
                }
                *children += 1;
            }
        }
        Some(Walked::Entry { path: path.into(), entry, depth })
    }
}

/// Whether a name leads into a directory, and not elsewhere.
fn is_component(name: &[u8]) -> bool {
    !name.contains(&b'/') && !matches!(name, b"" | b"." | b"..") && Argument::new(name).is_ok()
}

impl Operation for Walk {
    type Output = Option<Walked>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<Walked>>, Error> {
        loop {
            let Some((directory, list, _)) = &mut self.current else {
                if !self.next_directory()? {
                    return Ok(Poll::Ready(None));
                }
                continue;
            };
            match list.step(session, now) {
                Ok(step) => match ready!(step) {
                    Some(listed) => return Ok(Poll::Ready(self.found(listed))),
                    None => self.current = None,
                },
                Err(error @ Error::Local(_)) => return Err(error),
                Err(error) if !session.is_usable() => return Err(error),
                Err(error) => {
                    session.give_data_up(&error);
                    let directory = core::mem::take(&mut directory.path);
                    self.current = None;
                    return Ok(Poll::Ready(Some(Walked::Failed { directory, error })));
                }
            }
        }
    }
}
