//! How files are moved: what `get` and `put` are told beyond which file goes where.

use std::fs::{File, Metadata};
use std::io::{self, Read, Seek, SeekFrom};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use ftps_tokio::codec::Timestamp;
use ftps_tokio::codec::command::UtcTime;
use ftps_tokio::{Client, Error, Get, Mismatch, Put};

use crate::failure::Failure;
use crate::report::Report;
use crate::url::Url;

/// How much of what is on both sides is compared before a transfer goes on after it.
const OVERLAP: u64 = 64 * 1024;

/// What downloads and uploads have in common.
#[derive(Clone, Debug, Args)]
pub(crate) struct How {
    /// Go on where an earlier transfer stopped: the end of what is there is compared, and only what is missing is moved
    #[arg(long)]
    pub(crate) resume: bool,
    /// Compare each file with the server's after the transfer: its size, and its hash where the server tells one and
    /// all of it was moved
    #[arg(long)]
    pub(crate) verify: bool,
    /// Give each file the time of modification of the one it comes from
    #[arg(long)]
    pub(crate) preserve: bool,
    /// Move only what is newer than the file that it would replace. Uploads are --atomic then, as a part of a file would be
    /// newer, too
    #[arg(long, conflicts_with = "resume")]
    pub(crate) newer: bool,
    /// Move text: line ends become those of the other side (also by ;type=a in the URL)
    #[arg(long, conflicts_with_all = ["resume", "verify"])]
    pub(crate) ascii: bool,
    /// Move no more than this a second, each file: bytes, or with K, M or G
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) limit_rate: Option<u64>,
}

/// What only downloads have.
#[derive(Clone, Debug, Args)]
pub(crate) struct GetHow {
    #[command(flatten)]
    pub(crate) how: How,
    /// Download only these bytes: 0-99 are the first hundred, 100- all but those, -100 the last; several with commas
    #[arg(long, value_name = "BYTES", value_parser = ranges)]
    #[arg(conflicts_with_all = ["resume", "ascii", "recursive"])]
    pub(crate) range: Option<Ranges>,
    /// Download no file of more bytes than this (K, M, G)
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_size: Option<u64>,
}

/// What only uploads have.
#[derive(Clone, Debug, Args)]
pub(crate) struct PutHow {
    #[command(flatten)]
    pub(crate) how: How,
    /// Add to the end of the file that is there
    #[arg(long, conflicts_with_all = ["resume", "verify", "atomic", "newer"])]
    pub(crate) append: bool,
    /// Upload under another name, which becomes the file's own once it is whole
    #[arg(long, conflicts_with = "resume")]
    pub(crate) atomic: bool,
}

/// Parts of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<Range>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Range {
    /// Both included.
    FromTo(u64, Option<u64>),
    Last(u64),
}

/// A number of bytes, as `500`, `64K`, `10M` or `2G`.
fn bytes(text: &str) -> Result<u64, String> {
    let (digits, shift) = match text.as_bytes().last() {
        Some(b'k' | b'K') => (&text[..text.len() - 1], 10),
        Some(b'm' | b'M') => (&text[..text.len() - 1], 20),
        Some(b'g' | b'G') => (&text[..text.len() - 1], 30),
        _ => (text, 0),
    };
    let number: u64 =
        digits.parse().map_err(|_| "is not a number of bytes, as 500, 64K or 10M".to_owned())?;
    match number.checked_mul(1 << shift) {
        Some(0) | None => Err("is not a number of bytes that could be".into()),
        Some(bytes) => Ok(bytes),
    }
}

fn ranges(text: &str) -> Result<Ranges, String> {
    text.split(',')
        .map(range)
        .collect::<Option<_>>()
        .map(Ranges)
        .ok_or_else(|| "is not as 0-99, 100- or -100".into())
}

fn range(text: &str) -> Option<Range> {
    let (start, end) = text.split_once('-')?;
    match (start.parse().ok(), end.parse().ok()) {
        (Some(start), None) if end.is_empty() => Some(Range::FromTo(start, None)),
        (Some(start), Some(end)) if start <= end => Some(Range::FromTo(start, Some(end))),
        (None, Some(last)) if start.is_empty() && last > 0 => Some(Range::Last(last)),
        _ => None,
    }
}

impl How {
    /// Says what --verify leaves out of a file of which so much was here, or there, before.
    pub(crate) fn tell_unverified(&self, url: &Url, bytes: u64, place: &str, report: &Report) {
        if self.verify && bytes > 0 {
            report.warn(format_args!(
                "{url}: of what was {place} before only the size and the end were compared"
            ));
        }
    }
}

