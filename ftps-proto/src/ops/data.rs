//! The first half of a transfer: a data connection, the command, its preliminary reply, the handshake.

use alloc::format;
use alloc::string::ToString;
use core::net::IpAddr;
use core::num::NonZeroU16;
use core::task::Poll;

use super::transfer::Transfer;
use super::{Operation, ready};
use crate::codec::{Argument, Class, Command, HostPort, Reply, Verb, parse_227, parse_229};
use crate::config::{EarlyClose, Mode};
use crate::error::{Error, Local, Remote};
use crate::need::{Channel, Close, Need, Target, Waiting};
use crate::session::{Data, Direction, Ending, Phase, Preference, Session, Turn};
use crate::time::Instant;

/// Opens a data connection in passive mode and starts a transfer on it.
///
/// The command goes out together with the ClientHello, as soon as the data connection is up: servers differ in which
/// of the two they answer first (vsftpd, ProFTPD and Pure-FTPd say 150 before their TLS accept, others secure the
/// connection first), so neither is waited for alone. Payload moves after a 1xx *and* a handshake. A final reply that
/// comes first ends the operation at once.
#[derive(Debug)]
pub struct OpenTransfer {
    turn: Turn,
    command: Command,
    direction: Direction,
    stage: Stage,
    /// The server refused the data connection once, and what it sent there may serve a second attempt.
    refilled: bool,
}

#[derive(Debug)]
enum Stage {
    Retry,
    Choose,
    Asked,
    Connecting,
    /// Active mode: until the adapter listens, and then until the server knows.
    Listening,
    Told,
    Starting,
    Started(Option<Reply>),
}

impl OpenTransfer {
    /// RETR: a file from the server.
    pub fn retr(path: Argument) -> Self {
        Self::new(Command::Retr(path), Direction::Download)
    }

    /// STOR: a file to the server.
    pub fn stor(path: Argument) -> Self {
        Self::new(Command::Stor(path), Direction::Upload)
    }

    /// `command` is RETR, STOR, APPE, LIST, NLST or MLSD.
    pub fn new(command: Command, direction: Direction) -> Self {
        Self { turn: Turn::default(), command, direction, stage: Stage::Choose, refilled: false }
    }

    /// RFC 2428, section 3, else RFC 959, section 4.1.2. An EPSV that was refused, or whose port cannot be reached, is
    /// not tried again in this session.
    fn ask(&mut self, session: &mut Session) -> Result<Stage, Error> {
        if session.config.mode == Mode::Active {
            session.data = Some(Data::new(self.direction));
            session.need(Need::Listen);
            return Ok(Stage::Listening);
        }
        session.send(match session.passive {
            Preference::Extended => &Command::Epsv,
            Preference::Classic => &Command::Pasv,
        })?;
        Ok(Stage::Asked)
    }

    fn answered(&mut self, session: &mut Session) -> Result<Poll<Stage>, Error> {
        let (verb, reply) = ready!(session.final_reply()?);
        let target = match (reply.code().get(), reply.code().class()) {
            (229, _) if verb == Verb::Epsv => parse_229(reply.first_line()).map(Target::Peer),
            // Some servers answer EPSV with 227 as well.
            (227, _) => parse_227(reply.first_line()).map(|host| match session.config.trust_pasv_address {
                true => Target::Address(host.addr, host.port),
                false => Target::Peer(host.port),
            }),
            (_, Class::PermanentNegative) => {
                return self.fall_back(session, Error::refused(verb, reply)).map(Poll::Ready);
            }
            // Says nothing about what the server knows.
            (_, Class::TransientNegative) => return Err(Error::refused(verb, reply)),
            _ => return Err(Remote::UnexpectedReply(verb, reply).into()),
        };
        match target {
            Ok(target) => {
                session.data = Some(Data::new(self.direction));
                session.need(Need::Connect(target));
                Ok(Poll::Ready(Stage::Connecting))
            }
            Err(error) => {
                let unreadable = Remote::Unreadable { verb, reason: error.to_string(), reply };
                self.fall_back(session, unreadable.into()).map(Poll::Ready)
            }
        }
    }

    /// RFC 2428, section 2, else RFC 959, section 4.1.2.
    fn listening(&mut self, session: &mut Session) -> Result<Poll<Stage>, Error> {
        let Some(data) = &session.data else { return Err(Local::Abandoned.into()) };
        if data.ending.is_some() {
            return Err(session.end_data(None));
        }
        let Some(at) = data.listening else { return Ok(Poll::Pending) };
        let classic = session.passive == Preference::Classic;
        let command = match (at.ip().to_canonical(), NonZeroU16::new(at.port())) {
            (IpAddr::V4(addr), Some(port)) if classic => {
                Command::Port(Argument::new(HostPort { addr, port }.to_string())?)
            }
            (ip, _) => {
                let family = if ip.is_ipv4() { 1 } else { 2 };
                Command::Eprt(Argument::new(format!("|{family}|{ip}|{}|", at.port()))?)
            }
        };
        session.send(&command)?;
        // Together where the server takes it: one round trip less.
        if session.takes_pipelining() {
            session.send(&self.command)?;
        }
        Ok(Poll::Ready(Stage::Told))
    }

