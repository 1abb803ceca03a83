//! `ftps get`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ftps_tokio::codec::Name;
use ftps_tokio::{Client, Error, Transferred};
use tokio::io::AsyncBufReadExt;

use crate::report::{Failure, Report, shown};
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
        // As a path, it would be a file with what others have written, to be replaced.
        let stdout = |output: &Path| output == Path::new("-") || output == Path::new("/dev/stdout");
        match output {
            Some(_) if urls.len() > 1 => Err(Failure::usage("-o is for one file, -O DIR for several")),
            Some(output) if stdout(&output) && json => {
                Err(Failure::usage("--json and -o - both want standard output"))
            }
            Some(output) if stdout(&output) => Ok(Self::Stdout),
            Some(output) => Ok(Self::File(output)),
            None => {
                let directory = directory.unwrap_or_default();
                if !(directory.as_os_str().is_empty() || directory.is_dir()) {
                    return Err(Failure::usage("is no directory").of(&shown(&directory)));
                }
                one_file_a_name(urls.iter().map(|url| (url.name(), url)))?;
                Ok(Self::Directory(directory))
            }
        }
    }

    /// The local file for this one; none is standard output.
    fn path(&self, url: &Url) -> Result<Option<PathBuf>, Failure> {
        match self {
            Self::Stdout => Ok(None),
            Self::File(path) => Ok(Some(path.clone())),
            Self::Directory(directory) => {
                let name = Name::from(url.name());
                let name = name.local().map_err(|reason| {
                    Failure::transfer(format!("{reason}: choose another for the local file with -o"))
                })?;
                Ok(Some(directory.join(name)))
            }
        }
    }
}

pub(crate) async fn get(urls: Vec<Url>, to: &Destination, settings: &Settings, report: &mut Report) {
    if matches!(to, Destination::Stdout) {
        report.leave_stdout();
    }
    for (site, urls) in by_site(urls.into_iter().map(|url| (url.site.clone(), url))) {
        let mut session = Session::new(settings, &site);
        for url in urls {
            let began = Instant::now();
            match get_one(&url, to, &mut session, report).await {
                Ok(transferred) => report.moved(&url, &transferred, began.elapsed()).await,
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
    let path = to.path(url)?;
    let local = |error| match &path {
        Some(path) => Failure::transfer(error).of(&shown(path)),
        None => Failure::stdout(error),
    };
    let mut sink = match &path {
        Some(path) => Sink::create(path).await.map_err(local)?,
        None => Sink::stdout(),
    };
    let client = session.client().await?;
    let size = if report.shows_progress() { size(client, url).await? } else { None };
    let bar = report.bar(url, size);
    let mut download = client.download(&url.path).await.map_err(Failure::transfer)?;
    loop {
        // Written from where it was decrypted. Nothing else is to be done meanwhile.
        let payload = download.fill_buf().await.map_err(Failure::transfer)?;
        if payload.is_empty() {
            break;
        }
        sink.write_all(payload).await.map_err(local)?;
        let n = payload.len();
        download.consume(n);
        bar.0.inc(n as u64);
    }
    let transferred = download.transferred().cloned();
    let transferred = transferred.ok_or_else(|| Failure::transfer("the download was not confirmed"))?;
    sink.commit().await.map_err(local)?;
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
