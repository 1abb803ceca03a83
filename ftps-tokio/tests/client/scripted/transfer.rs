//! Downloads and uploads, and how they end.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use ftps_tokio::{Channel, Client, Error, Layer, Transferred, Waiting};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::peer::{Act, Peer};
use super::server::{Ending, Server};
use super::{builder, open, ours};

const LEN: usize = 100_000;

fn payload() -> Vec<u8> {
    (0..=255).cycle().take(LEN).collect()
}

/// A server that sends the payload, ends it so, and says this.
fn serves(end: Act, said: &[&str]) -> Peer {
    let acts = ["150 here".into(), Act::Secure, Act::Send(payload()), end];
    Peer::polite().on("RETR", acts.into_iter().chain(said.iter().map(|line| Act::from(*line))))
}

/// A server that takes a file, ends its side, and says this.
fn takes(said: impl Into<Act>) -> Peer {
    Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, said.into()])
}

/// Downloads a file; what came before the error, if there is one.
async fn download(client: &mut Client) -> (Vec<u8>, io::Result<Transferred>) {
    let mut got = Vec::new();
    let mut download = match client.download("file").await {
        Ok(download) => download,
        Err(error) => return (got, Err(error.into())),
    };
    let read = download.read_to_end(&mut got).await;
    let done = read.map(|_| download.transferred().unwrap().clone());
    (got, done)
}

/// The error that a reader or writer reported, with its kind.
fn inside(error: io::Error) -> (ErrorKind, Error) {
    (error.kind(), ours(error))
}

/// The session has gone on.
async fn goes_on(mut client: Client) {
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
}

#[tokio::test]
async fn a_download_is_complete_with_close_notify_and_226() {
    let (server, mut client) = open(serves(Act::Finish, &["226 done"])).await;
    for _ in 0..3 {
        let (got, done) = download(&mut client).await;
        let done = done.unwrap();
        assert!(got == payload());
        assert_eq!((done.bytes, done.reply.code().get(), done.resumed), (LEN as u64, 226, true));
    }
    assert_eq!(server.log().resumed, [true; 3]);
}

#[tokio::test]
async fn a_226_that_comes_first_is_not_the_end() {
    let peer = |end| {
        let acts = ["150 here".into(), Act::Secure, "226 done".into(), Act::Send(payload()), end];
        Peer::polite().on("RETR", acts)
    };
    let (_server, mut client) = open(peer(Act::Finish)).await;
    let (got, done) = download(&mut client).await;
    assert_eq!(done.unwrap().bytes, LEN as u64);
    assert!(got == payload());

    let (_server, mut client) = open(peer(Act::Cut)).await;
    let (kind, error) = inside(download(&mut client).await.1.unwrap_err());
    assert_eq!(kind, ErrorKind::UnexpectedEof);
    assert!(matches!(error, Error::Truncated { bytes, .. } if bytes == LEN as u64), "{error}");
}

#[tokio::test]
async fn close_notify_without_226_is_not_the_end() {
    let (_server, mut client) = open(serves(Act::Finish, &["426 the disk is broken"])).await;
    let (_, error) = inside(download(&mut client).await.1.unwrap_err());
    assert_eq!(error.to_string(), "the server refused RETR: 426 the disk is broken");
    goes_on(client).await;

    let peer = ["150 here".into(), Act::Secure, Act::Send(payload()), Act::Finish, Act::Leave];
    let (_server, mut client) = open(Peer::polite().on("RETR", peer)).await;
    let (kind, error) = inside(download(&mut client).await.1.unwrap_err());
    assert_eq!(kind, ErrorKind::ConnectionAborted);
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
    assert!(!client.is_usable());
}

