//! What goes right before a transfer's command.

use ftps_proto::codec::Command;
use ftps_proto::ops;
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Error, Remote, ServerKind};

use crate::{SECURE, heard, in_step, open, peer, sent, taken};

fn serves() -> Peer {
    let peer = peer().on("RETR", sent(b"abc", &["226 done"])).on("STOR", taken(&["226 stored"]));
    peer.on("REST", ["350 from there"]).on("ALLO", ["202 needless"]).instead("TYPE", ["200 ok"])
}

fn since_login(world: &World) -> Vec<&str> {
    let login = heard(world).iter().position(|line| line.starts_with("TYPE")).unwrap();
    heard(world)[login + 1..].to_vec()
}

#[test]
fn it_is_sent_right_before_the_command_and_in_its_order() {
    let mut world = open(serves());
    let mut download = world.download("x").after(Command::TypeImage).after(Command::Rest(5));
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), b"abc");
    assert_eq!(since_login(&world), ["EPSV", "TYPE I", "REST 5", "RETR x"]);
    let mut upload = world.upload("x", b"abc").after(Command::Rest(7));
    world.run(&mut upload).unwrap();
    assert_eq!(since_login(&world)[4..], ["EPSV", "REST 7", "STOR x"]);
    in_step(&mut world);
}

#[test]
fn where_it_is_refused_the_transfer_does_not_begin() {
    for (reply, refused) in
        [("502 no", true), ("501 too far", true), ("450 not now", true), ("631 what", false)]
    {
        let mut world = open(serves().instead("REST", [reply]));
        let mut download = world.download("x").after(Command::Rest(5));
        let error = world.run(&mut download).unwrap_err();
        assert_eq!(matches!(error, Error::Refused(_)), refused, "{error}");
        assert_eq!(matches!(error, Error::Remote(Remote::UnexpectedReply(..))), !refused, "{error}");
        assert_eq!(error.reply().unwrap().to_string(), reply);
        in_step(&mut world);
        assert!(!world.heard().any(|line| line.starts_with("RETR")));
    }
}

#[test]
fn it_is_sent_again_where_the_data_connection_is() {
    let refused = ["150 here".into(), Act::Secure { resumed: false }, "425 unable to build".into()];
    let peer = serves().instead("RETR", refused).on("RETR", sent(b"abc", &["226 done"]));
    let mut world = open(peer.like(ServerKind::ProFtpd));
    let mut download = world.download("x").after(Command::Rest(5));
    world.run(&mut download).unwrap();
    assert_eq!(world.received(), b"abc");
    let moved: Vec<_> = world.heard().filter(|line| line.starts_with('R')).collect();
    assert_eq!(moved, ["REST 5", "RETR x", "REST 5", "RETR x"]);
    in_step(&mut world);
}

#[test]
fn a_rest_that_no_transfer_has_followed_starts_no_other_one_in_the_middle() {
    let mut turns = 0;
    loop {
        let mut world = open(serves());
        let mut dropped = world.download("x").after(Command::Rest(5));
        let done = world.run_for(&mut dropped, turns).is_ready();
        drop(dropped);
        let mut whole = world.download("whole");
        world.run(&mut whole).unwrap();
        let began = heard(&world).contains(&"RETR x");
        assert!(
            began || !heard(&world).contains(&"ABOR"),
            "dropped after {turns} turns: nothing was to be aborted"
        );
        // Where a server is to begin, once it has heard all this.
        let mut from = 0;
        for line in heard(&world) {
            match line.strip_prefix("REST ") {
                Some(offset) => from = offset.parse().unwrap(),
                None if line == "RETR x" => from = 0,
                None => {}
            }
            assert!(line != "RETR whole" || from == 0, "dropped after {turns} turns: {:?}", heard(&world));
        }
        if done {
            break;
        }
        turns += 1;
    }
    assert!(turns > 5, "there was something to drop");
    // A transfer that was heard has used it up.
    let stuck = ["150 here".into(), SECURE, Act::Send(vec![1])];
    let mut world = open(serves().instead("RETR", stuck));
    let mut dropped = world.download("x").after(Command::Rest(5));
    crate::run_until_heard(&mut world, &mut dropped, "RETR");
    drop(dropped);
    world.run(&mut ops::noop()).unwrap();
    assert!(!heard(&world).contains(&"REST 0"));
}
