//! A [`Session`] with both record engines: what an adapter with rustls drives.
//!
//! The contract is the session's, one layer further out: its needs speak of ciphertext, and two of them look different.
//! TLS starts in here, and payload, which is plaintext, has a place of its own ([`LinkNeed::Payload`]).

use alloc::vec::Vec;
use core::net::SocketAddr;

use rustls::pki_types::ServerName;

use super::engine::{Buffers, Engine, Event};
use super::{TlsConfig, TlsError, TlsSession};
use crate::error::Error;
use crate::need::{Channel, Close, End, Failure, Flow, Input, Io, Need, Progress, Target};
use crate::session::{DataConnection, Deed, Direction, Operation, Session};
use crate::time::Instant;

/// Room for what a server says before TLS.
const PLAIN: usize = 4096;

/// What the link needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LinkNeed {
    /// Begin to open the data connection; answer with [`Link::connected`] or [`Link::connect_failed`]. A connection (or
    /// an attempt) that is still there is dropped.
    Connect(Target),
    /// Listen for the data connection, at an address under which the server can reach this side; answer with
    /// [`Link::listening`], and then as for [`Connect`](Self::Connect). Only the server is let in: the control connection's
    /// peer (RFC 2577, section 4).
    Listen,
    /// Close a connection. [`Close::Write`]: shut its sending side down; everything has been sent. [`Close::Whole`]: write
    /// what [`Link::outgoing`] still holds, close_notify mostly, as far as the socket takes it at once, and close it.
    /// [`Close::Notify`] never arrives here.
    Close(Channel, Close),
    /// Payload can move, unless these bytes, which may bring a refusal, move first. Download: take what [`Link::payload`]
    /// holds. Upload: hand over more with [`Link::supply`], or say that it is complete with
    /// [`Transfer::finish`](crate::ops::Transfer::finish).
    Payload(Io),
    /// Move bytes and wait: send [`Link::outgoing`], receive into [`Link::space`].
    Io(Io),
}

/// A session, its TLS, and the bytes between.
#[derive(Debug)]
pub struct Link {
    session: Session,
    tls: TlsSession,
    name: ServerName<'static>,
    control: Wire,
    /// The control connection's TLS after its end (CCC): its tickets serve on.
    former: Option<Engine>,
    data: Option<Wire>,
    /// Of the last data connection, while more are to follow.
    spare: Buffers,
    flushing: bool,
}

/// One connection's bytes.
#[derive(Debug, Default)]
struct Wire {
    /// None before TLS.
    engine: Option<Engine>,
    /// Before TLS: what comes.
    space: Vec<u8>,
    /// Before TLS: what goes.
    outgoing: Vec<u8>,
    sent: usize,
    /// The handshake is done, and its last bytes are still to be sent.
    securing: bool,
    /// TLS ends, and the connection stays.
    clearing: bool,
    /// To be shut down once everything has been sent.
    shutting: bool,
    /// It is being closed by whoever drives us, and then forgotten.
    closing: bool,
    /// Nothing more comes: the end, or a failure, has been told.
    ended: bool,
    /// Nothing more goes.
    broken: bool,
}

/// Whether the data connection is what a transfer failed for, and not the file.
fn is_data_connections(error: &Error) -> bool {
    match error {
        Error::Connection { channel, .. } => *channel == Channel::Data,
        Error::Refused(refused) => matches!(refused.reply.code().get(), 425 | 522),
        _ => false,
    }
}

impl Wire {
    fn outgoing(&self) -> &[u8] {
        match &self.engine {
            Some(engine) => engine.outgoing(),
            None => &self.outgoing[self.sent..],
        }
    }

    fn sent(&mut self, n: usize) {
        if let Some(engine) = &mut self.engine {
            return engine.sent(n);
        }
        self.sent = (self.sent + n).min(self.outgoing.len());
        if self.sent == self.outgoing.len() {
            self.outgoing.clear();
            self.sent = 0;
        }
    }

    fn fail(&mut self) {
        self.ended = true;
        self.broken = true;
    }

    /// Takes over plaintext; how many bytes there was room for.
    fn send(&mut self, plaintext: &[u8]) -> Result<usize, Failure> {
        match &mut self.engine {
            Some(engine) => engine.seal(plaintext).map_err(Failure::tls),
            None => {
                self.outgoing.extend_from_slice(plaintext);
                Ok(plaintext.len())
            }
        }
    }
}

