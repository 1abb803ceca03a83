//! TLS over rustls: configuration, a ticket store private to one FTP session, and the record engine of one
//! connection. It moves no bytes itself and is the only module that knows rustls.
//!
//! A [`TlsConfig`] is built once. Each FTP session takes a [`TlsSession`] from it, and each of its connections
//! an [`Engine`]: the control connection by [`Engine::control`], every data connection by [`Engine::data`], which
//! offers to resume the control connection's TLS session, as most servers demand.

mod alert;
mod certificate;
mod config;
pub mod danger;
mod engine;
mod error;
mod identity;
mod link;
mod pin;
mod records;
mod refused;
mod roots;
mod same;
mod store;
mod tail;
mod trust;

pub use certificate::CertificateInfo;
pub use config::{ConfigError, Pem, TlsConfig, TlsConfigBuilder, TlsSession, Version};
pub use engine::{Engine, Event};
pub use error::TlsError;
pub use link::{Link, LinkNeed};
pub use pin::{Pin, PinError};
pub use refused::{CertificateProblem, RefusedCertificate};
/// The rustls of [`TlsConfig::from_rustls`] and [`TlsConfigBuilder::provider`].
pub use rustls;
pub use rustls::pki_types::ServerName;
