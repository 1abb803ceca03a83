//! The adapters whose calls are futures.

use std::sync::{Arc, OnceLock};

use ftps_proto::codec::{Entry, Reply, Timestamp};
use ftps_proto::ops::Transferred;
use ftps_proto::{Error, Mode, Url};

use crate::connectors::{AsyncStdConnector, SmolConnector, TokioConnector};
use crate::subject::{Route, Settings, Subject, inside};

fn tokio_block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    RUNTIME.get_or_init(|| runtime().unwrap()).block_on(future)
}

/// One body for the three: they differ in their crate, their executor, and the traits that read and write.
macro_rules! subject {
    ($name:ident, $adapter:ident, $block_on:path, $connector:expr, $read:path, $write:path) => {
        pub struct $name($adapter::Client);

        const _: () = {
            #[allow(unused_imports)]
            use {$read as _, $write as _};

            const fn send_sync<T: Send + Sync>() {}
            send_sync::<$adapter::Client>();
            send_sync::<$adapter::Builder>();
            send_sync::<$adapter::Download<&mut $adapter::Client>>();
            send_sync::<$adapter::Upload<Box<$adapter::Client>>>();
            send_sync::<$adapter::Entries<Box<$adapter::Client>>>();

            impl Subject for $name {
                fn connect(settings: &Settings) -> Result<Self, Error> {
                    let [connect, reply, all] = settings.timeouts;
                    let mut builder = $adapter::Client::builder(&settings.host)
                        .port(settings.port)
                        .login(&settings.user, &settings.password)
                        .tls(settings.tls.clone())
                        .connect_timeout(connect)
                        .reply_timeout(reply)
                        .login_timeout(all);
                    match settings.route {
                        Route::Passive => {}
                        Route::Active => builder = builder.mode(Mode::Active),
                        Route::Connector => builder = builder.connector(Arc::new($connector)),
                    }
                    $block_on(builder.connect()).map(Self)
                }

                fn connect_to(url: &Url) -> Result<Self, Error> {
                    $block_on($adapter::Builder::from_url(url).connect()).map(Self)
                }

                fn upload(&mut self, path: &str, mut file: &[u8]) -> Result<Transferred, Error> {
                    $block_on(self.0.upload(path, &mut file))
                }

                fn upload_owned(self, path: &str, file: &[u8]) -> Result<(Self, Transferred), Error> {
                    $block_on(async {
                        let mut upload = self.0.into_upload(path).await?;
                        upload.write_all(file).await.map_err(inside)?;
                        let done = upload.finish().await?;
                        assert_eq!(upload.transferred(), Some(&done));
                        Ok((Self(*upload.into_client()), done))
                    })
                }

                fn drop_upload(&mut self, path: &str, part: &[u8]) -> Result<(), Error> {
                    $block_on(async {
                        let mut upload = self.0.writer(path).await?;
                        upload.write_all(part).await.map_err(inside)?;
                        upload.flush().await.map_err(inside)
                    })
                }

                fn download(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error> {
                    $block_on(async {
                        let mut download = self.0.download(path).await?;
                        let mut file = Vec::new();
                        download.read_to_end(&mut file).await.map_err(inside)?;
                        Ok((file, download.transferred().expect("confirmed").clone()))
                    })
                }

                fn drop_download(self, path: &str, len: usize) -> Result<Self, Error> {
                    $block_on(async {
                        let mut download = self.0.into_download(path).await?;
                        download.read_exact(&mut vec![0; len]).await.map_err(inside)?;
                        Ok(Self(*download.into_client()))
                    })
                }

                fn refused_download(self, path: &str) -> (Self, Error) {
                    let not_started = $block_on(self.0.into_download(path)).unwrap_err();
                    (Self(*not_started.client), not_started.error)
                }

                fn list(&mut self, path: &str) -> Result<Vec<Entry>, Error> {
                    $block_on(self.0.list(path))
                }

                fn download_to(&mut self, path: &str) -> Result<(Vec<u8>, Transferred), Error> {
                    let mut file = Vec::new();
                    let done = $block_on(self.0.download_to(path, &mut file))?;
                    Ok((file, done))
                }

                fn download_nowhere(&mut self, path: &str) -> Error {
                    $block_on(self.0.download_to(path, &mut crate::full::Full)).unwrap_err()
                }

                fn metadata(&mut self, path: &str) -> Result<Entry, Error> {
                    $block_on(self.0.metadata(path))
                }

                fn modified(&mut self, path: &str) -> Result<Timestamp, Error> {
                    $block_on(self.0.modified(path))
                }

                fn exists(&mut self, path: &str) -> Result<bool, Error> {
                    $block_on(self.0.exists(path))
                }

                fn create_dir_all(&mut self, path: &str) -> Result<(), Error> {
                    $block_on(self.0.create_dir_all(path))
                }

                fn remove_dir(&mut self, path: &str) -> Result<(), Error> {
                    $block_on(self.0.remove_dir(path))
                }

                fn command(&mut self, text: &str) -> Result<Reply, Error> {
                    $block_on(self.0.command(text))
                }

                fn size(&mut self, path: &str) -> Result<u64, Error> {
                    $block_on(self.0.size(path))
                }

                fn remove_file(&mut self, path: &str) -> Result<(), Error> {
                    $block_on(self.0.remove_file(path))
                }

                fn quit(self) -> Result<(), Error> {
                    $block_on(self.0.quit())
                }
            }
        };
    };
}

subject!(
    Tokio,
    ftps_tokio,
    tokio_block_on,
    TokioConnector,
    tokio::io::AsyncReadExt,
    tokio::io::AsyncWriteExt
);
subject!(Smol, ftps_smol, smol::block_on, SmolConnector, smol::io::AsyncReadExt, smol::io::AsyncWriteExt);
subject!(
    AsyncStd,
    ftps_smol,
    async_std::task::block_on,
    AsyncStdConnector,
    async_std::io::ReadExt,
    async_std::io::WriteExt
);
