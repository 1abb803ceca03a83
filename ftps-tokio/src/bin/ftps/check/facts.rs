//! What is found out about a server, for people and for programs.

use std::fmt;

use ftps_tokio::codec::Timestamp;
use ftps_tokio::tls::{CertificateInfo, Engine, rustls::ProtocolVersion};
use serde::Serialize;

use crate::json::What;

/// What TLS came to.
#[derive(Debug, Serialize)]
pub(crate) struct Tls {
    version: String,
    suite: Option<String>,
    group: Option<String>,
    alpn: Option<String>,
}

impl Tls {
    pub(crate) fn of(engine: &Engine) -> Self {
        // Their names are those of the registry, but for TLS 1.3's suites.
        let suite = engine.cipher_suite().map(|suite| format!("{suite:?}").replace("TLS13_", "TLS_"));
        Self {
            version: match engine.version() {
                Some(ProtocolVersion::TLSv1_2) => "1.2".into(),
                Some(ProtocolVersion::TLSv1_3) => "1.3".into(),
                _ => "?".into(),
            },
            suite,
            group: engine.key_exchange_group().map(|group| format!("{group:?}")),
            alpn: engine.alpn().map(|protocol| ftps_tokio::codec::Name::from(protocol).to_string()),
        }
    }
}

impl fmt::Display for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TLS {}", self.version)?;
        for part in [&self.suite, &self.group].into_iter().flatten() {
            write!(f, ", {part}")?;
        }
        match &self.alpn {
            Some(protocol) => write!(f, ", ALPN {protocol}"),
            None => f.write_str(", no ALPN"),
        }
    }
}

/// What the server's certificate says.
#[derive(Debug, Serialize)]
pub(super) struct Certificate {
    pub(super) names: Vec<String>,
    pub(super) subject: String,
    pub(super) issuer: String,
    pub(super) not_before: Option<String>,
    pub(super) not_after: Option<String>,
    pub(super) verified: bool,
    pub(super) key_pin: Option<String>,
    pub(super) certificate_pin: String,
}

impl Certificate {
    pub(super) fn new(info: &CertificateInfo, verified: bool) -> Self {
        let time = |time: Option<Timestamp>| time.map(|time| format!("{time}Z").replace(' ', "T"));
        Self {
            names: info.names.clone(),
            subject: info.subject.clone(),
            issuer: info.issuer.clone(),
            not_before: time(info.not_before),
            not_after: time(info.not_after),
            verified,
            key_pin: info.key_pin().map(|pin| pin.to_string()),
            certificate_pin: info.fingerprint().to_string(),
        }
    }
}

/// What a listing over a data connection came to.
#[derive(Debug, Serialize)]
pub(super) struct Listing {
    pub(super) entries: u64,
    pub(super) unparsed: u64,
    /// How the data connection was asked for.
    pub(super) command: String,
    pub(super) resumed: Option<bool>,
    pub(super) seconds: f64,
}

/// All of it, as JSON.
#[derive(Debug, Default, Serialize)]
pub(super) struct Facts {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) address: Option<String>,
    pub(super) greeting: Option<String>,
    pub(super) server: Option<String>,
    pub(super) tls: Option<Tls>,
    pub(super) certificate: Option<Certificate>,
    pub(super) features: Option<Vec<String>>,
    pub(super) listing: Option<Listing>,
    /// Seconds.
    pub(super) round_trip: Option<f64>,
}

/// How well something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Ok,
    /// Nothing is wrong, but it could be better.
    Note,
    Failed,
}

/// One thing that was looked at: that it is well, or what to do.
#[derive(Debug, Serialize)]
pub(super) struct Line {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) text: String,
}

/// The page, as JSON.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    #[serde(flatten)]
    pub(super) facts: &'a Facts,
    pub(super) checks: &'a [Line],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) error: Option<What<'a>>,
}
