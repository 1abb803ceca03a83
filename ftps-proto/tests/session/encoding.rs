//! Names that are not UTF-8.

use ftps_proto::codec::{Argument, ArgumentError, Charset, Encoding, Secret};
use ftps_proto::ops::{self, CreateDirAll, Rename};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Config, Error, Local, Login, ServerKind};

use crate::listing::{collect, names};
use crate::{argument, config, heard, sent};

/// ISO 8859-1.
struct Latin1;

impl Charset for Latin1 {
    fn name(&self) -> &str {
        "ISO-8859-1"
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        Some(bytes.iter().map(|&byte| char::from(byte)).collect())
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect()
    }
}

fn latin(encoding: impl FnOnce(Encoding) -> Encoding) -> Config {
    with(Some(encoding(Encoding::new(Latin1))))
}

fn with(encoding: Option<Encoding>) -> Config {
    let mut config = config();
    config.encoding = encoding;
    config
}

/// A server that has never heard of UTF-8.
fn old() -> Peer {
    Peer::polite().instead("FEAT", ["211 none"]).on("CWD", ["250 ok"]).on("SYST", ["215 UNIX Type: L8"])
}

fn opened(peer: Peer, config: Config) -> World {
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

/// What the server heard last, of a line that is not UTF-8 a character for each byte.
fn last(world: &World) -> &str {
    world.heard().next_back().unwrap()
}

#[test]
fn names_come_as_text_and_go_as_they_came() {
    let line = b"-rw-r--r-- 1 m\xfcller g 5 Jan 1 2024 gr\xf6\xdfe\r\n";
    let peer = old().on("LIST", sent(line, &["226 done"])).on("DELE", ["250 gone"]);
    let mut world = opened(peer, latin(|latin| latin));
    let listing = collect(&mut world, Some("\u{fc}")).unwrap();
    assert_eq!(names(&listing), ["größe"]);
    let ops::Listed::Entry(entry) = &listing[0] else { panic!() };
    assert_eq!(entry.owner().as_deref(), Some("müller"));
    world.run(&mut ops::dele(Argument::new(&entry.name).unwrap())).unwrap();
    assert_eq!(last(&world), "DELE gr\u{f6}\u{df}e");
    assert_eq!(
        world.heard().filter(|line| line.starts_with("CWD")).collect::<Vec<_>>(),
        ["CWD \u{fc}", "CWD /home"]
    );
}

#[test]
fn without_an_encoding_names_are_bytes() {
    let peer = old().on("LIST", sent(b"-rw-r--r-- 1 u g 5 Jan 1 2024 gr\xf6\xdfe\r\n", &["226 done"]));
    let mut world = opened(peer.on("DELE", ["250 gone"]), config());
    let listing = collect(&mut world, None).unwrap();
    let ops::Listed::Entry(entry) = &listing[0] else { panic!() };
    assert_eq!(entry.name.as_bytes(), b"gr\xf6\xdfe");
    world.run(&mut ops::dele(Argument::new(&entry.name).unwrap())).unwrap();
    world.run(&mut ops::dele(argument("größe"))).unwrap();
    assert_eq!(heard(&world)[heard(&world).len() - 2..], ["DELE gr\u{f6}\u{df}e", "DELE größe"]);
}

#[test]
fn replies_tell_paths_and_reasons_as_text() {
    let peer = old().instead("PWD", [Act::Raw(b"257 \"/h\xf6me\"\r\n".to_vec())]);
    let mut world =
        opened(peer.on("DELE", [Act::Raw(b"550 gr\xf6\xdfe: no\r\n".to_vec())]), latin(|latin| latin));
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), "/höme".as_bytes());
    let Err(Error::Refused(refused)) = world.run(&mut ops::dele(argument("größe"))) else { panic!() };
    assert_eq!(refused.reply.first_line(), "größe: no".as_bytes());
}

