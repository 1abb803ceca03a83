//! Where the data connection goes: PORT and the reply to PASV (RFC 959 section 4.1.2), EPRT and the reply to EPSV
//! (RFC 2428 sections 2 and 3).

use alloc::{format, string::String};
use core::{
    fmt::{self, Display},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZeroU16,
    str::FromStr,
};

use nom::{
    Parser as _,
    bytes::complete::{tag, take_while_m_n},
    combinator::{map_opt, opt},
    sequence::preceded,
};

use super::{
    Parsed,
    ascii::{Excerpt, decimal},
};

/// An IPv4 address and a port: `host-port` of RFC 959.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// The address. A server behind a NAT gives one that cannot be reached, a hostile one a third party's:
    /// connect to the control connection's peer instead.
    pub addr: Ipv4Addr,
    /// The port.
    pub port: NonZeroU16,
}

/// As in PASV's reply and PORT's argument: `192,0,2,1,4,0`.
impl Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d] = self.addr.octets();
        let [high, low] = self.port.get().to_be_bytes();
        write!(f, "{a},{b},{c},{d},{high},{low}")
    }
}

/// An address of either protocol and a port: what EPRT names. Without the scope of an IPv6 address, which means
/// something on one host only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NetAddress {
    /// The address.
    pub addr: IpAddr,
    /// The port.
    pub port: NonZeroU16,
}

/// The address that a socket has. An IPv4 address as IPv6 sockets show it (`::ffff:192.0.2.1`) becomes IPv4, which is
/// what the peer of such a connection speaks.
impl TryFrom<SocketAddr> for NetAddress {
    type Error = core::num::TryFromIntError;

    /// # Errors
    ///
    /// Port 0, which nobody listens on.
    fn try_from(address: SocketAddr) -> Result<Self, Self::Error> {
        Ok(Self { addr: address.ip().to_canonical(), port: address.port().try_into()? })
    }
}

impl From<HostPort> for NetAddress {
    fn from(address: HostPort) -> Self {
        Self { addr: address.addr.into(), port: address.port }
    }
}

impl NetAddress {
    /// As PORT can name it: `None` for IPv6.
    pub const fn host_port(&self) -> Option<HostPort> {
        match self.addr {
            IpAddr::V4(addr) => Some(HostPort { addr, port: self.port }),
            IpAddr::V6(_) => None,
        }
    }
}

/// As in EPRT's argument: `|1|192.0.2.1|1024|`.
impl Display for NetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = if self.addr.is_ipv4() { 1 } else { 2 };
        write!(f, "|{protocol}|{}|{}|", self.addr, self.port)
    }
}

/// Why a reply or an argument does not say where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing in it has the form of an address.
    Missing(Excerpt),
    /// A number is too large.
    OutOfRange(Excerpt),
    /// The port is 0.
    PortZero(Excerpt),
    /// The address is of a protocol other than IPv4 (1) and IPv6 (2).
    UnknownProtocol(Excerpt),
}

impl Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, excerpt) = match self {
            Self::Missing(excerpt) => ("no address", excerpt),
            Self::OutOfRange(excerpt) => ("a number that is too large for an address", excerpt),
            Self::PortZero(excerpt) => ("port 0", excerpt),
            Self::UnknownProtocol(excerpt) => ("an unknown network protocol", excerpt),
        };
        write!(f, "{what} in \"{excerpt}\"")
    }
}

impl core::error::Error for AddressError {}

