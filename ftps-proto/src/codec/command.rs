//! Commands, and which replies can be theirs. RFC 959 section 5.3 and 5.4, and the RFCs that add to them.

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
    reply::{Code, IAC},
};

/// A command's argument: at least one byte, and no ASCII control character, so that it cannot end its line early.
///
/// Not necessarily UTF-8: it is what the server calls the thing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Argument(Vec<u8>);

impl Argument {
    /// Checks and copies `bytes`.
    ///
    /// # Errors
    ///
    /// [`ArgumentError`] names the byte that may not be sent.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        let bytes = bytes.as_ref();
        if bytes.is_empty() {
            return Err(ArgumentError::Empty);
        }
        printable(bytes)?;
        Ok(Self(bytes.to_vec()))
    }

    /// The bytes, as they were given.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Escaped(&self.0).fmt(f)
    }
}

impl fmt::Debug for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// A password or account: what [`Argument`] takes, or nothing. Never shown, and zeroized when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Checks and copies `bytes`. An empty password is one that servers ask for.
    ///
    /// # Errors
    ///
    /// [`ArgumentError::Control`], which tells one byte of the secret: a control character.
    pub fn new(bytes: impl AsRef<[u8]>) -> Result<Self, ArgumentError> {
        printable(bytes.as_ref())?;
        Ok(Self(Zeroizing::new(bytes.as_ref().to_vec())))
    }

    /// The secret.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Why bytes cannot be an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArgumentError {
    /// There are none.
    Empty,
    /// A control character would end the command, or mean something to Telnet.
    Control {
        /// The character.
        byte: u8,
        /// How many bytes are before it.
        position: usize,
    },
}

impl Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an argument is empty"),
            Self::Control { byte, position } => {
                write!(f, "an argument has the control character 0x{byte:02x} at position {position}")
            }
        }
    }
}

impl core::error::Error for ArgumentError {}

fn printable(bytes: &[u8]) -> Result<(), ArgumentError> {
    match bytes.iter().position(u8::is_ascii_control) {
        Some(position) => Err(ArgumentError::Control { byte: bytes[position], position }),
        None => Ok(()),
    }
}

/// How the data connection is protected. RFC 2228 section 3, `PROT`; over TLS only `C` and `P` (RFC 4217 section 9).
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

macro_rules! verbs {
    ($($name:ident $text:literal $rfc:literal,)*) => {
        /// What a command asks for, without its argument.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = concat!("`", $text, "`: ", $rfc, ".")] $name,)*
        }

        impl Verb {
            /// As sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            fn from_bytes(bytes: &[u8]) -> Option<Self> {
                [$(Self::$name),*].into_iter().find(|verb| bytes.eq_ignore_ascii_case(verb.as_str().as_bytes()))
            }
        }
    };
}

verbs! {
    Abor "ABOR" "RFC 959 section 4.1.3",
    Acct "ACCT" "RFC 959 section 4.1.1",
    Appe "APPE" "RFC 959 section 4.1.3",
    Auth "AUTH" "RFC 2228 section 3",
    Cdup "CDUP" "RFC 959 section 4.1.1",
    Cwd "CWD" "RFC 959 section 4.1.1",
    Dele "DELE" "RFC 959 section 4.1.3",
    Epsv "EPSV" "RFC 2428 section 3",
    EpsvAll "EPSV ALL" "RFC 2428 section 4, a verb of its own because its replies differ",
    Feat "FEAT" "RFC 2389 section 3",
    Help "HELP" "RFC 959 section 4.1.3",
    List "LIST" "RFC 959 section 4.1.3",
    Mdtm "MDTM" "RFC 3659 section 3",
    Mkd "MKD" "RFC 959 section 4.1.3",
    Mlsd "MLSD" "RFC 3659 section 7",
    Mlst "MLST" "RFC 3659 section 7",
    Nlst "NLST" "RFC 959 section 4.1.3",
    Noop "NOOP" "RFC 959 section 4.1.3",
    Opts "OPTS" "RFC 2389 section 4",
    Pass "PASS" "RFC 959 section 4.1.1",
    Pasv "PASV" "RFC 959 section 4.1.2",
    Pbsz "PBSZ" "RFC 2228 section 3",
    Prot "PROT" "RFC 2228 section 3",
    Pwd "PWD" "RFC 959 section 4.1.3",
    Quit "QUIT" "RFC 959 section 4.1.1",
    Rest "REST" "RFC 3659 section 5",
    Retr "RETR" "RFC 959 section 4.1.3",
    Rmd "RMD" "RFC 959 section 4.1.3",
    Rnfr "RNFR" "RFC 959 section 4.1.3",
    Rnto "RNTO" "RFC 959 section 4.1.3",
    Site "SITE" "RFC 959 section 4.1.3",
    Size "SIZE" "RFC 3659 section 4",
    Stat "STAT" "RFC 959 section 4.1.3",
    Stor "STOR" "RFC 959 section 4.1.3",
    Syst "SYST" "RFC 959 section 4.1.3",
    Type "TYPE" "RFC 959 section 4.1.2",
    User "USER" "RFC 959 section 4.1.1",
}

