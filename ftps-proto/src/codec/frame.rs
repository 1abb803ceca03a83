//! Where a reply begins and ends in a stream of bytes. RFC 959 section 4.2, RFC 854 for Telnet.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use super::{
    ascii::Excerpt,
    reply::{Code, IAC, Reply, ends},
};

/// What a peer may make us hold for one reply, in bytes on the wire. Checked before a line end is seen, too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReplyLimits {
    /// Bytes in a line, its end included. 32 KiB by default: greetings of 17,000 characters exist and are
    /// harmless.
    pub line: usize,
    /// Lines in a reply. 16,384 by default: `STAT` of a directory lists it in a reply.
    pub lines: usize,
    /// Bytes in a reply. 1 MiB by default.
    pub total: usize,
}

impl Default for ReplyLimits {
    fn default() -> Self {
        Self { line: 32 << 10, lines: 16 << 10, total: 1 << 20 }
    }
}

/// Why the bytes of the control connection are not replies. The connection is of no further use.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrameError {
    /// No reply begins like this: another protocol's banner, or a TLS record.
    NotAReply {
        /// What came instead.
        excerpt: Excerpt,
    },
    /// Longer than [`ReplyLimits::line`].
    LineTooLong,
    /// More than [`ReplyLimits::lines`].
    TooManyLines,
    /// Longer than [`ReplyLimits::total`].
    TooLong,
}

impl Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAReply { excerpt } => {
                let bytes = excerpt.as_bytes();
                let what = if bytes.starts_with(b"SSH-") {
                    " (an SSH server)"
                } else if bytes.starts_with(b"HTTP/") {
                    " (an HTTP server)"
                } else if matches!(bytes, [0x14..=0x17, 3, ..]) {
                    " (TLS)"
                } else {
                    ""
                };
                write!(f, "not an FTP reply{what}: \"{excerpt}\"")
            }
            Self::LineTooLong => f.write_str("a reply's line is too long"),
            Self::TooManyLines => f.write_str("a reply has too many lines"),
            Self::TooLong => f.write_str("a reply is too long"),
        }
    }
}

impl core::error::Error for FrameError {}

/// Where the stream stands between Telnet commands. RFC 854.
#[derive(Clone, Copy, Debug, Default)]
enum Telnet {
    #[default]
    Data,
    Iac,
    /// Behind WILL, WONT, DO or DONT: the option follows.
    Option,
    /// Inside a subnegotiation (RFC 855).
    Subnegotiation,
    SubnegotiationIac,
}

/// Bytes of an empty buffer that are kept for the next reply: only a few are longer, to FEAT or STAT.
const KEPT: usize = 512;

/// Cuts a stream of bytes into replies.
///
/// ```text
/// reply = code [ SP text ] EOL
///       / code "-" text EOL *( line EOL ) code [ SP text ] EOL     ; the same code
/// EOL   = [ CR ] LF
/// ```
/// Only the same code and a space, or the line end, ends a reply of several lines: other codes inside, and
/// the same one before a hyphen, are text. Telnet commands are taken out; NUL, which Telnet pads with, is
/// too.
///
/// No byte is looked at twice, and how the bytes are cut into pushes changes nothing. After an error every
/// call returns it again.
#[derive(Debug)]
pub struct ReplyDecoder {
    limits: ReplyLimits,
    /// As pushed, from the beginning of the unfinished reply at `start`; all before `scanned` has been read.
    buffer: Vec<u8>,
    start: usize,
    scanned: usize,
    telnet: Telnet,
    /// Of the unfinished reply: its code, its text, where in the text the last line begins, its lines, bytes
    /// of that line.
    code: Option<Code>,
    text: Vec<u8>,
    line: usize,
    lines: usize,
    line_bytes: usize,
    /// After this many bytes it is certain that they do not begin a reply.
    doubt: Option<usize>,
    failed: Option<FrameError>,
}

impl ReplyDecoder {
    /// An empty decoder.
    pub fn new(limits: ReplyLimits) -> Self {
        Self {
            limits,
            buffer: Vec::new(),
            start: 0,
            scanned: 0,
            telnet: Telnet::Data,
            code: None,
            text: Vec::new(),
            line: 0,
            lines: 0,
            line_bytes: 0,
            doubt: None,
            failed: None,
        }
    }

    /// Adds bytes from the control connection.
    pub fn push(&mut self, bytes: &[u8]) {
        // Moving costs no more than what was consumed since the last time: linear over all.
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next reply, if all of it is here; reads nothing after its line end.
    pub fn decode(&mut self) -> Result<Option<Reply>, FrameError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let result = self.scan();
        if let Err(error) = &result {
            self.failed = Some(error.clone());
        }
        result
    }

