//! Commands of one reply, and those that stand in for each other.

use ftps_proto::codec::command::{NewFacts, UtcTime};
use ftps_proto::codec::{Algorithm, Secret, Timestamp};
use ftps_proto::{ServerKind, Session};

use super::*;

const MD5: &str = "d41d8cd98f00b204e9800998ecf8427e";
const SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn time() -> UtcTime {
    UtcTime::new(Timestamp::parse(b"20200102030405").unwrap()).unwrap()
}

/// A server whose FEAT lists these.
fn with_features(features: &[&str]) -> Peer {
    let lines: Vec<_> = ["211-Features"].iter().chain(features).chain(&["211 End"]).copied().collect();
    Peer::polite().instead("FEAT", lines)
}

/// What was heard since the login.
fn said(world: &World) -> Vec<&str> {
    let heard = heard(world);
    let login = heard.iter().position(|line| *line == "TYPE I").unwrap();
    heard[login + 1..].to_vec()
}

#[track_caller]
fn code(error: Error) -> u16 {
    error.code().unwrap_or_else(|| panic!("{error}")).get()
}

#[test]
fn an_account_after_the_login_is_not_shown_where_the_server_repeats_it() {
    let mut world = open(Peer::polite().on("ACCT", ["202 no need"]).on("ACCT 1", ["530 not hunter2"]));
    world.run(&mut ops::acct(Secret::new("0815").unwrap())).unwrap();
    let error = world.run(&mut ops::acct(Secret::new("1hunter2").unwrap())).unwrap_err();
    assert_eq!(error.to_string(), "the server refused ACCT: 530 not hunter2");
    let mut world = open(Peer::polite().on("ACCT", ["530 what is hunter2?"]));
    let error = world.run(&mut ops::acct(Secret::new("hunter2").unwrap())).unwrap_err();
    assert_eq!(error.to_string(), "the server refused ACCT: 530 what is ***?");
}

#[test]
fn what_is_said_is_told() {
    let peer = Peer::polite()
        .on("ALLO 7", ["202 not needed"])
        .on("AVBL", ["213 1234567890123"])
        .on("AVBL a b", ["550 none"])
        .on("CLNT", ["200 hello"])
        .on("HELP", ["214-There are", " USER", "214 End"])
        .on("HELP SITE", ["502 no"])
        .on("LANG", ["200 as you like"])
        .on("LANG xx", ["504 no"])
        .on("MFCT 20200102030405 a b", ["213 Create=20200102030405; a b"])
        .on("MFF UNIX.group=x;UNIX.mode=0644; a b", ["213 done"])
        .on("OPTS MLST type;size;", ["200 MLST OPTS type;size;"])
        .on("RMDA a b", ["250 gone"])
        .on("STAT", ["211-I am", " fine", "211 End"])
        .on("SYST", ["215 UNIX Type: L8"]);
    let mut world = open(peer);
    world.run(&mut ops::allo(7)).unwrap();
    assert_eq!(world.run(&mut ops::avbl(None)).unwrap(), 1_234_567_890_123);
    assert_eq!(code(world.run(&mut ops::avbl(Some(argument("a b")))).unwrap_err()), 550);
    world.run(&mut ops::clnt(argument("ftps"))).unwrap();
    assert_eq!(world.run(&mut ops::help(None)).unwrap().lines().nth(1).unwrap(), b" USER");
    assert_eq!(code(world.run(&mut ops::help(Some(argument("SITE")))).unwrap_err()), 502);
    world.run(&mut ops::lang(None)).unwrap();
    assert_eq!(code(world.run(&mut ops::lang(Some(argument("xx")))).unwrap_err()), 504);
    world.run(&mut ops::mfct(time(), argument("a b"))).unwrap();
    let facts = NewFacts::new("UNIX.group", "x").unwrap().and("UNIX.mode", "0644").unwrap();
    world.run(&mut ops::mff(facts, argument("a b"))).unwrap();
    assert_eq!(world.run(&mut ops::opts_mlst(["type", "size"]).unwrap()).unwrap(), ["type", "size"]);
    world.run(&mut ops::rmda(argument("a b"))).unwrap();
    assert_eq!(world.run(&mut ops::stat()).unwrap().lines().nth(1).unwrap(), b" fine");
    assert!(world.session.system().is_none());
    assert_eq!(world.run(&mut ops::System::new()).unwrap(), b"UNIX Type: L8");
    assert_eq!(world.session.system().unwrap().first_line(), b"UNIX Type: L8");
}

