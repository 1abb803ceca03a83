//! What errors mean, and how they are told.

use std::error::Error as _;
use std::io::{self, ErrorKind};

use ftps_proto::codec::{Code, Reply, Verb};
use ftps_proto::tls::TlsError;
use ftps_proto::{Channel, Error, Failure, Local, Refused, Remote, Unlisted};

fn reply(text: &str) -> Reply {
    let (code, text) = text.split_at(3);
    Reply::new(Code::new(code.parse().unwrap()).unwrap(), text.trim_start())
}

fn refused(verb: Verb, text: &str) -> Error {
    Error::Refused(Refused { verb: Some(verb), reply: reply(text) })
}

fn connection(failure: Failure) -> Error {
    Error::Connection { channel: Channel::Control, failure: Some(failure), reply: None }
}

#[test]
fn what_is_not_there() {
    for (verb, text) in [
        (Verb::Retr, "550 Failed to open file."),
        (Verb::Size, "550 Could not get file size."),
        (Verb::Mlst, "550 can't check for file existence"),
        (Verb::Mdtm, "550 Could not get file modification time."),
        (Verb::Dele, "550 a: No such file or directory"),
        (Verb::Cwd, "550 The system cannot find the path specified. "),
        (Verb::Rnfr, "550 File not found"),
        (Verb::Stor, "553 Can't open that file: No such file or directory"),
        (Verb::Retr, "551 ENOENT: no such file or directory, stat '/x'"),
        (Verb::List, "450 x: No such file or directory"),
    ] {
        let error = refused(verb, text);
        assert!(error.is_not_found() && !error.is_permission_denied(), "{error}");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::NotFound, "{verb} {text}");
    }
    for (verb, text) in [
        (Verb::Retr, "550 x: Not a regular file"),
        (Verb::Retr, "550 x: not a plain file."),
        (Verb::Retr, "550 Permission denied."),
        (Verb::Retr, "550 x is a directory"),
        (Verb::Size, "550 SIZE not allowed in ASCII mode."),
        (Verb::Retr, "450 File busy"),
        (Verb::Dele, "550 Delete operation failed."),
        (Verb::Cwd, "550 Failed to change directory."),
        (Verb::Stor, "553 Could not create file."),
        (Verb::Pass, "530 user not found"),
        (Verb::Size, "500 not found"),
        (Verb::Retr, "425 no such connection"),
    ] {
        let error = refused(verb, text);
        assert!(!error.is_not_found(), "{error}");
    }
    assert!(Error::Unlisted(Unlisted::Missing, reply("226 done")).is_not_found());
    assert!(Error::Missing("a".into()).is_not_found());
}

#[test]
fn what_may_not_be_done() {
    for (verb, text) in [
        (Verb::Stor, "550 Permission denied."),
        (Verb::Dele, "550 x: Permission denied"),
        (Verb::Retr, "550 Access is denied. "),
        (Verb::Stor, "553 x: Operation not permitted"),
        (Verb::Stor, "532 Need account for storing files"),
        (Verb::Stor, "530 Anonymous users cannot write"),
        (Verb::Mkd, "550 Not allowed"),
    ] {
        let error = refused(verb, text);
        assert!(error.is_permission_denied() && !error.is_not_found() && !error.is_temporary(), "{error}");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::PermissionDenied, "{verb} {text}");
    }
    for (verb, text) in [
        (Verb::Pass, "530 Login incorrect: permission denied."),
        (Verb::Size, "550 SIZE not allowed in ASCII mode."),
        (Verb::Stor, "552 Quota exceeded"),
        (Verb::Retr, "550 Failed to open file."),
    ] {
        assert!(!refused(verb, text).is_permission_denied(), "{text}");
    }
    assert!(refused(Verb::Pass, "530 Login incorrect.").is_login());
    let unexpected = |verb| Error::from(Remote::UnexpectedReply(verb, reply("350 what?")));
    assert!(unexpected(Verb::Pass).is_login() && !unexpected(Verb::Rnto).is_login());
}

#[test]
fn what_may_succeed_later() {
    let fin = Failure::transport(TlsError::HandshakeEof);
    let rst = Failure::transport(io::Error::from(ErrorKind::ConnectionReset));
    for error in [
        connection(fin),
        connection(rst),
        Error::Connection { channel: Channel::Data, failure: None, reply: None },
        refused(Verb::Stor, "452 disk full"),
        refused(Verb::Pass, "530 too many users"),
    ] {
        assert!(error.is_temporary(), "{error:?}");
    }
    let plain = TlsError::PlainText { excerpt: "220".into(), secured: false };
    for error in [connection(Failure::tls(plain)), refused(Verb::Pass, "530 no"), Local::NotOpen.into()] {
        assert!(!error.is_temporary(), "{error:?}");
    }
}

#[test]
fn the_cause_is_the_source_and_is_told_once() {
    let error = connection(Failure::transport(io::Error::new(ErrorKind::ConnectionRefused, "nobody there")));
    assert_eq!(error.to_string(), "the control connection failed");
    assert_eq!(format!("{error:#}"), "the control connection failed: nobody there");
    let source = error.source().unwrap().downcast_ref::<io::Error>().unwrap();
    assert_eq!(source.kind(), ErrorKind::ConnectionRefused);
    assert!(error.tls().is_none());

    let error = connection(Failure::transport(TlsError::HandshakeEof));
    assert!(matches!(error.tls(), Some(TlsError::HandshakeEof)));
    assert!(error.source().unwrap().downcast_ref::<TlsError>().is_some());

    let error = Error::Source(io::Error::new(ErrorKind::StorageFull, "x").into());
    assert_eq!(format!("{error} / {error:#}"), "the upload's source failed / the upload's source failed: x");
    let cause = Some(Box::new(connection(Failure::tls(TlsError::HandshakeEof))));
    let error = Error::Unprotected { reply: reply("500 PROT?"), cause };
    assert!(error.source().unwrap().downcast_ref::<Error>().is_some());
    assert!(error.tls().is_some());
    assert_eq!(format!("{error:#}").matches("during the TLS handshake").count(), 1, "{error:#}");
}

#[test]
fn std_keeps_the_kind_and_the_error() {
    let kind = ErrorKind::ConnectionRefused;
    let transport = |kind: ErrorKind| connection(Failure::transport(io::Error::from(kind)));
    for (error, kind) in [
        (transport(kind), kind),
        (transport(ErrorKind::TimedOut), ErrorKind::TimedOut),
        (transport(ErrorKind::NotFound), ErrorKind::NotFound),
        (connection(Failure::tls(TlsError::Local("x"))), ErrorKind::InvalidData),
        (connection(Failure::transport("words")), ErrorKind::ConnectionAborted),
        (Error::Closed { reply: None, failure: None }, ErrorKind::ConnectionAborted),
        (refused(Verb::Stor, "552 quota"), ErrorKind::QuotaExceeded),
        (refused(Verb::Stor, "452 full"), ErrorKind::StorageFull),
        (refused(Verb::Pass, "530 no"), ErrorKind::PermissionDenied),
        (refused(Verb::Size, "502 what?"), ErrorKind::Unsupported),
        (Local::NotOpen.into(), ErrorKind::NotConnected),
        (Error::Truncated { bytes: 1, reply: None }, ErrorKind::UnexpectedEof),
        (Error::Sink(io::Error::from(ErrorKind::StorageFull).into()), ErrorKind::StorageFull),
    ] {
        let text = error.to_string();
        let error = io::Error::from(error);
        assert_eq!(error.kind(), kind, "{text}");
        assert_eq!(error.downcast::<Error>().unwrap().to_string(), text);
    }
}
