//! What comes one after another: a listing's lines, what a walk finds.

use std::fmt;
use std::task::{Poll, ready};

use super::driver::Step;
use super::lease::{Lease, Leased};
use super::transfer::{Context, NotStarted};
use crate::codec::{Argument, ArgumentError, Pattern};
use crate::error::Error;
use crate::ops::{List, Walk, WalkOrder};
use crate::session::Operation;

/// An operation that results in one thing after another and in `None` at its end, as [`List`] and [`Walk`] do: under way,
/// in bounded memory.
pub struct Entries<L: Lease, O = List> {
    leased: Leased<L>,
    op: O,
    state: State,
}

#[derive(Debug, PartialEq)]
enum State {
    Listing,
    /// It is complete and confirmed, or an error has ended it.
    Ended,
}

impl<L: Lease, O> Entries<L, O> {
    /// Nothing is sent before this is polled.
    pub fn new(lease: L, op: O) -> Self {
        Self { leased: Leased::new(lease), op, state: State::Listing }
    }

    /// The next one, or `None` once all is complete and confirmed. After an error there are no more.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever says that this is not all.
    pub fn poll_next<T>(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<Option<T>, Error>>
    where
        O: Operation<Output = Option<T>>,
    {
        while self.state == State::Listing {
            match ready!(self.leased.driver().poll(&mut self.op, cx)) {
                // A listing has none.
                Ok(Step::Payload) => return Poll::Pending,
                Ok(Step::Done(Some(next))) => return Poll::Ready(Ok(Some(next))),
                Ok(Step::Done(None)) => self.state = State::Ended,
                Err(error) => {
                    self.state = State::Ended;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(Ok(None))
    }

    /// Gives the client back. Before the end, this gives the rest up.
    pub fn release(self) -> L {
        self.leased.release()
    }

    fn begin(lease: L, op: Result<O, Error>) -> Result<Self, NotStarted<L>> {
        match op {
            Ok(op) => Ok(Self::new(lease, op)),
            Err(error) => Err(NotStarted::new(error, lease)),
        }
    }
}

impl<L: Lease> Entries<L> {
    /// Lists a directory: MLSD where the server has it, else LIST. An empty path is the working directory.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn list(lease: L, path: impl AsRef<[u8]>) -> Result<Self, NotStarted<L>> {
        Self::begin(lease, directory(path).map(List::new).map_err(Error::from))
    }
}

impl<L: Lease> Entries<L, Walk> {
    /// Lists a directory and those below it. An empty path is the working directory.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn walk(lease: L, path: impl AsRef<[u8]>) -> Result<Self, NotStarted<L>> {
        Self::begin(lease, directory(path).map(Walk::new).map_err(Error::from))
    }

    /// Finds what fits a pattern.
    ///
    /// # Errors
    /// [`Error::Local`] for what is not a pattern, or begins with a path that cannot be sent.
    pub fn glob(lease: L, pattern: impl AsRef<[u8]>) -> Result<Self, NotStarted<L>> {
        let walk = Pattern::new(pattern).map_err(Error::from);
        Self::begin(lease, walk.and_then(|pattern| Ok(Walk::glob(pattern)?)))
    }

    /// As [`Walk::with_order`].
    #[must_use]
    pub fn with_order(self, order: WalkOrder) -> Self {
        Self { op: self.op.with_order(order), ..self }
    }

    /// As [`Walk::with_depth`].
    #[must_use]
    pub fn with_depth(self, most: usize) -> Self {
        Self { op: self.op.with_depth(most), ..self }
    }
}

/// The directory at this path; of an empty one the working directory.
#[doc(hidden)]
pub fn directory(path: impl AsRef<[u8]>) -> Result<Option<Argument>, ArgumentError> {
    if path.as_ref().is_empty() { Ok(None) } else { Argument::new(path).map(Some) }
}

impl<L: Lease, O> fmt::Debug for Entries<L, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("state", &self.state).finish_non_exhaustive()
    }
}

