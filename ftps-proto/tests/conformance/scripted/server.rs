//! A scripted FTPS server on loopback sockets, as hostile as a test wants it.
//!
//! It runs on a thread of its own, so that async and blocking tests use it alike.

use std::collections::VecDeque;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio_rustls::rustls::HandshakeKind;
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::certificate::{Certificate, certify};
use super::peer::{Act, Peer};

/// How the client ended an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With close_notify.
    Clean,
    /// With FIN alone.
    Cut,
    /// With RST.
    Reset,
}

/// What a server has seen, on all its connections.
#[derive(Clone, Debug, Default)]
pub struct Log {
    /// Commands.
    pub heard: Vec<String>,
    /// Everything that came in clear on control connections.
    pub clear: Vec<u8>,
    /// Why handshakes failed.
    pub failed: Vec<String>,
    /// For each data connection that was secured, whether it resumed a TLS session.
    pub resumed: Vec<bool>,
    /// How many bytes of uploads came.
    pub received: usize,
    /// Uploads that came to an end, be it a bad one.
    pub uploads: Vec<(Vec<u8>, Ending)>,
    /// How many control connections the client has left.
    pub left: usize,
    /// How many the server has closed.
    pub closed: usize,
}

#[derive(Default)]
struct Shared {
    log: Mutex<Log>,
    changed: Condvar,
    held: Notify,
}

impl Shared {
    fn note(&self, change: impl FnOnce(&mut Log)) {
        change(&mut self.log.lock().unwrap());
        self.changed.notify_all();
    }
}

/// A server that runs until it is dropped.
pub struct Server {
    pub addr: SocketAddr,
    /// The authority that signed the certificate for `localhost` and 127.0.0.1.
    pub ca_pem: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub fn start(peer: Peer) -> Self {
        Self::with_certificate(peer, Certificate::Good)
    }

