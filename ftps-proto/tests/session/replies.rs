//! Which command a reply answers: what comes late, unasked, or under another code than it should.

use std::time::Duration;

use ftps_proto::ops;
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{End, Error, Remote, Waiting};

use crate::listing::collect;
use crate::{PAUSE, SECURE, argument, config, in_step, open, peer, sent, taken};

const LATER: Act = Act::Wait(Duration::from_millis(200));
const LINE: &[u8] = b"type=file; a\r\n";

#[test]
fn what_comes_while_nothing_is_owed_answers_nothing() {
    for stray in ["250 late", "200 late", "550 late", "213 7"] {
        let mut world = open(peer().instead("NOOP", ["200 done".into(), LATER, stray.into()]));
        world.run(&mut ops::noop()).unwrap();
        world.pass(Duration::from_secs(1));
        in_step(&mut world);
    }
}

#[test]
fn what_ends_a_session_while_it_is_idle_is_seen_before_a_command_leaves() {
    for (acts, code) in [
        (vec![Act::Leave], None),
        (vec!["421 idle".into()], Some(421)),
        (vec!["421 idle".into(), Act::Leave], Some(421)),
    ] {
        let mut world = open(peer().instead("NOOP", [vec!["200 done".into(), LATER], acts].concat()));
        world.run(&mut ops::noop()).unwrap();
        world.pass(Duration::from_secs(1));
        assert!(world.session.is_usable(), "nobody has looked yet");
        let before = world.now();
        let mut upload = world.upload("x", b"abc");
        let error = world.run(&mut upload).unwrap_err();
        assert!(matches!(error, Error::Closed { failure: None, .. }), "{error}");
        assert_eq!(error.code().map(|code| code.get()), code);
        assert!(error.is_temporary(), "nothing was done");
        assert_eq!(world.heard().next_back(), Some("NOOP"), "nothing has left");
        assert_eq!(world.now(), before);
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_session_that_ends_once_a_command_has_left_may_have_done_it() {
    let mut world = open(peer().instead("DELE", [Act::Leave]));
    let error = world.run(&mut ops::dele(argument("x"))).unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error}");
}

#[test]
fn a_reply_that_asks_for_another_step_ends_a_transfer_at_once() {
    for reply in ["314 and now?", "350 and now?", "631 protected"] {
        let peer = peer().on("RETR", [reply]).on("STOR", [reply]).on("MLSD", [reply]);
        let mut world = open(peer.on("LIST", [reply]));
        let before = world.now();
        for command in ["RETR", "STOR", "MLSD"] {
            let result = match command {
                "RETR" => {
                    let mut download = world.download("x");
                    world.run(&mut download).map(drop)
                }
                "STOR" => {
                    let mut upload = world.upload("x", b"abc");
                    world.run(&mut upload).map(drop)
                }
                _ => collect(&mut world, None).map(drop),
            };
            let error = result.unwrap_err();
            let Error::Remote(Remote::UnexpectedReply(verb, said)) = &error else { panic!("{error}") };
            assert_eq!((verb.as_str(), said.to_string().as_str()), (command, reply));
            assert_eq!(world.now(), before, "no deadline was waited for");
            in_step(&mut world);
        }
    }
}

#[test]
fn another_2xx_ends_a_transfer_whose_data_has_ended_well() {
    for said in ["200 OK, received data", "214 done", "211 fine"] {
        let peer = peer().on("RETR", sent(b"abc", &[said])).on("STOR", taken(&[said]));
        let mut world = open(peer.on("MLSD", sent(LINE, &[said])));
        let before = world.now();
        let mut download = world.download("x");
        assert_eq!(world.run(&mut download).unwrap().reply.to_string(), said);
        assert_eq!(world.received(), b"abc");
        let mut upload = world.upload("x", b"abc");
        assert_eq!(world.run(&mut upload).unwrap().reply.to_string(), said);
        assert_eq!(world.stored(), b"abc");
        assert_eq!(collect(&mut world, None).unwrap().len(), 1);
        assert_eq!(world.now(), before, "no deadline was waited for");
        in_step(&mut world);
    }
}

#[test]
fn another_2xx_ends_no_transfer_whose_data_has_not_ended() {
    for said in ["200 OK, received data", "214 done"] {
        let endless = ["150 here".into(), SECURE, Act::Send(LINE.into()), said.into()];
        let stored = ["150 send".into(), SECURE, Act::Receive, said.into()];
        let mut world = open(peer().on("RETR", endless.clone()).on("STOR", stored).on("MLSD", endless));
        let mut download = world.download("x");
        let downloaded = world.run(&mut download).map(drop).unwrap_err();
        in_step(&mut world);
        let mut upload = world.upload("x", b"abc");
        let uploaded = world.run(&mut upload).map(drop).unwrap_err();
        in_step(&mut world);
        let listed = collect(&mut world, None).unwrap_err();
        in_step(&mut world);
        for error in [downloaded, uploaded, listed] {
            assert!(matches!(error, Error::Timeout { .. }), "{error}");
            assert_eq!(error.reply().unwrap().to_string(), said, "it is named: {error}");
        }
    }
}

#[test]
fn a_2xx_of_something_else_does_not_end_a_cut_transfer_well() {
    for end in [Act::End(End::Truncated), Act::Reset] {
        let cut = ["150 here".into(), SECURE, Act::Send(LINE.into()), end, "200 ok".into()];
        let mut world = open(peer().on("RETR", cut));
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        assert!(matches!(error, Error::Truncated { .. } | Error::Connection { .. }), "{error}");
        in_step(&mut world);
    }
}

#[test]
fn a_refusal_counts_after_a_226_of_before() {
    for pause in [vec![], vec![PAUSE]] {
        let before = [vec!["226 of before".into()], pause.clone()].concat();
        let download = [before.clone(), sent(b"abc", &[]), pause.clone(), vec!["550 broken".into()]].concat();
        let upload = [before, taken(&[]), pause, vec!["552 full".into()]].concat();
        let mut world = open(peer().on("RETR", download).on("STOR", upload));
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert_eq!(error.code().unwrap(), 550);
        in_step(&mut world);
        let mut upload = world.upload("x", b"abc");
        let error = world.run(&mut upload).unwrap_err();
        assert_eq!(error.code().unwrap(), 552, "{error}");
        in_step(&mut world);
    }
}

#[test]
fn a_reply_that_answers_nothing_is_named_where_the_right_one_never_comes() {
    let mut world = open(Peer::polite().on("SIZE", ["227 (127,0,0,1,7,208)"]));
    let error = world.run(&mut ops::size(argument("x"))).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(_), .. }), "{error}");
    assert_eq!(error.code().unwrap(), 227, "{error}");
    // What came before the command was sent is not.
    let noop = ["200 done".into(), LATER, "250 late".into()];
    let silent: [Act; 0] = [];
    let mut world = open(Peer::polite().instead("NOOP", noop).on("SIZE", silent));
    world.run(&mut ops::noop()).unwrap();
    world.pass(Duration::from_secs(1));
    let error = world.run(&mut ops::size(argument("x"))).unwrap_err();
    assert!(matches!(error, Error::Timeout { reply: None, .. }), "{error}");
}

