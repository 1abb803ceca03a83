//! A record of what was done, for those who have to keep one: each login, transfer, rename and deletion, however it ended.

use std::fmt;
use std::sync::Arc;

use rustls::{CipherSuite, ProtocolVersion};

use super::driver::Driver;
use super::lease::{Lease, Leased};
use super::net::{Endpoint, Net};
use crate::codec::{Algorithm, Argument, Class, Hash, Reply, Timestamp};
use crate::error::Error;
use crate::ops::Transferred;
use crate::session::{Deed, DeedAct};
use crate::tls::{CertificateInfo, Engine, Pin};

/// Keeps a record.
///
/// It is told before the caller is: a client's call returns, and a transfer's reader or writer tells its end, after that. So
/// one that writes to a disk, and waits until that has it, never misses what a program has said to be done. It is called
/// where the client is polled, also by drops, so what it waits for holds up what else runs there.
pub trait Audit: Send + Sync {
    /// Something has been done, or has failed.
    fn record(&self, record: &Record<'_>);
}

/// What was done, or was to be. No secret is in it: what a server repeats of one in a reply is `***`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record<'a> {
    /// When it ended, UTC, by the system's clock.
    pub time: Option<Timestamp>,
    /// What it was.
    pub act: Act,
    /// How it ended.
    pub outcome: Outcome,
    /// Who is logged in, or was to be.
    pub user: &'a Argument,
    /// The host, as the builder was told.
    pub host: &'a str,
    /// Where the control connection goes, once there is one.
    pub address: Option<&'a Endpoint>,
    /// The SHA-256 of the server's certificate, once TLS has shown it.
    pub certificate: Option<Pin>,
    /// The control connection's version of TLS.
    pub tls_version: Option<ProtocolVersion>,
    /// Its cipher suite.
    pub cipher_suite: Option<CipherSuite>,
    /// The file or directory, as it was sent to the server.
    pub path: Option<&'a Argument>,
    /// Its new name.
    pub to: Option<&'a Argument>,
    /// How many bytes have passed.
    pub bytes: Option<u64>,
    /// The SHA-256 of those bytes.
    pub sha256: Option<Hash>,
    /// The server's final reply, where one came.
    pub reply: Option<&'a Reply>,
    /// What has gone wrong.
    pub error: Option<&'a Error>,
}

/// What a [`Record`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Act {
    /// A session was opened: connection, TLS, login.
    Login,
    /// A file came from the server.
    Download,
    /// A file went to the server.
    Upload,
    /// A file or directory got another name (RNFR, RNTO).
    Rename,
    /// A file or directory was deleted (DELE, RMD, RMDA, SITE RMDIR).
    Delete,
}

impl Act {
    /// In one word, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Download => "download",
            Self::Upload => "upload",
            Self::Rename => "rename",
            Self::Delete => "delete",
        }
    }
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// It was done, and the server has confirmed it.
    Done,
    /// It was not, or only in part: refused, cut, or given up on this side.
    Failed,
    /// The server was asked, and never answered.
    Unknown,
}

impl Outcome {
    /// In one word, in lower case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Tells `tracing`: an event for each record, at level info and target `ftps::audit`.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, Debug)]
pub struct Traced;

#[cfg(feature = "tracing")]
impl Audit for Traced {
    fn record(&self, record: &Record<'_>) {
        tracing::info!(
            target: "ftps::audit",
            act = record.act.as_str(),
            outcome = record.outcome.as_str(),
            user = %record.user,
            host = record.host,
            address = record.address.map(display),
            certificate = record.certificate.as_ref().map(display),
            tls = record.tls_version.map(debug),
            suite = record.cipher_suite.map(debug),
            path = record.path.map(display),
            to = record.to.map(display),
            bytes = record.bytes,
            sha256 = record.sha256.map(display),
            reply = record.reply.map(display),
            error = record.error.map(|error| display(format!("{error:#}"))),
        );
    }
}

/// Who is told, and of whom.
#[derive(Clone)]
pub(super) struct Auditor {
    audit: Arc<dyn Audit>,
    user: Argument,
    host: String,
}

impl Auditor {
    pub(super) fn new(audit: Arc<dyn Audit>, user: Argument, host: String) -> Box<Self> {
        Box::new(Self { audit, user, host })
    }

    /// Somebody else is logged in.
    pub(super) fn set_user(&mut self, user: Argument) {
        self.user = user;
    }

    /// A record without what a session would add.
    fn blank(&self, time: Option<Timestamp>, act: Act, outcome: Outcome) -> Record<'_> {
        Record {
            time,
            act,
            outcome,
            user: &self.user,
            host: &self.host,
            address: None,
            certificate: None,
            tls_version: None,
            cipher_suite: None,
            path: None,
            to: None,
            bytes: None,
            sha256: None,
            reply: None,
            error: None,
        }
    }

    /// No connection came about.
    pub(super) fn not_connected(&self, time: Option<Timestamp>, error: Option<&Error>) {
        let blank = self.blank(time, Act::Login, Outcome::Failed);
        self.audit.record(&Record { error, ..blank });
    }
}

impl fmt::Debug for Auditor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Auditor").field("user", &self.user).field("host", &self.host).finish_non_exhaustive()
    }
}