    /// Bytes pushed that are not yet part of a returned reply.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.start
    }

    fn forget(&mut self) {
        self.code = None;
        self.text.clear();
        self.line = 0;
        self.lines = 0;
        self.line_bytes = 0;
        self.doubt = None;
    }

    fn scan(&mut self) -> Result<Option<Reply>, FrameError> {
        // Most replies fit; what is buffered after this one is not its size.
        self.text.reserve(64.min(self.buffer.len() - self.scanned));
        while let Some(&byte) = self.buffer.get(self.scanned) {
            self.scanned += 1;
            self.line_bytes += 1;
            let total = self.scanned - self.start;
            if self.line_bytes > self.limits.line {
                return Err(FrameError::LineTooLong);
            }
            if total > self.limits.total {
                return Err(FrameError::TooLong);
            }
            let ended = self.accept(byte);
            if self.doubt.is_some_and(|enough| ended || total >= enough) {
                return Err(self.not_a_reply());
            }
            if !ended {
                continue;
            }
            if let Some(reply) = self.end_line()? {
                self.start = self.scanned;
                self.forget();
                if self.start == self.buffer.len() {
                    self.buffer.clear();
                    self.buffer.shrink_to(KEPT);
                    self.start = 0;
                    self.scanned = 0;
                }
                return Ok(Some(reply));
            }
        }
        Ok(None)
    }

    /// Takes a byte through Telnet into the text; says whether it ended a line.
    fn accept(&mut self, byte: u8) -> bool {
        let data = match (self.telnet, byte) {
            (Telnet::Data, IAC) => {
                self.telnet = Telnet::Iac;
                return false;
            }
            (Telnet::Data, 0) => return false,
            (Telnet::Data, _) => byte,
            (Telnet::Iac, 240..=254) => {
                self.telnet = match byte {
                    250 => Telnet::Subnegotiation,
                    251.. => Telnet::Option,
                    _ => Telnet::Data,
                };
                return false;
            }
            (Telnet::Iac, IAC) => {
                self.telnet = Telnet::Data;
                IAC
            }
            // Not a command: a server that sends Latin-1 and does not double its ÿ.
            (Telnet::Iac, _) => {
                self.telnet = Telnet::Data;
                self.text(IAC);
                if byte == 0 {
                    return false;
                }
                byte
            }
            (Telnet::Option, _) => {
                self.telnet = Telnet::Data;
                return false;
            }
            (Telnet::Subnegotiation, IAC) => {
                self.telnet = Telnet::SubnegotiationIac;
                return false;
            }
            (Telnet::Subnegotiation, _) => return false,
            (Telnet::SubnegotiationIac, _) => {
                self.telnet = if byte == 240 { Telnet::Data } else { Telnet::Subnegotiation };
                return false;
            }
        };
        if data == b'\n' {
            return true;
        }
        self.text(data);
        false
    }

    fn text(&mut self, byte: u8) {
        let at = self.text.len();
        if self.code.is_none() && self.doubt.is_none() && at < 3 && !byte.is_ascii_digit() {
            // A line of text says what it is; a TLS record has a header of five bytes, and perhaps never a
            // line end.
            let enough = if byte < b' ' { 5 } else { Excerpt::MAX };
            self.doubt = Some(enough.max(self.scanned - self.start));
        }
        self.text.push(byte);
    }

    /// A line has ended: the reply, if that was its last.
    fn end_line(&mut self) -> Result<Option<Reply>, FrameError> {
        if self.text[self.line..].ends_with(b"\r") {
            self.text.pop();
        }
        self.lines += 1;
        self.line_bytes = 0;
        let line = &self.text[self.line..];
        let code = match self.code {
            Some(code) => {
                if let Some(rest) = ends(code, line).map(<[u8]>::len) {
                    let prefix = self.text.len() - rest;
                    self.text.drain(self.line..prefix);
                    return Ok(Some(Reply::from_lines(code, core::mem::take(&mut self.text))));
                }
                code
            }
            None => {
                let Ok((rest, code)) = Code::parse(line) else { return Err(self.not_a_reply()) };
                let goes_on = match rest.first() {
                    None | Some(b' ') => false,
                    Some(b'-') => true,
                    Some(_) => return Err(self.not_a_reply()),
                };
                let prefix = self.text.len() - rest.len() + usize::from(!rest.is_empty());
                self.text.drain(..prefix);
                if !goes_on {
                    return Ok(Some(Reply::from_lines(code, core::mem::take(&mut self.text))));
                }
                code
            }
        };
        if self.lines >= self.limits.lines {
            return Err(FrameError::TooManyLines);
        }
        self.code = Some(code);
        self.text.push(b'\n');
        self.line = self.text.len();
        Ok(None)
    }

    fn not_a_reply(&self) -> FrameError {
        FrameError::NotAReply { excerpt: Excerpt::new(&self.buffer[self.start..self.scanned]) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    fn decoder() -> ReplyDecoder {
        ReplyDecoder::new(ReplyLimits::default())
    }

    fn one(bytes: &[u8]) -> Result<Option<Reply>, FrameError> {
        let mut decoder = decoder();
        decoder.push(bytes);
        decoder.decode()
    }

    fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
        one(bytes).unwrap().unwrap().lines().map(<[u8]>::to_vec).collect()
    }

    #[test]
    fn stops_right_after_a_reply() {
        let mut decoder = decoder();
        decoder.push(b"234 go\r\n230 injected");
        assert_eq!(decoder.decode().unwrap().unwrap().last_line(), b"go");
        assert_eq!(decoder.buffered(), 12);
        assert_eq!(decoder.decode(), Ok(None));
        assert_eq!(decoder.buffered(), 12);
    }

    #[test]
    fn only_the_same_code_and_a_space_ends() {
        assert_eq!(
            lines(b"220-a\r\n230 b\r\n220-c\r\n220x\r\n 220 d\r\nplain\n\r\n220 end\r\n"),
            [&b"a"[..], b"230 b", b"220-c", b"220x", b" 220 d", b"plain", b"", b"end"]
        );
        assert_eq!(lines(b"220-a\r\n220\r\n"), [&b"a"[..], b""]);
        assert_eq!(lines(b"220\n"), [b""]);
        assert_eq!(lines(b"220 \r\n"), [b""]);
    }

    #[test]
    fn telnet_and_padding_are_taken_out() {
        assert_eq!(
            lines(b"\xff\xfb\x01220 a\xff\xffb\xff\xf1c\xff\xfa\x01 \n \xff\xf0d\0e\r\0\n"),
            [b"a\xffbcde"]
        );
        assert_eq!(lines(b"220 gr\xff\xe0e\r\n"), [b"gr\xff\xe0e"]);
    }

    #[test]
    fn other_protocols_are_named() {
        let says = |bytes: &[u8]| one(bytes).unwrap_err().to_string();
        assert_eq!(
            says(b"HTTP/1.1 400 Bad\r\n"),
            "not an FTP reply (an HTTP server): \"HTTP/1.1 400 Bad\\r\\n\""
        );
        assert_eq!(says(b"SSH-2.0-x\r\n"), "not an FTP reply (an SSH server): \"SSH-2.0-x\\r\\n\"");
        assert!(says(b"\x15\x03\x01\x00\x02\x02\x46").starts_with("not an FTP reply (TLS)"));
        for bytes in [&b"\r\n"[..], b"099 a\r\n", b"700 a\r\n", b"2\n", b"220x\r\n", b"\n", &[b'x'; 64]] {
            assert!(matches!(one(bytes), Err(FrameError::NotAReply { .. })), "{bytes:?}");
        }
        assert_eq!(one(b"HTTP/1.1"), Ok(None));
    }

    #[test]
    fn limits_hold_without_a_line_end() {
        let mut long = b"220 ".to_vec();
        long.resize(17_000, b'x');
        long.extend(b"\r\n");
        assert_eq!(lines(&long)[0].len(), 17_000 - 4);
        assert_eq!(one(&[&b"220 "[..], &[b'x'; 40_000]].concat()), Err(FrameError::LineTooLong));
        assert_eq!(one(&[&b"220 \xff\xfa"[..], &[b'x'; 40_000]].concat()), Err(FrameError::LineTooLong));
        assert_eq!(one(&b"220-x\r\n".repeat(20_000)), Err(FrameError::TooManyLines));
        let line = [&b"220-"[..], &[b'x'; 30_000], b"\r\n"].concat();
        assert_eq!(one(&line.repeat(40)), Err(FrameError::TooLong));
    }

    #[test]
    fn what_reaches_a_limit_fits() {
        let reply = b"220-abc\r\n220 abc\r\n";
        let with = |line, lines, total| {
            let mut decoder = ReplyDecoder::new(ReplyLimits { line, lines, total });
            decoder.push(reply);
            decoder.decode().map(|reply| reply.is_some())
        };
        assert_eq!(with(9, 2, 18), Ok(true));
        assert_eq!(with(8, 2, 18), Err(FrameError::LineTooLong));
        assert_eq!(with(9, 1, 18), Err(FrameError::TooManyLines));
        assert_eq!(with(9, 2, 17), Err(FrameError::TooLong));
    }

    #[test]
    fn an_error_stays() {
        let mut decoder = decoder();
        decoder.push(b"hello\r\n220 late\r\n");
        assert_eq!(decoder.decode(), decoder.decode());
        assert!(decoder.decode().is_err());
    }
}
