//! What a test does with an adapter's client: the same calls, none of which returns before it is done.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use ftps_proto::codec::{Entry, Features, Reply, Timestamp};
use ftps_proto::drive::{Adapter, Builder};
use ftps_proto::ops::{Get, Listed, Put, Transferred, WalkOrder, Walked};
use ftps_proto::{Error, ServerKind, Url};

use crate::commands::Commands;
use crate::relay::Relays;

/// A client.
pub trait Subject: Sized + Commands {
    type Adapter: Adapter + Clone;
    type Reader<'a>: Reader
    where
        Self: 'a;
    type Writer<'a>: Writer
    where
        Self: 'a;
    type Entries<'a>: Iterator<Item = Result<Listed, Error>>
    where
        Self: 'a;
    type Walk<'a>: Iterator<Item = Result<Walked, Error>>
    where
        Self: 'a;
    type OwnedWalk: Iterator<Item = Result<Walked, Error>> + Owner<Self>;
    type OwnedReader: Reader + Owner<Self>;
    type OwnedWriter: Writer + Owner<Self>;
    const NAME: &'static str;

    fn connect(builder: &Builder<Self::Adapter>) -> Result<Self, Error>;
    /// Without a login; and how many certificates the server has shown.
    fn survey(builder: &Builder<Self::Adapter>) -> (Option<usize>, Result<(), Error>);
    /// What connects through these relays.
    fn connector(relays: Arc<Relays>) -> <Self::Adapter as Adapter>::Connector;
    /// Does this work, and gives it up after so many steps: polls of its future, or calls of what blocks. What it came to,
    /// if it came to an end.
    fn given_up(&mut self, steps: usize, work: &Work) -> Option<Result<(), Error>>;
    /// The same with connecting; the client, if it came to one.
    fn connect_given_up(builder: &Builder<Self::Adapter>, steps: usize) -> Option<Result<Self, Error>>;

    fn upload(&mut self, put: impl Into<Put>, source: &mut Source) -> Result<Transferred, Error>;
    fn upload_seekable(&mut self, put: impl Into<Put>, source: &mut Bytes) -> Result<Transferred, Error>;
    fn writer(&mut self, path: impl AsRef<[u8]>) -> Result<Self::Writer<'_>, Error>;
    fn into_upload(self, path: impl AsRef<[u8]>) -> Result<Self::OwnedWriter, (Self, Error)>;
    fn download(&mut self, get: impl Into<Get>) -> Result<Self::Reader<'_>, Error>;
    fn into_download(self, path: impl AsRef<[u8]>) -> Result<Self::OwnedReader, (Self, Error)>;
    fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<Entry>, Error>;
    fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Self::Entries<'_>, Error>;
    /// In this order, no deeper than that.
    fn walk(
        &mut self,
        path: impl AsRef<[u8]>,
        order: WalkOrder,
        most: Option<usize>,
    ) -> Result<Self::Walk<'_>, Error>;
    fn into_walk(self, path: impl AsRef<[u8]>) -> Self::OwnedWalk;
    fn glob(&mut self, pattern: impl AsRef<[u8]>) -> Result<Self::Walk<'_>, Error>;
    fn into_glob(self, pattern: impl AsRef<[u8]>) -> Result<Self::OwnedWalk, (Self, Error)>;

