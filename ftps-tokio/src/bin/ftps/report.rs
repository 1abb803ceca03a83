//! What is told: results, errors, progress; and what the exit status will be.

use std::fmt::{Arguments, Display};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use console::Term;
use ftps_tokio::codec::Name;
use ftps_tokio::{Error, Transferred};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use tokio::io::AsyncWriteExt;

use crate::args::{Options, When};
use crate::url::Url;

/// Why something was not done, and the exit status that says so.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) status: u8,
    pub(crate) reason: String,
}

impl Failure {
    const TRANSFER: u8 = 1;
    const USAGE: u8 = 2;
    const CONNECTION: u8 = 3;
    const LOGIN: u8 = 4;

    pub(crate) fn usage(reason: impl Display) -> Self {
        Self { status: Self::USAGE, reason: format!("{reason:#}") }
    }

    pub(crate) fn transfer(reason: impl Display) -> Self {
        Self { status: Self::TRANSFER, reason: format!("{reason:#}") }
    }

    pub(crate) fn stdout(reason: impl Display) -> Self {
        Self::transfer(reason).of(&"standard output")
    }

    pub(crate) fn connection(reason: impl Display) -> Self {
        Self { status: Self::CONNECTION, reason: format!("{reason:#}") }
    }

    /// A session that did not come to be.
    pub(crate) fn connecting(error: &Error) -> Self {
        let status = match error {
            error if error.is_login() => Self::LOGIN,
            Error::Local(_) => Self::USAGE,
            _ => Self::CONNECTION,
        };
        Self { status, reason: format!("{error:#}") }
    }

    /// The same, and what to do about it.
    pub(crate) fn and(self, advice: Arguments<'_>) -> Self {
        Self { reason: format!("{}; {advice}", self.reason), ..self }
    }

    /// The same, of this file.
    pub(crate) fn of(self, what: &dyn Display) -> Self {
        Self { reason: format!("{what}: {}", self.reason), ..self }
    }
}

/// A file that was moved, as JSON.
#[derive(Serialize)]
struct Moved<'a> {
    path: &'a str,
    bytes: u64,
    seconds: f64,
    resumed: bool,
}

pub(crate) struct Report {
    json: bool,
    quiet: bool,
    progress: When,
    status: u8,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        // Bars would be torn by what else is written to the terminal.
        let progress = match options.progress {
            When::Auto if options.quiet || options.verbose => When::Never,
            when => when,
        };
        Self { json: options.json, quiet: options.quiet, progress, status: 0 }
    }

    /// A file is written to standard output. Bars would erase it where that is a terminal.
    pub(crate) fn leave_stdout(&mut self) {
        if self.progress == When::Auto && Term::stdout().is_term() {
            self.progress = When::Never;
        }
    }

    /// The exit status so far.
    pub(crate) fn status(&self) -> u8 {
        self.status
    }

    /// A file was moved and confirmed.
    pub(crate) async fn moved(&mut self, url: &Url, transferred: &Transferred, took: Duration) {
        let Transferred { bytes, resumed, .. } = *transferred;
        let seconds = took.as_secs_f64();
        if self.json {
            let path = String::from_utf8_lossy(&url.path);
            if let Err(failure) = print(&Moved { path: &path, bytes, seconds, resumed }).await {
                self.failed(&failure);
            }
        } else if !self.quiet {
            say(format_args!("{url}: {bytes} bytes in {seconds:.1} s"));
        }
    }

    /// Something was not done.
    pub(crate) fn failed(&mut self, failure: &Failure) {
        self.status = self.status.max(failure.status);
        say(format_args!("{}", failure.reason));
    }

    /// Something is odd, and no failure.
    pub(crate) fn warn(&self, what: &dyn Display) {
        if !self.quiet {
            say(format_args!("{what}"));
        }
    }

    /// Whether bars are shown, which makes a file's size worth asking for.
    pub(crate) fn shows_progress(&self) -> bool {
        match self.progress {
            When::Auto => Term::stderr().is_term(),
            When::Always => true,
            When::Never => false,
        }
    }

    /// A bar for a file of so many bytes. It vanishes when it is dropped.
    pub(crate) fn bar(&self, url: &Url, size: Option<u64>) -> Bar {
        if !self.shows_progress() {
            return Bar(ProgressBar::hidden());
        }
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Term::buffered_stderr()), 10);
        let template = match size {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}",
            None => "{msg} {spinner} {bytes} {bytes_per_sec}",
        };
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::with_draw_target(size, target).with_style(style);
        Bar(bar.with_message(Name::from(url.name()).to_string()))
    }
}

/// A local path, safe on a terminal.
pub(crate) fn shown(path: &Path) -> Name {
    Name::from(path.as_os_str().as_encoded_bytes())
}

/// Tells the user. Where nobody can be told, the work goes on and the exit status tells.
fn say(what: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "ftps: {what}");
}

async fn print(moved: &Moved<'_>) -> Result<(), Failure> {
    let line = json_line(moved)?;
    // Little: the sink's buffer would be in vain.
    let mut stdout = tokio::io::stdout();
    stdout.write_all(line.as_bytes()).await.map_err(Failure::stdout)?;
    stdout.flush().await.map_err(Failure::stdout)
}

/// A progress bar that leaves nothing behind.
pub(crate) struct Bar(pub(crate) ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// An object on a line of its own, safe on a terminal.
pub(crate) fn json_line(object: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_string(object).map_err(Failure::stdout)?;
    let mut line = String::new();
    for c in json.chars() {
        // What JSON itself does not want escaped.
        if c.is_control() {
            line += &format!("\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    Ok(line + "\n")
}
