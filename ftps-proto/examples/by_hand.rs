//! The core and its TLS over plain std sockets: what an adapter has to do for downloads.
//!
//! ```text
//! cargo run -p ftps-proto --example by_hand -- HOST PORT USER PASSWORD CA.pem PATH > FILE
//! ```
//!
//! It logs in, downloads a file to standard output and takes its leave. What an adapter has to do besides, most of which
//! `drive` does for sockets that can be polled:
//!
//! - Wait. Where nothing moves this sleeps for a millisecond; an adapter waits for both sockets and for the deadline that
//!   comes with [`LinkNeed::Io`], whichever is first.
//! - Connect without blocking, and within a limit: std's connect waits for as long as the system likes. A name may have
//!   several addresses, which are tried side by side (RFC 8305).
//! - Listen, for active mode, and let in nobody but the control connection's peer.
//! - Reset a data connection that is given up (SO_LINGER 0), which std cannot: of an upload's that is only closed, ProFTPD
//!   and Pure-FTPd store what came as the whole file. It asks [`Link::abandon`] first where it drops an operation half-way.
//! - After an error, write what [`Link::outgoing`] still has for the control connection: it may be the alert that tells the
//!   server why.
//! - Set TCP_NODELAY, since commands are small and are answered before the next is sent.

use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::ops::{Open, Quit, StartTransfer};
use ftps_proto::tls::{Link, LinkNeed, ServerName, TlsConfig};
use ftps_proto::{Channel, Close, Config, Flow, Instant, Login, Operation, Progress, Session, Target};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [host, port, user, password, ca, path] = arguments.as_slice() else {
        return Err("usage: by_hand HOST PORT USER PASSWORD CA.pem PATH".into());
    };
    let login = Login::new(Argument::new(user)?, Secret::new(password)?);
    download(host, port.parse()?, login, &std::fs::read(ca)?, path, &mut io::stdout())
}

/// Downloads a file into `out`. What has been written there counts only when this has returned.
pub(crate) fn download(
    host: &str,
    port: u16,
    login: Login,
    ca: &[u8],
    path: &str,
    out: &mut dyn Write,
) -> Result<(), Box<dyn Error>> {
    let tls = TlsConfig::builder().ca_pem(ca).build()?;
    let session = Session::new(Config::new(login));
    let mut client = ByHand {
        link: Link::new(session, &tls, ServerName::try_from(host)?.to_owned()),
        control: TcpStream::connect((host, port))?,
        data: None,
        start: std::time::Instant::now(),
    };
    client.control.set_nonblocking(true)?;
    client.run(&mut Open::new(), &mut io::sink())?;
    let mut open = StartTransfer::retr(Argument::new(path)?);
    let mut transfer = client.run(&mut open, &mut io::sink())?;
    let transferred = client.run(&mut transfer, out)?;
    eprintln!("{path}: {} bytes, {}", transferred.bytes, transferred.reply);
    client.run(&mut Quit::new(), &mut io::sink())
}

struct ByHand {
    link: Link,
    control: TcpStream,
    data: Option<TcpStream>,
    start: std::time::Instant,
}

impl ByHand {
    /// Drives an operation to its result. A download's payload goes to `out`.
    fn run<O: Operation>(&mut self, op: &mut O, out: &mut dyn Write) -> Result<O::Output, Box<dyn Error>> {
        loop {
            match self.link.poll(op, Instant::new(self.start.elapsed()))? {
                Progress::Done(output) => return Ok(output),
                Progress::Need(LinkNeed::Payload(_)) => {
                    let n = out.write(self.link.payload())?;
                    self.link.consume(n);
                }
                Progress::Need(LinkNeed::Connect(target)) => match self.connect(target) {
                    Ok(socket) => {
                        self.data = Some(socket);
                        self.link.connected();
                    }
                    Err(error) => self.link.connect_failed(error),
                },
                Progress::Need(LinkNeed::Listen) => {
                    self.link.connect_failed(io::Error::from(ErrorKind::Unsupported));
                }
                Progress::Need(LinkNeed::Close(channel, close)) => {
                    if close != Close::Reset {
                        self.move_bytes(channel, Flow { send: true, receive: false });
                        if let Some(socket) = self.socket(channel) {
                            // A server that was first has closed it already.
                            let _ = socket.shutdown(std::net::Shutdown::Write);
                        }
                    }
                    if channel == Channel::Data && close != Close::Write {
                        self.data = None;
                    }
                }
                Progress::Need(LinkNeed::Io(io)) => {
                    let control = self.move_bytes(Channel::Control, io.control);
                    if !(self.move_bytes(Channel::Data, io.data) || control) {
                        std::thread::sleep(Duration::from_millis(1));
                    }
                }
                Progress::Need(need) => return Err(format!("cannot do this: {need:?}").into()),
            }
        }
    }

    fn connect(&self, target: Target) -> io::Result<TcpStream> {
        let socket = TcpStream::connect(target.address(self.control.peer_addr()?))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    }

    fn socket(&self, channel: Channel) -> Option<&TcpStream> {
        match channel {
            Channel::Control => Some(&self.control),
            Channel::Data => self.data.as_ref(),
        }
    }

    /// Reads and writes what can be; whether anything happened.
    fn move_bytes(&mut self, channel: Channel, flow: Flow) -> bool {
        let mut socket = match (channel, &self.data) {
            (Channel::Control, _) => &self.control,
            (Channel::Data, Some(socket)) => socket,
            (Channel::Data, None) => return false,
        };
        let mut moved = false;
        if flow.receive
            && let Some(read) = unblocked(socket.read(self.link.space(channel)))
        {
            moved = true;
            match read {
                Ok(n) => self.link.received(channel, n),
                Err(error) => self.link.failed(channel, error),
            }
        }
        if flow.send
            && let Some(written) = unblocked(socket.write(self.link.outgoing(channel)))
        {
            moved = true;
            match written {
                Ok(n) => self.link.sent(channel, n),
                Err(error) => self.link.failed(channel, error),
            }
        }
        moved
    }
}

fn unblocked(result: io::Result<usize>) -> Option<io::Result<usize>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        result => Some(result),
    }
}
