//! FTPS as pure state machines.
#![cfg_attr(not(feature = "rustls"), no_std)]
extern crate alloc;

pub mod codec;
#[cfg(feature = "rustls")]
pub mod tls;
