//! Conversations with scripted servers, in virtual time.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod cancel;
mod deadline;
mod desync;
mod disorder;
mod listing;
mod login;
mod simple;
mod transfer;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::sim::{Peer, World};
use ftps_proto::{Config, Login};

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
