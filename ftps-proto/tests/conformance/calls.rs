//! The calls of a client, with real servers.

use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicU32, Ordering};

use ftps_proto::codec::{Kind, Verb};
use ftps_proto::tls::TlsError;
use ftps_proto::{Error, Local, Url};

use crate::for_each_adapter;
use crate::lab::{bytes, settings};
use crate::subject::{Route, Settings, Subject};

/// A session with each server, and a directory name of its own.
fn sessions<S: Subject>(test: impl Fn(S, &str, &str)) {
    static SESSIONS: AtomicU32 = AtomicU32::new(0);
    for server in ["vsftpd", "proftpd", "pure-ftpd"] {
        let number = SESSIONS.fetch_add(1, Ordering::Relaxed);
        let client =
            S::connect(&settings(server, Route::Passive)).unwrap_or_else(|e| panic!("{server}: {e:#}"));
        test(client, server, &format!("calls-{}-{number}", std::process::id()));
    }
}

fn a_tree_is_made_and_looked_at<S: Subject>() {
    sessions::<S>(|mut client, server, top| {
        let [deep, file] = [format!("{top}/b c/d"), format!("{top}/b c/f")];
        client.create_dir_all(&deep).expect(server);
        // Again, and with a slash at the end.
        client.create_dir_all(&format!("{deep}/")).expect(server);
        client.upload(&file, &bytes(1, 1000)).expect(server);

        let entry = client.metadata(&file).expect(server);
        assert_eq!(
            (entry.name.to_str(), entry.kind, entry.size),
            (Some("f"), Kind::File, Some(1000)),
            "{server}"
        );
        assert!(client.modified(&file).expect(server).to_utc().is_some(), "{server}");
        let entry = client.metadata(&deep).expect(server);
        assert_eq!((entry.name.to_str(), entry.kind), (Some("d"), Kind::Directory), "{server}");
        assert_eq!(client.metadata("/").expect(server).kind, Kind::Directory, "{server}");
        for (path, there) in
            [(&file, true), (&deep, true), (&format!("{top}/x"), false), (&format!("{top}/x/y"), false)]
        {
            assert_eq!(client.exists(path).expect(server), there, "{server}: {path}");
        }
        let names: Vec<_> = client.list(&format!("{top}/b c")).expect(server);
        let mut names: Vec<_> = names.iter().filter_map(|entry| entry.name.to_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["d", "f"], "{server}");

        client.remove_file(&file).expect(server);
        for dir in [&deep, &format!("{top}/b c"), top] {
            client.remove_dir(dir).expect(server);
        }
        client.quit().expect(server);
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    a_tree_is_made_and_looked_at
);

fn a_download_goes_into_a_writer<S: Subject>() {
    sessions::<S>(|mut client, server, name| {
        let file = bytes(2, 300_000);
        client.upload(name, &file).unwrap();
        let (back, done) = client.download_to(name).unwrap();
        assert!(back == file && done.bytes == 300_000, "{server}");
        let error = client.download_nowhere(name);
        assert!(matches!(error, Error::Sink(_)), "{server}: {error}");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::StorageFull, "{server}");
        // The session goes on.
        client.remove_file(name).unwrap();
        client.quit().unwrap();
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    a_download_goes_into_a_writer
);

fn the_platform_decides_where_nothing_else_is_given<S: Subject>() {
    for server in ["vsftpd", "proftpd", "pure-ftpd"] {
        let Settings { host, port, .. } = settings(server, Route::Passive);
        let url: Url = format!("ftpes://user:wrong@{host}:{port}/").parse().unwrap();
        let error = S::connect_to(&url).err().unwrap();
        assert!(error.tls().is_some_and(TlsError::is_certificate), "{server}: {error:#}");
        assert!(!error.is_temporary() && !error.is_login(), "{server}: {error:#}");
    }
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    the_platform_decides_where_nothing_else_is_given
);

fn errors_say_what_is_wrong<S: Subject>() {
    sessions::<S>(|mut client, server, name| {
        for error in [
            client.download(name).unwrap_err(),
            client.size(name).unwrap_err(),
            client.modified(name).unwrap_err(),
            client.metadata(name).unwrap_err(),
        ] {
            assert!(error.is_not_found() && !error.is_temporary(), "{server}: {error}");
            assert_eq!(io::Error::from(error).kind(), ErrorKind::NotFound, "{server}");
        }
        assert!(client.list(name).is_err(), "{server}");
        client.quit().unwrap();
        let mut wrong = settings(server, Route::Passive);
        wrong.password = "wrong".into();
        let error = S::connect(&wrong).err().unwrap();
        assert!(error.is_login(), "{server}: {error}");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::PermissionDenied, "{server}");
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    errors_say_what_is_wrong
);

fn commands_are_sent_as_they_are_typed<S: Subject>() {
    sessions::<S>(|mut client, server, name| {
        assert_eq!(client.command("noop").unwrap().code().class(), ftps_proto::codec::Class::Completion);
        client.upload(name, b"x").unwrap();
        let reply = client.command(&format!("SITE CHMOD 600 {name}"));
        assert_eq!(reply.unwrap_or_else(|error| panic!("{server}: {error}")).code().get(), 200, "{server}");
        let error = client.command(&format!("RETR {name}")).unwrap_err();
        assert!(matches!(error, Error::Local(Local::Forbidden(Verb::Retr))), "{server}: {error}");
        client.remove_file(name).unwrap();
        client.quit().unwrap();
    });
}
for_each_adapter!(
    #[ignore = "needs real servers: bash .ci/test"]
    commands_are_sent_as_they_are_typed
);
