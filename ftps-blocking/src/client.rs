//! The client.

use std::fmt;
use std::io::Read;
use std::task::Poll;

use ftps_proto::Error;
use ftps_proto::drive::{self, Adapter, Driver};
use ftps_proto::ops::{Listing, Operation, Transferred};

use crate::net::{Blocking, Sockets, wait};
use crate::transfer::Held;
use crate::{Download, Entries, Upload};

/// Settings of a [`Client`]; made by [`Client::builder`].
pub type Builder = drive::Builder<Blocking>;

impl Adapter for Blocking {
    type Connecting = Result<Client, Error>;

    fn connect(builder: Builder) -> Result<Client, Error> {
        let mut dial = builder.dial(Sockets::new)?;
        wait(|cx| dial.poll(cx)).map(|driver| Client { driver })
    }
}

/// A logged-in FTPS session.
///
/// A transfer that is dropped is reset, never ended as if it were whole, and the next call first clears away what was left
/// (a round trip), or says that the session cannot be used any more.
pub struct Client {
    pub(crate) driver: Driver<Sockets>,
}

impl Client {
    /// Settings for a client of this host: explicit TLS on port 21, verified by the platform, unless said otherwise.
    pub fn builder(host: impl Into<String>) -> Builder {
        Builder::new(host)
    }

    ftps_proto::drive::commands!();

    /// Downloads a file (RETR) through a reader, whose end means that all of it has come and was confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550.
    pub fn download(&mut self, path: impl AsRef<[u8]>) -> Result<Download<&mut Self>, Error> {
        let mut download = drive::Download::new(Held(self), path)?;
        wait(|cx| download.poll_open(cx))?;
        Ok(Download(download))
    }

    /// The same, through a reader that owns the client.
    ///
    /// # Errors
    /// The same, with the client.
    #[allow(clippy::type_complexity)]
    pub fn into_download(
        self,
        path: impl AsRef<[u8]>,
    ) -> Result<Download<Box<Self>>, (Error, Option<Box<Self>>)> {
        let mut download = drive::Download::new(Held(Box::new(self)), path).map_err(|error| (error, None))?;
        match wait(|cx| download.poll_open(cx)) {
            Ok(()) => Ok(Download(download)),
            Err(error) => Err((error, download.release().map(|held| held.0))),
        }
    }

    /// Uploads a file (STOR) through a writer, which [`Upload::finish`] ends and confirms. Dropped before that, the
    /// transfer is reset, so that the server does not take a part for the whole.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553.
    pub fn writer(&mut self, path: impl AsRef<[u8]>) -> Result<Upload<&mut Self>, Error> {
        let mut upload = drive::Upload::new(Held(self), path)?;
        wait(|cx| upload.poll_open(cx))?;
        Ok(Upload(upload))
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed. A refusal is seen between two of its reads.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; [`Error::Source`] where the reader fails. The upload is then reset.
    pub fn upload<R>(&mut self, path: impl AsRef<[u8]>, source: &mut R) -> Result<Transferred, Error>
    where
        R: Read + ?Sized,
    {
        let mut upload = drive::Upload::new(Held(self), path)?;
        wait(|cx| upload.poll_copy(cx, |space, _| Poll::Ready(source.read(space))))
    }

    /// Lists a directory: MLSD where the server has it, else LIST. An empty path is the working directory.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply; [`Error::Unlisted`] for a listing that is none, or not all.
    pub fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Listing, Error> {
        let mut listing = Listing::default();
        for listed in self.entries(path)? {
            listing.push(listed?);
        }
        Ok(listing)
    }

    /// The same, an entry at a time, in bounded memory. Nothing is sent before the first is asked for.
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Entries<&mut Self>, Error> {
        Ok(Entries(Some(drive::Entries::new(Held(self), path)?)))
    }

    /// Runs an operation of the core.
    ///
    /// # Errors
    /// Whatever ends it.
    pub fn run<O: Operation>(&mut self, mut op: O) -> Result<O::Output, Error> {
        wait(|cx| self.driver.poll_run(&mut op, cx))
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", self.driver.session()).finish_non_exhaustive()
    }
}
