//! The hash of a file on the server: HASH, and the commands that servers had before.

use core::ops::Range;
use core::task::Poll;

use super::call::{Call, completed};
use super::exchange::read;
use super::ready;
use crate::codec::{Algorithm, Argument, Class, Command, Hash, Reply, Verb, parse_hash, parse_x_hash};
use crate::error::Error;
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// What the server makes of a file's bytes.
///
/// By HASH (draft-bryan-ftpext-hash) where FEAT names it with the algorithm, after OPTS HASH where another was chosen. Else by
/// the command that hashes by this algorithm only (XCRC, MD5 or XMD5, XSHA or XSHA1, XSHA256, XSHA512), whether or not FEAT
/// names it. The server hashes what TYPE I transfers; a large file may take it minutes.
///
/// Of a part of a file, by the latter only: ProFTPD takes no heed of a RANG before HASH.
#[derive(Debug)]
pub struct FileHash {
    claim: Claim,
    path: Argument,
    algorithm: Algorithm,
    /// Of these bytes only.
    range: Option<Range<u64>>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Begin,
    /// OPTS HASH.
    Choosing(Call),
    Hash(Call),
    /// The algorithm's own command.
    Own(Call),
}

impl FileHash {
    /// Of the file at this path.
    pub fn new(path: Argument, algorithm: Algorithm) -> Self {
        Self { claim: Claim::default(), path, algorithm, range: None, stage: Stage::Begin }
    }

    /// Of these bytes of it, the first of which is byte 0. `XCRC "path" 0 5` hashes five bytes.
    #[must_use]
    pub fn range(self, range: Range<u64>) -> Self {
        Self { range: Some(range), ..self }
    }

    fn begin(&self, session: &Session) -> Stage {
        if self.range.is_some() || !session.hashes_by(self.algorithm) {
            return self.own(session);
        }
        if session.hash_algorithm() == Some(self.algorithm) {
            return self.hash();
        }
        Stage::Choosing(Call::new(Command::Opts(Argument::joined(&[
            b"HASH ",
            self.algorithm.as_str().as_bytes(),
        ]))))
    }

    fn hash(&self) -> Stage {
        Stage::Hash(Call::new(Command::Hash(self.path.clone())))
    }

    /// The algorithm's own command, of several the one that FEAT names.
    fn own(&self, session: &Session) -> Stage {
        let names = |verb: Verb| session.features().is_some_and(|features| features.has(verb.as_str()));
        let command = match self.algorithm {
            Algorithm::Crc32 => Command::Xcrc(self.quoted()),
            // MD5 takes all that follows it for the path.
            Algorithm::Md5 if self.range.is_none() && names(Verb::Md5) && !names(Verb::Xmd5) => {
                Command::Md5(self.path.clone())
            }
            Algorithm::Md5 => Command::Xmd5(self.quoted()),
            Algorithm::Sha1 if names(Verb::Xsha) && !names(Verb::Xsha1) => Command::Xsha(self.quoted()),
            Algorithm::Sha1 => Command::Xsha1(self.quoted()),
            Algorithm::Sha256 => Command::Xsha256(self.quoted()),
            Algorithm::Sha512 => Command::Xsha512(self.quoted()),
        };
        Stage::Own(Call::new(command))
    }

    /// The path, in quotes where a space would end it, and the range.
    fn quoted(&self) -> Argument {
        let path = self.path.as_bytes();
        let quoted = self.range.is_some() || path.contains(&b' ');
        let quote: &[u8] = if quoted { b"\"" } else { b"" };
        let range = match &self.range {
            Some(Range { start, end }) => alloc::format!(" {start} {end}"),
            None => alloc::string::String::new(),
        };
        Argument::joined(&[quote, path, quote, range.as_bytes()])
    }
}

impl Operation for FileHash {
    type Output = Hash;

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<Hash>, Error> {
        ready!(session.begin(&mut self.claim)?);
        loop {
            self.stage = match &mut self.stage {
                Stage::Begin => self.begin(session),
                Stage::Choosing(call) => {
                    let (_, reply) = ready!(call.step(session)?);
                    if reply.code().class() == Class::Completion {
                        session.learn_hash(self.algorithm);
                        self.hash()
                    } else {
                        self.own(session)
                    }
                }
                Stage::Hash(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    if is_unknown(&reply) {
                        self.own(session)
                    } else {
                        let reply = completed(verb, reply)?;
                        return read(verb, reply, |reply| parse_hash(self.algorithm, reply)).map(Poll::Ready);
                    }
                }
                Stage::Own(call) => {
                    let (verb, reply) = ready!(call.step(session)?);
                    let reply = completed(verb, reply)?;
                    let path = self.path.as_bytes();
                    return read(verb, reply, |reply| parse_x_hash(self.algorithm, path, reply))
                        .map(Poll::Ready);
                }
            };
        }
    }
}

/// Whether a server does not know a command.
fn is_unknown(reply: &Reply) -> bool {
    matches!(reply.code().get(), 500 | 502 | 504)
}
