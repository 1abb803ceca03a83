//! One entry of a listing, as a line for people or an object for programs.

use std::borrow::Cow;

use console::Term;
use ftps_tokio::codec::{Entry, Exactness, Kind, Name};
use lscolors::{Indicator, LsColors};
use serde::Serialize;

use crate::args::When;
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
    pub(crate) fn new(url: &'a Url, entry: &'a Entry) -> Self {
        let text = |name: &'a Name| String::from_utf8_lossy(name.as_bytes());
        Self {
            name: text(&entry.name),
            path: Path::new(&url.path),
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

/// How entries are shown to people.
pub(crate) struct Paint {
    long: bool,
    /// What LS_COLORS says, or what `ls` has without it.
    colours: Option<LsColors>,
}

impl Paint {
    pub(crate) fn new(long: bool, colours: When) -> Self {
        let colours = match colours {
            When::Always => true,
            When::Never => false,
            // console has none for what is not a terminal, or where NO_COLOR is set.
            When::Auto => Term::stdout().features().colors_supported() && console::colors_enabled(),
        };
        let colours = colours.then(|| LsColors::from_env().unwrap_or_default());
        Self { long, colours }
    }

    /// A name in its colour, safe on a terminal.
    fn name(&self, name: &[u8], entry: &Entry) -> String {
        let name = Name::from(name).to_string();
        let style = self.colours.as_ref().and_then(|colours| match indicator(entry) {
            Indicator::RegularFile => colours.style_for_str(&name),
            other => colours.style_for_indicator(other),
        });
        match style {
            Some(style) => style.to_nu_ansi_term_style().paint(name).to_string(),
            None => name,
        }
    }

    /// The line of an entry that is shown under this name, with its end. In its long form: kind and permissions, owner,
    /// group, size, time, name.
    pub(crate) fn line(&self, indent: &str, name: &[u8], entry: &Entry) -> String {
        let name = self.name(name, entry);
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

/// What `ls` colours it as.
fn indicator(entry: &Entry) -> Indicator {
    let bits = entry.permissions.map_or(0, |permissions| permissions.bits());
    let has = |all: u32| bits & all == all;
    match entry.kind {
        Kind::Link => Indicator::SymbolicLink,
        _ if is_directory(entry) => match (has(0o1000), has(0o002)) {
            (true, true) => Indicator::StickyAndOtherWritable,
            (true, false) => Indicator::Sticky,
            (false, true) => Indicator::OtherWritable,
            (false, false) => Indicator::Directory,
        },
        Kind::File if has(0o4000) => Indicator::Setuid,
        Kind::File if has(0o2000) => Indicator::Setgid,
        Kind::File if bits & 0o111 != 0 => Indicator::ExecutableFile,
        _ => Indicator::RegularFile,
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
