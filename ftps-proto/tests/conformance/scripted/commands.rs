//! Commands that no server here has, or answers so.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use ftps_proto::codec::command::{NewFacts, UtcTime};
use ftps_proto::codec::{Algorithm, Timestamp};
use ftps_proto::{Error, Quirk, Waiting};

use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, open, refuses};
use crate::for_each_adapter;
use crate::subject::{Reader as _, Source, Subject, Writer as _};

fn time() -> UtcTime {
    UtcTime::new(Timestamp::parse(b"20200102030405").unwrap()).unwrap()
}

/// What the server has heard since the login.
fn said(server: &Server) -> Vec<String> {
    server.heard().into_iter().skip_while(|line| line != "TYPE I").skip(1).collect()
}

fn commands_that_no_server_here_has<S: Subject>() {
    let peer = Peer::polite()
        .on("ACCT", ["230 in"])
        .on("AVBL", ["213 1234567890123"])
        .on("LANG", ["200 as you like"])
        .on("MFCT", ["213 Create=20200102030405; a b"])
        .on("MFF", ["213 done"])
        .on("RMDA", ["250 gone"])
        .on("SITE SYMLINK", ["200 done"])
        .on("XCRC", ["250 CBF53A1C"]);
    let (server, mut client) = open::<S>(peer);
    client.account("0815").unwrap();
    assert_eq!(client.available("").unwrap(), 1_234_567_890_123);
    client.set_language("en").unwrap();
    client.set_language("").unwrap();
    client.set_created("a b", time()).unwrap();
    client.set_facts("a b", NewFacts::new("create", "20200102030405").unwrap()).unwrap();
    client.remove_dir_all("a b").unwrap();
    client.symlink("a", "b").unwrap();
    assert!(matches!(client.symlink("a b", "c"), Err(Error::Local(_))));
    assert_eq!(client.hash_range("a", Algorithm::Crc32, 0..5).unwrap().to_string(), "cbf53a1c");
    assert_eq!(
        said(&server),
        [
            "ACCT 0815",
            "AVBL",
            "LANG en",
            "LANG",
            "MFCT 20200102030405 a b",
            "MFF create=20200102030405; a b",
            "RMDA a b",
            "SITE SYMLINK a b",
            "XCRC \"a\" 0 5"
        ]
    );
}
for_each_adapter!(commands_that_no_server_here_has);

fn settings_that_change_the_login<S: Subject>() {
    let features = ["211-Features", " CLNT", " UTF8", "211 End"];
    let peer =
        || Peer::polite().on("HOST", ["220 welcome"]).on("CLNT", ["200 hello"]).instead("FEAT", features);
    let server = Server::start(peer());
    let settings = builder::<S>(&server).virtual_host("ftp.example.com").client_name("tests/1");
    S::connect(&settings).unwrap();
    let heard = server.heard();
    assert_eq!(heard[1..3], ["HOST ftp.example.com", "USER user"]);
    assert!(heard.contains(&"CLNT tests/1".into()));

    let server = Server::start(peer().instead("HOST", ["504 unknown"]));
    let error = refuses::<S>(&builder::<S>(&server).virtual_host("elsewhere.example"));
    assert_eq!(error.to_string(), "the server refused HOST: 504 unknown");
    assert!(server.heard().iter().all(|line| !line.starts_with("PASS")));
    for wrong in [builder::<S>(&server).virtual_host("a\r\nb"), builder::<S>(&server).client_name("")] {
        assert!(matches!(S::connect(&wrong), Err(Error::Local(_))));
    }
}
for_each_adapter!(settings_that_change_the_login);

fn a_quirk_is_forced<S: Subject>() {
    let sends = ["150 here".into(), Act::Secure, Act::Send(b"abc".to_vec()), Act::Finish, "226 done".into()];
    let peer = || {
        Peer::polite()
            .on("RETR", sends.clone())
            .on("PRET", ["200 ok"])
            .instead("FEAT", ["211-F", " PRET", "211 E"])
    };
    for (on, told) in [(true, 1), (false, 0)] {
        let server = Server::start(peer());
        let mut client = S::connect(&builder::<S>(&server).quirk(Quirk::WantsPret, on)).unwrap();
        client.download_to("a").unwrap();
        let pret = server.heard().iter().filter(|line| *line == "PRET RETR a").count();
        assert_eq!(pret, told);
    }
}
for_each_adapter!(a_quirk_is_forced);

