//! The loop between the protocol and the sockets: the whole of what this crate adds, but for its types.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ftps_proto::ops::Operation;
use ftps_proto::tls::{Link, Need};
use ftps_proto::{Channel, Close, Deadline, Error, Instant, Io, Progress, Target};
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
                    self.write_at_once(Channel::Control);
                    return Poll::Ready(Err(error));
                }
            };
            match need {
                Need::Connect(target) => self.data = self.connect(target),
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
    pub(crate) fn abandon(&mut self) {
        if self.link.abandon() {
            self.data = Data::None;
        }
    }

    fn connect(&self, target: Target) -> Data {
        let address = self.control.peer_addr().map(|peer| target.address(peer));
        Data::Connecting(Box::pin(async move {
            let socket = TcpStream::connect(address?).await?;
            socket.set_nodelay(true)?;
            // Until it is closed on purpose it ends by a reset, even where the process is killed.
            linger(&socket, Some(Duration::ZERO));
            Ok(socket)
        }))
    }

    fn close(&mut self, channel: Channel, close: Close, cx: &mut Context<'_>) {
        if close == Close::Whole {
            self.write_at_once(channel);
        }
        if let Some(socket) = self.socket(channel) {
            match close {
                Close::Notify => {}
                Close::Reset => linger(socket, Some(Duration::ZERO)),
                Close::Write | Close::Whole => {
                    linger(socket, None);
                    // The sending side is shut down at once; what it says no longer matters.
                    let _ = Pin::new(socket).poll_shutdown(cx);
                }
            }
        }
        if channel == Channel::Data && matches!(close, Close::Reset | Close::Whole) {
            self.data = Data::None;
        }
    }

    /// Writes what is left for a connection that is given up, as far as its socket takes it.
    fn write_at_once(&mut self, channel: Channel) {
        let socket = match (channel, &self.data) {
            (Channel::Control, _) => &self.control,
            (Channel::Data, Data::Up(socket)) => socket,
            (Channel::Data, _) => return,
        };
        if let Ok(n) = socket.try_write(self.link.outgoing(channel)) {
            self.link.sent(channel, n);
        }
    }

    fn socket(&mut self, channel: Channel) -> Option<&mut TcpStream> {
        match (channel, &mut self.data) {
            (Channel::Control, _) => Some(&mut self.control),
            (Channel::Data, Data::Up(socket)) => Some(socket),
            (Channel::Data, _) => None,
        }
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

/// SO_LINGER: with zero the peer gets a RST instead of an end. What it says does not matter: where it cannot be set the
/// connection is gone already.
fn linger(socket: &TcpStream, linger: Option<Duration>) {
    let _ = SockRef::from(socket).set_linger(linger);
}
