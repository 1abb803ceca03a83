//! `ftps put`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ftps_tokio::Transferred;
use tokio::fs::File;

use crate::report::{Failure, Report, shown};
use crate::session::{Session, Settings};
use crate::url::{Site, Url, one_file_a_name};

/// The files, and where each goes.
pub(crate) fn jobs(files: Vec<PathBuf>, url: &Url) -> Result<Vec<(PathBuf, Url)>, Failure> {
    if !url.is_directory() {
        if files.len() > 1 {
            return Err(Failure::usage("several files need a URL that ends in /"));
        }
        return Ok(files.into_iter().map(|file| (file, url.clone())).collect());
    }
    let jobs = files.into_iter().map(|file| match file.file_name() {
        Some(name) => {
            let to = url.join(name.as_encoded_bytes());
            Ok((file, to))
        }
        None => Err(Failure::usage("has no name to be uploaded under").of(&shown(&file))),
    });
    let jobs = jobs.collect::<Result<Vec<_>, _>>()?;
    one_file_a_name(jobs.iter().map(|(file, to)| (to.name(), file)))?;
    Ok(jobs)
}

/// All of them go to one site.
pub(crate) async fn put(jobs: &[(PathBuf, Url)], site: &Site, settings: &Settings, report: &mut Report) {
    let mut session = Session::new(settings, site);
    for (file, to) in jobs {
        let began = Instant::now();
        match put_one(file, to, &mut session, report).await {
            Ok(transferred) => report.moved(to, &transferred, began.elapsed()).await,
            Err(failure) => report.failed(&failure.of(to)),
        }
    }
    session.quit().await;
}

async fn put_one(
    file: &Path,
    to: &Url,
    session: &mut Session<'_>,
    report: &Report,
) -> Result<Transferred, Failure> {
    let local = |error| Failure::transfer(error).of(&shown(file));
    let source = File::open(file).await.map_err(local)?;
    let metadata = source.metadata().await.map_err(local)?;
    if metadata.is_dir() {
        return Err(Failure::transfer("is a directory").of(&shown(file)));
    }
    let client = session.client().await?;
    let bar = report.bar(to, metadata.is_file().then_some(metadata.len()));
    let mut source = bar.0.wrap_async_read(source);
    client.upload(&to.path, &mut source).await.map_err(Failure::transfer)
}
