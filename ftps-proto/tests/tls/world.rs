//! A link and its server, connected in memory: what moves, and when, is the test's to say.

use std::io::{Read, Write};
use std::sync::Arc;

use ftps_proto::codec::{Argument, Secret};
use ftps_proto::ops::{Open, StartTransfer, Transfer};
use ftps_proto::tls::{Link, LinkNeed, TlsConfig, Version};
use ftps_proto::{
    Channel, Close, Config, Direction, Error, Instant, Io, Login, Operation, Progress, Security, Session,
    Waiting,
};
use rustls::{ServerConfig, ServerConnection};

use super::pki::{Pki, name, stateless};

/// A link to a server with TLS from the first byte.
pub(super) fn link(tls: &TlsConfig) -> Link {
    link_with(tls, Security::Implicit)
}

pub(super) fn link_with(tls: &TlsConfig, security: Security) -> Link {
    Link::new(Session::new(told(security)), tls, name())
}

fn told(security: Security) -> Config {
    let mut config = Config::new(Login::new(Argument::new("anna").unwrap(), Secret::new("secret").unwrap()));
    config.security = security;
    config
}

pub(super) fn transfer(direction: Direction) -> StartTransfer {
    let path = Argument::new("file").unwrap();
    match direction {
        Direction::Upload => StartTransfer::stor(path),
        _ => StartTransfer::retr(path),
    }
}

/// A link that is logged in, and its server's two ends.
pub(super) struct World {
    pub(super) link: Link,
    /// What it shares with other links.
    pub(super) config: TlsConfig,
    pub(super) now: Instant,
    pub(super) tls: Arc<ServerConfig>,
    /// Bytes that move at a time, over and over.
    pub(super) cuts: Vec<usize>,
    pub(super) control: Side,
    pub(super) data: Option<Side>,
    pub(super) heard: Vec<u8>,
    /// What is to be downloaded. With nothing there, transfers are not answered.
    pub(super) file: Option<Vec<u8>>,
    /// What comes in clear right behind the end of TLS (CCC).
    pub(super) follows: Vec<u8>,
    /// Whether its ports can be connected to.
    pub(super) reachable: bool,
}

/// Whether this is a look at what has come, and not a wait.
pub(super) fn looks(io: Io) -> bool {
    io.deadline.is_some_and(|deadline| deadline.waiting == Waiting::Look)
}

/// The server's end of a connection.
pub(super) struct Side {
    pub(super) server: ServerConnection,
    /// What it has sent and the client has not received.
    pub(super) flight: Vec<u8>,
    pub(super) got: Vec<u8>,
    pub(super) closed: bool,
    /// It has ended TLS, and goes on in clear once the client has as well.
    pub(super) clear: bool,
}

impl Side {
    pub(super) fn new(tls: &Arc<ServerConfig>) -> Self {
        let mut server = ServerConnection::new(Arc::clone(tls)).unwrap();
        server.set_buffer_limit(None);
        Self { server, flight: Vec::new(), got: Vec::new(), closed: false, clear: false }
    }

    /// Ends TLS, and says this right behind it.
    fn clear(&mut self, follows: &[u8]) {
        self.server.send_close_notify();
        while self.server.wants_write() {
            self.server.write_tls(&mut self.flight).unwrap();
        }
        self.flight.extend_from_slice(follows);
        self.clear = true;
    }

    pub(super) fn write(&mut self, bytes: &[u8]) {
        if self.clear {
            return self.flight.extend_from_slice(bytes);
        }
        self.server.writer().write_all(bytes).unwrap();
    }

    pub(super) fn receive(&mut self, mut bytes: &[u8]) {
        if self.clear && self.closed {
            return self.got.extend_from_slice(bytes);
        }
        while !bytes.is_empty() {
            self.server.read_tls(&mut bytes).unwrap();
            let state = self.server.process_new_packets().unwrap();
            self.closed |= state.peer_has_closed();
            let mut got = vec![0; state.plaintext_bytes_to_read()];
            self.server.reader().read_exact(&mut got).unwrap();
            self.got.extend(got);
        }
    }
}

