//! A server that says too much, or something else: what it says never answers another command.

use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::ops::{self, List};
use ftps_proto::sim::{Act, FILTERED, Peer, World};
use ftps_proto::{Channel, Config, Direction, End, Error, Input, Local, Need, Progress, Session, Waiting};

use crate::{PAUSE, SECURE, argument, config, heard, in_step, open, peer};

fn file(said: &[&str]) -> Vec<Act> {
    let mut acts = vec!["150 here".into(), SECURE, Act::Send(vec![1]), Act::End(End::Clean)];
    acts.extend(said.iter().map(|line| Act::from(*line)));
    acts
}

#[test]
fn a_reply_that_comes_twice() {
    let twice = |command: &str, reply: &str| peer().instead(command, [reply, reply]);
    let mut world = open(twice("NOOP", "200 done"));
    world.run(&mut ops::noop()).unwrap();
    in_step(&mut world);

    let mut world = open(twice("CWD", "550 no").on("RNFR", ["350 to?", "350 to?"]).on("RNTO", ["553 no"]));
    assert_eq!(world.run(&mut ops::cwd(argument("x"))).unwrap_err().code().unwrap(), 550);
    let rename = &mut ops::Rename::new(argument("a"), argument("b"));
    assert_eq!(world.run(rename).unwrap_err().code().unwrap(), 553);
    in_step(&mut world);

    let mut world = open(peer().on("RETR", file(&["250 done", "250 done"])));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    in_step(&mut world);
}

#[test]
fn what_came_since_an_operation_was_dropped_before_its_command_left() {
    let late = ["200 ok".into(), Act::Wait(Duration::from_secs(60)), "257 \"/elsewhere\"".into()];
    let mut world = open(peer().instead("TYPE", late));
    // The socket has been looked at, and NOOP is about to leave.
    assert!(world.run_for(&mut ops::noop(), 1).is_pending());
    world.pass(Duration::from_secs(3600));
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    assert!(!world.heard().any(|line| line == "NOOP"));
    in_step(&mut world);
}

#[test]
fn replies_of_the_login_that_come_twice_hide_no_refusal() {
    // A known server has all the rest before it answers PASS: a second 230 is not the answer to PBSZ.
    for (greeting, command) in
        [("220 ready", "USER"), ("220 ready", "PASS"), ("220 ready", "PBSZ"), ("220 ProFTPD", "PASS")]
    {
        let reply = match command {
            "USER" => "331 password",
            "PASS" => "230 in",
            _ => "200 ok",
        };
        let peer = Peer::polite().greeting(greeting).instead(command, [reply, reply]);
        let mut world = World::new(peer.instead("PROT", ["534 no"]));
        let error = world.open().unwrap_err();
        assert_eq!(error.code().unwrap(), 534, "{greeting}, {command}: {error}");
    }
}

#[test]
fn a_second_229_confirms_no_upload() {
    let passive = "229 Extended passive mode (|||2000|)";
    let stored = ["150 send".into(), SECURE, Act::Receive, "552 full".into()];
    let mut world = open(Peer::polite().instead("EPSV", [passive, passive]).on("STOR", stored));
    let mut upload = world.upload("x", b"");
    assert_eq!(world.run(&mut upload).unwrap_err().code().unwrap(), 552);
    assert_eq!(heard(&world).last(), Some(&"STOR x"));
}

#[test]
fn a_2xx_of_something_else_confirms_no_transfer() {
    for stray in ["200 nothing done", "229 Extended passive mode (|||2000|)", "257 \"/home\"", "213 42"] {
        let stored = ["150 send".into(), SECURE, Act::Receive, stray.into(), PAUSE, "552 full".into()];
        let mut world = open(peer().on("STOR", stored));
        let mut upload = world.upload("x", b"abc");
        assert_eq!(world.run(&mut upload).unwrap_err().code().unwrap(), 552, "{stray}");
        in_step(&mut world);
    }
}

#[test]
fn a_reply_that_cannot_be_right_is_followed_by_a_fence() {
    for (command, first, second) in [("CWD", "350 what?", "250 done"), ("CWD", "150 wait", "350 what?")] {
        let mut world = open(peer().on(command, [first.into(), second.into(), PAUSE, "250 done".into()]));
        let error = world.run(&mut ops::cwd(argument("x"))).unwrap_err();
        assert!(matches!(error, Error::Remote(_)), "{error}");
        in_step(&mut world);
    }
    // The 257 of before is not the fence's.
    for abort in [&[Act::Abort, "226 done".into()][..], &["226 nothing to abort".into()]] {
        let late = ["250 where am I?".into(), PAUSE, "257 \"/old\"".into()];
        let peer = peer().instead("PWD", late).on("PWD", [PAUSE, "257 \"/home\"".into()]);
        let mut world = open(peer.instead("ABOR", abort.to_vec()).greeting("220 ProFTPD"));
        world.run(&mut ops::pwd()).unwrap_err();
        in_step(&mut world);
    }
}

