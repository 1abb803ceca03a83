//! A proxy between this side and the server.

mod error;
mod handshake;

use std::fmt;
use std::str::FromStr;

pub use self::error::{ProxyError, ProxyProblem};
pub(super) use self::handshake::Handshake;
use crate::codec::{Argument, Secret};
use crate::url::{Authority, UrlError};

/// A proxy that both connections go through: SOCKS5 (RFC 1928) or HTTP's CONNECT (RFC 9110, section 9.3.6).
///
/// It is told the server's name as the builder was given it, and looks it up itself. It sees where connections go and the
/// bytes of TLS; its own login goes to it in clear.
///
/// ```
/// use ftps_proto::drive::Proxy;
///
/// let proxy: Proxy = "socks5://user:secret@proxy.example:1080".parse()?;
/// assert_eq!(proxy.to_string(), "socks5://proxy.example:1080");
/// assert_eq!(proxy, Proxy::socks5("proxy.example", 1080).login("user", "secret")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Proxy {
    protocol: Protocol,
    host: String,
    port: u16,
    login: Option<(Argument, Secret)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Socks5,
    Http,
}

impl Proxy {
    /// A SOCKS5 proxy; its well-known port is 1080.
    pub fn socks5(host: impl Into<String>, port: u16) -> Self {
        Self { protocol: Protocol::Socks5, host: host.into(), port, login: None }
    }

    /// An HTTP proxy, which has to let CONNECT through to the server's ports; often at port 3128.
    pub fn http(host: impl Into<String>, port: u16) -> Self {
        Self { protocol: Protocol::Http, host: host.into(), port, login: None }
    }

    /// Name and password at the proxy: of SOCKS5 (RFC 1929), or HTTP's scheme Basic (RFC 7617). Without them, none are sent.
    ///
    /// # Errors
    /// [`UrlError`] where they cannot be sent: SOCKS5 takes 255 bytes of each, and Basic no colon in the name.
    pub fn login(self, user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Result<Self, UrlError> {
        let user = Argument::new(user).map_err(UrlError::User)?;
        let password = Secret::new(password).map_err(UrlError::Password)?;
        let fits = match self.protocol {
            Protocol::Socks5 => user.as_bytes().len() <= 255 && password.as_bytes().len() <= 255,
            Protocol::Http => !user.as_bytes().contains(&b':'),
        };
        if !fits {
            return Err(UrlError::ProxyLogin);
        }
        Ok(Self { login: Some((user, password)), ..self })
    }

    /// Reads a URL.
    ///
    /// ```text
    /// url    = scheme "://" [ user [ ":" password ] "@" ] host [ ":" port ] [ "/" ]
    /// scheme = "socks5" / "socks5h"            ; port 1080
    ///        / "http"                          ; port 3128
    /// ```
    ///
    /// # Errors
    /// [`UrlError`], which shows no part of the URL but its scheme.
    pub fn parse(url: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = url.split_once("://").ok_or(UrlError::Proxy(None))?;
        let (protocol, port) = match scheme.to_ascii_lowercase().as_str() {
            "socks5" | "socks5h" => (Protocol::Socks5, 1080),
            "http" => (Protocol::Http, 3128),
            _ => return Err(UrlError::Proxy(Some(scheme.to_owned()))),
        };
        let authority = Authority::parse(rest.strip_suffix('/').unwrap_or(rest))?;
        let (host, port) = (authority.host, authority.port.unwrap_or(port));
        let proxy = Self { protocol, host, port, login: None };
        match authority.user {
            Some(user) => {
                proxy.login(user.as_bytes(), authority.password.as_ref().map_or(&[][..], Secret::as_bytes))
            }
            None => Ok(proxy),
        }
    }

    pub(super) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }
}

impl FromStr for Proxy {
    type Err = UrlError;

    fn from_str(url: &str) -> Result<Self, UrlError> {
        Self::parse(url)
    }
}

/// As a URL, without the login.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.protocol {
            Protocol::Socks5 => "socks5",
            Protocol::Http => "http",
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, proxy) in [
            ("socks5://h", Proxy::socks5("h", 1080)),
            ("SOCKS5H://h:9/", Proxy::socks5("h", 9)),
            ("http://[::1]", Proxy::http("::1", 3128)),
            ("http://u%40x:p%3aw@h:8", Proxy::http("h", 8).login("u@x", "p:w").unwrap()),
            ("socks5://u@h", Proxy::socks5("h", 1080).login("u", "").unwrap()),
        ] {
            assert_eq!(Proxy::parse(url).unwrap(), proxy, "{url}");
        }
        for url in [
            "h:1080",
            "socks4://h",
            "https://h",
            "socks5://",
            "http://h/path",
            "http://u%3a:p@h",
            "http://u%0d:p@h",
            &format!("socks5://{}@h", "u".repeat(256)),
        ] {
            assert!(Proxy::parse(url).is_err(), "{url}");
        }
        let shown = Proxy::parse("socks5://user:hidden@h").unwrap();
        assert_eq!(format!("{shown} {shown:?}"), "socks5://h:1080 Proxy(socks5://h:1080)");
    }
}
