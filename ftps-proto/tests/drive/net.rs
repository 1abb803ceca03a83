//! A net in which time passes only when nothing else happens.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use ftps_proto::drive::{Adapter, Builder, Endpoint, Net};
use ftps_proto::tls::{TlsConfig, Version};
use ftps_proto::{Channel, Instant};

use super::pki::{Pki, stateless};
use super::server::{Act, Server, Side};

/// The adapter, as its builder knows it.
#[derive(Clone)]
pub enum Fake {}

impl Adapter for Fake {
    type Connector = ();
    type Connecting = ();

    fn connect(_: &Builder<Self>) {}
}

/// What becomes of a connect, and after what time.
pub type Fate = (&'static str, u64, Result<(), ErrorKind>);

/// Longer than any test.
pub const NEVER: u64 = u64::MAX / 2;

/// The server and the net between. Clones are the same world.
#[derive(Clone)]
pub struct World(Rc<RefCell<State>>);

pub struct State {
    tls: TlsConfig,
    pub server: Server,
    now: Instant,
    /// How much later than asked for the timer fires.
    pub lag: Duration,
    pub lookup: (Duration, Result<Vec<SocketAddr>, ErrorKind>),
    /// Connections are made by a connector, which resolves names itself.
    pub connector: bool,
    fates: Vec<Fate>,
    /// Where the control connection was tried, and when, in milliseconds.
    pub tried: Vec<(String, u64)>,
    /// Those who connect to the client's listener, or the error of accepting.
    accepts: VecDeque<Result<SocketAddr, ErrorKind>>,
    /// Ports of the client's that others listen at.
    pub busy: Vec<u16>,
    /// How many of the next calls are interrupted by a signal.
    pub interrupts: usize,
    /// Readiness as tokio remembers it: what lies in the control connection's socket is not known yet.
    pub stale: bool,
    /// What the server sends on the data connection has not arrived yet.
    pub late: bool,
    /// The data connection carries a byte in so much time, either way.
    pub drip: Option<Duration>,
    /// When the next one may come, and go.
    dripped: [Instant; 2],
    /// No socket can be left unwatched.
    pub must_watch: bool,
    /// Sockets, attempts and listeners that are there.
    pub alive: usize,
    /// What was done to connections.
    pub events: Vec<&'static str>,
}

/// The earliest moment at which what was polled may go on.
#[derive(Default)]
pub struct Waits(Option<Instant>);

impl Waits {
    pub fn until(&mut self, at: Instant) {
        self.0 = Some(self.0.map_or(at, |earlier| earlier.min(at)));
    }
}

fn milliseconds(at: Instant) -> u64 {
    at.since_epoch().as_millis() as u64
}

impl World {
    pub fn new() -> Self {
        let pki = Pki::new();
        let mut server = Server::new(pki.server(Version::Tls13, stateless));
        server.script.on("EPSV", ["229 (|||2000|)"]);
        server.script.on("SIZE", ["213 42"]);
        server.script.on("QUIT", ["221 bye"]);
        server.script.on("ABOR", ["226 aborted"]);
        let lookup = (Duration::ZERO, Ok(vec!["192.0.2.1:990".parse().unwrap()]));
        Self(Rc::new(RefCell::new(State {
            tls: pki.client().build().unwrap(),
            server,
            now: Instant::default(),
            lag: Duration::ZERO,
            lookup,
            connector: false,
            fates: Vec::new(),
            tried: Vec::new(),
            accepts: VecDeque::new(),
            busy: Vec::new(),
            interrupts: 0,
            stale: false,
            late: false,
            drip: None,
            dripped: [Instant::default(); 2],
            must_watch: false,
            alive: 0,
            events: Vec::new(),
        })))
    }

    /// When the server hears a command that begins so, it does this.
    pub fn on<const N: usize>(self, command: &str, acts: [Act; N]) -> Self {
        self.0.borrow_mut().server.script.instead(command, acts);
        self
    }

    pub fn greeting<const N: usize>(self, acts: [Act; N]) -> Self {
        self.0.borrow_mut().server.greeting = acts.into();
        self
    }

    /// The host's addresses, and what becomes of connects to them.
    pub fn fates(self, fates: &[Fate]) -> Self {
        let addresses = fates.iter().map(|(address, ..)| address.parse().unwrap()).collect();
        self.0.borrow_mut().lookup.1 = Ok(addresses);
        self.0.borrow_mut().fates = fates.into();
        self
    }

    pub fn with(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.borrow_mut());
    }

    /// An error of the next accept.
    pub fn accept_fails(&self, kind: ErrorKind) {
        self.0.borrow_mut().accepts.push_back(Err(kind));
    }

    pub fn tls(&self) -> TlsConfig {
        self.0.borrow().tls.clone()
    }

    pub fn net(&self) -> FakeNet {
        FakeNet(self.clone())
    }

    /// Milliseconds since the beginning.
    pub fn now(&self) -> u64 {
        milliseconds(self.0.borrow().now)
    }

    pub fn instant(&self) -> Instant {
        self.0.borrow().now
    }

    /// Lets time pass in which the client does nothing.
    pub fn pass(&self, time: Duration) {
        let state = &mut *self.0.borrow_mut();
        state.now = state.now + time;
        state.go_on();
    }

    pub fn tried(&self) -> Vec<(String, u64)> {
        self.0.borrow().tried.clone()
    }

    pub fn heard(&self) -> Vec<String> {
        self.0.borrow().server.heard.clone()
    }

    pub fn stored(&self) -> Vec<Vec<u8>> {
        self.0.borrow().server.stored.clone()
    }

    /// What the server has received of an upload that is under way.
    pub fn received(&self) -> Vec<u8> {
        self.0.borrow().server.data.as_ref().map_or(Vec::new(), |data| data.got.clone())
    }

    pub fn alive(&self) -> usize {
        self.0.borrow().alive
    }

    /// What was done to connections since the last call.
    pub fn events(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.borrow_mut().events)
    }

    /// Polls until it is ready; where nothing happens, time passes.
    pub fn run<T>(&self, mut poll: impl FnMut(&mut Waits) -> Poll<T>) -> T {
        loop {
            if let Poll::Ready(result) = self.poll(&mut poll) {
                return result;
            }
        }
    }

    /// The same, for so many polls at most.
    pub fn run_for<T>(&self, polls: usize, mut poll: impl FnMut(&mut Waits) -> Poll<T>) -> Poll<T> {
        for _ in 0..polls {
            if let Poll::Ready(result) = self.poll(&mut poll) {
                return Poll::Ready(result);
            }
        }
        Poll::Pending
    }

    fn poll<T>(&self, poll: &mut impl FnMut(&mut Waits) -> Poll<T>) -> Poll<T> {
        let mut waits = Waits::default();
        let polled = poll(&mut waits);
        if polled.is_pending() {
            let state = &mut *self.0.borrow_mut();
            let next = waits.0.into_iter().chain(state.server.resumes).min().expect("something to wait for");
            // What was woken in vain a hundred times is not ended by time.
            state.now = state.now.max(next);
            state.go_on();
        }
        polled
    }
}

