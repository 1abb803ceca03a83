//! Whatever is given up half-way: the server never takes a part for the whole, and the next command gets its own reply.

use std::fs;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ftps_tokio::tls::Version;
use ftps_tokio::{Client, Error};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::lab::{MIB, Server, VERSIONS, bytes, fetch, home, round_trip, servers, unique};
use crate::conversation;
use crate::polled::polled;

/// A session, what is said on it, and a file whose size no other reply has.
struct Scene {
    client: Client,
    context: String,
    known: String,
    /// The server says of whatever was given up that it is complete.
    confirms_all: bool,
}

const KNOWN: usize = 12_347;

impl Scene {
    async fn new(test: &str, server: &Server, version: Version) -> Self {
        let context = format!("{} {version:?}", server.name);
        let known = format!("known-{}", unique(test, server));
        conversation::said();
        let mut client = server.client(version).await;
        client.upload(&known, &mut bytes(2, KNOWN).as_slice()).await.unwrap();
        conversation::said();
        Self { client, context, known, confirms_all: server.confirms_what_is_reset() }
    }

    /// The next command, and the one after it, get their own replies. What was said until then.
    async fn goes_on(&mut self) -> Result<Vec<String>, Error> {
        let size = self.client.size(&self.known).await?;
        let context = &self.context;
        assert_eq!(size, KNOWN as u64, "{context}: another reply");
        assert_eq!(
            self.client.current_dir().await.unwrap(),
            home().as_os_str().as_encoded_bytes(),
            "{context}"
        );
        assert!(self.client.is_usable(), "{context}");
        Ok(conversation::said())
    }

    /// It goes on, and the server never called the STOR that was given up complete, nor has it kept so much of it.
    async fn goes_on_without(&mut self, name: &str, whole: usize) {
        let said = self.goes_on().await.unwrap_or_else(|error| panic!("{}: {error}", self.context));
        let context = format!("{}: {said:?}", self.context);
        let stor = said.iter().position(|line| line.starts_with("> STOR")).expect("a STOR");
        assert_eq!(confirmed(&said[stor..]).filter(|_| !self.confirms_all), None, "{context}");
        let kept = fs::metadata(home().join(name)).map_or(0, |file| file.len());
        assert!(kept < whole as u64, "{context}: {kept} bytes were kept of {whole}");
    }

    /// Whole files still go both ways over this session.
    async fn end(mut self) {
        let name = format!("end-{}", self.known);
        round_trip(&mut self.client, &name, &bytes(11, 2 * MIB + 3), &self.context).await;
        self.client.remove_file(&self.known).await.unwrap();
        self.client.quit().await.unwrap();
    }
}

/// The reply that calls a transfer complete. What answers the recovery's ABOR has the same code, and says so.
fn confirmed(said: &[String]) -> Option<&String> {
    said.iter().find(|line| {
        let aborted = line.contains("ABOR") || line.contains("Abort");
        (line.starts_with("< 226") || line.starts_with("< 250")) && !aborted
    })
}

/// A source that fails.
struct Broken;

