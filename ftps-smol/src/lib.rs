//! An FTPS client for smol and async-std: explicit and implicit TLS, verified on both connections, and files that arrive
//! whole.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ftps_smol::Client;
//!
//! let mut client = Client::builder("ftp.example.com").login("user", "secret").connect().await?;
//!
//! let mut file = smol::fs::File::open("report.csv").await?;
//! client.upload("report.csv", &mut file).await?;
//!
//! let mut out = smol::fs::File::create("big.iso").await?;
//! let mut download = client.download("big.iso").await?;
//! smol::io::copy(&mut download, &mut out).await?;
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
//!   [`Upload::finish`] and the close of an [`Upload`] return once the server has confirmed the file.
//! - Every future and every transfer may be dropped at any time. What was under way is reset, and the next call first
//!   recovers the session or says that it is gone ([`Local::NotOpen`]): then it takes a new client.
//! - A refusal on the control connection ends a transfer at once, and every wait has a limit ([`Timeouts`], [`Limits`]).
//! - What takes a path to transfer takes [`Get`] or [`Put`]: from the middle, a range, to the end of a file, as text, verified,
//!   under another name until it is whole. With [`Builder::retry`], a transfer that is cut goes on by itself; best from a
//!   file, which can be read again ([`Client::upload_seekable`]).
//! - [`Client::walk`] lists whole trees, and [`Client::glob`] finds what fits a pattern: `outbox/**/*.csv`.
//! - Paths are bytes, as servers have them; a listing's [`Name`](codec::Name) is one. [`Url`] reads `ftpes://` and `ftps://`
//!   URLs, and [`Builder::from_url`] connects to one.
//! - A [`Proxy`] may be between ([`Builder::proxy`]: SOCKS5 or HTTP), connections leave from where [`Builder::bind`] says, and
//!   the server opens data connections where [`Builder::mode`] does. What gives protection up is behind
//!   [`Builder::dangerous`].
//! - The conversation, secrets redacted, goes to `tracing` at level debug, target `ftps::conversation`.
//!
//! `examples/`: `nightly_upload` (tried again, under its name once it is whole), `progress`, `private_ca`, `parallel`.
//!
//! # Whom to trust
//!
//! By default the platform's verifier decides, as it does for browsers. A server with a certificate of a private authority,
//! or with one of its own, is trusted by that certificate or by a pin ([`tls::TlsConfig`]), or by a
//! [`rustls`](tls::rustls) configuration of your own:
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use ftps_smol::Client;
//! use ftps_smol::tls::TlsConfig;
//!
//! // An authority's certificate, or the server's own. Or: `.pin("sha256//BASE64".parse()?)`, which is enough alone.
//! let tls = TlsConfig::builder().ca_pem(std::fs::read("ca.pem")?).build()?;
//! let client = Client::builder("ftp.example.com").tls(tls).login("user", "secret").connect().await?;
//! # Ok(())
//! # }
//! ```
//! Both connections are verified, and every data connection resumes the control connection's TLS session, as servers
//! demand.
//!
//! # Errors, and when to try again
//!
//! An [`Error`] tells who failed: the caller, the server, the connection, the clock; with the server's
//! [`reply`](Error::reply). `{error}` says what happened and `{error:#}` also what it comes of, which is its
//! [`source`](std::error::Error::source). [`is_temporary`](Error::is_temporary) tells whether the same may succeed later,
//! [`is_not_found`](Error::is_not_found) and [`is_permission_denied`](Error::is_permission_denied) what a refusal is about.
//!
//! ```no_run
//! # async fn example(client: &mut ftps_smol::Client, mut out: Vec<u8>) -> Result<(), ftps_smol::Error> {
//! match client.download_to("report.csv", &mut out).await {
//!     Ok(done) => println!("{} bytes", done.bytes),
//!     Err(error) if error.is_not_found() => println!("not there yet"),
//!     // Later, with a pause that grows; on a new client where this one is not `is_usable` any more.
//!     Err(error) if error.is_temporary() => eprintln!("{error:#}"),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//! As readers and writers, transfers wrap it in an [`io::Error`](std::io::Error) of the kind that fits, whose
//! [`downcast`](std::io::Error::downcast) takes it out again.
//!
//! # Many files
//!
//! Over a line with long round trips, most of the time that a small file takes is spent on asking for it. [`Client::batch`]
//! asks for each while the one before ends; a login in one flight is followed by the first at once.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! # use ftps_smol::Client;
//! let builder = Client::builder("ftp.example.com").login("user", "secret").expect_transfer(true);
//! let mut client = builder.connect().await?;
//! let mut batch = client.batch(["a.csv", "b.csv", "c.csv"]);
//! while let Some((client, name)) = batch.next() {
//!     let mut file = smol::fs::File::create(name).await?;
//!     client.download_to(name, &mut file).await?;
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Several at a time
//!
//! An FTP session moves one file at a time, and so does a client: a transfer borrows it, or owns it
//! ([`Client::into_download`]) and gives it back. For several at a time connect several, in tasks of its own; one [`Builder`]
//! makes any number of them. Servers limit how many they let in, and say so with a temporary error.
//!
//! # What is not there
//!
//! - Plain FTP, on purpose: no password leaves in clear, and nothing goes on without TLS where a server refuses it. Files in
//!   clear after a login inside TLS (PROT C) are behind [`Builder::dangerous`]. SFTP is another protocol.
//! - Not built yet: compression (MODE Z), transfers from server to server. [`Client::command`] sends what needs no data
//!   connection, and [`Client::run`] any operation of the core; `ftps_proto::ops` lists every command.
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `aws-lc-rs` (default), `ring` | rustls' cryptography; with both, aws-lc-rs is used. Built with `AWS_LC_SYS_NO_JITTER_ENTROPY=1` it starts 30 ms sooner: the system's generator is its only source then |
//! | `encoding_rs` | charsets of the web, for servers whose names are not UTF-8: [`codec::Encoding`] |
//! | `async-std` | connectors can return async-std's `TcpStream` ([`Stream`]) |
//!
//! The sockets and timers are async-io's, under which smol and async-std both run: the same client works with either, and
//! with any other executor.
//!
//! The protocol itself lives in [`ftps_proto`]; this crate adds sockets and timers. `ftps-tokio` is the same client for tokio, `ftps-blocking` without a runtime.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod net;
mod tcp;
mod transfer;

pub use client::{Builder, Client, Smol};
pub use net::{Connect, Connecting, Stream};
pub use transfer::{Download, Entries, Upload, Walk};

ftps_proto::drive::exports!();
