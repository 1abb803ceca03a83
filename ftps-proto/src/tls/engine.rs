//! The record engine of one connection, control or data: ciphertext in and out, plaintext in and out, no sockets.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::unbuffered::{
    ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic,
};
use rustls::{
    AlertDescription, CipherSuite, Error, HandshakeKind, InvalidMessage, NamedGroup, ProtocolVersion,
};

use super::error::EXCERPT;
use super::records::{FRAGMENT, HEADER, Record, Records, alert_of, can_take_over, length};
use super::store::{Offer, Role, Settled, TicketStore};
use super::tail::{self, Tail};
use super::{TlsError, TlsSession};

/// A record as long as any, with its header and expansion: with less room left than this, what lies in the buffer moves to its
/// front first.
const RECORD: usize = 18 * 1024;

const IN_PIECES: InvalidMessage =
    InvalidMessage::UnexpectedMessage("other records between the parts of a message");

/// The receive buffer's size at most before the handshake is done: a message of up to 64 KiB is collected in it.
const HANDSHAKE: usize = 128 * 1024;

/// Buffer sizes of one kind of connection, in bytes.
struct Sizes {
    /// The receive buffer's at first.
    first: usize,
    /// The receive buffer's at most, as long as opening its records makes room.
    most: usize,
    /// Outgoing ciphertext from which on nothing more is sealed.
    high_water: usize,
}

impl Role {
    fn sizes(self) -> Sizes {
        match self {
            // It lasts as long as the session, which is idle most of the time: room for most replies, and it grows for the
            // rest.
            Self::Control => Sizes { first: 1024, most: 128 * 1024, high_water: FRAGMENT },
            // Measured: larger reads and writes cost fewer system calls up to here.
            Self::Data => Sizes { first: 32 * 1024, most: 512 * 1024, high_water: 16 * FRAGMENT },
        }
    }
}

const TAKEN_OVER: TlsError = TlsError::Local("the connection could not be taken over from rustls");

/// What [`Engine::process`] came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Nothing more can happen without more input, or without outgoing ciphertext being written.
    Blocked,
    /// The handshake has just finished.
    Secured,
    /// [`Engine::plaintext`] is not empty.
    Plaintext,
    /// close_notify came: the peer ended cleanly.
    Closed,
    /// The transport ended without close_notify: what came may be cut.
    Truncated,
}

enum State {
    /// rustls has the connection: the handshake, and TLS 1.2 up to our close_notify.
    Rustls(Box<UnbufferedClientConnection>),
    /// The engine protects the records itself: TLS 1.3 after the handshake.
    Records(Box<Records>),
    /// The engine opens the records itself: TLS 1.2 after our close_notify.
    Tail(Tail),
    /// There are no records: a data connection in clear, as was asked for.
    Clear,
    Failed(TlsError),
}

/// Memory that serves one connection after the other.
#[derive(Default)]
pub(super) struct Buffers {
    received: Vec<u8>,
    outgoing: Vec<u8>,
}

impl fmt::Debug for Buffers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} and {} bytes", self.received.len(), self.outgoing.capacity())
    }
}

/// TLS for one connection.
///
/// Feed it: read from the socket into [`space`](Self::space), tell [`received`](Self::received) (or
/// [`received_eof`](Self::received_eof)), and call [`process`](Self::process) until it says [`Event::Blocked`].
/// Drain it: write [`outgoing`](Self::outgoing), tell [`sent`](Self::sent); also after an error, which may have
/// left an alert for the peer there.
///
/// Records are opened in place (TLS 1.3) in the receive buffer, which is allocated with the first read and grows
/// while reads fill it. [`rest`](Self::rest) lets go of buffers that have grown and hold nothing.
///
/// ```
/// use std::io::{Read, Result, Write};
/// use ftps_proto::tls::{Engine, Event};
///
/// /// One step towards the next event that concerns the caller, over a blocking socket.
/// fn next(engine: &mut Engine, socket: &mut (impl Read + Write)) -> Result<Event> {
///     loop {
///         let event = engine.process();
///         while !engine.outgoing().is_empty() {
///             let n = socket.write(engine.outgoing())?;
///             engine.sent(n);
///         }
///         match event.map_err(std::io::Error::other)? {
///             Event::Blocked => match socket.read(engine.space())? {
///                 0 => engine.received_eof(),
///                 n => engine.received(n),
///             },
///             event => return Ok(event),
///         }
///     }
/// }
/// ```
pub struct Engine {
    state: State,
    role: Role,
    store: Arc<TicketStore>,
    offer: Offer,
    /// Most plaintext to put in a record.
    fragment: usize,

