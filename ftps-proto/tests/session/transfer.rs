//! Downloads and uploads.

use std::net::SocketAddrV6;
use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::ops::{self, StartTransfer};
use ftps_proto::sim::{Act, Chunks, FILTERED, PORT, Peer, World};
use ftps_proto::{
    Channel, Close, EarlyClose, End, Error, Flow, Input, Mode, Need, Operation, Progress, ServerKind, Target,
    Waiting,
};

use crate::{PAUSE, SECURE, argument, config, heard, open};

fn payload() -> Vec<u8> {
    (0..=255).cycle().take(1000).collect()
}

fn serves(acts: impl IntoIterator<Item = Act>) -> Peer {
    Peer::polite().on("RETR", acts)
}

fn sends(before: &[&str], after: &[&str]) -> Vec<Act> {
    let mut acts: Vec<Act> = before.iter().map(|line| (*line).into()).collect();
    acts.extend([SECURE, Act::Send(payload()), Act::End(End::Clean)]);
    acts.extend(after.iter().map(|line| Act::from(*line)));
    acts
}

/// An upload of which the test moves the payload.
fn stor() -> StartTransfer {
    StartTransfer::stor(argument("x"))
}

fn takes(after: &[&str]) -> Peer {
    let mut acts = vec!["150 send".into(), SECURE, Act::Receive];
    acts.extend(after.iter().map(|line| Act::from(*line)));
    Peer::polite().on("STOR", acts)
}

