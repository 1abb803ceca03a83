//! Where a file is: `ftpes://user:password@host:port/path`. RFC 1738, sections 3.1 and 3.2.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Display};
use core::net::Ipv6Addr;
use core::str::FromStr;

use crate::codec::{Argument, ArgumentError, Name, Secret};
use crate::config::Security;

/// A server, who logs in there, and a path. `Debug` and `Display` show no password.
///
/// ```
/// use ftps_proto::Url;
///
/// let url: Url = "ftps://us%40er:secret@ftp.example.com//out/a%20b.csv".parse()?;
/// assert_eq!((url.host(), url.port()), ("ftp.example.com", 990));
/// assert_eq!(url.path(), b"/out/a b.csv");
/// # Ok::<(), ftps_proto::UrlError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    security: Security,
    authority: Authority,
    path: Vec<u8>,
    kind: Option<UrlType>,
}

/// What a URL says that its path is (RFC 1738, section 3.2.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UrlType {
    /// `;type=a`: a text, whose lines end as is usual on each side (TYPE A).
    Text,
    /// `;type=i`: a file, byte for byte (TYPE I).
    Image,
    /// `;type=d`: a directory.
    Directory,
}

/// Whom a URL leads to, and who comes there.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) user: Option<Argument>,
    pub(crate) password: Option<Secret>,
}

impl Authority {
    /// What is between the slashes.
    pub(crate) fn parse(authority: &str) -> Result<Self, UrlError> {
        if authority.contains(['?', '#', '\\']) {
            return Err(UrlError::Authority);
        }
        let (credentials, address) = match authority.rsplit_once('@') {
            Some((credentials, address)) => (credentials, address),
            None => ("", authority),
        };
        let (user, password) = match credentials.split_once(':') {
            Some((user, password)) => (Some(user), Some(password)),
            None => (Some(credentials).filter(|user| !user.is_empty()), None),
        };
        let (host, port) = address_of(address)?;
        Ok(Self {
            host,
            port,
            user: user.map(|user| Argument::new(decode(user)?).map_err(UrlError::User)).transpose()?,
            password: password
                .map(|text| Secret::new(decode(text)?).map_err(UrlError::Password))
                .transpose()?,
        })
    }
}

impl Url {
    /// Reads a URL.
    ///
    /// ```text
    /// url      = [ scheme "://" ] [ user [ ":" password ] "@" ] host [ ":" port ] [ "/" path [ ";type=" ( "a" / "i" / "d" ) ] ]
    /// scheme   = "ftpes" / "ftp"                               ; AUTH TLS, port 21; also without a scheme
    ///          / "ftps"                                        ; TLS from the first byte, port 990
    /// host     = name / IPv4 / "[" IPv6 "]"
    /// ```
    /// None of them goes on without TLS. User, password and path have `%XX` for what a URL cannot hold, and the last `@` of
    /// the authority ends the password. A name that is not ASCII is written as its `xn--` form.
    ///
    /// The path is relative to where the login leads; with one more slash, `host//path` or `host/%2Fpath`, it begins at the
    /// server's root (RFC 1738, section 3.2.2). Nothing in it is special: `?`, `#` and `..` are sent as they are.
    ///
    /// # Errors
    /// [`UrlError`], which shows no part of the URL but its scheme: the rest may hold a password.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (security, rest) = match text.split_once("://") {
            Some((scheme, rest)) if scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) => {
                (security(scheme)?, rest)
            }
            _ => (Security::Explicit, text),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (path, kind) = path_of(path)?;
        Ok(Self { security, authority: Authority::parse(authority)?, path, kind })
    }

    /// How TLS begins.
    pub fn security(&self) -> Security {
        self.security
    }

    /// The host's name in lower case, or its address, of IPv6 without the brackets.
    pub fn host(&self) -> &str {
        &self.authority.host
    }

    /// The control connection's port.
    pub fn port(&self) -> u16 {
        self.authority.port.unwrap_or(self.security.port())
    }

    /// Who logs in, if it says.
    pub fn user(&self) -> Option<&Argument> {
        self.authority.user.as_ref()
    }

    /// With which password, if it says.
    pub fn password(&self) -> Option<&Secret> {
        self.authority.password.as_ref()
    }

    /// What is sent to the server: relative to where the login leads, or from the root. May be empty: where the login
    /// leads.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// What the path is, if the URL says.
    pub fn kind(&self) -> Option<UrlType> {
        self.kind
    }
}

