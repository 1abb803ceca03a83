//! Downloads and uploads, and how they end.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use ftps_proto::ops::{Put, Transferred};
use ftps_proto::{Channel, Error, Layer, Waiting};

use super::peer::{Act, Peer};
use super::server::{Ending, Server};
use super::{builder, open};
use crate::subject::{Owner, Part, Reader, Source, Subject, Writer, inside};
use crate::{for_each_adapter, for_each_future};

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
fn download(client: &mut impl Subject) -> (Vec<u8>, io::Result<Transferred>) {
    let mut got = Vec::new();
    let mut download = match client.download("file") {
        Ok(download) => download,
        Err(error) => return (got, Err(error.into())),
    };
    let read = download.read_to_end(&mut got);
    let done = read.map(|_| download.transferred().unwrap());
    (got, done)
}

/// The error that a reader or writer reported, with its kind.
fn kind(error: io::Error) -> (ErrorKind, Error) {
    (error.kind(), inside(error))
}

/// The session has gone on.
fn goes_on(mut client: impl Subject) {
    assert_eq!(client.current_dir().unwrap(), b"/home");
}

fn a_download_is_complete_with_close_notify_and_226<S: Subject>() {
    let (server, mut client) = open::<S>(serves(Act::Finish, &["226 done"]));
    for _ in 0..3 {
        let (got, done) = download(&mut client);
        let done = done.unwrap();
        assert!(got == payload());
        assert_eq!((done.bytes, done.reply.code().get(), done.resumed), (LEN as u64, 226, true));
    }
    assert_eq!(server.log().resumed, [true; 3]);
}
for_each_adapter!(a_download_is_complete_with_close_notify_and_226);

fn a_226_that_comes_first_is_not_the_end<S: Subject>() {
    let peer = |end| {
        let acts = ["150 here".into(), Act::Secure, "226 done".into(), Act::Send(payload()), end];
        Peer::polite().on("RETR", acts)
    };
    let (_server, mut client) = open::<S>(peer(Act::Finish));
    let (got, done) = download(&mut client);
    assert_eq!(done.unwrap().bytes, LEN as u64);
    assert!(got == payload());

    let (_server, mut client) = open::<S>(peer(Act::Cut));
    let (kind, error) = kind(download(&mut client).1.unwrap_err());
    assert_eq!(kind, ErrorKind::UnexpectedEof);
    assert!(matches!(error, Error::Truncated { bytes, .. } if bytes == LEN as u64), "{error}");
}
for_each_adapter!(a_226_that_comes_first_is_not_the_end);

fn close_notify_without_226_is_not_the_end<S: Subject>() {
    let (_server, mut client) = open::<S>(serves(Act::Finish, &["426 the disk is broken"]));
    let (_, error) = kind(download(&mut client).1.unwrap_err());
    assert_eq!(error.to_string(), "the server refused RETR: 426 the disk is broken");
    goes_on(client);

    let peer = ["150 here".into(), Act::Secure, Act::Send(payload()), Act::Finish, Act::Leave];
    let (_server, mut client) = open::<S>(Peer::polite().on("RETR", peer));
    let (kind, error) = kind(download(&mut client).1.unwrap_err());
    assert_eq!(kind, ErrorKind::ConnectionAborted);
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
    assert!(!client.is_usable());
}
for_each_adapter!(close_notify_without_226_is_not_the_end);

fn a_server_that_leaves_once_it_has_said_226<S: Subject>() {
    let peer = |end| {
        let acts = ["150 here".into(), Act::Secure, "226 done".into(), Act::Leave, Act::Send(payload()), end];
        Peer::polite().on("RETR", acts)
    };
    let (_server, mut client) = open::<S>(peer(Act::Finish));
    let (got, done) = download(&mut client);
    assert_eq!(done.unwrap().bytes, LEN as u64);
    assert!(got == payload());
    assert!(!client.is_usable());
    assert_eq!(client.current_dir().unwrap_err().to_string(), "the server has closed the session");

    let (_server, mut client) = open::<S>(peer(Act::Cut));
    assert_eq!(download(&mut client).1.unwrap_err().kind(), ErrorKind::UnexpectedEof);
}
for_each_adapter!(a_server_that_leaves_once_it_has_said_226);

