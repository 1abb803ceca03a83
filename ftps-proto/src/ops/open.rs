//! Greeting, TLS and login.

use alloc::collections::VecDeque;
use core::task::Poll;

use super::exchange::completed;
use super::{Operation, ready};
use crate::codec::{Argument, Class, Command, Features, ProtectionLevel, Reply, Verb};
use crate::config::Security;
use crate::error::{Error, Local, Refused, Remote};
use crate::session::{Server, Session, Turn};
use crate::time::Instant;

/// Opens a session: greeting, TLS, login, and what every session needs (PBSZ, PROT, FEAT, OPTS UTF8, TYPE I).
///
/// No credential leaves before TLS, and nothing goes on without it: a server that refuses AUTH is left.
#[derive(Debug, Default)]
pub struct Open {
    turn: Turn,
    stage: Stage,
    /// Commands that are still to be sent.
    rest: VecDeque<Command>,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Begin,
    Greeting,
    Auth,
    Handshake,
    Login,
}

impl Operation for Open {
    type Output = ();

    fn step(&mut self, session: &mut Session, _now: Instant) -> Result<Poll<()>, Error> {
        session.begin_opening(&mut self.turn)?;
        self.advance(session).inspect_err(|_| session.die())
    }
}

impl Open {
    /// Everything it needs is in the session's [`Config`](crate::Config).
    pub fn new() -> Self {
        Self::default()
    }

    fn advance(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        let implicit = session.config.security == Security::Implicit;
        loop {
            let bytes = session.injected();
            if bytes > 0 {
                return Err(Error::Injection { bytes });
            }
            self.stage = match self.stage {
                Stage::Begin if implicit => {
                    session.secure_control();
                    Stage::Handshake
                }
                Stage::Begin => Stage::Greeting,
                Stage::Handshake if !session.is_secured() => return Ok(Poll::Pending),
                Stage::Handshake if implicit => Stage::Greeting,
                Stage::Handshake => Self::log_in(session)?,
                Stage::Greeting => {
                    let reply = ready!(session.greeting()?);
                    greet(session, reply)?;
                    if implicit {
                        Self::log_in(session)?
                    } else {
                        session.send(&Command::AuthTls)?;
                        Stage::Auth
                    }
                }
                Stage::Auth => {
                    let (verb, reply) = ready!(session.final_reply()?);
                    authorize(session, verb, reply)?
                }
                Stage::Login => {
                    ready!(self.exchange(session)?);
                    session.opened();
                    return Ok(Poll::Ready(()));
                }
            }
        }
    }

    fn log_in(session: &mut Session) -> Result<Stage, Error> {
        let user = session.config.login.user.clone();
        session.send(&Command::User(user))?;
        Ok(Stage::Login)
    }

    /// Sends what is left as far as the server takes it, and reads what comes.
    fn exchange(&mut self, session: &mut Session) -> Result<Poll<()>, Error> {
        // The commands behind PASS would be refused if ACCT had to come between.
        let pipelined = session.takes_pipelining() && session.config.login.account.is_none();
        loop {
            while pipelined || session.owed() == 0 {
                let Some(command) = self.rest.pop_front() else { break };
                // Not asked for where FEAT is known not to list it; in one burst it is not known yet.
                let unlisted = |features: &Features| !features.utf8();
                if !(matches!(command, Command::Opts(_)) && session.features.as_ref().is_some_and(unlisted)) {
                    session.send(&command)?;
                }
            }
            if session.owed() == 0 {
                return Ok(Poll::Ready(()));
            }
            let (verb, reply) = ready!(session.final_reply()?);
            self.answer(session, verb, reply)?;
        }
    }

    fn answer(&mut self, session: &mut Session, verb: Verb, reply: Reply) -> Result<(), Error> {
        let login = &session.config.login;
        match (verb, reply.code().get()) {
            (Verb::User, 331) => {
                self.rest.push_back(Command::Pass(login.password.clone()));
                self.prepare();
                Ok(())
            }
            (Verb::User | Verb::Pass, 332) => {
                let account = login.account.clone().ok_or(Local::AccountRequired)?;
                self.rest.push_front(Command::Acct(account));
                if verb == Verb::User {
                    self.prepare();
                }
                Ok(())
            }
            (Verb::User, _) => {
                completed(verb, reply)?;
                self.prepare();
                Ok(())
            }
            (Verb::Feat, 211) => {
                session.features = Some(Features::parse(&reply));
                Ok(())
            }
            // Some implicit servers refuse what is in force already; an explicit one that refuses PROT P would send
            // files in clear. What PBSZ says does not matter where PROT succeeds.
            (Verb::Prot, code) if code >= 400 && session.config.security == Security::Implicit => Ok(()),
            (Verb::Pbsz | Verb::Feat | Verb::Opts, _) => Ok(()),
            _ => completed(verb, reply),
        }
    }

    /// What every session needs once it is logged in.
    fn prepare(&mut self) {
        self.rest.extend([
            Command::Pbsz(0),
            Command::Prot(ProtectionLevel::Private),
            Command::Feat,
            Command::Opts(Argument::known("UTF8 ON")),
            Command::TypeImage,
        ]);
    }
}

/// The greeting (RFC 959, section 5.4): 220, or 230 where no login is needed. USER is sent all the same, behind TLS.
fn greet(session: &mut Session, reply: Reply) -> Result<(), Error> {
    match reply.code().class() {
        Class::Completion => {
            session.server = Server::from_greeting(reply.lines());
            Ok(())
        }
        Class::TransientNegative | Class::PermanentNegative => {
            Err(Error::Refused(Refused { verb: None, reply }))
        }
        _ => Err(Remote::UnexpectedGreeting(reply).into()),
    }
}

/// The replies to AUTH (RFC 4217, section 4; RFC 2228, section 5).
fn authorize(session: &mut Session, verb: Verb, reply: Reply) -> Result<Stage, Error> {
    match reply.code().get() {
        234 => {
            let bytes = session.buffered();
            if bytes > 0 {
                return Err(Error::Injection { bytes });
            }
            session.secure_control();
            Ok(Stage::Handshake)
        }
        // The name that servers used before RFC 4217. The same TLS follows.
        500..=599 if !session.auth_ssl => {
            session.auth_ssl = true;
            session.send(&Command::AuthSsl)?;
            Ok(Stage::Auth)
        }
        400..=599 => Err(Error::refused(verb, reply)),
        _ => Err(Remote::UnexpectedReply(verb, reply).into()),
    }
}
