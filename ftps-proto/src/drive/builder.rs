//! What a client is told before it connects.

use std::fmt;
use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use super::audit::{Audit, Auditor};
use super::bind::Bind;
use super::danger::DangerousBuilder;
use super::net::Net;
use super::opening::Opening;
use super::proxy::Proxy;
use super::reach::Reach;
use super::retry::{Origin, Retry};
use crate::codec::list::{Family, LineReader};
use crate::codec::{Argument, ArgumentError, Command, Encoding, Entry, Secret};
use crate::config::{Config, EarlyClose, Limits, ListCommand, Login, Mode, Pipelining, Security, Timeouts};
use crate::error::{Error, Local};
use crate::session::Quirk;
use crate::tls::{ServerName, TlsConfig};
use crate::url::Url;

/// An adapter, as its [`Builder`] knows it.
pub trait Adapter: Sized {
    /// What makes connections in the user's own way.
    type Connector: Clone;
    /// What [`Builder::connect`] returns: a client, or the future of one.
    type Connecting;

    /// Connects, starts TLS and logs in.
    fn connect(builder: &Builder<Self>) -> Self::Connecting;
}

/// Settings of a client. They can be used for any number of connections.
#[derive(Clone)]
#[must_use = "nothing happens before `connect`"]
pub struct Builder<A: Adapter> {
    host: String,
    port: Option<u16>,
    tls: Option<TlsConfig>,
    server_name: Option<String>,
    /// Or what is wrong with the name or the password.
    login: Result<Login, ArgumentError>,
    account: Result<Option<Secret>, ArgumentError>,
    alternative_to_user: Option<String>,
    virtual_host: Result<Option<Argument>, ArgumentError>,
    client_name: Result<Option<Argument>, ArgumentError>,
    /// All but the login.
    pub(super) config: Config,
    login_timeout: Duration,
    audit: Option<Arc<dyn Audit>>,
    retry: Option<Retry>,
    connector: Option<A::Connector>,
    local: Bind,
    reach: Reach,
}

impl<A: Adapter> Builder<A> {
    /// Settings for a client of this host: explicit TLS on port 21, verified by the platform, anonymous.
    pub fn new(host: impl Into<String>) -> Self {
        let login = Login::anonymous();
        Self {
            host: host.into(),
            port: None,
            tls: None,
            server_name: None,
            config: Config::new(login.clone()),
            login: Ok(login),
            account: Ok(None),
            alternative_to_user: None,
            virtual_host: Ok(None),
            client_name: Ok(None),
            login_timeout: Duration::from_secs(120),
            audit: None,
            retry: None,
            connector: None,
            local: Bind::default(),
            reach: Reach::default(),
        }
    }

    /// Settings for the server of a URL, and for who logs in there. [`Url::path`] is for the calls.
    pub fn from_url(url: &Url) -> Self {
        let mut builder = Self::new(url.host()).port(url.port());
        builder.config.security = url.security();
        if let Some(user) = url.user() {
            let password = url.password().cloned().unwrap_or(Secret::known(""));
            builder.login = Ok(Login::new(user.clone(), password));
        }
        builder
    }

    /// TLS from the first byte, by default on port 990, instead of AUTH TLS on port 21.
    pub fn implicit(mut self) -> Self {
        self.config.security = Security::Implicit;
        self
    }

    /// The control connection's port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// Name and password. Without them the login is anonymous (RFC 1635).
    pub fn login(mut self, user: impl AsRef<[u8]>, password: impl AsRef<[u8]>) -> Self {
        self.login = Argument::new(user).and_then(|user| Ok(Login::new(user, Secret::new(password)?)));
        self
    }

    /// What to send where USER is refused, in its place: a command as it is typed. For servers that know who comes by a
    /// client certificate: `SITE AUTH` (Tumbleweed).
    pub fn alternative_to_user(mut self, command: &str) -> Self {
        self.alternative_to_user = Some(command.to_owned());
        self
    }

    /// The account, for servers that ask for one (ACCT).
    pub fn account(mut self, account: impl AsRef<[u8]>) -> Self {
        self.account = Secret::new(account).map(Some);
        self
    }

    /// Whom to trust, and everything else about TLS. By default the platform's verifier decides.
    pub fn tls(mut self, tls: TlsConfig) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The name that the server's certificate must be for, where it is not the host's: through a tunnel, or where the host
    /// is given by its address.
    pub fn server_name(mut self, name: impl Into<String>) -> Self {
        self.server_name = Some(name.into());
        self
    }

    /// Under which name the server was reached, for one that serves several (HOST, RFC 7151): sent over TLS, before the
    /// login. A server that refuses it is not logged in to.
    pub fn virtual_host(mut self, name: impl AsRef<[u8]>) -> Self {
        self.virtual_host = Argument::new(name).map(Some);
        self
    }

    /// Which program this is, for servers that want to know (CLNT, de facto): sent after the login where FEAT names CLNT.
    pub fn client_name(mut self, name: impl AsRef<[u8]>) -> Self {
        self.client_name = Argument::new(name).map(Some);
        self
    }

