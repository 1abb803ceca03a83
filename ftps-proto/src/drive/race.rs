//! A connection to whichever of a host's addresses answers first (RFC 8305, "Happy Eyeballs").

use std::collections::VecDeque;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::task::Poll;
use std::time::Duration;

use super::connect_error::ConnectError;
use super::net::{Endpoint, Net};
use super::reach::{Connecting, Reach};
use crate::need::Channel;
use crate::time::Instant;

/// How long one attempt is waited for before the next one begins beside it (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connection attempts: each begins when the one before has failed, or has taken its time. The first to succeed wins, and
/// the others are dropped.
pub(super) struct Race<N: Net> {
    waiting: VecDeque<Endpoint>,
    running: Vec<Attempt<N>>,
    /// When the next attempt begins.
    next: Instant,
    pub(super) failed: Option<ConnectError>,
    /// How long each attempt may take.
    timeout: Duration,
    /// When none may go on.
    limit: Instant,
}

/// The control connection's socket, and where it goes.
pub(super) type Connected<N> = (<N as Net>::Socket, Endpoint);

struct Attempt<N: Net> {
    to: Endpoint,
    connecting: Connecting<N>,
    until: Instant,
}

impl<N: Net> Race<N> {
    /// To these endpoints, in this order: the server's own, or those of the proxy before it.
    pub(super) fn new(endpoints: VecDeque<Endpoint>, timeout: Duration, limit: Instant) -> Self {
        Self {
            waiting: endpoints,
            running: Vec::new(),
            next: Instant::default(),
            failed: None,
            timeout,
            limit,
        }
    }

    /// Goes on until one is connected, or all have failed: `None` where there was none to try. Not polled again once it
    /// is ready.
    pub(super) fn poll(
        &mut self,
        net: &mut N,
        (reach, server): (&Reach, &Endpoint),
        cx: &mut N::Context<'_>,
    ) -> Poll<Result<Connected<N>, Option<ConnectError>>> {
        loop {
            let now = net.now();
            if let Some(connected) = self.poll_attempts(now, cx) {
                return Poll::Ready(Ok(connected));
            }
            if self.limit <= now {
                while let Some(to) = self.waiting.pop_front() {
                    self.fail(to, ErrorKind::TimedOut.into());
                }
            }
            let due = self.running.is_empty() || self.next <= now;
            if let Some(to) = if due { self.waiting.pop_front() } else { None } {
                let connecting = reach.connect(net, Channel::Control, &to, server);
                self.running.push(Attempt { to, connecting, until: (now + self.timeout).min(self.limit) });
                self.next = now + ATTEMPT_DELAY;
                continue;
            }
            let Some(until) = self.running.iter().map(|attempt| attempt.until).min() else {
                return Poll::Ready(Err(self.failed.take()));
            };
            let wake = if self.waiting.is_empty() { until } else { until.min(self.next) };
            if net.poll_timer(wake, cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// The first attempt that has succeeded. Those that have failed, or timed out, are noted.
    fn poll_attempts(&mut self, now: Instant, cx: &mut N::Context<'_>) -> Option<Connected<N>> {
        let mut index = 0;
        while let Some(attempt) = self.running.get_mut(index) {
            let error = match attempt.connecting.poll(cx) {
                Poll::Ready(Ok(socket)) => return Some((socket, attempt.to.clone())),
                Poll::Ready(Err(error)) => error,
                Poll::Pending if attempt.until <= now => ErrorKind::TimedOut.into(),
                Poll::Pending => {
                    index += 1;
                    continue;
                }
            };
            let failed = self.running.remove(index);
            self.fail(failed.to, error);
        }
        None
    }

    /// The next attempt begins at once.
    fn fail(&mut self, to: Endpoint, error: Error) {
        self.next = Instant::default();
        match &mut self.failed {
            Some(failed) => failed.push(to, error),
            None => self.failed = Some(ConnectError::new(to, error)),
        }
    }
}

/// The address families in turn, beginning with that of the first address (RFC 8305, section 4).
pub(super) fn interleave(addresses: Vec<SocketAddr>) -> VecDeque<Endpoint> {
    let first = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut preferred, mut other): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first);
    let mut endpoints = VecDeque::new();
    while let Some(address) = preferred.pop_front().or_else(|| other.pop_front()) {
        endpoints.push_back(Endpoint::Address(address));
        endpoints.extend(other.pop_front().map(Endpoint::Address));
    }
    endpoints
}
