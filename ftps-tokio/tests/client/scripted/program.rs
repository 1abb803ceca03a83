//! The program `ftps`, run as users run it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::certificate::Certificate;
use super::peer::{Act, Peer};
use super::server::{Ending, Log, Server};

const FILE: &[u8] = b"what is in the file";

/// A server with files to give and room for more.
fn files() -> Peer {
    Peer::polite()
        .on("RETR", ["150 here".into(), Act::Secure, Act::Send(FILE.into()), Act::Finish, "226 done".into()])
        .on("RETR missing", ["550 no such file"])
        .on("RETR cut", ["150 here".into(), Act::Secure, Act::Send(FILE.into()), Act::Cut, "226 done".into()])
        .on("STOR", ["150 send".into(), Act::Secure, Act::Receive, Act::Finish, "226 stored".into()])
        .on("STOR denied", ["553 not you"])
        .on("SIZE", ["213 19"])
}

/// The program in a directory of its own, with a server to talk to.
struct Bench {
    server: Server,
    dir: TempDir,
}

impl Bench {
    fn new(peer: Peer) -> Self {
        Self::with(Server::start(peer))
    }

    fn with(server: Server) -> Self {
        let dir = TempDir::new().unwrap();
        fs::write(dir.path().join("ca.pem"), &server.ca_pem).unwrap();
        fs::create_dir(dir.path().join("work")).unwrap();
        Self { server, dir }
    }

    /// The directory that the program runs in.
    fn work(&self) -> std::path::PathBuf {
        self.dir.path().join("work")
    }

    /// `ftps` with these arguments, in which `SITE` stands for the server.
    fn ftps(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
        let site = format!("127.0.0.1:{}", self.server.addr.port());
        command
            .args(arguments.iter().map(|argument| argument.replace("SITE", &site)))
            .args(["--user", "user", "--ca-file", "../ca.pem"])
            .env("FTPS_PASSWORD", "secret")
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.ftps(arguments).output().unwrap())
    }

    fn heard(&self, beginning: &str) -> Vec<String> {
        self.server.heard().into_iter().filter(|line| line.starts_with(beginning)).collect()
    }

    /// What lies in the program's directory.
    fn left(&self) -> Vec<String> {
        names(&self.work())
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.work().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.work().join(name)).unwrap()
    }
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[derive(Debug)]
struct Outcome {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Outcome {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { status: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// It ended with this status, and said something like that.
    #[track_caller]
    fn is(&self, status: i32, said: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(self.err.contains(said), "{self:?}");
    }
}

#[test]
fn get_writes_the_file_under_its_name() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/dir/report.csv"]).is(0, "dir/report.csv: 19 bytes");
    assert_eq!(bench.read("report.csv"), FILE);
    assert_eq!(bench.left(), ["report.csv"]);

    fs::create_dir(bench.work().join("into")).unwrap();
    bench.run(&["get", "SITE/a", "SITE//b", "-O", "into"]).is(0, "");
    assert_eq!(names(&bench.work().join("into")), ["a", "b"]);
    assert_eq!(bench.heard("RETR"), ["RETR dir/report.csv", "RETR a", "RETR /b"]);

