//! One command, one final reply.

use alloc::string::ToString;
use alloc::vec::Vec;
use core::task::Poll;

use super::call::{Call, completed, not_completed};
use super::ready;
use crate::codec::facts::parse_mlst;
use crate::codec::{Argument, Class, Command, Entry, Reply, Timestamp, Verb, parse_257, parse_size};
use crate::error::{Error, Local, Remote};
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// A command whose reply is read as a `T`. Made by the functions of this module, one for each command.
#[derive(Debug)]
pub struct Exchange<T> {
    claim: Claim,
    call: Call,
    read: fn(Verb, Reply) -> Result<T, Error>,
}

impl<T> Exchange<T> {
    fn new(command: Command, read: fn(Verb, Reply) -> Result<T, Error>) -> Self {
        Self { claim: Claim::default(), call: Call::new(command), read }
    }
}

impl<T> Operation for Exchange<T> {
    type Output = T;

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<T>, Error> {
        ready!(session.begin(&mut self.claim)?);
        let (verb, reply) = ready!(self.call.step(session)?);
        (self.read)(verb, reply).map(Poll::Ready)
    }
}

/// Accepts a reply of the 2yz class, of which nothing else is wanted.
fn done(verb: Verb, reply: Reply) -> Result<(), Error> {
    completed(verb, reply).map(drop)
}

/// A command with its reply as it comes, of the 2yz or 3yz class: for what has no function of its own.
///
/// # Errors
/// [`Local::Forbidden`] for one that [changes the conversation](Verb::changes_conversation): a transfer, `REST`, `CCC`...
pub fn command(command: Command) -> Result<Exchange<Reply>, Local> {
    let verb = command.verb();
    if verb.changes_conversation() {
        return Err(Local::Forbidden(verb));
    }
    Ok(Exchange::new(command, |verb, reply| match reply.code().class() {
        Class::Completion | Class::Intermediate => Ok(reply),
        _ => Err(not_completed(verb, reply)),
    }))
}

/// NOOP (RFC 959, section 4.1.3): does nothing, and is answered.
pub fn noop() -> Exchange<()> {
    Exchange::new(Command::Noop, done)
}

/// CWD: changes the working directory.
pub fn cwd(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Cwd(path), done)
}

/// CDUP: changes to the parent directory.
pub fn cdup() -> Exchange<()> {
    Exchange::new(Command::Cdup, done)
}

/// DELE: deletes a file.
pub fn dele(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Dele(path), done)
}

/// RMD: removes an empty directory.
pub fn rmd(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Rmd(path), done)
}

/// PWD: the working directory, as the bytes that the server sends.
pub fn pwd() -> Exchange<Vec<u8>> {
    Exchange::new(Command::Pwd, working_directory)
}

/// Reads the reply to PWD.
pub(super) fn working_directory(verb: Verb, reply: Reply) -> Result<Vec<u8>, Error> {
    let reply = completed(verb, reply)?;
    // Only this code carries a path.
    if reply.code() != 257 {
        return Err(Remote::UnexpectedReply(verb, reply).into());
    }
    read(verb, reply, |reply| parse_257(reply.first_line()))
}

/// MKD: makes a directory; its path, where the reply tells (RFC 959, appendix II).
pub fn mkd(path: Argument) -> Exchange<Option<Vec<u8>>> {
    Exchange::new(Command::Mkd(path), |verb, reply| {
        let reply = completed(verb, reply)?;
        // 250 says nothing about a path, and some servers' 257 has but a comment.
        let told = reply.code() == 257 && matches!(reply.first_line().first(), Some(b'"' | b'/'));
        Ok(if told { parse_257(reply.first_line()).ok() } else { None })
    })
}

/// SIZE: a file's size in bytes as it would be transferred (RFC 3659, section 4).
pub fn size(path: Argument) -> Exchange<u64> {
    Exchange::new(Command::Size(path), size_of)
}

/// Reads the reply to SIZE.
pub(super) fn size_of(verb: Verb, reply: Reply) -> Result<u64, Error> {
    let reply = completed(verb, reply)?;
    read(verb, reply, |reply| parse_size(reply.first_line()))
}

/// MDTM: when a file was last modified (RFC 3659, section 3).
pub fn mdtm(path: Argument) -> Exchange<Timestamp> {
    Exchange::new(Command::Mdtm(path), modification_time)
}

/// Reads the reply to MDTM.
pub(super) fn modification_time(verb: Verb, reply: Reply) -> Result<Timestamp, Error> {
    let reply = completed(verb, reply)?;
    read(verb, reply, |reply| Timestamp::parse(reply.first_line()))
}

/// MLST: what a server tells of one file or directory (RFC 3659, section 7). Its name is as the server has it, mostly a
/// whole path. [`Metadata`](super::Metadata) asks servers without MLST as well.
pub fn mlst(path: Argument) -> Exchange<Entry> {
    Exchange::new(Command::Mlst(Some(path)), |verb, reply| {
        let reply = completed(verb, reply)?;
        read(verb, reply, parse_mlst)
    })
}

/// Reads a reply's text; one that cannot be read is an error that says why.
fn read<T, E: ToString>(
    verb: Verb,
    reply: Reply,
    parse: impl FnOnce(&Reply) -> Result<T, E>,
) -> Result<T, Error> {
    parse(&reply).map_err(|error| Remote::Unreadable { verb, reason: error.to_string(), reply }.into())
}
