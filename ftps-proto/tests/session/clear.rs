//! What is given up by name: PROT C, CCC; and what is demanded: resumption, EPSV ALL.

use ftps_proto::ops::{self, StartTransfer};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{
    Channel, Config, End, Error, Input, Mode, Need, Pipelining, Progress, Protection, ServerKind, Waiting,
};

use crate::listing::{collect, names};
use crate::{SECURE, argument, config, heard, in_step, peer, sent, taken};

fn with(change: impl FnOnce(&mut Config)) -> Config {
    let mut config = config();
    change(&mut config);
    config
}

fn clear() -> Config {
    with(|config| config.protection = Protection::DangerousClear)
}

/// The same without TLS on the data connection, which ends by FIN alone.
fn in_clear(acts: Vec<Act>) -> Vec<Act> {
    let bare = acts.into_iter().filter(|act| *act != SECURE);
    bare.map(|act| if let Act::End(_) = act { Act::End(End::Truncated) } else { act }).collect()
}

fn serves_in_clear() -> Peer {
    peer()
        .on("RETR", in_clear(sent(b"abc", &["226 done"])))
        .on("STOR", in_clear(taken(&["226 stored"])))
        .on("MLSD", in_clear(sent(b"type=file; a\r\n", &["226 done"])))
}

#[test]
fn data_goes_in_clear_where_that_was_asked_for() {
    let mut world = World::with_config(serves_in_clear(), clear());
    world.open().unwrap();
    assert!(heard(&world).contains(&"PROT C") && !heard(&world).contains(&"PROT P"));
    let mut download = world.download("x");
    let done = world.run(&mut download).unwrap();
    assert!(!done.resumed && done.bytes == 3);
    assert_eq!(world.received(), b"abc");
    let mut upload = world.upload("x", b"abc");
    world.run(&mut upload).unwrap();
    assert_eq!(world.stored(), b"abc");
    assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"]);
    in_step(&mut world);
}

#[test]
fn a_server_that_demands_protection_refuses_the_login_in_clear() {
    for refusal in ["534 no", "536 no", "500 what?"] {
        let mut world = World::with_config(serves_in_clear().instead("PROT", [refusal]), clear());
        let error = world.open().unwrap_err();
        assert_eq!(error.to_string(), format!("the server refused PROT: {refusal}"));
    }
}

/// FIN proves nothing there, but a file whose final reply is missing is cut all the same.
#[test]
fn a_file_in_clear_is_complete_with_its_final_reply() {
    for (reply, code) in [("426 broken", 426), ("451 no", 451)] {
        let acts = in_clear(sent(b"ab", &[reply]));
        let mut world = World::with_config(serves_in_clear().instead("RETR", acts), clear());
        world.open().unwrap();
        let mut download = world.download("x");
        assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), code);
        in_step(&mut world);
    }
}

#[test]
fn without_being_asked_for_fin_is_no_end() {
    let cut = vec![
        "150 here".into(),
        SECURE,
        Act::Send(b"ab".to_vec()),
        Act::End(End::Truncated),
        "226 done".into(),
    ];
    let mut world = crate::open(peer().on("RETR", cut));
    let mut download = world.download("x");
    assert!(matches!(world.run(&mut download), Err(Error::Truncated { .. })));
}

#[test]
fn the_control_connection_is_cleared_after_the_login() {
    for kind in [ServerKind::Unknown, ServerKind::PureFtpd] {
        let config = with(|config| config.dangerous_clear_control = true);
        let peer = peer().like(kind).on("CCC", ["200 clear"]).on("RETR", sent(b"abc", &["226 done"]));
        let mut world = World::with_config(peer, config);
        world.open().unwrap();
        assert_eq!(heard(&world).last(), Some(&"CCC"), "nothing was sent with it or after it");
        assert!(!world.session.is_secured() && world.session.is_usable());
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
        // No secret leaves now.
        assert!(!heard(&world)[heard(&world).len() - 2..].iter().any(|line| line.starts_with("PASS")));
        in_step(&mut world);
    }
}