    /// Received bytes; those at `start..end` are not opened yet.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// rustls was shown the buffer up to here.
    seen: usize,
    /// A read filled the buffer to its end.
    filled: bool,
    eof: bool,
    /// Opened and not consumed: a range of `copied` if that is not empty, of `buffer` otherwise.
    plain: Range<usize>,
    copied: Vec<u8>,

    outgoing: Vec<u8>,
    written: usize,

    /// Something was written: the server may have seen the offer.
    offered: bool,
    secured: bool,
    sent_close_notify: bool,
    ended: Option<Event>,

    kind: Option<HandshakeKind>,
    version: Option<ProtocolVersion>,
    suite: Option<CipherSuite>,
    group: Option<NamedGroup>,
    alpn: Option<Vec<u8>>,
    certificates: Vec<CertificateDer<'static>>,
}

impl Engine {
    /// TLS for the control connection. `name` is what the certificate must be for. What the session could resume
    /// so far is forgotten: it was another control connection's.
    ///
    /// # Errors
    /// When rustls cannot begin a handshake with the configuration.
    pub fn control(session: &TlsSession, name: ServerName<'static>) -> Result<Self, TlsError> {
        session.store.renew();
        session.same.iter().for_each(|same| same.renew());
        let connection = UnbufferedClientConnection::new(Arc::clone(&session.control), name)?;
        Ok(Self::new(State::Rustls(Box::new(connection)), session, Role::Control, Offer::Nothing))
    }

    /// TLS for a data connection, to resume the session of `control`. `name` is the control connection's, never an
    /// address from a PASV reply: the certificate is the same.
    ///
    /// The ticket is re-minted from the control connection's newest NewSessionTicket as long as the server takes
    /// it, else it is one that came on an earlier data connection. Process the control connection's input first: a
    /// ticket may have come with it.
    ///
    /// # Errors
    /// When rustls cannot begin a handshake with the configuration.
    pub fn data(
        session: &TlsSession,
        name: ServerName<'static>,
        control: &mut Engine,
    ) -> Result<Self, TlsError> {
        let mint = |payload: &[u8]| match &mut control.state {
            State::Records(records) => records.mint(payload),
            State::Rustls(_) | State::Tail(_) | State::Clear | State::Failed(_) => false,
        };
        let connect = || UnbufferedClientConnection::new(Arc::clone(&session.data), name);
        let (connection, offer) = session.store.offer(mint, connect);
        Ok(Self::new(State::Rustls(Box::new(connection?)), session, Role::Data, offer))
    }

    /// No TLS, for a data connection where that was asked for (PROT C): all bytes are as they are, and the transport's end is
    /// [`Event::Truncated`].
    pub(super) fn clear(session: &TlsSession) -> Self {
        let secured = true;
        Self { secured, ..Self::new(State::Clear, session, Role::Data, Offer::Nothing) }
    }

    fn new(state: State, session: &TlsSession, role: Role, offer: Offer) -> Self {
        let fragment = session.data.max_fragment_size.map_or(FRAGMENT, |size| size.saturating_sub(HEADER));
        Self {
            state,
            role,
            store: Arc::clone(&session.store),
            offer,
            fragment: fragment.clamp(1, FRAGMENT),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            seen: 0,
            filled: false,
            eof: false,
            plain: 0..0,
            copied: Vec::new(),
            outgoing: Vec::new(),
            written: 0,
            offered: false,
            secured: false,
            sent_close_notify: false,
            ended: None,
            kind: None,
            version: None,
            suite: None,
            group: None,
            alpn: None,
            certificates: Vec::new(),
        }
    }

    /// Takes the memory of an earlier connection's buffers, before anything has come or gone.
    pub(super) fn reuse(&mut self, buffers: Buffers) {
        if self.buffer.is_empty() && self.outgoing.is_empty() {
            (self.buffer, self.outgoing) = (buffers.received, buffers.outgoing);
        }
    }

