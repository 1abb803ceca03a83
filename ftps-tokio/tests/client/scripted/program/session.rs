//! Sessions: whom they trust, who logs in, and what becomes of them.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use super::*;
use crate::scripted::certificate::Certificate;
use crate::scripted::server::Ending;

#[test]
fn one_failed_file_does_not_stop_the_others() {
    let bench = Bench::new(files());
    bench
        .run(&["get", "SITE/missing", "SITE/cut", "SITE/a", "SITE/missing", "SITE/b"])
        .is(1, "550 no such file");
    assert_eq!(bench.left(), ["a", "b"]);
    assert_eq!(bench.heard("USER").len(), 1, "over one session");

    bench.run(&["put", "a", "absent", "b", "SITE/denied/"]).is(1, "553 not you");
    bench.run(&["put", "a", "absent", "b", "SITE/in/"]).is(1, "absent");
    let stored = bench.server.log().uploads;
    assert_eq!(stored, [(FILE.to_vec(), Ending::Clean), (FILE.to_vec(), Ending::Clean)]);
    assert_eq!(bench.heard("STOR in"), ["STOR in/a", "STOR in/b"]);
}

#[test]
fn a_lost_session_is_made_anew_for_the_files_that_are_left() {
    let bench = Bench::new(files().on("RETR fatal", ["421 going down".into(), Act::Leave]));
    bench.run(&["get", "SITE/fatal", "SITE/a"]).is(1, "421 going down");
    assert_eq!(bench.left(), ["a"]);
    assert_eq!(bench.heard("USER").len(), 2);
}

#[test]
fn a_server_that_does_not_take_leave_holds_nobody_up() {
    let bench = Bench::new(files().instead("QUIT", [Act::Await]));
    // A reply is worth an hour to the user, but not the one to QUIT: nothing else ends the wait for it.
    let mut program = Killed(bench.ftps(&["get", "SITE/a", "--timeout", "3600"]).spawn().unwrap());
    let log = bench.server.wait(|log| log.left == 1);
    assert_eq!(log.heard.last().unwrap(), "QUIT");
    assert!(program.0.wait().unwrap().success());
}

#[test]
fn files_of_two_servers_go_over_a_session_each() {
    let (bench, other) = (Bench::new(files()), Server::start(files()));
    fs::write(bench.dir.path().join("ca.pem"), [&*bench.server.ca_pem, &other.ca_pem].concat()).unwrap();
    let [a, b] = ["a", "b"].map(|name| format!("127.0.0.1:{}/{name}", other.addr.port()));
    bench.run(&["get", "SITE/x", &a, "SITE/y", &b]).is(0, "");
    assert_eq!(bench.left(), ["a", "b", "x", "y"]);
    for server in [&bench.server, &other] {
        assert_eq!(server.heard().iter().filter(|line| line.starts_with("USER")).count(), 1);
    }
}

#[test]
fn no_connection_and_no_tls_are_3() {
    let bench = Bench::new(files());
    fs::write(bench.dir.path().join("ca.pem"), Server::start(files()).ca_pem.clone()).unwrap();
    bench.run(&["ls", "SITE"]).is(3, "certificate");
    let bench = Bench::with(Server::with_certificate(files(), Certificate::WrongName));
    bench.run(&["get", "SITE/a", "SITE/b"]).is(3, "elsewhere.example");
    assert_eq!(bench.server.wait(|log| log.left > 0).left, 1, "one attempt for all files");
    bench.run(&["ls", "SITE", "--insecure"]).is(1, "502");
    Bench::new(Peer::polite().instead("AUTH TLS", ["500 what?"])).run(&["ls", "SITE"]).is(3, "AUTH");
    Bench::new(Peer::new(["SSH-2.0-OpenSSH_9.2"])).run(&["ls", "SITE"]).is(3, "SSH-2.0");

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    bench.run(&["ls", &format!("127.0.0.1:{port}")]).is(3, "refused");
}

#[test]
fn a_refused_certificate_says_how_to_trust_it() {
    let bench = Bench::with(Server::with_certificate(files(), Certificate::WrongName));
    let refused = bench.run(&["get", "SITE/a"]);
    refused.is(3, "is for elsewhere.example, not for 127.0.0.1");
    let (_, advice) = refused.err.split_once("; to trust it: --pin ").unwrap();
    let (pin, rest) = advice.split_once(' ').unwrap();
    assert_eq!(rest, "without --ca-file\n");
    // Both must hold.
    bench.run(&["get", "SITE/a", "--pin", pin]).is(3, "is for elsewhere.example");
    let alone = |pin: &str| {
        let site = format!("127.0.0.1:{}/a", bench.server.addr.port());
        let arguments = ["get", &site, "--user", "user", "--pin", pin];
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
        let command = command.args(arguments).env("FTPS_PASSWORD", "secret").current_dir(bench.work());
        Outcome::of(command.output().unwrap())
    };
    alone(pin).is(0, "");
    let other = "0".repeat(64);
    alone(&format!("{other};{pin}")).is(0, "");
    let refused = alone(&other);
    refused.is(3, "is not a pinned one");
    assert!(!refused.err.contains("to trust it"), "{refused:?}");
    alone("sha1//x").is(2, "--pin: \"sha1//x\" is not a pin");
}

