//! Whole directories, there and back.

use std::path::Path;

use super::*;

/// Names that a shell, a server or a listing may stumble over; of those that none of the servers mangles.
const NAMES: [&str; 7] =
    ["plain", "with space", "-dash", "a -> b", "q'uo\"te", "\u{fc}ml\u{e4}ut", "*[star]?"];

/// A directory with those files, one below with the same, and an empty one.
fn plant(root: &Path) {
    for directory in ["sub dir/deeper", "empty"] {
        fs::create_dir_all(root.join(directory)).unwrap();
    }
    for (seed, name) in NAMES.iter().enumerate() {
        fs::write(root.join(name), bytes(seed as u64, 1000 * seed)).unwrap();
        fs::write(root.join("sub dir/deeper").join(name), bytes(seed as u64 + 100, 10)).unwrap();
    }
}

/// Every file with its content, and every directory, by their paths below the root.
fn harvest(root: &Path) -> Vec<(String, Option<Vec<u8>>)> {
    let mut found = Vec::new();
    let mut directories = vec![root.to_path_buf()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.push((name, path.is_file().then(|| fs::read(&path).unwrap())));
            if path.is_dir() {
                directories.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn a_directory_there_and_back() {
    for server in &servers() {
        let (there, back) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let name = unique("tree", server);
        let planted = there.path().join(&name);
        fs::create_dir(&planted).unwrap();
        plant(&planted);
        succeeds(server, &["put", "-r", planted.to_str().unwrap(), "SITE/"]);
        assert!(harvest(&home().join(&name)) == harvest(&planted), "{}", server.name);
        // What is there already is no obstacle.
        succeeds(server, &["put", "-r", planted.to_str().unwrap(), "SITE/"]);

        let into = back.path().to_str().unwrap();
        succeeds(server, &["get", "-r", &format!("SITE/{name}"), "-O", into]);
        assert!(harvest(&back.path().join(&name)) == harvest(&planted), "{}", server.name);

        let listed = succeeds(server, &["ls", "-R", "--json", &format!("SITE/{name}")]).stdout;
        let listed = String::from_utf8(listed).unwrap();
        let mut paths: Vec<_> = listed
            .lines()
            .map(|line| {
                serde_json::from_str::<serde_json::Value>(line).unwrap()["path"].as_str().unwrap().to_owned()
            })
            .collect();
        paths.sort();
        let expected = harvest(&planted).into_iter().map(|(path, _)| format!("{name}/{path}"));
        assert!(expected.eq(paths), "{}: {listed}", server.name);
        fs::remove_dir_all(home().join(&name)).unwrap();
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn directories_are_made_files_renamed_found_and_removed() {
    for server in &servers() {
        let name = unique("changed", server);
        let (root, local) = (home().join(&name), TempDir::new().unwrap());
        let file = local.path().join("a.csv");
        fs::write(&file, b"1").unwrap();
        let [file, into] = [file, local.path().into()].map(|path| path.to_str().unwrap().to_owned());
        succeeds(server, &["mkdir", "-p", &format!("SITE/{name}/x/y")]);
        succeeds(server, &["mkdir", "-p", &format!("SITE/{name}/x/y")]);
        succeeds(server, &["put", "--parents", &file, &format!("SITE/{name}/p/q/")]);
        succeeds(server, &["mv", &format!("SITE/{name}/p/q/a.csv"), &format!("SITE/{name}/x/y/b.csv")]);
        assert!(root.join("x/y/b.csv").is_file(), "{}", server.name);
        fs::write(root.join("x/y/c.txt"), b"2").unwrap();
        succeeds(server, &["get", &format!("SITE/{name}/x/y/*.csv"), "-O", &into]);
        assert!(local.path().join("b.csv").is_file() && !local.path().join("c.txt").exists());
        succeeds(server, &["rm", &format!("SITE/{name}/x/y/*.csv"), &format!("SITE/{name}/p/q/")]);
        assert!(root.join("x/y/c.txt").is_file() && !root.join("x/y/b.csv").exists());
        assert!(!root.join("p/q").exists(), "{}", server.name);
        fs::remove_dir_all(root).unwrap();
    }
}
