//! What is said to a proxy before the connection is the server's. No byte of the server's is read here: no more is asked for
//! than the answer must still have.

use std::io;
use std::net::IpAddr;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::error::{ProxyError, ProxyProblem};
use super::{Protocol, Proxy};
use crate::drive::Endpoint;

/// Bytes of an HTTP answer's head at most.
const HEAD: usize = 16 * 1024;

/// Words of an HTTP answer that are kept at most.
const WORDS: usize = 200;

/// The way through a proxy to one address. Write [`outgoing`](Self::outgoing), read as many bytes as are
/// [`wanted`](Self::wanted), until [`received`](Self::received) says that the connection is the server's.
pub(crate) struct Handshake {
    proxy: Proxy,
    to: Endpoint,
    /// A password may be in it.
    outgoing: Zeroizing<Vec<u8>>,
    step: Step,
    answer: Vec<u8>,
}

/// What is being answered.
#[derive(Clone, Copy)]
enum Step {
    /// Which methods there are (RFC 1928, section 3).
    Methods,
    /// Name and password (RFC 1929).
    Login,
    /// CONNECT of SOCKS5 (RFC 1928, section 4).
    Socks,
    /// CONNECT of HTTP.
    Http,
}

impl Handshake {
    /// # Errors
    /// For a host's name that is not one: it could say more than a name to the proxy.
    pub(crate) fn new(proxy: Proxy, to: Endpoint) -> io::Result<Self> {
        if let Endpoint::Host(host, _) = &to
            && (host.is_empty() || host.len() > 255 || !host.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return Err(ProxyError::new(proxy, to, ProxyProblem::Name).into());
        }
        let (outgoing, step) = match (proxy.protocol, &proxy.login) {
            (Protocol::Socks5, None) => (vec![5, 1, 0], Step::Methods),
            (Protocol::Socks5, Some(_)) => (vec![5, 2, 0, 2], Step::Methods),
            (Protocol::Http, _) => (http_connect(&proxy, &to), Step::Http),
        };
        Ok(Self { proxy, to, outgoing: outgoing.into(), step, answer: Vec::new() })
    }

    /// Bytes to write.
    pub(crate) fn outgoing(&self) -> &[u8] {
        &self.outgoing
    }

    /// So many of them were written.
    pub(crate) fn sent(&mut self, n: usize) {
        let n = n.min(self.outgoing.len());
        self.outgoing.drain(..n);
    }

    /// How many bytes can be read without one that is the server's.
    pub(crate) fn wanted(&self) -> usize {
        let whole = match self.step {
            Step::Methods | Step::Login => 2,
            Step::Socks => self.socks_length(),
            Step::Http => match self.answer.as_slice() {
                [.., b'\n'] | [.., b'\n', b'\r'] => self.answer.len() + 1,
                _ => self.answer.len() + 2,
            },
        };
        whole.saturating_sub(self.answer.len())
    }

    /// The length of the answer to CONNECT, as far as it is known.
    fn socks_length(&self) -> usize {
        match self.answer.as_slice() {
            [_, _, _, 1, ..] => 10,
            [_, _, _, 3, length, ..] => 7 + usize::from(*length),
            [_, _, _, 4, ..] => 22,
            _ => 5,
        }
    }

    /// Takes what was read; nothing is the end. Whether the connection is the server's now.
    pub(crate) fn received(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let answered = match bytes {
            [] => Err(ProxyProblem::Closed),
            bytes => {
                self.answer.extend_from_slice(bytes);
                self.answered()
            }
        };
        answered.map_err(|problem| self.failed(problem))
    }

    /// The error of this handshake.
    pub(crate) fn failed(&self, problem: ProxyProblem) -> io::Error {
        ProxyError::new(self.proxy.clone(), self.to.clone(), problem).into()
    }

    fn answered(&mut self) -> Result<bool, ProxyProblem> {
        match self.step {
            Step::Methods | Step::Login if self.answer.len() < 2 => Ok(false),
            Step::Methods => {
                self.method()?;
                Ok(false)
            }
            Step::Login => match self.answer.as_slice() {
                // The version of this negotiation; servers are known that repeat that of SOCKS.
                [1 | 5, 0] => {
                    self.say(socks_connect(&self.to), Step::Socks);
                    Ok(false)
                }
                [1 | 5, _] => Err(ProxyProblem::LoginRefused),
                _ => Err(ProxyProblem::Garbage),
            },
            Step::Socks => self.connected(),
            Step::Http => self.http(),
        }
    }

