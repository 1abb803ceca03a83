//! The client: with scripted servers for what is difficult, with real ones for the truth.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod conversation;
mod polled;
mod scripted;
mod servers;
mod stream;