/// What has no operation of its own.
#[test]
fn other_commands_are_typed() {
    let peer = Peer::polite()
        .on("CDUP", ["200 up"])
        .on("CSID", ["200 Name=x; Version=1;"])
        .on("DSIZ a b", ["213 12345"])
        .on("MMD5 a b", [&*format!("252 a b {MD5}")])
        .on("SMNT disk", ["250 mounted"]);
    let mut world = open(peer);
    world.run(&mut ops::cdup()).unwrap();
    for (text, code) in
        [("CSID Name=ftps; Version=1;", 200), ("DSIZ a b", 213), ("MMD5 a b", 252), ("SMNT disk", 250)]
    {
        let command = ftps_proto::codec::Command::parse(text).unwrap();
        let reply = world.run(&mut ops::command(command).unwrap()).unwrap();
        assert_eq!(reply.code(), code, "{text}");
        assert_eq!(said(&world).last(), Some(&text));
    }
}

#[test]
fn site_commands_are_written_in_full() {
    let mut world = open(Peer::polite().on("SITE", ["200 done"]).on("SITE BOGUS", ["500 what?"]));
    world.run(&mut ops::site_chmod(0o644, &argument("a b"))).unwrap();
    world.run(&mut ops::site_utime(time(), &argument("a b"))).unwrap();
    world.run(&mut ops::site_mkdir(&argument("a b/c"))).unwrap();
    world.run(&mut ops::site_rmdir(&argument("a b"))).unwrap();
    world.run(&mut ops::site_symlink(&argument("../a"), &argument("b")).unwrap()).unwrap();
    assert!(ops::site_symlink(&argument("a b"), &argument("c")).is_err());
    assert_eq!(code(world.run(&mut ops::site(argument("BOGUS"))).unwrap_err()), 500);
    assert_eq!(
        said(&world),
        [
            "SITE CHMOD 0644 a b",
            "SITE UTIME 20200102030405 a b",
            "SITE MKDIR a b/c",
            "SITE RMDIR a b",
            "SITE SYMLINK ../a b",
            "SITE BOGUS"
        ]
    );
}

#[test]
fn a_status_of_a_path_is_a_listing() {
    let lines = [
        "-rw-r--r-- 1 o g 5 Jan  2  2020 a b",
        "drwxr-xr-x 1 o g 5 Jan  2  2020 .",
        "drwxr-xr-x 2 o g 6 Jan  2  2020 d",
    ];
    for begins in ["", " ", "213-"] {
        let mut said = vec!["213-Status of x:".to_string()];
        said.extend(lines.iter().map(|line| format!("{begins}{line}")));
        said.push("213 End".into());
        let mut world = open(Peer::polite().on("STAT x", said.iter().map(String::as_str)));
        let entries = world.run(&mut ops::StatusList::new(argument("x"))).unwrap();
        let names: Vec<_> = entries.iter().map(|entry| entry.name.to_str().unwrap()).collect();
        assert_eq!(names, ["a b", "d"], "{begins:?}");
    }
    // No line is lost in silence.
    let mut world = open(Peer::polite().on("STAT x", ["213-Status", " what is this", "213 End"]));
    let error = world.run(&mut ops::StatusList::new(argument("x"))).unwrap_err();
    assert!(matches!(error, Error::Unparsed { count: 1, .. }), "{error}");
}

fn names(world: &mut World, path: &str) -> Result<Vec<String>, Error> {
    let path = if path.is_empty() { None } else { Some(argument(path)) };
    let names = world.run(&mut ops::CollectNames::new(path))?;
    Ok(names.iter().map(ToString::to_string).collect())
}

