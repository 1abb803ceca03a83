//! `ftps check`: one page about a server, for whoever sets up a transfer.

pub(crate) mod facts;
mod page;

use std::time::{Duration, Instant};

use ftps_tokio::codec::{Name, Verb};
use ftps_tokio::tls::{CertificateInfo, RefusedCertificate, TlsError};
use ftps_tokio::{Client, Error, Listed, Security, ServerKind, Survey};

use crate::check::facts::{Certificate, Listing, State, Tls};
use crate::check::page::Page;
use crate::failure::{Failure, attempts};
use crate::report::Report;
use crate::session::unanswered;
use crate::settings::Settings;
use crate::url::Url;

/// How soon a certificate expires that is to be renewed now.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// A login is tried where there is a name for it.
pub(crate) async fn check(url: &Url, settings: &Settings, report: &mut Report) {
    let mut page = Page::new(&url.site);
    let logs_in = url.site.user.is_some();
    let Survey { mut client, outcome, .. } = Client::survey(&settings.builder(&url.site), logs_in).await;
    if let Some(client) = &client {
        reached(client, &mut page);
    }
    match (&mut client, outcome) {
        (Some(client), Ok(())) => {
            secured(client, None, settings, &mut page);
            match logs_in {
                true => logged_in(url, client, settings, &mut page).await,
                false => page.note("login", "not tried: give a name, --user NAME or ftpes://NAME@HOST"),
            }
        }
        (Some(client), Err(error)) => stopped(client, error, url, settings, &mut page),
        (None, Err(error)) => {
            for (address, error) in attempts(&error).into_iter().flat_map(|error| error.attempts()) {
                let advice = "is the server up, is this its port, is a firewall in between?";
                page.failed("address", format!("{address}: {error}: {advice}"));
            }
            let line = if attempts(&error).is_some() { None } else { Some("address") };
            page.fail(line, settings.connecting(error));
        }
        (None, Ok(())) => {}
    }
    // After a time-out nothing more is waited for.
    if let Some(client) = client.filter(|client| client.is_usable() && !page.is_silent()) {
        let _ = tokio::time::timeout(Duration::from_secs(3), client.quit()).await;
    }
    page.show(report).await;
}

/// What is known once a connection is up.
fn reached(client: &Client, page: &mut Page) {
    if let Some(failed) = client.failed_attempts() {
        for (address, error) in failed.attempts() {
            let advice = "another address answered; those who only have this one cannot connect";
            page.note("address", format!("{address}: {error}: {advice}"));
        }
    }
    page.facts.address = Some(client.peer().to_string());
    page.ok("address", client.peer().to_string());
    if let Some(greeting) = client.session().server_greeting() {
        page.facts.greeting = Some(greeting.to_string());
        page.ok("greeting", greeting.to_string());
    }
}

/// TLS, where that came to a certificate: what it says, and whether it is trusted.
fn secured(client: &Client, refused: Option<&RefusedCertificate>, settings: &Settings, page: &mut Page) {
    if let Some(tls) = client.control_tls() {
        let tls = Tls::of(tls);
        page.ok("tls", tls.to_string());
        page.facts.tls = Some(tls);
    }
    let shown = client.control_tls().and_then(|tls| tls.peer_certificates().first());
    let shown = shown.map(|certificate| CertificateInfo::from_der(certificate));
    let Some(info) = refused.and_then(|refused| refused.certificate.as_deref()).or(shown.as_ref()) else {
        return;
    };
    let verified = refused.is_none() && !settings.is_insecure();
    let certificate = Certificate::new(info, verified);
    let state = if refused.is_some() { State::Note } else { State::Ok };
    let names = match certificate.names.is_empty() {
        true => format!("for no host ({})", certificate.subject),
        false => format!("for {}", certificate.names.join(", ")),
    };
    let [from, until] = [&certificate.not_before, &certificate.not_after]
        .map(|time| time.as_deref().and_then(|time| time.get(..10)).unwrap_or("?").to_owned());
    let issuer =
        if info.is_self_issued { "self-signed".into() } else { format!("issued by {}", info.issuer) };
    page.push("certificate", state, format!("{names}; {issuer}; valid from {from} to {until}"));
    if let Some(pin) = &certificate.key_pin {
        page.push("key pin", state, pin);
    }
    page.push("pin", state, &certificate.certificate_pin);
    if refused.is_none() {
        match settings.is_insecure() {
            true => {
                page.note("trust", "not verified, as --insecure says: anyone in between is accepted, too")
            }
            false => page.ok("trust", format!("verified, by {}", settings.trusts())),
        }
        let now = crate::listing::now().and_then(|now| now.to_utc());
        if let (Some(end), Some(now)) = (info.not_after.and_then(|end| end.to_utc()), now)
            && let Ok(left) = u64::try_from(end - now)
            && left < SOON.as_secs()
        {
            page.note("trust", format!("the certificate expires in {} days: have it renewed", left / 86_400));
        }
    }
    page.facts.certificate = Some(certificate);
}