    /// Takes the server to have a way of its own, or not to have it, whichever server is recognised.
    pub fn quirk(mut self, quirk: Quirk, on: bool) -> Self {
        self.config.quirks = self.config.quirks.with(quirk, on);
        self
    }

    /// How long all of [`connect`](Self::connect) may take: the look-up of the name, the attempts to connect, TLS and the
    /// login. 2 minutes unless said otherwise.
    pub fn login_timeout(mut self, limit: Duration) -> Self {
        self.login_timeout = limit;
        self
    }

    /// How long the look-up of a name may take, and each attempt to connect, of either connection: 20 seconds unless said
    /// otherwise.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.config.timeouts.connect = limit;
        self
    }

    /// How long a reply or a handshake may take: 60 seconds unless said otherwise.
    pub fn reply_timeout(mut self, limit: Duration) -> Self {
        self.config.timeouts.reply = limit;
        self
    }

    /// How long no data may move while a transfer waits for the server: 60 seconds unless said otherwise.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.config.timeouts.idle = limit;
        self
    }

    /// Every time-out but [`login_timeout`](Self::login_timeout), in place of all that were set before.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.config.timeouts = timeouts;
        self
    }

    /// Which command lists a directory, on servers that do not keep what they announce.
    pub fn list_command(mut self, command: ListCommand) -> Self {
        self.config.list_command = command;
        self
    }

    /// The form of the server's LIST, where it cannot be told by its lines.
    pub fn list_family(mut self, family: Family) -> Self {
        self.config.list_family = Some(family);
        self
    }

    /// A form of LIST of the caller's own, which is tried before those that are known: the entry, if a line is of it.
    pub fn list_reader(mut self, read: impl Fn(&[u8]) -> Option<Entry> + Send + Sync + 'static) -> Self {
        self.config.list_reader = Some(LineReader::new(read));
        self
    }

    /// How many minutes the clock is ahead of UTC by which the server shows times in LIST, where that is known.
    pub fn list_offset(mut self, minutes: i16) -> Self {
        self.config.list_offset = Some(minutes);
        self
    }

    /// The charset of the server's names, where it is not UTF-8. Names are UTF-8 on this side then, in listings, replies and
    /// paths: see [`Encoding`].
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.config.encoding = Some(encoding);
        self
    }

    /// How much to take from a server: lines, replies, listings.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Whether commands are sent before the replies to earlier ones have come.
    pub fn pipelining(mut self, pipelining: Pipelining) -> Self {
        self.config.pipelining = pipelining;
        self
    }

    /// A transfer follows the login at once: its data connection is asked for together with that, on servers that are known to
    /// take it. One round trip less before the first byte. For those that follow there is `expect_more`, or `batch`.
    pub fn expect_transfer(mut self, expected: bool) -> Self {
        self.config.expect_transfer = expected;
        self
    }

    /// Whether a download's close_notify is sent right after the handshake.
    pub fn early_close(mut self, early_close: EarlyClose) -> Self {
        self.config.early_close = early_close;
        self
    }

    /// Transfers go over data connections alone that resume the control connection's TLS session, which proves that they lead
    /// to the same server; else they fail with [`Error::NotResumed`]. Off unless asked for: some servers give no tickets.
    pub fn require_resumption(mut self, require: bool) -> Self {
        self.config.require_resumption = require;
        self
    }

    /// Tells the server, where it takes that, that EPSV alone will ask for data connections (EPSV ALL; RFC 2428, section 4).
    /// Nothing else is fallen back to then.
    pub fn epsv_all(mut self, epsv_all: bool) -> Self {
        self.config.epsv_all = epsv_all;
        self
    }

    /// Opens the door to what gives protection up.
    pub fn dangerous(self) -> DangerousBuilder<A> {
        DangerousBuilder(self)
    }

    /// Who opens data connections: the client, unless said otherwise.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.config.mode = mode;
        self
    }

    /// Whether data connections are asked for with EPSV and EPRT (RFC 2428) before PASV and PORT: they are, unless said
    /// otherwise. Off is for a firewall that follows the old commands alone.
    pub fn extended(mut self, extended: bool) -> Self {
        self.config.extended = extended;
        self
    }

    /// Sends a NOOP where a transfer has left the control connection silent for so long, since firewalls forget idle
    /// connections. Off unless asked for; off for the session where the server refuses it.
    pub fn keepalive(mut self, after: Duration) -> Self {
        self.config.keepalive = Some(after);
        self
    }

    /// Connect to the address that a PASV reply names instead of the server's own. Only for networks that need it: that
    /// address may point anywhere (CVE-2020-8284).
    pub fn trust_pasv_address(mut self, trust: bool) -> Self {
        self.config.trust_pasv_address = trust;
        self
    }

    /// Has somebody told of each login, transfer, rename and deletion, however it ends, and of the SHA-256 of what passes.
    pub fn audit(mut self, audit: Arc<dyn Audit>) -> Self {
        self.audit = Some(audit);
        self
    }

    /// Has a transfer that fails for a reason that may pass go on: after a pause, where need be in a new session, and from
    /// where it was. Its reader or writer sees nothing of that. Off unless asked for.
    ///
    /// A download goes on where the last bytes that came are those that the server sends again; else it fails
    /// ([`Error::Mismatch`]). An upload goes on after what the server has of it, where the last of that is what was sent,
    /// and its size is compared at the end. What is sent to the end of another file ([`Put::append`]), or under a name of
    /// the server's choice, is tried again only as long as nothing was sent, and so is text.
    ///
    /// [`Put::append`]: crate::ops::Put::append
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Goes through a proxy with both connections. It looks the host up; active mode is not possible then.
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.reach.proxy = Some(proxy);
        self
    }

    /// Where both connections leave from: an address of this computer, or an interface ([`Bind::interface`]).
    /// By default the system chooses. A connector makes its own choice.
    pub fn bind(mut self, local: impl Into<Bind>) -> Self {
        self.local = local.into();
        self
    }

    /// Active mode: listen on a port of this range, say one that a firewall lets in. By default the system chooses one. Each
    /// data connection takes one that is free.
    pub fn active_ports(mut self, ports: RangeInclusive<u16>) -> Self {
        self.reach.ports = Some(ports);
        self
    }

    /// Active mode: tell the server to connect to this address, which leads here (NAT). By default it is the control
    /// connection's own on this side.
    pub fn external_address(mut self, address: impl Into<IpAddr>) -> Self {
        self.reach.external = Some(address.into());
        self
    }

    /// Makes both connections in the user's own way, say through a tunnel. It is given the host's name as it is; with a
    /// [`proxy`](Self::proxy), that one's.
    pub fn connector(mut self, connector: A::Connector) -> Self {
        self.connector = Some(connector);
        self
    }

    /// Connects, starts TLS and logs in.
    ///
    /// # Errors
    /// [`Error::Local`] for a name or password that cannot be sent, a host that is neither a name nor an address, or TLS
    /// that cannot be configured. [`Error::Connection`] for a connection or TLS that failed, [`Error::Refused`] for a
    /// login that was refused, [`Error::Timeout`].
    pub fn connect(&self) -> A::Connecting {
        A::connect(self)
    }

    /// Whether TLS is configured: [`prepare`](Self::prepare) has nothing to do.
    pub fn is_prepared(&self) -> bool {
        self.tls.is_some()
    }

    /// Configures TLS where that was not done, with the platform's verifier. The first time in a process this may read
    /// hundreds of certificates: an asynchronous adapter does it where blocking is allowed.
    ///
    /// # Errors
    /// [`Error::Local`] where the platform's certificates cannot be had.
    pub fn prepare(mut self) -> Result<Self, Error> {
        if self.tls.is_none() {
            self.tls = Some(platform()?);
        }
        Ok(self)
    }

    /// Begins to connect over an adapter's sockets, which are made with the connector, or leave from there.
    ///
    /// # Errors
    /// [`Error::Local`], as for [`connect`](Self::connect).
    pub fn open<N: Net>(
        &self,
        net: impl FnOnce(Option<A::Connector>, Bind) -> N,
    ) -> Result<Opening<N>, Error> {
        let name = self.server_name.as_ref().unwrap_or(&self.host);
        let name = ServerName::try_from(name.clone()).map_err(|_| {
            Local::Configuration(format!("{name:?} is neither a host name nor an IP address"))
        })?;
        let tls = match &self.tls {
            Some(tls) => tls.clone(),
            None => platform()?,
        };
        let login = Login { account: self.account.clone()?, ..self.login.clone()? };
        let (virtual_host, client_name) = (self.virtual_host.clone()?, self.client_name.clone()?);
        let alternative_to_user = self.alternative_to_user.as_deref().map(raw).transpose()?;
        let config = Config { login, alternative_to_user, virtual_host, client_name, ..self.config.clone() };
        let audit = self.audit.clone();
        let auditor = audit.map(|audit| Auditor::new(audit, config.login.user.clone(), self.host.clone()));
        let origin = Origin {
            tls,
            name,
            host: self.host.clone(),
            port: self.port.unwrap_or(config.security.port()),
            reach: self.reach.clone(),
            limit: self.login_timeout,
            retry: self.retry.clone(),
            auditor,
            config,
        };
        Ok(Arc::new(origin).open(net(self.connector.clone(), self.local.clone())))
    }
}

/// A command as it is typed, of those that can be sent so.
fn raw(text: &str) -> Result<Command, Error> {
    let command = Command::parse(text)?;
    match command.verb() {
        verb if verb.changes_conversation() => Err(Local::Forbidden(verb).into()),
        _ => Ok(command),
    }
}

/// TLS that the platform's verifier decides over.
fn platform() -> Result<TlsConfig, Error> {
    Ok(TlsConfig::builder().build().map_err(|error| Local::Configuration(error.to_string()))?)
}

impl<A: Adapter> fmt::Debug for Builder<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("host", &self.host).field("port", &self.port).finish_non_exhaustive()
    }
}
