//! A client engine and a server of rustls, connected in memory.

use std::io::Read;
use std::sync::Arc;

use ftps_proto::tls::{Engine, Event, TlsError, TlsSession, Version};
use rustls::{HandshakeKind, ServerConfig, ServerConnection};

use super::pki::{Pki, name, stateless};

/// A client engine and a server, the network between them a pair of loops.
pub(super) struct Pair {
    pub(super) client: Engine,
    pub(super) server: ServerConnection,
    /// Bytes per read and write.
    pub(super) chunk: usize,
    pub(super) to_client: Vec<u8>,
    pub(super) events: Vec<Event>,
    pub(super) client_got: Vec<u8>,
    pub(super) server_got: Vec<u8>,
    pub(super) server_error: Option<rustls::Error>,
    pub(super) server_closed: bool,
}

impl Pair {
    pub(super) fn new(client: Engine, server: &Arc<ServerConfig>) -> Self {
        let mut server = ServerConnection::new(Arc::clone(server)).unwrap();
        server.set_buffer_limit(None);
        Self {
            client,
            server,
            chunk: usize::MAX,
            to_client: Vec::new(),
            events: Vec::new(),
            client_got: Vec::new(),
            server_got: Vec::new(),
            server_error: None,
            server_closed: false,
        }
    }

    pub(super) fn control(session: &TlsSession, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::control(session, name()).unwrap(), server);
        pair.pump().unwrap();
        assert!(pair.client.handshake_done());
        pair
    }

    /// A data connection of a session of its own.
    pub(super) fn resumed(pki: &Pki, version: Version) -> Self {
        let (session, server) = (pki.session(), pki.server(version, stateless));
        let mut control = Self::control(&session, &server);
        Self::data(&session, &mut control, &server)
    }

    pub(super) fn data(session: &TlsSession, control: &mut Pair, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::data(session, name(), &mut control.client).unwrap(), server);
        pair.pump().unwrap();
        assert!(pair.client.handshake_done());
        assert_eq!(pair.client.resumed(), pair.server.handshake_kind() == Some(HandshakeKind::Resumed));
        pair
    }

    /// Only as far as the handshake: what comes after it would be harvested.
    pub(super) fn unread(session: &TlsSession, control: &mut Pair, server: &Arc<ServerConfig>) -> Self {
        let mut pair = Self::new(Engine::data(session, name(), &mut control.client).unwrap(), server);
        while !pair.client.handshake_done() {
            pair.push();
            pair.draw();
            pair.pull().unwrap();
        }
        pair
    }

    /// Everything the client has to send reaches the server.
    pub(super) fn push(&mut self) -> usize {
        let mut moved = 0;
        while !self.client.outgoing().is_empty() {
            let n = self.client.outgoing().len().min(self.chunk);
            let mut bytes = &self.client.outgoing()[..n];
            while !bytes.is_empty() && self.server_error.is_none() {
                self.server.read_tls(&mut bytes).unwrap();
                match self.server.process_new_packets() {
                    Ok(state) => {
                        self.server_closed |= state.peer_has_closed();
                        let mut got = vec![0; state.plaintext_bytes_to_read()];
                        self.server.reader().read_exact(&mut got).unwrap();
                        self.server_got.extend(got);
                    }
                    Err(error) => self.server_error = Some(error),
                }
            }
            self.client.sent(n);
            moved += n;
        }
        moved
    }

    /// What the server has to send is on the wire.
    pub(super) fn draw(&mut self) {
        while self.server.wants_write() {
            self.server.write_tls(&mut self.to_client).unwrap();
        }
    }

    /// What is on the wire reaches the client.
    pub(super) fn pull(&mut self) -> Result<usize, TlsError> {
        let wire = std::mem::take(&mut self.to_client);
        let mut rest = &wire[..];
        loop {
            loop {
                match self.client.process()? {
                    Event::Blocked => break,
                    Event::Plaintext => {
                        // Consumed in two bites: the engine keeps its place.
                        let n = self.client.plaintext().len().div_ceil(2);
                        self.client_got.extend_from_slice(&self.client.plaintext()[..n]);
                        self.client.consume(n);
                        // A read in between moves what is left, and nothing else.
                        let left = self.client.plaintext().to_vec();
                        self.client.space();
                        assert!(self.client.plaintext() == left);
                    }
                    ended @ (Event::Closed | Event::Truncated) => {
                        self.events.push(ended);
                        return Ok(wire.len());
                    }
                    Event::Secured => self.events.push(Event::Secured),
                }
            }
            if rest.is_empty() {
                return Ok(wire.len());
            }
            let space = self.client.space();
            let n = rest.len().min(self.chunk).min(space.len());
            assert!(n > 0, "no room though input is needed");
            space[..n].copy_from_slice(&rest[..n]);
            rest = &rest[n..];
            self.client.received(n);
        }
    }

    pub(super) fn pump(&mut self) -> Result<(), TlsError> {
        loop {
            let result = self.pull();
            let mut moved = self.push();
            self.draw();
            moved += self.to_client.len();
            result?;
            if moved == 0 {
                return Ok(());
            }
        }
    }

    pub(super) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let n = self.client.seal(bytes).unwrap();
            bytes = &bytes[n..];
            self.pump().unwrap();
        }
    }

    pub(super) fn last(&self) -> Event {
        *self.events.last().unwrap()
    }
}

/// Bytes that no shift or repetition leaves the same.
pub(super) fn payload(len: usize) -> Vec<u8> {
    let mut state = 1u32;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .collect()
}