impl Link {
    /// A link for a control connection that has just been opened to `name`, under which the server's certificate is
    /// verified on both connections.
    pub fn new(session: Session, tls: &TlsConfig, name: ServerName<'static>) -> Self {
        let (tls, control, spare) = (tls.session(), Wire::default(), Buffers::default());
        Self { session, tls, name, control, former: None, data: None, spare, flushing: false }
    }

    /// The protocol machine.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// As [`Session::expect_more`]. As long as more transfers follow, one set of buffers serves all their data connections.
    pub fn expect_more(&mut self, more: bool) {
        self.session.expect_more(more);
        self.rest();
    }

    /// Gives back the memory that is not needed while nothing is done.
    fn rest(&mut self) {
        self.control.engine.iter_mut().for_each(Engine::rest);
        if !self.session.expects_more() {
            self.spare = Buffers::default();
        }
    }

    /// The data connection is over, and its buffers serve the next one.
    fn end_data(&mut self) {
        if let Some(engine) = self.data.take().and_then(|wire| wire.engine) {
            self.spare = engine.into_buffers();
        }
    }

    /// As [`Session::keep_deeds`].
    pub fn keep_deeds(&mut self) {
        self.session.keep_deeds();
    }

    /// As [`Session::take_deed`].
    pub fn take_deed(&mut self) -> Option<Deed> {
        self.session.take_deed()
    }

    /// What the server has not answered is not waited for any more.
    pub(crate) fn give_deeds_up(&mut self) {
        self.session.give_deeds_up();
    }

    /// The control connection's TLS, once it has begun; also where it has failed.
    pub fn control_tls(&self) -> Option<&Engine> {
        self.control.engine.as_ref().or(self.former.as_ref())
    }

