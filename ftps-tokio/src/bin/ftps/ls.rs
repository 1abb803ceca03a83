//! `ftps ls`.

use std::cmp::Ordering;

use ftps_tokio::Listed;
use ftps_tokio::codec::{Entry, Kind};

use crate::args::{Form, Sort};
use crate::entry::{Object, Paint};
use crate::failure::Failure;
use crate::json;
use crate::listing::{Above, Contents, contents, is_directory, itself, matching, may_be_itself, now};
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
    let session = Session::new(settings, &url.site);
    let paint = Paint::new(form.long, form.color);
    let mut ls = Ls { form, paint, out: Sink::stdout(), session, report };
    let listed = match &url.pattern {
        Some(pattern) => ls.fitting(url, &url.with_path(pattern.base())).await,
        None if ls.streams() => ls.stream(url).await,
        None => ls.directory(url).await,
    };
    let Ls { out, session, report, .. } = ls;
    // What came before a failure is shown.
    let shown = out.commit().await.map_err(Failure::stdout);
    if let Err(failure) = listed.and(shown) {
        report.failed(&failure.of(url)).await;
    }
    session.quit().await;
}

/// An entry, and where it is.
type Placed = (Url, Entry);

fn placed(directory: &Url, entries: Vec<Entry>) -> Vec<Placed> {
    entries.into_iter().map(|entry| (directory.join(entry.name.as_bytes()), entry)).collect()
}

