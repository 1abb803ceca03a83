//! The way to a logged-in session: names, addresses, TLS, login.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::task::{Poll, ready};
use std::time::Duration;

use super::driver::Driver;
use super::net::{Endpoint, Net};
use crate::error::Error;
use crate::need::{Channel, Failure, Waiting};
use crate::ops::Open;
use crate::time::Instant;
use crate::tls::Link;

/// How long one address is tried before the next is tried beside it (RFC 8305, section 8).
const STAGGER: Duration = Duration::from_millis(250);

/// Opens a session: looks the host up, connects to its addresses in turn (RFC 8305), starts TLS and logs in.
pub struct Dial<N: Net> {
    stage: Stage<N>,
    open: Open,
}

enum Stage<N: Net> {
    Connecting(Connecting<N>),
    Opening(Driver<N>),
    Done,
}

struct Connecting<N: Net> {
    link: Link,
    net: N,
    resolving: Option<N::Resolving>,
    race: Race<N>,
    deadline: Instant,
}

impl<N: Net> Dial<N> {
    pub(super) fn new(link: Link, mut net: N, host: String, port: u16, limit: Duration) -> Self {
        let deadline = net.now() + limit;
        let resolving = net.resolve(&host, port);
        let mut race = Race::new();
        if resolving.is_none() {
            race.waiting.push_back(Endpoint::Host(host, port));
        }
        let connecting = Connecting { link, net, resolving, race, deadline };
        Self { stage: Stage::Connecting(connecting), open: Open::new() }
    }

    /// Goes on until the session is logged in. Not polled again after that.
    pub fn poll(&mut self, cx: &mut N::Cx<'_>) -> Poll<Result<Driver<N>, Error>> {
        if let Stage::Connecting(connecting) = &mut self.stage {
            let (control, peer) = ready!(connecting.poll(cx))?;
            let Stage::Connecting(connecting) = std::mem::replace(&mut self.stage, Stage::Done) else {
                return Poll::Pending;
            };
            let Connecting { link, net, .. } = connecting;
            self.stage = Stage::Opening(Driver::new(link, net, control, peer));
        }
        if let Stage::Opening(driver) = &mut self.stage {
            ready!(driver.poll_run(&mut self.open, cx))?;
        }
        match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::Opening(driver) => Poll::Ready(Ok(driver)),
            _ => Poll::Pending,
        }
    }
}

impl<N: Net> Connecting<N> {
    fn poll(&mut self, cx: &mut N::Cx<'_>) -> Poll<Result<(N::Socket, Endpoint), Error>> {
        match self.poll_connect(cx) {
            Poll::Ready(Ok(connected)) => Poll::Ready(Ok(connected)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(Error::Connection {
                channel: Channel::Control,
                failure: Some(Failure::transport(error)),
                reply: None,
            })),
            Poll::Pending if self.net.now() >= self.deadline => {
                Poll::Ready(Err(Error::Timeout(Waiting::Connect)))
            }
            Poll::Pending => Poll::Pending,
        }
    }

    fn poll_connect(&mut self, cx: &mut N::Cx<'_>) -> Poll<io::Result<(N::Socket, Endpoint)>> {
        if let Some(resolving) = &mut self.resolving {
            match N::poll_resolve(resolving, cx) {
                Poll::Ready(addresses) => self.race.waiting = interleave(addresses?),
                Poll::Pending => {
                    let _ = self.net.poll_deadline(self.deadline, cx);
                    return Poll::Pending;
                }
            }
            self.resolving = None;
        }
        self.race.poll(&mut self.net, self.deadline, cx)
    }
}

/// Connection attempts, each begun where the one before has failed or taken its time; the first to succeed wins.
struct Race<N: Net> {
    waiting: VecDeque<Endpoint>,
    running: Vec<(Endpoint, N::Opening)>,
    /// When the next attempt begins.
    next: Instant,
    /// The first attempt's.
    error: Option<io::Error>,
}

impl<N: Net> Race<N> {
    fn new() -> Self {
        Self { waiting: VecDeque::new(), running: Vec::new(), next: Instant::default(), error: None }
    }

