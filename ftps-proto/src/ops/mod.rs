//! Typed units of protocol work, driven by [`Session::poll`].

mod data;
mod exchange;
mod list;
mod open;
mod quit;
mod rename;
mod transfer;

use core::task::Poll;

use crate::error::Error;
use crate::session::Session;
use crate::time::Instant;

pub use data::OpenTransfer;
pub use exchange::{Exchange, cdup, cwd, dele, mkd, noop, pwd, rmd, size};
pub use list::{List, Listed, Listing};
pub use open::Open;
pub use quit::Quit;
pub use rename::Rename;
pub use transfer::{Transfer, Transferred};

/// One unit of protocol work. Operations compose: one can step another.
///
/// An operation may be dropped at any point; the session then recovers before the next one begins.
pub trait Operation {
    /// What it results in.
    type Output;

    /// Goes as far as it can without waiting. Called by [`Session::poll`], again and again while it is pending.
    ///
    /// # Errors
    /// Whatever ends the operation.
    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Self::Output>, Error>;
}

/// Goes on where the [`Poll`] inside a result is ready; returns it as it is otherwise.
macro_rules! ready {
    ($step:expr) => {
        match $step {
            core::task::Poll::Ready(value) => value,
            core::task::Poll::Pending => return Ok(core::task::Poll::Pending),
        }
    };
}
pub(crate) use ready;