#[test]
fn names_alone() {
    let peer = peer()
        .on("NLST", sent(b".\r\n..\r\na\r\nx/.\r\n\r\nb c\nx/...\nlast", &["226 done"]))
        .on("NLST empty", ["450 No files found"])
        .on("NLST none", ["550 no such directory"])
        .on("NLST ./-a", sent(b"", &["226 done"]));
    let mut world = open(peer);
    assert_eq!(names(&mut world, "").unwrap(), ["a", "b c", "x/...", "last"]);
    assert!(names(&mut world, "empty").unwrap().is_empty());
    assert_eq!(code(names(&mut world, "none").unwrap_err()), 550);
    // To `ls` it would be an option.
    assert!(names(&mut world, "-a").unwrap().is_empty());
    in_step(&mut world);
}

#[test]
fn names_that_never_end_are_too_many() {
    let mut config = config();
    config.limits.lines = 2;
    let peer = || peer().on("NLST", sent(b"a\r\nb\r\nc\r\n", &["226 done"]));
    let mut world = World::with_config(peer(), config.clone());
    world.open().unwrap();
    assert!(matches!(names(&mut world, "").unwrap_err(), Error::Remote(Remote::TooMany(_))));
    config.limits.lines = 3;
    config.limits.listing = 100;
    let mut world = World::with_config(peer(), config);
    world.open().unwrap();
    assert!(matches!(names(&mut world, "").unwrap_err(), Error::Remote(Remote::TooMany(_))));
    in_step(&mut world);
}

#[test]
fn names_come_one_at_a_time_and_can_be_given_up() {
    let mut world = open(peer().on("NLST", sent(b"a\r\nb\r\n", &["226 done"])));
    let mut names = ops::Names::new(None);
    assert_eq!(world.run(&mut names).unwrap().unwrap().as_bytes(), b"a");
    drop(names);
    in_step(&mut world);
}

/// Every name of each listing once, after one that was given up, from a server that keeps what it could not send.
#[test]
fn the_rest_of_a_listing_that_was_given_up_is_in_no_other() {
    let peer = peer()
        .like(ServerKind::PureFtpd)
        .on("NLST", sent(b"a\r\nb\r\n", &["226 done"]))
        .on("NLST", sent(b"b\r\nc\r\n", &["226 done"]))
        .on("NLST", sent(b"c\r\n", &["226 done"]));
    let mut world = open(peer);
    let mut given_up = ops::Names::new(None);
    world.run(&mut given_up).unwrap();
    drop(given_up);
    assert_eq!(names(&mut world, "").unwrap(), ["c"]);
}

fn hash(world: &mut World, path: &str, algorithm: Algorithm) -> Result<String, Error> {
    world.run(&mut ops::FileHash::new(argument(path), algorithm)).map(|hash| hash.to_string())
}

#[test]
fn hash_is_told_once_by_what_to_hash() {
    let reply = format!("213 SHA-256 0-1023 {SHA256} a b");
    let md5 = format!("213 MD5 0-1023 {MD5} a b");
    let peer = with_features(&[" HASH MD5*;SHA-256"])
        .on("HASH", [&*md5])
        .on("HASH", [&*reply])
        .on("HASH", [&*reply])
        .on("HASH", ["550 none"])
        .on("HASH", [&*reply])
        .on("OPTS HASH", ["200 SHA-256"]);
    let mut world = open(peer);
    assert_eq!(hash(&mut world, "a b", Algorithm::Md5).unwrap(), MD5);
    assert_eq!(hash(&mut world, "a b", Algorithm::Sha256).unwrap(), SHA256);
    assert_eq!(hash(&mut world, "a b", Algorithm::Sha256).unwrap(), SHA256);
    assert_eq!(code(hash(&mut world, "a b", Algorithm::Sha256).unwrap_err()), 550);
    // A caller may have chosen another.
    let typed = ftps_proto::codec::Command::parse("opts hash MD5").unwrap();
    world.run(&mut ops::command(typed).unwrap()).unwrap();
    assert_eq!(hash(&mut world, "a b", Algorithm::Sha256).unwrap(), SHA256);
    assert_eq!(
        said(&world),
        [
            "HASH a b",
            "OPTS HASH SHA-256",
            "HASH a b",
            "HASH a b",
            "HASH a b",
            "OPTS hash MD5",
            "OPTS HASH SHA-256",
            "HASH a b"
        ]
    );
}

