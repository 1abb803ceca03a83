//! What every adapter over rustls does alike. There is no IO in here: an adapter brings the sockets.
//!
//! ```text
//!   ftps-tokio, ftps-blocking, ftps-smol: their IO traits, one-line methods
//!        │ polls                                   ▲ sockets, timer, names
//!        ▼                                         │
//!   Builder ──► Opening ──► Driver ◄── Download, Upload, Entries
//!              (look-up, race,  │      (each holds a Lease of the driver)
//!               TLS, login)     ▼
//!                          tls::Link
//! ```
//!
//! - A [`Net`] is what an adapter implements: sockets that do not block, a look-up of names, a clock.
//! - [`Builder::open`] makes an [`Opening`]: it looks the host up, races its addresses (RFC 8305), starts TLS and logs in.
//!   It results in a [`Driver`], a session with its sockets.
//! - A [`Proxy`] may be between, and a [`Bind`] says where connections leave from.
//! - [`Running`] is an operation under way; [`Download`], [`Upload`] and [`Copying`] are transfers under way, and [`Entries`]
//!   a listing or a walk. They hold whatever leads to a driver (a borrow, a box, a pool's guard), and reset the data
//!   connection where they are dropped before their end.
//!
//! All of it is polled, with whatever the adapter waits with ([`Net::Context`]): the context of an async task, or the set
//! of sockets for poll(2). All state is kept in these types, so polling can stop at any time and go on later.

pub mod audit;
mod batch;
mod bind;
mod builder;
mod close;
mod commands;
mod connect_error;
mod copying;
mod danger;
mod download;
mod driver;
mod entries;
mod exports;
mod kept;
mod lease;
mod moving;
mod net;
mod opening;
mod pace;
mod proxy;
mod race;
mod reach;
mod retry;
mod running;
mod survey;
mod tally;
mod throttle;
mod transfer;
mod transfers;
mod upload;

#[doc(hidden)]
pub use crate::{
    __commands as commands, __download as download, __entries as entries, __exports as exports,
    __listings as listings, __sockets as sockets, __transfers as transfers, __upload as upload,
};
pub use batch::Batch;
pub use bind::Bind;
pub use builder::{Adapter, Builder};
pub use connect_error::ConnectError;
pub use copying::{Copied, Copying};
pub use danger::DangerousBuilder;
pub use download::Download;
pub use driver::Driver;
pub use entries::Entries;
#[doc(hidden)]
pub use entries::directory;
pub use lease::{Driven, Lease};
#[doc(hidden)]
pub use net::at_once;
pub use net::{Endpoint, Net};
pub use opening::Opening;
pub use proxy::{Proxy, ProxyError, ProxyProblem};
pub use retry::{Attempts, Retry};
pub use running::Running;
pub use survey::{Survey, Surveying};
pub use tally::Hasher;
pub use transfer::NotStarted;
pub use upload::Upload;
