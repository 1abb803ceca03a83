//! Sessions with servers that demand resumption on every data connection.

use std::any::type_name;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use ftps_proto::Error;
use ftps_proto::codec::Verb;

use crate::for_each_adapter;
use crate::lab::{bytes, home, settings};
use crate::subject::{Route, Subject};

/// How many sessions there have been.
static SESSIONS: AtomicU32 = AtomicU32::new(0);

const FILES: u64 = 20;
const MIB: usize = 1 << 20;

/// Runs a test on each server, by each route, on a session of its own.
fn sessions<S: Subject>(test: impl Fn(S, &str, &str)) {
    for server in ["vsftpd", "proftpd"] {
        for route in [Route::Passive, Route::Active, Route::Connector] {
            let subject = type_name::<S>().rsplit("::").next().unwrap();
            let context = format!("{subject} {server} {route:?}");
            // Several tests run at once.
            let test_number = SESSIONS.fetch_add(1, Ordering::Relaxed);
            let prefix =
                format!("conformance-{subject}-{server}-{route:?}-{}-{test_number}-", std::process::id());
            let client = S::connect(&settings(server, route)).unwrap_or_else(|e| panic!("{context}: {e}"));
            test(client, &context, &prefix);
        }
    }
}

/// The session goes on: the next command gets its own reply.
fn goes_on<S: Subject>(client: &mut S, known: &str, context: &str) {
    let size = client.size(known).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert_eq!(size, MIB as u64, "{context}");
}

fn twenty_files_go_up_and_come_back<S: Subject>() {
    sessions::<S>(|mut client, context, prefix| {
        let name = |seed| format!("{prefix}-{seed}");
        for seed in 0..FILES {
            let done = client.upload(&name(seed), &bytes(seed, MIB));
            let done = done.unwrap_or_else(|error| panic!("{context} {seed}: {error}"));
            assert_eq!((done.bytes, done.resumed), (MIB as u64, true), "{context} {seed}");
        }
        for seed in 0..FILES {
            let back = client.download(&name(seed));
            let (file, done) = back.unwrap_or_else(|error| panic!("{context} {seed}: {error}"));
            assert_eq!((done.bytes, done.resumed), (MIB as u64, true), "{context} {seed}");
            assert!(file == bytes(seed, MIB), "{context} {seed}: the bytes differ");
        }
        let listing = client.list("").unwrap();
        let ours = listing.iter().filter(|entry| entry.name.as_bytes().starts_with(prefix.as_bytes()));
        assert!(ours.clone().all(|entry| entry.size == Some(MIB as u64)), "{context}");
        assert_eq!(ours.count() as u64, FILES, "{context}");
        for seed in 0..FILES {
            client.remove_file(&name(seed)).unwrap();
        }
        client.quit().unwrap();
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    twenty_files_go_up_and_come_back
);

fn a_refused_download_says_so_and_gives_the_client_back<S: Subject>() {
    sessions::<S>(|mut client, context, prefix| {
        client.upload(prefix, &bytes(1, MIB)).unwrap();
        let missing = format!("{prefix}-missing");
        let refused = |error: Error| {
            let Error::Refused(refused) = error else { panic!("{context}: {error}") };
            assert_eq!((refused.verb, refused.reply.code().get()), (Some(Verb::Retr), 550), "{context}");
        };
        refused(client.download(&missing).unwrap_err());
        goes_on(&mut client, prefix, context);
        let (mut client, error) = client.refused_download(&missing);
        refused(error);
        goes_on(&mut client, prefix, context);
        client.remove_file(prefix).unwrap();
        client.quit().unwrap();
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    a_refused_download_says_so_and_gives_the_client_back
);

fn what_is_dropped_is_never_whole<S: Subject>() {
    sessions::<S>(|client, context, prefix| {
        // The whole file first, through a writer that owns the client.
        let file = bytes(1, MIB);
        let (mut client, done) = client.upload_owned(prefix, &file).unwrap();
        assert_eq!(done.bytes, MIB as u64, "{context}");
        assert!(fs::read(home().join(prefix)).unwrap() == file, "{context}: what is confirmed is there");

        let part = format!("{prefix}-part");
        client.drop_upload(&part, &file[..MIB / 2]).unwrap();
        goes_on(&mut client, prefix, context);
        let kept = fs::metadata(home().join(&part)).map_or(0, |file| file.len());
        assert!(kept <= MIB as u64 / 2, "{context}: {kept} bytes were kept");

        let mut client = client.drop_download(prefix, 1000).unwrap();
        goes_on(&mut client, prefix, context);
        let (back, _) = client.download(prefix).unwrap();
        assert!(back == file, "{context}: the bytes differ");
        for name in [prefix, &part] {
            // A server may have removed the part itself.
            let _ = client.remove_file(name);
        }
        client.quit().unwrap();
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    what_is_dropped_is_never_whole
);
