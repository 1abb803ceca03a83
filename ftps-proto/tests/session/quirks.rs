//! The ways of servers: how each is recognised, what it changes, and that it can be forced or switched off.
//!
//! Of the quirks that vsftpd, ProFTPD and Pure-FTPd have, `hints`, `listing`, `transfer` and `simple` tell what they change.

use ftps_proto::codec::list::Listed;
use ftps_proto::{Quirk, Quirks, ServerKind};

use super::*;
use crate::listing::collect;

fn opens(peer: Peer, quirks: Quirks) -> World {
    let mut config = config();
    config.quirks = quirks;
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    world
}

fn forced(quirk: Quirk) -> Quirks {
    Quirks::default().with(quirk, true)
}

fn off(quirk: Quirk) -> Quirks {
    Quirks::default().with(quirk, false)
}

fn with_features(features: &[&'static str]) -> Peer {
    let lines: Vec<_> = ["211-Features"].iter().chain(features).chain(&["211 End"]).copied().collect();
    peer().instead("FEAT", lines)
}

#[test]
fn a_quirk_is_forced_or_switched_off_and_the_last_word_counts() {
    let quirks = forced(Quirk::Telnet).with(Quirk::EarlyClose, false);
    assert_eq!(quirks.get(Quirk::Telnet), Some(true));
    assert_eq!(quirks.get(Quirk::EarlyClose), Some(false));
    assert_eq!(quirks.get(Quirk::ListsAll), None);
    assert_eq!(quirks.with(Quirk::Telnet, false).get(Quirk::Telnet), Some(false));
    assert_eq!(quirks.with(Quirk::EarlyClose, true).get(Quirk::EarlyClose), Some(true));
}

/// A server that answers nothing after the password before it has heard all of the login.
fn answers_a_burst(greeting: &str) -> Peer {
    let silent: [Act; 0] = [];
    let said = ["230 in", "200 PBSZ=0", "200 P", "211 no features", "200 utf8", "200 binary"];
    let commands = ["PASS", "PBSZ", "PROT", "FEAT", "OPTS"];
    let peer = peer().greeting(greeting).instead("TYPE", said);
    commands.into_iter().fold(peer, |peer, command| peer.instead(command, silent.clone()))
}

#[test]
fn one_command_at_a_time_for_servers_that_lose_others() {
    for greeting in [
        "220 Microsoft FTP Service",
        "220 h MadGoat FTP 2.6",
        "220 MikroTik FTP server (7.1) ready",
        "220 hi",
    ] {
        let mut world = World::new(answers_a_burst(greeting));
        let error = world.open().unwrap_err();
        assert_eq!(error.to_string(), "timed out waiting for the reply to PASS", "{greeting}");
        // The user knows better.
        in_step(&mut opens(answers_a_burst(greeting), forced(Quirk::Pipelines)));
    }
    let mut config = config();
    config.quirks = off(Quirk::Pipelines);
    let mut world = World::with_config(answers_a_burst("220 (vsFTPd 3.0.5)"), config);
    assert!(matches!(world.open().unwrap_err(), Error::Timeout { .. }));
}

#[test]
fn servers_that_are_known_by_their_greeting_inside_tls() {
    for (greeting, kind, name) in [
        ("220 Microsoft FTP Service", ServerKind::Microsoft, "Microsoft FTP Service"),
        ("220-QTCP at AS400.EXAMPLE.COM.\r\n220 ok", ServerKind::IbmI, "IBM i"),
        ("220 h MadGoat FTP 2.6", ServerKind::MadGoat, "MadGoat"),
        ("220 RaidenFTPD ready", ServerKind::Raiden, "RaidenFTPD"),
        ("220 Gene6 FTP Server v3", ServerKind::Gene6, "Gene6 FTP Server"),
    ] {
        let world = open_implicit(peer().greeting(greeting));
        assert_eq!(world.session.server(), kind, "{greeting}");
        assert_eq!(kind.to_string(), name);
        // In clear it is what anyone on the way writes.
        assert_eq!(open(peer().greeting(greeting)).session.server(), ServerKind::Unknown, "{greeting}");
    }
}

#[test]
fn a_system_that_is_known_tells_the_server() {
    for (system, kind) in [
        ("215 MVS is the operating system of this server. FTP Server is running on z/OS.", ServerKind::Zos),
        ("215  OS/400 is the remote operating system. The TCP/IP version is \"V7R4M0\".", ServerKind::IbmI),
        ("215 UNIX Type: L8", ServerKind::Unknown),
        ("500 OS/400", ServerKind::Unknown),
    ] {
        let mut world = open(peer().on("SYST", [system]));
        let _ = world.run(&mut ops::System::new());
        assert_eq!(world.session.server(), kind, "{system}");
    }
}

const QTCP: &str = "220-QTCP at AS400.EXAMPLE.COM.\r\n220 Connection will close if idle more than 5 minutes.";

fn os400() -> Peer {
    peer()
        .greeting(QTCP)
        .on("SYST", ["215 OS/400 is the remote operating system."])
        .instead("PWD", ["257 \"QGPL\" is current library."])
        .on("SITE LISTFMT 1", ["250 Now using naming format \"1\"."])
        .on("SITE NAMEFMT 1", ["250 Now using naming format \"1\"."])
}

/// What was heard after TYPE, the last of every login.
fn after_login(world: &World) -> Vec<&str> {
    heard(world).into_iter().skip_while(|line| *line != "TYPE I").skip(1).collect()
}

#[test]
fn os400_is_asked_for_paths_with_slashes() {
    let formats = ["SITE LISTFMT 1", "SITE NAMEFMT 1"];
    let world = opens(os400(), Quirks::default());
    assert_eq!(after_login(&world), [&["SYST", "PWD"][..], &formats].concat());
    // It has them already.
    let world = opens(os400().instead("PWD", ["257 \"/QIBM\""]), Quirks::default());
    assert_eq!(after_login(&world), ["SYST", "PWD"]);
    // It refuses: its own names are as good as before.
    let world = opens(os400().instead("SITE", ["500 no"]), Quirks::default());
    assert!(world.session.is_usable());
    assert_eq!(after_login(&opens(os400(), off(Quirk::SwitchesNames))), [""; 0]);
    let world = opens(os400().greeting("220 ready"), forced(Quirk::SwitchesNames));
    assert_eq!(after_login(&world), [&["PWD"][..], &formats].concat());
}

#[test]
fn a_greeting_alone_makes_no_os400() {
    // A question inside TLS is all that it gains.
    let world = opens(os400().instead("SYST", ["215 UNIX Type: L8"]), Quirks::default());
    assert_eq!(after_login(&world), ["SYST"]);
    assert_eq!(after_login(&opens(os400().greeting("220 ready"), Quirks::default())), [""; 0]);
}

#[test]
fn a_name_is_said_to_servers_that_take_utf8_from_those_only_whom_they_know() {
    let features = [" CLNT", " UTF8"];
    let clnt = |greeting: &str, quirks| {
        let world = opens(with_features(&features).greeting(greeting).on("CLNT", ["200 hello"]), quirks);
        let heard = heard(&world);
        let at = |command: &str| heard.iter().position(|line| line.starts_with(command));
        at("CLNT").map(|clnt| clnt < at("OPTS UTF8").unwrap())
    };
    for greeting in ["220 RaidenFTPD", "220 Gene6 FTP Server"] {
        assert_eq!(clnt(greeting, Quirks::default()), Some(true));
        assert_eq!(clnt(greeting, off(Quirk::WantsClientName)), None);
    }
    assert_eq!(clnt("220 hi", Quirks::default()), None);
    assert_eq!(clnt("220 hi", forced(Quirk::WantsClientName)), Some(true));
}

fn gives() -> Peer {
    with_features(&[" PRET", " MLST type*;"])
        .on("PRET", ["200 ok"])
        .on("RETR", sent(b"abc", &["226 done"]))
        .on("MLSD", sent(b"type=file; a\r\n", &["226 done"]))
}

#[test]
fn a_server_that_asks_for_it_is_told_what_will_use_a_data_connection() {
    let mut world = opens(gives(), Quirks::default());
    world.session.expect_more(true);
    for _ in 0..2 {
        let mut download = world.download("a b");
        world.run(&mut download).unwrap();
    }
    assert_eq!(world.run(&mut ops::Collect::new(Some(argument("d")))).unwrap().len(), 1);
    let told: Vec<_> = after_login(&world).into_iter().filter(|line| !line.starts_with("CWD")).collect();
    assert_eq!(
        told[..6],
        ["PRET RETR a b", "EPSV", "RETR a b", "PRET RETR a b", "EPSV", "RETR a b"],
        "nothing is asked for before it is told"
    );
    assert!(told.ends_with(&["PRET MLSD d", "EPSV", "MLSD d"]), "{told:?}");
}

#[test]
fn pret_is_said_where_it_is_wanted_only() {
    for (peer, quirks, told) in [
        (gives(), Quirks::default(), true),
        (gives(), off(Quirk::WantsPret), false),
        // Pure-FTPd does without.
        (
            with_features(&[" PRET", " ESTA"]).on("RETR", sent(b"abc", &["226 done"])),
            Quirks::default(),
            false,
        ),
        (
            with_features(&[" PRET", " ESTA"]).on("PRET", ["200 ok"]).on("RETR", sent(b"abc", &["226 done"])),
            forced(Quirk::WantsPret),
            true,
        ),
        (with_features(&[]).on("RETR", sent(b"abc", &["226 done"])), Quirks::default(), false),
    ] {
        let mut world = opens(peer, quirks);
        let mut download = world.download("a");
        world.run(&mut download).unwrap();
        assert_eq!(heard(&world).contains(&"PRET RETR a"), told);
    }
}

#[test]
fn pret_that_is_refused_refuses_the_transfer_and_one_that_is_not_known_does_not() {
    let mut world = opens(gives().on("PRET RETR none", ["550 no such file"]), Quirks::default());
    let error = world.run(&mut world_download("none")).unwrap_err();
    assert_eq!(error.to_string(), "the server refused PRET: 550 no such file");
    in_step(&mut world);
    let mut world = opens(gives().instead("PRET", ["500 what?"]), Quirks::default());
    for _ in 0..2 {
        let mut download = world.download("a");
        world.run(&mut download).unwrap();
    }
    assert_eq!(heard(&world).iter().filter(|line| line.starts_with("PRET")).count(), 1, "and not again");
}

fn world_download(path: &str) -> ops::StartTransfer {
    ops::StartTransfer::retr(argument(path))
}

#[test]
fn an_empty_directory_that_is_refused_is_empty() {
    for refusal in
        ["550 No members found.", "550 No data sets found.", "450 No files found", "550 Directory is empty"]
    {
        let mut world = open(with_features(&[]).on("LIST", [refusal]).on("SYST", ["215 MVS"]));
        let listed: Vec<Listed> = collect(&mut world, None).unwrap();
        assert!(listed.is_empty(), "{refusal}");
    }
}
