//! Where the data connection goes.

use ftps_proto::codec::address::{
    HostPort, NetAddress, encode_227, encode_229, parse_227, parse_229, parse_eprt, parse_port,
};

/// Input: the text of a reply to PASV or EPSV, or an argument of PORT or EPRT.
///
/// Holds: an address that is found is made of numbers of the text, in their order; it is written and read again.
pub fn address(text: &[u8]) {
    if let Ok(address) = parse_227(text) {
        assert!(numbers(text).windows(6).any(|six| six == octets(address)), "{address} is not in {text:?}");
        assert_eq!(parse_227(encode_227(address).as_bytes()), Ok(address));
        assert!(parse_229(encode_227(address).as_bytes()).is_err(), "{address} has no port of EPSV");
    }
    if let Ok(port) = parse_229(text) {
        let found = numbers(text).contains(&u64::from(port.get()));
        assert!(found, "{port} is not in {text:?}");
        assert_eq!(parse_229(encode_229(port).as_bytes()), Ok(port));
        assert!(parse_227(encode_229(port).as_bytes()).is_err(), "{port} is not an address");
    }
    if let Ok(address) = parse_port(text) {
        assert_eq!(parse_227(text), Ok(address), "six numbers alone");
        assert_eq!(parse_port(address.to_string().as_bytes()), Ok(address));
        assert_eq!(NetAddress::from(address).host_port(), Some(address));
    }
    if let Ok(address) = parse_eprt(text) {
        assert_eq!(parse_eprt(address.to_string().as_bytes()), Ok(address));
    }
}

fn octets(address: HostPort) -> [u64; 6] {
    let ([a, b, c, d], [high, low]) = (address.addr.octets(), address.port.get().to_be_bytes());
    [a, b, c, d, high, low].map(u64::from)
}

/// The numbers in a text.
fn numbers(text: &[u8]) -> Vec<u64> {
    let digits = text.split(|byte| !byte.is_ascii_digit()).filter(|digits| !digits.is_empty());
    let digit = |value: u64, digit: &u8| value.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    digits.map(|digits| digits.iter().fold(0, digit)).collect()
}
