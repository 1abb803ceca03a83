//! The server's time zone.

use alloc::boxed::Box;
use core::task::Poll;

use super::exchange::{Exchange, mdtm};
use super::list::List;
use super::ready;
use crate::codec::list::Listed;
use crate::codec::{Argument, Entry, Kind, Precision, Timestamp, Zone};
use crate::error::Error;
use crate::session::{Operation, Session};
use crate::time::Instant;

/// Finds out how far the clock is ahead of UTC by which the server shows times in LIST: lists a directory, and compares what
/// it says of its newest file with MDTM, which is in UTC (RFC 3659, section 3).
///
/// Results in minutes, or in `None` where nothing tells: LIST is not what the session lists with, there is no file, its time
/// is to the day, or the server has no MDTM. What was found is kept: from then on listings of the session say this zone, and
/// this results in the same at once.
///
/// Where the zone has summer time, servers on Unix show a file of the other half of the year by the clock of then: its time
/// is an hour off.
#[derive(Debug)]
pub struct LearnOffset {
    directory: Option<Argument>,
    newest: Option<Newest>,
    stage: Stage,
}

/// The newest file, and when LIST says that it was modified.
#[derive(Debug)]
struct Newest {
    path: Argument,
    modified: Timestamp,
    seconds: i64,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Listing(Box<List>),
    Asking(Exchange<Timestamp>, Timestamp),
}

impl LearnOffset {
    /// By the files in the working directory, or in the directory at this path.
    pub fn new(directory: Option<Argument>) -> Self {
        Self { directory, newest: None, stage: Stage::Begin }
    }

    fn take(&mut self, entry: &Entry) -> Option<()> {
        let modified = entry.modified.filter(|modified| modified.zone == Zone::Server)?;
        let seconds = modified.to_unix()?;
        let is_newer = self.newest.as_ref().is_none_or(|newest| newest.seconds < seconds);
        if entry.kind != Kind::File || modified.precision() == Precision::Day || !is_newer {
            return None;
        }
        let above = self.directory.as_ref().map_or(&b""[..], Argument::as_bytes);
        let slash: &[u8] = if above.is_empty() || above.ends_with(b"/") { b"" } else { b"/" };
        let path = Argument::new([above, slash, entry.name.as_bytes()].concat()).ok()?;
        self.newest = Some(Newest { path, modified, seconds });
        Some(())
    }
}

impl Operation for LearnOffset {
    type Output = Option<i16>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<i16>>, Error> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin if session.list_offset().is_some() => {
                    return Ok(Poll::Ready(session.list_offset()));
                }
                Stage::Begin => Stage::Listing(Box::new(List::new(self.directory.clone()))),
                Stage::Listing(list) => match (ready!(list.step(session, now)?), self.newest.take()) {
                    (Some(listed), newest) => {
                        self.newest = newest;
                        if let Listed::Entry(entry) = listed {
                            self.take(&entry);
                        }
                        continue;
                    }
                    (None, Some(newest)) => Stage::Asking(mdtm(newest.path), newest.modified),
                    (None, None) => return Ok(Poll::Ready(None)),
                },
                Stage::Asking(mdtm, listed) => {
                    let utc = match mdtm.step(session, now) {
                        Ok(step) => ready!(step),
                        Err(Error::Refused(_) | Error::Remote(_)) if session.is_usable() => {
                            return Ok(Poll::Ready(None));
                        }
                        Err(error) => return Err(error),
                    };
                    let offset = listed.offset_from(&utc);
                    session.learn_list_offset(offset);
                    return Ok(Poll::Ready(offset));
                }
            }
        }
    }
}
