//! Commands as they are sent and shown.

use alloc::vec::Vec;
use core::fmt::{self, Display, Write as _};

use super::{ArgumentError, Command, NewFacts, UtcTime};
use crate::codec::{
    address::{HostPort, NetAddress},
    ascii::{Escaped, Text},
    encoding::Encoding,
    reply::IAC,
};

/// What stands after the verb.
enum Operand<'a> {
    None,
    Bytes(&'a [u8]),
    Secret(&'a [u8]),
    Number(u64),
    Numbers(u64, u64),
    /// `ALLO`'s, with a letter between.
    Records(u64, u64),
    NetAddress(&'a NetAddress),
    HostPort(&'a HostPort),
    Time(&'a UtcTime, &'a [u8]),
    Facts(&'a NewFacts, &'a [u8]),
}

/// The part of an operand that has a form of its own, always ASCII. Bytes may follow.
impl Display for Operand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None | Self::Bytes(_) | Self::Secret(_) => Ok(()),
            Self::Number(number) => write!(f, " {number}"),
            Self::Numbers(first, second) => write!(f, " {first} {second}"),
            Self::Records(size, record) => write!(f, " {size} R {record}"),
            Self::NetAddress(endpoint) => write!(f, " {endpoint}"),
            Self::HostPort(address) => write!(f, " {address}"),
            Self::Time(time, _) => write!(f, " {time}"),
            Self::Facts(..) => Ok(()),
        }
    }
}

/// Longest form of its own: that of an IPv6 address in [`NetAddress`].
const FORM: usize = 64;

impl<'a> Operand<'a> {
    /// What follows that form, each after a space.
    fn bytes(&self) -> impl Iterator<Item = &'a [u8]> {
        let (first, second) = match self {
            Self::Bytes(bytes) | Self::Secret(bytes) | Self::Time(_, bytes) => (Some(*bytes), None),
            Self::Facts(facts, path) => (Some(facts.as_bytes()), Some(*path)),
            _ => (None, None),
        };
        first.into_iter().chain(second)
    }
}

impl Command {
    fn operand(&self) -> Operand<'_> {
        match self {
            Self::User(a)
            | Self::Host(a)
            | Self::Clnt(a)
            | Self::Csid(a)
            | Self::Opts(a)
            | Self::Pret(a)
            | Self::Retr(a)
            | Self::Stor(a)
            | Self::Appe(a)
            | Self::Size(a)
            | Self::Mdtm(a)
            | Self::Hash(a)
            | Self::Xcrc(a)
            | Self::Xmd5(a)
            | Self::Xsha(a)
            | Self::Xsha1(a)
            | Self::Xsha256(a)
            | Self::Xsha512(a)
            | Self::Md5(a)
            | Self::Mmd5(a)
            | Self::Cwd(a)
            | Self::Smnt(a)
            | Self::Mkd(a)
            | Self::Dele(a)
            | Self::Rmd(a)
            | Self::Rmda(a)
            | Self::Rnfr(a)
            | Self::Rnto(a)
            | Self::Site(a)
            | Self::Lang(Some(a))
            | Self::Stou(Some(a))
            | Self::Mlsd(Some(a))
            | Self::Mlst(Some(a))
            | Self::List(Some(a))
            | Self::Nlst(Some(a))
            | Self::Dsiz(Some(a))
            | Self::Avbl(Some(a))
            | Self::Stat(Some(a))
            | Self::Help(Some(a))
            | Self::Other(_, Some(a)) => Operand::Bytes(a.as_bytes()),
            Self::Pass(secret) | Self::Acct(secret) => Operand::Secret(secret.as_bytes()),
            Self::AuthTls => Operand::Bytes(b"TLS"),
            Self::AuthSsl => Operand::Bytes(b"SSL"),
            Self::TypeImage => Operand::Bytes(b"I"),
            Self::TypeAscii => Operand::Bytes(b"A"),
            Self::Prot(level) => Operand::Bytes(level.as_str().as_bytes()),
            Self::Stru(structure) => Operand::Bytes(structure.as_str().as_bytes()),
            Self::Mode(mode) => Operand::Bytes(mode.as_str().as_bytes()),
            Self::Pbsz(size) => Operand::Number((*size).into()),
            Self::Rest(number) | Self::Allo(number, None) => Operand::Number(*number),
            Self::Allo(size, Some(record)) => Operand::Records(*size, *record),
            Self::Rang(first, last) => Operand::Numbers(*first, *last),
            Self::Eprt(endpoint) => Operand::NetAddress(endpoint),
            Self::Port(address) => Operand::HostPort(address),
            Self::Mfmt(time, path) | Self::Mfct(time, path) => Operand::Time(time, path.as_bytes()),
            Self::Mff(facts, path) => Operand::Facts(facts, path.as_bytes()),
            // The verb says it all, or the argument is absent.
            Self::Rein
            | Self::Ccc
            | Self::Feat
            | Self::Epsv
            | Self::EpsvAll
            | Self::Pasv
            | Self::Pwd
            | Self::Cdup
            | Self::Abor
            | Self::Noop
            | Self::Quit
            | Self::Syst
            | Self::Lang(None)
            | Self::Stou(None)
            | Self::Mlsd(None)
            | Self::Mlst(None)
            | Self::List(None)
            | Self::Nlst(None)
            | Self::Dsiz(None)
            | Self::Avbl(None)
            | Self::Stat(None)
            | Self::Help(None)
            | Self::Other(_, None) => Operand::None,
        }
    }

    /// Appends `verb [ SP argument ] CRLF`, every 0xFF in the argument doubled (RFC 854).
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.encode_for(true, None, out);
    }

    /// The same for a server that undoes the doubling, or takes what comes as it is, and whose names are of this charset.
    pub(crate) fn encode_for(&self, telnet: bool, encoding: Option<&Encoding>, out: &mut Vec<u8>) {
        let operand = self.operand();
        let _ = write!(Text(out), "{}{operand}", self.verb());
        for bytes in operand.bytes() {
            out.push(b' ');
            // One that cannot be encoded was refused before: see `check`.
            let encoded = encoding.filter(|_| self.names()).and_then(|encoding| encoding.path(bytes).ok());
            for &b in encoded.as_deref().unwrap_or(bytes) {
                out.push(b);
                if telnet && b == IAC {
                    out.push(IAC);
                }
            }
        }
        out.extend_from_slice(b"\r\n");
    }

    /// Whether what stands after the verb may name files.
    fn names(&self) -> bool {
        !matches!(self, Self::User(_) | Self::Pass(_) | Self::Acct(_))
    }

    /// Whether what stands after the verb can be sent in this charset.
    pub(crate) fn check(&self, encoding: &Encoding) -> Result<(), ArgumentError> {
        let operand = self.operand();
        let mut parts = operand.bytes().filter(|_| self.names());
        parts.try_for_each(|bytes| encoding.path(bytes).map(drop))
    }

    /// How many bytes [`encode`](Self::encode) appends at most.
    pub(crate) fn encoded_len(&self) -> usize {
        let bytes: usize = self.operand().bytes().map(|bytes| 1 + 2 * bytes.len()).sum();
        self.verb().as_str().len() + FORM + bytes + 2
    }
}

