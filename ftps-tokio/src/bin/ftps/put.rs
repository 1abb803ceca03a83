//! `ftps put`.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ftps_tokio::Transferred;
use tokio::fs::File;

use crate::report::{Failure, Report};
use crate::session::{Session, Settings};
use crate::url::Url;

pub(crate) async fn put(files: &[PathBuf], url: &Url, settings: &Settings, report: &mut Report) {
    let mut session = Session::new(settings, &url.site);
    for file in files {
        let to = match (url.is_directory(), file.file_name()) {
            (false, _) => url.clone(),
            (true, Some(name)) => url.join(name.as_encoded_bytes()),
            (true, None) => {
                let failure = Failure::usage("has no name to be uploaded under");
                report.failed(&failure.of(&file.display()));
                continue;
            }
        };
        let began = Instant::now();
        match put_one(file, &to, &mut session, report).await {
            Ok(transferred) => report.moved(&to, &transferred, began.elapsed()),
            Err(failure) => report.failed(&failure.of(&to)),
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
    let local = |error| Failure::transfer(format!("{}: {error}", file.display()));
    let source = File::open(file).await.map_err(local)?;
    let metadata = source.metadata().await.map_err(local)?;
    if metadata.is_dir() {
        return Err(Failure::transfer(format!("{}: is a directory", file.display())));
    }
    let client = session.client().await?;
    let bar = report.bar(to, metadata.is_file().then_some(metadata.len()));
    let mut source = bar.0.wrap_async_read(source);
    client.upload(&to.path, &mut source).await.map_err(Failure::transfer)
}
