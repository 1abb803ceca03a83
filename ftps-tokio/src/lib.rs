//! An FTPS client for tokio: explicit and implicit TLS, verified on both connections, and files that arrive whole.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ftps_tokio::Client;
//!
//! let mut client = Client::builder("ftp.example.com").login("user", "secret").connect().await?;
//!
//! let mut file = tokio::fs::File::open("report.csv").await?;
//! client.upload("report.csv", &mut file).await?;
//!
//! let mut out = tokio::fs::File::create("big.iso").await?;
//! let mut download = client.download("big.iso").await?;
//! tokio::io::copy(&mut download, &mut out).await?;
//! drop(download);
//!
//! for entry in client.list("/outbox").await? {
//!     println!("{} {:?}", entry.name, entry.size);
//! }
//! client.quit().await?;
//! # Ok(())
//! # }
//! ```
//!
//! - The end of a [`Download`] means that the file is complete and confirmed: `copy` alone is safe. [`Client::upload`],
//!   [`Upload::finish`] and the shutdown of an [`Upload`] return once the server has confirmed the file.
//! - Every future and every transfer may be dropped at any time. What was under way is reset, and the next call first
//!   recovers the session or says that it is gone ([`Local::NotOpen`]): then it takes a new client.
//! - TLS is configured by [`tls::TlsConfig`]: the platform's verifier by default, or CA certificates, or a
//!   [`rustls`](tls::rustls) configuration of your own. Every data connection resumes the control connection's TLS session.
//! - The conversation, secrets redacted, goes to `tracing` at level debug, target `ftps::conversation`.
//! - An [`Error`] tells who failed: the caller, the server, the connection, the clock; with the server's reply.
//!   [`Error::is_temporary`] tells whether the same may succeed later. As readers and writers, transfers wrap it in an
//!   [`io::Error`](std::io::Error), whose [`downcast`](std::io::Error::downcast) takes it out again.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `aws-lc-rs` (default), `ring` | rustls' cryptography; with both, aws-lc-rs is used |
//! | `cli` | the program `ftps` |
//!
//! The protocol itself lives in [`ftps_proto`]; this crate adds sockets and timers. `ftps-smol` is the same client for
//! smol and async-std, `ftps-blocking` without a runtime.

mod client;
mod net;
mod tcp;
mod transfer;

pub use client::{Builder, Client, Tokio};
pub use net::{Connect, Connecting, Stream};
pub use transfer::{Download, Entries, Upload};

pub use ftps_proto::codec;
pub use ftps_proto::drive::{ConnectError, Endpoint, NotStarted};
pub use ftps_proto::ops::{Listed, Listing, Transferred};
pub use ftps_proto::tls;
pub use ftps_proto::{
    Channel, EarlyClose, Error, Failure, Layer, Limits, Local, Mode, Pipelining, Refused, Remote, Security,
    ServerKind, Timeouts, Unlisted, Waiting,
};
