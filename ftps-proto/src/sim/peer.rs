//! A server as data: what it does when it hears what.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use core::time::Duration;

use super::Script;
use crate::need::End;
use crate::session::ServerKind;

/// One thing that a scripted server does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A line on the control connection; CR LF is added.
    Say(String),
    /// Bytes on the control connection, as they are.
    Raw(Vec<u8>),
    /// Connects to the client, once it listens (active mode).
    Connect,
    /// The data connection's handshake, once the client has begun it.
    Secure {
        /// Whether it resumes the control connection's TLS session.
        resumed: bool,
    },
    /// Bytes on the data connection.
    Send(Vec<u8>),
    /// The end of the data connection.
    End(End),
    /// A reset of the data connection.
    Reset,
    /// Waits until the client has sent all of an upload and shut down its side.
    Receive,
    /// The end of the control connection.
    Leave,
    /// Does nothing for so long.
    Wait(Duration),
    /// Nothing more, until another command is heard.
    Stall,
    /// First of a command's acts: they are done before what is still to be done for earlier commands.
    Overtake,
    /// Forgets what was still to be done, and resets the data connection.
    Abort,
}

impl From<&str> for Act {
    fn from(line: &str) -> Self {
        Self::Say(line.into())
    }
}

/// A server that answers each command by a rule of its [`Script`].
#[derive(Clone, Debug)]
pub struct Peer {
    script: Script<Act>,
    pub(super) agenda: VecDeque<Act>,
    /// Every command that was heard; one that is not UTF-8 with a character for each byte.
    pub(super) heard: Vec<String>,
    line: Vec<u8>,
}

/// The port of every [`Peer`]'s data connections.
pub const PORT: u16 = 2000;
/// A port behind a firewall that says nothing; every other is closed.
pub const FILTERED: u16 = 2001;
/// Where the client listens in active mode.
pub const LISTENING: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

impl Peer {
    /// A server that begins so.
    pub fn new<A: Into<Act>>(greeting: impl IntoIterator<Item = A>) -> Self {
        let agenda = greeting.into_iter().map(Into::into).collect();
        Self { script: Script::default(), agenda, heard: Vec::new(), line: Vec::new() }
    }

    /// A well-behaved server, up to the end of the login, with passive mode, ABOR, PWD, NOOP and QUIT.
    pub fn polite() -> Self {
        Self { script: Script::polite(), ..Self::new(["220 ready"]) }
            .on("AUTH TLS", ["234 go"])
            .on("EPSV", ["229 Extended passive mode (|||2000|)"])
            .on("PASV", ["227 Passive mode (127,0,0,1,7,208)"])
            .on("QUIT", [Act::from("221 bye"), Act::Leave])
            .on("ABOR", [Act::Abort, "426 aborted".into(), "226 abort done".into()])
    }

    /// Greets otherwise.
    pub fn greeting(mut self, greeting: &str) -> Self {
        self.agenda = VecDeque::from([greeting.into()]);
        self
    }

    /// Shows what tells this kind of server from others: its greeting, and what FEAT lists inside TLS.
    pub fn like(self, kind: ServerKind) -> Self {
        let (greeting, features): (_, &[&str]) = match kind {
            ServerKind::Vsftpd => ("220 (vsFTPd 3.0.5)", &[" REST STREAM", " SIZE", " TVFS", " UTF8"]),
            ServerKind::ProFtpd => (
                "220 ProFTPD Server",
                &[" MFF modify;UNIX.group;UNIX.mode;", " MLST type*;size*;", " REST STREAM", " UTF8"],
            ),
            ServerKind::PureFtpd => (
                "220---------- Welcome to Pure-FTPd\r\n220 ok",
                &[" UTF8", " MLST type*;size*;", " ESTA", " EPSV"],
            ),
            _ => ("220 ready", &[" UTF8", " MLST type*;size*;"]),
        };
        let lines = [&["211-Features"], features, &["211 End"]].concat();
        self.greeting(greeting).instead("FEAT", lines)
    }

    /// When a command begins so, do this.
    pub fn on<A: Into<Act>>(mut self, command: &str, acts: impl IntoIterator<Item = A>) -> Self {
        self.script.on(command, acts);
        self
    }

    /// Does this instead of what was said before.
    pub fn instead<A: Into<Act>>(mut self, command: &str, acts: impl IntoIterator<Item = A>) -> Self {
        self.script.instead(command, acts);
        self
    }

    /// Takes bytes of commands in.
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => {
                    let line = String::from_utf8(core::mem::take(&mut self.line)).unwrap_or_else(|line| {
                        line.as_bytes().iter().map(|&byte| char::from(byte)).collect()
                    });
                    self.obey(line);
                }
                byte => self.line.push(*byte),
            }
        }
    }

    fn obey(&mut self, line: String) {
        let mut acts = self.script.obey(&line);
        self.heard.push(line);
        if self.agenda.front() == Some(&Act::Stall) {
            self.agenda.pop_front();
        }
        if acts.first() == Some(&Act::Abort) {
            self.agenda.clear();
        }
        if acts.first() == Some(&Act::Overtake) {
            acts.extend(self.agenda.drain(..));
        }
        self.agenda.extend(acts);
    }
}
