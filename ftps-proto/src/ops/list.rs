//! Directory listings, streaming.

use alloc::vec::Vec;
use core::mem;
use core::task::Poll;

use super::call::Call;
use super::exchange::working_directory;
use super::listing::Lines;
use super::ready;
use super::start::StartTransfer;
use super::transfer::Transfer;
use crate::codec::list::{Listed, Parser};
use crate::codec::{Argument, Class, Command, Reply, Verb};
use crate::error::{Error, Refused};
use crate::session::{Claim, MlsdState, Operation, Session};
use crate::time::Instant;

/// Lists a directory: MLSD (RFC 3659, section 7) where FEAT names MLST, else LIST in its Unix form, to which the path may
/// be a pattern. MLSD that is refused after all gives way to LIST.
///
/// Each time it is done it results in the next line, and in `None` once the listing is complete and confirmed; it is
/// polled again for more. The listed directory itself and its parent are left out. Memory is bounded: no more input
/// is asked for before the lines that came have been taken.
///
/// Small servers ignore the path and list the working directory, and others take what LIST is given for a pattern or for
/// several words. So on a server that is not known to honour it, or where LIST may take it for something else, the session
/// changes to the directory, lists it and changes back, also where the listing is dropped. Where it cannot be changed to,
/// say because the path is a pattern, the path goes with the command.
///
/// [`Config::list_command`](crate::Config::list_command) names another command.
#[derive(Debug)]
pub struct List {
    claim: Claim,
    path: Option<Argument>,
    /// The path is the working directory now.
    entered: bool,
    /// MLSD was refused with this.
    facts_refused: Option<Reply>,
    lines: Lines,
    /// Another listing is taken first, to be rid of the rest of one that was given up.
    purging: bool,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    /// PWD: where to come back to.
    Home(Call),
    /// CWD to the path.
    Entering(Call),
    /// SYST: what LIST will look like.
    System(Call),
    Open,
    Opening(StartTransfer),
    Receiving(Transfer),
    /// Back to the working directory, before the last lines are told.
    Returning,
    Last,
    Complete,
}

impl List {
    /// The working directory, or the one at this path.
    pub fn new(path: Option<Argument>) -> Self {
        Self {
            claim: Claim::default(),
            path,
            entered: false,
            facts_refused: None,
            lines: Lines::new(false, Parser::new(), None, None),
            purging: false,
            stage: Stage::Begin,
        }
    }

    /// The unique fact of the listed directory itself (RFC 3659, section 7.5.2), once it has come.
    pub(super) fn unique(&self) -> Option<&[u8]> {
        self.lines.unique()
    }

    fn begin(&self, session: &mut Session) -> Stage {
        match &self.path {
            Some(path) if !session.lists_paths() || self.is_ambiguous(path, session) => {
                match session.home() {
                    Some(_) => self.enter(session),
                    None => Stage::Home(Call::new(Command::Pwd)),
                }
            }
            _ => Stage::Open,
        }
    }

    /// From here on the session returns to its working directory, whatever becomes of the listing.
    fn enter(&self, session: &mut Session) -> Stage {
        match &self.path {
            Some(path) if session.leave_home() => Stage::Entering(Call::new(Command::Cwd(path.clone()))),
            _ => Stage::Open,
        }
    }

    /// Whether LIST may take the path for something else: for a pattern, or for several words (Pure-FTPd).
    fn is_ambiguous(&self, path: &Argument, session: &Session) -> bool {
        !self.asks_for_facts(session) && path.as_bytes().iter().any(|byte| b"*?[{\\ ".contains(byte))
    }

    fn asks_for_facts(&self, session: &Session) -> bool {
        session.lists_by_facts() && self.facts_refused.is_none()
    }

    fn open(&mut self, session: &mut Session, now: Instant) -> Result<StartTransfer, Error> {
        let facts = self.asks_for_facts(session);
        let all = !facts && session.lists_all();
        let path = if self.entered { None } else { self.path.clone() };
        let itself = if all { own_name(path.as_ref()) } else { None };
        let parser = self.parser(session, facts, now);
        self.lines = Lines::new(facts, parser, session.encoding().cloned(), itself);
        let command = if facts { Command::Mlsd(path) } else { Command::List(list_argument(path, all)?) };
        Ok(StartTransfer::listing(command))
    }

    fn parser(&self, session: &Session, facts: bool, now: Instant) -> Parser {
        let parser = match (session.config().list_family, session.system()) {
            _ if facts => Parser::facts(),
            (Some(family), _) => Parser::new().with_family(family),
            (None, Some(system)) => Parser::new().with_system(system.first_line()),
            (None, None) => Parser::new(),
        };
        let mut parser = parser.with_path(self.path.as_ref().map_or(&[], Argument::as_bytes));
        if let Some(reader) = session.config().list_reader.clone().filter(|_| !facts) {
            parser = parser.with_parser(move |line| reader.read(line));
        }
        if let Some(minutes) = session.list_offset() {
            parser = parser.with_offset(minutes);
        }
        match session.date(now) {
            Some(date) => parser.with_now(date),
            None => parser,
        }
    }

