//! One command, one final reply.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::task::Poll;

use super::{Operation, ready};
use crate::codec::{Argument, Class, Command, Reply, Verb, parse_257, parse_size};
use crate::error::{Error, Remote};
use crate::session::{Session, Turn};
use crate::time::Instant;

/// A command whose reply is read as a `T`. Made by the functions of this module, one for each command.
#[derive(Debug)]
pub struct Exchange<T> {
    turn: Turn,
    command: Option<Command>,
    read: fn(Verb, Reply) -> Result<T, Error>,
}

impl<T> Exchange<T> {
    pub(super) fn new(command: Command, read: fn(Verb, Reply) -> Result<T, Error>) -> Self {
        Self { turn: Turn::default(), command: Some(command), read }
    }
}

impl<T> Operation for Exchange<T> {
    type Output = T;

    fn step(&mut self, session: &mut Session, _now: Instant) -> Result<Poll<T>, Error> {
        ready!(session.begin(&mut self.turn)?);
        if let Some(command) = self.command.take() {
            session.send(&command)?;
        }
        let (verb, reply) = ready!(session.final_reply()?);
        (self.read)(verb, reply).map(Poll::Ready)
    }
}

/// Accepts a reply of the 2yz class.
pub(super) fn completed(verb: Verb, reply: Reply) -> Result<(), Error> {
    match reply.code().class() {
        Class::Completion => Ok(()),
        Class::TransientNegative | Class::PermanentNegative => Err(Error::refused(verb, reply)),
        _ => Err(Remote::UnexpectedReply(verb, reply).into()),
    }
}

/// NOOP (RFC 959, section 4.1.3): does nothing, and is answered.
pub fn noop() -> Exchange<()> {
    Exchange::new(Command::Noop, completed)
}

/// CWD: changes the working directory.
pub fn cwd(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Cwd(path), completed)
}

/// CDUP: changes to the parent directory.
pub fn cdup() -> Exchange<()> {
    Exchange::new(Command::Cdup, completed)
}

/// DELE: deletes a file.
pub fn dele(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Dele(path), completed)
}

/// RMD: removes an empty directory.
pub fn rmd(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Rmd(path), completed)
}

/// PWD: the working directory, as the bytes that the server sends.
pub fn pwd() -> Exchange<Vec<u8>> {
    Exchange::new(Command::Pwd, |verb, reply| {
        completed(verb, reply.clone())?;
        // Only this code carries a path.
        if reply.code() != 257 {
            return Err(Remote::UnexpectedReply(verb, reply).into());
        }
        read(verb, reply, |reply| parse_257(reply.first_line()))
    })
}

/// MKD: makes a directory; its path, where the reply tells (RFC 959, appendix II).
pub fn mkd(path: Argument) -> Exchange<Option<Vec<u8>>> {
    Exchange::new(Command::Mkd(path), |verb, reply| {
        completed(verb, reply.clone())?;
        // 250 says nothing about a path, and some servers' 257 has but a comment.
        let told = reply.code() == 257 && matches!(reply.first_line().first(), Some(b'"' | b'/'));
        Ok(if told { parse_257(reply.first_line()).ok() } else { None })
    })
}

/// SIZE: a file's size in bytes as it would be transferred (RFC 3659, section 4).
pub fn size(path: Argument) -> Exchange<u64> {
    Exchange::new(Command::Size(path), |verb, reply| {
        completed(verb, reply.clone())?;
        read(verb, reply, |reply| parse_size(reply.first_line()))
    })
}

/// Reads a reply's text; one that cannot be read is an error that says why.
pub(super) fn read<T, E: ToString>(
    verb: Verb,
    reply: Reply,
    parse: impl FnOnce(&Reply) -> Result<T, E>,
) -> Result<T, Error> {
    parse(&reply).map_err(|error| Remote::Unreadable { verb, reason: error.to_string(), reply }.into())
}
