//! What transfers in both directions have in common.

use std::error;
use std::fmt;
use std::io;

use super::lease::Lease;
use super::net::Net;
use crate::error::Error;

pub(super) type Context<'a, L> = <<L as Lease>::Net as Net>::Context<'a>;

/// A transfer that did not start, and whatever held the client for it.
#[non_exhaustive]
pub struct NotStarted<C> {
    /// Why it did not start.
    pub error: Error,
    /// The client, or what leads to it. Whether it can be used is known to its session.
    pub client: C,
}

impl<C> NotStarted<C> {
    pub(super) fn new(error: impl Into<Error>, client: C) -> Self {
        Self { error: error.into(), client }
    }
}

impl<C> fmt::Debug for NotStarted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotStarted").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<C> fmt::Display for NotStarted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<C> error::Error for NotStarted<C> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.error.source()
    }
}

impl<C> From<NotStarted<C>> for Error {
    fn from(not_started: NotStarted<C>) -> Self {
        not_started.error
    }
}

impl<C> From<NotStarted<C>> for io::Error {
    fn from(not_started: NotStarted<C>) -> Self {
        not_started.error.into()
    }
}

/// What every adapter's `Download` and `Upload` tell, once for all of them.
#[doc(hidden)]
#[macro_export]
macro_rules! __transfer {
    () => {
        /// Whether the data connection resumed the control connection's TLS session.
        pub fn resumed(&self) -> bool {
            self.0.resumed()
        }

        /// The confirmation, once it has come: how many bytes the file has, and the server's reply.
        pub fn transferred(&self) -> Option<&$crate::ops::Transferred> {
            self.0.transferred()
        }

        /// Gives the client back. Before the confirmation has come, this gives the transfer up.
        pub fn into_client(self) -> C {
            self.0.release()
        }
    };
}
