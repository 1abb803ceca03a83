//! Settings, and what holds for every client.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use ftps_proto::drive::Builder;
use ftps_proto::{Channel, EarlyClose, Error, Layer, Pipelining, ServerKind, Waiting};

use super::peer::{Act, Peer};
use super::server::{self, Ending};
use super::{builder, open, refuses, tls};
use crate::for_each_adapter;
use crate::subject::{Part, Source, Subject, Writer, inside};

/// Long enough for what is not the subject.
const SHORT: Duration = Duration::from_millis(300);
const VSFTPD: [&str; 1] = ["220 (vsFTPd 3.0.3)"];
/// What shows inside TLS that it is one.
const VSFTPD_FEATURES: &str = "211-Features:\r\n REST STREAM\r\n TVFS\r\n UTF8\r\n211 End";

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
fn work(mut client: impl Subject) {
    let mut got = Vec::new();
    let mut download = client.download("file").unwrap();
    download.read_to_end(&mut got).unwrap();
    assert!(got == file());
    drop(download);
    assert_eq!(client.upload("file", &mut Source::bytes(file())).unwrap().bytes, 5_000_000);
    assert_eq!(client.list("").unwrap().len(), 1);
    assert_eq!(client.size("file").unwrap(), 5_000_000);
    assert_eq!(client.current_dir().unwrap(), b"/home");
    client.quit().unwrap();
}

fn everything_once<S: Subject>() {
    let (server, client) = open::<S>(files());
    work(client);
    assert!(server.upload() == (file(), Ending::Clean));
    assert_eq!(server.log().resumed, [true; 3]);
}
for_each_adapter!(everything_once);

fn a_server_that_says_everything_a_byte_at_a_time<S: Subject>() {
    let (_server, client) = open::<S>(files().drips());
    work(client);
}
for_each_adapter!(a_server_that_says_everything_a_byte_at_a_time);

fn an_implicit_server<S: Subject>() {
    let server = server::Server::start(Peer::implicit());
    let mut client = S::connect(&builder::<S>(&server).implicit()).unwrap();
    client.keep_alive().unwrap();
    let log = server.log();
    assert!(log.clear.is_empty());
    assert_eq!(log.heard[0], "USER user");
}
for_each_adapter!(an_implicit_server);

/// A server that answers nothing after the password before it has heard all of the login.
fn answers_a_burst() -> Peer {
    let answers = ["230 in", "200 PBSZ=0", "200 P", VSFTPD_FEATURES, "200 utf8", "200 binary"];
    ["PASS", "PBSZ", "PROT", "FEAT", "OPTS"]
        .into_iter()
        .fold(Peer::polite().greeting(VSFTPD), |peer, command| peer.instead::<Act>(command, []))
        .instead("TYPE", answers)
}

fn commands_go_in_a_burst_where_the_server_is_known_to_take_it<S: Subject>() {
    let (_server, client) = open::<S>(answers_a_burst());
    assert_eq!(client.server(), ServerKind::Vsftpd);
}
for_each_adapter!(commands_go_in_a_burst_where_the_server_is_known_to_take_it);

fn commands_go_one_by_one_where_that_was_asked_for<S: Subject>() {
    let server = server::Server::start(answers_a_burst());
    let one_by_one = builder::<S>(&server).pipelining(Pipelining::Off);
    let error = refuses::<S>(&one_by_one.reply_timeout(SHORT));
    assert_eq!(error.to_string(), "timed out waiting for the reply to PASS");
    assert_eq!(server.heard().last().unwrap(), "PASS secret");

    let server = server::Server::start(Peer::polite().greeting(VSFTPD));
    S::connect(&builder::<S>(&server).pipelining(Pipelining::Off)).unwrap();
}
for_each_adapter!(commands_go_one_by_one_where_that_was_asked_for);

fn early_close_notify<S: Subject>() {
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
        let mut builder = builder::<S>(&server).early_close(setting);
        if !early {
            builder = builder.idle_timeout(SHORT);
        }
        let mut client = S::connect(&builder).unwrap();
        let mut got = Vec::new();
        let read = client.download("file").unwrap().read_to_end(&mut got);
        if early {
            read.unwrap();
            assert!(got == file());
            assert_eq!(server.upload(), (vec![], Ending::Clean));
        } else {
            let error = inside(read.unwrap_err());
            assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
        }
        assert_eq!(client.current_dir().unwrap(), b"/home");
    }
}
for_each_adapter!(early_close_notify);

fn a_server_that_sends_no_more_times_out<S: Subject>() {
    let acts = ["150 here".into(), Act::Secure, Act::Send(b"half".to_vec())];
    let server = server::Server::start(Peer::polite().on("RETR", acts));
    let mut client = S::connect(&builder::<S>(&server).idle_timeout(SHORT)).unwrap();
    let mut got = Vec::new();
    let error = client.download("file").unwrap().read_to_end(&mut got).unwrap_err();
    assert_eq!((got.as_slice(), error.kind()), (&b"half"[..], ErrorKind::TimedOut));
    assert_eq!(error.to_string(), "timed out waiting for data to move on the data connection");
    assert_eq!(client.current_dir().unwrap(), b"/home");
}
for_each_adapter!(a_server_that_sends_no_more_times_out);

