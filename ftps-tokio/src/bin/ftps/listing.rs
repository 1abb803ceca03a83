//! What is in a directory of a server.

use std::time::{SystemTime, UNIX_EPOCH};

use ftps_tokio::codec::{Entry, Kind, Name, Pattern, Timestamp, Zone};
use ftps_tokio::{Entries, Listed, Walked, ops};

use crate::failure::Failure;
use crate::report::Report;
use crate::session::Session;
use crate::url::Url;

/// A directory's entries, and what was not readable of its listing.
#[derive(Default)]
pub(crate) struct Contents {
    pub(crate) entries: Vec<Entry>,
    pub(crate) unparsed: Vec<Vec<u8>>,
}

/// Lists a directory.
pub(crate) async fn contents(url: &Url, session: &mut Session<'_>) -> Result<Contents, Failure> {
    let listed = session.run(async |client| {
        let mut contents = Contents::default();
        let mut entries = client.entries(url.bare()).map_err(Failure::transfer)?;
        while let Some(listed) = entries.next().await.map_err(Failure::transfer)? {
            match listed {
                Listed::Entry(entry) => contents.entries.push(entry),
                Listed::Unparsed(line) => contents.unparsed.push(line),
            }
        }
        Ok(contents)
    });
    let listed = listed.await.map_err(|failure| failure.of(url))?;
    if let ([entry], true) = (&listed.entries[..], listed.unparsed.is_empty())
        && may_be_itself(entry, url)
        && itself(url, session).await.is_some()
    {
        return Err(Failure::listing("is a file, and no directory").of(url));
    }
    Ok(listed)
}

/// The directories that one lies in: none of them is taken again inside itself, as a link or a server may have it.
#[derive(Clone, Default)]
pub(crate) struct Above {
    depth: usize,
    /// What is the same for all names of a directory (RFC 3659, section 7.5.2).
    unique: Vec<Vec<u8>>,
}

impl Above {
    /// Not every server tells what is the same.
    const DEEPEST: usize = 100;

    /// What a directory's own entries have above them.
    pub(crate) fn and(&self, directory: &Entry) -> Result<Self, Failure> {
        let unique = directory.unique().map(<[u8]>::to_vec);
        if self.depth == Self::DEEPEST || unique.as_ref().is_some_and(|unique| self.unique.contains(unique)) {
            return Err(inside_itself());
        }
        let unique = self.unique.iter().cloned().chain(unique).collect();
        Ok(Self { depth: self.depth + 1, unique })
    }

    /// Nothing is above it: it was asked for.
    pub(crate) fn is_none(&self) -> bool {
        self.depth == 0
    }
}

/// A line that says nothing to us. What it lists is not known, so that something is missing.
pub(crate) fn unparsed(line: &[u8], url: &Url) -> Failure {
    Failure::listing(format_args!("a line of the listing cannot be read: {}", Name::from(line))).of(url)
}

/// What fits a URL with wildcards: what is called as it is written, if there is that, and else all. What cannot be looked
/// into is reported.
pub(crate) async fn matching(
    url: &Url,
    session: &mut Session<'_>,
    report: &Report,
) -> Result<Vec<(Url, Entry)>, Failure> {
    let Some(pattern) = &url.pattern else { return Err(Failure::usage("has no wildcards").of(url)) };
    let base = url.with_path(pattern.base());
    let mut walk =
        ops::Walk::glob(Pattern::clone(pattern)).map_err(|error| Failure::transfer(error.into()))?;
    let mut found = Vec::new();
    loop {
        let mut tried = false;
        let walked = session.run(async |client| {
            tried = true;
            walk.resume();
            let mut finds = Entries::over(client, &mut walk);
            while let Some(find) = finds.next().await.map_err(Failure::transfer)? {
                found.push(find);
            }
            Ok(())
        });
        let Err(failure) = walked.await else { break };
        let at = walk.directory().map(|directory| url.with_path(directory));
        if !tried || at.as_ref().is_none_or(|at| *at == base) {
            return Err(failure);
        }
        // The rest is looked into over another session.
        report.failed(&failure.of(at.as_ref().unwrap_or(&base))).await;
    }
    let mut matching = Vec::new();
    for find in found {
        match find {
            Walked::Entry { path, entry, .. } => {
                let slash: &[u8] = if url.is_directory() { b"/" } else { b"" };
                matching.push((url.with_path([path.as_bytes(), slash].concat()), entry));
            }
            Walked::Unparsed { directory, line } => report.unparsed(&line, &url.with_path(directory)).await,
            Walked::Failed { directory, error } => {
                let (at, failure) = (url.with_path(directory), Failure::transfer(error));
                if at == base {
                    return Err(failure.of(&at));
                }
                report.failed(&failure.of(&at)).await;
            }
            Walked::Loop { directory } => report.failed(&inside_itself().of(&url.with_path(directory))).await,
            _ => {}
        }
    }
    if let Some(at) = matching.iter().position(|(found, _)| found.path == url.path) {
        matching = vec![matching.swap_remove(at)];
    }
    Ok(matching)
}

/// What is at a URL that may be listed as a directory, and is none.
pub(crate) async fn itself(url: &Url, session: &mut Session<'_>) -> Option<Entry> {
    if url.is_directory() {
        return None;
    }
    let entry = session.run(async |client| client.metadata(&url.path).await.map_err(Failure::transfer));
    entry.await.ok().filter(|entry| !is_directory(entry))
}

fn inside_itself() -> Failure {
    Failure::listing("left out: the directory is inside itself")
}

/// Whether a listing of one entry may be that of a file, which LIST shows as it shows what is in a directory.
pub(crate) fn may_be_itself(entry: &Entry, url: &Url) -> bool {
    let above = entry.name.as_bytes().strip_suffix(url.name());
    !(is_directory(entry) || url.is_directory())
        && above.is_some_and(|above| above.is_empty() || above.ends_with(b"/"))
}

pub(crate) fn is_directory(entry: &Entry) -> bool {
    matches!(entry.kind, Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory)
}

/// When an entry was modified: with `Z` in UTC, without it where the server does not tell its zone. LIST leaves out the
/// year of what is recent.
pub(crate) fn modified(entry: &Entry) -> Option<String> {
    let time = entry.modified?.with_year(&now()?);
    let time = time.in_utc().unwrap_or(time);
    Some(if time.zone == Zone::Utc && time.time.is_some() { format!("{time}Z") } else { time.to_string() })
}

pub(crate) fn now() -> Option<Timestamp> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_unix(i64::try_from(now.as_secs()).ok()?)
}
