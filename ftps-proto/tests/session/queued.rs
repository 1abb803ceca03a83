//! The next transfer's EPSV, sent before this one is confirmed: whatever becomes of it, both transfers are whole.

use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::sim::{Act, FILTERED, Peer, World};
use ftps_proto::{Config, End, Error, Mode, ServerKind, Waiting, ops};

use crate::{PAUSE, SECURE, config, in_step, open, peer, run_until_heard, sent};

const PASSIVE: &str = "229 Extended passive mode (|||2000|)";

/// A server that serves any number of files, and confirms each after a pause, so that an EPSV can come before.
fn serves() -> Peer {
    peer().on("RETR", slow(&[], "226 done")).on(
        "STOR",
        ["150 send".into(), SECURE, Act::Receive, Act::End(End::Clean), PAUSE, "226 stored".into()],
    )
}

/// What comes between the end of a file and its confirmation.
fn slow(between: &[&str], confirmation: &str) -> Vec<Act> {
    let mut acts = sent(b"abc", &[]);
    acts.push(PAUSE);
    acts.extend(between.iter().map(|line| Act::from(*line)));
    acts.extend([PAUSE, confirmation.into()]);
    acts
}

/// How the data connections were asked for, and what for.
fn asked(world: &World) -> Vec<&str> {
    let verbs = ["EPSV", "PASV", "RETR", "STOR", "EPRT"];
    world.heard().filter_map(|line| verbs.into_iter().find(|verb| line.starts_with(verb))).collect()
}

fn download(world: &mut World) {
    let mut download = world.download("x").followed();
    assert_eq!(world.run(&mut download).unwrap().reply.code(), 226);
    assert_eq!(world.received(), b"abc");
}

#[test]
fn it_is_answered_after_the_confirmation_or_before_it() {
    let silent: [Act; 0] = [];
    let after = serves();
    // libunftp answers it first.
    let overtakes = serves().instead("EPSV", [PASSIVE]).on("EPSV", [Act::Overtake, PASSIVE.into()]);
    let during =
        peer().on("RETR", slow(&[PASSIVE], "226 done")).instead("EPSV", [PASSIVE]).on("EPSV", silent);
    for peer in [after, overtakes, during] {
        let mut world = open(peer);
        for _ in 0..3 {
            download(&mut world);
        }
        assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "RETR", "EPSV", "RETR", "EPSV"]);
        assert_eq!(world.targets().len(), 3, "each that was prepared is used once");
        in_step(&mut world);
    }
}

#[test]
fn an_upload_prepares_the_next_transfer_too() {
    let mut world = open(serves());
    for _ in 0..2 {
        let mut upload = world.upload("x", b"abc").followed();
        world.run(&mut upload).unwrap();
        assert_eq!(world.stored(), b"abc");
    }
    // The last one is not followed.
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert_eq!(asked(&world), ["EPSV", "STOR", "EPSV", "STOR", "EPSV", "RETR"]);
    in_step(&mut world);
}

#[test]
fn other_commands_come_between() {
    for epsv in [&[PASSIVE.into()][..], &[Act::Overtake, PASSIVE.into()], &[PAUSE, PASSIVE.into()]] {
        let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", epsv.to_vec()));
        download(&mut world);
        in_step(&mut world);
        download(&mut world);
        assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "RETR", "EPSV"]);
    }
}

#[test]
fn it_leaves_at_once_where_the_confirmation_is_there_already() {
    let mut world = open(peer().on("RETR", sent(b"abc", &["226 done"])));
    for _ in 0..3 {
        download(&mut world);
        assert_eq!(world.session.outgoing(), b"EPSV\r\n");
        in_step(&mut world);
    }
    assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "RETR", "EPSV", "RETR", "EPSV"]);
}

#[test]
fn a_server_that_leaves_after_a_confirmation_takes_nothing_from_it() {
    for parting in [vec![Act::Leave], vec!["421 bye".into()], vec!["421 bye".into(), Act::Leave]] {
        let serves = [sent(b"abc", &["226 done"]), parting].concat();
        let mut world = open(peer().on("RETR", serves));
        download(&mut world);
        let mut next = world.download("x");
        let error = world.run(&mut next).unwrap_err();
        assert!(matches!(error, Error::Closed { .. }), "{error}");
    }
}

