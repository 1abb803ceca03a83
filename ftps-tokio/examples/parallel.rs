//! Downloads the files of a directory, several at a time. A session moves one file at a time, so each worker has its own.
//!
//! ```text
//! cargo run -p ftps-tokio --example parallel -- ftpes://user:password@ftp.example.com/outbox target-directory
//! ```
//! The server's certificate is verified by the platform, or by the authorities in the file that `FTPS_CA` names.

use std::collections::VecDeque;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use ftps_tokio::codec::{Kind, Name};
use ftps_tokio::tls::TlsConfig;
use ftps_tokio::{Builder, Client, Error, Url};
use tokio::fs::File;
use tokio::task::JoinSet;

/// Servers let only so many sessions of one address in.
const SESSIONS: usize = 3;

type Queue = Arc<Mutex<VecDeque<Name>>>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [url, target] = &arguments[..] else { return Err("usage: parallel URL DIRECTORY".into()) };
    let (url, target) = (url.parse::<Url>()?, PathBuf::from(target));
    // One configuration for all sessions: what it reads is read once.
    let tls = match env::var_os("FTPS_CA") {
        Some(path) => TlsConfig::builder().ca_pem(std::fs::read(path)?),
        None => TlsConfig::builder(),
    };
    let builder = Builder::from_url(&url).tls(tls.build()?);

    let mut first = builder.connect().await?;
    let entries = first.list(url.path()).await?;
    let mut client = Some(first);
    let files = entries.into_iter().filter(|entry| entry.kind == Kind::File).map(|entry| entry.name);
    let queue: Queue = Arc::new(Mutex::new(files.collect()));
    let mut workers = JoinSet::new();
    for worker in 0..SESSIONS {
        // The first session is there already.
        let session = if worker == 0 { client.take() } else { None };
        let (builder, queue, url, target) =
            (builder.clone(), Arc::clone(&queue), url.clone(), target.clone());
        workers.spawn(async move {
            let client = match session {
                Some(client) => client,
                None => builder.connect().await?,
            };
            work(builder, client, queue, url, target).await
        });
    }
    while let Some(worked) = workers.join_next().await {
        worked??;
    }
    Ok(())
}

/// Takes files from the queue until there are no more.
async fn work(
    builder: Builder,
    mut client: Client,
    queue: Queue,
    url: Url,
    target: PathBuf,
) -> Result<(), Error> {
    while let Some(name) = next(&queue) {
        // A session that was lost is not usable any more; it takes a new one.
        if !client.is_usable() {
            client = builder.connect().await?;
        }
        match download(&mut client, &url, &name, &target).await {
            Ok(bytes) => println!("{name}: {bytes} bytes"),
            // One that fails does not stop the others.
            Err(error) => eprintln!("{name}: {error:#}"),
        }
    }
    let _ = client.quit().await;
    Ok(())
}

fn next(queue: &Queue) -> Option<Name> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

async fn download(client: &mut Client, url: &Url, name: &Name, target: &Path) -> Result<u64, Error> {
    // A name is data from the server: it may be that of no local file.
    let local = target.join(name.local().map_err(|error| Error::Sink(error.into()))?);
    let mut file = File::create(local).await.map_err(|error| Error::Sink(error.into()))?;
    let directory = url.path();
    let slash: &[u8] = if directory.is_empty() || directory.ends_with(b"/") { b"" } else { b"/" };
    let path = [directory, slash, name.as_bytes()].concat();
    Ok(client.download_to(path, &mut file).await?.bytes)
}
