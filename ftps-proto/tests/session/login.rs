//! Greeting, TLS, login.

use ftps_proto::codec::{Command, Secret};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{Channel, Close, Config, Error, Instant, Local, Refused, Remote, Security, ServerKind, ops};

use crate::{config, heard, open, peer};

const LOGIN: [&str; 8] =
    ["AUTH TLS", "USER user", "PASS secret", "PBSZ 0", "PROT P", "FEAT", "OPTS UTF8 ON", "TYPE I"];

fn refused(peer: Peer) -> (Error, World) {
    let mut world = World::new(peer);
    let error = world.open().unwrap_err();
    assert!(!world.session.is_usable());
    assert!(
        matches!(world.run(&mut ops::noop()), Err(Error::Local(Local::NotOpen))),
        "nothing works after this"
    );
    (error, world)
}

#[test]
fn explicit() {
    let world = open(Peer::polite());
    assert_eq!(heard(&world), LOGIN);
    assert!(world.session.is_usable());
    assert!(world.session.features().unwrap().mlst());
}

#[test]
fn implicit_has_no_auth_and_may_refuse_protection() {
    let mut config = config();
    config.security = Security::Implicit;
    let peer = Peer::polite().instead("PBSZ", ["500 what?"]).instead("PROT", ["502 no"]);
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    assert_eq!(heard(&world), LOGIN[1..]);
}

#[test]
fn cuts_change_nothing() {
    for chunks in [Chunks::Bytes, Chunks::Seeded(1), Chunks::Seeded(2), Chunks::Seeded(3)] {
        let mut world = World::new(Peer::polite()).cut(chunks);
        world.open().unwrap();
        assert_eq!(heard(&world), LOGIN);
    }
}

#[test]
fn a_known_server_gets_the_login_in_one_burst() {
    for greeting in
        ["220 (vsFTPd 3.0.3)", "220 ProFTPD Server", "220---------- Welcome to Pure-FTPd\r\n220 ok"]
    {
        // Nothing is answered before everything has been heard.
        let silent: [Act; 0] = [];
        let peer = Peer::polite()
            .instead("USER", silent.clone())
            .instead("PASS", silent.clone())
            .instead("PBSZ", silent.clone())
            .instead("PROT", silent.clone())
            .instead("FEAT", silent.clone())
            .instead("OPTS", silent)
            .instead(
                "TYPE",
                ["331 password?", "230 in", "200 PBSZ=0", "200 P", "211 none", "200 ok", "200 I"],
            );
        let mut world = World::new(peer.greeting(greeting));
        world.open().unwrap();
        assert_eq!(heard(&world), LOGIN);

        // What is said of a password that nobody asked for does not matter; what is said of the name does.
        for (user, pass, code) in [
            ("230 in", "503 you are in", None),
            ("530 who?", "503 USER first", Some(530)),
            ("331 yes?", "530 no", Some(530)),
        ] {
            let peer = Peer::polite().greeting(greeting).instead("USER", [user]).instead("PASS", [pass]);
            let opened = World::new(peer).open();
            assert_eq!(opened.as_ref().err().and_then(|error| error.code()).map(|code| code.get()), code);
            assert!(opened.err().is_none_or(|error| error.is_login()));
        }
    }
}

#[test]
fn auth_ssl_where_auth_tls_is_refused() {
    let peer = Peer::polite().instead("AUTH TLS", ["504 unknown"]).on("AUTH SSL", ["234 go"]);
    let world = open(peer);
    assert_eq!(heard(&world)[..3], ["AUTH TLS", "AUTH SSL", "USER user"]);
}

#[test]
fn no_tls_no_credential() {
    for code in ["500", "502", "504", "534", "421"] {
        let no = format!("{code} no TLS here");
        let peer = Peer::polite().instead("AUTH", [no.as_str()]).instead("AUTH TLS", [no.as_str()]);
        let (error, world) = refused(peer);
        assert!(matches!(error, Error::Refused(Refused { .. })), "{error}");
        assert!(world.heard().all(|line| line.starts_with("AUTH")), "{:?}", heard(&world));
    }
}

#[test]
fn bytes_after_234_are_an_attack() {
    let peer = Peer::polite().instead("AUTH TLS", [Act::Raw(b"234 go\r\n230 logged in\r\n".to_vec())]);
    let (error, world) = refused(peer);
    assert!(matches!(error, Error::Injection { bytes: 15 }), "{error}");
    assert!(!world.session.is_secured());
    assert_eq!(heard(&world), ["AUTH TLS"]);
}

#[test]
fn greetings() {
    for greeting in [&["120 soon", "220 ready"][..], &["230 you are in"], &["220-a", " b", "220 c"]] {
        let mut world = World::new(Peer::polite().greeting(&greeting.join("\r\n")));
        world.open().unwrap();
        assert_eq!(heard(&world), LOGIN, "the login is made inside TLS all the same");
    }
    let (error, _) = refused(Peer::new(["421 too many users"]));
    assert_eq!(error.code().unwrap(), 421);
    assert!(error.is_temporary());
    let (error, _) = refused(Peer::new(["530 not you"]));
    assert_eq!(error.code().unwrap(), 530);
    for banner in ["HTTP/1.1 400 Bad Request", "SSH-2.0-OpenSSH_9.2"] {
        let (error, _) = refused(Peer::new([banner]));
        assert!(matches!(error, Error::Remote(Remote::Frame(_))));
        assert!(error.to_string().contains(&banner[..8]), "{error}");
    }
}

