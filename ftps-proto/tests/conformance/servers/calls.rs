//! What a client's calls come to, beyond those that are one command.

use std::io::{self, ErrorKind};

use ftps_proto::codec::{Class, Kind, Verb};
use ftps_proto::ops::WalkOrder;
use ftps_proto::tls::TlsError;
use ftps_proto::{Error, Local};

use super::{Bench, bytes};
use crate::on_every_server;
use crate::subject::{Source, Subject, walked};

fn a_tree_is_made_and_looked_at<S: Subject>(mut bench: Bench<S>) {
    let client = &mut bench.client;
    client.create_dir_all("b c/d").unwrap();
    // Again, and with a slash at the end.
    client.create_dir_all("b c/d/").unwrap();
    client.upload("b c/f", &mut Source::bytes(bytes(1, 1000))).unwrap();

    let entry = client.metadata("b c/f").unwrap();
    assert_eq!((entry.name.to_str(), entry.kind, entry.size), (Some("f"), Kind::File, Some(1000)));
    assert!(client.modified("b c/f").unwrap().to_utc().is_some());
    let entry = client.metadata("b c/d").unwrap();
    assert_eq!((entry.name.to_str(), entry.kind), (Some("d"), Kind::Directory));
    assert_eq!(client.metadata("/").unwrap().kind, Kind::Directory);
    for (path, there) in [("b c/f", true), ("b c/d", true), ("x", false), ("x/y", false)] {
        assert_eq!(client.exists(path).unwrap(), there, "{path}");
    }
    let listing = client.list("b c").unwrap();
    let mut names: Vec<_> = listing.iter().filter_map(|entry| entry.name.to_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["d", "f"]);
    bench.client.quit().unwrap();
}
on_every_server!(a_tree_is_made_and_looked_at where |site| site.route == Route::Epsv);

fn a_download_goes_into_a_writer<S: Subject>(mut bench: Bench<S>) {
    let file = bytes(2, 300_000);
    bench.directory.write("file", &file);
    let (back, done) = bench.client.download_to("file").unwrap();
    assert!(back == file && done.bytes == 300_000);
    let error = bench.client.download_nowhere("file");
    assert!(matches!(error, Error::Sink(_)), "{error}");
    assert_eq!(io::Error::from(error).kind(), ErrorKind::StorageFull);
    bench.goes_on_or_begins_anew();
}
on_every_server!(a_download_goes_into_a_writer);

fn the_platform_decides_where_nothing_else_is_given<S: Subject>(bench: Bench<S>) {
    let error = S::connect_to(&bench.site.stranger()).err().unwrap();
    assert!(error.tls().is_some_and(TlsError::is_certificate), "{error:#}");
    assert!(!error.is_temporary() && !error.is_login(), "{error:#}");
}
on_every_server!(the_platform_decides_where_nothing_else_is_given where |site| site.is_plainest());

fn errors_say_what_is_wrong<S: Subject>(mut bench: Bench<S>) {
    let client = &mut bench.client;
    for error in [
        client.download("missing").map(drop).unwrap_err(),
        client.size("missing").unwrap_err(),
        client.modified("missing").unwrap_err(),
        client.metadata("missing").unwrap_err(),
    ] {
        assert!(error.is_not_found() && !error.is_temporary(), "{error}");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::NotFound);
    }
    assert!(client.list("missing").is_err());
    let wrong = bench.site.builder::<S>().login("nobody", "wrong");
    let error = S::connect(&wrong).err().unwrap();
    assert!(error.is_login(), "{error}");
    assert_eq!(io::Error::from(error).kind(), ErrorKind::PermissionDenied);
}
// Servers take their time over a wrong password.
on_every_server!(errors_say_what_is_wrong where |site| site.is_plainest());

fn commands_are_sent_as_they_are_typed<S: Subject>(mut bench: Bench<S>) {
    let client = &mut bench.client;
    assert_eq!(client.command("noop").unwrap().code().class(), Class::Completion);
    client.upload("file", &mut Source::bytes(b"x")).unwrap();
    assert_eq!(client.command("SITE CHMOD 600 file").unwrap().code(), 200);
    let error = client.command("RETR file").unwrap_err();
    assert!(matches!(error, Error::Local(Local::Forbidden(Verb::Retr))), "{error}");
    bench.client.quit().unwrap();
}
on_every_server!(commands_are_sent_as_they_are_typed where |site| site.route == Route::Epsv);

fn a_tree_is_walked_and_patterns_find_what_fits<S: Subject>(mut bench: Bench<S>) {
    for directory in ["a", "a/b", "c", ".hidden"] {
        std::fs::create_dir(bench.directory.path.join(directory)).unwrap();
    }
    for name in ["1.csv", "2.txt", "a/3.csv", "a/b/4.csv", "c/5.csv", "c/x[1].csv"] {
        bench.directory.write(name, "");
    }
    let sorted = |mut found: Vec<String>| {
        found.sort();
        found
    };
    let client = &mut bench.client;
    let found = walked(client.walk("", WalkOrder::BreadthFirst, None).unwrap());
    let depths: Vec<_> = found.iter().map(|line| line.split_once(' ').unwrap().0.to_owned()).collect();
    assert!(depths.is_sorted(), "{found:?}");
    let all = [
        "0 .hidden",
        "0 1.csv",
        "0 2.txt",
        "0 a",
        "0 c",
        "1 a/3.csv",
        "1 a/b",
        "1 c/5.csv",
        "1 c/x[1].csv",
        "2 a/b/4.csv",
    ];
    assert_eq!(sorted(found), all);
    assert_eq!(
        sorted(walked(client.walk("a", WalkOrder::DepthFirst, Some(0)).unwrap())),
        ["0 a/3.csv", "0 a/b"]
    );
    for (pattern, expected) in [
        ("*", &["0 1.csv", "0 2.txt", "0 a", "0 c"][..]),
        ("[ac]/*.csv", &["1 a/3.csv", "1 c/5.csv", "1 c/x[1].csv"]),
        ("**/[0-9].{csv,txt}", &["0 1.csv", "0 2.txt", "1 a/3.csv", "1 c/5.csv", "2 a/b/4.csv"]),
        ("c/x\\[1\\].csv", &["0 c/x[1].csv"]),
        ("a/?/", &["0 a/b"]),
        ("c/none*", &[]),
    ] {
        assert_eq!(sorted(walked(client.glob(pattern).unwrap())), expected, "{pattern}");
    }
    bench.goes_on();
    bench.client.quit().unwrap();
}
on_every_server!(a_tree_is_walked_and_patterns_find_what_fits where |site| site.route == Route::Epsv);
