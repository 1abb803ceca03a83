//! What is told: results, errors, progress; and what the exit status will be.

use std::cell::{Cell, RefCell};
use std::fmt::{Arguments, Display};
use std::io;
use std::path::Path;
use std::time::Duration;

use console::Term;
use ftps_tokio::Transferred;
use ftps_tokio::codec::Name;
use tokio::io::AsyncWriteExt;

use crate::args::{Options, When};
use crate::failure::Failure;
use crate::json::{self, Done, Moved};
use crate::listing::unparsed;
use crate::progress::{Bar, Progress};
use crate::url::Url;

pub(crate) struct Report {
    json: bool,
    quiet: bool,
    verbose: bool,
    when: When,
    progress: RefCell<Progress>,
    status: Cell<u8>,
    /// Nobody reads standard output: that is said once.
    unread: Cell<bool>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let verbose = options.verbose > 0;
        // Bars would be torn by what else is written to the terminal.
        let when = match options.progress {
            When::Auto if options.quiet || verbose => When::Never,
            when => when,
        };
        let shown = match when {
            // On the same terminal, bars would erase objects.
            When::Auto => Term::stderr().is_term() && !(options.json && Term::stdout().is_term()),
            When::Always => true,
            When::Never => false,
        };
        Self {
            json: options.json,
            quiet: options.quiet,
            verbose,
            when,
            progress: RefCell::new(Progress::new(shown)),
            status: Cell::new(0),
            unread: Cell::new(false),
        }
    }

    /// A file is written to standard output. Bars would erase it where that is a terminal.
    pub(crate) fn leave_stdout(&mut self) {
        if self.when == When::Auto && Term::stdout().is_term() {
            self.progress = RefCell::new(Progress::new(false));
        }
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The exit status so far.
    pub(crate) fn status(&self) -> u8 {
        self.status.get()
    }

    /// Nothing could be begun.
    pub(crate) fn failed_to_begin(&self, error: &io::Error) {
        self.status.set(3);
        self.say(format_args!("{error}"));
    }

    /// A signal has stopped it. Programs know by the status: nobody may be reading standard output any more.
    pub(crate) fn stopped(&self, status: u8) {
        self.status.set(status);
        self.say(format_args!("stopped"));
    }

    /// Something was not done, and is told elsewhere.
    pub(crate) fn note_status(&self, failure: &Failure) {
        self.status.set(self.status.get().max(failure.status));
    }

    /// So many files are to be moved; of so many bytes, where that is known.
    pub(crate) fn begin(&self, files: usize, bytes: Option<u64>) {
        if files > 1 {
            self.progress.borrow_mut().begin(files as u64, bytes);
        }
    }

    /// All files are done with.
    pub(crate) fn end(&self) {
        let summary = self.progress.borrow_mut().end();
        if let Some(summary) = summary
            && !(self.json || self.quiet)
        {
            self.say(format_args!("{summary}"));
        }
    }

    /// A file was moved and confirmed.
    pub(crate) async fn moved(&self, url: &Url, size: Option<u64>, done: &Transferred, took: Duration) {
        let Transferred { bytes, resumed, .. } = *done;
        let seconds = took.as_secs_f64();
        self.progress.borrow_mut().done(Some(bytes), size);
        if self.json {
            let path = json::Path::new(&url.path);
            self.print(json::line(&Moved { path, bytes, seconds, resumed })).await;
        } else if !self.quiet && !self.progress.borrow().is_of_many() {
            let tls = match (self.verbose, resumed) {
                (false, _) => "",
                (true, true) => ", TLS session resumed",
                (true, false) => ", TLS session not resumed",
            };
            self.say(format_args!("{url}: {bytes} bytes in {seconds:.1} s{tls}"));
        }
    }

    /// A file that was to be moved was not.
    pub(crate) async fn not_moved(&self, size: Option<u64>, failure: Failure) {
        self.progress.borrow_mut().done(None, size);
        self.failed(&failure).await;
    }

    /// Something was done to a file or directory.
    pub(crate) async fn done(&self, url: &Url, done: &'static str, to: Option<&Url>) {
        if self.json {
            let to = to.map(|to| String::from_utf8_lossy(&to.path));
            let done = Done { path: json::Path::new(&url.path), done, to };
            self.print(json::line(&done)).await;
        } else if !self.quiet {
            match to {
                Some(to) => self.say(format_args!("{url}: {done} {to}")),
                None => self.say(format_args!("{url}: {done}")),
            }
        }
    }

    /// Something was not done.
    pub(crate) async fn failed(&self, failure: &Failure) {
        self.note_status(failure);
        if self.json {
            self.print(json::failed(failure)).await;
        }
        if !(self.json && self.quiet) {
            match &failure.of {
                Some(url) => self.say(format_args!("{url}: {}", failure.reason)),
                None => self.say(format_args!("{}", failure.reason)),
            }
        }
    }

    /// A line of a listing cannot be read: what it lists is not known.
    pub(crate) async fn unparsed(&self, line: &[u8], url: &Url) {
        let failure = unparsed(line, url);
        self.note_status(&failure);
        if self.json {
            self.print(json::unparsed(line)).await;
        }
        if !(self.json && self.quiet) {
            self.say(format_args!("{url}: {}", failure.reason));
        }
    }

    /// Something is odd, and no failure.
    pub(crate) fn warn(&self, what: Arguments<'_>) {
        if !self.quiet {
            self.say(what);
        }
    }

    /// Whether bars are shown, which makes a file's size worth asking for.
    pub(crate) fn shows_progress(&self) -> bool {
        self.progress.borrow().is_shown()
    }

    /// A bar for a file of so many bytes.
    pub(crate) fn bar(&self, url: &Url, size: Option<u64>) -> Bar {
        self.progress.borrow().file(url.name(), size)
    }

    /// A line of standard output: an object for the program that reads them, or what was asked for.
    pub(crate) async fn print(&self, line: Result<String, Failure>) {
        let printed = match line {
            Ok(_) if self.unread.get() => return,
            Ok(line) => print(&line).await,
            Err(failure) => Err(failure),
        };
        if let Err(failure) = printed {
            self.unread.set(true);
            self.note_status(&failure);
            self.say(format_args!("{}", failure.reason));
        }
    }

    fn say(&self, what: Arguments<'_>) {
        self.progress.borrow().say(what);
    }
}

/// A local path, safe on a terminal.
pub(crate) fn shown(path: &Path) -> impl Display + use<> {
    Name::from(path.as_os_str().as_encoded_bytes())
}

/// Little: the sink's buffer would be in vain.
async fn print(line: &str) -> Result<(), Failure> {
    let mut stdout = tokio::io::stdout();
    stdout.write_all(line.as_bytes()).await.map_err(Failure::stdout)?;
    stdout.flush().await.map_err(Failure::stdout)
}
