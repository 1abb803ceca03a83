//! A server as data: what it does when it hears what, over TLS on both connections.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ftps_proto::Instant;
use ftps_proto::sim::Script;
use rustls::{AlertDescription, Error, ServerConfig, ServerConnection};

/// One thing that the server does.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// A line on the control connection; CR LF is added.
    Say(String),
    /// Bytes on the data connection, once it is secured.
    Send(Vec<u8>),
    /// Ends the data connection: close_notify, then FIN.
    Finish,
    /// Ends the data connection with FIN alone.
    Cut,
    /// Ends the control connection with FIN alone, and forgets what was still to be done.
    Die,
    /// Waits until an upload has ended.
    Receive,
    /// Waits until so much of an upload has come.
    Take(usize),
    /// Does nothing for so long.
    Wait(Duration),
    /// Somebody connects from this address (active mode).
    Connect(SocketAddr),
}

impl From<&str> for Act {
    fn from(line: &str) -> Self {
        Self::Say(line.into())
    }
}

/// The server's end of a connection.
pub struct Side {
    tls: ServerConnection,
    /// What is on its way to the client.
    pub flight: Vec<u8>,
    /// What the client has sent.
    pub got: Vec<u8>,
    /// The client has sent close_notify.
    pub notified: bool,
    /// The client has shut its side down.
    pub shut: bool,
    /// Nothing follows what is on its way.
    pub ended: bool,
    /// The client has sent an alert.
    pub alert: Option<AlertDescription>,
}

impl Side {
    pub fn new(config: &Arc<ServerConfig>) -> Self {
        let mut tls = ServerConnection::new(Arc::clone(config)).unwrap();
        tls.set_buffer_limit(None);
        let (flight, got) = (Vec::new(), Vec::new());
        Self { tls, flight, got, notified: false, shut: false, ended: false, alert: None }
    }

    pub fn hear(&mut self, mut bytes: &[u8]) {
        assert!(!self.shut, "written after the end");
        while !bytes.is_empty() {
            self.tls.read_tls(&mut bytes).unwrap();
            let state = match self.tls.process_new_packets() {
                Ok(state) => state,
                Err(Error::AlertReceived(alert)) => {
                    self.alert = Some(alert);
                    return;
                }
                Err(error) => panic!("{error}"),
            };
            self.notified |= state.peer_has_closed();
            let mut got = vec![0; state.plaintext_bytes_to_read()];
            self.tls.reader().read_exact(&mut got).unwrap();
            self.got.extend(got);
        }
        self.send();
    }

    fn send(&mut self) {
        while self.tls.wants_write() {
            self.tls.write_tls(&mut self.flight).unwrap();
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        self.tls.writer().write_all(bytes).unwrap();
        self.send();
    }

    fn finish(&mut self) {
        self.tls.send_close_notify();
        self.send();
        self.ended = true;
    }
}

pub struct Server {
    pub config: Arc<ServerConfig>,
    pub script: Script<Act>,
    pub greeting: Vec<Act>,
    pub control: Option<Side>,
    pub data: Option<Side>,
    agenda: VecDeque<Act>,
    /// When it goes on, where it waits.
    pub resumes: Option<Instant>,
    pub heard: Vec<String>,
    /// The uploads that ended as they should: with close_notify and FIN.
    pub stored: Vec<Vec<u8>>,
}

impl Server {
    pub fn new(config: Arc<ServerConfig>) -> Self {
        Self {
            config,
            script: Script::polite(),
            greeting: vec!["220 ready".into()],
            control: None,
            data: None,
            agenda: VecDeque::new(),
            resumes: None,
            heard: Vec::new(),
            stored: Vec::new(),
        }
    }

    /// The client has connected.
    pub fn accept(&mut self) {
        self.control = Some(Side::new(&self.config));
        self.agenda = self.greeting.clone().into();
    }

    /// Goes on as far as it can. Those who connect to the client are added to `connects`.
    pub fn go_on(&mut self, now: Instant, connects: &mut VecDeque<SocketAddr>) {
        if let Some(control) = &mut self.control {
            while let Some(end) = control.got.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = control.got.drain(..=end).collect();
                let line = String::from_utf8(line).unwrap().trim_end().to_owned();
                self.agenda.extend(self.script.obey(&line));
                self.heard.push(line);
            }
        }
        while let Some(act) = self.agenda.front()
            && self.act(act.clone(), now, connects)
        {
            self.agenda.pop_front();
            self.resumes = None;
        }
    }

    /// Whether it is done.
    fn act(&mut self, act: Act, now: Instant, connects: &mut VecDeque<SocketAddr>) -> bool {
        let secured = self.data.as_mut().filter(|data| !data.tls.is_handshaking());
        match (act, secured, &mut self.control) {
            (Act::Say(line), _, Some(control)) => control.say(format!("{line}\r\n").as_bytes()),
            (Act::Send(bytes), Some(data), _) => data.say(&bytes),
            (Act::Finish, Some(data), _) => data.finish(),
            (Act::Cut, Some(data), _) => data.ended = true,
            (Act::Die, _, Some(control)) => control.ended = true,
            (Act::Receive, Some(data), _) if data.notified && data.shut => {
                self.stored.push(data.got.clone());
            }
            (Act::Take(n), Some(data), _) => return data.got.len() >= n,
            (Act::Wait(time), ..) => return now >= *self.resumes.get_or_insert(now + time),
            (Act::Connect(from), ..) => connects.push_back(from),
            _ => return false,
        }
        true
    }
}
