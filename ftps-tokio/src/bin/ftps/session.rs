//! One session a site: made when it is first needed, and anew when it was lost.

use std::time::Duration;

use ftps_tokio::{Client, Endpoint};

use crate::failure::Failure;
use crate::raw;
use crate::settings::Settings;
use crate::url::Site;

/// How long the server may take over QUIT.
const LEAVE: Duration = Duration::from_secs(3);

/// The session with one site.
pub(crate) struct Session<'a> {
    settings: &'a Settings,
    site: &'a Site,
    client: Option<Client>,
    /// There is none to be had: that is not tried again for each file.
    failed: Option<Failure>,
    /// The server is waited for where it may let one in later. Not for a session beside others, unless it was there before:
    /// the server may let in no more.
    patient: bool,
    /// The server has fallen silent, and is not expected to answer to QUIT.
    silent: bool,
    /// A file or listing is moved next.
    transfers: bool,
    /// Another file follows the one that is moved.
    more: bool,
}

impl<'a> Session<'a> {
    pub(crate) fn new(settings: &'a Settings, site: &'a Site) -> Self {
        let (client, failed) = (None, None);
        Self { settings, site, client, failed, patient: true, silent: false, transfers: false, more: false }
    }

    /// Another one with the same site.
    pub(crate) fn another(&self) -> Self {
        Self { patient: false, ..Self::new(self.settings, self.site) }
    }

    /// Names are UTF-8, as far as was said.
    pub(crate) fn is_utf8(&self) -> bool {
        self.settings.is_utf8()
    }

    /// Has there be a session.
    pub(crate) async fn connect(&mut self) -> Result<(), Failure> {
        self.client().await.map(drop)
    }

    /// Does something over the session. Where that has ended unnoticed since the work before, so that nothing of this was
    /// sent, it is done over a new one, once.
    pub(crate) async fn run<T>(
        &mut self,
        mut work: impl AsyncFnMut(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let done = self.attempt(&mut work).await;
        // Nothing counts as done of which the record is missing.
        self.settings.check_audit()?;
        done
    }

    async fn attempt<T>(
        &mut self,
        work: &mut impl AsyncFnMut(&mut Client) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut done = work(self.client().await?).await;
        if matches!(&done, Err(failure) if failure.gone) {
            self.client = None;
            done = work(self.client().await?).await;
        }
        done.map_err(|failure| {
            self.silent |= failure.silent;
            self.explain(failure)
        })
    }

    /// A file or listing is moved next, and whether another follows it. Data connections are then asked for early, which saves
    /// a round trip each.
    pub(crate) fn expect_more(&mut self, more: bool) {
        (self.transfers, self.more) = (true, more);
    }

    async fn client(&mut self) -> Result<&mut Client, Failure> {
        if let Some(failure) = &self.failed {
            return Err(failure.clone());
        }
        self.settings.check_audit()?;
        let client = match self.client.take().filter(Client::is_usable) {
            Some(client) => client,
            None => {
                self.silent = false;
                let connected = self.begin().await;
                connected.inspect_err(|failure| self.failed = Some(failure.clone()))?
            }
        };
        self.patient = true;
        let client = self.client.insert(client);
        client.expect_more(self.more);
        Ok(client)
    }

    /// A new session, in which the commands have been sent that come before all else.
    async fn begin(&self) -> Result<Client, Failure> {
        let mut client = self.settings.connect(self.site, self.transfers, self.patient).await?;
        self.settings.check_audit()?;
        for command in self.settings.before() {
            if let Err(failure) = raw::send(&mut client, command).await {
                let _ = tokio::time::timeout(LEAVE, client.quit()).await;
                return Err(failure.about(&"--before"));
            }
        }
        Ok(client)
    }

    /// Why a data connection did not come about is not known here, but what it mostly is.
    fn explain(&self, failure: Failure) -> Failure {
        match &self.client {
            Some(client) if failure.unconnected => unanswered(failure, client, self.settings),
            _ => failure,
        }
    }

    /// Sends the commands that come after all else, and takes leave. What was to be done is done by now, so that it does not matter how the server takes it, and is not
    /// worth waiting for.
    pub(crate) async fn quit(self) {
        if let Some(mut client) = self.client.filter(Client::is_usable)
            && !self.silent
        {
            for command in self.settings.after() {
                if let Err(failure) = raw::send(&mut client, command).await {
                    self.settings.failed(failure.about(&"--after"));
                    break;
                }
            }
            let _ = tokio::time::timeout(LEAVE, client.quit()).await;
        }
    }
}

/// Says where the data connection was to go, and what mostly is in its way.
pub(crate) fn unanswered(failure: Failure, client: &Client, settings: &Settings) -> Failure {
    match client.data_peer() {
        _ if settings.is_active() => failure.and(format_args!(
            "the server could not connect to this computer: most often a firewall or a router is in between; try it \
             without --active"
        )),
        Some(Endpoint::Address(to)) => failure.and(format_args!(
            "port {} of {}, which the server opened for the data connection, cannot be reached: most often a firewall \
             in between lets only the control connection through (the server's passive ports have to be open)",
            to.port(),
            to.ip()
        )),
        Some(Endpoint::Host(..)) | None => failure,
    }
}