#[test]
fn a_client_certificate_that_cannot_be_used_is_named_with_its_file() {
    let bench = Bench::new(files());
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    bench.write("cert.pem", certificate.as_bytes());
    bench.write("key.pem", key.serialize_pem().as_bytes());
    bench.write("both.pem", format!("{certificate}{}", key.serialize_pem()).as_bytes());
    bench.write("other.pem", rcgen::KeyPair::generate().unwrap().serialize_pem().as_bytes());
    for (arguments, says) in [
        (
            &["--cert", "cert.pem"][..],
            "cert.pem: the client key's PEM cannot be used: there is no private key in it",
        ),
        (
            &["--cert", "key.pem"],
            "key.pem: the client certificate's PEM cannot be used: there is no certificate in it",
        ),
        (&["--cert", "cert.pem", "--key", "other.pem"], "other.pem: the client key does not belong to"),
        (&["--cert", "none.pem"], "none.pem: No such file"),
        (&["--key", "key.pem"], "--cert"),
    ] {
        bench.run(&[&["get", "SITE/a"], arguments].concat()).is(2, says);
    }
    bench.run(&["get", "SITE/a", "--cert", "both.pem"]).is(0, "");
    bench.run(&["get", "SITE/b", "--cert", "cert.pem", "--key", "key.pem"]).is(0, "");
}

/// Turns the first connections away, and hands the others on to a server.
fn reluctant(turned_away: usize, to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    thread::spawn(move || {
        for (ours, before) in listener.incoming().zip(0..) {
            let mut ours = ours.unwrap();
            if before < turned_away {
                ours.write_all(b"421 Too many users\r\n").unwrap();
                continue;
            }
            let mut theirs = TcpStream::connect(to).unwrap();
            let (mut from, mut into) = (ours.try_clone().unwrap(), theirs.try_clone().unwrap());
            thread::spawn(move || io::copy(&mut from, &mut into));
            thread::spawn(move || io::copy(&mut theirs, &mut ours));
        }
    });
    at
}

#[test]
fn a_server_that_is_full_is_tried_again() {
    let bench = Bench::new(files());
    let url = format!("{}/a", reluctant(2, bench.server.addr));
    let patient = |tries| bench.run(&["get", &url, "--retries", tries, "--retry-pause", "1"]);
    patient("1").is(3, "421 Too many users; tried again in 0.0 s");
    patient("1").is(0, "");
    assert_eq!(bench.read("a"), FILE);
}

#[test]
fn a_login_that_was_refused_is_not_tried_again() {
    let bench = Bench::new(files().instead("PASS", ["430 wrong password"]));
    bench.run(&["get", "SITE/a", "--retries", "3", "--retry-pause", "1"]).is(4, "430 wrong password");
    assert_eq!(bench.heard("PASS").len(), 1);
}

#[test]
fn no_login_is_4() {
    let bench = Bench::new(files().instead("PASS", ["530 no"]));
    bench.run(&["get", "SITE/a", "SITE/b"]).is(4, "530 no");
    assert_eq!(bench.heard("PASS").len(), 1, "one attempt for all files");
}

#[test]
fn credentials_of_the_url_come_first() {
    let bench = Bench::new(files());
    bench.run(&["get", "me%40work:p%23w@SITE/a"]).is(0, "");
    assert_eq!(bench.heard("USER"), ["USER me@work"]);
    assert_eq!(bench.heard("PASS"), ["PASS p#w"]);
}

/// The server ends the session, with or without a word, while nobody listens: the program waits for the second file, a pipe.
#[cfg(unix)]
#[test]
fn a_session_that_ends_between_files_is_opened_anew() {
    for parting in [&[Act::Hold, Act::Leave][..], &[Act::Hold, "421 enough".into(), Act::Leave]] {
        let stored = ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()];
        let bench = Bench::new(files().on("STOR a", [&stored[..], parting].concat()));
        bench.write("a", FILE);
        let pipe = bench.work().join("pipe");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let mut ftps = bench.ftps(&["put", "a", "pipe", "SITE/"]);
        let mut child = Killed(ftps.stderr(Stdio::piped()).spawn().unwrap());
        let mut said = BufReader::new(child.0.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert!(line.contains("/a: 19 bytes"), "{line}");
        bench.server.go_on();
        bench.server.wait(|log| log.closed == 1);
        fs::write(pipe, FILE).unwrap();
        said.read_to_string(&mut line).unwrap();
        assert!(child.0.wait().unwrap().success(), "{line}");
        assert_eq!((bench.server.log().uploads.len(), bench.heard("USER").len()), (2, 2));
        assert_eq!(bench.heard("STOR pipe").len(), 1);
    }
}

