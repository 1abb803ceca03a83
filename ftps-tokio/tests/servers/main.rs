//! Real servers: vsftpd and ProFTPD as they come, session reuse required, and Pure-FTPd.
//!
//! `bash .ci/test` starts them and says where they are. Without that, each test says that it was left out.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conversation;
mod faults;
mod lab;
mod many;
#[cfg(feature = "cli")]
mod program;
mod security;
mod simple;