/// Finds the address in the text of a 227 reply.
///
/// ```text
/// host-port   = number "," number "," number "," number "," number "," number
/// number      = 1*3DIGIT                                              ; 0 to 255
/// ```
/// RFC 959 does not say where in the text it stands, and servers differ (RFC 1123 section 4.1.2.6): the first
/// six numbers in a row are taken, with or without parentheses, with at most a space after a comma.
///
/// # Errors
///
/// [`AddressError`] says what is wrong with the six numbers.
pub fn parse_227(text: &[u8]) -> Result<HostPort, AddressError> {
    let mut before = None;
    for at in 0..text.len() {
        let bounded = !matches!(before, Some(b'0'..=b'9' | b','));
        before = Some(text[at]);
        if !bounded {
            continue;
        }
        let Ok((rest, numbers)) = six(&text[at..]) else { continue };
        if matches!(rest, [b'0'..=b'9', ..] | [b',', b'0'..=b'9', ..]) {
            continue;
        }
        return host_port(numbers, text);
    }
    Err(AddressError::Missing(Excerpt::new(text)))
}

/// Reads the argument of PORT: the six numbers, and nothing else.
///
/// # Errors
///
/// [`AddressError`] says what is wrong with them.
pub fn parse_port(text: &[u8]) -> Result<HostPort, AddressError> {
    match six(text) {
        Ok((b"", numbers)) => host_port(numbers, text),
        _ => Err(AddressError::Missing(Excerpt::new(text))),
    }
}

fn host_port(numbers: [u64; 6], text: &[u8]) -> Result<HostPort, AddressError> {
    let mut octets = [0; 6];
    for (octet, number) in octets.iter_mut().zip(numbers) {
        *octet = u8::try_from(number).map_err(|_| AddressError::OutOfRange(Excerpt::new(text)))?;
    }
    let [a, b, c, d, high, low] = octets;
    match NonZeroU16::new(u16::from_be_bytes([high, low])) {
        Some(port) => Ok(HostPort { addr: Ipv4Addr::new(a, b, c, d), port }),
        None => Err(AddressError::PortZero(Excerpt::new(text))),
    }
}

fn six(input: &[u8]) -> Parsed<'_, [u64; 6]> {
    let (mut input, first) = short(input)?;
    let mut numbers = [first, 0, 0, 0, 0, 0];
    for number in &mut numbers[1..] {
        (input, *number) = preceded((tag(","), opt(tag(" "))), short).parse(input)?;
    }
    Ok((input, numbers))
}

fn short(input: &[u8]) -> Parsed<'_, u64> {
    map_opt(take_while_m_n(1, 3, |b: u8| b.is_ascii_digit()), decimal).parse(input)
}

/// Finds the port in the text of a 229 reply.
///
/// ```text
/// epsv-response = "229" SP text "(" d d d tcp-port d ")"
/// d             = %d33-126                         ; any, mostly "|"; here not a digit
/// ```
/// The parentheses may be absent; then `d` is punctuation. The fields for protocol and address must be empty, as RFC 2428 section 3
/// says, so the address of a 227 is not taken for a port, and no address in the reply is ever used.
///
/// # Errors
///
/// [`AddressError`] says what is wrong with the port.
pub fn parse_229(text: &[u8]) -> Result<NonZeroU16, AddressError> {
    let after_parenthesis = (1..text.len()).filter(|&at| text[at - 1] == b'(' && text[at].is_ascii_graphic());
    let anywhere = (0..text.len()).filter(|&at| text[at].is_ascii_punctuation());
    let digits = after_parenthesis
        .chain(anywhere)
        .find_map(|at| delimited(&text[at..]))
        .ok_or_else(|| AddressError::Missing(Excerpt::new(text)))?;
    tcp_port(digits, text)
}

fn tcp_port(digits: &[u8], text: &[u8]) -> Result<NonZeroU16, AddressError> {
    let port = decimal(digits).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| AddressError::OutOfRange(Excerpt::new(text)))?;
    NonZeroU16::new(port).ok_or_else(|| AddressError::PortZero(Excerpt::new(text)))
}

