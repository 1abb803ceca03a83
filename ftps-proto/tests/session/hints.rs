//! A greeting in clear can be written by anyone on the way: it changes nothing that an attacker could gain by.

use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{Channel, Close, ServerKind};

use crate::listing::collect;
use crate::{heard, in_step, open, open_implicit, peer, sent};

const GREETING: &str = "220 (vsFTPd 3.0.5)";

/// A server that calls itself vsftpd, and is not.
fn liar(features: &[&str]) -> Peer {
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
    let peer = peer().greeting(GREETING).instead("FEAT", features.to_vec()).on("CWD", ["250 there"]);
    peer.on("LIST", sent(line, &["226 done"])).on("RETR", sent(b"abc", &["226 done"]))
}

/// Downloads and lists; whether the one was closed early, and how the other was asked for.
fn behaves(world: &mut World) -> (bool, Vec<String>) {
    let mut download = world.download("x");
    world.run(&mut download).unwrap();
    let early = world.closes().contains(&(Channel::Data, Close::Notify));
    let before = world.heard().count();
    // Where it is vsftpd, this says that there is no such directory.
    let _ = collect(world, Some("b"));
    let heard = world.heard().skip(before).filter(|line| *line != "SYST").map(String::from).collect();
    in_step(world);
    (early, heard)
}

#[test]
fn what_feat_says_inside_tls_decides() {
    for features in [
        &["211-Features", " SIZE", " UTF8", "211 End"][..],
        &["211-Features", " REST STREAM", " TVFS", " UTF8", " MDTM", " HASH", "211 End"],
        &["211 none"],
        &["500 what?"],
    ] {
        let mut world = open(liar(features));
        assert_eq!(world.session.server(), ServerKind::Unknown);
        let (early, listed) = behaves(&mut world);
        assert!(!early, "a close_notify too early loses the end of a file");
        assert_eq!(listed, ["PWD", "CWD b", "EPSV", "LIST", "CWD /home"], "the path is not trusted");
    }
    let features = ["211-Features", " REST STREAM", " SIZE", " TVFS", " UTF8", "211 End"];
    let mut world = open(liar(&features).greeting("220 ready"));
    assert_eq!(world.session.server(), ServerKind::Vsftpd);
    assert_eq!(behaves(&mut world), (true, vec!["EPSV".into(), "LIST -a b".into()]));
}

#[test]
fn the_login_alone_is_pipelined_by_it() {
    // Nothing is answered before everything has been heard.
    let silent: [Act; 0] = [];
    let burst = ["PASS", "PBSZ", "PROT", "FEAT", "OPTS"]
        .into_iter()
        .fold(liar(&[]), |peer, command| peer.instead(command, silent.clone()));
    let said = ["230 in", "200 PBSZ=0", "200 P", "211 no features", "200 utf8", "200 binary"];
    let mut world = open(burst.instead("TYPE", said));
    assert_eq!(world.session.server(), ServerKind::Unknown);
    in_step(&mut world);
    assert!(heard(&world).contains(&"OPTS UTF8 ON"));
}

#[test]
fn a_greeting_inside_tls_counts() {
    let mut world = open_implicit(liar(&["500 what?"]));
    assert_eq!(world.session.server(), ServerKind::Vsftpd);
    assert_eq!(behaves(&mut world), (true, vec!["EPSV".into(), "LIST -a b".into()]));
}