fn a_download_that_is_cut_is_an_error_whatever_is_said<S: Subject>() {
    let (_server, mut client) = open::<S>(serves(Act::Cut, &["226 done"]));
    let (got, done) = download(&mut client);
    assert!(got == payload(), "what came is handed out");
    let (kind, error) = kind(done.unwrap_err());
    assert_eq!(kind, ErrorKind::UnexpectedEof);
    assert_eq!(error.code().unwrap(), 226);
    assert!(matches!(error, Error::Truncated { bytes, .. } if bytes == LEN as u64), "{error}");
    goes_on(client);
}
for_each_adapter!(a_download_that_is_cut_is_an_error_whatever_is_said);

fn a_download_that_is_reset_is_an_error_whatever_is_said<S: Subject>() {
    let (_server, mut client) = open::<S>(serves(Act::Reset, &["226 done"]));
    let (kind, error) = kind(download(&mut client).1.unwrap_err());
    assert_eq!(kind, ErrorKind::ConnectionReset);
    assert_eq!(error.code().unwrap(), 226);
    let Error::Connection { channel: Channel::Data, failure: Some(failure), .. } = error else {
        panic!("{error}")
    };
    assert_eq!(failure.layer, Layer::Transport);
    goes_on(client);
}
for_each_adapter!(a_download_that_is_reset_is_an_error_whatever_is_said);

fn an_empty_file<S: Subject>() {
    let (server, mut client) = open::<S>(
        takes("226 stored").on("RETR", ["150 here".into(), Act::Secure, Act::Finish, "226 done".into()]),
    );
    let (got, done) = download(&mut client);
    assert_eq!((got.len(), done.unwrap().bytes), (0, 0));
    assert_eq!(client.upload("file", &mut Source::empty()).unwrap().bytes, 0);
    assert_eq!(server.upload(), (vec![], Ending::Clean));
}
for_each_adapter!(an_empty_file);

fn a_refusal_ends_a_transfer_whose_data_connection_is_never_secured<S: Subject>() {
    for (command, reply, code) in [("RETR", "550 No such file", 550), ("STOR", "553 Not allowed", 553)] {
        for accept in [vec![Act::Accept], vec![]] {
            // The ClientHello is out, and nothing will ever answer it.
            let acts = accept.into_iter().chain([Act::from(reply)]);
            let (server, mut client) = open::<S>(Peer::polite().on(command, acts));
            let error = match command {
                "RETR" => client.download("file").map(|_| ()).unwrap_err(),
                _ => client.upload("file", &mut Source::repeat()).unwrap_err(),
            };
            assert!(matches!(error, Error::Refused(_)), "{command}: {error}");
            assert_eq!(error.code().unwrap(), code);
            goes_on(client);
            assert!(!server.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
        }
    }
}
for_each_adapter!(a_refusal_ends_a_transfer_whose_data_connection_is_never_secured);

fn a_data_connection_that_is_never_secured_times_out<S: Subject>() {
    let server = Server::start(Peer::polite().on("RETR", [Act::Accept, "150 here".into()]));
    let builder = builder::<S>(&server).reply_timeout(Duration::from_millis(300));
    let mut client = S::connect(&builder).unwrap();
    let error = client.download("file").map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Timeout { waiting: Waiting::Handshake(Channel::Data), .. }), "{error}");
    goes_on(client);
}
for_each_adapter!(a_data_connection_that_is_never_secured_times_out);