/// Reads the argument of EPRT.
///
/// ```text
/// EPRT        = d net-prt d net-addr d tcp-port d
/// d           = %d33-126                         ; any, mostly "|"; here not a digit
/// net-prt     = "1" / "2"                        ; IPv4, IPv6
/// net-addr    = dotted-quad / IPv6address        ; RFC 4291 section 2.2
/// ```
///
/// # Errors
///
/// [`AddressError`] says what is wrong with it; a server answers an unknown protocol with 522.
pub fn parse_eprt(text: &[u8]) -> Result<NetAddress, AddressError> {
    let missing = || AddressError::Missing(Excerpt::new(text));
    let (d, fields) = text.split_first().ok_or_else(missing)?;
    let mut fields = fields.split(|b| b == d);
    let five = (fields.next(), fields.next(), fields.next(), fields.next(), fields.next());
    let (Some(protocol), Some(addr), Some(port), Some(b""), None) = five else { return Err(missing()) };
    if !d.is_ascii_graphic() || d.is_ascii_digit() || port.is_empty() || !port.iter().all(u8::is_ascii_digit)
    {
        return Err(missing());
    }
    let addr = match protocol {
        b"1" => parsed::<Ipv4Addr>(addr).map(IpAddr::from),
        b"2" => parsed::<Ipv6Addr>(addr).map(IpAddr::from),
        _ => return Err(AddressError::UnknownProtocol(Excerpt::new(text))),
    };
    Ok(NetAddress { addr: addr.ok_or_else(missing)?, port: tcp_port(port, text)? })
}

fn parsed<T: FromStr>(text: &[u8]) -> Option<T> {
    core::str::from_utf8(text).ok()?.parse().ok()
}

/// `d d d 1*DIGIT d`, without the delimiters.
fn delimited(text: &[u8]) -> Option<&[u8]> {
    let (d, rest) = text.split_first().filter(|(d, _)| !d.is_ascii_digit())?;
    let rest = rest.strip_prefix(&[*d; 2])?;
    let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    (length > 0 && rest.get(length) == Some(d)).then(|| &rest[..length])
}

/// The text of a 227 reply.
pub fn encode_227(address: HostPort) -> String {
    format!("Entering Passive Mode ({address})")
}

