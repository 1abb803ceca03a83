//! The record of what was done on real servers, and what servers tell of a file.

use serde_json::{Value, json};

use super::*;

fn lines(bytes: &[u8]) -> Vec<Value> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn what_was_done_is_recorded() {
    for server in &servers() {
        let dir = TempDir::new().unwrap();
        let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let (local, ledger) = (path("local"), path("audit.jsonl"));
        fs::write(&local, bytes(3, 100_000)).unwrap();
        let name = unique("audit", server);
        let (first, second) = (format!("SITE/{name}"), format!("SITE/{name}-renamed"));
        let audited = |arguments: &[&str]| [arguments, &["--audit", &ledger]].concat().join("\0");
        for arguments in [
            audited(&["put", &local, &first]),
            audited(&["mv", &first, &second]),
            audited(&["get", &second, "-o", &path("back")]),
            audited(&["rm", &second]),
        ] {
            succeeds(server, &arguments.split('\0').collect::<Vec<_>>());
        }
        let missing = audited(&["get", &second, "-o", &path("none")]);
        let missing = ftps(server, &missing.split('\0').collect::<Vec<_>>()).output().unwrap();
        assert_eq!(missing.status.code(), Some(1), "{}", server.name);

        let records = lines(&fs::read(&ledger).unwrap());
        let of = |act: &str| records.iter().filter(|record| record["act"] == act).collect::<Vec<_>>();
        assert!(records.iter().all(|record| record["certificate"] == records[0]["certificate"]));
        assert_eq!((of("login").len(), records.len()), (5, 10), "{}", server.name);
        let [upload, rename, delete] = ["upload", "rename", "delete"].map(|act| of(act)[0]);
        let download = of("download");
        assert_eq!((&upload["bytes"], &upload["outcome"]), (&json!(100_000), &json!("done")));
        assert_eq!(
            (&upload["sha256"], upload["sha256"].as_str().unwrap().len()),
            (&download[0]["sha256"], 64)
        );
        assert_eq!(rename["to"], json!(format!("{name}-renamed")));
        assert_eq!(delete["outcome"], "done");
        assert_eq!((&download[0]["outcome"], &download[1]["outcome"]), (&json!("done"), &json!("failed")));
        assert_eq!(download[1]["reply"]["code"], 550, "{}", server.name);
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn what_servers_tell_of_a_file() {
    for server in &servers() {
        let name = unique("told", server);
        let stored = home().join(&name);
        fs::write(&stored, bytes(4, 12_345)).unwrap();
        let url = format!("SITE/{name}");
        let told = lines(&succeeds(server, &["stat", &url, "--json"]).stdout);
        assert_eq!((&told[0]["size"], &told[0]["path"]), (&json!(12_345), &json!(name)), "{}", server.name);
        let raw = succeeds(server, &["raw", "SITE", "SYST", "--json"]);
        assert_eq!(lines(&raw.stdout)[0]["code"], 215, "{}", server.name);
        if server.name.starts_with("proftpd") {
            let sum = Command::new("sha256sum").arg(&stored).output().unwrap().stdout;
            let told = succeeds(server, &["hash", &url]).stdout;
            assert_eq!(told[..64], sum[..64]);
        }
        fs::remove_file(stored).unwrap();
    }
}
