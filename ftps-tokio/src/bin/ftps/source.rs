//! What an upload is read from.

use std::fs::{self, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ftps_tokio::{Client, Error, Put, Transferred};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use crate::progress::Bar;
use crate::stop;
use crate::stream::Reader;

pub(crate) enum Source {
    /// Never makes one wait long: read by the thread that uploads it, to which it is as near as can be.
    /// With its length when it was opened.
    File(fs::File, u64),
    Stream(Reader),
}

impl Source {
    /// Opens what is there; whatever a pipe waits for.
    pub(crate) async fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        if fs::metadata(path)?.is_file() {
            let file = fs::File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() {
                return Ok((Self::File(file, metadata.len()), metadata));
            }
        }
        let file = tokio::fs::File::open(path).await?.into_std().await;
        let metadata = file.metadata()?;
        Ok((Self::Stream(Reader::new(file)), metadata))
    }

    /// What it is read from, where that can be read from another place.
    pub(crate) fn file(&mut self) -> Option<&mut fs::File> {
        match self {
            Self::File(file, _) => Some(file),
            Self::Stream(_) => None,
        }
    }

    /// Uploads all that is left of it. A bar is told how far it was read.
    pub(crate) async fn upload(
        &mut self,
        client: &mut Client,
        put: Put,
        bar: &Bar,
    ) -> Result<Transferred, Error> {
        match self {
            Self::File(file, len) => {
                client.upload_seekable(put, &mut File { file, len: *len, at: 0, told: 0, bar }).await
            }
            Self::Stream(stream) => client.upload(put, &mut Stream { stream, bar }).await,
        }
    }
}

struct File<'a> {
    file: &'a mut fs::File,
    len: u64,
    at: u64,
    /// Up to where the bar was told. What is read again counts once.
    told: u64,
    bar: &'a Bar,
}

impl AsyncRead for File<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        stop::check()?;
        let n = self.file.read(space.initialize_unfilled())?;
        // Its end is not what was to be uploaded.
        if n == 0 && self.at < self.len {
            return Poll::Ready(Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                format!("has become shorter while it was sent: {} bytes instead of {}", self.at, self.len),
            )));
        }
        space.advance(n);
        self.at += n as u64;
        self.bar.inc(self.at.saturating_sub(self.told));
        self.told = self.told.max(self.at);
        Poll::Ready(Ok(()))
    }
}

impl AsyncSeek for File<'_> {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        self.at = self.file.seek(to)?;
        self.told = self.told.max(self.at);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.at))
    }
}

struct Stream<'a> {
    stream: &'a mut Reader,
    bar: &'a Bar,
}

impl AsyncRead for Stream<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        stop::check()?;
        let before = space.filled().len();
        ready!(Pin::new(&mut *self.stream).poll_read(cx, space))?;
        self.bar.inc((space.filled().len() - before) as u64);
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    #[tokio::test]
    async fn a_file_that_becomes_shorter_has_no_end() {
        let mut written = tempfile::NamedTempFile::new().unwrap();
        written.write_all(b"0123456789").unwrap();
        let (source, _) = Source::open(written.path()).await.unwrap();
        let Source::File(mut file, len) = source else { panic!("it is a file") };
        let bar = Bar::hidden();
        let mut reader = File { file: &mut file, len, at: 0, told: 0, bar: &bar };
        let mut start = [0; 8];
        reader.read_exact(&mut start).await.unwrap();
        written.as_file().set_len(8).unwrap();
        let error = reader.read(&mut [0; 8]).await.unwrap_err();
        assert_eq!(error.to_string(), "has become shorter while it was sent: 8 bytes instead of 10");
        // What has grown is sent as far as it goes.
        written.as_file().set_len(12).unwrap();
        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), 4);
    }
}