    /// Goes on with an operation until it is done, or something is needed. Once it is done, [`outgoing`](Self::outgoing) may
    /// hold the request for the next transfer's data connection: written at once it is answered sooner, else it leaves with
    /// the next operation.
    ///
    /// # Errors
    /// Whatever ends the operation. The data connection is then to be reset (but where the session still has a
    /// [`direction`](Session::direction): it is another operation's), and what
    /// [`outgoing`](Self::outgoing) holds for the control connection, maybe an alert that tells the server why, is to be
    /// written as far as the socket takes it at once. The session goes on where [`Session::is_usable`] says so.
    pub fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        now: Instant,
    ) -> Result<Progress<O::Output, LinkNeed>, Error> {
        if self.data.as_ref().is_some_and(|wire| wire.closing) {
            self.end_data();
        }
        loop {
            // Told first: what has come by now may answer it.
            if self.all_sent() {
                self.session.handle(Input::Shut);
            }
            let early = self.is_early();
            let more = self.receive();
            let progress = self.session.poll(op, now).inspect_err(|error| {
                // Where there still is one, it is another operation's, which goes on.
                if self.session.direction().is_none() {
                    let wire = self.data.take();
                    if is_data_connections(error)
                        && let Some(mut engine) = wire.and_then(|wire| wire.engine)
                    {
                        engine.spend_ticket();
                    }
                }
            });
            let need = match progress? {
                Progress::Done(output) => {
                    // What asks for the next transfer's data connection may be written now.
                    self.send(!self.session.outgoing().is_empty());
                    self.rest();
                    return Ok(Progress::Done(output));
                }
                Progress::Need(need) => need,
            };
            match need {
                Need::Connect(target) => {
                    self.data = None;
                    return Ok(Progress::Need(LinkNeed::Connect(target)));
                }
                Need::Listen => {
                    self.data = None;
                    return Ok(Progress::Need(LinkNeed::Listen));
                }
                Need::StartTls(channel) => self.start_tls(channel),
                Need::EndTls(channel) => {
                    self.close_notify(channel);
                    if let Some(wire) = self.wire_mut(channel) {
                        wire.clearing = true;
                    }
                }
                Need::Close(channel, Close::Reset) => {
                    if channel == Channel::Data {
                        self.data = None;
                    }
                    return Ok(Progress::Need(LinkNeed::Close(channel, Close::Reset)));
                }
                Need::Close(channel, close) => {
                    self.close_notify(channel);
                    let Some(wire) = self.wire_mut(channel) else { continue };
                    match close {
                        Close::Write => wire.shutting = true,
                        Close::Whole => {
                            wire.closing = true;
                            return Ok(Progress::Need(LinkNeed::Close(channel, close)));
                        }
                        Close::Notify | Close::Reset => {}
                    }
                }
                Need::Io(io) => {
                    // A listing may have come before the 1xx that lets it in.
                    let let_in = early && !self.is_early();
                    if self.send(io.control.send) || more || let_in {
                        continue;
                    }
                    if self.all_sent() {
                        self.data.iter_mut().for_each(|wire| wire.shutting = false);
                        return Ok(Progress::Need(LinkNeed::Close(Channel::Data, Close::Write)));
                    }
                    let may_move = self.payload_may_move();
                    let mut io = self.io(io);
                    if may_move {
                        self.session.pause();
                        // More may be handed over first: fewer writes.
                        io.data.send = false;
                        return Ok(Progress::Need(LinkNeed::Payload(io)));
                    }
                    return Ok(Progress::Need(LinkNeed::Io(io)));
                }
            }
        }
    }

    /// Bytes to write to a connection's socket; report with [`sent`](Self::sent).
    pub fn outgoing(&self, channel: Channel) -> &[u8] {
        self.wire(channel).map_or(&[], Wire::outgoing)
    }

    /// So many of [`outgoing`](Self::outgoing) were written.
    pub fn sent(&mut self, channel: Channel, n: usize) {
        if let Some(wire) = self.wire_mut(channel) {
            wire.sent(n);
            if channel == Channel::Data {
                self.flushing &= !self.outgoing(channel).is_empty();
                // Progress, of which the machine counts only the payload (when it was supplied).
                self.session.ebb(n);
            }
        }
    }

    /// Where to read a connection's socket into; report with [`received`](Self::received).
    pub fn space(&mut self, channel: Channel) -> &mut [u8] {
        match self.wire_mut(channel) {
            None => &mut [],
            Some(Wire { engine: Some(engine), .. }) => engine.space(),
            Some(Wire { space, .. }) => {
                space.resize(PLAIN, 0);
                space
            }
        }
    }

    /// So many bytes of [`space`](Self::space) were filled; zero is the end of the stream.
    pub fn received(&mut self, channel: Channel, n: usize) {
        let Some(wire) = self.wire_mut(channel) else { return };
        match &mut wire.engine {
            Some(engine) if n == 0 => engine.received_eof(),
            Some(engine) => {
                engine.received(n);
                if channel == Channel::Data {
                    self.session.trickle();
                }
            }
            None if n == 0 => {
                wire.ended = true;
                self.session.handle(Input::Ended(channel, End::Truncated));
            }
            None => {
                let space = core::mem::take(&mut wire.space);
                self.session.handle(Input::Received(channel, &space[..n.min(space.len())]));
            }
        }
    }

    /// A connection's socket failed.
    pub fn failed(
        &mut self,
        channel: Channel,
        error: impl Into<alloc::boxed::Box<dyn core::error::Error + Send + Sync>>,
    ) {
        // What came before may say why.
        while self.receive_one(channel) {}
        if let Some(wire) = self.wire_mut(channel) {
            wire.fail();
            if let Some(engine) = &mut wire.engine {
                engine.failed();
            }
        }
        self.session.handle(Input::Failed(channel, Failure::transport(error)));
    }

    /// The server can connect to this address.
    pub fn listening(&mut self, at: SocketAddr) {
        self.session.handle(Input::Listening(at));
    }

    /// The data connection is up.
    pub fn connected(&mut self) {
        let clear = self.session.is_data_clear();
        self.data = Some(Wire { engine: clear.then(|| Engine::clear(&self.tls)), ..Wire::default() });
        self.session.handle(Input::Connected);
    }

    /// The data connection could not be opened.
    pub fn connect_failed(
        &mut self,
        error: impl Into<alloc::boxed::Box<dyn core::error::Error + Send + Sync>>,
    ) {
        self.session.handle(Input::ConnectFailed(Failure::transport(error)));
    }

    /// A download's payload that has come and been decrypted, in place: a record's. Take it with
    /// [`consume`](Self::consume).
    pub fn payload(&self) -> &[u8] {
        match &self.data {
            Some(Wire { engine: Some(engine), .. })
                if self.session.direction() == Some(Direction::Download) =>
            {
                engine.plaintext()
            }
            _ => &[],
        }
    }

    /// The same, with what else has come, as one range of `least` bytes or more where there are as many: long ranges cost
    /// fewer writes of them. With `least` at 1 this is the next record's where none is open. Only after
    /// [`LinkNeed::Payload`].
    pub fn gather(&mut self, least: usize) -> &[u8] {
        let download = self.session.direction() == Some(Direction::Download);
        let may_move = download && self.session.data().is_some_and(DataConnection::may_move);
        if let Some(Wire { engine: Some(engine), ended: false, .. }) = &mut self.data
            && may_move
        {
            let before = engine.plaintext().len();
            engine.gather(least);
            if let Some(more) = engine.plaintext().get(before..).filter(|more| !more.is_empty()) {
                self.session.handle(Input::Received(Channel::Data, more));
            }
        }
        self.payload()
    }

    /// So many bytes of [`payload`](Self::payload) were taken.
    pub fn consume(&mut self, n: usize) {
        if let Some(Wire { engine: Some(engine), .. }) = &mut self.data {
            engine.consume(n);
        }
    }

    /// Hands over an upload's payload; how many bytes were taken. None are before the first [`LinkNeed::Payload`], or once the
    /// upload is finished.
    pub fn supply(&mut self, payload: &[u8]) -> usize {
        let may_send = self.session.data().is_some_and(DataConnection::may_send);
        let Some(wire) = self.data.as_mut().filter(|wire| may_send && wire.engine.is_some()) else {
            return 0;
        };
        match wire.send(payload) {
            Ok(n) => {
                self.session.handle(Input::Sent(Channel::Data, n));
                n
            }
            Err(failure) => {
                wire.fail();
                self.session.handle(Input::Failed(Channel::Data, failure));
                0
            }
        }
    }

    /// No more [`LinkNeed::Payload`] before everything supplied has been written.
    pub fn flush(&mut self) {
        self.flushing = !self.outgoing(Channel::Data).is_empty();
    }

    /// Whether everything supplied has been written.
    pub fn is_flushed(&self) -> bool {
        self.outgoing(Channel::Data).is_empty()
    }

    /// Gives up what is being transferred. Whether the data connection is to be reset now; in the middle of its handshake
    /// it is kept, and the next operation sees to it: servers end the whole session over a handshake that fails.
    pub fn abandon(&mut self) -> bool {
        let resets = !self.session.is_securing();
        if resets {
            self.data = None;
        }
        resets
    }

    fn wire(&self, channel: Channel) -> Option<&Wire> {
        match channel {
            Channel::Control => Some(&self.control),
            Channel::Data => self.data.as_ref(),
        }
    }

    fn wire_mut(&mut self, channel: Channel) -> Option<&mut Wire> {
        match channel {
            Channel::Control => Some(&mut self.control),
            Channel::Data => self.data.as_mut(),
        }
    }

    /// Tells the session what the engines make of what has come, control first: it may bring a ticket. Whether a
    /// listing's next record was left for later, so that its entries leave as they come; or what may follow the reply to
    /// CCC, which is close_notify, and no end of the session.
    fn receive(&mut self) -> bool {
        while self.receive_one(Channel::Control) {
            if self.session.may_be_cleared() {
                return true;
            }
        }
        let listing = self.session.direction() == Some(Direction::Listing);
        loop {
            let moved = self.session.moved();
            if !self.receive_one(Channel::Data) {
                return false;
            }
            if listing && self.session.moved() > moved {
                return true;
            }
        }
    }

    /// One step of an engine; whether another may follow.
    fn receive_one(&mut self, channel: Channel) -> bool {
        let direction = self.session.direction().filter(|_| channel == Channel::Data);
        let download = direction == Some(Direction::Download);
        let early = channel == Channel::Data && self.is_early();
        let wire = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Some(wire)) => wire,
            (Channel::Data, None) => return false,
        };
        let Some(engine) = wire.engine.as_mut().filter(|_| !wire.ended) else { return false };
        // Payload waits for the caller, and a listing for its 1xx.
        let waits = download && !engine.plaintext().is_empty() || early && engine.handshake_done();
        let event = match wire.securing {
            true => Ok(Event::Secured),
            false if waits => return false,
            false => engine.process(),
        };
        // The caller is let in once the server has the end of the handshake: it may have nothing to say for long.
        let unsent = channel == Channel::Data && !engine.outgoing().is_empty();
        wire.securing = unsent && matches!(event, Ok(Event::Secured));
        let input = match event {
            Ok(Event::Blocked) => return false,
            Ok(Event::Secured) if unsent => return false,
            Ok(Event::Secured) => Input::Secured { channel, resumed: engine.resumed() },
            Ok(Event::Plaintext) => Input::Received(channel, engine.plaintext()),
            Ok(Event::Closed) if wire.clearing => {
                // Our close_notify may not have left yet. What came after the peer's is dropped with the engine.
                wire.clearing = false;
                wire.outgoing = engine.outgoing().to_vec();
                self.former = wire.engine.take();
                self.session.handle(Input::Cleared(channel));
                return false;
            }
            Ok(Event::Closed) => Input::Ended(channel, End::Clean),
            Ok(Event::Truncated) => Input::Ended(channel, End::Truncated),
            // The peer's doing, as a reset would be: TLS has nothing to say about it.
            Err(error @ TlsError::HandshakeEof) => Input::Failed(channel, Failure::transport(error)),
            Err(error) => Input::Failed(channel, Failure::tls(error)),
        };
        wire.ended = matches!(input, Input::Ended(..) | Input::Failed(..));
        let received = matches!(input, Input::Received(..));
        self.session.handle(input);
        // A download's payload waits for the caller. Under TLS 1.2 plaintext may have come with the last of the
        // handshake, and is told in the next step.
        if received && !download {
            engine.consume(engine.plaintext().len());
        }
        true
    }

    /// Whether the data connection is that of a listing whose 1xx has not come.
    fn is_early(&self) -> bool {
        self.session.direction() == Some(Direction::Listing) && !self.session.is_started()
    }

    fn start_tls(&mut self, channel: Channel) {
        let name = self.name.clone();
        let engine = match (channel, self.control.engine.as_mut().or(self.former.as_mut())) {
            (Channel::Data, Some(control)) => Engine::data(&self.tls, name, control).map(|mut engine| {
                engine.reuse(core::mem::take(&mut self.spare));
                engine
            }),
            _ => Engine::control(&self.tls, name),
        };
        match (engine, self.wire_mut(channel)) {
            (Ok(engine), Some(wire)) => wire.engine = Some(engine),
            (Ok(_), None) => {}
            (Err(error), _) => self.session.handle(Input::Failed(channel, Failure::tls(error))),
        }
    }

    fn close_notify(&mut self, channel: Channel) {
        let Some(wire) = self.wire_mut(channel).filter(|wire| !wire.broken) else { return };
        if let Some(engine) = wire.engine.as_mut().filter(|engine| engine.handshake_done())
            && let Err(error) = engine.close_notify()
        {
            self.session.handle(Input::Failed(channel, Failure::tls(error)));
        }
    }

    /// Whether the data connection is to be shut down, and everything up to close_notify has been sent.
    fn all_sent(&self) -> bool {
        self.data.as_ref().is_some_and(|wire| wire.shutting && wire.outgoing().is_empty())
    }

    /// Takes commands over into the control connection's records.
    fn send(&mut self, send: bool) -> bool {
        if !send {
            return false;
        }
        match self.control.send(self.session.outgoing()) {
            Ok(0) => false,
            Ok(n) => {
                self.session.handle(Input::Sent(Channel::Control, n));
                true
            }
            Err(failure) => {
                self.session.handle(Input::Failed(Channel::Control, failure));
                true
            }
        }
    }

    fn payload_may_move(&self) -> bool {
        let (Some(Wire { engine: Some(engine), .. }), Some(data)) = (&self.data, self.session.data()) else {
            return false;
        };
        data.may_move()
            && match self.session.direction() {
                Some(Direction::Download) => !engine.plaintext().is_empty(),
                Some(Direction::Upload) => !self.flushing && engine.has_room(),
                Some(Direction::Listing) | None => false,
            }
    }

    fn io(&self, io: Io) -> Io {
        let data = match &self.data {
            None => Flow::default(),
            Some(wire) => Flow {
                send: !wire.outgoing().is_empty() && !wire.broken,
                receive: io.data.receive
                    && !wire.ended
                    && wire.engine.as_ref().is_some_and(|engine| engine.plaintext().is_empty()),
            },
        };
        let control = Flow {
            send: !self.control.outgoing().is_empty() && !self.control.broken,
            receive: !self.control.ended,
        };
        Io { control, data, deadline: io.deadline }
    }
}
