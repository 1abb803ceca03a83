//! What a session has learned about its server.

use super::Session;
use super::quirks::ServerKind;
use crate::codec::{Command, Features, Reply, Verb};
use crate::config::{Config, ListCommand, Mode};

/// What was learned, and is not asked again in the same session.
#[derive(Debug)]
pub(super) struct Learned {
    /// By what came in clear.
    hint: ServerKind,
    /// By what came inside TLS.
    kind: Option<ServerKind>,
    greeting: Option<Reply>,
    features: Option<Features>,
    /// What SYST was answered.
    system: Option<Reply>,
    /// Whether the last data connection that was secured resumed the control connection's TLS session.
    pub(super) resumed: Option<bool>,
    pub(super) family: AddressFamily,
    pub(super) facts: MlsdState,
    /// Refused PROT P, in the server's words, and has not shown since that it secures data connections all the same.
    pub(super) unprotected: Option<Reply>,
    /// An EPSV or PASV that is sent before the transfer before has been confirmed is taken.
    pub(super) queues_passive: bool,
    /// One that is sent while its payload may still move has not been refused.
    pub(super) takes_early_passive: bool,
    /// EPRT was taken once: it may go out together with the transfer's command.
    pub(super) takes_eprt: bool,
}

/// How a data connection is asked for. What a server refused is not tried again in the same session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AddressFamily {
    /// EPSV and EPRT (RFC 2428).
    Extended,
    /// PASV and PORT, since the others were refused or led nowhere.
    Classic,
}

impl AddressFamily {
    /// The one to begin with.
    pub(crate) fn first(config: &Config) -> Self {
        if config.extended { Self::Extended } else { Self::Classic }
    }
}

/// Whether listings come as facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MlsdState {
    /// As FEAT says: MLSD was not used yet.
    Promised,
    /// MLSD was refused, and so was LIST after it: this may be the path's fault, and LIST is no way out again.
    Doubtful,
    /// MLSD has worked.
    Proven,
    /// MLSD was refused where LIST was not.
    Refused,
}

impl Learned {
    pub(super) fn new(family: AddressFamily) -> Self {
        Self {
            hint: ServerKind::Unknown,
            kind: None,
            greeting: None,
            features: None,
            system: None,
            resumed: None,
            family,
            facts: MlsdState::Promised,
            unprotected: None,
            queues_passive: true,
            takes_early_passive: true,
            takes_eprt: false,
        }
    }

    /// What has been said inside TLS decides; before that, the greeting.
    pub(super) fn kind(&self) -> ServerKind {
        self.kind.unwrap_or(self.hint)
    }

    /// A burst of commands gains an attacker nothing, so the greeting is enough.
    pub(super) fn pipelines(&self) -> bool {
        self.hint.quirks().pipelines || self.kind().quirks().pipelines
    }
}

impl Session {
    /// What FEAT listed (RFC 2389); none before login, or where the server does not know FEAT.
    pub fn features(&self) -> Option<&Features> {
        self.learned.features.as_ref()
    }

    /// What the server greeted with (RFC 959, section 5.4). Where TLS is explicit it came in clear.
    pub fn server_greeting(&self) -> Option<&Reply> {
        self.learned.greeting.as_ref()
    }

    /// Whether the last data connection that was secured resumed the control connection's TLS session.
    pub fn last_resumed(&self) -> Option<bool> {
        self.learned.resumed
    }

    /// How the next data connection is asked for: EPSV or PASV, in active mode EPRT or PORT.
    pub fn data_command(&self) -> Verb {
        match (self.config().mode, self.learned.family) {
            (Mode::Active, AddressFamily::Extended) => Verb::Eprt,
            (Mode::Active, AddressFamily::Classic) => Verb::Port,
            (Mode::Passive, AddressFamily::Extended) => Verb::Epsv,
            (Mode::Passive, AddressFamily::Classic) => Verb::Pasv,
        }
    }

