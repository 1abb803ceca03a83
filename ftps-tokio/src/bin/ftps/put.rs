//! `ftps put`.

use std::fs;
use std::path::{Path, PathBuf};

use ftps_tokio::Transferred;
use tokio::sync::Mutex;

use crate::directories::Directories;
use crate::failure::Failure;
use crate::how::{PutHow, set_time_there, there};
use crate::jobs::{self, move_all};
use crate::local_tree::{Tree, size};
use crate::places::{Places, one_file_a_name};
use crate::report::{Report, shown};
use crate::session::Session;
use crate::source::Source;
use crate::url::Url;

/// A file, and where it goes.
#[derive(Clone)]
pub(crate) struct Job {
    pub(crate) file: PathBuf,
    pub(crate) to: Url,
    pub(crate) size: Option<u64>,
}

/// The files and directories, and where each goes.
pub(crate) fn targets(
    files: Vec<PathBuf>,
    url: &Url,
    recursive: bool,
) -> Result<Vec<(PathBuf, Url)>, Failure> {
    if !url.is_directory() {
        if files.len() > 1 {
            return Err(Failure::usage("several files need a URL that ends in /"));
        }
        let input = |file: PathBuf| if is_stdin(&file) { PathBuf::from("/dev/stdin") } else { file };
        return Ok(files.into_iter().map(|file| (input(file), url.clone())).collect());
    }
    let targets = files.into_iter().map(|file| match file.file_name().filter(|_| !is_stdin(&file)) {
        Some(name) => {
            let to = url.join(name.as_encoded_bytes());
            Ok((file, to))
        }
        // All that is in it.
        None if recursive && file == Path::new(".") => Ok((file, url.clone())),
        None => Err(Failure::usage("has no name to be uploaded under").about(&shown(&file))),
    });
    let targets = targets.collect::<Result<Vec<_>, _>>()?;
    one_file_a_name(targets.iter().map(|(file, to)| (to.bare(), file)))?;
    Ok(targets)
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

/// Whether they are one file, which may be written in several ways.
fn is_same(a: &PathBuf, b: &PathBuf) -> bool {
    let really = |path| fs::canonicalize(path).ok();
    a == b || really(a).is_some_and(|a| Some(a) == really(b))
}

/// All of them go to one site.
pub(crate) async fn put(
    targets: Vec<(PathBuf, Url)>,
    recursive: bool,
    parents: bool,
    mut session: Session<'_>,
    sessions: usize,
    how: &PutHow,
    report: &Report,
) {
    let mut directories = Directories::new(parents);
    let mut jobs = Vec::new();
    for (file, to) in targets {
        if !(recursive && file.is_dir()) {
            let size = fs::metadata(&file).ok().and_then(|metadata| size(&metadata));
            jobs.push(Job { file, to, size });
            continue;
        }
        let tree = Tree::walk(&file, &to);
        for failure in &tree.failures {
            report.failed(failure).await;
        }
        for link in &tree.left_out {
            report.warn(format_args!(
                "{}: a link to a directory that is taken under its own name",
                shown(link)
            ));
        }
        let mut denied: Vec<Url> = Vec::new();
        for directory in tree.directories {
            // Where one could not be made, so cannot those in it.
            if denied.iter().any(|denied| denied.contains(&directory)) {
                continue;
            }
            if let Err(failure) = directories.ensure(&directory, &mut session).await {
                report.failed(&failure.of(&directory)).await;
                denied.push(directory);
            }
        }
        for job in tree.files {
            match denied.iter().find(|denied| denied.contains(&job.to)) {
                None => jobs.push(job),
                Some(denied) => {
                    let failure = Failure::local(format_args!("not uploaded: there is no {denied}"));
                    report.failed(&failure.of(&job.to)).await;
                }
            }
        }
    }
    let ends = |job: &Job| (job.to.path.clone(), job.file.clone());
    let jobs = Places::new().fill(jobs, ends, is_same, report).await;
    for job in &jobs {
        if session.is_utf8() && str::from_utf8(&job.to.path).is_err() {
            report.warn(format_args!(
                "{}: the name is not UTF-8, which servers may change (--encoding)",
                job.to
            ));
        }
    }
    let bytes = jobs.iter().try_fold(0, |all: u64, job| all.checked_add(job.size?));
    report.begin(jobs.len(), bytes);
    let directories = Mutex::new(directories);
    move_all(jobs, session, sessions, report, async |job, session| {
        put_one(job, parents.then_some(&directories), how, session, report).await
    })
    .await;
}

impl jobs::Job for Job {
    fn url(&self) -> &Url {
        &self.to
    }

    fn path(&self) -> &Path {
        &self.file
    }

    fn size(&self) -> Option<u64> {
        self.size
    }
}

async fn put_one(
    job: &Job,
    directories: Option<&Mutex<Directories>>,
    how: &PutHow,
    session: &mut Session<'_>,
    report: &Report,
) -> Result<Transferred, Failure> {
    let Job { file, to, .. } = job;
    let local = |error| Failure::local(error).about(&shown(file));
    let (mut source, metadata) = Source::open(file).await.map_err(local)?;
    if metadata.is_dir() {
        return Err(Failure::local("is a directory: put -r uploads those").about(&shown(file)));
    }
    if let (Some(directories), Some(parent)) = (directories, to.parent()) {
        directories.lock().await.ensure(&parent, session).await?;
    }
    let bar = report.bar(to, size(&metadata));
    // A session that was gone has read nothing from the source.
    session
        .run(async |client| {
            let (mut put, mut before) = (how.put(to, &metadata), 0);
            if how.how.resume {
                let file = source.file().ok_or_else(|| Failure::usage("a stream cannot be resumed"))?;
                before = there(client, to, file, local).await?;
                put = put.at(before);
            }
            let done = source.upload(client, put, &bar).await.map_err(Failure::transfer)?;
            how.how.tell_unverified(to, before, "there", report);
            if how.how.preserve
                && let Err(failure) = set_time_there(client, to, &metadata).await
            {
                report.warn(format_args!("{to}: its time was not kept: {}", failure.reason));
            }
            Ok(done)
        })
        .await
}