/// Each file over a session of its own.
#[test]
fn sessions_of_one_file_each_are_enough() {
    let gone = [&sends(FILE)[..], &[Act::Leave]].concat();
    let bench = Bench::new(files().instead("RETR", gone));
    bench.run(&["get", "SITE/a", "SITE/b", "SITE/c"]).is(0, "c: 19 bytes");
    assert_eq!((bench.left().len(), bench.heard("USER").len()), (3, 3));
}

/// Only once: a server that never does anything is not asked for ever.
#[test]
fn a_session_that_ends_at_once_is_not_opened_for_ever() {
    let bench = Bench::new(files().instead("TYPE", ["200 ok".into(), Act::Leave]));
    assert_eq!(bench.run(&["get", "SITE/a"]).status, Some(1));
    assert!(bench.heard("USER").len() <= 2);
}

#[test]
fn any_other_reply_to_name_and_password_is_no_login() {
    for (command, reply) in
        [("USER", "350 what"), ("PASS", "350 what"), ("PASS", "631 safe"), ("USER", "633 safe")]
    {
        let bench = Bench::new(files().instead(command, [reply]));
        bench.run(&["get", "SITE/a"]).is(4, reply);
    }
}

#[test]
fn the_account_is_sent_where_it_is_asked_for() {
    let bench = Bench::new(files().instead("PASS", ["332 account"]).on("ACCT", ["230 in"]));
    bench.run(&["get", "SITE/a"]).is(4, "asks for an account");
    bench.run(&["get", "SITE/a", "--account", "dept"]).is(0, "");
    assert_eq!(bench.heard("ACCT"), ["ACCT dept"]);
}

#[test]
fn the_certificate_may_be_for_a_name_of_its_own() {
    let bench = Bench::with(Server::with_certificate(files(), Certificate::WrongName));
    bench.run(&["get", "SITE/a", "--server-name", "elsewhere.example"]).is(0, "");
}

/// A port that is bound, and never accepted from beyond its backlog, does not answer.
#[test]
fn a_data_connection_that_nothing_answers_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let epsv = format!("229 here (|||{port}|)");
    let pasv = format!("227 here (127,0,0,1,{},{})", port >> 8, port & 255);
    let bench = Bench::new(files().instead("EPSV", [&*epsv]).instead("PASV", [&*pasv]));
    let output = bench.run(&["get", "SITE/a"]);
    output.is(1, &format!("port {port} of 127.0.0.1"));
    output.is(1, "firewall");
}

/// The server has fallen silent: QUIT would be waited for in vain.
#[test]
fn no_leave_is_taken_of_a_silent_server() {
    let bench = Bench::new(files().instead("RETR", [Act::Await]));
    bench.run(&["get", "SITE/a", "--timeout", "1"]).is(1, "timed out");
    let log = bench.server.wait(|log| log.left == 1);
    assert!(!log.heard.iter().any(|line| line == "QUIT"), "{log:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_password_that_is_nowhere_is_asked_for_and_not_echoed() {
    let bench = Bench::new(files());
    let mut ftps = bench.ftps(&["get", "SITE/a", "SITE/b", "--password-env", "NOT_SET"]);
    ftps.stdin(Stdio::null());
    Outcome::of(ftps.output().unwrap()).is(2, "no password: set NOT_SET");
    let words = [ftps.get_program()].into_iter().chain(ftps.get_args());
    let words: Vec<_> = words.map(|word| word.to_str().unwrap()).collect();
    let mut script = Command::new("script");
    script.args(["-qec", &words.join(" "), "/dev/null"]).current_dir(bench.work());
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut keyboard = child.stdin.take().unwrap();
    // What is typed before it is asked for is dropped: it is typed until it has been taken.
    while child.try_wait().unwrap().is_none() {
        let _ = keyboard.write_all(b"hunter2\n");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(said.contains("Password of user at 127.0.0.1:"), "{said:?}");
    assert!(child.wait().unwrap().success());
    assert_eq!(bench.heard("PASS"), ["PASS hunter2"], "asked once, for both files");
    assert_eq!(bench.left(), ["a", "b"]);
}

#[test]
fn commands_wait_for_their_turn_where_that_is_asked_for() {
    let bench = Bench::new(files().greeting(["220 ProFTPD Server ready"]));
    for (pipelining, together) in [("off", false), ("known", true), ("eager", true)] {
        let outcome = bench.run(&["get", "SITE/a", "-v", "--pipelining", pipelining]);
        let at = |line: &str| outcome.err.find(line).unwrap_or_else(|| panic!("no {line}: {outcome:?}"));
        assert_eq!(at("> PASS") < at("< 331"), together, "{outcome:?}");
    }
    bench.run(&["get", "SITE/a", "--pipelining", "perhaps"]).is(2, "possible values: known, eager, off");
}
