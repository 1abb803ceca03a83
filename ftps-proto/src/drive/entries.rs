//! A listing on its way from the server.

use std::fmt;
use std::task::{Poll, ready};

use super::driver::Step;
use super::lease::{Lease, Leased};
use super::transfer::{Context, NotStarted};
use crate::codec::{Argument, ArgumentError};
use crate::error::Error;
use crate::ops::{List, Listed};

/// A listing on its way from the server, a line at a time, in bounded memory.
pub struct Entries<L: Lease> {
    leased: Leased<L>,
    list: List,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Listing,
    /// It is complete and confirmed, or an error has ended it.
    Ended,
}

impl<L: Lease> Entries<L> {
    /// Lists a directory: MLSD where the server has it, else LIST. An empty path is the working directory. Nothing is
    /// sent before this is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, path: impl AsRef<[u8]>) -> Result<Self, NotStarted<L>> {
        match directory(path) {
            Ok(path) => Ok(Self { leased: Leased::new(lease), list: List::new(path), state: State::Listing }),
            Err(error) => Err(NotStarted::new(error, lease)),
        }
    }

    /// The next line, or `None` once the listing is complete and confirmed. After an error there are no more.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever says that the listing is not complete.
    pub fn poll_next(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<Option<Listed>, Error>> {
        while self.state == State::Listing {
            match ready!(self.leased.driver().poll(&mut self.list, cx)) {
                // A listing has none.
                Ok(Step::Payload) => return Poll::Pending,
                Ok(Step::Done(Some(listed))) => return Poll::Ready(Ok(Some(listed))),
                Ok(Step::Done(None)) => self.state = State::Ended,
                Err(error) => {
                    self.state = State::Ended;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Gives the client back. Before the listing's end, this gives it up.
    pub fn release(self) -> L {
        self.leased.release()
    }
}

/// The directory at this path; of an empty one the working directory.
#[doc(hidden)]
pub fn directory(path: impl AsRef<[u8]>) -> Result<Option<Argument>, ArgumentError> {
    if path.as_ref().is_empty() { Ok(None) } else { Argument::new(path).map(Some) }
}

impl<L: Lease> fmt::Debug for Entries<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("state", &self.state).finish_non_exhaustive()
    }
}
