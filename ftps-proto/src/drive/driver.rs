//! The loop between the protocol and the sockets.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::task::Poll;

use super::net::{Endpoint, Net};
use crate::error::Error;
use crate::need::{Channel, Close, Deadline, Io, Progress, Target};
use crate::ops::Operation;
use crate::session::Session;
use crate::tls::{Link, Need};

/// What came of driving an operation.
pub(super) enum Turn<T> {
    /// Payload can move.
    Payload,
    /// The operation's result.
    Done(T),
}

/// The data connection's socket.
enum Data<N: Net> {
    None,
    Opening(N::Opening),
    Listening(N::Listener),
    Up(N::Socket),
}

/// A session with its sockets.
///
/// Everything that an operation needs to go on is kept here: whoever polls may stop at any time.
pub struct Driver<N: Net> {
    pub(super) link: Link,
    net: N,
    control: N::Socket,
    /// Where the control connection goes.
    peer: Endpoint,
    data: Data<N>,
}

/// Whoever has a driver for the time of a transfer: borrows it, owns it, holds it for a pool.
pub trait Lease {
    /// The driver's sockets.
    type Net: Net;

    /// The driver.
    fn driver(&mut self) -> &mut Driver<Self::Net>;
}

impl<N: Net> Lease for &mut Driver<N> {
    type Net = N;

    fn driver(&mut self) -> &mut Driver<N> {
        self
    }
}

impl<N: Net> Driver<N> {
    pub(super) fn new(link: Link, net: N, control: N::Socket, peer: Endpoint) -> Self {
        Self { link, net, control, peer, data: Data::None }
    }

    /// The protocol machine.
    pub fn session(&self) -> &Session {
        self.link.session()
    }

