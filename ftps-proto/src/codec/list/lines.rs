//! Lines of a listing.

use alloc::vec::Vec;
use core::fmt::{self, Display};

use memchr::memchr;

/// Cuts a stream of bytes into lines, of LIST, NLST or MLSD. Lines end in LF; a CR before it is dropped.
///
/// No byte is looked at twice, and how the bytes are cut into pushes changes nothing.
#[derive(Debug)]
pub struct LineDecoder {
    limit: usize,
    buffer: Vec<u8>,
    /// Where the unfinished line begins, and up to where it holds no LF.
    start: usize,
    scanned: usize,
}

/// A line is longer than allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineTooLong;

impl Display for LineTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a line of a listing is too long")
    }
}

impl core::error::Error for LineTooLong {}

impl LineDecoder {
    /// For lines of at most `limit` bytes, their end not counted.
    pub fn new(limit: usize) -> Self {
        Self { limit, buffer: Vec::new(), start: 0, scanned: 0 }
    }

    /// Adds bytes. All lines should be taken before more are added, or they pile up.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.start > self.buffer.len() / 2 {
            self.buffer.drain(..self.start);
            self.scanned -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next line that is whole.
    ///
    /// # Errors
    ///
    /// [`LineTooLong`], also before its end is seen.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, LineTooLong> {
        Ok(self.next_ended()?.map(|(line, _)| line))
    }

    /// The same, and whether there was a CR before its LF. Where other lines have one, an LF without it may be part of a name.
    pub(crate) fn next_ended(&mut self) -> Result<Option<(&[u8], bool)>, LineTooLong> {
        let end = memchr(b'\n', &self.buffer[self.scanned..]).map(|at| self.scanned + at);
        self.scanned = end.unwrap_or(self.buffer.len());
        let Some(end) = end else {
            // Its last byte may be a CR that does not count.
            let fits = self.buffer.len() - self.start <= self.limit.saturating_add(1);
            return if fits { Ok(None) } else { Err(LineTooLong) };
        };
        let whole = self.start..end;
        let line = without_cr(&self.buffer[whole.clone()]);
        if line.len() > self.limit {
            self.scanned = self.start;
            return Err(LineTooLong);
        }
        self.scanned = end + 1;
        self.start = end + 1;
        Ok(Some((line, line.len() < whole.len())))
    }

    /// The last line, if it had no LF: for when the stream has ended and [`next_line`](Self::next_line) has
    /// no more.
    ///
    /// # Errors
    ///
    /// [`LineTooLong`].
    pub fn finish(&mut self) -> Result<Option<&[u8]>, LineTooLong> {
        let line = without_cr(&self.buffer[self.start..]);
        if line.len() > self.limit {
            return Err(LineTooLong);
        }
        self.start = self.buffer.len();
        self.scanned = self.start;
        Ok((!line.is_empty()).then_some(line))
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn lines_end_in_lf() {
        let mut lines = LineDecoder::new(10);
        lines.push(b"a\r\n\nb\rc\nlast");
        assert_eq!(lines.next_ended(), Ok(Some((&b"a"[..], true))));
        assert_eq!(lines.next_ended(), Ok(Some((&b""[..], false))));
        assert_eq!(lines.next_line(), Ok(Some(&b"b\rc"[..])));
        assert_eq!(lines.next_line(), Ok(None));
        assert_eq!(lines.finish(), Ok(Some(&b"last"[..])));
        assert_eq!(lines.finish(), Ok(None));
    }

    #[test]
    fn lines_have_a_limit() {
        let mut lines = LineDecoder::new(10);
        lines.push(&[b'x'; 10]);
        assert_eq!(lines.next_line(), Ok(None));
        lines.push(b"\r");
        assert_eq!(lines.next_line(), Ok(None));
        lines.push(b"\n");
        assert_eq!(lines.next_line(), Ok(Some(&[b'x'; 10][..])));
        lines.push(&[b'x'; 12]);
        assert_eq!(lines.next_line(), Err(LineTooLong));
        assert_eq!(lines.next_line(), Err(LineTooLong));
        let mut lines = LineDecoder::new(10);
        lines.push(&[vec![b'x'; 11], vec![b'\n']].concat());
        assert_eq!(lines.next_line(), Err(LineTooLong));
        assert_eq!(lines.next_line(), Err(LineTooLong));
        // The last one, too.
        for (length, fits) in [(10, true), (11, false)] {
            let mut lines = LineDecoder::new(10);
            lines.push(&vec![b'x'; length]);
            assert_eq!(lines.next_line(), Ok(None));
            assert_eq!(lines.finish().is_ok(), fits);
        }
    }
}