    /// By the URL alone, so that the platform decides whom to trust.
    fn connect_to(url: &Url) -> Result<Self, Error>;
    fn download_to(&mut self, get: impl Into<Get>) -> Result<(Vec<u8>, Transferred), Error>;
    /// Into a writer that has no room.
    fn download_nowhere(&mut self, path: impl AsRef<[u8]>) -> Error;
    fn metadata(&mut self, path: impl AsRef<[u8]>) -> Result<Entry, Error>;
    fn modified(&mut self, path: impl AsRef<[u8]>) -> Result<Timestamp, Error>;
    fn learn_offset(&mut self, directory: impl AsRef<[u8]>) -> Result<Option<i16>, Error>;
    fn exists(&mut self, path: impl AsRef<[u8]>) -> Result<bool, Error>;
    fn create_dir_all(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error>;
    fn command(&mut self, text: &str) -> Result<Reply, Error>;

    /// Uploads all of these as a batch, then downloads them as another; what each download came to.
    fn in_batches(&mut self, files: &[(String, Vec<u8>)]) -> Vec<Result<Vec<u8>, Error>>;

    fn expect_more(&mut self, more: bool);
    fn is_usable(&self) -> bool;
    fn features(&self) -> Option<&Features>;
    fn server(&self) -> ServerKind;
    fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, Error>;
    fn current_dir(&mut self) -> Result<Vec<u8>, Error>;
    fn set_current_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error>;
    fn create_dir(&mut self, path: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, Error>;
    fn remove_file(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error>;
    fn remove_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error>;
    fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Error>;
    fn keep_alive(&mut self) -> Result<(), Error>;
    fn quit(self) -> Result<(), Error>;
    /// As its `Debug` shows it.
    fn shown(&self) -> String;
}

/// A download.
pub trait Reader: Read {
    fn resumed(&self) -> bool;
    fn transferred(&self) -> Option<Transferred>;
}

/// An upload.
pub trait Writer: Write {
    fn finish(&mut self) -> Result<Transferred, Error>;
    fn transferred(&self) -> Option<Transferred>;
}

/// What gives its client back.
pub trait Owner<S> {
    fn into_client(self) -> S;
}

/// What is given up.
#[derive(Clone, Debug)]
pub enum Work {
    Download(String),
    /// All of it from a source.
    Upload(String, Vec<u8>),
    /// Through a writer, which is flushed after each part.
    Write(String, Vec<u8>),
    List(String),
    /// A download that is dropped, and a command that has to recover from that.
    Recover(String),
    CurrentDir,
    Size(String),
    SetCurrentDir(String),
    CreateDir(String),
    RemoveFile(String),
    RemoveDir(String),
    Rename(String, String),
    KeepAlive,
}

/// How much is written or read at a time by what is given up.
pub const PART: usize = 70_000;

/// What an upload reads.
#[derive(Debug, Default)]
pub struct Source(VecDeque<Part>);

#[derive(Debug)]
pub enum Part {
    Bytes(Vec<u8>),
    /// Others go first. Nothing, where calls block.
    Yield,
    Fail(io::Error),
    /// This byte again and again.
    Repeat(u8),
    /// Nothing ever comes. For futures only.
    Never,
}

impl Source {
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        Self(parts.into_iter().collect())
    }

    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new([Part::Bytes(bytes.into())])
    }

    pub fn empty() -> Self {
        Self::default()
    }

    pub fn repeat() -> Self {
        Self::new([Part::Repeat(7)])
    }

    /// Parts of a file, before each of which others go first.
    pub fn hesitant(file: &[u8]) -> Self {
        Self::new(file.chunks(PART).flat_map(|part| [Part::Yield, Part::Bytes(part.into())]))
    }

    /// What comes next. Without a context, where calls block, nobody can go first.
    fn poll(&mut self, cx: Option<&mut Context<'_>>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        match self.0.pop_front() {
            None => Poll::Ready(Ok(0)),
            // No bytes would be the end.
            Some(Part::Bytes(bytes)) if bytes.is_empty() => self.poll(cx, space),
            Some(Part::Fail(error)) => Poll::Ready(Err(error)),
            Some(Part::Bytes(mut bytes)) => {
                let n = space.len().min(bytes.len());
                space[..n].copy_from_slice(&bytes[..n]);
                if n < bytes.len() {
                    self.0.push_front(Part::Bytes(bytes.split_off(n)));
                }
                Poll::Ready(Ok(n))
            }
            Some(Part::Repeat(byte)) => {
                self.0.push_front(Part::Repeat(byte));
                space.fill(byte);
                Poll::Ready(Ok(space.len()))
            }
            Some(Part::Never) => {
                self.0.push_front(Part::Never);
                Poll::Pending
            }
            Some(Part::Yield) => match cx {
                Some(cx) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                None => self.poll(None, space),
            },
        }
    }
}

impl Read for Source {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        match self.poll(None, space) {
            Poll::Ready(read) => read,
            Poll::Pending => panic!("this would block for ever"),
        }
    }
}

/// futures-io's, smol's and async-std's.
impl smol::io::AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.poll(Some(cx), space)
    }
}

impl tokio::io::AsyncRead for Source {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.poll(Some(cx), space.initialize_unfilled()).map_ok(|n| space.advance(n))
    }
}

/// What an upload reads, and can read again.
#[derive(Debug)]
pub struct Bytes(pub Cursor<Vec<u8>>);

impl Read for Bytes {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        self.0.read(space)
    }
}

impl Seek for Bytes {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl smol::io::AsyncRead for Bytes {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, space: &mut [u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(self.0.read(space))
    }
}

impl smol::io::AsyncSeek for Bytes {
    fn poll_seek(mut self: Pin<&mut Self>, _: &mut Context<'_>, to: SeekFrom) -> Poll<io::Result<u64>> {
        Poll::Ready(self.0.seek(to))
    }
}

impl tokio::io::AsyncRead for Bytes {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut tokio::io::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        tokio::io::AsyncRead::poll_read(Pin::new(&mut self.0), cx, space)
    }
}

impl tokio::io::AsyncSeek for Bytes {
    fn start_seek(mut self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        tokio::io::AsyncSeek::start_seek(Pin::new(&mut self.0), to)
    }

    fn poll_complete(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        tokio::io::AsyncSeek::poll_complete(Pin::new(&mut self.0), cx)
    }
}

/// The error inside of what a reader or writer reports.
pub fn inside(error: io::Error) -> Error {
    error.downcast().unwrap()
}

/// Finds as text: a depth and a path, or what is wrong and where.
pub fn walked(walk: impl Iterator<Item = Result<Walked, Error>>) -> Vec<String> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = walk.map(|walked| match walked.unwrap() {
        Walked::Entry { path, depth, .. } => format!("{depth} {}", text(path.as_bytes())),
        Walked::Unparsed { directory, line } => format!("? {}: {}", text(&directory), text(&line)),
        Walked::Failed { directory, .. } => format!("! {}", text(&directory)),
        Walked::Loop { directory } => format!("@ {}", text(&directory)),
        _ => unreachable!("nothing else is told"),
    });
    shown.collect()
}
