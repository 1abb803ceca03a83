//! What is stopped by a signal.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::*;
use crate::scripted::server::{Ending, Log};

/// Starts an upload that does not end, and waits until some of it has come.
fn endless_upload(bench: &Bench, file: &str) -> Child {
    let mut child = bench.ftps(&["put", file, "SITE/a"]).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take();
    bench.server.wait(|log: &Log| log.received > 1 << 20);
    child
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_stopped_is_reset_and_never_ended() {
    for (signal, status) in [("-TERM", Some(143)), ("-INT", Some(130)), ("-HUP", Some(129)), ("-KILL", None)]
    {
        for file in ["/dev/zero", "large"] {
            let bench = Bench::new(files());
            fs::File::create(bench.work().join("large")).unwrap().set_len(1 << 36).unwrap();
            let child = endless_upload(&bench, file);
            let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
            assert!(killed.success());
            assert_eq!(bench.server.upload().1, Ending::Reset, "{signal}");
            assert_eq!(child.wait_with_output().unwrap().status.code(), status, "{signal}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_part_of_an_upload_is_removed_where_it_is_stopped() {
    for how in ["--atomic", "--newer"] {
        let stores = ["150 send".into(), Act::Secure, Act::Receive, "426 cut".into()];
        let peer = files().instead("STOR", stores).on("DELE", ["250 gone"]).on("MDTM", ["550 no such file"]);
        let bench = Bench::new(peer);
        for file in ["large", "after"] {
            fs::File::create(bench.work().join(file)).unwrap().set_len(1 << 36).unwrap();
        }
        let mut command = bench.ftps(&["put", how, "large", "after", "SITE/"]);
        let child = command.stderr(Stdio::piped()).spawn().unwrap();
        bench.server.wait(|log: &Log| log.received > 1 << 20);
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143), "{how}");
        assert_eq!(bench.server.upload().1, Ending::Reset, "{how}");
        let [stored, removed] = [bench.heard("STOR"), bench.heard("DELE")];
        assert_eq!(stored.len(), 1, "nothing else was begun");
        assert_eq!(stored[0].replace("STOR", "DELE"), removed[0]);
    }
}

#[cfg(unix)]
#[test]
fn a_download_that_is_stopped_leaves_nothing_behind() {
    let stuck = ["150 here".into(), Act::Secure, Act::Send(FILE.into())];
    for (signal, status) in [("-TERM", 143), ("-HUP", 129)] {
        let bench = Bench::new(files().instead("RETR", stuck.clone()));
        let child = bench.ftps(&["get", "SITE/a"]).stderr(Stdio::piped()).spawn().unwrap();
        bench.server.wait(|log: &Log| !log.resumed.is_empty());
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(status));
        assert_eq!(bench.left(), [""; 0]);
    }
}

/// A pager that has enough for now, a pipe that nobody reads.
#[cfg(unix)]
#[test]
fn what_nobody_reads_can_be_stopped() {
    let much = |bytes| ["150 here".into(), Act::Secure, Act::Send(bytes), Act::Finish, "226 done".into()];
    let entries = b"type=file; a\r\n".repeat(1 << 16);
    let peer = files().on("RETR much", much(vec![0; 1 << 20])).on("MLSD", much(entries));
    let bench = Bench::new(peer);
    let pipe = bench.work().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for arguments in [
        &["get", "SITE/much", "-o", "-"][..],
        &["ls", "SITE"],
        &["ls", "SITE", "--json"],
        &["get", "SITE/much", "-o", "pipe"],
    ] {
        let mut child = bench.ftps(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
        let began = Instant::now();
        let status = loop {
            match child.try_wait().unwrap() {
                None if began.elapsed() < Duration::from_secs(5) => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                status => break status,
            }
        };
        let _ = child.kill();
        assert_eq!(status.and_then(|status| status.code()), Some(143), "{arguments:?}");
    }
}

/// The terminal shows again what is typed.
#[cfg(target_os = "linux")]
#[test]
fn a_question_that_is_stopped_leaves_the_terminal_as_it_was() {
    let bench = Bench::new(files());
    let ftps = bench.ftps(&["get", "SITE/a", "--password-env", "NOT_SET"]);
    let words: Vec<_> =
        [ftps.get_program()].into_iter().chain(ftps.get_args()).map(|word| word.to_str().unwrap()).collect();
    // A shell of its own would die of the interrupt as well.
    let line = format!("trap : INT; {}; echo \"ended with $?\"; stty -a", words.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(bench.work());
    let mut script = Killed(script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
    let mut keyboard = script.0.stdin.take().unwrap();
    let mut screen = script.0.stdout.take().unwrap();
    let mut shown = Vec::new();
    let mut typed = false;
    let mut byte = [0];
    while screen.read(&mut byte).is_ok_and(|n| n == 1) {
        shown.extend(byte);
        // The echo goes off after the question.
        if !typed && String::from_utf8_lossy(&shown).contains("Password of user at") {
            typed = true;
            std::thread::sleep(Duration::from_millis(300));
            keyboard.write_all(b"\x03").unwrap();
        }
    }
    let shown = String::from_utf8_lossy(&shown);
    assert!(shown.contains("ended with 130"), "{shown}");
    assert!(shown.split_whitespace().any(|word| word == "echo"), "{shown}");
    assert_eq!(bench.server.heard(), [""; 0]);
}