fn security(scheme: &str) -> Result<Security, UrlError> {
    match scheme.to_ascii_lowercase().as_str() {
        "ftp" | "ftpes" => Ok(Security::Explicit),
        "ftps" => Ok(Security::Implicit),
        _ => Err(UrlError::Scheme(scheme.to_string())),
    }
}

/// Host and port.
fn address_of(address: &str) -> Result<(String, Option<u16>), UrlError> {
    let (host, port) = match address.strip_prefix('[') {
        Some(address) => {
            let (host, rest) = address.split_once(']').ok_or(UrlError::Host)?;
            let host = host.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?.to_string();
            (host, if rest.is_empty() { None } else { Some(rest.strip_prefix(':').ok_or(UrlError::Host)?) })
        }
        None => {
            let (host, port) = match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            };
            let name = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if host.is_empty() || !host.bytes().all(name) {
                return Err(UrlError::Host);
            }
            (host.to_ascii_lowercase(), port)
        }
    };
    let port = match port {
        None | Some("") => None,
        Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(port.parse().map_err(|_| UrlError::Port)?)
        }
        Some(_) => return Err(UrlError::Port),
    };
    Ok((host, port))
}

/// RFC 1738, section 3.2.2.
fn path_of(path: &str) -> Result<(Vec<u8>, Option<UrlType>), UrlError> {
    let (path, kind) = match path.rsplit_once(';') {
        Some((path, kind)) if kind.to_ascii_lowercase().starts_with("type=") => {
            (path, Some(kind[5..].to_ascii_lowercase()))
        }
        _ => (path, None),
    };
    let kind = match kind.as_deref() {
        None => None,
        Some("a") => Some(UrlType::Text),
        Some("i") => Some(UrlType::Image),
        Some("d") => Some(UrlType::Directory),
        Some(_) => return Err(UrlError::Type),
    };
    let path = decode(path)?;
    match Argument::new(&path) {
        Err(error) if !path.is_empty() => Err(UrlError::Path(error)),
        _ => Ok((path, kind)),
    }
}

/// `%XX` is a byte; a `%` that begins none is a mistake, and is not passed on.
fn decode(text: &str) -> Result<Vec<u8>, UrlError> {
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => match (digit(bytes.next()), digit(bytes.next())) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(UrlError::Percent),
            },
            byte => byte,
        });
    }
    Ok(decoded)
}

impl FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        Self::parse(text)
    }
}

/// Without the scheme and the credentials; safe on a terminal.
impl Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (port, path) = (self.port(), Name::from(&self.path[..]));
        match self.host().contains(':') {
            true => write!(f, "[{}]:{port}/{path}", self.host()),
            false => write!(f, "{}:{port}/{path}", self.host()),
        }
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({:?} {self})", self.security)
    }
}

/// Why a text is not the URL of a file on an FTPS server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UrlError {
    /// Its scheme is another.
    Scheme(String),
    /// A `?`, `#` or `\` before the path: of a name or password, it has to be written as `%XX`.
    Authority,
    /// There is no host, or what is not one.
    Host,
    /// The port is not a number up to 65535.
    Port,
    /// The name cannot be sent.
    User(ArgumentError),
    /// The password cannot be sent.
    Password(ArgumentError),
    /// The path cannot be sent.
    Path(ArgumentError),
    /// A `%` without two hexadecimal digits.
    Percent,
    /// A type that is not `a`, `i` or `d`.
    Type,
    /// Not of a proxy: its scheme is another, or it has none.
    Proxy(Option<String>),
    /// Name and password are such that the proxy cannot be told.
    ProxyLogin,
}

