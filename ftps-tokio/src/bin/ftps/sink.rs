//! Where a download is written: under a temporary name beside its own, which it gets when it is whole.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};

pub(crate) enum Sink {
    /// Standard output, a pipe, a device: nothing there can be renamed. Opened and written from another thread, since
    /// that may take for ever: a signal ends the program all the same.
    Stream(BufWriter<Box<dyn AsyncWrite + Unpin>>),
    File(NamedTempFile, PathBuf),
}

impl Sink {
    pub(crate) fn stdout() -> Self {
        Self::stream(tokio::io::stdout())
    }

    /// The way to the other thread is long for a TLS record.
    fn stream(stream: impl AsyncWrite + Unpin + 'static) -> Self {
        Self::Stream(BufWriter::with_capacity(1 << 18, Box::new(stream)))
    }

    pub(crate) async fn create(path: &Path) -> io::Result<Self> {
        let existing = match fs::metadata(path) {
            Ok(existing) if existing.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            Ok(existing) if !existing.is_file() => {
                let stream = tokio::fs::OpenOptions::new().write(true).open(path).await?;
                return Ok(Self::stream(stream));
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
        Ok(Self::File(file, path))
    }

    pub(crate) async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.write_all(bytes).await,
            Self::File(file, _) => file.write_all(bytes),
        }
    }

    /// What was written so far is where others read it.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Stream(stream) => stream.flush().await,
            Self::File(..) => Ok(()),
        }
    }

    /// All of it has been written. It is on the disk before its name says so, and its name is when this returns: the
    /// original may be deleted next.
    pub(crate) async fn commit(self) -> io::Result<()> {
        match self {
            Self::Stream(mut stream) => stream.flush().await,
            Self::File(file, path) => {
                file.as_file().sync_all()?;
                file.persist(&path)?;
                sync_name(&path)
            }
        }
    }
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