    pub fn with_certificate(peer: Peer, certificate: Certificate) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let addr = listener.local_addr().unwrap();
        let (tls, ca_pem) = certify(certificate, addr);
        let shared = Arc::new(Shared::default());
        let (stop, stopped) = oneshot::channel();
        let log = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).unwrap();
                let accepting = async {
                    while let Ok((tcp, _)) = listener.accept().await {
                        let stage = Stage::new(&peer, &tls, &log);
                        tokio::spawn(stage.serve(tcp, peer.clone()));
                    }
                };
                tokio::select! {
                    () = accepting => {}
                    _ = stopped => {}
                }
            });
        });
        Self { addr, ca_pem, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// What it has seen by now.
    pub fn log(&self) -> Log {
        self.shared.log.lock().unwrap().clone()
    }

    /// The commands that it has heard.
    pub fn heard(&self) -> Vec<String> {
        self.log().heard
    }

    /// Blocks until it has seen this.
    pub fn wait(&self, seen: impl Fn(&Log) -> bool) -> Log {
        let log = self.shared.log.lock().unwrap();
        let long = Duration::from_secs(30);
        let (log, waited) = self.shared.changed.wait_timeout_while(log, long, |log| !seen(log)).unwrap();
        assert!(!waited.timed_out(), "not seen: {log:?}");
        log.clone()
    }

    /// Lets what holds go on.
    pub fn go_on(&self) {
        self.shared.held.notify_one();
    }

    /// Blocks until an upload has come to its end: what came, and how it ended.
    pub fn upload(&self) -> (Vec<u8>, Ending) {
        self.wait(|log| !log.uploads.is_empty()).uploads.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(Err(panic)) = self.thread.take().map(JoinHandle::join)
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

/// The data connection.
enum Data {
    None,
    Clear(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

/// One session's hands.
struct Stage {
    tls: [TlsAcceptor; 2],
    log: Arc<Shared>,
    drips: bool,
    listener: Option<TcpListener>,
    data: Data,
    received: Vec<u8>,
    receiving: bool,
}

impl Stage {
    fn new(peer: &Peer, tls: &[TlsAcceptor; 2], log: &Arc<Shared>) -> Self {
        Self {
            tls: tls.clone(),
            log: Arc::clone(log),
            drips: peer.drips,
            listener: None,
            data: Data::None,
            received: Vec::new(),
            receiving: false,
        }
    }

    async fn serve(self, tcp: TcpStream, peer: Peer) {
        let log = Arc::clone(&self.log);
        tcp.set_nodelay(true).unwrap();
        // That the client leaves, or resets what it has, is seen by what was noted.
        let _ = self.converse(tcp, peer).await;
        log.note(|log| log.left += 1);
    }

    async fn converse(mut self, mut tcp: TcpStream, mut peer: Peer) -> io::Result<()> {
        let mut acts = VecDeque::from(std::mem::take(&mut peer.greeting));
        // In clear again after each end of TLS.
        while let Some(cleared) = self.converse_once(tcp, &mut peer, acts).await? {
            (tcp, acts) = (cleared, VecDeque::new());
        }
        Ok(())
    }

    /// In clear, and over TLS. The connection, where TLS has ended on it and it has not.
    async fn converse_once(
        &mut self,
        mut control: TcpStream,
        peer: &mut Peer,
        mut acts: VecDeque<Act>,
    ) -> io::Result<Option<TcpStream>> {
        let log = Arc::clone(&self.log);
        let note = |byte| log.note(|log| log.clear.push(byte));
        let mut control = loop {
            match acts.pop_front() {
                Some(Act::StartTls) => break self.secure(&self.tls[0], control).await?,
                Some(Act::Await) => note(control.read_u8().await?),
                Some(act) => self.act(act, &mut control).await?,
                None => {
                    let line = hear(&mut control, note).await?;
                    acts.extend(peer.script.obey(&line));
                    log.note(|log| log.heard.push(line));
                }
            }
        };
        // From here on it listens while it acts.
        let clears = {
            let (mut reader, mut writer) = tokio::io::split(&mut control);
            let (agenda, mut next) = mpsc::unbounded_channel();
            let aborted = Notify::new();
            acts.into_iter().for_each(|act| agenda.send(act).unwrap());
            let hearing = async {
                while let Ok(line) = hear(&mut reader, |_| {}).await {
                    let acts = peer.script.obey(&line);
                    log.note(|log| log.heard.push(line));
                    if acts.first() == Some(&Act::Abort) {
                        aborted.notify_one();
                    }
                    acts.into_iter().for_each(|act| agenda.send(act).unwrap());
                }
                drop(agenda);
            };
            let acting = async {
                let mut ended = None;
                while ended.is_none() {
                    let act = async {
                        match next.recv().await {
                            None => Some(false),
                            Some(Act::EndTls) => Some(true),
                            Some(act) => {
                                // What cannot be done, since the client has ended a connection, is left.
                                let _ = self.act(act, &mut writer).await;
                                None
                            }
                        }
                    };
                    tokio::select! {
                        biased;
                        () = aborted.notified() => {
                            while next.try_recv().is_ok_and(|act| act != Act::Abort) {}
                            if self.receiving {
                                let _ = self.act(Act::Receive, &mut writer).await;
                            }
                            self.data = Data::None;
                        }
                        acted = act => ended = acted,
                    }
                }
                ended == Some(true)
            };
            let (mut hearing, mut acting) = (pin!(hearing), pin!(acting));
            tokio::select! {
                biased;
                clears = &mut acting => clears,
                () = &mut hearing => acting.await,
            }
        };
        if !clears {
            return Ok(None);
        }
        // The client's close_notify. What followed it would be read with it: so it is waited for before ours is sent.
        while control.read(&mut [0; 1024]).await? > 0 {}
        control.get_mut().1.send_close_notify();
        control.flush().await?;
        Ok(Some(control.into_inner().0))
    }

    async fn act(&mut self, act: Act, control: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        match act {
            Act::Say(line) => {
                let line = self.fill_in(line).await?;
                self.say(control, format!("{line}\r\n").as_bytes()).await?;
            }
            Act::Raw(bytes) => self.say(control, &bytes).await?,
            Act::StartTls | Act::EndTls | Act::Await => {}
            Act::Accept => self.accept().await?,
            Act::Secure => {
                self.accept().await?;
                if let Data::Clear(tcp) = std::mem::replace(&mut self.data, Data::None) {
                    let secured = self.secure(&self.tls[1], tcp).await?;
                    let resumed = secured.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed);
                    self.log.note(|log| log.resumed.push(resumed));
                    self.data = Data::Secured(Box::new(secured));
                }
            }
            Act::Send(bytes) => match &mut self.data {
                Data::Secured(data) => {
                    data.write_all(&bytes).await?;
                    data.flush().await?;
                }
                Data::Clear(data) => data.write_all(&bytes).await?,
                Data::None => {}
            },
            Act::Finish => {
                if let Data::Secured(data) = &mut self.data {
                    data.shutdown().await?;
                }
            }
            Act::Cut => {
                if let Some(tcp) = self.data.tcp() {
                    tcp.shutdown().await?;
                }
            }
            Act::Reset => {
                if let Some(tcp) = self.data.tcp() {
                    SockRef::from(&*tcp).set_linger(Some(Duration::ZERO))?;
                }
                self.data = Data::None;
            }
            Act::Take(n) => while self.received.len() < n && self.receive().await.is_none() {},
            Act::Receive => {
                self.receiving = true;
                let ending = loop {
                    if let Some(ending) = self.receive().await {
                        break ending;
                    }
                };
                self.receiving = false;
                let upload = (std::mem::take(&mut self.received), ending);
                self.log.note(|log| log.uploads.push(upload));
            }
            Act::Hold => self.log.held.notified().await,
            Act::Leave => {
                control.shutdown().await?;
                self.log.note(|log| log.closed += 1);
            }
            Act::Abort => self.data = Data::None,
        }
        Ok(())
    }

    /// Reads once from the data connection; how it ended, if it has.
    async fn receive(&mut self) -> Option<Ending> {
        let Data::Secured(data) = &mut self.data else { return Some(Ending::Reset) };
        self.received.reserve(16 * 1024);
        match data.read_buf(&mut self.received).await {
            Ok(0) => Some(Ending::Clean),
            Ok(n) => {
                self.log.note(|log| log.received += n);
                None
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Some(Ending::Cut),
            Err(_) => Some(Ending::Reset),
        }
    }

    /// Takes the connection that was made to the last port that was told.
    async fn accept(&mut self) -> io::Result<()> {
        if let Some(listener) = self.listener.take() {
            let (tcp, _) = listener.accept().await?;
            tcp.set_nodelay(true)?;
            self.data = Data::Clear(tcp);
        }
        Ok(())
    }

    async fn secure(&self, tls: &TlsAcceptor, tcp: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let failed = |error: &io::Error| self.log.note(|log| log.failed.push(error.to_string()));
        tls.accept(tcp).await.inspect_err(failed)
    }

    async fn say(&self, control: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> io::Result<()> {
        for part in bytes.chunks(if self.drips { 1 } else { bytes.len() }) {
            control.write_all(part).await?;
            control.flush().await?;
        }
        Ok(())
    }

    /// Listens on a new port where a line names one.
    async fn fill_in(&mut self, line: String) -> io::Result<String> {
        if !line.contains("{port}") && !line.contains("{low}") {
            return Ok(line);
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        self.listener = Some(listener);
        self.data = Data::None;
        self.received.clear();
        let [high, low] = port.to_be_bytes().map(|byte| byte.to_string());
        Ok(line.replace("{port}", &port.to_string()).replace("{high}", &high).replace("{low}", &low))
    }
}

impl Data {
    fn tcp(&mut self) -> Option<&mut TcpStream> {
        match self {
            Self::None => None,
            Self::Clear(tcp) => Some(tcp),
            Self::Secured(tls) => Some(tls.get_mut().0),
        }
    }
}

/// Reads a command's line, and not a byte more.
async fn hear(control: &mut (impl AsyncRead + Unpin), mut each: impl FnMut(u8)) -> io::Result<String> {
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        let byte = control.read_u8().await?;
        each(byte);
        line.push(byte);
    }
    // What is not UTF-8: a character for each byte.
    let line = String::from_utf8(line)
        .unwrap_or_else(|line| line.as_bytes().iter().map(|&byte| char::from(byte)).collect());
    Ok(line.trim_end().into())
}
