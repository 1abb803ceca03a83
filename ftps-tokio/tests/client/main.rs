//! What is tokio's own, and the program. What holds for every adapter is in ftps-proto's conformance suite.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../ftps-proto/tests/conformance/conversation.rs"]
mod conversation;
#[path = "../../../ftps-proto/tests/conformance/polled.rs"]
mod polled;
#[path = "../../../ftps-proto/tests/conformance/relay.rs"]
#[allow(dead_code, reason = "the suite uses more of it")]
mod relay;
mod scripted;
mod servers;
mod stream;
