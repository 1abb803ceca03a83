//! One entry of a listing, as a line for people or an object for programs.

use std::borrow::Cow;

use console::{Style, Term};
use ftps_tokio::codec::{Entry, Exactness, Kind, Name};
use serde::Serialize;

use crate::json::Path;
use crate::listing::{is_directory, modified};
use crate::url::Url;

/// An entry as JSON.
#[derive(Serialize)]
pub(crate) struct Object<'a> {
    name: Cow<'a, str>,
    /// What is sent to the server for it.
    #[serde(flatten)]
    path: Path<'a>,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    /// The size is not exact.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    approximate: bool,
    /// With `Z` in UTC, without it on the server's own clock, whose zone it does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owner: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<Cow<'a, str>>,
}

impl<'a> Object<'a> {
    pub(crate) fn new(directory: &Url, entry: &'a Entry) -> Self {
        let text = |name: &'a Name| String::from_utf8_lossy(name.as_bytes());
        let path = directory.join(entry.name.as_bytes()).path;
        Self {
            name: text(&entry.name),
            path: Path::owned(&path),
            kind: match entry.kind {
                Kind::File => "file",
                Kind::Directory | Kind::CurrentDirectory | Kind::ParentDirectory => "directory",
                Kind::Link => "link",
                Kind::Other => "other",
                _ => "unknown",
            },
            size: entry.size,
            approximate: entry.size.is_some() && entry.exactness != Exactness::Exact,
            modified: modified(entry).map(|time| time.replace(' ', "T")),
            mode: entry.permissions.map(|permissions| format!("{:04o}", permissions.bits())),
            owner: entry.owner(),
            group: entry.group(),
            target: entry.target.as_ref().map(text),
        }
    }
}

/// How entries are shown to people: with colours on a terminal only.
pub(crate) struct Paint {
    long: bool,
    directory: Style,
    link: Style,
    program: Style,
}

impl Paint {
    pub(crate) fn new(long: bool) -> Self {
        // console does not colour what is not a terminal, or where NO_COLOR is set.
        let colours = Term::stdout().features().colors_supported() && console::colors_enabled();
        let style = || Style::new().bold().force_styling(colours);
        Self { long, directory: style().blue(), link: style().cyan(), program: style().green() }
    }

    /// The entry's line, with its end. In its long form: kind and permissions, owner, group, size, time, name.
    pub(crate) fn line(&self, indent: &str, entry: &Entry) -> String {
        let name = entry.name.to_string();
        let name = match entry.kind {
            Kind::Link => self.link.apply_to(name).to_string(),
            _ if is_directory(entry) => self.directory.apply_to(name).to_string(),
            Kind::File if entry.permissions.is_some_and(|permissions| permissions.bits() & 0o111 != 0) => {
                self.program.apply_to(name).to_string()
            }
            _ => name,
        };
        if !self.long {
            return format!("{indent}{name}\n");
        }
        let kind = match entry.kind {
            Kind::File => '-',
            Kind::Link => 'l',
            _ if is_directory(entry) => 'd',
            _ => '?',
        };
        let permissions = match entry.permissions {
            Some(permissions) => letters(permissions.bits()),
            None => String::new(),
        };
        let [owner, group] = [entry.owner(), entry.group()].map(|who| Name::from(&*who.unwrap_or_default()));
        let size = entry.size.map(|size| match entry.exactness {
            Exactness::Exact => size.to_string(),
            _ => format!("~{size}"),
        });
        let (size, modified) = (size.unwrap_or_default(), modified(entry).unwrap_or_default());
        let target = match &entry.target {
            Some(target) => format!(" -> {target}"),
            None => String::new(),
        };
        let [owner, group] = [owner, group].map(|who| who.to_string());
        format!(
            "{kind}{permissions:<9} {owner:<8} {group:<8} {size:>12} {modified:<20} {indent}{name}{target}\n"
        )
    }
}

/// As `ls -l` has them.
fn letters(bits: u32) -> String {
    let special = |at: usize| bits & (0o4000 >> (at / 3)) != 0;
    (0..9)
        .map(|at| {
            let set = bits & (0o400 >> at) != 0;
            match (at % 3, set) {
                (0, true) => 'r',
                (1, true) => 'w',
                (2, true) if special(at) => {
                    if at == 8 {
                        't'
                    } else {
                        's'
                    }
                }
                (2, false) if special(at) => {
                    if at == 8 {
                        'T'
                    } else {
                        'S'
                    }
                }
                (2, true) => 'x',
                _ => '-',
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn permissions_as_letters() {
        for (bits, shown) in
            [(0o755, "rwxr-xr-x"), (0, "---------"), (0o7777, "rwsrwsrwt"), (0o7644, "rwSr-Sr-T")]
        {
            assert_eq!(letters(bits), shown);
        }
    }
}