#[test]
fn download() {
    for chunks in [Chunks::Whole, Chunks::Bytes, Chunks::Seeded(7)] {
        let mut world = World::new(serves(sends(&["150 here"], &["226 done"]))).cut(chunks);
        world.open().unwrap();
        let mut download = world.download("file");
        let done = world.run(&mut download).unwrap();
        assert_eq!((done.bytes, done.reply.code().get()), (payload().len() as u64, 226));
        assert_eq!(world.received(), payload());
        assert_eq!(world.closes(), [(Channel::Data, Close::Whole)]);
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn downloads_whose_replies_come_otherwise() {
    for acts in [
        sends(&["125 already open"], &["250 done"]),
        // 226 overtakes the data.
        sends(&["150 here", "226 done"], &[]),
        // 226 without 150.
        sends(&["226 done"], &[]),
        sends(&[], &["150 here", "226 done"]),
        // And 150 once more.
        [vec!["150 here".into(), SECURE, PAUSE], sends(&["150 still here"], &["226 done"])].concat(),
        // The connection is through before anything is said.
        vec![SECURE, Act::Send(payload()), Act::End(End::Clean), "150 here".into(), "226 done".into()],
    ] {
        let mut world = open(serves(acts));
        let mut download = world.download("file");
        world.run(&mut download).unwrap();
        assert_eq!(world.received(), payload());
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn what_is_said_after_a_transfer_answers_nothing() {
    for after in
        [&["226 done", "226 done"][..], &["226 done", "150 here", "226 done"], &["226 done", "425 closed"]]
    {
        for chunks in [Chunks::Whole, Chunks::Bytes] {
            let mut world = World::new(serves(sends(&["150 here"], after))).cut(chunks);
            world.open().unwrap();
            let mut download = world.download("file");
            world.run(&mut download).unwrap();
            assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home", "{after:?}");
        }
    }
}

#[test]
fn close_notify_goes_early_where_asked_for_or_known_to_be_taken() {
    for (early_close, kind, early) in [
        (EarlyClose::On, ServerKind::Unknown, true),
        (EarlyClose::Known, ServerKind::Vsftpd, true),
        (EarlyClose::Known, ServerKind::ProFtpd, false),
        (EarlyClose::Off, ServerKind::Vsftpd, false),
    ] {
        let mut config = config();
        config.early_close = early_close;
        let peer = serves(sends(&["150 here"], &["226 done"])).like(kind);
        let mut world = World::with_config(peer, config);
        world.open().unwrap();
        let mut download = world.download("file");
        world.run(&mut download).unwrap();
        let closes = [(Channel::Data, Close::Notify), (Channel::Data, Close::Whole)];
        assert_eq!(world.closes(), &closes[usize::from(!early)..], "{kind}");
    }
}

#[test]
fn a_cut_download_is_an_error_whatever_is_said() {
    for said in [&["226 done"][..], &["426 aborted"], &[]] {
        let mut acts = vec!["150 here".into(), SECURE, Act::Send(payload()), Act::End(End::Truncated)];
        acts.extend(said.iter().map(|line| Act::from(*line)));
        let mut world = open(serves(acts));
        let mut download = world.download("file");
        let error = world.run(&mut download).unwrap_err();
        match (said, &error) {
            (["426 aborted"], Error::Refused(_)) => {}
            (_, Error::Truncated { bytes: 1000, reply }) => assert_eq!(reply.is_some(), !said.is_empty()),
            _ => panic!("{said:?}: {error}"),
        }
        assert!(error.is_temporary());
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home", "{said:?}");
    }
}

#[test]
fn a_reset_download_is_an_error_with_both_sides_of_the_story() {
    for said in [vec![], vec![PAUSE]] {
        let acts = [vec!["150 here".into(), SECURE, Act::Reset], said, vec!["426 broken".into()]].concat();
        let mut world = open(serves(acts));
        let mut download = world.download("file");
        let error = world.run(&mut download).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "the data connection failed: connection reset; the server says: 426 broken"
        );
    }
}

#[test]
fn refusals_end_at_once() {
    for (command, reply) in [
        ("RETR", "550 No such file"),
        ("RETR", "450 busy"),
        ("RETR", "425 no data connection"),
        ("STOR", "553 Not allowed"),
        ("STOR", "552 quota"),
    ] {
        // The data connection is open, and never secured.
        let mut world = open(Peer::polite().on(command, [reply]));
        let before = world.now();
        let mut transfer = if command == "RETR" { world.download("x") } else { world.upload("x", b"abc") };
        let error = world.run(&mut transfer).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert!(error.to_string().contains(reply));
        assert_eq!(world.now(), before, "no deadline was waited for");
        world.run(&mut ops::noop()).unwrap();
        let [.., refused, next] = heard(&world)[..] else { panic!() };
        assert!(refused.starts_with(command) && next == "NOOP", "nothing had to be recovered");
    }
}

#[test]
fn a_refusal_is_one_whether_the_reset_or_the_reply_is_seen_first() {
    let under_way = |end: [Act; 2]| [vec!["150 here".into(), SECURE], end.to_vec()].concat();
    for reply in ["550 No such file", "450 busy"] {
        // A server that refuses closes its data connection too, with the ClientHello unread.
        let mut world = open(Peer::polite().on("RETR", [Act::Reset, reply.into()]));
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert_eq!(error.is_temporary(), reply.starts_with('4'), "{error}");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
    for end in [[Act::Reset, "552 quota".into()], ["552 quota".into(), Act::Reset]] {
        let mut world = open(Peer::polite().on("STOR", under_way(end)));
        let mut upload = world.upload("x", b"abc");
        let error = world.run(&mut upload).unwrap_err();
        assert!(matches!(error, Error::Refused(_)) && !error.is_temporary(), "{error}");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn a_handshake_that_fails_waits_for_the_reason() {
    for end in [Act::Reset, Act::End(End::Truncated)] {
        let mut world = open(serves([end.clone(), PAUSE, "522 resume the session".into()]));
        let mut download = world.download("x");
        assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 522);

        // Where none is given, that it failed is the error, and not that nothing was said of it.
        let mut world = open(serves([end.clone()]));
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        let failed =
            matches!(error, Error::Connection { channel: Channel::Data, .. } | Error::Truncated { .. });
        assert!(failed, "{end:?}: {error}");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn a_connection_that_is_never_secured_ends_by_the_reply() {
    let mut world = open(serves(["150 here".into(), "522 TLS failed".into()]));
    let before = world.now();
    let mut download = world.download("x");
    let error = world.run(&mut download).unwrap_err();
    assert_eq!(error.code().unwrap(), 522);
    assert_eq!(world.now(), before);
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
}

#[test]
fn a_refused_unresumed_connection_is_tried_again() {
    let peer = Peer::polite()
        .on("RETR", ["150 here".into(), Act::Secure { resumed: false }, "425 unable to build".into()])
        .on("RETR", sends(&["150 here"], &["226 done"]));
    let mut world = open(peer);
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), payload());
    // But once only.
    let refused = || ["150 here".into(), Act::Secure { resumed: false }, "425 unable to build".into()];
    let mut world = open(Peer::polite().on("RETR", refused()));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 425);
    assert_eq!(world.heard().filter(|line| line.starts_with("RETR")).count(), 2);
    // Nor where a ticket was taken: another has nothing to add.
    let refused = ["150 here".into(), SECURE, "425 busy".into()];
    let mut world = open(serves(refused));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 425);
    assert_eq!(world.heard().filter(|line| line.starts_with("RETR")).count(), 1);
}

#[test]
fn upload() {
    for chunks in [Chunks::Whole, Chunks::Bytes, Chunks::Seeded(9)] {
        let mut world = World::new(takes(&["226 stored"])).cut(chunks);
        world.open().unwrap();
        let mut upload = world.upload("file", &payload());
        let done = world.run(&mut upload).unwrap();
        assert_eq!((done.bytes, done.reply.code().get()), (payload().len() as u64, 226));
        assert_eq!(world.stored(), payload());
        assert_eq!(world.closes(), [(Channel::Data, Close::Write), (Channel::Data, Close::Whole)]);
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn payload_moves_on_a_connection_that_is_secured_and_announced() {
    let cases: [(&[Act], [bool; 2]); 6] = [
        (&[], [false, false]),
        (&["150 here".into()], [false, false]),
        (&[SECURE], [false, false]),
        (&["150 here".into(), SECURE], [true, true]),
        (&["150 here".into(), SECURE, Act::End(End::Clean)], [false, true]),
        (&["150 here".into(), SECURE, Act::Reset], [false, true]),
    ];
    for (acts, [moves, started]) in cases {
        let peer =
            Peer::polite().on("STOR", acts.to_vec()).on("RETR", acts.to_vec()).on("MLSD", acts.to_vec());
        let secured = acts.contains(&SECURE);
        let ended = started && !moves;

        let mut world = open(peer.clone());
        let mut upload = world.upload("x", b"abc");
        let flow = Flow { send: moves, receive: !ended };
        assert_eq!(data_flow(&mut world, &mut upload, "STOR"), flow, "{acts:?}");

        let mut world = open(peer.clone());
        let mut download = world.download("x");
        let flow = Flow { send: false, receive: !ended };
        assert_eq!(data_flow(&mut world, &mut download, "RETR"), flow, "{acts:?}");

        let mut world = open(peer);
        // What a listing says has no place before it is announced.
        let flow = Flow { send: false, receive: !ended && (started || !secured) };
        assert_eq!(data_flow(&mut world, &mut ops::List::new(None), "MLSD"), flow, "{acts:?}");
    }
    // There is none yet.
    let passive = format!("229 Extended passive mode (|||{FILTERED}|)");
    let mut world = open(Peer::polite().instead("EPSV", [passive.as_str()]));
    let mut upload = world.upload("x", b"abc");
    assert_eq!(data_flow(&mut world, &mut upload, "EPSV"), Flow::default());
}

/// What the data connection is to move once the server has answered this command.
fn data_flow<O: Operation>(world: &mut World, op: &mut O, command: &str) -> Flow {
    while !heard(world).last().unwrap().starts_with(command) {
        assert!(world.run_for(op, 1).is_pending());
    }
    loop {
        match world.session.poll(op, world.now()) {
            Ok(Progress::Need(Need::Io(io))) => return io.data,
            Ok(Progress::Need(_)) => {}
            _ => panic!("it is to wait"),
        }
    }
}

#[test]
fn an_empty_upload() {
    let mut world = open(takes(&["226 stored"]));
    let mut upload = world.upload("file", b"");
    world.run(&mut upload).unwrap();
}

#[test]
fn an_upload_is_confirmed_by_a_2xx_alone() {
    for said in ["426 broken", "451 disk", "552 quota"] {
        let mut world = open(takes(&[said]));
        let mut upload = world.upload("file", &payload());
        let error = world.run(&mut upload).unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{error}");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn a_server_through_too_early_has_not_stored_the_file() {
    for acts in [
        vec!["150 send".into(), SECURE, "226 stored".into()],
        vec!["150 send".into(), SECURE, Act::End(End::Clean), "226 stored".into()],
    ] {
        let mut world = open(Peer::polite().on("STOR", acts));
        let mut upload = world.upload("file", &payload());
        let error = world.run(&mut upload).unwrap_err();
        assert!(!matches!(error, Error::Refused(_)), "{error}");
        assert_eq!(error.code().unwrap(), 226);
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn an_upload_whose_source_has_not_come_to_its_end_waits_for_that_alone() {
    for (said, code) in [(vec![PAUSE, "226 stored".into()], Some(226)), (vec![], None)] {
        let acts = [vec!["150 send".into(), SECURE], said].concat();
        let mut world = open(Peer::polite().on("STOR", acts));
        let mut transfer = world.run(&mut stor()).unwrap();
        let error = world.run(&mut transfer).unwrap_err();
        assert_eq!(error.code().map(|code| code.get()), code, "{error}");
        assert_eq!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), code.is_none(), "{error}");
        assert!(world.closes().is_empty(), "nothing told the server that this was all");
        assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    }
}

#[test]
fn epsv_refused_then_pasv_and_remembered() {
    for refusal in [
        "500 what?",
        "502 no",
        "522 which protocol",
        "229 (|||70000|)",
        "229 (|||0|)",
        "229 nonsense",
        "450 busy",
        "350 and now?",
        "200 ok",
    ] {
        let peer = serves(sends(&["150 here"], &["226 done"])).instead("EPSV", [refusal]);
        let mut world = open(peer);
        for _ in 0..2 {
            let mut download = world.download("x");
            world.run(&mut download).unwrap();
        }
        let asked: Vec<&str> = world.heard().filter(|line| line.ends_with("SV")).collect();
        assert_eq!(asked, ["EPSV", "PASV", "PASV"], "{refusal}");
    }
}

#[test]
fn an_unreachable_epsv_port_then_pasv() {
    let peer = serves(sends(&["150 here"], &["226 done"])).instead("EPSV", ["229 (|||2001|)"]);
    let mut world = open(peer);
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.heard().filter(|line| *line == "PASV").count(), 1);
}

#[test]
fn bad_pasv_replies_are_errors() {
    for reply in ["227 (127,0,0,1,0,0)", "227 (1,2,3)", "227 (127,0,0,1,7,300)", "227 none"] {
        let peer = serves([]).instead("EPSV", ["500 no"]).instead("PASV", [reply]);
        let mut world = open(peer);
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        assert!(error.to_string().contains("PASV"), "{error}");
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn a_421_in_a_transfer_ends_the_session() {
    let mut world = open(serves(["150 here".into(), SECURE, Act::Send(payload()), "421 going down".into()]));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 421);
    assert!(!world.session.is_usable());
}

#[test]
fn a_control_connection_lost_in_a_transfer_ends_it_at_once() {
    for acts in [vec![Act::Leave], vec!["150 here".into(), SECURE, Act::Send(payload()), Act::Leave]] {
        let mut world = open(serves(acts));
        let before = world.now();
        let mut download = world.download("x");
        let error = world.run(&mut download).unwrap_err();
        assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
        assert_eq!(world.now(), before, "no deadline was waited for");
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_server_that_leaves_after_its_confirmation_has_sent_the_file() {
    let data = [PAUSE, Act::Send(payload()), Act::End(End::Clean)];
    let mut world = open(serves(
        [vec!["150 here".into(), SECURE, "226 done".into(), Act::Leave], data.to_vec()].concat(),
    ));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), payload());
    assert!(!world.session.is_usable());
}

#[test]
fn endless_preliminary_replies_end() {
    let acts: Vec<Act> = (0..1000).map(|_| "150 here".into()).collect();
    let mut world = open(serves(acts));
    let mut download = world.download("x");
    assert!(matches!(world.run(&mut download), Err(Error::Remote(_))));
    assert!(!world.session.is_usable());
}

#[test]
fn a_reset_upload_is_an_error_whatever_is_said() {
    let acts = ["150 send".into(), SECURE, Act::Receive, Act::Reset, "226 stored".into()];
    let mut world = open(Peer::polite().on("STOR", acts));
    let mut upload = world.upload("x", b"abc");
    let error = world.run(&mut upload).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, failure: Some(_), .. }), "{error}");
    assert_eq!(error.code().unwrap(), 226);
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn an_upload_needs_no_close_notify_in_return() {
    for end in [End::Clean, End::Truncated] {
        let acts = ["150 send".into(), SECURE, Act::Receive, Act::End(end), "226 stored".into()];
        let mut world = open(Peer::polite().on("STOR", acts));
        let mut upload = world.upload("x", b"abc");
        world.run(&mut upload).unwrap();
        assert_eq!(world.stored(), b"abc");
    }
}

#[test]
fn a_server_is_not_through_before_everything_has_been_sent() {
    // What is left of an upload lies with whoever encrypts it.
    let acts = ["150 send".into(), SECURE, Act::Stall];
    let mut world = open(Peer::polite().on("STOR", acts));
    let mut transfer = world.run(&mut stor()).unwrap();
    transfer.finish();
    let now = world.now();
    let need = world.session.poll(&mut transfer, now).unwrap();
    assert_eq!(need, Progress::Need(Need::Close(Channel::Data, Close::Write)));
    let waits = world.session.poll(&mut transfer, now).unwrap();
    assert!(matches!(waits, Progress::Need(Need::Io(_))), "it is closed once: {waits:?}");
    world.session.handle(Input::Received(Channel::Control, b"226 stored\r\n"));
    let error = world.session.poll(&mut transfer, now).unwrap_err();
    assert_eq!(error.code().unwrap(), 226);
}

#[test]
fn what_is_sent_after_the_server_has_ended_is_not_in_the_file() {
    for end in [End::Clean, End::Truncated] {
        let mut world = open(Peer::polite().on("STOR", ["150 send".into(), SECURE, Act::Stall]));
        let mut transfer = world.run(&mut stor()).unwrap();
        transfer.finish();
        let now = world.now();
        let need = world.session.poll(&mut transfer, now).unwrap();
        assert_eq!(need, Progress::Need(Need::Close(Channel::Data, Close::Write)));
        // The server's end comes first; the rest goes into a socket that nobody reads.
        world.session.handle(Input::Ended(Channel::Data, end));
        world.session.handle(Input::Shut);
        assert!(matches!(world.session.poll(&mut transfer, now).unwrap(), Progress::Need(_)));
        world.session.handle(Input::Received(Channel::Control, b"226 stored\r\n"));
        let error = world.run(&mut transfer).unwrap_err();
        assert_eq!(error.code().unwrap(), 226, "{error}");
    }
}

#[test]
fn a_421_after_226_takes_nothing_from_a_file_that_is_still_read() {
    // vsftpd's idle timeout, while a slow caller reads what the sockets hold.
    let acts = ["150 here", "226 done", "421 Timeout."].map(Act::from);
    let data = [SECURE, Act::Wait(Duration::from_secs(1)), Act::Send(payload()), Act::End(End::Clean)];
    let mut world = open(serves([&acts[..1], &data[..1], &acts[1..], &data[1..]].concat()));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap().reply.code(), 226);
    assert_eq!(world.received(), payload());
    assert!(!world.session.is_usable());
}

#[test]
fn the_last_word_is_that_of_pasv() {
    let peer = serves([]).instead("EPSV", ["450 busy"]).instead("PASV", ["425 no port"]);
    let mut world = open(peer);
    let mut download = world.download("x");
    let error = world.run(&mut download).unwrap_err();
    assert_eq!(error.to_string(), "the server refused PASV: 425 no port");
    assert!(error.is_temporary());
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn epsv_is_tried_again_where_pasv_leads_nowhere() {
    let unreachable = ["229 Extended passive mode (|||1|)"];
    let passive = ["229 Extended passive mode (|||2000|)"];
    let peer = serves(sends(&["150 here"], &["226 done"]));
    let mut world =
        open(peer.instead("EPSV", unreachable).on("EPSV", passive).instead("PASV", ["522 IPv6 here"]));
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 522);
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
}

#[test]
fn epsv_answered_with_227_and_pasv_with_229() {
    let peer = || serves(sends(&["150 here"], &["226 done"]));
    let mut world = open(peer().instead("EPSV", ["227 Passive mode (127,0,0,1,7,208)"]));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    let pasv = ["229 Extended passive mode (|||2000|)"];
    let mut world = open(peer().instead("EPSV", ["500 what?"]).instead("PASV", pasv));
    let mut download = world.download("x");
    // It can only be a late answer to EPSV, and is named where no other comes.
    let error = world.run(&mut download).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Pasv), .. }), "{error}");
    assert_eq!(error.code().unwrap(), 229);
}

