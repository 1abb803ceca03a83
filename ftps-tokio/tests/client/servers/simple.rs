//! What every session does: files up and down, listings, one command and its reply, a refusal.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use ftps_tokio::codec::{Entry, Kind, Verb};
use ftps_tokio::tls::Version;
use ftps_tokio::{Error, Unlisted};
use tokio::io::AsyncWriteExt;

use super::lab::{MIB, Server, VERSIONS, bytes, fetch, home, round_trip, servers, unique};
use crate::conversation;

/// A directory that this process makes, which the login user may read and not write; gone with the test.
struct Directory {
    name: String,
    path: PathBuf,
}

impl Directory {
    fn new(name: String) -> Self {
        let path = home().join(&name);
        fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { name, path }
    }

    fn file(&self, name: &str, len: usize) {
        fs::write(self.path.join(name), vec![b'x'; len]).unwrap();
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What an error says was refused: the command and the code.
fn refused(error: Error) -> (Verb, u16) {
    match error {
        Error::Refused(refused) => (refused.verb.expect("a command"), refused.reply.code().get()),
        error => panic!("not refused: {error}"),
    }
}

fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn every_simple_command_has_its_effect() {
    for server in servers() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let mut client = server.client(version).await;
            let home = home();
            assert_eq!(client.current_dir().await.unwrap(), home.as_os_str().as_bytes(), "{context}");
            client.keep_alive().await.unwrap();

            let directory = unique("simple", &server);
            let path = home.join(&directory);
            // A reply may name the directory as it was given or from the root.
            let made = client.create_dir(&directory).await.unwrap().expect("257 tells the path");
            assert!(made.ends_with(directory.as_bytes()), "{context}: {made:?}");
            assert!(path.is_dir(), "{context}");
            client.set_current_dir(&directory).await.unwrap();
            assert_eq!(client.current_dir().await.unwrap(), path.as_os_str().as_bytes(), "{context}");

            client.upload("a", &mut &b"twelve bytes"[..]).await.unwrap();
            assert_eq!(client.size("a").await.unwrap(), 12, "{context}");
            client.rename("a", "b c").await.unwrap();
            assert!(exists(&path.join("b c")) && !exists(&path.join("a")), "{context}");
            assert_eq!(refused(client.size("a").await.unwrap_err()), (Verb::Size, 550), "{context}");
            assert_eq!(refused(client.rename("a", "b").await.unwrap_err()), (Verb::Rnfr, 550), "{context}");
            client.remove_file("b c").await.unwrap();
            assert!(!exists(&path.join("b c")), "{context}");
            assert_eq!(refused(client.remove_file("b c").await.unwrap_err()), (Verb::Dele, 550), "{context}");

            client.set_current_dir("..").await.unwrap();
            assert_eq!(client.current_dir().await.unwrap(), home.as_os_str().as_bytes(), "{context}");
            client.remove_dir(&directory).await.unwrap();
            assert!(!exists(&path), "{context}");
            assert_eq!(
                refused(client.remove_dir(&directory).await.unwrap_err()),
                (Verb::Rmd, 550),
                "{context}"
            );
            assert_eq!(
                refused(client.set_current_dir(&directory).await.unwrap_err()),
                (Verb::Cwd, 550),
                "{context}"
            );

            conversation::said();
            client.quit().await.unwrap();
            let said = conversation::said();
            assert_eq!(said[0], "> QUIT", "{context}");
            assert!(said[1].starts_with("< 221 ") && said.len() == 2, "{context}: {said:?}");
        }
    }
}

