//! Greeting, TLS and login.

use alloc::collections::VecDeque;
use core::mem;
use core::task::Poll;

use super::call::{Call, completed};
use super::exchange::working_directory;
use super::ready;
use crate::codec::{Argument, Class, Command, Encoding, Features, ProtectionLevel, Reply, Verb};
use crate::config::{Protection, Security};
use crate::error::{Error, Local, Refused, Remote};
use crate::need::{Channel, Close, Need};
use crate::session::{Claim, Operation, Quirk, Session};
use crate::time::Instant;

/// Opens a session: greeting, TLS, login, and what every session needs (PBSZ, PROT, FEAT, OPTS UTF8, TYPE I).
///
/// No credential leaves before TLS, and nothing goes on without it: a server that refuses AUTH is left. One that refuses the
/// login is taken leave of (QUIT, close_notify), as at any other end.
#[derive(Debug, Default)]
pub struct Open {
    claim: Claim,
    stage: Stage,
    /// No login.
    until_secured: bool,
    /// Commands that are still to be sent, and those that have been.
    rest: VecDeque<Command>,
    sent: VecDeque<Call>,
    /// USER was refused, and another command was sent in its place.
    replaced: bool,
    /// USER alone was enough.
    admitted: bool,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Begin,
    Greeting,
    Auth {
        call: Call,
        /// It is AUTH SSL.
        ssl: bool,
    },
    Handshake,
    Login,
    /// CCC is sent, and TLS then ends.
    Clearing(Call),
    Clearance,
    /// TLS was all that was wanted.
    Parting,
    /// The login was refused: QUIT is sent, and its reply is not waited for.
    Leaving(Error),
    Left(Error),
}

impl Operation for Open {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        session.begin_opening(&mut self.claim)?;
        self.advance(session).inspect_err(|_| session.die())
    }
}

impl Open {
    /// Everything it needs is in the session's [`Config`](crate::Config).
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes no further than the greeting and TLS: no login. The connection is then closed, with close_notify, and the
    /// session over.
    pub fn until_secured() -> Self {
        Self { until_secured: true, ..Self::default() }
    }

    /// Where the server has greeted before, and begins anew with AUTH.
    pub(super) fn after_greeting() -> Self {
        Self { stage: Stage::Auth { call: Call::new(Command::AuthTls), ssl: false }, ..Self::default() }
    }

    /// Where TLS protects the connection already.
    pub(super) fn after_tls() -> Self {
        Self { stage: Stage::Handshake, ..Self::default() }
    }

    fn advance(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        let implicit = session.config().security == Security::Implicit;
        loop {
            let bytes = session.injected();
            if bytes > 0 {
                return Err(Error::Injection { bytes });
            }
            self.stage = match mem::take(&mut self.stage) {
                Stage::Begin if implicit => {
                    session.secure_control();
                    Stage::Handshake
                }
                Stage::Begin => Stage::Greeting,
                Stage::Handshake if !session.is_secured() => return self.wait(Stage::Handshake),
                Stage::Handshake if implicit => Stage::Greeting,
                Stage::Handshake => self.log_in(session),
                Stage::Greeting => {
                    let Poll::Ready(reply) = session.greeting()? else { return self.wait(Stage::Greeting) };
                    greet(session, reply)?;
                    if implicit {
                        self.log_in(session)
                    } else {
                        Stage::Auth { call: Call::new(Command::AuthTls), ssl: false }
                    }
                }
                Stage::Auth { mut call, ssl } => match call.step(session)? {
                    Poll::Pending => return self.wait(Stage::Auth { call, ssl }),
                    Poll::Ready((verb, reply)) => authorize(session, verb, reply, ssl)?,
                },
                Stage::Login => match self.exchange(session) {
                    Ok(Poll::Pending) => return self.wait(Stage::Login),
                    Ok(Poll::Ready(())) if session.config().dangerous_clear_control => {
                        Stage::Clearing(Call::new(Command::Ccc))
                    }
                    Ok(Poll::Ready(())) => return Ok(opened(session)),
                    Err(error) => {
                        session.send(Command::Quit)?;
                        Stage::Leaving(error)
                    }
                },
                Stage::Clearing(mut call) => match call.step(session)? {
                    Poll::Pending => return self.wait(Stage::Clearing(call)),
                    Poll::Ready((_, reply)) if reply.code().class() != Class::Completion => {
                        return Ok(opened(session));
                    }
                    Poll::Ready(_) => {
                        let bytes = session.buffered();
                        if bytes > 0 {
                            return Err(Error::Injection { bytes });
                        }
                        session.clear_control();
                        Stage::Clearance
                    }
                },
                Stage::Clearance if session.is_cleared() => return Ok(opened(session)),
                Stage::Clearance if session.is_over() => {
                    return Err(Error::Connection { channel: Channel::Control, failure: None, reply: None });
                }
                Stage::Clearance => return self.wait(Stage::Clearance),
                Stage::Parting if !session.has_needs() => {
                    session.die();
                    return Ok(Poll::Ready(()));
                }
                // A server that has left needs no leave taken of it.
                Stage::Leaving(error) if session.is_over() => return Err(error),
                Stage::Leaving(error) if session.is_flushed() => {
                    session.need(Need::Close(Channel::Control, Close::Whole));
                    Stage::Left(error)
                }
                Stage::Left(error) if !session.has_needs() => return Err(error),
                stage @ (Stage::Parting | Stage::Leaving(_) | Stage::Left(_)) => return self.wait(stage),
            }
        }
    }

