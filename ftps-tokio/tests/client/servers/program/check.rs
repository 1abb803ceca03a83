//! The page about a server.

use super::*;

#[test]
#[ignore = "needs real servers: bash .ci/test"]
fn every_server_is_well() {
    for server in &servers() {
        let page = succeeds(server, &["check", "SITE", "--json"]).stdout;
        let page: serde_json::Value = serde_json::from_slice(&page).unwrap();
        assert_eq!(page["tls"]["version"], "1.3", "{}", server.name);
        assert_eq!(page["certificate"]["verified"], true);
        assert_eq!(page["listing"]["command"], "EPSV");
        // Pure-FTPd gives no tickets under TLS 1.3.
        assert_eq!(page["listing"]["resumed"], server.name != "pure-ftpd", "{}", server.name);
        assert!(page["round_trip"].as_f64().unwrap() > 0.0);
        // What it shows for --pin is enough.
        let pin = page["certificate"]["certificate_pin"].as_str().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
        let scheme = if server.is_implicit() { "ftps" } else { "ftpes" };
        let url = format!("{scheme}://{}:{}", server.host, server.port);
        command.args(["check", &url, "--pin", pin]);
        assert!(command.output().unwrap().status.success(), "{}", server.name);
    }
}