#[tokio::test]
async fn a_server_that_leaves_once_it_has_said_226() {
    let peer = |end| {
        let acts = ["150 here".into(), Act::Secure, "226 done".into(), Act::Leave, Act::Send(payload()), end];
        Peer::polite().on("RETR", acts)
    };
    let (_server, mut client) = open(peer(Act::Finish)).await;
    let (got, done) = download(&mut client).await;
    assert_eq!(done.unwrap().bytes, LEN as u64);
    assert!(got == payload());
    assert!(!client.is_usable());
    assert_eq!(client.current_dir().await.unwrap_err().to_string(), "the server has closed the session");

    let (_server, mut client) = open(peer(Act::Cut)).await;
    assert_eq!(download(&mut client).await.1.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}

#[tokio::test]
async fn a_download_that_is_cut_is_an_error_whatever_is_said() {
    let (_server, mut client) = open(serves(Act::Cut, &["226 done"])).await;
    let (got, done) = download(&mut client).await;
    assert!(got == payload(), "what came is handed out");
    let (kind, error) = inside(done.unwrap_err());
    assert_eq!(kind, ErrorKind::UnexpectedEof);
    assert_eq!(error.code().unwrap(), 226);
    assert!(matches!(error, Error::Truncated { bytes, .. } if bytes == LEN as u64), "{error}");
    goes_on(client).await;
}

#[tokio::test]
async fn a_download_that_is_reset_is_an_error_whatever_is_said() {
    let (_server, mut client) = open(serves(Act::Reset, &["226 done"])).await;
    let (kind, error) = inside(download(&mut client).await.1.unwrap_err());
    assert_eq!(kind, ErrorKind::ConnectionReset);
    assert_eq!(error.code().unwrap(), 226);
    let Error::Connection { channel: Channel::Data, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    assert_eq!(failure.layer, Layer::Transport);
    goes_on(client).await;
}

#[tokio::test]
async fn an_empty_file() {
    let (server, mut client) = open(
        takes("226 stored").on("RETR", ["150 here".into(), Act::Secure, Act::Finish, "226 done".into()]),
    )
    .await;
    let (got, done) = download(&mut client).await;
    assert_eq!((got.len(), done.unwrap().bytes), (0, 0));
    assert_eq!(client.upload("file", &mut tokio::io::empty()).await.unwrap().bytes, 0);
    assert_eq!(server.upload(), (vec![], Ending::Clean));
}

#[tokio::test]
async fn a_refusal_ends_a_transfer_whose_data_connection_is_never_secured() {
    for (command, reply, code) in [("RETR", "550 No such file", 550), ("STOR", "553 Not allowed", 553)] {
        for accept in [vec![Act::Accept], vec![]] {
            // The ClientHello is out, and nothing will ever answer it.
            let acts = accept.into_iter().chain([Act::from(reply)]);
            let (server, mut client) = open(Peer::polite().on(command, acts)).await;
            let error = match command {
                "RETR" => client.download("file").await.map(drop).unwrap_err(),
                _ => client.upload("file", &mut tokio::io::repeat(7)).await.unwrap_err(),
            };
            assert!(matches!(error, Error::Refused(_)), "{command}: {error}");
            assert_eq!(error.code().unwrap(), code);
            goes_on(client).await;
            assert!(!server.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
        }
    }
}

#[tokio::test]
async fn a_data_connection_that_is_never_secured_times_out() {
    let server = Server::start(Peer::polite().on("RETR", [Act::Accept, "150 here".into()]));
    let builder = builder(&server).reply_timeout(Duration::from_millis(300));
    let mut client = builder.connect().await.unwrap();
    let error = client.download("file").await.map(drop).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Handshake(Channel::Data), .. }), "{error}");
    goes_on(client).await;
}

#[tokio::test]
async fn uploads_are_complete_with_close_notify_and_226() {
    let (server, mut client) = open(takes("226 stored")).await;
    for _ in 0..3 {
        let done = client.upload("file", &mut payload().as_slice()).await.unwrap();
        assert_eq!((done.bytes, done.reply.code().get(), done.resumed), (LEN as u64, 226, true));
    }
    let log = server.log();
    assert!(log.uploads.iter().all(|(bytes, ending)| *bytes == payload() && *ending == Ending::Clean));
    assert_eq!((log.uploads.len(), log.resumed), (3, vec![true; 3]));
}

#[tokio::test]
async fn an_upload_counts_only_with_a_2xx() {
    let (server, mut client) = open(takes("451 the disk is broken")).await;
    let error = client.upload("file", &mut payload().as_slice()).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 451 the disk is broken");
    assert!(server.upload() == (payload(), Ending::Clean));
    goes_on(client).await;

    let (_server, mut client) = open(takes(Act::Leave)).await;
    let error = client.upload("file", &mut payload().as_slice()).await.unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
}

#[tokio::test]
async fn a_226_in_the_middle_of_an_upload_confirms_nothing() {
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(1000), "226 ok".into()]);
    let (_server, mut client) = open(peer).await;
    let error = client.upload("file", &mut tokio::io::repeat(7)).await.unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, .. }), "{error}");
    assert_eq!(error.code().unwrap(), 226);
    goes_on(client).await;
}

