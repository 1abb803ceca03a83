//! The TLS sessions that one FTP session can resume.
//!
//! Servers let a data connection in only if it resumes the control connection's TLS session, and refuse the tickets
//! of another FTP session: so the store is private to one. Under TLS 1.3 each ticket value that rustls hands out
//! serves once, while a server sends two and perhaps never another. What [`Engine::data`](super::Engine::data)
//! offers, in this order:
//!
//! 1. **Re-mint.** The newest raw NewSessionTicket of the control connection is turned into a fresh value for each
//!    data connection. It costs nothing, and servers with stateless tickets (OpenSSL's and GnuTLS's default) take
//!    the same one for ever. It gives way when the ticket expires, by its lifetime from when it *came* (rustls
//!    counts from when the value was made), or when the server answers it with a full handshake, an alert or the
//!    end of the connection: then it is spent. If it is a full handshake at the second try, the server's tickets serve once, and only unused
//!    ones are minted from then on; at any other it is the server's keys that have changed, and the older tickets
//!    are spent as well, so that a retry has those that the refused connection brought.
//! 2. **Harvest.** Tickets that came on data connections, newest first. It costs having to read every data
//!    connection to its end, and a server that sends none (ProFTPD on uploads) runs it dry.
//! 3. **Refill.** With nothing left, or a refused ticket, the full handshake still brings tickets, which are
//!    harvested as any other: the retry of a refused transfer (425, 522) resumes.
//!
//! A TLS 1.2 session serves without limit. ProFTPD wants the session id of the control connection, so its session is
//! offered until the server refuses it; only then one from a data connection takes its place. There is no second
//! one to be had, so one handshake that is cut off does not spend it; the second in a row does.
//!
//! A control connection never resumes the TLS session of an earlier one, though that would save a round trip under TLS 1.2:
//! ProFTPD lets such a session log in and then refuses its data connections (425; measured with 1.3.8 under TLS 1.2). Under
//! TLS 1.3 it would save none, and a server that sends tickets on full handshakes only would leave the session without one
//! for its data connections. What sessions of one configuration share is the key exchange group that each server likes.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::NamedGroup;
use rustls::client::{ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::time_provider::TimeProvider;

/// Raw control tickets kept, the newest.
const RAW: usize = 4;
/// Ready tickets kept per source, the newest. Of those that came on data connections one is enough where there is a raw one
/// that serves again and again: each takes a kibibyte or more.
const READY: usize = 4;
/// Longest lifetime that a ticket may have: seven days, in seconds (RFC 8446 section 4.6.1).
const LIFETIME: u32 = 604_800;

/// Which connection of the FTP session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Control,
    Data,
}

/// What a data connection's ClientHello offers to resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Offer {
    Nothing,
    /// A value minted from the raw ticket of this number.
    Minted(u64),
    Harvested,
    Tls12,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settled {
    Resumed,
    /// A full handshake was made instead.
    Refused,
    /// The handshake failed by an alert, for whatever reason.
    Failed,
    /// The transport ended or failed before the handshake was done.
    Lost,
}

/// A NewSessionTicket payload as it came on the control connection.
struct Raw {
    number: u64,
    payload: Arc<[u8]>,
    /// Unix time, in seconds.
    expires: u64,
    /// How many connections resumed from it.
    resumed: u32,
    spent: bool,
}

#[derive(Default)]
struct Sessions {
    group: Option<NamedGroup>,
    control12: Option<Tls12ClientSessionValue>,
    data12: Option<Tls12ClientSessionValue>,
    /// The last handshake that offered a TLS 1.2 session was cut off.
    lost12: bool,
    raw: VecDeque<Raw>,
    counter: u64,
    /// The server takes a ticket once: a used one is not worth another try.
    single_use: bool,
    minted: Option<Tls13ClientSessionValue>,
    control13: VecDeque<Tls13ClientSessionValue>,
    data13: VecDeque<Tls13ClientSessionValue>,
    /// What the last take handed out.
    offer: Option<Offer>,
    minting: Option<u64>,
}

