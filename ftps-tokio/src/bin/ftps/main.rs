//! `ftps`: moves files over FTPS.

mod args;
mod get;
mod ls;
mod put;
mod report;
mod session;
mod sink;
mod url;

use std::io;
use std::process::ExitCode;

use tracing_subscriber::filter::LevelFilter;

use crate::args::{Arguments, Command, Options};
use crate::get::Destination;
use crate::report::{Failure, Report};
use crate::session::Settings;
use crate::url::Url;

fn main() -> ExitCode {
    let Arguments { command, options } = Arguments::read();
    if options.verbose {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::DEBUG)
            .with_writer(io::stderr)
            .log_internal_errors(false)
            .with_level(false)
            .with_target(false)
            .without_time()
            .init();
    }
    let mut report = Report::new(&options);
    let done = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            // What is under way is dropped with its future: reset, never ended as if it were whole.
            let done = runtime.block_on(async {
                tokio::select! {
                    done = run(command, &options, &mut report) => done,
                    status = stopped() => Err(Failure { status, reason: "stopped".into() }),
                }
            });
            // A read of a local pipe may never end.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::connection(error)),
    };
    if let Err(failure) = done {
        report.failed(&failure);
    }
    ExitCode::from(report.status())
}

/// Everything that is wrong with what was asked is found before anything is done.
async fn run(command: Command, options: &Options, report: &mut Report) -> Result<(), Failure> {
    let settings = Settings::new(options)?;
    match command {
        Command::Ls { url } => ls::ls(&parse(&url, &settings)?, &settings, report, options.json).await,
        Command::Get { urls, output, output_dir } => {
            let urls = urls.iter().map(|url| parse(url, &settings)).collect::<Result<Vec<_>, _>>()?;
            let to = Destination::new(&urls, output, output_dir, options.json)?;
            get::get(urls, &to, &settings, report).await;
        }
        Command::Put { files, url } => {
            let url = parse(&url, &settings)?;
            put::put(&put::jobs(files, &url)?, &url.site, &settings, report).await;
        }
    }
    Ok(())
}

/// The URL, with a login to be had.
fn parse(url: &str, settings: &Settings) -> Result<Url, Failure> {
    let url = Url::parse(url).map_err(|reason| Failure::usage(format!("URL: {reason}")))?;
    settings.login(&url.site).map_err(|failure| failure.of(&url))?;
    Ok(url)
}

/// Waits for the signal that asks to stop; what the exit status is then, as shells have it.
#[cfg(unix)]
async fn stopped() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
    }
}

#[cfg(not(unix))]
async fn stopped() -> u8 {
    match tokio::signal::ctrl_c().await {
        Ok(()) => 130,
        Err(_) => std::future::pending().await,
    }
}
