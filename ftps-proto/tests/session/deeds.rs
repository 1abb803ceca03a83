//! What was renamed and deleted is told, whatever operation did it, and whatever became of that.

use ftps_proto::codec::Command;
use ftps_proto::{DeedAct, Session};

use super::*;

/// What was told, in one line each.
fn told(session: &mut Session) -> Vec<String> {
    let deeds = std::iter::from_fn(|| session.take_deed());
    deeds
        .map(|deed| {
            let act = match &deed.act {
                DeedAct::Rename(Some(to)) => format!("rename {} to {to}", deed.path),
                DeedAct::Rename(None) => format!("rename {}", deed.path),
                _ => format!("delete {}", deed.path),
            };
            match &deed.reply {
                Some(reply) => format!("{act}: {reply}"),
                None => act,
            }
        })
        .collect()
}

fn keeping(peer: Peer) -> World {
    let mut world = open(peer);
    world.session.keep_deeds();
    world
}

fn typed(world: &mut World, text: &str) {
    let _ = world.run(&mut ops::command(Command::parse(text).unwrap()).unwrap());
}

#[test]
fn every_way_to_delete_and_rename() {
    let peer = Peer::polite()
        .on("DELE", ["250 gone"])
        .on("DELE none", ["550 none"])
        .on("RMD", ["250 gone"])
        .on("RMDA", ["250 gone"])
        .on("XRMD", ["250 gone"])
        .on("SITE rmdir", ["200 gone"])
        .on("RNFR", ["350 to?"])
        .on("RNFR none", ["550 none"])
        .on("RNTO", ["250 renamed"])
        .on("RNTO no", ["553 no"]);
    let mut world = keeping(peer);
    world.run(&mut ops::dele(argument("a b"))).unwrap();
    world.run(&mut ops::dele(argument("none"))).unwrap_err();
    world.run(&mut ops::rmd(argument("d"))).unwrap();
    world.run(&mut ops::RemoveDirAll::new(argument("e"))).unwrap();
    for text in ["xrmd f", "site rmdir g h", "SITE CHMOD 644 x", "DELE i", "MKD j", "PWD"] {
        typed(&mut world, text);
    }
    let mut rename = |from, to| world.run(&mut ops::Rename::new(argument(from), argument(to)));
    rename("a", "b c").unwrap();
    rename("none", "b").unwrap_err();
    rename("a", "no").unwrap_err();
    assert_eq!(
        told(&mut world.session),
        [
            "delete a b: 250 gone",
            "delete none: 550 none",
            "delete d: 250 gone",
            "delete e: 250 gone",
            "delete f: 250 gone",
            "delete g h: 200 gone",
            "delete i: 250 gone",
            "rename a to b c: 250 renamed",
            "rename none: 550 none",
            "rename a to no: 553 no",
        ]
    );
}

#[test]
fn nothing_is_kept_that_nobody_asked_for() {
    let mut world = open(Peer::polite().on("DELE", ["250 gone"]));
    world.run(&mut ops::dele(argument("a"))).unwrap();
    assert_eq!(told(&mut world.session), [""; 0]);
}

#[test]
fn what_is_not_answered_is_told_once_that_is_certain() {
    // The operation is dropped; the reply comes later, and is told all the same.
    let mut world = keeping(peer().instead("DELE", [PAUSE, "250 gone".into()]));
    let mut dropped = ops::dele(argument("a"));
    run_until_heard(&mut world, &mut dropped, "DELE");
    drop(dropped);
    assert_eq!(told(&mut world.session), [""; 0]);
    assert_eq!(world.run(&mut ops::pwd()).unwrap(), b"/home");
    assert_eq!(told(&mut world.session), ["delete a: 250 gone"]);
    // It never comes.
    let silent: [Act; 0] = [];
    let mut world = keeping(peer().instead("DELE", silent));
    assert!(matches!(world.run(&mut ops::dele(argument("a"))), Err(Error::Timeout { .. })));
    world.run(&mut ops::pwd()).unwrap_err();
    assert_eq!(told(&mut world.session), ["delete a"]);
    // The server leaves.
    let mut world = keeping(peer().instead("DELE", [Act::Leave]));
    world.run(&mut ops::dele(argument("a"))).unwrap_err();
    assert_eq!(told(&mut world.session), ["delete a"]);
}

#[test]
fn what_has_not_left_was_not_done() {
    let mut world = keeping(peer());
    let mut dropped = ops::dele(argument("a"));
    assert!(world.run_for(&mut dropped, 0).is_pending());
    drop(dropped);
    in_step(&mut world);
    let told = told(&mut world.session);
    assert!(told.iter().all(|deed| deed.starts_with("delete x")), "{told:?}");
}