    /// What is left of a connection that is over: memory for the next one.
    pub(super) fn into_buffers(self) -> Buffers {
        let Self { buffer: received, mut outgoing, .. } = self;
        outgoing.clear();
        Buffers { received, outgoing }
    }

    /// Room to read ciphertext into: never empty while more input can be needed, which is whenever
    /// [`process`](Self::process) says [`Event::Blocked`].
    pub fn space(&mut self) -> &mut [u8] {
        let sizes = self.role.sizes();
        if self.buffer.is_empty() {
            self.buffer.resize(sizes.first, 0);
        }
        if self.buffer.len() - self.end < RECORD {
            self.compact();
        }
        let full = self.end == self.buffer.len();
        let most = self.most();
        if (full || self.filled) && self.buffer.len() < most {
            self.buffer.resize((2 * self.buffer.len()).min(most), 0);
        }
        self.filled = false;
        &mut self.buffer[self.end..]
    }

    /// The receive buffer's size at most.
    fn most(&self) -> usize {
        if self.secured { self.role.sizes().most } else { HANDSHAKE }
    }

    /// Moves what is still needed to the buffer's front.
    fn compact(&mut self) {
        let borrowed = self.copied.is_empty() && !self.plain.is_empty();
        let first = if borrowed { self.plain.start } else { self.start };
        if first == 0 {
            return;
        }
        self.buffer.copy_within(first..self.end, 0);
        if borrowed {
            self.plain = 0..self.plain.len();
        }
        self.start -= first;
        self.seen = self.seen.saturating_sub(first);
        self.end -= first;
    }

    /// The first `n` bytes of [`space`](Self::space) were filled. More than there is room for counts as all of it.
    pub fn received(&mut self, n: usize) {
        self.end = self.end.saturating_add(n).min(self.buffer.len());
        self.filled = self.end == self.buffer.len();
    }

    /// The transport ended (FIN).
    pub fn received_eof(&mut self) {
        self.eof = true;
    }

    /// The transport failed (a reset, a time-out of its own): nothing more comes or goes.
    ///
    /// Before the handshake is finished this is [`TlsError::HandshakeEof`]. Afterwards it is what
    /// [`received_eof`](Self::received_eof) is, so that what has come can still be processed.
    pub fn failed(&mut self) {
        self.eof = true;
        if !self.secured && !matches!(self.state, State::Failed(_)) {
            self.fail(TlsError::HandshakeEof);
        }
    }

    /// A handshake was cut off, and nothing but the ticket can be the reason: servers refuse one in this way, too. Without
    /// this a cut spends none, since a server that refuses the whole transfer (550) lets go of its connection as well.
    /// Changes nothing once the handshake is finished, or where the server has not seen the ticket.
    pub fn spend_ticket(&mut self) {
        if !self.secured && self.offered && matches!(self.state, State::Failed(TlsError::HandshakeEof)) {
            self.store.settle(self.offer, Settled::Lost);
        }
    }

