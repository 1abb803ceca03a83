//! Names and passwords by host, as `~/.netrc` has them for many programs.
//!
//! ```text
//! machine ftp.example.com login anna password "se cret"
//! default login anonymous password anna@example.com
//! ```

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::failure::Failure;
use crate::report::shown;

/// What a file has for a host.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// None: for every host.
    machine: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) password: Option<String>,
    pub(crate) account: Option<String>,
}

pub(crate) struct Netrc(Vec<Entry>);

impl Netrc {
    /// From this file, or the one that NETRC names, or the one in the home directory.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, Failure> {
        let home = || env::home_dir().map(|home| home.join(".netrc"));
        let path = path.map(Path::to_owned).or_else(|| env::var_os("NETRC").map(PathBuf::from)).or_else(home);
        let path = path.ok_or_else(|| Failure::usage("there is no home directory").about(&"--netrc"))?;
        let text = fs::read_to_string(&path).map_err(|error| Failure::usage(error).about(&shown(&path)))?;
        Self::parse(&text)
            .map_err(|line| Failure::usage(format_args!("line {line} cannot be read")).about(&shown(&path)))
    }

    /// What is there for this host, and this name if one is asked for: the first entry that fits.
    pub(crate) fn find(&self, host: &str, user: Option<&[u8]>) -> Option<&Entry> {
        self.0.iter().find(|entry| {
            entry.machine.as_ref().is_none_or(|machine| machine.eq_ignore_ascii_case(host))
                && user.is_none_or(|user| entry.login.as_ref().is_some_and(|login| login.as_bytes() == user))
        })
    }

    /// Or the number of the first line that cannot be read.
    fn parse(text: &str) -> Result<Self, usize> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines = text.lines().zip(1..);
        // What the next word is for.
        let mut expected: Option<String> = None;
        while let Some((line, number)) = lines.next() {
            let mut rest = line.trim_start();
            while !(rest.is_empty() || rest.starts_with('#') && expected.is_none()) {
                let (word, after) = word(rest).ok_or(number)?;
                rest = after.trim_start();
                let Some(key) = expected.take() else {
                    match word.as_str() {
                        "default" => entries.push(Entry::default()),
                        // A macro goes up to an empty line.
                        "macdef" => {
                            rest = "";
                            lines.by_ref().find(|(line, _)| line.trim().is_empty());
                        }
                        _ => expected = Some(word),
                    }
                    continue;
                };
                match (key.as_str(), entries.last_mut()) {
                    ("machine", _) => entries.push(Entry { machine: Some(word), ..Entry::default() }),
                    ("login", Some(entry)) => entry.login = Some(word),
                    ("password", Some(entry)) => entry.password = Some(word),
                    ("account", Some(entry)) => entry.account = Some(word),
                    _ => return Err(number),
                }
            }
        }
        match expected {
            None => Ok(Self(entries)),
            Some(_) => Err(text.lines().count()),
        }
    }
}

/// The first word, in quotes or not, and what is after it. In quotes, a backslash makes the next character one of the word's.
fn word(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
        return Some((word.to_owned(), rest));
    };
    let mut word = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((word, &quoted[at + 1..])),
            '\\' => match characters.next()?.1 {
                'n' => word.push('\n'),
                't' => word.push('\t'),
                'r' => word.push('\r'),
                other => word.push(other),
            },
            other => word.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, host: &str, user: Option<&str>) -> Option<(String, String)> {
        let netrc = Netrc::parse(text).map_err(|line| panic!("line {line}")).unwrap();
        let entry = netrc.find(host, user.map(str::as_bytes))?;
        Some((entry.login.clone().unwrap_or_default(), entry.password.clone().unwrap_or_default()))
    }

    #[test]
    fn the_first_entry_that_fits() {
        let text = "# for work\nmachine a.example login anna password one\nmachine a.example\n\tlogin bert\n\tpassword \
                    \"t w\\\"o\\\\\" account x\nmacdef init\nmachine b.example login no\n\nmachine c.example login #c\n\
                    default login guest password any@where";
        for (host, user, login, password) in [
            ("a.example", None, "anna", "one"),
            ("A.EXAMPLE", Some("bert"), "bert", "t w\"o\\"),
            ("b.example", None, "guest", "any@where"),
            ("c.example", None, "#c", ""),
        ] {
            assert_eq!(found(text, host, user), Some((login.into(), password.into())), "{host} {user:?}");
        }
        assert_eq!(found(text, "a.example", Some("carl")), None);
        assert_eq!(found("machine a login b", "c", None), None);
        assert_eq!(found("", "c", None), None);
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line() {
        for (text, line) in [
            ("login a", 1),
            ("machine a\nlogin", 2),
            ("machine a login b\npassword \"x", 2),
            ("machine a\nusername b", 2),
        ] {
            assert_eq!(Netrc::parse(text).err(), Some(line), "{text}");
        }
    }
}
