//! The loop between the protocol and the sockets: the whole of what this crate adds, but for its types.

use std::future::{Future, poll_fn};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ftps_proto::ops::Operation;
use ftps_proto::tls::{Link, Need};
use ftps_proto::{Channel, Close, Deadline, Direction, Error, Instant, Io, Progress, Target};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Sleep;

/// What came of driving an operation.
pub(crate) enum Turn<T> {
    /// Payload can move.
    Payload,
    /// The operation's result.
    Done(T),
}

type Connecting = Pin<Box<dyn Future<Output = io::Result<TcpStream>> + Send + Sync>>;

/// The data connection's socket.
enum Data {
    None,
    Connecting(Connecting),
    Up(TcpStream),
}

pub(crate) struct Driver {
    pub(crate) link: Link,
    control: TcpStream,
    data: Data,
    timer: Pin<Box<Sleep>>,
    epoch: tokio::time::Instant,
}

impl Driver {
    pub(crate) fn new(link: Link, control: TcpStream) -> Self {
        let epoch = tokio::time::Instant::now();
        Self { link, control, data: Data::None, timer: Box::pin(tokio::time::sleep(Duration::ZERO)), epoch }
    }

    /// Runs an operation that moves no payload.
    pub(crate) async fn run<O: Operation>(&mut self, op: &mut O) -> Result<O::Output, Error> {
        loop {
            if let Turn::Done(output) = poll_fn(|cx| self.poll(op, cx)).await? {
                return Ok(output);
            }
        }
    }

    /// Drives an operation until it is done or payload can move. Everything it needs to go on is kept here, so the
    /// future around it may be dropped.
    pub(crate) fn poll<O: Operation>(
        &mut self,
        op: &mut O,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Turn<O::Output>, Error>> {
        loop {
            let now = Instant::new(self.epoch.elapsed());
            let need = match self.link.poll(op, now) {
                Ok(Progress::Done(output)) => return Poll::Ready(Ok(Turn::Done(output))),
                Ok(Progress::Need(need)) => need,
                Err(error) => {
                    self.abandon();
                    // An alert may be left that tells the server why.
                    let _ = self.control.try_write(self.link.outgoing(Channel::Control));
                    return Poll::Ready(Err(error));
                }
            };
            match need {
                Need::Connect(target) => self.data = self.connect(target),
                Need::Close(channel, close) => self.close(channel, close, cx),
                // A refusal ends a transfer whose caller has nothing to say as well.
                Need::Payload if self.poll_refusal(cx) => {}
                Need::Payload => return Poll::Ready(Ok(Turn::Payload)),
                Need::Io(io) => {
                    if !self.poll_io(io, cx) && !self.poll_deadline(io.deadline, cx) {
                        return Poll::Pending;
                    }
                }
            }
        }
    }

    /// Resets the data connection, if there is one: nothing that was given up may look like an end.
    pub(crate) fn abandon(&mut self) {
        self.link.abandon();
        if let Data::Up(socket) = std::mem::replace(&mut self.data, Data::None) {
            reset(&socket);
        }
    }

    fn connect(&self, target: Target) -> Data {
        let address = match target {
            Target::Peer(port) => self.control.peer_addr().map(|peer| SocketAddr::new(peer.ip(), port.get())),
            Target::Address(address, port) => Ok(SocketAddr::new(IpAddr::V4(address), port.get())),
        };
        Data::Connecting(Box::pin(async move {
            let socket = TcpStream::connect(address?).await?;
            socket.set_nodelay(true)?;
            Ok(socket)
        }))
    }

    fn close(&mut self, channel: Channel, close: Close, cx: &mut Context<'_>) {
        match (channel, close) {
            (Channel::Data, Close::Reset) => self.abandon(),
            (Channel::Data, Close::Whole) => self.data = Data::None,
            (_, Close::Notify) => {}
            (_, close) => {
                let Some(socket) = self.socket(channel) else { return };
                if close == Close::Reset {
                    reset(socket);
                }
                // The sending side is shut down at once; what it says no longer matters.
                let _ = Pin::new(socket).poll_shutdown(cx);
            }
        }
    }

    fn socket(&mut self, channel: Channel) -> Option<&mut TcpStream> {
        match (channel, &mut self.data) {
            (Channel::Control, _) => Some(&mut self.control),
            (Channel::Data, Data::Up(socket)) => Some(socket),
            (Channel::Data, _) => None,
        }
    }

    fn poll_refusal(&mut self, cx: &mut Context<'_>) -> bool {
        let uploading = self.link.session().direction() == Some(Direction::Upload);
        let listening = self.link.session().is_usable();
        (listening && self.poll_receive(Channel::Control, cx))
            || (uploading && self.poll_receive(Channel::Data, cx))
    }

    /// Moves what can be moved; whether anything happened.
    fn poll_io(&mut self, io: Io, cx: &mut Context<'_>) -> bool {
        let mut happened = self.poll_connect(cx);
        for (channel, flow) in [(Channel::Control, io.control), (Channel::Data, io.data)] {
            // Received first: a server that closes says why.
            happened |= flow.receive && self.poll_receive(channel, cx);
            happened |= flow.send && self.poll_send(channel, cx);
        }
        happened
    }

    fn poll_connect(&mut self, cx: &mut Context<'_>) -> bool {
        let Data::Connecting(connecting) = &mut self.data else { return false };
        match connecting.as_mut().poll(cx) {
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

    fn poll_receive(&mut self, channel: Channel, cx: &mut Context<'_>) -> bool {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        let mut space = ReadBuf::new(self.link.space(channel));
        match Pin::new(socket).poll_read(cx, &mut space) {
            Poll::Pending => return false,
            Poll::Ready(Ok(())) => {
                let n = space.filled().len();
                self.link.received(channel, n);
            }
            Poll::Ready(Err(error)) => self.link.failed(channel, error),
        }
        true
    }

    /// Writes once; whether anything happened.
    pub(crate) fn poll_send(&mut self, channel: Channel, cx: &mut Context<'_>) -> bool {
        let socket = match (channel, &mut self.data) {
            (Channel::Control, _) => &mut self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return false,
        };
        match Pin::new(socket).poll_write(cx, self.link.outgoing(channel)) {
            Poll::Pending => return false,
            Poll::Ready(Ok(n)) => self.link.sent(channel, n),
            Poll::Ready(Err(error)) => self.link.failed(channel, error),
        }
        true
    }

    /// Whether the deadline has come.
    fn poll_deadline(&mut self, deadline: Option<Deadline>, cx: &mut Context<'_>) -> bool {
        let Some(at) = deadline.and_then(|deadline| self.epoch.checked_add(deadline.at.since_epoch())) else {
            return false;
        };
        if self.timer.deadline() != at {
            self.timer.as_mut().reset(at);
        }
        self.timer.as_mut().poll(cx).is_ready()
    }
}

/// SO_LINGER 0: the peer gets a RST instead of an end. That cannot fail in a way that matters; the socket is closed
/// either way.
fn reset(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}
