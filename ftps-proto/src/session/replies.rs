//! Which command a reply answers.
//!
//! FTP's replies carry no number, and they overtake each other: during a transfer ProFTPD answers a NOOP before the
//! transfer's own 226, vsftpd after it, and libunftp answers a queued EPSV first. So every command that has left holds a
//! [`Ticket`], and a reply goes to the first open ticket that takes it, in three steps:
//!
//! 1. *Own*: the codes that RFCs and known servers give for the command ([`Verb::accepts`]), and whatever names it in
//!    its text (`450 EPSV: data transfer in progress`).
//! 2. *Foreign*: codes that can only answer a command that is not open, and what servers repeat after a transfer. They are
//!    dropped, and counted.
//! 3. *Anything else*: the reply is the only open ticket's, by its class. While several are open, a refusal is the
//!    oldest operation's, and all else is dropped.
//!
//! A transfer decides over a file, so its end is taken only where it is certain. A 226 or 250 without a 1yz before it, or
//! another 2yz, is *doubtful*: it is kept aside, and counts once the data connection has ended well. A refusal is never
//! doubtful.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use super::deeds::Deeds;
use super::secrets::masked;
use crate::codec::{Class, Code, Encoding, FrameError, Reply, ReplyDecoder, Secret, Verb};
use crate::config::{Config, Limits, Login};
use crate::error::{Error, Remote};
use crate::need::Failure;

/// A command that was sent, or is about to be: what its replies are asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// Whose a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    /// The operation's that has the session. Recovery clears it.
    Operation,
    /// The operation's as well, but sent by the session before the operation began.
    Adopted,
    /// The session's own, across operations: a keepalive, a queued EPSV.
    Session,
}

/// A command whose final reply has not been taken.
#[derive(Debug)]
struct Open {
    ticket: Ticket,
    verb: Verb,
    owner: Owner,
    /// Preliminary replies that have come.
    preliminary: usize,
    /// What has come and was not taken.
    answers: VecDeque<Reply>,
    /// The final reply has come.
    answered: bool,
    /// What may be a transfer's end.
    doubtful: Option<Reply>,
}

impl Open {
    /// Whether a reply with this code is this command's own.
    fn takes(&self, code: Code) -> bool {
        let begun = self.preliminary > 0;
        match code.get() {
            // An unknown command, or bad arguments: a transfer that has begun is neither.
            500..=504 if self.verb.is_transfer() => !begun,
            // A keepalive is refused because the server does not know it then, and for no other reason.
            400..=599 if self.owner == Owner::Session && self.verb == Verb::Noop => {
                matches!(code.get(), 500..=504)
            }
            _ => self.verb.accepts(code),
        }
    }

    fn is_operations(&self) -> bool {
        self.owner != Owner::Session
    }
}

/// What became of a reply.
enum Place {
    /// It is this open command's.
    Open(usize),
    /// It may be the end of this open transfer.
    Doubtful(usize),
    /// It answers nothing.
    Stray,
}

/// The replies of a session.
#[derive(Debug)]
pub(super) struct Replies {
    decoder: ReplyDecoder,
    limits: Limits,
    /// Password and account.
    masked: Vec<Secret>,
    /// The charset of what they say, where it is not UTF-8.
    encoding: Option<Encoding>,
    tickets: u64,
    open: VecDeque<Open>,
    /// Room for the answers of the next command: that of one that is closed.
    spare: VecDeque<Reply>,
    /// The command that was answered last, and its final reply.
    last: Option<(Verb, Reply)>,
    /// The last one that was an operation's. What servers say twice may come after a command of the session's own.
    done: Option<Verb>,
    /// Replies that answered nothing since one did.
    strays: usize,
    /// The last of them since a command was sent.
    stray: Option<Reply>,
    /// What was renamed and deleted, where that is kept.
    deeds: Option<Deeds>,
    /// A keepalive was refused.
    refuses_keepalive: bool,
    /// A transfer was given up or has failed: how many replies follow cannot be told.
    uncertain: bool,
    /// The server's word that it ends the session (421).
    farewell: Option<Reply>,
    /// Why nothing more can be read.
    broken: Option<Error>,
    end: Option<Option<Failure>>,
}

