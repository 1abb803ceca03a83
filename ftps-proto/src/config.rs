//! What a session is told before it begins.

use core::fmt;
use core::time::Duration;

use crate::codec::list::{Family, LineReader};
use crate::codec::{Argument, Command, Encoding, ReplyLimits, Secret, Timestamp};
use crate::session::Quirks;
use crate::time::Instant;

/// Everything a [`Session`](crate::Session) needs to know. The protocol's secrets are redacted wherever it is printed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// How TLS begins.
    pub security: Security,
    /// Who logs in.
    pub login: Login,
    /// What to send where USER is refused, in its place: for servers that know who comes by a client certificate.
    pub alternative_to_user: Option<Command>,
    /// How long to wait, and for what.
    pub timeouts: Timeouts,
    /// How much to take from a server.
    pub limits: Limits,
    /// Connect to the address in a PASV reply instead of the control connection's. Off: that address may point
    /// anywhere, and is often a private one.
    pub trust_pasv_address: bool,
    /// Whether TLS protects data connections.
    pub protection: Protection,
    /// End TLS on the control connection after the login (CCC), where the server takes that: anyone on the way reads what is
    /// said there from then on, and can say what the server would. Off.
    pub dangerous_clear_control: bool,
    /// Take the data connections alone that resume the control connection's TLS session, so that they are the same
    /// server's. Off: a server that gives no tickets would do no transfers.
    pub require_resumption: bool,
    /// Who opens data connections.
    pub mode: Mode,
    /// Ask for data connections with EPSV and EPRT (RFC 2428) before PASV and PORT. On: off is for a firewall that
    /// follows the old commands alone. Without them there is no active mode over IPv6.
    pub extended: bool,
    /// Tell the server that no command but EPSV will ask for data connections (EPSV ALL; RFC 2428, section 4), where it
    /// takes that: PASV and the active mode are then never fallen back to. Off.
    pub epsv_all: bool,
    /// Whether commands are sent before the replies to earlier ones have come.
    pub pipelining: Pipelining,
    /// A transfer follows the login: its data connection is asked for together with that, on servers that take all of it in one
    /// flight. One round trip less before the first byte.
    pub expect_transfer: bool,
    /// Which command lists a directory.
    pub list_command: ListCommand,
    /// The form of the server's LIST, where it cannot be told by its lines.
    pub list_family: Option<Family>,
    /// A form of LIST of the caller's own, which is tried before those that are known.
    pub list_reader: Option<LineReader>,
    /// How many minutes the clock is ahead of UTC by which the server shows times in LIST.
    /// [`ops::LearnOffset`](crate::ops::LearnOffset) finds it out.
    pub list_offset: Option<i16>,
    /// The date at a moment: what a listing's times without a year are given one by. Without it they have none.
    pub date: Option<(Timestamp, Instant)>,
    /// The charset of the server's names, where it is not UTF-8. None by default: names are the server's bytes, both ways.
    /// With one they are UTF-8 on this side, in listings, replies and paths: see [`Encoding`].
    pub encoding: Option<Encoding>,
    /// Whether a download's close_notify is sent right after the handshake.
    pub early_close: EarlyClose,
    /// Under which name the server was reached: sent (HOST, RFC 7151) before the login, for servers that serve several. None by
    /// default. A server that refuses the name, or does not know HOST, is not logged in to.
    pub virtual_host: Option<Argument>,
    /// Which program this is: sent (CLNT, de facto) where FEAT names CLNT. None by default, but for servers that want it.
    pub client_name: Option<Argument>,
    /// Which ways of servers are taken for given, or for absent, whatever server is recognised. By default none.
    pub quirks: Quirks,
    /// Send a NOOP where a transfer has left the control connection silent for so long: firewalls forget idle
    /// connections. None by default; off for the session where the server refuses it.
    pub keepalive: Option<Duration>,
}

impl Config {
    /// Explicit TLS, and the defaults of every other field.
    pub fn new(login: Login) -> Self {
        Self {
            security: Security::Explicit,
            login,
            alternative_to_user: None,
            timeouts: Timeouts::default(),
            limits: Limits::default(),
            trust_pasv_address: false,
            protection: Protection::Private,
            dangerous_clear_control: false,
            require_resumption: false,
            mode: Mode::Passive,
            extended: true,
            epsv_all: false,
            pipelining: Pipelining::Known,
            expect_transfer: false,
            list_command: ListCommand::Best,
            list_family: None,
            list_reader: None,
            list_offset: None,
            date: None,
            encoding: None,
            early_close: EarlyClose::Known,
            quirks: Quirks::default(),
            virtual_host: None,
            client_name: None,
            keepalive: None,
        }
    }
}

/// Which command lists a directory, on servers that do not keep what they announce.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ListCommand {
    /// MLSD where FEAT names MLST (RFC 3659, section 7.8), else LIST; `LIST -a` on a server that is known to leave files out
    /// without it.
    #[default]
    Best,
    /// MLSD, whatever FEAT says; LIST where it is refused.
    Mlsd,
    /// LIST (RFC 959, section 4.1.3) without options.
    List,
    /// `LIST -a`: files whose names begin with a dot, too, on servers that take options as `ls` does.
    ListAll,
}

/// How TLS begins. There is no third way: nothing here sends a password in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Security {
    /// With AUTH TLS, after the greeting (RFC 4217, section 4); port 21.
    Explicit,
    /// At once (RFC 4217, section 4 calls it deprecated; servers have not listened); port 990.
    Implicit,
}

