//! Commands from outside: what is written is read again, and what is typed is one command or none.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    net::{IpAddr, Ipv4Addr},
    num::NonZeroU16,
};

use ftps_proto::codec::{
    address::{HostPort, NetAddress, parse_eprt, parse_port},
    command::{
        Argument, Command, FileStructure, NewFacts, ProtectionLevel, Secret, TransferMode, UtcTime, Word,
    },
    time::{TimeOfDay, Timestamp},
};
use proptest::{collection::vec, option, prelude::*};

fn argument() -> impl Strategy<Value = Argument> {
    vec(prop_oneof![Just(0xff), Just(b' '), 0x20..0x7fu8, 0x80..=0xffu8], 1..20)
        .prop_map(|b| Argument::new(b).unwrap())
}

fn command() -> impl Strategy<Value = Command> {
    let with: [fn(Argument) -> Command; 32] = [
        Command::User,
        Command::Host,
        Command::Clnt,
        Command::Csid,
        Command::Opts,
        Command::Pret,
        Command::Retr,
        Command::Stor,
        Command::Appe,
        Command::Size,
        Command::Mdtm,
        Command::Hash,
        Command::Xcrc,
        Command::Xmd5,
        Command::Xsha,
        Command::Xsha1,
        Command::Xsha256,
        Command::Xsha512,
        Command::Md5,
        Command::Mmd5,
        Command::Cwd,
        Command::Smnt,
        Command::Mkd,
        Command::Dele,
        Command::Rmd,
        Command::Rmda,
        Command::Rnfr,
        Command::Rnto,
        Command::Site,
        |a| Command::Mfmt(epoch(), a),
        |a| Command::Mfct(epoch(), a),
        |a| Command::Mff(NewFacts::new("UNIX.mode", "0644").unwrap(), a),
    ];
    let maybe: [fn(Option<Argument>) -> Command; 10] = [
        Command::Lang,
        Command::Stou,
        Command::Mlsd,
        Command::Mlst,
        Command::List,
        Command::Nlst,
        Command::Stat,
        Command::Avbl,
        Command::Dsiz,
        Command::Help,
    ];
    let alone = [
        Command::AuthTls,
        Command::AuthSsl,
        Command::Prot(ProtectionLevel::Clear),
        Command::Prot(ProtectionLevel::Safe),
        Command::Prot(ProtectionLevel::Confidential),
        Command::Prot(ProtectionLevel::Private),
        Command::Ccc,
        Command::Rein,
        Command::Feat,
        Command::TypeImage,
        Command::TypeAscii,
        Command::Stru(FileStructure::File),
        Command::Stru(FileStructure::Record),
        Command::Stru(FileStructure::Page),
        Command::Mode(TransferMode::Stream),
        Command::Mode(TransferMode::Block),
        Command::Mode(TransferMode::Compressed),
        Command::Mode(TransferMode::Deflate),
        Command::Epsv,
        Command::EpsvAll,
        Command::Pasv,
        Command::Pwd,
        Command::Cdup,
        Command::Abor,
        Command::Noop,
        Command::Quit,
        Command::Syst,
    ];
    let secret = || vec(0x20..0x7fu8, 0..20).prop_map(|b| Secret::new(b).unwrap());
    prop_oneof![
        3 => (argument(), prop::sample::select(with.to_vec())).prop_map(|(argument, with)| with(argument)),
        2 => (option::of(argument()), prop::sample::select(maybe.to_vec())).prop_map(|(a, maybe)| maybe(a)),
        2 => prop::sample::select(alone.to_vec()),
        1 => any::<u32>().prop_map(Command::Pbsz),
        1 => any::<u64>().prop_map(Command::Rest),
        1 => any::<(u64, Option<u64>)>().prop_map(|(size, record)| Command::Allo(size, record)),
        1 => any::<(u64, u64)>().prop_map(|(first, last)| Command::Rang(first, last)),
        1 => secret().prop_map(Command::Pass),
        1 => secret().prop_map(Command::Acct),
        1 => endpoint().prop_map(Command::Eprt),
        1 => host_port().prop_map(Command::Port),
        1 => (utc_time(), argument()).prop_map(|(at, a)| Command::Mfmt(at, a)),
        1 => (new_facts(), argument()).prop_map(|(facts, a)| Command::Mff(facts, a)),
        1 => (word(), option::of(argument())).prop_map(|(word, a)| Command::Other(word, a)),
    ]
}

fn host_port() -> impl Strategy<Value = HostPort> {
    (any::<Ipv4Addr>(), any::<NonZeroU16>()).prop_map(|(addr, port)| HostPort { addr, port })
}

fn endpoint() -> impl Strategy<Value = NetAddress> {
    (any::<IpAddr>(), any::<NonZeroU16>()).prop_map(|(addr, port)| NetAddress { addr, port })
}

fn new_facts() -> impl Strategy<Value = NewFacts> {
    let fact = || ("[!-:<>-~]{1,5}", "[!-:<-~]{0,5}");
    (fact(), vec(fact(), 0..3)).prop_map(|((fact, value), more)| {
        let first = NewFacts::new(fact, value).unwrap();
        more.into_iter().fold(first, |facts, (fact, value)| facts.and(fact, value).unwrap())
    })
}

fn word() -> impl Strategy<Value = Word> {
    "[A-Za-z][A-Za-z0-9]{0,11}".prop_filter_map("known", |name| Word::new(name).ok())
}

fn epoch() -> UtcTime {
    UtcTime::new(Timestamp::from_unix(0).unwrap()).unwrap()
}

fn utc_time() -> impl Strategy<Value = UtcTime> {
    // 0000 to 9999, as a time-val has four digits for it.
    (-62_167_219_200i64..253_402_300_800, 0u32..1_000_000_000).prop_map(|(seconds, nanos)| {
        let stamp = Timestamp::from_unix(seconds).unwrap();
        let time = stamp.time.map(|time| TimeOfDay { nanos, ..time });
        UtcTime::new(Timestamp { time, ..stamp }).unwrap()
    })
}

proptest! {
    #[test]
    fn commands_are_read_as_written(command in command()) {
        let mut line = Vec::new();
        command.encode(&mut line);
        prop_assert_eq!(line.iter().filter(|&&b| b == b'\r' || b == b'\n').count(), 2);
        prop_assert_eq!(Command::decode(&line), Ok(command.clone()));
        // Typed, it is the same, but for what Telnet doubles.
        if !line.contains(&0xff) {
            prop_assert_eq!(Command::parse(&line[..line.len() - 2]), Ok(command));
        }
    }

    #[test]
    fn a_typed_line_is_one_command_or_none(text in vec(prop_oneof![Just(b'\r'), Just(b'\n'), Just(b' '), any::<u8>()], 0..30)) {
        for text in [text.clone(), [b"SITE ", &text[..]].concat(), [b"XFOO ", &text[..]].concat()] {
            if let Ok(command) = Command::parse(&text) {
                let mut line = Vec::new();
                command.encode(&mut line);
                prop_assert!(!line[..line.len() - 2].iter().any(u8::is_ascii_control));
                prop_assert_eq!(Command::decode(&line), Ok(command));
            }
        }
    }

    #[test]
    fn addresses_are_read_as_written(address in host_port(), endpoint in endpoint()) {
        prop_assert_eq!(parse_port(address.to_string().as_bytes()), Ok(address));
        prop_assert_eq!(parse_eprt(endpoint.to_string().as_bytes()), Ok(endpoint));
    }
}