impl Sessions {
    /// Whether a raw ticket has served, and may serve again.
    fn mints(&self) -> bool {
        !self.single_use && self.raw.iter().any(|raw| raw.resumed > 0 && !raw.spent)
    }

    /// Drops the TLS 1.2 session that would be offered next.
    fn drop_tls12(&mut self) {
        self.lost12 = false;
        if self.control12.take().is_none() {
            self.data12 = None;
        }
    }
}

/// Which key exchange groups the servers of a configuration's sessions like: without that, the first handshake of each
/// session may cost a round trip more.
#[derive(Debug, Default)]
pub(super) struct Groups(Mutex<HashMap<ServerName<'static>, NamedGroup>>);

/// Servers whose groups are remembered.
const SERVERS: usize = 1000;

impl Groups {
    fn lock(&self) -> MutexGuard<'_, HashMap<ServerName<'static>, NamedGroup>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        self.lock().get(&server.to_owned()).copied()
    }

    fn set(&self, server: ServerName<'static>, group: NamedGroup) {
        let mut groups = self.lock();
        if groups.len() < SERVERS || groups.contains_key(&server) {
            groups.insert(server, group);
        }
    }
}

pub(super) struct TicketStore {
    groups: Arc<Groups>,
    time: Arc<dyn TimeProvider>,
    sessions: Mutex<Sessions>,
}

impl TicketStore {
    pub(super) fn new(time: Arc<dyn TimeProvider>, groups: Arc<Groups>) -> Self {
        Self { groups, time, sessions: Mutex::default() }
    }

    pub(super) fn view(self: &Arc<Self>, role: Role) -> View {
        View { role, store: Arc::clone(self) }
    }

    fn lock(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Option<u64> {
        Some(self.time.current_time()?.as_secs())
    }

    /// Forgets what an earlier control connection brought, but for the group that the server likes.
    pub(super) fn renew(&self) {
        let mut sessions = self.lock();
        // The counter goes on: an offer of before is not settled with a ticket of after.
        let (group, counter) = (sessions.group, sessions.counter);
        *sessions = Sessions { group, counter, ..Sessions::default() };
    }

    /// Keeps a NewSessionTicket of the control connection. One without a clock or with a lifetime of zero is to be
    /// discarded (RFC 8446 section 4.6.1).
    pub(super) fn keep(&self, payload: &[u8]) {
        let (Some(now), Some(lifetime)) = (self.now(), payload.first_chunk().map(|x| u32::from_be_bytes(*x)))
        else {
            return;
        };
        if lifetime == 0 {
            return;
        }
        let mut sessions = self.lock();
        sessions.counter += 1;
        let raw = Raw {
            number: sessions.counter,
            payload: payload.into(),
            expires: now.saturating_add(lifetime.min(LIFETIME).into()),
            resumed: 0,
            spent: false,
        };
        push(&mut sessions.raw, raw, RAW);
    }

    /// Mints from the newest raw ticket that may serve by `mint`, then runs `connect`, which takes what there is.
    pub(super) fn offer<T>(
        &self,
        mut mint: impl FnMut(&[u8]) -> bool,
        connect: impl FnOnce() -> T,
    ) -> (T, Offer) {
        while let Some((number, payload)) = self.candidate() {
            self.lock().minting = Some(number);
            if mint(&payload) && self.lock().minted.is_some() {
                break;
            }
            self.spend(number, false);
        }
        let connected = connect();
        let mut sessions = self.lock();
        sessions.minting = None;
        sessions.minted = None;
        (connected, sessions.offer.take().unwrap_or(Offer::Nothing))
    }

    fn candidate(&self) -> Option<(u64, Arc<[u8]>)> {
        let now = self.now()?;
        let mut sessions = self.lock();
        sessions.raw.retain(|raw| now < raw.expires);
        let single_use = sessions.single_use;
        let raw = sessions.raw.iter().rev().find(|raw| !(raw.spent || single_use && raw.resumed > 0))?;
        Some((raw.number, Arc::clone(&raw.payload)))
    }

    /// A ticket is of no more use, nor are the older ones where those have gone with it.
    fn spend(&self, number: u64, older: bool) {
        let mut sessions = self.lock();
        sessions.minting = None;
        for raw in &mut sessions.raw {
            raw.spent |= raw.number == number || older && raw.number < number;
        }
    }

    /// Learns what became of an offer.
    pub(super) fn settle(&self, offer: Offer, settled: Settled) {
        match (offer, settled) {
            (Offer::Minted(number), Settled::Resumed) => {
                if let Some(raw) = self.lock().raw.iter_mut().find(|raw| raw.number == number) {
                    raw.resumed = raw.resumed.saturating_add(1);
                }
            }
            (Offer::Minted(number), Settled::Refused) => {
                let mut sessions = self.lock();
                let once = sessions.raw.iter().any(|raw| raw.number == number && raw.resumed == 1);
                sessions.single_use |= once;
                drop(sessions);
                self.spend(number, !once);
            }
            (Offer::Minted(number), Settled::Failed | Settled::Lost) => self.spend(number, false),
            (Offer::Tls12, Settled::Resumed) => self.lock().lost12 = false,
            (Offer::Tls12, Settled::Lost) => {
                let mut sessions = self.lock();
                if sessions.lost12 { sessions.drop_tls12() } else { sessions.lost12 = true }
            }
            (Offer::Tls12, Settled::Failed) => self.lock().drop_tls12(),
            // The full handshake has brought a session of its own.
            (Offer::Tls12, Settled::Refused) => {
                let mut sessions = self.lock();
                (sessions.control12, sessions.lost12) = (None, false);
            }
            (Offer::Harvested | Offer::Nothing, _) => {}
        }
    }
}

impl fmt::Debug for TicketStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sessions = self.lock();
        f.debug_struct("TicketStore")
            .field("tls12", &(sessions.control12.is_some() || sessions.data12.is_some()))
            .field("raw", &sessions.raw.len())
            .field("harvested", &sessions.data13.len())
            .finish_non_exhaustive()
    }
}