fn uploads_are_complete_with_close_notify_and_226<S: Subject>() {
    let (server, mut client) = open::<S>(takes("226 stored"));
    for _ in 0..3 {
        let done = client.upload("file", &mut Source::bytes(payload())).unwrap();
        assert_eq!((done.bytes, done.reply.code().get(), done.resumed), (LEN as u64, 226, true));
    }
    let log = server.log();
    assert!(log.uploads.iter().all(|(bytes, ending)| *bytes == payload() && *ending == Ending::Clean));
    assert_eq!((log.uploads.len(), log.resumed), (3, vec![true; 3]));
}
for_each_adapter!(uploads_are_complete_with_close_notify_and_226);

fn an_upload_counts_only_with_a_2xx<S: Subject>() {
    let (server, mut client) = open::<S>(takes("451 the disk is broken"));
    let error = client.upload("file", &mut Source::bytes(payload())).unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 451 the disk is broken");
    assert!(server.upload() == (payload(), Ending::Clean));
    goes_on(client);

    let (_server, mut client) = open::<S>(takes(Act::Leave));
    let error = client.upload("file", &mut Source::bytes(payload())).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Control, .. }), "{error}");
}
for_each_adapter!(an_upload_counts_only_with_a_2xx);

fn a_226_in_the_middle_of_an_upload_confirms_nothing<S: Subject>() {
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(1000), "226 ok".into()]);
    let (_server, mut client) = open::<S>(peer);
    let error = client.upload("file", &mut Source::repeat()).unwrap_err();
    assert!(matches!(error, Error::Connection { channel: Channel::Data, .. }), "{error}");
    assert_eq!(error.code().unwrap(), 226);
    goes_on(client);
}
for_each_adapter!(a_226_in_the_middle_of_an_upload_confirms_nothing);

fn a_refusal_ends_an_upload_in_full_flow<S: Subject>() {
    // The server reads no more, so that the sockets are full.
    let peer =
        Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(1000), "552 quota".into()]);
    let (_server, mut client) = open::<S>(peer);
    let error = client.upload("file", &mut Source::repeat()).unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
    goes_on(client);
}
for_each_adapter!(a_refusal_ends_an_upload_in_full_flow);

fn a_refusal_ends_an_upload_whose_source_has_nothing_to_say<S: Subject>() {
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, "552 quota".into()]);
    let (_server, mut client) = open::<S>(peer);
    let error = client.upload("file", &mut Source::new([Part::Never])).unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
    goes_on(client);
}
for_each_future!(a_refusal_ends_an_upload_whose_source_has_nothing_to_say);

fn what_a_slow_source_has_yielded_is_sent<S: Subject>() {
    // A server that hears nothing for long gives the transfer up.
    let peer = Peer::polite().on("STOR", ["150 send".into(), Act::Secure, Act::Take(4), "552 quota".into()]);
    let (_server, mut client) = open::<S>(peer);
    let mut source = Source::new([Part::Bytes(b"line".into()), Part::Never]);
    let error = client.upload("file", &mut source).unwrap_err();
    assert_eq!(error.to_string(), "the server refused STOR: 552 quota");
}
for_each_future!(what_a_slow_source_has_yielded_is_sent);

fn an_upload_whose_source_fails_is_reset<S: Subject>() {
    let (server, mut client) = open::<S>(takes("226 stored"));
    let mut source =
        Source::new([Part::Bytes(b"half".into()), Part::Fail(ErrorKind::PermissionDenied.into())]);
    let error = client.upload("file", &mut source).unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    assert_eq!(server.upload().1, Ending::Reset);
    goes_on(client);
}
for_each_adapter!(an_upload_whose_source_fails_is_reset);

fn the_part_of_an_upload_whose_source_fails_is_removed<S: Subject>() {
    // The server says nothing before it has seen the reset.
    let (server, mut client) = open::<S>(takes("426 cut").on("DELE", ["250 gone"]));
    let mut source =
        Source::new([Part::Bytes(b"half".into()), Part::Fail(ErrorKind::PermissionDenied.into())]);
    let error = client.upload(Put::new("file").atomic(), &mut source).unwrap_err();
    assert!(matches!(error, Error::Source(_)), "{error}");
    let heard = server.heard();
    let part = heard.iter().find_map(|line| line.strip_prefix("STOR ")).unwrap();
    assert_eq!(*heard.last().unwrap(), format!("DELE {part}"));
    assert_eq!(server.upload().1, Ending::Reset);
    goes_on(client);
}
for_each_adapter!(the_part_of_an_upload_whose_source_fails_is_removed);

