//! What a client holds that is logged in and idle: counted by the allocator, against real servers.
//!
//! In a process of its own, so that nothing else is counted. `bash .ci/test` starts the servers and includes this.
#![cfg(any(feature = "aws-lc-rs", feature = "ring"))]
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::env::var;
use std::fs;

use allocation_counter::measure;
use ftps_tokio::Client;
use ftps_tokio::tls::TlsConfig;

/// Bytes of heap for each client.
const MOST: i64 = 16 * 1024;

/// Enough that what they share does not count, and no more than a server lets in beside others.
const CLIENTS: usize = 20;

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn an_idle_client_holds_little() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tls = TlsConfig::builder().ca_pem(fs::read(var("FTPS_TEST_CA").unwrap()).unwrap()).build().unwrap();
    let user = (var("FTPS_TEST_USER").unwrap(), var("FTPS_TEST_PASSWORD").unwrap());
    let clients = var("FTPS_TEST_IDLE_CLIENTS").map_or(CLIENTS, |clients| clients.parse().unwrap());
    let file = vec![7; 1 << 20];
    for server in var("FTPS_TEST_SERVERS").unwrap().split_whitespace() {
        let (server, address) = server.split_once('=').expect("name=host:port");
        if server.ends_with("-implicit") {
            continue;
        }
        let (host, port) = address.rsplit_once(':').expect("host:port");
        let builder =
            Client::builder(host).port(port.parse().unwrap()).tls(tls.clone()).login(&user.0, &user.1);
        let connect = || runtime.block_on(builder.connect()).unwrap();
        // What the process makes once.
        drop(connect());
        let mut idle: Vec<Client> = Vec::with_capacity(clients);
        let logged_in = measure(|| idle.extend((0..clients).map(|_| connect()))).bytes_current;
        let path = format!("idle-{}", std::process::id());
        let moved = measure(|| {
            for client in &mut idle {
                runtime.block_on(client.upload(&path, &mut &file[..])).unwrap();
                runtime.block_on(client.download_to(&path, &mut tokio::io::sink())).unwrap();
            }
        });
        runtime.block_on(idle[0].remove_file(&path)).unwrap();
        let count = i64::try_from(clients).unwrap();
        let (fresh, used) = (logged_in / count, (logged_in + moved.bytes_current) / count);
        println!("{server}: {fresh} bytes each after the login, {used} after two files");
        assert!((1..=MOST).contains(&fresh) && (1..=MOST).contains(&used), "{server}: {fresh}, {used}");
    }
}
