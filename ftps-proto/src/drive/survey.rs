//! What is found out about a server that may not let anybody in.

use super::driver::Driver;
use super::net::Net;
use super::opening::Opening;
use crate::error::Error;

/// What a client's `survey` came to.
#[derive(Debug)]
#[non_exhaustive]
pub struct Survey<C> {
    /// The session, once its connection is up. It can be used where it is logged in, and tells what was found out anyway.
    pub client: Option<C>,
    /// Whether it got as far as was wanted. Errors are those of [`Builder::connect`](super::Builder::connect).
    pub outcome: Result<(), Error>,
}

impl<C> Survey<C> {
    /// Nothing was found out.
    pub fn failed(error: Error) -> Self {
        Self { client: None, outcome: Err(error) }
    }

    /// Another client over the same session.
    pub fn map<D>(self, client: impl FnOnce(C) -> D) -> Survey<D> {
        Survey { client: self.client.map(client), outcome: self.outcome }
    }
}

impl<N: Net> Survey<Driver<N>> {
    /// What [`Opening::poll`] came to, with the session as far as it got.
    pub fn new(opening: Opening<N>, opened: Result<Driver<N>, Error>) -> Self {
        match opened {
            Ok(driver) => Self { client: Some(driver), outcome: Ok(()) },
            Err(error) => Self { client: opening.into_driver(), outcome: Err(error) },
        }
    }
}