#[tokio::test]
async fn a_refusal_ends_an_upload_in_full_flow() {
    // The server reads no more, so that the sockets are full.
    let peer =
        Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(1000), "552 quota".into()]);
    let (_server, mut client) = open(peer).await;
    let error = client.upload("file", &mut tokio::io::repeat(7)).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
    goes_on(client).await;
}

/// Where no deadline runs, since it is the caller who is waited for.
async fn not_hung<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it hangs")
}

/// A source that yields these bytes, and then waits for ever, or fails.
pub struct Stuck(pub &'static [u8], pub Option<ErrorKind>);

impl AsyncRead for Stuck {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match (std::mem::take(&mut self.0), self.1) {
            ([], None) => Poll::Pending,
            ([], Some(kind)) => Poll::Ready(Err(kind.into())),
            (bytes, _) => {
                space.put_slice(bytes);
                Poll::Ready(Ok(()))
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_ends_an_upload_whose_source_has_nothing_to_say() {
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, "552 quota".into()]);
    let (_server, mut client) = open(peer).await;
    let mut source = Stuck(b"", None);
    let error = not_hung(client.upload("file", &mut source)).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
    goes_on(client).await;
}

#[tokio::test]
async fn what_a_slow_source_has_yielded_is_sent() {
    // A server that hears nothing for long gives the transfer up.
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(4), "552 quota".into()]);
    let (_server, mut client) = open(peer).await;
    let mut source = Stuck(b"line", None);
    let error = not_hung(client.upload("file", &mut source)).await.unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
}

#[tokio::test]
async fn an_upload_whose_source_fails_is_reset() {
    let (server, mut client) = open(takes("226 stored")).await;
    let mut source = Stuck(b"half", Some(ErrorKind::PermissionDenied));
    let error = client.upload("file", &mut source).await.unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    assert_eq!(server.upload().1, Ending::Reset);
    goes_on(client).await;
}

#[tokio::test]
async fn an_upload_that_is_dropped_is_reset() {
    for flushed in [true, false] {
        let (server, mut client) = open(takes("226 stored")).await;
        let mut upload = client.writer("file").await.unwrap();
        upload.write_all(&payload()).await.unwrap();
        if flushed {
            upload.flush().await.unwrap();
        }
        drop(upload);
        assert_eq!(server.upload().1, Ending::Reset);
        goes_on(client).await;
    }
}

#[tokio::test]
async fn the_session_goes_on_where_an_upload_is_dropped_before_its_confirmation() {
    let acts = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish];
    let (server, mut client) = open(Peer::polite().on("STOR", acts)).await;
    let server = Arc::new(server);
    let mut upload = client.writer("file").await.unwrap();
    upload.write_all(b"whole").await.unwrap();
    let seen = tokio::task::spawn_blocking({
        let server = Arc::clone(&server);
        move || server.upload()
    });
    tokio::select! {
        done = upload.shutdown() => panic!("{done:?}"),
        seen = seen => assert_eq!(seen.unwrap(), (b"whole".to_vec(), Ending::Clean)),
    }
    drop(upload);
    goes_on(client).await;
    assert!(server.heard().contains(&"ABOR".to_owned()));
}

#[tokio::test]
async fn what_is_flushed_has_left() {
    let (server, mut client) = open(takes("226 stored")).await;
    let mut upload = client.writer("file").await.unwrap();
    for byte in 0..100 {
        upload.write_all(&[byte]).await.unwrap();
    }
    upload.flush().await.unwrap();
    // This blocks: the client can do no more.
    server.wait(|log| log.received == 100);
    upload.shutdown().await.unwrap();
    assert_eq!(upload.transferred().unwrap().bytes, 100);
    assert_eq!(server.upload(), ((0..100).collect(), Ending::Clean));
}

#[tokio::test]
async fn a_writer_without_anything_to_write_is_secured() {
    let (server, mut client) = open(takes("226 stored")).await;
    let mut upload = client.writer("file").await.unwrap();
    // This blocks: a server whose handshake is not ended gives up.
    server.wait(|log| log.resumed == [true]);
    upload.shutdown().await.unwrap();
}

#[tokio::test]
async fn an_upload_can_be_shut_down_twice() {
    let (server, mut client) = open(takes("226 stored")).await;
    let mut upload = client.writer("file").await.unwrap();
    upload.write_all(b"once").await.unwrap();
    upload.shutdown().await.unwrap();
    upload.shutdown().await.unwrap();
    drop(upload);
    goes_on(client).await;
    assert_eq!(server.log().uploads, [(b"once".to_vec(), Ending::Clean)]);
    assert!(!server.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
}
