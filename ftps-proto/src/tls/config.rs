//! Whom to trust, who we are, and what of it one FTP session shares.

use std::fmt;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, KeyLog};

use super::Pin;
use super::danger::DangerousTlsConfigBuilder;
use super::error::words;
use super::identity::{certificates, identity};
use super::roots::Roots;
use super::same::Same;
use super::store::{Groups, Role, TicketStore};
use super::trust::Trust;

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
    groups: Arc<Groups>,
    /// Where data connections have to show the control connection's certificate.
    same: Option<Arc<Trust>>,
}

impl TlsConfig {
    /// Starts from the defaults: the platform's trusted authorities, TLS 1.3 and 1.2, ALPN `ftp`, no client
    /// certificate, no key log, and the cryptography that the crate's features chose, with P-256 as the key exchange group
    /// that is offered first: FTP servers know it, while each handshake costs a round trip more where they do not know the
    /// first one (vsftpd and Pure-FTPd know no other). The other groups are offered all the same, with aws-lc-rs the
    /// post-quantum X25519MLKEM768 too, for servers that ask for it. A [`provider`](TlsConfigBuilder::provider) whose first
    /// group is SECP256R1MLKEM768 prefers post-quantum security, and costs no round trip with servers that know P-256 alone.
    pub fn builder() -> TlsConfigBuilder {
        TlsConfigBuilder::default()
    }

    /// Takes the caller's own configuration as it is, but for what belongs to one FTP session:
    /// [`session`](Self::session) clones it with a store of its own for resumption, secret extraction on (the
    /// engine protects TLS 1.3 records itself) and early data off. So a FIPS provider, the groups of a key exchange, a
    /// verifier and a key log are what the caller has chosen. That a data connection shows the certificate of the control
    /// connection is then the verifier's business.
    pub fn from_rustls(config: Arc<ClientConfig>) -> Self {
        Self { config, groups: Arc::default(), same: None }
    }

    /// What the connections of one FTP session share. Servers that demand resumption refuse tickets of another
    /// FTP session, so each session gets a ticket store of its own.
    pub fn session(&self) -> TlsSession {
        let store =
            Arc::new(TicketStore::new(Arc::clone(&self.config.time_provider), Arc::clone(&self.groups)));
        // One for both connections: rustls resumes no session that another verifier has let in.
        let same = self.same.as_ref().map(|trust| Arc::new(Same::new(Arc::clone(trust))));
        let of = |role| {
            let mut config = ClientConfig::clone(&self.config);
            if let Some(same) = &same {
                let verifier: Arc<dyn ServerCertVerifier> = Arc::<Same>::clone(same);
                config.dangerous().set_certificate_verifier(verifier);
            }
            config.resumption = Resumption::store(Arc::new(store.view(role)));
            config.enable_secret_extraction = true;
            config.enable_early_data = false;
            Arc::new(config)
        };
        let (control, data) = (of(Role::Control), of(Role::Data));
        TlsSession { control, data, same, store: Arc::clone(&store) }
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
    pub(super) same: Option<Arc<Same>>,
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
    platform_roots: bool,
    pins: Vec<Pin>,
    client: Option<(Vec<u8>, Vec<u8>)>,
    versions: Option<Vec<Version>>,
    provider: Option<Arc<CryptoProvider>>,
    pub(super) accept_any: bool,
    pub(super) other_data_certificates: bool,
    pub(super) key_log: Option<Arc<dyn KeyLog>>,
}

impl fmt::Debug for TlsConfigBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsConfigBuilder")
            .field("authorities", &self.authorities.len())
            .field("platform_roots", &self.platform_roots)
            .field("pins", &self.pins)
            .field("client_auth", &self.client.is_some())
            .field("versions", &self.versions)
            .field("accept_any", &self.accept_any)
            .finish_non_exhaustive()
    }
}