impl State {
    fn go_on(&mut self) {
        let mut connects = VecDeque::new();
        self.server.go_on(self.now, &mut connects);
        self.accepts.extend(connects.into_iter().map(Ok));
    }

    fn side(&mut self, channel: Channel) -> &mut Side {
        let side = match channel {
            Channel::Control => &mut self.server.control,
            Channel::Data => &mut self.server.data,
        };
        side.as_mut().unwrap()
    }

    /// Moves so many bytes, or one where they drip, once its time has come.
    fn drips(
        &mut self,
        channel: Channel,
        goes: bool,
        len: usize,
        cx: &mut Waits,
        go: impl FnOnce(&mut Self, usize) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let Some(every) = self.drip.filter(|_| channel == Channel::Data) else {
            return would_block(go(self, len));
        };
        let way = usize::from(goes);
        if self.now < self.dripped[way] {
            cx.until(self.dripped[way]);
            return Poll::Pending;
        }
        let gone = go(self, len.min(1));
        if gone.is_ok() {
            self.dripped[way] = self.now + every;
        }
        would_block(gone)
    }

    fn interrupted(&mut self) -> io::Result<()> {
        if self.interrupts == 0 {
            return Ok(());
        }
        self.interrupts -= 1;
        Err(ErrorKind::Interrupted.into())
    }

