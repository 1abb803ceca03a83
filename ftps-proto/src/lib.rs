//! FTPS as pure state machines: the protocol without sockets, clock, threads or randomness.
//!
//! For programs on tokio there is `ftps-tokio`. This crate is for everything else: other runtimes, none at all,
//! simulations, fuzzers, servers' tests. It is `no_std` with `alloc`; only its TLS (feature `rustls`) needs std.
//!
//! # Who lives here
//!
//! ```text
//!      ftps-tokio         ftps-blocking          ftps-smol          your own: any runtime, or none
//!          └───── sockets, timers, names ──────────┘                          │
//!                            ▼                                                │
//!  drive   Net: what an adapter brings; the loop, connecting, transfers       │   feature `rustls`, no IO
//!                            ▼                                                ▼
//!  tls     Link: a session with both record engines, tickets private to it, trust
//!                            ▼                                                │   (another TLS: Session itself)
//!  ops     Open, StartTransfer, Transfer, List, Walk, Metadata, CreateDirAll, Quit, one command each
//!                            ▼
//!  session Session: what leaves, whose each reply is, deadlines, recovery, what was learned of the server
//!                            ▼
//!  codec   bytes <-> replies, commands, addresses, features, listings
//! ```
//!
//! Arrows point one way. Two contracts have one shape: whoever brings a TLS library of its own drives a [`Session`];
//! whoever takes rustls drives a `tls::Link`, and moves bytes only. `drive` does that for sockets that can be polled.
//!
//! # The loop
//!
//! An operation is polled until it is done. What it needs in between is a [`Need`]: something to do now, or a set of things
//! to wait for, whichever comes first. Before a command leaves there is one wait whose deadline has come already: what lies
//! in the control connection's socket is read, and nothing is waited for.
//!
//! ```
//! # #[cfg(feature = "rustls")]
//! # mod example {
//! use ftps_proto::tls::{Link, LinkNeed};
//! use ftps_proto::{Error, Instant, Io, Operation, Progress};
//!
//! # struct Sockets;
//! # impl Sockets {
//! #     fn now(&self) -> Instant { Instant::default() }
//! #     fn connect(&mut self, _: ftps_proto::Target, _: &mut Link) {}
//! #     fn listen(&mut self, _: &mut Link) {}
//! #     fn close(&mut self, _: ftps_proto::Channel, _: ftps_proto::Close) {}
//! #     fn payload(&mut self, _: &mut Link) {}
//! #     fn move_or_wait(&mut self, _: Io, _: &mut Link) {}
//! #     fn reset_data(&mut self) {}
//! # }
//! fn run<O: Operation>(link: &mut Link, sockets: &mut Sockets, op: &mut O) -> Result<O::Output, Error> {
//!     loop {
//!         match link.poll(op, sockets.now()).inspect_err(|_| sockets.reset_data())? {
//!             Progress::Done(output) => return Ok(output),
//!             Progress::Need(LinkNeed::Connect(target)) => sockets.connect(target, link), // connected() or connect_failed()
//!             Progress::Need(LinkNeed::Listen) => sockets.listen(link), // listening(), and then the same
//!             Progress::Need(LinkNeed::Close(channel, close)) => sockets.close(channel, close),
//!             Progress::Need(LinkNeed::Payload(_)) => sockets.payload(link), // payload() and consume(), or supply()
//!             // outgoing() and sent(), space() and received(), or the deadline.
//!             Progress::Need(LinkNeed::Io(io)) => sockets.move_or_wait(io, link),
//!             Progress::Need(need) => unimplemented!("{need:?}, of a later version"),
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
//! # Replies
//!
//! FTP's replies carry no number, servers answer out of order, twice, late, or not at all. Every command that has left holds
//! a [`Ticket`], and a reply goes to the first open one that takes it:
//!
//! 1. its *own*: a code that RFCs and known servers give for the command, or a refusal that names it;
//! 2. *foreign* codes, which can only answer a command that is not open, are dropped, counted, and named if a wait ends in
//!    vain ([`Error::Timeout`]);
//! 3. *anything else* is the only open command's, by its class: 2yz is good, 4yz and 5yz refuse, the rest is
//!    [`Remote::UnexpectedReply`] at once.
//!
//! Before a command leaves, what lies unread is read, so that it cannot be the answer; a server that has closed the session is
//! noticed then ([`Error::Closed`]), and nothing was done. What may be the end of a transfer counts once its data connection
//! has ended well. A command belongs to the operation that has the session, or to the session itself: a keepalive, or the
//! EPSV for the next transfer.
//!
//! # A transfer's parts
//!
//! A *route* gives a data connection: passive (EPSV, else PASV) or active (EPRT, else PORT, with [`Need::Listen`]). A
//! *prelude* goes before the command (REST, ALLO, TYPE). The *command* leaves together with the ClientHello; its preliminary
//! reply and the handshake are waited for together. Then *payload* moves, past the machine; its end, the close and the final
//! reply make it complete.
//!
//! # What holds
//!
//! 1. How bytes are cut into reads never changes what happens, and no input is scanned twice.
//! 2. No operation is told the reply to another's command, and none is swallowed without a word.
//! 3. An operation may be dropped at any point. The next one first recovers the session (the data connection reset, ABOR,
//!    and PWD as a fence), or says that it cannot. [`Session::is_usable`] tells without IO.
//! 4. Success is proven. A download is complete after close_notify and a 2xx; an upload after a drained close and a 2xx.
//! 5. No credential leaves before TLS, nothing that came in clear after the reply to AUTH is believed, TLS is never given
//!    up but where something called `dangerous` asks for it, and what a server's greeting says in clear decides nothing.
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
//! | `encoding_rs` | charsets of the web for names that are not UTF-8: [`codec::Encoding`] |
//! | `serde` | what listings list, (de)serialized |
//! | `jiff` | times of listings as jiff has them |
//! | `tracing` | the conversation, secrets redacted, at level debug and target `ftps::conversation` |
//! | `sim` | `sim`: a scripted server, a virtual clock, seeded chunking |
#![cfg_attr(not(feature = "std"), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

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
mod url;

pub use config::{
    Config, EarlyClose, Limits, ListCommand, Login, Mode, Pipelining, Protection, Rate, Security, Timeouts,
};
pub use error::{Error, Local, Mismatch, Refused, Remote, Unlisted};
pub use need::{
    Channel, Close, Deadline, End, Failure, Flow, Input, Io, Layer, Need, Progress, Target, Waiting,
};
pub use session::{Claim, Deed, DeedAct, Direction, Operation, Quirk, Quirks, ServerKind, Session, Ticket};
pub use time::Instant;
pub use url::{Url, UrlError, UrlType};

/// The README's code, which is compiled with the documentation's.
#[cfg(all(doctest, feature = "rustls"))]
#[doc = include_str!("../../README.md")]
struct Readme;
