//! One control connection and what belongs to it: output, replies, deadlines, what was learned of the server.

mod data;
mod deeds;
mod departure;
mod home;
mod learned;
mod operation;
mod outgoing;
mod prepared;
mod quirks;
mod recovery;
mod replies;
mod secrets;
mod timers;

use alloc::collections::VecDeque;
use core::task::Poll;

use crate::codec::list::LineDecoder;
use crate::codec::{Argument, Class, Command, Encoding, Features, Reply, Timestamp, Verb};
use crate::config::{Config, Login};
use crate::error::{Error, Local, Refused};
use crate::need::{Channel, End, Flow, Input, Io, Need, Progress, Waiting};
use crate::time::Instant;

pub use data::Direction;
pub(crate) use data::{DataConnection, Ending};
pub use deeds::{Deed, DeedAct};
use departure::Look;
use learned::Learned;
pub(crate) use learned::{AddressFamily, MlsdState, TimeCommand};
pub use operation::{Claim, Operation};
use outgoing::Outgoing;
pub(crate) use prepared::Prepared;
pub use quirks::{Quirk, Quirks, ServerKind};
use recovery::Recovery;
use replies::Replies;
pub use replies::Ticket;
use timers::Timers;

/// The protocol machine of one FTPS session.
///
/// It is driven by [`poll`](Self::poll) and told what happens by [`handle`](Self::handle); the crate's first page has
/// the loop. It outlives the operations: one that is dropped half-way, at any point, leaves a session whose next
/// operation first recovers, or says that it cannot.
///
/// Operations use [`begin`](Self::begin), [`send`](Self::send), [`reply`](Self::reply) and
/// [`final_reply`](Self::final_reply): see [`Operation`].
#[derive(Debug)]
pub struct Session {
    config: Config,
    state: State,
    protection: Protection,
    /// Bytes that came in clear where TLS had begun.
    injected: usize,
    greeted: bool,
    /// How many operations have had the session.
    claims: u64,
    /// What is to be done before anything is waited for.
    needs: VecDeque<Need>,
    out: Outgoing,
    look: Look,
    replies: Replies,
    timers: Timers,
    /// Nothing has happened since the last poll.
    silent: bool,
    /// A reply was waited for in vain, and nothing has been heard since.
    ignored: bool,
    recovery: Recovery,
    /// What RNFR named last.
    renaming: Option<Argument>,
    /// TLS may end without the session.
    expects_clearance: bool,
    /// REST or RANG was sent, and no transfer since: what takes it back.
    restart: Option<Command>,
    /// Transfers are in TYPE A.
    ascii: bool,
    /// The working directory, where it is known.
    home: Option<Argument>,
    /// It is not that of the login.
    strayed: bool,
    /// The same, where a listing has left it.
    displaced: Option<Argument>,
    /// More transfers follow.
    expects_more: bool,
    /// The command that prepares the next transfer's data connection.
    prepared: Option<Prepared>,
    data: Option<DataConnection>,
    listing: LineDecoder,
    learned: Learned,
    /// The next listing begins with the rest of one that was given up.
    stale_listing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing has been said.
    Fresh,
    /// Logging in.
    Opening,
    /// Logged in.
    Open,
    /// Over. What ended it has been reported.
    Dead,
}

/// How far TLS on the control connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Clear,
    Handshaking,
    Secured,
    /// TLS ends (CCC).
    Ending,
    /// It has ended after the login, as was asked for.
    Cleared,
}

impl Session {
    /// A session on a control connection that has just been opened.
    pub fn new(config: Config) -> Self {
        Self {
            state: State::Fresh,
            protection: Protection::Clear,
            injected: 0,
            greeted: false,
            claims: 0,
            needs: VecDeque::new(),
            out: Outgoing::default(),
            look: Look::Due,
            replies: Replies::new(&config),
            timers: Timers::default(),
            silent: false,
            ignored: false,
            recovery: Recovery::None,
            renaming: None,
            expects_clearance: false,
            restart: None,
            ascii: false,
            home: None,
            strayed: false,
            displaced: None,
            expects_more: false,
            prepared: None,
            data: None,
            listing: LineDecoder::new(config.limits.line),
            learned: Learned::new(&config),
            stale_listing: false,
            config,
        }
    }

