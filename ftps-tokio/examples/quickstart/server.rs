//! A small FTPS server inside this process, so that the example needs no other: the core's codec read from the other
//! side, rustls, and files in memory for as long as a session lasts. Explicit TLS and EPSV alone, a thread for each session.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::num::NonZeroU16;
use std::sync::Arc;

use ftps_tokio::codec::address::encode_229;
use ftps_tokio::codec::facts::encode_facts;
use ftps_tokio::codec::path::encode_257;
use ftps_tokio::codec::{Code, Command, Entry, Features, Kind, Reply};
#[cfg(feature = "aws-lc-rs")]
use ftps_tokio::tls::rustls::crypto::aws_lc_rs as library;
#[cfg(not(feature = "aws-lc-rs"))]
use ftps_tokio::tls::rustls::crypto::ring as library;
use ftps_tokio::tls::rustls::pki_types::PrivateKeyDer;
use ftps_tokio::tls::rustls::{ServerConfig, ServerConnection, StreamOwned};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

pub(crate) const USER: &str = "user";
pub(crate) const PASSWORD: &str = "secret";

/// What the client needs to know.
pub(crate) struct Running {
    /// Explicit TLS; its certificate names `localhost`.
    pub(crate) addr: SocketAddr,
    /// The authority that signed the certificate.
    pub(crate) ca_pem: String,
}

/// Starts the server on a free loopback port. It ends with the process.
pub(crate) fn start() -> Result<Running, Box<dyn Error>> {
    let (tls, ca_pem) = certify()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let addr = listener.local_addr()?;
    std::thread::spawn(move || {
        while let Ok((tcp, _)) = listener.accept() {
            let session = Session { tls: tls.clone(), files: BTreeMap::new(), data: None, user: None };
            std::thread::spawn(move || {
                if let Err(error) = session.serve(tcp) {
                    eprintln!("server: {error}");
                }
            });
        }
    });
    Ok(Running { addr, ca_pem })
}

/// For the control connection, and for data connections.
type Tls = [Arc<ServerConfig>; 2];

/// TLS, and the PEM of the authority. Data connections give no tickets of their own.
fn certify() -> Result<(Tls, String), Box<dyn Error>> {
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Quickstart authority");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate = CertificateParams::new(["localhost".into()])?.signed_by(&key, &authority)?;

    let mut control = ServerConfig::builder_with_provider(library::default_provider().into())
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der())?)?;
    control.ticketer = library::Ticketer::new()?;
    let mut data = control.clone();
    data.send_tls13_tickets = 0;
    Ok(([control, data].map(Arc::new), authority.pem()))
}

type Secured = StreamOwned<ServerConnection, TcpStream>;

struct Session {
    tls: Tls,
    files: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Where EPSV said to connect to.
    data: Option<TcpListener>,
    /// Who has been asked for a password, and whether it was right.
    user: Option<bool>,
}

impl Session {
    fn serve(mut self, mut tcp: TcpStream) -> io::Result<()> {
        tcp.set_nodelay(true)?;
        say(&mut tcp, 220, "quick start")?;
        while !matches!(hear(&mut tcp)?, Some(Command::AuthTls)) {
            say(&mut tcp, 530, "AUTH TLS first")?;
        }
        say(&mut tcp, 234, "go")?;
        let mut control = secure(&self.tls[0], tcp)?;
        loop {
            match hear(&mut control)? {
                Some(Command::Quit) => {
                    say(&mut control, 221, "bye")?;
                    // A client that has had its answer may be gone.
                    let _ = close(control);
                    return Ok(());
                }
                Some(command) => self.obey(command, &mut control)?,
                None => say(&mut control, 500, "what?")?,
            }
        }
    }