#[test]
fn the_address_of_a_pasv_reply_is_not_gone_to() {
    let elsewhere = || {
        let peer = serves(sends(&["150 here"], &["226 done"])).instead("EPSV", ["500 what?"]);
        peer.instead("PASV", ["227 Passive mode (192,0,2,1,7,208)"])
    };
    let port = PORT.try_into().unwrap();
    let mut world = open(elsewhere());
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.targets(), [Target::Peer(port)]);

    let mut config = config();
    config.trust_pasv_address = true;
    let mut world = World::with_config(elsewhere(), config);
    world.open().unwrap();
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.targets(), [Target::Address([192, 0, 2, 1].into(), port)]);
}

#[test]
fn a_link_local_server_is_found_again() {
    let control = SocketAddrV6::new("fe80::1".parse().unwrap(), 21, 0, 3);
    let data = SocketAddrV6::new(*control.ip(), PORT, 0, 3);
    assert_eq!(Target::Peer(PORT.try_into().unwrap()).address(control.into()), data.into());
}

#[test]
fn a_port_that_says_nothing_is_left_for_pasv() {
    let peer = serves(sends(&["150 here"], &["226 done"]));
    let mut world =
        open(peer.instead("EPSV", [format!("229 Extended passive mode (|||{FILTERED}|)").as_str()]));
    let before = world.now();
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.connect);
    assert!(world.closes().contains(&(Channel::Data, Close::Reset)));
}

#[test]
fn extended_commands_are_never_sent_where_they_are_turned_off() {
    for (mode, command) in [(Mode::Passive, "PASV"), (Mode::Active, "PORT")] {
        let peer = serves([])
            .instead(command, ["425 not now"])
            .on("EPSV", ["229 (|||2000|)"])
            .on("EPRT", ["200 ok"]);
        let mut config = config();
        (config.mode, config.extended) = (mode, false);
        let mut world = World::with_config(peer, config);
        world.open().unwrap();
        // One that is refused does not lead to the other.
        for _ in 0..2 {
            let mut download = world.download("x");
            assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 425);
        }
        assert!(world.heard().all(|line| !line.starts_with('E')), "{:?}", heard(&world));
        assert_eq!(world.heard().filter(|line| line.starts_with(command)).count(), 2);
    }
}
