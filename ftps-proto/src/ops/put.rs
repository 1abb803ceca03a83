//! What to upload, and how.

use super::conditions::Conditions;
use super::get::Observer;
use crate::codec::{Argument, ArgumentError, Command, Timestamp};
use crate::error::{Error, Local};

/// Where to upload to, and how. Whatever takes a `Put` takes a path as well, whose file is replaced.
///
/// ```
/// use ftps_proto::ops::Put;
///
/// let line = Put::new("log.txt").append();
/// let rest = Put::new("big.iso").at(1_000_000); // only where the server has the first million bytes
/// let whole = Put::new("report.csv").atomic().verify();
/// let unique = Put::unique(); // the server chooses a name, which `Transferred` tells
/// # let _: [Put; 5] = [line, rest, whole, unique, "a path".into()];
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is uploaded by this alone"]
pub struct Put {
    path: Result<Option<Argument>, ArgumentError>,
    /// The name that it has until it is confirmed.
    part: Option<Argument>,
    store: Store,
    pub(crate) ascii: bool,
    pub(crate) verify: bool,
    pub(crate) atomic: bool,
    size: Option<u64>,
    older_than: Option<Timestamp>,
    pub(crate) rate: Option<u64>,
    pub(crate) progress: Observer,
}

/// What becomes of a file that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    Replace,
    Append,
    /// It has so many bytes, and goes on after them.
    At(u64),
    Unique,
}

impl Put {
    /// A file at this path (STOR), as the bytes that it is. A path that cannot be sent is an error once the upload begins.
    pub fn new(path: impl AsRef<[u8]>) -> Self {
        let path = Argument::new(path).map(Some);
        Self {
            path,
            part: None,
            store: Store::Replace,
            ascii: false,
            verify: false,
            atomic: false,
            size: None,
            older_than: None,
            rate: None,
            progress: Observer::default(),
        }
    }

    /// A file under a name that the server chooses, in the working directory (STOU). [`Transferred::name`] is what it
    /// says the name is (RFC 1123, section 4.1.2.9).
    ///
    /// [`Transferred::name`]: super::Transferred::name
    pub fn unique() -> Self {
        Self { path: Ok(None), store: Store::Unique, ..Self::new("") }
    }

    /// At the end of what is there (APPE).
    pub fn append(self) -> Self {
        Self { store: Store::Append, ..self }
    }

    /// After the first `offset` bytes, which are on the server: where SIZE tells of another number, nothing is sent
    /// ([`Error::Mismatch`]). By REST where FEAT names it, else by APPE.
    pub fn at(self, offset: u64) -> Self {
        Self { store: if offset == 0 { Store::Replace } else { Store::At(offset) }, ..self }
    }

    /// As text (TYPE A, RFC 959, section 3.1.1.1): what ends in LF or CR LF is sent as lines that end in CR LF. After
    /// that, the session goes back to bytes. A `drive` upload does the conversion; what drives a
    /// [`Session`](crate::Session) itself sends what [`codec::text`](crate::codec::text) makes of it.
    pub fn ascii(self) -> Self {
        Self { ascii: true, ..self }
    }

    /// Compares what was sent with the size that the server tells (SIZE) once the upload is confirmed, and of a whole file
    /// with its hash where FEAT names one (HASH, XSHA256 and such; what was sent was hashed as it passed):
    /// [`Error::Mismatch`] where they differ. Not of text, which has another size on the way, nor of what was added to the
    /// end of a file.
    pub fn verify(self) -> Self {
        Self { verify: true, ..self }
    }

    /// Uploads under another name in the same directory, `.NAME.xxxxxxxx.part`, and renames it once it is confirmed (and
    /// verified): nobody sees a part of the file under its own name. Where that fails, the part is removed; where the upload
    /// is given up or the session is lost, it stays. Whether a file that is there is replaced is the server's choice. A
    /// `drive` upload does all that.
    pub fn atomic(self) -> Self {
        Self { atomic: true, ..self }
    }

    /// Tells the server beforehand how many bytes will come (ALLO, RFC 959, section 4.1.3): one without room refuses then.
    pub fn allocate(self, bytes: u64) -> Self {
        Self { size: Some(bytes), ..self }
    }

    /// Only where the server's file was modified before this, as MDTM tells, or is not there: else [`Error::NotNewer`]. What
    /// an upload that was cut has left is newer, too: best with [`atomic`](Self::atomic).
    pub fn if_older_than(self, time: Timestamp) -> Self {
        Self { older_than: Some(time), ..self }
    }