#[test]
fn a_hash_by_another_algorithm_is_none() {
    let reply = format!("213 MD5 0-1023 {MD5} a");
    let mut world = open(with_features(&[" HASH SHA-256*"]).on("HASH", [&*reply]));
    let error = hash(&mut world, "a", Algorithm::Sha256).unwrap_err();
    assert!(error.to_string().contains("a hash by MD5 instead of SHA-256"), "{error}");
}

#[test]
fn servers_without_hash_have_a_command_for_each_algorithm() {
    let sha1 = "a".repeat(40);
    let sha512 = "b".repeat(128);
    let peer = Peer::polite()
        .on("XCRC \"a b\"", ["250 CBF43926"])
        .on("XCRC a", ["250-Computing", "250 1a2b"])
        .on("XCRC \"a\" 0 5", ["213 00000001"])
        .on("XMD5 a", [&*format!("250 {MD5}")])
        .on("XSHA1 a", [&*format!("220 {sha1}")])
        .on("XSHA256 a", [&*format!("250 \"a\" {SHA256}")])
        .on("XSHA512 a", [&*format!("250 {sha512}")]);
    let mut world = open(peer);
    assert_eq!(hash(&mut world, "a b", Algorithm::Crc32).unwrap(), "cbf43926");
    assert_eq!(hash(&mut world, "a", Algorithm::Crc32).unwrap(), "00001a2b");
    let mut part = ops::FileHash::new(argument("a"), Algorithm::Crc32).range(0..5);
    assert_eq!(world.run(&mut part).unwrap().to_string(), "00000001");
    assert_eq!(hash(&mut world, "a", Algorithm::Md5).unwrap(), MD5);
    assert_eq!(hash(&mut world, "a", Algorithm::Sha1).unwrap(), sha1);
    assert_eq!(hash(&mut world, "a", Algorithm::Sha256).unwrap(), SHA256);
    assert_eq!(hash(&mut world, "a", Algorithm::Sha512).unwrap(), sha512);
    assert_eq!(code(hash(&mut world, "b", Algorithm::Sha512).unwrap_err()), 502);
}

#[test]
fn of_two_commands_for_an_algorithm_the_one_that_feat_names() {
    let sha1 = "a".repeat(40);
    let peer = with_features(&[" MD5", " XSHA"])
        .on("MD5 a b", [&*format!("251 a b {MD5}")])
        .on("XSHA \"a b\"", [&*format!("250 {sha1}")]);
    let mut world = open(peer);
    assert_eq!(hash(&mut world, "a b", Algorithm::Md5).unwrap(), MD5);
    assert_eq!(hash(&mut world, "a b", Algorithm::Sha1).unwrap(), sha1);
}

#[test]
fn hash_that_is_not_there_after_all_gives_way() {
    for refused in ["OPTS HASH", "HASH"] {
        let peer = with_features(&[" HASH MD5;SHA-256*"])
            .on("OPTS HASH", ["200 MD5"])
            .on("HASH", [&*format!("213 MD5 0-1 {MD5} a")])
            .instead(refused, ["502 no"])
            .on("XMD5", [&*format!("250 {MD5}")]);
        let mut world = open(peer);
        assert_eq!(hash(&mut world, "a", Algorithm::Md5).unwrap(), MD5);
        assert_eq!(said(&world).last().unwrap(), &"XMD5 a");
    }
}

#[test]
fn several_hashes_are_none() {
    let other = "0".repeat(32);
    let mut world = open(Peer::polite().on("XMD5", [&*format!("250 {MD5} {other}")]));
    let error = hash(&mut world, "a", Algorithm::Md5).unwrap_err();
    assert!(matches!(error, Error::Remote(Remote::Unreadable { .. })), "{error}");
    world.run(&mut ops::noop()).unwrap();
}

fn set_modified(world: &mut World) -> Result<(), Error> {
    world.run(&mut ops::SetModified::new(time(), argument("a b")))
}

