//! `soak HOST PORT CA.pem FILES BYTES [active]`: uploads, lists, downloads, compares and deletes; a refusal; a dropped upload.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use ftps_blocking::tls::{TlsConfig, Version};
use ftps_blocking::{Blocking, Channel, Client, Connect, Endpoint, Mode, Stream};
use tokio_socks::io::AsyncSocket;
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

/// While it is being connected it blocks, so that every poll is ready.
struct Ready(TcpStream);

impl AsyncSocket for Ready {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Read::read(&mut &self.0, space))
    }

    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Write::write(&mut &self.0, bytes))
    }
}

impl Connect for Socks {
    fn connect(&self, _: Channel, to: &Endpoint) -> io::Result<Arc<dyn Stream>> {
        let Endpoint::Host(host, port) = to else { return Err(io::ErrorKind::Unsupported.into()) };
        let socket = TcpStream::connect(("127.0.0.1", self.0))?;
        socket.set_read_timeout(Some(Duration::from_secs(20)))?;
        let connecting = pin!(Socks5Stream::connect_with_socket(Ready(socket), (host.as_str(), *port)));
        let Poll::Ready(connected) = connecting.poll(&mut Context::from_waker(Waker::noop())) else {
            return Err(io::ErrorKind::TimedOut.into());
        };
        let socket = connected.map_err(io::Error::other)?.into_inner().0;
        socket.set_nonblocking(true)?;
        Ok(Arc::new(socket))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if std::env::var_os("LOG").is_some() {
        tracing_subscriber::fmt().with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG).init();
    }
    let (host, port, ca) = (&args[0], args[1].parse()?, std::fs::read(&args[2])?);
    let (files, len): (u64, usize) = (args[3].parse()?, args[4].parse()?);
    let mode = if args.get(5).is_some_and(|arg| arg == "active") { Mode::Active } else { Mode::Passive };
    let version = if args.get(5).is_some_and(|arg| arg == "1.2") { Version::Tls12 } else { Version::Tls13 };
    let tls = TlsConfig::builder().ca_pem(&ca).versions(&[version]).build()?;
    let started = Instant::now();
    let mut builder = Client::builder(host).port(port).login("ftpu", "secret").tls(tls).mode(mode);
    if let Ok(socks) = std::env::var("SOCKS") {
        builder = builder.adapter(Blocking::connector(Socks(socks.parse()?)));
    }
    let mut client = builder.connect()?;
    let connected = started.elapsed();
    let (mut resumed, name) = (0, |i| format!("soak-blocking-{}-{i}.bin", std::process::id()));
    let up = Instant::now();
    for i in 0..files {
        let done = client.upload(name(i), &mut bytes(i, len).as_slice())?;
        assert_eq!(done.bytes, len as u64);
        resumed += u64::from(done.resumed);
    }
    let (up, down) = (up.elapsed(), Instant::now());
    for i in 0..files {
        let mut back = Vec::new();
        let mut download = client.download(name(i))?;
        std::io::copy(&mut download, &mut back)?;
        assert_eq!(download.transferred().expect("done").bytes, len as u64);
        resumed += u64::from(download.resumed());
        drop(download);
        assert!(back == bytes(i, len), "file {i} differs");
    }
    let down = down.elapsed();
    let listed = client.list("")?;
    let count = listed
        .entries
        .iter()
        .filter(|entry| entry.name.to_string().starts_with(&format!("soak-blocking-{}-", std::process::id())))
        .count();
    assert!(count >= files as usize, "{count} listed");
    assert_eq!(client.size(name(0))?, len as u64);
    // A refused RETR ends at once.
    let refused = Instant::now();
    let error = client.download("no such file").map(drop).unwrap_err();
    println!("refused after {:?}: {error}", refused.elapsed());
    // An owned download, and its client back.
    let mut download = client.into_download(name(0)).map_err(|(error, _)| error)?;
    download.read_exact(&mut [0; 100])?;
    let mut client = *download.into_client().expect("the client");
    // An upload dropped half-way is not stored as complete: the server has seen a reset.
    let cut = name(files);
    let mut upload = client.writer(&cut)?;
    upload.write_all(&bytes(7, len / 2))?;
    upload.flush()?;
    drop(upload);
    println!(
        "after a dropped upload: {:?}, {:?}",
        client.current_dir().map(|pwd| String::from_utf8_lossy(&pwd).into_owned()),
        client.size(&cut).map_err(|error| error.to_string())
    );
    for i in 0..=files {
        let _ = client.remove_file(name(i));
    }
    client.quit()?;
    println!(
        "blocking {host}:{port} {version:?} {mode:?}: {files} files of {len} up {up:?} down {down:?}, {resumed} resumed, connected in {connected:?}"
    );
    Ok(())
}