/// The session did not come to be.
fn stopped(client: &Client, error: Error, url: &Url, settings: &Settings, page: &mut Page) {
    let tls_error = match &error {
        Error::Connection { failure: Some(failure), .. } => failure.source.downcast_ref::<TlsError>(),
        _ => None,
    };
    if let Some(refused) = tls_error.and_then(TlsError::refused_certificate).cloned() {
        secured(client, Some(&refused), settings, page);
        page.fail(Some("trust"), settings.connecting(error));
        return;
    }
    if client.control_tls().is_some_and(|tls| tls.handshake_done()) {
        secured(client, None, settings, page);
        page.fail(Some("login"), settings.connecting(error));
        return;
    }
    let site = &url.site;
    let (line, advice) = match (&error, url.site.security) {
        (_, Security::Implicit) if tls_error.is_some_and(TlsError::is_plain_text) => {
            ("tls", Some(format!("if that is FTP, TLS begins with AUTH here: ftpes://{site}")))
        }
        (Error::Refused(refused), _) if refused.verb == Some(Verb::Auth) => {
            ("tls", Some("the server has to be set up for TLS, with a certificate".into()))
        }
        (_, Security::Explicit) if client.session().server_greeting().is_none() => (
            "greeting",
            Some(format!("is it an FTP server? With TLS from the first byte it is ftps://{site}")),
        ),
        _ => ("tls", None),
    };
    let failure = settings.connecting(error);
    let failure = match advice {
        Some(advice) => failure.and(format_args!("{advice}")),
        None => failure,
    };
    page.fail(Some(line), failure);
}

/// What can be found out by trying.
async fn logged_in(url: &Url, client: &mut Client, settings: &Settings, page: &mut Page) {
    let user = Name::from(url.site.user.clone().unwrap_or_default());
    let server = match client.server() {
        ServerKind::Unknown => "a server of a kind that is not known here".into(),
        kind => kind.to_string(),
    };
    page.ok("login", format!("as {user}, at {server}"));
    page.facts.server = Some(client.server().to_string());
    features(client, page);
    if let Err(failure) = listing(url, client, settings, page).await {
        page.fail(Some("listing"), failure);
    }
    if client.is_usable() {
        match round_trip(client).await {
            Ok(took) => {
                page.facts.round_trip = Some(took.as_secs_f64());
                page.ok("round trip", format!("{:.1} ms", took.as_secs_f64() * 1000.0));
            }
            Err(error) => page.fail(Some("round trip"), Failure::transfer(error)),
        }
    }
}

fn features(client: &Client, page: &mut Page) {
    let Some(features) = client.features() else {
        page.note("features", "the server does not tell (FEAT): what it can is tried");
        return;
    };
    let mut labels: Vec<_> = features.iter().map(|(label, _)| Name::from(label).to_string()).collect();
    // SITE comes once for each of its commands.
    labels.sort();
    labels.dedup();
    page.ok("features", if labels.is_empty() { "none".into() } else { labels.join(", ") });
    if !features.mlst() {
        page.note(
            "features",
            "no MLST: listings come as text for people (LIST), mostly without seconds and time zone",
        );
    }
    page.facts.features = Some(labels);
}

async fn listing(
    url: &Url,
    client: &mut Client,
    settings: &Settings,
    page: &mut Page,
) -> Result<(), Failure> {
    let began = Instant::now();
    let counted = count(url, client).await;
    let (entries, unparsed) = counted.map_err(|failure| match failure.unconnected {
        true => unanswered(failure, client, settings),
        false => failure,
    })?;
    let seconds = began.elapsed().as_secs_f64();
    let (command, resumed) = (client.session().data_command(), client.session().last_resumed());
    page.ok("listing", format!("{entries} entries in {seconds:.3} s"));
    if unparsed > 0 {
        let failure =
            Failure::listing(format_args!("{unparsed} lines of it cannot be read: ftps ls shows them"));
        page.fail(Some("listing"), failure);
    }
    match command {
        Verb::Pasv => page.note(
            "data",
            "by PASV: the server refuses EPSV, or nothing answers on the port that it tells. IPv6 needs EPSV",
        ),
        Verb::Port => page.note("data", "by PORT: the server refuses EPRT. IPv6 needs EPRT"),
        command => page.ok("data", format!("by {}", command.as_str())),
    }
    match resumed {
        Some(true) => page.ok("resumption", "the data connection resumed the TLS session"),
        _ => page.note(
            "resumption",
            "the data connection did not resume the TLS session: each file takes a whole handshake. The server would have \
             to keep TLS sessions, or give tickets",
        ),
    }
    page.facts.listing =
        Some(Listing { entries, unparsed, command: command.as_str().into(), resumed, seconds });
    Ok(())
}

/// Entries, and lines that cannot be read.
async fn count(url: &Url, client: &mut Client) -> Result<(u64, u64), Failure> {
    let mut entries = client.entries(url.bare()).map_err(Failure::transfer)?;
    let (mut read, mut unparsed) = (0, 0);
    while let Some(listed) = entries.next().await.map_err(Failure::transfer)? {
        match listed {
            Listed::Entry(_) => read += 1,
            Listed::Unparsed(_) => unparsed += 1,
        }
    }
    Ok((read, unparsed))
}

/// The shortest of three.
async fn round_trip(client: &mut Client) -> Result<Duration, Error> {
    let mut shortest = Duration::MAX;
    for _ in 0..3 {
        let began = Instant::now();
        client.keep_alive().await?;
        shortest = shortest.min(began.elapsed());
    }
    Ok(shortest)
}