    /// Which server this is: by FEAT or, where that came inside TLS, by its greeting.
    pub fn server(&self) -> ServerKind {
        self.learned.kind()
    }

    /// Reads the greeting: for good where it came inside TLS, as a hint otherwise.
    pub(crate) fn learn_greeting(&mut self, greeting: &Reply) {
        let kind = ServerKind::from_greeting(greeting.lines());
        self.learned.hint = kind;
        self.learned.greeting = Some(greeting.clone());
        if self.is_secured() && kind != ServerKind::Unknown {
            self.learned.kind = Some(kind);
        }
    }

    /// FEAT was answered; with nothing where it is not known.
    pub(crate) fn learn_features(&mut self, features: Option<Features>) {
        let kind = features.as_ref().map_or(ServerKind::Unknown, ServerKind::from_features);
        self.learned.kind.get_or_insert(kind);
        self.learned.features = features;
    }

    /// What SYST was answered with 215 (RFC 959, section 4.1.3), where it was asked.
    pub fn system(&self) -> Option<&Reply> {
        self.learned.system.as_ref().filter(|reply| reply.code() == 215)
    }

    /// Whether SYST would tell what a LIST looks like: not asked twice, nor of a server that is known, nor where that was
    /// given.
    pub(crate) fn wants_system(&self) -> bool {
        self.learned.system.is_none()
            && self.server() == ServerKind::Unknown
            && self.config().list_family.is_none()
    }

    pub(crate) fn learn_system(&mut self, reply: Reply) {
        self.learned.system = Some(reply);
    }

    /// Whether listings are asked for as facts: MLSD is announced as MLST (RFC 3659, section 7.8).
    pub(crate) fn lists_facts(&self) -> bool {
        self.learned.facts != MlsdState::Refused && self.features().is_some_and(Features::mlst)
    }

    /// Whether a directory is listed as facts.
    pub(crate) fn lists_by_facts(&self) -> bool {
        match self.config().list_command {
            ListCommand::Best => self.lists_facts(),
            ListCommand::Mlsd => self.learned.facts != MlsdState::Refused,
            ListCommand::List | ListCommand::ListAll => false,
        }
    }

    pub(crate) fn facts(&self) -> MlsdState {
        self.learned.facts
    }

    pub(crate) fn learn_facts(&mut self, facts: MlsdState) {
        self.learned.facts = facts;
    }

    pub(crate) fn family(&self) -> AddressFamily {
        self.learned.family
    }

    /// How a data connection is asked for in passive mode.
    pub(crate) fn passive_command(&self) -> Command {
        match self.learned.family {
            AddressFamily::Extended => Command::Epsv,
            AddressFamily::Classic => Command::Pasv,
        }
    }

    pub(crate) fn set_family(&mut self, family: AddressFamily) {
        self.learned.family = family;
    }

    /// The server refused PROT P with this.
    pub(crate) fn doubt_protection(&mut self, refusal: Reply) {
        self.learned.unprotected = Some(refusal);
    }

    /// The refusal of PROT P, as long as no data connection has been secured since.
    pub(crate) fn doubted_protection(&self) -> Option<&Reply> {
        self.learned.unprotected.as_ref()
    }

    pub(crate) fn takes_eprt(&self) -> bool {
        self.learned.takes_eprt
    }

    pub(crate) fn learn_eprt(&mut self) {
        self.learned.takes_eprt = true;
    }

    pub(crate) fn lists_paths(&self) -> bool {
        self.server().quirks().lists_paths
    }

    /// Whether LIST is told to leave nothing out.
    pub(crate) fn lists_all(&self) -> bool {
        match self.config().list_command {
            ListCommand::Best | ListCommand::Mlsd => self.server().quirks().lists_all,
            ListCommand::List => false,
            ListCommand::ListAll => true,
        }
    }

    pub(crate) fn takes_early_close(&self) -> bool {
        self.server().quirks().takes_early_close
    }
}