    /// What the session was told before it began.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The charset of the server's names, where it is not UTF-8, as far as that is known: from the login on.
    pub fn encoding(&self) -> Option<&Encoding> {
        self.replies.encoding()
    }

    /// The date, where the session was told one.
    pub(crate) fn date(&self, now: Instant) -> Option<Timestamp> {
        let (date, at) = self.config.date?;
        let since = i64::try_from(now.saturating_duration_since(at).as_secs()).ok()?;
        Timestamp::from_unix(date.to_unix()?.checked_add(since)?)
    }

    /// Whether TLS protects the control connection.
    pub fn is_secured(&self) -> bool {
        self.protection == Protection::Secured
    }

    /// Whether TLS on the control connection begins or ends.
    fn is_changing(&self) -> bool {
        matches!(self.protection, Protection::Handshaking | Protection::Ending)
    }

    fn is_handshaking(&self) -> bool {
        self.protection == Protection::Handshaking
    }

    /// Whether another operation can begin, if need be after recovering. No IO.
    pub fn is_usable(&self) -> bool {
        self.state == State::Open && !self.replies.is_over()
    }

    /// Bytes to send on the control connection; report with [`Input::Sent`].
    pub fn outgoing(&self) -> &[u8] {
        self.out.unsent()
    }

    /// Tells what has happened. Accepted in any order, at any time.
    pub fn handle(&mut self, input: Input<'_>) {
        self.silent = false;
        match input {
            Input::Received(Channel::Control, bytes) => {
                self.heard();
                if self.is_handshaking() {
                    self.injected = self.injected.saturating_add(bytes.len());
                } else {
                    self.replies.push(bytes);
                }
            }
            Input::Sent(Channel::Control, n) => self.out.sent(n),
            Input::Secured { channel: Channel::Control, .. } => {
                // Not asked for, it says nothing about the bytes that have come.
                if self.is_handshaking() {
                    self.protection = Protection::Secured;
                    self.injected = self.injected.saturating_add(self.replies.buffered());
                }
            }
            Input::Cleared(Channel::Control) => {
                if self.protection == Protection::Ending {
                    self.protection = Protection::Cleared;
                }
            }
            Input::Ended(Channel::Control, _) => {
                self.heard();
                self.replies.end(None);
            }
            Input::Failed(Channel::Control, failure) => {
                self.heard();
                self.replies.end(Some(failure));
            }
            Input::Received(Channel::Data, bytes) => {
                if self.direction() == Some(Direction::Listing) {
                    self.listing.push(bytes);
                }
                // What a server says in an upload is no progress of it.
                if self.direction() != Some(Direction::Upload) {
                    self.count(bytes.len());
                }
            }
            Input::Sent(Channel::Data, n) => self.count(n),
            input => self.handle_data(input),
        }
    }

    /// What happens to the data connection, where there is one.
    fn handle_data(&mut self, input: Input<'_>) {
        let Some(data) = &mut self.data else { return };
        match input {
            Input::Listening(at) => data.set_listening(at),
            Input::Connected => data.connected(),
            Input::Secured { resumed, .. } => {
                data.secured(resumed);
                self.learned.resumed = Some(resumed);
                self.learned.unprotected = None;
            }
            Input::Shut => data.shut(),
            Input::Ended(_, End::Clean) => data.end(Ending::Clean),
            Input::Ended(_, End::Truncated) => data.truncate(),
            Input::ConnectFailed(failure) | Input::Failed(_, failure) => data.end(Ending::Failed(failure)),
            Input::Received(..) | Input::Sent(..) | Input::Cleared(_) => {}
        }
    }

    /// Something has come on the control connection.
    fn heard(&mut self) {
        self.ignored = false;
        if let Look::Asked { quiet, .. } = &mut self.look {
            *quiet = false;
        }
    }

    /// Goes on with an operation until it is done, or something is needed.
    ///
    /// # Errors
    /// Whatever ends the operation. The data connection is then to be reset, but where there still is a
    /// [`direction`](Self::direction): it is another operation's, which goes on. The session goes on where
    /// [`is_usable`](Self::is_usable) says so.
    pub fn poll<O: Operation>(&mut self, op: &mut O, now: Instant) -> Result<Progress<O::Output>, Error> {
        self.advance(op, now).inspect_err(|error| match error {
            // Said to an operation that does not have the session.
            Error::Local(Local::Superseded | Local::Finished | Local::NotOpen | Local::AlreadyOpen) => {}
            error => {
                if let Error::Remote(_) = error {
                    // A server that says what cannot be may say the rest of it to the next command.
                    self.distrust();
                }
                self.drop_data();
            }
        })
    }