    fn told(&mut self, session: &mut Session) -> Result<Poll<Stage>, Error> {
        let (verb, reply) = ready!(session.final_reply()?);
        match reply.code().class() {
            Class::Completion => {}
            Class::PermanentNegative if verb == Verb::Eprt && session.owed() == 0 => {
                session.need(Need::Close(Channel::Data, Close::Reset));
                return self.fall_back(session, Error::refused(verb, reply)).map(Poll::Ready);
            }
            Class::TransientNegative | Class::PermanentNegative => return Err(Error::refused(verb, reply)),
            _ => return Err(Remote::UnexpectedReply(verb, reply).into()),
        }
        if !session.takes_pipelining() {
            session.send(&self.command)?;
        }
        Ok(Poll::Ready(Stage::Starting))
    }

    fn fall_back(&mut self, session: &mut Session, error: Error) -> Result<Stage, Error> {
        session.data = None;
        match session.passive {
            Preference::Extended => {
                session.passive = Preference::Classic;
                Ok(Stage::Choose)
            }
            Preference::Classic => {
                // What leads nowhere either is not held to: EPSV may have had a bad moment.
                session.passive = Preference::Extended;
                Err(error)
            }
        }
    }

    fn connected(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Stage>, Error> {
        let Some(data) = &mut session.data else { return Err(Local::Abandoned.into()) };
        if data.phase == Phase::Connected {
            data.phase = Phase::Securing;
            session.need(Need::StartTls(Channel::Data));
            session.send(&self.command)?;
            return Ok(Poll::Ready(Stage::Starting));
        }
        if data.ending.is_some() {
            let error = session.end_data(None);
            return self.fall_back(session, error).map(Poll::Ready);
        }
        if session.expired(now) == Some(Waiting::DataConnect) {
            session.need(Need::Close(Channel::Data, Close::Reset));
            return self.fall_back(session, Error::Timeout(Waiting::DataConnect)).map(Poll::Ready);
        }
        Ok(Poll::Pending)
    }

    /// Waits for the preliminary reply and the handshake. A server without the former says its final one at once.
    fn starting(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Stage>, Error> {
        // The server has connected (active mode).
        if let Some(data) = session.data.as_mut().filter(|data| data.phase == Phase::Connected) {
            data.phase = Phase::Securing;
            session.need(Need::StartTls(Channel::Data));
        }
        while let Some((verb, reply)) = session.reply()? {
            match reply.code().class() {
                Class::Preliminary => session.start_data(),
                Class::Completion => {
                    session.start_data();
                    return Ok(Poll::Ready(Stage::Started(Some(reply))));
                }
                Class::TransientNegative | Class::PermanentNegative => {
                    return self.refused(session, verb, reply).map(Poll::Ready);
                }
                _ => return Err(Remote::UnexpectedReply(verb, reply).into()),
            }
        }
        let lost = session.is_lost() || session.expired(now).is_some();
        let Some(data) = &session.data else { return Err(Local::Abandoned.into()) };
        match &data.ending {
            // The reason is on the control connection, if the server gives one.
            Some(Ending::Failed(_) | Ending::Truncated) if !lost => Ok(Poll::Pending),
            Some(Ending::Failed(_) | Ending::Truncated) => Err(session.end_data(None)),
            // Servers that secure the connection at once may be through with it before their 1xx has come.
            _ if data.started && data.phase == Phase::Open => Ok(Poll::Ready(Stage::Started(None))),
            _ => Ok(Poll::Pending),
        }
    }

    /// A server that demands a resumed TLS session refuses with 425 or 522. Where no ticket was left, the connection
    /// that it refused has brought new ones: they serve a second attempt.
    fn refused(&mut self, session: &mut Session, verb: Verb, reply: Reply) -> Result<Stage, Error> {
        let unresumed = session.resumed() == Some(false);
        let started = session.is_started();
        if unresumed && !self.refilled && matches!(reply.code().get(), 425 | 522) {
            self.refilled = true;
            session.data = None;
            session.need(Need::Close(Channel::Data, Close::Reset));
            // Behind its 1xx a server may say more than this.
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
}

impl Operation for OpenTransfer {
    type Output = Transfer;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Transfer>, Error> {
        ready!(session.begin(&mut self.turn)?);
        loop {
            self.stage = match &mut self.stage {
                Stage::Retry => {
                    ready!(session.begin(&mut self.turn)?);
                    Stage::Choose
                }
                Stage::Choose => self.ask(session)?,
                Stage::Asked => ready!(self.answered(session)?),
                Stage::Connecting => ready!(self.connected(session, now)?),
                Stage::Listening => ready!(self.listening(session)?),
                Stage::Told => ready!(self.told(session)?),
                Stage::Starting => ready!(self.starting(session, now)?),
                Stage::Started(reply) => {
                    let reply = reply.take();
                    let early = match session.config.early_close {
                        EarlyClose::Known => session.server.takes_early_close(),
                        EarlyClose::On => true,
                        EarlyClose::Off => false,
                    };
                    if early && self.direction != Direction::Upload {
                        session.need(Need::Close(Channel::Data, Close::Notify));
                    }
                    let turn = core::mem::take(&mut self.turn);
                    let verb = self.command.verb();
                    return Ok(Poll::Ready(Transfer::new(session, turn, self.direction, verb, reply)));
                }
            }
        }
    }
}
