//! FTPS as pure state machines: the protocol without sockets, clock, threads or randomness.
//!
//! For programs on tokio there is `ftps-tokio`. This crate is for everything else: other runtimes, none at all,
//! simulations, fuzzers, servers' tests. It is `no_std` with `alloc`; only its TLS (feature `rustls`) needs std.
//!
//! # Who lives here
//!
//! ```text
//!                   your program, or an adapter: sockets and timers
//!         Need  ▲                                                │  bytes, connected, failed
//!               │                                                ▼
//!          ┌──────────────── tls::Link ────────────────┐   feature `rustls`
//!          │  record engines of both connections,       │
//!          │  tickets private to the session            │
//!          └───────────────────────────────────────────┘
//!         Need  ▲                                                │  Input (plaintext)
//!               │                                                ▼
//!          ┌──────────────── Session ──────────────────┐
//!          │  output, replies, deadlines, recovery      │◄── ops::Operation (Open, OpenTransfer, Transfer, List, ...)
//!          └───────────────────────────────────────────┘
//!                 codec: bytes <-> replies, commands, listings
//! ```
//!
//! Arrows point one way: [`ops`] use the [`Session`], which uses the [`codec`]. Two contracts have one shape. Whoever
//! brings a TLS library of its own drives a [`Session`]; whoever takes rustls drives a `tls::Link`, and moves bytes only.
//!
//! # The loop
//!
//! An operation is polled until it is done. What it needs in between is a [`Need`]: something to do now, or a set of things
//! to wait for, whichever comes first.
//!
//! ```
//! # #[cfg(feature = "rustls")]
//! # mod example {
//! use ftps_proto::ops::Operation;
//! use ftps_proto::tls::{Link, Need};
//! use ftps_proto::{Error, Instant, Io, Progress};
//!
//! # struct Sockets;
//! # impl Sockets {
//! #     fn now(&self) -> Instant { Instant::default() }
//! #     fn connect(&mut self, _: ftps_proto::Target, _: &mut Link) {}
//! #     fn close(&mut self, _: ftps_proto::Channel, _: ftps_proto::Close) {}
//! #     fn payload(&mut self, _: &mut Link) {}
//! #     fn move_or_wait(&mut self, _: Io, _: &mut Link) {}
//! #     fn reset_data(&mut self) {}
//! # }
//! fn run<O: Operation>(link: &mut Link, sockets: &mut Sockets, op: &mut O) -> Result<O::Output, Error> {
//!     loop {
//!         match link.poll(op, sockets.now()).inspect_err(|_| sockets.reset_data())? {
//!             Progress::Done(output) => return Ok(output),
//!             Progress::Need(Need::Listen) => {} // active mode: listening(), connected() or connect_failed()
//!             Progress::Need(Need::Connect(target)) => sockets.connect(target, link), // connected() or connect_failed()
//!             Progress::Need(Need::Close(channel, close)) => sockets.close(channel, close),
//!             Progress::Need(Need::Payload(_)) => sockets.payload(link), // payload() and consume(), or supply()
//!             // outgoing() and sent(), space() and received(), or the deadline.
//!             Progress::Need(Need::Io(io)) => sockets.move_or_wait(io, link),
//!         }
//!     }
//! }
//! # }
//! ```
//!
//! On an error, what `outgoing` holds for the control connection is written as far as its socket takes it at once: it may
//! be the alert that tells the server why. Whoever drops an operation half-way asks `abandon` whether its data connection
//! is to be reset now.
//!
//! `examples/by_hand.rs` is the loop for downloads over plain std sockets.
//!
//! # What holds
//!
//! 1. How bytes are cut into reads never changes what happens, and no input is scanned twice.
//! 2. Replies are matched to commands in order. While several are in flight each accepts only codes that can be its own,
//!    and a late reply never answers the next command.
//! 3. An operation may be dropped at any point. The next one first recovers the session (the data connection reset, ABOR,
//!    and PWD as a fence), or says that it cannot. [`Session::is_usable`] tells without IO.
//! 4. Success is proven. A download is complete after close_notify and a 2xx; an upload after a drained close and a 2xx.
//! 5. No credential leaves before TLS, nothing that came in clear behind 234 is believed, and TLS is never given up.
//! 6. Every wait has a deadline and a [reason](Waiting). Every buffer, line, reply and listing has a limit.
//! 7. Payload does not pass through the machine: whoever drives it moves the bytes, and reports counts.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `rustls` (default) | `tls`: both record engines, over rustls |
//! | `aws-lc-rs` (default), `ring` | rustls' cryptography; with both, aws-lc-rs is used |
//! | `std` | [`Error`] converts into `std::io::Error`; part of `rustls` |
//! | `tracing` | the conversation, secrets redacted, at level debug and target `ftps::conversation` |
//! | `sim` | `sim`: a scripted server, a virtual clock, seeded chunking |
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod codec;
mod config;
#[cfg(feature = "rustls")]
pub mod drive;
mod error;
mod need;
pub mod ops;
mod session;
#[cfg(feature = "sim")]
pub mod sim;
mod time;
#[cfg(feature = "rustls")]
pub mod tls;

pub use config::{Config, EarlyClose, Limits, Login, Mode, Pipelining, Security, Timeouts};
pub use error::{Error, Local, Refused, Remote, Unlisted};
pub use need::{
    Channel, Close, Deadline, End, Failure, Flow, Input, Io, Layer, Need, Progress, Target, Waiting,
};
pub use session::{Direction, Server, Session};
pub use time::Instant;
