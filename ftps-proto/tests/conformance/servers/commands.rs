//! What servers have beyond RFC 959's minimum: each where FEAT announces it, or where it is known to be there all the same.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use ftps_proto::codec::command::{NewFacts, UtcTime};
use ftps_proto::codec::{Algorithm, Kind, Timestamp, Verb};
use ftps_proto::drive::Hasher;
use ftps_proto::{Error, Quirk};

use super::{Bench, bytes, refused, var};
use crate::on_every_server;
use crate::subject::{Source, Subject};

/// 2020-01-02 03:04:05 UTC.
const SECONDS: i64 = 1_577_934_245;

fn time() -> UtcTime {
    UtcTime::new(Timestamp::from_unix(SECONDS).unwrap()).unwrap()
}

fn has<S: Subject>(bench: &Bench<S>, feature: &str) -> bool {
    let has = bench.client.features().is_some_and(|features| features.has(feature));
    if !has {
        bench.site.cannot(feature);
    }
    has
}

fn hash(algorithm: Algorithm, bytes: &[u8]) -> String {
    let mut hasher = Hasher::new(algorithm);
    hasher.update(bytes);
    hasher.hash().to_string()
}

fn a_server_tells_about_itself<S: Subject>(mut bench: Bench<S>) {
    let client = &mut bench.client;
    assert_eq!(client.system().unwrap(), b"UNIX Type: L8");
    assert!(client.status().unwrap().code().get() == 211);
    assert_eq!(client.help("").unwrap().code().get(), 214);
    assert_eq!(client.help("STOR").unwrap().code().get(), 214);
    client.allocate(1000).unwrap();
    bench.goes_on();
}
on_every_server!(a_server_tells_about_itself where |site| site.is_plainest());

fn names_and_a_listing_over_the_control_connection<S: Subject>(mut bench: Bench<S>) {
    let client = &mut bench.client;
    match client.names("") {
        Err(Error::Truncated { bytes: 0, .. }) if bench.site.is("pyftpdlib") => {
            bench
                .site
                .cannot("a list of no names (NLST), always: it may end the connection before its handshake");
        }
        names => assert_eq!(names.unwrap(), [], "an empty directory"),
    }
    client.upload("a b", &mut Source::bytes(b"nine bytes".as_slice())).unwrap();
    client.create_dir("d").unwrap();
    let names = client.names("").unwrap();
    let mut names: Vec<_> = names.iter().map(|name| name.to_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a b", "d"]);
    let mut listed: Vec<_> = client
        .status_of(".")
        .unwrap()
        .into_iter()
        .map(|entry| (entry.name.to_string(), entry.kind, entry.size.filter(|_| entry.kind == Kind::File)))
        .collect();
    listed.sort_unstable_by_key(|(name, ..)| name.clone());
    assert_eq!(listed, [("a b".into(), Kind::File, Some(10)), ("d".into(), Kind::Directory, None)]);
    bench.goes_on();
}
on_every_server!(names_and_a_listing_over_the_control_connection where |site| site.is_plainest());

fn a_files_time_and_permissions_are_set<S: Subject>(mut bench: Bench<S>) {
    let Bench { client, directory, .. } = &mut bench;
    client.upload("a b", &mut Source::bytes(b"x")).unwrap();
    client.set_modified("a b", time()).unwrap();
    assert_eq!(client.modified("a b").unwrap().to_utc(), Some(SECONDS));
    assert_eq!(fs::metadata(directory.path.join("a b")).unwrap().mtime(), SECONDS);
    client.set_permissions("a b", 0o640).unwrap();
    assert_eq!(fs::metadata(directory.path.join("a b")).unwrap().mode() & 0o7777, 0o640);
    // By what has worked before.
    assert!(client.set_modified("none", time()).is_err());
    assert!(client.set_permissions("none", 0o640).is_err());
    bench.goes_on();
}
on_every_server!(a_files_time_and_permissions_are_set where |site| site.is_plainest());

/// The ways that [`SetModified`](ftps_proto::ops::SetModified) and its like choose from, each by itself.
fn each_way_to_set_what_is_told_of_a_file<S: Subject>(mut bench: Bench<S>) {
    bench.client.upload("a b", &mut Source::bytes(b"x")).unwrap();
    let path = bench.directory.path.join("a b");
    let known = |bench: &Bench<S>| bench.site.is("proftpd") || bench.site.is("pure-ftpd");
    if has(&bench, "MFMT") {
        bench.client.command("MFMT 20200102030405 a b").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mtime(), SECONDS);
    }
    if known(&bench) {
        bench.client.command("SITE UTIME 20200102030406 a b").unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mtime(), SECONDS + 1);
    }
    if has(&bench, "MFF") {
        let facts = NewFacts::new("modify", "20200102030407").unwrap().and("UNIX.mode", "0604").unwrap();
        bench.client.set_facts("a b", facts).unwrap();
        let metadata = fs::metadata(&path).unwrap();
        assert_eq!((metadata.mtime(), metadata.mode() & 0o7777), (SECONDS + 2, 0o604));
    }
    bench.client.command("SITE CHMOD 0600 a b").unwrap();
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, 0o600);
    bench.goes_on();
}
on_every_server!(each_way_to_set_what_is_told_of_a_file where |site| site.is_plainest());

