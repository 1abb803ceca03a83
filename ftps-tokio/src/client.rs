//! The client.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Poll, ready};

use ftps_proto::codec::{Argument, Features};
use ftps_proto::ops::{self, List, Listed, Listing, OpenTransfer, Operation, Transferred};
use ftps_proto::{Error, Server};
use tokio::io::{AsyncRead, ReadBuf};

use crate::driver::Driver;
use crate::{Builder, Download, Upload};

/// How much of an upload's source is read at a time.
const CHUNK: usize = 128 * 1024;

/// A logged-in FTPS session.
///
/// Every future may be dropped at any time: what it was transferring is reset, never ended as if it were whole, and the
/// next call first clears away what was left (a round trip), or says that the session cannot be used any more.
pub struct Client {
    driver: Driver,
}

/// Whoever has the client's connections for a transfer. Dropped, it resets the data connection if there is one still:
/// a transfer that was confirmed has none.
pub(crate) struct Hold<'a>(pub(crate) &'a mut Driver);

impl Drop for Hold<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

impl Client {
    /// Settings for a client of this host: explicit TLS on port 21, verified by the platform, unless said otherwise.
    pub fn builder(host: impl Into<String>) -> Builder {
        Builder::new(host.into())
    }

    pub(crate) fn new(driver: Driver) -> Self {
        Self { driver }
    }

    /// Whether the session can be used: false once the connection is known to be gone. Asks nobody.
    pub fn is_usable(&self) -> bool {
        self.driver.link.session().is_usable()
    }

    /// What FEAT listed (RFC 2389), where the server knows it.
    pub fn features(&self) -> Option<&Features> {
        self.driver.link.session().features()
    }

    /// Which server this is, by its greeting.
    pub fn server(&self) -> Server {
        self.driver.link.session().server()
    }

    /// Downloads a file (RETR) through a reader, whose end means that all of it has come and was confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550.
    pub async fn download(&mut self, path: impl AsRef<[u8]>) -> Result<Download<'_>, Error> {
        let mut open = OpenTransfer::retr(Argument::new(path)?);
        let hold = Hold(&mut self.driver);
        let transfer = hold.0.run(&mut open).await?;
        Ok(Download::new(hold, transfer))
    }

    /// Uploads a file (STOR) through a writer, whose shutdown ends and confirms it. Dropped before that, the transfer is
    /// reset, so that the server does not take a part for the whole.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553.
    pub async fn upload_writer(&mut self, path: impl AsRef<[u8]>) -> Result<Upload<'_>, Error> {
        let mut open = OpenTransfer::stor(Argument::new(path)?);
        let hold = Hold(&mut self.driver);
        let transfer = hold.0.run(&mut open).await?;
        Ok(Upload::new(hold, transfer))
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; [`Error::Source`] where the reader fails. The upload is then reset.
    pub async fn upload<R>(&mut self, path: impl AsRef<[u8]>, source: &mut R) -> Result<Transferred, Error>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        let mut upload = self.upload_writer(path).await?;
        let mut chunk = vec![0; CHUNK];
        loop {
            let n = poll_fn(|cx| {
                loop {
                    // Only when there is room: so a refusal is seen while the source is waited for.
                    ready!(upload.poll_room(cx))?;
                    let mut space = ReadBuf::new(&mut chunk);
                    match Pin::new(&mut *source).poll_read(cx, &mut space) {
                        Poll::Ready(Ok(())) => return Poll::Ready(Ok(space.filled().len())),
                        Poll::Ready(Err(error)) => return Poll::Ready(Err(Error::Source(error.into()))),
                        // What it has yielded does not wait for more: a server that sees nothing move gives up.
                        Poll::Pending if upload.poll_push(cx) => {}
                        Poll::Pending => return Poll::Pending,
                    }
                }
            })
            .await?;
            if n == 0 {
                break;
            }
            let mut rest = &chunk[..n];
            while !rest.is_empty() {
                let taken = poll_fn(|cx| upload.poll_supply(cx, rest)).await?;
                rest = &rest[taken..];
            }
        }
        poll_fn(|cx| upload.poll_finish(cx)).await
    }

    /// Lists a directory: MLSD where the server has it, else LIST. An empty path is the working directory.
    ///
    /// Lines that cannot be read are none of its entries: see [`Listing::unparsed`].
    ///
    /// To a server without MLSD the path may be a pattern, which may match nothing.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; [`Error::Unlisted`] for a listing that is none, or not all: what has
    /// come of that, [`entries`](Self::entries) yields before its error.
    pub async fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Listing, Error> {
        let mut entries = self.entries(path)?;
        let mut listing = Listing::default();
        while let Some(listed) = entries.next().await? {
            listing.push(listed);
        }
        Ok(listing)
    }

    /// The same, an entry at a time, in bounded memory. Nothing is sent before [`Entries::next`].
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Entries<'_>, Error> {
        let path = path.as_ref();
        let path = if path.is_empty() { None } else { Some(Argument::new(path)?) };
        Ok(Entries { hold: Hold(&mut self.driver), list: List::new(path) })
    }

    /// A file's size in bytes (SIZE).
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
        self.run(ops::size(Argument::new(path)?)).await
    }

    /// The working directory (PWD), as the bytes that the server sends.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn pwd(&mut self) -> Result<Vec<u8>, Error> {
        self.run(ops::pwd()).await
    }

    /// Changes the working directory (CWD).
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn cwd(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.run(ops::cwd(Argument::new(path)?)).await
    }

    /// Makes a directory (MKD); results in its path where the server tells.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn mkd(&mut self, path: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, Error> {
        self.run(ops::mkd(Argument::new(path)?)).await
    }

    /// Deletes a file (DELE).
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn dele(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.run(ops::dele(Argument::new(path)?)).await
    }

    /// Removes an empty directory (RMD).
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn rmd(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
        self.run(ops::rmd(Argument::new(path)?)).await
    }

    /// Renames a file or directory (RNFR, RNTO).
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply.
    pub async fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Error> {
        self.run(ops::Rename::new(Argument::new(from)?, Argument::new(to)?)).await
    }

    /// Does nothing, and has it answered (NOOP).
    ///
    /// # Errors
    /// Whatever says that the session is gone.
    pub async fn noop(&mut self) -> Result<(), Error> {
        self.run(ops::noop()).await
    }

    /// Takes leave of the server (QUIT) and closes the connection.
    ///
    /// # Errors
    /// Whatever says that the server was not told, or did not answer. The connection is closed all the same.
    pub async fn quit(mut self) -> Result<(), Error> {
        self.run(ops::Quit::new()).await
    }

    async fn run<O: Operation>(&mut self, mut op: O) -> Result<O::Output, Error> {
        self.driver.run(&mut op).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", self.driver.link.session()).finish_non_exhaustive()
    }
}

/// A listing under way; made by [`Client::entries`].
pub struct Entries<'a> {
    hold: Hold<'a>,
    list: List,
}

impl Entries<'_> {
    /// The next line, or `None` once the listing is complete and confirmed. May be dropped while it waits.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; whatever says that the listing is not complete.
    pub async fn next(&mut self) -> Result<Option<Listed>, Error> {
        self.hold.0.run(&mut self.list).await
    }
}

impl fmt::Debug for Entries<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries").field("list", &self.list).finish_non_exhaustive()
    }
}
