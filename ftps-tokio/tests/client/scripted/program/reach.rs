//! The way to the server.

use std::net::TcpListener;

use super::*;

/// A port that nobody listens at.
fn closed() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_server_is_told_where_to_come() {
    let bench = Bench::new(files());
    bench
        .run(&["get", "SITE/a", "--active=45100-45199", "--external-address", "192.0.2.7"])
        .is(1, "the server refused PORT: 502");
    let told = bench.heard("EPRT");
    assert!(told[0].starts_with("EPRT |1|192.0.2.7|451") && told[0].len() == 24, "{told:?}");
    bench.run(&["get", "SITE/a", "--active"]).is(1, "PORT");
    assert!(bench.heard("EPRT")[1].starts_with("EPRT |1|127.0.0.1|"), "{:?}", bench.heard("EPRT"));
    for (ports, says) in [("0", "a port, or two"), ("9-8", "a port, or two"), ("x", "a port, or two")] {
        bench.run(&["get", "SITE/a", &format!("--active={ports}")]).is(2, says);
    }
    bench.run(&["get", "SITE/a", "--external-address", "192.0.2.7"]).is(2, "--active");
}

#[test]
fn data_goes_in_clear_where_that_was_asked_for() {
    let clear = ["150 here".into(), Act::Accept, Act::Send(FILE.into()), Act::Cut, "226 done".into()];
    let bench = Bench::new(files().instead("RETR", clear));
    bench.run(&["get", "SITE/a", "--protection", "clear"]).is(0, "");
    assert_eq!((bench.read("a"), bench.heard("PROT")), (FILE.to_vec(), vec!["PROT C".to_owned()]));
    // Never otherwise.
    bench.run(&["get", "SITE/b"]).is(1, "");
    assert_eq!((bench.left(), &*bench.heard("PROT")[1]), (vec!["a".to_owned()], "PROT P"));
    bench.run(&["get", "SITE/a", "--protection", "none"]).is(2, "private, clear");
}

#[test]
fn the_control_connection_stays_secured_where_the_server_has_it_so() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/a", "--clear-control", "--require-resumption"]).is(0, "");
    assert_eq!(bench.heard("CCC").len(), 1);
    assert_eq!(bench.read("a"), FILE);
}

#[test]
fn a_proxy_that_cannot_be_used_is_named_without_its_password() {
    let bench = Bench::new(files());
    let port = closed();
    for scheme in ["socks5", "http"] {
        let url = format!("{scheme}://user:hidden@127.0.0.1:{port}");
        let outcome = bench.run(&["get", "SITE/a", "--proxy", &url]);
        outcome.is(3, &format!("the proxy {scheme}://127.0.0.1:{port} is not reached: "));
        assert!(!outcome.err.contains("hidden"), "{outcome:?}");
    }
    for (url, says) in [
        ("socks4://user:hidden@h", "--proxy: socks4: is not one of socks5: and http:"),
        ("h:1080", "--proxy: a proxy begins with"),
        ("http://user:hidden@h:port", "--proxy: the port"),
    ] {
        let outcome = bench.run(&["get", "SITE/a", "--proxy", url]);
        outcome.is(2, says);
        assert!(!outcome.err.contains("hidden"), "{outcome:?}");
    }
    bench
        .run(&["get", "SITE/a", "--active", "--proxy", "http://h"])
        .is(2, "the server cannot come through a proxy");
    assert!(bench.server.heard().is_empty());
}

#[test]
fn connections_leave_from_where_they_are_told_to() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/a", "--bind", "127.0.0.1"]).is(0, "");
    bench.run(&["get", "SITE/a", "--bind", "::1"]).is(3, "connections are to leave from ::1");
    bench.run(&["get", "SITE/a", "--bind", "192.0.2.1"]).is(3, "127.0.0.1:");
    #[cfg(target_os = "linux")]
    bench.run(&["get", "SITE/a", "--bind", "none0"]).is(3, "No such device");
}

#[test]
fn name_and_password_come_from_netrc() {
    let bench = Bench::new(files().instead("PASS", ["332 account"]).on("ACCT", ["230 in"]));
    bench.write("rc", b"machine 127.0.0.1 login anna password \"p w\" account dept\nmachine 127.0.0.1 login user password x account y");
    let alone = |arguments: &[&str]| {
        let site = format!("127.0.0.1:{}", bench.server.addr.port());
        let arguments = arguments.iter().map(|argument| argument.replace("SITE", &site));
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
        let command = command.args(arguments).args(["--ca-file", "../ca.pem"]).current_dir(bench.work());
        Outcome::of(command.stdin(Stdio::null()).env("NETRC", "rc").output().unwrap())
    };
    alone(&["get", "SITE/a", "--netrc=rc"]).is(0, "");
    alone(&["get", "SITE/a", "--netrc"]).is(0, "");
    alone(&["get", "user@SITE/a", "--netrc"]).is(0, "");
    alone(&["get", "user:own@SITE/a", "--netrc"]).is(0, "");
    alone(&["get", "SITE/a", "--netrc", "--user", "user", "--account", "mine"]).is(0, "");
    assert_eq!(bench.heard("USER"), ["USER anna", "USER anna", "USER user", "USER user", "USER user"]);
    assert_eq!(bench.heard("PASS"), ["PASS p w", "PASS p w", "PASS x", "PASS own", "PASS x"]);
    assert_eq!(bench.heard("ACCT"), ["ACCT dept", "ACCT dept", "ACCT y", "ACCT y", "ACCT mine"]);
    bench.write("rc", b"machine 127.0.0.1\nlogin");
    alone(&["get", "SITE/a", "--netrc"]).is(2, "rc: line 2 cannot be read");
    alone(&["get", "SITE/a", "--netrc=absent"]).is(2, "absent: No such file");
}

#[test]
fn another_command_stands_in_for_the_name() {
    let bench = Bench::new(files().instead("USER", ["530 no"]).on("XKNOW", ["232 known"]));
    bench.run(&["get", "SITE/a"]).is(4, "530 no");
    bench.run(&["get", "SITE/a", "--alternative-to-user", "XKNOW me"]).is(0, "");
    assert!(bench.heard("PASS").is_empty());
    bench.run(&["get", "SITE/a", "--alternative-to-user", "RETR x"]).is(2, "RETR");
    bench.run(&["get", "SITE/a", "--alternative-to-user", "2"]).is(2, "--alternative-to-user: ");
}

#[test]
fn a_url_says_what_it_leads_to() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/%2Fdir/a;type=i"]).is(0, "");
    assert_eq!(bench.heard("RETR"), ["RETR /dir/a"]);
    bench.run(&["get", "SITE/a;type=a"]).is(0, "");
    assert!(bench.heard("TYPE").contains(&"TYPE A".to_owned()));
    bench.run(&["put", "a", "SITE/in;type=d"]).is(0, "");
    assert_eq!(bench.heard("STOR"), ["STOR in/a"]);
}
