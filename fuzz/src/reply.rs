//! Replies in a stream of bytes.

use ftps_proto::codec::ascii::Excerpt;
use ftps_proto::codec::{Code, FrameError, Reply, ReplyDecoder, ReplyLimits};

use crate::cuts::cut;

/// What a stream comes to.
#[derive(Debug, PartialEq)]
struct Read {
    replies: Vec<Reply>,
    /// Bytes that are not part of a reply yet; after an error nobody asks.
    left: Option<usize>,
    error: Option<FrameError>,
}

/// Input: limits, a seed for cuts, the stream.
///
/// Holds: the decoder reads what the naive reference reads, however the stream is cut; what it has read is written and read
/// again.
pub fn reply(data: &[u8]) {
    let [limits, seed, stream @ ..] = data else { return };
    let limits = match limits {
        0..128 => ReplyLimits::default(),
        _ => {
            let mut small = ReplyLimits::default();
            let [line, lines, total] = [limits & 7, limits >> 3 & 3, limits >> 5 & 3].map(usize::from);
            (small.line, small.lines, small.total) = (8 + 8 * line, 1 + lines, 24 + 24 * total);
            small
        }
    };
    let expected = reference(stream, &limits);
    assert_eq!(decode([stream], &limits), expected, "whole");
    assert_eq!(decode(cut(stream, *seed), &limits), expected, "cut with seed {seed}");
    assert_eq!(decode(stream.chunks(1), &limits), expected, "by the byte");
    for reply in expected.replies {
        let mut written = Vec::new();
        reply.encode(&mut written);
        let again = decode([&written[..]], &ReplyLimits::default());
        assert_eq!(again, Read { replies: vec![reply], left: Some(0), error: None });
    }
}

fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limits: &ReplyLimits) -> Read {
    let mut decoder = ReplyDecoder::new(limits.clone());
    let mut replies = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.decode() {
                Ok(Some(reply)) => replies.push(reply),
                Ok(None) => break,
                Err(error) => {
                    assert_eq!(decoder.decode(), Err(error.clone()), "an error stays");
                    return Read { replies, left: None, error: Some(error) };
                }
            }
        }
    }
    Read { replies, left: Some(decoder.buffered()), error: None }
}

/// A byte of text, and how many bytes had come with it.
type Plain = (u8, usize);

/// RFC 854: the stream without Telnet's commands and padding.
fn without_telnet(stream: &[u8]) -> Vec<Plain> {
    let mut plain = Vec::new();
    let mut at = 0;
    while at < stream.len() {
        match stream[at..] {
            [255, 255, ..] => {
                plain.push((255, at + 2));
                at += 2;
            }
            // A subnegotiation ends with IAC SE, and IAC before anything else does not.
            [255, 250, ..] => {
                at += 2;
                while at < stream.len() {
                    match stream[at..] {
                        [255, 240, ..] => {
                            at += 2;
                            break;
                        }
                        [255, _, ..] => at += 2,
                        _ => at += 1,
                    }
                }
            }
            [255, 251..=254, ..] => at += 3,
            [255, 240..=249, ..] => at += 2,
            // Not a command: a byte of text that was not doubled.
            [255, byte, ..] => {
                plain.push((255, at + 2));
                if byte != 0 {
                    plain.push((byte, at + 2));
                }
                at += 2;
            }
            // What follows is still to come.
            [255] => at += 1,
            [0, ..] => at += 1,
            [byte, ..] => {
                at += 1;
                plain.push((byte, at));
            }
            [] => {}
        }
    }
    plain
}

/// RFC 959, section 4.2, by the line: slow, and simple.
fn reference(stream: &[u8], limits: &ReplyLimits) -> Read {
    let plain = without_telnet(stream);
    let mut lines = plain.split_inclusive(|(byte, _)| *byte == b'\n');
    let mut replies = Vec::new();
    // Where the reply and its line begin.
    let (mut start, mut begin) = (0, 0);
    // The code and the lines of the reply so far.
    let mut open: Option<(Code, Vec<Vec<u8>>)> = None;
    loop {
        let line = lines.next().unwrap_or_default();
        let end = line.last().filter(|(byte, _)| *byte == b'\n').map(|(_, end)| *end);
        let come = end.unwrap_or(stream.len());
        // What is wrong, and how many bytes have come when that shows. The first counts; of two at once, the first here.
        let doubt = if open.is_some() { None } else { doubt(line, start) };
        let not_a_reply = |at: usize| FrameError::NotAReply { excerpt: Excerpt::new(&stream[start..at]) };
        let wrong = [
            Some((begin + limits.line + 1, FrameError::LineTooLong)),
            Some((start + limits.total + 1, FrameError::TooLong)),
            doubt.map(|at| (at.min(come), not_a_reply(at.min(come)))).filter(|_| {
                // A line that goes on may yet come to its end.
                end.is_some() || doubt.is_some_and(|at| at <= come)
            }),
        ];
        let first = wrong.into_iter().flatten().filter(|(at, _)| *at <= come).min_by_key(|(at, _)| *at);
        if let Some((_, error)) = first {
            return Read { replies, left: None, error: Some(error) };
        }
        let Some(end) = end else {
            return Read { replies, left: Some(stream.len() - start), error: None };
        };
        let text: Vec<u8> = line.iter().map(|(byte, _)| *byte).collect();
        let text = text.strip_suffix(b"\n").unwrap_or_default();
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let code = text.get(..3).and_then(code);
        let after = text.get(3..).unwrap_or_default();
        let (code, mut texts, last) = match (open.take(), code, after) {
            (None, Some(code), [] | [b' ', ..]) => (code, vec![], Some(after.get(1..).unwrap_or_default())),
            (None, Some(code), [b'-', first @ ..]) => (code, vec![first.to_vec()], None),
            (None, ..) => {
                return Read { replies, left: None, error: Some(not_a_reply(end)) };
            }
            (Some((open, texts)), Some(code), [] | [b' ', ..]) if code == open => {
                (open, texts, Some(after.get(1..).unwrap_or_default()))
            }
            (Some((open, mut texts)), ..) => {
                texts.push(text.to_vec());
                (open, texts, None)
            }
        };
        begin = end;
        match last {
            Some(last) => {
                texts.push(last.to_vec());
                // A CR before the end of a line is dropped where a reply is made.
                let text = texts.join(&b"\n"[..]);
                replies.push(made(code, &text));
                start = end;
            }
            None if texts.len() >= limits.lines => {
                return Read { replies, left: None, error: Some(FrameError::TooManyLines) };
            }
            None => open = Some((code, texts)),
        }
    }
}

/// A reply with these lines, made by hand: `Reply::new` takes a CR before each line end for a part of that.
fn made(code: Code, text: &[u8]) -> Reply {
    let doubled: Vec<u8> = text.split(|byte| *byte == b'\n').collect::<Vec<_>>().join(&b"\r\n"[..]);
    Reply::new(code, doubled)
}

/// How many bytes have come once a line that does not begin with a code is one for certain.
fn doubt(line: &[Plain], start: usize) -> Option<usize> {
    let (byte, come) = line.iter().take(3).find(|(byte, _)| !byte.is_ascii_digit() && *byte != b'\n')?;
    let enough = if *byte < b' ' { 5 } else { Excerpt::MAX };
    Some(start + enough.max(come - start))
}

fn code(digits: &[u8]) -> Option<Code> {
    Code::new(std::str::from_utf8(digits).ok().filter(|text| !text.starts_with('+'))?.parse().ok()?)
}