#[test]
fn a_refusal_is_not_the_transfers_and_it_is_not_queued_again() {
    for refusal in ["450 EPSV: data transfer in progress", "500 what?", "501 EPSV: not now", "503 no"] {
        for overtakes in [true, false] {
            let mut refused = vec![refusal.into()];
            if overtakes {
                refused.insert(0, Act::Overtake);
            }
            let mut world =
                open(serves().instead("EPSV", [PASSIVE]).on("EPSV", refused).on("EPSV", [PASSIVE]));
            for _ in 0..3 {
                download(&mut world);
            }
            let asked = asked(&world);
            assert_eq!(asked, ["EPSV", "RETR", "EPSV", "EPSV", "RETR", "EPSV", "RETR"], "{refusal}");
            in_step(&mut world);
        }
    }
}

#[test]
fn a_refusal_that_is_said_twice_is_not_the_next_commands() {
    let refusal = "450 EPSV: data transfer in progress";
    for refused in
        [[PAUSE, refusal.into(), refusal.into()].to_vec(), [refusal.into(), PAUSE, refusal.into()].to_vec()]
    {
        let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", refused).on("EPSV", [PASSIVE]));
        download(&mut world);
        in_step(&mut world);
        download(&mut world);
    }
}

#[test]
fn a_refusal_that_does_not_say_of_what_is_the_transfers() {
    let refused = [Act::Overtake, "450 busy".into()];
    let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", refused).on("EPSV", [PASSIVE]));
    let mut first = world.download("x").followed();
    assert_eq!(world.run(&mut first).unwrap_err().code().unwrap(), 450);
    for _ in 0..2 {
        download(&mut world);
    }
    in_step(&mut world);
}

#[test]
fn a_port_that_was_prepared_and_leads_nowhere_is_asked_for_again() {
    for (dead, waits) in [("229 (|||1|)".to_string(), false), (format!("229 (|||{FILTERED}|)"), true)] {
        let mut world =
            open(serves().instead("EPSV", [PASSIVE]).on("EPSV", [dead.as_str()]).on("EPSV", [PASSIVE]));
        download(&mut world);
        let before = world.now();
        download(&mut world);
        let waited = world.now().saturating_duration_since(before) >= config().timeouts.connect;
        assert_eq!(waited, waits);
        download(&mut world);
        // Not with PASV: EPSV itself has not failed. Nor in advance, which has.
        assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV", "EPSV", "RETR", "EPSV", "RETR"]);
        in_step(&mut world);
    }
}

#[test]
fn one_that_is_never_answered_ends_the_wait_of_the_next_transfer_alone() {
    let silent: [Act; 0] = [];
    let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", silent).on("EPSV", [PASSIVE]));
    download(&mut world);
    let before = world.now();
    let mut second = world.download("x");
    let error = world.run(&mut second).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Reply(Verb::Epsv), .. }), "{error}");
    assert_eq!(world.now().saturating_duration_since(before), config().timeouts.reply);
}

#[test]
fn a_transfer_dropped_at_any_turn_with_one_outstanding() {
    for epsv in [&[PASSIVE.into()][..], &[Act::Overtake, PASSIVE.into()], &[PAUSE, PASSIVE.into()]] {
        let mut turns = 0;
        loop {
            let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", epsv.to_vec()));
            let mut first = world.download("x").followed();
            let done = world.run_for(&mut first, turns).is_ready();
            drop(first);
            download(&mut world);
            in_step(&mut world);
            download(&mut world);
            if done {
                break;
            }
            turns += 1;
        }
        assert!(turns > 10, "there was something to drop");
    }
}

#[test]
fn one_that_was_outstanding_takes_nothing_from_the_word_on_abor() {
    let silent: [Act; 0] = [];
    let stuck = serves().instead("RETR", sent(b"abc", &[])).instead("EPSV", [PASSIVE]).on("EPSV", silent);
    let mut world = open(stuck.instead("ABOR", [Act::Abort, "500 what?".into()]));
    let mut first = world.download("x").followed();
    run_until_heard(&mut world, &mut first, "EPSV");
    run_until_heard(&mut world, &mut first, "EPSV");
    drop(first);
    let before = world.now();
    in_step(&mut world);
    assert_eq!(world.now(), before, "no deadline was waited for");
}

#[test]
fn a_transfer_that_fails_with_one_outstanding() {
    let failed = |said: &str| [sent(b"abc", &[]), vec![PAUSE, said.into()]].concat();
    let peer = peer().on("RETR", failed("426 broken")).on("RETR", slow(&[], "226 done"));
    let mut world = open(peer);
    let mut first = world.download("x").followed();
    assert_eq!(world.run(&mut first).unwrap_err().code().unwrap(), 426);
    download(&mut world);
    in_step(&mut world);
}

