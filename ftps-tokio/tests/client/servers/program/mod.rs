//! The program `ftps` on real servers: batch jobs, and files larger than its memory.

mod check;
mod cuts;
mod large;
mod reach;
mod runs;
mod trees;

use std::fs;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::lab::{MIB, Server, bytes, explicit, home, servers, unique, var};

/// `ftps` with these arguments, in which `SITE` stands for the server.
fn ftps(server: &Server, arguments: &[&str]) -> Command {
    let scheme = if server.is_implicit() { "ftps" } else { "ftpes" };
    let site = format!("{scheme}://{}:{}", server.host, server.port);
    let mut command = Command::new(env!("CARGO_BIN_EXE_ftps"));
    command
        .args(arguments.iter().map(|argument| argument.replace("SITE", &site)))
        .args(["--user", &var("USER"), "--ca-file", &var("CA"), "--quiet"])
        .env("FTPS_PASSWORD", var("PASSWORD"))
        .stdin(Stdio::null());
    command
}

#[track_caller]
fn succeeds(server: &Server, arguments: &[&str]) -> Output {
    let output = ftps(server, arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {arguments:?}: {} {said}", server.name, output.status);
    output
}
