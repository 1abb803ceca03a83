//! Typed units of protocol work, driven by [`Session::poll`](crate::Session::poll).
//!
//! What a transfer is to move, and how, is told by [`Get`] and [`Put`]. It has five parts, each in its file: what has to be
//! known of the file (`conditions`), a route (`route`: passive or active), what goes before the command, the command with
//! its preliminary reply and the handshake (`start`), and payload, end and final reply (`transfer`).
//!
#![doc = include_str!("../commands.md")]

mod call;
mod collect;
mod conditions;
mod create;
mod exchange;
mod get;
mod hash;
mod home;
mod list;
mod listing;
mod metadata;
mod modify;
mod names;
mod offset;
mod open;
mod put;
mod quit;
mod reinitialize;
mod remove;
mod rename;
mod route;
mod start;
mod status;
mod transfer;
mod walk;

pub use crate::codec::list::Listed;
pub use collect::Collect;
pub use create::CreateDirAll;
pub use exchange::{
    Exchange, acct, allo, avbl, cdup, clnt, command, cwd, dele, help, lang, mdtm, mfct, mff, mfmt, mkd, mlst,
    noop, opts_mlst, pwd, rmd, rmda, site, site_chmod, site_mkdir, site_rmdir, site_symlink, site_utime,
    size, stat,
};
pub use get::Get;
#[cfg(feature = "rustls")]
pub(crate) use get::{Observer, Span};
pub use hash::FileHash;
#[cfg(feature = "rustls")]
pub(crate) use home::{Locate, Return};
pub use list::List;
pub use metadata::Metadata;
pub use modify::{SetModified, SetPermissions};
pub use names::{CollectNames, Names};
pub use offset::LearnOffset;
pub use open::Open;
pub use put::Put;
pub use quit::Quit;
pub use reinitialize::Reinitialize;
pub use remove::RemoveDirAll;
pub use rename::Rename;
pub use start::StartTransfer;
pub use status::{StatusList, System};
pub use transfer::{Transfer, Transferred};
pub use walk::{Walk, WalkOrder, Walked};

/// Goes on where a [`Poll`](core::task::Poll) is ready; returns that it is pending otherwise.
macro_rules! ready {
    ($step:expr) => {
        match $step {
            core::task::Poll::Ready(value) => value,
            core::task::Poll::Pending => return Ok(core::task::Poll::Pending),
        }
    };
}
pub(crate) use ready;
