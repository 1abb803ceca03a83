//! What a session has learned about its server.

use super::Session;
use super::quirks::{Quirk, ServerKind};
use crate::codec::{Algorithm, Argument, Command, Features, Reply, Verb};
use crate::config::{Config, ListCommand};

/// What was learned, and is not asked again in the same session.
#[derive(Debug)]
pub(super) struct Learned {
    /// By what came in clear.
    hint: ServerKind,
    /// By what came inside TLS.
    kind: Option<ServerKind>,
    greeting: Option<Reply>,
    features: Option<Features>,
    /// What completed the login.
    login: Option<Reply>,
    /// What SYST was answered.
    system: Option<Reply>,
    /// Whether the last data connection that was secured resumed the control connection's TLS session.
    pub(super) resumed: Option<bool>,
    pub(super) family: AddressFamily,
    pub(super) facts: MlsdState,
    /// How many minutes its clock is ahead of UTC, in LIST.
    offset: Option<i16>,
    /// Refused PROT P, in the server's words, and has not shown since that it secures data connections all the same.
    pub(super) unprotected: Option<Reply>,
    /// An EPSV or PASV that is sent before the transfer before has been confirmed is taken.
    pub(super) queues_passive: bool,
    /// One that is sent while its payload may still move has not been refused.
    pub(super) takes_early_passive: bool,
    /// PRET was not refused as unknown.
    takes_pret: bool,
    /// What OPTS HASH has chosen, or FEAT says is chosen.
    hash: Option<Algorithm>,
    /// What has set a file's time.
    time_command: Option<TimeCommand>,
    /// The server opens data connections.
    pub(super) active: bool,
    /// EPSV ALL was taken: no other command may ask for a data connection.
    pub(super) epsv_all: bool,
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

/// A way to set when a file was last modified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeCommand {
    /// MFMT (draft-somers-ftp-mfxx, section 3).
    Mfmt,
    /// MFF with the fact `modify` (section 5).
    Mff,
    /// SITE UTIME (ProFTPD, Pure-FTPd).
    Utime,
    /// MDTM with a time before the path (vsftpd, Serv-U and others).
    Mdtm,
}

