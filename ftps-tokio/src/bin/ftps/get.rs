//! `ftps get`.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ftps_tokio::codec::Name;
use ftps_tokio::{Client, Error, Transferred};
use tokio::io::AsyncBufReadExt;

use crate::report::{Bar, Failure, Report, shown};
use crate::session::{Session, Settings};
use crate::sink::Sink;
use crate::url::{Url, by_site, one_file_a_name};

/// Where downloads go.
pub(crate) enum Destination {
    Stdout,
    File(PathBuf),
    Directory(PathBuf),
}

impl Destination {
    pub(crate) fn new(
        urls: &[Url],
        output: Option<PathBuf>,
        directory: Option<PathBuf>,
        json: bool,
    ) -> Result<Self, Failure> {
        if let Some(url) = urls.iter().find(|url| url.is_directory()) {
            return Err(Failure::usage("is written as a directory: only files can be downloaded").of(url));
        }
        match output {
            Some(_) if urls.len() > 1 => Err(Failure::usage("-o is for one file, -O DIR for several")),
            Some(output) if output == Path::new("-") && json => {
                Err(Failure::usage("--json and -o - both want standard output"))
            }
            Some(output) if output == Path::new("-") => Ok(Self::Stdout),
            Some(output) => Ok(Self::File(output)),
            None => {
                let directory = directory.unwrap_or_default();
                if !(directory.as_os_str().is_empty() || directory.is_dir()) {
                    return Err(Failure::usage(format!("{}: is no directory", shown(&directory))));
                }
                one_file_a_name(urls.iter().map(|url| (url.name(), url)))?;
                Ok(Self::Directory(directory))
            }
        }
    }

    fn sink(&self, url: &Url) -> Result<Sink, Failure> {
        let path = match self {
            Self::Stdout => return Ok(Sink::stdout()),
            Self::File(path) => path.clone(),
            Self::Directory(directory) => {
                let name = Name::from(url.name());
                let name = name.local().map_err(|reason| {
                    Failure::transfer(format!("{reason}: choose another for the local file with -o"))
                })?;
                directory.join(name)
            }
        };
        Sink::create(&path).map_err(|error| Failure::transfer(format!("{}: {error}", shown(&path))))
    }
}

pub(crate) async fn get(urls: Vec<Url>, to: &Destination, settings: &Settings, report: &mut Report) {
    for (site, urls) in by_site(urls.into_iter().map(|url| (url.site.clone(), url))) {
        let mut session = Session::new(settings, &site);
        for url in urls {
            let began = Instant::now();
            match get_one(&url, to, &mut session, report).await {
                Ok(transferred) => report.moved(&url, &transferred, began.elapsed()),
                Err(failure) => report.failed(&failure.of(&url)),
            }
        }
        session.quit().await;
    }
}

async fn get_one(
    url: &Url,
    to: &Destination,
    session: &mut Session<'_>,
    report: &Report,
) -> Result<Transferred, Failure> {
    let mut sink = to.sink(url)?;
    let client = session.client().await?;
    let size = if report.shows_progress() { size(client, url).await? } else { None };
    let transferred = download(client, url, &mut sink, &report.bar(url, size)).await?;
    sink.commit().map_err(Failure::transfer)?;
    Ok(transferred)
}

/// For the bar alone: a server that does not tell is none the worse.
async fn size(client: &mut Client, url: &Url) -> Result<Option<u64>, Failure> {
    match client.size(&url.path).await {
        Ok(size) => Ok(Some(size)),
        Err(Error::Refused(_) | Error::Remote(_)) if client.is_usable() => Ok(None),
        Err(error) => Err(Failure::transfer(error)),
    }
}

async fn download(
    client: &mut Client,
    url: &Url,
    sink: &mut Sink,
    bar: &Bar,
) -> Result<Transferred, Failure> {
    let mut download = client.download(&url.path).await.map_err(Failure::transfer)?;
    loop {
        // Written from where it was decrypted. Nothing else is to be done meanwhile.
        let payload = download.fill_buf().await.map_err(Failure::transfer)?;
        if payload.is_empty() {
            break;
        }
        sink.write_all(payload).map_err(|error| Failure::transfer(format!("writing: {error}")))?;
        let n = payload.len();
        download.consume(n);
        bar.0.inc(n as u64);
    }
    download.transferred().cloned().ok_or_else(|| Failure::transfer("the download was not confirmed"))
}
