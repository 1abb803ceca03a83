//! Conversations with scripted servers, in virtual time.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod active;
mod calls;
mod cancel;
mod clear;
mod collect;
mod commands;
mod deadline;
mod deeds;
mod desync;
mod disorder;
mod eager;
mod encoding;
mod errors;
mod gets;
mod greeting;
mod hints;
mod keepalive;
mod listing;
mod login;
mod memory;
mod metadata;
mod mlsd;
mod offset;
mod overtaking;
mod paths;
mod patience;
mod prelude;
mod protection;
mod puts;
mod queued;
mod quirks;
mod rate;
mod replies;
mod sealed;
mod secrets;
mod simple;
mod transfer;
mod walk;

use std::time::Duration;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Config, End, Error, Login, Operation, Remote, Security, ops};

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

/// A world with a server that speaks TLS at once, logged in.
fn open_implicit(peer: Peer) -> World {
    let mut config = config();
    config.security = Security::Implicit;
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

/// A server that refuses to delete anything and knows one size.
fn peer() -> Peer {
    Peer::polite().on("DELE", ["550 no"]).on("SIZE", ["213 42"])
}

/// What a server does that sends a file, or a listing, and then says this.
fn sent(payload: &[u8], said: &[&str]) -> Vec<Act> {
    let acts = vec!["150 here".into(), SECURE, Act::Send(payload.into()), Act::End(End::Clean)];
    [acts, said.iter().map(|line| Act::from(*line)).collect()].concat()
}

/// What a server does that takes a file, and then says this.
fn taken(said: &[&str]) -> Vec<Act> {
    let acts = vec!["150 send".into(), SECURE, Act::Receive, Act::End(End::Clean)];
    [acts, said.iter().map(|line| Act::from(*line)).collect()].concat()
}

/// A session after this operation has its own replies.
#[track_caller]
fn in_step(world: &mut World) {
    let error = world.run(&mut ops::dele(argument("x"))).unwrap_err();
    assert_eq!(error.code().unwrap(), 550, "{error}");
    assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 42);
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

/// Goes on until the server has heard this command once more.
#[track_caller]
fn run_until_heard<O: Operation>(world: &mut World, op: &mut O, command: &str) {
    let times = |world: &World| world.heard().filter(|line| line.starts_with(command)).count();
    let before = times(world);
    while times(world) == before {
        assert!(world.run_for(op, 1).is_pending(), "{command} was not heard");
    }
}