#[test]
fn where_ccc_is_refused_tls_goes_on() {
    for refusal in ["500 what?", "533 no", "534 no"] {
        let config = with(|config| config.dangerous_clear_control = true);
        let mut world = World::with_config(peer().on("CCC", [refusal]), config);
        world.open().unwrap();
        assert!(world.session.is_secured());
        in_step(&mut world);
    }
}

#[test]
fn nothing_that_follows_the_reply_to_ccc_is_believed() {
    let config = with(|config| config.dangerous_clear_control = true);
    let peer = peer().on("CCC", [Act::Raw(b"200 clear\r\n213 1\r\n".to_vec())]);
    let mut world = World::with_config(peer, config);
    assert!(matches!(world.open(), Err(Error::Injection { bytes: 7 })), "one packet");
    assert!(!world.session.is_usable());
}

/// The end of TLS is waited for as its beginning is.
#[test]
fn a_server_that_does_not_end_tls_times_out() {
    let config = with(|config| config.dangerous_clear_control = true);
    let mut world = World::with_config(peer().on("CCC", ["200 clear"]), config);
    let mut open = ops::Open::new();
    loop {
        match world.session.poll(&mut open, world.now()) {
            Ok(Progress::Need(Need::EndTls(Channel::Control))) => break,
            Ok(Progress::Need(Need::StartTls(channel))) => {
                world.session.handle(Input::Secured { channel, resumed: false });
            }
            Ok(_) => assert!(world.run_for(&mut open, 1).is_pending()),
            Err(error) => panic!("{error}"),
        }
    }
    let error = world.run(&mut open).unwrap_err();
    let waiting = Waiting::Handshake(Channel::Control);
    assert!(matches!(error, Error::Timeout { waiting: waited, .. } if waited == waiting), "{error}");
}

#[test]
fn a_data_connection_that_does_not_resume_is_refused_where_that_was_asked_for() {
    let afresh = |acts: Vec<Act>| -> Vec<Act> {
        let acts = acts.into_iter();
        acts.map(|act| if act == SECURE { Act::Secure { resumed: false } } else { act }).collect()
    };
    for (required, resumed) in [(false, false), (true, false), (true, true)] {
        let config = with(|config| config.require_resumption = required);
        let [retr, stor] = [sent(b"abc", &["226 done"]), taken(&["226 stored"])]
            .map(|acts| if resumed { acts } else { afresh(acts) });
        let mut world = World::with_config(peer().on("RETR", retr).on("STOR", stor), config);
        world.open().unwrap();
        let mut download = world.download("x");
        let down = world.run(&mut download).map(|done| done.resumed);
        let mut upload = world.upload("x", b"abc");
        let up = world.run(&mut upload).map(|done| done.resumed);
        for moved in [down, up] {
            match moved {
                Ok(moved) => assert!(moved == resumed && (resumed || !required)),
                Err(error) => {
                    assert!(matches!(error, Error::NotResumed) && required && !resumed, "{error}");
                    assert!(!error.is_temporary());
                }
            }
        }
        if required && !resumed {
            assert_eq!((world.received(), world.stored()), (&b""[..], &b""[..]));
        }
        in_step(&mut world);
    }
}

#[test]
fn epsv_all_leaves_nothing_to_fall_back_to() {
    let config = || {
        with(|config| {
            config.epsv_all = true;
            config.mode = Mode::PassiveFirst;
        })
    };
    let refused = |peer: Peer| peer.instead("EPSV", ["522 no"]).on("EPSV ALL", ["200 ok"]);
    // Pure-FTPd says it so.
    for taken in ["200 ok", "220 Active mode is disabled"] {
        let peer = peer().on("EPSV ALL", [taken]).on("RETR", sent(b"abc", &["226 done"]));
        let mut world = World::with_config(peer, config());
        world.open().unwrap();
        assert!(heard(&world).contains(&"EPSV ALL"));
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
    }
    let mut world = World::with_config(refused(peer()), config());
    world.open().unwrap();
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().code().unwrap(), 522);
    assert!(
        !heard(&world).iter().any(|line| ["PASV", "EPRT", "PORT"].iter().any(|verb| line.starts_with(verb)))
    );
    in_step(&mut world);
    // Refused, it binds nobody.
    let retr = sent(b"abc", &["226 done"]);
    let mut world = World::with_config(
        peer().instead("EPSV", ["522 no"]).on("EPSV ALL", ["501 no"]).on("RETR", retr),
        config(),
    );
    world.open().unwrap();
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    assert!(heard(&world).contains(&"PASV"));
}