    fn wait(&mut self, stage: Stage) -> Result<Poll<()>, Error> {
        self.stage = stage;
        Ok(Poll::Pending)
    }

    fn log_in(&mut self, session: &mut Session) -> Stage {
        if self.until_secured {
            session.need(Need::Close(Channel::Control, Close::Whole));
            return Stage::Parting;
        }
        let config = session.config();
        match &config.virtual_host {
            // Alone: where it is refused, no password leaves.
            Some(name) => self.rest.push_back(Command::Host(name.clone())),
            None => self.begin_login(session),
        }
        Stage::Login
    }

    fn begin_login(&mut self, session: &Session) {
        let login = &session.config().login;
        self.rest.push_back(Command::User(login.user.clone()));
        if self.pipelines(session) {
            self.rest.push_back(Command::Pass(login.password.clone()));
            self.prepare(session);
        }
    }

    /// Whether the whole of the login goes in one flight. The commands after PASS would be refused if ACCT had to come
    /// between.
    fn pipelines(&self, session: &Session) -> bool {
        let config = session.config();
        let one_way = config.login.account.is_none() && config.alternative_to_user.is_none();
        session.takes_pipelining() && one_way
    }

    /// Sends what is left as far as the server takes it, and reads what comes.
    fn exchange(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        let pipelined = self.pipelines(session);
        loop {
            while pipelined || self.sent.is_empty() {
                let Some(command) = self.rest.pop_front() else { break };
                // Not asked for where FEAT is known not to list it; in one burst it is not known yet.
                let unlisted = |features: &Features| !features.utf8();
                let forced = session.config().encoding.as_ref().is_some_and(Encoding::is_forced);
                let unwanted = forced || session.features().is_some_and(unlisted);
                if !(matches!(command, Command::Opts(_)) && unwanted) {
                    let mut call = Call::new(command);
                    call.send(session)?;
                    self.sent.push_back(call);
                }
            }
            // Last, so that all of the login comes before it. Its reply is the first transfer's to wait for.
            if pipelined && session.config().expect_transfer {
                session.prepare_route();
            }
            let Some(call) = self.sent.front_mut() else { return Ok(Poll::Ready(())) };
            let (verb, reply) = ready!(call.step(session)?);
            self.sent.pop_front();
            self.answered(session, verb, reply)?;
        }
    }

