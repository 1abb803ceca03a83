//! One control connection and what belongs to it: output, replies, deadlines, negotiated state.

mod data;
mod outgoing;
mod recovery;
mod replies;
mod server;
mod timers;

use alloc::collections::VecDeque;
use core::task::Poll;

use crate::codec::list::LineDecoder;
use crate::codec::{Argument, Class, Command, Features, Reply, Verb};
use crate::config::{Config, Pipelining};
use crate::error::{Error, Local, Refused};
use crate::need::{Channel, End, Flow, Input, Io, Need, Progress, Waiting};
use crate::ops::Operation;
use crate::time::Instant;

pub use data::Direction;
pub(crate) use data::{Data, Ending, Phase, Preference};
use outgoing::Outgoing;
use recovery::Recovery;
use replies::Replies;
pub use server::Server;
use timers::Timers;

/// The protocol machine of one FTPS session.
///
/// It is driven by [`poll`](Self::poll) and told what happens by [`handle`](Self::handle); the crate's first page has
/// the loop. It outlives the operations: one that is dropped half-way, at any point, leaves a session whose next
/// operation first recovers, or says that it cannot.
#[derive(Debug)]
pub struct Session {
    pub(crate) config: Config,
    state: State,
    secured: bool,
    /// AUTH SSL has been tried.
    pub(crate) auth_ssl: bool,
    handshaking: bool,
    /// Bytes that came in clear where TLS had begun.
    injected: usize,
    greeted: bool,
    /// Which operation has the session.
    turn: u64,
    /// What is to be done before anything is waited for.
    needs: VecDeque<Need>,
    out: Outgoing,
    replies: Replies,
    timers: Timers,
    /// Nothing has happened since the last poll.
    silent: bool,
    recovery: Recovery,
    /// What RNFR named last.
    renaming: Option<Argument>,
    pub(crate) data: Option<Data>,
    pub(crate) listing: LineDecoder,
    pub(crate) passive: Preference,
    pub(crate) server: Server,
    pub(crate) features: Option<Features>,
    mlsd: bool,
    /// The next listing begins with the rest of one that was given up.
    stale_listing: bool,
}

#[derive(Debug)]
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

/// Which turn at the session an operation has; none before its first step.
#[derive(Debug, Default)]
pub(crate) struct Turn(Option<u64>);

impl Session {
    /// A session on a control connection that has just been opened.
    pub fn new(config: Config) -> Self {
        Self {
            state: State::Fresh,
            secured: false,
            auth_ssl: false,
            handshaking: false,
            injected: 0,
            greeted: false,
            turn: 0,
            needs: VecDeque::new(),
            out: Outgoing::default(),
            replies: Replies::new(&config.limits),
            timers: Timers::default(),
            silent: false,
            recovery: Recovery::None,
            renaming: None,
            data: None,
            listing: LineDecoder::new(config.limits.line),
            passive: Preference::Extended,
            server: Server::Unknown,
            features: None,
            mlsd: true,
            stale_listing: false,
            config,
        }
    }

    /// What FEAT listed (RFC 2389); none before login, or where the server does not know FEAT.
    pub fn features(&self) -> Option<&Features> {
        self.features.as_ref()
    }

    /// Which server this is, by its greeting.
    pub fn server(&self) -> Server {
        self.server
    }

    /// Whether TLS protects the control connection.
    pub fn is_secured(&self) -> bool {
        self.secured
    }

    /// Whether another operation can begin, if need be after recovering. No IO.
    pub fn is_usable(&self) -> bool {
        matches!(self.state, State::Open) && !self.replies.ended()
    }

    /// Bytes to send on the control connection; report with [`Input::Sent`].
    pub fn outgoing(&self) -> &[u8] {
        self.out.unsent()
    }