#[test]
fn active_mode_has_nothing_to_prepare() {
    let mut config: Config = config();
    config.mode = Mode::Active;
    let served = || [&["150 here".into(), Act::Connect, SECURE][..], &slow(&[], "226 done")[2..]].concat();
    let mut world = World::with_config(peer().on("EPRT", ["200 ok"]).on("RETR", served()), config);
    world.open().unwrap();
    for _ in 0..2 {
        download(&mut world);
    }
    assert_eq!(asked(&world), ["EPRT", "RETR", "EPRT", "RETR"]);
}

/// The queued EPSV is not the next transfer's doing: of that nothing has left.
#[test]
fn a_session_that_ends_with_it_has_closed_before_the_next_transfer() {
    for (parting, code) in [
        (vec![Act::Leave], None),
        (vec!["421 idle".into()], Some(421)),
        (vec!["421 idle".into(), Act::Leave], Some(421)),
    ] {
        for passes in [false, true] {
            let mut world = open(serves().instead("EPSV", [PASSIVE]).on("EPSV", parting.clone()));
            download(&mut world);
            if passes {
                world.pass(Duration::from_secs(1));
            }
            let mut upload = world.upload("x", b"abc");
            let error = world.run(&mut upload).unwrap_err();
            assert!(matches!(error, Error::Closed { failure: None, .. }), "{error}");
            assert_eq!(error.code().map(|code| code.get()), code);
            assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV"]);
            assert!(world.stored().is_empty());
        }
    }
}

/// What a client does of which transfers were expected before the login.
fn expects(peer: Peer) -> World {
    let mut config: Config = config();
    config.expect_transfer = true;
    World::with_config(peer, config)
}

#[test]
fn the_first_one_is_asked_for_together_with_the_login() {
    for kind in [ServerKind::Vsftpd, ServerKind::ProFtpd, ServerKind::PureFtpd] {
        // Nothing is answered before everything has been heard.
        let silent: [Act; 0] = [];
        let quiet = ["USER", "PASS", "PBSZ", "PROT", "FEAT", "OPTS", "TYPE"]
            .into_iter()
            .fold(serves().like(kind), |peer, command| peer.instead(command, silent.clone()));
        let said = ["331 password?", "230 in", "200 PBSZ=0", "200 P", "211 none", "200 ok", "200 I", PASSIVE];
        let mut world = expects(quiet.instead("EPSV", said).on("EPSV", [PASSIVE]));
        world.open().unwrap();
        download(&mut world);
        assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV"]);
        assert_eq!(world.targets().len(), 1);
        in_step(&mut world);
    }
}

#[test]
fn a_server_that_may_take_one_command_at_a_time_gets_no_epsv_with_the_login() {
    let mut world = expects(serves());
    world.open().unwrap();
    assert!(asked(&world).is_empty());
    download(&mut world);
    assert_eq!(asked(&world), ["EPSV", "RETR", "EPSV"]);
    in_step(&mut world);
}

#[test]
fn one_that_is_refused_after_the_login_is_asked_for_again() {
    for refusal in ["450 EPSV: not now", "500 what?", "503 no", "530 who are you?"] {
        let peer = serves().like(ServerKind::ProFtpd);
        let mut world = expects(peer.instead("EPSV", [refusal]).on("EPSV", [PASSIVE]));
        world.open().unwrap();
        for _ in 0..2 {
            download(&mut world);
        }
        assert_eq!(asked(&world), ["EPSV", "EPSV", "RETR", "EPSV", "RETR"], "{refusal}");
        in_step(&mut world);
    }
}

#[test]
fn a_login_that_is_refused_is_so_whatever_the_epsv_after_it_came_to() {
    for epsv in [PASSIVE, "530 not logged in"] {
        let peer = serves().like(ServerKind::Vsftpd).instead("PASS", ["530 no"]).instead("EPSV", [epsv]);
        let mut world = expects(peer);
        let error = world.open().unwrap_err();
        assert!(error.is_login(), "{error}");
        assert_eq!(world.heard().last(), Some("QUIT"));
    }
}

#[test]
fn a_session_that_expected_transfers_may_come_to_none() {
    let mut world = expects(serves().like(ServerKind::PureFtpd));
    world.open().unwrap();
    in_step(&mut world);
    world.run(&mut ops::Quit::new()).unwrap();
    assert_eq!(asked(&world), ["EPSV"]);
}
