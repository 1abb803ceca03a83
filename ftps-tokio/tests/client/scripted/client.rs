//! Settings, and what holds for every client.

use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use ftps_tokio::{
    Builder, Channel, Client, Download, EarlyClose, Entries, Error, Layer, Pipelining, ServerKind, Upload,
    Waiting,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

use super::peer::{Act, Peer};
use super::server::{self, Ending};
use super::{builder, open, ours, tls};

/// Long enough for what is not the subject.
const SHORT: Duration = Duration::from_millis(300);
const VSFTPD: [&str; 1] = ["220 (vsFTPd 3.0.3)"];
/// What shows inside TLS that it is one.
const VSFTPD_FEATURES: &str = "211-Features:\r\n REST STREAM\r\n TVFS\r\n UTF8\r\n211 End";

#[test]
fn everything_can_be_sent_to_another_thread() {
    fn send_sync<T: Send + Sync>() {}
    send_sync::<Client>();
    send_sync::<Builder>();
    send_sync::<Download<&mut Client>>();
    send_sync::<Upload<&mut Client>>();
    send_sync::<Entries<&mut Client>>();
    send_sync::<Error>();
}

#[expect(dead_code, reason = "that it compiles is the test")]
async fn every_future_can_be_sent_to_another_thread(builder: Builder, mut client: Client) {
    fn send<T: Send>(future: T) -> T {
        future
    }
    let _ = send(builder.connect()).await;
    let _ = send(client.upload("x", &mut tokio::io::empty())).await;
    let _ = send(client.writer("x")).await;
    let _ = send(client.download("x")).await;
    let _ = send(client.list("x")).await;
    let _ = send(client.entries("x").unwrap().next()).await;
    let _ = send(client.size("x")).await;
    let _ = send(client.current_dir()).await;
    let _ = send(client.set_current_dir("x")).await;
    let _ = send(client.create_dir("x")).await;
    let _ = send(client.remove_file("x")).await;
    let _ = send(client.remove_dir("x")).await;
    let _ = send(client.rename("x", "y")).await;
    let _ = send(client.keep_alive()).await;
    let _ = send(client.quit()).await;
}

fn file() -> Vec<u8> {
    (0..=250).cycle().take(5_000_000).collect()
}

fn files() -> Peer {
    Peer::polite()
        .on("RETR", ["150 here".into(), Act::Secure, Act::Send(file()), Act::Finish, "226 done".into()])
        .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()])
        .on(
            "MLSD",
            ["150 a".into(), Act::Secure, Act::Send(b"type=file; a".to_vec()), Act::Finish, "226 b".into()],
        )
        .on("SIZE", ["213 5000000"])
}

/// Everything once.
async fn work(mut client: Client) {
    let mut got = Vec::new();
    let mut download = client.download("file").await.unwrap();
    // Read where it lies.
    tokio::io::copy_buf(&mut download, &mut got).await.unwrap();
    assert!(got == file());
    drop(download);
    assert_eq!(client.upload("file", &mut file().as_slice()).await.unwrap().bytes, 5_000_000);
    assert_eq!(client.list("").await.unwrap().len(), 1);
    assert_eq!(client.size("file").await.unwrap(), 5_000_000);
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
    client.quit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_on_another_thread() {
    let (server, client) = open(files()).await;
    tokio::spawn(work(client)).await.unwrap();
    assert!(server.upload() == (file(), Ending::Clean));
    assert_eq!(server.log().resumed, [true; 3]);
}

#[tokio::test]
async fn a_server_that_says_everything_a_byte_at_a_time() {
    let (_server, client) = open(files().drips()).await;
    work(client).await;
}

#[tokio::test]
async fn an_implicit_server() {
    let server = server::Server::start(Peer::implicit());
    let mut client = builder(&server).implicit().connect().await.unwrap();
    client.keep_alive().await.unwrap();
    let log = server.log();
    assert!(log.clear.is_empty());
    assert_eq!(log.heard[0], "USER user");
}

/// A server that answers nothing behind the password before it has heard all of the login.
fn answers_a_burst() -> Peer {
    let answers = ["230 in", "200 PBSZ=0", "200 P", VSFTPD_FEATURES, "200 utf8", "200 binary"];
    ["PASS", "PBSZ", "PROT", "FEAT", "OPTS"]
        .into_iter()
        .fold(Peer::polite().greeting(VSFTPD), |peer, command| peer.instead::<Act>(command, []))
        .instead("TYPE", answers)
}

#[tokio::test]
async fn commands_go_in_a_burst_where_the_server_is_known_to_take_it() {
    let (_server, client) = open(answers_a_burst()).await;
    assert_eq!(client.server(), ServerKind::Vsftpd);
}

#[tokio::test]
async fn commands_go_one_by_one_where_that_was_asked_for() {
    let server = server::Server::start(answers_a_burst());
    let one_by_one = builder(&server).pipelining(Pipelining::Off);
    let error = one_by_one.reply_timeout(SHORT).connect().await.unwrap_err();
    assert_eq!(error.to_string(), "timed out waiting for the reply to PASS");
    assert_eq!(server.heard().last().unwrap(), "PASS secret");

    let server = server::Server::start(Peer::polite().greeting(VSFTPD));
    builder(&server).pipelining(Pipelining::Off).connect().await.unwrap();
}

#[tokio::test]
async fn early_close_notify() {
    // The server sends nothing before it has the client's close_notify.
    let acts = |said: &str| {
        let acts =
            [said.into(), Act::Secure, Act::Receive, Act::Send(file()), Act::Finish, "226 done".into()];
        Peer::polite().on("RETR", acts)
    };
    let vsftpd = acts("150 here").greeting(VSFTPD).instead("FEAT", [VSFTPD_FEATURES]);
    for (peer, setting, early) in [
        (acts("150 here"), EarlyClose::On, true),
        (vsftpd.clone(), EarlyClose::Known, true),
        (vsftpd, EarlyClose::Off, false),
        (acts("150 here"), EarlyClose::Known, false),
    ] {
        let server = server::Server::start(peer);
        let mut builder = builder(&server).early_close(setting);
        if !early {
            builder = builder.idle_timeout(SHORT);
        }
        let mut client = builder.connect().await.unwrap();
        let mut got = Vec::new();
        let read = client.download("file").await.unwrap().read_to_end(&mut got).await;
        if early {
            read.unwrap();
            assert!(got == file());
            assert_eq!(server.upload(), (vec![], Ending::Clean));
        } else {
            let error = ours(read.unwrap_err());
            assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
        }
        assert_eq!(client.current_dir().await.unwrap(), b"/home");
    }
}

#[tokio::test]
async fn a_server_that_sends_no_more_times_out() {
    let acts = ["150 here".into(), Act::Secure, Act::Send(b"half".to_vec())];
    let server = server::Server::start(Peer::polite().on("RETR", acts));
    let mut client = builder(&server).idle_timeout(SHORT).connect().await.unwrap();
    let mut got = Vec::new();
    let error = client.download("file").await.unwrap().read_to_end(&mut got).await.unwrap_err();
    assert_eq!((got.as_slice(), error.kind()), (&b"half"[..], ErrorKind::TimedOut));
    assert_eq!(error.to_string(), "timed out waiting for data to move on the data connection");
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
}

#[tokio::test]
async fn a_server_that_takes_no_more_times_out() {
    let acts = ["150 send".into(), Act::Secure, Act::Take(4)];
    let server = server::Server::start(Peer::polite().on("STOR", acts));
    let mut client = builder(&server).idle_timeout(SHORT).connect().await.unwrap();
    let error = client.upload("file", &mut tokio::io::repeat(7)).await.unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
    assert_eq!(client.current_dir().await.unwrap(), b"/home");
}

#[tokio::test]
async fn a_server_that_does_not_greet_times_out() {
    let server = server::Server::start(Peer::new::<Act>([]));
    let error = builder(&server).reply_timeout(SHORT).connect().await.unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }), "{error}");
    assert!(error.to_string().contains("implicit TLS"), "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let server = server::Server::start(Peer::polite());
    let builder = builder(&server);
    drop(server);
    let error = builder.connect().await.unwrap_err();
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    assert_eq!(failure.layer, Layer::Transport);
}

