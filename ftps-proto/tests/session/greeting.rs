//! Greetings and logins that say too much, or say it otherwise.

use std::time::Duration;

use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{Error, Remote};

use crate::{config, heard, in_step, open, peer};

const SOON: Act = Act::Wait(Duration::from_millis(50));

#[test]
fn a_greeting_in_three_replies() {
    let welcome = ["220 Welcome", "220 to this server", "220 version 2"];
    let later = welcome.map(|line| [line.into(), SOON]).concat();
    for greeting in [welcome.map(Act::from).to_vec(), later] {
        for chunks in [Chunks::Whole, Chunks::Bytes] {
            let mut world = World::new(greets(greeting.clone())).cut(chunks);
            world.open().unwrap();
            assert_eq!(heard(&world)[..3], ["AUTH TLS", "USER user", "PASS secret"]);
            in_step(&mut world);
        }
    }
}

/// A server that greets so.
fn greets(greeting: Vec<Act>) -> Peer {
    ["AUTH TLS 234 go", "USER 331 password", "PASS 230 in", "PBSZ 200 ok", "PROT 200 ok", "FEAT 211 none"]
        .into_iter()
        .chain(["OPTS 200 ok", "TYPE 200 ok", "DELE 550 no", "SIZE 213 42", "PWD 257 \"/home\""])
        .fold(Peer::new(greeting), |peer, rule| {
            let digits = rule.find(|c: char| c.is_ascii_digit()).unwrap();
            peer.on(rule[..digits].trim_end(), [&rule[digits..]])
        })
}

#[test]
fn a_greeting_after_120() {
    let mut world =
        World::new(greets(vec!["120 soon".into(), SOON, "120 still".into(), SOON, "220 hello".into()]));
    world.open().unwrap();
    in_step(&mut world);
}

#[test]
fn a_second_230_hides_no_refusal() {
    // It comes with the first, or once the next command has left.
    for pass in [
        ["230 in".into(), "230 and welcome".into()].to_vec(),
        ["230 in".into(), SOON, "230 welcome".into()].to_vec(),
    ] {
        let peer = peer().instead("PASS", pass);
        in_step(&mut open(peer.clone()));
        let mut world = World::new(peer.instead("PROT", ["534 no"]).instead("PBSZ", ["200 ok"]));
        assert_eq!(world.open().unwrap_err().code().unwrap(), 534);
    }
}

#[test]
fn auth_that_is_answered_200_goes_on_to_tls() {
    let mut world = open(peer().instead("AUTH TLS", ["200 ok"]));
    assert!(world.session.is_secured());
    in_step(&mut world);
}

#[test]
fn what_follows_in_clear_is_an_attack_whatever_auth_is_answered() {
    for reply in ["200 ok", "234 go"] {
        let both = format!("{reply}\r\n230 logged in\r\n");
        let mut world = World::new(peer().instead("AUTH TLS", [Act::Raw(both.into_bytes())]));
        let error = world.open().unwrap_err();
        assert!(matches!(error, Error::Injection { bytes: 15 }), "{error}");
        assert!(!world.session.is_secured());
        assert_eq!(heard(&world), ["AUTH TLS"]);
    }
}

#[test]
fn auth_that_wants_more_than_tls_is_left() {
    let mut world = World::new(peer().instead("AUTH TLS", ["334 ADAT must follow"]));
    let before = world.now();
    let error = world.open().unwrap_err();
    assert!(matches!(error, Error::Remote(Remote::UnexpectedReply(..))), "{error}");
    assert_eq!(error.code().unwrap(), 334);
    assert_eq!(heard(&world), ["AUTH TLS"], "nothing else is told to it");
    assert_eq!(world.now(), before, "no deadline was waited for");
    assert!(!world.session.is_usable());
}

#[test]
fn a_login_that_is_refused_in_a_burst_is_told_by_its_own_reply() {
    // All of the rest has left by then; what is said to it is for nobody.
    let no = ["530 log in first"];
    let peer = ["PBSZ", "PROT", "FEAT", "OPTS", "TYPE"]
        .into_iter()
        .fold(Peer::polite().greeting("220 ProFTPD"), |peer, command| peer.instead(command, no));
    let mut world = World::with_config(peer.instead("PASS", ["530 wrong password"]), config());
    let error = world.open().unwrap_err();
    assert_eq!(error.to_string(), "the server refused PASS: 530 wrong password");
    assert!(error.is_login());
}