#[test]
fn epsv_all_is_of_no_use_in_active_mode() {
    let config = with(|config| {
        config.epsv_all = true;
        config.mode = Mode::Active;
    });
    let mut world = World::with_config(peer(), config);
    world.open().unwrap();
    assert!(!heard(&world).contains(&"EPSV ALL"));
}

#[test]
fn passive_mode_that_leads_nowhere_gives_way_to_active() {
    let connects = |mut acts: Vec<Act>| {
        acts.insert(1, Act::Connect);
        acts
    };
    let peer = peer()
        .instead("EPSV", ["502 no"])
        .instead("PASV", ["502 no"])
        .on("EPRT", ["200 ok"])
        .on("RETR", connects(sent(b"abc", &["226 done"])));
    let mut world = World::with_config(peer.clone(), with(|config| config.mode = Mode::PassiveFirst));
    world.open().unwrap();
    for _ in 0..2 {
        let mut download = world.download("x");
        world.run(&mut download).unwrap();
    }
    let asked: Vec<_> = heard(&world).into_iter().skip_while(|line| *line != "EPSV").collect();
    let eprt = "EPRT |1|127.0.0.1|3000|";
    assert_eq!(asked, ["EPSV", "PASV", eprt, "RETR x", eprt, "RETR x"]);
    // Where the other leads nowhere either, the error is its.
    let mut world = World::with_config(
        peer.instead("EPRT", ["502 no"]).on("PORT", ["500 no"]),
        with(|config| config.mode = Mode::PassiveFirst),
    );
    world.open().unwrap();
    let mut download = world.download("x");
    assert_eq!(world.run(&mut download).unwrap_err().to_string(), "the server refused PORT: 500 no");
    in_step(&mut world);
}

/// The server cannot come here: it says so, or it is waited for in vain.
#[test]
fn active_mode_that_leads_nowhere_gives_way_to_passive() {
    let file = sent(b"abc", &["226 done"]);
    let lines: [&[&str]; 4] =
        [&["425 cannot connect"], &["150 here", "425 cannot connect"], &["150 here"], &[]];
    for said in lines.map(|lines| lines.iter().map(|line| Act::from(*line)).collect::<Vec<_>>()) {
        let mut config = with(|config| config.mode = Mode::ActiveFirst);
        config.pipelining = Pipelining::Off;
        // Only the first try goes wrong.
        let peer =
            peer().on("RETR first", said.clone()).on("RETR first", file.clone()).on("RETR", file.clone());
        let mut world = World::with_config(peer.on("EPRT", ["200 ok"]), config);
        world.open().unwrap();
        let mut download = world.download("first");
        world.run(&mut download).unwrap_or_else(|error| panic!("{said:?}: {error}"));
        assert_eq!(world.received(), b"abc", "{said:?}");
        let mut download = world.download("second");
        world.run(&mut download).unwrap();
        assert_eq!(heard(&world).iter().filter(|line| line.starts_with("EPRT")).count(), 1, "{said:?}");
        in_step(&mut world);
    }
    // Where that is not asked for, it is not done.
    let mut world = World::with_config(
        peer().on("EPRT", ["200 ok"]).on("RETR", ["425 cannot connect"]),
        with(|config| config.mode = Mode::Active),
    );
    world.open().unwrap();
    let mut start = StartTransfer::retr(argument("x"));
    assert_eq!(world.run(&mut start).unwrap_err().code().unwrap(), 425);
}
