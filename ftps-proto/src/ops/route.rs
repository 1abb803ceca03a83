//! The way to a data connection: passive (EPSV, else PASV) or active (EPRT, else PORT). The first of each only where the
//! configuration has it so.

use alloc::string::ToString;
use core::net::SocketAddr;
use core::task::Poll;

use super::call::{Call, completed, not_completed};
use super::ready;
use crate::codec::{Class, Command, NetAddress, Reply, Verb, parse_227, parse_229};
use crate::error::{Error, Local, Remote};
use crate::need::{Target, Waiting};
use crate::session::{AddressFamily, Direction, Prepared, Session};
use crate::time::Instant;

/// Ready once the transfer's command can be sent: the data connection is up (passive), or the server knows where to connect
/// to (active).
#[derive(Debug)]
pub(super) struct Route {
    direction: Direction,
    /// PRET, where the server has to be told before EPSV or PASV.
    pret: Option<Command>,
    stage: Stage,
    /// The other side has been tried as well.
    switched: bool,
}

#[derive(Debug)]
enum Stage {
    Choose,
    /// PRET.
    Announced(Call),
    /// Passive mode. `prepared`: it was sent before this transfer began.
    Asked {
        call: Call,
        prepared: Option<Prepared>,
    },
    Connecting {
        prepared: Option<Prepared>,
    },
    /// Active mode.
    Listening,
    Told(Call),
    /// The server is taken to know: its answer is still to come.
    Trusted(Call),
    Ready,
}

impl Route {
    pub(super) fn new(direction: Direction, pret: Option<Command>) -> Self {
        Self { direction, pret, stage: Stage::Choose, switched: false }
    }

    pub(super) fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<()>, Error> {
        loop {
            self.stage = match &mut self.stage {
                Stage::Choose => self.choose(session),
                Stage::Announced(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    match reply.code().get() {
                        // Said again before each EPSV or PASV that follows.
                        200..=299 => self.ask(session),
                        500 | 502 => {
                            session.forget_pret();
                            self.pret = None;
                            Stage::Choose
                        }
                        _ => return Err(not_completed(verb, reply)),
                    }
                }
                Stage::Asked { call, prepared } => {
                    let (verb, reply) = ready!(call.step(session)?);
                    let prepared = *prepared;
                    self.asked(session, verb, reply, prepared)?
                }
                Stage::Connecting { prepared } => {
                    let prepared = *prepared;
                    ready!(self.connecting(session, now, prepared)?)
                }
                Stage::Listening => ready!(self.listening(session)?),
                Stage::Told(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    self.told(session, verb, reply)?
                }
                Stage::Trusted(_) | Stage::Ready => return Ok(Poll::Ready(())),
            };
        }
    }

    /// After the transfer's command was sent: fails where the server, which was taken to know where to connect to, has
    /// refused that.
    pub(super) fn confirm(&mut self, session: &mut Session) -> Result<(), Error> {
        let Stage::Trusted(call) = &mut self.stage else { return Ok(()) };
        if let Poll::Ready((verb, reply)) = call.step(session)? {
            self.stage = Stage::Ready;
            completed(verb, reply)?;
        }
        Ok(())
    }

    fn choose(&self, session: &mut Session) -> Stage {
        if session.is_active() {
            session.listen_for_data(self.direction);
            return Stage::Listening;
        }
        match &self.pret {
            Some(pret) => Stage::Announced(Call::new(pret.clone())),
            None => self.ask(session),
        }
    }

    fn ask(&self, session: &mut Session) -> Stage {
        let command = session.passive_command();
        match session.take_prepared() {
            Some(prepared) => {
                let call = Call::sent(command.verb(), prepared.ticket);
                Stage::Asked { call, prepared: Some(prepared) }
            }
            None => Stage::Asked { call: Call::new(command), prepared: None },
        }
    }

