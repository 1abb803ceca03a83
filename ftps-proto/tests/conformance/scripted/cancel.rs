//! Work that is given up after every number of steps: the next command gets its own reply, and no part of a file is ended
//! as if it were the whole.

use std::io::{Read, Write};

use ftps_proto::Error;
use ftps_proto::ops::Listed;

use super::peer::{Act, Peer};
use super::server::{Ending, Server};
use super::{builder, open};
use crate::subject::{Subject, Work, inside};
use crate::{for_each_adapter, for_each_future};

fn payload() -> Vec<u8> {
    (0..=255).cycle().take(300_000).collect()
}

const LISTING: &[u8] = b"type=file;size=1; a\r\ntype=file;size=2; b\r\ntype=dir; c\r\n";

fn server() -> Peer {
    let sends = |bytes| ["150 here".into(), Act::Secure, Act::Send(bytes), Act::Finish, "226 done".into()];
    Peer::polite()
        .on("RETR", sends(payload()))
        .on("MLSD", sends(LISTING.to_vec()))
        .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()])
        .on("SIZE", ["213 42"])
        .on("CWD", ["250 there"])
        .on("MKD", ["257 \"/made\" created"])
        .on("DELE", ["250 gone"])
        .on("RMD", ["250 gone"])
        .on("RNFR", ["350 to what?"])
        .on("RNTO", ["250 renamed"])
}

/// What servers say to ABOR when a transfer was under way, and one that says nothing.
const ABORTS: [&[&str]; 4] = [
    &["426 failed", "225 no transfer to abort"],
    &["226 abort successful", "426 aborted"],
    &["500 unknown command"],
    &[],
];

fn download(client: &mut impl Subject) -> Result<Vec<u8>, Error> {
    let mut got = Vec::new();
    client.download("file")?.read_to_end(&mut got).map_err(inside)?;
    Ok(got)
}

/// Gives this up after every number of steps until it is done, on a new session each time. No part of an upload is ended
/// as if it were the whole; how many uploads were whole, and how many were reset, for each server.
fn give_up_everywhere<S: Subject>(work: &Work) -> Vec<[usize; 2]> {
    let mut tally = Vec::new();
    for (abort, drips) in ABORTS.into_iter().flat_map(|abort| [(abort, false), (abort, true)]) {
        let said = abort.iter().map(|line| Act::from(*line));
        // Silence is waited out where a server is not known to take more than one command at a time.
        let greeting = if abort.is_empty() { "220 ProFTPD" } else { "220 ready" };
        let peer = server().greeting([greeting]).instead("ABOR", std::iter::once(Act::Abort).chain(said));
        let server = Server::start(if drips { peer.drips() } else { peer });
        let mut sessions = 0;
        for steps in 0.. {
            let context = format!("{work:?} given up after {steps} steps; ABOR: {abort:?}; drips: {drips}");
            let mut client = S::connect(&builder::<S>(&server)).unwrap();
            let done = client.given_up(steps, work);
            assert!(client.is_usable(), "{context}");
            let size = client.size("x");
            assert_eq!(size.unwrap_or_else(|error| panic!("{context}: {error}")), 42, "{context}");
            assert_eq!(client.current_dir().unwrap(), b"/home", "{context}");
            let again = download(&mut client);
            assert!(again.unwrap_or_else(|error| panic!("{context}: {error}")) == payload(), "{context}");
            if let Some(result) = done {
                result.unwrap_or_else(|error| panic!("{context}: {error}"));
                sessions = steps + 1;
                break;
            }
        }
        let log = server.wait(|log| log.left == sessions);
        let (reset, whole): (Vec<_>, Vec<_>) =
            log.uploads.iter().partition(|(_, ending)| *ending == Ending::Reset);
        assert!(whole.iter().all(|(bytes, ending)| *bytes == payload() && *ending == Ending::Clean));
        tally.push([whole.len(), reset.len()]);
    }
    tally
}

/// Each server had an upload that was confirmed at last. Where they were dropped within their payload, servers saw that;
/// not each of them need have been that far.
fn uploaded(tally: &[[usize; 2]]) {
    assert_eq!(tally.len(), 2 * ABORTS.len());
    assert!(tally.iter().all(|[whole, _]| *whole > 0), "whole and reset: {tally:?}");
    assert!(tally.iter().any(|[_, reset]| *reset > 0), "whole and reset: {tally:?}");
}

fn path() -> String {
    "x".into()
}

fn downloads<S: Subject>() {
    give_up_everywhere::<S>(&Work::Download(path()));
}
for_each_adapter!(downloads);

fn uploads<S: Subject>() {
    uploaded(&give_up_everywhere::<S>(&Work::Upload(path(), payload())));
}
for_each_adapter!(uploads);

fn uploads_through_a_writer<S: Subject>() {
    uploaded(&give_up_everywhere::<S>(&Work::Write(path(), payload())));
}
for_each_adapter!(uploads_through_a_writer);

fn listings<S: Subject>() {
    give_up_everywhere::<S>(&Work::List(path()));
}
for_each_adapter!(listings);

fn simple_commands<S: Subject>() {
    for work in [
        Work::CurrentDir,
        Work::Size(path()),
        Work::SetCurrentDir(path()),
        Work::CreateDir(path()),
        Work::RemoveFile(path()),
        Work::RemoveDir(path()),
        Work::Rename(path(), path()),
        Work::KeepAlive,
    ] {
        give_up_everywhere::<S>(&work);
    }
}
for_each_adapter!(simple_commands);

fn the_recovery_itself<S: Subject>() {
    give_up_everywhere::<S>(&Work::Recover(path()));
}
for_each_adapter!(the_recovery_itself);

fn a_listing_that_is_read_in_part<S: Subject>() {
    let (_server, mut client) = open::<S>(server().drips());
    for read in 0..=3 {
        let mut entries = client.entries("").unwrap();
        let mut names = Vec::new();
        for listed in entries.by_ref().take(read) {
            match listed.unwrap() {
                Listed::Entry(entry) => names.push(entry.name.to_string()),
                unparsed => panic!("{unparsed:?}"),
            }
        }
        assert_eq!(names, ["a", "b", "c"][..read]);
        drop(entries);
        assert_eq!(client.current_dir().unwrap(), b"/home");
    }
}
for_each_adapter!(a_listing_that_is_read_in_part);

fn connecting<S: Subject>() {
    for steps in 0.. {
        let server = Server::start(Peer::polite().drips());
        if let Some(client) = S::connect_given_up(&builder::<S>(&server), steps) {
            assert_eq!(client.unwrap().current_dir().unwrap(), b"/home");
            break;
        }
        if !server.heard().is_empty() {
            server.wait(|log| log.left == 1);
        }
    }
}
for_each_future!(connecting);

fn a_session_that_is_gone_says_so<S: Subject>() {
    let (server, mut client) = open::<S>(server().instead("ABOR", [Act::Abort, Act::Leave]));
    let mut upload = client.writer("file").unwrap();
    upload.write_all(b"half").unwrap();
    drop(upload);
    assert_eq!(server.upload().1, Ending::Reset);
    let error = client.current_dir().unwrap_err();
    assert_eq!(error.to_string(), "the server closed the control connection");
    assert!(!client.is_usable());
    assert_eq!(client.current_dir().unwrap_err().to_string(), "the session is not open");
}
for_each_adapter!(a_session_that_is_gone_says_so);
