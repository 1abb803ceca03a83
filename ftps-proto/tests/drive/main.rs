//! The drive layer on a net in virtual time, against a scripted server with rustls' own TLS.
#![cfg(all(feature = "sim", any(feature = "aws-lc-rs", feature = "ring")))]
#![allow(unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod active;
mod batch;
mod calls;
mod closes;
mod connect;
mod drips;
mod entries;
mod net;
mod options;
mod pace;
#[path = "../tls/pki.rs"]
#[allow(dead_code)]
mod pki;
mod retry;
mod server;
mod survey;
mod uploads;
mod waits;

use ftps_proto::Operation;
use ftps_proto::codec::Argument;
use ftps_proto::drive::{Builder, Download, Driver};
use ftps_proto::{Error, ops};
#[cfg(feature = "aws-lc-rs")]
use rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "aws-lc-rs"))]
use rustls::crypto::ring as library;

use self::net::{Fake, FakeNet, World};
use self::server::Act;

/// A world with a server that stores and sends files.
fn world() -> World {
    World::new()
        .on("RETR", ["150 here".into(), Act::Send(b"content".to_vec()), Act::Finish, "226 done".into()])
        .on("STOR", ["150 send".into(), Act::Receive, Act::Finish, "226 stored".into()])
}

/// Settings for a client of the world's server.
fn builder(world: &World) -> Builder<Fake> {
    Builder::new(pki::NAME).implicit().login("user", "secret").tls(world.tls())
}

/// A session that is logged in.
fn open(world: &World) -> Driver<FakeNet> {
    open_with(world, &builder(world)).unwrap()
}

fn open_with(world: &World, builder: &Builder<Fake>) -> Result<Driver<FakeNet>, Error> {
    let mut opening = builder.open(|_, _| world.net())?;
    world.run(|cx| opening.poll(cx))
}

/// Runs an operation that moves no payload.
fn run<O: Operation>(world: &World, driver: &mut Driver<FakeNet>, mut op: O) -> Result<O::Output, Error> {
    world.run(|cx| driver.poll_run(&mut op, cx))
}

/// A whole file.
fn download(world: &World, driver: &mut Driver<FakeNet>) -> Result<Vec<u8>, Error> {
    let mut download = Download::new(driver, "file")?;
    let mut file = Vec::new();
    let mut space = [0; 1000];
    loop {
        match world.run(|cx| download.poll_read(&mut space, cx))? {
            0 => return Ok(file),
            n => file.extend(&space[..n]),
        }
    }
}

/// The session has gone on, and needed no recovery.
fn goes_on(world: &World, driver: &mut Driver<FakeNet>) {
    assert_eq!(run(world, driver, ops::size(Argument::new("file").unwrap())).unwrap(), 42);
    assert!(!world.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
}
