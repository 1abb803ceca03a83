//! An FTPS client for tokio.

mod builder;
mod client;
mod driver;
mod transfer;

pub use builder::Builder;
pub use client::{Client, Entries, Listing, Transferred};
pub use transfer::{Download, Upload};

pub use ftps_proto::codec;
pub use ftps_proto::ops::Listed;
pub use ftps_proto::tls;
pub use ftps_proto::{EarlyClose, Error, Local, Pipelining, Refused, Remote, Security, Server, Waiting};