    fn advance<O: Operation>(&mut self, op: &mut O, now: Instant) -> Result<Progress<O::Output>, Error> {
        loop {
            if let Poll::Ready(output) = op.step(self, now)? {
                return Ok(Progress::Done(output));
            }
            if let Some(need) = self.needs.pop_front() {
                return Ok(Progress::Need(need));
            }
            // What has come while nothing was owed must not lie there until a command is sent that it seems to answer. It
            // is read to its end, but for what follows the reply to AUTH.
            if self.greeted && self.replies.due() != Some(Verb::Auth) && self.replies.sort(None) {
                self.timers.reply.clear();
                continue;
            }
            self.check_end()?;
            if self.keep_alive(now) || self.prepare_early(now) {
                continue;
            }
            if self.out.has_staged() {
                if !self.has_looked() {
                    return Ok(Progress::Need(Need::Io(self.looking(now))));
                }
                // A recovery goes on once what it sends has left.
                self.release(now);
                continue;
            }
            self.arm(now);
            if let Some(waiting) = self.expired(now) {
                if self.goes_on(waiting)? {
                    continue;
                }
                return Err(self.time_out(waiting));
            }
            let io = self.io();
            if io.deadline.is_none() && self.data.is_none() {
                // There is nothing to wait for: it was done before.
                return Err(Local::Finished.into());
            }
            self.timers.look(now);
            self.silent = true;
            return Ok(Progress::Need(Need::Io(io)));
        }
    }

    fn io(&self) -> Io {
        let data = match &self.data {
            None => Flow::default(),
            Some(data) => Flow { send: data.may_send(), receive: data.may_receive() },
        };
        Io {
            control: Flow { send: !self.outgoing().is_empty(), receive: !self.replies.ended() },
            data,
            deadline: self.timers.next(),
        }
    }

    /// Fails where the session is over, and the operation that has it waits for more than its data.
    fn check_end(&mut self) -> Result<(), Error> {
        if !self.replies.is_over() {
            return Ok(());
        }
        // A transfer that has been confirmed waits for its data only, from which a farewell takes nothing.
        let confirmed = self.is_started() && self.replies.settled() && self.out.staged() == 0;
        let farewell = if confirmed { None } else { self.replies.take_farewell() };
        if farewell.is_none()
            && let Some(error) = self.replies.take_broken()
        {
            self.state = State::Dead;
            return Err(error);
        }
        if confirmed {
            return Ok(());
        }
        self.state = State::Dead;
        // Nothing of the operation has left: on a new session the same can be tried without a risk.
        if !self.replies.owes_operation() && self.data.is_none() && self.owed() > 0 {
            return Err(Error::Closed { reply: farewell, failure: self.replies.take_failure() });
        }
        Err(match farewell {
            // RFC 959, section 5.4: this may be the reply to any command, and the server closes the connection.
            Some(reply) => Error::Refused(Refused { verb: self.replies.due(), reply }),
            None => Error::Connection {
                channel: Channel::Control,
                failure: self.replies.take_failure(),
                reply: None,
            },
        })
    }

    fn time_out(&mut self, waiting: Waiting) -> Error {
        if self.state != State::Open || !self.recovery.is_none() {
            self.state = State::Dead;
        }
        self.ignored = matches!(waiting, Waiting::Reply(_));
        Error::Timeout { waiting, reply: self.replies.take_stray() }
    }

    /// Login is complete.
    pub(crate) fn opened(&mut self) {
        self.state = State::Open;
        let utf8 = self.features().is_some_and(Features::utf8);
        let encoding = self.config.encoding.clone().filter(|encoding| encoding.is_forced() || !utf8);
        self.replies.set_encoding(encoding);
    }

    /// Nothing more can be done on this session.
    pub(crate) fn die(&mut self) {
        self.state = State::Dead;
    }

    /// Begins the control connection's handshake.
    pub(crate) fn secure_control(&mut self) {
        self.protection = Protection::Handshaking;
        self.need(Need::StartTls(Channel::Control));
    }

