//! Names that are difficult to list, made in the file system itself, which says what the listing has to be.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ftps_proto::ListCommand;
use ftps_proto::codec::{Entry, Features, Kind, Precision};
use ftps_proto::ops::{WalkOrder, Walked};

use super::{Bench, Site};
use crate::on_every_server;
use crate::subject::Subject;

const FILES: [&[u8]; 17] = [
    b" a space at both ends ",
    b"  two before",
    b"\"quotes\"",
    b"it's",
    b"a -> b",
    b" -> ",
    b"new\nline",
    b"an end\n",
    b"tab\there",
    b"carriage\rreturn",
    b"escape\x1b[2J",
    b"\xff\xfe",
    b"-la",
    b".hidden",
    &[b'n'; 255],
    b"*?[{a,b}",
    b"back\\slash",
];
const DIRECTORIES: [&[u8]; 8] =
    [b" dir ", b"-R", b"a -> d", b"*?[d", b"{x,y}", b"back\\dir", b".dot", b"d\xff"];

/// What is in the file system, or in a listing of it. A size is told of files, and a target of links.
#[derive(Debug, PartialEq)]
struct Thing {
    kind: Kind,
    size: Option<u64>,
    modified: u64,
    target: Option<Vec<u8>>,
}

type Tree = BTreeMap<Vec<u8>, Thing>;

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}

fn make(root: &Path) {
    let file = |path: &Path, number: u64| {
        let file = File::create(path).unwrap();
        file.set_len(1000 + number).unwrap();
        // Times with a year, and without one, as LIST has them.
        let time = match number % 2 {
            0 => UNIX_EPOCH + Duration::from_secs(1_000_000_000 + number * 100_001),
            _ => SystemTime::now() - Duration::from_secs(86_400 * 3 + number * 61),
        };
        file.set_modified(time).unwrap();
    };
    for (number, name) in (0..).zip(FILES) {
        file(&root.join(OsStr::from_bytes(name)), number);
    }
    for name in DIRECTORIES {
        let directory = root.join(OsStr::from_bytes(name));
        fs::create_dir(&directory).unwrap();
        file(&directory.join("in -> it"), 100);
        symlink("in -> it", directory.join("link -> there")).unwrap();
        symlink("nowhere at all", directory.join("broken")).unwrap();
    }
}

/// What the file system says.
fn truth(root: &Path, directory: &[u8], tree: &mut Tree) {
    for entry in fs::read_dir(root.join(OsStr::from_bytes(directory))).unwrap() {
        let entry = entry.unwrap();
        let (path, meta) = (join(directory, entry.file_name().as_bytes()), entry.metadata().unwrap());
        let kind = match meta.file_type() {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Directory,
            _ => Kind::File,
        };
        let thing = Thing {
            kind,
            size: (kind == Kind::File).then_some(meta.len()),
            modified: meta.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs(),
            target: fs::read_link(entry.path())
                .ok()
                .map(|target| target.into_os_string().as_bytes().to_vec()),
        };
        if kind == Kind::Directory {
            truth(root, &path, tree);
        }
        tree.insert(path, thing);
    }
}

/// What an entry says, if that is the truth; times as far as their precision goes.
fn thing(entry: &Entry, truth: Option<&Thing>) -> Thing {
    let time = entry.modified.unwrap();
    let modified = u64::try_from(time.to_unix().unwrap()).unwrap();
    let within = match time.precision() {
        Precision::Day => 86_400,
        Precision::Minute => 60,
        _ => 1,
    };
    let modified = match truth {
        Some(truth) if truth.modified / within * within == modified => truth.modified,
        _ => modified,
    };
    Thing {
        kind: entry.kind,
        size: entry.exact_size().filter(|_| entry.kind == Kind::File),
        modified,
        target: entry.target.as_ref().map(|target| target.as_bytes().to_vec()),
    }
}

