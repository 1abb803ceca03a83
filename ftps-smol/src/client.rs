//! The client.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;

use ftps_proto::Error;
use ftps_proto::drive::{self, Adapter, Driver};
use ftps_proto::ops::{Listing, Operation, Transferred};
use futures_io::AsyncRead;

use crate::net::{Smol, Sockets};
use crate::transfer::Held;
use crate::{Download, Entries, Upload};

/// Settings of a [`Client`]; made by [`Client::builder`].
pub type Builder = drive::Builder<Smol>;

impl Adapter for Smol {
    type Connecting = Pin<Box<dyn Future<Output = Result<Client, Error>> + Send>>;

    fn connect(builder: Builder) -> Self::Connecting {
        Box::pin(async move {
            let mut dial = builder.dial(Sockets::new)?;
            poll_fn(|cx| dial.poll(cx)).await.map(|driver| Client { driver })
        })
    }
}

/// A logged-in FTPS session.
///
/// Every future may be dropped at any time: what it was transferring is reset, never ended as if it were whole, and the
/// next call first clears away what was left (a round trip), or says that the session cannot be used any more.
pub struct Client {
    pub(crate) driver: Driver<Sockets>,
}

impl Client {
    /// Settings for a client of this host: explicit TLS on port 21, verified by the platform, unless said otherwise.
    pub fn builder(host: impl Into<String>) -> Builder {
        Builder::new(host)
    }

    ftps_proto::drive::commands!([async await]);

    /// Downloads a file (RETR) through a reader, whose end means that all of it has come and was confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550.
    pub async fn download(&mut self, path: impl AsRef<[u8]>) -> Result<Download<&mut Self>, Error> {
        let mut download = drive::Download::new(Held(self), path)?;
        poll_fn(|cx| download.poll_open(cx)).await?;
        Ok(Download(download))
    }

    /// The same, through a reader that owns the client.
    ///
    /// # Errors
    /// The same, with the client.
    pub async fn into_download(
        self,
        path: impl AsRef<[u8]>,
    ) -> Result<Download<Box<Self>>, (Error, Option<Box<Self>>)> {
        let mut download = drive::Download::new(Held(Box::new(self)), path).map_err(|error| (error, None))?;
        match poll_fn(|cx| download.poll_open(cx)).await {
            Ok(()) => Ok(Download(download)),
            Err(error) => Err((error, download.release().map(|held| held.0))),
        }
    }

    /// Uploads a file (STOR) through a writer, whose shutdown ends and confirms it. Dropped before that, the transfer is
    /// reset, so that the server does not take a part for the whole.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553.
    pub async fn writer(&mut self, path: impl AsRef<[u8]>) -> Result<Upload<&mut Self>, Error> {
        let mut upload = drive::Upload::new(Held(self), path)?;
        poll_fn(|cx| upload.poll_open(cx)).await?;
        Ok(Upload(upload))
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; [`Error::Source`] where the reader fails. The upload is then reset.
    pub async fn upload<R>(&mut self, path: impl AsRef<[u8]>, source: &mut R) -> Result<Transferred, Error>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        let mut upload = drive::Upload::new(Held(self), path)?;
        poll_fn(|cx| upload.poll_copy(cx, |space, cx| Pin::new(&mut *source).poll_read(cx, space))).await
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
    pub fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Entries<&mut Self>, Error> {
        drive::Entries::new(Held(self), path).map(Entries)
    }

    /// Runs an operation of the core.
    ///
    /// # Errors
    /// Whatever ends it.
    pub async fn run<O: Operation>(&mut self, mut op: O) -> Result<O::Output, Error> {
        poll_fn(|cx| self.driver.poll_run(&mut op, cx)).await
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", self.driver.session()).finish_non_exhaustive()
    }
}
