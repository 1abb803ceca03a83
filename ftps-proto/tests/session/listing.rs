//! Listings.

use std::time::Duration;

use ftps_proto::codec::list::LineReader;
use ftps_proto::codec::{Entry, Kind};
use ftps_proto::ops::{self, List, Listed};
use ftps_proto::sim::{Act, Chunks, Peer, World};
use ftps_proto::{End, Error, ListCommand, Remote, ServerKind, Unlisted};

use crate::{argument, config, heard, open};

fn lists(command: &str, text: &str) -> Peer {
    Peer::polite().on(
        command,
        [
            "150 here".into(),
            Act::Secure { resumed: true },
            Act::Send(text.into()),
            Act::End(End::Clean),
            "226 done".into(),
        ],
    )
}

pub fn collect(world: &mut World, path: Option<&str>) -> Result<Vec<Listed>, Error> {
    let mut list = List::new(path.map(argument));
    let mut listing = Vec::new();
    while let Some(listed) = world.run(&mut list)? {
        listing.push(listed);
    }
    Ok(listing)
}

pub fn names(listing: &[Listed]) -> Vec<String> {
    listing
        .iter()
        .map(|listed| match listed {
            Listed::Entry(entry) => entry.name.to_string(),
            Listed::Unparsed(line) => format!("? {}", String::from_utf8_lossy(line)),
        })
        .collect()
}