    /// No more than so many bytes a second, on average.
    pub fn limit_rate(self, bytes: u64) -> Self {
        Self { rate: Some(bytes), ..self }
    }

    /// Tells after each part how many bytes have been taken over since the upload began.
    pub fn on_progress(self, observer: impl Fn(u64) + Send + Sync + 'static) -> Self {
        Self { progress: Observer::new(observer), ..self }
    }

    /// The path, or why it cannot be sent.
    ///
    /// # Errors
    /// [`Local::Argument`]; also where the server is to choose a name, which has none.
    pub fn path(&self) -> Result<&Argument, Error> {
        match &self.path {
            Ok(Some(path)) => Ok(path),
            Ok(None) => Err(ArgumentError::Empty.into()),
            Err(error) => Err((*error).into()),
        }
    }

    /// What is to be known before it begins.
    pub(super) fn conditions(&self) -> Result<Conditions, Error> {
        let renamed = self.atomic && self.part.is_none();
        if self.store != Store::Replace && renamed || !self.is_placed() && self.verify {
            let reason = "only a whole file is verified, or renamed when it is there";
            return Err(Local::Configuration(reason.into()).into());
        }
        if let (Store::Unique, Ok(_)) = (self.store, &self.path) {
            return Ok(Conditions::default());
        }
        let mut conditions = Conditions::of(self.path()?);
        conditions.part = self.part.clone();
        conditions.older_than = self.older_than;
        if let Store::At(offset) = self.store {
            conditions.at = Some(offset);
        }
        Ok(conditions)
    }

    /// The transfer's command, and what goes before it. `restarts`: the server is known to know REST.
    pub(super) fn commands(&self, restarts: bool) -> Result<(Option<Command>, Command), Error> {
        Ok(match (self.store, &self.path) {
            (Store::Unique, Ok(path)) => (None, Command::Stou(path.clone())),
            (Store::Append, _) => (None, Command::Appe(self.stored_path()?.clone())),
            (Store::At(offset), _) if restarts => {
                (Some(Command::Rest(offset)), Command::Stor(self.stored_path()?.clone()))
            }
            (Store::At(_), _) => (None, Command::Appe(self.stored_path()?.clone())),
            (Store::Replace | Store::Unique, _) => (None, Command::Stor(self.stored_path()?.clone())),
        })
    }

    /// Where the first byte goes, as far as that is known.
    pub(super) fn start(&self) -> u64 {
        if let Store::At(offset) = self.store { offset } else { 0 }
    }

    /// Whether it is known where on the server each byte goes.
    pub(crate) fn is_placed(&self) -> bool {
        matches!(self.store, Store::Replace | Store::At(_))
    }

    /// Whether nothing of what is there stays.
    #[cfg(feature = "rustls")]
    pub(crate) fn is_whole(&self) -> bool {
        self.store == Store::Replace
    }

    /// How much room it takes.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// The name under which it is stored.
    pub(crate) fn stored_path(&self) -> Result<&Argument, Error> {
        self.part.as_ref().map_or_else(|| self.path(), Ok)
    }

    /// Where it is atomic, with a name of its own until it is confirmed.
    #[cfg(feature = "rustls")]
    pub(crate) fn under_another_name(self, entropy: u64) -> Self {
        let part = match &self.path {
            Ok(Some(path)) if self.atomic && self.store == Store::Replace => {
                part_of(path.as_bytes(), entropy)
            }
            _ => None,
        };
        Self { part, ..self }
    }

    /// The name that it has until it is confirmed, and the one that it gets then.
    #[cfg(feature = "rustls")]
    pub(crate) fn renaming(&self) -> Option<(&Argument, &Argument)> {
        Some((self.part.as_ref()?, self.path().ok()?))
    }

    /// The rest of an upload that was cut: no conditions but that so much of it is there.
    #[cfg(feature = "rustls")]
    pub(crate) fn rest(&self, offset: u64) -> Self {
        Self { older_than: None, size: None, ..self.clone() }.at(offset)
    }
}

/// A name for a part of this file, in the same directory.
#[cfg(feature = "rustls")]
fn part_of(path: &[u8], entropy: u64) -> Option<Argument> {
    let (directory, name) = path.split_at(path.iter().rposition(|&byte| byte == b'/').map_or(0, |at| at + 1));
    // Few file systems take names of more than 255 bytes.
    let name = &name[..name.len().min(200)];
    let end = alloc::format!(".{:08x}.part", entropy as u32);
    Argument::new([directory, b".", name, end.as_bytes()].concat()).ok()
}

impl<P: AsRef<[u8]>> From<P> for Put {
    fn from(path: P) -> Self {
        Self::new(path)
    }
}
