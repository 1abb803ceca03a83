//! The first half of a transfer: a data connection, the command, its preliminary reply, the handshake.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use core::mem;
use core::task::Poll;

use super::call::{Call, not_completed};
use super::conditions::Conditions;
use super::get::{Get, Span};
use super::list::List;
use super::put::Put;
use super::ready;
use super::route::Route;
use super::transfer::{Bounds, Transfer};
use crate::codec::{Argument, Class, Command, Reply, Verb};
use crate::config::EarlyClose;
use crate::error::{Error, Local, Remote};
use crate::need::Waiting;
use crate::session::{Claim, Direction, Ending, Operation, Session, Ticket};
use crate::time::Instant;

/// Opens a data connection and starts a transfer on it.
///
/// In passive mode the command goes out together with the ClientHello, as soon as the data connection is up: servers differ
/// in which of the two they answer first (vsftpd, ProFTPD and Pure-FTPd say 150 before their TLS accept, others secure the
/// connection first), so neither is waited for alone. Payload moves after a 1xx *and* a handshake. A refusal that comes
/// first ends the operation at once.
#[derive(Debug)]
pub struct StartTransfer {
    claim: Claim,
    command: Command,
    direction: Direction,
    /// What the command and the prelude are made of, where that is more than a path.
    wanted: Option<Box<Wanted>>,
    bounds: Bounds,
    /// What goes right before the command.
    prelude: VecDeque<Command>,
    /// Another transfer follows.
    followed: bool,
    stage: Stage,
    /// The server refused the data connection once, and what it sent there may serve a second attempt.
    refilled: bool,
    /// The server did not come in active mode, and the client goes to it.
    switched: bool,
    preliminary: Option<Reply>,
}

#[derive(Debug)]
enum Wanted {
    Get(Get, Conditions),
    Put(Put, Conditions),
}

#[derive(Debug)]
enum Stage {
    Begin,
    Asking,
    /// Until a listing has shown that the server secures data connections.
    Proof(Box<List>),
    /// Again, after a refusal, once what the first attempt left is cleared away.
    Retry,
    Routing(Route),
    /// The data connection is ready, and so many commands of the prelude are done.
    Prelude(Route, usize, Option<Call>),
    Starting(Route, Ticket),
    Started(Ticket, Option<Reply>),
    Done,
}

impl StartTransfer {
    /// RETR: a file from the server.
    pub fn retr(path: Argument) -> Self {
        Self::new(Command::Retr(path), Direction::Download)
    }

    /// STOR: a file to the server.
    pub fn stor(path: Argument) -> Self {
        Self::new(Command::Stor(path), Direction::Upload)
    }

    /// A download, with all that is to be known before it begins.
    ///
    /// # Errors
    /// [`Local`] for a path that cannot be sent, or a range without bytes.
    pub fn get(get: impl Into<Get>) -> Result<Self, Error> {
        let get = get.into();
        let mut start = Self::new(get.command()?, Direction::Download);
        let conditions = get.conditions()?;
        start.wanted = Some(Box::new(Wanted::Get(get, conditions)));
        Ok(start)
    }

    /// An upload, with all that is to be known before it begins.
    ///
    /// # Errors
    /// [`Local`] for a path that cannot be sent, or what a file that the server names cannot have.
    pub fn put(put: impl Into<Put>) -> Result<Self, Error> {
        let put = put.into();
        let mut start = Self::new(put.commands(true)?.1, Direction::Upload);
        let conditions = put.conditions()?;
        start.wanted = Some(Box::new(Wanted::Put(put, conditions)));
        Ok(start)
    }

    /// LIST or MLSD, whose bytes [`List`] takes out of the session.
    pub(super) fn listing(command: Command) -> Self {
        Self::new(command, Direction::Listing)
    }

    fn new(command: Command, direction: Direction) -> Self {
        Self {
            claim: Claim::default(),
            command,
            direction,
            wanted: None,
            bounds: Bounds::default(),
            prelude: VecDeque::new(),
            followed: false,
            stage: Stage::Begin,
            refilled: false,
            switched: false,
            preliminary: None,
        }
    }

    /// Sends this right before the transfer's command, and waits until it is accepted: REST, ALLO, TYPE. REST is to be the
    /// last (RFC 3659, section 5.3).
    #[must_use]
    pub fn after(mut self, command: Command) -> Self {
        self.prelude.push_back(command);
        self
    }

    /// Another transfer follows in this session. Its data connection is asked for (EPSV) once this one's has ended, before
    /// the final reply: one round trip less. A server that refuses that is asked again, and not once more in this
    /// session.
    #[must_use]
    pub fn followed(mut self) -> Self {
        self.followed = true;
        self
    }

