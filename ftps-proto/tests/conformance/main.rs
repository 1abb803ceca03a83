//! One body of tests for every adapter: what it does over real sockets, whatever the runtime.
//!
//! [`subject`] is what a test does with a client, [`adapters`] are the four of them. The cases in [`scripted`] talk to a
//! server as hostile as they want it, those in [`servers`] to vsftpd, ProFTPD, Pure-FTPd and pyftpdlib. A new case is a function of
//! the subject and a line that names it, and runs for all four.
//!
//! The protocol is tested in virtual time elsewhere. Here it is about sockets, timers and IO traits.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adapters;
mod commands;
mod connectors;
mod conversation;
mod full;
mod give_up;
mod polled;
mod relay;
#[cfg(feature = "sim")]
mod scripted;
mod servers;
mod subject;
mod table;

/// A test of one case with one adapter.
macro_rules! each {
    ($case:ident, $($adapter:ident $subject:ident),+) => {
        mod $case {
            $(
                #[test]
                fn $adapter() {
                    use crate::subject::Subject;
                    super::$case::<crate::adapters::$subject>();
                    crate::table::passed(stringify!($case), crate::adapters::$subject::NAME, "scripted");
                }
            )+
        }
    };
}

/// Runs a case for each adapter.
macro_rules! for_each_adapter {
    ($case:ident) => {
        crate::each!($case, tokio Tokio, blocking Blocking, smol Smol, async_std AsyncStd);
    };
}

/// Runs a case for each adapter whose calls are futures: where they block, the case cannot arise.
macro_rules! for_each_future {
    ($case:ident) => {
        crate::each!($case, tokio Tokio, smol Smol, async_std AsyncStd);
    };
}

/// Runs a case for each adapter, on every site, or on those that are wanted.
macro_rules! on_every_server {
    ($case:ident) => {
        crate::on_every_server!($case where |_| true);
    };
    ($case:ident where $wanted:expr) => {
        crate::on_every_server!($case, $wanted, tokio Tokio, blocking Blocking, smol Smol, async_std AsyncStd);
    };
    ($case:ident, $wanted:expr, $($adapter:ident $subject:ident),+) => {
        mod $case {
            #[allow(unused_imports, reason = "for what is wanted")]
            use ftps_proto::tls::Version;

            #[allow(unused_imports, reason = "for what is wanted")]
            use crate::servers::Route;
            use crate::servers::{Bench, Site, everywhere};

            const WANTED: fn(&Site) -> bool = $wanted;

            $(
                #[test]
                #[ignore = "needs real servers: bash .ci/test"]
                fn $adapter() {
                    let case: fn(Bench<crate::adapters::$subject>) = super::$case;
                    everywhere(stringify!($case), WANTED, case);
                }
            )+
        }
    };
}

/// Runs a case for each adapter on the servers and proxies that it asks for by name.
macro_rules! on_variants {
    ($case:ident) => {
        crate::on_variants!($case, tokio Tokio, blocking Blocking, smol Smol, async_std AsyncStd);
    };
    ($case:ident, $($adapter:ident $subject:ident),+) => {
        mod $case {
            $(
                #[test]
                #[ignore = "needs real servers: bash .ci/test"]
                fn $adapter() {
                    use crate::subject::Subject;
                    super::$case::<crate::adapters::$subject>();
                    crate::table::passed(stringify!($case), crate::adapters::$subject::NAME, "variants");
                }
            )+
        }
    };
}
use {each, for_each_adapter, for_each_future, on_every_server, on_variants};
