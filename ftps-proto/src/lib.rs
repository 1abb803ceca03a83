//! FTPS as pure state machines: the protocol without sockets, clock, threads or randomness.
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;

pub mod codec;
mod config;
mod error;
mod need;
pub mod ops;
mod session;
#[cfg(feature = "sim")]
pub mod sim;
mod time;
#[cfg(feature = "rustls")]
pub mod tls;

pub use config::{Config, EarlyClose, Limits, Login, Pipelining, Security, Timeouts};
pub use error::{Error, Local, Refused, Remote};
pub use need::{
    Channel, Close, Deadline, End, Failure, Flow, Input, Io, Layer, Need, Progress, Target, Waiting,
};
pub use session::{Direction, Server, Session, Turn};
pub use time::Instant;
