//! Real servers: vsftpd and ProFTPD as they come, session reuse required, and Pure-FTPd.
//!
//! `bash .ci/test` starts them, says where they are, and includes these tests, which are ignored without it.

mod faults;
mod lab;
#[cfg(feature = "cli")]
mod program;
mod security;