impl Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme(scheme) => write!(f, "{scheme}: is not one of ftpes:, ftps: and ftp:"),
            Self::Authority => f.write_str("a / ? # or \\ in the name or password has to be written as %XX"),
            Self::Host => f.write_str("the host is neither a name (not ASCII: its xn-- form) nor an address"),
            Self::Port => f.write_str("the port is not a number up to 65535"),
            Self::User(error) => write!(f, "name: {error}"),
            Self::Password(error) => write!(f, "password: {error}"),
            Self::Path(error) => write!(f, "path: {error}"),
            Self::Percent => f.write_str("a % has to be written as %25"),
            Self::Type => f.write_str("the type is not one of ;type=a, ;type=i and ;type=d"),
            Self::Proxy(Some(scheme)) => write!(f, "{scheme}: is not one of socks5: and http:"),
            Self::Proxy(None) => f.write_str("a proxy begins with socks5:// or http://"),
            Self::ProxyLogin => {
                f.write_str("an HTTP proxy takes no colon in a name, and SOCKS5 no more than 255 bytes")
            }
        }
    }
}

impl core::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
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
            ("h:443/x", Security::Explicit, 443),
            ("ftpes://h:990", Security::Explicit, 990),
            ("ftps://h:/x", Security::Implicit, 990),
        ] {
            assert_eq!((url(text).security(), url(text).port()), (security, port), "{text}");
        }
        assert!(Url::parse("https://h/x").unwrap_err().to_string().starts_with("https: "));
    }

    #[test]
    fn hosts() {
        assert_eq!(url("[::1]:2121/x").host(), "::1");
        assert_eq!(url("[0:0::1]:2121/x").to_string(), "[::1]:2121/x");
        assert_eq!(url("EXAMPLE.com/x").host(), "example.com");
        assert_eq!(url("127.0.0.1").to_string(), "127.0.0.1:21/");
        for text in [
            "",
            "ftps:///x",
            "h:x/y",
            "h:65536/y",
            "h:+1",
            "u?v@h/x",
            "u#v@h/x",
            "u\\v@h/x",
            "u\nv@h/x",
            "h\t/x",
            "h\u{fc}/x",
            "[::1/x",
            "[::1]x/y",
            "::1/x",
            "[h]/x",
            "%61/x",
            "h h/x",
        ] {
            assert!(Url::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn credentials() {
        let url = url("ftps://us%40er:p%C3%A4%2Fs:s@h/x");
        assert_eq!(url.user().unwrap().as_bytes(), b"us@er");
        assert_eq!(url.password().unwrap().as_bytes(), "pä/s:s".as_bytes());
        assert!(!alloc::format!("{url:?} {url}").contains("ss"));
        assert_eq!(self::url("user@ftp.host@h").user().unwrap().as_bytes(), b"user@ftp.host");
        assert_eq!((self::url("h").user(), self::url("u@h").password()), (None, None));
        assert!(self::url("u:@h").password().unwrap().as_bytes().is_empty());
        assert_eq!(Url::parse(":secret@h"), Err(UrlError::User(ArgumentError::Empty)));
    }

    #[test]
    fn paths_are_sent_as_they_are_written() {
        for (text, path) in [
            ("h/a/b", &b"a/b"[..]),
            ("h//a/b", b"/a/b"),
            ("h/%2Fa", b"/a"),
            ("h/../a/./b", b"../a/./b"),
            ("h/a b?c#d", b"a b?c#d"),
            ("h/%C3%BC%ff", b"\xc3\xbc\xff"),
            ("h/a://b", b"a://b"),
            ("h/a;b", b"a;b"),
            ("h/a;type=I", b"a"),
            ("h/%2Fetc/motd;type=a", b"/etc/motd"),
            ("h/", b""),
        ] {
            assert_eq!(url(text).path(), path, "{text}");
        }
        for text in
            ["h/a%", "h/a%2", "h/a%zz", "h/a%0d%0aDELE b", "h/a%00", "h/a\nb", "h/a;type=e", "u%:p@h/x"]
        {
            assert!(Url::parse(text).is_err(), "{text}");
        }
        for (text, kind) in [
            ("h/a", None),
            ("h/a;type=a", Some(UrlType::Text)),
            ("h/a;TYPE=I", Some(UrlType::Image)),
            ("h/a/;type=d", Some(UrlType::Directory)),
        ] {
            assert_eq!(url(text).kind(), kind, "{text}");
        }
    }
}
