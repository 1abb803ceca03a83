//! `ftps raw`, and the commands of `--before` and `--after`.

use ftps_tokio::codec::{Command, Name, Reply};
use ftps_tokio::{Client, ops};
use serde::Serialize;

use crate::failure::Failure;
use crate::json;
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::Url;

/// A command and its reply, for programs.
#[derive(Serialize)]
struct Exchanged<'a> {
    command: String,
    code: u16,
    lines: Vec<std::borrow::Cow<'a, str>>,
}

/// Reads a command as it is typed. One that would change the conversation's shape is none for this.
pub(crate) fn parse(text: &str) -> Result<Command, Failure> {
    let wrong = |reason: &dyn std::fmt::Display| Failure::usage(reason).about(&Name::from(text));
    let command = Command::parse(text).map_err(|error| wrong(&error))?;
    ops::command(command.clone()).map_err(|error| wrong(&error))?;
    Ok(command)
}

/// Sends a command.
pub(crate) async fn send(client: &mut Client, command: &Command) -> Result<Reply, Failure> {
    let exchange = ops::command(command.clone()).map_err(Failure::usage)?;
    client.run(exchange).await.map_err(Failure::transfer)
}

/// Sends commands in the URL's directory, one after the other up to the first that is refused, and shows the replies.
pub(crate) async fn raw(url: &Url, commands: Vec<Command>, settings: &Settings, report: &mut Report) {
    let mut session = Session::new(settings, &url.site);
    let begun = session.run(async |client| match url.path.is_empty() {
        true => Ok(()),
        false => client.set_current_dir(url.bare()).await.map_err(Failure::transfer),
    });
    let mut done = begun.await;
    for command in &commands {
        if done.is_err() {
            break;
        }
        done = match session.run(async |client| send(client, command).await).await {
            Ok(reply) => {
                report
                    .print(if report.is_json() { object(command, &reply) } else { Ok(lines(&reply)) })
                    .await;
                Ok(())
            }
            Err(failure) => Err(failure),
        };
    }
    if let Err(failure) = done {
        report.failed(&failure.of(url)).await;
    }
    session.quit().await;
}

fn object(command: &Command, reply: &Reply) -> Result<String, Failure> {
    let lines = reply.lines().map(String::from_utf8_lossy).collect();
    json::line(&Exchanged { command: command.to_string(), code: reply.code().get(), lines })
}

/// A reply as the server sends it, safe on a terminal.
fn lines(reply: &Reply) -> String {
    let (code, count) = (reply.code(), reply.lines().count());
    let lines = reply.lines().map(Name::from).enumerate().map(|(at, line)| match at + 1 {
        last if last == count => format!("{code} {line}\n"),
        1 => format!("{code}-{line}\n"),
        _ => format!("{line}\n"),
    });
    lines.collect()
}
