//! What a test does with an adapter's client.

use std::time::Duration;

use ftps_proto::codec::{Entry, Reply, Timestamp};
use ftps_proto::ops::Transferred;
use ftps_proto::tls::TlsConfig;
use ftps_proto::{Error, Url};

/// How a client connects.
#[derive(Clone)]
pub struct Settings {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: String,
    pub tls: TlsConfig,
    pub route: Route,
    /// For each attempt to connect, each reply, and all of it.
    pub timeouts: [Duration; 3],
}

/// Who opens data connections, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Route {
    Passive,
    Active,
    /// Passive, and both connections are made by a connector.
    Connector,
}

/// A client, whose futures are waited for.
pub trait Subject: Sized {
    fn connect(settings: &Settings) -> Result<Self, Error>;
    /// By the URL alone, so that the platform decides whom to trust.
    fn connect_to(url: &Url) -> Result<Self, Error>;
    fn upload(&mut self, path: &str, file: &[u8]) -> Result<Transferred, Error>;
    /// Through an owned writer, which gives the client back.
    fn upload_owned(self, path: &str, file: &[u8]) -> Result<(Self, Transferred), Error>;
    /// Writes a part of a file, flushes it, and drops the writer.
    fn drop_upload(&mut self, path: &str, part: &[u8]) -> Result<(), Error>;
    fn download(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error>;
    /// Reads so much through an owned reader, and takes the client back.
    fn drop_download(self, path: &str, len: usize) -> Result<Self, Error>;
    /// An owned download that is refused gives the client back.
    fn refused_download(self, path: &str) -> (Self, Error);
    fn list(&mut self, path: &str) -> Result<Vec<Entry>, Error>;
    fn download_to(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error>;
    /// Into a sink that has no room.
    fn download_nowhere(&mut self, path: &str) -> Error;
    fn metadata(&mut self, path: &str) -> Result<Entry, Error>;
    fn modified(&mut self, path: &str) -> Result<Timestamp, Error>;
    fn exists(&mut self, path: &str) -> Result<bool, Error>;
    fn create_dir_all(&mut self, path: &str) -> Result<(), Error>;
    fn remove_dir(&mut self, path: &str) -> Result<(), Error>;
    fn command(&mut self, text: &str) -> Result<Reply, Error>;
    fn size(&mut self, path: &str) -> Result<u64, Error>;
    fn remove_file(&mut self, path: &str) -> Result<(), Error>;
    fn quit(self) -> Result<(), Error>;
}

/// The error inside of what a reader or writer reports.
pub fn inside(error: std::io::Error) -> Error {
    error.downcast().unwrap()
}
