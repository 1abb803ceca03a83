//! `tokio_soak HOST PORT CA.pem FILES BYTES [active]`: as the blocking one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::error::Error;
use std::io;
use std::time::Instant;

use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Channel, Client, Connect, Endpoint, Mode, Stream, Tokio, Working};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_socks::tcp::Socks5Stream;

fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// Through a SOCKS5 proxy, which resolves the names.
struct Socks(u16);

impl Connect for Socks {
    fn connect(&self, _: Channel, to: Endpoint) -> Working<Box<dyn Stream>> {
        let proxy = ("127.0.0.1", self.0);
        Box::pin(async move {
            let Endpoint::Host(host, port) = to else { return Err(io::ErrorKind::Unsupported.into()) };
            let socket = tokio::net::TcpStream::connect(proxy).await?;
            let connected = Socks5Stream::connect_with_socket(socket, (host, port)).await;
            Ok(Box::new(connected.map_err(io::Error::other)?.into_inner()) as Box<dyn Stream>)
        })
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (host, port, ca) = (&args[0], args[1].parse()?, std::fs::read(&args[2])?);
    let (files, len): (u64, usize) = (args[3].parse()?, args[4].parse()?);
    let mode = if args.get(5).is_some_and(|arg| arg == "active") { Mode::Active } else { Mode::Passive };
    let tls = TlsConfig::builder().ca_pem(&ca).build()?;
    let mut builder = Client::builder(host).port(port).login("ftpu", "secret").tls(tls).mode(mode);
    if let Ok(socks) = std::env::var("SOCKS") {
        builder = builder.adapter(Tokio::connector(Socks(socks.parse()?)));
    }
    let mut client = builder.connect().await?;
    let (mut resumed, name) = (0, |i| format!("soak-tokio-{}-{i}.bin", std::process::id()));
    let up = Instant::now();
    for i in 0..files {
        let done = client.upload(name(i), &mut bytes(i, len).as_slice()).await?;
        assert_eq!(done.bytes, len as u64);
        resumed += u64::from(done.resumed);
    }
    let (up, down) = (up.elapsed(), Instant::now());
    for i in 0..files {
        let mut back = Vec::new();
        let mut download = client.download(name(i)).await?;
        tokio::io::copy(&mut download, &mut back).await?;
        resumed += u64::from(download.resumed());
        drop(download);
        assert!(back == bytes(i, len), "file {i} differs");
    }
    let down = down.elapsed();
    // Owned and 'static: another task's.
    let mut download = client.into_download(name(0)).await.map_err(|(error, _)| error)?;
    let mut client = tokio::spawn(async move {
        download.read_exact(&mut [0; 100]).await.unwrap();
        *download.into_client().unwrap()
    })
    .await?;
    let mut upload = client.writer(name(files)).await?;
    upload.write_all(&bytes(7, len / 2)).await?;
    upload.flush().await?;
    drop(upload);
    println!(
        "after a dropped upload: {:?}",
        client.size(name(files)).await.map_err(|error| error.to_string())
    );
    for i in 0..=files {
        let _ = client.remove_file(name(i)).await;
    }
    client.quit().await?;
    println!(
        "tokio {host}:{port} {mode:?}: {files} files of {len} up {up:?} down {down:?}, {resumed} resumed"
    );
    Ok(())
}
