//! `ftps`: moves files over FTPS.

mod args;
mod audit;
mod change;
mod check;
mod copy;
mod directories;
mod entry;
mod failure;
mod generate;
mod get;
mod hash;
mod how;
mod jobs;
mod json;
mod listing;
mod local_tree;
mod ls;
mod netrc;
mod pattern;
mod places;
mod progress;
mod put;
mod raw;
mod reach;
mod remote_tree;
mod report;
mod session;
mod settings;
mod sink;
mod source;
mod stat;
mod stop;
mod stream;
mod terminal;
mod url;

use std::io;
use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::timeout;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::time::uptime;

use crate::args::{Arguments, Command, Options};
use crate::failure::Failure;
use crate::get::Destination;
use crate::report::Report;
use crate::session::Session;
use crate::settings::Settings;
use crate::url::Url;

/// How long it may take to remove a part of a file from the server, once asked to stop.
const PARTING: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::read();
    if options.verbose > 0 {
        let level = if options.verbose > 1 { LevelFilter::TRACE } else { LevelFilter::DEBUG };
        tracing_subscriber::fmt()
            .with_max_level(level)
            .with_writer(io::stderr)
            .log_internal_errors(false)
            .with_level(false)
            .with_target(options.verbose > 1)
            .with_timer(uptime())
            .init();
    }
    let mut report = Report::new(&options);
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            runtime.block_on(async {
                let parts = matches!(&command, Command::Put { how, .. } if how.is_atomic());
                let ended = {
                    // Dropped, what is under way is reset, never ended as if it were whole.
                    let mut work = pin!(run(command, &options, &mut report));
                    tokio::select! {
                        biased;
                        status = stopped() => {
                            // A password may be asked for.
                            terminal::restore();
                            if parts {
                                // Nobody knows the name of the part that it would leave on the server.
                                stop::ask();
                                let _ = timeout(PARTING, &mut work).await;
                            }
                            Err(status)
                        }
                        done = &mut work => Ok(done),
                    }
                };
                match ended {
                    Ok(Ok(())) => {}
                    Ok(Err(failure)) => report.failed(&failure).await,
                    Err(status) => report.stopped(status),
                }
            });
            // A read of a local pipe, or of a password, may never end.
            runtime.shutdown_background();
        }
        Err(error) => report.failed_to_begin(&error),
    }
    ExitCode::from(report.status())
}

/// Everything that is wrong with what was asked is found before anything is done.
async fn run(command: Command, options: &Options, report: &mut Report) -> Result<(), Failure> {
    let settings = Settings::new(options)?;
    match command {
        Command::Ls { url, form } => {
            let url = settings.complete(parse(&url)?).await?;
            ls::ls(&url, form, &settings, report).await;
        }
        Command::Get { urls, recursive, output, output_dir, sessions, how } => {
            let urls = all(&urls, parse, &settings).await?;
            let to = Destination::new(&urls, recursive, output, output_dir, options.json)?;
            if how.how.resume && matches!(to, Destination::Stdout) {
                return Err(Failure::usage(
                    "--resume and -o - do not go together: a stream has no part that is there",
                ));
            }
            get::get(urls, &to, recursive, sessions.into(), &how, &settings, report).await;
        }
        Command::Put { files, url, recursive, parents, sessions, how } => {
            let url = settings.complete(plain(&url)?).await?;
            let targets = put::targets(files, &url, recursive)?;
            let session = Session::new(&settings, &url.site);
            put::put(targets, recursive, parents, session, sessions.into(), &how, report).await;
        }
        Command::Rm { urls } => {
            let urls = all(&urls, parse, &settings).await?;
            change::rm(urls, &settings, report).await;
        }
        Command::Mkdir { urls, parents } => {
            let urls = all(&urls, plain, &settings).await?;
            change::mkdir(urls, parents, &settings, report).await;
        }
        Command::Mv { from, to } => {
            let [from, to] = [plain(&from)?, plain(&to)?];
            let (from, to) = (settings.complete(from).await?, settings.complete(to).await?);
            change::mv(&from, &to, &settings, report).await?;
        }
        Command::Stat { urls } => {
            let urls = all(&urls, plain, &settings).await?;
            stat::stat(urls, &settings, report).await;
        }
        Command::Hash { urls, algorithm } => {
            let urls = all(&urls, plain, &settings).await?;
            hash::hash(urls, algorithm, &settings, report).await;
        }
        Command::Raw { url, commands } => {
            let commands = commands.iter().map(|text| raw::parse(text)).collect::<Result<_, _>>()?;
            let url = settings.complete(plain(&url)?).await?;
            raw::raw(&url, commands, &settings, report).await;
        }
        Command::Generate { what } => generate::generate(what)?,
        Command::Check { url } => {
            let url = settings.complete(plain(&url)?).await?;
            check::check(&url, &settings, report).await;
        }
    }
    for failure in settings.failures() {
        report.failed(&failure).await;
    }
    Ok(())
}

/// All of these URLs, each with the login that is used there. Nobody is asked for a password before all can be read.
async fn all(
    urls: &[String],
    parse: impl Fn(&str) -> Result<Url, Failure>,
    settings: &Settings,
) -> Result<Vec<Url>, Failure> {
    let urls = urls.iter().map(|url| parse(url)).collect::<Result<Vec<_>, _>>()?;
    let mut completed = Vec::with_capacity(urls.len());
    for url in urls {
        completed.push(settings.complete(url).await?);
    }
    Ok(completed)
}

fn parse(url: &str) -> Result<Url, Failure> {
    Url::parse(url).map_err(|reason| Failure::usage(format_args!("URL: {reason}")))
}

/// The URL of one file or directory. One whose name has what is a wildcard elsewhere is not made by mistake.
fn plain(url: &str) -> Result<Url, Failure> {
    let url = parse(url)?;
    match url.pattern {
        None => Ok(url),
        Some(_) => Err(Failure::usage("a * ? or [ in a name has to be written as %XX here").of(&url)),
    }
}

/// Waits for the signal that asks to stop; what the exit status is then, as shells have it.
#[cfg(unix)]
async fn stopped() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()), signal(SignalKind::hangup()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
        _ = hangup.recv() => 129,
    }
}

#[cfg(not(unix))]
async fn stopped() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 130,
        Err(_) => std::future::pending().await,
    }
}
