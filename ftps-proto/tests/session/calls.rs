//! Calls of more than one command, and commands as they are typed.

use ftps_proto::codec::{Command, CommandError, Verb};
use ftps_proto::ops::{self, CreateDirAll};
use ftps_proto::sim::{Peer, World};
use ftps_proto::{Error, Local};

use crate::{argument, heard, open};

/// What was heard after the login.
fn asked(world: &World) -> Vec<&str> {
    heard(world).into_iter().skip_while(|line| !line.starts_with("TYPE")).skip(1).collect()
}

fn creates(peer: Peer, path: &str) -> (Result<(), Error>, World) {
    let mut world = open(peer);
    let created = world.run(&mut CreateDirAll::new(argument(path)));
    (created, world)
}

#[test]
fn one_command_where_only_the_last_directory_is_missing() {
    let (created, world) = creates(Peer::polite().on("MKD", ["257 \"/a/b\" created"]), "/a/b");
    created.unwrap();
    assert_eq!(asked(&world), ["MKD /a/b"]);
}

#[test]
fn directories_above_are_created_first() {
    let peer = Peer::polite()
        .on("MKD a/b//c/", ["550 No such file or directory"])
        .on("MKD a/b//c/", ["257 \"a/b/c\""])
        .on("MKD a", ["550 File exists"])
        .on("MKD a/b", ["257 \"a/b\""])
        .on("CWD", ["550 No such directory"]);
    let (created, mut world) = creates(peer, "a/b//c/");
    created.unwrap();
    let whole = "MKD a/b//c/";
    assert_eq!(asked(&world), [whole, "PWD", "CWD a/b//c/", "MKD a", "MKD a/b", whole]);
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn a_directory_that_is_there_is_as_good() {
    for refusal in ["550 Create directory operation failed.", "521 exists", "450 busy"] {
        let peer =
            Peer::polite().on("MKD", [refusal]).on("CWD a", ["250 there"]).on("CWD /home", ["250 home"]);
        let (created, mut world) = creates(peer, "a/b");
        created.unwrap();
        assert_eq!(asked(&world), ["MKD a/b", "PWD", "CWD a/b", "CWD /home"]);
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn what_cannot_be_created_is_refused_with_the_reason() {
    let peer = Peer::polite().on("MKD", ["550 Permission denied."]).on("CWD", ["550 Failed"]);
    let (created, mut world) = creates(peer, "a/b");
    let error = created.unwrap_err();
    assert!(error.is_permission_denied(), "{error}");
    assert_eq!(asked(&world), ["MKD a/b", "PWD", "CWD a/b", "MKD a", "MKD a/b", "CWD a/b"]);
    world.run(&mut ops::noop()).unwrap();
    // Nor does it go where it could not come back from.
    let peer = Peer::polite().on("MKD", ["550 no"]).instead("PWD", ["550 no"]);
    let (created, world) = creates(peer, "a");
    assert_eq!(created.unwrap_err().to_string(), "the server refused MKD: 550 no");
    assert!(!asked(&world).contains(&"CWD a"));
}

#[test]
fn given_up_at_any_point_it_leaves_the_session_where_it_was() {
    for turns in 0.. {
        let peer = Peer::polite().on("MKD", ["550 no"]).on("CWD", ["250 there"]);
        let mut world = open(peer);
        let done = world.run_for(&mut CreateDirAll::new(argument("a")), turns).is_ready();
        world.run(&mut ops::noop()).unwrap();
        let heard = heard(&world);
        if heard.contains(&"CWD a") {
            assert!(heard.contains(&"CWD /home"), "given up after {turns} turns: {heard:?}");
        }
        if done {
            break;
        }
    }
}

#[test]
fn commands_as_they_are_typed() {
    let mut world = open(
        Peer::polite().on("SITE", ["200 done"]).on("STAT", ["211-x", "211 end"]).on("XFOO", ["350 and?"]),
    );
    for (text, code) in [("SITE CHMOD 644 a b", 200), ("stat", 211), ("XFOO bar", 350), ("noop", 200)] {
        let command = ops::command(Command::parse(text).unwrap()).unwrap();
        let mut command = command;
        assert_eq!(world.run(&mut command).unwrap().code(), code, "{text}");
    }
    assert_eq!(asked(&world), ["SITE CHMOD 644 a b", "STAT", "XFOO bar", "NOOP"]);
    let mut refused = ops::command(Command::parse("XBAR").unwrap()).unwrap();
    assert_eq!(world.run(&mut refused).unwrap_err().code().unwrap(), 502);
}

#[test]
fn what_changes_the_conversation_is_not_a_mere_command() {
    for text in ["RETR a", "rest 5", "TYPE A", "PROT C", "CCC", "PASV", "QUIT", "USER x", "LPRT 1"] {
        let command = Command::parse(text).unwrap();
        let verb = command.verb();
        assert_eq!(ops::command(command).err(), Some(Local::Forbidden(verb)), "{text}");
    }
    let forbidden = Error::from(Local::Forbidden(Verb::Retr)).to_string();
    assert_eq!(forbidden, "RETR changes what the session expects: it is not sent as a mere command");
    let error = Error::from(Command::parse("SITE a\r\nDELE b").unwrap_err());
    assert!(matches!(error, Error::Local(Local::Command(CommandError::Argument(_)))), "{error}");
}

#[test]
fn times_are_read_or_said_to_be_unreadable() {
    let mut world = open(Peer::polite().on("MDTM", ["213 20240102030405.5"]).on("MDTM", ["213 soon"]));
    let time = world.run(&mut ops::mdtm(argument("a"))).unwrap();
    assert_eq!(time.to_utc(), Some(1_704_164_645));
    assert!(world.run(&mut ops::mdtm(argument("a"))).unwrap_err().to_string().contains("213 soon"));
    world.run(&mut ops::noop()).unwrap();
}
