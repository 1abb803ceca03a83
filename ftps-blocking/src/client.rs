//! The client.

use std::fmt;
use std::io::{Read, Seek, Write};
use std::sync::Arc;
use std::task::Poll;

use ftps_proto::Error;
use ftps_proto::drive::{self, Adapter, Copied, Copying, Driven, Driver, Survey, Surveying};
use ftps_proto::ops::{Get, Put, Transferred};

use crate::net::{Connect, Sockets};
use crate::wait::wait;
use crate::{Download, Entries, Upload, Walk};

/// Settings of a [`Client`]; made by [`Client::builder`].
pub type Builder = drive::Builder<Blocking>;

/// This adapter, as [`Builder`] knows it.
#[derive(Clone, Copy, Debug)]
pub enum Blocking {}

impl Adapter for Blocking {
    type Connector = Arc<dyn Connect>;
    type Connecting = Result<Client, Error>;

    fn connect(builder: &Builder) -> Self::Connecting {
        let mut opening = builder.open(Sockets::new)?;
        let driver = wait(|cx| opening.poll(cx))?;
        Ok(Client { driver })
    }
}

/// A logged-in FTPS session.
///
/// A transfer may be dropped at any time: it is reset, never ended as if it were whole, and the next call first recovers
/// the session (a round trip), or says that it cannot be used any more.
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
    pub fn survey(builder: &Builder, login: bool) -> Survey<Self> {
        let mut surveying = Surveying::new(builder.open(Sockets::new), login);
        let survey = wait(|cx| surveying.poll(cx).map(Ok)).unwrap_or_else(Survey::failed);
        survey.map(|driver| Self { driver })
    }

    ftps_proto::drive::commands!();
    ftps_proto::drive::transfers!();
    ftps_proto::drive::listings!();

    /// Downloads a file (RETR) into a writer, which is flushed at the end. What was written is the whole file only where this
    /// succeeds.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 550; [`Error::Sink`] where the writer fails: then the download is
    /// reset.
    #[doc(alias = "RETR")]
    pub fn download_to<W>(&mut self, get: impl Into<Get>, sink: &mut W) -> Result<Transferred, Error>
    where
        W: Write + ?Sized,
    {
        let mut download = drive::Download::new(self, get)?;
        wait(|cx| {
            download.poll_copy(cx, |payload, _| {
                Poll::Ready(match payload {
                    Some(payload) => sink.write(payload),
                    None => sink.flush().map(|()| 0),
                })
            })
        })
    }

    /// Uploads all that a reader yields (STOR), and has it confirmed. A refusal is seen between two of its reads.
    ///
    /// # Errors
    /// [`Error::Refused`] with the server's reply, say a 553; [`Error::Source`] where the reader fails: then the upload is
    /// reset.
    #[doc(alias = "STOR")]
    pub fn upload<R>(&mut self, put: impl Into<Put>, source: &mut R) -> Result<Transferred, Error>
    where
        R: Read + ?Sized,
    {
        let mut copying = Copying::new(self, put)?;
        wait(|cx| copying.poll(cx, |space, _| Poll::Ready(source.read(space))))
    }

    /// As [`upload`](Self::upload), from what can be read again. Where [`Builder::retry`] has it go on after a failure, all
    /// that the server has lost is read again, however much that is; of any other source, what may be lost is kept in memory
    /// ([`Retry::window`](crate::Retry::window)). The source must not change meanwhile: before it goes on, only the last 16 KiB
    /// of what the server has are compared with it, and its hashes are of what was read first.
    ///
    /// # Errors
    /// As [`upload`](Self::upload).
    #[doc(alias = "STOR")]
    pub fn upload_seekable<R>(&mut self, put: impl Into<Put>, source: &mut R) -> Result<Transferred, Error>
    where
        R: Read + Seek + ?Sized,
    {
        let mut copying = Copying::seekable(self, put)?;
        loop {
            match wait(|cx| copying.poll_seekable(cx, |space, _| Poll::Ready(source.read(space))))? {
                Copied::Done(done) => return Ok(done),
                Copied::Seek(to) => copying.sought(source.seek(to)),
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
