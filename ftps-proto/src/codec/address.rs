//! Where the data connection goes: the replies to PASV (RFC 959 section 4.1.2) and EPSV (RFC 2428 section 3).

use alloc::{format, string::String};
use core::{
    fmt::{self, Display},
    net::Ipv4Addr,
    num::NonZeroU16,
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

/// Why a reply does not say where to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AddressError {
    /// Nothing in it has the form of an address.
    Missing(Excerpt),
    /// A number is too large.
    OutOfRange(Excerpt),
    /// The port is 0.
    PortZero(Excerpt),
}

impl Display for AddressError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, excerpt) = match self {
            Self::Missing(excerpt) => ("no address", excerpt),
            Self::OutOfRange(excerpt) => ("a number that is too large for an address", excerpt),
            Self::PortZero(excerpt) => ("port 0", excerpt),
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
/// six numbers in a row are taken, with or without parentheses, with at most a space behind a comma.
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
        let mut octets = [0; 6];
        for (octet, number) in octets.iter_mut().zip(numbers) {
            *octet = u8::try_from(number).map_err(|_| AddressError::OutOfRange(Excerpt::new(text)))?;
        }
        let [a, b, c, d, high, low] = octets;
        let port = NonZeroU16::new(u16::from_be_bytes([high, low]));
        return match port {
            Some(port) => Ok(HostPort { addr: Ipv4Addr::new(a, b, c, d), port }),
            None => Err(AddressError::PortZero(Excerpt::new(text))),
        };
    }
    Err(AddressError::Missing(Excerpt::new(text)))
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
    let behind_parenthesis =
        (1..text.len()).filter(|&at| text[at - 1] == b'(' && text[at].is_ascii_graphic());
    let anywhere = (0..text.len()).filter(|&at| text[at].is_ascii_punctuation());
    let digits = behind_parenthesis
        .chain(anywhere)
        .find_map(|at| delimited(&text[at..]))
        .ok_or_else(|| AddressError::Missing(Excerpt::new(text)))?;
    let port = decimal(digits).and_then(|port| u16::try_from(port).ok());
    let port = port.ok_or_else(|| AddressError::OutOfRange(Excerpt::new(text)))?;
    NonZeroU16::new(port).ok_or_else(|| AddressError::PortZero(Excerpt::new(text)))
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
}
