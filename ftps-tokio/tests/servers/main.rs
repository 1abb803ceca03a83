//! Real servers: vsftpd and ProFTPD as they come, session reuse required, and Pure-FTPd.
//!
//! `bash .ci/test` starts them and says where they are. Without that, each test says that it was left out.

mod faults;
mod lab;
mod many;
mod security;
mod simple;
