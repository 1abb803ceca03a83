//! Commands as they come, or are typed.

use alloc::vec::Vec;

use nom::{
    Parser as _,
    bytes::complete::{tag, take_till},
    combinator::{opt, rest},
    sequence::preceded,
};
use zeroize::Zeroizing;

use super::{
    Argument, ArgumentError, Command, CommandError, FileStructure, NewFacts, ProtectionLevel, Secret,
    TransferMode, UtcTime, Verb, Word,
};
use crate::codec::{
    Parsed,
    address::{AddressError, parse_eprt, parse_port},
    ascii::decimal,
    reply::IAC,
    time::Timestamp,
};

impl Command {
    /// Reads a command's line, with or without its line end; verbs in any case. A doubled 0xFF is one (RFC 854).
    ///
    /// # Errors
    ///
    /// [`CommandError`], for which a server has a reply of its own each.
    pub fn decode(line: &[u8]) -> Result<Self, CommandError> {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        read(line, |operand| Zeroizing::new(undouble(operand)))
    }

    /// Reads a command as a person types it, `SITE CHMOD 644 x` or `XFOO bar`: no line end, the verb in any case,
    /// spaces before it passed over. Everything after one space is the argument, as it is.
    ///
    /// # Errors
    ///
    /// [`CommandError`] says why it is not a command: the name cannot be one, the argument holds a control
    /// character, or the verb is known and does not take this argument.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, CommandError> {
        read(text.as_ref().trim_ascii_start(), |operand| Zeroizing::new(operand.to_vec()))
    }
}

/// `command = verb [ SP *OCTET ]`
fn command(line: &[u8]) -> Parsed<'_, (&[u8], Option<&[u8]>)> {
    (take_till(|b| b == b' '), opt(preceded(tag(" "), rest))).parse(line)
}

