//! How the server is reached: the options, and what they make of a builder.

use std::net::IpAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ftps_tokio::codec::Command;
use ftps_tokio::{Bind, Builder, Mode, Proxy};

use crate::failure::Failure;

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command, about the way to the server")]
pub(crate) struct ReachOptions {
    /// Have the server open the data connections to this computer; PORTS is where it may come, say 50000-50100
    #[arg(
        long, global = true, value_name = "PORTS", num_args = 0..=1, require_equals = true, value_parser = ports
    )]
    active: Option<Option<RangeInclusive<u16>>>,
    /// With --active: the address that the server is told to come to, where a router is in between
    #[arg(long, global = true, value_name = "ADDRESS", requires = "active")]
    external_address: Option<IpAddr>,
    /// Of data connections; clear: without TLS, so that anyone in between can read and change every file
    #[arg(long, global = true, value_name = "LEVEL", default_value = "private", hide_default_value = true)]
    protection: Protection,
    /// End TLS on the control connection after the login, where the server takes that: anyone in between can read and change
    /// what is said from then on
    #[arg(long, global = true)]
    clear_control: bool,
    /// Refuse data connections that do not resume the TLS session
    #[arg(long, global = true)]
    require_resumption: bool,
    /// Go through this proxy: socks5://HOST:PORT or http://HOST:PORT, with USER:PASSWORD@ where it asks for them. It looks the
    /// server's name up
    #[arg(long, global = true, value_name = "URL")]
    proxy: Option<String>,
    /// Let connections leave from this address, or this network interface
    #[arg(long, global = true, value_name = "ADDRESS")]
    bind: Option<String>,
    /// Take name and password from ~/.netrc, or FILE, where the URL has none
    #[arg(long, global = true, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub(crate) netrc: Option<Option<PathBuf>>,
    /// Send this command where the server refuses the name, in its place
    #[arg(long, global = true, value_name = "COMMAND")]
    alternative_to_user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Protection {
    Private,
    Clear,
}

/// `50000` or `50000-50100`.
fn ports(text: &str) -> Result<RangeInclusive<u16>, String> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let port = |text: &str| text.parse().ok().filter(|port| *port > 0);
    match (port(first), port(last)) {
        (Some(first), Some(last)) if first <= last => Ok(first..=last),
        _ => Err("a port, or two with - between, the lower one first".into()),
    }
}

/// The way, checked.
pub(crate) struct Reach {
    options: ReachOptions,
    proxy: Option<Proxy>,
    bind: Option<Bind>,
}

impl Reach {
    pub(crate) fn new(options: &ReachOptions) -> Result<Self, Failure> {
        let proxy = options.proxy.as_deref().map(Proxy::parse).transpose();
        let proxy = proxy.map_err(|error| Failure::usage(error).about(&"--proxy"))?;
        if proxy.is_some() && options.active.is_some() {
            return Err(Failure::usage("the server cannot come through a proxy").about(&"--active"));
        }
        if let Some(command) = &options.alternative_to_user {
            let parsed = Command::parse(command);
            parsed.map_err(|error| Failure::usage(error).about(&"--alternative-to-user"))?;
        }
        let bind = options.bind.as_deref().map(|from| match from.parse::<IpAddr>() {
            Ok(address) => Bind::from(address),
            Err(_) => Bind::interface(from),
        });
        Ok(Self { options: options.clone(), proxy, bind })
    }

    pub(crate) fn is_active(&self) -> bool {
        self.options.active.is_some()
    }

    pub(crate) fn apply(&self, mut builder: Builder) -> Builder {
        let options = &self.options;
        if let Some(ports) = &options.active {
            builder = builder.mode(Mode::Active);
            if let Some(ports) = ports {
                builder = builder.active_ports(ports.clone());
            }
        }
        if let Some(address) = options.external_address {
            builder = builder.external_address(address);
        }
        if options.protection == Protection::Clear {
            builder = builder.dangerous().clear_data();
        }
        if options.clear_control {
            builder = builder.dangerous().clear_control();
        }
        if let Some(proxy) = &self.proxy {
            builder = builder.proxy(proxy.clone());
        }
        if let Some(bind) = &self.bind {
            builder = builder.bind(bind.clone());
        }
        if let Some(command) = &options.alternative_to_user {
            builder = builder.alternative_to_user(command);
        }
        builder.require_resumption(options.require_resumption)
    }
}