    fn poll(
        &mut self,
        net: &mut N,
        deadline: Instant,
        cx: &mut N::Cx<'_>,
    ) -> Poll<io::Result<(N::Socket, Endpoint)>> {
        loop {
            let mut index = 0;
            while let Some((to, opening)) = self.running.get_mut(index) {
                match N::poll_connect(opening, cx) {
                    Poll::Ready(Ok(socket)) => return Poll::Ready(Ok((socket, to.clone()))),
                    Poll::Ready(Err(error)) => {
                        self.error.get_or_insert(error);
                        self.running.remove(index);
                        self.next = Instant::default();
                    }
                    Poll::Pending => index += 1,
                }
            }
            let next = if self.waiting.is_empty() { deadline } else { self.next.min(deadline) };
            let due =
                self.running.is_empty() || net.poll_deadline(next, cx).is_ready() && net.now() < deadline;
            match if due { self.waiting.pop_front() } else { None } {
                Some(to) => {
                    self.running.push((to.clone(), net.connect(Channel::Control, &to)));
                    self.next = net.now() + STAGGER;
                }
                None if self.running.is_empty() => {
                    let none = || io::Error::new(io::ErrorKind::NotFound, "the host has no addresses");
                    return Poll::Ready(Err(self.error.take().unwrap_or_else(none)));
                }
                None => return Poll::Pending,
            }
        }
    }
}

