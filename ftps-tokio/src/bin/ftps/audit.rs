//! `--audit FILE`: a line of JSON for each login, transfer, rename and deletion, on the disk before the program says so.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ftps_tokio::audit::{Audit, Record};
use ftps_tokio::codec::{Argument, Reply, Timestamp};
use serde::Serialize;

use crate::failure::Failure;
use crate::json;
use crate::report::shown;

/// The file. What could not be written is kept: nothing more is said to be done then.
pub(crate) struct Ledger {
    path: PathBuf,
    file: Mutex<File>,
    failed: Mutex<Option<String>>,
}

impl Ledger {
    /// Opens the file, or makes it, for its owner alone.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = Self::append(path).map_err(|error| Failure::usage(error).about(&shown(path)))?;
        Ok(Self { path: path.into(), file: Mutex::new(opened), failed: Mutex::default() })
    }

    fn append(path: &Path) -> io::Result<File> {
        let is_new = !path.exists();
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        // The name as well has to be there after a crash.
        if is_new && cfg!(unix) {
            let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(file)
    }

    /// Fails where something could not be recorded: from then on nothing counts as done.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        match &*self.failed.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(reason) => Err(Failure::local(format_args!(
                "what was done could not be recorded in {}: {reason}",
                shown(&self.path)
            ))),
        }
    }

    fn write(&self, line: &str) -> io::Result<()> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        // At once, so that lines of several programs do not mix.
        file.write_all(line.as_bytes())?;
        file.sync_data()
    }
}

impl Audit for Ledger {
    fn record(&self, record: &Record<'_>) {
        let line = json::line(&Line::new(record)).map_err(|failure| failure.reason);
        let written = line.and_then(|line| self.write(&line).map_err(|error| error.to_string()));
        if let Err(reason) = written {
            let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
            failed.get_or_insert(reason);
        }
    }
}

/// A record, as it is written. What there is nothing to say of is left out.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    act: &'static str,
    outcome: &'static str,
    user: Cow<'a, str>,
    host: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tls: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suite: Option<String>,
    #[serde(flatten)]
    path: Option<json::Path<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reply: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct Said<'a> {
    code: u16,
    text: Cow<'a, str>,
}

impl<'a> Line<'a> {
    fn new(record: &'a Record<'a>) -> Self {
        let text = |argument: &'a Argument| String::from_utf8_lossy(argument.as_bytes());
        Self {
            time: record.time.as_ref().map(utc),
            act: record.act.as_str(),
            outcome: record.outcome.as_str(),
            user: text(record.user),
            host: record.host,
            address: record.address.map(ToString::to_string),
            certificate: record.certificate.as_ref().map(ToString::to_string),
            tls: record.tls_version.map(|version| format!("{version:?}").replace('_', ".")),
            suite: record.cipher_suite.map(|suite| format!("{suite:?}")),
            path: record.path.map(|path| json::Path::new(path.as_bytes())),
            to: record.to.map(text),
            bytes: record.bytes,
            sha256: record.sha256.map(|hash| hash.to_string()),
            reply: record.reply.map(Said::new),
            error: record.error.map(|error| format!("{error:#}")),
        }
    }
}

impl<'a> Said<'a> {
    /// The last line, which says it.
    fn new(reply: &'a Reply) -> Self {
        Self { code: reply.code().get(), text: String::from_utf8_lossy(reply.last_line()) }
    }
}

/// As RFC 3339 has it.
fn utc(time: &Timestamp) -> String {
    format!("{}Z", time.to_string().replace(' ', "T"))
}
