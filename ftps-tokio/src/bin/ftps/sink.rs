//! Where a download is written: under a temporary name beside its own, which it gets when it is whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

pub(crate) enum Sink {
    /// Standard output, a pipe, a device: nothing there can be renamed.
    Stream(Box<dyn Write>),
    File(NamedTempFile, PathBuf),
}

impl Sink {
    pub(crate) fn stdout() -> Self {
        Self::Stream(Box::new(io::stdout()))
    }

    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        let existing = match fs::metadata(path) {
            Ok(existing) if existing.is_dir() => return Err(ErrorKind::IsADirectory.into()),
            Ok(existing) if !existing.is_file() => {
                return Ok(Self::Stream(Box::new(OpenOptions::new().write(true).open(path)?)));
            }
            Ok(existing) => Some(existing),
            // A link that leads nowhere stays what it is, too.
            Err(error) if error.kind() == ErrorKind::NotFound && !path.is_symlink() => None,
            Err(error) => return Err(error),
        };
        // What a link leads to is replaced, not the link.
        let path = if existing.is_some() { fs::canonicalize(path)? } else { path.into() };
        let directory = path.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
        let file = temporary(directory)?;
        if let Some(existing) = existing {
            file.as_file().set_permissions(existing.permissions())?;
        }
        Ok(Self::File(file, path))
    }

    /// All of it has been written. It is on the disk before its name says so: the original may be deleted next.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            Self::Stream(mut stream) => stream.flush(),
            Self::File(file, path) => {
                file.as_file().sync_all()?;
                file.persist(path)?;
                Ok(())
            }
        }
    }

    fn writer(&mut self) -> &mut dyn Write {
        match self {
            Self::Stream(stream) => stream,
            Self::File(file, _) => file.as_file_mut() as &mut File,
        }
    }
}

/// With the permissions that any new file would have.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ftps-").suffix(".part");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(directory)
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writer().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer().flush()
    }
}