#[test]
fn user_230_needs_no_password() {
    let world = open(Peer::polite().instead("USER", ["230 come in"]));
    assert_eq!(
        heard(&world),
        [&LOGIN[..2], &LOGIN[3..]].concat(),
        "and what every session needs all the same"
    );
}

#[test]
fn account() {
    let peer = || Peer::polite().instead("PASS", ["332 which account?"]).on("ACCT", ["230 in"]);
    let (error, _) = refused(peer());
    assert!(error.is_login(), "{error}");
    let mut config = config();
    config.login.account = Some(Secret::new("sales").unwrap());
    let mut world = World::with_config(peer(), config.clone());
    world.open().unwrap();
    assert_eq!(heard(&world), [&LOGIN[..3], &["ACCT sales"], &LOGIN[3..]].concat());
    // Or instead of the password.
    let mut world = World::with_config(peer().instead("USER", ["332 which account?"]), config);
    world.open().unwrap();
    assert_eq!(heard(&world), [&LOGIN[..2], &["ACCT sales"], &LOGIN[3..]].concat());
}

#[test]
fn refused_logins() {
    for (command, reply, temporary) in [
        ("USER", "530 no such user", false),
        ("PASS", "530 wrong", false),
        ("PASS", "530 Sorry, too many connections", true),
        ("PASS", "430 try again", true),
    ] {
        let (error, _) = refused(Peer::polite().instead(command, [reply]));
        assert!(error.is_login(), "{error}");
        assert_eq!(error.is_temporary(), temporary, "{error}");
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn a_refused_login_takes_its_leave() {
    for (after, quits) in [(vec![], true), (vec![Act::Leave], false), (vec!["421 bye".into()], false)] {
        let no = [vec!["530 wrong".into()], after].concat();
        let (error, world) = refused(Peer::polite().instead("PASS", no));
        assert_eq!(error.code().unwrap(), 530, "{error}");
        assert_eq!(world.heard().any(|line| line == "QUIT"), quits, "{:?}", heard(&world));
        assert_eq!(world.closes().contains(&(Channel::Control, Close::Whole)), quits);
        assert_eq!(world.now(), Instant::default(), "the reply to QUIT is not waited for");
    }
}

#[test]
fn a_refused_prot_is_an_error() {
    let (error, _) = refused(Peer::polite().instead("PROT", ["534 in clear or not at all"]));
    assert_eq!(error.code().unwrap(), 534);
}

#[test]
fn an_unknown_feat_is_no_obstacle() {
    let world = open(Peer::polite().instead("FEAT", ["500 what?"]));
    assert!(world.session.features().is_none());
}

#[test]
fn the_server_leaves() {
    for peer in [Peer::new([Act::Leave]), Peer::polite().instead("USER", [Act::Leave])] {
        let (error, world) = refused(peer);
        assert!(matches!(error, Error::Connection { failure: None, .. }), "{error}");
        assert_eq!(world.now(), Instant::default(), "no deadline was waited for");
    }
}

#[test]
fn a_dropped_login_cannot_be_gone_on_with() {
    let mut world = World::new(Peer::polite());
    let _ = world.run_for(&mut ops::Open::new(), 3);
    assert!(!world.session.is_usable());
    assert!(matches!(world.open(), Err(Error::Local(Local::AlreadyOpen))));
    assert!(matches!(world.run(&mut ops::noop()), Err(Error::Local(Local::NotOpen))));
}

#[test]
fn secrets_are_not_shown() {
    let mut config = config();
    config.login.account = Some(Secret::new("sales-account").unwrap());
    let world = World::with_config(Peer::polite(), config);
    let shown = format!("{:?}", world.session);
    assert!(!shown.contains("secret") && !shown.contains("sales-account"), "{shown}");
}

/// A server that knows who comes by a client certificate.
#[test]
fn another_command_may_stand_in_for_user() {
    let change = |config: &mut Config| {
        config.alternative_to_user = Some(Command::parse("SITE AUTH").unwrap());
    };
    for (user, site, said) in [
        ("530 no", "232 known", &["USER user", "SITE AUTH", "PBSZ 0"][..]),
        ("530 no", "331 and the password", &["USER user", "SITE AUTH", "PASS secret"]),
        ("331 password", "500 what?", &["USER user", "PASS secret", "PBSZ 0"]),
    ] {
        for kind in [ServerKind::Unknown, ServerKind::ProFtpd] {
            let mut config = config();
            change(&mut config);
            let peer = peer().like(kind).instead("USER", [user]).on("SITE AUTH", [site]);
            let mut world = World::with_config(peer, config);
            world.open().unwrap();
            let heard: Vec<_> = heard(&world).into_iter().skip_while(|line| *line != "USER user").collect();
            assert_eq!(&heard[..said.len()], said);
        }
    }
    let mut config = config();
    change(&mut config);
    let peer = peer().instead("USER", ["530 no"]).on("SITE AUTH", ["530 nor so"]);
    let mut world = World::with_config(peer, config);
    let error = world.open().unwrap_err();
    assert!(error.is_login() && error.to_string().ends_with("530 nor so"), "{error}");
    assert_eq!(heard(&world).iter().filter(|line| **line == "SITE AUTH").count(), 1);
}