#[test]
fn what_comes_after_the_fence_is_swallowed() {
    for late in ["226 late", "426 late", "225 late"] {
        let stuck = ["150 here".into(), SECURE, Act::Send(vec![1])];
        let mut world = open(
            peer()
                .instead("PWD", ["257 \"/home\"".into(), PAUSE, late.into()])
                .on("PWD", ["257 \"/home\""])
                .on("RETR", stuck),
        );
        let mut download = world.download("x");
        while world.session.moved() == 0 {
            assert!(world.run_for(&mut download, 1).is_pending());
        }
        in_step(&mut world);
    }
}

#[test]
fn a_retry_is_not_answered_by_the_first_attempt() {
    let refused =
        ["150 here".into(), Act::Secure { resumed: false }, "425 no".into(), PAUSE, "451 no".into()];
    let mut world = open(peer().on("RETR", refused).on("RETR", file(&["226 done"])));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), [1]);
    assert!(!heard(&world).contains(&"PASV"));
    in_step(&mut world);
}

#[test]
fn a_session_is_not_lost_to_replies_that_come_twice() {
    let mut world = open(peer().on("RETR", file(&["226 done", "226 done"])));
    for _ in 0..1100 {
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
    }
    in_step(&mut world);
}

#[test]
fn a_421_is_heard_while_the_data_connection_is_awaited() {
    let passive = format!("229 Extended passive mode (|||{FILTERED}|)");
    let goodbye = || [passive.as_str().into(), PAUSE, "421 going down".into(), Act::Leave];
    let mut world = open(Peer::polite().instead("EPSV", goodbye()));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 421);
    assert!(!world.session.is_usable());
    // And in the same packet as the end of a connection that nobody used.
    let mut world = open(Peer::polite().on("NOOP", ["200 done".into(), "421 idle".into(), Act::Leave]));
    let mut peer = world.run(&mut ops::noop());
    while peer.is_ok() {
        peer = world.run(&mut ops::noop());
    }
    assert_eq!(peer.unwrap_err().code().unwrap(), 421);
}

#[test]
fn what_comes_in_clear_while_tls_begins_is_an_attack() {
    let mut config: Config = config();
    config.security = ftps_proto::Security::Implicit;
    // It is told at once, and not kept until the handshake ends.
    for (early, secured) in [(true, true), (false, true), (false, false)] {
        let mut session = Session::new(config.clone());
        let mut open = ops::Open::new();
        let now = ftps_proto::Instant::default();
        if early {
            session.handle(Input::Received(Channel::Control, b"220 hello\r\n"));
        }
        let need = session.poll(&mut open, now).unwrap();
        assert_eq!(need, Progress::Need(Need::StartTls(Channel::Control)));
        if !early {
            session.handle(Input::Received(Channel::Control, b"220 hello\r\n"));
        }
        if secured {
            session.handle(Input::Secured { channel: Channel::Control, resumed: false });
        }
        let error = session.poll(&mut open, now).unwrap_err();
        assert!(matches!(error, Error::Injection { bytes: 11 }), "{error}");
    }
}

#[test]
fn a_listing_that_was_given_up_takes_nothing_from_the_next() {
    let lines = |lines: &str| Act::Send(lines.replace(' ', "type=file; ").replace(',', "\r\n").into_bytes());
    let list =
        |names: &str| ["150 here".into(), SECURE, lines(names), Act::End(End::Clean), "226 done".into()];
    let mut world = open(Peer::polite().on("MLSD", list(" a, b,")).on("MLSD", list(" c, d, e,")));
    let mut old = List::new(None);
    world.run(&mut old).unwrap().unwrap();
    let mut new = List::new(None);
    let Some(ops::Listed::Entry(entry)) = world.run(&mut new).unwrap() else { panic!("no entry") };
    assert_eq!(entry.name.as_bytes(), b"c");
    // That the old one is polled again is an error for it alone.
    let error = world.run(&mut old).unwrap_err();
    assert!(matches!(error, Error::Local(Local::Superseded)), "{error}");
    for name in ["d", "e"] {
        let Some(ops::Listed::Entry(entry)) = world.run(&mut new).unwrap() else { panic!("no entry") };
        assert_eq!(entry.name.as_bytes(), name.as_bytes());
    }
    assert_eq!(world.run(&mut new).unwrap(), None);
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

#[test]
fn nothing_of_a_listing_is_taken_before_it_is_announced() {
    let mut world = open(Peer::polite().on("MLSD", [SECURE, Act::Send(vec![b'x'; 1 << 20])]));
    let error = world.run(&mut List::new(None)).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Mlsd), .. }), "{error}");
    assert_eq!(world.session.direction(), None::<Direction>);
}

#[test]
fn what_a_server_sends_in_an_upload_is_no_progress() {
    let mut acts = vec!["150 send".into(), SECURE, Act::Receive];
    for _ in 0..1000 {
        acts.extend([Act::Wait(Duration::from_secs(5)), Act::Send(vec![1])]);
    }
    let mut world = open(Peer::polite().on("STOR", acts));
    let before = world.now();
    let mut upload = world.upload("x", b"abc");
    let error = world.run(&mut upload).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Stor), .. }), "{error}");
    let timeouts = config().timeouts;
    assert_eq!(world.now().saturating_duration_since(before), timeouts.drain + timeouts.final_reply);
}
