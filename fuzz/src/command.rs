//! Commands.

use arbitrary::{Result, Unstructured};
use ftps_proto::codec::command::{FileStructure, NewFacts, TransferMode, UtcTime};
use ftps_proto::codec::time::{TimeOfDay, Timestamp};
use ftps_proto::codec::{Argument, Command, HostPort, NetAddress, ProtectionLevel, Secret, Word};

/// Input: what kind of command, and its parts; or a line, as it comes or is typed.
///
/// Holds: what is written has one CR LF, at its end, and no other control character; it is read again as what it was; it
/// shows no secret.
pub fn command(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    if let Ok(Some(command)) = parts(*kind, &mut Unstructured::new(rest)) {
        check(&command);
        return;
    }
    for command in [Command::decode(rest), Command::parse(rest)].into_iter().flatten() {
        check(&command);
    }
}

fn check(command: &Command) {
    let mut line = Vec::new();
    command.encode(&mut line);
    let text = line.strip_suffix(b"\r\n");
    assert!(text.is_some_and(|text| !text.iter().any(u8::is_ascii_control)), "{command:?} is {line:?}");
    assert_eq!(Command::decode(&line).as_ref(), Ok(command), "{line:?}");
    let shown = |command: &Command| format!("{command} {command:?}");
    match command {
        Command::Pass(_) => assert_eq!(shown(command), shown(&Command::Pass(secret(b"other")))),
        Command::Acct(_) => assert_eq!(shown(command), shown(&Command::Acct(secret(b"other")))),
        command => assert!(!shown(command).contains(['\r', '\n', '\u{1b}'])),
    }
}

fn secret(bytes: &[u8]) -> Secret {
    Secret::new(bytes).unwrap_or_else(|_| unreachable!("no control character"))
}

/// A command of parts that cannot all be typed; none of the rest, or where a part cannot be.
fn parts(kind: u8, from: &mut Unstructured<'_>) -> Result<Option<Command>> {
    Ok(match kind {
        0 => bytes(from)?.map(Command::User),
        1 => Some(Command::Rest(from.arbitrary()?)),
        2 => Some(Command::Allo(from.arbitrary()?, from.arbitrary()?)),
        3 => Some(Command::Rang(from.arbitrary()?, from.arbitrary()?)),
        4 => Some(Command::Pbsz(from.arbitrary()?)),
        5 => Some(Command::Eprt(NetAddress { addr: from.arbitrary()?, port: from.arbitrary()? })),
        6 => Some(Command::Port(HostPort { addr: from.arbitrary()?, port: from.arbitrary()? })),
        7 => match (time(from)?, bytes(from)?) {
            (Some(time), Some(path)) => Some(Command::Mfmt(time, path)),
            _ => None,
        },
        8 => match (facts(from)?, bytes(from)?) {
            (Some(facts), Some(path)) => Some(Command::Mff(facts, path)),
            _ => None,
        },
        9 => {
            let word = Word::new(from.arbitrary::<&[u8]>()?);
            let argument = bytes(from)?;
            word.ok().map(|word| Command::Other(word, argument))
        }
        10 => Secret::new(from.arbitrary::<&[u8]>()?).ok().map(Command::Pass),
        11 => Secret::new(from.arbitrary::<&[u8]>()?).ok().map(Command::Acct),
        12 => bytes(from)?.map(|path| Command::Mlsd(Some(path))),
        13 => Some(Command::List(bytes(from)?)),
        14 => bytes(from)?.map(Command::Site),
        15 => {
            use {FileStructure as Structure, ProtectionLevel as Level, TransferMode as Mode};
            let fixed = [
                Command::AuthTls,
                Command::AuthSsl,
                Command::Prot(Level::Clear),
                Command::Prot(Level::Safe),
                Command::Prot(Level::Confidential),
                Command::Prot(Level::Private),
                Command::Stru(Structure::File),
                Command::Stru(Structure::Record),
                Command::Stru(Structure::Page),
                Command::Mode(Mode::Stream),
                Command::Mode(Mode::Block),
                Command::Mode(Mode::Compressed),
                Command::Mode(Mode::Deflate),
                Command::Epsv,
                Command::EpsvAll,
            ];
            Some(from.choose(&fixed)?.clone())
        }
        _ => None,
    })
}

fn bytes(from: &mut Unstructured<'_>) -> Result<Option<Argument>> {
    Ok(Argument::new(from.arbitrary::<&[u8]>()?).ok())
}

fn time(from: &mut Unstructured<'_>) -> Result<Option<UtcTime>> {
    let stamp = Timestamp::from_unix(from.int_in_range(-62_167_219_200..=253_402_300_799)?);
    let nanos = from.int_in_range(0..=999_999_999)?;
    let with_nanos =
        |stamp: Timestamp| Timestamp { time: stamp.time.map(|time| TimeOfDay { nanos, ..time }), ..stamp };
    Ok(stamp.map(with_nanos).and_then(UtcTime::new))
}

fn facts(from: &mut Unstructured<'_>) -> Result<Option<NewFacts>> {
    let mut facts = NewFacts::new(from.arbitrary::<&[u8]>()?, from.arbitrary::<&[u8]>()?);
    while !from.is_empty() && from.ratio(1, 2)? {
        let (fact, value): (&[u8], &[u8]) = from.arbitrary()?;
        facts = facts.and_then(|facts| facts.and(fact, value));
    }
    Ok(facts.ok())
}