    fn say(&mut self, bytes: Vec<u8>, step: Step) {
        self.answer.clear();
        (self.outgoing, self.step) = (bytes.into(), step);
    }

    fn method(&mut self) -> Result<(), ProxyProblem> {
        match (self.answer.as_slice(), &self.proxy.login) {
            ([5, 0], _) => self.say(socks_connect(&self.to), Step::Socks),
            ([5, 2], Some((user, password))) => {
                let mut login = vec![1];
                for text in [user.as_bytes(), password.as_bytes()] {
                    // At most 255, by how they were taken.
                    login.push(u8::try_from(text.len()).unwrap_or(u8::MAX));
                    login.extend_from_slice(text);
                }
                self.say(login, Step::Login);
            }
            ([5, 2 | 255], None) => return Err(ProxyProblem::LoginRequired),
            ([5, _], _) => return Err(ProxyProblem::Method),
            _ => return Err(ProxyProblem::Garbage),
        }
        Ok(())
    }

    fn connected(&self) -> Result<bool, ProxyProblem> {
        match self.answer.as_slice() {
            [5] => Ok(false),
            // Some send no more of a refusal.
            [5, code @ 1..=u8::MAX, ..] => Err(ProxyProblem::Socks(*code)),
            [5, 0] | [5, 0, _] | [5, 0, _, 1 | 3 | 4, ..] => Ok(self.answer.len() == self.socks_length()),
            _ => Err(ProxyProblem::Garbage),
        }
    }

    /// The head of an answer (RFC 9112, section 4), of which the first line alone counts. After a 2yz no content follows.
    fn http(&self) -> Result<bool, ProxyProblem> {
        let answer = self.answer.as_slice();
        if !answer.starts_with(&b"HTTP/1."[..answer.len().min(7)]) {
            return Err(ProxyProblem::Garbage);
        }
        if !answer.ends_with(b"\n\r\n") && !answer.ends_with(b"\n\n") {
            return if answer.len() < HEAD { Ok(false) } else { Err(ProxyProblem::TooLong) };
        }
        let line = answer.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let mut parts = line.trim_end().splitn(3, ' ');
        let (_, code, words) = (parts.next(), parts.next(), parts.next().unwrap_or_default());
        match code.filter(|code| code.len() == 3).and_then(|code| code.parse().ok()) {
            Some(200..=299) => Ok(true),
            Some(407) if self.proxy.login.is_none() => Err(ProxyProblem::LoginRequired),
            Some(407) => Err(ProxyProblem::LoginRefused),
            Some(code @ 300..=599) => Err(ProxyProblem::Http(code, words.chars().take(WORDS).collect())),
            _ => Err(ProxyProblem::Garbage),
        }
    }
}

/// CONNECT, with a host's name for the proxy to look up. An address is sent as one.
fn socks_connect(to: &Endpoint) -> Vec<u8> {
    let mut request = vec![5, 1, 0];
    let (address, port) = match to {
        Endpoint::Address(address) => (Ok(address.ip()), address.port()),
        Endpoint::Host(host, port) => (host.parse().map_err(|_| host.as_bytes()), *port),
    };
    match address {
        Ok(IpAddr::V4(address)) => {
            request.push(1);
            request.extend(address.octets());
        }
        Ok(IpAddr::V6(address)) => {
            request.push(4);
            request.extend(address.octets());
        }
        Err(name) => {
            // At most 255.
            request.extend([3, u8::try_from(name.len()).unwrap_or(u8::MAX)]);
            request.extend_from_slice(name);
        }
    }
    request.extend(port.to_be_bytes());
    request
}

