//! `ftps rm`, `ftps mkdir` and `ftps mv`: what changes names only.

use crate::directories::Directories;
use crate::failure::Failure;
use crate::listing::{is_directory, matching};
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::{Url, by_site};

/// Removes files, and directories that are written as such and empty.
pub(crate) async fn rm(urls: Vec<Url>, settings: &Settings, report: &mut Report) {
    for (site, urls) in by_site(urls) {
        let mut session = Session::new(settings, &site);
        for url in urls {
            match files(&url, &mut session, report).await {
                Ok(files) => {
                    for file in files {
                        remove(&file, &mut session, report).await;
                    }
                }
                Err(failure) => report.failed(&failure.of(&url)).await,
            }
        }
        session.quit().await;
    }
}

/// What a URL stands for: with wildcards, the files that fit.
async fn files(url: &Url, session: &mut Session<'_>, report: &mut Report) -> Result<Vec<Url>, Failure> {
    if url.pattern.is_none() {
        return Ok(vec![url.clone()]);
    }
    let found = matching(url, session, report).await?;
    let files: Vec<_> = found
        .into_iter()
        .filter(|(_, entry)| is_directory(entry) == url.is_directory())
        .map(|(file, _)| file)
        .collect();
    if files.is_empty() { Err(Failure::listing("nothing fits")) } else { Ok(files) }
}

async fn remove(url: &Url, session: &mut Session<'_>, report: &mut Report) {
    let removed = session.run(async |client| {
        let removed = match url.is_directory() {
            true => client.remove_dir(url.bare()).await,
            false => client.remove_file(&url.path).await,
        };
        removed.map_err(Failure::transfer)
    });
    match removed.await {
        Ok(()) => report.done(url, "removed", None).await,
        Err(failure) => report.failed(&failure.of(url)).await,
    }
}

/// Makes directories; with those that lead to them, and where they are there already, if `parents`.
pub(crate) async fn mkdir(urls: Vec<Url>, parents: bool, settings: &Settings, report: &mut Report) {
    for (site, urls) in by_site(urls) {
        let mut session = Session::new(settings, &site);
        let mut directories = Directories::new(true);
        for url in urls {
            let made = match parents {
                true => directories.ensure(&url, &mut session).await,
                false => {
                    let made = session
                        .run(async |client| client.create_dir(url.bare()).await.map_err(Failure::transfer));
                    made.await.map(drop)
                }
            };
            match made {
                Ok(()) => report.done(&url, "created", None).await,
                Err(failure) => report.failed(&failure.of(&url)).await,
            }
        }
        session.quit().await;
    }
}

/// Renames a file or directory; to the same name in another directory, if that is written as one.
pub(crate) async fn mv(
    from: &Url,
    to: &Url,
    settings: &Settings,
    report: &mut Report,
) -> Result<(), Failure> {
    if from.site != to.site {
        return Err(Failure::usage("mv renames on one server, under one name"));
    }
    let to = if to.is_directory() { to.join(from.name()) } else { to.clone() };
    let mut session = Session::new(settings, &from.site);
    let renamed = session
        .run(async |client| client.rename(from.bare(), &to.path).await.map_err(Failure::transfer))
        .await;
    match renamed {
        Ok(()) => report.done(from, "renamed to", Some(&to)).await,
        Err(failure) => report.failed(&failure.of(from)).await,
    }
    session.quit().await;
    Ok(())
}