fn a_file_is_hashed_where_it_is<S: Subject>(mut bench: Bench<S>) {
    if !has(&bench, "HASH") {
        for (algorithm, verb) in [(Algorithm::Sha256, Verb::Xsha256), (Algorithm::Crc32, Verb::Xcrc)] {
            assert_eq!(refused(bench.client.hash("a b", algorithm).unwrap_err()), (verb, 500));
        }
        return bench.goes_on();
    }
    let file = bytes(7, 300_000);
    bench.client.hash_transfers(&Algorithm::ALL);
    let done = bench.client.upload("a b", &mut Source::bytes(file.as_slice())).unwrap();
    for algorithm in Algorithm::ALL.into_iter().chain(Algorithm::ALL) {
        let told = bench.client.hash("a b", algorithm).unwrap();
        assert_eq!(Some(told), done.hash(algorithm), "as it passed");
        assert_eq!(told.to_string(), hash(algorithm, &file));
        let part = bench.client.hash_range("a b", algorithm, 5..1005).unwrap();
        assert_eq!(part.to_string(), hash(algorithm, &file[5..1005]));
    }
    assert_eq!(refused(bench.client.hash("none", Algorithm::Sha256).unwrap_err()), (Verb::Hash, 550));
    // Altered where it is.
    bench.directory.write("a b", b"something else");
    assert_ne!(bench.client.hash("a b", Algorithm::Sha256).ok(), done.hash(Algorithm::Sha256));
    bench.goes_on();
}
on_every_server!(a_file_is_hashed_where_it_is where |site| site.is_plainest());

/// The commands that HASH stands in for.
fn x_commands_hash_by_one_algorithm<S: Subject>(mut bench: Bench<S>) {
    let file = bytes(8, 1000);
    bench.directory.write("ab", &file);
    for (feature, algorithm) in [
        ("XCRC", Algorithm::Crc32),
        ("XMD5", Algorithm::Md5),
        ("MD5", Algorithm::Md5),
        ("XSHA", Algorithm::Sha1),
        ("XSHA1", Algorithm::Sha1),
        ("XSHA256", Algorithm::Sha256),
        ("XSHA512", Algorithm::Sha512),
    ] {
        if has(&bench, feature) {
            let reply = bench.client.command(&format!("{feature} ab")).unwrap();
            let told = ftps_proto::codec::parse_x_hash(algorithm, b"ab", &reply);
            assert_eq!(told.unwrap().to_string(), hash(algorithm, &file), "{feature}");
        }
    }
    bench.goes_on();
}
on_every_server!(x_commands_hash_by_one_algorithm where |site| site.is_plainest());

fn trees_and_links_by_site<S: Subject>(mut bench: Bench<S>) {
    let site = |word: &str| bench.client.features().is_some_and(|features| features.site(word));
    if ["MKDIR", "RMDIR", "SYMLINK"].iter().any(|word| !site(word)) {
        bench.site.cannot("SITE MKDIR, RMDIR, SYMLINK");
        assert_eq!(refused(bench.client.symlink("a", "b").unwrap_err()).0, Verb::Site);
        assert_eq!(refused(bench.client.remove_dir_all("a").unwrap_err()), (Verb::Rmda, 500));
        return bench.goes_on();
    }
    let Bench { client, directory, .. } = &mut bench;
    client.command("SITE MKDIR a/b c/d").unwrap();
    client.upload("a/b c/d/file", &mut Source::bytes(b"x")).unwrap();
    client.symlink("a", "link").unwrap();
    // ProFTPD makes it lead there from the root.
    assert!(fs::read_link(directory.path.join("link")).unwrap().ends_with("a"));
    client.remove_dir_all("a").unwrap();
    assert!(!directory.has("a"));
    assert!(client.remove_dir_all("a").is_err());
    bench.goes_on();
}
on_every_server!(trees_and_links_by_site where |site| site.is_plainest());

