//! The TLS engine behind a real handshake, fed what no honest server sends.

mod peer;

use arbitrary::{Result, Unstructured};
use ftps_proto::tls::{Engine, Event, Version};
use rustls::ProtocolVersion;

use crate::memory;
use peer::{Pki, Server};

/// What an engine may hold, in bytes: its buffers, and rustls.
const MEMORY: usize = 2 << 20;

/// Ciphertext that may wait to be written: nothing is sealed after 256 KiB of it, but the record that gets there, and an alert.
const OUTGOING: usize = (256 + 17) << 10;

/// Input: version and role; what becomes of the server's first flight; then steps: records that are sealed with the server's
/// keys, or forged, spoiled, repeated; bytes that are no record; the end; and what the client does meanwhile.
///
/// Holds: plaintext is what was sealed, in its order, up to where the first thing was wrong; an end is clean only where the
/// server has said so inside TLS; whoever waits for more has room for it; an error stays; memory has a limit.
pub fn record(data: &[u8]) {
    // The bytes end in the middle of a step: what came before counts.
    let _ = run(&mut Unstructured::new(data));
}

fn run(from: &mut Unstructured<'_>) -> Result<()> {
    let how: u8 = from.arbitrary()?;
    let version = if how & 1 == 0 { Version::Tls13 } else { Version::Tls12 };
    let pki = Pki::get();
    let session = pki.client.session();
    let Ok(control) = Engine::control(&session, Pki::name()) else { return Ok(()) };
    let mut connection = Connection::new(control, pki.server(version), how);
    if how & 2 != 0 {
        connection.handshake(None);
        assert!(connection.client.handshake_done());
        let Ok(data) = Engine::data(&session, Pki::name(), &mut connection.client) else { return Ok(()) };
        let mut data = Connection::new(data, pki.server(version), how);
        data.go_on(from)?;
        return Ok(());
    }
    connection.go_on(from)
}

/// What happens to the server's first flight.
struct Spoil<'a> {
    at: usize,
    /// Comes in the place of so many bytes.
    insert: &'a [u8],
    instead_of: usize,
}

struct Connection {
    client: Engine,
    server: Server,
    /// Bytes per read.
    chunk: usize,
    /// What was sealed for the client, in order.
    sealed: Vec<u8>,
    got: usize,
    /// The server has said close_notify inside TLS.
    closed: bool,
    eof: bool,
    over: bool,
    before_memory: usize,
}

impl Connection {
    fn new(client: Engine, server: Server, how: u8) -> Self {
        let chunk = [usize::MAX, 1, 7, 1000][usize::from(how >> 2 & 3)];
        let before_memory = memory::used();
        Self {
            client,
            server,
            chunk,
            sealed: Vec::new(),
            got: 0,
            closed: false,
            eof: false,
            over: false,
            before_memory,
        }
    }

    fn go_on(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        match from.arbitrary::<u8>()? {
            0..192 => self.handshake(None),
            // The server has nothing to say but what follows.
            192..200 => {}
            kind => {
                let (at, insert) = (from.arbitrary::<u16>()?.into(), from.arbitrary()?);
                self.handshake(Some(&Spoil { at, insert, instead_of: usize::from(kind & 15) }));
            }
        }
        self.process();
        let mut steps = 0;
        while !from.is_empty() && steps < 200 {
            self.step(from)?;
            steps += 1;
        }
        Ok(())
    }

    /// The handshake, with a server that is honest unless its first flight is spoiled.
    fn handshake(&mut self, mut spoil: Option<&Spoil<'_>>) {
        self.process();
        while !self.over && !self.client.handshake_done() {
            self.push();
            let mut wire = self.server.draw();
            if wire.is_empty() {
                return;
            }
            if let Some(spoil) = spoil.take() {
                let at = spoil.at.min(wire.len());
                let end = at.saturating_add(spoil.instead_of).min(wire.len());
                wire.splice(at..end, spoil.insert.iter().copied());
            }
            self.feed(&wire);
        }
        if !self.over {
            // The client's last, and the tickets.
            self.push();
            let wire = self.server.draw();
            self.feed(&wire);
        }
    }

