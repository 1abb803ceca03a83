//! Whom to trust, who we are, and what of it one FTP session shares.

use std::fmt;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::danger::{AcceptAny, DangerousTlsConfigBuilder};
use super::store::{Role, TicketStore};

/// A TLS version that may be negotiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// How to secure FTP sessions. Cheap to clone.
#[derive(Clone)]
pub struct TlsConfig {
    config: Arc<ClientConfig>,
}

impl TlsConfig {
    /// Starts from the defaults: the platform's trusted authorities, TLS 1.3 and 1.2, ALPN `ftp`, no client
    /// certificate, no key log, and the cryptography that the crate's features chose.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder::default()
    }

    /// Takes the caller's own configuration as it is, but for what belongs to one FTP session:
    /// [`session`](Self::session) clones it with a store of its own for resumption, secret extraction on (the
    /// engine protects TLS 1.3 records itself) and early data off.
    pub fn from_rustls(config: Arc<ClientConfig>) -> Self {
        Self { config }
    }

    /// What the connections of one FTP session share. Servers that demand resumption refuse tickets of another
    /// FTP session, so each session gets a ticket store of its own.
    pub fn session(&self) -> TlsSession {
        let store = Arc::new(TicketStore::new(Arc::clone(&self.config.time_provider)));
        let of = |role| {
            let mut config = ClientConfig::clone(&self.config);
            config.resumption = Resumption::store(Arc::new(store.view(role)));
            config.enable_secret_extraction = true;
            config.enable_early_data = false;
            Arc::new(config)
        };
        TlsSession { control: of(Role::Control), data: of(Role::Data), store: Arc::clone(&store) }
    }
}

impl fmt::Debug for TlsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfig").field("alpn", &self.config.alpn_protocols.len()).finish_non_exhaustive()
    }
}

/// The TLS state of one FTP session, shared by its control and data connections. Cheap to clone.
#[derive(Clone)]
pub struct TlsSession {
    pub(super) control: Arc<ClientConfig>,
    pub(super) data: Arc<ClientConfig>,
    pub(super) store: Arc<TicketStore>,
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession").field("store", &self.store).finish_non_exhaustive()
    }
}

/// Builds a [`TlsConfig`]. Errors are reported by [`build`](Self::build).
#[derive(Default)]
pub struct TlsConfigBuilder {
    authorities: Vec<Vec<u8>>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    versions: Option<Vec<Version>>,
    provider: Option<Arc<CryptoProvider>>,
    pub(super) accept_any: bool,
}

impl fmt::Debug for TlsConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigBuilder")
            .field("authorities", &self.authorities.len())
            .field("client_auth", &self.client.is_some())
            .field("versions", &self.versions)
            .field("accept_any", &self.accept_any)
            .finish_non_exhaustive()
    }
}