#[test]
fn a_time_is_set_by_what_feat_names() {
    for (features, command) in [
        (&[" MFMT", " MFF modify;"][..], "MFMT 20200102030405 a b"),
        (&[" MFF modify;UNIX.mode;", " SITE UTIME"], "MFF modify=20200102030405; a b"),
        (&[" SITE UTIME"], "SITE UTIME 20200102030405 a b"),
        (&[" SITE PSWD;UTIME;ZONE"], "SITE UTIME 20200102030405 a b"),
    ] {
        let mut world = open(with_features(features).on(command, ["213 done"]));
        set_modified(&mut world).unwrap();
        assert_eq!(said(&world), [command]);
    }
    let mut world = open(Peer::polite().like(ServerKind::Vsftpd).on("MDTM 20200102030405 a b", ["213 set."]));
    set_modified(&mut world).unwrap();
    assert_eq!(said(&world), ["MDTM 20200102030405 a b"]);
}

#[test]
fn a_time_is_set_by_what_feat_does_not_name_and_that_is_remembered() {
    let ways = ["MFMT 20200102030405 a b", "SITE UTIME 20200102030405 a b", "MDTM 20200102030405 a b"];
    for (known, way) in ways.iter().enumerate() {
        let mut world = open(Peer::polite().on(way, ["200 done"]));
        set_modified(&mut world).unwrap();
        assert_eq!(said(&world), &ways[..=known]);
        set_modified(&mut world).unwrap();
        assert_eq!(said(&world), [&ways[..=known], &[*way]].concat(), "not asked again");
    }
    let mut world = open(Peer::polite());
    assert_eq!(code(set_modified(&mut world).unwrap_err()), 502);
    assert_eq!(said(&world), ways);
}

#[test]
fn a_time_that_is_refused_is_not_tried_otherwise() {
    let mut world = open(Peer::polite().on("MFMT", ["550 no such file"]));
    assert_eq!(code(set_modified(&mut world).unwrap_err()), 550);
    assert_eq!(said(&world).len(), 1);
}

#[test]
fn a_time_that_is_told_was_not_set() {
    let mut world = open(Peer::polite().on("MDTM", ["213 19990101000000"]));
    let error = set_modified(&mut world).unwrap_err();
    assert!(matches!(error, Error::Remote(Remote::UnexpectedReply(..))), "{error}");
    // Servers that tell what they have set.
    let mut world = open(Peer::polite().on("MDTM", ["213 20200102030405"]));
    set_modified(&mut world).unwrap();
}

#[test]
fn permissions_are_set_by_mff_or_site() {
    for (features, command) in [
        (&[" MFF modify;UNIX.mode;"][..], "MFF UNIX.mode=0640; a b"),
        (&[" MFF modify;"], "SITE CHMOD 0640 a b"),
        (&[], "SITE CHMOD 0640 a b"),
    ] {
        let mut world = open(with_features(features).on(command, ["200 done"]));
        world.run(&mut ops::SetPermissions::new(0o100_640, argument("a b"))).unwrap();
        assert_eq!(said(&world), [command]);
    }
}

#[test]
fn a_tree_is_removed_by_one_command() {
    for (features, command) in [(&[" SITE RMDIR"][..], "SITE RMDIR a b"), (&[], "RMDA a b")] {
        let mut world = open(with_features(features).on(command, ["250 gone"]));
        world.run(&mut ops::RemoveDirAll::new(argument("a b"))).unwrap();
        assert_eq!(said(&world), [command]);
    }
}

fn opens(peer: Peer, with: impl Fn(&mut ftps_proto::Config)) -> (World, Result<(), Error>) {
    let mut config = config();
    with(&mut config);
    let mut world = World::with_config(peer, config);
    let opened = world.open();
    (world, opened)
}

#[test]
fn the_host_is_named_before_the_login_and_alone() {
    let host = |config: &mut ftps_proto::Config| config.virtual_host = Some(argument("ftp.example.com"));
    for kind in [ServerKind::Unknown, ServerKind::ProFtpd] {
        let peer = Peer::polite().like(kind).on("HOST", ["220 welcome"]);
        let (world, opened) = opens(peer.clone(), host);
        opened.unwrap();
        assert_eq!(heard(&world)[1..3], ["HOST ftp.example.com", "USER user"]);
        for refusal in ["504 unknown host", "500 what?"] {
            let (world, opened) = opens(peer.clone().instead("HOST", [refusal]), host);
            assert_eq!(opened.unwrap_err().to_string(), format!("the server refused HOST: {refusal}"));
            assert!(heard(&world).iter().all(|line| !line.starts_with("PASS")), "no password leaves");
        }
    }
}