fn a_server_that_takes_no_more_times_out<S: Subject>() {
    let acts = ["150 send".into(), Act::Secure, Act::Take(4)];
    let server = server::Server::start(Peer::polite().on("STOR", acts));
    let mut client = S::connect(&builder::<S>(&server).idle_timeout(SHORT)).unwrap();
    let error = client.upload("file", &mut Source::repeat()).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Idle, .. }), "{error}");
    assert_eq!(client.current_dir().unwrap(), b"/home");
}
for_each_adapter!(a_server_that_takes_no_more_times_out);

fn a_server_that_does_not_greet_times_out<S: Subject>() {
    let server = server::Server::start(Peer::new::<Act>([]));
    let error = refuses::<S>(&builder::<S>(&server).reply_timeout(SHORT));
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Greeting, .. }), "{error}");
    assert!(error.to_string().contains("implicit TLS"), "{error}");
}
for_each_adapter!(a_server_that_does_not_greet_times_out);

fn nobody_listens<S: Subject>() {
    let server = server::Server::start(Peer::polite());
    let builder = builder::<S>(&server);
    drop(server);
    let error = refuses::<S>(&builder);
    let Error::Connection { channel: Channel::Control, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    assert_eq!(failure.layer, Layer::Transport);
}
for_each_adapter!(nobody_listens);

fn an_error_and_what_it_comes_of_say_nothing_twice<S: Subject>() {
    let [server, stranger] = [files(), files()].map(server::Server::start);
    let unverified = || {
        let builder = Builder::new("127.0.0.1").port(server.addr.port()).tls(tls(&stranger.ca_pem));
        refuses::<S>(&builder)
    };
    let mut client = S::connect(&builder::<S>(&server)).unwrap();
    let mut source = Source::new([Part::Fail(io::Error::other(unverified()))]);
    let unread = client.upload("x", &mut source).unwrap_err();
    let unverified = unverified();
    let builder = builder::<S>(&server);
    drop(server);
    // Each says what happened, and its source what it comes of: TLS and what rustls says of it, or the system.
    for (error, length) in [(unread, 4), (unverified, 3), (refuses::<S>(&builder), 2)] {
        let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let chain: Vec<_> = chain.map(ToString::to_string).collect();
        assert_eq!(chain.len(), length, "{chain:?}");
        assert!(chain.windows(2).all(|pair| !pair[0].contains(&pair[1])), "{chain:?}");
    }
}
for_each_adapter!(an_error_and_what_it_comes_of_say_nothing_twice);

fn a_login_that_cannot_be_sent_can_be_replaced<S: Subject>() {
    let server = server::Server::start(Peer::polite());
    let wrong = builder::<S>(&server).login("user\r\n", "secret").account("\0");
    assert!(matches!(S::connect(&wrong.clone()), Err(Error::Local(_))));
    assert!(matches!(S::connect(&wrong.clone().account("account")), Err(Error::Local(_))));
    assert!(matches!(S::connect(&wrong.clone().login("user", "secret")), Err(Error::Local(_))));
    assert!(server.heard().is_empty());
    S::connect(&wrong.login("user", "secret").account("account")).unwrap();
}
for_each_adapter!(a_login_that_cannot_be_sent_can_be_replaced);

fn a_host_that_is_not_one<S: Subject>() {
    let error = refuses::<S>(&Builder::new("no host"));
    assert_eq!(error.to_string(), "\"no host\" is neither a host name nor an IP address");
}
for_each_adapter!(a_host_that_is_not_one);

fn a_session_whose_server_has_left<S: Subject>() {
    let (_server, mut client) = open::<S>(Peer::polite().instead("NOOP", [Act::Leave]));
    assert!(client.is_usable());
    let error = client.keep_alive().unwrap_err();
    assert_eq!(error.to_string(), "the server closed the control connection");
    assert!(!client.is_usable());
    assert!(matches!(client.current_dir(), Err(Error::Local(_))));
}
for_each_adapter!(a_session_whose_server_has_left);

fn writes_of_one_byte<S: Subject>() {
    let (server, mut client) = open::<S>(files());
    let mut upload = client.writer("file").unwrap();
    for byte in &file()[..10_000] {
        upload.write_all(&[*byte]).unwrap();
    }
    upload.finish().unwrap();
    assert_eq!(upload.transferred().unwrap().bytes, 10_000);
    assert_eq!(server.upload(), (file()[..10_000].to_vec(), Ending::Clean));
}
for_each_adapter!(writes_of_one_byte);
