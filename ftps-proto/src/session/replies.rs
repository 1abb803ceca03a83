//! Matches replies to commands, in order.
//!
//! A late reply never answers the next command: what comes while nothing is owed is swept away, at the latest before the
//! next command goes out. While several commands are in flight each takes only codes that can be its own, since replies
//! overtake each other (ProFTPD answers a NOOP before the 226 of the transfer it came after); a transfer does so always,
//! since what it takes for its end decides over a file. While one other command is out, servers are taken at the class
//! of their reply: some answer MKD with 250 and TYPE with 226.

use alloc::collections::VecDeque;

use crate::codec::{Class, FrameError, Reply, ReplyDecoder, Verb};
use crate::config::Limits;
use crate::error::{Error, Refused, Remote};
use crate::need::Failure;

#[derive(Debug)]
pub(super) struct Replies {
    decoder: ReplyDecoder,
    limits: Limits,
    owed: VecDeque<Verb>,
    /// The command that was answered last.
    last: Option<Verb>,
    preliminary: usize,
    /// Replies that answered nothing since one did.
    strays: usize,
    /// The last final reply was a transfer's, or a fence's behind one: some servers say more.
    behind_transfer: bool,
    /// A transfer was given up, so counting replies cannot be relied on.
    abandoned: bool,
    end: Option<Option<Failure>>,
}

impl Replies {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            decoder: ReplyDecoder::new(limits.reply.clone()),
            limits: limits.clone(),
            owed: VecDeque::new(),
            last: None,
            preliminary: 0,
            strays: 0,
            behind_transfer: false,
            abandoned: false,
            end: None,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.decoder.push(bytes);
    }

    pub(super) fn buffered(&self) -> usize {
        self.decoder.buffered()
    }

    pub(super) fn end(&mut self, failure: Option<Failure>) {
        self.end.get_or_insert(failure);
    }

    pub(super) fn ended(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.end.as_mut().and_then(Option::take)
    }

    pub(super) fn expect(&mut self, verb: Verb) {
        self.owed.push_back(verb);
    }

    pub(super) fn owed(&self) -> usize {
        self.owed.len()
    }

    /// The command whose reply is due next.
    pub(super) fn due(&self) -> Option<Verb> {
        self.owed.front().copied()
    }

    /// Every command has been answered, and no transfer was given up.
    pub(super) fn settled(&self) -> bool {
        self.owed.is_empty() && !self.abandoned
    }

    /// The data connection has been dropped: if its transfer was under way, what follows cannot be counted.
    pub(super) fn abandon(&mut self) {
        self.abandoned |= self.owed.iter().any(|verb| verb.is_transfer());
    }

    /// A transfer that failed behind its 1xx may be followed by more than its final reply (426, then 226).
    pub(super) fn distrust(&mut self) {
        self.abandoned = true;
    }

    /// Whether a command that has no good reply yet, or may have another, is one whose reply is a 257.
    pub(super) fn path_may_come(&self) -> bool {
        self.owed.iter().chain(&self.last).any(|verb| matches!(verb, Verb::Pwd | Verb::Mkd))
    }

    pub(super) fn abandoned(&self) -> bool {
        self.abandoned
    }

    /// Whatever was owed has come, or never will; or it is late.
    pub(super) fn settle(&mut self) {
        self.owed.clear();
        self.last = None;
        self.abandoned = false;
        self.preliminary = 0;
        self.strays = 0;
        self.behind_transfer = true;
    }

    /// What has come while nothing is owed answers nothing.
    pub(super) fn sweep(&mut self) -> Result<(), Error> {
        while self.owed.is_empty() && self.next()?.is_some() {}
        Ok(())
    }

    /// The next reply, whatever it answers.
    pub(super) fn unasked(&mut self) -> Result<Option<Reply>, FrameError> {
        let reply = self.decoder.decode()?;
        #[cfg(feature = "tracing")]
        if let Some(reply) = &reply {
            tracing::debug!(target: "ftps::conversation", "< {reply}");
        }
        Ok(reply)
    }

    /// The next reply that answers a command.
    pub(super) fn next(&mut self) -> Result<Option<(Verb, Reply)>, Error> {
        while let Some(reply) = self.unasked()? {
            let Some(verb) = self.due() else {
                if reply.code() == 421 {
                    return Err(Error::Refused(Refused { verb: None, reply }));
                }
                self.stray()?;
                continue;
            };
            let repeated = self.behind_transfer && is_of_a_transfer(&reply);
            if (self.owed.len() > 1 || repeated || verb.is_transfer()) && !verb.accepts(reply.code()) {
                self.stray()?;
                continue;
            }
            if !self.preliminary(&reply)? {
                self.preliminary = 0;
                self.strays = 0;
                self.last = self.owed.pop_front();
                self.behind_transfer = verb.is_transfer();
            }
            return Ok(Some((verb, reply)));
        }
        Ok(None)
    }

    /// Whether a reply is preliminary; they are counted.
    pub(super) fn preliminary(&mut self, reply: &Reply) -> Result<bool, Error> {
        let preliminary = reply.code().class() == Class::Preliminary;
        self.preliminary += usize::from(preliminary);
        if self.preliminary > self.limits.preliminary {
            return Err(Remote::TooMany("preliminary replies").into());
        }
        Ok(preliminary)
    }

    /// One more reply that answers nothing.
    pub(super) fn stray(&mut self) -> Result<(), Error> {
        self.strays += 1;
        if self.strays > self.limits.stray {
            Err(Remote::TooMany("replies that answer nothing").into())
        } else {
            Ok(())
        }
    }
}

/// Servers that say too much about a transfer say this.
fn is_of_a_transfer(reply: &Reply) -> bool {
    reply.code().class() == Class::Preliminary || matches!(reply.code().get(), 225 | 226 | 425 | 426)
}