impl Learned {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            hint: ServerKind::Unknown,
            kind: None,
            greeting: None,
            features: None,
            login: None,
            system: None,
            resumed: None,
            family: AddressFamily::first(config),
            active: config.mode.begins_active(),
            epsv_all: false,
            facts: MlsdState::Promised,
            offset: None,
            unprotected: None,
            queues_passive: true,
            takes_early_passive: true,
            takes_pret: true,
            hash: None,
            time_command: None,
            takes_eprt: false,
        }
    }

    /// What has been said inside TLS decides; before that, the greeting.
    pub(super) fn kind(&self) -> ServerKind {
        self.kind.unwrap_or(self.hint)
    }

    /// Whether the greeting, or what is known since, says so: for what gains an attacker nothing.
    fn hints(&self, quirk: Quirk) -> bool {
        self.hint.has(quirk) || self.kind().has(quirk)
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

    /// The server's last word to the login, which let it in (RFC 959, section 5.4), where
    /// [`keep_deeds`](Self::keep_deeds) was called before.
    pub fn login_reply(&self) -> Option<&Reply> {
        self.learned.login.as_ref()
    }

    pub(crate) fn learn_login(&mut self, reply: &Reply) {
        if self.replies.deeds().is_some() {
            self.learned.login = Some(reply.clone());
        }
    }

    /// Whether the last data connection that was secured resumed the control connection's TLS session.
    pub fn last_resumed(&self) -> Option<bool> {
        self.learned.resumed
    }

    /// How the next data connection is asked for: EPSV or PASV, in active mode EPRT or PORT.
    pub fn data_command(&self) -> Verb {
        match (self.learned.active, self.learned.family) {
            (true, AddressFamily::Extended) => Verb::Eprt,
            (true, AddressFamily::Classic) => Verb::Port,
            (false, AddressFamily::Extended) => Verb::Epsv,
            (false, AddressFamily::Classic) => Verb::Pasv,
        }
    }

    /// Which server this is: by FEAT or, where that came inside TLS, by its greeting.
    pub fn server(&self) -> ServerKind {
        self.learned.kind()
    }

    /// Whether the server has this way, or is taken to.
    pub fn has_quirk(&self, quirk: Quirk) -> bool {
        let forced = self.config().quirks.get(quirk);
        forced.unwrap_or_else(|| match quirk {
            // A burst of commands, or a question inside TLS, gains an attacker nothing: the greeting is enough.
            Quirk::Pipelines | Quirk::WantsClientName => self.learned.hints(quirk),
            _ => self.server().has(quirk),
        })
    }

    /// Whether SYST would tell of a server that the greeting hints at, and that has two ways to write paths.
    pub(crate) fn may_switch_names(&self) -> bool {
        let quirk = Quirk::SwitchesNames;
        self.learned.system.is_none()
            && self.config().quirks.get(quirk).is_none()
            && self.learned.hint.has(quirk)
    }

    /// Whether the server has to be told which command will use a data connection.
    pub(crate) fn wants_pret(&self) -> bool {
        self.learned.takes_pret
            && self.has_quirk(Quirk::WantsPret)
            && self.features().is_some_and(|features| features.has("PRET"))
    }

    /// PRET is not known after all.
    pub(crate) fn forget_pret(&mut self) {
        self.learned.takes_pret = false;
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
        self.learned.hash = features.as_ref().and_then(|features| {
            features.hashes().find_map(|(algorithm, chosen)| chosen.then_some(algorithm))
        });
        self.learned.features = features;
    }

    /// What SYST was answered with 215 (RFC 959, section 4.1.3), where it was asked.
    pub fn system(&self) -> Option<&Reply> {
        self.learned.system.as_ref().filter(|reply| reply.code() == 215)
    }

    /// Whether SYST would tell what a LIST looks like: not asked twice, nor of a server that is known, nor where that was
    /// given.
    pub(crate) fn wants_system(&self) -> bool {
        self.learned.system.is_none() && !self.server().lists_as_unix() && self.config().list_family.is_none()
    }

    pub(crate) fn learn_system(&mut self, reply: Reply) {
        let kind = ServerKind::from_system(reply.first_line());
        if reply.code() == 215 && kind != ServerKind::Unknown && self.server() == ServerKind::Unknown {
            self.learned.kind = Some(kind);
        }
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

    /// How many minutes the clock is ahead of UTC by which the server shows times in LIST, where it was told or
    /// [found out](crate::ops::LearnOffset).
    pub fn list_offset(&self) -> Option<i16> {
        self.learned.offset.or(self.config().list_offset)
    }

    pub(crate) fn learn_list_offset(&mut self, offset: Option<i16>) {
        self.learned.offset = offset;
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

    /// Whether the server opens data connections.
    pub(crate) fn is_active(&self) -> bool {
        self.learned.active
    }

    /// The other side opens data connections from now on. Whether that may be.
    pub(crate) fn switch_mode(&mut self) -> bool {
        let may = self.config().mode.has_other() && !self.learned.epsv_all;
        self.learned.active ^= may;
        may
    }

    /// Whether the server will not hear of another command than EPSV.
    pub(crate) fn is_epsv_all(&self) -> bool {
        self.learned.epsv_all
    }

    pub(crate) fn learn_epsv_all(&mut self) {
        self.learned.epsv_all = true;
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

    /// Whether HASH can be told to hash by this (draft-bryan-ftpext-hash).
    pub(crate) fn hashes_by(&self, algorithm: Algorithm) -> bool {
        self.features().is_some_and(|features| features.hashes().any(|(known, _)| known == algorithm))
    }

    /// The best algorithm by which the server says that it hashes.
    #[cfg(feature = "rustls")]
    pub(crate) fn best_hash(&self) -> Option<Algorithm> {
        use Algorithm::{Crc32, Md5, Sha1, Sha256, Sha512};
        let has = |label| self.features().is_some_and(|features| features.has(label));
        let best = [Sha256, Sha512, Sha1, Md5, Crc32].into_iter();
        best.zip(["XSHA256", "XSHA512", "XSHA1", "XMD5", "XCRC"])
            .find(|(algorithm, own)| self.hashes_by(*algorithm) || has(own))
            .map(|(algorithm, _)| algorithm)
    }

    /// By what HASH hashes now, where that is known.
    pub(crate) fn hash_algorithm(&self) -> Option<Algorithm> {
        self.learned.hash
    }

    pub(crate) fn learn_hash(&mut self, algorithm: Algorithm) {
        self.learned.hash = Some(algorithm);
    }

    /// An OPTS leaves: if it is HASH's, what it comes to is not known yet.
    pub(super) fn doubt_hash(&mut self, option: &[u8]) {
        if option.get(..4).is_some_and(|name| name.eq_ignore_ascii_case(b"HASH")) {
            self.learned.hash = None;
        }
    }

    /// What has set a file's time before.
    pub(crate) fn time_command(&self) -> Option<TimeCommand> {
        self.learned.time_command
    }

    pub(crate) fn learn_time_command(&mut self, way: TimeCommand) {
        self.learned.time_command = Some(way);
    }

    /// Whether MDTM with a time before the path sets it.
    pub(crate) fn sets_by_mdtm(&self) -> bool {
        self.has_quirk(Quirk::SetsTimeByMdtm)
    }

    /// Which program the server is told that this is.
    pub(crate) fn client_name(&self) -> Option<Argument> {
        let wanted = self.has_quirk(Quirk::WantsClientName).then(|| Argument::known("ftps"));
        let name = self.config().client_name.clone().or(wanted);
        name.filter(|_| self.features().is_some_and(|features| features.has("CLNT")))
    }

    pub(crate) fn takes_eprt(&self) -> bool {
        self.learned.takes_eprt
    }

    pub(crate) fn learn_eprt(&mut self) {
        self.learned.takes_eprt = true;
    }

    pub(crate) fn lists_paths(&self) -> bool {
        self.has_quirk(Quirk::ListsPaths)
    }

    /// Whether LIST is told to leave nothing out.
    pub(crate) fn lists_all(&self) -> bool {
        match self.config().list_command {
            ListCommand::Best | ListCommand::Mlsd => self.has_quirk(Quirk::ListsAll),
            ListCommand::List => false,
            ListCommand::ListAll => true,
        }
    }

    pub(crate) fn takes_early_close(&self) -> bool {
        self.has_quirk(Quirk::EarlyClose)
    }
}
