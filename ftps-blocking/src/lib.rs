//! An FTPS client over `std::net`: no runtime, no thread of its own.
//!
//! It waits for both connections at once, so that a refusal ends a transfer also while its data connection is silent. Only
//! the look-up of a host's name is the system's, and takes the time that it takes.

mod client;
mod net;
mod transfer;

pub use client::{Builder, Client};
pub use net::{Blocking, Connect, Stream};
pub use transfer::{Download, Entries, Upload};

pub use ftps_proto::codec;
pub use ftps_proto::drive::{Endpoint, Status};
pub use ftps_proto::ops::{Listed, Listing, Transferred};
pub use ftps_proto::tls;
pub use ftps_proto::{Channel, Error, Limits, Local, Mode, Pipelining, Refused, Remote, Waiting};
