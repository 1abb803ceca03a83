//! The ways to the servers, and what some of them ask for.

use super::*;

/// The address of this name in a list of `.ci/servers env`.
fn address(list: &str, name: &str) -> String {
    let prefix = format!("{name}=");
    let list = var(list);
    list.split_whitespace().find_map(|entry| entry.strip_prefix(&prefix)).unwrap().to_owned()
}

fn variant(name: &str) -> Server {
    let address = address("VARIANTS", name);
    let (host, port) = address.rsplit_once(':').unwrap();
    Server { name: name.into(), host: host.into(), port: port.parse().unwrap() }
}

/// A file goes there and back.
fn round_trip(server: &Server, options: &[&str]) {
    let dir = TempDir::new().unwrap();
    let [local, back] = ["file", "back"].map(|name| dir.path().join(name).to_str().unwrap().to_owned());
    let name = unique("reach", server);
    fs::write(&local, bytes(9, 300_000)).unwrap();
    let url = format!("SITE/{name}");
    succeeds(server, &[&["put", &local, &url], options].concat());
    succeeds(server, &[&["get", &url, "-o", &back], options].concat());
    assert!(fs::read(&back).unwrap() == bytes(9, 300_000), "{options:?}");
    succeeds(server, &[&["rm", &url], options].concat());
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn files_go_through_every_proxy() {
    let [user, password] = ["USER", "PASSWORD"].map(var);
    for server in explicit() {
        for name in ["socks5", "http"] {
            round_trip(&server, &["--proxy", &format!("{name}://{}", address("PROXIES", name))]);
            let address = address("PROXIES", &format!("{name}-login"));
            round_trip(&server, &["--proxy", &format!("{name}://{user}:{password}@{address}")]);
        }
    }
}

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn servers_that_ask_for_more() {
    let certificate = format!("{}/client-pkcs1.pem", var("CERTIFICATES"));
    round_trip(&variant("proftpd-client-auth"), &["--cert", &certificate]);
    round_trip(&variant("proftpd-clear-data"), &["--protection", "clear"]);
    for name in ["proftpd-ipv6", "vsftpd-ipv6"] {
        round_trip(&variant(name), &[]);
        round_trip(&variant(name), &["--active"]);
        round_trip(&variant(name), &["--bind", "::1", "--require-resumption"]);
    }
    let refused = ftps(&variant("proftpd-expired"), &["ls", "SITE"]).output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(3) && said.contains("certificate expired on "), "{said}");
}
