//! Commands. RFC 959 section 5.3, and the RFCs that add to it.

use alloc::vec::Vec;
use core::fmt::{self, Display, Write as _};

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while1},
    combinator::{opt, rest},
    sequence::preceded,
};
use zeroize::Zeroizing;

use super::{
    Parsed,
    ascii::{Escaped, Text, decimal},
    reply::IAC,
};
pub use super::{
    argument::{Argument, ArgumentError, Secret},
    verb::Verb,
};

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
    /// Start TLS. RFC 4217 section 4.
    AuthTls,
    /// The same by its old name, which also protects the data connection.
    AuthSsl,
    /// The protection buffer size: 0 over TLS. RFC 4217 section 8.
    Pbsz(u32),
    /// How to protect the data connection.
    Prot(ProtectionLevel),
    /// What the server adds to RFC 959.
    Feat,
    /// An option of a command.
    Opts(Argument),
    /// Transfer bytes as they are.
    TypeImage,
    /// Transfer text with CR LF line ends.
    TypeAscii,
    /// Listen for the data connection, on the address of this one.
    Epsv,
    /// Nothing but EPSV will follow, a firewall may rely on it.
    EpsvAll,
    /// Listen for the data connection, IPv4.
    Pasv,
    /// Download.
    Retr(Argument),
    /// Upload.
    Stor(Argument),
    /// Upload behind what is there.
    Appe(Argument),
    /// Begin the next transfer at this byte.
    Rest(u64),
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
    /// The time of modification.
    Mdtm(Argument),
    /// The working directory.
    Pwd,
    /// Change it.
    Cwd(Argument),
    /// Change to its parent.
    Cdup,
    /// Make a directory.
    Mkd(Argument),
    /// Delete a file.
    Dele(Argument),
    /// Remove a directory.
    Rmd(Argument),
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
    /// Help.
    Help,
}