/// The text of a 229 reply.
pub fn encode_229(port: NonZeroU16) -> String {
    format!("Entering Extended Passive Mode (|||{port}|)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn found(text: &str) -> Option<String> {
        parse_227(text.as_bytes()).ok().map(|address| address.to_string())
    }

    #[test]
    fn six_numbers_wherever_they_stand() {
        for text in [
            "Entering Passive Mode (192,0,2,1,4,0)",
            "Entering Passive Mode (192,0,2,1,4,0).",
            "Entering Passive Mode 192,0,2,1,4,0",
            "=192,0,2,1,4,0",
            "192,0,2,1,4,0",
            "2 modes: (192, 0, 2, 1, 4, 0)",
            "Mode (192,000,002,001,004,000)",
        ] {
            assert_eq!(found(text).as_deref(), Some("192,0,2,1,4,0"), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_no_address() {
        for text in
            ["", "1,2,3,4,5", "1,2,3,4,5,6,7", "1,2,3,4,5,1000", "1,2,3,,5,6", "|||6446|", "1270,0,0,1,4,0"]
        {
            assert!(matches!(parse_227(text.as_bytes()), Err(AddressError::Missing(_))), "{text}");
        }
        assert!(matches!(parse_227(b"(192,0,2,256,4,0)"), Err(AddressError::OutOfRange(_))));
        assert!(matches!(parse_227(b"(192,0,2,1,0,0)"), Err(AddressError::PortZero(_))));
        assert_eq!(parse_227(b"\x1b").unwrap_err().to_string(), "no address in \"\\u{1b}\"");
    }

    #[test]
    fn any_delimiter_around_a_port() {
        for text in [
            "Extended (|||6446|)",
            "OK... (!!!6446!)",
            "|||6446|",
            "(((((6446()",
            "||||6446| ",
            // In parentheses it is any character, and comes first.
            "(aaa6446a)",
            "not !!!1! but (|||6446|)",
        ] {
            assert_eq!(parse_229(text.as_bytes()).map(NonZeroU16::get), Ok(6446), "{text}");
        }
        for text in [
            "",
            "(|||6446!)",
            "(||6446|)",
            "(|||6446",
            "(||||)",
            "(127,0,0,1,4,0)",
            "(|1|192.0.2.1|6446|)",
            "   6446 ",
            "aaa6446a",
            "(   6446 )",
        ] {
            assert!(matches!(parse_229(text.as_bytes()), Err(AddressError::Missing(_))), "{text}");
        }
        for text in ["(|||70000|)", "(|||99999999999999999999999|)"] {
            assert!(matches!(parse_229(text.as_bytes()), Err(AddressError::OutOfRange(_))), "{text}");
        }
        assert!(matches!(parse_229(b"(|||0|)"), Err(AddressError::PortZero(_))));
    }

    #[test]
    fn eprt_names_an_address_of_either_protocol() {
        let read = |text: &str| parse_eprt(text.as_bytes()).map(|endpoint| endpoint.to_string());
        // RFC 2428 section 2.
        for text in ["|1|132.235.1.2|6275|", "|2|1080::8:800:200c:417a|5282|"] {
            assert_eq!(read(text).as_deref(), Ok(text));
        }
        assert_eq!(read("!1!192.0.2.1!1024!").as_deref(), Ok("|1|192.0.2.1|1024|"));
        for text in [
            "",
            "|",
            "|1|192.0.2.1|1024",
            "|1|192.0.2.1|1024||",
            "|1|192.0.2.1|1024| ",
            "|1|192.0.2|1024|",
            "|1|::1|1024|",
            "|2|192.0.2.1|1024|",
            "|2|fe80::1%eth0|1024|",
            "|1|192.0.2.1||",
            "|1|192.0.2.1|+5|",
            " 1 192.0.2.1 1024 ",
            "0102192.0.2.1010240",
        ] {
            assert!(matches!(parse_eprt(text.as_bytes()), Err(AddressError::Missing(_))), "{text}");
        }
        assert!(matches!(parse_eprt(b"|1|192.0.2.1|70000|"), Err(AddressError::OutOfRange(_))));
        assert!(matches!(parse_eprt(b"|1|192.0.2.1|0|"), Err(AddressError::PortZero(_))));
        let error = parse_eprt(b"|3|x|1|").unwrap_err();
        assert_eq!(error.to_string(), "an unknown network protocol in \"|3|x|1|\"");
    }

    #[test]
    fn a_socket_is_named_without_what_means_nothing_elsewhere() {
        for (socket, eprt, port) in [
            ("192.0.2.1:1024", "|1|192.0.2.1|1024|", Some("192,0,2,1,4,0")),
            ("[::ffff:192.0.2.1]:1024", "|1|192.0.2.1|1024|", Some("192,0,2,1,4,0")),
            ("[fe80::1%3]:1024", "|2|fe80::1|1024|", None),
        ] {
            let endpoint = NetAddress::try_from(socket.parse::<SocketAddr>().unwrap()).unwrap();
            assert_eq!(endpoint.to_string(), eprt);
            assert_eq!(endpoint.host_port().map(|address| address.to_string()).as_deref(), port);
        }
        assert!(NetAddress::try_from(SocketAddr::from(([192, 0, 2, 1], 0))).is_err());
    }

    #[test]
    fn port_is_six_numbers_and_nothing_else() {
        assert_eq!(parse_port(b"192,0,2,1,4,0").unwrap().to_string(), "192,0,2,1,4,0");
        for text in
            ["", "192,0,2,1,4", "192,0,2,1,4,0,5", "(192,0,2,1,4,0)", " 192,0,2,1,4,0", "192,0,2,1,4,0 "]
        {
            assert!(matches!(parse_port(text.as_bytes()), Err(AddressError::Missing(_))), "{text}");
        }
        assert!(matches!(parse_port(b"192,0,2,256,4,0"), Err(AddressError::OutOfRange(_))));
        assert!(matches!(parse_port(b"192,0,2,1,0,0"), Err(AddressError::PortZero(_))));
    }
}