fn read(line: &[u8], plain: impl Fn(&[u8]) -> Zeroizing<Vec<u8>>) -> Result<Command, CommandError> {
    use CommandError::{MissingArgument, UnknownArgument};
    let (name, operand) = match command(line) {
        Ok((_, (name, operand))) => (name, operand),
        Err(_) => (line, None),
    };
    let verb = match Verb::known(name) {
        Some(verb) => verb,
        None => Verb::Other(Word::new(name).map_err(CommandError::Verb)?),
    };
    let operand = plain(operand.unwrap_or_default());
    let argument = |bytes: &[u8]| match Argument::new(bytes) {
        Err(ArgumentError::Empty) => Err(MissingArgument),
        other => other.map_err(CommandError::Argument),
    };
    let required = || argument(&operand);
    let optional = || if operand.is_empty() { Ok(None) } else { required().map(Some) };
    let secret = || Secret::new(&*operand).map_err(CommandError::Argument);
    let number = |bytes: &[u8]| decimal(bytes).ok_or(UnknownArgument);
    let keyword = |known: &[(&str, Command)]| {
        let found = known.iter().find(|(word, _)| operand.eq_ignore_ascii_case(word.as_bytes()));
        found.map(|(_, command)| command.clone()).ok_or(UnknownArgument)
    };
    let alone = |command: Command| if operand.is_empty() { Ok(command) } else { Err(UnknownArgument) };
    // The argument's first word, and all that is after the space.
    let halves = || {
        let at = operand.iter().position(|&b| b == b' ').ok_or(MissingArgument)?;
        Ok((&operand[..at], &operand[at + 1..]))
    };
    let timed = || {
        let (time, path) = halves()?;
        let time = Timestamp::parse(time).ok().and_then(UtcTime::new).ok_or(UnknownArgument)?;
        Ok((time, argument(path)?))
    };
    Ok(match verb {
        Verb::User => Command::User(required()?),
        Verb::Pass => Command::Pass(secret()?),
        Verb::Acct => Command::Acct(secret()?),
        Verb::Rein => alone(Command::Rein)?,
        Verb::Host => Command::Host(required()?),
        Verb::Clnt => Command::Clnt(required()?),
        Verb::Csid => Command::Csid(required()?),
        Verb::Lang => Command::Lang(optional()?),
        Verb::Auth => keyword(&[("TLS", Command::AuthTls), ("SSL", Command::AuthSsl)])?,
        Verb::Pbsz => Command::Pbsz(number(&operand)?.try_into().map_err(|_| UnknownArgument)?),
        Verb::Prot => keyword(&PROTECTION.map(|level| (level.as_str(), Command::Prot(level))))?,
        Verb::Ccc => alone(Command::Ccc)?,
        Verb::Feat => alone(Command::Feat)?,
        Verb::Opts => Command::Opts(required()?),
        Verb::Type => keyword(&[("I", Command::TypeImage), ("A", Command::TypeAscii)])?,
        Verb::Stru => keyword(&STRUCTURES.map(|structure| (structure.as_str(), Command::Stru(structure))))?,
        Verb::Mode => keyword(&MODES.map(|mode| (mode.as_str(), Command::Mode(mode))))?,
        Verb::Epsv => keyword(&[("", Command::Epsv), ("ALL", Command::EpsvAll)])?,
        // The name that is sent has a space in it.
        Verb::EpsvAll => alone(Command::EpsvAll)?,
        Verb::Pasv => alone(Command::Pasv)?,
        Verb::Eprt => Command::Eprt(parse_eprt(&operand).map_err(|error| match error {
            AddressError::UnknownProtocol(_) => CommandError::UnknownProtocol,
            _ => UnknownArgument,
        })?),
        Verb::Port => Command::Port(parse_port(&operand).map_err(|_| UnknownArgument)?),
        Verb::Pret => Command::Pret(required()?),
        Verb::Retr => Command::Retr(required()?),
        Verb::Stor => Command::Stor(required()?),
        Verb::Stou => Command::Stou(optional()?),
        Verb::Appe => Command::Appe(required()?),
        Verb::Allo => match halves() {
            Ok((size, record)) => {
                let (letter, record) = record.split_at_checked(2).ok_or(UnknownArgument)?;
                if !letter.eq_ignore_ascii_case(b"R ") {
                    return Err(UnknownArgument);
                }
                Command::Allo(number(size)?, Some(number(record)?))
            }
            Err(_) => Command::Allo(number(&operand)?, None),
        },
        Verb::Rest => Command::Rest(number(&operand)?),
        Verb::Rang => {
            let (first, last) = halves()?;
            Command::Rang(number(first)?, number(last)?)
        }
        Verb::Mlsd => Command::Mlsd(optional()?),
        Verb::Mlst => Command::Mlst(optional()?),
        Verb::List => Command::List(optional()?),
        Verb::Nlst => Command::Nlst(optional()?),
        Verb::Size => Command::Size(required()?),
        Verb::Dsiz => Command::Dsiz(optional()?),
        Verb::Avbl => Command::Avbl(optional()?),
        Verb::Mdtm => Command::Mdtm(required()?),
        Verb::Mfmt => {
            let (time, path) = timed()?;
            Command::Mfmt(time, path)
        }
        Verb::Mfct => {
            let (time, path) = timed()?;
            Command::Mfct(time, path)
        }
        Verb::Mff => {
            let (facts, path) = halves()?;
            Command::Mff(NewFacts::parse(facts).ok_or(UnknownArgument)?, argument(path)?)
        }
        Verb::Hash => Command::Hash(required()?),
        Verb::Xcrc => Command::Xcrc(required()?),
        Verb::Xmd5 => Command::Xmd5(required()?),
        Verb::Xsha => Command::Xsha(required()?),
        Verb::Xsha1 => Command::Xsha1(required()?),
        Verb::Xsha256 => Command::Xsha256(required()?),
        Verb::Xsha512 => Command::Xsha512(required()?),
        Verb::Md5 => Command::Md5(required()?),
        Verb::Mmd5 => Command::Mmd5(required()?),
        Verb::Pwd => alone(Command::Pwd)?,
        Verb::Cwd => Command::Cwd(required()?),
        Verb::Cdup => alone(Command::Cdup)?,
        Verb::Smnt => Command::Smnt(required()?),
        Verb::Mkd => Command::Mkd(required()?),
        Verb::Dele => Command::Dele(required()?),
        Verb::Rmd => Command::Rmd(required()?),
        Verb::Rmda => Command::Rmda(required()?),
        Verb::Rnfr => Command::Rnfr(required()?),
        Verb::Rnto => Command::Rnto(required()?),
        Verb::Abor => alone(Command::Abor)?,
        Verb::Noop => alone(Command::Noop)?,
        Verb::Quit => alone(Command::Quit)?,
        Verb::Syst => alone(Command::Syst)?,
        Verb::Stat => Command::Stat(optional()?),
        Verb::Site => Command::Site(required()?),
        Verb::Help => Command::Help(optional()?),
        Verb::Other(word) => Command::Other(word, optional()?),
    })
}