#[test]
fn every_command_that_names_a_file_is_encoded() {
    let peer = old().on("RNFR", ["350 go on"]).on("RNTO", ["250 ok"]).on("MKD", ["257 made"]);
    let mut world = opened(peer, latin(|latin| latin));
    world.run(&mut Rename::new(argument("ä"), argument("ö"))).unwrap();
    world.run(&mut CreateDirAll::new(argument("ü"))).unwrap();
    let named: Vec<_> = world.heard().filter(|line| !line.is_ascii()).collect();
    assert_eq!(named[..2], ["RNFR \u{e4}", "RNTO \u{f6}"]);
    assert!(named[2..].iter().all(|line| line.ends_with(" \u{fc}")), "{named:?}");
    // 0xFF is doubled (RFC 854) after it was encoded.
    let _ = world.run(&mut ops::dele(argument("\u{ff}")));
    assert_eq!(last(&world), "DELE \u{ff}\u{ff}");
}

#[test]
fn a_name_that_the_charset_lacks_is_not_sent() {
    let mut world = opened(old(), latin(|latin| latin));
    let before = world.heard().count();
    let lacks = world.run(&mut ops::dele(argument("漢字")));
    assert!(matches!(lacks, Err(Error::Local(Local::Argument(ArgumentError::Charset)))), "{lacks:?}");
    assert_eq!(world.heard().count(), before);
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn utf_8_that_was_negotiated_is_believed_unless_told_otherwise() {
    for (forced, command, name, options) in
        [(false, "DELE größe", "größe", 1), (true, "DELE gr\u{f6}\u{df}e", "gr\u{c3}\u{b6}\u{c3}\u{9f}e", 0)]
    {
        let peer = Peer::polite().like(ServerKind::ProFtpd).on("DELE", ["250 gone"]);
        let peer = peer.on("MLSD", sent("type=file; größe\r\n".as_bytes(), &["226 done"]));
        let mut world = opened(peer, latin(|latin| if forced { latin.forced() } else { latin }));
        world.run(&mut ops::dele(argument("größe"))).unwrap();
        assert_eq!(last(&world), command);
        let ops::Listed::Entry(entry) = &collect(&mut world, None).unwrap()[0] else { panic!() };
        assert_eq!(entry.name.to_str(), Some(name));
        assert_eq!(world.heard().filter(|line| *line == "OPTS UTF8 ON").count(), options);
    }
}

#[test]
fn the_login_is_sent_as_it_was_given() {
    let mut config = latin(Encoding::forced);
    config.login = Login::new(argument("müller"), Secret::new("ö").unwrap());
    let mut world = World::with_config(old(), config);
    world.open().unwrap();
    assert!(world.heard().any(|line| line == "USER müller") && world.heard().any(|line| line == "PASS ö"));
}

#[cfg(feature = "encoding_rs")]
#[test]
fn shift_jis() {
    let facts = b"type=file;size=1; \x8a\xbf\x8e\x9a\\\x83\x5c\r\ntype=file; \x87\x90\r\ntype=file; \xe3\x81\x82\r\ntype=dir; a\r\n";
    let peer = old().instead("FEAT", ["211-Features", " MLST type*;size*;", "211 End"]);
    let peer = peer.on("MLSD", sent(facts, &["226 done"])).on("DELE", ["250 gone"]);
    let encoding = Encoding::for_label("sjis");
    let mut world = opened(peer, with(encoding));
    let listing = collect(&mut world, None).unwrap();
    assert_eq!(names(&listing)[0], "漢字\\ソ");
    for (at, sent) in [(0, "DELE \u{8a}\u{bf}\u{8e}\u{9a}\\\u{83}\u{5c}"), (1, "DELE \u{87}\u{90}")] {
        let ops::Listed::Entry(entry) = &listing[at] else { panic!() };
        world.run(&mut ops::dele(Argument::new(&entry.name).unwrap())).unwrap();
        assert_eq!(last(&world), sent);
    }
    // UTF-8, of which the charset has nothing, and which would be sent as its own code for that.
    assert!(
        matches!(&listing[2], ops::Listed::Unparsed(line) if line.ends_with(b"\xe3\x81\x82")),
        "{listing:?}"
    );
    assert_eq!(names(&listing)[3], "a");
}
