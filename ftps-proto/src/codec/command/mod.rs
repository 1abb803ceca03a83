//! Commands. RFC 959 section 5.3, and the documents that add to it.

mod argument;
mod modify;
mod read;
pub mod site;
mod verb;
mod word;
mod write;

use core::fmt::{self, Display};

pub use self::{
    argument::{Argument, ArgumentError, Secret},
    modify::{NewFacts, UtcTime},
    verb::Verb,
    word::{Word, WordError},
};
use super::address::{HostPort, NetAddress};

/// How the data connection is protected. RFC 2228 section 3, `PROT`; over TLS only `C` and `P` (RFC 4217
/// section 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProtectionLevel {
    /// `C`: clear.
    Clear,
    /// `S`: integrity.
    Safe,
    /// `E`: confidentiality.
    Confidential,
    /// `P`: both.
    Private,
}

impl ProtectionLevel {
    /// Its letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clear => "C",
            Self::Safe => "S",
            Self::Confidential => "E",
            Self::Private => "P",
        }
    }
}

/// What a file is made of. RFC 959 section 3.1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileStructure {
    /// `F`: of bytes, the default.
    File,
    /// `R`: of records.
    Record,
    /// `P`: of pages.
    Page,
}

impl FileStructure {
    /// Its letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::File => "F",
            Self::Record => "R",
            Self::Page => "P",
        }
    }
}

/// How a file becomes a stream of bytes. RFC 959 section 3.4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransferMode {
    /// `S`: as it is, the default.
    Stream,
    /// `B`: in blocks with headers.
    Block,
    /// `C`: with runs of a byte shortened.
    Compressed,
    /// `Z`: by zlib, draft-preston-ftpext-deflate.
    Deflate,
}

impl TransferMode {
    /// Its letter.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stream => "S",
            Self::Block => "B",
            Self::Compressed => "C",
            Self::Deflate => "Z",
        }
    }
}

/// A command with its argument. `Debug` and `Display` do not show secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// Who logs in.
    User(Argument),
    /// With which password.
    Pass(Secret),
    /// On which account.
    Acct(Secret),
    /// Log out, and begin anew.
    Rein,
    /// Under which name the server was reached. Before USER.
    Host(Argument),
    /// Which program the client is.
    Clnt(Argument),
    /// The same in detail, `Name=x; Version=1;`; the server tells who it is.
    Csid(Argument),
    /// In which language to reply: a tag of RFC 5646, or the default.
    Lang(Option<Argument>),
    /// Start TLS. RFC 4217 section 4.
    AuthTls,
    /// The same by its old name, which also protects the data connection.
    AuthSsl,
    /// The protection buffer size: 0 over TLS. RFC 4217 section 8.
    Pbsz(u32),
    /// How to protect the data connection.
    Prot(ProtectionLevel),
    /// Go on in clear on the control connection. RFC 4217 section 12.3.
    Ccc,
    /// What the server adds to RFC 959.
    Feat,
    /// An option of a command.
    Opts(Argument),
    /// Transfer bytes as they are.
    TypeImage,
    /// Transfer text with CR LF line ends.
    TypeAscii,
    /// What a file is made of.
    Stru(FileStructure),
    /// How it becomes a stream.
    Mode(TransferMode),
    /// Listen for the data connection, on the address of this one.
    Epsv,
    /// Nothing but EPSV will follow, a firewall may rely on it.
    EpsvAll,
    /// Listen for the data connection, IPv4.
    Pasv,
    /// Open the data connection to this address.
    Eprt(NetAddress),
    /// The same, IPv4.
    Port(HostPort),
    /// Which command will use the data connection, say `RETR name`. Before PASV.
    Pret(Argument),
    /// Download.
    Retr(Argument),
    /// Upload.
    Stor(Argument),
    /// Upload under a name that the server chooses; some take a beginning of it.
    Stou(Option<Argument>),
    /// Upload to the end of what is there.
    Appe(Argument),
    /// Make room for so many bytes; the second number is the longest record's size.
    Allo(u64, Option<u64>),
    /// Begin the next transfer at this byte.
    Rest(u64),
    /// Transfer from this byte to that one, both included; `1, 0` takes that back.
    Rang(u64, u64),
    /// List for machines.
    Mlsd(Option<Argument>),
    /// The facts of one thing.
    Mlst(Option<Argument>),
    /// List for people.
    List(Option<Argument>),
    /// List names.
    Nlst(Option<Argument>),
    /// The size in bytes as it would be transferred.
    Size(Argument),
    /// The size of a directory with all that is in it.
    Dsiz(Option<Argument>),
    /// How many bytes there is room for.
    Avbl(Option<Argument>),
    /// The time of modification.
    Mdtm(Argument),
    /// Set the time of modification.
    Mfmt(UtcTime, Argument),
    /// Set the time of creation.
    Mfct(UtcTime, Argument),
    /// Set facts.
    Mff(NewFacts, Argument),
    /// The hash of a file, by the algorithm that OPTS HASH chose.
    Hash(Argument),
    /// The CRC-32 of a file: a path, in quotes where the first and last byte follow.
    Xcrc(Argument),
    /// The same with MD5.
    Xmd5(Argument),
    /// The same with SHA-1.
    Xsha(Argument),
    /// The same with SHA-1.
    Xsha1(Argument),
    /// The same with SHA-256.
    Xsha256(Argument),
    /// The same with SHA-512.
    Xsha512(Argument),
    /// The MD5 of a file.
    Md5(Argument),
    /// The MD5 of several, with commas between.
    Mmd5(Argument),
    /// The working directory.
    Pwd,
    /// Change it.
    Cwd(Argument),
    /// Change to its parent.
    Cdup,
    /// Mount a file system.
    Smnt(Argument),
    /// Make a directory.
    Mkd(Argument),
    /// Delete a file.
    Dele(Argument),
    /// Remove a directory.
    Rmd(Argument),
    /// Remove a directory with all that is in it.
    Rmda(Argument),
    /// Rename this...
    Rnfr(Argument),
    /// ...to this.
    Rnto(Argument),
    /// Abort the transfer.
    Abor,
    /// Nothing, and say so.
    Noop,
    /// Log out and close.
    Quit,
    /// The system.
    Syst,
    /// The status, or a listing over the control connection.
    Stat(Option<Argument>),
    /// What only this server has.
    Site(Argument),
    /// Help, with a command or in general.
    Help(Option<Argument>),
    /// A command that this crate does not know.
    Other(Word, Option<Argument>),
}

