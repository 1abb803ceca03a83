//! `ftps get`.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use ftps_tokio::codec::Name;
use ftps_tokio::{Client, Error, Transferred};

use crate::copy::copy;
use crate::failure::Failure;
use crate::how::{GetHow, time_there};
use crate::jobs::{self, move_all};
use crate::listing::{is_directory, matching};
use crate::places::{Places, one_file_a_name};
use crate::remote_tree::Tree;
use crate::report::{Report, shown};
use crate::session::Session;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::url::{Url, by_site};

/// Where downloads go.
pub(crate) enum Destination {
    Stdout,
    File(PathBuf),
    Directory(PathBuf),
}

/// A file, and where it goes.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) url: Url,
    /// Not used where everything goes to standard output.
    pub(crate) to: PathBuf,
    /// What the server says of it.
    pub(crate) size: Option<u64>,
}

impl Destination {
    pub(crate) fn new(
        urls: &[Url],
        recursive: bool,
        output: Option<PathBuf>,
        directory: Option<PathBuf>,
        json: bool,
    ) -> Result<Self, Failure> {
        if let Some(url) = urls.iter().find(|url| url.is_directory() && !recursive) {
            return Err(Failure::usage("is written as a directory: get -r downloads those").of(url));
        }
        let several = urls.len() > 1 || urls.iter().any(|url| url.pattern.is_some());
        // As a path, it would be a file with what others have written, to be replaced.
        let stdout = |output: &Path| output == Path::new("-") || output == Path::new("/dev/stdout");
        match output {
            Some(_) if several => Err(Failure::usage("-o is for one file, -O DIR for several")),
            Some(output) if stdout(&output) && json => {
                Err(Failure::usage("--json and -o - both want standard output"))
            }
            Some(output) if stdout(&output) && recursive => {
                Err(Failure::usage("-r and -o - do not go together: a directory is no stream"))
            }
            Some(output) if stdout(&output) => Ok(Self::Stdout),
            Some(output) => Ok(Self::File(output)),
            None => {
                let directory = directory.unwrap_or_default();
                if !(directory.as_os_str().is_empty() || directory.is_dir()) {
                    return Err(Failure::usage("is no directory").about(&shown(&directory)));
                }
                let plain = urls.iter().filter(|url| url.pattern.is_none());
                one_file_a_name(plain.map(|url| (url.name(), url)))?;
                Ok(Self::Directory(directory))
            }
        }
    }

    /// The local file or directory for this one.
    fn path(&self, url: &Url) -> Result<PathBuf, Failure> {
        match self {
            Self::Stdout => Ok(PathBuf::new()),
            Self::File(path) => Ok(path.clone()),
            // All that is where the login leads, or at the root, has no name of its own.
            Self::Directory(directory) if matches!(url.bare(), b"" | b"/") => Ok(directory.clone()),
            Self::Directory(directory) => {
                let name = Name::from(url.name());
                let name = name.local().map_err(|reason| {
                    Failure::local(format_args!("{reason}: choose another for the local file with -o"))
                })?;
                Ok(directory.join(name))
            }
        }
    }
}

pub(crate) async fn get(
    urls: Vec<Url>,
    to: &Destination,
    recursive: bool,
    sessions: usize,
    how: &GetHow,
    settings: &Settings,
    report: &mut Report,
) {
    if matches!(to, Destination::Stdout) {
        report.leave_stdout();
    }
    let mut places = Places::new();
    for (site, urls) in by_site(urls) {
        let mut session = Session::new(settings, &site);
        session.expect_more(true);
        let mut jobs = Vec::new();
        for url in urls {
            if let Err(failure) = plan(&url, to, recursive, &mut session, &mut jobs, report).await {
                report.failed(&failure.of(&url)).await;
            }
        }
        fetch(jobs, &mut places, to, session, sessions, how, report).await;
    }
}

/// Finds out what a URL stands for, and makes the directories for it.
async fn plan(
    url: &Url,
    to: &Destination,
    recursive: bool,
    session: &mut Session<'_>,
    jobs: &mut Vec<Job>,
    report: &mut Report,
) -> Result<(), Failure> {
    let found = match &url.pattern {
        None => vec![(url.clone(), None, recursive)],
        Some(_) => {
            let mut found = matching(url, session, report).await?;
            found.retain(|(_, entry)| recursive || !is_directory(entry));
            let directories: HashSet<_> = found
                .iter()
                .filter(|(_, entry)| is_directory(entry))
                .map(|(url, _)| url.path.clone())
                .collect();
            // What is in a directory that is taken as a whole is taken with it.
            let is_in_one = |url: &Url| {
                std::iter::successors(url.parent(), Url::parent)
                    .any(|above| directories.contains(&above.path))
            };
            found.retain(|(url, _)| !is_in_one(url));
            let fitting: Vec<_> = found
                .into_iter()
                .map(|(url, entry)| (url, entry.exact_size(), is_directory(&entry)))
                .collect();
            if fitting.is_empty() {
                return Err(Failure::listing("nothing fits"));
            }
            fitting
        }
    };
    for (url, size, may_be_directory) in found {
        let planned = match to.path(&url) {
            Err(failure) => Err(failure),
            Ok(path) if may_be_directory => plan_tree(&url, &path, session, jobs, report).await,
            Ok(path) => {
                jobs.push(Job { url: url.clone(), to: path, size });
                Ok(())
            }
        };
        if let Err(failure) = planned {
            report.failed(&failure.of(&url)).await;
        }
    }
    Ok(())
}