/// What a driver adds to a record.
#[derive(Default)]
pub(super) struct Told<'a> {
    pub(super) path: Option<&'a Argument>,
    pub(super) to: Option<&'a Argument>,
    pub(super) bytes: Option<u64>,
    pub(super) sha256: Option<Hash>,
    pub(super) reply: Option<&'a Reply>,
    pub(super) error: Option<&'a Error>,
}

impl<N: Net> Driver<N> {
    /// Whether somebody is told.
    pub(super) fn is_audited(&self) -> bool {
        self.auditor.is_some()
    }

    /// Tells what was done, with what is known of the session.
    pub(super) fn record(&self, act: Act, outcome: Outcome, told: Told<'_>) {
        let Some(auditor) = &self.auditor else { return };
        let Told { path, to, bytes, sha256, reply, error } = told;
        let tls = self.control_tls();
        let certificate = tls.and_then(|tls| tls.peer_certificates().first());
        auditor.audit.record(&Record {
            address: Some(self.peer()),
            certificate: certificate.map(|der| CertificateInfo::from_der(der).fingerprint()),
            tls_version: tls.and_then(Engine::version),
            cipher_suite: tls.and_then(Engine::cipher_suite),
            path,
            to,
            bytes,
            sha256,
            reply: reply.or(error.and_then(Error::reply)),
            error,
            ..auditor.blank(self.net.date(), act, outcome)
        });
    }

    /// The session was opened; or was not, for this reason or because it was given up.
    pub(super) fn record_login(&self, login: Result<(), Option<&Error>>) {
        let reply = self.session().login_reply().filter(|_| login.is_ok());
        let outcome = if login.is_ok() { Outcome::Done } else { Outcome::Failed };
        let error = login.err().flatten();
        self.record(Act::Login, outcome, Told { reply, error, ..Told::default() });
    }

    /// Tells what was renamed and deleted since it was told last.
    pub(super) fn record_deeds(&mut self) {
        if !self.is_audited() {
            return;
        }
        while let Some(Deed { act, path, reply }) = self.link.take_deed() {
            let outcome = match reply.as_ref().map(|reply| reply.code().class()) {
                Some(Class::Completion) => Outcome::Done,
                Some(_) => Outcome::Failed,
                None => Outcome::Unknown,
            };
            let (act, to) = match &act {
                DeedAct::Rename(to) => (Act::Rename, to.as_ref()),
                DeedAct::Delete => (Act::Delete, None),
            };
            let told = Told { path: Some(&path), to, reply: reply.as_ref(), ..Told::default() };
            self.record(act, outcome, told);
        }
    }
}

impl<L: Lease> Leased<L> {
    /// The transfer has ended, or is given up.
    pub(super) fn record_transfer(&mut self, ended: Option<Result<&Transferred, &Error>>) {
        let Some((act, path)) = self.transfer.take() else { return };
        let (driver, tally) = self.parts();
        let done = ended.and_then(Result::ok);
        let named = done.and_then(|done| Argument::new(done.name.as_ref()?.as_bytes()).ok());
        let told = Told {
            path: path.as_ref().or(named.as_ref()),
            bytes: Some(tally.bytes()),
            sha256: tally.hash(Algorithm::Sha256),
            reply: done.map(|done| &done.reply),
            error: ended.and_then(Result::err),
            ..Told::default()
        };
        driver.record(act, if done.is_some() { Outcome::Done } else { Outcome::Failed }, told);
    }
}

/// What the server has not answered by now it never will.
impl<N: Net> Drop for Driver<N> {
    fn drop(&mut self) {
        self.link.give_deeds_up();
        self.record_deeds();
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests {
    use std::fmt::Debug;
    use std::sync::Mutex;

    use tracing::field::{Field, Visit};
    use tracing::{Event, Metadata, Subscriber, span};

    use super::*;
    use crate::codec::Code;

    #[derive(Clone, Default)]
    struct Said(Arc<Mutex<Vec<String>>>);

    impl Visit for Said {
        fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
            if let Ok(mut fields) = self.0.lock() {
                fields.push(format!("{field}={value:?}"));
            }
        }
    }

    impl Subscriber for Said {
        fn enabled(&self, metadata: &Metadata<'_>) -> bool {
            metadata.target() == "ftps::audit"
        }

        fn event(&self, event: &Event<'_>) {
            event.record(&mut self.clone());
        }

        fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
            span::Id::from_u64(1)
        }

        fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

        fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

        fn enter(&self, _: &span::Id) {}

        fn exit(&self, _: &span::Id) {}
    }

    #[test]
    fn tracing_is_told_what_there_is_and_no_more() {
        let said = Said::default();
        let user = Argument::new("user").unwrap();
        let auditor = Auditor::new(Arc::new(Traced), user, "ftp.example.com".into());
        let path = Argument::new("a\u{202e}b").unwrap();
        let reply = Reply::new(Code::new(226).unwrap(), "done");
        tracing::subscriber::with_default(said.clone(), || {
            let blank = auditor.blank(None, Act::Upload, Outcome::Done);
            auditor.audit.record(&Record { path: Some(&path), bytes: Some(5), reply: Some(&reply), ..blank });
        });
        let said = said.0.lock().unwrap().join(" ");
        assert_eq!(
            said,
            "act=\"upload\" outcome=\"done\" user=user host=\"ftp.example.com\" path=a\\u{202e}b bytes=5 reply=226 done"
        );
    }
}