impl TlsConfigBuilder {
    /// Trusts the certificate authorities in this PEM text. Once any is given, only the given ones are trusted,
    /// not the platform's.
    #[must_use]
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(pem.as_ref().to_vec());
        self
    }

    /// Presents this certificate (its chain, leaf first) with this private key to servers that ask for one.
    #[must_use]
    pub fn client_auth_pem(mut self, chain: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Self {
        self.client = Some((chain.as_ref().to_vec(), key.as_ref().to_vec()));
        self
    }

    /// Negotiates only these versions. Default: both.
    #[must_use]
    pub fn versions(mut self, versions: &[Version]) -> Self {
        self.versions = Some(versions.to_vec());
        self
    }

    /// Uses this cryptography instead of what the crate's features chose.
    #[must_use]
    pub fn provider(mut self, provider: Arc<CryptoProvider>) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Opens the door to what makes TLS less safe.
    #[must_use]
    pub fn dangerous(self) -> DangerousTlsConfigBuilder {
        DangerousTlsConfigBuilder(self)
    }

    /// Builds the configuration.
    ///
    /// # Errors
    /// Says which of the given parts cannot be used.
    pub fn build(self) -> Result<TlsConfig, ConfigError> {
        let provider = self.provider.or_else(default_provider).ok_or(ConfigError::NoProvider)?;
        let versions: Vec<_> = match &self.versions {
            None => rustls::DEFAULT_VERSIONS.to_vec(),
            Some(versions) if versions.is_empty() => return Err(ConfigError::NoVersion),
            Some(versions) => versions
                .iter()
                .map(|version| match version {
                    Version::Tls12 => &rustls::version::TLS12,
                    Version::Tls13 => &rustls::version::TLS13,
                })
                .collect(),
        };
        let verifier: Arc<dyn ServerCertVerifier> = if self.accept_any {
            Arc::new(AcceptAny(Arc::clone(&provider)))
        } else if self.authorities.is_empty() {
            Arc::new(
                rustls_platform_verifier::Verifier::new(Arc::clone(&provider))
                    .map_err(ConfigError::Platform)?,
            )
        } else {
            let mut roots = RootCertStore::empty();
            for (index, pem) in self.authorities.iter().enumerate() {
                for certificate in certificates(pem, Pem::Ca(index))? {
                    roots.add(certificate).map_err(|source| ConfigError::Ca { index, source })?;
                }
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| ConfigError::Rustls(rustls::Error::General(error.to_string())))?
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(ConfigError::Rustls)?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match &self.client {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => {
                let chain = certificates(chain, Pem::Client)?;
                let key = PrivateKeyDer::from_pem_slice(key)
                    .map_err(|error| ConfigError::Pem { pem: Pem::ClientKey, reason: error.to_string() })?;
                builder.with_client_auth_cert(chain, key).map_err(ConfigError::ClientAuth)?
            }
        };
        config.alpn_protocols = vec![b"ftp".to_vec()];
        Ok(TlsConfig { config: Arc::new(config) })
    }
}

fn certificates(text: &[u8], pem: Pem) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let found: Vec<_> = CertificateDer::pem_slice_iter(text)
        .collect::<Result<_, _>>()
        .map_err(|error| ConfigError::Pem { pem, reason: error.to_string() })?;
    if found.is_empty() {
        return Err(ConfigError::Pem { pem, reason: "no certificate in it".into() });
    }
    Ok(found)
}

fn default_provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc-rs")]
    return Some(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
    #[cfg(all(feature = "ring", not(feature = "aws-lc-rs")))]
    return Some(Arc::new(rustls::crypto::ring::default_provider()));
    #[cfg(not(any(feature = "ring", feature = "aws-lc-rs")))]
    return CryptoProvider::get_default().cloned();
}

/// Which of the given PEM texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pem {
    /// The n-th text given to [`TlsConfigBuilder::ca_pem`], counted from 0.
    Ca(usize),
    /// The certificate chain given to [`TlsConfigBuilder::client_auth_pem`].
    Client,
    /// The key given to [`TlsConfigBuilder::client_auth_pem`].
    ClientKey,
}

impl fmt::Display for Pem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ca(index) => write!(f, "the certificate authorities' PEM number {}", index + 1),
            Self::Client => f.write_str("the client certificate's PEM"),
            Self::ClientKey => f.write_str("the client key's PEM"),
        }
    }
}

/// Why a [`TlsConfig`] cannot be built.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the feature `aws-lc-rs` nor `ring` is on, no provider was given, and the process has no default.
    NoProvider,
    /// [`TlsConfigBuilder::versions`] was given none.
    NoVersion,
    /// A PEM text cannot be used.
    Pem {
        /// Which one.
        pem: Pem,
        /// Why.
        reason: String,
    },
    /// A certificate in a PEM text of authorities cannot be one.
    Ca {
        /// The n-th text given to [`TlsConfigBuilder::ca_pem`], counted from 0.
        index: usize,
        /// What rustls says.
        source: rustls::Error,
    },
    /// The client certificate and its key cannot be used, together or at all.
    ClientAuth(rustls::Error),
    /// The platform's trusted authorities cannot be loaded.
    Platform(rustls::Error),
    /// rustls does not take the provider, the versions or the authorities.
    Rustls(rustls::Error),
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProvider => f.write_str(
                "no cryptography: turn on the feature `aws-lc-rs` or `ring`, or give the builder a provider",
            ),
            Self::NoVersion => f.write_str("no TLS version is allowed"),
            Self::Pem { pem, reason } => write!(f, "{pem} cannot be used: {reason}"),
            Self::Ca { index, source } => write!(f, "{} cannot be used: {source}", Pem::Ca(*index)),
            Self::ClientAuth(source) => write!(f, "the client certificate and key cannot be used: {source}"),
            Self::Platform(source) => {
                write!(f, "the platform's trusted authorities cannot be loaded: {source}")
            }
            Self::Rustls(source) => write!(f, "rustls refuses the configuration: {source}"),
        }
    }
}

impl std::error::Error for ConfigError {}
