//! `soak HOST PORT CA.pem FILES BYTES RUNTIME [active]`: as the blocking one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::error::Error;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use ftps_smol::tls::TlsConfig;
use ftps_smol::{Channel, Client, Connect, Download, Endpoint, Mode, Smol, Stream, Upload, Working};
use futures_lite::{AsyncReadExt, AsyncWriteExt, FutureExt};
use tokio_socks::io::Compat;
use tokio_socks::tcp::Socks5Stream;

fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2).wrapping_add(1);
    let next = || {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (state >> 33) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn send_sync_static<T: Send + Sync + 'static>(value: T) -> T {
    value
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if std::env::var_os("LOG").is_some() {
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG).init();
    }
    match args[5].as_str() {
        // On its thread pool, so that the future must be Send.
        "socks" => {
            let socks = Smol::connector(Socks(std::env::var("SOCKS")?.parse()?));
            smol::block_on(smol::spawn(run(args, socks)))
        }
        "smol" => smol::block_on(smol::spawn(run(args, Smol::default()))),
        // An executor that knows nothing of async-io: its reactor has a thread of its own.
        "bare" => futures_lite::future::block_on(run(args, Smol::default())),
        #[cfg(feature = "async-std")]
        "async-std" => async_std::task::block_on(async_std::task::spawn(run(args, Smol::async_std()))),
        #[cfg(feature = "async-std")]
        "async-std-over-async-io" => {
            async_std::task::block_on(async_std::task::spawn(run(args, Smol::default())))
        }
        other => panic!("no runtime {other}"),
    }
}

/// Through a SOCKS5 proxy, which resolves the names.
struct Socks(u16);

impl Connect for Socks {
    fn connect(&self, _: Channel, to: Endpoint) -> Working<Box<dyn Stream>> {
        let proxy = SocketAddr::from(([127, 0, 0, 1], self.0));
        Box::pin(async move {
            let Endpoint::Host(host, port) = to else { return Err(io::ErrorKind::Unsupported.into()) };
            let socket = Compat::new(async_io::Async::<TcpStream>::connect(proxy).await?);
            let connected = Socks5Stream::connect_with_socket(socket, (host, port)).await;
            Ok(Box::new(connected.map_err(io::Error::other)?.into_inner().into_inner()) as Box<dyn Stream>)
        })
    }
}

async fn run(args: Vec<String>, adapter: Smol) -> Result<(), Box<dyn Error + Send + Sync>> {
    let (host, port, ca) = (&args[0], args[1].parse()?, std::fs::read(&args[2])?);
    let (files, len): (u64, usize) = (args[3].parse()?, args[4].parse()?);
    let mode = if args.get(6).is_some_and(|arg| arg == "active") { Mode::Active } else { Mode::Passive };
    let tls = TlsConfig::builder().ca_pem(&ca).build()?;
    let builder =
        Client::builder(host).port(port).login("ftpu", "secret").tls(tls).mode(mode).adapter(adapter);
    let mut client = send_sync_static(builder.clone().connect().await?);
    let (mut resumed, name) = (0, |i| format!("soak-smol-{}-{i}.bin", std::process::id()));
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
        futures_lite::io::copy(&mut download, &mut back).await?;
        assert_eq!(download.transferred().expect("done").bytes, len as u64);
        resumed += u64::from(download.resumed());
        drop(download);
        assert!(back == bytes(i, len), "file {i} differs");
    }
    let down = down.elapsed();
    let listed = client.list("").await?;
    let own = format!("soak-smol-{}-", std::process::id());
    assert!(
        listed.entries.iter().filter(|entry| entry.name.to_string().starts_with(&own)).count()
            >= files as usize
    );
    assert_eq!(client.size(name(0)).await?, len as u64);
    let refused = Instant::now();
    let error = client.download("no such file").await.map(drop).unwrap_err();
    println!("refused after {:?}: {error}", refused.elapsed());
    // An owned download, 'static, and its client back.
    let mut download = send_sync_static(client.into_download(name(0)).await.map_err(|(error, _)| error)?);
    download.read_exact(&mut [0; 100]).await?;
    let mut client = *download.into_client().expect("the client");
    // A refusal gives the client back.
    let (error, back) = client.into_download("no such file").await.unwrap_err();
    println!("owned: {error}");
    client = *back.expect("the client");
    // An upload dropped half-way is not stored as complete: the server has seen a reset.
    let cut = name(files);
    let mut upload: Upload<&mut Client> = client.writer(&cut).await?;
    upload.write_all(&bytes(7, len / 2)).await?;
    upload.flush().await?;
    drop(upload);
    println!("after a dropped upload: {:?}", client.size(&cut).await.map_err(|error| error.to_string()));
    // The same by its future: a source that has no more to say.
    let half = bytes(7, len / 2);
    let source = &mut half.as_slice().chain(Never);
    let given_up = async { client.upload(&cut, source).await.map(Some) }
        .or(async {
            async_io::Timer::after(Duration::from_millis(300)).await;
            Ok(None)
        })
        .await?;
    assert!(given_up.is_none());
    println!("after a dropped future: {:?}", client.size(&cut).await.map_err(|error| error.to_string()));
    for i in 0..=files {
        let _ = client.remove_file(name(i)).await;
    }
    client.quit().await?;
    // For a pool: whoever derefs to a client.
    let pooled = std::sync::Arc::new(async_lock::Mutex::new(builder.connect().await?));
    let error = Download::open(pooled.lock_arc().await, "no such file").await.map(drop).unwrap_err();
    println!("pooled: {error}");
    println!(
        "smol {host}:{port} {} {mode:?}: {files} files of {len} up {up:?} down {down:?}, {resumed} resumed",
        args[5]
    );
    Ok(())
}

struct Never;

impl futures_lite::AsyncRead for Never {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
        _: &mut [u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::task::Poll::Pending
    }
}
