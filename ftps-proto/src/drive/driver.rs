//! The loop between the protocol and the sockets.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Poll, ready};

use super::audit::Auditor;
use super::batch::Batch;
use super::connect_error::ConnectError;
use super::net::{Endpoint, Net};
use super::opening::Opening;
use super::pace::Pace;
use super::race::Connected;
use super::reach::{Connecting, Reach};
use super::retry::{Origin, Retry};
use super::tally::Tally;
use crate::codec::{Algorithm, Argument};
use crate::error::Error;
use crate::need::{Channel, Deadline, Io, Progress, Target, Waiting};
use crate::session::Operation;
use crate::session::Session;
use crate::time::Instant;
use crate::tls::{Engine, Link, LinkNeed};

/// A session with its sockets.
///
/// What an operation needs in order to go on is kept here and in the operation: polling may stop at any time.
pub struct Driver<N: Net> {
    pub(super) link: Link,
    pub(super) net: N,
    pub(super) control: N::Socket,
    /// Where the control connection goes.
    peer: Endpoint,
    /// The proxy's address, where one is between.
    proxy: Option<Endpoint>,
    reach: Reach,
    /// The addresses that were tried before that one.
    failed: Option<ConnectError>,
    /// Where the last data connection went (passive mode).
    data_peer: Option<Endpoint>,
    pub(super) data: DataSocket<N>,
    pace: Pace,
    /// Who is told what was done.
    pub(super) auditor: Option<Box<Auditor>>,
    /// How transfers are hashed as they pass.
    hashing: Vec<Algorithm>,
    /// While the session is opened: when all of that is to be done.
    limit: Option<Instant>,
    origin: Option<Arc<Origin>>,
}

/// The data connection's socket, if there is one.
pub(super) enum DataSocket<N: Net> {
    None,
    Connecting(Connecting<N>),
    Listening(N::Listener),
    Connected(N::Socket),
}

/// What driving an operation came to.
pub(super) enum Step<T> {
    /// Payload can move.
    Payload,
    /// The operation's result.
    Done(T),
}

impl<N: Net> Driver<N> {
    pub(super) fn new(
        link: Link,
        net: N,
        (control, to): Connected<N>,
        (reach, server): (Reach, Endpoint),
        failed: Option<ConnectError>,
        limit: Instant,
        origin: Arc<Origin>,
    ) -> Self {
        // Where it is never opened again, nothing of that is kept.
        let origin = Some(origin).filter(|origin| origin.retry.is_some());
        let (data, pace, limit) = (DataSocket::None, Pace::default(), Some(limit));
        let (peer, proxy) = if reach.proxy.is_some() { (server, Some(to)) } else { (to, None) };
        let hashing = Vec::new();
        Self {
            link,
            net,
            control,
            peer,
            proxy,
            reach,
            failed,
            data_peer: None,
            data,
            pace,
            auditor: None,
            hashing,
            limit,
            origin,
        }
    }

    /// Where the control connection goes; through a proxy, the server's name.
    pub fn peer(&self) -> &Endpoint {
        &self.peer
    }

    /// Whether a proxy is between.
    pub(super) fn is_through_proxy(&self) -> bool {
        self.proxy.is_some()
    }

    /// The addresses that were tried, and failed, before [`peer`](Self::peer).
    pub fn failed_attempts(&self) -> Option<&ConnectError> {
        self.failed.as_ref()
    }

    /// Where the last data connection was opened to, whether or not it came about. None in active mode.
    pub fn data_peer(&self) -> Option<&Endpoint> {
        self.data_peer.as_ref()
    }

    /// The control connection's TLS, once it has begun; also where it has failed.
    pub fn control_tls(&self) -> Option<&Engine> {
        self.link.control_tls()
    }

    /// The session is open.
    pub(super) fn lift_limit(&mut self) {
        self.limit = None;
    }

    /// The protocol machine.
    pub fn session(&self) -> &Session {
        self.link.session()
    }

    /// As [`Session::expect_more`].
    pub fn expect_more(&mut self, more: bool) {
        self.link.expect_more(more);
    }

    /// How transfers that failed go on, where they do.
    pub(super) fn retry(&self) -> Option<&Retry> {
        self.origin.as_ref()?.retry.as_ref()
    }

    /// What was said of the session before holds for this one.
    pub(super) fn goes_on_from(&mut self, old: &Self) {
        self.hashing.clone_from(&old.hashing);
        self.expect_more(old.session().expects_more());
    }

    /// Begins to open another session like this one, which is lost.
    pub(super) fn reopen(&mut self, cx: &mut N::Context<'_>) -> Option<Opening<N>> {
        let opening = self.origin.as_ref()?.open(self.net.renew()?);
        // Before the other one comes: servers count connections.
        N::finish(&mut self.control, cx);
        Some(opening)
    }

