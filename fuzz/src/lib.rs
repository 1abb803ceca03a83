//! What is fuzzed, as plain functions: each takes bytes that it makes of what it will, and panics where something does not
//! hold. The programs in `fuzz_targets` give them to libFuzzer; `tests/replay.rs` gives them the corpora.
#![allow(clippy::panic, clippy::missing_panics_doc, reason = "a target fails by panicking")]

mod address;
mod command;
mod cuts;
mod facts;
mod features;
mod list;
mod memory;
mod record;
mod reply;
mod session;

pub use address::address;
pub use command::command;
pub use facts::facts;
pub use features::features;
pub use list::list;
pub use record::record;
pub use reply::reply;
pub use session::session;