    /// What lies in the client's socket.
    fn read(&mut self, channel: Channel, space: &mut [u8]) -> io::Result<usize> {
        self.interrupted()?;
        self.go_on();
        if self.late && channel == Channel::Data {
            return Err(ErrorKind::WouldBlock.into());
        }
        let side = self.side(channel);
        let n = side.flight.len().min(space.len());
        space[..n].copy_from_slice(&side.flight[..n]);
        side.flight.drain(..n);
        if n == 0 && !side.ended { Err(ErrorKind::WouldBlock.into()) } else { Ok(n) }
    }

    fn write(&mut self, channel: Channel, bytes: &[u8]) -> io::Result<usize> {
        self.interrupted()?;
        self.side(channel).hear(bytes);
        self.go_on();
        Ok(bytes.len())
    }
}

/// Counts what is there.
struct Alive(World);

impl Alive {
    fn new(world: &World) -> Self {
        world.0.borrow_mut().alive += 1;
        Self(world.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.0.borrow_mut().alive -= 1;
    }
}

pub struct FakeNet(World);

pub struct Socket {
    alive: Alive,
    channel: Channel,
    finished: bool,
    unwatched: bool,
}

impl Socket {
    fn new(world: &World, channel: Channel) -> Self {
        world.with(|state| match channel {
            Channel::Control => state.server.accept(),
            Channel::Data => state.server.data = Some(Side::new(&state.server.config)),
        });
        Self { alive: Alive::new(world), channel, finished: false, unwatched: false }
    }

    fn with<T>(&self, act: impl FnOnce(&mut State, Channel) -> T) -> T {
        act(&mut self.alive.0.0.borrow_mut(), self.channel)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.with(|state, channel| {
            state.events.push(match (channel, self.finished) {
                (Channel::Control, _) => "control closed",
                (Channel::Data, true) => "data closed",
                (Channel::Data, false) => "data reset",
            });
            if channel == Channel::Data {
                state.server.data = None;
            }
        });
    }
}

pub struct Connecting {
    alive: Alive,
    channel: Channel,
    at: Instant,
    fate: Result<(), ErrorKind>,
}

pub struct Listener(Alive);

fn would_block<T>(result: io::Result<T>) -> Poll<io::Result<T>> {
    match result {
        Err(error) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        result => Poll::Ready(result),
    }
}

impl Net for FakeNet {
    type Context<'a> = Waits;
    type Socket = Socket;
    type Connecting = Connecting;
    type Listener = Listener;
    type Lookup = (World, Instant);

    fn now(&self) -> Instant {
        self.0.0.borrow().now
    }

    fn renew(&self) -> Option<Self> {
        Some(Self(self.0.clone()))
    }

    fn entropy(&self) -> u64 {
        0xabcd_1234
    }

    fn poll_timer(&mut self, at: Instant, cx: &mut Waits) -> Poll<()> {
        assert!(at > self.now(), "what is past is not waited for");
        cx.until(at + self.0.0.borrow().lag);
        Poll::Pending
    }

    fn lookup(&mut self, _: &str, _: u16) -> Option<Self::Lookup> {
        let state = self.0.0.borrow();
        (!state.connector).then(|| (self.0.clone(), state.now + state.lookup.0))
    }

    fn poll_lookup((world, at): &mut Self::Lookup, cx: &mut Waits) -> Poll<io::Result<Vec<SocketAddr>>> {
        let state = world.0.borrow();
        if state.now < *at {
            cx.until(*at);
            return Poll::Pending;
        }
        Poll::Ready(state.lookup.1.clone().map_err(Into::into))
    }

