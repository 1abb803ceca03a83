//! Why no connection to a host came about.

use std::error;
use std::fmt;
use std::io;

use super::net::Endpoint;

/// No address of a host could be connected to.
///
/// It shows each address that was tried with its reason: `[::1]:21: connection refused; 127.0.0.1:21: timed out`. Where the
/// look-up of the name failed, the name stands in place of an address.
///
/// An [`Error::Connection`](crate::Error::Connection) has it inside the [`io::Error`] that is its failure's source
/// ([`io::Error::get_ref`]), whose kind is that of the first attempt that failed.
#[derive(Debug)]
pub struct ConnectError {
    first: (Endpoint, io::Error),
    others: Vec<(Endpoint, io::Error)>,
}

impl ConnectError {
    pub(super) fn new(to: Endpoint, error: io::Error) -> Self {
        Self { first: (to, error), others: Vec::new() }
    }

    pub(super) fn push(&mut self, to: Endpoint, error: io::Error) {
        self.others.push((to, error));
    }

    /// Each attempt with its error, in the order in which they failed. There is at least one.
    pub fn attempts(&self) -> impl Iterator<Item = (&Endpoint, &io::Error)> {
        std::iter::once(&self.first).chain(&self.others).map(|(to, error)| (to, error))
    }
}

impl fmt::Display for ConnectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (to, error) in self.attempts() {
            write!(f, "{separator}{to}: {error}")?;
            separator = "; ";
        }
        Ok(())
    }
}

/// Without a source: the attempts' errors are part of what it shows.
impl error::Error for ConnectError {}

impl From<ConnectError> for io::Error {
    fn from(error: ConnectError) -> Self {
        Self::new(error.first.1.kind(), error)
    }
}
