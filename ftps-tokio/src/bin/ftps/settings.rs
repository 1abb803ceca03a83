//! What every session is made with.

use std::cell::RefCell;
use std::fmt::Arguments;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ftps_proto::drive::Attempts;
use ftps_tokio::codec::{Argument, Command, Encoding, Name, Secret};
use ftps_tokio::tls::{CertificateProblem, ConfigError, Pem, Pin, TlsConfig, TlsError, Version};
use ftps_tokio::{Builder, Client, Error, ListCommand, Pipelining, Retry, Security};

use crate::args::{Options, Tls};
use crate::audit::Ledger;
use crate::check::facts::Tls as Negotiated;
use crate::failure::Failure;
use crate::netrc::{Entry, Netrc};
use crate::raw;
use crate::reach::Reach;
use crate::report::shown;
use crate::terminal;
use crate::url::{Site, Url};

pub(crate) struct Settings {
    tls: TlsConfig,
    user: Option<Vec<u8>>,
    account: Option<String>,
    password_env: String,
    server_name: Option<String>,
    timeout: Option<Duration>,
    reach: Reach,
    netrc: Option<Netrc>,
    insecure: bool,
    pasv_address: bool,
    list_command: ListCommand,
    pipelining: Pipelining,
    retry: Option<Retry>,
    quiet: bool,
    encoding: Option<Encoding>,
    verbose: bool,
    /// A pin alone would not be enough.
    has_ca_file: bool,
    has_pins: bool,
    before: Vec<Command>,
    after: Vec<Command>,
    audit: Option<Arc<Ledger>>,
    /// What has failed after the work was done.
    failures: RefCell<Vec<Failure>>,
    /// Passwords that were asked for, and whose they are.
    asked: RefCell<Vec<(Site, Vec<u8>)>>,
}

