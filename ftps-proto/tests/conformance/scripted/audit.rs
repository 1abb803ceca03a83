//! The record of what was done.

use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ftps_proto::drive::Retry;
use ftps_proto::drive::audit::{Act as Did, Audit, Outcome, Record};

use ftps_proto::ops::Put;

use super::peer::{Act, Peer};
use super::server::Server;
use super::{builder, refuses};
use crate::for_each_adapter;
use crate::subject::{Part, Source, Subject};

/// SHA-256 of 123456789, and of nothing.
const SHA256: &str = "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225";
const NOTHING: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// What was recorded, in a line each.
#[derive(Default)]
struct Lines(Mutex<Vec<String>>);

impl Audit for Lines {
    fn record(&self, record: &Record<'_>) {
        let Record { act, outcome, path, to, bytes, sha256, reply, error, .. } = record;
        let mut line = format!("{} {}", act.as_str(), outcome.as_str());
        for (what, said) in [
            ("", path.map(ToString::to_string)),
            ("to ", to.map(ToString::to_string)),
            ("bytes ", bytes.map(|bytes| bytes.to_string())),
            ("", sha256.map(|hash| hash.to_string())),
            ("", reply.map(ToString::to_string)),
            ("error: ", error.map(|error| format!("{error:#}"))),
        ] {
            if let Some(said) = said {
                line.push_str(&format!(" | {what}{said}"));
            }
        }
        if let Some(certificate) = &record.certificate {
            // All records are of one session, whose TLS each tells.
            assert_eq!((record.user.to_string().as_str(), record.host), ("user", "127.0.0.1"));
            assert!(
                record.address.is_some() && record.tls_version.is_some() && record.cipher_suite.is_some()
            );
            assert_eq!(certificate.to_string().len(), 64);
            assert!(record.time.unwrap().to_utc().unwrap() > 1_700_000_000);
        }
        assert!(!line.contains("secret"), "{line}");
        self.0.lock().unwrap().push(line);
    }
}

impl Lines {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn sends(end: Act) -> [Act; 5] {
    ["150 here".into(), Act::Secure, Act::Send(b"123456789".to_vec()), end, "226 done".into()]
}

fn peer() -> Peer {
    Peer::polite()
        .on("RETR", sends(Act::Finish))
        .on("RETR cut", sends(Act::Cut))
        .on("RETR none", ["550 none"])
        .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()])
        .on("STOR full", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "552 full".into()])
        .on("DELE", ["250 gone"])
        .on("DELE none", ["550 none"])
        .on("RMD", ["250 gone"])
        .on("RNFR", ["350 to?"])
        .on("RNTO", ["250 renamed"])
        .on("MKD", ["257 \"d\""])
}

fn open<S: Subject>(peer: Peer) -> (Server, S, Arc<Lines>) {
    let (server, lines) = (Server::start(peer), Arc::new(Lines::default()));
    let client = S::connect(&builder::<S>(&server).audit(lines.clone())).unwrap();
    assert_eq!(lines.take(), ["login done | 230 in"]);
    (server, client, lines)
}

fn what_was_done_is_recorded<S: Subject>() {
    let (_server, mut client, lines) = open::<S>(peer());
    client.download_to("a b").unwrap();
    client.upload("c", &mut Source::bytes(b"123456789")).unwrap();
    client.upload("empty", &mut Source::empty()).unwrap();
    client.rename("c", "d e").unwrap();
    client.remove_file("d e").unwrap();
    client.remove_file("none").unwrap_err();
    client.remove_dir("d").unwrap();
    client.command("DELE typed").unwrap();
    // No name is lost by these.
    client.create_dir("d").unwrap();
    client.current_dir().unwrap();
    let all = format!("bytes 9 | {SHA256}");
    assert_eq!(
        lines.take(),
        [
            format!("download done | a b | {all} | 226 done"),
            format!("upload done | c | {all} | 226 stored"),
            format!("upload done | empty | bytes 0 | {NOTHING} | 226 stored"),
            "rename done | c | to d e | 250 renamed".into(),
            "delete done | d e | 250 gone".into(),
            "delete failed | none | 550 none".into(),
            "delete done | d | 250 gone".into(),
            "delete done | typed | 250 gone".into(),
        ]
    );
    client.quit().unwrap();
    assert_eq!(lines.take(), [""; 0]);
}
for_each_adapter!(what_was_done_is_recorded);

fn what_failed_is_recorded_as_failed<S: Subject>() {
    let (_server, mut client, lines) = open::<S>(peer());
    client.download_to("cut").unwrap_err();
    client.download_to("none").unwrap_err();
    client.upload("full", &mut Source::bytes(b"123456789")).unwrap_err();
    let all = format!("bytes 9 | {SHA256}");
    let told = lines.take();
    assert!(told[0].starts_with(&format!("download failed | cut | {all} | 226 done | error: ")), "{told:?}");
    let none = format!("bytes 0 | {NOTHING} | 550 none | error: the server refused RETR: 550 none");
    assert_eq!(told[1], format!("download failed | none | {none}"));
    assert_eq!(
        told[2],
        format!("upload failed | full | {all} | 552 full | error: the server refused STOR: 552 full")
    );
    assert_eq!(told.len(), 3);

    // Given up on this side: by the source, by a drop before the end.
    let failing = [Part::Bytes(b"123456789".to_vec()), Part::Fail(std::io::Error::other("no more"))];
    client.upload("source", &mut Source::new(failing)).unwrap_err();
    let mut upload = client.writer("dropped").unwrap();
    upload.write_all(b"123456789").unwrap();
    drop(upload);
    let mut download = client.download("dropped").unwrap();
    let mut byte = [0];
    assert_eq!(download.read(&mut byte).unwrap(), 1);
    drop(download);
    let told = lines.take();
    assert!(told[0].starts_with(&format!("upload failed | source | {all}")), "{told:?}");
    assert_eq!(told[1], format!("upload failed | dropped | {all}"));
    assert!(told[2].starts_with("download failed | dropped | bytes 1 | "), "{told:?}");
    assert_eq!(told.len(), 3);
    assert_eq!(client.current_dir().unwrap(), b"/home");
}
for_each_adapter!(what_failed_is_recorded_as_failed);

