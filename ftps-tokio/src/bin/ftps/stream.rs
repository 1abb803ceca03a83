//! Pipes, terminals, devices: read and written by a thread of their own, since that may take for ever. So a signal ends the
//! program all the same. The way to another thread is long: it is gone with whole chunks, two of them by turns.

use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::thread;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

/// How much is read or written at a time, by whatever thread.
pub(crate) const CHUNK: usize = 256 * 1024;
/// One is filled while the other is emptied.
const CHUNKS: usize = 2;

/// Written from another thread. An error is told by what is done next.
pub(crate) struct Writer {
    chunk: Vec<u8>,
    empty: Vec<Vec<u8>>,
    full: mpsc::Sender<Vec<u8>>,
    written: mpsc::Receiver<io::Result<Vec<u8>>>,
}

impl Writer {
    pub(crate) fn new(mut to: impl Write + Send + 'static) -> Self {
        let (full, mut chunks) = mpsc::channel::<Vec<u8>>(CHUNKS);
        let (back, written) = mpsc::channel(CHUNKS);
        thread::spawn(move || {
            while let Some(mut chunk) = chunks.blocking_recv() {
                let done = to.write_all(&chunk).and_then(|()| to.flush());
                let failed = done.is_err();
                chunk.clear();
                if back.blocking_send(done.map(|()| chunk)).is_err() || failed {
                    return;
                }
            }
        });
        Self { chunk: Vec::new(), empty: vec![Vec::new(); CHUNKS - 1], full, written }
    }

    pub(crate) async fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            bytes = later;
            if self.chunk.len() == CHUNK {
                self.hand_over().await?;
            }
        }
        Ok(())
    }

    /// Waits until all of it has been written.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if !self.chunk.is_empty() {
            self.hand_over().await?;
        }
        while self.empty.len() < CHUNKS - 1 {
            let chunk = self.written().await?;
            self.empty.push(chunk);
        }
        Ok(())
    }

    async fn hand_over(&mut self) -> io::Result<()> {
        let next = match self.empty.pop() {
            Some(empty) => empty,
            None => self.written().await?,
        };
        let chunk = std::mem::replace(&mut self.chunk, next);
        // Where the thread has ended, what it has left says why.
        let _ = self.full.send(chunk).await;
        Ok(())
    }

    /// Waits for a chunk that was written.
    async fn written(&mut self) -> io::Result<Vec<u8>> {
        self.written.recv().await.unwrap_or_else(|| Err(ErrorKind::BrokenPipe.into()))
    }
}

/// Read from another thread, as soon as it is read from for the first time.
pub(crate) struct Reader {
    chunk: Option<Chunk>,
    /// To be filled, and not yet with the thread.
    empty: Vec<Chunk>,
    wanted: mpsc::Sender<Chunk>,
    filled: mpsc::Receiver<io::Result<Chunk>>,
}

/// What was read, and how much of that was taken.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    taken: usize,
    end: usize,
}

impl Chunk {
    fn fill(&mut self, from: &mut impl Read) -> io::Result<()> {
        self.bytes.resize(CHUNK, 0);
        let end = loop {
            match from.read(&mut self.bytes) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        (self.taken, self.end) = (0, end);
        Ok(())
    }
}

impl Reader {
    pub(crate) fn new(mut from: impl Read + Send + 'static) -> Self {
        let (wanted, mut chunks) = mpsc::channel::<Chunk>(CHUNKS);
        let (forth, filled) = mpsc::channel(CHUNKS);
        thread::spawn(move || {
            while let Some(mut chunk) = chunks.blocking_recv() {
                let done = chunk.fill(&mut from);
                // There is nothing to be read after that.
                let last = done.is_err() || chunk.end == 0;
                if forth.blocking_send(done.map(|()| chunk)).is_err() || last {
                    return;
                }
            }
        });
        let empty = (0..CHUNKS).map(|_| Chunk::default()).collect();
        Self { chunk: None, empty, wanted, filled }
    }
}

impl AsyncRead for Reader {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        space: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let mut chunk = match this.chunk.take() {
            Some(chunk) if chunk.taken < chunk.end => chunk,
            done => {
                for empty in this.empty.drain(..).chain(done) {
                    // Where the thread has ended, there is nothing more to be read.
                    let _ = this.wanted.try_send(empty);
                }
                match ready!(this.filled.poll_recv(cx)) {
                    Some(filled) => filled?,
                    None => return Poll::Ready(Ok(())),
                }
            }
        };
        let rest = &chunk.bytes[chunk.taken..chunk.end];
        let n = rest.len().min(space.remaining());
        space.put_slice(&rest[..n]);
        chunk.taken += n;
        this.chunk = Some(chunk);
        Poll::Ready(Ok(()))
    }
}