impl World {
    pub(super) fn open() -> Self {
        Self::cut(Version::Tls13, vec![usize::MAX])
    }

    pub(super) fn cut(version: Version, cuts: Vec<usize>) -> Self {
        let mut world = Self::greeted(version, cuts, |_| {});
        world.run(&mut Open::new());
        world
    }

    /// Not logged in, with a session that was told something.
    pub(super) fn greeted(version: Version, cuts: Vec<usize>, change: impl FnOnce(&mut Config)) -> Self {
        let pki = Pki::new();
        let tls = pki.server(version, stateless);
        let config = pki.client().build().unwrap();
        let mut told = told(Security::Implicit);
        change(&mut told);
        let link = Link::new(Session::new(told), &config, name());
        let (control, heard) = (Side::new(&tls), Vec::new());
        let (now, data, file) = (Instant::default(), None, None);
        let (follows, reachable) = (Vec::new(), true);
        let mut world = Self { link, config, now, tls, cuts, control, data, heard, file, follows, reachable };
        world.say("220 ready");
        world
    }

    /// The server's word, on its way.
    pub(super) fn say(&mut self, line: &str) {
        self.control.write(format!("{line}\r\n").as_bytes());
    }

    /// A polite server's answers.
    pub(super) fn answer(&mut self) {
        self.heard.append(&mut self.control.got);
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            match line.split(|byte| *byte == b' ' || *byte == b'\r').next().unwrap() {
                b"USER" => self.say("331 password"),
                b"PASS" => self.say("230 in"),
                b"EPSV" => self.say("229 (|||2000|)"),
                b"PASV" => self.say("227 (127,0,0,1,7,208)"),
                b"PWD" => self.say("257 \"/\""),
                b"CCC" => {
                    self.say("200 clear");
                    self.control.clear(&self.follows);
                }
                b"LIST" => {}
                b"STOR" | b"RETR" if self.file.is_none() => {}
                b"STOR" | b"RETR" => self.say("150 now"),
                _ => self.say("200 ok"),
            }
        }
        let Some(data) = self.data.as_mut().filter(|data| !data.server.is_handshaking()) else { return };
        match self.link.session().direction() {
            Some(Direction::Download) if self.file.is_some() => {
                data.write(&self.file.take().unwrap());
                data.server.send_close_notify();
                self.say("226 sent");
            }
            Some(Direction::Upload) if self.file.is_some() && data.closed => {
                self.file = None;
                data.server.send_close_notify();
                self.say("226 stored");
            }
            _ => {}
        }
    }

    pub(super) fn side(&mut self, channel: Channel) -> &mut Side {
        match channel {
            Channel::Control => &mut self.control,
            Channel::Data => self.data.as_mut().unwrap(),
        }
    }

    /// Some of so many bytes.
    pub(super) fn some(&mut self, n: usize) -> usize {
        self.cuts.rotate_left(1);
        self.cuts[0].min(n)
    }

    /// What the client has to send reaches the server; whether there was anything.
    pub(super) fn hear(&mut self, channel: Channel) -> bool {
        let n = self.some(self.link.outgoing(channel).len());
        let sent = self.link.outgoing(channel)[..n].to_vec();
        self.side(channel).receive(&sent);
        self.link.sent(channel, n);
        n > 0
    }

    /// What the server has to send reaches the client; whether there was anything.
    pub(super) fn tell(&mut self, channel: Channel) -> bool {
        let side = self.side(channel);
        while side.server.wants_write() {
            side.server.write_tls(&mut side.flight).unwrap();
        }
        let flight = std::mem::take(&mut side.flight);
        let n = self.some(flight.len());
        let space = self.link.space(channel);
        let n = n.min(space.len());
        space[..n].copy_from_slice(&flight[..n]);
        if n > 0 {
            self.link.received(channel, n);
        }
        self.side(channel).flight = flight[n..].to_vec();
        n > 0
    }

    pub(super) fn poll<O: Operation>(&mut self, op: &mut O) -> Result<Progress<O::Output, LinkNeed>, Error> {
        self.link.poll(op, self.now)
    }

    /// Drives an operation until it is done, or payload can move, or nothing happens any more.
    pub(super) fn drive<O: Operation>(&mut self, op: &mut O) -> Result<Progress<O::Output, LinkNeed>, Error> {
        let mut quiet = 0;
        loop {
            let progress = self.poll(op)?;
            let moved = match progress {
                Progress::Done(_) | Progress::Need(LinkNeed::Payload(_)) => return Ok(progress),
                Progress::Need(LinkNeed::Connect(_)) if !self.reachable => {
                    self.link.connect_failed("connection refused");
                    true
                }
                Progress::Need(LinkNeed::Connect(_)) => {
                    self.data = Some(Side::new(&self.tls));
                    self.link.connected();
                    true
                }
                Progress::Need(LinkNeed::Close(Channel::Data, Close::Whole)) => {
                    let rest = self.link.outgoing(Channel::Data).to_vec();
                    self.side(Channel::Data).receive(&rest);
                    true
                }
                Progress::Need(LinkNeed::Close(..)) => true,
                Progress::Need(LinkNeed::Io(io)) => {
                    let mut moved = io.control.send && self.hear(Channel::Control);
                    moved |= io.data.send && self.hear(Channel::Data);
                    self.answer();
                    moved |= io.data.receive && self.tell(Channel::Data);
                    moved | (io.control.receive && self.tell(Channel::Control))
                }
                Progress::Need(need) => panic!("nothing here asks for {need:?}"),
            };
            quiet = if moved { 0 } else { quiet + 1 };
            if quiet == 2 {
                return Ok(progress);
            }
        }
    }

    #[track_caller]
    pub(super) fn run<O: Operation>(&mut self, op: &mut O) -> O::Output {
        match self.drive(op).unwrap() {
            Progress::Done(output) => output,
            Progress::Need(need) => panic!("{need:?}"),
        }
    }

    /// What an operation that cannot go on waits for.
    #[track_caller]
    pub(super) fn waits<O: Operation>(&mut self, op: &mut O) -> Io {
        match self.poll(op) {
            // Nothing is there to be seen.
            Ok(Progress::Need(LinkNeed::Io(io))) if looks(io) => self.waits(op),
            Ok(Progress::Need(LinkNeed::Io(io))) => io,
            Ok(Progress::Need(need)) => panic!("{need:?}"),
            Ok(Progress::Done(_)) => panic!("done"),
            Err(error) => panic!("{error}"),
        }
    }

    /// A download whose ClientHello and command are to be sent.
    pub(super) fn connected(&mut self) -> StartTransfer {
        let mut download = transfer(Direction::Download);
        self.waits(&mut download);
        self.hear(Channel::Control);
        self.answer();
        self.tell(Channel::Control);
        assert!(matches!(self.poll(&mut download), Ok(Progress::Need(LinkNeed::Connect(_)))));
        self.data = Some(Side::new(&self.tls));
        self.link.connected();
        assert!(self.waits(&mut download).data.send);
        download
    }

    /// A transfer that the server has not answered.
    pub(super) fn asked(&mut self, direction: Direction) -> StartTransfer {
        let mut transfer = transfer(direction);
        assert!(matches!(self.drive(&mut transfer), Ok(Progress::Need(LinkNeed::Io(_)))));
        transfer
    }

    /// A transfer whose payload may move.
    pub(super) fn started(&mut self, direction: Direction) -> Transfer {
        let mut transfer = self.asked(direction);
        self.say("150 now");
        self.run(&mut transfer)
    }
}