    fn obey(&mut self, command: Command, control: &mut Secured) -> io::Result<()> {
        match command {
            Command::User(user) => {
                self.user = (user.as_bytes() == USER.as_bytes()).then_some(false);
                say(control, 331, "password")
            }
            Command::Pass(password) if password.as_bytes() == PASSWORD.as_bytes() && self.user.is_some() => {
                self.user = Some(true);
                say(control, 230, "logged in")
            }
            _ if self.user != Some(true) => say(control, 530, "not logged in"),
            Command::Feat => {
                let mut features = Features::default();
                features.push("MLST", "type*;size*;");
                features.push("UTF8", "");
                reply(control, &features.to_reply(code(211)))
            }
            Command::Pbsz(_) | Command::Prot(_) | Command::TypeImage | Command::Opts(_) | Command::Noop => {
                say(control, 200, "fine")
            }
            Command::Pwd => say(control, 257, encode_257(b"/")),
            Command::Epsv => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
                let port = NonZeroU16::new(listener.local_addr()?.port());
                self.data = Some(listener);
                say(control, 229, port.map(encode_229).unwrap_or_default())
            }
            Command::Stor(name) => {
                let mut file = Vec::new();
                let data = self.open(control);
                // An end without close_notify is an error: a part is never stored as the whole.
                let stored = data.and_then(|mut data| data.read_to_end(&mut file).and_then(|_| close(data)));
                if stored.is_ok() {
                    self.files.insert(name.as_bytes().into(), file);
                }
                ended(control, stored)
            }
            Command::Retr(name) => match self.files.get(name.as_bytes()).cloned() {
                Some(file) => self.send(control, &file),
                None => say(control, 550, "no such file"),
            },
            Command::Mlsd(_) => {
                let mut listing = Vec::new();
                for (name, file) in &self.files {
                    let mut entry = Entry::new(name.as_slice(), Kind::File);
                    entry.size = Some(file.len() as u64);
                    encode_facts(&entry, &mut listing);
                    listing.extend_from_slice(b"\r\n");
                }
                self.send(control, &listing)
            }
            _ => say(control, 502, "not here"),
        }
    }

    /// The data connection of a transfer that begins, in TLS.
    fn open(&mut self, control: &mut Secured) -> io::Result<Secured> {
        say(control, 150, "here")?;
        let listener = self.data.take().ok_or_else(|| io::Error::other("EPSV first"))?;
        secure(&self.tls[1], listener.accept()?.0)
    }

    fn send(&mut self, control: &mut Secured, payload: &[u8]) -> io::Result<()> {
        let data = self.open(control);
        ended(control, data.and_then(|mut data| data.write_all(payload).and_then(|()| close(data))))
    }
}

/// The final reply to a transfer.
fn ended(control: &mut Secured, transfer: io::Result<()>) -> io::Result<()> {
    match transfer {
        Ok(()) => say(control, 226, "done"),
        Err(error) => say(control, 426, error.to_string()),
    }
}

fn secure(tls: &Arc<ServerConfig>, tcp: TcpStream) -> io::Result<Secured> {
    tcp.set_nodelay(true)?;
    let tls = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
    let mut stream = StreamOwned::new(tls, tcp);
    stream.conn.complete_io(&mut stream.sock)?;
    Ok(stream)
}

/// Ends a connection so that the client can read all of it: close_notify, FIN, and only then, after the client's own end,
/// the socket.
fn close(mut stream: Secured) -> io::Result<()> {
    stream.conn.send_close_notify();
    stream.flush()?;
    stream.sock.shutdown(Shutdown::Write)?;
    io::copy(&mut stream.sock, &mut io::sink())?;
    Ok(())
}

/// The next command, a byte at a time: what follows AUTH TLS is not read in clear. None where it is not one.
fn hear(control: &mut impl Read) -> io::Result<Option<Command>> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') && line.len() < 4096 {
        let mut byte = [0];
        control.read_exact(&mut byte)?;
        line.push(byte[0]);
    }
    Ok(Command::decode(&line).ok())
}

fn say(control: &mut impl Write, number: u16, text: impl AsRef<[u8]>) -> io::Result<()> {
    reply(control, &Reply::new(code(number), text))
}

fn reply(control: &mut impl Write, reply: &Reply) -> io::Result<()> {
    let mut line = Vec::new();
    reply.encode(&mut line);
    control.write_all(&line)?;
    control.flush()
}

#[expect(clippy::expect_used, reason = "every number in this file is one")]
fn code(number: u16) -> Code {
    Code::new(number).expect("a reply code")
}