    bench.run(&["get", "SITE/a", "-o", "other"]).is(0, "");
    assert_eq!(bench.read("other"), FILE);
    let output = bench.run(&["get", "SITE/a", "-o", "-", "-q"]);
    assert_eq!((output.out.as_bytes(), output.err.as_str()), (FILE, ""));
}

#[test]
fn a_cut_download_leaves_nothing_under_the_files_name() {
    let bench = Bench::new(files());
    bench.run(&["get", "SITE/cut"]).is(1, "without TLS close_notify");
    assert_eq!(bench.left(), [""; 0]);

    bench.write("cut", b"from yesterday");
    bench.run(&["get", "SITE/cut"]).is(1, "cut after 19 bytes");
    assert_eq!((bench.left(), bench.read("cut")), (vec!["cut".into()], b"from yesterday".into()));
}

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

/// A program that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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
fn put_uploads_under_a_name_or_into_a_directory() {
    let bench = Bench::new(files());
    bench.write("one", b"1");
    bench.write("two", b"22");
    bench.write("empty", b"");
    bench.run(&["put", "one", "SITE/renamed"]).is(0, "renamed: 1 bytes");
    bench.run(&["put", "one", "./two", "empty", "SITE//dir/"]).is(0, "");
    bench.run(&["put", "one", "SITE"]).is(0, "");
    let heard = ["STOR renamed", "STOR /dir/one", "STOR /dir/two", "STOR /dir/empty", "STOR one"];
    assert_eq!(bench.heard("STOR"), heard);
    let stored: Vec<_> = bench.server.log().uploads.into_iter().map(|(bytes, _)| bytes.len()).collect();
    assert_eq!(stored, [1, 1, 2, 0, 1]);
}

#[test]
fn json_is_one_object_a_file() {
    let bench = Bench::new(files());
    bench.write("one", FILE);
    for arguments in [&["get", "SITE/a", "SITE/b", "--json"][..], &["put", "one", "SITE/a", "--json"]] {
        let output = bench.run(arguments);
        output.is(0, "");
        for (line, path) in output.out.lines().zip(["a", "b"]) {
            let object: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!((&object["path"], &object["bytes"]), (&path.into(), &19.into()));
            assert_eq!(object["resumed"], true);
            assert!(object["seconds"].is_f64());
            assert_eq!(object.as_object().unwrap().len(), 4);
        }
        assert_eq!(output.out.lines().count(), if arguments[0] == "get" { 2 } else { 1 });
        assert_eq!(output.err, "");
    }
}

#[test]
fn ls_lists_what_is_there() {
    let lines = b"type=dir;modify=20260102030405; in\r\n\
        type=file;size=12;modify=20260102030405; a\x1b[31m b\r\n\
        nonsense\r\n";
    let list = || ["150 here".into(), Act::Secure, Act::Send(lines.to_vec()), Act::Finish, "226 done".into()];
    let bench = Bench::new(Peer::polite().on("MLSD", list()).on("MLSD gone", ["550 no such directory"]));
    let output = bench.run(&["ls", "SITE/dir/"]);
    output.is(0, "unknown line: nonsense");
    let expected = "d                2026-01-02 03:04:05 in\n\
        -             12 2026-01-02 03:04:05 a\\u{1b}[31m b\n";
    assert_eq!(output.out, expected);

    let output = bench.run(&["ls", "SITE", "--json", "-q"]);
    let objects: Vec<serde_json::Value> =
        output.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((objects[0]["name"].as_str(), objects[0]["kind"].as_str()), (Some("in"), Some("directory")));
    assert_eq!((objects[1]["size"].as_u64(), objects[1]["kind"].as_str()), (Some(12), Some("file")));
    assert_eq!(output.err, "");
    bench.run(&["ls", "SITE/gone"]).is(1, "550 no such directory");
    assert_eq!(bench.heard("MLSD"), ["MLSD dir", "MLSD", "MLSD gone"]);
}

/// DEL and U+0080 to U+009F, which JSON leaves to its writer: U+009B begins what a terminal obeys.
#[test]
fn json_does_not_command_the_terminal() {
    let name = "a\u{9b}31m\u{7f}\u{1b}ü\"\\";
    let entry = Act::Send(format!("type=file; {name}\r\n").into());
    let list = ["150 here".into(), Act::Secure, entry, Act::Finish, "226 done".into()];
    let output = Bench::new(files().on("MLSD", list)).run(&["ls", "SITE", "--json"]);
    output.is(0, "");
    assert!(!output.out.trim_end().contains(char::is_control), "{output:?}");
    let object: serde_json::Value = serde_json::from_str(&output.out).unwrap();
    assert_eq!(object["name"], name);
}

#[test]
fn usage_errors_are_2_and_nothing_is_sent() {
    let bench = Bench::new(files());
    bench.write("one", b"1");
    for (arguments, said) in [
        (&["get"][..], "required"),
        (&["get", "SITE/a", "SITE/b", "-o", "x"], "-o is for one file"),
        (&["get", "SITE/a", "-o", "-", "--json"], "standard output"),
        (&["get", "SITE/a", "-O", "nowhere"], "nowhere: is no directory"),
        (&["get", "SITE/a", "gopher://h/x"], "gopher"),
        (&["get", "SITE/a%0d%0aDELE%20b"], "control character"),
        (&["get", "SITE/a%00"], "control character"),
        (&["put", "one", "one", "SITE/a"], "ends in /"),
        (&["put", "SITE/a"], "required"),
        (&["ls", "SITE", "--tls", "1.1"], "1.1"),
        (&["ls", "SITE", "--timeout", "0"], "timeout"),
        (&["ls", "SITE", "--password-env", "NOT_SET"], "NOT_SET"),
        (&["ls", "us\u{1}er:pw@SITE"], "control character"),
        (&["get", "me:pw@SITE/a", "me@SITE/b", "--password-env", "NOT_SET"], "no password: set NOT_SET"),
        (&["get", "me:pw@SITE/a", "m%0ae:pw@SITE/b"], "name: an argument has the control character 0x0a"),
        (&["get", "me:pw@SITE/a", "me:p%0aw@SITE/b"], "password: an argument has the control character 0x0a"),
    ] {
        bench.run(arguments).is(2, said);
    }
    assert_eq!(bench.left(), ["one"]);
    for (ca, said) in
        [("nowhere.pem", "ftps: nowhere.pem: No such file"), ("one", "ftps: one: the trusted certificates")]
    {
        let mut ftps = Command::new(env!("CARGO_BIN_EXE_ftps"));
        ftps.args(["ls", "h", "--ca-file", ca]).current_dir(bench.work());
        Outcome::of(ftps.output().unwrap()).is(2, said);
    }
    bench.run(&["get", "SITE/a", "SITE/dir/"]).is(2, "dir/: is written as a directory");
    bench.run(&["put", "one", "..", "SITE/dir/"]).is(2, "..: has no name");
    assert_eq!(bench.server.heard(), [""; 0]);
}

#[test]
fn no_file_replaces_another_of_the_same_command() {
    let bench = Bench::new(files());
    fs::create_dir(bench.work().join("dir")).unwrap();
    bench.write("one", b"1");
    bench.write("dir/one", b"another");
    bench.run(&["put", "one", "dir/one", "SITE/"]).is(2, "one: is the name of several files");
    bench.run(&["get", "SITE/a/x", "SITE/b/x"]).is(2, "x: is the name of several files");
    bench.run(&["get", "SITE/x", "ftps://localhost/x"]).is(2, "x: is the name of several files");
    assert_eq!((bench.server.heard(), bench.left()), (vec![], vec!["dir".into(), "one".into()]));
    bench.run(&["get", "SITE/x", "SITE/x"]).is(0, "");
    bench.run(&["put", "x", "x", "SITE/"]).is(0, "");
}

#[test]
fn a_url_that_cannot_be_read_does_not_show_its_password() {
    let bench = Bench::new(files());
    for (arguments, said) in [
        (&["get", "ftps://user:hunter2@host:x/y"][..], "host: invalid port"),
        (&["ftps://user:hunter2@host/y"], "unrecognized subcommand '***@host/y'"),
        (&["ls", "SITE", "ftps://user:hunter2@host/y"], "unexpected argument '***@host/y'"),
        (&["get", "SITE/a", "--tls", "user:hunter2@host/y"], "invalid value '***@host/y'"),
    ] {
        let output = bench.run(arguments);
        output.is(2, said);
        assert!(!output.err.contains("hunter2"), "{output:?}");
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

    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
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

#[test]
fn verbose_shows_the_conversation_without_secrets() {
    let output = Bench::new(files()).run(&["get", "SITE/a", "-v"]);
    output.is(0, "> RETR a");
    output.is(0, "< 226 done");
    output.is(0, "> PASS ***");
    assert!(!output.err.contains("secret"), "{output:?}");
}

/// A log on a full disk, say.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_told_stops_nothing() {
    for arguments in [&[][..], &["-v"], &["--progress", "always"], &["--json"]] {
        let bench = Bench::new(files());
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = bench.ftps(&["get", "SITE/a", "SITE/missing", "SITE/b"]);
        let output = command.args(arguments).stderr(full).output().unwrap();
        Outcome::of(output).is(1, "");
        assert_eq!(bench.left(), ["a", "b"], "{arguments:?}");
    }
}

/// As in `put *`, where others write to the directory.
#[test]
fn a_local_name_does_not_command_the_terminal() {
    let bench = Bench::new(files());
    for arguments in [
        &["put", "a\u{1b}[31mb", "SITE/x"][..],
        &["put", "a\u{1b}[31mb/..", "SITE/"],
        &["get", "SITE/x", "-o", "a\u{1b}[31mb/x"],
        &["get", "SITE/x", "-O", "a\u{1b}[31mb"],
    ] {
        let output = bench.run(arguments);
        assert!(output.err.starts_with("ftps: ") && !output.err.contains('\u{1b}'), "{output:?}");
    }
}

#[test]
fn progress_shows_rate_and_time_where_it_is_asked_for() {
    let bench = Bench::new(files());
    let output = bench.run(&["get", "SITE/report.csv", "--progress", "always"]);
    output.is(0, "report.csv");
    output.is(0, "19 B/19 B");
    assert_eq!(bench.heard("SIZE").len(), 1);
    bench.run(&["get", "SITE/report.csv"]).is(0, "");
    bench.run(&["get", "SITE/report.csv", "--progress", "never"]).is(0, "");
    assert_eq!(bench.heard("SIZE").len(), 1, "asked for where it is shown only");
}

#[cfg(target_os = "linux")]
#[test]
fn no_bar_is_drawn_over_a_file_on_the_terminal() {
    let bench = Bench::new(files());
    let on_a_terminal = |output: &str| {
        let ftps = bench.ftps(&["get", "SITE/a", "-o", output]);
        let words: Vec<_> = [ftps.get_program()]
            .into_iter()
            .chain(ftps.get_args())
            .map(|word| word.to_str().unwrap())
            .collect();
        let mut script = Command::new("script");
        script.args(["-qec", &words.join(" "), "/dev/null"]).current_dir(bench.work());
        script.env("FTPS_PASSWORD", "secret").stdin(Stdio::null());
        Outcome::of(script.output().unwrap())
    };
    let output = on_a_terminal("a");
    assert!(output.out.contains("19 B/19 B"), "{output:?}");
    let output = on_a_terminal("-");
    assert!(output.out.starts_with("what is in the file"), "{output:?}");
    assert!(!output.out.contains("19 B/19 B"), "{output:?}");
}

#[cfg(unix)]
#[test]
fn what_a_download_replaces_stays_what_it_was() {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};
    let bench = Bench::new(files());
    bench.write("secret", b"old");
    fs::set_permissions(bench.work().join("secret"), PermissionsExt::from_mode(0o600)).unwrap();
    symlink("secret", bench.work().join("link")).unwrap();
    bench.run(&["get", "SITE/link"]).is(0, "");
    assert_eq!(bench.read("secret"), FILE);
    assert_eq!(fs::metadata(bench.work().join("secret")).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::symlink_metadata(bench.work().join("link")).unwrap().is_symlink());

    symlink("nowhere", bench.work().join("dangling")).unwrap();
    bench.run(&["get", "SITE/dangling"]).is(1, "dangling: No such file");
    assert_eq!(fs::read_link(bench.work().join("dangling")).unwrap(), Path::new("nowhere"));

    bench.run(&["get", "SITE/a", "-o", "/dev/null"]).is(0, "");
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    fs::create_dir(bench.work().join("dir")).unwrap();
    bench.run(&["get", "SITE/dir"]).is(1, "is a directory");
}

/// Else the file that it is would be replaced, with what others have written to it.
#[cfg(unix)]
#[test]
fn dev_stdout_is_standard_output() {
    let bench = Bench::new(files());
    bench.write("log", b"before, ");
    let log = fs::OpenOptions::new().append(true).open(bench.work().join("log")).unwrap();
    assert!(bench.ftps(&["get", "SITE/a", "-o", "/dev/stdout"]).stdout(log).status().unwrap().success());
    assert_eq!(bench.read("log"), [b"before, ", FILE].concat());
}

/// Starts an upload that never ends, and waits until some of it has come.
fn endless_upload(bench: &Bench) -> Child {
    let mut child = bench.ftps(&["put", "/dev/zero", "SITE/a"]).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take();
    bench.server.wait(|log: &Log| log.received > 1 << 20);
    child
}

#[cfg(unix)]
#[test]
fn an_upload_that_is_stopped_is_reset_and_never_ended() {
    for (signal, status) in [("-TERM", Some(143)), ("-INT", Some(130)), ("-KILL", None)] {
        let bench = Bench::new(files());
        let child = endless_upload(&bench);
        let killed = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(bench.server.upload().1, Ending::Reset, "{signal}");
        assert_eq!(child.wait_with_output().unwrap().status.code(), status, "{signal}");
    }
}

#[cfg(unix)]
#[test]
fn a_download_that_is_stopped_leaves_nothing_behind() {
    let stuck = ["150 here".into(), Act::Secure, Act::Send(FILE.into())];
    let bench = Bench::new(files().instead("RETR", stuck));
    let child = bench.ftps(&["get", "SITE/a"]).stderr(Stdio::piped()).spawn().unwrap();
    bench.server.wait(|log: &Log| !log.resumed.is_empty());
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(143));
    assert_eq!(bench.left(), [""; 0]);
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

#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_written_fails_with_the_local_name() {
    let entry = Act::Send(b"type=file; a\r\n".into());
    let list = ["150 here".into(), Act::Secure, entry, Act::Finish, "226 done".into()];
    let bench = Bench::new(files().on("MLSD", list));
    for arguments in [&["get", "SITE/a", "-o", "-"][..], &["get", "SITE/a", "--json"], &["ls", "SITE"]] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        Outcome::of(bench.ftps(arguments).stdout(full).output().unwrap())
            .is(1, "standard output: No space left");
    }
    bench.run(&["get", "SITE/a", "-o", "/dev/full"]).is(1, "/dev/full: No space left");
    bench.run(&["get", "SITE/a", "-o", "new/"]).is(1, "new/: ");
    assert_eq!(bench.left(), ["a"]);
}

#[test]
fn a_pipe_is_uploaded_to_its_end() {
    let bench = Bench::new(files());
    let mut child = bench.ftps(&["put", "/dev/stdin", "SITE/a"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(FILE).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(bench.server.upload(), (FILE.to_vec(), Ending::Clean));
}
