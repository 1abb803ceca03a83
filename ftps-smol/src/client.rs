//! The client.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;

use blocking::unblock;
use ftps_proto::drive::{self, Adapter, Driven, Driver, NotStarted, Running, Survey};
use ftps_proto::ops::Transferred;
use ftps_proto::{Error, Operation};
use futures_io::{AsyncRead, AsyncWrite};

use crate::net::{Connect, Sockets};
use crate::{Download, Entries, Upload};

/// Settings of a [`Client`]; made by [`Client::builder`].
pub type Builder = drive::Builder<Smol>;

/// This adapter, as [`Builder`] knows it.
#[derive(Clone, Copy, Debug)]
pub enum Smol {}

impl Adapter for Smol {
    type Connector = Arc<dyn Connect>;
    type Connecting = Pin<Box<dyn Future<Output = Result<Client, Error>> + Send>>;

    fn connect(builder: &Builder) -> Self::Connecting {
        let builder = builder.clone();
        Box::pin(async move {
            let mut opening = prepared(builder).await?.open(Sockets::new)?;
            let driver = poll_fn(|cx| opening.poll(cx)).await?;
            Ok(Client { driver })
        })
    }
}

/// With the platform's certificates read, on a thread where that may block.
async fn prepared(builder: Builder) -> Result<Builder, Error> {
    match builder.is_prepared() {
        true => Ok(builder),
        false => unblock(|| builder.prepare()).await,
    }
}

/// A logged-in FTPS session.
///
/// Every future may be dropped at any time: what it was transferring is reset, never ended as if it were whole, and the
/// next call first recovers the session (a round trip), or says that it cannot be used any more.
pub struct Client {
    driver: Driver<Sockets>,
}

impl Client {
    /// Settings for a client of this host: explicit TLS on port 21, verified by the platform, anonymous.
    pub fn builder(host: impl Into<String>) -> Builder {
        Builder::new(host)
    }

    /// As [`Builder::connect`], but tells what was found out about the server where it fails, too. Without `login` it goes
    /// no further than TLS.
    pub async fn survey(builder: &Builder, login: bool) -> Survey<Self> {
        let opening = prepared(builder.clone()).await.and_then(|builder| builder.open(Sockets::new));
        let mut opening = match opening {
            Ok(opening) if login => opening,
            Ok(opening) => opening.until_secured(),
            Err(error) => return Survey::failed(error),
        };
        let opened = poll_fn(|cx| opening.poll(cx)).await;
        Survey::new(opening, opened).map(|driver| Self { driver })
    }

    ftps_proto::drive::commands!([async await]);

    /// Downloads a file (RETR) through a reader, whose end means that all of it has come and was confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550.
    #[doc(alias = "RETR")]
    pub async fn download(&mut self, path: impl AsRef<[u8]>) -> Result<Download<&mut Self>, Error> {
        Ok(Download::open(self, path).await?)
    }

    /// Downloads a file (RETR) into a writer, which is flushed at the end. What was written is the whole file only where this
    /// succeeds.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550; [`Error::Sink`] where the writer fails: then the download is
    /// reset.
    #[doc(alias = "RETR")]
    pub async fn download_to<W>(&mut self, path: impl AsRef<[u8]>, sink: &mut W) -> Result<Transferred, Error>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        let mut download = drive::Download::new(self, path)?;
        poll_fn(|cx| {
            download.poll_copy(cx, |payload, cx| match payload {
                Some(payload) => Pin::new(&mut *sink).poll_write(cx, payload),
                None => Pin::new(&mut *sink).poll_flush(cx).map_ok(|()| 0),
            })
        })
        .await
    }

    /// As [`download`](Self::download), through a reader that owns the client; [`Download::into_client`] gives it back.
    ///
    /// # Errors
    /// The same; and the client.
    pub async fn into_download(
        self,
        path: impl AsRef<[u8]>,
    ) -> Result<Download<Box<Self>>, NotStarted<Box<Self>>> {
        Download::open(Box::new(self), path).await
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553; [`Error::Source`] where the reader fails: then the upload is
    /// reset.
    #[doc(alias = "STOR")]
    pub async fn upload<R>(&mut self, path: impl AsRef<[u8]>, source: &mut R) -> Result<Transferred, Error>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        let mut upload = drive::Upload::new(self, path)?;
        poll_fn(|cx| upload.poll_copy(cx, |space, cx| Pin::new(&mut *source).poll_read(cx, space))).await
    }

    /// Uploads a file (STOR) through a writer. [`Upload::finish`], or to close it, ends and confirms the file; dropped
    /// before that, the upload is reset.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553.
    #[doc(alias = "STOR")]
    pub async fn writer(&mut self, path: impl AsRef<[u8]>) -> Result<Upload<&mut Self>, Error> {
        Ok(Upload::open(self, path).await?)
    }

    /// As [`writer`](Self::writer), through a writer that owns the client; [`Upload::into_client`] gives it back.
    ///
    /// # Errors
    /// The same; and the client.
    pub async fn into_upload(
        self,
        path: impl AsRef<[u8]>,
    ) -> Result<Upload<Box<Self>>, NotStarted<Box<Self>>> {
        Upload::open(Box::new(self), path).await
    }

    /// Lists a directory a line at a time, in bounded memory. Each line is told, also one that cannot be read. Nothing is sent before [`Entries::next`].
    ///
    /// # Errors
    /// [`Error::Local`] for a path that cannot be sent.
    pub fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Entries<&mut Self>, Error> {
        Ok(Entries::open(self, path)?)
    }

    /// As [`entries`](Self::entries), with the client inside; [`Entries::into_client`] gives it back.
    ///
    /// # Errors
    /// The same; and the client.
    pub fn into_entries(self, path: impl AsRef<[u8]>) -> Result<Entries<Box<Self>>, NotStarted<Box<Self>>> {
        Entries::open(Box::new(self), path)
    }

    /// Runs an operation of the core.
    ///
    /// # Errors
    /// Whatever ends it.
    pub async fn run<O: Operation>(&mut self, op: O) -> Result<O::Output, Error> {
        let mut running = Running::new(self, op);
        poll_fn(|cx| running.poll(cx)).await
    }
}

impl Driven for Client {
    type Net = Sockets;

    fn driver(&mut self) -> &mut Driver<Sockets> {
        &mut self.driver
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("session", self.driver.session()).finish_non_exhaustive()
    }
}
