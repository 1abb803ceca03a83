//! One command and its reply, and refusals.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use ftps_proto::codec::Verb;
use ftps_proto::{Error, Unlisted};

use super::{Bench, MIB, bytes, refused};
use crate::on_every_server;
use crate::subject::{Source, Subject};

fn every_simple_command_has_its_effect<S: Subject>(mut bench: Bench<S>) {
    let Bench { client, directory, .. } = &mut bench;
    client.keep_alive().unwrap();
    // A reply may name the directory as it was given or from the root.
    let made = client.create_dir("made").unwrap().expect("257 tells the path");
    assert!(made.ends_with(b"made"), "{made:?}");
    assert!(directory.path.join("made").is_dir());
    client.set_current_dir("made").unwrap();
    let inner = directory.path.join("made");
    assert_eq!(client.current_dir().unwrap(), inner.as_os_str().as_encoded_bytes());

    client.upload("a", &mut Source::bytes(b"twelve bytes")).unwrap();
    assert_eq!(client.size("a").unwrap(), 12);
    client.rename("a", "b c").unwrap();
    assert!(directory.has("made/b c") && !directory.has("made/a"));
    assert_eq!(refused(client.size("a").unwrap_err()), (Verb::Size, 550));
    assert_eq!(refused(client.rename("a", "b").unwrap_err()), (Verb::Rnfr, 550));
    client.remove_file("b c").unwrap();
    assert!(!directory.has("made/b c"));
    assert_eq!(refused(client.remove_file("b c").unwrap_err()), (Verb::Dele, 550));

    client.set_current_dir("..").unwrap();
    assert_eq!(client.current_dir().unwrap(), directory.path.as_os_str().as_encoded_bytes());
    client.remove_dir("made").unwrap();
    assert!(!directory.has("made"));
    assert_eq!(refused(client.remove_dir("made").unwrap_err()), (Verb::Rmd, 550));
    assert_eq!(refused(client.set_current_dir("made").unwrap_err()), (Verb::Cwd, 550));
    bench.client.quit().unwrap();
}
on_every_server!(every_simple_command_has_its_effect);

fn a_refused_transfer_says_so_and_the_session_goes_on<S: Subject>(mut bench: Bench<S>) {
    // The login user may not write there.
    let locked = bench.directory.path.join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o755)).unwrap();
    let file = bytes(3, MIB);
    // Each refusal in its own way, and each after the others.
    for (path, verb) in [
        ("missing", Verb::Retr),
        ("missing/file", Verb::Stor),
        ("locked/file", Verb::Stor),
        ("missing/file", Verb::Retr),
    ] {
        let error = match verb {
            Verb::Retr => bench.client.download(path).map(|_| ()).unwrap_err(),
            _ => bench.client.upload(path, &mut Source::bytes(file.as_slice())).map(drop).unwrap_err(),
        };
        let (command, code) = refused(error);
        assert_eq!(command, verb, "{path}");
        assert!(matches!(code, 550 | 553), "{path}: {code}");
        bench.goes_on();
        bench.client.upload("file", &mut Source::bytes(file.as_slice())).unwrap();
        assert!(bench.directory.read("file") == file, "{path}: other bytes were stored");
    }
    bench.client.quit().unwrap();
}
on_every_server!(a_refused_transfer_says_so_and_the_session_goes_on);

fn a_directory_that_cannot_be_listed_is_not_an_empty_one<S: Subject>(mut bench: Bench<S>) {
    let error = bench.client.list("nowhere").unwrap_err();
    // To vsftpd it is a pattern that nothing matches.
    let missing = matches!(error, Error::Refused(_) | Error::Unlisted(Unlisted::Missing, _));
    assert!(missing, "{error}");
    let closed = bench.directory.path.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let error = bench.client.list("closed").unwrap_err();
    let closed = matches!(error, Error::Refused(_) | Error::Unlisted(Unlisted::Unreadable, _));
    assert!(closed, "{error}");
    bench.goes_on();
    bench.client.quit().unwrap();
}
on_every_server!(a_directory_that_cannot_be_listed_is_not_an_empty_one);
