//! The protocol machine with a TLS that is not this crate's: what a program does that brings a TLS library of its own.
//!
//! ```text
//! cargo run -p ftps-proto --example another_tls -- HOST PORT USER PASSWORD CA.pem PATH < FILE
//! ```
//!
//! It logs in, uploads standard input, lists the directory and takes its leave. It drives [`Session`] itself and takes
//! nothing from this crate's `tls` but the name rustls: the TLS is rustls' own buffered connection, used as OpenSSL's or
//! any other would be. What such a program has to do, and a `Link` does otherwise:
//!
//! - `StartTls` is answered with `Secured`, which says whether the session of the control connection was resumed. The
//!   tickets are its own affair: rustls' store gives each one out once, and a server that demands resumption (vsftpd,
//!   ProFTPD) gives two, so under TLS 1.3 this program would be at its end after two data connections.
//! - It tells an end with close_notify (`Clean`) from one without (`Truncated`): the machine calls a file complete after
//!   the first alone.
//! - Where a close is asked for, it sends close_notify itself, and reports `Shut` once all of it has left.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::ops::{Listed, Open, Quit, StartTransfer, Transfer};
#[cfg(feature = "aws-lc-rs")]
use ftps_proto::tls::rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "aws-lc-rs"))]
use ftps_proto::tls::rustls::crypto::ring as library;
use ftps_proto::tls::rustls::pki_types::pem::PemObject;
use ftps_proto::tls::rustls::pki_types::{CertificateDer, ServerName};
use ftps_proto::tls::rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore};
use ftps_proto::{
    Channel, Close, Config, End, Failure, Flow, Input, Instant, Login, Need, Operation, Progress, Session,
};
use socket2::SockRef;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, password, ca, path] = arguments.as_slice() else {
        return Err("usage: another_tls HOST PORT USER PASSWORD CA.pem PATH".into());
    };
    let mut file = Vec::new();
    io::stdin().read_to_end(&mut file)?;
    let config = Config::new(Login::new(Argument::new(user)?, Secret::new(password)?));
    for name in upload(host, port.parse()?, config, &std::fs::read(ca)?, path, &file)? {
        println!("{name}");
    }
    Ok(())
}

/// Uploads a file, and returns the names that are listed then.
pub(crate) fn upload(
    host: &str,
    port: u16,
    config: Config,
    ca: &[u8],
    path: &str,
    file: &[u8],
) -> Result<Vec<String>, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(ca) {
        roots.add(certificate?)?;
    }
    let tls = ClientConfig::builder_with_provider(Arc::new(library::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut client = AnotherTls {
        session: Session::new(config),
        control: Wire::new(TcpStream::connect((host, port))?)?,
        data: None,
        tls: Arc::new(tls),
        name: ServerName::try_from(host)?.to_owned(),
        start: std::time::Instant::now(),
    };
    client.run(&mut Open::new())?;

    let mut transfer = client.run(&mut StartTransfer::stor(Argument::new(path)?))?;
    let mut rest = file;
    let done = client.drive(&mut transfer, &mut rest, Transfer::finish)?;
    eprintln!("{path}: {} bytes, TLS session resumed: {}, {}", done.bytes, done.resumed, done.reply);

    let mut names = Vec::new();
    let mut list = ftps_proto::ops::List::new(None);
    while let Some(listed) = client.run(&mut list)? {
        if let Listed::Entry(entry) = listed {
            names.push(entry.name.to_string());
        }
    }
    client.run(&mut Quit::new())?;
    Ok(names)
}

struct AnotherTls {
    session: Session,
    control: Wire,
    data: Option<Wire>,
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
    start: std::time::Instant,
}

/// A socket, and TLS once it was started.
struct Wire {
    tcp: TcpStream,
    tls: Option<ClientConnection>,
    /// That the handshake is done has been told.
    secured: bool,
    /// That nothing more comes has been told.
    ended: bool,
}

impl Wire {
    fn new(tcp: TcpStream) -> io::Result<Self> {
        tcp.set_nonblocking(true)?;
        tcp.set_nodelay(true)?;
        Ok(Self { tcp, tls: None, secured: false, ended: false })
    }

    /// Writes what TLS has to send, as far as the socket takes it.
    fn flush(&mut self) -> io::Result<bool> {
        let mut moved = false;
        while let Some(tls) = self.tls.as_mut().filter(|tls| tls.wants_write()) {
            match tls.write_tls(&mut self.tcp) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                written => moved |= written? > 0,
            }
        }
        Ok(moved)
    }
}

impl AnotherTls {
    /// Drives an operation without payload to its result.
    fn run<O: Operation>(&mut self, op: &mut O) -> Result<O::Output, Box<dyn Error>> {
        self.drive(op, &mut &[][..], |_| {})
    }

