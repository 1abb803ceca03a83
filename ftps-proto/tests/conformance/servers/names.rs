//! Listings, and names that are not just letters.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use ftps_proto::codec::{Entry, Features, Kind};

use super::Bench;
use crate::on_every_server;
use crate::subject::{Reader, Source, Subject};

fn fetch<S: Subject>(bench: &mut Bench<S>, name: &[u8]) -> Vec<u8> {
    use std::io::Read;
    let mut file = Vec::new();
    let mut download = bench.client.download(name).unwrap();
    download.read_to_end(&mut file).unwrap();
    assert!(download.transferred().is_some());
    file
}

/// The entries by their names; every line must have been read.
fn list<S: Subject>(bench: &mut Bench<S>, path: &str) -> BTreeMap<String, Entry> {
    let listing = bench.client.list(path).unwrap();
    let count = listing.len();
    let named: BTreeMap<_, _> =
        listing.into_iter().map(|entry| (entry.name.to_str().expect("UTF-8").to_owned(), entry)).collect();
    assert_eq!(named.len(), count, "a name came twice");
    named
}

fn a_listing_has_every_entry_under_its_own_name<S: Subject>(mut bench: Bench<S>) {
    assert!(list(&mut bench, "").is_empty());
    let names = ["plain.txt", "two words", "  leading spaces", "-la", "Übergröße €.txt", "日本語", "a -> b"];
    for (len, name) in names.iter().enumerate() {
        bench.directory.write(name, vec![b'x'; len]);
    }
    fs::create_dir(bench.directory.path.join("sub directory")).unwrap();
    symlink("plain.txt", bench.directory.path.join("link")).unwrap();

    let mut entries = list(&mut bench, "");
    for (len, name) in names.iter().enumerate() {
        let entry = entries.remove(*name).unwrap_or_else(|| panic!("no {name:?}"));
        assert_eq!((entry.kind, entry.size), (Kind::File, Some(len as u64)), "{name:?}");
        assert!(entry.modified.is_some(), "{name:?}");
    }
    assert_eq!(entries.remove("sub directory").expect("the directory").kind, Kind::Directory);
    let link = entries.remove("link").expect("the link");
    if bench.site.is("pyftpdlib") {
        assert_eq!((link.kind, link.size), (Kind::File, Some(0)));
        bench
            .site
            .cannot("links in MLSD: it shows what they lead to, and leaves those out that lead nowhere");
    } else if bench.client.features().is_some_and(Features::mlst) {
        assert_eq!((link.kind, link.target), (Kind::Link, None));
        bench.site.cannot("where a link leads: MLSD does not say");
    } else {
        assert_eq!(link.kind, Kind::Link);
        assert_eq!(link.target.expect("a target").as_bytes(), b"plain.txt");
        bench.site.cannot("MLSD: it is listed by LIST");
    }
    assert!(entries.is_empty(), "{entries:?}");
    assert!(list(&mut bench, "sub directory").is_empty());
    bench.client.quit().unwrap();
}
on_every_server!(a_listing_has_every_entry_under_its_own_name);

fn every_name_can_be_used<S: Subject>(mut bench: Bench<S>) {
    let names: [&[u8]; 11] = [
        b"two words",
        b" leading space",
        b"trailing space ",
        b"-la",
        b".hidden",
        "Übergröße €.txt".as_bytes(),
        b"a -> b",
        b"%41\"'",
        // Not text. On a Telnet connection 0xFF is doubled.
        b"\xff",
        b"\xff\xff",
        b"a\xff\xfe\xfdb",
    ];
    for name in names {
        let shown = String::from_utf8_lossy(name);
        let local = bench.directory.path.join(OsStr::from_bytes(name));
        bench
            .client
            .upload(name, &mut Source::bytes(name))
            .unwrap_or_else(|error| panic!("{shown:?}: {error}"));
        let spaces = bench.site.is("pure-ftpd") && name.trim_ascii() != name;
        let bytes = bench.site.is("pyftpdlib") && std::str::from_utf8(name).is_err();
        if spaces || bytes {
            assert!(!local.exists(), "{shown:?} is stored under its name by now");
            bench.site.cannot(match spaces {
                true => "names with a space at either end: it stores them with _ there",
                false => "names that are not UTF-8: it stores them with U+FFFD for their bytes",
            });
            let stored = fs::read_dir(&bench.directory.path).unwrap().next().expect("the file").unwrap();
            fs::remove_file(stored.path()).unwrap();
            continue;
        }
        assert!(local.exists(), "{shown:?}: stored under another name");
        assert_eq!(bench.client.size(name).unwrap(), name.len() as u64, "{shown:?}");
        assert_eq!(fetch(&mut bench, name), name, "{shown:?}");
        let listing = bench.client.list("").unwrap();
        assert_eq!(listing.len(), 1, "{shown:?}: {listing:?}");
        assert_eq!(listing[0].name.as_bytes(), name);
        bench.client.rename(name, "other").unwrap();
        bench.client.rename("other", name).unwrap();
        bench.client.remove_file(name).unwrap();
        assert!(!local.exists(), "{shown:?}");
    }
    // LIST would take it for options.
    bench.client.create_dir("-la").unwrap();
    bench.client.upload("-la/inside", &mut Source::empty()).unwrap();
    let entries = list(&mut bench, "-la");
    assert_eq!(entries.keys().collect::<Vec<_>>(), ["inside"]);
    bench.client.quit().unwrap();
}
on_every_server!(every_name_can_be_used);