impl Replies {
    pub(super) fn new(config: &Config) -> Self {
        let Config { limits, login, .. } = config;
        Self {
            decoder: ReplyDecoder::new(limits.reply.clone()),
            limits: limits.clone(),
            masked: login.account.iter().chain([&login.password]).cloned().collect(),
            encoding: None,
            tickets: 0,
            open: VecDeque::new(),
            spare: VecDeque::new(),
            last: None,
            done: None,
            strays: 0,
            stray: None,
            deeds: None,
            refuses_keepalive: false,
            uncertain: false,
            farewell: None,
            broken: None,
            end: None,
        }
    }

    /// Somebody else is to be logged in: nothing is owed any more.
    pub(super) fn reinitialize(&mut self, login: &Login) {
        self.settle_all();
        for secret in login.account.iter().chain([&login.password]) {
            self.mask(secret);
        }
    }

    /// A secret that the login does not have, and that the server may repeat.
    pub(super) fn mask(&mut self, secret: &Secret) {
        if !self.masked.contains(secret) {
            self.masked.push(secret.clone());
        }
    }

    /// The charset of names.
    pub(super) fn encoding(&self) -> Option<&Encoding> {
        self.encoding.as_ref()
    }

    /// From here on names are of this charset.
    pub(super) fn set_encoding(&mut self, encoding: Option<Encoding>) {
        self.encoding = encoding;
    }

    pub(super) fn keep_deeds(&mut self) {
        self.deeds.get_or_insert_default();
    }

    pub(super) fn deeds(&mut self) -> Option<&mut Deeds> {
        self.deeds.as_mut()
    }

