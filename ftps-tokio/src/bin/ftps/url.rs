//! Where a file is: `ftps://user:password@host:port/path`.

use std::collections::HashMap;
use std::fmt;
use std::rc::Rc;

use ftps_tokio::Security;
use ftps_tokio::codec::{Argument, Name};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};

use crate::failure::Failure;
use crate::pattern::Pattern;

/// A file or directory on a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) site: Rc<Site>,
    /// What is sent to the server: relative to where the login leads, or from the root.
    pub(crate) path: Vec<u8>,
    /// What the last part of the path is to fit, where it has wildcards.
    pub(crate) pattern: Option<Pattern>,
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
        let (security, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                let security = match scheme.to_ascii_lowercase().as_str() {
                    "ftp" | "ftpes" => Security::Explicit,
                    "ftps" => Security::Implicit,
                    _ => return Err(format!("{scheme}: is none of ftpes:, ftps: and ftp:")),
                };
                (security, rest)
            }
            _ => (Security::Explicit, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, pattern) = decode_path(path)?;
        let site = Rc::new(Site::parse(security, authority)?);
        Ok(Self { site, path, pattern })
    }

    /// Whether it is written as a directory.
    pub(crate) fn is_directory(&self) -> bool {
        self.path.is_empty() || self.path.ends_with(b"/")
    }

    /// Another path on the same site.
    pub(crate) fn with_path(&self, path: impl Into<Vec<u8>>) -> Self {
        Self { site: Rc::clone(&self.site), path: path.into(), pattern: None }
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

/// No two files get the same name: the later would replace the earlier.
pub(crate) fn one_file_a_name<'a, T: Copy + PartialEq>(
    files: impl IntoIterator<Item = (&'a [u8], T)>,
) -> Result<(), Failure> {
    let mut taken = HashMap::new();
    for (name, file) in files {
        if *taken.entry(name).or_insert(file) != file {
            return Err(Failure::usage("is the name of several files").about(&Name::from(name)));
        }
    }
    Ok(())
}

impl Site {
    fn parse(security: Security, authority: &str) -> Result<Self, String> {
        // The parser would skip it.
        if authority.contains(char::is_control) {
            return Err("a control character in the host, name or password".into());
        }
        // Schemes whose hosts are domain names. A port that is the scheme's default is not told, so two are asked.
        let parse = |scheme: &str| {
            url::Url::parse(&format!("{scheme}://{authority}/")).map_err(|error| format!("host: {error}"))
        };
        let (url, other) = (parse("ftp")?, parse("wss")?);
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("a / ? # or \\ in the name or password has to be written as %XX".into());
        }
        let host = match url.host() {
            Some(url::Host::Domain(name)) => name.into(),
            Some(url::Host::Ipv4(address)) => address.to_string(),
            Some(url::Host::Ipv6(address)) => address.to_string(),
            None => return Err("host: there is none".into()),
        };
        let password = url.password();
        let user = Some(url.username()).filter(|user| !user.is_empty() || password.is_some());
        Ok(Self {
            security,
            host,
            port: url.port().or(other.port()).unwrap_or(security.port()),
            user: user.map(|user| decode(user, "name")).transpose()?,
            password: password.map(|password| decode(password, "password")).transpose()?,
        })
    }
}

/// RFC 1738, section 3.2.2. Files are bytes here: of its types, only `i` is known.
fn decode_path(path: &str) -> Result<(Vec<u8>, Option<Pattern>), String> {
    let (path, kind) = match path.rsplit_once(';') {
        Some((path, kind)) if kind.to_ascii_lowercase().starts_with("type=") => (path, &kind[5..]),
        _ => (path, "i"),
    };
    if !kind.eq_ignore_ascii_case("i") {
        return Err("only ;type=i is known: files are moved as they are".into());
    }
    let pattern = Pattern::parse(path)?;
    let path = decode(path, "path")?;
    if !path.is_empty() {
        Argument::new(&path).map_err(|error| format!("path: {error}"))?;
    }
    Ok((path, pattern))
}

/// A path as it stands in a URL: everything that could mean something else as %XX.
pub(crate) fn encode(path: &[u8]) -> String {
    const PLAIN: AsciiSet = NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');
    percent_encode(path, &PLAIN).to_string()
}

fn decode(text: &str, part: &str) -> Result<Vec<u8>, String> {
    let digit = |at: usize| text.as_bytes().get(at).is_some_and(u8::is_ascii_hexdigit);
    if text.match_indices('%').any(|(at, _)| !(digit(at + 1) && digit(at + 2))) {
        return Err(format!("{part}: a % has to be written as %25"));
    }
    Ok(percent_decode_str(text).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn site(text: &str) -> Rc<Site> {
        Url::parse(text).unwrap().site
    }

    #[test]
    fn the_scheme_says_how_tls_begins() {
        for (text, security, port) in [
            ("ftpes://h/x", Security::Explicit, 21),
            ("ftp://h/x", Security::Explicit, 21),
            ("h/x", Security::Explicit, 21),
            ("h", Security::Explicit, 21),
            ("FTPS://h/x", Security::Implicit, 990),
            ("ftps://h:21/x", Security::Implicit, 21),
            ("ftps://h:443/x", Security::Implicit, 443),
            ("h:443/x", Security::Explicit, 443),
            ("ftpes://h:990", Security::Explicit, 990),
        ] {
            let site = site(text);
            assert_eq!((site.security, site.port), (security, port), "{text}");
        }
        assert!(Url::parse("https://h/x").unwrap_err().starts_with("https: "));
    }

    #[test]
    fn hosts() {
        assert_eq!(site("[::1]:2121/x").host, "::1");
        assert_eq!(site("[::1]:2121/x").to_string(), "[::1]:2121");
        assert_eq!(site("EXAMPLE.com/x").host, "example.com");
        assert_eq!(site("127.0.0.1").to_string(), "127.0.0.1:21");
        for text in
            ["", "ftps:///x", "h:x/y", "h:65536/y", "u?v@h/x", "u#v@h/x", "u\\v@h/x", "u\nv@h/x", "h\t/x"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn credentials() {
        let site = site("ftps://us%40er:p%C3%A4%2Fss@h/x");
        assert_eq!(site.user.as_deref(), Some(&b"us@er"[..]));
        assert_eq!(site.password.as_deref(), Some("pä/ss".as_bytes()));
        assert!(!format!("{site:?}").contains("ss"));
        let [name, none] = ["user@ftp.host@h", "h"].map(|text| self::site(text).user.clone());
        assert_eq!((name.as_deref(), none), (Some(&b"user@ftp.host"[..]), None));
        assert_eq!(self::site("u@h").password, None);
    }

    #[test]
    fn paths_are_sent_as_they_are_written() {
        for (text, path) in [
            ("h/a/b", &b"a/b"[..]),
            ("h//a/b", b"/a/b"),
            ("h/%2Fa", b"/a"),
            ("h/../a/./b", b"../a/./b"),
            ("h/a b%3fc#d", b"a b?c#d"),
            ("h/%C3%BC%ff", b"\xc3\xbc\xff"),
            ("h/a://b", b"a://b"),
            ("h/a;b", b"a;b"),
            ("h/a;type=I", b"a"),
            ("h/", b""),
        ] {
            assert_eq!(Url::parse(text).unwrap().path, path, "{text}");
        }
        for text in
            ["h/a%", "h/a%2", "h/a%zz", "h/a%0d%0aDELE b", "h/a%00", "h/a\nb", "h/a;type=a", "u%:p@h/x"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
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
    }
}
