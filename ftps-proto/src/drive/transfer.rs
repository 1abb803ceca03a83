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

/// What every adapter's `Download` has, in whose module `wait` waits for a poll: as it is, or with `[async await]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __download {
    ($([$async:ident $await:ident])?) => {
        /// Downloads a file (RETR) for whatever leads to a client: a borrow, a box, a guard, a pool's object.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply, say a 550; and `client`.
        pub $($async)? fn open(
            client: C,
            get: impl Into<$crate::ops::Get>,
        ) -> Result<Self, $crate::drive::NotStarted<C>> {
            let mut download = $crate::drive::Download::new(client, get)?;
            match wait(|cx| download.poll_start(cx))$(.$await)? {
                Ok(()) => Ok(Self(download)),
                Err(error) => Err(download.not_started(error)),
            }
        }

        $crate::__transfer!();
    };
}

/// The same of every adapter's `Upload`.
#[doc(hidden)]
#[macro_export]
macro_rules! __upload {
    ($([$async:ident $await:ident])?) => {
        /// Uploads a file (STOR) for whatever leads to a client: a borrow, a box, a guard, a pool's object.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply, say a 553; and `client`.
        pub $($async)? fn open(
            client: C,
            put: impl Into<$crate::ops::Put>,
        ) -> Result<Self, $crate::drive::NotStarted<C>> {
            let mut upload = $crate::drive::Upload::new(client, put)?;
            match wait(|cx| upload.poll_start(cx))$(.$await)? {
                Ok(()) => Ok(Self(upload)),
                Err(error) => Err(upload.not_started(error)),
            }
        }

        /// Ends the file and waits until the server has confirmed it. Once that was given up, it may be called again.
        ///
        /// # Errors
        /// Whatever says that the file is not known to be stored.
        pub $($async)? fn finish(&mut self) -> Result<$crate::ops::Transferred, $crate::Error> {
            wait(|cx| self.0.poll_finish(cx))$(.$await)?
        }

        $crate::__transfer!();
    };
}

/// What both tell.
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