    /// The same as [`step`](Operation::step), for an operation that has the session itself.
    pub(super) fn advance(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transfer>, Error> {
        loop {
            self.stage = match mem::replace(&mut self.stage, Stage::Done) {
                Stage::Begin | Stage::Proof(_) => Stage::Asking,
                Stage::Asking => {
                    if let Some(Wanted::Get(_, conditions) | Wanted::Put(_, conditions)) =
                        self.wanted.as_deref_mut()
                        && conditions.step(session)?.is_pending()
                    {
                        return self.wait(Stage::Asking);
                    }
                    self.decide(session)?;
                    Stage::Routing(self.route(session))
                }
                Stage::Retry => {
                    if session.recover()?.is_pending() {
                        return self.wait(Stage::Retry);
                    }
                    Stage::Routing(self.route(session))
                }
                Stage::Routing(mut route) => match route.step(session, now)? {
                    Poll::Ready(()) => Stage::Prelude(route, 0, None),
                    Poll::Pending => return self.wait(Stage::Routing(route)),
                },
                Stage::Prelude(route, done, None) => match self.prelude.get(done) {
                    Some(command) => Stage::Prelude(route, done, Some(Call::new(command.clone()))),
                    None => {
                        // Passive: the ClientHello leaves with the command.
                        secure_if_connected(session);
                        Stage::Starting(route, session.send(self.command.clone())?)
                    }
                },
                Stage::Prelude(route, done, Some(mut call)) => match call.step(session)? {
                    Poll::Pending => return self.wait(Stage::Prelude(route, done, Some(call))),
                    Poll::Ready((verb, reply)) => match reply.code().class() {
                        Class::Completion | Class::Intermediate => Stage::Prelude(route, done + 1, None),
                        // It is for servers that need it: one that does not know it does not.
                        _ if verb == Verb::Allo && matches!(reply.code().get(), 500..=504) => {
                            Stage::Prelude(route, done + 1, None)
                        }
                        _ => return Err(not_completed(verb, reply)),
                    },
                },
                Stage::Starting(mut route, ticket) => {
                    route.confirm(session)?;
                    match self.starting(session, ticket, now)? {
                        Poll::Ready(stage) => stage,
                        Poll::Pending => return self.wait(Stage::Starting(route, ticket)),
                    }
                }
                Stage::Started(ticket, reply) => {
                    if self.closes_early(session) {
                        session.notify_data();
                    }
                    let claim = mem::take(&mut self.claim);
                    let verb = self.command.verb();
                    let mut transfer = Transfer::new(session, claim, self.direction, verb, ticket, reply);
                    transfer.begun(mem::take(&mut self.bounds), self.preliminary.take());
                    let followed = self.followed || session.expects_more();
                    if followed {
                        session.plan_route(now);
                    }
                    return Ok(Poll::Ready(transfer.followed(followed)));
                }
                Stage::Done => return Err(Local::Finished.into()),
            }
        }
    }

    fn route(&self, session: &Session) -> Route {
        Route::new(self.direction, session.wants_pret().then(|| self.command.announced()))
    }

    /// Decides on the command and what goes before it, now that the conditions are known.
    fn decide(&mut self, session: &Session) -> Result<(), Error> {
        let has = |feature| session.features().is_some_and(|features| features.has(feature));
        match self.wanted.as_deref() {
            None => {}
            Some(Wanted::Get(get, conditions)) => {
                let size = conditions.size;
                let (start, end) = match get.span {
                    Span::Bytes(start, end) => (start, end),
                    Span::Last(bytes) => (size.unwrap_or(0).saturating_sub(bytes), None),
                };
                let limit = end.map(|end| end.saturating_sub(start));
                let ends_itself = limit.is_some() && has("RANG");
                let rest = size.map(|size| size.saturating_sub(start));
                self.bounds = Bounds {
                    start,
                    limit,
                    ends_itself,
                    max: get.max_size,
                    proof: rest.filter(|_| conditions.proof).map(|rest| limit.unwrap_or(rest).min(rest)),
                };
                if get.ascii {
                    self.prelude.push_back(Command::TypeAscii);
                }
                match end {
                    Some(end) if ends_itself => self.prelude.push_back(Command::Rang(start, end - 1)),
                    _ if start > 0 => self.prelude.push_back(Command::Rest(start)),
                    _ => {}
                }
            }
            Some(Wanted::Put(put, _)) => {
                let (restart, command) = put.commands(has("REST"))?;
                self.command = command;
                self.bounds.start = put.start();
                if put.ascii {
                    self.prelude.push_back(Command::TypeAscii);
                }
                if let Some(size) = put.size() {
                    self.prelude.push_back(Command::Allo(size, None));
                }
                self.prelude.extend(restart);
            }
        }
        Ok(())
    }

    fn wait(&mut self, stage: Stage) -> Result<Poll<Transfer>, Error> {
        self.stage = stage;
        Ok(Poll::Pending)
    }

    fn closes_early(&self, session: &Session) -> bool {
        self.direction != Direction::Upload
            && match session.config().early_close {
                EarlyClose::Known => session.takes_early_close(),
                EarlyClose::On => true,
                EarlyClose::Off => false,
            }
    }

    /// Waits for the preliminary reply and the handshake.
    fn starting(
        &mut self,
        session: &mut Session,
        ticket: Ticket,
        now: Instant,
    ) -> Result<Poll<Stage>, Error> {
        let verb = self.command.verb();
        // Active mode: the server has connected.
        secure_if_connected(session);
        while let Some(reply) = session.reply(ticket) {
            match reply.code().class() {
                Class::Preliminary => {
                    session.start_data();
                    self.preliminary = Some(reply);
                }
                Class::Completion => {
                    session.start_data();
                    return Ok(Poll::Ready(Stage::Started(ticket, Some(reply))));
                }
                Class::TransientNegative | Class::PermanentNegative => {
                    return self.refused(session, verb, reply).map(Poll::Ready);
                }
                _ => return Err(Remote::UnexpectedReply(verb, reply).into()),
            }
        }
        // A server without a 1yz has said its final word, which counts once the data has moved.
        if session.has_begun(ticket) {
            session.start_data();
        }
        let lost = session.is_lost() || session.expired(now).is_some();
        // Nothing was said or heard on it.
        if session.lacks_resumption() {
            return Err(Error::NotResumed);
        }
        // Active mode: the server may not be able to come here.
        let unreached = session.expired(now) == Some(Waiting::DataConnect);
        if unreached && session.is_active() && !self.switched && session.switch_mode() {
            self.switched = true;
            session.discard_data();
            session.fence();
            return Ok(Poll::Ready(Stage::Retry));
        }
        let Some(data) = session.data() else { return Err(Local::Finished.into()) };
        match data.ending() {
            // The reason is on the control connection, if the server gives one.
            Some(Ending::Failed(_) | Ending::Truncated) if !lost => Ok(Poll::Pending),
            Some(Ending::Failed(_) | Ending::Truncated) => Err(session.fail_data(None)),
            // Servers that secure the connection at once may be through with it before their 1xx has come.
            _ if data.is_started() && data.is_open() => Ok(Poll::Ready(Stage::Started(ticket, None))),
            _ => Ok(Poll::Pending),
        }
    }

    /// A server that demands a resumed TLS session refuses with 425 or 522. Where no ticket was left, the connection
    /// that it refused has brought new ones: they serve a second attempt.
    fn refused(&mut self, session: &mut Session, verb: Verb, reply: Reply) -> Result<Stage, Error> {
        let unresumed = session.resumed() == Some(false);
        let started = session.is_started();
        // Active mode: it could not come here.
        let unconnected = session.data().is_some_and(|data| data.is_awaited());
        if unconnected && reply.code() == 425 && !self.switched && session.switch_mode() {
            self.switched = true;
            session.discard_data();
            if started {
                session.fence();
            }
            return Ok(Stage::Retry);
        }
        if unresumed && !self.refilled && matches!(reply.code().get(), 425 | 522) {
            self.refilled = true;
            session.discard_data();
            // After its 1xx a server may say more than this.
            if started {
                session.fence();
            }
            return Ok(Stage::Retry);
        }
        if started {
            session.distrust();
        }
        Err(session.refused(verb, reply))
    }

    /// Before the first upload to a server that has refused PROT P: a listing shows whether it secures data connections all
    /// the same. One that does not would store the ClientHello as the file.
    fn prove(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        if self.direction != Direction::Upload {
            return Ok(Poll::Ready(()));
        }
        if let Stage::Begin = self.stage
            && session.doubted_protection().is_some()
        {
            self.stage = Stage::Proof(Box::new(List::new(None)));
        }
        let Stage::Proof(list) = &mut self.stage else { return Ok(Poll::Ready(())) };
        loop {
            let cause = match list.step(session, now) {
                Ok(Poll::Pending) => return Ok(Poll::Pending),
                Ok(Poll::Ready(Some(_))) => continue,
                Ok(Poll::Ready(None)) => None,
                Err(error @ Error::Local(_)) => return Err(error),
                Err(error) => Some(Box::new(error)),
            };
            return match session.doubted_protection() {
                Some(reply) => Err(Error::Unprotected { reply: reply.clone(), cause }),
                None => cause.map_or(Ok(Poll::Ready(())), |cause| Err(*cause)),
            };
        }
    }
}

fn secure_if_connected(session: &mut Session) {
    if session.data().is_some_and(|data| data.is_connected()) {
        session.secure_data();
    }
}

impl Operation for StartTransfer {
    type Output = Transfer;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transfer>, Error> {
        // Its claim is the transfer's now: another one would end that.
        if let Stage::Done = self.stage {
            return Err(Local::Finished.into());
        }
        ready!(self.prove(session, now)?);
        ready!(session.begin(&mut self.claim)?);
        self.advance(session, now)
    }
}
