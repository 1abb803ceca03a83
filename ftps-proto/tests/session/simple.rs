//! One command, one reply.

use ftps_proto::codec::Argument;
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Channel, End, Error, Failure, Input, Remote, ServerKind, ops};

use crate::{SECURE, argument, config, open};

#[test]
fn every_simple_command() {
    let mut world = open(
        Peer::polite()
            .on("CWD a b", ["250 there"])
            .on("CDUP", ["200 up"])
            .on("MKD", ["257 \"/home/a \"\"b\"\"\" created"])
            .on("DELE", ["250 gone"])
            .on("RMD", ["250 gone"])
            .on("SIZE", ["213 12345678901"])
            .on("RNFR old", ["350 to what?"])
            .on("RNTO new", ["250 renamed"]),
    );
    world.run(&mut ops::cwd(argument("a b"))).unwrap();
    world.run(&mut ops::cdup()).unwrap();
    assert_eq!(world.run(&mut ops::mkd(argument("x"))).unwrap().unwrap(), b"/home/a \"b\"");
    world.run(&mut ops::dele(argument("x"))).unwrap();
    world.run(&mut ops::rmd(argument("x"))).unwrap();
    assert_eq!(world.run(&mut ops::size(argument("x"))).unwrap(), 12345678901);
    world.run(&mut ops::Rename::new(argument("old"), argument("new"))).unwrap();
    world.run(&mut ops::noop()).unwrap();
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

#[test]
fn a_class_is_enough_where_one_command_is_out() {
    let mut world = open(Peer::polite().on("MKD", ["250 ok"]).on("CWD", ["226 there"]));
    assert_eq!(world.run(&mut ops::mkd(argument("x"))).unwrap(), None);
    world.run(&mut ops::cwd(argument("x"))).unwrap();
    // Behind a transfer, too, where it is not what one says of itself.
    let file = ["150 here".into(), SECURE, Act::End(End::Clean), "226 done".into()];
    let mut world = open(Peer::polite().on("RETR", file).on("MKD", ["200 made"]));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.run(&mut ops::mkd(argument("x"))).unwrap(), None);
}

#[test]
fn a_server_may_say_so_much_and_no_more() {
    let mut config = config();
    config.limits.preliminary = 3;
    config.limits.stray = 3;
    for (times, fits) in [(3, true), (4, false)] {
        let begun = vec!["150 wait"; times];
        let done = vec!["200 done"; 1 + times];
        for said in [[begun, vec!["200 done"]].concat(), done] {
            let mut world = World::with_config(Peer::polite().instead("NOOP", said.clone()), config.clone());
            world.open().unwrap();
            let both = world.run(&mut ops::noop()).and_then(|()| world.run(&mut ops::pwd()));
            match both {
                Ok(path) => assert!(fits && path == b"/home", "{said:?}"),
                Err(Error::Remote(Remote::TooMany(_))) => assert!(!fits, "{said:?}"),
                Err(error) => panic!("{said:?}: {error}"),
            }
            assert_eq!(world.session.is_usable(), fits);
        }
    }
}

#[test]
fn a_new_directory_has_the_path_that_is_told_and_no_other() {
    for (reply, path) in [
        ("257 \"/home/a\"", Some(&b"/home/a"[..])),
        ("257 /home/a", Some(b"/home/a")),
        ("257 directory created", None),
        ("250 \"a\" created", None),
    ] {
        let mut world = open(Peer::polite().on("MKD", [reply]));
        assert_eq!(world.run(&mut ops::mkd(argument("a"))).unwrap().as_deref(), path, "{reply}");
    }
}

#[test]
fn refusals_carry_the_reply_and_the_session_goes_on() {
    let mut world = open(Peer::polite().on("DELE", ["550 No such file"]).on("RNFR", ["550 No such file"]));
    let error = world.run(&mut ops::dele(argument("x"))).unwrap_err();
    assert_eq!(error.to_string(), "the server refused DELE: 550 No such file");
    assert!(!error.is_temporary());
    let error = world.run(&mut ops::Rename::new(argument("x"), argument("y"))).unwrap_err();
    assert_eq!(error.to_string(), "the server refused RNFR: 550 No such file");
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn nonsense_is_an_error_that_shows_it() {
    for reply in ["213 many", "213 -1", "213 99999999999999999999999"] {
        let mut world = open(Peer::polite().on("SIZE", [reply]));
        let error = world.run(&mut ops::size(argument("x"))).unwrap_err();
        assert!(matches!(error, Error::Remote(Remote::Unreadable { .. })), "{error}");
        assert!(error.to_string().contains(reply), "{error}");
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn control_characters_send_nothing() {
    for text in ["a\r\nDELE b", "a\n", "a\0", "\u{7f}", "a\tb", ""] {
        assert!(ftps_proto::codec::Argument::new(text).is_err(), "{text:?}");
    }
}

#[test]
fn quit_closes() {
    let mut world = open(Peer::polite());
    world.run(&mut ops::Quit::new()).unwrap();
    assert!(!world.session.is_usable());
    assert_eq!(world.closes().len(), 1);
    // A server that hangs up at once has understood, too.
    let mut world = open(Peer::polite().instead("QUIT", [Act::Leave]));
    world.run(&mut ops::Quit::new()).unwrap();
}

#[test]
fn a_421_ends_the_session() {
    let mut world = open(Peer::polite().instead("NOOP", ["421 Timeout"]));
    let error = world.run(&mut ops::noop()).unwrap_err();
    assert_eq!(error.code().unwrap(), 421);
    assert!(!world.session.is_usable());
}

#[test]
fn a_control_connection_that_fails_says_why() {
    let mut world = open(Peer::polite());
    world.session.handle(Input::Failed(Channel::Control, Failure::transport("no route to host")));
    let error = world.run(&mut ops::noop()).unwrap_err();
    assert_eq!(format!("{error:#}"), "the session was lost before anything was sent: no route to host");
    assert!(!world.session.is_usable());
}

#[test]
fn a_byte_that_is_telnets_is_doubled_for_servers_that_undo_it() {
    use ServerKind::{ProFtpd, PureFtpd, Unknown, Vsftpd};
    for (kind, times) in [(Vsftpd, 1), (PureFtpd, 1), (ProFtpd, 2), (Unknown, 2)] {
        let mut world = open(Peer::polite().like(kind).on("DELE", ["250 gone"]));
        world.run(&mut ops::dele(Argument::new(b"\xff").unwrap())).unwrap();
        let name = "\u{ff}".repeat(times);
        assert_eq!(world.heard().next_back(), Some(&*format!("DELE {name}")), "{kind}");
    }
}