#[test]
fn the_client_is_named_before_utf8_is_asked_for() {
    let name = |config: &mut ftps_proto::Config| config.client_name = Some(argument("ftps"));
    let peer = with_features(&[" CLNT", " UTF8"]).on("CLNT", ["200 hello"]);
    let (world, opened) = opens(peer, name);
    opened.unwrap();
    let after_feat = heard(&world).into_iter().skip_while(|line| *line != "FEAT").skip(1);
    assert!(after_feat.eq(["CLNT ftps", "OPTS UTF8 ON", "TYPE I"]));
    // Neither to a server that does not know it, nor where that was not asked for.
    for (features, asked) in [(" UTF8", true), (" CLNT", false)] {
        let (world, opened) = opens(with_features(&[features]), |config| {
            if asked {
                name(config);
            }
        });
        opened.unwrap();
        assert!(heard(&world).iter().all(|line| !line.starts_with("CLNT")));
    }
}

#[test]
fn nothing_is_sent_before_the_login() {
    let mut session = Session::new(config());
    let mut op = ops::FileHash::new(argument("a"), Algorithm::Md5);
    assert!(session.poll(&mut op, ftps_proto::Instant::default()).is_err());
}

fn logs_in_again(peer: Peer) -> (World, Result<(), Error>) {
    let mut world = open(peer);
    let login = Login::new(argument("second"), Secret::new("hunter2").unwrap());
    let again = world.run(&mut ops::Reinitialize::new(login));
    (world, again)
}

#[test]
fn rein_begins_anew_with_auth() {
    let before = |peer: Peer| peer.on("REIN", ["120 wait", "220 again"]);
    let (mut world, again) = logs_in_again(before(peer()));
    again.unwrap();
    let after: Vec<_> = heard(&world).into_iter().skip_while(|line| *line != "REIN").collect();
    assert_eq!(after[..4], ["REIN", "AUTH TLS", "USER second", "PASS hunter2"]);
    assert!(world.session.is_secured() && world.session.is_usable());
    in_step(&mut world);

    // A session that did not come to be is over, and says why.
    for (command, reply, said) in [
        ("AUTH", "500 no", "the server refused AUTH: 500 no"),
        ("PASS hunter2", "530 no hunter2", "the server refused PASS: 530 no ***"),
    ] {
        let auth = if command == "AUTH" { vec!["234 go"] } else { vec![] };
        let peer = before(peer());
        let peer = match command {
            "AUTH" => peer.instead("AUTH TLS", auth).on("AUTH TLS", [reply]).on("AUTH SSL", [reply]),
            _ => peer.on(command, [reply]),
        };
        let (world, again) = logs_in_again(peer);
        assert_eq!(again.unwrap_err().to_string(), said);
        assert!(!world.session.is_usable());
    }
}

#[test]
fn a_rein_that_is_refused_changes_nothing() {
    let (mut world, again) = logs_in_again(peer());
    assert_eq!(code(again.unwrap_err()), 502);
    in_step(&mut world);
    let mut world = open_implicit(peer().on("REIN", ["220 again"]));
    let login = Login::new(argument("second"), Secret::new("hunter2").unwrap());
    assert!(matches!(world.run(&mut ops::Reinitialize::new(login)), Err(Error::Local(_))));
    assert!(!heard(&world).contains(&"REIN"));
    in_step(&mut world);
}

#[test]
fn a_server_that_keeps_tls_says_so_and_is_logged_in_to_at_once() {
    let (mut world, again) = logs_in_again(peer().on("REIN", ["230 Ready for new user."]));
    again.unwrap();
    let after: Vec<_> = heard(&world).into_iter().skip_while(|line| *line != "REIN").collect();
    assert_eq!(after[..3], ["REIN", "USER second", "PASS hunter2"]);
    assert!(world.session.is_secured());
    in_step(&mut world);
}