/// What stands behind the verb.
enum Operand<'a> {
    None,
    Bytes(&'a [u8]),
    Secret(&'a [u8]),
    Number(u64),
}

impl Command {
    /// Without the argument.
    pub const fn verb(&self) -> Verb {
        match self {
            Self::User(_) => Verb::User,
            Self::Pass(_) => Verb::Pass,
            Self::Acct(_) => Verb::Acct,
            Self::AuthTls | Self::AuthSsl => Verb::Auth,
            Self::Pbsz(_) => Verb::Pbsz,
            Self::Prot(_) => Verb::Prot,
            Self::Feat => Verb::Feat,
            Self::Opts(_) => Verb::Opts,
            Self::TypeImage | Self::TypeAscii => Verb::Type,
            Self::Epsv => Verb::Epsv,
            Self::EpsvAll => Verb::EpsvAll,
            Self::Pasv => Verb::Pasv,
            Self::Retr(_) => Verb::Retr,
            Self::Stor(_) => Verb::Stor,
            Self::Appe(_) => Verb::Appe,
            Self::Rest(_) => Verb::Rest,
            Self::Mlsd(_) => Verb::Mlsd,
            Self::Mlst(_) => Verb::Mlst,
            Self::List(_) => Verb::List,
            Self::Nlst(_) => Verb::Nlst,
            Self::Size(_) => Verb::Size,
            Self::Mdtm(_) => Verb::Mdtm,
            Self::Pwd => Verb::Pwd,
            Self::Cwd(_) => Verb::Cwd,
            Self::Cdup => Verb::Cdup,
            Self::Mkd(_) => Verb::Mkd,
            Self::Dele(_) => Verb::Dele,
            Self::Rmd(_) => Verb::Rmd,
            Self::Rnfr(_) => Verb::Rnfr,
            Self::Rnto(_) => Verb::Rnto,
            Self::Abor => Verb::Abor,
            Self::Noop => Verb::Noop,
            Self::Quit => Verb::Quit,
            Self::Syst => Verb::Syst,
            Self::Stat(_) => Verb::Stat,
            Self::Site(_) => Verb::Site,
            Self::Help => Verb::Help,
        }
    }

    fn operand(&self) -> Operand<'_> {
        match self {
            Self::User(a)
            | Self::Opts(a)
            | Self::Retr(a)
            | Self::Stor(a)
            | Self::Appe(a)
            | Self::Size(a)
            | Self::Mdtm(a)
            | Self::Cwd(a)
            | Self::Mkd(a)
            | Self::Dele(a)
            | Self::Rmd(a)
            | Self::Rnfr(a)
            | Self::Rnto(a)
            | Self::Site(a)
            | Self::Mlsd(Some(a))
            | Self::Mlst(Some(a))
            | Self::List(Some(a))
            | Self::Nlst(Some(a))
            | Self::Stat(Some(a)) => Operand::Bytes(a.as_bytes()),
            Self::Pass(secret) | Self::Acct(secret) => Operand::Secret(secret.as_bytes()),
            Self::AuthTls => Operand::Bytes(b"TLS"),
            Self::AuthSsl => Operand::Bytes(b"SSL"),
            Self::TypeImage => Operand::Bytes(b"I"),
            Self::TypeAscii => Operand::Bytes(b"A"),
            Self::Prot(level) => Operand::Bytes(level.as_str().as_bytes()),
            Self::Pbsz(size) => Operand::Number((*size).into()),
            Self::Rest(offset) => Operand::Number(*offset),
            _ => Operand::None,
        }
    }

    /// Appends `verb [ SP argument ] CRLF`, every 0xFF in the argument doubled (RFC 854).
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_for(true, out);
    }

    /// The same for a server that undoes the doubling, or takes what comes as it is.
    pub(crate) fn encode_for(&self, telnet: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(self.verb().as_str().as_bytes());
        match self.operand() {
            Operand::None => {}
            Operand::Bytes(bytes) | Operand::Secret(bytes) => {
                out.push(b' ');
                for &b in bytes {
                    out.push(b);
                    if telnet && b == IAC {
                        out.push(IAC);
                    }
                }
            }
            Operand::Number(number) => {
                let _ = write!(Text(out), " {number}");
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// How many bytes [`encode`](Self::encode) appends at most.
    pub(crate) fn encoded_len(&self) -> usize {
        // A space, a number of 64 bits, CR LF.
        let operand = match self.operand() {
            Operand::Bytes(bytes) | Operand::Secret(bytes) => 2 * bytes.len(),
            Operand::None | Operand::Number(_) => 20,
        };
        self.verb().as_str().len() + 1 + operand + 2
    }

    /// Reads a command's line, with or without its line end; verbs in any case.
    ///
    /// # Errors
    ///
    /// [`CommandError`], for which a server has a reply of its own each.
    pub fn decode(line: &[u8]) -> Result<Self, CommandError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let (_, (verb, operand)) = command(line).map_err(|_| CommandError::UnknownVerb)?;
        let verb = Verb::from_bytes(verb).ok_or(CommandError::UnknownVerb)?;
        let operand = Zeroizing::new(undouble(operand.unwrap_or_default()));
        let required = || match Argument::new(&*operand) {
            Err(ArgumentError::Empty) => Err(CommandError::MissingArgument),
            other => other.map_err(CommandError::Argument),
        };
        let optional = || if operand.is_empty() { Ok(None) } else { required().map(Some) };
        let secret = || Secret::new(&*operand).map_err(CommandError::Argument);
        let number = || decimal(&operand).ok_or(CommandError::UnknownArgument);
        let keyword = |known: &[(&str, Self)]| {
            let found = known.iter().find(|(word, _)| operand.eq_ignore_ascii_case(word.as_bytes()));
            found.map(|(_, command)| command.clone()).ok_or(CommandError::UnknownArgument)
        };
        Ok(match verb {
            Verb::User => Self::User(required()?),
            Verb::Pass => Self::Pass(secret()?),
            Verb::Acct => Self::Acct(secret()?),
            Verb::Auth => keyword(&[("TLS", Self::AuthTls), ("SSL", Self::AuthSsl)])?,
            Verb::Pbsz => Self::Pbsz(number()?.try_into().map_err(|_| CommandError::UnknownArgument)?),
            Verb::Prot => keyword(
                &[
                    ProtectionLevel::Clear,
                    ProtectionLevel::Safe,
                    ProtectionLevel::Confidential,
                    ProtectionLevel::Private,
                ]
                .map(|level| (level.as_str(), Self::Prot(level))),
            )?,
            Verb::Opts => Self::Opts(required()?),
            Verb::Type => keyword(&[("I", Self::TypeImage), ("A", Self::TypeAscii)])?,
            Verb::Epsv | Verb::EpsvAll => keyword(&[("", Self::Epsv), ("ALL", Self::EpsvAll)])?,
            Verb::Retr => Self::Retr(required()?),
            Verb::Stor => Self::Stor(required()?),
            Verb::Appe => Self::Appe(required()?),
            Verb::Rest => Self::Rest(number()?),
            Verb::Mlsd => Self::Mlsd(optional()?),
            Verb::Mlst => Self::Mlst(optional()?),
            Verb::List => Self::List(optional()?),
            Verb::Nlst => Self::Nlst(optional()?),
            Verb::Size => Self::Size(required()?),
            Verb::Mdtm => Self::Mdtm(required()?),
            Verb::Cwd => Self::Cwd(required()?),
            Verb::Mkd => Self::Mkd(required()?),
            Verb::Dele => Self::Dele(required()?),
            Verb::Rmd => Self::Rmd(required()?),
            Verb::Rnfr => Self::Rnfr(required()?),
            Verb::Rnto => Self::Rnto(required()?),
            Verb::Stat => Self::Stat(optional()?),
            Verb::Site => Self::Site(required()?),
            Verb::Feat => keyword(&[("", Self::Feat)])?,
            Verb::Pasv => keyword(&[("", Self::Pasv)])?,
            Verb::Pwd => keyword(&[("", Self::Pwd)])?,
            Verb::Cdup => keyword(&[("", Self::Cdup)])?,
            Verb::Abor => keyword(&[("", Self::Abor)])?,
            Verb::Noop => keyword(&[("", Self::Noop)])?,
            Verb::Quit => keyword(&[("", Self::Quit)])?,
            Verb::Syst => keyword(&[("", Self::Syst)])?,
            Verb::Help => keyword(&[("", Self::Help)])?,
        })
    }
}

/// `command = 1*ALPHA [ SP *OCTET ]`
fn command(line: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    (take_while1(|b: u8| b.is_ascii_alphabetic()), opt(preceded(tag(" "), rest))).parse(line)
}

fn undouble(bytes: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied().peekable();
    while let Some(b) = bytes.next() {
        plain.push(b);
        if b == IAC {
            bytes.next_if_eq(&IAC);
        }
    }
    plain
}

impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.verb().fmt(f)?;
        match self.operand() {
            Operand::None => Ok(()),
            Operand::Bytes(bytes) => write!(f, " {}", Escaped(bytes)),
            Operand::Secret(_) => f.write_str(" ***"),
            Operand::Number(number) => write!(f, " {number}"),
        }
    }
}