/// A source that fails with this.
struct Failing(Option<io::Error>);

impl AsyncRead for Failing {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.take().map_or(Ok(()), Err))
    }
}

#[tokio::test]
async fn an_error_and_what_it_comes_of_say_nothing_twice() {
    let [server, stranger] = [files(), files()].map(server::Server::start);
    let unverified = async || {
        let builder = Client::builder("127.0.0.1").port(server.addr.port()).tls(tls(&stranger.ca_pem));
        builder.connect().await.unwrap_err()
    };
    let mut client = builder(&server).connect().await.unwrap();
    let mut source = Failing(Some(io::Error::other(unverified().await)));
    let unread = client.upload("x", &mut source).await.unwrap_err();
    let unverified = unverified().await;
    let builder = builder(&server);
    drop(server);
    // Each says what happened, and its source what it comes of: TLS and what rustls says of it, or the system.
    for (error, length) in [(unread, 4), (unverified, 3), (builder.connect().await.unwrap_err(), 2)] {
        let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let chain: Vec<_> = chain.map(ToString::to_string).collect();
        assert_eq!(chain.len(), length, "{chain:?}");
        assert!(chain.windows(2).all(|pair| !pair[0].contains(&pair[1])), "{chain:?}");
    }
}

#[tokio::test]
async fn a_login_that_cannot_be_sent_can_be_replaced() {
    let server = server::Server::start(Peer::polite());
    let wrong = builder(&server).login("user\r\n", "secret").account("\0");
    assert!(matches!(wrong.clone().connect().await, Err(Error::Local(_))));
    assert!(matches!(wrong.clone().account("account").connect().await, Err(Error::Local(_))));
    assert!(matches!(wrong.clone().login("user", "secret").connect().await, Err(Error::Local(_))));
    assert!(server.heard().is_empty());
    wrong.login("user", "secret").account("account").connect().await.unwrap();
}

#[tokio::test]
async fn a_host_that_is_none() {
    let error = Client::builder("no host").connect().await.unwrap_err();
    assert_eq!(error.to_string(), "\"no host\" is neither a host name nor an IP address");
}

#[tokio::test]
async fn a_session_whose_server_has_left() {
    let (_server, mut client) = open(Peer::polite().instead("NOOP", [Act::Leave])).await;
    assert!(client.is_usable());
    let error = client.keep_alive().await.unwrap_err();
    assert_eq!(error.to_string(), "the server closed the control connection");
    assert!(!client.is_usable());
    assert!(matches!(client.current_dir().await, Err(Error::Local(_))));
}

#[tokio::test]
async fn writes_of_one_byte() {
    let (server, mut client) = open(files()).await;
    let mut upload = client.writer("file").await.unwrap();
    for byte in &file()[..10_000] {
        upload.write_all(&[*byte]).await.unwrap();
    }
    upload.shutdown().await.unwrap();
    assert_eq!(upload.transferred().unwrap().bytes, 10_000);
    assert_eq!(server.upload(), (file()[..10_000].to_vec(), Ending::Clean));
}