impl Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operand = self.operand();
        write!(f, "{}{operand}", self.verb())?;
        if let Operand::Secret(_) = operand {
            return f.write_str(" ***");
        }
        operand.bytes().try_for_each(|bytes| write!(f, " {}", Escaped(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};
    use core::num::NonZeroU16;

    use super::*;
    use crate::codec::{
        command::{Argument, Secret, Word},
        time::Timestamp,
    };

    fn arg(text: &str) -> Argument {
        Argument::new(text).unwrap()
    }

    fn eprt() -> Command {
        let addr = [0x1111; 8].into();
        Command::Eprt(NetAddress { addr, port: NonZeroU16::MAX })
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
    fn encodes_what_has_a_form_of_its_own() {
        let time = UtcTime::new(Timestamp::parse(b"20200102030405").unwrap()).unwrap();
        for (command, line) in [
            (Command::Allo(5, None), "ALLO 5"),
            (Command::Allo(5, Some(7)), "ALLO 5 R 7"),
            (Command::Rang(10, 20), "RANG 10 20"),
            (Command::Mfmt(time, arg("a b")), "MFMT 20200102030405 a b"),
            (
                Command::Mff(NewFacts::new("UNIX.mode", "0644").unwrap(), arg("a b")),
                "MFF UNIX.mode=0644; a b",
            ),
            (Command::Stou(None), "STOU"),
            (Command::Other(Word::new("xfoo").unwrap(), Some(arg("bar"))), "XFOO bar"),
            (eprt(), "EPRT |2|1111:1111:1111:1111:1111:1111:1111:1111|65535|"),
        ] {
            let mut out = Vec::new();
            command.encode(&mut out);
            assert_eq!(out, format!("{line}\r\n").as_bytes());
            assert_eq!(command.to_string(), line);
        }
    }

    #[test]
    fn there_is_room_for_all_of_a_password() {
        // A vector that grows leaves a copy of it behind.
        for command in [
            Command::Pass(Secret::new([0xff; 30]).unwrap()),
            Command::Retr(Argument::new([0xff; 30]).unwrap()),
            Command::Rest(u64::MAX),
            Command::EpsvAll,
            Command::Allo(u64::MAX, Some(u64::MAX)),
            Command::Rang(u64::MAX, u64::MAX),
            eprt(),
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
}
