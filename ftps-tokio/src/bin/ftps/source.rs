//! What an upload is read from.

use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};

use crate::progress::Bar;
use crate::stream::Reader;

pub(crate) enum Source {
    /// Never makes one wait long: read by the thread that uploads it, to which it is as near as can be.
    File(fs::File),
    Stream(Reader),
}

impl Source {
    /// Opens what is there; whatever a pipe waits for.
    pub(crate) async fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        if fs::metadata(path)?.is_file() {
            let file = fs::File::open(path)?;
            let metadata = file.metadata()?;
            if metadata.is_file() {
                return Ok((Self::File(file), metadata));
            }
        }
        let file = tokio::fs::File::open(path).await?.into_std().await;
        let metadata = file.metadata()?;
        Ok((Self::Stream(Reader::new(file)), metadata))
    }

    /// What it is read from, where that can be read from another place.
    pub(crate) fn file(&mut self) -> Option<&mut fs::File> {
        match self {
            Self::File(file) => Some(file),
            Self::Stream(_) => None,
        }
    }

    /// The same, and a bar is told how far it was read.
    pub(crate) fn counted<'a>(&'a mut self, bar: &'a Bar) -> Counted<'a> {
        Counted { source: self, bar }
    }
}

pub(crate) struct Counted<'a> {
    source: &'a mut Source,
    bar: &'a Bar,
}

impl AsyncRead for Counted<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = space.filled().len();
        match &mut *self.source {
            Source::File(file) => {
                let n = file.read(space.initialize_unfilled())?;
                space.advance(n);
            }
            Source::Stream(stream) => ready!(Pin::new(stream).poll_read(cx, space))?,
        }
        self.bar.inc((space.filled().len() - before) as u64);
        Poll::Ready(Ok(()))
    }
}
