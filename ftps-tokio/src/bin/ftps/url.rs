//! Where a file is: `ftps://user:password@host:port/path`.

use std::fmt;
use std::rc::Rc;

use ftps_tokio::codec::{Name, Pattern};
use ftps_tokio::{Security, UrlType};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

use crate::pattern;

/// A file or directory on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) site: Rc<Site>,
    /// What is sent to the server: relative to where the login leads, or from the root.
    pub(crate) path: Vec<u8>,
    /// What paths are to fit, where it has wildcards.
    pub(crate) pattern: Option<Rc<Pattern>>,
    /// It is text (`;type=a`).
    pub(crate) text: bool,
}

/// What one session is for.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Site {
    pub(crate) security: Security,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: Option<Vec<u8>>,
    pub(crate) password: Option<Vec<u8>>,
}

/// No password.
impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {self}", self.security)
    }
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Without the scheme and the credentials; safe on a terminal.
impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.site, Name::from(&self.path[..]))
    }
}

impl Url {
    /// Reads a URL. An error does not repeat it, since it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let url = ftps_tokio::Url::parse(text).map_err(|error| error.to_string())?;
        let mut path = url.path().to_vec();
        if url.kind() == Some(UrlType::Directory) && !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        let pattern = pattern::read(path_as_written(text), &path)?.map(Rc::new);
        let site = Site {
            security: url.security(),
            host: url.host().into(),
            port: url.port(),
            user: url.user().map(|user| user.as_bytes().to_vec()),
            password: url.password().map(|password| password.as_bytes().to_vec()),
        };
        let text = url.kind() == Some(UrlType::Text);
        Ok(Self { site: Rc::new(site), path, pattern, text })
    }

    /// Whether it is written as a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.path.is_empty() || self.path.ends_with(b"/")
    }

    /// Another path on the same site.
    pub(crate) fn with_path(&self, path: impl Into<Vec<u8>>) -> Self {
        Self { site: Rc::clone(&self.site), path: path.into(), pattern: None, text: self.text }
    }

    /// This name in this directory.
    pub(crate) fn join(&self, name: &[u8]) -> Self {
        let slash: &[u8] = if self.is_directory() { b"" } else { b"/" };
        self.with_path([&self.path, slash, name].concat())
    }

    /// The same without a slash at its end, but for the root.
    pub(crate) fn bare(&self) -> &[u8] {
        match self.path.strip_suffix(b"/") {
            Some(path) if !path.is_empty() => path,
            _ => &self.path,
        }
    }

    /// Whether the other is this one, or lies in this directory.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        match other.path.strip_prefix(self.bare()) {
            Some(rest) => rest.is_empty() || rest.starts_with(b"/") || self.bare().ends_with(b"/"),
            None => false,
        }
    }

    /// The path from a directory that it is in.
    pub(crate) fn within(&self, directory: &Self) -> &[u8] {
        let rest = self.path.strip_prefix(&directory.path[..]).unwrap_or(&self.path);
        if directory.is_directory() { rest } else { rest.strip_prefix(b"/").unwrap_or(rest) }
    }

    /// The directory that it is in: none where that is where the login leads, or the root.
    pub(crate) fn parent(&self) -> Option<Self> {
        let path = self.bare();
        let end = path.iter().rposition(|&byte| byte == b'/').filter(|&end| end > 0)?;
        Some(self.with_path(&path[..end]))
    }

    /// The last part of the path; a slash at its end does not count.
    pub(crate) fn name(&self) -> &[u8] {
        self.bare().rsplit(|&byte| byte == b'/').next().unwrap_or_default()
    }
}

/// The same, session by session, in the order of what each is first needed for.
pub(crate) fn by_site(urls: Vec<Url>) -> Vec<(Rc<Site>, Vec<Url>)> {
    let mut sites: Vec<(Rc<Site>, Vec<Url>)> = Vec::new();
    for url in urls {
        match sites.iter_mut().find(|(known, _)| *known == url.site) {
            Some((_, urls)) => urls.push(url),
            None => sites.push((Rc::clone(&url.site), vec![url])),
        }
    }
    sites
}

/// The path of a URL that has been read, as it stands there: without its type, and with its %XX.
fn path_as_written(url: &str) -> &str {
    let rest = match url.split_once("://") {
        Some((scheme, rest)) if !scheme.contains('/') => rest,
        _ => url,
    };
    let path = rest.split_once('/').map_or("", |(_, path)| path);
    match path.rsplit_once(';') {
        Some((path, kind)) if kind.to_ascii_lowercase().starts_with("type=") => path,
        _ => path,
    }
}

/// A path as it stands in a URL: everything that could mean something else as %XX.
pub(crate) fn encode(path: &[u8]) -> String {
    const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    percent_encode(path, &PLAIN).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_shows_no_password() {
        let site = Url::parse("ftps://us%40er:p%C3%A4%2Fss@[::1]:2121/x").unwrap().site;
        assert_eq!(site.user.as_deref(), Some(&b"us@er"[..]));
        assert_eq!(site.password.as_deref(), Some("p\u{e4}/ss".as_bytes()));
        assert_eq!((site.to_string().as_str(), site.host.as_str()), ("[::1]:2121", "::1"));
        assert!(!format!("{site:?}").contains("ss"));
    }

    #[test]
    fn what_is_written_is_the_path_alone() {
        for (url, path) in [
            ("ftps://h/a%2Ab;type=I", "a%2Ab"),
            ("h//a*", "/a*"),
            ("h/a://b", "a://b"),
            ("ftps://h", ""),
            ("u@h:21/a;b", "a;b"),
        ] {
            assert_eq!(path_as_written(url), path);
            assert!(Url::parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn what_is_encoded_is_read_as_it_was() {
        let path = b"/a b*?[%]/\xff;type=a\\{x}";
        let url = Url::parse(&format!("h/{}", encode(path))).unwrap();
        assert_eq!((&url.path[..], url.pattern), (&path[..], None));
    }

    #[test]
    fn directories_and_what_is_in_them() {
        let url = Url::parse("h/a/b/").unwrap();
        assert_eq!((url.bare(), url.name()), (&b"a/b"[..], &b"b"[..]));
        assert_eq!(url.join(b"c").path, b"a/b/c");
        assert_eq!(url.parent().unwrap().path, b"a");
        assert_eq!(url.parent().unwrap().join(b"c").path, b"a/c");
        assert_eq!(Url::parse("h//a").unwrap().parent(), None);
        assert_eq!(Url::parse("h//").unwrap().join(b"a").path, b"/a");
        for (directory, path) in [("h/", "a/b"), ("h//", "/a/b"), ("h/a", "a/b"), ("h/a/", "a/b")] {
            let (directory, url) = (Url::parse(directory).unwrap(), url.with_path(path));
            assert!([&b"a/b"[..], b"b"].contains(&url.within(&directory)), "{directory} {url}");
        }
    }
}