impl Verb {
    /// Whether it moves data over a data connection.
    pub const fn is_transfer(self) -> bool {
        matches!(self, Self::Retr | Self::Stor | Self::Appe | Self::List | Self::Nlst | Self::Mlsd)
    }

    /// Whether a reply with `code` can be this command's own, while the replies to other commands are awaited too.
    ///
    /// Servers answer out of order (a queued EPSV before the 226 of the transfer it waits behind, for one), so this is
    /// strict where one reply could be taken for another: RFC 959 section 5.4, RFC 2228 section 5 and RFC 4217 (AUTH,
    /// PBSZ, PROT), RFC 2389 (FEAT, OPTS), RFC 2428 (EPSV), RFC 3659 (MDTM, SIZE, REST, MLST, MLSD), with the 200 that
    /// servers send for the 250 of a directory command. Any command can be refused, with any 4yz or 5yz but 425 and
    /// 426: only a transfer has a data connection to lose. 421 can be the answer to anything.
    pub const fn accepts(self, code: Code) -> bool {
        let code = code.get();
        match code {
            425 | 426 => return self.is_transfer(),
            400..=599 => return true,
            _ => {}
        }
        match self {
            Self::Retr | Self::Stor | Self::Appe | Self::List | Self::Nlst | Self::Mlsd => {
                matches!(code, 110 | 125 | 150 | 226 | 250)
            }
            Self::Abor => matches!(code, 225 | 226),
            Self::Acct => matches!(code, 202 | 230),
            Self::Auth => matches!(code, 234 | 334),
            Self::Cwd | Self::Cdup | Self::Dele | Self::Rmd | Self::Rnto => matches!(code, 200 | 250),
            Self::Epsv => code == 229,
            Self::EpsvAll => code == 200,
            Self::Feat => code == 211,
            Self::Help => matches!(code, 211 | 214),
            Self::Mdtm | Self::Size => code == 213,
            Self::Mkd => matches!(code, 250 | 257),
            Self::Mlst => code == 250,
            Self::Noop | Self::Opts | Self::Pbsz | Self::Prot | Self::Type => matches!(code, 200 | 202),
            Self::Pass => matches!(code, 202 | 230 | 232 | 332),
            Self::Pasv => code == 227,
            Self::Pwd => code == 257,
            Self::Quit => code == 221,
            Self::Rest | Self::Rnfr => code == 350,
            // Its 2yz are the server's own affair.
            Self::Site => matches!(code, 200 | 202 | 211 | 214 | 250),
            Self::Stat => matches!(code, 211..=213),
            Self::Syst => code == 215,
            Self::User => matches!(code, 230 | 232 | 331 | 332),
        }
    }
}

impl Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
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
        out.extend_from_slice(self.verb().as_str().as_bytes());
        match self.operand() {
            Operand::None => {}
            Operand::Bytes(bytes) | Operand::Secret(bytes) => {
                out.push(b' ');
                for &b in bytes {
                    out.push(b);
                    if b == IAC {
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
    fn no_argument_ends_its_line() {
        for byte in (0..0x20).chain([0x7f]) {
            let error = ArgumentError::Control { byte, position: 1 };
            assert_eq!(Argument::new([b'a', byte, b'b']), Err(error));
            assert_eq!(Secret::new([b'a', byte, b'b']), Err(error));
        }
        assert_eq!(Argument::new(""), Err(ArgumentError::Empty));
        assert!(Argument::new([0x80, 0xff]).is_ok());
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
        assert!(matches!(Command::decode(b"CWD a\rb"), Err(CommandError::Argument(_))));
    }

    #[test]
    fn overlapping_commands_do_not_take_each_others_replies() {
        let own = |verb: Verb| {
            (100..700)
                .filter(|&n| !matches!(n, 400..=599))
                .filter(move |&n| verb.accepts(Code::new(n).unwrap()))
        };
        assert!(own(Verb::Retr).eq([110, 125, 150, 226, 250]));
        assert!(own(Verb::Epsv).eq([229]));
        assert!(own(Verb::Pwd).eq([257]));
        assert!(own(Verb::Noop).eq([200, 202]));
        assert!(own(Verb::User).eq([230, 232, 331, 332]));
        assert!(own(Verb::Auth).eq([234, 334]));
        for (verb, lost) in [(Verb::Stor, true), (Verb::Noop, false), (Verb::Abor, false)] {
            assert_eq!(verb.accepts(Code::new(426).unwrap()), lost);
            assert!([421, 451, 452, 500, 552].into_iter().all(|n| verb.accepts(Code::new(n).unwrap())));
        }
    }
}
