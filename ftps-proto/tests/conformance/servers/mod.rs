//! The real servers, as `.ci/servers env` tells of them: vsftpd and ProFTPD as they come, session reuse required,
//! Pure-FTPd and pyftpdlib.
//!
//! Each case runs on every server, explicit and implicit, with TLS 1.3 and 1.2, by EPSV, PASV and in active mode, and has
//! each time a session and a directory of its own.

mod calls;
mod commands;
mod control;
mod difficult;
mod faults;
mod files;
mod names;
mod proxies;
mod simple;
mod transfers;
mod variants;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ftps_proto::codec::Verb;
use ftps_proto::drive::{Builder, Proxy};
use ftps_proto::tls::{TlsConfig, TlsConfigBuilder, Version};
use ftps_proto::{Error, Mode, Url};

use crate::subject::Subject;
use crate::table;

pub const MIB: usize = 1 << 20;

/// How data connections are asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Route {
    Epsv,
    Pasv,
    Active,
}

/// A server, and one of the ways to use it.
#[derive(Clone, Debug)]
pub struct Site {
    pub server: String,
    host: String,
    port: u16,
    pub version: Version,
    pub route: Route,
}

impl Site {
    /// Its address as a URL says it, with a login that is wrong.
    pub fn stranger(&self) -> Url {
        let scheme = if self.is_implicit() { "ftps" } else { "ftpes" };
        format!("{scheme}://user:wrong@{}:{}/", self.host, self.port).parse().unwrap()
    }

    /// Whether it is used as most are: explicitly, with TLS 1.3, by EPSV.
    pub fn is_plainest(&self) -> bool {
        !self.is_implicit() && self.version == Version::Tls13 && self.route == Route::Epsv
    }

    /// Whether it gives tickets, so that every data connection resumes.
    pub fn gives_tickets(&self) -> bool {
        !(self.is("pure-ftpd") && self.version == Version::Tls13)
    }

    fn is_implicit(&self) -> bool {
        self.server.ends_with("-implicit")
    }

    /// Whether this is one of the servers of that name, explicit or implicit.
    pub fn is(&self, name: &str) -> bool {
        self.server.starts_with(name)
    }

    /// TLS that trusts the tests' authority.
    pub fn tls(&self) -> TlsConfigBuilder {
        TlsConfig::builder().ca_pem(fs::read(var("CA")).unwrap()).versions(&[self.version])
    }

    pub fn builder<S: Subject>(&self) -> Builder<S::Adapter> {
        let builder = Builder::new(&self.host)
            .port(self.port)
            .login(var("USER"), var("PASSWORD"))
            .tls(self.tls().build().unwrap())
            .connect_timeout(Duration::from_secs(20))
            .extended(self.route != Route::Pasv)
            .mode(if self.route == Route::Active { Mode::Active } else { Mode::Passive });
        if self.is_implicit() { builder.implicit() } else { builder }
    }

    /// Servers end the session where a data connection is reset before they have taken in the last of its handshake.
    /// Whether this may happen: the client sees to the rest of a handshake that has begun, but under TLS 1.3 nothing tells
    /// it that its last message has come, and in active mode the server may be there before the handshake has begun.
    fn may_lose_its_session(&self) -> bool {
        self.version == Version::Tls13 || self.route == Route::Active
    }

    /// Whether it takes an upload whose data connection is reset for one that has come to its end. The client has not said so
    /// to anybody: to it, the upload was given up.
    pub fn confirms_what_is_reset(&self) -> bool {
        let confirms = self.is("pyftpdlib");
        if confirms {
            self.cannot("telling an upload that is reset from a whole one: it says 226 to both");
        }
        confirms
    }

    /// It was found not to do this.
    pub fn cannot(&self, what: &str) {
        table::cannot(&self.server, what);
    }
}

fn var(name: &str) -> String {
    let name = format!("FTPS_TEST_{name}");
    std::env::var(&name).unwrap_or_else(|_| panic!("{name} is not set"))
}

/// Names and addresses, as a variable lists them.
fn listed(name: &str) -> Vec<(String, String, u16)> {
    let listed = var(name);
    let each = listed.split_whitespace().map(|server| {
        let (name, address) = server.split_once('=').unwrap();
        let (host, port) = address.rsplit_once(':').expect("host:port");
        (name.to_owned(), host.trim_matches(['[', ']']).to_owned(), port.parse().unwrap())
    });
    each.collect()
}

/// The proxy of this name.
pub fn proxy(name: &str) -> Proxy {
    let (name, host, port) = listed("PROXIES").into_iter().find(|(found, ..)| found == name).unwrap();
    let proxy = if name.starts_with("http") { Proxy::http(host, port) } else { Proxy::socks5(host, port) };
    match name.ends_with("-login") {
        true => proxy.login(var("USER"), var("PASSWORD")).unwrap(),
        false => proxy,
    }
}

/// The variant of this name, with TLS 1.3 and by EPSV.
pub fn variant(name: &str) -> Site {
    let (server, host, port) = listed("VARIANTS").into_iter().find(|(found, ..)| found == name).unwrap();
    Site { server, host, port, version: Version::Tls13, route: Route::Epsv }
}

