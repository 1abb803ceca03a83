//! Servers that refuse PROT P: none gets a file in clear.

use ftps_proto::ops::{self, StartTransfer};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Channel, Error, Failure, Input, Layer, Security, Waiting};

use crate::{SECURE, argument, config, heard, in_step, open_implicit, peer, run_until_heard, sent, taken};

const LINE: &[u8] = b"type=file; a\r\n";

/// A server whose every connection is secured, and that does not know PROT.
fn unaware() -> Peer {
    let peer = peer().instead("PBSZ", ["503 no"]).instead("PROT", ["500 what?"]);
    peer.on("MLSD", sent(LINE, &["226 done"])).on("STOR", taken(&["226 stored"]))
}

fn moved(world: &World) -> Vec<&str> {
    let is_one = |line: &&str| ["MLSD", "STOR", "RETR", "LIST"].iter().any(|verb| line.starts_with(verb));
    world.heard().filter(is_one).collect()
}

#[test]
fn the_first_upload_is_preceded_by_a_listing_that_proves_protection() {
    for refusal in ["500 what?", "502 not implemented"] {
        let mut world = open_implicit(unaware().instead("PROT", [refusal]));
        for _ in 0..2 {
            let mut upload = world.upload("x", b"abc");
            world.run(&mut upload).unwrap();
            assert_eq!(world.stored(), b"abc");
        }
        assert_eq!(moved(&world), ["MLSD", "STOR x", "STOR x"]);
        in_step(&mut world);
    }
}

#[test]
fn a_download_that_was_secured_is_a_proof() {
    let mut world = open_implicit(unaware().on("RETR", sent(b"abc", &["226 done"])));
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    let mut upload = world.upload("x", b"abc");
    world.run(&mut upload).unwrap();
    assert_eq!(moved(&world), ["RETR x", "STOR x"]);
}

#[test]
fn a_server_that_secures_no_listing_gets_no_file() {
    let cases: [(&[Act], bool); 4] = [
        (&["150 here".into(), Act::Reset, "226 done".into()], true),
        (&["150 here".into(), Act::End(ftps_proto::End::Truncated), "226 done".into()], true),
        (&["150 here".into(), "425 TLS failed".into()], true),
        (&["550 no".into()], false),
    ];
    for (acts, temporary) in cases {
        let mut world = open_implicit(unaware().instead("MLSD", acts.to_vec()).on("LIST", acts.to_vec()));
        for _ in 0..2 {
            let mut upload = world.upload("x", b"abc");
            let error = world.run(&mut upload).unwrap_err();
            let Error::Unprotected { reply, cause: Some(_) } = &error else { panic!("{acts:?}: {error}") };
            assert_eq!(reply.to_string(), "500 what?");
            assert_eq!(error.is_temporary(), temporary, "{acts:?}: {error}");
            assert!(!world.heard().any(|line| line.starts_with("STOR")), "{acts:?}");
            assert_eq!(world.stored(), b"");
            in_step(&mut world);
        }
    }
}

#[test]
fn a_listing_that_is_never_secured_is_no_proof_either() {
    let mut world = open_implicit(unaware().instead("MLSD", ["150 here"]));
    let mut upload = world.upload("x", b"abc");
    let error = world.run(&mut upload).unwrap_err();
    let waiting = Waiting::Handshake(Channel::Data);
    assert!(matches!(error, Error::Timeout { waiting: waited, .. } if waited == waiting), "{error}");
    in_step(&mut world);
    assert_eq!(moved(&world), ["MLSD"]);
}

#[test]
fn a_listing_in_clear_is_a_failure_of_tls_and_no_proof() {
    let mut world = open_implicit(unaware().instead("MLSD", ["150 here", "226 done"]));
    let mut stor = StartTransfer::stor(argument("x"));
    run_until_heard(&mut world, &mut stor, "MLSD");
    assert!(world.session.is_securing());
    world.session.handle(Input::Failed(Channel::Data, Failure::tls("received corrupt message")));
    let error = world.run(&mut stor).unwrap_err();
    let Error::Unprotected { cause: Some(cause), .. } = &error else { panic!("{error}") };
    let Error::Connection { failure: Some(failure), .. } = &**cause else { panic!("{cause}") };
    assert_eq!(failure.layer, Layer::Tls);
    assert!(!error.is_temporary(), "it would not be secured another time");
    assert!(!world.heard().any(|line| line.starts_with("STOR")));
}

#[test]
fn a_listing_that_fails_after_its_handshake_fails_the_upload_but_proves_protection() {
    let cut = ["150 here".into(), SECURE, Act::Send(LINE.into()), Act::Reset, "426 broken".into()];
    let mut world = open_implicit(unaware().instead("MLSD", cut));
    let mut upload = world.upload("x", b"abc");
    let error = world.run(&mut upload).unwrap_err();
    assert!(matches!(error, Error::Connection { .. }), "{error}");
    let mut upload = world.upload("x", b"abc");
    world.run(&mut upload).unwrap();
    assert_eq!(moved(&world), ["MLSD", "STOR x"]);
}

#[test]
fn an_upload_dropped_in_its_proof_proves_nothing() {
    let mut turns = 0;
    loop {
        let mut world = open_implicit(unaware());
        let mut upload = world.upload("x", b"abc");
        if world.run_for(&mut upload, turns).is_ready() {
            break;
        }
        drop(upload);
        in_step(&mut world);
        let mut upload = world.upload("x", b"abc");
        world.run(&mut upload).unwrap();
        let moved = moved(&world);
        let first = moved.iter().position(|line| *line == "STOR x").unwrap();
        assert_eq!(moved[first - 1], "MLSD", "dropped after {turns} turns: {moved:?}");
        turns += 1;
    }
}

#[test]
fn any_other_refusal_ends_the_login() {
    for refusal in ["536 Requested PROT level not supported", "534 no", "503 PBSZ first", "431 not now"] {
        refused(refusal, Security::Implicit);
    }
    for refusal in ["500 what?", "502 not implemented", "536 no", "534 no", "503 PBSZ first"] {
        refused(refusal, Security::Explicit);
    }
}

fn refused(refusal: &str, security: Security) {
    let mut config = config();
    config.security = security;
    let mut world = World::with_config(unaware().instead("PROT", [refusal]), config);
    let error = world.open().unwrap_err();
    assert_eq!(error.to_string(), format!("the server refused PROT: {refusal}"));
    assert!(!world.session.is_usable());
    world.run(&mut ops::noop()).unwrap_err();
    assert!(!heard(&world).contains(&"NOOP"));
}