    /// Somebody else was logged in, or was to be (REIN). What opens a session again would do so for the one before.
    #[doc(hidden)]
    pub fn reinitialized(&mut self, user: Argument, error: Option<&Error>) {
        self.origin = None;
        if let Some(auditor) = &mut self.auditor {
            auditor.set_user(user);
        }
        self.record_login(error.map_or(Ok(()), |error| Err(Some(error))));
    }

    /// Hashes every transfer that begins from now on as its bytes pass: [`Transferred::hashes`](crate::ops::Transferred).
    pub fn hash_transfers(&mut self, algorithms: &[Algorithm]) {
        self.hashing = algorithms.to_vec();
    }

    /// For a transfer that begins.
    pub(super) fn tally(&self) -> Tally {
        let audited = self.is_audited().then_some(Algorithm::Sha256);
        Tally::new(self.hashing.iter().copied().chain(audited))
    }

    /// Many transfers in a row, one for each item.
    pub fn batch<I: IntoIterator>(&mut self, items: I) -> Batch<'_, Self, I::IntoIter> {
        Batch::new(self, items.into_iter())
    }

    /// Runs an operation that moves no payload. Where it is given up half-way, the next operation recovers the session.
    ///
    /// # Errors
    /// Whatever ends the operation.
    pub fn poll_run<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut N::Context<'_>,
    ) -> Poll<Result<O::Output, Error>> {
        match ready!(self.poll(op, cx))? {
            Step::Done(output) => Poll::Ready(Ok(output)),
            // Nobody takes the payload, so that only the server can end this.
            Step::Payload => Poll::Pending,
        }
    }

    /// Drives an operation until it is done or payload can move.
    pub(super) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut N::Context<'_>,
    ) -> Poll<Result<Step<O::Output>, Error>> {
        loop {
            let polled = self.link.poll(op, self.net.now());
            self.record_deeds();
            let need = match polled {
                Ok(Progress::Done(output)) => {
                    // What was asked for the next transfer need not wait for it.
                    self.write_at_once(Channel::Control);
                    return Poll::Ready(Ok(Step::Done(output)));
                }
                Ok(Progress::Need(need)) => need,
                Err(error) => {
                    self.give_up();
                    return Poll::Ready(Err(error));
                }
            };
            match need {
                LinkNeed::Connect(target) => {
                    let to = self.endpoint(target);
                    let first = self.proxy.as_ref().unwrap_or(&to);
                    let connecting = self.reach.connect(&mut self.net, Channel::Data, first, &to);
                    self.data = DataSocket::Connecting(connecting);
                    self.data_peer = Some(to);
                }
                LinkNeed::Listen => self.listen(),
                LinkNeed::Close(channel, close) => self.close(channel, close, cx),
                LinkNeed::Payload(io) if self.poll_io(io, false, cx) => {}
                LinkNeed::Payload(_) => return Poll::Ready(Ok(Step::Payload)),
                LinkNeed::Io(io) => ready!(self.poll_wait(io, cx))?,
            }
        }
    }

    /// Moves bytes, or waits until bytes can move or the deadline has come.
    fn poll_wait(&mut self, io: Io, cx: &mut N::Context<'_>) -> Poll<Result<(), Error>> {
        let now = self.net.now();
        if self.limit.is_some_and(|limit| limit <= now) {
            let waiting = io.deadline.map_or(Waiting::Connect, |deadline| deadline.waiting);
            return Poll::Ready(Err(Error::Timeout { waiting, reply: None }));
        }
        let past = io.deadline.is_some_and(|deadline| deadline.at <= now);
        if self.poll_io(io, past, cx) || past {
            return Poll::Ready(Ok(()));
        }
        let deadline = io.deadline.map(|Deadline { at, .. }| at);
        let rest = self.pace.rests_until(now).filter(|_| io.data.receive);
        match deadline.into_iter().chain(self.limit).chain(rest).min() {
            Some(at) => self.net.poll_timer(at, cx).map(Ok),
            None => Poll::Pending,
        }
    }

    /// Moves what can be moved; whether anything happened. `past`: the deadline has come, so nothing is waited for, and
    /// the system is asked what lies in the control connection's socket.
    fn poll_io(&mut self, io: Io, past: bool, cx: &mut N::Context<'_>) -> bool {
        let mut happened = self.poll_open(cx);
        for (channel, flow) in [(Channel::Control, io.control), (Channel::Data, io.data)] {
            // Received first: a server that closes the connection says why before that.
            happened |= flow.receive && self.poll_receive(channel, past && channel == Channel::Control, cx);
            happened |= flow.send && self.poll_send(channel, cx);
        }
        happened
    }

    /// Where to connect to. Through a connector that resolves names, the server's address is not known.
    fn endpoint(&self, target: Target) -> Endpoint {
        match (&self.peer, target) {
            (Endpoint::Host(host, _), Target::Peer(port)) => Endpoint::Host(host.clone(), port.get()),
            (Endpoint::Host(..), Target::Address(address, port)) => {
                Endpoint::Address(SocketAddr::new(IpAddr::V4(address), port.get()))
            }
            (Endpoint::Address(peer), target) => Endpoint::Address(target.address(*peer)),
        }
    }

    /// Listens on the control connection's own address.
    fn listen(&mut self) {
        let listening = match &self.peer {
            Endpoint::Address(_) => {
                N::local_addr(&self.control).and_then(|local| self.reach.listen(&mut self.net, local))
            }
            // Anybody could connect, as there would be no address to compare with.
            Endpoint::Host(..) => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "active mode does not go through a connector or a proxy: the server's address is not known",
            )),
        };
        match listening {
            Ok((listener, at)) => {
                self.data = DataSocket::Listening(listener);
                self.link.listening(at);
            }
            Err(error) => self.link.connect_failed(error),
        }
    }

    /// Goes on with opening the data connection; whether anything happened.
    fn poll_open(&mut self, cx: &mut N::Context<'_>) -> bool {
        let opened = match &mut self.data {
            DataSocket::Connecting(connecting) => connecting.poll(cx),
            DataSocket::Listening(listener) => match N::poll_accept(listener, cx) {
                // Another host's connection is dropped, and the server's is waited for (RFC 2577, section 4).
                Poll::Ready(Ok((_, from))) if !is_from(&self.peer, from) => return true,
                // That connection was gone before it could be accepted. The server's may still come.
                Poll::Ready(Err(error)) if is_transient(&error) => return true,
                accepted => accepted.map_ok(|(socket, _)| socket),
            },
            DataSocket::None | DataSocket::Connected(_) => return false,
        };
        match opened {
            Poll::Pending => return false,
            Poll::Ready(Ok(socket)) => {
                self.data = DataSocket::Connected(socket);
                self.pace.watch();
                self.link.connected();
            }
            Poll::Ready(Err(error)) => {
                self.data = DataSocket::None;
                self.link.connect_failed(error);
            }
        }
        true
    }

    /// Reads once; whether anything happened.
    fn poll_receive(&mut self, channel: Channel, at_once: bool, cx: &mut N::Context<'_>) -> bool {
        let data = channel == Channel::Data;
        if data && self.pace.rests_until(self.net.now()).is_some() {
            return false;
        }
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, DataSocket::Connected(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        let space = self.link.space(channel);
        let room = space.len();
        let tried = (at_once || data && self.pace.is_unwatched()).then(|| N::try_read(socket, space));
        let read = match tried {
            Some(Err(error)) if error.kind() == io::ErrorKind::WouldBlock && !at_once => {
                if self.pace.rests_again(self.net.now()) {
                    return false;
                }
                self.pace.watch();
                N::poll_read(socket, space, cx)
            }
            Some(read) => Poll::Ready(read),
            None => N::poll_read(socket, space, cx),
        };
        match read {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) => {
                let now = self.net.now();
                if data && self.pace.wants_rest(n, room, now) && N::unwatch(socket) {
                    self.pace.rest(now);
                }
                self.link.received(channel, n);
            }
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::WouldBlock => return false,
            Poll::Ready(Err(error)) => self.failed(channel, error),
        }
        true
    }

    /// Writes once; whether anything happened.
    pub(super) fn poll_send(&mut self, channel: Channel, cx: &mut N::Context<'_>) -> bool {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, DataSocket::Connected(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        if channel == Channel::Data {
            // To write watches it again.
            self.pace.watch();
        }
        match N::poll_write(socket, self.link.outgoing(channel), cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) => self.link.sent(channel, n),
            Poll::Ready(Err(error)) => self.failed(channel, error),
        }
        true
    }

    /// A reader has payload from now on.
    pub(super) fn lend(&mut self) {
        self.pace.lend(self.net.now());
    }

    /// He is back for more.
    pub(super) fn back(&mut self) {
        self.pace.back(self.net.now());
    }

    fn failed(&mut self, channel: Channel, error: io::Error) {
        // A signal interrupted the call: it is made again.
        if error.kind() != io::ErrorKind::Interrupted {
            self.link.failed(channel, error);
        }
    }
}

/// Whether this is the host at the other end of the control connection.
fn is_from(peer: &Endpoint, from: SocketAddr) -> bool {
    matches!(peer, Endpoint::Address(peer) if peer.ip().to_canonical() == from.ip().to_canonical())
}

/// Whether an error of accept concerns one connection only, not the listener.
fn is_transient(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

impl<N: Net> fmt::Debug for Driver<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("link", &self.link).finish_non_exhaustive()
    }
}