fn an_upload_that_is_dropped_is_reset<S: Subject>() {
    for flushed in [true, false] {
        let (server, mut client) = open::<S>(takes("226 stored"));
        let mut upload = client.writer("file").unwrap();
        upload.write_all(&payload()).unwrap();
        if flushed {
            upload.flush().unwrap();
        }
        drop(upload);
        assert_eq!(server.upload().1, Ending::Reset);
        goes_on(client);
    }
}
for_each_adapter!(an_upload_that_is_dropped_is_reset);

fn what_is_flushed_has_left<S: Subject>() {
    let (server, mut client) = open::<S>(takes("226 stored"));
    let mut upload = client.writer("file").unwrap();
    for byte in 0..100 {
        upload.write_all(&[byte]).unwrap();
    }
    upload.flush().unwrap();
    server.wait(|log| log.received == 100);
    upload.finish().unwrap();
    assert_eq!(upload.transferred().unwrap().bytes, 100);
    assert_eq!(server.upload(), ((0..100).collect(), Ending::Clean));
}
for_each_adapter!(what_is_flushed_has_left);

fn a_writer_without_anything_to_write_is_secured<S: Subject>() {
    let (server, mut client) = open::<S>(takes("226 stored"));
    let mut upload = client.writer("file").unwrap();
    server.wait(|log| log.resumed == [true]);
    upload.finish().unwrap();
}
for_each_adapter!(a_writer_without_anything_to_write_is_secured);

fn an_upload_can_be_finished_twice<S: Subject>() {
    let (server, mut client) = open::<S>(takes("226 stored"));
    let mut upload = client.writer("file").unwrap();
    upload.write_all(b"once").unwrap();
    upload.finish().unwrap();
    upload.finish().unwrap();
    drop(upload);
    goes_on(client);
    assert_eq!(server.log().uploads, [(b"once".to_vec(), Ending::Clean)]);
    assert!(!server.heard().contains(&"ABOR".to_owned()), "nothing was left to recover from");
}
for_each_adapter!(an_upload_can_be_finished_twice);

fn an_owned_transfer_gives_its_client_back<S: Subject>() {
    let peer = takes("226 stored")
        .on("RETR", ["150 here".into(), Act::Secure, Act::Send(payload()), Act::Finish, "226 done".into()])
        .on("RETR missing", ["550 no such file"])
        .on("STOR denied", ["553 not you"]);
    let (server, client) = open::<S>(peer);
    let (client, error) = client.into_download("missing").map(|_| ()).unwrap_err();
    assert_eq!(error.code().unwrap(), 550);
    let (client, error) = client.into_upload("denied").map(|_| ()).unwrap_err();
    assert_eq!(error.code().unwrap(), 553);

    let mut upload = client.into_upload("file").map_err(|(_, error)| error).unwrap();
    upload.write_all(&payload()).unwrap();
    assert_eq!(upload.finish().unwrap().bytes, LEN as u64);
    let mut download = upload.into_client().into_download("file").map_err(|(_, error)| error).unwrap();
    let mut got = Vec::new();
    download.read_to_end(&mut got).unwrap();
    assert!(got == payload());
    // One that is given up half-way, too.
    let mut half = download.into_client().into_upload("file").map_err(|(_, error)| error).unwrap();
    half.write_all(b"half").and_then(|()| half.flush()).unwrap();
    // A server that is reset in its handshake has seen no upload.
    server.wait(|log| log.received == LEN + 4);
    goes_on(half.into_client());
    let log = server.wait(|log| log.uploads.len() == 2);
    assert_eq!(log.uploads[1].1, Ending::Reset);
}
for_each_adapter!(an_owned_transfer_gives_its_client_back);