    fn connect(&mut self, channel: Channel, to: &Endpoint) -> Connecting {
        let alive = Alive::new(&self.0);
        let state = &mut *self.0.0.borrow_mut();
        let (mut after, mut fate) = (0, Ok(()));
        if channel == Channel::Control {
            state.tried.push((to.to_string(), milliseconds(state.now)));
            if let Some(known) = state.fates.iter().find(|(address, ..)| *address == to.to_string()) {
                (after, fate) = (known.1, known.2);
            }
        }
        Connecting { alive, channel, at: state.now + Duration::from_millis(after), fate }
    }

    fn poll_connect(connecting: &mut Connecting, cx: &mut Waits) -> Poll<io::Result<Socket>> {
        let world = &connecting.alive.0;
        if world.0.borrow().now < connecting.at {
            cx.until(connecting.at);
            return Poll::Pending;
        }
        Poll::Ready(connecting.fate.map(|()| Socket::new(world, connecting.channel)).map_err(Into::into))
    }

    fn local_addr(_: &Socket) -> io::Result<SocketAddr> {
        Ok("192.0.2.9:40000".parse().unwrap())
    }

    fn listen(&mut self, mut at: SocketAddr) -> io::Result<(Listener, SocketAddr)> {
        assert_eq!(at.ip().to_string(), "192.0.2.9");
        if self.0.0.borrow().busy.contains(&at.port()) {
            return Err(ErrorKind::AddrInUse.into());
        }
        if at.port() == 0 {
            at.set_port(5000);
        }
        Ok((Listener(Alive::new(&self.0)), at))
    }

    fn poll_accept(listener: &mut Listener, _: &mut Waits) -> Poll<io::Result<(Socket, SocketAddr)>> {
        let world = &listener.0.0;
        let accepted = world.0.borrow_mut().accepts.pop_front();
        match accepted {
            None => Poll::Pending,
            Some(Ok(from)) => Poll::Ready(Ok((Socket::new(world, Channel::Data), from))),
            Some(Err(kind)) => Poll::Ready(Err(kind.into())),
        }
    }

    fn poll_read(socket: &mut Socket, space: &mut [u8], cx: &mut Waits) -> Poll<io::Result<usize>> {
        if std::mem::take(&mut socket.unwatched) {
            socket.with(|state, _| state.events.push("data watched"));
        }
        socket.with(|state, channel| {
            if state.stale && channel == Channel::Control {
                state.go_on();
                return Poll::Pending;
            }
            state.drips(channel, false, space.len(), cx, |state, n| state.read(channel, &mut space[..n]))
        })
    }

    fn poll_write(socket: &mut Socket, bytes: &[u8], cx: &mut Waits) -> Poll<io::Result<usize>> {
        socket.with(|state, channel| {
            state.drips(channel, true, bytes.len(), cx, |state, n| state.write(channel, &bytes[..n]))
        })
    }

    fn try_read(socket: &mut Socket, space: &mut [u8]) -> io::Result<usize> {
        socket.with(|state, channel| state.read(channel, space))
    }

    fn unwatch(socket: &mut Socket) -> bool {
        if socket.with(|state, _| state.must_watch) {
            return false;
        }
        assert_eq!(socket.channel, Channel::Data, "words may come at any time");
        if !std::mem::replace(&mut socket.unwatched, true) {
            socket.with(|state, _| state.events.push("data unwatched"));
        }
        true
    }

    fn try_write(socket: &mut Socket, bytes: &[u8]) -> io::Result<usize> {
        socket.with(|state, channel| {
            state.events.push(match channel {
                Channel::Control => "control written at once",
                Channel::Data => "data written at once",
            });
            state.write(channel, bytes)
        })
    }

    fn finish(socket: &mut Socket, _: &mut Waits) {
        socket.finished = true;
        socket.with(|state, channel| {
            state.events.push(match channel {
                Channel::Control => "control finished",
                Channel::Data => "data finished",
            });
            state.side(channel).shut = true;
            state.go_on();
        });
    }
}