impl Settings {
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        if let Some(account) = &options.account {
            Secret::new(account).map_err(|error| Failure::usage(error).about(&"--account"))?;
        }
        Ok(Self {
            tls: tls(options)?,
            user: options.user.clone().map(String::into_bytes),
            account: options.account.clone(),
            password_env: options.password_env.clone(),
            server_name: options.server_name.clone(),
            timeout: options.timeout.map(|seconds| Duration::from_secs(seconds.into())),
            reach: Reach::new(&options.reach)?,
            netrc: options.reach.netrc.as_ref().map(|path| Netrc::read(path.as_deref())).transpose()?,
            insecure: options.insecure,
            pasv_address: options.pasv_address,
            list_command: options.list_command.into(),
            pipelining: options.pipelining.into(),
            retry: retry(options),
            quiet: options.quiet,
            encoding: options.encoding.as_deref().map(encoding).transpose()?,
            verbose: options.verbose > 0,
            has_ca_file: options.ca_file.is_some(),
            has_pins: !options.pin.is_empty(),
            before: options.before.iter().map(|text| raw::parse(text)).collect::<Result<_, _>>()?,
            after: options.after.iter().map(|text| raw::parse(text)).collect::<Result<_, _>>()?,
            audit: options.audit.as_deref().map(Ledger::open).transpose()?.map(Arc::new),
            failures: RefCell::default(),
            asked: RefCell::default(),
        })
    }

    /// The URL with the name and password to be used there; without a name the login is anonymous. A password that is
    /// nowhere is asked for on a terminal.
    pub(crate) async fn complete(&self, mut url: Url) -> Result<Url, Failure> {
        match self.log_in(Site::clone(&url.site)).await {
            Ok(site) => {
                url.site = Rc::new(site);
                Ok(url)
            }
            Err(failure) => Err(failure.of(&url)),
        }
    }

    async fn log_in(&self, mut site: Site) -> Result<Site, Failure> {
        site.user = site.user.or_else(|| self.user.clone());
        if let Some(entry) = self.listed(&site) {
            let bytes = |text: &Option<String>| text.clone().map(String::into_bytes);
            site.user = site.user.or_else(|| bytes(&entry.login));
            site.password = site.password.or_else(|| bytes(&entry.password));
        }
        let Some(user) = &site.user else { return Ok(site) };
        Argument::new(user).map_err(|error| Failure::usage(error).about(&"name"))?;
        let password = match site.password.take() {
            Some(password) => password,
            None => match std::env::var_os(&self.password_env) {
                Some(password) => password.into_encoded_bytes(),
                None => self.ask(&site).await?,
            },
        };
        Secret::new(&password).map_err(|error| Failure::usage(error).about(&"password"))?;
        site.password = Some(password);
        Ok(site)
    }

    /// What .netrc has for a site.
    fn listed(&self, site: &Site) -> Option<&Entry> {
        self.netrc.as_ref()?.find(&site.host, site.user.as_deref())
    }

    /// Once for a site.
    async fn ask(&self, site: &Site) -> Result<Vec<u8>, Failure> {
        let known =
            self.asked.borrow().iter().find(|(known, _)| known == site).map(|(_, known)| known.clone());
        if let Some(password) = known {
            return Ok(password);
        }
        let user = Name::from(site.user.clone().unwrap_or_default());
        let password = terminal::ask_secretly(format!("Password of {user} at {site}: ")).await;
        let none = || Failure::usage(format_args!("no password: set {}", self.password_env));
        let password = password.filter(|password| !password.is_empty()).ok_or_else(none)?.into_bytes();
        self.asked.borrow_mut().push((site.clone(), password.clone()));
        Ok(password)
    }

    pub(crate) fn builder(&self, site: &Site) -> Builder {
        let mut builder = Client::builder(&site.host)
            .port(site.port)
            .tls(self.tls.clone())
            .trust_pasv_address(self.pasv_address)
            .list_command(self.list_command)
            .pipelining(self.pipelining);
        builder = self.reach.apply(builder);
        if site.security == Security::Implicit {
            builder = builder.implicit();
        }
        if let Some(encoding) = &self.encoding {
            builder = builder.encoding(encoding.clone());
        }
        if let (Some(user), Some(password)) = (&site.user, &site.password) {
            builder = builder.login(user, password);
        }
        let listed = self.listed(site).and_then(|entry| entry.account.as_ref());
        if let Some(account) = self.account.as_ref().or(listed) {
            builder = builder.account(account);
        }
        if let Some(name) = &self.server_name {
            builder = builder.server_name(name);
        }
        if let Some(audit) = &self.audit {
            builder = builder.audit(Arc::clone(audit) as _);
        }
        if let Some(retry) = &self.retry {
            builder = builder.retry(retry.clone());
        }
        if let Some(limit) = self.timeout {
            builder = builder.connect_timeout(limit).reply_timeout(limit).idle_timeout(limit);
        }
        builder
    }

    /// `transfers`: one follows at once. `patient`: where the server may let one in later, that is waited for.
    pub(crate) async fn connect(
        &self,
        site: &Site,
        transfers: bool,
        patient: bool,
    ) -> Result<Client, Failure> {
        let say = |what: Arguments<'_>| {
            let _ = writeln!(io::stderr(), "ftps: {site}: {what}");
        };
        let zero = Instant::now();
        let now = || ftps_proto::Instant::new(zero.elapsed());
        let retry = self.retry.as_ref().filter(|_| patient);
        let mut tries = retry.map(|retry| Attempts::new(retry, RandomState::new().hash_one(()), now()));
        let (client, began) = loop {
            let began = Instant::now();
            let error = match self.builder(site).expect_transfer(transfers).connect().await {
                Ok(client) => break (client, began),
                Err(error) => error,
            };
            // A login that was refused is not tried again: accounts are locked for that.
            let tries = tries.as_mut().filter(|_| !error.is_login());
            let Some(pause) = tries.and_then(|tries| tries.failed(&error, 0, now())) else {
                return Err(self.connecting(error));
            };
            if !self.quiet {
                say(format_args!("{error:#}; tried again in {:.1} s", pause.as_secs_f64()));
            }
            tokio::time::sleep(pause).await;
        };
        if self.verbose {
            let took = began.elapsed().as_secs_f64();
            if let Some(failed) = client.failed_attempts() {
                say(format_args!("{failed}"));
            }
            say(format_args!("logged in at {} after {took:.3} s", client.peer()));
            if let Some(tls) = client.control_tls() {
                say(format_args!("{}", Negotiated::of(tls)));
            }
        }
        Ok(client)
    }

    /// No other charset was asked for.
    pub(crate) fn is_utf8(&self) -> bool {
        self.encoding.is_none()
    }

    /// What is sent after each login.
    pub(crate) fn before(&self) -> &[Command] {
        &self.before
    }

    /// What is sent when all is done.
    pub(crate) fn after(&self) -> &[Command] {
        &self.after
    }

    /// Something has failed after the work was done.
    pub(crate) fn failed(&self, failure: Failure) {
        self.failures.borrow_mut().push(failure);
    }

    /// What has failed so, and was not told yet.
    pub(crate) fn failures(&self) -> Vec<Failure> {
        self.failures.take()
    }

    /// Fails where what was done could not be recorded.
    pub(crate) fn check_audit(&self) -> Result<(), Failure> {
        self.audit.as_ref().map_or(Ok(()), |audit| audit.check())
    }

    /// A session that did not come to be, and how to trust the server if that is what is missing.
    pub(crate) fn connecting(&self, error: Error) -> Failure {
        let pin = trusting(&error);
        let failure = Failure::connecting(error);
        match pin {
            Some(pin) if self.has_ca_file => {
                failure.and(format_args!("to trust it: --pin {pin} without --ca-file"))
            }
            Some(pin) => failure.and(format_args!("to trust it: --pin {pin}")),
            None => failure,
        }
    }

    /// Whether any certificate will do.
    pub(crate) fn is_insecure(&self) -> bool {
        self.insecure && !self.has_pins
    }

    /// What says that a certificate can be trusted.
    pub(crate) fn trusts(&self) -> &'static str {
        match (self.has_pins, self.has_ca_file && !self.insecure) {
            (true, true) => "a pin and the certificates in --ca-file",
            (true, false) => "a pin",
            (false, true) => "the certificates in --ca-file",
            (false, false) => "the system's authorities",
        }
    }

    pub(crate) fn is_active(&self) -> bool {
        self.reach.is_active()
    }
}

