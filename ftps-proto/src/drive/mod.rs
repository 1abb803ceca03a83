//! What every adapter over rustls does alike: opening, moving bytes, closing, giving up. Still without IO.
//!
//! An adapter brings a [`Net`]: sockets that do not block, and a clock. From it come a [`Dial`], which results in a
//! logged-in [`Driver`], and the transfers on that: [`Download`], [`Upload`], [`Entries`]. All are polled, with whatever
//! the adapter waits with ([`Net::Cx`]): an async runtime's task context, or the set of sockets for poll(2).

mod builder;
mod commands;
mod dial;
mod driver;
mod net;
mod transfer;

#[doc(hidden)]
pub use crate::__commands as commands;
pub use builder::{Adapter, Builder};
pub use dial::Dial;
pub use driver::{Driver, Lease};
pub use net::{Endpoint, Net};
pub use transfer::{Download, Entries, Status, Upload};
