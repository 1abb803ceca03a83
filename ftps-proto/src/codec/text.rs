//! Text on its way: lines that end in CR LF (TYPE A). RFC 959 section 3.1.1.1.

use alloc::vec::Vec;

/// Makes of lines that end in CR LF such that end in LF. A CR that no LF follows stays.
///
/// Where the input is cut makes no difference:
///
/// ```
/// use ftps_proto::codec::text::ToLocal;
///
/// let (mut decoder, mut text) = (ToLocal::default(), Vec::new());
/// for part in ["one\r", "\ntwo\r", "three\r\n"] {
///     decoder.push(part.as_bytes(), &mut text);
/// }
/// decoder.finish(&mut text);
/// assert_eq!(text, b"one\ntwo\rthree\n");
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct ToLocal {
    /// A CR came last.
    cr: bool,
}

impl ToLocal {
    /// Adds what becomes of this part to `out`. A CR at its end is held back until what follows it is known.
    pub fn push(&mut self, part: &[u8], out: &mut Vec<u8>) {
        out.reserve(part.len() + 1);
        let mut rest = part;
        while let Some((&first, _)) = rest.split_first() {
            if self.cr && first != b'\n' {
                out.push(b'\r');
            }
            self.cr = false;
            let end = rest.iter().position(|&byte| byte == b'\r');
            let (plain, after) = rest.split_at(end.unwrap_or(rest.len()));
            out.extend_from_slice(plain);
            self.cr = end.is_some();
            rest = after.get(1..).unwrap_or_default();
        }
    }

    /// Nothing follows: a CR that was held back is one.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        if core::mem::take(&mut self.cr) {
            out.push(b'\r');
        }
    }
}

/// Makes of lines that end in LF, or in CR LF, such that end in CR LF, wherever the input is cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToNetwork {
    /// A CR came last.
    cr: bool,
}

impl ToNetwork {
    /// Adds what becomes of this part to `out`.
    pub fn push(&mut self, part: &[u8], out: &mut Vec<u8>) {
        out.reserve(part.len());
        for line in part.split_inclusive(|&byte| byte == b'\n') {
            match line.split_last() {
                Some((b'\n', plain)) => {
                    let cr = plain.last().map_or(self.cr, |&last| last == b'\r');
                    out.extend_from_slice(plain);
                    out.extend_from_slice(if cr { b"\n" } else { b"\r\n" });
                    self.cr = false;
                }
                Some((last, _)) => {
                    out.extend_from_slice(line);
                    self.cr = *last == b'\r';
                }
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn to_local(parts: &[&[u8]]) -> Vec<u8> {
        let (mut decoder, mut out) = (ToLocal::default(), Vec::new());
        parts.iter().for_each(|part| decoder.push(part, &mut out));
        decoder.finish(&mut out);
        out
    }

    fn to_network(parts: &[&[u8]]) -> Vec<u8> {
        let (mut encoder, mut out) = (ToNetwork::default(), Vec::new());
        parts.iter().for_each(|part| encoder.push(part, &mut out));
        out
    }

    #[test]
    fn line_ends() {
        for (network, local) in
            [("", ""), ("a\r\nb\r\n", "a\nb\n"), ("\r\n\r\n", "\n\n"), ("a\rb\r\n", "a\rb\n"), ("a\r", "a\r")]
        {
            assert_eq!(to_local(&[network.as_bytes()]), local.as_bytes());
            assert_eq!(to_network(&[local.as_bytes()]), network.as_bytes());
        }
        assert_eq!(to_local(&[b"\r\r\n"]), b"\r\n");
        assert_eq!(
            to_network(&[b"a\r\nb\n"]),
            b"a\r\nb\r\n",
            "what ends in CR LF already is as it should be"
        );
    }

    proptest! {
        #[test]
        fn where_it_is_cut_makes_no_difference(text in "[ab\r\n]{0,40}", at: usize, other: usize) {
            let text = text.as_bytes();
            let (mut at, mut other) = (at % (text.len() + 1), other % (text.len() + 1));
            if at > other {
                core::mem::swap(&mut at, &mut other);
            }
            let parts = [&text[..at], &text[at..other], &text[other..]];
            prop_assert_eq!(to_local(&parts), to_local(&[text]));
            prop_assert_eq!(to_network(&parts), to_network(&[text]));
        }

        #[test]
        fn lines_come_back_as_they_were(text in "[ab\n]{0,40}") {
            prop_assert_eq!(to_local(&[&to_network(&[text.as_bytes()])]), text.as_bytes());
        }
    }
}
