//! `ftps check`.

use super::*;
use crate::scripted::certificate::Certificate;

/// The line of the page about this.
#[track_caller]
fn line<'a>(output: &'a Outcome, check: &str) -> &'a str {
    let about = |line: &&str| line.get(7..).is_some_and(|rest| rest.starts_with(check));
    output.out.lines().find(about).unwrap_or_else(|| panic!("{check}: {output:?}"))
}

#[test]
fn a_server_that_is_well() {
    let bench = Bench::new(files().on("MLSD", mlsd(&["type=file; a", "type=file; b"])));
    let output = bench.run(&["check", "SITE/dir"]);
    output.is(0, "");
    assert_eq!(line(&output, "address"), format!("ok     address      {}", bench.server.addr));
    assert_eq!(line(&output, "greeting"), "ok     greeting     220 ready");
    assert!(line(&output, "tls").starts_with("ok     tls          TLS 1.3, TLS_"), "{output:?}");
    assert!(line(&output, "certificate").contains("for localhost, 127.0.0.1; issued by CN=Authority of"));
    assert!(line(&output, "key pin").contains("sha256//"));
    assert_eq!(line(&output, "trust"), "ok     trust        verified, by the certificates in --ca-file");
    assert!(line(&output, "login").starts_with("ok     login        as user"));
    assert_eq!(line(&output, "features"), "ok     features     MLST, UTF8");
    assert!(line(&output, "listing").contains("2 entries"));
    assert_eq!(line(&output, "data"), "ok     data         by EPSV");
    assert!(line(&output, "resumption").starts_with("ok "));
    assert!(line(&output, "round trip").ends_with(" ms"));
    assert_eq!(bench.heard("MLSD"), ["MLSD dir"]);

    let objects = bench.run(&["check", "SITE/dir", "--json"]).json();
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["tls"]["version"], "1.3");
    assert_eq!(objects[0]["certificate"]["verified"], true);
    assert_eq!(objects[0]["listing"]["command"], "EPSV");
    assert_eq!(objects[0]["checks"][0]["state"], "ok");
    assert_eq!(objects[0].get("error"), None);
    // The pin that it shows is one that is enough.
    let pin = objects[0]["certificate"]["key_pin"].as_str().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
    command.args(["get", &format!("{}/a", bench.server.addr), "--pin", pin]).current_dir(bench.work());
    Outcome::of(command.output().unwrap()).is(0, "");
}

#[test]
fn a_certificate_that_is_not_trusted_is_shown_and_nothing_is_sent() {
    for certificate in [Certificate::WrongName, Certificate::Expired] {
        let bench = Bench::with(Server::with_certificate(files(), certificate));
        let output = bench.run(&["check", "SITE"]);
        output.is(3, "");
        assert!(line(&output, "tls").starts_with("ok     tls          TLS 1.3, TLS_"), "{output:?}");
        assert!(line(&output, "certificate").starts_with("note   "), "{output:?}");
        assert!(line(&output, "key pin").contains("sha256//"));
        assert!(line(&output, "trust").starts_with("FAILED "), "{output:?}");
        assert!(output.out.contains("to trust it:"), "{output:?}");
        let log = bench.server.wait(|log| log.left == 1);
        assert_eq!(log.heard, ["AUTH TLS"]);
        let objects = bench.run(&["check", "SITE", "--json"]).json();
        assert_eq!(objects[0]["error"]["kind"], "certificate");
        assert_eq!(objects[0]["certificate"]["verified"], false);
    }
}

#[test]
fn without_a_name_there_is_no_login() {
    let bench = Bench::new(files());
    let site = bench.server.addr.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
    command.args(["check", &site, "--ca-file", "../ca.pem"]).current_dir(bench.work());
    let output = Outcome::of(command.output().unwrap());
    output.is(0, "");
    assert!(line(&output, "login").starts_with("note   login        not tried"));
    assert_eq!(bench.server.wait(|log| log.left == 1).heard, ["AUTH TLS"]);
}

#[test]
fn what_is_wrong_comes_with_what_to_do() {
    for (peer, status, check, advice) in [
        (files().instead("AUTH TLS", ["500 what?"]), 3, "tls", "has to be set up for TLS"),
        (Peer::new(["SSH-2.0-OpenSSH_9.2"]), 3, "greeting", "is it an FTP server?"),
        (files().instead("PASS", ["530 no"]), 4, "login", "530 no"),
        (files().on("MLSD", ["550 none"]), 1, "listing", "550 none"),
        (files().on("MLSD", mlsd(&["nonsense"])), 1, "listing", "cannot be read"),
    ] {
        let bench = Bench::new(peer);
        let output = bench.run(&["check", "SITE"]);
        output.is(status, "");
        let page = output.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(&format!("FAILED {check}")) && page.contains(advice), "{output:?}");
    }
    let bench = Bench::new(files());
    let output = bench.run(&["check", "ftps://SITE"]);
    output.is(3, "");
    assert!(output.out.contains("ftpes://127.0.0.1:"), "{output:?}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = bench.run(&["check", &format!("127.0.0.1:{port}")]);
    output.is(3, "");
    assert!(line(&output, "address").starts_with("FAILED "), "{output:?}");
}

#[test]
fn what_could_be_better_is_noted() {
    let peer = files()
        .instead("FEAT", ["211-Features", " UTF8", "211 End"])
        .instead("EPSV", ["500 what?"])
        .on("LIST", sends(""));
    let output = Bench::new(peer).run(&["check", "SITE"]);
    output.is(0, "");
    assert!(output.out.contains("note   features     no MLST"), "{output:?}");
    assert!(line(&output, "data").starts_with("note   data         by PASV"), "{output:?}");
}
