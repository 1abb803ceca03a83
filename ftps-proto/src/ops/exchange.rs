//! One command, one final reply.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::task::Poll;

use super::call::{Call, completed, not_completed};
use super::ready;
use crate::codec::command::{NewFacts, UtcTime, site};
use crate::codec::facts::{self, parse_mlst};
use crate::codec::{
    Argument, ArgumentError, Class, Command, Entry, Reply, Secret, Timestamp, Verb, parse_257, parse_size,
};
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
    pub(super) fn new(command: Command, read: fn(Verb, Reply) -> Result<T, Error>) -> Self {
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
pub(super) fn done(verb: Verb, reply: Reply) -> Result<(), Error> {
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

/// ACCT (RFC 959, section 4.1.1): the account, for what needs one after the login (532). The login itself is given it with
/// [`Login::account`](crate::Login::account).
pub fn acct(account: Secret) -> Exchange<()> {
    Exchange::new(Command::Acct(account), done)
}

/// ALLO (RFC 959, section 4.1.3): room for so many bytes of the file that is uploaded next. Servers that need no such word
/// say 202.
pub fn allo(bytes: u64) -> Exchange<()> {
    Exchange::new(Command::Allo(bytes, None), done)
}

/// AVBL (draft-peterson-streamlined-ftp-command-extensions, section 4): for how many bytes there is room in a directory, or in
/// the working directory.
pub fn avbl(path: Option<Argument>) -> Exchange<u64> {
    Exchange::new(Command::Avbl(path), |verb, reply| {
        let reply = completed(verb, reply)?;
        read(verb, reply, |reply| parse_size(reply.first_line()))
    })
}

/// CLNT (de facto): which program this is.
pub fn clnt(name: Argument) -> Exchange<()> {
    Exchange::new(Command::Clnt(name), done)
}

/// HELP (RFC 959, section 4.1.3): on a command, or in general. In words, one line each.
pub fn help(about: Option<Argument>) -> Exchange<Reply> {
    Exchange::new(Command::Help(about), completed)
}

/// LANG (RFC 2640, section 4.1): the language of replies, a tag of RFC 5646, or the server's own.
pub fn lang(tag: Option<Argument>) -> Exchange<()> {
    Exchange::new(Command::Lang(tag), done)
}

/// MFCT (draft-somers-ftp-mfxx, section 4): sets when a file was created.
pub fn mfct(time: UtcTime, path: Argument) -> Exchange<()> {
    Exchange::new(Command::Mfct(time, path), done)
}

/// MFF (draft-somers-ftp-mfxx, section 5): sets facts of a file, of those that FEAT lists with MFF.
pub fn mff(facts: NewFacts, path: Argument) -> Exchange<()> {
    Exchange::new(Command::Mff(facts, path), done)
}

/// MFMT (draft-somers-ftp-mfxx, section 3): sets when a file was last modified. [`SetModified`](super::SetModified) asks
/// servers without MFMT as well.
pub fn mfmt(time: UtcTime, path: Argument) -> Exchange<()> {
    Exchange::new(Command::Mfmt(time, path), done)
}

/// OPTS MLST (RFC 3659, section 7.9): which facts MLSD and MLST tell from now on, and returns those that they will. Without
/// `type` a listing does not tell directories from files.
///
/// # Errors
/// [`ArgumentError`] for a fact with a separator in its name.
pub fn opts_mlst<F: AsRef<[u8]>>(
    facts: impl IntoIterator<Item = F>,
) -> Result<Exchange<Vec<String>>, ArgumentError> {
    Ok(Exchange::new(Command::Opts(facts::mlst_option(facts)?), |verb, reply| {
        completed(verb, reply).map(|reply| facts::parse_opts_mlst(&reply))
    }))
}

/// RMDA (draft-peterson-streamlined-ftp-command-extensions, section 6): removes a directory with all that is in it.
/// [`RemoveDirAll`](super::RemoveDirAll) asks servers without RMDA as well.
pub fn rmda(path: Argument) -> Exchange<()> {
    Exchange::new(Command::Rmda(path), done)
}

/// SITE (RFC 959, section 4.1.3), with what only this server knows.
pub fn site(argument: Argument) -> Exchange<Reply> {
    Exchange::new(Command::Site(argument), completed)
}

/// SITE CHMOD (de facto): sets permissions, the twelve bits of chmod(2). [`SetPermissions`](super::SetPermissions) asks servers that know MFF instead.
pub fn site_chmod(mode: u32, path: &Argument) -> Exchange<()> {
    Exchange::new(Command::Site(site::chmod(mode, path)), done)
}

/// SITE MKDIR (ProFTPD's mod_site_misc): makes a directory, and those that lead there.
pub fn site_mkdir(path: &Argument) -> Exchange<()> {
    Exchange::new(Command::Site(site::mkdir(path)), done)
}

/// SITE RMDIR (ProFTPD's mod_site_misc): removes a directory with all that is in it.
pub fn site_rmdir(path: &Argument) -> Exchange<()> {
    Exchange::new(Command::Site(site::rmdir(path)), done)
}

/// SITE SYMLINK (ProFTPD's mod_site_misc): makes a symbolic link. What it leads to is the server's to understand.
///
/// # Errors
/// [`ArgumentError`] for a space in either: the command has no way to write it.
pub fn site_symlink(target: &Argument, link: &Argument) -> Result<Exchange<()>, ArgumentError> {
    Ok(Exchange::new(Command::Site(site::symlink(target, link)?), done))
}

/// SITE UTIME (ProFTPD's mod_site_misc, Pure-FTPd): sets the times of a file. [`SetModified`](super::SetModified) asks for it
/// where it is needed.
pub fn site_utime(time: UtcTime, path: &Argument) -> Exchange<()> {
    Exchange::new(Command::Site(site::utime(time, path)), done)
}

/// STAT (RFC 959, section 4.1.3): what the server says of the session, in words, one line each.
pub fn stat() -> Exchange<Reply> {
    Exchange::new(Command::Stat(None), completed)
}

/// Reads a reply's text; one that cannot be read is an error that says why.
pub(super) fn read<T, E: ToString>(
    verb: Verb,
    reply: Reply,
    parse: impl FnOnce(&Reply) -> Result<T, E>,
) -> Result<T, Error> {
    parse(&reply).map_err(|error| Remote::Unreadable { verb, reason: error.to_string(), reply }.into())
}
