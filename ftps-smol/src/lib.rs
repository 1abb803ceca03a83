//! An FTPS client for smol, and for whatever else polls futures; with the feature `async-std` over that runtime's own
//! sockets.

mod client;
mod net;
mod transfer;

pub use client::{Builder, Client};
pub use net::{Connect, Smol, Stream, Working};
pub use transfer::{Download, Entries, Upload};

pub use ftps_proto::codec;
pub use ftps_proto::drive::{Endpoint, Status};
pub use ftps_proto::ops::{Listed, Listing, Transferred};
pub use ftps_proto::tls;
pub use ftps_proto::{Channel, Error, Limits, Local, Mode, Pipelining, Refused, Remote, Waiting};
