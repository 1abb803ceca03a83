//! One body of tests for every adapter: what it does over real sockets, whatever the runtime.
//!
//! The protocol is tested in virtual time elsewhere. Here it is about sockets, timers and IO traits.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asynchronous;
mod blocking;
mod calls;
mod connectors;
mod full;
mod lab;
mod servers;
mod subject;
mod waits;

/// Runs a test for each adapter.
macro_rules! for_each_adapter {
    ($(#[$attribute:meta])* $test:ident) => {
        mod $test {
            #[test]
            $(#[$attribute])*
            fn tokio() {
                super::$test::<crate::asynchronous::Tokio>();
            }

            #[test]
            $(#[$attribute])*
            fn blocking() {
                super::$test::<crate::blocking::Blocking>();
            }

            #[test]
            $(#[$attribute])*
            fn smol() {
                super::$test::<crate::asynchronous::Smol>();
            }

            #[test]
            $(#[$attribute])*
            fn async_std() {
                super::$test::<crate::asynchronous::AsyncStd>();
            }
        }
    };
}
use for_each_adapter;