/// By every way to move a file: what has passed is hashed, all of it and nothing twice.
fn files_are_hashed_as_they_pass<S: Subject>() {
    // SHA-256 and CRC-32 of 123456789.
    let (file, sha256, crc32) =
        (b"123456789", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225", "cbf43926");
    let sends = ["150 here".into(), Act::Secure, Act::Send(file.to_vec()), Act::Finish, "226 done".into()];
    let takes = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
    let (_server, mut client) = open::<S>(Peer::polite().on("RETR", sends).on("STOR", takes));
    assert!(client.download_to("a").unwrap().1.hashes.is_empty(), "it was not asked for");
    client.hash_transfers(&[Algorithm::Sha256, Algorithm::Crc32, Algorithm::Sha256]);
    let mut all =
        vec![client.download_to("a").unwrap().1, client.upload("a", &mut Source::hesitant(file)).unwrap()];
    let mut download = client.download("a").unwrap();
    let mut byte = [0];
    while download.read(&mut byte).unwrap() > 0 {}
    all.push(download.transferred().unwrap());
    drop(download);
    let mut upload = client.writer("a").unwrap();
    for byte in file {
        upload.write_all(&[*byte]).unwrap();
    }
    all.push(upload.finish().unwrap());
    drop(upload);
    for done in all {
        assert_eq!(done.hashes.len(), 2);
        assert_eq!(done.hash(Algorithm::Sha256).unwrap().to_string(), sha256);
        assert_eq!(done.hash(Algorithm::Crc32).unwrap().to_string(), crc32);
        assert_eq!(done.hash(Algorithm::Md5), None);
    }
    client.hash_transfers(&[]);
    assert!(client.download_to("a").unwrap().1.hashes.is_empty());
}
for_each_adapter!(files_are_hashed_as_they_pass);

fn somebody_else_logs_in<S: Subject>() {
    let sends = ["150 here".into(), Act::Secure, Act::Send(b"abc".to_vec()), Act::Finish, "226 done".into()];
    let peer =
        Peer::polite().on("REIN", ["120 wait".into(), Act::from("220 again"), Act::EndTls]).on("RETR", sends);
    let (server, mut client) = open::<S>(peer.clone());
    client.download_to("a").unwrap();
    for name in ["second", "third"] {
        client.reinitialize(name, "hunter2").unwrap();
        assert_eq!(client.download_to("a").unwrap().0, b"abc");
    }
    client.quit().unwrap();
    let heard = server.heard();
    let logins: Vec<_> =
        heard.iter().filter(|line| line.starts_with("USER") || line.starts_with("PASS")).collect();
    let expected = ["USER user", "PASS secret", "USER second", "PASS hunter2", "USER third", "PASS hunter2"];
    assert_eq!(logins, expected);
    assert_eq!(heard.iter().filter(|line| *line == "AUTH TLS").count(), 3, "no name leaves in clear");
    assert_eq!(server.wait(|log| log.left == 1).left, 1, "over one connection");

    // A server that never ends TLS.
    let server = Server::start(peer.clone().instead("REIN", ["220 again".into(), Act::Hold]));
    let mut client = S::connect(&builder::<S>(&server).reply_timeout(Duration::from_millis(300))).unwrap();
    let error = client.reinitialize("second", "hunter2").unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Handshake(_), .. }), "{error}");
    assert!(!client.is_usable());

    let (_server, mut client) = open::<S>(peer.clone().instead("REIN", ["502 not here"]));
    let error = client.reinitialize("second", "hunter2").unwrap_err();
    assert_eq!(error.to_string(), "the server refused REIN: 502 not here");
    assert_eq!(client.current_dir().unwrap(), b"/home");

    let (_server, mut client) = open::<S>(peer.on("PASS hunter2", ["530 no hunter2"]));
    let error = client.reinitialize("second", "hunter2").unwrap_err();
    assert_eq!(error.to_string(), "the server refused PASS: 530 no ***");
    assert!(!client.is_usable());
}
for_each_adapter!(somebody_else_logs_in);