    /// Ends the control connection's TLS.
    pub(crate) fn clear_control(&mut self) {
        self.protection = Protection::Ending;
        self.need(Need::EndTls(Channel::Control));
    }

    /// Whether TLS may end without the session: CCC is sent at the end of the login, and REIN before another one.
    #[cfg(feature = "rustls")]
    pub(crate) fn may_be_cleared(&self) -> bool {
        let asked_for = self.config.dangerous_clear_control && self.state == State::Opening;
        (asked_for || self.expects_clearance) && self.is_secured()
    }

    /// REIN is under way, or is not any more: TLS may end right after its reply.
    pub(crate) fn expect_clearance(&mut self, expects: bool) {
        self.expects_clearance = expects;
    }

    /// The server has logged out, and somebody else logs in.
    pub(crate) fn reinitialize(&mut self, login: Login) {
        self.replies.reinitialize(&login);
        self.config.login = login;
        self.state = State::Opening;
        self.prepared = None;
        self.ascii = false;
        (self.renaming, self.restart, self.home, self.displaced) = (None, None, None, None);
    }

    /// The next login begins, over TLS where that has not ended.
    pub(crate) fn begins_anew(&mut self) {
        self.state = State::Fresh;
        if self.is_cleared() {
            self.protection = Protection::Clear;
        }
    }

    /// Whether the control connection's TLS has ended, and the connection not.
    pub(crate) fn is_cleared(&self) -> bool {
        self.protection == Protection::Cleared
    }

    /// How many of the operation's commands wait for their final reply, or to be sent.
    pub(crate) fn owed(&self) -> usize {
        self.replies.owed() + self.out.staged()
    }

    /// Whether nothing more can come of this session.
    pub(crate) fn is_over(&self) -> bool {
        self.replies.is_over()
    }

    /// Whether a command has not left.
    pub(crate) fn has_staged(&self) -> bool {
        self.out.has_staged()
    }

    /// Whether every command has been taken by the transport.
    pub(crate) fn is_flushed(&self) -> bool {
        !self.out.has_staged() && self.out.unsent().is_empty()
    }

    /// Bytes that came after the last reply.
    pub(crate) fn buffered(&self) -> usize {
        self.replies.buffered()
    }

    /// Bytes that came in clear where TLS had begun.
    pub(crate) fn injected(&self) -> usize {
        self.injected
    }

    pub(crate) fn need(&mut self, need: Need) {
        self.needs.push_back(need);
    }

    /// Whether something that was asked for has not been taken up yet. An operation that ends before it was would leave
    /// it to the next one.
    pub(crate) fn has_needs(&self) -> bool {
        !self.needs.is_empty()
    }

    /// What has come to its deadline, and was looked for once more.
    pub(crate) fn expired(&self, now: Instant) -> Option<Waiting> {
        self.timers.expired(now, self.silent)
    }

    /// Whether the server has said that the transfer of this command begins.
    pub(crate) fn has_begun(&self, ticket: Ticket) -> bool {
        self.replies.has_begun(ticket)
    }

    /// What was not certain to be the end of a transfer, once its data connection has ended well.
    pub(crate) fn take_doubtful(&mut self, ticket: Ticket) -> Option<Reply> {
        let well = self.data.as_ref().is_some_and(DataConnection::has_ended_well);
        if well { self.replies.take_doubtful(ticket) } else { None }
    }

    /// The same, of a transfer that is ended from this side.
    pub(crate) fn take_word(&mut self, ticket: Ticket) -> Option<Reply> {
        self.replies.take_doubtful(ticket)
    }

    /// The greeting, after any 120 (RFC 959, section 5.4).
    pub(crate) fn greeting(&mut self) -> Result<Poll<Reply>, Error> {
        while let Some(reply) = self.replies.read()? {
            // The server has told that it will take its time.
            self.timers.reply.clear();
            if reply.code().class() != Class::Preliminary {
                self.greeted = true;
                return Ok(Poll::Ready(reply));
            }
            self.replies.drop_stray(reply)?;
        }
        Ok(Poll::Pending)
    }

    /// The control connection has ended, and every reply that came before has been taken.
    pub(crate) fn is_lost(&self) -> bool {
        self.replies.ended()
    }
}