    fn step(&mut self, from: &mut Unstructured<'_>) -> Result<()> {
        match from.arbitrary::<u8>()? % 20 {
            0 => self.feed(from.arbitrary()?),
            1..=3 => {
                let typ = *from.choose(&[23, 23, 22, 21, 20, 24, 0, 255])?;
                let payload: &[u8] = from.arbitrary()?;
                self.seal(typ, payload, 1);
            }
            4 => {
                let (typ, payload) = *from.choose(&MESSAGES)?;
                self.seal(typ, payload, 1);
            }
            5 => {
                let (typ, payload) = *from.choose(&MESSAGES)?;
                self.seal(typ, payload, from.arbitrary::<u8>()?.into());
            }
            6 => self.seal(23, &[0x5a; 16_384], from.int_in_range(1..=20)?),
            7 => {
                // Spoiled on its way.
                let (at, by): (u16, u8) = from.arbitrary()?;
                if let Some(mut record) = self.server.seal(23, b"never told") {
                    // The version is passed over.
                    let at = 3 + usize::from(at) % (record.len() - 3);
                    record[at] ^= by;
                    if by == 0 {
                        self.sealed.extend_from_slice(b"never told");
                    }
                    self.feed(&record);
                }
            }
            8 => {
                // Lost on its way: what follows cannot be opened.
                let _ = self.server.seal(23, b"lost");
            }
            9 => {
                // Not sealed at all.
                let (typ, payload) = *from.choose(&MESSAGES)?;
                self.feed(&plain(typ, payload));
            }
            10 => {
                // A handshake message in records of one byte.
                let (first, many): (u8, u16) = from.arbitrary()?;
                let mut records: Vec<u8> =
                    [first, 0, 255, 255].iter().flat_map(|byte| plain(22, &[*byte])).collect();
                records.extend(plain(22, &[0]).repeat(many.into()));
                self.feed(&records);
            }
            11 => {
                let header = [*from.choose(&[23, 22, 21, 20])?, 3, from.arbitrary()?];
                let length: u16 = from.arbitrary()?;
                self.feed(&[&header[..], &length.to_be_bytes(), &vec![0; length.into()]].concat());
            }
            12 => {
                let _ = self.client.close_notify();
            }
            13 => {
                let n = usize::from(from.arbitrary::<u16>()?);
                let before = self.client.outgoing().len();
                match self.client.seal(&vec![7; n]) {
                    Ok(taken) => assert!(taken <= n),
                    Err(_) => assert!(self.client.outgoing().len() >= before),
                }
            }
            14 => {
                self.client.received_eof();
                self.eof = true;
                self.process();
            }
            15 => {
                self.client.failed();
                self.eof = true;
                self.process();
            }
            16 => self.client.sent(from.arbitrary::<u16>()?.into()),
            17 => self.push(),
            18 => {
                self.server.refresh_keys();
                let wire = self.server.draw();
                self.feed(&wire);
            }
            _ => {
                let wire = self.server.close();
                self.closed |= !wire.is_empty();
                self.feed(&wire);
            }
        }
        self.holds();
        Ok(())
    }

    /// Records that an honest server could seal, and mostly would not.
    fn seal(&mut self, typ: u8, payload: &[u8], times: usize) {
        for _ in 0..times {
            let Some(record) = self.server.seal(typ, payload) else { return };
            // RFC 8446, section 5.2: the type is the last byte that is not padding.
            let inner = [payload, &[typ]].concat();
            let (typ, payload) = match inner.iter().rposition(|byte| *byte != 0) {
                Some(at) if self.client.version() == Some(ProtocolVersion::TLSv1_3) => {
                    (inner[at], &inner[..at])
                }
                _ => (typ, payload),
            };
            if typ == 23 {
                self.sealed.extend_from_slice(payload);
            }
            self.closed |= typ == 21 && matches!(payload, [_, 0]);
            self.feed(&record);
            self.holds();
        }
    }