    fn answered(&mut self, session: &mut Session, verb: Verb, reply: Reply) -> Result<(), Error> {
        let pipelined = self.pipelines(session);
        let logs_in = matches!(verb, Verb::User | Verb::Pass | Verb::Acct) && !self.admitted;
        if logs_in && reply.code().class() == Class::Completion {
            session.learn_login(&reply);
        }
        let login = &session.config().login;
        let negative = matches!(reply.code().class(), Class::TransientNegative | Class::PermanentNegative);
        if verb == Verb::User
            && negative
            && !self.replaced
            && let Some(command) = session.config().alternative_to_user.clone()
        {
            self.replaced = true;
            self.sent.push_front(Call::sent(verb, session.send_as(verb, command)));
            return Ok(());
        }
        match (verb, reply.code().get()) {
            (Verb::User | Verb::Pass, 332) => {
                let account = login.account.clone().ok_or(Local::AccountRequired)?;
                self.rest.push_front(Command::Acct(account));
                if verb == Verb::User {
                    self.prepare(session);
                }
                Ok(())
            }
            (Verb::User, 331) if pipelined => Ok(()),
            (Verb::User, _) if pipelined => {
                completed(verb, reply)?;
                // Nobody asked for the password, and what is said of it does not matter.
                self.admitted = true;
                Ok(())
            }
            (Verb::Pass, _) if self.admitted => Ok(()),
            (Verb::User, 331) => {
                self.rest.push_back(Command::Pass(login.password.clone()));
                self.prepare(session);
                Ok(())
            }
            (Verb::User, _) => {
                completed(verb, reply)?;
                self.prepare(session);
                Ok(())
            }
            (Verb::Host, _) => {
                completed(verb, reply)?;
                self.begin_login(session);
                Ok(())
            }
            (Verb::Feat, code) => {
                session.learn_features((code == 211).then(|| Features::parse(&reply)));
                // Before OPTS UTF8, which some servers take from those only whom they know.
                if let Some(name) = session.client_name() {
                    self.rest.push_front(Command::Clnt(name));
                }
                if session.may_switch_names() {
                    self.rest.push_back(Command::Syst);
                } else if session.has_quirk(Quirk::SwitchesNames) {
                    self.rest.push_back(Command::Pwd);
                }
                Ok(())
            }
            (Verb::Syst, _) => {
                session.learn_system(reply);
                if session.has_quirk(Quirk::SwitchesNames) {
                    self.rest.push_back(Command::Pwd);
                }
                Ok(())
            }
            (Verb::Pwd, _) => {
                let switched = working_directory(verb, reply).is_ok_and(|path| path.starts_with(b"/"));
                if !switched {
                    for format in ["LISTFMT 1", "NAMEFMT 1"] {
                        self.rest.push_back(Command::Site(Argument::known(format)));
                    }
                }
                Ok(())
            }
            // Some servers whose every connection is secured do not know PROT. The first upload is preceded by a proof that
            // this is such a one.
            (Verb::Prot, 500 | 502)
                if session.config().security == Security::Implicit && !session.is_data_clear() =>
            {
                session.doubt_protection(reply);
                Ok(())
            }
            (Verb::EpsvAll, code) => {
                if code / 100 == 2 {
                    session.learn_epsv_all();
                }
                Ok(())
            }
            // What PBSZ says does not matter where PROT succeeds; the others are asked for in vain, at worst.
            (Verb::Pbsz | Verb::Opts | Verb::Clnt | Verb::Site, _) => Ok(()),
            _ => completed(verb, reply).map(drop),
        }
    }

    /// What every session needs once it is logged in.
    fn prepare(&mut self, session: &Session) {
        let protection = match session.config().protection {
            Protection::Private => ProtectionLevel::Private,
            Protection::DangerousClear => ProtectionLevel::Clear,
        };
        self.rest.extend([
            Command::Pbsz(0),
            Command::Prot(protection),
            Command::Feat,
            Command::Opts(Argument::known("UTF8 ON")),
            Command::TypeImage,
        ]);
        let config = session.config();
        if config.epsv_all && config.extended && !config.mode.begins_active() {
            self.rest.push_back(Command::EpsvAll);
        }
    }
}

fn opened(session: &mut Session) -> Poll<()> {
    session.opened();
    Poll::Ready(())
}

/// The greeting (RFC 959, section 5.4): 220, or 230 where no login is needed. USER is sent all the same, after TLS.
fn greet(session: &mut Session, reply: Reply) -> Result<(), Error> {
    match reply.code().class() {
        Class::Completion => {
            session.learn_greeting(&reply);
            Ok(())
        }
        Class::TransientNegative | Class::PermanentNegative => {
            Err(Error::Refused(Refused { verb: None, reply }))
        }
        _ => Err(Remote::UnexpectedGreeting(reply).into()),
    }
}

/// The replies to AUTH (RFC 4217, section 4; RFC 2228, section 5).
fn authorize(session: &mut Session, verb: Verb, reply: Reply, ssl: bool) -> Result<Stage, Error> {
    match reply.code().class() {
        // 234, and 200 of small servers: the handshake proves it.
        Class::Completion => {
            let bytes = session.buffered();
            if bytes > 0 {
                return Err(Error::Injection { bytes });
            }
            session.secure_control();
            Ok(Stage::Handshake)
        }
        // The name that servers used before RFC 4217. The same TLS follows.
        Class::PermanentNegative if !ssl => Ok(Stage::Auth { call: Call::new(Command::AuthSsl), ssl: true }),
        Class::TransientNegative | Class::PermanentNegative => Err(Error::refused(verb, reply)),
        _ => Err(Remote::UnexpectedReply(verb, reply).into()),
    }
}