    /// Tells what has happened. Accepted in any order, at any time.
    pub fn handle(&mut self, input: Input<'_>) {
        self.silent = false;
        match input {
            Input::Received(Channel::Control, bytes) if self.handshaking => self.injected += bytes.len(),
            Input::Received(Channel::Control, bytes) => self.replies.push(bytes),
            Input::Sent(Channel::Control, n) => self.out.sent(n),
            Input::Secured { channel: Channel::Control, .. } => {
                self.secured = true;
                self.handshaking = false;
                self.injected += self.replies.buffered();
            }
            Input::Ended(Channel::Control, _) => self.replies.end(None),
            Input::Failed(Channel::Control, failure) => self.replies.end(Some(failure)),
            Input::Listening(at) => self.with_data(|data| data.listening = Some(at)),
            Input::Connected => self.advance(Phase::Connecting, Phase::Connected),
            Input::ConnectFailed(failure) | Input::Failed(Channel::Data, failure) => {
                self.with_data(|data| data.end(Ending::Failed(failure)));
            }
            Input::Secured { channel: Channel::Data, resumed } => {
                self.advance(Phase::Securing, Phase::Open);
                self.with_data(|data| data.resumed = Some(resumed));
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
            Input::Shut => self.advance(Phase::Ending, Phase::Draining),
            Input::Ended(Channel::Data, end) => {
                self.with_data(|data| {
                    data.end(match end {
                        End::Clean => Ending::Clean,
                        End::Truncated => Ending::Truncated,
                    });
                });
            }
        }
    }

    /// Goes on with an operation until it is done, or something is needed.
    ///
    /// # Errors
    /// Whatever ends the operation. The data connection, if there is one, is then to be reset; the session goes on
    /// where [`is_usable`](Self::is_usable) says so.
    pub fn poll<O: Operation>(&mut self, op: &mut O, now: Instant) -> Result<Progress<O::Output>, Error> {
        self.step(op, now).inspect_err(|error| {
            if let Error::Remote(_) = error {
                // A server that says what cannot be may say the rest of it to the next command.
                self.distrust();
            }
            self.drop_data();
        })
    }

    fn step<O: Operation>(&mut self, op: &mut O, now: Instant) -> Result<Progress<O::Output>, Error> {
        if let Poll::Ready(output) = op.step(self, now)? {
            return Ok(Progress::Done(output));
        }
        if let Some(need) = self.needs.pop_front() {
            return Ok(Progress::Need(need));
        }
        // A transfer that has been confirmed waits for its data only, of which a farewell takes nothing.
        let confirmed = self.is_started() && self.replies.settled();
        match self.sweep() {
            Err(Error::Refused(_)) if confirmed => {}
            swept => swept?,
        }
        if self.replies.ended() && !confirmed {
            return Err(self.lost());
        }
        self.arm(now);
        if let Some(waiting) = self.expired(now) {
            if self.goes_on(waiting)? {
                return self.step(op, now);
            }
            if !matches!(self.state, State::Open) || !matches!(self.recovery, Recovery::None) {
                self.state = State::Dead;
            }
            return Err(Error::Timeout(waiting));
        }
        self.timers.look(now);
        self.silent = true;
        Ok(Progress::Need(Need::Io(self.io())))
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

    /// Gives the session to the operation that has this turn; a new one first waits until what an earlier one left
    /// behind has been cleared away.
    pub(crate) fn begin(&mut self, turn: &mut Turn) -> Result<Poll<()>, Error> {
        match turn.0 {
            Some(own) if own == self.turn => {}
            Some(_) => return Err(Local::Abandoned.into()),
            None => {
                if !matches!(self.state, State::Open) {
                    return Err(Local::NotOpen.into());
                }
                self.take_turn(turn);
                if !self.replies.settled() || self.data.is_some() {
                    self.clear_away();
                }
            }
        }
        self.recover()
    }

    /// Gives a fresh session to the operation that opens it.
    pub(crate) fn begin_opening(&mut self, turn: &mut Turn) -> Result<(), Error> {
        match (&self.state, turn.0) {
            (State::Fresh, None) => {
                self.take_turn(turn);
                self.state = State::Opening;
                Ok(())
            }
            (State::Opening, Some(_)) => Ok(()),
            (State::Fresh, Some(_)) => Err(Local::Abandoned.into()),
            (State::Open, _) | (State::Opening, None) => Err(Local::AlreadyOpen.into()),
            (State::Dead, _) => Err(Local::NotOpen.into()),
        }
    }

    fn take_turn(&mut self, turn: &mut Turn) {
        self.turn += 1;
        turn.0 = Some(self.turn);
        // What an earlier operation waited for in vain is waited for anew.
        self.timers = Timers::default();
    }

    /// Login is complete.
    pub(crate) fn opened(&mut self) {
        self.state = State::Open;
    }

    /// Nothing more can be done on this session.
    pub(crate) fn die(&mut self) {
        self.state = State::Dead;
    }

    /// Puts a command into the output and expects its reply.
    pub(crate) fn send(&mut self, command: &Command) -> Result<(), Error> {
        if !self.secured && matches!(command, Command::Pass(_) | Command::Acct(_)) {
            return Err(Local::NotSecured.into());
        }
        self.sweep()?;
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "ftps::conversation", "> {command}");
        if let Command::Rnfr(from) = command {
            self.renaming = Some(from.clone());
        }
        self.out.push(command, self.server.reads_telnet());
        self.replies.expect(command.verb());
        self.timers.reply.clear();
        Ok(())
    }

    /// What has come while nothing was owed must not lie there until a command is sent that it seems to answer.
    fn sweep(&mut self) -> Result<(), Error> {
        if !self.greeted {
            return Ok(());
        }
        self.replies.sweep().inspect_err(|_| self.state = State::Dead)
    }

    /// Whether commands may be sent before earlier ones have been answered.
    pub(crate) fn takes_pipelining(&self) -> bool {
        self.config.pipelining == Pipelining::Known && self.server.takes_pipelining()
    }

    /// Whether listings come as facts: MLSD is announced as MLST (RFC 3659, section 7.8).
    pub(crate) fn lists_facts(&self) -> bool {
        self.mlsd && self.features.as_ref().is_some_and(Features::mlst)
    }

    /// Forgets what an earlier listing left.
    pub(crate) fn clear_listing(&mut self) {
        self.listing = LineDecoder::new(self.config.limits.line);
    }

    /// Whether the next listing begins with the rest of one that was given up.
    pub(crate) fn has_stale_listing(&self) -> bool {
        self.stale_listing
    }

    /// That rest has come.
    pub(crate) fn listed_to_the_end(&mut self) {
        self.stale_listing = false;
    }

    /// MLSD was refused: not again in this session.
    pub(crate) fn forget_facts(&mut self) {
        self.mlsd = false;
    }

    /// Begins the control connection's handshake.
    pub(crate) fn secure_control(&mut self) {
        self.handshaking = true;
        self.need(Need::StartTls(Channel::Control));
    }

    /// A transfer failed behind its 1xx: more may follow.
    pub(crate) fn distrust(&mut self) {
        self.replies.distrust();
    }

    /// The same, and the operation goes on: behind a fence, at its next step.
    pub(crate) fn fence(&mut self) {
        self.distrust();
        self.recovery.plan(&self.replies);
    }

    /// The next reply, with the command that it answers: a preliminary one or the final one.
    pub(crate) fn reply(&mut self) -> Result<Option<(Verb, Reply)>, Error> {
        let answer = self.replies.next().inspect_err(|_| self.state = State::Dead)?;
        if answer.is_some() {
            self.timers.reply.clear();
        }
        if let Some((verb, reply)) = &answer
            && reply.code() == 421
        {
            // RFC 959, section 5.4: this may be the reply to any command, and the server closes the connection.
            self.state = State::Dead;
            return Err(Error::Refused(Refused { verb: Some(*verb), reply: reply.clone() }));
        }
        Ok(answer)
    }

    /// How many commands wait for their final reply.
    pub(crate) fn owed(&self) -> usize {
        self.replies.owed()
    }

    /// The next reply, whatever it answers.
    fn unasked(&mut self) -> Result<Option<Reply>, Error> {
        Ok(self.replies.unasked().inspect_err(|_| self.state = State::Dead)?)
    }

    /// Bytes that came behind the last reply.
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

    /// The next final reply, with the command that it answers.
    pub(crate) fn final_reply(&mut self) -> Result<Poll<(Verb, Reply)>, Error> {
        while let Some((verb, reply)) = self.reply()? {
            if reply.code().class() != Class::Preliminary {
                return Ok(Poll::Ready((verb, reply)));
            }
        }
        Ok(Poll::Pending)
    }

    /// The greeting, behind any 120 (RFC 959, section 5.4).
    pub(crate) fn greeting(&mut self) -> Result<Poll<Reply>, Error> {
        while let Some(reply) = self.unasked()? {
            // The server has told that it will take its time.
            self.timers.reply.clear();
            if !self.replies.preliminary(&reply)? {
                self.greeted = true;
                return Ok(Poll::Ready(reply));
            }
        }
        Ok(Poll::Pending)
    }

    /// The control connection has ended, and every reply that came before has been taken.
    pub(crate) fn is_lost(&self) -> bool {
        self.replies.ended()
    }

    /// The control connection is gone, and everything that came before its end has been read.
    fn lost(&mut self) -> Error {
        self.state = State::Dead;
        Error::Connection { channel: Channel::Control, failure: self.replies.take_failure(), reply: None }
    }
}