    /// RFC 2428, section 3, else RFC 959, section 4.1.2. An EPSV that was refused, or whose port cannot be reached, is
    /// not tried again in this session.
    fn asked(
        &mut self,
        session: &mut Session,
        verb: Verb,
        reply: Reply,
        prepared: Option<Prepared>,
    ) -> Result<Stage, Error> {
        let target = match (reply.code().get(), verb) {
            (229, Verb::Epsv) => parse_229(reply.first_line()).map(Target::Peer),
            // Some servers answer EPSV with 227 as well.
            (227, _) => parse_227(reply.first_line()).map(|host| match session.config().trust_pasv_address {
                true => Target::Address(host.addr, host.port),
                false => Target::Peer(host.port),
            }),
            _ => {
                let Some(prepared) = prepared else {
                    return self.fall_back(session, not_completed(verb, reply));
                };
                session.forget_prepared(prepared);
                return Ok(Stage::Choose);
            }
        };
        match target {
            Ok(target) => {
                session.connect_data(self.direction, target);
                Ok(Stage::Connecting { prepared })
            }
            Err(error) => {
                let unreadable = Remote::Unreadable { verb, reason: error.to_string(), reply };
                self.fall_back(session, unreadable.into())
            }
        }
    }

    fn connecting(
        &mut self,
        session: &mut Session,
        now: Instant,
        prepared: Option<Prepared>,
    ) -> Result<Poll<Stage>, Error> {
        let Some(data) = session.data() else { return Err(Local::Finished.into()) };
        if data.is_connected() {
            return Ok(Poll::Ready(Stage::Ready));
        }
        let error = if data.ending().is_some() {
            session.fail_data(None)
        } else if session.expired(now) == Some(Waiting::DataConnect) {
            session.discard_data();
            Error::Timeout { waiting: Waiting::DataConnect, reply: None }
        } else {
            return Ok(Poll::Pending);
        };
        if let Some(prepared) = prepared {
            // It may have been closed since, or with the transfer before. Asked for now, it need not be.
            session.forget_prepared(prepared);
            return Ok(Poll::Ready(Stage::Choose));
        }
        self.fall_back(session, error).map(Poll::Ready)
    }

    /// RFC 2428, section 2, else RFC 959, section 4.1.2.
    fn listening(&self, session: &mut Session) -> Result<Poll<Stage>, Error> {
        let Some(data) = session.data() else { return Err(Local::Finished.into()) };
        if data.ending().is_some() {
            return Err(session.fail_data(None));
        }
        let Some(at) = data.listening() else { return Ok(Poll::Pending) };
        let mut call = Call::new(address_command(session.family(), at)?);
        // Together with the transfer's command where that is known to be taken: one round trip less.
        if session.takes_pipelining() && session.takes_eprt() {
            call.send(session)?;
            return Ok(Poll::Ready(Stage::Trusted(call)));
        }
        Ok(Poll::Ready(Stage::Told(call)))
    }

    fn told(&mut self, session: &mut Session, verb: Verb, reply: Reply) -> Result<Stage, Error> {
        if reply.code().class() == Class::Completion {
            if verb == Verb::Eprt {
                session.learn_eprt();
            }
            return Ok(Stage::Ready);
        }
        session.discard_data();
        self.fall_back(session, not_completed(verb, reply))
    }

    fn fall_back(&mut self, session: &mut Session, error: Error) -> Result<Stage, Error> {
        match session.family() {
            AddressFamily::Extended if session.is_epsv_all() => Err(error),
            AddressFamily::Extended => {
                session.set_family(AddressFamily::Classic);
                Ok(Stage::Choose)
            }
            AddressFamily::Classic => {
                // What leads nowhere either is not held to: the other may have had a bad moment.
                session.set_family(AddressFamily::first(session.config()));
                if session.switch_mode() && !self.switched {
                    self.switched = true;
                    return Ok(Stage::Choose);
                }
                Err(error)
            }
        }
    }
}

/// The command that tells a server where to connect to.
fn address_command(family: AddressFamily, at: SocketAddr) -> Result<Command, Error> {
    let refused = |reason: &str| Error::from(Local::Configuration(reason.to_string()));
    let at = NetAddress::try_from(at).map_err(|_| refused("nobody can connect to port 0"))?;
    match family {
        AddressFamily::Extended => Ok(Command::Eprt(at)),
        AddressFamily::Classic => at.host_port().map(Command::Port).ok_or_else(|| {
            refused("EPRT is refused or turned off, and PORT has no room for an IPv6 address")
        }),
    }
}
