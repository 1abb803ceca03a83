//! What to download, and how.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::{Bound, RangeBounds};

use super::conditions::Conditions;
use crate::codec::{Argument, ArgumentError, Command, Timestamp};
use crate::error::{Error, Local};

/// A file to download, and how. Whatever takes a `Get` takes a path as well, which is all of the file.
///
/// ```
/// use ftps_proto::ops::Get;
///
/// let rest = Get::new("big.iso").from(1_000_000); // REST: all but the first million bytes
/// let part = Get::new("big.iso").range(10..=20);
/// let end = Get::new("log.txt").last(100).max_size(1 << 20);
/// # let _: [Get; 4] = [rest, part, end, "a path".into()];
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is downloaded by this alone"]
pub struct Get {
    path: Result<Argument, ArgumentError>,
    pub(crate) span: Span,
    /// What is here already of that.
    pub(crate) tail: Vec<u8>,
    pub(crate) ascii: bool,
    pub(crate) verify: bool,
    pub(crate) max_size: Option<u64>,
    newer_than: Option<Timestamp>,
    without_close_notify: bool,
    pub(crate) rate: Option<u64>,
    pub(crate) progress: Observer,
}

/// Which bytes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// From the first one on, up to but without the second.
    Bytes(u64, Option<u64>),
    Last(u64),
}

/// Who is told how far a transfer has come.
#[derive(Clone, Default)]
pub(crate) struct Observer(Option<Arc<dyn Fn(u64) + Send + Sync>>);

impl Observer {
    pub(crate) fn new(observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(observer)))
    }

    #[cfg(feature = "rustls")]
    pub(crate) fn tell(&self, bytes: u64) {
        if let Some(observer) = &self.0 {
            observer(bytes);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Some(..)" } else { "None" })
    }
}

impl Get {
    /// All of the file at this path (RETR), as the bytes that it is. A path that cannot be sent is an error once the
    /// download begins.
    pub fn new(path: impl AsRef<[u8]>) -> Self {
        Self {
            path: Argument::new(path),
            span: Span::Bytes(0, None),
            tail: Vec::new(),
            ascii: false,
            verify: false,
            max_size: None,
            newer_than: None,
            without_close_notify: false,
            rate: None,
            progress: Observer::default(),
        }
    }

    /// From this byte on (REST, RFC 3659, section 5): the first one is 0.
    pub fn from(self, offset: u64) -> Self {
        Self { span: Span::Bytes(offset, None), ..self }
    }

    /// These bytes: `10..=20` are eleven. By RANG (draft-bryan-ftp-range) where the server has it; else the download ends
    /// with a reset of its data connection once they have come, and the next operation first recovers the session (ABOR and
    /// PWD). Fewer come where the file ends before.
    pub fn range(self, bytes: impl RangeBounds<u64>) -> Self {
        let start = match bytes.start_bound() {
            Bound::Included(start) => *start,
            Bound::Excluded(start) => start.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match bytes.end_bound() {
            Bound::Included(end) => end.checked_add(1),
            Bound::Excluded(end) => Some(*end),
            Bound::Unbounded => None,
        };
        Self { span: Span::Bytes(start, end), ..self }
    }

    /// After the first `offset` bytes, which are here already (REST), the last of them as in `tail`: those are asked for
    /// once more and compared, and are not handed out. Where they differ, it is not the same file, or was changed
    /// ([`Error::Mismatch`]). A `drive` download does that; what drives a [`Session`](crate::Session) itself gets the
    /// tail as well.
    pub fn resume(self, offset: u64, tail: impl Into<Vec<u8>>) -> Self {
        let tail = tail.into();
        let start = offset.saturating_sub(tail.len() as u64);
        Self { span: Span::Bytes(start, None), tail, ..self }
    }

    /// So many bytes at its end (SIZE and REST), or all of a file that has fewer.
    pub fn last(self, bytes: u64) -> Self {
        Self { span: Span::Last(bytes), ..self }
    }

    /// As text (TYPE A, RFC 959, section 3.1.1.1): the server sends lines that end in CR LF, and LF alone comes out. After
    /// that, the session goes back to bytes. A `drive` download does the conversion; what drives a
    /// [`Session`](crate::Session) itself gets what the server sends, for [`codec::text`](crate::codec::text).
    pub fn ascii(self) -> Self {
        Self { ascii: true, ..self }
    }

    /// Compares what has come with the size that the server tells (SIZE) once the download is confirmed, and of a whole
    /// file with its hash where FEAT names one (HASH, XSHA256 and such; what has come was hashed as it passed):
    /// [`Error::Mismatch`] where they differ. Not of a range, nor of text, which has another size on the way.
    pub fn verify(self) -> Self {
        Self { verify: true, ..self }
    }

    /// Only a file of so many bytes at most: [`Error::TooLarge`] where SIZE tells of more, or more come.
    pub fn max_size(self, bytes: u64) -> Self {
        Self { max_size: Some(bytes), ..self }
    }

    /// Only a file that was modified after this, as MDTM tells: else [`Error::NotNewer`]. One whose time the server does not
    /// tell is downloaded.
    pub fn newer_than(self, time: Timestamp) -> Self {
        Self { newer_than: Some(time), ..self }
    }

    /// Gives up the proof by close_notify, for servers that never send one: where the data connection ends without, the file
    /// is taken for complete all the same if the server has confirmed it (226), and exactly as many bytes have come as it
    /// said before (SIZE). Both came over the authenticated control connection. A server without SIZE refuses this.
    pub fn without_close_notify(self) -> Self {
        Self { without_close_notify: true, ..self }
    }

    /// No more than so many bytes a second, on average.
    pub fn limit_rate(self, bytes: u64) -> Self {
        Self { rate: Some(bytes), ..self }
    }

    /// Tells after each part how many bytes have been handed out since the download began.
    pub fn on_progress(self, observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self { progress: Observer::new(observer), ..self }
    }

    /// The path, or why it cannot be sent.
    ///
    /// # Errors
    /// [`Local::Argument`].
    pub fn path(&self) -> Result<&Argument, Error> {
        self.path.as_ref().map_err(|error| (*error).into())
    }

    /// What is to be known before it begins.
    pub(super) fn conditions(&self) -> Result<Conditions, Error> {
        if let Span::Bytes(start, Some(end)) = self.span
            && start >= end
        {
            return Err(Local::Configuration("the range has no bytes".into()).into());
        }
        let mut conditions = Conditions::of(self.path()?);
        conditions.newer_than = self.newer_than;
        conditions.max_size = self.max_size;
        conditions.last = matches!(self.span, Span::Last(_));
        conditions.proof = self.without_close_notify;
        Ok(conditions)
    }

    /// The rest of a download that was cut: nothing is asked before it but what it is proven by.
    #[cfg(feature = "rustls")]
    pub(crate) fn rest(&self, start: u64, end: Option<u64>, came: u64) -> Self {
        let max_size = self.max_size.map(|max| max.saturating_sub(came));
        Self { span: Span::Bytes(start, end), tail: Vec::new(), newer_than: None, max_size, ..self.clone() }
    }

    pub(super) fn command(&self) -> Result<Command, Error> {
        Ok(Command::Retr(self.path()?.clone()))
    }
}

impl<P: AsRef<[u8]>> From<P> for Get {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