#[test]
fn a_server_that_never_stops_talking_does_not_keep_a_command_from_leaving() {
    let mut config = config();
    config.limits.stray = 100_000;
    let chatter = [Act::from("200 done"), Act::Raw(b"220 and another thing\r\n".repeat(1000))];
    // A look brings a byte.
    let mut world = World::with_config(peer().instead("NOOP", chatter), config).cut(Chunks::Bytes);
    world.open().unwrap();
    world.run(&mut ops::noop()).unwrap();
    let (mut dele, mut turns) = (ops::dele(argument("x")), 0);
    while world.heard().next_back() == Some("NOOP") {
        assert!(world.run_for(&mut dele, 1).is_pending());
        turns += 1;
    }
    assert!(turns < 200, "{turns}");
    assert_eq!(world.run(&mut dele).unwrap_err().code().unwrap(), 550);
    in_step(&mut world);
}

/// pyftpdlib connects while it answers to what comes after EPRT, and says late that it could not.
#[test]
fn that_a_data_connection_failed_answers_no_command_without_one() {
    let mut world = open(peer().instead("SIZE", ["425 cannot connect", "213 42"]));
    world.run(&mut ops::pwd()).unwrap();
    assert_eq!(world.run(&mut ops::size(argument("a"))).unwrap(), 42);
    in_step(&mut world);
    // A refusal of what asks for one is that.
    let mut world =
        open(peer().instead("EPSV", ["425 no ports left"]).instead("PASV", ["425 no ports left"]));
    assert_eq!(collect(&mut world, None).unwrap_err().code().unwrap(), 425);
}
