//! Where a download is written: under a temporary name beside its own, which it gets when it is whole.

use std::fs::{self, Metadata, TryLockError};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use crate::how::{Part, part};
use crate::stream::{CHUNK, Writer};

pub(crate) enum Sink {
    /// Standard output, a pipe, a device: nothing there can be renamed.
    Stream(Writer),
    /// Nothing to be renamed either, but nothing that makes one wait.
    Open(BufWriter<fs::File>),
    /// A part, to be gone on with in its place.
    Part(BufWriter<fs::File>),
    File(BufWriter<NamedTempFile>, PathBuf),
}

impl Sink {
    pub(crate) fn stdout() -> Self {
        match standard_output() {
            Some(file) => Self::opened(file),
            None => Self::Stream(Writer::new(io::stdout())),
        }
    }

    /// Files take longer pieces than the buffer's as they are.
    fn opened(file: fs::File) -> Self {
        match file.metadata() {
            Ok(metadata) if metadata.is_file() || is_null(&metadata) => {
                Self::Open(BufWriter::with_capacity(CHUNK, file))
            }
            _ => Self::Stream(Writer::new(file)),
        }
    }

    pub(crate) async fn create(path: &Path) -> io::Result<Self> {
        let existing = match fs::metadata(path) {
            Ok(existing) if existing.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            Ok(existing) if !existing.is_file() => {
                let file = tokio::fs::OpenOptions::new().write(true).open(path).await?;
                return Ok(Self::opened(file.into_std().await));
            }
            Ok(existing) => Some(existing),
            // A link that leads nowhere stays what it is, too.
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => None,
            Err(error) => return Err(error),
        };
        // What a link leads to is replaced, not the link.
        let path = if existing.is_some() { fs::canonicalize(path)? } else { path.into() };
        let file = temporary(directory(&path))?;
        if let Some(existing) = existing {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self::File(BufWriter::with_capacity(CHUNK, file), path))
    }

    /// What is here already, and how much of it, to be gone on with in its place.
    pub(crate) fn resume(path: &Path) -> io::Result<(Self, Part)> {
        let mut file = fs::OpenOptions::new().read(true).append(true).create(true).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "is no file that could be gone on with"));
        }
        // Two that append to one file would make rubbish of it. Not every file system has locks.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(io::Error::new(ErrorKind::ResourceBusy, "another program goes on with it just now"));
        }
        let part = part(&mut file)?;
        Ok((Self::Part(BufWriter::with_capacity(CHUNK, file)), part))
    }

    /// Nothing has come of a file that was not here before.
    pub(crate) async fn remove_if_empty(mut self, path: &Path) {
        let flushed = self.flush().await.is_ok();
        if let Self::Part(file) = &self
            && flushed
            && file.get_ref().metadata().is_ok_and(|metadata| metadata.len() == 0)
        {
            // At worst it stays.
            let _ = fs::remove_file(path);
        }
    }

    /// Gives it a time of modification, where it is a file.
    pub(crate) fn set_modified(&mut self, time: SystemTime) -> io::Result<()> {
        match self {
            Self::Stream(_) => Ok(()),
            Self::Open(file) | Self::Part(file) => {
                file.flush()?;
                file.get_ref().set_modified(time)
            }
            Self::File(file, _) => {
                file.flush()?;
                file.get_ref().as_file().set_modified(time)
            }
        }
    }

    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.write_all(bytes).await,
            Self::Open(file) | Self::Part(file) => file.write_all(bytes),
            Self::File(file, _) => file.write_all(bytes),
        }
    }

    /// What was written so far is where others read it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush().await,
            Self::Open(file) | Self::Part(file) => file.flush(),
            Self::File(..) => Ok(()),
        }
    }

    /// All of it has been written. It is on the disk before its name says so, and its name is when this returns: the
    /// original may be deleted next.
    pub(crate) async fn commit(mut self) -> io::Result<()> {
        self.flush().await?;
        let (file, path) = match self {
            Self::File(file, path) => (file, path),
            Self::Part(file) => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                return elsewhere(move || file.sync_all()).await;
            }
            Self::Stream(_) | Self::Open(_) => return Ok(()),
        };
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        // Disks are slow: other transfers go on meanwhile.
        let written = file.as_file().try_clone()?;
        elsewhere(move || written.sync_all()).await?;
        file.persist(&path)?;
        elsewhere(move || sync_name(&path)).await
    }
}

/// Does what takes its time on another thread.
async fn elsewhere(work: impl FnOnce() -> io::Result<()> + Send + 'static) -> io::Result<()> {
    spawn_blocking(work).await?
}

/// Not through std's, which looks for lines.
#[cfg(unix)]
fn standard_output() -> Option<fs::File> {
    use std::os::fd::AsFd;
    Some(io::stdout().as_fd().try_clone_to_owned().ok()?.into())
}

#[cfg(not(unix))]
fn standard_output() -> Option<fs::File> {
    None
}

/// Whether it is `/dev/null`.
#[cfg(unix)]
fn is_null(metadata: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/dev/null").is_ok_and(|null| null.rdev() == metadata.rdev())
}

#[cfg(not(unix))]
fn is_null(_: &Metadata) -> bool {
    false
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."))
}

/// Not every directory can be read, nor does every file system synchronize them.
#[cfg(unix)]
fn sync_name(path: &Path) -> io::Result<()> {
    let Ok(directory) = fs::File::open(directory(path)) else { return Ok(()) };
    match directory.sync_all() {
        Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
        synchronized => synchronized,
    }
}

#[cfg(not(unix))]
fn sync_name(_: &Path) -> io::Result<()> {
    Ok(())
}

/// With the permissions that any new file would have.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ftps-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}
