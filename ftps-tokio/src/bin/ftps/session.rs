//! One session a site: made when it is first needed, and anew when it was lost.

use std::path::Path;
use std::time::Duration;

use ftps_tokio::codec::{Argument, Secret};
use ftps_tokio::tls::{CertificateProblem, ConfigError, Pem, Pin, TlsConfig, TlsError, Version};
use ftps_tokio::{Client, Error, Security};

use crate::args::{Options, Tls};
use crate::report::{Failure, shown};
use crate::url::Site;

/// What every session is made with.
pub(crate) struct Settings {
    tls: TlsConfig,
    user: Option<Vec<u8>>,
    password_env: String,
    timeout: Option<Duration>,
    /// A pin alone would not be enough.
    has_ca_file: bool,
}

impl Settings {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &options.ca_file {
            tls = tls.ca_pem(read(path)?);
        }
        for pins in &options.pin {
            let pins = Pin::parse_list(pins).map_err(|error| Failure::usage(error).of(&"--pin"))?;
            tls = pins.into_iter().fold(tls, |tls, pin| tls.pin(pin));
        }
        if let Some(certificate) = &options.cert {
            let key = options.key.as_ref().unwrap_or(certificate);
            tls = tls.client_auth_pem(read(certificate)?, read(key)?);
        }
        if let Some(version) = options.tls {
            tls = tls.versions(&[match version {
                Tls::V12 => Version::Tls12,
                Tls::V13 => Version::Tls13,
            }]);
        }
        if options.insecure {
            tls = tls.dangerous().accept_any_certificate();
        }
        let unusable = |error| {
            let path = match &error {
                ConfigError::Ca { .. } | ConfigError::Pem { pem: Pem::Ca(_), .. } => &options.ca_file,
                ConfigError::Pem { pem: Pem::Client, .. } => &options.cert,
                ConfigError::Pem { .. } | ConfigError::ClientKey(_) | ConfigError::KeyMismatch { .. }
                    if options.key.is_some() =>
                {
                    &options.key
                }
                _ => &options.cert,
            };
            match path {
                Some(path) => Failure::usage(error).of(&shown(path)),
                None => Failure::usage(error),
            }
        };
        Ok(Self {
            tls: tls.build().map_err(unusable)?,
            user: options.user.clone().map(String::into_bytes),
            password_env: options.password_env.clone(),
            timeout: options.timeout.map(|seconds| Duration::from_secs(seconds.into())),
            has_ca_file: options.ca_file.is_some(),
        })
    }

    /// The name and password for this site; none is anonymous.
    pub(crate) fn login(&self, site: &Site) -> Result<Option<[Vec<u8>; 2]>, Failure> {
        let Some(user) = site.user.as_ref().or(self.user.as_ref()) else { return Ok(None) };
        let password = match &site.password {
            Some(password) => password.clone(),
            None => std::env::var_os(&self.password_env)
                .ok_or_else(|| Failure::usage(format!("no password: set {}", self.password_env)))?
                .into_encoded_bytes(),
        };
        Argument::new(user).map_err(|error| Failure::usage(error).of(&"name"))?;
        Secret::new(&password).map_err(|error| Failure::usage(error).of(&"password"))?;
        Ok(Some([user.clone(), password]))
    }

    async fn connect(&self, site: &Site) -> Result<Client, Failure> {
        let mut builder = Client::builder(&site.host).port(site.port).tls(self.tls.clone());
        if site.security == Security::Implicit {
            builder = builder.implicit();
        }
        if let Some([user, password]) = self.login(site)? {
            builder = builder.login(user, password);
        }
        if let Some(limit) = self.timeout {
            builder = builder.connect_timeout(limit).reply_timeout(limit).idle_timeout(limit);
        }
        builder.connect().await.map_err(|error| {
            let failure = Failure::connecting(&error);
            match trusting(&error) {
                Some(pin) if self.has_ca_file => {
                    failure.and(format_args!("to trust it: --pin {pin} without --ca-file"))
                }
                Some(pin) => failure.and(format_args!("to trust it: --pin {pin}")),
                None => failure,
            }
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(error).of(&shown(path)))
}

/// The pin that trusts a server whose certificate was refused, unless it was another that was pinned.
fn trusting(error: &Error) -> Option<Pin> {
    let Error::Connection { failure: Some(failure), .. } = error else { return None };
    let refused = failure.source.downcast_ref::<TlsError>()?.refused_certificate()?;
    refused.pin().filter(|_| refused.problem != CertificateProblem::NotPinned)
}

/// The session with one site.
pub(crate) struct Session<'a> {
    settings: &'a Settings,
    site: &'a Site,
    client: Option<Client>,
    /// There is none to be had: that is not tried again for each file.
    failed: Option<Failure>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(settings: &'a Settings, site: &'a Site) -> Self {
        Self { settings, site, client: None, failed: None }
    }

    pub(crate) async fn client(&mut self) -> Result<&mut Client, Failure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        let client = match self.client.take().filter(Client::is_usable) {
            Some(client) => client,
            None => {
                let connected = self.settings.connect(self.site).await;
                connected.inspect_err(|failure| self.failed = Some(failure.clone()))?
            }
        };
        Ok(self.client.insert(client))
    }

    /// Takes leave. What was to be done is done by now, so that it does not matter how the server takes it, and is not
    /// worth waiting for.
    pub(crate) async fn quit(self) {
        if let Some(client) = self.client.filter(Client::is_usable) {
            let _ = tokio::time::timeout(Duration::from_secs(3), client.quit()).await;
        }
    }
}