    /// What a refusal comes to: another way to ask, a listing of nothing, or an error.
    fn refused(&mut self, session: &mut Session, refused: Refused) -> Result<Stage, Error> {
        let code = refused.reply.code();
        let unknown = |reply: &Reply| matches!(reply.code().get(), 500 | 502 | 504);
        if self.lines.are_facts() {
            // Of a directory that is not there LIST may say that it is empty.
            let there = self.entered || self.path.is_none();
            let again = match session.facts() {
                MlsdState::Promised => code.class() == Class::PermanentNegative && (code != 550 || there),
                MlsdState::Doubtful => unknown(&refused.reply),
                MlsdState::Proven | MlsdState::Refused => false,
            };
            if again {
                self.facts_refused = Some(refused.reply);
                return Ok(Stage::Open);
            }
        } else if says_empty(&refused.reply) {
            if self.facts_refused.is_some() {
                session.learn_facts(MlsdState::Refused);
            }
            session.discard_data();
            session.come_back();
            return Ok(Stage::Returning);
        }
        match self.facts_refused.take() {
            Some(reply) if unknown(&reply) => session.learn_facts(MlsdState::Refused),
            Some(reply) => {
                session.learn_facts(MlsdState::Doubtful);
                // A server without LIST has said of MLSD what there is to say.
                if unknown(&refused.reply) {
                    return Err(Error::refused(Verb::Mlsd, reply));
                }
            }
            None => {}
        }
        Err(Error::Refused(refused))
    }

    /// The listing has come to its end, and is confirmed with this.
    fn confirmed(&mut self, session: &mut Session, reply: Reply) -> Result<Stage, Error> {
        if self.lines.are_facts() {
            session.learn_facts(MlsdState::Proven);
        } else if self.facts_refused.is_some() {
            session.learn_facts(MlsdState::Refused);
        }
        if mem::take(&mut self.purging) {
            session.listed_to_the_end();
            return Ok(Stage::Open);
        }
        self.lines.finish(session)?;
        self.lines.confirm(reply)?;
        session.come_back();
        Ok(Stage::Returning)
    }
}

/// What a path's last component is; none of a pattern (vsftpd's), which may match nothing.
fn own_name(path: Option<&Argument>) -> Option<Vec<u8>> {
    let path = path.map_or(&b"."[..], Argument::as_bytes);
    let is_pattern = path.iter().any(|byte| b"*?{".contains(byte));
    if is_pattern { None } else { path.rsplit(|&byte| byte == b'/').next().map(<[u8]>::to_vec) }
}

/// LIST is often given to `ls`, which would take a path with a leading `-` for options.
pub(super) fn list_argument(path: Option<Argument>, all: bool) -> Result<Option<Argument>, Error> {
    let mut argument = Vec::new();
    if all {
        argument.extend(b"-a");
    }
    if let Some(path) = path {
        if all {
            argument.push(b' ');
        }
        if path.as_bytes().starts_with(b"-") {
            argument.extend(b"./");
        }
        argument.extend(path.as_bytes());
    }
    Ok(if argument.is_empty() { None } else { Some(Argument::new(argument)?) })
}

/// Whether a refusal only says that there is nothing to list, as servers do of an empty directory (z/OS: `550 No members
/// found`).
pub(super) fn says_empty(reply: &Reply) -> bool {
    let says = |text: &str| {
        reply
            .lines()
            .any(|line| line.windows(text.len()).any(|part| part.eq_ignore_ascii_case(text.as_bytes())))
    };
    let nothing = ["no files", "no members", "no data sets", "no entries"];
    matches!(reply.code().get(), 450 | 550)
        && (says("empty") || (says("found") && nothing.into_iter().any(says)))
}

impl Operation for List {
    type Output = Option<Listed>;

    fn step(&mut self, session: &mut Session, now: Instant) -> Result<Poll<Option<Listed>>, Error> {
        if !matches!(self.stage, Stage::Last | Stage::Complete) {
            ready!(session.begin(&mut self.claim)?);
        }
        loop {
            let facts = self.asks_for_facts(session);
            self.stage = match &mut self.stage {
                Stage::Begin => self.begin(session),
                Stage::Home(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    // Without a way back the path goes with the command.
                    let home = working_directory(verb, reply).ok().and_then(|path| Argument::new(path).ok());
                    session.set_home(home);
                    self.enter(session)
                }
                Stage::Entering(call) => {
                    let (_, reply) = ready!(call.step(session)?);
                    self.entered = reply.code().class() == Class::Completion;
                    if !self.entered {
                        session.stay_home();
                    }
                    Stage::Open
                }
                Stage::System(call) => {
                    let (_, reply) = ready!(call.step(session)?);
                    session.learn_system(reply);
                    Stage::Open
                }
                Stage::Open if !facts && session.wants_system() => Stage::System(Call::new(Command::Syst)),
                Stage::Open => Stage::Opening(self.open(session, now)?),
                Stage::Opening(start) => match start.advance(session, now) {
                    Ok(step) => {
                        let transfer = ready!(step);
                        self.purging = session.has_stale_listing();
                        Stage::Receiving(transfer)
                    }
                    Err(Error::Refused(refused)) if refused.verb.is_some_and(|verb| verb.is_transfer()) => {
                        self.refused(session, refused)?
                    }
                    Err(error) => return Err(error),
                },
                Stage::Receiving(transfer) => {
                    while let Some(listed) = self.lines.next(session)? {
                        if !self.purging {
                            return Ok(Poll::Ready(Some(listed)));
                        }
                    }
                    let confirmed = ready!(transfer.advance(session, now)?);
                    self.confirmed(session, confirmed.reply)?
                }
                Stage::Returning => {
                    ready!(session.recover()?);
                    if session.has_needs() {
                        return Ok(Poll::Pending);
                    }
                    Stage::Last
                }
                Stage::Last => match self.lines.rest() {
                    Some(listed) => return Ok(Poll::Ready(Some(listed))),
                    None => Stage::Complete,
                },
                Stage::Complete => return Ok(Poll::Ready(None)),
            }
        }
    }
}