/// The truth as a server tells it by MLSD (`facts`) or by LIST with or without `-a`, and which directories it does not let
/// be listed.
fn told(site: &Site, facts: bool, all: bool, root: &Path, tree: Tree) -> (Tree, Vec<Vec<u8>>) {
    let is_hidden = |path: &[u8]| path.split(|&byte| byte == b'/').any(|name| name.starts_with(b"."));
    let mut told = Tree::new();
    let mut locked = Vec::new();
    for (path, mut thing) in tree {
        let is_text = std::str::from_utf8(&path).is_ok();
        if site.is("pure-ftpd") && path.iter().any(u8::is_ascii_control) {
            site.cannot("names with control characters: it leaves them out of listings");
            continue;
        }
        if site.is("pure-ftpd") && !facts && path.starts_with(b"back\\dir") {
            site.cannot(
                "a directory with a backslash in its name, by LIST: it lists nothing, and refuses CWD",
            );
            if path.contains(&b'/') {
                continue;
            }
            // Without `-a`, which shows the directory itself, this is not to be known.
            locked.extend(all.then(|| path.clone()));
        }
        if !(facts || all || site.is("pyftpdlib")) && is_hidden(&path) {
            site.cannot("names that begin with a dot in LIST without -a: it leaves them out");
            continue;
        }
        if site.is("proftpd") && facts && fs::metadata(root.join(OsStr::from_bytes(&path))).is_err() {
            site.cannot("links that lead nowhere in MLSD: it leaves them out");
            continue;
        }
        if site.is("pyftpdlib") && facts && thing.kind == Kind::Link {
            site.cannot("links in MLSD: it shows what they lead to, and leaves those out that lead nowhere");
            let Ok(meta) = fs::metadata(root.join(OsStr::from_bytes(&path))) else { continue };
            let modified = meta.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs();
            thing = Thing { kind: Kind::File, size: Some(meta.len()), modified, target: None };
        } else if facts && thing.target.take().is_some() {
            site.cannot("where a link leads: MLSD does not say");
        }
        if site.is("pyftpdlib") && !is_text {
            site.cannot(
                "names that are not UTF-8: it puts ? for their bytes, and does not know them by that",
            );
            let shown = String::from_utf8_lossy(&path).replace('\u{fffd}', "?").into_bytes();
            match thing.kind {
                Kind::Directory => locked.push(shown.clone()),
                _ if path.contains(&b'/') => continue,
                _ => {}
            }
            told.insert(shown, thing);
            continue;
        }
        told.insert(path, thing);
    }
    (told, locked)
}

fn a_tree_of_difficult_names_is_what_the_file_system_says<S: Subject>(bench: Bench<S>) {
    let root = &bench.directory.path;
    make(root);
    let base = [bench.directory.name.as_bytes(), b"/"].concat();
    for command in [ListCommand::Best, ListCommand::List, ListCommand::ListAll] {
        let mut client = S::connect(&bench.site.builder::<S>().list_command(command)).unwrap();
        let facts = command == ListCommand::Best && client.features().is_some_and(Features::mlst);
        let mut tree = Tree::new();
        truth(root, b"", &mut tree);
        let (expected, mut locked) = told(&bench.site, facts, command != ListCommand::List, root, tree);
        let (mut found, mut failed) = (Tree::new(), Vec::new());
        for walked in client.walk(&bench.directory.name, WalkOrder::DepthFirst, None).unwrap() {
            match walked.unwrap() {
                Walked::Entry { path, entry, .. } => {
                    let path = path.as_bytes().strip_prefix(&base[..]).unwrap().to_vec();
                    let thing = thing(&entry, expected.get(&path));
                    assert_eq!(found.insert(path, thing), None, "{entry:?} came twice");
                }
                Walked::Failed { directory, .. } => failed.push(directory[base.len()..].to_vec()),
                walked => panic!("{command:?}: {walked:?}"),
            }
        }
        for (path, thing) in &expected {
            assert_eq!(found.get(path), Some(thing), "{command:?} {:?}", String::from_utf8_lossy(path));
        }
        found.retain(|path, _| !expected.contains_key(path));
        assert!(found.is_empty(), "{command:?}: {found:?}");
        failed.sort();
        locked.sort();
        assert_eq!(failed, locked, "{command:?}");
        client.quit().unwrap();
    }
}
on_every_server!(a_tree_of_difficult_names_is_what_the_file_system_says where |site| site.is_plainest());