/// The directory's entries; every line must have been read.
async fn list(server: &Server, version: Version, path: &str) -> BTreeMap<String, Entry> {
    let context = format!("{} {version:?} {path:?}", server.name);
    let mut client = server.client(version).await;
    let listing = client.list(path).await.unwrap_or_else(|error| panic!("{context}: {error}"));
    client.quit().await.unwrap();
    let count = listing.len();
    let named: BTreeMap<_, _> =
        listing.into_iter().map(|entry| (entry.name.to_str().expect("UTF-8").to_owned(), entry)).collect();
    assert_eq!(named.len(), count, "{context}: a name came twice");
    named
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_listing_has_every_entry_under_its_own_name() {
    for server in servers() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let directory = Directory::new(unique("listing", &server));
            let names =
                ["plain.txt", "two words", "  leading spaces", "-la", "Übergröße €.txt", "日本語", "a -> b"];
            for (len, name) in names.iter().enumerate() {
                directory.file(name, len);
            }
            fs::create_dir(directory.path.join("sub directory")).unwrap();
            symlink("plain.txt", directory.path.join("link")).unwrap();

            let mut entries = list(&server, version, &directory.name).await;
            for (len, name) in names.iter().enumerate() {
                let entry = entries.remove(*name).unwrap_or_else(|| panic!("{context}: no {name:?}"));
                assert_eq!((entry.kind, entry.size), (Kind::File, Some(len as u64)), "{context}: {name:?}");
                assert!(entry.modified.is_some(), "{context}: {name:?}");
            }
            let inner = entries.remove("sub directory").unwrap_or_else(|| panic!("{context}: no directory"));
            assert_eq!(inner.kind, Kind::Directory, "{context}");
            let link = entries.remove("link").unwrap_or_else(|| panic!("{context}: no link"));
            assert_eq!(link.kind, Kind::Link, "{context}");
            // Facts do not say where a link leads.
            if server.name.starts_with("vsftpd") {
                assert_eq!(link.target.expect("a target").as_bytes(), b"plain.txt", "{context}");
            }
            assert!(entries.is_empty(), "{context}: {entries:?}");
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn an_empty_directory_has_no_entries() {
    for server in servers() {
        for version in VERSIONS {
            let directory = Directory::new(unique("empty", &server));
            let entries = list(&server, version, &directory.name).await;
            assert!(entries.is_empty(), "{} {version:?}: {entries:?}", server.name);
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_directory_that_is_not_there_is_none_that_is_empty() {
    for server in servers() {
        for version in VERSIONS {
            let mut client = server.client(version).await;
            let error = client.list(unique("nowhere", &server)).await.unwrap_err();
            // To vsftpd it is a pattern that nothing matches.
            let missing = matches!(error, Error::Refused(_) | Error::Unlisted(Unlisted::Missing, _));
            assert!(missing, "{}: {error}", server.name);
            if server.name.starts_with("vsftpd") {
                let pattern = client.list(unique("nowhere-*", &server)).await.unwrap();
                assert!(pattern.is_empty());
            }
            client.keep_alive().await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_directory_that_cannot_be_read_is_none_that_has_itself_in_it() {
    for server in servers() {
        let directory = Directory::new(unique("closed", &server));
        fs::set_permissions(&directory.path, fs::Permissions::from_mode(0o700)).unwrap();
        let mut client = server.client(Version::Tls13).await;
        let error = client.list(&directory.name).await.unwrap_err();
        let closed = matches!(error, Error::Refused(_) | Error::Unlisted(Unlisted::Unreadable, _));
        assert!(closed, "{}: {error}", server.name);
        client.keep_alive().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_name_need_not_be_text() {
    for server in servers() {
        let mut client = server.client(Version::Tls13).await;
        let directory = unique("bytes", &server);
        client.create_dir(&directory).await.unwrap();
        client.set_current_dir(&directory).await.unwrap();
        for name in [&b"\xff"[..], b"\xff\xff", b"a\xff\xfe\xfdb"] {
            client.upload(name, &mut &b"content"[..]).await.unwrap();
            let local = home().join(&directory).join(OsStr::from_bytes(name));
            assert!(exists(&local), "{} {name:?}: stored under another name", server.name);
            assert_eq!(fetch(&mut client, name).await.unwrap(), b"content");
            let listing = client.list("").await.unwrap();
            assert_eq!(listing.len(), 1, "{}: {listing:?}", server.name);
            assert_eq!(listing[0].name.as_bytes(), name, "{}", server.name);
            client.remove_file(name).await.unwrap();
        }
        client.set_current_dir("..").await.unwrap();
        client.remove_dir(&directory).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn every_name_can_be_used() {
    for server in servers() {
        let mut client = server.client(Version::Tls13).await;
        let directory = unique("names", &server);
        client.create_dir(&directory).await.unwrap();
        client.set_current_dir(&directory).await.unwrap();
        for name in [
            "two words",
            " leading space",
            "trailing space ",
            "-la",
            ".hidden",
            "Übergröße €.txt",
            "a -> b",
            "%41\"'",
        ] {
            // Pure-FTPd itself puts `_` for a space at either end.
            if server.name == "pure-ftpd" && name.trim() != name {
                continue;
            }
            let context = format!("{} {name:?}", server.name);
            client
                .upload(name, &mut name.as_bytes())
                .await
                .unwrap_or_else(|error| panic!("{context}: {error}"));
            assert!(exists(&home().join(&directory).join(name)), "{context}: stored under another name");
            assert_eq!(client.size(name).await.unwrap(), name.len() as u64, "{context}");
            assert_eq!(fetch(&mut client, name).await.unwrap(), name.as_bytes(), "{context}");
            let listing = client.list("").await.unwrap();
            assert_eq!(listing.len(), 1, "{context}: {listing:?}");
            assert_eq!(listing[0].name.to_str(), Some(name), "{context}");
            client.remove_file(name).await.unwrap();
        }
        // LIST would take it for options.
        client.create_dir("-la").await.unwrap();
        client.upload("-la/inside", &mut &b""[..]).await.unwrap();
        let listing = client.list("-la").await.unwrap();
        assert_eq!(listing.len(), 1, "{}: {listing:?}", server.name);
        assert_eq!(listing[0].name.to_str(), Some("inside"), "{}", server.name);
        client.remove_file("-la/inside").await.unwrap();
        client.remove_dir("-la").await.unwrap();
        client.set_current_dir("..").await.unwrap();
        client.remove_dir(&directory).await.unwrap();
        client.quit().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn files_of_every_size_come_back_as_they_went() {
    for server in servers() {
        for version in VERSIONS {
            let mut client = server.client(version).await;
            let name = unique("sizes", &server);
            for len in [0, 1, 16 * 1024, 16 * 1024 + 1, 5 * MIB + 4321, 0] {
                let context = format!("{} {version:?} {len} bytes", server.name);
                round_trip(&mut client, &name, &bytes(len as u64, len), &context).await;
            }
            client.quit().await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn an_upload_through_a_writer_is_confirmed_by_its_shutdown() {
    for server in servers() {
        for version in VERSIONS {
            let mut client = server.client(version).await;
            let name = unique("writer", &server);
            for len in [0, 3 * MIB + 17] {
                let context = format!("{} {version:?} {len} bytes", server.name);
                let file = bytes(7, len);
                conversation::said();
                let mut upload = client.writer(&name).await.unwrap();
                tokio::io::copy(&mut file.as_slice(), &mut upload).await.unwrap();
                upload.flush().await.unwrap();
                assert_eq!(upload.transferred(), None, "{context}");
                assert!(
                    !conversation::said()
                        .iter()
                        .any(|line| line.starts_with("< 2") && !line.starts_with("< 229")),
                    "{context}: confirmed too early"
                );
                upload.shutdown().await.unwrap_or_else(|error| panic!("{context}: {error}"));
                let done = upload.transferred().expect("what came of it").clone();
                assert_eq!((done.bytes, done.reply.code().get()), (len as u64, 226), "{context}");
                assert_eq!(conversation::said(), [format!("< {}", done.reply)], "{context}");
                drop(upload);
                // What is confirmed is there, whoever asks.
                assert!(fs::read(home().join(&name)).unwrap() == file, "{context}");

                let mut back = Vec::new();
                let mut download = client.download(&name).await.unwrap();
                let copied = tokio::io::copy(&mut download, &mut back).await.unwrap();
                let done = download.transferred().expect("what came of it").clone();
                assert_eq!(
                    (copied, done.bytes, done.reply.code().get()),
                    (len as u64, len as u64, 226),
                    "{context}"
                );
                drop(download);
                assert!(back == file, "{context}: the bytes differ");
            }
            client.remove_file(&name).await.unwrap();
            client.quit().await.unwrap();
        }
    }
}

#[tokio::test]
#[ignore = "needs real servers: bash .ci/test"]
async fn a_refused_transfer_says_so_and_the_session_goes_on() {
    for server in servers() {
        for version in VERSIONS {
            let context = format!("{} {version:?}", server.name);
            let mut client = server.client(version).await;
            // The login user may not write there.
            let locked = Directory::new(unique("locked", &server));
            let inside = format!("{}/file", locked.name);
            let name = unique("refused", &server);
            let file = bytes(3, MIB);
            // Each refusal in its own way, and each behind the others.
            for (path, verb) in [
                ("missing.bin", Verb::Retr),
                ("missing/file.bin", Verb::Stor),
                (&inside, Verb::Stor),
                ("missing/file.bin", Verb::Retr),
            ] {
                conversation::said();
                let error = match verb {
                    Verb::Retr => client.download(path).await.map(|_| ()).unwrap_err(),
                    _ => client.upload(path, &mut file.as_slice()).await.map(|_| ()).unwrap_err(),
                };
                let (refused, code) = refused(error);
                assert_eq!(refused, verb, "{context} {path}");
                assert!(matches!(code, 550 | 553), "{context} {path}: {code}");
                assert!(client.is_usable(), "{context}");
                assert_eq!(
                    client.current_dir().await.unwrap(),
                    home().as_os_str().as_bytes(),
                    "{context} {path}"
                );
                // Nothing was under way, so nothing is aborted.
                let said = conversation::said();
                assert!(!said.contains(&"> ABOR".to_owned()), "{context}: {said:?}");
                round_trip(&mut client, &name, &file, &format!("{context} behind {verb:?} {path}")).await;
            }
            client.quit().await.unwrap();
        }
    }
}
