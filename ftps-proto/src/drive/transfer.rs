//! Transfers under way. Whoever drops one before its end resets its data connection.

use std::fmt;
use std::io;
use std::task::{Poll, ready};

use super::driver::{Driver, Lease, Turn};
use super::net::Net;
use crate::codec::Argument;
use crate::error::Error;
use crate::need::Channel;
use crate::ops::{List, Listed, OpenTransfer, Operation, Transfer, Transferred};

/// How much of an upload's source is read at a time.
const CHUNK: usize = 128 * 1024;

type Cx<'a, L> = <<L as Lease>::Net as Net>::Cx<'a>;

/// Whoever has the connections for a transfer. Dropped, it resets the data connection if there is one still: a transfer
/// that was confirmed has none.
struct Hold<L: Lease>(Option<L>);

impl<L: Lease> Hold<L> {
    fn driver(&mut self) -> Option<&mut Driver<L::Net>> {
        self.0.as_mut().map(Lease::driver)
    }

    fn poll<O: Operation>(&mut self, op: &mut O, cx: &mut Cx<'_, L>) -> Poll<Result<Turn<O::Output>, Error>> {
        match self.driver() {
            Some(driver) => driver.poll(op, cx),
            None => Poll::Pending,
        }
    }

    fn release(mut self) -> Option<L> {
        if let Some(driver) = self.driver() {
            driver.abandon();
        }
        self.0.take()
    }
}

impl<L: Lease> Drop for Hold<L> {
    fn drop(&mut self) {
        if let Some(driver) = self.driver() {
            driver.abandon();
        }
    }
}

/// What is known of a transfer.
#[derive(Clone, Debug, Default)]
pub struct Status {
    resumed: bool,
    transferred: Option<Transferred>,
}

impl Status {
    /// Whether the data connection resumed the control connection's TLS session.
    pub fn resumed(&self) -> bool {
        self.resumed
    }

    /// What came of it, once its end has been read, or it has been finished.
    pub fn transferred(&self) -> Option<&Transferred> {
        self.transferred.as_ref()
    }
}

enum Stage {
    Opening(OpenTransfer),
    Moving(Transfer),
}

/// What both directions have in common.
struct Moving<L: Lease> {
    hold: Hold<L>,
    stage: Stage,
    status: Status,
}

impl<L: Lease> Moving<L> {
    fn new(lease: L, open: OpenTransfer) -> Self {
        Self { hold: Hold(Some(lease)), stage: Stage::Opening(open), status: Status::default() }
    }

