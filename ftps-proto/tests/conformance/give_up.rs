//! Work that is given up after so many steps.

use crate::subject::{PART, Source, Work, inside};

/// A future's steps are its polls.
macro_rules! futures {
    ($name:ident, $adapter:ident :: $kind:ident, $read:path, $write:path) => {
        pub mod $name {
            use ftps_proto::Error;
            use ftps_proto::drive::Builder;
            use $adapter::Client;
            #[allow(unused_imports)]
            use {$read as _, $write as _};

            use super::{PART, Source, Work, inside};
            use crate::polled::polled;

            pub async fn connect(
                builder: &Builder<$adapter::$kind>,
                steps: usize,
            ) -> Option<Result<Client, Error>> {
                polled(steps, builder.connect()).await
            }

            pub async fn given_up(
                client: &mut Client,
                steps: usize,
                work: &Work,
            ) -> Option<Result<(), Error>> {
                polled(steps, done(client, work)).await
            }

            async fn done(client: &mut Client, work: &Work) -> Result<(), Error> {
                match work {
                    Work::Download(path) => {
                        let mut download = client.download(path).await?;
                        download.read_to_end(&mut Vec::new()).await.map(drop).map_err(inside)
                    }
                    Work::Upload(path, file) => {
                        client.upload(path, &mut Source::hesitant(file)).await.map(drop)
                    }
                    Work::Write(path, file) => {
                        let mut upload = client.writer(path).await?;
                        for part in file.chunks(PART) {
                            smol::future::yield_now().await;
                            upload.write_all(part).await.map_err(inside)?;
                            upload.flush().await.map_err(inside)?;
                        }
                        upload.finish().await.map(drop)
                    }
                    Work::List(path) => client.list(path).await.map(drop),
                    Work::Recover(path) => {
                        let mut download = client.download(path).await?;
                        download.read_exact(&mut [0]).await.map(drop).map_err(inside)?;
                        drop(download);
                        client.set_current_dir(".").await
                    }
                    Work::CurrentDir => client.current_dir().await.map(drop),
                    Work::Size(path) => client.size(path).await.map(drop),
                    Work::SetCurrentDir(path) => client.set_current_dir(path).await,
                    Work::CreateDir(path) => client.create_dir(path).await.map(drop),
                    Work::RemoveFile(path) => client.remove_file(path).await,
                    Work::RemoveDir(path) => client.remove_dir(path).await,
                    Work::Rename(from, to) => client.rename(from, to).await,
                    Work::KeepAlive => client.keep_alive().await,
                }
            }
        }
    };
}

futures!(tokio, ftps_tokio::Tokio, ::tokio::io::AsyncReadExt, ::tokio::io::AsyncWriteExt);
futures!(futures, ftps_smol::Smol, smol::io::AsyncReadExt, smol::io::AsyncWriteExt);

/// Where calls block, each call is a step: what is under way can only be dropped between two of them.
pub mod blocking {
    use std::io::{self, Read, Write};

    use ftps_blocking::{Blocking, Client};
    use ftps_proto::Error;
    use ftps_proto::drive::Builder;

    use super::{PART, Source, Work, inside};
    use crate::subject::Part;

    pub fn connect(builder: &Builder<Blocking>, steps: usize) -> Option<Result<Client, Error>> {
        (steps > 0).then(|| builder.connect())
    }

    pub fn given_up(client: &mut Client, steps: usize, work: &Work) -> Option<Result<(), Error>> {
        let mut steps = steps;
        // Whether there is a step left to take.
        let mut step = || steps.checked_sub(1).map(|left| steps = left);
        step()?;
        let done = match work {
            Work::Download(path) => match client.download(path) {
                Err(error) => Err(error),
                Ok(mut download) => loop {
                    step()?;
                    match io::copy(&mut (&mut download).take(PART as u64), &mut io::sink()) {
                        Ok(0) => break Ok(()),
                        Ok(_) => {}
                        Err(error) => break Err(inside(error)),
                    }
                },
            },
            Work::Upload(path, file) => {
                // One call for all of it: its source gives up in the middle.
                let mut parts: Vec<_> = Vec::new();
                for part in file.chunks(PART) {
                    parts.push(match step() {
                        Some(()) => Part::Bytes(part.into()),
                        None => Part::Fail(io::Error::other("given up")),
                    });
                }
                match client.upload(path, &mut Source::new(parts)) {
                    Err(Error::Source(_)) => return None,
                    done => done.map(drop),
                }
            }
            Work::Write(path, file) => match client.writer(path) {
                Err(error) => Err(error),
                Ok(mut upload) => {
                    for part in file.chunks(PART) {
                        step()?;
                        if let Err(error) = upload.write_all(part).and_then(|()| upload.flush()) {
                            return Some(Err(inside(error)));
                        }
                    }
                    step()?;
                    upload.finish().map(drop)
                }
            },
            Work::List(path) => match client.entries(path) {
                Err(error) => Err(error),
                Ok(mut entries) => loop {
                    step()?;
                    match entries.next() {
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break Err(error),
                        None => break Ok(()),
                    }
                },
            },
            Work::Recover(path) => {
                let read = match client.download(path) {
                    Err(error) => Err(error),
                    Ok(mut download) => {
                        step()?;
                        download.read_exact(&mut [0]).map_err(inside)
                    }
                };
                step()?;
                read.and_then(|()| client.set_current_dir("."))
            }
            Work::CurrentDir => client.current_dir().map(drop),
            Work::Size(path) => client.size(path).map(drop),
            Work::SetCurrentDir(path) => client.set_current_dir(path),
            Work::CreateDir(path) => client.create_dir(path).map(drop),
            Work::RemoveFile(path) => client.remove_file(path),
            Work::RemoveDir(path) => client.remove_dir(path),
            Work::Rename(from, to) => client.rename(from, to),
            Work::KeepAlive => client.keep_alive(),
        };
        Some(done)
    }
}