fn a_login_that_failed_is_recorded<S: Subject>() {
    let lines = Arc::new(Lines::default());
    let server = Server::start(peer().instead("PASS", ["530 not with secret"]));
    refuses::<S>(&builder::<S>(&server).audit(lines.clone()));
    assert_eq!(
        lines.take(),
        ["login failed | 530 not with *** | error: the server refused PASS: 530 not with ***"]
    );
    let builder = builder::<S>(&server).audit(lines.clone());
    drop(server);
    refuses::<S>(&builder);
    let told = lines.take();
    assert!(told.len() == 1 && told[0].starts_with("login failed | error: "), "{told:?}");
}
for_each_adapter!(a_login_that_failed_is_recorded);

fn what_the_server_never_answered_is_unknown<S: Subject>() {
    let (_server, mut client, lines) = open::<S>(peer().instead("DELE", [Act::Leave]));
    client.remove_file("a").unwrap_err();
    assert_eq!(lines.take(), ["delete unknown | a"]);
    drop(client);
    assert_eq!(lines.take(), [""; 0]);
}
for_each_adapter!(what_the_server_never_answered_is_unknown);

#[test]
fn words_for_programs() {
    let acts = [Did::Login, Did::Download, Did::Upload, Did::Rename, Did::Delete].map(Did::as_str);
    assert_eq!(acts, ["login", "download", "upload", "rename", "delete"]);
    assert_eq!(
        [Outcome::Done, Outcome::Failed, Outcome::Unknown].map(Outcome::as_str),
        ["done", "failed", "unknown"]
    );
}

/// A file that was cut is one, however often, and its hash is that of all of it.
fn a_transfer_that_goes_on_is_one<S: Subject>() {
    let part = ["150 here".into(), Act::Secure, Act::Send(b"1234".to_vec()), Act::Cut, "426 cut".into()];
    let peer = peer().on("RETR a", part).on("RETR a", sends(Act::Finish));
    let (server, lines) = (Server::start(peer), Arc::new(Lines::default()));
    let pause = Duration::from_millis(1);
    let settings = builder::<S>(&server).audit(lines.clone()).retry(Retry::new().pauses(pause, pause));
    let mut client = S::connect(&settings).unwrap();
    assert_eq!(client.download_to("a").unwrap().0, b"123456789");
    client.remove_file("a").unwrap();
    let login = "login done | 230 in";
    let done = format!("download done | a | bytes 9 | {SHA256} | 226 done");
    assert_eq!(lines.take(), [login, &done, "delete done | a | 250 gone"]);
}
for_each_adapter!(a_transfer_that_goes_on_is_one);

fn an_upload_is_recorded_under_the_name_that_it_gets<S: Subject>() {
    let stores = |begun: &str| [begun.into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
    let peer = peer().on("STOU", stores("150 FILE: chosen.1")).on("SIZE", ["213 9"]);
    let (_server, mut client, lines) = open::<S>(peer);
    client.upload(Put::unique(), &mut Source::bytes(b"123456789")).unwrap();
    client.upload(Put::new("a").atomic(), &mut Source::bytes(b"123456789")).unwrap();
    let told = lines.take();
    let all = format!("bytes 9 | {SHA256} | 226 stored");
    assert_eq!(told[0], format!("upload done | chosen.1 | {all}"));
    // What it was called before is told by the renaming.
    assert!(told[1].starts_with("rename done | ") && told[1].ends_with(" | to a | 250 renamed"), "{told:?}");
    assert_eq!(told[2], format!("upload done | a | {all}"));
    assert_eq!(told.len(), 3);
}
for_each_adapter!(an_upload_is_recorded_under_the_name_that_it_gets);

fn somebody_else_is_recorded_as_such<S: Subject>() {
    let peer = peer().on("REIN", ["220 again".into(), Act::EndTls]);
    let (server, users) = (Server::start(peer), Arc::new(Users::default()));
    let mut client = S::connect(&builder::<S>(&server).audit(users.clone())).unwrap();
    client.reinitialize("second", "hunter2").unwrap();
    client.remove_file("a").unwrap();
    let told = std::mem::take(&mut *users.0.lock().unwrap());
    assert_eq!(told, ["login user", "login second", "delete second"]);
}
for_each_adapter!(somebody_else_is_recorded_as_such);

/// Who did what.
#[derive(Default)]
struct Users(Mutex<Vec<String>>);

impl Audit for Users {
    fn record(&self, record: &Record<'_>) {
        self.0.lock().unwrap().push(format!("{} {}", record.act.as_str(), record.user));
    }
}