    /// Makes one step. While [`plaintext`](Self::plaintext) is not empty it is [`Event::Plaintext`] again, without
    /// going further; after [`Event::Closed`] or [`Event::Truncated`] it stays that.
    ///
    /// # Errors
    /// What is wrong with the peer, its certificate or its records. The connection is over: the error stays.
    pub fn process(&mut self) -> Result<Event, TlsError> {
        loop {
            if !self.plain.is_empty() {
                return Ok(Event::Plaintext);
            }
            if let Some(ended) = self.ended {
                return Ok(ended);
            }
            match self.step() {
                Ok(Some(Event::Blocked)) if self.eof => match self.secured {
                    true => self.ended = Some(Event::Truncated),
                    false => return Err(self.fail(TlsError::HandshakeEof)),
                },
                Ok(Some(event)) => return Ok(event),
                Ok(None) => {}
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// Opens further records, and puts their plaintext next to what [`plaintext`](Self::plaintext) holds, until it is `least`
    /// bytes long or longer, or no whole record is left. What else comes to light, an end or an error, is told by
    /// [`process`](Self::process) once the plaintext is consumed. Before the handshake is finished nothing happens.
    pub fn gather(&mut self, least: usize) {
        while self.secured && self.plain.len() < least && self.ended.is_none() {
            match self.step() {
                Ok(None) => {}
                Ok(Some(_)) => return,
                Err(error) => {
                    self.fail(error);
                    return;
                }
            }
        }
    }

    /// One step forward; `None` where another may follow.
    fn step(&mut self) -> Result<Option<Event>, TlsError> {
        match &self.state {
            State::Rustls(_) => self.step_rustls(),
            State::Records(_) | State::Tail(_) => self.step_records(),
            State::Clear => Ok(self.step_clear()),
            State::Failed(error) => Err(error.clone()),
        }
    }

    fn fail(&mut self, error: TlsError) -> TlsError {
        if !self.secured && self.offered && error.alert().is_some() {
            self.store.settle(self.offer, Settled::Failed);
        }
        self.learn();
        self.state = State::Failed(error.clone());
        error
    }

    /// Fails unless `start` may be a record's; is [`Event::Blocked`] while a line of plain text there may yet grow.
    fn check_record(&self) -> Result<Option<Event>, TlsError> {
        let bytes = &self.buffer[self.start..self.end];
        let record = match *bytes {
            [] => true,
            [typ] => (20..=23).contains(&typ),
            [typ, major, ..] => (20..=23).contains(&typ) && major == 3,
        };
        if record {
            return Ok(None);
        }
        let printable = |byte: &u8| *byte >= b' ' || matches!(byte, b'\t' | b'\r');
        let line = bytes.iter().take_while(|byte| printable(byte)).count();
        match line {
            _ if line == bytes.len() && line < EXCERPT && !self.eof => Ok(Some(Event::Blocked)),
            // Too short for a reply code: not text.
            0..3 => Err(Error::InvalidMessage(InvalidMessage::InvalidContentType).into()),
            _ => Err(TlsError::plain_text(bytes, self.secured)),
        }
    }

    /// A step of the handshake, or of TLS 1.2.
    fn step_rustls(&mut self) -> Result<Option<Event>, TlsError> {
        if let Some(blocked) = self.check_record()? {
            return Ok(Some(blocked));
        }
        let State::Rustls(connection) = &mut self.state else { return Ok(None) };
        let UnbufferedStatus { discard, state } =
            connection.process_tls_records(&mut self.buffer[self.start..self.seen]);
        let mut event = None;
        let mut failure = None;
        match state {
            Ok(ConnectionState::EncodeTlsData(data)) => encode_handshake(&mut self.outgoing, data),
            Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(record) = traffic.next_record() {
                    self.copied.extend_from_slice(record?.payload);
                }
                self.plain.end = self.copied.len();
            }
            Ok(ConnectionState::PeerClosed | ConnectionState::Closed) => self.ended = Some(Event::Closed),
            Ok(_) => event = Some(Event::Blocked),
            Err(error) => failure = Some(error),
        }
        self.start += discard;
        if let Some(error) = failure {
            return Err(self.rustls_failed(error));
        }
        if !self.secured && !connection.is_handshaking() && !connection.wants_write() {
            self.secure()?;
            return Ok(Some(Event::Secured));
        }
        if event.is_some() && self.show_record()? {
            return Ok(None);
        }
        // rustls keeps the records of a handshake message here until it is whole. A peer that cuts one into tiny
        // records could fill all of the buffer, and there would be no room for the next read.
        if event.is_some() && self.end - self.start >= self.most() {
            return Err(Error::InvalidMessage(InvalidMessage::HandshakePayloadTooLarge).into());
        }
        Ok(event)
    }

    /// Shows rustls another record, where there is a whole one; it has looked at all others. One by one: of a handshake
    /// message that is not whole it keeps the records here, and counts what it discards of others between them as if that lay
    /// before them. Honest peers send nothing there.
    fn show_record(&mut self) -> Result<bool, TlsError> {
        let next = &self.buffer[self.seen..self.end];
        let Some(length) = length(next)?.filter(|length| *length <= next.len()) else { return Ok(false) };
        if self.start < self.seen && next[0] != self.buffer[self.start] {
            return Err(Error::InvalidMessage(IN_PIECES).into());
        }
        self.seen += length;
        Ok(true)
    }

    /// Fetches the alert that rustls has for the peer, and sees what the peer sent instead of a record.
    fn rustls_failed(&mut self, error: Error) -> TlsError {
        if let State::Rustls(connection) = &mut self.state {
            while connection.wants_write() {
                let status = connection.process_tls_records(&mut self.buffer[self.start..self.seen]);
                let Ok(ConnectionState::EncodeTlsData(data)) = status.state else { break };
                encode_handshake(&mut self.outgoing, data);
            }
        }
        if let Error::InvalidMessage(InvalidMessage::InvalidContentType) = error
            && let Err(text @ TlsError::PlainText { .. }) = self.check_record()
        {
            return text;
        }
        error.into()
    }

    /// Remembers what has been negotiated, as far as the handshake went.
    fn learn(&mut self) {
        let State::Rustls(connection) = &self.state else { return };
        self.version = connection.protocol_version();
        self.suite = connection.negotiated_cipher_suite().map(|suite| suite.suite());
        self.group = connection.negotiated_key_exchange_group().map(|group| group.name());
        self.alpn = connection.alpn_protocol().map(<[u8]>::to_vec);
    }

    /// The handshake is done: remembers what it came to, and takes the records over from rustls where that can be.
    fn secure(&mut self) -> Result<(), TlsError> {
        self.learn();
        let State::Rustls(connection) = &self.state else { return Ok(()) };
        self.secured = true;
        self.kind = connection.handshake_kind();
        self.certificates = connection.peer_certificates().unwrap_or_default().to_vec();
        let suite = connection.negotiated_cipher_suite();
        self.store.settle(self.offer, if self.resumed() { Settled::Resumed } else { Settled::Refused });
        if !suite.is_some_and(can_take_over) {
            return Ok(());
        }
        if let State::Rustls(connection) = std::mem::replace(&mut self.state, State::Failed(TAKEN_OVER)) {
            let records = Records::take_over(*connection, self.role, Arc::clone(&self.store))?;
            self.state = State::Records(Box::new(records));
        }
        Ok(())
    }

    /// Takes all that has come.
    fn step_clear(&mut self) -> Option<Event> {
        let came = self.start..self.end;
        if came.is_empty() {
            if self.plain.is_empty() {
                (self.start, self.end) = (0, 0);
            }
            return Some(Event::Blocked);
        }
        self.append(came);
        self.start = self.end;
        None
    }

    /// Opens one record.
    fn step_records(&mut self) -> Result<Option<Event>, TlsError> {
        if let Some(blocked) = self.check_record()? {
            return Ok(Some(blocked));
        }
        let bytes = &mut self.buffer[self.start..self.end];
        let opened = match length(bytes) {
            Ok(Some(length)) if length <= bytes.len() => {
                let record = &mut bytes[..length];
                match &mut self.state {
                    State::Records(records) => records.open(record),
                    State::Tail(tail) => tail.open(record),
                    State::Rustls(_) | State::Clear | State::Failed(_) => return Ok(None),
                }
                .map(|record| (length, record))
            }
            Ok(_) => {
                if self.start == self.end && self.plain.is_empty() {
                    (self.start, self.end) = (0, 0);
                }
                return Ok(Some(Event::Blocked));
            }
            Err(error) => Err(error),
        };
        match opened {
            Ok((length, record)) => {
                match record {
                    Record::Data(range) => self.append(self.start + range.start..self.start + range.end),
                    Record::Other => {}
                    Record::Closed => self.ended = Some(Event::Closed),
                }
                self.start += length;
                // One answer at a time waits to be written: a peer that asks on and on gets no heap of them.
                if let State::Records(records) = &mut self.state
                    && !self.sent_close_notify
                    && self.outgoing.is_empty()
                {
                    records.answer(&mut self.outgoing)?;
                }
                Ok(None)
            }
            Err(error) => {
                if let State::Records(records) = &mut self.state
                    && !self.sent_close_notify
                    && let Some(alert) = alert_of(&error)
                {
                    // The peer gets no reason if even that fails; the caller gets the first one.
                    let _ = records.alert(alert, &mut self.outgoing);
                }
                Err(error.into())
            }
        }
    }

    /// Adds what was opened to the plaintext, which lies before it in the same buffer.
    fn append(&mut self, opened: Range<usize>) {
        if self.plain.is_empty() {
            self.plain = opened;
        } else {
            let length = opened.len();
            self.buffer.copy_within(opened, self.plain.end);
            self.plain.end += length;
        }
    }

    /// What was opened and is not consumed yet. A record's worth at a time, unless more was [gathered](Self::gather).
    pub fn plaintext(&self) -> &[u8] {
        if self.copied.is_empty() {
            &self.buffer[self.plain.clone()]
        } else {
            &self.copied[self.plain.clone()]
        }
    }

    /// The first `n` bytes of [`plaintext`](Self::plaintext) are dealt with.
    pub fn consume(&mut self, n: usize) {
        self.plain.start = self.plain.start.saturating_add(n).min(self.plain.end);
        if self.plain.is_empty() {
            self.copied.clear();
            self.plain = 0..0;
        }
    }

    /// Seals application data into the outgoing buffer, as many records as it has room for.
    ///
    /// Returns how many bytes were taken: 0 when the outgoing buffer is full or the handshake is not finished.
    ///
    /// # Errors
    /// After [`close_notify`](Self::close_notify), after a failure, and when the keys are used up.
    pub fn seal(&mut self, plaintext: &[u8]) -> Result<usize, TlsError> {
        if self.sent_close_notify {
            return Err(TlsError::Local("nothing can be sent after close_notify"));
        }
        let mut taken = 0;
        while self.secured && taken < plaintext.len() && self.has_room() {
            let chunk = &plaintext[taken..plaintext.len().min(taken + self.fragment)];
            match &mut self.state {
                State::Records(records) => records.seal(chunk, &mut self.outgoing)?,
                State::Rustls(_) => self.write_rustls(|writer, tail| writer.encrypt(chunk, tail))?,
                State::Clear => self.outgoing.extend_from_slice(chunk),
                // Only after close_notify.
                State::Tail(_) => break,
                State::Failed(error) => return Err(error.clone()),
            }
            taken += chunk.len();
        }
        match &self.state {
            State::Failed(error) => Err(error.clone()),
            _ => Ok(taken),
        }
    }

    /// Queues close_notify, once: nothing can be sealed afterwards, while the peer may send on. A peer of TLS 1.2
    /// answers it, by its standard, with its own and closes (RFC 5246 section 7.2.1); FTP servers finish a download.
    ///
    /// # Errors
    /// Before the handshake is finished, or after a failure.
    pub fn close_notify(&mut self) -> Result<(), TlsError> {
        if self.sent_close_notify {
            return Ok(());
        }
        match &mut self.state {
            State::Failed(error) => return Err(error.clone()),
            _ if !self.secured => {
                return Err(TlsError::Local("no close_notify before the handshake is finished"));
            }
            State::Records(records) => records.alert(AlertDescription::CloseNotify, &mut self.outgoing)?,
            State::Rustls(_) => self.write_rustls(|writer, tail| writer.queue_close_notify(tail))?,
            State::Tail(_) | State::Clear => {}
        }
        self.sent_close_notify = true;
        let taken = self.take_tail();
        taken.map_err(|error| self.fail(error))
    }

    /// Takes what may still come over from rustls, under TLS 1.2, where that can be.
    fn take_tail(&mut self) -> Result<(), TlsError> {
        let State::Rustls(connection) = &self.state else { return Ok(()) };
        if !connection.negotiated_cipher_suite().is_some_and(tail::can_take_over) {
            return Ok(());
        }
        if let State::Rustls(connection) = std::mem::replace(&mut self.state, State::Failed(TAKEN_OVER)) {
            self.state = State::Tail(Tail::take_over(*connection)?);
        }
        Ok(())
    }

    /// Writes through rustls, under TLS 1.2.
    fn write_rustls(
        &mut self,
        mut write: impl FnMut(&mut Writer<'_>, &mut [u8]) -> Result<usize, EncryptError>,
    ) -> Result<(), TlsError> {
        let State::Rustls(connection) = &mut self.state else { return Ok(()) };
        loop {
            // No further than rustls has looked: what it opened here would have nowhere to go.
            let status = connection.process_tls_records(&mut self.buffer[self.start..self.seen]);
            self.start += status.discard;
            match status.state? {
                ConnectionState::WriteTraffic(mut writer) => {
                    let done = encode(&mut self.outgoing, |tail| match write(&mut writer, tail) {
                        Ok(written) => Ok(written),
                        Err(EncryptError::InsufficientSize(size)) => Err(Some(size.required_size)),
                        Err(EncryptError::EncryptExhausted) => Err(None),
                    });
                    return if done { Ok(()) } else { Err(Error::EncryptError.into()) };
                }
                ConnectionState::EncodeTlsData(data) => {
                    encode_handshake(&mut self.outgoing, data);
                }
                ConnectionState::TransmitTlsData(data) => data.done(),
                ConnectionState::PeerClosed => self.ended = Some(Event::Closed),
                _ => return Err(TlsError::Local("nothing can be sent any more")),
            }
        }
    }

    /// Ciphertext to write to the transport.
    pub fn outgoing(&self) -> &[u8] {
        &self.outgoing[self.written..]
    }

    /// The first `n` bytes of [`outgoing`](Self::outgoing) were written.
    pub fn sent(&mut self, n: usize) {
        self.written = self.written.saturating_add(n).min(self.outgoing.len());
        self.offered |= self.written > 0;
        // A socket that always leaves something must not make a heap of what it has taken.
        if 2 * self.written >= self.outgoing.len() {
            self.outgoing.drain(..self.written);
            self.written = 0;
        }
    }

    /// Gives the memory of empty buffers back that have grown: little is expected for a while.
    pub fn rest(&mut self) {
        let first = self.role.sizes().first;
        if self.start == self.end && self.plain.is_empty() {
            (self.start, self.end, self.seen, self.filled) = (0, 0, 0, false);
            if self.buffer.len() > first {
                self.buffer = Vec::new();
            }
            if self.copied.capacity() > first {
                self.copied = Vec::new();
            }
        }
        if self.outgoing().is_empty() && self.outgoing.capacity() > first {
            self.outgoing = Vec::new();
            self.written = 0;
        }
    }

    /// Whether [`seal`](Self::seal) would take something, the handshake aside.
    pub fn has_room(&self) -> bool {
        self.outgoing().len() < self.role.sizes().high_water
    }

    /// Whether the handshake is finished.
    pub fn handshake_done(&self) -> bool {
        self.secured
    }

    /// Whether the handshake resumed an earlier session.
    pub fn resumed(&self) -> bool {
        self.kind == Some(HandshakeKind::Resumed)
    }

    /// The negotiated version, once the handshake is finished, or as far as it went before it failed.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.version
    }

    /// The negotiated cipher suite; as for [`version`](Self::version).
    pub fn cipher_suite(&self) -> Option<CipherSuite> {
        self.suite
    }

    /// The group of the key exchange; as for [`version`](Self::version). There is none on a resumed connection under
    /// TLS 1.2.
    pub fn key_exchange_group(&self) -> Option<NamedGroup> {
        self.group
    }

    /// The application protocol that the server chose, if any (RFC 7301).
    pub fn alpn(&self) -> Option<&[u8]> {
        self.alpn.as_deref()
    }

    /// The server's certificate chain, leaf first, once the handshake is finished. On a resumed connection it is
    /// that of the session's first.
    pub fn peer_certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// Whether close_notify was queued.
    pub fn sent_close_notify(&self) -> bool {
        self.sent_close_notify
    }
}

/// Appends a message of rustls' own.
fn encode_handshake(outgoing: &mut Vec<u8>, mut data: EncodeTlsData<'_, ClientConnectionData>) {
    encode(outgoing, |tail| match data.encode(tail) {
        Ok(written) => Ok(written),
        Err(EncodeError::InsufficientSize(size)) => Err(Some(size.required_size)),
        Err(EncodeError::AlreadyEncoded) => Ok(0),
    });
}

type Writer<'c> = WriteTraffic<'c, ClientConnectionData>;

/// Appends what `write` puts into the slice it gets, which is made as long as it asks for (`Err(Some(length))`).
/// False when it gives up (`Err(None)`).
fn encode(outgoing: &mut Vec<u8>, mut write: impl FnMut(&mut [u8]) -> Result<usize, Option<usize>>) -> bool {
    let before = outgoing.len();
    let mut room = 0;
    loop {
        outgoing.resize(before + room, 0);
        match write(&mut outgoing[before..]) {
            Ok(written) => {
                outgoing.truncate(before + written);
                return true;
            }
            Err(Some(required)) if required > room => room = required,
            Err(_) => {
                outgoing.truncate(before);
                return false;
            }
        }
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("role", &self.role)
            .field("version", &self.version)
            .field("suite", &self.suite)
            .field("kind", &self.kind)
            .field("offer", &self.offer)
            .field("unopened", &(self.end - self.start))
            .field("plaintext", &self.plain.len())
            .field("outgoing", &self.outgoing().len())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
