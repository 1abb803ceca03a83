//! NLST: names alone.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::mem;
use core::task::Poll;

use super::list::{list_argument, says_empty};
use super::listing::too_long;
use super::ready;
use super::start::StartTransfer;
use super::transfer::Transfer;
use crate::codec::encoding::Encoding;
use crate::codec::{Argument, Command, Name};
use crate::error::{Error, Remote};
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Lists the names in a directory (NLST; RFC 959, section 4.1.3; RFC 1123, section 4.1.2.7).
///
/// Each time it is done it results in the next name, and in `None` once the listing is complete and confirmed; it is polled
/// again for more. Names are as the server sends them: most put the path that was asked for before each. What they name, file
/// or directory, is not told, and many servers leave out names that begin with a dot. The directory itself and its parent are left
/// out. [`List`](super::List) tells more.
#[derive(Debug)]
pub struct Names {
    claim: Claim,
    path: Option<Argument>,
    encoding: Option<Encoding>,
    count: u64,
    /// Another listing is taken first, to be rid of the rest of one that was given up.
    purging: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    Opening(Box<StartTransfer>),
    Receiving(Box<Transfer>),
    /// The last name lacks its line end.
    Last(Option<Name>),
}

impl Names {
    /// In the working directory, or at this path, which may be a pattern where the server takes one.
    pub fn new(path: Option<Argument>) -> Self {
        Self { claim: Claim::default(), path, encoding: None, count: 0, purging: false, stage: Stage::Begin }
    }

    fn next(&mut self, session: &mut Session) -> Result<Option<Name>, Error> {
        let most = session.config().limits.lines;
        while let Some(line) = session.listing().next_line().map_err(too_long)? {
            self.count += 1;
            if self.count > most {
                return Err(Remote::TooMany("lines in a listing").into());
            }
            if names(line) && !self.purging {
                return told(line, self.encoding.as_ref()).map(Some);
            }
        }
        Ok(None)
    }
}

/// Whether a line names something in the directory. Pure-FTPd lists the directory itself and its parent.
fn names(line: &[u8]) -> bool {
    let name = line.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    !line.is_empty() && !matches!(name, b"." | b"..")
}

/// What is told of a name: its text where the server's names are of a charset. One that would be sent otherwise than it came
/// is not told.
fn told(name: &[u8], encoding: Option<&Encoding>) -> Result<Name, Error> {
    match encoding.map(|encoding| (encoding, encoding.decode(name))) {
        Some((_, Some(text))) => Ok(text.as_bytes().into()),
        Some((encoding, None)) if !encoding.keeps(name) => {
            Err(Error::Unparsed { line: name.into(), count: 1 })
        }
        _ => Ok(name.into()),
    }
}

impl Operation for Names {
    type Output = Option<Name>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<Name>>, Error> {
        if !matches!(self.stage, Stage::Last(_)) {
            ready!(session.begin(&mut self.claim)?);
        }
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin => {
                    let path = list_argument(self.path.clone(), false)?;
                    Stage::Opening(Box::new(StartTransfer::listing(Command::Nlst(path))))
                }
                Stage::Opening(start) => match start.advance(session, now) {
                    Ok(step) => {
                        let transfer = ready!(step);
                        self.purging = session.has_stale_listing();
                        self.encoding = session.encoding().cloned();
                        Stage::Receiving(Box::new(transfer))
                    }
                    // ProFTPD of an empty directory: 450.
                    Err(Error::Refused(refused)) if says_empty(&refused.reply) => {
                        session.discard_data();
                        Stage::Last(None)
                    }
                    Err(error) => return Err(error),
                },
                Stage::Receiving(_) => {
                    if let Some(name) = self.next(session)? {
                        return Ok(Poll::Ready(Some(name)));
                    }
                    let Stage::Receiving(transfer) = &mut self.stage else { continue };
                    ready!(transfer.advance(session, now)?);
                    if mem::take(&mut self.purging) {
                        session.listed_to_the_end();
                        Stage::Begin
                    } else {
                        let last = session.listing().finish().map_err(too_long)?;
                        let last = last.filter(|line| names(line));
                        Stage::Last(last.map(|line| told(line, self.encoding.as_ref())).transpose()?)
                    }
                }
                Stage::Last(last) => return Ok(Poll::Ready(last.take())),
            };
        }
    }
}

/// The names in a directory, as [`Names`] lists them, all at once. What it keeps is bounded by
/// [`Limits::listing`](crate::Limits::listing).
#[derive(Debug)]
pub struct CollectNames {
    names: Names,
    collected: Vec<Name>,
    /// How much memory they take, about.
    bytes: usize,
}

impl CollectNames {
    /// In the working directory, or at this path.
    pub fn new(path: Option<Argument>) -> Self {
        Self { names: Names::new(path), collected: Vec::new(), bytes: 0 }
    }
}

impl Operation for CollectNames {
    type Output = Vec<Name>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Vec<Name>>, Error> {
        let most = session.config().limits.listing;
        while let Some(name) = ready!(self.names.step(session, now)?) {
            // The vector grows by doubling.
            self.bytes += name.as_bytes().len() + 2 * mem::size_of::<Name>();
            if self.bytes > most {
                return Err(Remote::TooMany("names for a listing that is kept as a whole").into());
            }
            self.collected.push(name);
        }
        Ok(Poll::Ready(mem::take(&mut self.collected)))
    }
}
