//! An FTPS client over `std::net`, without a runtime: explicit and implicit TLS, verified on both connections, and files
//! that arrive whole.
//!
//! ```no_run
//! # fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ftps_blocking::Client;
//!
//! let mut client = Client::builder("ftp.example.com").login("user", "secret").connect()?;
//!
//! let mut file = std::fs::File::open("report.csv")?;
//! client.upload("report.csv", &mut file)?;
//!
//! let mut out = std::fs::File::create("big.iso")?;
//! let mut download = client.download("big.iso")?;
//! std::io::copy(&mut download, &mut out)?;
//! drop(download);
//!
//! for entry in client.list("/outbox")? {
//!     println!("{} {:?}", entry.name, entry.size);
//! }
//! client.quit()?;
//! # Ok(())
//! # }
//! ```
//!
//! - The end of a [`Download`] means that the file is complete and confirmed: `copy` alone is safe. [`Client::upload`]
//!   and [`Upload::finish`] return once the server has confirmed the file.
//! - Both connections are waited for at once, by poll(2): a refusal ends a transfer also while its data connection is
//!   silent. Every wait has a limit but one: the system's look-up of a name, which is made in the calling
//!   thread, cannot be interrupted. No thread is started.
//! - A transfer may be dropped at any time. It is reset, and the next call first recovers the session or says that it is
//!   gone ([`Local::NotOpen`]): then it takes a new client. To end it from another thread is not possible.
//! - TLS is configured by [`tls::TlsConfig`]: the platform's verifier by default, or CA certificates, or a
//!   [`rustls`](tls::rustls) configuration of your own. Every data connection resumes the control connection's TLS session.
//! - An [`Error`] tells who failed: the caller, the server, the connection, the clock; with the server's reply.
//!   [`Error::is_temporary`] tells whether the same may succeed later. As readers and writers, transfers wrap it in an
//!   [`io::Error`](std::io::Error), whose [`downcast`](std::io::Error::downcast) takes it out again.
//! - The conversation, secrets redacted, goes to `tracing` at level debug, target `ftps::conversation`.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `aws-lc-rs` (default), `ring` | rustls' cryptography; with both, aws-lc-rs is used |
//!
//! The protocol itself lives in [`ftps_proto`]; this crate adds sockets and waiting. `ftps-tokio` and `ftps-smol` are the
//! same client for those runtimes.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod net;
mod transfer;
mod wait;

pub use client::{Blocking, Builder, Client};
pub use net::{Connect, Stream};
pub use transfer::{Download, Entries, Upload};

pub use ftps_proto::codec;
pub use ftps_proto::drive::{ConnectError, Endpoint, NotStarted};
pub use ftps_proto::ops::{Listed, Transferred};
pub use ftps_proto::tls;
pub use ftps_proto::{
    Channel, EarlyClose, Error, Failure, Layer, Limits, Local, Mode, Pipelining, Rate, Refused, Remote,
    Security, ServerKind, Timeouts, Unlisted, Url, UrlError, Waiting,
};