#[test]
fn facts() {
    let text = "type=cdir; /home\r\ntype=pdir; /\r\nType=file;Size=5;Modify=20240102030405; a b\r\n\
                type=dir; sub\r\nnonsense\r\n";
    for chunks in [Chunks::Whole, Chunks::Bytes, Chunks::Seeded(3)] {
        let mut world = World::new(lists("MLSD", text)).cut(chunks);
        world.open().unwrap();
        let listing = collect(&mut world, Some("some where")).unwrap();
        assert_eq!(names(&listing), ["a b", "sub", "? nonsense"]);
        let Listed::Entry(file) = &listing[0] else { panic!() };
        assert_eq!((file.kind, file.size), (Kind::File, Some(5)));
        assert!(heard(&world).contains(&"MLSD some where"));
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn list_where_feat_has_no_mlst() {
    let text = "total 3\r\ndrwxr-xr-x 2 u g 4096 Jan 1 2024 .\r\ndrwxr-xr-x 2 u g 4096 Jan 1 2024 ..\r\n\
                -rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n\r\nwhat is this\r\n-rw-r--r-- 1 u g 6 Jan 1 2024 last";
    let mut world = open(lists("LIST", text).instead("FEAT", ["211 no features"]));
    assert_eq!(names(&collect(&mut world, None).unwrap()), ["a", "? what is this", "last"]);
    assert!(heard(&world).ends_with(&["SYST", "EPSV", "LIST"]), "{:?}", heard(&world));
}

#[test]
fn mlsd_promised_and_unknown_after_all() {
    let peer = lists("LIST", "-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n").on("MLSD", ["500 what?"]);
    let mut world = open(peer);
    for _ in 0..2 {
        assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"]);
    }
    assert_eq!(world.heard().filter(|line| *line == "MLSD").count(), 1);
}

#[test]
fn a_path_that_looks_like_an_option() {
    let mut world = open(lists("LIST", "").instead("FEAT", ["211 none"]));
    assert!(collect(&mut world, Some("-la")).unwrap().is_empty());
    assert!(collect(&mut world, Some("a-b")).unwrap().is_empty());
    assert_eq!(
        world.heard().filter(|line| line.starts_with("LIST")).collect::<Vec<_>>(),
        ["LIST ./-la", "LIST a-b"]
    );
}

#[test]
fn a_path_that_list_may_take_for_something_else() {
    let line = b"-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
    let peer = Peer::polite()
        .like(ServerKind::Vsftpd)
        .instead("FEAT", ["211 none"])
        .on("LIST", crate::sent(line, &["226 done"]))
        .on("CWD *.csv", ["550 no"])
        .on("CWD", ["250 there"]);
    for path in ["*.csv", "two words", "[x]", "a{b"] {
        let mut world = open(peer.clone());
        assert_eq!(names(&collect(&mut world, Some(path)).unwrap()), ["a"]);
        let said = heard(&world);
        let at = said.iter().position(|line| *line == format!("CWD {path}")).unwrap();
        let listed = match path {
            // It is a pattern, then.
            "*.csv" => said.contains(&"LIST *.csv"),
            _ => said[at..].contains(&"LIST") && said.ends_with(&["CWD /home"]),
        };
        assert!(listed, "{said:?}");
    }
    // MLSD takes it for what it is.
    let mut world = open(lists("MLSD", ""));
    collect(&mut world, Some("two words")).unwrap();
    assert!(!heard(&world).contains(&"LIST"), "{:?}", heard(&world));
}

#[test]
fn names_with_lines_in_them() {
    let unix = |name: &str| format!("-rw-r--r-- 1 u g 5 Jan 1 2024 {name}");
    let facts = |name: &str| format!("type=file;size=5; {name}");
    for (command, line) in [("LIST", &unix as &dyn Fn(&str) -> String), ("MLSD", &facts)] {
        for (text, found) in [
            // Where lines end in CR LF, LF alone is part of a name.
            (line("a\nb") + "\r\n", vec!["a\\nb"]),
            (
                line("x") + "\r\n" + &line("a\nb\n\nc") + "\r\n" + &line("y") + "\r\n",
                vec!["x", "a\\nb\\n\\nc", "y"],
            ),
            (line("x") + "\r\n" + &line("a\n") + "\r\n", vec!["x", "a\\n"]),
            (line("a\nb c") + "\r\n" + &line("y") + "\r\n", vec!["a\\nb c", "y"]),
            // Where they do not, it is not.
            (line("a") + "\n" + &line("b") + "\n", vec!["a", "b"]),
            (line("a") + "\nb\n" + &line("c"), vec!["a", "? b", "c"]),
            (line("a") + "\n" + &line("b") + "\nc\r\n", vec!["a", "b", "? c"]),
            (line("a") + "\n\r\n", vec!["a"]),
            (line("a") + "\n" + &line("b") + "\r\n", vec!["a", "b"]),
            (line("a") + "\n" + &line("b") + "\n\n\n", vec!["a", "b"]),
            // A line that is nothing by itself is not joined to one that was whole.
            (line("a") + "\r\nb\n", vec!["a", "? b"]),
        ] {
            for chunks in [Chunks::Whole, Chunks::Bytes] {
                let peer = if command == "LIST" {
                    lists(command, &text).instead("FEAT", ["211 none"])
                } else {
                    lists(command, &text)
                };
                let mut world = World::new(peer).cut(chunks);
                world.open().unwrap();
                assert_eq!(names(&collect(&mut world, None).unwrap()), found, "{command} {text:?}");
            }
        }
    }
}

#[test]
fn a_cut_listing_is_an_error_after_what_came() {
    let peer = Peer::polite().on(
        "MLSD",
        [
            "150 here".into(),
            Act::Secure { resumed: true },
            Act::Send(b"type=file; a\r\ntype=file; b".to_vec()),
            Act::End(End::Truncated),
            "226 done".into(),
        ],
    );
    let mut world = open(peer);
    let mut list = List::new(None);
    assert!(matches!(world.run(&mut list), Ok(Some(Listed::Entry(_)))));
    assert!(matches!(world.run(&mut list), Err(Error::Truncated { .. })));
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn an_endless_line_is_an_error() {
    let text = "x".repeat(100_000);
    let mut world = open(lists("MLSD", &text));
    assert!(matches!(collect(&mut world, None), Err(Error::Remote(_))));
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn a_refused_listing() {
    let no = "550 No such directory";
    let mut world = open(Peer::polite().on("MLSD", [no]).on("LIST", [no]));
    assert_eq!(collect(&mut world, Some("x")).unwrap_err().code().unwrap(), 550);
    world.run(&mut ops::noop()).unwrap();
}

#[test]
fn a_listing_that_lists_nothing_for_ever_is_an_error() {
    let mut acts = vec!["150 here".into(), Act::Secure { resumed: true }];
    for _ in 0..5000 {
        acts.extend([Act::Wait(Duration::from_millis(500)), Act::Send(b"\r\n".to_vec())]);
    }
    let mut world = open(Peer::polite().on("MLSD", acts));
    let error = collect(&mut world, None).unwrap_err();
    assert!(matches!(error, Error::Remote(Remote::TooMany(_))), "{error}");
}

#[test]
fn a_listing_has_a_limit_of_lines() {
    let mut config = config();
    config.limits.lines = 3;
    for (lines, fits) in [(3, true), (4, false)] {
        let text = "type=file; a\r\n".repeat(lines);
        let mut world = World::with_config(lists("MLSD", &text), config.clone());
        world.open().unwrap();
        assert_eq!(collect(&mut world, None).is_ok(), fits);
    }
    // And of lines in a row that list nothing.
    config.limits.lines = 100;
    config.limits.blank = 3;
    for (lines, fits) in [(3, true), (4, false)] {
        let text = format!("{}type=file; a\r\n", "\r\n".repeat(lines)).repeat(2);
        let mut world = World::with_config(lists("MLSD", &text), config.clone());
        world.open().unwrap();
        assert_eq!(collect(&mut world, None).is_ok(), fits);
    }
}

/// A server that confirms a listing of these lines so.
fn confirms(command: &str, lines: &str, said: &str) -> Peer {
    let (secure, end) = (Act::Secure { resumed: true }, Act::End(End::Clean));
    Peer::polite().on(command, ["150 here".into(), secure, Act::Send(lines.into()), end, said.into()])
}

#[test]
fn what_is_confirmed_and_no_listing_is_an_error() {
    for (lines, said, why) in [
        ("", "226 Transfer done (but failed to open directory).", Unlisted::Unreadable),
        ("type=file; a\r\n", "226-Options: -a -l\r\n226 Output truncated to 1 matches", Unlisted::Cut),
    ] {
        let mut world = open(confirms("MLSD", lines, said));
        let error = collect(&mut world, Some("there")).unwrap_err();
        assert!(matches!(error, Error::Unlisted(told, _) if told == why), "{error}");
        assert!(error.code().is_some_and(|code| code == 226) && !error.is_temporary());
        world.run(&mut ops::noop()).unwrap();
    }
    let said = "226 Directory send OK, with nothing in it.";
    assert!(collect(&mut open(confirms("MLSD", "", said)), None).unwrap().is_empty());
}

#[test]
fn vsftpd_lists_the_directory_itself_where_there_is_one() {
    let peer = |lines| confirms("LIST", lines, "226 Directory send OK.").like(ServerKind::Vsftpd);
    let itself = "drwxr-xr-x    2 0        0            4096 Jan 01  2024 .\r\n";
    let hidden = "-rw-r--r--    1 0        0               0 Jan 01  2024 .hidden";
    let mut world = open(peer(itself));
    for (path, command) in [(None, "LIST -a"), (Some("a b"), "LIST -a a b"), (Some("-l"), "LIST -a ./-l")] {
        assert!(collect(&mut world, path).unwrap().is_empty());
        assert_eq!(world.heard().next_back(), Some(command));
    }
    let mut world = open(peer(hidden));
    assert_eq!(names(&collect(&mut world, None).unwrap()), [".hidden"]);
    let mut world = open(peer(""));
    let error = collect(&mut world, Some("nowhere")).unwrap_err();
    assert!(matches!(error, Error::Unlisted(Unlisted::Missing, _)), "{error}");
    // A pattern need not match anything.
    for pattern in ["*.csv", "in/report-?", "{a,b}"] {
        assert!(collect(&mut world, Some(pattern)).unwrap().is_empty());
    }
}

#[test]
fn a_directory_that_vsftpd_cannot_open_has_not_itself_in_it() {
    let list = |path: &str, lines: &str| {
        let peer = confirms("LIST", lines, "226 Directory send OK.");
        let mut world = open(peer.like(ServerKind::Vsftpd));
        collect(&mut world, Some(path)).map(|listing| names(&listing))
    };
    let line =
        |mode: &str, name: &str| format!("{mode}    2 0        0            4096 Jan 01  2024 {name}\r\n");
    // Nor is it a pattern's match.
    let secret = line("drwx------", "secret");
    let error = list("in/secret", &secret).unwrap_err();
    assert!(matches!(error, Error::Unlisted(Unlisted::Unreadable, _)), "{error}");
    assert_eq!(list("in/s*", &secret).unwrap(), ["secret"]);
    // There may be one of the same name in it.
    assert_eq!(list("in/secret", &(line("drwxr-xr-x", ".") + &secret)).unwrap(), ["secret"]);
}

#[test]
fn a_file_that_vsftpd_lists_is_not_inside_itself() {
    let list = |path: &str, lines: &[String]| {
        let peer = confirms("LIST", &lines.concat(), "226 Directory send OK.");
        let mut world = open(peer.like(ServerKind::Vsftpd));
        collect(&mut world, Some(path)).map(|listing| names(&listing))
    };
    let line = |name: &str| format!("-rw-r--r--    1 0        0            5 Jan 01  2024 {name}\r\n");
    let itself = || "drwxr-xr-x    2 0        0            4096 Jan 01  2024 .\r\n".to_owned();
    for (path, name) in [("f2", "f2"), ("in/f2", "in/f2"), ("in/f2", "f2")] {
        let error = list(path, &[line(name)]).unwrap_err();
        assert!(matches!(error, Error::Unlisted(Unlisted::File, _)), "{error}");
    }
    // It may have one of its name in it.
    assert_eq!(list("f2", &[itself(), line("f2")]).unwrap(), ["f2"]);
    assert_eq!(list("-f", &[line("-f"), itself()]).unwrap(), ["-f"]);
    assert_eq!(list("-f", &[line("-f"), itself(), line("x")]).unwrap(), ["-f", "x"]);
    assert_eq!(list("f*", &[line("f*")]).unwrap(), ["f*"]);
}

#[test]
fn the_rest_of_a_listing_that_was_given_up_is_not_the_next_one() {
    let list = |names: &str| {
        let lines = names.split(' ').map(|name| format!("type=file; {name}\r\n")).collect::<String>();
        let end = Act::End(End::Clean);
        ["150 here".into(), Act::Secure { resumed: true }, Act::Send(lines.into()), end, "226 done".into()]
    };
    // Pure-FTPd begins the next one with it; any listing takes it out.
    for (kind, listings) in [(ServerKind::PureFtpd, 3), (ServerKind::ProFtpd, 2)] {
        let after = if listings == 3 { list("c d e f") } else { list("e f") };
        let peer = Peer::polite().on("MLSD", list("a b c d")).on("MLSD", after).on("MLSD", list("e f"));
        let mut world = open(peer.like(kind));
        let mut given_up = List::new(None);
        world.run(&mut given_up).unwrap().unwrap();
        drop(given_up);
        world.run(&mut ops::noop()).unwrap();
        for _ in 0..2 {
            assert_eq!(names(&collect(&mut world, None).unwrap()), ["e", "f"], "{kind}");
        }
        assert_eq!(heard(&world).iter().filter(|line| **line == "MLSD").count(), listings + 1);
    }
}

#[test]
fn only_a_listing_that_had_begun_leaves_a_rest() {
    let stuck = ["150 here".into(), Act::Secure { resumed: true }, Act::Send(vec![1])];
    let peer = lists("MLSD", "type=file; a\r\n").on("RETR", stuck).on("MLSD nowhere", ["550 what?"]);
    let mut world = open(peer.like(ServerKind::PureFtpd));
    let mut download = world.download("x");
    while world.session.moved() == 0 {
        assert!(world.run_for(&mut download, 1).is_pending());
    }
    drop(download);
    collect(&mut world, Some("nowhere")).unwrap_err();
    assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"]);
    assert_eq!(world.heard().filter(|line| line.starts_with("MLSD")).count(), 2);
}

#[test]
fn a_rest_that_is_taken_out_may_be_of_a_listing_that_the_server_has_cut() {
    let cut = "226-Options: -a -l\r\n226 Output truncated to 2 matches";
    let peer = confirms("MLSD", "type=file; a\r\ntype=file; b\r\n", cut).like(ServerKind::PureFtpd);
    let mut world = open(peer);
    let mut given_up = List::new(None);
    world.run(&mut given_up).unwrap().unwrap();
    drop(given_up);
    let mut list = List::new(None);
    for name in ["a", "b"] {
        assert_eq!(names(&world.run(&mut list).unwrap().into_iter().collect::<Vec<_>>()), [name]);
    }
    let error = world.run(&mut list).unwrap_err();
    assert!(matches!(error, Error::Unlisted(Unlisted::Cut, _)), "{error}");
}

#[test]
fn the_command_that_lists_can_be_chosen() {
    let line = "-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n";
    for (command, known, sent) in [
        (ListCommand::Best, true, &["MLSD"][..]),
        (ListCommand::Mlsd, false, &["MLSD", "LIST"]),
        (ListCommand::List, true, &["LIST"]),
        (ListCommand::ListAll, true, &["LIST -a"]),
    ] {
        let facts = lists("MLSD", "type=file;size=5; a\r\n");
        let peer = match (known, command) {
            (true, ListCommand::Best) => facts,
            (true, _) => lists("LIST", line),
            (false, _) => lists("LIST", line).instead("FEAT", ["211 none"]).on("MLSD", ["502 what?"]),
        };
        let mut config = config();
        config.list_command = command;
        let mut world = World::with_config(peer, config);
        world.open().unwrap();
        assert_eq!(names(&collect(&mut world, None).unwrap()), ["a"]);
        let heard = heard(&world);
        let listed: Vec<_> = heard
            .iter()
            .copied()
            .filter(|line| line.starts_with("MLSD") || line.starts_with("LIST"))
            .collect();
        assert_eq!(listed, sent, "{command:?}");
        // Once refused it is not tried again.
        collect(&mut world, None).unwrap();
        let facts = self::heard(&world).iter().filter(|line| **line == "MLSD").count();
        assert_eq!(facts, [0, 1, 2][usize::from(sent[0] == "MLSD") * (1 + usize::from(known))]);
    }
}

#[test]
fn callers_have_forms_of_their_own() {
    let peer = lists("LIST", "! mine\r\n-rw-r--r-- 1 u g 5 Jan 1 2024 a\r\n").instead("FEAT", ["211 none"]);
    let mut config = config();
    config.list_reader =
        Some(LineReader::new(|line| Some(Entry::new(line.strip_prefix(b"! ")?, Kind::File))));
    let mut world = World::with_config(peer, config);
    world.open().unwrap();
    assert_eq!(names(&collect(&mut world, None).unwrap()), ["mine", "a"]);
}
