//! What is told of one file or directory.

use ftps_proto::codec::{Entry, Kind};
use ftps_proto::ops::{self, Metadata};
use ftps_proto::sim::{Act, Peer, World};
use ftps_proto::{End, Error};

use crate::{SECURE, argument, heard, open};

fn metadata(world: &mut World, path: &str) -> Result<Entry, Error> {
    world.run(&mut Metadata::new(argument(path)))
}

/// A server without MLST, and what its LIST says.
fn bare(lines: &str) -> Peer {
    let end = Act::End(End::Clean);
    Peer::polite()
        .instead("FEAT", ["502 what?"])
        .on("CWD", ["250 there"])
        .on("LIST", ["150 here".into(), SECURE, Act::Send(lines.into()), end, "226 done".into()])
}

/// What was heard after the login.
fn asked(world: &World) -> Vec<&str> {
    heard(world).into_iter().skip_while(|line| !line.starts_with("TYPE")).skip(1).collect()
}

#[test]
fn one_command_where_the_server_has_mlst() {
    let facts = ["250-here", " type=file;size=5;modify=20240102030405; /out/a b", "250 end"];
    let mut world = open(Peer::polite().on("MLST", facts));
    let entry = metadata(&mut world, "out/a b").unwrap();
    assert_eq!((entry.name.to_string().as_str(), entry.kind, entry.size), ("a b", Kind::File, Some(5)));
    assert_eq!(asked(&world), ["MLST out/a b"]);
}

#[test]
fn a_directory_is_one_whatever_it_is_to_others() {
    // Pure-FTPd of the root, and of where the session is.
    for kind in ["dir", "cdir", "pdir"] {
        let facts = format!(" type={kind}; /");
        let mut world = open(Peer::polite().on("MLST", ["250-here", facts.as_str(), "250 end"]));
        let entry = metadata(&mut world, "/").unwrap();
        assert_eq!((entry.name.to_string().as_str(), entry.kind), ("/", Kind::Directory));
    }
}

#[test]
fn what_mlst_denies_is_not_there() {
    let mut world = open(Peer::polite().on("MLST", ["550 can't check for file existence"]));
    let error = metadata(&mut world, "x").unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(asked(&world), ["MLST x"]);
}

#[test]
fn size_and_time_where_it_has_not() {
    let peer = bare("").on("SIZE", ["213 12"]).on("MDTM", ["213 20240102030405"]);
    let mut world = open(peer);
    let entry = metadata(&mut world, "/out/a").unwrap();
    assert_eq!((entry.name.to_string().as_str(), entry.kind, entry.size), ("a", Kind::File, Some(12)));
    assert_eq!(entry.modified.unwrap().to_utc(), Some(1_704_164_645));
    // A server that has MLST after all only by name, and no MDTM.
    let peer = Peer::polite().on("MLST", ["500 what?"]).on("SIZE", ["213 12"]).on("MDTM", ["213 yesterday"]);
    let mut world = open(peer);
    let entry = metadata(&mut world, "a").unwrap();
    assert_eq!((entry.size, entry.modified), (Some(12), None));
    assert_eq!(asked(&world), ["MLST a", "SIZE a", "MDTM a"]);
}

#[test]
fn a_directory_is_found_in_the_one_above() {
    let lines = "drwxr-xr-x 2 u g 4096 Jan 1 2024 a\r\n-rw-r--r-- 1 u g 5 Jan 1 2024 b\r\n";
    for (path, above) in [("out/a", Some("out")), ("/a/", Some("/")), ("a", None), ("/x//a//", Some("/x"))] {
        let mut world = open(bare(lines).on("SIZE", ["550 not a regular file"]));
        let entry = metadata(&mut world, path).unwrap();
        assert_eq!((entry.name.to_string().as_str(), entry.kind), ("a", Kind::Directory), "{path}");
        let entered = heard(&world).into_iter().find_map(|line| line.strip_prefix("CWD "));
        assert_eq!(entered, above, "{path}");
        world.run(&mut ops::noop()).unwrap();
    }
}

#[test]
fn what_is_in_no_listing_is_not_there() {
    for (lines, refusal, found) in [
        ("-rw-r--r-- 1 u g 5 Jan 1 2024 b\r\n", "550 Could not get file size.", "550"),
        ("-rw-r--r-- 1 u g 5 Jan 1 2024 b\r\n", "502 SIZE is not here", "its directory does not list \"a\""),
        ("-rw-r--r-- 1 u g 5 Jan 1 2024 b\r\n", "550 SIZE not allowed in ASCII mode.", "does not list \"a\""),
    ] {
        let mut world = open(bare(lines).on("SIZE", [refusal]));
        let error = metadata(&mut world, "a").unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains(found), "{error}");
    }
    // It may be the line that cannot be read.
    let mut world = open(bare("what is this\r\n").on("SIZE", ["550 no"]));
    let error = metadata(&mut world, "a").unwrap_err();
    assert!(matches!(error, Error::Unparsed { count: 1, .. }), "{error}");
    assert!(!error.is_not_found());
}

#[test]
fn a_path_without_a_name_is_a_directory_if_it_can_be_listed() {
    for path in ["/", "..", "x/.."] {
        let mut world = open(bare("total 0\r\n").on("SIZE", ["550 no"]));
        assert_eq!(metadata(&mut world, path).unwrap().kind, Kind::Directory, "{path}");
    }
    let peer =
        bare("").on("SIZE", ["550 no"]).instead("CWD", ["550 no"]).instead("LIST", ["550 no such directory"]);
    let mut world = open(peer);
    assert!(metadata(&mut world, "x/..").unwrap_err().is_not_found());
}

#[test]
fn the_end_of_the_session_is_not_an_absence() {
    let mut world = open(bare("").instead("SIZE", ["421 timeout"]));
    let error = metadata(&mut world, "a").unwrap_err();
    assert_eq!(error.code().unwrap(), 421);
    assert!(error.is_temporary() && !error.is_not_found());
}
