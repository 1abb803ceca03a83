//! The session and its engines together: what is told in one turn.

use std::io::{Read, Write};
use std::sync::Arc;

use ftps_proto::codec::{Argument, Command, Secret};
use ftps_proto::ops::{self, Open, OpenTransfer, Operation, Transfer};
use ftps_proto::tls::{Link, Need, Version};
use ftps_proto::{Channel, Close, Config, Direction, Error, Instant, Login, Progress, Security, Session};
use rustls::{ServerConfig, ServerConnection};

use super::pki::{BOTH, Pki, name, stateless};

/// A link to a server with TLS from the first byte.
fn link(pki: &Pki) -> Link {
    let mut config = Config::new(Login::new(Argument::new("anna").unwrap(), Secret::new("secret").unwrap()));
    config.security = Security::Implicit;
    Link::new(Session::new(config), &pki.client().build().unwrap(), name())
}

/// A link that is logged in, and its server's two ends.
struct World {
    link: Link,
    tls: Arc<ServerConfig>,
    control: ServerConnection,
    data: Option<ServerConnection>,
    heard: Vec<u8>,
}

impl World {
    fn open() -> Self {
        let pki = Pki::new();
        let tls = pki.server(Version::Tls13, stateless);
        let link = link(&pki);
        let control = ServerConnection::new(Arc::clone(&tls)).unwrap();
        let mut world = Self { link, tls, control, data: None, heard: Vec::new() };
        world.say("220 ready");
        world.run(&mut Open::new());
        world
    }

    /// The server's word, on its way.
    fn say(&mut self, line: &str) {
        self.control.writer().write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// A polite server's answers, to all but transfers.
    fn answer(&mut self) {
        while let Some(end) = self.heard.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.heard.drain(..=end).collect();
            match line.split(|byte| *byte == b' ' || *byte == b'\r').next().unwrap() {
                b"USER" => self.say("331 password"),
                b"PASS" => self.say("230 in"),
                b"EPSV" => self.say("229 (|||2000|)"),
                b"STOR" | b"RETR" => {}
                _ => self.say("200 ok"),
            }
        }
    }

    /// What the client has to send reaches the server.
    fn hear(&mut self, channel: Channel) {
        let server = match channel {
            Channel::Control => &mut self.control,
            Channel::Data => self.data.as_mut().unwrap(),
        };
        let mut sent = self.link.outgoing(channel);
        while !sent.is_empty() {
            server.read_tls(&mut sent).unwrap();
            let state = server.process_new_packets().unwrap();
            let mut got = vec![0; state.plaintext_bytes_to_read()];
            server.reader().read_exact(&mut got).unwrap();
            if channel == Channel::Control {
                self.heard.extend(got);
            }
        }
        self.link.sent(channel, usize::MAX);
    }

    /// What the server has to send reaches the client.
    fn tell(&mut self, channel: Channel) {
        let server = match channel {
            Channel::Control => &mut self.control,
            Channel::Data => self.data.as_mut().unwrap(),
        };
        let mut flight = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut flight).unwrap();
        }
        if !flight.is_empty() {
            self.link.space(channel)[..flight.len()].copy_from_slice(&flight);
            self.link.received(channel, flight.len());
        }
    }

    fn poll<O: Operation>(&mut self, op: &mut O) -> Result<Progress<O::Output, Need>, Error> {
        self.link.poll(op, Instant::default())
    }

    /// Drives an operation until it is done, or payload can move, or nothing happens any more.
    fn drive<O: Operation>(&mut self, op: &mut O) -> Result<Progress<O::Output, Need>, Error> {
        let mut progress = self.poll(op)?;
        for _ in 0..100 {
            match progress {
                Progress::Done(_) | Progress::Need(Need::Payload(_)) => break,
                Progress::Need(Need::Connect(_)) => {
                    self.data = Some(ServerConnection::new(Arc::clone(&self.tls)).unwrap());
                    self.link.connected();
                }
                Progress::Need(Need::Close(..)) => {}
                Progress::Need(Need::Io(_)) => {
                    self.hear(Channel::Control);
                    if self.data.is_some() {
                        self.hear(Channel::Data);
                        self.tell(Channel::Data);
                    }
                    self.answer();
                    self.tell(Channel::Control);
                }
            }
            progress = self.poll(op)?;
        }
        Ok(progress)
    }

    #[track_caller]
    fn run<O: Operation>(&mut self, op: &mut O) -> O::Output {
        match self.drive(op).unwrap() {
            Progress::Done(output) => output,
            Progress::Need(need) => panic!("{need:?}"),
        }
    }

    /// An upload of which nothing has been sent.
    fn upload(&mut self) -> OpenTransfer {
        OpenTransfer::new(Command::Stor(Argument::new("file").unwrap()), Direction::Upload)
    }

    fn started(&mut self) -> Transfer {
        let mut upload = self.upload();
        assert!(matches!(self.drive(&mut upload), Ok(Progress::Need(Need::Io(_)))));
        self.say("150 send");
        self.run(&mut upload)
    }
}