/// How often, and after which pauses, what failed is tried again.
fn retry(options: &Options) -> Option<Retry> {
    let pause = Duration::from_millis(options.retry_pause.into());
    // What is kept of a pipe: a system has less than that on its way. Files are read again instead.
    let retry = Retry::new().pauses(pause, pause * 60).tries(options.retries).window(8 << 20);
    Some(retry).filter(|_| options.retries > 0)
}

/// What is said by hand holds against what the server says.
fn encoding(label: &str) -> Result<Encoding, Failure> {
    let encoding = Encoding::for_label(label).map(Encoding::forced);
    encoding.ok_or_else(|| {
        Failure::usage("is no encoding that names can be in").about(&format!("--encoding {label}"))
    })
}

fn tls(options: &Options) -> Result<TlsConfig, Failure> {
    let mut tls = TlsConfig::builder();
    if let Some(path) = &options.ca_file {
        tls = tls.ca_pem(read(path)?);
    }
    for pins in &options.pin {
        let pins = Pin::parse_list(pins).map_err(|error| Failure::usage(error).about(&"--pin"))?;
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
    tls.build().map_err(|error| {
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
            Some(path) => Failure::usage(error).about(&shown(path)),
            None => Failure::usage(error),
        }
    })
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| Failure::usage(error).about(&shown(path)))
}

/// The pin that trusts a server whose certificate was refused, unless it was another that was pinned.
fn trusting(error: &Error) -> Option<Pin> {
    let Error::Connection { failure: Some(failure), .. } = error else { return None };
    let refused = failure.source.downcast_ref::<TlsError>()?.refused_certificate()?;
    refused.pin().filter(|_| refused.problem != CertificateProblem::NotPinned)
}