    /// Takes bytes in. What comes after the server's last word is not kept.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.farewell.is_none() && self.broken.is_none() {
            self.decoder.push(bytes);
        }
    }

    /// Bytes that came after the last reply that was read.
    pub(super) fn buffered(&self) -> usize {
        self.decoder.buffered()
    }

    /// The control connection has ended.
    pub(super) fn end(&mut self, failure: Option<Failure>) {
        self.end.get_or_insert(failure);
    }

    pub(super) fn ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.end.as_mut().and_then(Option::take)
    }

    /// Whether nothing more can come of this session.
    pub(super) fn is_over(&self) -> bool {
        self.ended() || self.farewell.is_some() || self.broken.is_some()
    }

    pub(super) fn take_farewell(&mut self) -> Option<Reply> {
        self.farewell.take()
    }

    pub(super) fn take_broken(&mut self) -> Option<Error> {
        self.broken.take()
    }

    /// A number for a command that will be sent.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.tickets += 1;
        Ticket(self.tickets)
    }

    /// A command leaves: its replies may come.
    pub(super) fn expect(&mut self, ticket: Ticket, verb: Verb, owner: Owner) {
        self.stray = None;
        self.open.push_back(Open {
            ticket,
            verb,
            owner,
            preliminary: 0,
            answers: mem::take(&mut self.spare),
            answered: false,
            doubtful: None,
        });
    }

    /// The command becomes the operation's that has the session.
    pub(super) fn adopt(&mut self, ticket: Ticket) {
        if let Some(open) = self.find(ticket) {
            open.owner = Owner::Adopted;
        }
    }

    fn find(&mut self, ticket: Ticket) -> Option<&mut Open> {
        self.open.iter_mut().find(|open| open.ticket == ticket)
    }

    /// The next reply to a command that has come and was not taken.
    pub(super) fn take(&mut self, ticket: Ticket) -> Option<Reply> {
        let at = self.open.iter().position(|open| open.ticket == ticket)?;
        self.take_at(at).map(|(_, reply)| reply)
    }

    /// The next reply to any of the operation's commands.
    pub(super) fn take_any(&mut self) -> Option<(Verb, Reply)> {
        let at = self.open.iter().position(|open| open.is_operations() && !open.answers.is_empty())?;
        self.take_at(at)
    }

    fn take_at(&mut self, at: usize) -> Option<(Verb, Reply)> {
        let open = self.open.get_mut(at)?;
        let (verb, reply) = (open.verb, open.answers.pop_front()?);
        if open.answered && open.answers.is_empty() {
            self.spare = self.open.remove(at).map(|open| open.answers).unwrap_or_default();
        }
        Some((verb, reply))
    }

    /// A transfer's data connection has ended well: what was doubtful is its end.
    pub(super) fn take_doubtful(&mut self, ticket: Ticket) -> Option<Reply> {
        let at = self.open.iter().position(|open| open.ticket == ticket)?;
        let reply = self.open.get_mut(at)?.doubtful.take()?;
        let verb = self.open.remove(at)?.verb;
        self.last = Some((verb, reply.clone()));
        self.done = Some(verb);
        Some(reply)
    }

    /// Whether the server has said that a transfer begins: with a 1yz, or with its end, from a server without one.
    pub(super) fn has_begun(&self, ticket: Ticket) -> bool {
        self.open
            .iter()
            .any(|open| open.ticket == ticket && (open.preliminary > 0 || open.doubtful.is_some()))
    }

    /// The operation's command whose reply is due next.
    pub(super) fn due(&self) -> Option<Verb> {
        self.open.iter().find(|open| open.is_operations() && !open.answered).map(|open| open.verb)
    }

    /// How many of the operation's commands wait for their final reply to come and be taken.
    pub(super) fn owed(&self) -> usize {
        self.open.iter().filter(|open| open.is_operations()).count()
    }

    /// Whether one of the commands that the operation itself has sent waits for that.
    pub(super) fn owes_operation(&self) -> bool {
        self.open.iter().any(|open| open.owner == Owner::Operation)
    }

    /// Whether a refusal of this command has come, and was not taken.
    pub(super) fn has_refused(&self, ticket: Ticket) -> bool {
        let refuses = |reply: &Reply| matches!(reply.code().get(), 400..=599);
        self.open.iter().any(|open| open.ticket == ticket && open.answers.front().is_some_and(refuses))
    }

    /// Whether this command was sent, and its final reply has not been taken.
    pub(super) fn expects(&self, ticket: Ticket) -> bool {
        self.open.iter().any(|open| open.ticket == ticket)
    }

    /// Whether a transfer's command was sent, and its final reply has not been taken.
    pub(super) fn expects_transfer(&self) -> bool {
        self.open.iter().any(|open| open.is_operations() && open.verb.is_transfer())
    }

    /// Whether the server has refused a keepalive.
    pub(super) fn refuses_keepalive(&self) -> bool {
        self.refuses_keepalive
    }

    /// Whether a keepalive has not been answered: a server may do so late, or never.
    pub(super) fn awaits_keepalive(&self) -> bool {
        self.open.iter().any(|open| !open.is_operations() && open.verb == Verb::Noop)
    }

    /// Every command of the operation's has been answered, and no transfer was given up.
    pub(super) fn settled(&self) -> bool {
        self.owed() == 0 && !self.uncertain
    }

    /// The data connection has been dropped: if its transfer was under way, what follows cannot be counted.
    pub(super) fn abandon(&mut self) {
        self.uncertain |= self.expects_transfer();
    }

    /// More may come than is owed: after a transfer that failed after its 1yz (426, then 226), or what cannot be right.
    pub(super) fn distrust(&mut self) {
        self.uncertain = true;
    }

    pub(super) fn uncertain(&self) -> bool {
        self.uncertain
    }

    /// Whether a 257 may come of a command that was sent.
    pub(super) fn path_may_come(&self) -> bool {
        let last = self.done;
        let open = self.open.iter().filter(|open| open.is_operations()).map(|open| open.verb);
        open.chain(last).any(|verb| matches!(verb, Verb::Pwd | Verb::Mkd))
    }

    /// Whatever was owed to the operation has come, or never will, or is late.
    pub(super) fn settle(&mut self) {
        self.open.retain(|open| !open.is_operations());
        self.deeds.iter_mut().for_each(Deeds::settle);
        self.uncertain = false;
        self.strays = 0;
        (self.last, self.done) = (None, None);
    }

    /// The fence has come: what the session sent before it and was not answered by now never will be.
    pub(super) fn settle_all(&mut self) {
        self.settle();
        self.open.clear();
    }

    /// Reads what has come, and finds its command; up to the reply to `until`, where that is given. Whether something of
    /// the operation's has come.
    pub(super) fn sort(&mut self, until: Option<Ticket>) -> bool {
        let mut placed = false;
        while self.broken.is_none() && self.farewell.is_none() {
            if until.is_some_and(|until| self.find(until).is_some_and(|open| !open.answers.is_empty())) {
                break;
            }
            match self.read().map_err(Error::from).and_then(|reply| reply.map(|r| self.place(r)).transpose())
            {
                Ok(None) => break,
                Ok(Some(operations)) => placed |= operations,
                Err(error) => self.broken = Some(error),
            }
        }
        placed
    }

    /// The next reply, whatever it answers.
    pub(super) fn read(&mut self) -> Result<Option<Reply>, FrameError> {
        let mut reply = self.decoder.decode()?;
        if matches!(self.due(), Some(Verb::Pass | Verb::Acct)) {
            reply = reply.map(|reply| masked(reply, &self.masked));
        }
        if let Some(encoding) = &self.encoding {
            reply = reply.map(|reply| reply.decoded(encoding));
        }
        #[cfg(feature = "tracing")]
        if let Some(reply) = &reply {
            tracing::debug!(target: "ftps::conversation", "< {reply}");
        }
        Ok(reply)
    }

    /// The next reply that is not one to a command of the session's own.
    pub(super) fn unasked(&mut self) -> Result<Option<Reply>, Error> {
        while let Some(reply) = self.read()? {
            let own = self.open.iter().position(|open| !open.is_operations() && open.takes(reply.code()));
            match own {
                Some(at) => self.answer(at, reply)?,
                None => return Ok(Some(reply)),
            };
        }
        Ok(None)
    }

    /// Gives a reply to its command. Whether that is one of the operation's.
    fn place(&mut self, reply: Reply) -> Result<bool, Error> {
        if reply.code() == 421 {
            self.farewell = Some(reply);
            return Ok(true);
        }
        match self.find_place(&reply) {
            Place::Open(at) => self.answer(at, reply),
            Place::Doubtful(at) => {
                if let Some(open) = self.open.get_mut(at) {
                    // The first counts as much as the last; a second one is what a server says too much.
                    open.doubtful.get_or_insert(reply);
                }
                self.limit_strays()?;
                Ok(true)
            }
            Place::Stray => self.drop_stray(reply).map(|()| false),
        }
    }

    fn find_place(&self, reply: &Reply) -> Place {
        let code = reply.code();
        let mut open = self.open.iter().enumerate().filter(|(_, open)| !open.answered);
        if let Some((at, _)) = open.clone().find(|(_, open)| names(reply, open.verb)) {
            return Place::Open(at);
        }
        // Said twice of a command that it names.
        if self.last.as_ref().is_some_and(|(verb, last)| last == reply && names(reply, *verb)) {
            return Place::Stray;
        }
        if let Some((at, own)) = open.clone().find(|(_, open)| open.takes(code)) {
            let certain = !own.verb.is_transfer() || own.preliminary > 0 || code.class() != Class::Completion;
            return if certain { Place::Open(at) } else { Place::Doubtful(at) };
        }
        if self.is_foreign(reply) {
            return Place::Stray;
        }
        let refusal = matches!(code.class(), Class::TransientNegative | Class::PermanentNegative);
        match (open.next(), open.next()) {
            (None, _) => Place::Stray,
            (Some((at, only)), None) => {
                let ends_transfer = only.verb.is_transfer() && code.class() == Class::Completion;
                // Of the command that left together with it.
                let repeats =
                    only.preliminary == 0 && self.last.as_ref().is_some_and(|(_, last)| last == reply);
                match ends_transfer {
                    true if repeats => Place::Stray,
                    true => Place::Doubtful(at),
                    false => Place::Open(at),
                }
            }
            (Some(_), Some(_)) if !refusal => Place::Stray,
            (Some(_), Some(_)) => {
                let mut unanswered = self.open.iter().enumerate().filter(|(_, open)| !open.answered);
                unanswered
                    .find(|(_, open)| open.is_operations())
                    .map_or(Place::Stray, |(at, _)| Place::Open(at))
            }
        }
    }

    /// Whether a reply that is not the own one of any open command can only answer one that is not open.
    fn is_foreign(&self, reply: &Reply) -> bool {
        let code = reply.code();
        match code.get() {
            120 | 220 | 221 | 227..=235 | 257 | 331 | 332 | 334..=336 => true,
            // What servers say twice.
            225 | 226 => self.after_transfer(),
            // The same; and what pyftpdlib says late of an EPRT that was given up, after other replies.
            425 | 426 => self.after_transfer() || !self.awaits_data(),
            _ if code.class() == Class::Preliminary => self.after_transfer(),
            // Most are alike; that another step is wanted is said of one command only.
            _ => {
                code.class() == Class::Intermediate
                    && self.last.as_ref().is_some_and(|(_, last)| last == reply)
            }
        }
    }

    /// Whether a command that has to do with a data connection is open.
    fn awaits_data(&self) -> bool {
        let mut open = self.open.iter().filter(|open| !open.answered).map(|open| open.verb);
        open.any(|verb| {
            verb.is_transfer()
                || matches!(verb, Verb::Epsv | Verb::Pasv | Verb::Eprt | Verb::Port | Verb::Pret)
        })
    }

    fn after_transfer(&self) -> bool {
        self.done.is_none_or(|verb| verb.is_transfer())
    }

    /// The reply is this open command's. Whether that is one of the operation's.
    fn answer(&mut self, at: usize, reply: Reply) -> Result<bool, Error> {
        let Some(open) = self.open.get_mut(at) else { return Ok(false) };
        let (verb, operations) = (open.verb, open.is_operations());
        if reply.code().class() == Class::Preliminary {
            open.preliminary += 1;
            // The transfer begins only now: what was taken for its end was another's.
            let doubtful = open.doubtful.take();
            if open.preliminary > self.limits.preliminary {
                return Err(Remote::TooMany("preliminary replies").into());
            }
            open.answers.push_back(reply);
            return doubtful.map_or(Ok(operations), |stray| self.drop_stray(stray).map(|()| operations));
        }
        open.answered = true;
        if let Some(deeds) = &mut self.deeds {
            deeds.answered(open.ticket, &reply);
        }
        self.strays = 0;
        if operations {
            self.done = Some(verb);
        }
        match &mut self.last {
            Some((last, text)) => {
                *last = verb;
                text.clone_from(&reply);
            }
            None => self.last = Some((verb, reply.clone())),
        }
        if operations {
            open.answers.push_back(reply);
            // Commands are answered in their order, but for those that a transfer is overtaken by: a keepalive that was
            // sent before this one will not be answered any more.
            if !verb.is_transfer() {
                let mut index = 0;
                self.open.retain(|open| {
                    index += 1;
                    index > at || open.is_operations() || open.verb != Verb::Noop
                });
            }
        } else if verb == Verb::Noop {
            self.refuses_keepalive |= reply.code().class() != Class::Completion;
            self.open.remove(at);
        } else {
            open.answers.push_back(reply);
        }
        Ok(operations)
    }

    /// One more reply that answers nothing.
    pub(super) fn drop_stray(&mut self, reply: Reply) -> Result<(), Error> {
        #[cfg(feature = "tracing")]
        tracing::debug!(target: "ftps::conversation", "(answers nothing: {})", reply.code());
        self.stray = Some(reply);
        self.limit_strays()
    }

    fn limit_strays(&mut self) -> Result<(), Error> {
        self.strays += 1;
        if self.strays > self.limits.stray {
            return Err(Remote::TooMany("replies that answer nothing").into());
        }
        Ok(())
    }

    /// What was dropped, or is in doubt, since the last command was sent: it may be what is waited for in vain.
    pub(super) fn take_stray(&mut self) -> Option<Reply> {
        let doubtful = self.open.iter_mut().find_map(|open| open.doubtful.take());
        doubtful.or_else(|| mem::take(&mut self.stray))
    }
}

/// Whether a refusal names this command, as servers do that know it not, or not now: `450 EPSV: data transfer in
/// progress`, `500 'NOOP': command not understood`.
fn names(reply: &Reply, verb: Verb) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric();
    matches!(reply.code().get(), 450 | 500..=504)
        && !verb.is_transfer()
        && reply.first_line().split(|byte| !is_part(*byte)).any(|word| word == verb.as_str().as_bytes())
}
