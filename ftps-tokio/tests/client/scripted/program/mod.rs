//! The program `ftps`, run as users run it.

mod audit;
mod change;
mod check;
mod encoding;
mod get;
mod how;
mod jobs;
mod ls;
mod put;
mod reach;
mod session;
mod single;
mod stopped;
mod told;
mod trees;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

use super::peer::{Act, Peer};
use super::server::Server;

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

/// What a server does to give these bytes over a data connection.
fn sends(bytes: impl Into<Vec<u8>>) -> [Act; 5] {
    ["150 here".into(), Act::Secure, Act::Send(bytes.into()), Act::Finish, "226 done".into()]
}

/// More than is read or written at a time, and not a multiple of it.
fn much() -> Vec<u8> {
    (0..300_001_u32).flat_map(u32::to_le_bytes).collect()
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
            .args(if arguments.contains(&"--retries") { &[][..] } else { &["--retries", "0"] })
            .env("FTPS_PASSWORD", "secret")
            .current_dir(self.work())
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::of(self.ftps(arguments).output().unwrap())
    }

    /// The same command, on a terminal of 80 columns.
    #[cfg(target_os = "linux")]
    fn on_a_terminal(&self, ftps: &Command) -> Outcome {
        let words = [ftps.get_program()].into_iter().chain(ftps.get_args());
        let words: Vec<_> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        let mut script = Command::new("script");
        script.args(["-qec", &format!("stty cols 80; {}", words.join(" ")), "/dev/null"]);
        for (name, value) in ftps.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.env("TERM", "xterm").current_dir(self.work()).stdin(Stdio::null());
        Outcome::of(script.output().unwrap())
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

/// An MLSD listing of these lines.
fn mlsd(lines: &[&str]) -> [Act; 5] {
    sends(lines.iter().map(|line| format!("{line}\r\n")).collect::<String>())
}

fn names(directory: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// A program that does not outlive its test.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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

    /// Each line of standard output as JSON.
    #[track_caller]
    fn json(&self) -> Vec<serde_json::Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// It ended with this status, and said something like that.
    #[track_caller]
    fn is(&self, status: i32, said: &str) {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(self.err.contains(said), "{self:?}");
    }
}
