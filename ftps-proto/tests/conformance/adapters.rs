//! The four subjects, from one body: they differ in their crate, in the traits that read and write, and in how a call is
//! waited for.

use std::io::{self, Read, Write};
use std::ops::DerefMut;
use std::sync::{Arc, OnceLock};

use ftps_proto::codec::{Entry, Features, Reply, Timestamp};
use ftps_proto::drive::{Adapter, Builder};
use ftps_proto::ops::{Get, List, Put, Transferred, Walk, WalkOrder};
use ftps_proto::{Error, Operation, ServerKind, Url};

use crate::connectors::{AsyncStdConnector, BlockingConnector, SmolConnector, TokioConnector};
use crate::full::Full;
use crate::give_up;
use crate::relay::Relays;
use crate::subject::{Bytes, Owner, Reader, Source, Subject, Work, Writer};

pub fn tokio_block_on<F: Future>(future: F) -> F::Output {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    let runtime = || tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    RUNTIME.get_or_init(|| runtime().unwrap()).block_on(future)
}

/// A call that blocks has returned.
pub fn returned<T>(output: T) -> T {
    output
}

macro_rules! subject {
    (
        $name:ident, $label:literal, $adapter:ident :: $kind:ident, $wait:path, $connector:ident, $give_up:ident,
        $next:ident $(, $io:path)*
    ) => {
        pub struct $name(pub $adapter::Client);

        const _: () = {
            $(#[allow(unused_imports)] use $io as _;)*

            const fn send_sync<T: Send + Sync>() {}
            send_sync::<$adapter::Client>();
            send_sync::<$adapter::Builder>();
            send_sync::<$adapter::Download<&mut $adapter::Client>>();
            send_sync::<$adapter::Upload<Box<$adapter::Client>>>();
            send_sync::<$adapter::Entries<Box<$adapter::Client>>>();
            send_sync::<$adapter::Walk<&mut $adapter::Client>>();
            send_sync::<Error>();

            pub struct Reading<T>(T);
            pub struct Writing<T>(T);

            macro_rules! transfer {
                ($client:ty) => {
                    impl Read for Reading<$adapter::Download<$client>> {
                        fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
                            $wait(self.0.read(space))
                        }
                    }

                    impl Reader for Reading<$adapter::Download<$client>> {
                        fn resumed(&self) -> bool {
                            self.0.resumed()
                        }

                        fn transferred(&self) -> Option<Transferred> {
                            self.0.transferred().cloned()
                        }
                    }

                    impl Write for Writing<$adapter::Upload<$client>> {
                        fn write(&mut self, payload: &[u8]) -> io::Result<usize> {
                            $wait(self.0.write(payload))
                        }

                        fn flush(&mut self) -> io::Result<()> {
                            $wait(self.0.flush())
                        }
                    }

                    impl Writer for Writing<$adapter::Upload<$client>> {
                        fn finish(&mut self) -> Result<Transferred, Error> {
                            $wait(self.0.finish())
                        }

                        fn transferred(&self) -> Option<Transferred> {
                            self.0.transferred().cloned()
                        }
                    }
                };
            }
            transfer!(&mut $adapter::Client);
            transfer!(Box<$adapter::Client>);

            impl Owner<$name> for Reading<$adapter::Download<Box<$adapter::Client>>> {
                fn into_client(self) -> $name {
                    $name(*self.0.into_client())
                }
            }

            impl Owner<$name> for Writing<$adapter::Upload<Box<$adapter::Client>>> {
                fn into_client(self) -> $name {
                    $name(*self.0.into_client())
                }
            }

            pub struct Lines<C: DerefMut<Target = $adapter::Client>, O>($adapter::Entries<C, O>);

            impl<C: DerefMut<Target = $adapter::Client>, O: Operation<Output = Option<T>>, T> Iterator
                for Lines<C, O>
            {
                type Item = Result<T, Error>;

                fn next(&mut self) -> Option<Self::Item> {
                    $next!($wait(self.0.next()))
                }
            }

            impl Owner<$name> for Lines<Box<$adapter::Client>, Walk> {
                fn into_client(self) -> $name {
                    $name(*self.0.into_client())
                }
            }

            impl Subject for $name {
                type Adapter = $adapter::$kind;
                type Reader<'a> = Reading<$adapter::Download<&'a mut $adapter::Client>>;
                type Writer<'a> = Writing<$adapter::Upload<&'a mut $adapter::Client>>;
                type Entries<'a> = Lines<&'a mut $adapter::Client, List>;
                type Walk<'a> = Lines<&'a mut $adapter::Client, Walk>;
                type OwnedWalk = Lines<Box<$adapter::Client>, Walk>;
                type OwnedReader = Reading<$adapter::Download<Box<$adapter::Client>>>;
                type OwnedWriter = Writing<$adapter::Upload<Box<$adapter::Client>>>;
                const NAME: &'static str = $label;

                fn connect(builder: &Builder<Self::Adapter>) -> Result<Self, Error> {
                    $wait(builder.connect()).map(Self)
                }

                fn survey(builder: &Builder<Self::Adapter>) -> (Option<usize>, Result<(), Error>) {
                    let survey = $wait($adapter::Client::survey(builder, false));
                    let shown = survey.client.map(|client| client.control_tls().unwrap().peer_certificates().len());
                    (shown, survey.outcome)
                }

                fn connector(relays: Arc<Relays>) -> <Self::Adapter as Adapter>::Connector {
                    Arc::new($connector(relays))
                }

                fn given_up(&mut self, steps: usize, work: &Work) -> Option<Result<(), Error>> {
                    $wait(give_up::$give_up::given_up(&mut self.0, steps, work))
                }

                fn connect_given_up(
                    builder: &Builder<Self::Adapter>,
                    steps: usize,
                ) -> Option<Result<Self, Error>> {
                    let client = $wait(give_up::$give_up::connect(builder, steps))?;
                    Some(client.map(Self))
                }

                fn upload(
                    &mut self,
                    put: impl Into<Put>,
                    source: &mut Source,
                ) -> Result<Transferred, Error> {
                    $wait(self.0.upload(put, source))
                }

                fn upload_seekable(
                    &mut self,
                    put: impl Into<Put>,
                    source: &mut Bytes,
                ) -> Result<Transferred, Error> {
                    $wait(self.0.upload_seekable(put, source))
                }

                fn writer(&mut self, path: impl AsRef<[u8]>) -> Result<Self::Writer<'_>, Error> {
                    $wait(self.0.writer(path)).map(Writing)
                }

                fn into_upload(self, path: impl AsRef<[u8]>) -> Result<Self::OwnedWriter, (Self, Error)> {
                    let upload = $wait(self.0.into_upload(path));
                    upload.map(Writing).map_err(|error| (Self(*error.client), error.error))
                }

                fn download(&mut self, get: impl Into<Get>) -> Result<Self::Reader<'_>, Error> {
                    $wait(self.0.download(get)).map(Reading)
                }

                fn into_download(self, path: impl AsRef<[u8]>) -> Result<Self::OwnedReader, (Self, Error)> {
                    let download = $wait(self.0.into_download(path));
                    download.map(Reading).map_err(|error| (Self(*error.client), error.error))
                }

                fn list(&mut self, path: impl AsRef<[u8]>) -> Result<Vec<Entry>, Error> {
                    $wait(self.0.list(path))
                }

                fn entries(&mut self, path: impl AsRef<[u8]>) -> Result<Self::Entries<'_>, Error> {
                    self.0.entries(path).map(Lines)
                }

                fn walk(
                    &mut self,
                    path: impl AsRef<[u8]>,
                    order: WalkOrder,
                    most: Option<usize>,
                ) -> Result<Self::Walk<'_>, Error> {
                    let walk = self.0.walk(path)?.with_order(order);
                    Ok(Lines(match most {
                        Some(most) => walk.with_depth(most),
                        None => walk,
                    }))
                }

                fn into_walk(self, path: impl AsRef<[u8]>) -> Self::OwnedWalk {
                    Lines(self.0.into_walk(path).unwrap())
                }

                fn glob(&mut self, pattern: impl AsRef<[u8]>) -> Result<Self::Walk<'_>, Error> {
                    self.0.glob(pattern).map(Lines)
                }

                fn into_glob(self, pattern: impl AsRef<[u8]>) -> Result<Self::OwnedWalk, (Self, Error)> {
                    let walk = self.0.into_glob(pattern);
                    walk.map(Lines).map_err(|error| (Self(*error.client), error.error))
                }

                fn connect_to(url: &Url) -> Result<Self, Error> {
                    $wait($adapter::Builder::from_url(url).connect()).map(Self)
                }

                fn download_to(&mut self, get: impl Into<Get>) -> Result<(Vec<u8>, Transferred), Error> {
                    let mut file = Vec::new();
                    let done = $wait(self.0.download_to(get, &mut file))?;
                    Ok((file, done))
                }

                fn download_nowhere(&mut self, path: impl AsRef<[u8]>) -> Error {
                    $wait(self.0.download_to(path, &mut Full)).unwrap_err()
                }

                fn metadata(&mut self, path: impl AsRef<[u8]>) -> Result<Entry, Error> {
                    $wait(self.0.metadata(path))
                }

                fn modified(&mut self, path: impl AsRef<[u8]>) -> Result<Timestamp, Error> {
                    $wait(self.0.modified(path))
                }

                fn learn_offset(&mut self, directory: impl AsRef<[u8]>) -> Result<Option<i16>, Error> {
                    $wait(self.0.learn_offset(directory))
                }

                fn exists(&mut self, path: impl AsRef<[u8]>) -> Result<bool, Error> {
                    $wait(self.0.exists(path))
                }

                fn create_dir_all(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
                    $wait(self.0.create_dir_all(path))
                }

                fn command(&mut self, text: &str) -> Result<Reply, Error> {
                    $wait(self.0.command(text))
                }

                fn in_batches(&mut self, files: &[(String, Vec<u8>)]) -> Vec<Result<Vec<u8>, Error>> {
                    let mut stored = Vec::new();
                    let mut batch = self.0.batch(files);
                    while let Some((client, (name, file))) = batch.next() {
                        let mut source = Source::bytes(file.as_slice());
                        stored.push($wait(client.upload(name, &mut source)).map(drop));
                    }
                    drop(batch);
                    let mut batch = self.0.batch(files.iter().zip(stored));
                    let mut back = Vec::new();
                    while let Some((client, ((name, _), stored))) = batch.next() {
                        let mut file = Vec::new();
                        let got = $wait(client.download_to(name, &mut file));
                        back.push(stored.and(got).map(|_| file));
                    }
                    back
                }

                fn expect_more(&mut self, more: bool) {
                    self.0.expect_more(more);
                }

                fn is_usable(&self) -> bool {
                    self.0.is_usable()
                }

                fn features(&self) -> Option<&Features> {
                    self.0.features()
                }

                fn server(&self) -> ServerKind {
                    self.0.server()
                }

                fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, Error> {
                    $wait(self.0.size(path))
                }

                fn current_dir(&mut self) -> Result<Vec<u8>, Error> {
                    $wait(self.0.current_dir())
                }

                fn set_current_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
                    $wait(self.0.set_current_dir(path))
                }

                fn create_dir(&mut self, path: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, Error> {
                    $wait(self.0.create_dir(path))
                }

                fn remove_file(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
                    $wait(self.0.remove_file(path))
                }

                fn remove_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), Error> {
                    $wait(self.0.remove_dir(path))
                }

                fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<(), Error> {
                    $wait(self.0.rename(from, to))
                }

                fn keep_alive(&mut self) -> Result<(), Error> {
                    $wait(self.0.keep_alive())
                }

                fn quit(self) -> Result<(), Error> {
                    $wait(self.0.quit())
                }

                fn shown(&self) -> String {
                    format!("{:?}", self.0)
                }
            }
        };
    };
}

/// What a listing's future yields, as an iterator does.
macro_rules! transposed {
    ($next:expr) => {
        $next.transpose()
    };
}

macro_rules! iterated {
    ($next:expr) => {
        $next
    };
}

subject!(
    Tokio,
    "tokio",
    ftps_tokio::Tokio,
    tokio_block_on,
    TokioConnector,
    tokio,
    transposed,
    tokio::io::AsyncReadExt,
    tokio::io::AsyncWriteExt
);
subject!(Blocking, "blocking", ftps_blocking::Blocking, returned, BlockingConnector, blocking, iterated);
subject!(
    Smol,
    "smol",
    ftps_smol::Smol,
    smol::block_on,
    SmolConnector,
    futures,
    transposed,
    smol::io::AsyncReadExt,
    smol::io::AsyncWriteExt
);
subject!(
    AsyncStd,
    "async-std",
    ftps_smol::Smol,
    async_std::task::block_on,
    AsyncStdConnector,
    futures,
    transposed,
    async_std::io::ReadExt,
    async_std::io::WriteExt
);