/// The families in turn, beginning with that of the first (RFC 8305, section 4).
fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<Endpoint> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let mut sorted = VecDeque::new();
    while let Some(address) = one.pop_front().or_else(|| other.pop_front()) {
        sorted.push_back(Endpoint::Address(address));
        sorted.extend(other.pop_front().map(Endpoint::Address));
    }
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::ErrorKind;

    /// A network in virtual time: what becomes of a connect to each address, and when.
    struct Fake {
        now: Instant,
        fates: Vec<(SocketAddr, u64, Result<(), ErrorKind>)>,
        /// What was tried, and when.
        tried: Vec<(SocketAddr, u64)>,
    }

    /// The time, and the next moment at which something happens.
    struct Cx {
        now: Instant,
        wake: Option<Instant>,
    }

    impl Cx {
        fn wait(&mut self, until: Instant) -> Poll<()> {
            if until <= self.now {
                return Poll::Ready(());
            }
            self.wake = Some(self.wake.map_or(until, |wake| wake.min(until)));
            Poll::Pending
        }
    }

    type Opening = (Instant, Result<(), ErrorKind>);

    impl Net for Fake {
        type Cx<'a> = Cx;
        type Socket = ();
        type Opening = Opening;
        type Listener = ();
        type Resolving = ();

        fn now(&self) -> Instant {
            self.now
        }
        fn poll_deadline(&mut self, at: Instant, cx: &mut Cx) -> Poll<()> {
            cx.wait(at)
        }
        fn resolve(&mut self, _: &str, _: u16) -> Option<()> {
            Some(())
        }
        fn poll_resolve(_: &mut (), _: &mut Cx) -> Poll<io::Result<Vec<SocketAddr>>> {
            Poll::Pending
        }
        fn connect(&mut self, _: Channel, to: &Endpoint) -> Opening {
            let Endpoint::Address(to) = to else { panic!("a name") };
            self.tried.push((*to, self.now.since_epoch().as_millis() as u64));
            let (_, after, fate) = self.fates.iter().find(|(known, ..)| known == to).unwrap();
            (self.now + Duration::from_millis(*after), *fate)
        }
        fn poll_connect((at, fate): &mut Opening, cx: &mut Cx) -> Poll<io::Result<()>> {
            cx.wait(*at).map(|()| fate.map_err(Into::into))
        }
        fn local(_: &()) -> io::Result<SocketAddr> {
            Err(ErrorKind::Unsupported.into())
        }
        fn listen(&mut self, _: SocketAddr) -> io::Result<((), SocketAddr)> {
            Err(ErrorKind::Unsupported.into())
        }
        fn poll_accept(_: &mut (), _: &mut Cx) -> Poll<io::Result<((), SocketAddr)>> {
            Poll::Pending
        }
        fn poll_read(_: &mut (), _: &mut [u8], _: &mut Cx) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
        fn poll_write(_: &mut (), _: &[u8], _: &mut Cx) -> Poll<io::Result<usize>> {
            Poll::Pending
        }
        fn try_write(_: &mut (), _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::WouldBlock.into())
        }
        fn finish(_: &mut (), _: &mut Cx) {}
    }

    const LIMIT: u64 = 20_000;

    /// Where it came to, or why it did not, when, and what was tried.
    fn race(
        fates: &[(&str, u64, Result<(), ErrorKind>)],
    ) -> (Result<SocketAddr, ErrorKind>, u64, Vec<(SocketAddr, u64)>) {
        let fates: Vec<_> =
            fates.iter().map(|(to, after, fate)| (to.parse().unwrap(), *after, *fate)).collect();
        let mut race = Race::new();
        race.waiting = interleave(fates.iter().map(|(to, ..)| *to).collect());
        let mut net = Fake { now: Instant::default(), fates, tried: Vec::new() };
        let deadline = Instant::new(Duration::from_millis(LIMIT));
        loop {
            let mut cx = Cx { now: net.now, wake: None };
            let done = match race.poll(&mut net, deadline, &mut cx) {
                Poll::Ready(Ok(((), Endpoint::Address(to)))) => Ok(to),
                Poll::Ready(Ok(_)) => panic!("a name"),
                Poll::Ready(Err(error)) => Err(error.kind()),
                Poll::Pending if net.now >= deadline => Err(ErrorKind::TimedOut),
                Poll::Pending => {
                    net.now = cx.wake.expect("something to wait for");
                    continue;
                }
            };
            return (done, net.now.since_epoch().as_millis() as u64, net.tried);
        }
    }

    fn at(to: &str) -> SocketAddr {
        to.parse().unwrap()
    }

    #[test]
    fn a_silent_address_is_overtaken() {
        let never = u64::MAX / 2;
        let (to, when, tried) = race(&[
            ("[2001:db8::1]:21", never, Ok(())),
            ("[2001:db8::2]:21", never, Ok(())),
            ("192.0.2.1:21", 40, Ok(())),
        ]);
        assert_eq!((to, when), (Ok(at("192.0.2.1:21")), 290));
        assert_eq!(tried, [(at("[2001:db8::1]:21"), 0), (at("192.0.2.1:21"), 250)]);
    }

    #[test]
    fn a_refusal_is_not_waited_out() {
        let (to, when, _) =
            race(&[("[::1]:21", 0, Err(ErrorKind::ConnectionRefused)), ("127.0.0.1:21", 3, Ok(()))]);
        assert_eq!((to, when), (Ok(at("127.0.0.1:21")), 3));
    }

    #[test]
    fn a_slow_address_may_win_all_the_same() {
        let (to, when, tried) = race(&[("[::1]:21", 400, Ok(())), ("127.0.0.1:21", 900, Ok(()))]);
        assert_eq!((to, when, tried.len()), (Ok(at("[::1]:21")), 400, 2));
    }

    #[test]
    fn the_first_error_is_told() {
        let (to, ..) = race(&[
            ("[::1]:21", 10, Err(ErrorKind::ConnectionRefused)),
            ("127.0.0.1:21", 10, Err(ErrorKind::ConnectionReset)),
        ]);
        assert_eq!(to, Err(ErrorKind::ConnectionRefused));
        assert_eq!(race(&[]).0, Err(ErrorKind::NotFound));
    }

    #[test]
    fn silence_has_a_deadline() {
        let (to, when, tried) =
            race(&[("[::1]:21", u64::MAX / 2, Ok(())), ("127.0.0.1:21", u64::MAX / 2, Ok(()))]);
        assert_eq!((to, when, tried.len()), (Err(ErrorKind::TimedOut), LIMIT, 2));
    }
}
