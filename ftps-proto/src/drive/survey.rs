//! What is found out about a server that may not let anybody in.

use std::mem;
use std::task::{Poll, ready};

use super::driver::Driver;
use super::net::Net;
use super::opening::Opening;
use crate::error::{Error, Local};

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

/// A survey under way.
pub struct Surveying<N: Net>(Result<Opening<N>, Option<Error>>);

impl<N: Net> Surveying<N> {
    /// By what [`Builder::open`](super::Builder::open) returns. Without `login` it goes no further than TLS.
    pub fn new(opening: Result<Opening<N>, Error>, login: bool) -> Self {
        Self(match opening {
            Ok(opening) if login => Ok(opening),
            Ok(opening) => Ok(opening.until_secured()),
            Err(error) => Err(Some(error)),
        })
    }

    /// Goes on until there is no more to find out. Not polled again once it is ready.
    pub fn poll(&mut self, cx: &mut N::Context<'_>) -> Poll<Survey<Driver<N>>> {
        let opened = match &mut self.0 {
            Ok(opening) => ready!(opening.poll(cx)),
            Err(error) => Err(error.take().unwrap_or(Error::Local(Local::Finished))),
        };
        Poll::Ready(match (opened, mem::replace(&mut self.0, Err(None))) {
            (Ok(driver), _) => Survey { client: Some(driver), outcome: Ok(()) },
            (Err(error), Ok(opening)) => Survey { client: opening.into_driver(), outcome: Err(error) },
            (Err(error), Err(_)) => Survey::failed(error),
        })
    }
}
