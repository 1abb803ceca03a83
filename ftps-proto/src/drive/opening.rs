//! The way to a logged-in session: look-up, connection, TLS, login.

use std::collections::VecDeque;
use std::io::{Error as IoError, ErrorKind};
use std::mem;
use std::sync::Arc;
use std::task::{Poll, ready};
use std::time::Duration;

use super::audit::Auditor;
use super::connect_error::ConnectError;
use super::driver::Driver;
use super::net::{Endpoint, Net};
use super::race::{Connected, Race, interleave};
use super::reach::Reach;
use super::retry::Origin;
use crate::error::Error;
use crate::need::{Channel, Failure};
use crate::ops::Open;
use crate::time::Instant;
use crate::tls::Link;

/// A session that is being opened; made by [`Builder::open`](super::Builder::open).
///
/// It looks the host up, connects to one of its addresses (RFC 8305), starts TLS and logs in. To drop it is to give all of
/// that up.
pub struct Opening<N: Net> {
    stage: Stage<N>,
    open: Open,
    origin: Arc<Origin>,
    /// Who is told of the login.
    auditor: Option<Box<Auditor>>,
    /// It has begun and not ended.
    under_way: bool,
}

// There is one for each session that is opened, and nearly all of it is used in either stage.
#[allow(clippy::large_enum_variant)]
enum Stage<N: Net> {
    Connecting(Box<Connecting<N>>),
    LoggingIn(Box<Driver<N>>),
    Done,
}

/// Until the control connection is up.
struct Connecting<N: Net> {
    link: Link,
    net: N,
    /// Its name and port.
    server: Endpoint,
    /// The same, or the proxy's.
    first: Endpoint,
    reach: Reach,
    /// How long the look-up, and each attempt to connect, may take.
    timeout: Duration,
    /// When all of it is to be done, login included.
    limit: Instant,
    way: Way<N>,
}

enum Way<N: Net> {
    LookingUp { lookup: N::Lookup, until: Instant },
    Racing(Race<N>),
}

impl<N: Net> Opening<N> {
    pub(super) fn new(link: Link, mut net: N, origin: Arc<Origin>) -> Self {
        let now = net.now();
        let (host, port, reach) = (origin.host.clone(), origin.port, origin.reach.clone());
        let (limit, timeout) = (now + origin.limit, origin.config.timeouts.connect);
        let first = reach.first(&host, port);
        let way = match net.lookup(&first.0, first.1) {
            Some(lookup) => Way::LookingUp { lookup, until: (now + timeout).min(limit) },
            None => {
                let itself = VecDeque::from([Endpoint::Host(first.0.clone(), first.1)]);
                Way::Racing(Race::new(itself, timeout, limit))
            }
        };
        let (server, first) = (Endpoint::Host(host, port), Endpoint::Host(first.0, first.1));
        let connecting = Connecting { link, net, server, first, reach, timeout, limit, way };
        let auditor = origin.auditor.clone();
        Self {
            stage: Stage::Connecting(Box::new(connecting)),
            open: Open::new(),
            origin,
            auditor,
            under_way: false,
        }
    }

    /// Goes no further than TLS: takes leave without a login. The session cannot be used, but tells what was found out.
    #[must_use]
    pub fn until_secured(mut self) -> Self {
        (self.open, self.auditor) = (Open::until_secured(), None);
        self
    }

    /// The session as far as it got where an error has ended this: none where no connection came about. It cannot be
    /// used, but tells what was found out.
    pub fn into_driver(mut self) -> Option<Driver<N>> {
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::LoggingIn(driver) => Some(*driver),
            Stage::Connecting(_) | Stage::Done => None,
        }
    }

    /// Goes on until the session is logged in. Not polled again once it is ready.
    ///
    /// # Errors
    /// [`Error::Connection`] for a connection or TLS that failed (no connection at all: with a [`ConnectError`] inside),
    /// [`Error::Refused`] for a login that was refused, [`Error::Timeout`] for what took too long after that.
    pub fn poll(&mut self, cx: &mut N::Context<'_>) -> Poll<Result<Driver<N>, Error>> {
        self.under_way = true;
        let opened = ready!(self.poll_opened(cx));
        self.under_way = false;
        match &opened {
            Ok(driver) => driver.record_login(Ok(())),
            Err(error) => self.record_failure(Some(error)),
        }
        Poll::Ready(opened)
    }

    /// Tells that nobody is logged in: for that reason, or it is given up.
    fn record_failure(&self, error: Option<&Error>) {
        match &self.stage {
            Stage::LoggingIn(driver) => driver.record_login(Err(error)),
            Stage::Connecting(connecting) => {
                if let Some(auditor) = &self.auditor {
                    auditor.not_connected(connecting.net.date(), error);
                }
            }
            Stage::Done => {}
        }
    }

    fn poll_opened(&mut self, cx: &mut N::Context<'_>) -> Poll<Result<Driver<N>, Error>> {
        if let Stage::Connecting(connecting) = &mut self.stage {
            let connected = ready!(connecting.poll(cx)).map_err(|error| Error::Connection {
                channel: Channel::Control,
                failure: Some(Failure::transport(IoError::from(error))),
                reply: None,
            })?;
            if let Stage::Connecting(connecting) = mem::replace(&mut self.stage, Stage::Done) {
                let Connecting { link, net, server, reach, limit, way, .. } = *connecting;
                let failed = if let Way::Racing(race) = way { race.failed } else { None };
                let origin = Arc::clone(&self.origin);
                let mut driver = Driver::new(link, net, connected, (reach, server), failed, limit, origin);
                driver.auditor = self.auditor.take();
                self.stage = Stage::LoggingIn(Box::new(driver));
            }
        }
        if let Stage::LoggingIn(driver) = &mut self.stage {
            ready!(driver.poll_run(&mut self.open, cx))?;
        }
        match mem::replace(&mut self.stage, Stage::Done) {
            Stage::LoggingIn(mut driver) => {
                driver.lift_limit();
                Poll::Ready(Ok(*driver))
            }
            Stage::Connecting(_) | Stage::Done => Poll::Pending,
        }
    }
}

impl<N: Net> Drop for Opening<N> {
    fn drop(&mut self) {
        if self.under_way {
            self.record_failure(None);
        }
    }
}

impl<N: Net> Connecting<N> {
    fn poll(&mut self, cx: &mut N::Context<'_>) -> Poll<Result<Connected<N>, ConnectError>> {
        loop {
            match &mut self.way {
                Way::LookingUp { lookup, until } => {
                    let addresses = match N::poll_lookup(lookup, cx) {
                        Poll::Ready(addresses) => addresses,
                        Poll::Pending if *until <= self.net.now() => {
                            Err(IoError::new(ErrorKind::TimedOut, "looking up its addresses timed out"))
                        }
                        Poll::Pending => {
                            ready!(self.net.poll_timer(*until, cx));
                            continue;
                        }
                    };
                    let addresses = interleave(addresses.map_err(|error| self.unresolved(error))?);
                    self.way = Way::Racing(Race::new(addresses, self.timeout, self.limit));
                }
                Way::Racing(race) => {
                    let connected = ready!(race.poll(&mut self.net, (&self.reach, &self.server), cx));
                    let none = || IoError::new(ErrorKind::NotFound, "the host has no address");
                    return Poll::Ready(
                        connected.map_err(|failed| failed.unwrap_or_else(|| self.unresolved(none()))),
                    );
                }
            }
        }
    }

    fn unresolved(&self, error: IoError) -> ConnectError {
        ConnectError::new(self.first.clone(), error)
    }
}