const PROTECTION: [ProtectionLevel; 4] =
    [ProtectionLevel::Clear, ProtectionLevel::Safe, ProtectionLevel::Confidential, ProtectionLevel::Private];
const STRUCTURES: [FileStructure; 3] = [FileStructure::File, FileStructure::Record, FileStructure::Page];
const MODES: [TransferMode; 4] =
    [TransferMode::Stream, TransferMode::Block, TransferMode::Compressed, TransferMode::Deflate];

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

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::codec::command::WordError;

    fn arg(text: &str) -> Argument {
        Argument::new(text).unwrap()
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
        assert_eq!(Command::decode(b"XYZZY"), Ok(Command::Other(Word::new("XYZZY").unwrap(), None)));
        assert_eq!(Command::decode(b"help"), Ok(Command::Help(None)));
        assert_eq!(Command::decode(b""), Err(CommandError::Verb(WordError::Empty)));
        let error = Command::decode(b"CWD a\rb").unwrap_err();
        assert_eq!(error.to_string(), "an argument has the control character 0x0d at position 1");
    }

    #[test]
    fn reads_what_people_type() {
        let typed = |text: &str| Command::parse(text);
        assert_eq!(typed("SITE CHMOD 644 x"), Ok(Command::Site(arg("CHMOD 644 x"))));
        assert_eq!(typed("  xfoo bar "), Ok(Command::Other(Word::new("XFOO").unwrap(), Some(arg("bar ")))));
        assert_eq!(typed("xfoo"), Ok(Command::Other(Word::new("XFOO").unwrap(), None)));
        assert_eq!(typed("allo 5 r 7"), Ok(Command::Allo(5, Some(7))));
        // What is typed is no Telnet.
        let twice = Argument::new(b"a\xff\xff").unwrap();
        assert_eq!(Command::parse(b"DELE a\xff\xff"), Ok(Command::Dele(twice)));
        for (text, says) in [
            ("", "there is no command"),
            ("DELE", "the command needs an argument"),
            ("SYST x", "the command does not take this argument"),
            ("X(Y) z", "the name of a command has no 0x28, as at position 1"),
            ("DELE a\r\nDELE b", "an argument has the control character 0x0d at position 1"),
            ("NOOP\r\nDELE b", "the name of a command has no 0x0d, as at position 4"),
            ("XFOO a\nb", "an argument has the control character 0x0a at position 1"),
            ("NOOP\n", "the name of a command has no 0x0a, as at position 4"),
            ("EPRT |3|x|1|", "the address is neither IPv4 nor IPv6"),
        ] {
            assert_eq!(typed(text).unwrap_err().to_string(), says, "{text:?}");
        }
    }

    #[test]
    fn what_has_a_form_of_its_own_is_of_that_form() {
        for line in [
            "MFMT 20200102030405",
            "MFMT 2020 a",
            "MFCT 20200102030405 ",
            "MFF UNIX.mode a",
            "MFF x=1 a",
            "MFF ;",
            "RANG 1",
            "RANG 1 2 3",
            "ALLO",
            "ALLO x",
            "ALLO 5 6",
            "ALLO 5 R",
            "ALLO 5 R x",
            "PORT 1,2,3,4,5",
            "EPRT |1|1.2.3.4|0|",
            "STRU X",
            "MODE",
            "REIN now",
            "CCC x",
        ] {
            assert!(Command::decode(line.as_bytes()).is_err(), "{line}");
        }
    }
}