impl Ls<'_> {
    /// Whether entries are shown as they come: nothing has to be known of those that follow.
    fn streams(&self) -> bool {
        let Form { recursive, tree, sort, .. } = self.form;
        !recursive && !tree && sort == Sort::None
    }

    async fn stream(&mut self, url: &Url) -> Result<(), Failure> {
        let (out, report, paint) = (&mut self.out, &mut *self.report, &self.paint);
        let listed = self.session.run(async |client| {
            let mut entries = client.entries(url.bare()).map_err(Failure::transfer)?;
            // The first, if it may be what was to be listed: that shows with the next.
            let mut first = None;
            let mut begun = false;
            while let Some(listed) = entries.next().await.map_err(Failure::transfer)? {
                let listed = match listed {
                    Listed::Entry(entry) if !begun && may_be_itself(&entry, url) => {
                        begun = true;
                        first = Some(entry);
                        continue;
                    }
                    listed => listed,
                };
                begun = true;
                for listed in first.take().map(Listed::Entry).into_iter().chain([listed]) {
                    let line = match &listed {
                        Listed::Entry(entry) if report.is_json() => {
                            json::line(&Object::new(&url.join(entry.name.as_bytes()), entry))?
                        }
                        Listed::Entry(entry) => paint.line("", entry.name.as_bytes(), entry),
                        Listed::Unparsed(line) => {
                            out.flush().await.map_err(Failure::stdout)?;
                            report.unparsed(line, url).await;
                            continue;
                        }
                    };
                    out.write_all(line.as_bytes()).await.map_err(Failure::stdout)?;
                }
            }
            Ok(first)
        });
        match listed.await {
            Ok(None) => Ok(()),
            Ok(Some(entry)) => match itself(url, &mut self.session).await {
                Some(file) => self.file(url, &file).await,
                None => self.show("", url, &url.join(entry.name.as_bytes()), &entry).await,
            },
            Err(failure) => self.file_instead(url, failure).await,
        }
    }

    /// A directory and, if that is asked for, those below it.
    async fn directory(&mut self, url: &Url) -> Result<(), Failure> {
        let root = url.with_path(url.bare());
        match contents(&root, &mut self.session).await {
            Ok(Contents { entries, unparsed }) => {
                self.unparsed(&unparsed, &root).await?;
                self.walk(&root, placed(&root, entries)).await
            }
            Err(failure) => self.file_instead(url, failure).await,
        }
    }

    /// What fits a URL with wildcards.
    async fn fitting(&mut self, url: &Url, base: &Url) -> Result<(), Failure> {
        let found = matching(url, &mut self.session, self.report).await?;
        if found.is_empty() {
            return Err(Failure::listing("nothing fits"));
        }
        self.walk(base, found).await
    }

    /// What cannot be listed may be a file.
    async fn file_instead(&mut self, url: &Url, failure: Failure) -> Result<(), Failure> {
        if matches!(failure.kind, "refused" | "listing")
            && let Some(file) = itself(url, &mut self.session).await
        {
            return self.file(url, &file).await;
        }
        Err(failure)
    }

    async fn file(&mut self, url: &Url, file: &Entry) -> Result<(), Failure> {
        self.show("", &url.parent().unwrap_or_else(|| url.with_path("")), url, file).await
    }

    /// Shows entries and, if that is asked for, what is in and below those of them that are directories.
    async fn walk(&mut self, root: &Url, entries: Vec<Placed>) -> Result<(), Failure> {
        if self.form.tree && !self.report.is_json() {
            self.write(&format!("{root}\n")).await?;
        }
        // Directories whose entries are shown, from the outermost on: what is left of each.
        let mut open = vec![self.open(root, entries, Above::default()).await?];
        while let Some(level) = open.last_mut() {
            let Some((url, entry)) = level.rest.next() else {
                open.pop();
                continue;
            };
            let last = level.rest.as_slice().is_empty();
            let (directory, above) = (level.url.clone(), level.above.clone());
            if self.form.tree {
                let indent: String = open.iter().skip(1).map(|level| level.indent).collect();
                let branch = if last { "└── " } else { "├── " };
                self.show(&format!("{indent}{branch}"), &directory, &url, &entry).await?;
            }
            let name = entry.name.as_bytes();
            let leads_up = matches!(name, b"" | b"." | b"..") || name.contains(&b'/');
            if !(is_directory(&entry) && (self.form.recursive || self.form.tree)) || leads_up {
                continue;
            }
            let listed = match above.and(&entry) {
                Ok(above) => contents(&url, &mut self.session).await.map(|contents| (contents, above)),
                Err(failure) => Err(failure.of(&url)),
            };
            match listed {
                Ok((Contents { entries, unparsed }, above)) => {
                    if !self.form.tree && !self.report.is_json() {
                        self.write(&format!("\n{url}:\n")).await?;
                    }
                    self.unparsed(&unparsed, &url).await?;
                    let mut level = self.open(&url, placed(&url, entries), above).await?;
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

    async fn unparsed(&mut self, lines: &[Vec<u8>], url: &Url) -> Result<(), Failure> {
        for line in lines {
            self.out.flush().await.map_err(Failure::stdout)?;
            self.report.unparsed(line, url).await;
        }
        Ok(())
    }

    /// Begins with a directory's entries: as a list, they are shown before those of any below it.
    async fn open(&mut self, url: &Url, mut entries: Vec<Placed>, above: Above) -> Result<Level, Failure> {
        sort(&mut entries, self.form.sort);
        if !self.form.tree {
            let title = above.is_none() && self.form.recursive && !self.report.is_json();
            if title {
                self.write(&format!("{url}:\n")).await?;
            }
            for (at, entry) in &entries {
                self.show("", url, at, entry).await?;
            }
        }
        Ok(Level { url: url.clone(), above, rest: entries.into_iter(), indent: "" })
    }

    /// Shows an entry, to people by its path from a directory.
    async fn show(&mut self, indent: &str, from: &Url, url: &Url, entry: &Entry) -> Result<(), Failure> {
        let line = match self.report.is_json() {
            true => json::line(&Object::new(url, entry))?,
            false => self.paint.line(indent, url.within(from), entry),
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
    rest: std::vec::IntoIter<Placed>,
    /// What stands before the entries of the directories in it, as a tree.
    indent: &'static str,
}

fn sort(entries: &mut [Placed], sort: Sort) {
    let kind = |entry: &Entry| (!is_directory(entry), entry.kind != Kind::File);
    entries.sort_by(|(url_a, a), (url_b, b)| {
        let order = match sort {
            Sort::None => return Ordering::Equal,
            Sort::Name => Ordering::Equal,
            // The largest and the newest first, as ls has it.
            Sort::Size => b.size.cmp(&a.size),
            Sort::Time => moment(b).cmp(&moment(a)),
            Sort::Kind => kind(a).cmp(&kind(b)),
        };
        order.then_with(|| url_a.path.cmp(&url_b.path))
    });
}

/// When an entry was modified; what has no year was within the last.
fn moment(entry: &Entry) -> Option<i64> {
    let time = entry.modified?;
    let time = now().map_or(time, |now| time.with_year(&now));
    time.to_utc().or_else(|| time.to_unix())
}