    fn push(&mut self) {
        let outgoing = self.client.outgoing().to_vec();
        self.server.hear(&outgoing);
        self.client.sent(outgoing.len());
    }

    /// These bytes reach the client.
    fn feed(&mut self, mut wire: &[u8]) {
        // Of much, more at a time: a run stays short.
        let chunk = self.chunk.max(wire.len() / 256);
        while !wire.is_empty() && !self.over {
            let space = self.client.space();
            assert!(!space.is_empty(), "no room though input is needed");
            let n = wire.len().min(space.len()).min(chunk);
            space[..n].copy_from_slice(&wire[..n]);
            wire = &wire[n..];
            self.client.received(n);
            self.process();
        }
    }

    /// All that the client makes of what has come.
    fn process(&mut self) {
        for _ in 0..1 << 16 {
            match self.client.process() {
                Ok(Event::Blocked) => return assert!(!self.eof, "the end is told"),
                Ok(Event::Secured) => assert!(self.client.handshake_done()),
                Ok(Event::Plaintext) => {
                    let plaintext = self.client.plaintext();
                    let n = plaintext.len().div_ceil(2);
                    let expected = self.sealed.get(self.got..self.got + n);
                    assert!(expected == Some(&plaintext[..n]), "plaintext that was not sealed");
                    self.got += n;
                    self.client.consume(n);
                }
                Ok(Event::Closed) => {
                    assert!(self.closed || !self.client.handshake_done(), "an end that was not sealed");
                    self.over = true;
                    return;
                }
                Ok(Event::Truncated) => {
                    assert!(self.eof, "an end that was not there");
                    self.over = true;
                    return;
                }
                Err(error) => {
                    let text = error.to_string();
                    assert!(!text.is_empty() && !text.contains(['\r', '\n']), "{text:?}");
                    let again = self.client.process().err().map(|error| error.to_string());
                    assert_eq!(again, Some(text), "an error stays");
                    self.over = true;
                    return;
                }
            }
        }
        unreachable!("it goes on for ever");
    }

    fn holds(&mut self) {
        if self.over {
            let _ = (self.client.process(), self.client.space().len());
        }
        let used = memory::used().saturating_sub(self.before_memory + self.sealed.capacity());
        assert!(used < MEMORY, "{used} bytes are held");
        assert!(self.client.outgoing().len() < OUTGOING);
        let _ = (format!("{:?}", self.client), self.client.resumed(), self.client.alpn());
    }
}

/// A record that is not sealed.
fn plain(typ: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[typ, 3, 3], &length[..], payload].concat()
}

/// What may come after the handshake, and what may not.
const MESSAGES: [(u8, &[u8]); 20] = [
    (23, b""),
    (23, b"x"),
    // KeyUpdate.
    (22, &[24, 0, 0, 1, 0]),
    (22, &[24, 0, 0, 1, 1]),
    (22, &[24, 0, 0, 1, 2]),
    (22, &[24, 0, 0, 1, 0, 4]),
    // NewSessionTicket of TLS 1.3: lifetime, age, nonce, ticket, extensions.
    (22, &[4, 0, 0, 16, 0, 0, 28, 32, 1, 2, 3, 4, 1, 0, 0, 2, 9, 9, 0, 0]),
    (22, &[4, 0, 0, 14, 0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 1, 9, 0, 0]),
    (22, &[4, 0]),
    (22, &[4, 0, 255, 255]),
    (22, &[4, 1, 0, 0]),
    (22, &[]),
    // HelloRequest, ClientHello, Finished.
    (22, &[0, 0, 0, 0]),
    (22, &[1, 0, 0, 1, 0]),
    (22, &[20, 0, 0, 1, 0]),
    // close_notify, user_canceled, handshake_failure, no_renegotiation.
    (21, &[1, 0]),
    (21, &[1, 90]),
    (21, &[2, 40]),
    (21, &[1, 100]),
    (20, &[1]),
];