fn http_connect(proxy: &Proxy, to: &Endpoint) -> Vec<u8> {
    let to = match to {
        Endpoint::Host(host, port) if host.contains(':') => format!("[{host}]:{port}"),
        to => to.to_string(),
    };
    let mut request = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
    if let Some((user, password)) = &proxy.login {
        let login = [user.as_bytes(), b":", password.as_bytes()].concat();
        request += &format!("Proxy-Authorization: Basic {}\r\n", BASE64.encode(&login));
    }
    request += "\r\n";
    request.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to() -> Endpoint {
        Endpoint::Host("ftp.example".into(), 21)
    }

    /// Tells the answers of a proxy, with the server's greeting right behind them, in parts of this size; what was said to
    /// the proxy, and what was left of the greeting.
    fn told(proxy: &Proxy, answers: &[u8], part: usize) -> io::Result<(Vec<u8>, Vec<u8>)> {
        let mut handshake = Handshake::new(proxy.clone(), to())?;
        let stream = [answers, b"220 ready\r\n"].concat();
        let (mut at, mut said) = (0, Vec::new());
        loop {
            said.extend_from_slice(handshake.outgoing());
            handshake.sent(usize::MAX);
            let n = handshake.wanted().min(part).min(stream.len() - at);
            assert!(n > 0, "nothing more is wanted after {at} bytes");
            at += n;
            if handshake.received(&stream[at - n..at])? {
                return Ok((said, stream[at..].to_vec()));
            }
        }
    }

    #[test]
    fn no_byte_of_the_server_is_read() {
        let socks = Proxy::socks5("proxy", 1080);
        let http = Proxy::http("proxy", 3128);
        let request = [&[5, 1, 0, 5, 1, 0, 3, 11][..], b"ftp.example", &[0, 21]].concat();
        let head = "CONNECT ftp.example:21 HTTP/1.1\r\nHost: ftp.example:21\r\n";
        let login = [&[5, 2, 0, 2, 1, 4][..], b"user\x06secret", &request[3..]].concat();
        for (proxy, answers, says) in [
            (socks.clone(), &b"\x05\0\x05\0\0\x01\x7f\0\0\x01\x04\x38"[..], request.clone()),
            (socks.clone(), b"\x05\0\x05\0\0\x03\x05proxy\x04\x38", request.clone()),
            (socks.clone(), b"\x05\0\x05\0\0\x040123456789abcdef\x04\x38", request),
            (
                socks.login("user", "secret").unwrap(),
                b"\x05\x02\x01\0\x05\0\0\x01\x7f\0\0\x01\x04\x38",
                login,
            ),
            (http.clone(), b"HTTP/1.1 200 OK\r\nVia: x\r\n\r\n", format!("{head}\r\n").into()),
            (http.clone(), b"HTTP/1.0 204\nVia: x\n\n", format!("{head}\r\n").into()),
            (
                http.login("user", "secret").unwrap(),
                b"HTTP/1.1 200 Connection established\r\n\r\n",
                format!("{head}Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n\r\n").into(),
            ),
        ] {
            for part in [1, 2, 1000] {
                let (said, left) = told(&proxy, answers, part).unwrap();
                assert_eq!((said, left.as_slice()), (says.clone(), &b"220 ready\r\n"[..]), "{proxy} {part}");
            }
        }
    }

    #[test]
    fn an_address_is_sent_as_one() {
        for (host, bytes) in [("192.0.2.1", &[1, 192, 0, 2, 1][..]), ("::1", &[4, 0, 0, 0])] {
            let request = socks_connect(&Endpoint::Host(host.into(), 21));
            assert_eq!(&request[3..3 + bytes.len()], bytes);
        }
        let of_ipv6 = http_connect(&Proxy::http("proxy", 1), &Endpoint::Host("::1".into(), 21));
        assert!(of_ipv6.starts_with(b"CONNECT [::1]:21 "));
    }

    #[test]
    fn a_name_says_no_more_than_a_name() {
        for name in ["", "a\r\nX: y", "a b", "\u{fc}", &"a".repeat(256)] {
            let error =
                Handshake::new(Proxy::http("proxy", 1), Endpoint::Host(name.into(), 21)).err().unwrap();
            let inside = error.get_ref().unwrap().downcast_ref::<ProxyError>().unwrap();
            assert!(matches!(inside.problem(), ProxyProblem::Name), "{error}");
        }
    }
}
