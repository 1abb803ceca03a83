//! `ftps ls`.

use std::cmp::Ordering;

use ftps_tokio::Listed;
use ftps_tokio::codec::{Entry, Kind};

use crate::args::{Form, Sort};
use crate::entry::{Object, Paint};
use crate::failure::Failure;
use crate::json;
use crate::listing::{Above, Contents, contents, fitting, is_directory, now, searched};
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::sink::Sink;
use crate::url::Url;

/// A listing on its way out.
struct Ls<'a> {
    form: Form,
    paint: Paint,
    out: Sink,
    session: Session<'a>,
    report: &'a mut Report,
}

pub(crate) async fn ls(url: &Url, form: Form, settings: &Settings, report: &mut Report) {
    let mut session = Session::new(settings, &url.site);
    session.expect_more(form.recursive || form.tree);
    let paint = Paint::new(form.long);
    let mut ls = Ls { form, paint, out: Sink::stdout(), session, report };
    let listed = match ls.streams(url) {
        true => ls.stream(url).await,
        false => ls.walk(url).await,
    };
    let Ls { out, session, report, .. } = ls;
    // What came before a failure is shown.
    let shown = out.commit().await.map_err(Failure::stdout);
    if let Err(failure) = listed.and(shown) {
        report.failed(&failure.of(url)).await;
    }
    session.quit().await;
}

impl Ls<'_> {
    /// Whether entries are shown as they come: nothing has to be known of those that follow.
    fn streams(&self, url: &Url) -> bool {
        let Form { recursive, tree, sort, .. } = self.form;
        !recursive && !tree && sort == Sort::None && url.pattern.is_none()
    }

    async fn stream(&mut self, url: &Url) -> Result<(), Failure> {
        let (out, report, paint) = (&mut self.out, &mut *self.report, &self.paint);
        let listed = self.session.run(async |client| {
            let mut entries = client.entries(url.bare()).map_err(Failure::transfer)?;
            while let Some(listed) = entries.next().await.map_err(Failure::transfer)? {
                let line = match &listed {
                    Listed::Entry(entry) if report.is_json() => json::line(&Object::new(url, entry))?,
                    Listed::Entry(entry) => paint.line("", entry),
                    Listed::Unparsed(line) => {
                        out.flush().await.map_err(Failure::stdout)?;
                        report.unparsed(line, url).await;
                        continue;
                    }
                };
                out.write_all(line.as_bytes()).await.map_err(Failure::stdout)?;
            }
            Ok(())
        });
        listed.await
    }

    /// A directory and, if that is asked for, those below it.
    async fn walk(&mut self, url: &Url) -> Result<(), Failure> {
        let root = if url.pattern.is_some() { searched(url) } else { url.with_path(url.bare()) };
        let mut first = contents(&root, &mut self.session).await?;
        first.entries = fitting(url, first.entries);
        if url.pattern.is_some() && first.entries.is_empty() {
            return Err(Failure::listing("nothing fits"));
        }
        if self.form.tree && !self.report.is_json() {
            self.write(&format!("{root}\n")).await?;
        }
        // Directories whose entries are shown, from the outermost on: what is left of each.
        let mut open = vec![self.open(&root, first, Above::default()).await?];
        while let Some(level) = open.last_mut() {
            let Some(entry) = level.rest.next() else {
                open.pop();
                continue;
            };
            let last = level.rest.as_slice().is_empty();
            let (directory, above) = (level.url.clone(), level.above.clone());
            if self.form.tree {
                let indent: String = open.iter().skip(1).map(|level| level.indent).collect();
                let branch = if last { "└── " } else { "├── " };
                self.show(&format!("{indent}{branch}"), &directory, &entry).await?;
            }
            let name = entry.name.as_bytes();
            let leads_up = matches!(name, b"" | b"." | b"..") || name.contains(&b'/');
            if !(is_directory(&entry) && (self.form.recursive || self.form.tree)) || leads_up {
                continue;
            }
            let url = directory.join(name);
            let listed = match above.and(&entry) {
                Ok(above) => contents(&url, &mut self.session).await.map(|contents| (contents, above)),
                Err(failure) => Err(failure.of(&url)),
            };
            match listed {
                Ok((contents, above)) => {
                    if !self.form.tree && !self.report.is_json() {
                        self.write(&format!("\n{url}:\n")).await?;
                    }
                    let mut level = self.open(&url, contents, above).await?;
                    level.indent = if last { "    " } else { "│   " };
                    open.push(level);
                }
                Err(failure) => {
                    self.out.flush().await.map_err(Failure::stdout)?;
                    self.report.failed(&failure).await;
                }
            }
        }
        Ok(())
    }

    /// Begins with a directory's entries: as a list, they are shown before those of any below it.
    async fn open(&mut self, url: &Url, mut contents: Contents, above: Above) -> Result<Level, Failure> {
        for line in &contents.unparsed {
            self.out.flush().await.map_err(Failure::stdout)?;
            self.report.unparsed(line, url).await;
        }
        sort(&mut contents.entries, self.form.sort);
        if !self.form.tree {
            let title = above.is_none() && self.form.recursive && !self.report.is_json();
            if title {
                self.write(&format!("{url}:\n")).await?;
            }
            for entry in &contents.entries {
                self.show("", url, entry).await?;
            }
        }
        Ok(Level { url: url.clone(), above, rest: contents.entries.into_iter(), indent: "" })
    }

    async fn show(&mut self, indent: &str, directory: &Url, entry: &Entry) -> Result<(), Failure> {
        let line = match self.report.is_json() {
            true => json::line(&Object::new(directory, entry))?,
            false => self.paint.line(indent, entry),
        };
        self.write(&line).await
    }

    async fn write(&mut self, line: &str) -> Result<(), Failure> {
        self.out.write_all(line.as_bytes()).await.map_err(Failure::stdout)
    }
}

/// A directory of which entries are left.
struct Level {
    url: Url,
    above: Above,
    rest: std::vec::IntoIter<Entry>,
    /// What stands before the entries of the directories in it, as a tree.
    indent: &'static str,
}

fn sort(entries: &mut [Entry], sort: Sort) {
    let by_name = |a: &Entry, b: &Entry| a.name.cmp(&b.name);
    let kind = |entry: &Entry| (!is_directory(entry), entry.kind != Kind::File);
    entries.sort_by(|a, b| {
        let order = match sort {
            Sort::None => return Ordering::Equal,
            Sort::Name => Ordering::Equal,
            // The largest and the newest first, as ls has it.
            Sort::Size => b.size.cmp(&a.size),
            Sort::Time => moment(b).cmp(&moment(a)),
            Sort::Kind => kind(a).cmp(&kind(b)),
        };
        order.then_with(|| by_name(a, b))
    });
}

/// When an entry was modified; what has no year was within the last.
fn moment(entry: &Entry) -> Option<i64> {
    let time = entry.modified?;
    let time = now().map_or(time, |now| time.with_year(&now));
    time.to_utc().or_else(|| time.to_unix())
}
