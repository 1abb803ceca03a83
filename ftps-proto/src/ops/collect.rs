//! A listing as a whole.

use alloc::vec::Vec;
use core::mem;
use core::task::Poll;

use super::list::List;
use super::ready;
use crate::codec::list::Listed;
use crate::codec::{Argument, Entry, Name};
use crate::error::{Error, Remote};
use crate::session::{Operation, Session};
use crate::time::Instant;

/// Lists a directory as [`List`] does, and results in its entries.
///
/// No entry is lost in silence: a line that cannot be read ends it with [`Error::Unparsed`], once the listing has come to
/// its end. What it keeps is bounded by [`Limits::listing`](crate::Limits::listing).
#[derive(Debug)]
pub struct Collect {
    list: List,
    entries: Vec<Entry>,
    /// How much memory they take, about.
    bytes: usize,
    unparsed: Unparsed,
}

/// Lines that cannot be read.
#[derive(Debug, Default)]
pub(super) struct Unparsed {
    first: Option<Name>,
    count: u64,
}

impl Unparsed {
    pub(super) fn push(&mut self, line: Vec<u8>) {
        self.count += 1;
        self.first.get_or_insert_with(|| line.into());
    }

    /// Fails where there were any.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        match self.first.take() {
            Some(line) => Err(Error::Unparsed { line, count: self.count }),
            None => Ok(()),
        }
    }
}

impl Collect {
    /// The working directory, or the one at this path.
    pub fn new(path: Option<Argument>) -> Self {
        Self { list: List::new(path), entries: Vec::new(), bytes: 0, unparsed: Unparsed::default() }
    }
}

impl Operation for Collect {
    type Output = Vec<Entry>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Vec<Entry>>, Error> {
        let most = session.config().limits.listing;
        while let Some(listed) = ready!(self.list.step(session, now)?) {
            match listed {
                Listed::Entry(entry) => {
                    self.bytes = self.bytes.saturating_add(size(&entry));
                    if self.bytes > most {
                        return Err(Remote::TooMany("entries for a listing that is kept as a whole").into());
                    }
                    self.entries.push(entry);
                }
                Listed::Unparsed(line) => self.unparsed.push(line),
            }
        }
        self.unparsed.check()?;
        Ok(Poll::Ready(mem::take(&mut self.entries)))
    }
}

/// The memory of an entry, in bytes.
fn size(entry: &Entry) -> usize {
    let facts: usize = entry.facts.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let target = entry.target.as_ref().map_or(0, |target| target.as_bytes().len());
    // The vector of entries grows by doubling.
    2 * mem::size_of::<Entry>() + entry.name.as_bytes().len() + target + facts
}