    fn poll_open(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        while let Stage::Opening(open) = &mut self.stage {
            if let Turn::Done(transfer) = ready!(self.hold.poll(open, cx))? {
                self.status.resumed = transfer.resumed();
                self.stage = Stage::Moving(transfer);
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Goes on until payload can move, or to the end.
    fn poll(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        ready!(self.poll_open(cx))?;
        if self.status.transferred.is_none()
            && let Stage::Moving(transfer) = &mut self.stage
            && let Turn::Done(done) = ready!(self.hold.poll(transfer, cx))?
        {
            self.status.transferred = Some(done);
        }
        Poll::Ready(Ok(()))
    }
}

/// A file on its way from the server.
///
/// Its end means that all of the file has come and was confirmed, with close_notify and a 2xx; anything less is an error.
pub struct Download<L: Lease>(Moving<L>);

impl<L: Lease> Download<L> {
    /// Downloads a file (RETR). Nothing is sent before it is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        Ok(Self(Moving::new(lease, OpenTransfer::retr(Argument::new(path)?))))
    }

    /// Waits until the server lets it begin.
    pub fn poll_open(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        self.0.poll_open(cx)
    }

    /// Waits for payload and hands it out where it was decrypted. Empty: the confirmed end.
    pub fn poll_fill_buf(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<&[u8], Error>> {
        while self.0.status.transferred.is_none() && self.buffer().is_empty() {
            ready!(self.0.poll(cx))?;
        }
        Poll::Ready(Ok(self.buffer()))
    }

    /// So many bytes of the payload were taken.
    pub fn consume(&mut self, n: usize) {
        if let Some(driver) = self.0.hold.driver() {
            driver.link.consume(n);
        }
    }

    /// Waits for payload and copies it; zero is the confirmed end, where there is space.
    pub fn poll_read(&mut self, space: &mut [u8], cx: &mut Cx<'_, L>) -> Poll<Result<usize, Error>> {
        let payload = ready!(self.poll_fill_buf(cx))?;
        let n = payload.len().min(space.len());
        space[..n].copy_from_slice(&payload[..n]);
        self.consume(n);
        Poll::Ready(Ok(n))
    }

    /// What has come and was not consumed.
    pub fn buffer(&mut self) -> &[u8] {
        self.0.hold.driver().map_or(&[], |driver| driver.link.payload())
    }

    /// What is known of it.
    pub fn status(&self) -> &Status {
        &self.0.status
    }

    /// Gives the connections back; the transfer is reset where it has not come to its end.
    pub fn release(self) -> Option<L> {
        self.0.hold.release()
    }
}

/// A file on its way to the server. Only [`poll_finish`](Self::poll_finish) ends it.
pub struct Upload<L: Lease> {
    moving: Moving<L>,
    /// Of a source: what has been read and not been handed over.
    chunk: Vec<u8>,
    at: usize,
    end: usize,
    /// The source has come to its end.
    ended: bool,
}

impl<L: Lease> Upload<L> {
    /// Uploads a file (STOR). Nothing is sent before it is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        let moving = Moving::new(lease, OpenTransfer::stor(Argument::new(path)?));
        Ok(Self { moving, chunk: Vec::new(), at: 0, end: 0, ended: false })
    }

    /// Waits until the server lets it begin.
    pub fn poll_open(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        self.moving.poll_open(cx)
    }

    /// Waits until payload can be handed over. An upload that is done has room for ever.
    fn poll_room(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        self.moving.poll(cx)
    }

    /// Hands over payload; how many bytes were taken: none only once it is finished, or of none.
    pub fn poll_supply(&mut self, payload: &[u8], cx: &mut Cx<'_, L>) -> Poll<Result<usize, Error>> {
        loop {
            ready!(self.poll_room(cx))?;
            let n = self.moving.hold.driver().map_or(0, |driver| driver.link.supply(payload));
            if n > 0 || payload.is_empty() || self.moving.status.transferred.is_some() {
                return Poll::Ready(Ok(n));
            }
        }
    }

    /// Hands over all that a source yields, and ends the file. `read` reads into the space it is given; zero is the end.
    pub fn poll_copy(
        &mut self,
        cx: &mut Cx<'_, L>,
        mut read: impl FnMut(&mut [u8], &mut Cx<'_, L>) -> Poll<io::Result<usize>>,
    ) -> Poll<Result<Transferred, Error>> {
        self.chunk.resize(CHUNK, 0);
        while !self.ended {
            // Only when there is room: so a refusal is seen while the source is waited for.
            ready!(self.poll_room(cx))?;
            if self.at == self.end {
                match read(&mut self.chunk, cx) {
                    Poll::Ready(Ok(n)) => {
                        (self.at, self.end) = (0, n.min(CHUNK));
                        self.ended = n == 0;
                    }
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(Error::Source(error.into()))),
                    // What it has yielded does not wait for more: a server that sees nothing move gives up.
                    Poll::Pending if self.poll_push(cx) => continue,
                    Poll::Pending => return Poll::Pending,
                }
            }
            if let Some(driver) = self.moving.hold.driver() {
                self.at += driver.link.supply(&self.chunk[self.at..self.end]);
            }
        }
        self.poll_finish(cx)
    }

    /// Writes what there is to write; whether anything happened.
    fn poll_push(&mut self, cx: &mut Cx<'_, L>) -> bool {
        self.moving
            .hold
            .driver()
            .is_some_and(|driver| !driver.link.is_flushed() && driver.poll_send(Channel::Data, cx))
    }

    /// Waits until all that was handed over has left.
    pub fn poll_flush(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<(), Error>> {
        while self.moving.hold.driver().is_some_and(|driver| !driver.link.is_flushed()) {
            if let Some(driver) = self.moving.hold.driver() {
                driver.link.flush();
            }
            ready!(self.poll_room(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Ends the file and waits for its confirmation.
    pub fn poll_finish(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<Transferred, Error>> {
        ready!(self.poll_open(cx))?;
        loop {
            if let Stage::Moving(transfer) = &mut self.moving.stage {
                transfer.finish();
            }
            if let Some(done) = &self.moving.status.transferred {
                return Poll::Ready(Ok(done.clone()));
            }
            ready!(self.moving.poll(cx))?;
        }
    }

    /// What is known of it.
    pub fn status(&self) -> &Status {
        &self.moving.status
    }

    /// Gives the connections back; the transfer is reset where it has not come to its end.
    pub fn release(self) -> Option<L> {
        self.moving.hold.release()
    }
}

/// A listing under way.
pub struct Entries<L: Lease> {
    hold: Hold<L>,
    list: List,
}

impl<L: Lease> Entries<L> {
    /// Lists a directory: MLSD where the server has it, else LIST. An empty path is the working directory. Nothing is sent
    /// before it is polled.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn new(lease: L, path: impl AsRef<[u8]>) -> Result<Self, Error> {
        let path = path.as_ref();
        let path = if path.is_empty() { None } else { Some(Argument::new(path)?) };
        Ok(Self { hold: Hold(Some(lease)), list: List::new(path) })
    }

    /// The next line, or `None` once the listing is complete and confirmed.
    pub fn poll_next(&mut self, cx: &mut Cx<'_, L>) -> Poll<Result<Option<Listed>, Error>> {
        loop {
            if let Turn::Done(next) = ready!(self.hold.poll(&mut self.list, cx))? {
                return Poll::Ready(Ok(next));
            }
        }
    }
}

impl<L: Lease> fmt::Debug for Download<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("status", self.status()).finish_non_exhaustive()
    }
}

impl<L: Lease> fmt::Debug for Upload<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload").field("status", self.status()).finish_non_exhaustive()
    }
}

impl<L: Lease> fmt::Debug for Entries<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("list", &self.list).finish_non_exhaustive()
    }
}
