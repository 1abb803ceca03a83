//! Conversations with scripted servers, in virtual time.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod calls;
mod cancel;
mod collect;
mod deadline;
mod desync;
mod disorder;
mod errors;
mod listing;
mod login;
mod metadata;
mod rate;
mod secrets;
mod simple;
mod transfer;

use std::time::Duration;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Config, Login};

const SECURE: Act = Act::Secure { resumed: true };
/// What follows comes in a packet of its own.
const PAUSE: Act = Act::Wait(Duration::from_secs(1));

/// A world that is logged in.
fn open(peer: Peer) -> World {
    let mut world = World::new(peer);
    world.open().unwrap();
    world
}

fn config() -> Config {
    Config::new(Login::new(argument("user"), Secret::new("secret").unwrap()))
}

fn argument(text: &str) -> Argument {
    Argument::new(text).unwrap()
}

fn heard(world: &World) -> Vec<&str> {
    world.heard().collect()
}