    /// Drives an operation to its result. An upload's payload is `source`, and `finish` says that this was all.
    fn drive<O: Operation>(
        &mut self,
        op: &mut O,
        source: &mut &[u8],
        finish: fn(&mut O),
    ) -> Result<O::Output, Box<dyn Error>> {
        loop {
            let polled = self.session.poll(op, Instant::new(self.start.elapsed()));
            match polled.inspect_err(|_| self.reset())? {
                Progress::Done(output) => return Ok(output),
                Progress::Need(Need::StartTls(channel)) => {
                    let tls = ClientConnection::new(Arc::clone(&self.tls), self.name.clone())?;
                    if let Some(wire) = self.wire(channel) {
                        wire.tls = Some(tls);
                    }
                }
                Progress::Need(Need::Connect(target)) => {
                    let connected = TcpStream::connect(target.address(self.control.tcp.peer_addr()?));
                    match connected.and_then(Wire::new) {
                        Ok(wire) => {
                            self.data = Some(wire);
                            self.session.handle(Input::Connected);
                        }
                        Err(error) => self.session.handle(Input::ConnectFailed(Failure::transport(error))),
                    }
                }
                Progress::Need(Need::Listen) => {
                    let failure = Failure::transport(io::Error::from(ErrorKind::Unsupported));
                    self.session.handle(Input::ConnectFailed(failure));
                }
                Progress::Need(Need::Close(Channel::Data, Close::Reset)) => self.reset(),
                Progress::Need(Need::Close(channel, close)) => self.close(channel, close)?,
                Progress::Need(Need::Io(io)) => {
                    if io.data.send && source.is_empty() {
                        finish(op);
                        continue;
                    }
                    let moved = self.move_bytes(Channel::Control, io.control, &mut &[][..]);
                    if !(self.move_bytes(Channel::Data, io.data, source) || moved) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                Progress::Need(need) => return Err(format!("cannot do this: {need:?}").into()),
            }
        }
    }

    fn wire(&mut self, channel: Channel) -> Option<&mut Wire> {
        match channel {
            Channel::Control => Some(&mut self.control),
            Channel::Data => self.data.as_mut(),
        }
    }

    /// Of a data connection that is only closed, servers store what came as the whole file.
    fn reset(&mut self) {
        if let Some(wire) = self.data.take() {
            // A socket that is gone already needs no reset.
            let _ = SockRef::from(&wire.tcp).set_linger(Some(Duration::ZERO));
        }
    }

    /// Sends close_notify, and waits until it has left.
    fn close(&mut self, channel: Channel, close: Close) -> Result<(), Box<dyn Error>> {
        let Some(wire) = self.wire(channel) else { return Ok(()) };
        if let Some(tls) = &mut wire.tls {
            tls.send_close_notify();
        }
        let mut left = wire.flush();
        while close == Close::Write && left.is_ok() && wire.tls.as_ref().is_some_and(|tls| tls.wants_write())
        {
            std::thread::sleep(Duration::from_millis(1));
            left = wire.flush();
        }
        if close == Close::Notify {
            return Ok(());
        }
        // A server that was first has closed it already.
        let _ = wire.tcp.shutdown(Shutdown::Write);
        match (close, left) {
            (Close::Write, Ok(_)) => self.session.handle(Input::Shut),
            (Close::Write, Err(error)) => {
                self.session.handle(Input::Failed(channel, Failure::transport(error)));
            }
            (_, _) if channel == Channel::Data => self.data = None,
            _ => {}
        }
        Ok(())
    }

    /// Reads and writes what can be; whether anything happened.
    fn move_bytes(&mut self, channel: Channel, flow: Flow, source: &mut &[u8]) -> bool {
        let wire = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Some(wire)) => wire,
            (Channel::Data, None) => return false,
        };
        match step(&mut self.session, wire, channel, flow, source) {
            Ok(moved) => moved,
            Err(failure) => {
                wire.ended = true;
                self.session.handle(Input::Failed(channel, failure));
                true
            }
        }
    }
}

fn step(
    session: &mut Session,
    wire: &mut Wire,
    channel: Channel,
    flow: Flow,
    source: &mut &[u8],
) -> Result<bool, Failure> {
    let mut moved = false;
    if flow.send {
        let outgoing = match channel {
            Channel::Control => session.outgoing(),
            Channel::Data => source,
        };
        let sent = match &mut wire.tls {
            // rustls takes as much as its buffer has room for.
            Some(tls) => tls.writer().write(outgoing),
            None => wire.tcp.write(outgoing),
        };
        if let Some(n) = unblocked(sent)?.filter(|n| *n > 0) {
            moved = true;
            session.handle(Input::Sent(channel, n));
            if channel == Channel::Data {
                *source = &source[n..];
            }
        }
    }
    moved |= wire.flush().map_err(Failure::transport)?;
    let mut bytes = [0; 16 * 1024];
    let Some(tls) = &mut wire.tls else {
        if flow.receive
            && let Some(n) = unblocked(wire.tcp.read(&mut bytes))?
        {
            moved = true;
            match n {
                0 => session.handle(Input::Ended(channel, End::Truncated)),
                n => session.handle(Input::Received(channel, &bytes[..n])),
            }
        }
        return Ok(moved);
    };
    // A handshake is moved on whatever else is waited for.
    if wire.ended || !(flow.receive || tls.is_handshaking()) {
        return Ok(moved);
    }
    if tls.wants_read() {
        moved |= unblocked(tls.read_tls(&mut wire.tcp))?.is_some();
    }
    let processed = tls.process_new_packets().map(|_| ());
    // Its alert tells the server why.
    let resumed = tls.handshake_kind() == Some(HandshakeKind::Resumed);
    let secured = !tls.is_handshaking() && !wire.secured;
    let read = tls.reader().read(&mut bytes);
    wire.flush().map_err(Failure::transport)?;
    processed.map_err(Failure::tls)?;
    if secured {
        wire.secured = true;
        session.handle(Input::Secured { channel, resumed });
        moved = true;
    }
    match read {
        Ok(0) => {
            wire.ended = true;
            session.handle(Input::Ended(channel, End::Clean));
        }
        Ok(n) => session.handle(Input::Received(channel, &bytes[..n])),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            wire.ended = true;
            session.handle(Input::Ended(channel, End::Truncated));
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(moved),
        Err(error) => return Err(Failure::transport(error)),
    }
    Ok(true)
}

fn unblocked(result: io::Result<usize>) -> Result<Option<usize>, Failure> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        result => result.map(Some).map_err(Failure::transport),
    }
}