impl TlsConfigBuilder {
    /// Trusts the certificates in this PEM text: authorities, and servers' own ones, self-signed or not, for the names
    /// that are in them (in the subject alternative names) and as long as they are in date. Once any is given, the
    /// platform's authorities are not trusted, unless [asked for](Self::platform_roots).
    #[must_use]
    pub fn ca_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.authorities.push(pem.as_ref().to_vec());
        self
    }

    /// Trusts the platform's authorities, together with the given ones. This is the default where neither certificates
    /// nor pins are given.
    ///
    /// They are loaded when a process builds its first such configuration, which can take some milliseconds, and not
    /// again for later ones with the same provider: what changes in the platform's store meanwhile may not be seen.
    #[must_use]
    pub fn platform_roots(mut self) -> Self {
        self.platform_roots = true;
        self
    }

    /// Trusts a server that shows this certificate or key, or that of another pin: give the next one too while keys are
    /// changed.
    ///
    /// A pin alone is enough, as an SSH fingerprint is: names, dates, issuers and the X.509 version do not matter. With
    /// [`ca_pem`](Self::ca_pem) or [`platform_roots`](Self::platform_roots) both have to hold.
    #[must_use]
    pub fn pin(mut self, pin: Pin) -> Self {
        self.pins.push(pin);
        self
    }

    /// Presents this certificate (its chain, leaf first) with this private key (PKCS #8, PKCS #1 or SEC 1, not
    /// encrypted) to servers that ask for one. Both may be the same text, with both in it.
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
        let mut roots = Vec::new();
        if !self.accept_any {
            for (index, pem) in self.authorities.iter().enumerate() {
                let given = Roots::given(certificates(pem, Pem::Ca(index))?, &provider);
                roots.push(given.map_err(|source| ConfigError::Ca { index, source })?);
            }
            if self.platform_roots || roots.is_empty() && self.pins.is_empty() {
                roots.push(Roots::platform(&provider).map_err(ConfigError::Platform)?);
            }
        }
        let client = self.client.as_ref().map(|(chain, key)| identity(chain, key, &provider)).transpose()?;
        let verifier = Arc::new(Trust::new(self.accept_any, self.pins, roots, &provider));
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&versions)
            .map_err(ConfigError::Rustls)?
            .dangerous()
            .with_custom_certificate_verifier(Arc::<Trust>::clone(&verifier));
        let mut config = match client {
            None => builder.with_no_client_auth(),
            Some(client) => builder.with_client_cert_resolver(client),
        };
        config.alpn_protocols = vec![b"ftp".to_vec()];
        if let Some(key_log) = self.key_log {
            config.key_log = key_log;
        }
        let same = Some(verifier).filter(|_| !self.other_data_certificates);
        Ok(TlsConfig { same, ..TlsConfig::from_rustls(Arc::new(config)) })
    }
}

fn default_provider() -> Option<Arc<CryptoProvider>> {
    #[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
    {
        use rustls::NamedGroup;
        #[cfg(feature = "aws-lc-rs")]
        use rustls::crypto::aws_lc_rs as library;
        #[cfg(not(feature = "aws-lc-rs"))]
        use rustls::crypto::ring as library;
        use std::sync::OnceLock;
        // One for all configurations: the platform's verifier is kept with its provider.
        static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
        Some(Arc::clone(PROVIDER.get_or_init(|| {
            let mut provider = library::default_provider();
            provider.kx_groups.sort_by_key(|group| group.name() != NamedGroup::secp256r1);
            Arc::new(provider)
        })))
    }
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
            Self::Ca(index) => write!(f, "the trusted certificates' PEM number {}", index + 1),
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
        reason: &'static str,
    },
    /// A certificate in a PEM text of authorities cannot be read as one.
    Ca {
        /// The n-th text given to [`TlsConfigBuilder::ca_pem`], counted from 0.
        index: usize,
        /// What rustls says.
        source: rustls::Error,
    },
    /// The client key is of a kind that the provider cannot sign with.
    ClientKey(rustls::Error),
    /// The client key does not belong to the client certificate.
    KeyMismatch {
        /// The certificate of the chain that it does belong to, counted from 0: that one has to come first.
        place: Option<usize>,
    },
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
            Self::Ca { index, .. } => {
                write!(f, "{} cannot be used: a certificate in it cannot be read", Pem::Ca(*index))
            }
            Self::ClientKey(_) => f.write_str(
                "the client key cannot be used: it is broken, or of a kind that is neither RSA (2048 bits or more), nor \
                 ECDSA (P-256, P-384, P-521), nor Ed25519",
            ),
            Self::KeyMismatch { place: None } => {
                f.write_str("the client key does not belong to the client certificate: one of the two is another's")
            }
            Self::KeyMismatch { place: Some(place) } => write!(
                f,
                "the client key belongs to certificate number {} of the client's chain: that one has to come first",
                place + 1
            ),
            Self::Platform(source) => {
                write!(f, "the platform's trusted authorities cannot be loaded: {}", words(source))
            }
            Self::Rustls(source) => {
                write!(f, "the provider, the versions and the authorities do not fit together: {}", words(source))
            }
        }
    }
}

impl std::error::Error for ConfigError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Ca { source, .. }
            | Self::ClientKey(source)
            | Self::Platform(source)
            | Self::Rustls(source) => Some(source),
            Self::NoProvider | Self::NoVersion | Self::Pem { .. } | Self::KeyMismatch { .. } => None,
        }
    }
}