impl Security {
    /// The well-known port of the control connection.
    pub const fn port(self) -> u16 {
        match self {
            Self::Explicit => 21,
            Self::Implicit => 990,
        }
    }
}

/// Name, password and account.
#[derive(Clone)]
pub struct Login {
    /// USER.
    pub user: Argument,
    /// PASS, where the server asks.
    pub password: Secret,
    /// ACCT, where the server asks.
    pub account: Option<Secret>,
}

impl Login {
    /// As a guest (RFC 1635).
    pub fn anonymous() -> Self {
        Self::new(Argument::known("anonymous"), Secret::known("anonymous@"))
    }

    /// Name and password, without an account.
    pub fn new(user: Argument, password: Secret) -> Self {
        Self { user, password, account: None }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// How long to wait, and for what. Every wait has a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// A TCP connect of either connection. 20 s.
    pub connect: Duration,
    /// A reply, the greeting, a handshake. 60 s: servers look up names before they greet.
    pub reply: Duration,
    /// The final reply to a transfer whose data has all moved: a server may scan a file for viruses first, or store it
    /// elsewhere. And a file's hash, for which the server reads all of it. 300 s.
    pub final_reply: Duration,
    /// Data to move while a transfer is under way. 60 s.
    pub idle: Duration,
    /// What makes giving a transfer up kinder, and is no error where it does not come: the rest of a handshake, a word on
    /// ABOR from a server that takes one command at a time. 5 s.
    pub abort: Duration,
    /// The server's close of an upload's data connection. Not an error: the reply decides. 30 s: what
    /// the kernel still holds of the file may have a slow way to go.
    pub drain: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(20),
            reply: Duration::from_secs(60),
            final_reply: Duration::from_secs(300),
            idle: Duration::from_secs(60),
            abort: Duration::from_secs(5),
            drain: Duration::from_secs(30),
        }
    }
}

/// How much to take from a server.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Limits {
    /// Lines and bytes of a reply.
    pub reply: ReplyLimits,
    /// Preliminary replies to one command. 100.
    pub preliminary: usize,
    /// Bytes in a line of a listing. 64 KiB.
    pub line: usize,
    /// Lines of a listing. 10 million.
    pub lines: u64,
    /// Lines of a listing in a row that list nothing: blank ones, `total 12`. 1000.
    pub blank: u64,
    /// Replies in a row that answer nothing. 1000.
    pub stray: usize,
    /// Bytes of memory for a listing that is kept as a whole ([`ops::Collect`](crate::ops::Collect)). 64 MiB.
    pub listing: usize,
    /// The least that moves while a transfer waits for the server. 1 KiB in 5 minutes: a server that sends or takes a byte
    /// now and then never lets [`Timeouts::idle`] pass.
    pub rate: Rate,
}

/// So many bytes in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Bytes of payload. With 0 there is no such limit.
    pub bytes: u64,
    /// The time in which they have to move. Time in which the server waits for the caller does not count.
    pub within: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            reply: ReplyLimits::default(),
            preliminary: 100,
            line: 64 * 1024,
            lines: 10_000_000,
            blank: 1000,
            stray: 1000,
            listing: 64 << 20,
            rate: Rate { bytes: 1024, within: Duration::from_secs(300) },
        }
    }
}

/// Who opens data connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mode {
    /// The client (EPSV, PASV).
    Passive,
    /// The server (EPRT, PORT). TLS is the client's to begin all the same (RFC 4217, section 7).
    Active,
    /// The client; where none comes about so, the server from then on.
    PassiveFirst,
    /// The server; where none comes about so, the client from then on.
    ActiveFirst,
}

impl Mode {
    /// Whether the server opens the first one.
    pub(crate) const fn begins_active(self) -> bool {
        matches!(self, Self::Active | Self::ActiveFirst)
    }

    /// Whether the other side may open them instead.
    pub(crate) const fn has_other(self) -> bool {
        matches!(self, Self::PassiveFirst | Self::ActiveFirst)
    }
}

/// Whether TLS protects data connections (RFC 4217, section 9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Protection {
    /// It does (PROT P), or there is none.
    #[default]
    Private,
    /// It does not (PROT C): anyone between here and the server can read and change every file and listing, and cut it off
    /// without being noticed.
    DangerousClear,
}

/// Whether commands are sent before the replies to earlier ones have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pipelining {
    /// Where the greeting names a server that is known to take it (vsftpd, ProFTPD, Pure-FTPd): IIS and others break.
    Known,
    /// As [`Known`](Self::Known); and where more transfers follow, the next one's data connection is asked for 5 ms after this
    /// one has begun, which spares another round trip for each small file on Pure-FTPd, and now and then one on ProFTPD.
    ///
    /// It is a race: a server that is not through with the file by then refuses (450, 500, 503). That harms no transfer, and
    /// the session asks as with `Known` from then on.
    Eager,
    /// Always one command at a time.
    Off,
}

/// Whether a download's close_notify is sent right after the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EarlyClose {
    /// Where the greeting names a server that is known to take it (vsftpd).
    Known,
    /// Always. A server that does not read it before it closes (ProFTPD) resets the connection, and downloads fail.
    On,
    /// Never: close_notify answers the server's.
    Off,
}
