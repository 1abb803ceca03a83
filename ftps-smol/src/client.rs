//! The client.

use std::fmt;
use std::future::poll_fn as wait;
use std::pin::Pin;
use std::sync::Arc;

use blocking::unblock;
use ftps_proto::Error;
use ftps_proto::drive::{self, Adapter, Copied, Copying, Driven, Driver, Survey, Surveying};
use ftps_proto::ops::{Get, Put, Transferred};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use crate::net::{Connect, Sockets};
use crate::{Download, Entries, Upload, Walk};

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
            let driver = wait(|cx| opening.poll(cx)).await?;
            Ok(Client { driver })
        })
    }
}

/// With the platform's certificates read, on a thread where that may block.
async fn prepared(builder: Builder) -> Result<Builder, Error> {
    if builder.is_prepared() { Ok(builder) } else { unblock(|| builder.prepare()).await }
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
        let mut surveying = Surveying::new(opening, login);
        wait(|cx| surveying.poll(cx)).await.map(|driver| Self { driver })
    }

    ftps_proto::drive::commands!([async await]);
    ftps_proto::drive::transfers!([async await]);
    ftps_proto::drive::listings!();

    /// Downloads a file (RETR) into a writer, which is flushed at the end. What was written is the whole file only where this
    /// succeeds.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550; [`Error::Sink`] where the writer fails: then the download is
    /// reset.
    #[doc(alias = "RETR")]
    pub async fn download_to<W>(&mut self, get: impl Into<Get>, sink: &mut W) -> Result<Transferred, Error>
    where
        W: AsyncWrite + Unpin + ?Sized,
    {
        let mut download = drive::Download::new(self, get)?;
        wait(|cx| {
            download.poll_copy(cx, |payload, cx| match payload {
                Some(payload) => Pin::new(&mut *sink).poll_write(cx, payload),
                None => Pin::new(&mut *sink).poll_flush(cx).map_ok(|()| 0),
            })
        })
        .await
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed. It is read in steps of 256 KiB.
    ///
    /// A `smol::fs::File` goes to another thread, which costs a quarter more CPU than a `std::fs::File` in
    /// `smol::io::AssertAsync`; that makes the task wait for the disk.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553; [`Error::Source`] where the reader fails: then the upload is
    /// reset.
    #[doc(alias = "STOR")]
    pub async fn upload<R>(&mut self, put: impl Into<Put>, source: &mut R) -> Result<Transferred, Error>
    where
        R: AsyncRead + Unpin + ?Sized,
    {
        let mut copying = Copying::new(self, put)?;
        wait(|cx| copying.poll(cx, |space, cx| Pin::new(&mut *source).poll_read(cx, space))).await
    }

    /// As [`upload`](Self::upload), from what can be read again. Where [`Builder::retry`] has it go on after a failure, all
    /// that the server has lost is read again, however much that is; of any other source, what may be lost is kept in memory
    /// ([`Retry::window`](crate::Retry::window)). The source must not change meanwhile: before it goes on, only the last 16 KiB
    /// of what the server has are compared with it, and its hashes are of what was read first.
    ///
    /// It is asked where it is before it is read: a `smol::Unblock` that was read before has then lost what it had read ahead; a
    /// `smol::fs::File` has not.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    #[doc(alias = "STOR")]
    pub async fn upload_seekable<R>(
        &mut self,
        put: impl Into<Put>,
        source: &mut R,
    ) -> Result<Transferred, Error>
    where
        R: AsyncRead + AsyncSeek + Unpin + ?Sized,
    {
        let mut copying = Copying::seekable(self, put)?;
        loop {
            let copied =
                wait(|cx| copying.poll_seekable(cx, |space, cx| Pin::new(&mut *source).poll_read(cx, space)));
            match copied.await? {
                Copied::Done(done) => return Ok(done),
                Copied::Seek(to) => copying.sought(wait(|cx| Pin::new(&mut *source).poll_seek(cx, to)).await),
            }
        }
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