/// Why a line is no command that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CommandError {
    /// No such verb: 500 or 502.
    UnknownVerb,
    /// The verb needs an argument: 501.
    MissingArgument,
    /// The verb does not take this argument: 501 or 504.
    UnknownArgument,
    /// The argument holds what none may hold: 501.
    Argument(ArgumentError),
}

impl Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownVerb => f.write_str("unknown command"),
            Self::MissingArgument => f.write_str("the command needs an argument"),
            Self::UnknownArgument => f.write_str("the command does not take this argument"),
            Self::Argument(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for CommandError {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    fn arg(text: &str) -> Argument {
        Argument::new(text).unwrap()
    }

    #[test]
    fn encodes_for_telnet() {
        let mut out = Vec::new();
        Command::Retr(Argument::new(b" a\xff").unwrap()).encode(&mut out);
        Command::Rest(5).encode(&mut out);
        Command::EpsvAll.encode(&mut out);
        Command::Pass(Secret::new("").unwrap()).encode(&mut out);
        assert_eq!(out, b"RETR  a\xff\xff\r\nREST 5\r\nEPSV ALL\r\nPASS \r\n");
    }

    #[test]
    fn there_is_room_for_all_of_a_password() {
        // A vector that grows leaves a copy of it behind.
        for command in [
            Command::Pass(Secret::new([0xff; 30]).unwrap()),
            Command::Retr(Argument::new([0xff; 30]).unwrap()),
            Command::Rest(u64::MAX),
            Command::EpsvAll,
            Command::Quit,
        ] {
            let mut out = Vec::new();
            command.encode(&mut out);
            assert!(out.len() <= command.encoded_len(), "{command}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let pass = Command::Pass(Secret::new("hunter2").unwrap());
        assert_eq!(pass.to_string(), "PASS ***");
        assert_eq!(format!("{pass:?}"), "Pass(***)");
        assert_eq!(Command::Cwd(arg("a\u{202e}b")).to_string(), "CWD a\\u{202e}b");
    }

    #[test]
    fn reads_what_clients_send() {
        assert_eq!(Command::decode(b"retr  a b \r\n"), Ok(Command::Retr(arg(" a b "))));
        assert_eq!(Command::decode(b"list"), Ok(Command::List(None)));
        assert_eq!(Command::decode(b"Auth tls\n"), Ok(Command::AuthTls));
        assert_eq!(Command::decode(b"EPSV all"), Ok(Command::EpsvAll));
        assert_eq!(Command::decode(b"RETR"), Err(CommandError::MissingArgument));
        assert_eq!(Command::decode(b"EPSV 2"), Err(CommandError::UnknownArgument));
        assert_eq!(Command::decode(b"REST 18446744073709551616"), Err(CommandError::UnknownArgument));
        assert_eq!(Command::decode(b"QUIT now"), Err(CommandError::UnknownArgument));
        assert_eq!(Command::decode(b"XYZZY"), Err(CommandError::UnknownVerb));
        assert_eq!(Command::decode(b""), Err(CommandError::UnknownVerb));
        let error = Command::decode(b"CWD a\rb").unwrap_err();
        assert_eq!(error.to_string(), "an argument has the control character 0x0d at position 1");
        assert_eq!(CommandError::UnknownVerb.to_string(), "unknown command");
    }
}
