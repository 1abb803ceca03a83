//! `-j`: several files at a time, over a session each.

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;

#[test]
fn files_that_wait_do_not_hold_up_the_others() {
    let held =
        ["150 here".into(), Act::Hold, Act::Secure, Act::Send(FILE.into()), Act::Finish, "226 ok".into()];
    let bench = Bench::new(files().on("RETR held", held));
    let get = bench.ftps(&["get", "-j", "2", "SITE/held", "SITE/a", "SITE/b", "SITE/c"]).spawn().unwrap();
    let mut get = Killed(get);
    // All three over one session, while the other one waits.
    bench.server.wait(|log| log.heard.iter().any(|line| line == "RETR c"));
    bench.server.go_on();
    assert!(get.0.wait().unwrap().success());
    assert_eq!(bench.left(), ["a", "b", "c", "held"]);
    assert_eq!(bench.heard("USER").len(), 2);
}

#[test]
fn what_fails_is_counted_as_over_one_session() {
    let bench = Bench::new(files());
    let get =
        ["get", "-j", "3", "SITE/missing", "SITE/a", "SITE/cut", "SITE/b", "SITE/c", "--progress", "always"];
    let output = bench.run(&get);
    output.is(1, "missing: the server refused RETR: 550 no such file");
    output.is(1, "cut after 19 bytes");
    output.is(1, "3 files, 57 B in");
    output.is(1, "; 2 failed");
    assert_eq!(bench.left(), ["a", "b", "c"]);

    bench.run(&["put", "-j", "3", "a", "absent", "b", "c", "SITE/in/"]).is(1, "absent");
    assert_eq!(bench.heard("STOR").len(), 3);
    let json = bench.run(&["get", "-j", "3", "--json", "SITE/missing", "SITE/a", "SITE/b"]).json();
    assert_eq!(json.iter().filter(|object| object["bytes"] == 19).count(), 2);
    assert_eq!(json.iter().filter(|object| object["error"]["code"] == 550).count(), 1);
}

#[test]
fn trees_go_over_several_sessions_too() {
    let lines: Vec<_> = (0..9).map(|n| format!("type=file;size=19; {n}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let bench = Bench::new(files().on("MLSD top", mlsd(&lines)).on("MKD", ["257 \"x\" made"]));
    bench.run(&["get", "-r", "-j", "4", "SITE/top"]).is(0, "9 files, 171 B in");
    assert_eq!(names(&bench.work().join("top")).len(), 9);
    assert_eq!((bench.heard("USER").len(), bench.heard("MLSD").len()), (4, 1));

    bench.run(&["put", "-r", "--parents", "-j", "4", "top", "SITE/in/"]).is(0, "9 files, 171 B in");
    assert_eq!((bench.heard("STOR").len(), bench.heard("MKD").len()), (9, 1));
    // No more sessions than files.
    let before = bench.heard("USER").len();
    bench.run(&["get", "-j", "9", "SITE/a", "SITE/b"]).is(0, "");
    assert_eq!(bench.heard("USER").len(), before + 2);
}

/// Passes the first connection on, and turns away all others.
fn one_at_a_time(server: &Server) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, to) = (listener.local_addr().unwrap().port(), server.addr);
    thread::spawn(move || {
        for (at, client) in listener.incoming().flatten().enumerate() {
            if at > 0 {
                let _ = (&client).write_all(b"421 too many connections\r\n");
                continue;
            }
            let server = TcpStream::connect(to).unwrap();
            for (mut from, mut to) in [
                (client.try_clone().unwrap(), server.try_clone().unwrap()),
                (server.try_clone().unwrap(), client.try_clone().unwrap()),
            ] {
                thread::spawn(move || io::copy(&mut from, &mut to));
            }
        }
    });
    port
}

#[test]
fn a_server_that_lets_one_in_is_served_by_one() {
    let bench = Bench::new(files());
    let port = one_at_a_time(&bench.server);
    let urls: Vec<_> = ["a", "b", "c", "d"].map(|name| format!("127.0.0.1:{port}/{name}")).into();
    let mut words = vec!["get", "-j", "3"];
    words.extend(urls.iter().map(String::as_str));
    let output = bench.run(&words);
    output.is(0, "one session less: the server turned us away: 421");
    assert_eq!(output.err.matches("421 too many connections").count(), 2, "{output:?}");
    assert_eq!(bench.left(), ["a", "b", "c", "d"]);
}

#[test]
fn a_password_that_is_wrong_is_sent_once() {
    let bench = Bench::new(files().instead("PASS", ["530 no"]));
    bench.run(&["get", "-j", "3", "SITE/a", "SITE/b", "SITE/c"]).is(4, "c: ");
    assert_eq!(bench.heard("PASS").len(), 1);
}
