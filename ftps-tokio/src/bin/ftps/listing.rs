//! What is in a directory of a server.

use std::time::{SystemTime, UNIX_EPOCH};

use ftps_tokio::Listed;
use ftps_tokio::codec::{Entry, Kind, Name, Timestamp, Zone};

use crate::failure::Failure;
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
    listed.await.map_err(|failure| failure.of(url))
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
            return Err(Failure::listing("left out: the directory is inside itself"));
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

/// The directory that a URL with wildcards looks into.
pub(crate) fn searched(url: &Url) -> Url {
    let end = url.path.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
    url.with_path(&url.path[..end])
}

/// What in a directory fits a URL with wildcards: the name itself if there is one, as it is written.
pub(crate) fn fitting(url: &Url, entries: Vec<Entry>) -> Vec<Entry> {
    let Some(pattern) = &url.pattern else { return entries };
    let literal = url.name();
    match entries.iter().position(|entry| entry.name.as_bytes() == literal) {
        Some(at) => entries.into_iter().skip(at).take(1).collect(),
        None => entries.into_iter().filter(|entry| pattern.fits(entry.name.as_bytes())).collect(),
    }
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
