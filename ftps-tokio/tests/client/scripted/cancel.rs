//! Futures dropped after every number of polls: the next command gets its own reply, and no part of a file is ended as
//! if it were the whole.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ftps_tokio::{Client, Error, Listed};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::peer::{Act, Peer};
use super::server::{Ending, Server};
use super::{builder, open, ours};
use crate::polled::polled;

fn payload() -> Vec<u8> {
    (0..=255).cycle().take(300_000).collect()
}

const PART: usize = 70_000;

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

async fn download(client: &mut Client) -> Result<Vec<u8>, Error> {
    let mut got = Vec::new();
    let mut download = client.download("file").await?;
    download.read_to_end(&mut got).await.map_err(ours)?;
    Ok(got)
}

/// Drops what `begin` makes after every number of polls until it is done, on a new session each time. No part of an
/// upload is ended as if it were the whole; how many uploads were whole, and how many were reset, for each server.
async fn drop_everywhere<T: Debug>(begin: impl AsyncFn(&mut Client) -> Result<T, Error>) -> Vec<[usize; 2]> {
    let mut tally = Vec::new();
    for (abort, drips) in ABORTS.into_iter().flat_map(|abort| [(abort, false), (abort, true)]) {
        let said = abort.iter().map(|line| Act::from(*line));
        // Silence is waited out where a server is not known to take more than one command at a time.
        let greeting = if abort.is_empty() { "220 ProFTPD" } else { "220 ready" };
        let peer = server().greeting([greeting]).instead("ABOR", std::iter::once(Act::Abort).chain(said));
        let server = Server::start(if drips { peer.drips() } else { peer });
        let mut sessions = 0;
        for polls in 0.. {
            let context = format!("dropped after {polls} polls; ABOR: {abort:?}; drips: {drips}");
            let mut client = builder(&server).connect().await.unwrap();
            let done = polled(polls, begin(&mut client)).await;
            assert!(client.is_usable(), "{context}");
            let size = client.size("x").await;
            assert_eq!(size.unwrap_or_else(|error| panic!("{context}: {error}")), 42, "{context}");
            assert_eq!(client.current_dir().await.unwrap(), b"/home", "{context}");
            let again = download(&mut client).await;
            assert!(again.unwrap_or_else(|error| panic!("{context}: {error}")) == payload(), "{context}");
            if let Some(result) = done {
                result.unwrap_or_else(|error| panic!("{context}: {error}"));
                sessions = polls + 1;
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

/// An upload was confirmed at last, and was dropped within its payload before.
fn uploaded(tally: &[[usize; 2]]) {
    assert_eq!(tally.len(), 2 * ABORTS.len());
    assert!(tally.iter().all(|[whole, reset]| *whole > 0 && *reset > 0), "whole and reset: {tally:?}");
}

#[tokio::test]
async fn downloads() {
    drop_everywhere(download).await;
}

/// A source that lets others go first before each part of the payload, so that uploads are dropped within it.
struct Hesitant(VecDeque<Option<Vec<u8>>>);

impl AsyncRead for Hesitant {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.0.pop_front() {
            Some(None) => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Some(Some(part)) => space.put_slice(&part),
            None => {}
        }
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn uploads() {
    let tally = drop_everywhere(async |client| {
        let parts = payload().chunks(PART).flat_map(|part| [None, Some(part.into())]).collect();
        client.upload("file", &mut Hesitant(parts)).await
    });
    uploaded(&tally.await);
}

#[tokio::test]
async fn uploads_through_a_writer() {
    let tally = drop_everywhere(async |client| {
        let mut upload = client.writer("file").await?;
        for part in payload().chunks(PART) {
            tokio::task::yield_now().await;
            upload.write_all(part).await.map_err(ours)?;
            upload.flush().await.map_err(ours)?;
        }
        upload.shutdown().await.map_err(ours)
    });
    uploaded(&tally.await);
}

#[tokio::test]
async fn listings() {
    drop_everywhere(async |client| client.list("").await).await;
}

#[tokio::test]
async fn simple_commands() {
    drop_everywhere(async |client| client.current_dir().await).await;
    drop_everywhere(async |client| client.size("x").await).await;
    drop_everywhere(async |client| client.set_current_dir("x").await).await;
    drop_everywhere(async |client| client.create_dir("x").await).await;
    drop_everywhere(async |client| client.remove_file("x").await).await;
    drop_everywhere(async |client| client.remove_dir("x").await).await;
    drop_everywhere(async |client| client.keep_alive().await).await;
    drop_everywhere(async |client| client.rename("x", "y").await).await;
}

#[tokio::test]
async fn the_recovery_itself() {
    drop_everywhere(async |client| {
        let mut download = client.download("file").await?;
        download.read_u8().await.map_err(ours)?;
        drop(download);
        client.set_current_dir("x").await
    })
    .await;
}

#[tokio::test]
async fn a_listing_goes_on_where_the_wait_for_its_next_entry_is_dropped() {
    let (_server, mut client) = open(server().drips()).await;
    let mut entries = client.entries("").unwrap();
    let mut names = Vec::new();
    loop {
        tokio::select! {
            biased;
            next = entries.next() => match next.unwrap() {
                Some(Listed::Entry(entry)) => names.push(entry.name.to_string()),
                Some(unparsed) => panic!("{unparsed:?}"),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(names, ["a", "b", "c"]);
    drop(entries);
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
}

#[tokio::test]
async fn connecting() {
    for polls in 0.. {
        let server = Server::start(Peer::polite().drips());
        let done = polled(polls, builder(&server).connect()).await;
        if let Some(result) = done {
            assert_eq!(result.unwrap().current_dir().await.unwrap(), b"/home");
            break;
        }
        if !server.heard().is_empty() {
            server.wait(|log| log.left == 1);
        }
    }
}

#[tokio::test]
async fn a_session_that_is_gone_says_so() {
    let (server, mut client) = open(server().instead("ABOR", [Act::Abort, Act::Leave])).await;
    let mut upload = client.writer("file").await.unwrap();
    upload.write_all(b"half").await.unwrap();
    drop(upload);
    assert_eq!(server.upload().1, Ending::Reset);
    let error = client.current_dir().await.unwrap_err();
    assert_eq!(error.to_string(), "the server closed the control connection");
    assert!(!client.is_usable());
    assert_eq!(client.current_dir().await.unwrap_err().to_string(), "the session is not open");
}