impl GetHow {
    /// The downloads that a file takes: one, or one for each of its parts. `here` is the file that would be replaced, and
    /// what of it is here already.
    pub(crate) fn gets(&self, url: &Url, here: Option<&Metadata>, part: Option<Part>) -> Vec<Get> {
        let mut get = Get::new(&url.path);
        if let Some(time) = here.filter(|_| self.how.newer).and_then(modified) {
            get = get.newer_than(time);
        }
        if let Some(max) = self.max_size {
            get = get.max_size(max);
        }
        if self.how.verify {
            get = get.verify();
        }
        if self.how.ascii || url.text {
            get = get.ascii();
        }
        if let Some(rate) = self.how.limit_rate {
            get = get.limit_rate(rate);
        }
        match (&self.range, part) {
            (Some(Ranges(ranges)), _) => ranges
                .iter()
                .map(|range| match range {
                    Range::FromTo(start, None) => get.clone().from(*start),
                    Range::FromTo(start, Some(end)) => get.clone().range(*start..=*end),
                    Range::Last(bytes) => get.clone().last(*bytes),
                })
                .collect(),
            (None, Some((len, tail))) => vec![get.resume(len, tail)],
            (None, None) => vec![get],
        }
    }
}

impl PutHow {
    /// Uploads have another name until they are whole.
    pub(crate) fn is_atomic(&self) -> bool {
        self.atomic || self.how.newer
    }

    /// The upload of a file.
    pub(crate) fn put(&self, url: &Url, metadata: &Metadata) -> Put {
        let mut put = Put::new(&url.path);
        if let Some(time) = modified(metadata).filter(|_| self.how.newer) {
            put = put.if_older_than(time);
        }
        if self.how.verify {
            put = put.verify();
        }
        if self.how.ascii || url.text {
            put = put.ascii();
        }
        if let Some(rate) = self.how.limit_rate {
            put = put.limit_rate(rate);
        }
        match (self.append, self.is_atomic()) {
            (true, _) => put.append(),
            (false, true) => put.atomic(),
            (false, false) => put,
        }
    }
}

/// When a file was modified, to the second.
fn modified(metadata: &Metadata) -> Option<Timestamp> {
    let time = metadata.modified().ok()?;
    let seconds = match time.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).ok()?,
        Err(before) => -i64::try_from(before.duration().as_secs()).ok()?,
    };
    Timestamp::from_unix(seconds)
}

/// What is here of a file: how much, and the end of it.
pub(crate) type Part = (u64, Vec<u8>);

/// What is here of this file.
pub(crate) fn part(file: &mut File) -> io::Result<Part> {
    let len = file.metadata()?.len();
    Ok((len, end_of(file, len)?))
}

/// The last bytes before this place.
fn end_of(file: &mut File, place: u64) -> io::Result<Vec<u8>> {
    let start = place.saturating_sub(OVERLAP);
    let mut end = vec![0; usize::try_from(place - start).unwrap_or(0)];
    file.seek(SeekFrom::Start(start))?;
    file.read_exact(&mut end)?;
    Ok(end)
}

/// How much of this file the server has, compared at its end.
pub(crate) async fn there(
    client: &mut Client,
    url: &Url,
    file: &mut File,
    local: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let there = match client.size(&url.path).await {
        Ok(there) => there,
        Err(error) if error.is_not_found() => 0,
        Err(error) => return Err(Failure::transfer(error)),
    };
    let len = file.metadata().map_err(&local)?.len();
    if there > len {
        let mismatch = Mismatch::Size { expected: len, found: there };
        return Err(Failure::transfer(Error::Mismatch(mismatch)));
    }
    if there > 0 {
        let here = end_of(file, there).map_err(&local)?;
        let from = there - here.len() as u64;
        let mut end = Vec::new();
        let get = Get::new(&url.path).from(from);
        client.download_to(get, &mut end).await.map_err(Failure::transfer)?;
        if end != here {
            return Err(Failure::transfer(Error::Mismatch(Mismatch::Content)));
        }
    }
    file.seek(SeekFrom::Start(there)).map_err(&local)?;
    Ok(there)
}

/// When the server's file was modified; none where it does not tell.
pub(crate) async fn time_there(client: &mut Client, url: &Url) -> Result<Option<SystemTime>, Failure> {
    match client.modified(&url.path).await {
        Ok(time) => Ok(time.to_system_time()),
        Err(Error::Refused(_) | Error::Remote(_)) if client.is_usable() => Ok(None),
        Err(error) => Err(Failure::transfer(error)),
    }
}

/// Gives the server's file the time of this one.
pub(crate) async fn set_time_there(
    client: &mut Client,
    url: &Url,
    metadata: &Metadata,
) -> Result<(), Failure> {
    match modified(metadata).and_then(UtcTime::new) {
        Some(time) => client.set_modified(&url.path, time).await.map_err(Failure::transfer),
        None => Err(Failure::local("its time cannot be told")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_bytes() {
        for (text, number) in [
            ("500", Some(500)),
            ("64K", Some(65536)),
            ("10m", Some(10 << 20)),
            ("2G", Some(2 << 30)),
            ("0", None),
        ] {
            assert_eq!(bytes(text).ok(), number, "{text}");
        }
        for wrong in ["", "K", "-1", "1.5M", "1T", "99999999999999999999", "18446744073709551615K"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn parts_of_a_file() {
        let three = [Range::FromTo(0, Some(99)), Range::FromTo(100, None), Range::Last(5)];
        assert_eq!(ranges("0-99,100-,-5"), Ok(Ranges(three.into())));
        for wrong in ["", "5", "-", "9-5", "a-b", "-0", "1-2,", "1-2-3", "-x", "5-x"] {
            assert!(ranges(wrong).is_err(), "{wrong}");
        }
    }
}
