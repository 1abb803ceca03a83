//! Batch jobs of single files.

use super::*;

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn two_hundred_runs_of_one_file_each() {
    for server in explicit().iter().filter(|server| server.name == "vsftpd") {
        let dir = TempDir::new().unwrap();
        let local = dir.path().join("file");
        for run in 0..200 {
            let name = format!("run-{run}-{}", unique("program", server));
            fs::write(&local, bytes(run, MIB)).unwrap();
            succeeds(server, &["put", local.to_str().unwrap(), &format!("SITE/{name}")]);
            let stored = home().join(&name);
            assert_eq!(fs::metadata(&stored).unwrap().len(), MIB as u64, "{run}");
            assert!(fs::read(&stored).unwrap() == bytes(run, MIB), "{run}");
            fs::remove_file(stored).unwrap();
        }
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn several_files_there_listed_and_back() {
    for server in &servers() {
        let (there, back) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let names: Vec<_> = (0..3).map(|n| format!("{n} of {}", unique("several", server))).collect();
        let mut put = vec!["put".to_owned()];
        for (seed, name) in names.iter().enumerate() {
            let local = there.path().join(name);
            fs::write(&local, bytes(seed as u64, 100_000 * seed)).unwrap();
            put.push(local.to_str().unwrap().into());
        }
        put.push("SITE/".into());
        succeeds(server, &put.iter().map(String::as_str).collect::<Vec<_>>());

        let listed = String::from_utf8(succeeds(server, &["ls", "--json", "SITE"]).stdout).unwrap();
        let sizes = names.iter().map(|name| {
            let mut objects =
                listed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            objects.find(|object| object["name"] == **name).map(|object| object["size"].clone())
        });
        assert!(sizes.eq([0, 100_000, 200_000].map(|size| Some(size.into()))), "{}", server.name);

        let urls: Vec<_> = names.iter().map(|name| format!("SITE/{}", name.replace(' ', "%20"))).collect();
        let mut get = vec!["get", "--json", "-O", back.path().to_str().unwrap()];
        get.extend(urls.iter().map(String::as_str));
        let output = succeeds(server, &get);
        assert_eq!(output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).count(), 3);
        for (seed, name) in names.iter().enumerate() {
            assert!(fs::read(back.path().join(name)).unwrap() == bytes(seed as u64, 100_000 * seed));
            fs::remove_file(home().join(name)).unwrap();
        }
    }
}