fn facts_are_chosen<S: Subject>(mut bench: Bench<S>) {
    if !has(&bench, "MLST") {
        assert_eq!(refused(bench.client.choose_facts(&["type"]).unwrap_err()).0, Verb::Opts);
        return bench.goes_on();
    }
    bench.directory.write("a", b"x");
    fs::set_permissions(bench.directory.path.join("a"), Permissions::from_mode(0o644)).unwrap();
    let told = bench.client.choose_facts(&["type", "size"]).unwrap();
    assert!(told.iter().any(|fact| fact == "size"), "{told:?}");
    let entry = bench.client.metadata("a").unwrap();
    assert_eq!((entry.kind, entry.size), (Kind::File, Some(1)));
    // Pure-FTPd takes no heed.
    if bench.site.is("pure-ftpd") {
        bench.site.cannot("OPTS MLST: it tells all facts all the same");
    } else {
        assert_eq!((told, entry.modified), (vec!["type".to_string(), "size".into()], None));
    }
    bench.goes_on();
}
on_every_server!(facts_are_chosen where |site| site.is_plainest());

fn a_program_says_its_name_and_a_host_its_own<S: Subject>(mut bench: Bench<S>) {
    if has(&bench, "CLNT") {
        bench.client.identify("ftps-tests/1").unwrap();
    }
    if has(&bench, "HOST") {
        // ProFTPD takes HOST only where TLS has named a host.
        let settings = bench.site.builder::<S>().server_name("localhost");
        S::connect(&settings.clone().virtual_host("127.0.0.1").client_name("ftps-tests/1")).unwrap();
        let Err(error) = S::connect(&settings.virtual_host("elsewhere.example")) else { panic!("let in") };
        assert_eq!(refused(error), (Verb::Host, 504));
    }
    bench.goes_on();
}
on_every_server!(a_program_says_its_name_and_a_host_its_own where |site| site.is_plainest());

/// So that the table of commands tells what was seen.
fn what_servers_refuse<S: Subject>(mut bench: Bench<S>) {
    let Bench { site, client, .. } = &mut bench;
    let account = client.account("0815");
    match site.is("pure-ftpd") {
        true => account.unwrap(),
        false => {
            let code = if site.is("pyftpdlib") { 500 } else { 502 };
            assert_eq!(refused(account.unwrap_err()), (Verb::Acct, code));
        }
    }
    let refusals = [
        client.available("").map(drop).unwrap_err(),
        client.set_language("en").unwrap_err(),
        client.set_created("a", time()).unwrap_err(),
        client.command("MMD5 a").map(drop).unwrap_err(),
        client.command("RMDA a").map(drop).unwrap_err(),
    ];
    let refused = refusals.map(refused);
    assert_eq!(refused, [Verb::Avbl, Verb::Lang, Verb::Mfct, Verb::Mmd5, Verb::Rmda].map(|verb| (verb, 500)));
    if site.is("proftpd") {
        client.command("CSID Name=ftps; Version=1;").unwrap();
        assert_eq!(super::refused(client.command("SMNT a").map(drop).unwrap_err()), (Verb::Smnt, 502));
    }
    bench.goes_on();
}
on_every_server!(what_servers_refuse where |site| site.is_plainest());

fn what_will_use_a_data_connection_is_told<S: Subject>(mut bench: Bench<S>) {
    if !has(&bench, "PRET") {
        return bench.goes_on();
    }
    let mut client = S::connect(&bench.site.builder::<S>().quirk(Quirk::WantsPret, true)).unwrap();
    client.set_current_dir(&bench.directory.name).unwrap();
    client.expect_more(true);
    let file = bytes(9, 100_000);
    for name in ["a", "b c"] {
        client.upload(name, &mut Source::bytes(file.as_slice())).unwrap();
        assert!(client.download_to(name).unwrap().0 == file);
    }
    assert_eq!(client.list("").unwrap().len(), 2);
    assert_eq!(client.names("").unwrap().len(), 2);
    assert_eq!(refused(client.download_to("none").map(drop).unwrap_err()), (Verb::Pret, 550));
    assert_eq!(client.size("a").unwrap(), 100_000);
    client.quit().unwrap();
    bench.goes_on();
}
on_every_server!(what_will_use_a_data_connection_is_told where |site| site.is_plainest());

fn the_same_user_logs_in_again<S: Subject>(mut bench: Bench<S>) {
    let again = bench.client.reinitialize(&var("USER"), &var("PASSWORD"));
    if bench.site.is("pyftpdlib") {
        again.unwrap();
        bench.client.set_current_dir(&bench.directory.name).unwrap();
        bench.client.upload("a", &mut Source::bytes(b"x")).unwrap();
    } else {
        let (verb, code) = refused(again.unwrap_err());
        assert!(verb == Verb::Rein && matches!(code, 500 | 502), "{verb}: {code}");
        bench.site.cannot("REIN");
    }
    bench.goes_on();
}
on_every_server!(the_same_user_logs_in_again where |site| site.is_plainest());
