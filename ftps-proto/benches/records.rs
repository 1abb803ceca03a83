//! The record engine both ways, against rustls' server in memory.
#![allow(clippy::panic, reason = "a benchmark that cannot begin says so")]

use std::io::{Read, Write};
use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use ftps_proto::tls::{Engine, Event, TlsConfig};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ServerConfig, ServerConnection};

/// Bytes in one round.
const BYTES: usize = 8 << 20;

fn main() {
    divan::main();
}

type Failed = Box<dyn std::error::Error>;

/// A client's data connection and its server, the handshake done.
fn pair() -> Result<(Engine, ServerConnection), Failed> {
    let key = rcgen::generate_simple_self_signed(["localhost".into()])?;
    let certificate = key.cert.der().clone();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], PrivateKeyDer::try_from(key.signing_key.serialize_der())?)?;
    let server = Arc::new(server);
    let session = TlsConfig::builder().ca_pem(key.cert.pem()).build()?.session();
    let name = ServerName::try_from("localhost")?;
    let mut control = Engine::control(&session, name.clone())?;
    shake(&mut control, &mut ServerConnection::new(Arc::clone(&server))?)?;
    let mut client = Engine::data(&session, name, &mut control)?;
    let mut server = ServerConnection::new(server)?;
    server.set_buffer_limit(None);
    shake(&mut client, &mut server)?;
    Ok((client, server))
}

fn shake(client: &mut Engine, server: &mut ServerConnection) -> Result<(), Failed> {
    let mut wire = Vec::new();
    while !client.handshake_done() || server.is_handshaking() || server.wants_write() {
        client.process()?;
        let sent = client.outgoing().len();
        let mut out = client.outgoing();
        while !out.is_empty() {
            server.read_tls(&mut out)?;
            server.process_new_packets()?;
        }
        client.sent(sent);
        while server.wants_write() {
            server.write_tls(&mut wire)?;
        }
        receive(client, &mut &wire[..], |_| {})?;
        wire.clear();
    }
    Ok(())
}

/// Feeds all of `wire`, in reads as large as there is room for.
fn receive(client: &mut Engine, wire: &mut &[u8], mut take: impl FnMut(&mut Engine)) -> Result<(), Failed> {
    loop {
        while client.process()? != Event::Blocked {
            take(client);
        }
        match wire.read(client.space())? {
            0 => return Ok(()),
            n => client.received(n),
        }
    }
}

/// Opens what the server has sealed; `least`: how long the ranges are that are taken.
fn open(bencher: Bencher<'_, '_>, least: usize) {
    let Ok((mut client, mut server)) = pair() else { panic!("no handshake") };
    let plain = vec![7; BYTES];
    let input = move || {
        let mut wire = Vec::with_capacity(BYTES + BYTES / 64);
        let written = server.writer().write_all(&plain);
        while written.is_ok() && server.wants_write() && server.write_tls(&mut wire).is_ok() {}
        wire
    };
    bencher.counter(BytesCount::new(BYTES)).with_inputs(input).bench_local_values(|wire| {
        let done = receive(&mut client, &mut &wire[..], |client| {
            client.gather(least);
            black_box(client.plaintext());
            client.consume(usize::MAX);
        });
        assert!(done.is_ok(), "{done:?}");
    });
}

#[divan::bench]
fn open_by_record(bencher: Bencher<'_, '_>) {
    open(bencher, 1);
}

#[divan::bench]
fn open_gathered(bencher: Bencher<'_, '_>) {
    open(bencher, 256 * 1024);
}

#[divan::bench]
fn seal(bencher: Bencher<'_, '_>) {
    let Ok((mut client, _)) = pair() else { panic!("no handshake") };
    let plain = vec![7; 256 * 1024];
    bencher.counter(BytesCount::new(BYTES)).bench_local(|| {
        for _ in 0..BYTES / plain.len() {
            let mut rest = &plain[..];
            while let Ok(n @ 1..) = client.seal(rest) {
                rest = &rest[n..];
                let length = black_box(client.outgoing()).len();
                client.sent(length);
            }
        }
    });
}