#[test]
fn an_upload_whose_confirmation_comes_in_the_turn_that_ends_it() {
    let mut world = World::open();
    let mut transfer = world.started();
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(Need::Payload(_)))));
    assert_eq!(world.link.supply(b"all of it"), 9);
    transfer.finish();
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(Need::Io(_)))));
    world.hear(Channel::Data);
    world.data.as_mut().unwrap().send_close_notify();
    world.say("226 stored");
    world.tell(Channel::Data);
    world.tell(Channel::Control);
    assert_eq!(world.run(&mut transfer).reply.code(), 226);
    world.run(&mut ops::noop());
}

#[test]
fn what_has_come_is_heard_before_the_failure_of_what_was_to_go() {
    let mut world = World::open();
    let mut noop = ops::noop();
    assert!(matches!(world.poll(&mut noop), Ok(Progress::Need(Need::Io(_)))));
    world.say("421 Timeout.");
    world.tell(Channel::Control);
    world.link.failed(Channel::Control, "broken pipe");
    let error = world.poll(&mut noop).unwrap_err();
    assert_eq!(error.code().unwrap(), 421, "{error}");
}

#[test]
fn no_payload_is_taken_but_when_it_may_move() {
    let mut world = World::open();
    let mut upload = world.upload();
    assert!(matches!(world.drive(&mut upload), Ok(Progress::Need(Need::Io(_)))));
    assert_eq!(world.link.supply(b"before its 1xx"), 0);
    world.say("150 send");
    let mut transfer = world.run(&mut upload);
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(Need::Payload(_)))));
    transfer.finish();
    assert!(matches!(world.poll(&mut transfer), Ok(Progress::Need(Need::Io(_)))));
    assert_eq!(world.link.supply(b"behind its end"), 0);
    world.hear(Channel::Data);
    assert!(matches!(
        world.poll(&mut transfer),
        Ok(Progress::Need(Need::Close(Channel::Data, Close::Write)))
    ));
    world.say("226 stored");
    assert_eq!(world.run(&mut transfer).reply.code(), 226);
}

#[test]
fn no_payload_is_handed_to_what_only_begins_a_transfer() {
    let mut world = World::open();
    let mut download = OpenTransfer::new(Command::Retr(Argument::new("file").unwrap()), Direction::Download);
    assert!(matches!(world.drive(&mut download), Ok(Progress::Need(Need::Io(_)))));
    world.data.as_mut().unwrap().writer().write_all(b"before its 1xx").unwrap();
    world.tell(Channel::Data);
    assert!(matches!(world.poll(&mut download), Ok(Progress::Need(Need::Io(_)))));
    world.link.failed(Channel::Data, "connection reset");
    world.say("150 here");
    world.tell(Channel::Control);
    // The server's word is waited for, with a deadline: nobody would take the payload.
    let Ok(Progress::Need(Need::Io(io))) = world.poll(&mut download) else { panic!("it spins") };
    assert!(io.deadline.is_some());
    world.say("426 reset");
    world.tell(Channel::Control);
    let error = world.poll(&mut download).unwrap_err();
    assert_eq!(error.code().unwrap(), 426, "{error}");
}

#[test]
fn a_greeting_that_comes_with_the_last_of_the_handshake_is_heard() {
    let pki = Pki::new();
    for version in BOTH {
        let mut link = link(&pki);
        let mut server = ServerConnection::new(pki.server(version, |_| {})).unwrap();
        let mut open = Open::new();
        let mut greeted = false;
        let mut heard = Vec::new();
        // More turns than the handshake has flights.
        for _ in 0..10 {
            let need = link.poll(&mut open, Instant::default()).unwrap();
            assert!(matches!(need, Progress::Need(Need::Io(_))), "{need:?}");
            let mut sent = link.outgoing(Channel::Control);
            while !sent.is_empty() {
                server.read_tls(&mut sent).unwrap();
                server.process_new_packets().unwrap();
            }
            link.sent(Channel::Control, usize::MAX);
            // Under TLS 1.2 its Finished, which is the last, has not been written yet.
            if !server.is_handshaking() && !greeted {
                server.writer().write_all(b"220 welcome\r\n").unwrap();
                greeted = true;
            }
            let mut flight = Vec::new();
            while server.wants_write() {
                server.write_tls(&mut flight).unwrap();
            }
            if !flight.is_empty() {
                link.space(Channel::Control)[..flight.len()].copy_from_slice(&flight);
                link.received(Channel::Control, flight.len());
            }
            let mut buffer = [0; 64];
            if let Ok(n) = server.reader().read(&mut buffer) {
                heard.extend_from_slice(&buffer[..n]);
            }
        }
        assert_eq!(heard, b"USER anna\r\n", "{version:?}");
    }
}
