//! `ftps ls`.

use std::borrow::Cow;
use std::time::{SystemTime, UNIX_EPOCH};

use ftps_tokio::Listed;
use ftps_tokio::codec::{Entry, Kind, Name, Timestamp};
use serde::Serialize;

use crate::report::{Failure, Report, json_line};
use crate::session::{Session, Settings};
use crate::sink::Sink;
use crate::url::Url;

/// An entry as JSON.
#[derive(Serialize)]
struct Object<'a> {
    name: Cow<'a, str>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// As far as the server tells; UTC where it has MLSD, else in a time zone of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    fn new(entry: &'a Entry) -> Self {
        let text = |name: &'a Name| String::from_utf8_lossy(name.as_bytes());
        Self {
            name: text(&entry.name),
            kind: match entry.kind {
                Kind::File => "file",
                Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory => "directory",
                Kind::Link => "link",
                Kind::Other => "other",
                _ => "unknown",
            },
            size: entry.size,
            modified: modified(entry),
            mode: entry.permissions.map(|mode| format!("{:04o}", mode.bits())),
            target: entry.target.as_ref().map(text),
        }
    }
}

pub(crate) async fn ls(url: &Url, settings: &Settings, report: &mut Report, json: bool) {
    let mut session = Session::new(settings, &url.site);
    let mut out = Sink::stdout();
    let listed = list(url, &mut session, &mut out, report, json).await;
    // What came before a failure is shown.
    let shown = out.commit().await.map_err(Failure::stdout);
    if let Err(failure) = listed.and(shown) {
        report.failed(&failure.of(url));
    }
    session.quit().await;
}

async fn list(
    url: &Url,
    session: &mut Session<'_>,
    out: &mut Sink,
    report: &Report,
    json: bool,
) -> Result<(), Failure> {
    let client = session.client().await?;
    let path = match url.path.strip_suffix(b"/") {
        Some(path) if !path.is_empty() => path,
        _ => &url.path,
    };
    let mut entries = client.entries(path).map_err(Failure::transfer)?;
    while let Some(listed) = entries.next().await.map_err(Failure::transfer)? {
        match listed {
            Listed::Entry(entry) => {
                let line = if json { json_line(&Object::new(&entry))? } else { line(&entry) };
                out.write_all(line.as_bytes()).await.map_err(Failure::stdout)?;
            }
            Listed::Unparsed(line) => {
                report.warn(&format_args!("{url}: unknown line: {}", Name::from(line)));
            }
        }
    }
    Ok(())
}

/// LIST leaves out the year of what is recent.
fn modified(entry: &Entry) -> Option<String> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    let now = Timestamp::from_unix(i64::try_from(now.as_secs()).ok()?)?;
    Some(entry.modified?.with_year(&now).to_string())
}

/// Kind, size, time, name.
fn line(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::File => '-',
        Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory => 'd',
        Kind::Link => 'l',
        _ => '?',
    };
    let size = entry.size.map(|size| size.to_string()).unwrap_or_default();
    let modified = modified(entry).unwrap_or_default();
    let mut line = format!("{kind} {size:>14} {modified:<19} {}", entry.name);
    if let Some(target) = &entry.target {
        line += &format!(" -> {target}");
    }
    line + "\n"
}