impl AsyncRead for Broken {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Err(io::Error::other("the disk is gone")))
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn an_upload_dropped_half_way_is_never_whole() {
    for server in servers() {
        for version in VERSIONS {
            let mut scene = Scene::new("half", &server, version).await;
            let name = unique("half", &server);
            let file = bytes(5, 8 * MIB);
            // From nothing at all to everything but the end.
            for written in [0, 1, 100_000, 3 * MIB, 5 * MIB, 8 * MIB] {
                scene.context = format!("{} {version:?} {written} bytes", server.name);
                let mut upload = scene.client.writer(&name).await.unwrap();
                upload.write_all(&file[..written]).await.unwrap();
                drop(upload);
                // Nothing was promised about what is kept of a file that was all sent.
                scene.goes_on_without(&name, file.len() + usize::from(written == file.len())).await;
            }
            scene.client.remove_file(&name).await.unwrap();
            scene.end().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn the_future_of_an_upload_dropped_half_way_is_never_whole() {
    for server in servers() {
        for version in VERSIONS {
            let mut scene = Scene::new("future", &server, version).await;
            let name = unique("future", &server);
            let part = bytes(6, 3 * MIB);
            let (mut source, mut sink) = tokio::io::duplex(64 * 1024);
            tokio::select! {
                done = scene.client.upload(&name, &mut source) => panic!("{}: {done:?}", scene.context),
                fed = sink.write_all(&part) => fed.unwrap(),
            }
            scene.goes_on_without(&name, part.len() + 1).await;
            scene.client.remove_file(&name).await.unwrap();
            scene.end().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn an_upload_whose_source_fails_is_never_whole() {
    for server in servers() {
        for version in VERSIONS {
            let mut scene = Scene::new("source", &server, version).await;
            let name = unique("source", &server);
            for len in [0, 3 * MIB] {
                let part = bytes(8, len);
                let mut source = part.as_slice().chain(Broken);
                let error = scene.client.upload(&name, &mut source).await.unwrap_err();
                assert!(matches!(error, Error::Source(_)), "{}: {error}", scene.context);
                assert!(format!("{error:#}").ends_with("the disk is gone"), "{}: {error:#}", scene.context);
                scene.goes_on_without(&name, len + 1).await;
            }
            scene.client.remove_file(&name).await.unwrap();
            scene.end().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_download_dropped_half_way_leaves_nothing_behind() {
    for server in servers() {
        for version in VERSIONS {
            let mut scene = Scene::new("down", &server, version).await;
            let name = unique("down", &server);
            let file = bytes(9, 8 * MIB);
            scene.client.upload(&name, &mut file.as_slice()).await.unwrap();
            // From nothing at all to everything but the end.
            for read in [0, 1, MIB, 8 * MIB] {
                scene.context = format!("{} {version:?} {read} bytes", server.name);
                let mut part = vec![0; read];
                let mut download = scene.client.download(&name).await.unwrap();
                download.read_exact(&mut part).await.unwrap();
                assert!(part == file[..read], "{}", scene.context);
                assert_eq!(download.transferred(), None, "{}", scene.context);
                drop(download);
                scene.goes_on().await.unwrap_or_else(|error| panic!("{}: {error}", scene.context));
            }
            assert!(fetch(&mut scene.client, &name).await.unwrap() == file, "{}", scene.context);
            scene.client.remove_file(&name).await.unwrap();
            scene.end().await;
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_listing_dropped_half_way_leaves_nothing_behind() {
    const FILES: usize = 3000;
    for server in servers() {
        let directory = unique("long", &server);
        let path = home().join(&directory);
        fs::create_dir(&path).unwrap();
        for number in 0..FILES {
            fs::write(path.join(format!("a file with a long name, number {number}")), "").unwrap();
        }
        for version in VERSIONS {
            let mut scene = Scene::new("long", &server, version).await;
            for read in [1, 50, FILES] {
                scene.context = format!("{} {version:?} {read} entries", server.name);
                let mut entries = scene.client.entries(&directory).unwrap();
                for _ in 0..read {
                    assert!(entries.next().await.unwrap().is_some(), "{}", scene.context);
                }
                drop(entries);
                scene.goes_on().await.unwrap_or_else(|error| panic!("{}: {error}", scene.context));
            }
            let listing = scene.client.list(&directory).await.unwrap();
            assert_eq!(listing.len(), FILES, "{}", scene.context);
            scene.end().await;
        }
        fs::remove_dir_all(path).unwrap();
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_command_dropped_at_any_poll_answers_no_other() {
    for server in servers() {
        for version in VERSIONS {
            let mut scene = Scene::new("command", &server, version).await;
            let name = unique("command", &server);
            let context = scene.context.clone();
            for times in 1..=3 {
                for command in 0..8 {
                    let client = &mut scene.client;
                    // What each comes to, if it does, is of no matter.
                    let done = match command {
                        0 => polled(times, client.current_dir()).await.is_some(),
                        1 => polled(times, client.set_current_dir(".")).await.is_some(),
                        2 => polled(times, client.create_dir(&name)).await.is_some(),
                        3 => polled(times, client.remove_dir(&name)).await.is_some(),
                        4 => polled(times, client.remove_file("missing")).await.is_some(),
                        5 => polled(times, client.rename(&scene.known, &scene.known)).await.is_some(),
                        6 => polled(times, client.size("missing")).await.is_some(),
                        _ => polled(times, client.keep_alive()).await.is_some(),
                    };
                    assert!(
                        times > 1 || !done,
                        "{context}: command {command} was answered before it was sent"
                    );
                    scene.context = format!("{context} command {command} after {times} polls");
                    let said =
                        scene.goes_on().await.unwrap_or_else(|error| panic!("{}: {error}", scene.context));
                    assert!(!said.contains(&"> ABOR".to_owned()), "{}: {said:?}", scene.context);
                }
            }
            // What was sent was done.
            assert!(!home().join(&name).exists(), "{context}");
            scene.end().await;
        }
    }
}

/// How much of a file moves before the caller makes a pause.
const PIECE: usize = 64 * 1024;

/// A source that makes a pause before every piece, so that an upload is polled at least once for each.
struct Pausing<'a> {
    rest: &'a [u8],
    paused: bool,
}

impl AsyncRead for Pausing<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.paused = !self.paused;
        if self.paused {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let (piece, rest) = self.rest.split_at(self.rest.len().min(PIECE).min(space.remaining()));
        space.put_slice(piece);
        self.rest = rest;
        Poll::Ready(Ok(()))
    }
}

/// Downloads a file, and makes a pause after every piece.
async fn fetch_pausing(client: &mut Client, name: &str) -> Result<Vec<u8>, Error> {
    let mut file = Vec::new();
    let mut download = client.download(name).await?;
    while (&mut download).take(PIECE as u64).read_to_end(&mut file).await.unwrap() > 0 {
        tokio::task::yield_now().await;
    }
    Ok(file)
}

/// What is given up at every poll.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Work {
    Upload,
    Download,
    List,
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn uploads_dropped_at_any_poll_leave_the_session() {
    at_any_poll(Work::Upload).await;
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn downloads_dropped_at_any_poll_leave_the_session() {
    at_any_poll(Work::Download).await;
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn listings_dropped_at_any_poll_leave_the_session() {
    at_any_poll(Work::List).await;
}

/// The next command gets its own reply, even where the server would end the session over a data connection whose
/// handshake is cut.
async fn at_any_poll(work: Work) {
    const POLLS: usize = 40;
    for server in servers() {
        for version in VERSIONS {
            let test = format!("{work:?}");
            let mut scene = Scene::new(&test, &server, version).await;
            let name = unique(&test, &server);
            let file = bytes(12, 2 * MIB + 1);
            scene.client.upload(&name, &mut file.as_slice()).await.unwrap();
            let mut dropped = 0;
            for times in 0..POLLS {
                scene.context = format!("{} {version:?} {work:?} after {times} polls", server.name);
                let client = &mut scene.client;
                conversation::said();
                let done = match work {
                    Work::Upload => {
                        let mut source = Pausing { rest: &file, paused: false };
                        polled(times, client.upload(&name, &mut source))
                            .await
                            .map(|done| done.map(|done| done.bytes == file.len() as u64))
                    }
                    Work::Download => polled(times, fetch_pausing(client, &name))
                        .await
                        .map(|back| back.map(|back| back == file)),
                    Work::List => polled(times, client.list(""))
                        .await
                        .map(|listing| listing.map(|listing| !listing.is_empty())),
                };
                match done {
                    Some(whole) => assert!(whole.unwrap(), "{}", scene.context),
                    None => dropped += 1,
                }
                match scene.goes_on().await {
                    Ok(said) if work == Work::Upload && !scene.confirms_all && confirmed(&said).is_some() => {
                        let kept = fs::read(home().join(&name)).unwrap();
                        assert!(kept == file, "{}: a part was confirmed: {said:?}", scene.context);
                    }
                    Ok(_) => {}
                    // Under TLS 1.3 a server may end the session over a data connection that is reset as it begins: which is
                    // told, and known without IO.
                    Err(error) => {
                        assert!(
                            version == Version::Tls13 && !scene.client.is_usable(),
                            "{}: {error}",
                            scene.context
                        );
                        scene.client = server.client(version).await;
                        scene.goes_on().await.unwrap();
                    }
                }
            }
            assert!(dropped > 2, "{}: {dropped} dropped", scene.context);
            scene.client.remove_file(&name).await.unwrap();
            scene.end().await;
        }
    }
}