/// How a client begins to list, once for every adapter: methods of a client whose crate has [`Entries`] and `Walk`.
#[doc(hidden)]
#[macro_export]
macro_rules! __listings {
    () => {
        /// Lists a directory a line at a time, in bounded memory. Each line is told, also one that cannot be read. Nothing
        /// is sent before the first is asked for.
        ///
        /// # Errors
        /// [`Error::Local`]($crate::Error::Local) for a path that cannot be sent.
        pub fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Entries<&mut Self>, $crate::Error> {
            Ok(Entries::open(self, path)?)
        }

        /// As [`entries`](Self::entries), with the client inside; [`Entries::into_client`] gives it back.
        ///
        /// # Errors
        /// The same; and the client.
        pub fn into_entries(
            self,
            path: impl AsRef<[u8]>,
        ) -> Result<Entries<Box<Self>>, $crate::drive::NotStarted<Box<Self>>> {
            Entries::open(Box::new(self), path)
        }

        /// Lists a directory, those in it, and so on: what is [`Walked`]($crate::ops::Walked), one at a time. Links are
        /// told, and not followed; a directory that cannot be listed is told, and does not end the walk. Nothing is sent
        /// before the first is asked for.
        ///
        /// # Errors
        /// [`Error::Local`]($crate::Error::Local) for a path that cannot be sent.
        #[doc(alias = "recursive")]
        pub fn walk(&mut self, path: impl AsRef<[u8]>) -> Result<Walk<&mut Self>, $crate::Error> {
            Ok(Walk::walk(self, path)?)
        }

        /// As [`walk`](Self::walk), with the client inside; [`Entries::into_client`] gives it back.
        ///
        /// # Errors
        /// The same; and the client.
        pub fn into_walk(
            self,
            path: impl AsRef<[u8]>,
        ) -> Result<Walk<Box<Self>>, $crate::drive::NotStarted<Box<Self>>> {
            Walk::walk(Box::new(self), path)
        }

        /// Finds what fits a [`Pattern`]($crate::codec::Pattern): `*`, `?`, `[a-z]`, `{a,b}` and `**` in any part of the
        /// path. The pattern is never sent: the directories on the way are listed, as by [`walk`](Self::walk). Nothing is
        /// sent before the first find is asked for.
        ///
        /// # Errors
        /// [`Error::Local`]($crate::Error::Local) for what is not a pattern, or begins with a path that cannot be sent.
        #[doc(alias = "wildcard")]
        pub fn glob(&mut self, pattern: impl AsRef<[u8]>) -> Result<Walk<&mut Self>, $crate::Error> {
            Ok(Walk::glob(self, pattern)?)
        }

        /// As [`glob`](Self::glob), with the client inside; [`Entries::into_client`] gives it back.
        ///
        /// # Errors
        /// The same; and the client.
        pub fn into_glob(
            self,
            pattern: impl AsRef<[u8]>,
        ) -> Result<Walk<Box<Self>>, $crate::drive::NotStarted<Box<Self>>> {
            Walk::glob(Box::new(self), pattern)
        }
    };
}

/// What every adapter's `Entries`, a tuple of the driver's, has but for how the next one is waited for.
#[doc(hidden)]
#[macro_export]
macro_rules! __entries {
    ($client:ty) => {
        impl<C: std::ops::DerefMut<Target = $client>> Entries<C> {
            /// Lists a directory for whatever leads to a client. Nothing is sent before the first line is asked for.
            ///
            /// # Errors
            /// [`Error::Local`]($crate::Error::Local) for a path that cannot be sent; and `client`.
            pub fn open(client: C, path: impl AsRef<[u8]>) -> Result<Self, $crate::drive::NotStarted<C>> {
                $crate::drive::Entries::list(client, path).map(Self)
            }
        }

        impl<C: std::ops::DerefMut<Target = $client>> Entries<C, $crate::ops::Walk> {
            /// Walks over a directory for whatever leads to a client. Nothing is sent before the first find is asked for.
            ///
            /// # Errors
            /// [`Error::Local`]($crate::Error::Local) for a path that cannot be sent; and `client`.
            pub fn walk(client: C, path: impl AsRef<[u8]>) -> Result<Self, $crate::drive::NotStarted<C>> {
                $crate::drive::Entries::walk(client, path).map(Self)
            }

            /// Finds what fits a pattern for whatever leads to a client. Nothing is sent before the first find is asked for.
            ///
            /// # Errors
            /// [`Error::Local`]($crate::Error::Local) for what is not a pattern, or begins with a path that cannot be sent;
            /// and `client`.
            pub fn glob(client: C, pattern: impl AsRef<[u8]>) -> Result<Self, $crate::drive::NotStarted<C>> {
                $crate::drive::Entries::glob(client, pattern).map(Self)
            }

            /// Which directories come first: by default all of a depth before the next.
            #[must_use]
            pub fn with_order(self, order: $crate::ops::WalkOrder) -> Self {
                Self(self.0.with_order(order))
            }

            /// Enters no directory that is deeper than this; with 0 only the first one is listed. 100 by default.
            #[must_use]
            pub fn with_depth(self, most: usize) -> Self {
                Self(self.0.with_depth(most))
            }
        }

        impl<C: std::ops::DerefMut<Target = $client>, O: $crate::Operation> Entries<C, O> {
            /// For any operation that results in one thing after another, and in `None` at its end. A
            /// [`Walk`]($crate::ops::Walk) may be borrowed, to go on over another client where this one's session ends.
            pub fn over(client: C, op: O) -> Self {
                Self($crate::drive::Entries::new(client, op))
            }

            /// Gives the client back. Before the end, this gives the rest up.
            pub fn into_client(self) -> C {
                self.0.release()
            }
        }
    };
}
