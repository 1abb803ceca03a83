//! The adapter whose calls block.

use std::io::{Read, Write};
use std::sync::Arc;

use ftps_blocking::{Builder, Client, Download, Entries, Upload};
use ftps_proto::codec::{Entry, Reply, Timestamp};
use ftps_proto::ops::Transferred;
use ftps_proto::{Error, Mode, Url};

use crate::connectors::BlockingConnector;
use crate::subject::{Route, Settings, Subject, inside};

pub struct Blocking(Client);

const _: () = {
    const fn send_sync<T: Send + Sync>() {}
    send_sync::<Client>();
    send_sync::<Builder>();
    send_sync::<Download<&mut Client>>();
    send_sync::<Upload<Box<Client>>>();
    send_sync::<Entries<Box<Client>>>();
};

impl Subject for Blocking {
    fn connect(settings: &Settings) -> Result<Self, Error> {
        let [connect, reply, all] = settings.timeouts;
        let mut builder = Client::builder(&settings.host)
            .port(settings.port)
            .login(&settings.user, &settings.password)
            .tls(settings.tls.clone())
            .connect_timeout(connect)
            .reply_timeout(reply)
            .login_timeout(all);
        match settings.route {
            Route::Passive => {}
            Route::Active => builder = builder.mode(Mode::Active),
            Route::Connector => builder = builder.connector(Arc::new(BlockingConnector)),
        }
        builder.connect().map(Self)
    }

    fn connect_to(url: &Url) -> Result<Self, Error> {
        Builder::from_url(url).connect().map(Self)
    }

    fn upload(&mut self, path: &str, mut file: &[u8]) -> Result<Transferred, Error> {
        self.0.upload(path, &mut file)
    }

    fn upload_owned(self, path: &str, file: &[u8]) -> Result<(Self, Transferred), Error> {
        let mut upload = self.0.into_upload(path)?;
        upload.write_all(file).map_err(inside)?;
        let done = upload.finish()?;
        assert_eq!(upload.transferred(), Some(&done));
        Ok((Self(*upload.into_client()), done))
    }

    fn drop_upload(&mut self, path: &str, part: &[u8]) -> Result<(), Error> {
        let mut upload = self.0.writer(path)?;
        upload.write_all(part).map_err(inside)?;
        upload.flush().map_err(inside)
    }

    fn download(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error> {
        let mut download = self.0.download(path)?;
        let mut file = Vec::new();
        download.read_to_end(&mut file).map_err(inside)?;
        Ok((file, download.transferred().expect("confirmed").clone()))
    }

    fn drop_download(self, path: &str, len: usize) -> Result<Self, Error> {
        let mut download = self.0.into_download(path)?;
        download.read_exact(&mut vec![0; len]).map_err(inside)?;
        Ok(Self(*download.into_client()))
    }

    fn refused_download(self, path: &str) -> (Self, Error) {
        let not_started = self.0.into_download(path).unwrap_err();
        (Self(*not_started.client), not_started.error)
    }

    fn list(&mut self, path: &str) -> Result<Vec<Entry>, Error> {
        self.0.list(path)
    }

    fn download_to(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error> {
        let mut file = Vec::new();
        let done = self.0.download_to(path, &mut file)?;
        Ok((file, done))
    }

    fn download_nowhere(&mut self, path: &str) -> Error {
        self.0.download_to(path, &mut crate::full::Full).unwrap_err()
    }

    fn metadata(&mut self, path: &str) -> Result<Entry, Error> {
        self.0.metadata(path)
    }

    fn modified(&mut self, path: &str) -> Result<Timestamp, Error> {
        self.0.modified(path)
    }

    fn exists(&mut self, path: &str) -> Result<bool, Error> {
        self.0.exists(path)
    }

    fn create_dir_all(&mut self, path: &str) -> Result<(), Error> {
        self.0.create_dir_all(path)
    }

    fn remove_dir(&mut self, path: &str) -> Result<(), Error> {
        self.0.remove_dir(path)
    }

    fn command(&mut self, text: &str) -> Result<Reply, Error> {
        self.0.command(text)
    }

    fn size(&mut self, path: &str) -> Result<u64, Error> {
        self.0.size(path)
    }

    fn remove_file(&mut self, path: &str) -> Result<(), Error> {
        self.0.remove_file(path)
    }

    fn quit(self) -> Result<(), Error> {
        self.0.quit()
    }
}