/// A directory with all that is in it, or a file.
async fn plan_tree(
    url: &Url,
    to: &Path,
    session: &mut Session<'_>,
    jobs: &mut Vec<Job>,
    report: &mut Report,
) -> Result<(), Failure> {
    let tree = match Tree::walk(url, to, session).await {
        Ok(tree) => tree,
        Err(failure) if matches!(failure.kind, "refused" | "listing") && !url.is_directory() => {
            jobs.push(Job { url: url.clone(), to: to.into(), size: None });
            return Ok(());
        }
        Err(failure) => return Err(failure),
    };
    for failure in &tree.failures {
        report.failed(failure).await;
    }
    for link in &tree.left_out {
        report.warn(format_args!("{link}: a link to a directory that is taken under its own name"));
    }
    for directory in tree.directories {
        if !directory.is_dir()
            && let Err(error) = fs::create_dir(&directory)
        {
            report.failed(&Failure::local(error).about(&shown(&directory)).of(url)).await;
        }
    }
    jobs.extend(tree.files);
    Ok(())
}

async fn fetch(
    jobs: Vec<Job>,
    places: &mut Places<PathBuf, Url>,
    to: &Destination,
    session: Session<'_>,
    sessions: usize,
    how: &GetHow,
    report: &Report,
) {
    let jobs = match to {
        Destination::Stdout => jobs,
        _ => {
            let ends = |job: &Job| (job.to.clone(), job.url.clone());
            places.fill(jobs, ends, Url::eq, report).await
        }
    };
    // The sizes are the server's word, or missing.
    let bytes = jobs.iter().try_fold(0, |all: u64, job| all.checked_add(job.size?));
    report.begin(jobs.len(), bytes);
    move_all(jobs, session, sessions, report, async |job, session| {
        fetch_one(job, to, how, session, report).await
    })
    .await;
}

impl jobs::Job for Job {
    fn url(&self) -> &Url {
        &self.url
    }

    fn path(&self) -> &Path {
        &self.to
    }

    fn size(&self) -> Option<u64> {
        self.size
    }
}

async fn fetch_one(
    job: &Job,
    to: &Destination,
    how: &GetHow,
    session: &mut Session<'_>,
    report: &Report,
) -> Result<Transferred, Failure> {
    let (path, url) = (&job.to, &job.url);
    let local = |error| match to {
        Destination::Stdout => Failure::stdout(error),
        _ => Failure::local(error).about(&shown(path)),
    };
    let here = fs::metadata(path).ok().filter(|_| !matches!(to, Destination::Stdout));
    let (mut sink, part) = match to {
        Destination::Stdout => (Sink::stdout(), None),
        _ if how.how.resume => {
            let (sink, part) = Sink::resume(path).map_err(local)?;
            (sink, Some(part))
        }
        _ => (Sink::create(path).await.map_err(local)?, None),
    };
    let before = part.as_ref().map_or(0, |(len, _)| *len);
    let gets = how.gets(url, here.as_ref(), part);
    let mut time = None;
    // What is in the sink is not fetched again over a new session.
    let (mut fetched, mut all) = (0, None::<Transferred>);
    let transferred = session.run(async |client| {
        let size = match job.size {
            None if report.shows_progress() => size(client, url).await?,
            size => size,
        };
        if how.how.preserve {
            time = time_there(client, url).await?;
        }
        let bar = report.bar(url, size);
        while let Some(get) = gets.get(fetched) {
            let download = client.download(get.clone()).await.map_err(Failure::transfer)?;
            let mut done = copy(download, &mut sink, &bar, local).await?;
            if how.range.is_some() && done.bytes == 0 {
                return Err(Failure::local("the file has none of the bytes that --range asks for"));
            }
            done.bytes += all.as_ref().map_or(0, |all| all.bytes);
            all = Some(done);
            fetched += 1;
        }
        all.take().ok_or_else(|| Failure::usage("no part of it is wanted"))
    });
    let transferred = match transferred.await {
        Ok(transferred) => transferred,
        Err(failure) => {
            if how.how.resume && here.is_none() {
                sink.remove_if_empty(path).await;
            }
            return Err(failure);
        }
    };
    how.how.tell_unverified(url, before, "here", report);
    if let Some(time) = time {
        sink.set_modified(time).map_err(local)?;
    } else if how.how.preserve {
        report.warn(format_args!("{url}: the server does not tell its time"));
    }
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