    /// Runs an operation that moves no payload. One that is given up half-way is cleared away by the next one.
    pub fn poll_run<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut N::Cx<'_>,
    ) -> Poll<Result<O::Output, Error>> {
        loop {
            match self.poll(op, cx) {
                Poll::Ready(Ok(Turn::Done(output))) => return Poll::Ready(Ok(output)),
                Poll::Ready(Ok(Turn::Payload)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Drives an operation until it is done or payload can move.
    pub(super) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut N::Cx<'_>,
    ) -> Poll<Result<Turn<O::Output>, Error>> {
        loop {
            let need = match self.link.poll(op, self.net.now()) {
                Ok(Progress::Done(output)) => return Poll::Ready(Ok(Turn::Done(output))),
                Ok(Progress::Need(need)) => need,
                Err(error) => {
                    self.abandon();
                    self.write_at_once(Channel::Control);
                    return Poll::Ready(Err(error));
                }
            };
            match need {
                Need::Connect(target) => {
                    let to = self.endpoint(target);
                    self.data = Data::Opening(self.net.connect(Channel::Data, &to));
                }
                Need::Listen => self.listen(),
                Need::Close(channel, close) => self.close(channel, close, cx),
                Need::Payload(io) if self.poll_io(io, cx) => {}
                Need::Payload(_) => return Poll::Ready(Ok(Turn::Payload)),
                Need::Io(io) => {
                    if !self.poll_io(io, cx) && !self.poll_deadline(io.deadline, cx) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Resets the data connection, if there is one: nothing that was given up may look like an end.
    pub(super) fn abandon(&mut self) {
        if self.link.abandon() {
            self.data = Data::None;
        }
    }

    /// Behind a proxy nobody knows the server's address.
    fn endpoint(&self, target: Target) -> Endpoint {
        match (&self.peer, target) {
            (Endpoint::Host(host, _), Target::Peer(port)) => Endpoint::Host(host.clone(), port.get()),
            (Endpoint::Host(..), Target::Address(address, port)) => {
                Endpoint::Address(SocketAddr::new(IpAddr::V4(address), port.get()))
            }
            (Endpoint::Address(peer), target) => Endpoint::Address(target.address(*peer)),
        }
    }

    fn listen(&mut self) {
        let listening = N::local(&self.control).and_then(|mut local| {
            local.set_port(0);
            self.net.listen(local)
        });
        match listening {
            Ok((listener, at)) => {
                self.data = Data::Listening(listener);
                self.link.listening(at);
            }
            Err(error) => self.link.connect_failed(error),
        }
    }

    fn close(&mut self, channel: Channel, close: Close, cx: &mut N::Cx<'_>) {
        if close == Close::Whole {
            self.write_at_once(channel);
        }
        if let Some(socket) = self.socket(channel)
            && matches!(close, Close::Write | Close::Whole)
        {
            N::finish(socket, cx);
        }
        if channel == Channel::Data && matches!(close, Close::Reset | Close::Whole) {
            self.data = Data::None;
        }
    }

    /// Writes what is left for a connection that is given up, as far as its socket takes it.
    fn write_at_once(&mut self, channel: Channel) {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return,
        };
        if let Ok(n) = N::try_write(socket, self.link.outgoing(channel)) {
            self.link.sent(channel, n);
        }
    }

    fn socket(&mut self, channel: Channel) -> Option<&mut N::Socket> {
        match (channel, &mut self.data) {
            (Channel::Control, _) => Some(&mut self.control),
            (Channel::Data, Data::Up(socket)) => Some(socket),
            (Channel::Data, _) => None,
        }
    }

    /// Moves what can be moved; whether anything happened.
    fn poll_io(&mut self, io: Io, cx: &mut N::Cx<'_>) -> bool {
        let mut happened = self.poll_open(cx);
        for (channel, flow) in [(Channel::Control, io.control), (Channel::Data, io.data)] {
            // Received first: a server that closes says why.
            happened |= flow.receive && self.poll_receive(channel, cx);
            happened |= flow.send && self.poll_send(channel, cx);
        }
        happened
    }

    fn poll_open(&mut self, cx: &mut N::Cx<'_>) -> bool {
        let opened = match &mut self.data {
            Data::Opening(opening) => N::poll_connect(opening, cx),
            Data::Listening(listener) => match N::poll_accept(listener, cx) {
                // Whoever else connects is shown out: the server is waited for (RFC 2577, section 4).
                Poll::Ready(Ok((_, from))) if !self.peer.is_host_of(from) => return true,
                accepted => accepted.map_ok(|(socket, _)| socket),
            },
            Data::None | Data::Up(_) => return false,
        };
        match opened {
            Poll::Pending => return false,
            Poll::Ready(Ok(socket)) => {
                self.data = Data::Up(socket);
                self.link.connected();
            }
            Poll::Ready(Err(error)) => {
                self.data = Data::None;
                self.link.connect_failed(error);
            }
        }
        true
    }

    fn poll_receive(&mut self, channel: Channel, cx: &mut N::Cx<'_>) -> bool {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        match N::poll_read(socket, self.link.space(channel), cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) => self.link.received(channel, n),
            Poll::Ready(Err(error)) => self.failed(channel, error),
        }
        true
    }

    /// Writes once; whether anything happened.
    pub(super) fn poll_send(&mut self, channel: Channel, cx: &mut N::Cx<'_>) -> bool {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        match N::poll_write(socket, self.link.outgoing(channel), cx) {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) => self.link.sent(channel, n),
            Poll::Ready(Err(error)) => self.failed(channel, error),
        }
        true
    }

    fn failed(&mut self, channel: Channel, error: io::Error) {
        // A signal came in between.
        if error.kind() != io::ErrorKind::Interrupted {
            self.link.failed(channel, error);
        }
    }

    /// Whether the deadline has come.
    fn poll_deadline(&mut self, deadline: Option<Deadline>, cx: &mut N::Cx<'_>) -> bool {
        deadline.is_some_and(|deadline| self.net.poll_deadline(deadline.at, cx).is_ready())
    }
}

impl<N: Net> fmt::Debug for Driver<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("link", &self.link).finish_non_exhaustive()
    }
}