/// Room is made for one at a time: a ticket takes half a kibibyte, and most sessions keep few.
fn push<T>(queue: &mut VecDeque<T>, value: T, limit: usize) {
    while queue.len() >= limit {
        queue.pop_front();
    }
    queue.reserve_exact(1);
    queue.push_back(value);
}

/// The store as rustls sees it from one kind of connection.
#[derive(Debug)]
pub(super) struct View {
    role: Role,
    store: Arc<TicketStore>,
}

impl ClientSessionStore for View {
    fn set_kx_hint(&self, server: ServerName<'static>, group: NamedGroup) {
        let before = self.store.lock().group.replace(group);
        if before != Some(group) {
            self.store.groups.set(server, group);
        }
    }

    fn kx_hint(&self, server: &ServerName<'_>) -> Option<NamedGroup> {
        let group = self.store.lock().group;
        group.or_else(|| self.store.groups.get(server))
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        let mut sessions = self.store.lock();
        match self.role {
            Role::Control => sessions.control12 = Some(value),
            Role::Data => sessions.data12 = Some(value),
        }
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        if self.role == Role::Control {
            return None;
        }
        let mut sessions = self.store.lock();
        let found = sessions.control12.as_ref().or(sessions.data12.as_ref()).cloned()?;
        sessions.offer = Some(Offer::Tls12);
        Some(found)
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.store.lock().drop_tls12();
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut sessions = self.store.lock();
        match self.role {
            Role::Control if sessions.minting.is_some() => sessions.minted = Some(value),
            Role::Control => push(&mut sessions.control13, value, READY),
            Role::Data => {
                let limit = if sessions.mints() { 1 } else { READY };
                push(&mut sessions.data13, value, limit);
            }
        }
    }

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        if self.role == Role::Control {
            return None;
        }
        let mut sessions = self.store.lock();
        if let (Some(value), Some(number)) = (sessions.minted.take(), sessions.minting.take()) {
            sessions.offer = Some(Offer::Minted(number));
            return Some(value);
        }
        let found = sessions.control13.pop_back().or_else(|| sessions.data13.pop_back())?;
        sessions.offer = Some(Offer::Harvested);
        Some(found)
    }
}