/// A certificate of the tests' authority for a client, with its key, as PEM.
pub fn certificate(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(var("CERTIFICATES")).join(name).with_extension("pem")).unwrap()
}

/// Every server in every way.
fn sites() -> Vec<Site> {
    let servers = listed("SERVERS");
    let mut sites = Vec::new();
    for (server, host, port) in &servers {
        let implicit = format!("{}-implicit", server.trim_end_matches("-implicit"));
        if !servers.iter().any(|(server, ..)| *server == implicit) {
            table::cannot(server, "implicit TLS: it has none");
        }
        for version in [Version::Tls13, Version::Tls12] {
            for route in [Route::Epsv, Route::Pasv, Route::Active] {
                let (server, host) = (server.clone(), host.clone());
                sites.push(Site { server, host, port: *port, version, route });
            }
        }
    }
    assert!(!sites.is_empty(), "FTPS_TEST_SERVERS names no server");
    sites
}

/// A directory on the server that this process makes; gone with the case.
pub struct Directory {
    pub name: String,
    pub path: PathBuf,
}

impl Directory {
    /// In the directory where every login begins, for everyone to write to.
    fn new() -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("conformance-{}-{}", std::process::id(), MADE.fetch_add(1, Ordering::Relaxed));
        let path = PathBuf::from(var("HOME")).join(&name);
        fs::create_dir(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        fs::set_permissions(&path, Permissions::from_mode(0o777)).unwrap();
        Self { name, path }
    }

    /// What the server has stored under a name.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path.join(name)).unwrap()
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path.join(name), content).unwrap();
    }

    pub fn has(&self, name: &str) -> bool {
        fs::symlink_metadata(self.path.join(name)).is_ok()
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// What a case works with.
pub struct Bench<S> {
    pub site: Site,
    pub client: S,
    /// Its working directory.
    pub directory: Directory,
}

impl<S: Subject> Bench<S> {
    pub fn new(site: Site, builder: &Builder<S::Adapter>) -> Self {
        let mut client = S::connect(builder).unwrap_or_else(|error| panic!("{site:?}: {error}"));
        let directory = Directory::new();
        client.set_current_dir(&directory.name).unwrap();
        Self { site, client, directory }
    }

    /// The next command, and the one after it, get their own replies.
    pub fn goes_on(&mut self) {
        self.tries_to_go_on().unwrap_or_else(|error| panic!("{error}"));
    }

    fn tries_to_go_on(&mut self) -> Result<(), Error> {
        let known = "a file whose size no other reply has";
        self.directory.write(known, [0; 12_347]);
        assert_eq!(self.client.size(known)?, 12_347, "another reply");
        let path = self.client.current_dir().unwrap();
        assert!(path.ends_with(self.directory.name.as_bytes()), "{path:?}");
        assert!(self.client.is_usable());
        fs::remove_file(self.directory.path.join(known)).unwrap();
        Ok(())
    }

    /// After a data connection was given up at its very beginning: the same; or the session says that the server has ended
    /// it, where that may be, and a new one begins.
    pub fn goes_on_or_begins_anew(&mut self) {
        let Err(error) = self.tries_to_go_on() else { return };
        assert!(self.site.may_lose_its_session(), "{error}");
        assert!(!self.client.is_usable(), "{error}");
        self.site.cannot("a session after a data connection that was reset as it began: it may end there");
        self.client = S::connect(&self.site.builder::<S>()).unwrap();
        self.client.set_current_dir(&self.directory.name).unwrap();
        self.goes_on();
    }
}

/// Runs a case on every site that is wanted.
pub fn everywhere<S: Subject>(name: &str, wanted: fn(&Site) -> bool, case: fn(Bench<S>)) {
    for site in sites().into_iter().filter(wanted) {
        let _at = At(format!("{} {site:?}", S::NAME));
        let (server, builder) = (site.server.clone(), site.builder::<S>());
        case(Bench::new(site, &builder));
        table::passed(name, S::NAME, &server);
    }
}

/// Says where a case has failed.
struct At(String);

impl Drop for At {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("it failed with {}", self.0);
        }
    }
}

/// What an error says was refused: the command and the code.
pub fn refused(error: Error) -> (Verb, u16) {
    match error {
        Error::Refused(refused) => (refused.verb.expect("a command"), refused.reply.code().get()),
        error => panic!("not refused: {error}"),
    }
}

/// Bytes that differ from seed to seed, and from place to place within more than a mebibyte: no number of whole records
/// or buffers later they are the same.
pub fn bytes(seed: usize, len: usize) -> Vec<u8> {
    static BLOCK: OnceLock<Vec<u8>> = OnceLock::new();
    let block = BLOCK.get_or_init(|| {
        let mut state = 1_u64;
        let next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as u8
        };
        std::iter::repeat_with(next).take(1_048_583).collect()
    });
    let mut bytes = block[seed * 1009 % block.len()..].to_vec();
    while bytes.len() < len {
        bytes.extend_from_slice(block);
    }
    bytes.truncate(len);
    bytes
}