impl Command {
    /// PRET, which tells that this command will use a data connection.
    pub fn announced(&self) -> Self {
        let mut line = alloc::vec::Vec::with_capacity(self.encoded_len());
        // As it is: PRET itself is encoded.
        self.encode_for(false, None, &mut line);
        Self::Pret(Argument::joined(&[line.trim_ascii_end()]))
    }

    /// Without the argument.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Acct(_) => Verb::Acct,
            Self::Rein => Verb::Rein,
            Self::Host(_) => Verb::Host,
            Self::Clnt(_) => Verb::Clnt,
            Self::Csid(_) => Verb::Csid,
            Self::Lang(_) => Verb::Lang,
            Self::AuthTls => Verb::Auth,
            Self::AuthSsl => Verb::Auth,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Prot(_) => Verb::Prot,
            Self::Ccc => Verb::Ccc,
            Self::Feat => Verb::Feat,
            Self::Opts(_) => Verb::Opts,
            Self::TypeImage => Verb::Type,
            Self::TypeAscii => Verb::Type,
            Self::Stru(_) => Verb::Stru,
            Self::Mode(_) => Verb::Mode,
            Self::Epsv => Verb::Epsv,
            Self::EpsvAll => Verb::EpsvAll,
            Self::Pasv => Verb::Pasv,
            Self::Eprt(_) => Verb::Eprt,
            Self::Port(_) => Verb::Port,
            Self::Pret(_) => Verb::Pret,
            Self::Retr(_) => Verb::Retr,
            Self::Stor(_) => Verb::Stor,
            Self::Stou(_) => Verb::Stou,
            Self::Appe(_) => Verb::Appe,
            Self::Allo(..) => Verb::Allo,
            Self::Rest(_) => Verb::Rest,
            Self::Rang(..) => Verb::Rang,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mlst(_) => Verb::Mlst,
            Self::List(_) => Verb::List,
            Self::Nlst(_) => Verb::Nlst,
            Self::Size(_) => Verb::Size,
            Self::Dsiz(_) => Verb::Dsiz,
            Self::Avbl(_) => Verb::Avbl,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Mfmt(..) => Verb::Mfmt,
            Self::Mfct(..) => Verb::Mfct,
            Self::Mff(..) => Verb::Mff,
            Self::Hash(_) => Verb::Hash,
            Self::Xcrc(_) => Verb::Xcrc,
            Self::Xmd5(_) => Verb::Xmd5,
            Self::Xsha(_) => Verb::Xsha,
            Self::Xsha1(_) => Verb::Xsha1,
            Self::Xsha256(_) => Verb::Xsha256,
            Self::Xsha512(_) => Verb::Xsha512,
            Self::Md5(_) => Verb::Md5,
            Self::Mmd5(_) => Verb::Mmd5,
            Self::Pwd => Verb::Pwd,
            Self::Cwd(_) => Verb::Cwd,
            Self::Cdup => Verb::Cdup,
            Self::Smnt(_) => Verb::Smnt,
            Self::Mkd(_) => Verb::Mkd,
            Self::Dele(_) => Verb::Dele,
            Self::Rmd(_) => Verb::Rmd,
            Self::Rmda(_) => Verb::Rmda,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Abor => Verb::Abor,
            Self::Noop => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::Syst => Verb::Syst,
            Self::Stat(_) => Verb::Stat,
            Self::Site(_) => Verb::Site,
            Self::Help(_) => Verb::Help,
            Self::Other(word, _) => Verb::Other(*word),
        }
    }
}

/// Why a line is not a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// It does not begin with what can be the name of a command: 500.
    Verb(WordError),
    /// The verb needs an argument: 501.
    MissingArgument,
    /// The verb does not take this argument: 501 or 504.
    UnknownArgument,
    /// EPRT, with an address of a protocol other than IPv4 and IPv6: 522.
    UnknownProtocol,
    /// The argument holds what none may hold: 501.
    Argument(ArgumentError),
}

impl Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verb(error) => error.fmt(f),
            Self::MissingArgument => f.write_str("the command needs an argument"),
            Self::UnknownArgument => f.write_str("the command does not take this argument"),
            Self::UnknownProtocol => f.write_str("the address is neither IPv4 nor IPv6"),
            Self::Argument(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CommandError {}
