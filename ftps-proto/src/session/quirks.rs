//! Which server this is, and what that changes: one table.
//!
//! A server's greeting comes in clear where TLS is explicit, so anyone on the way can write it. What it says is a hint, and
//! only for what gains an attacker nothing: whether commands go in a burst, and what is asked, inside TLS, to find out more.
//! All else waits for what comes inside TLS: FEAT, SYST, or the greeting where TLS is implicit.

use core::fmt;

use crate::codec::Features;

/// A server whose ways are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerKind {
    /// vsftpd.
    Vsftpd,
    /// ProFTPD.
    ProFtpd,
    /// Pure-FTPd.
    PureFtpd,
    /// Microsoft FTP Service, of IIS.
    Microsoft,
    /// MadGoat FTP, on OpenVMS.
    MadGoat,
    /// MikroTik's RouterOS.
    MikroTik,
    /// IBM i, once OS/400.
    IbmI,
    /// z/OS, once MVS.
    Zos,
    /// RaidenFTPD.
    Raiden,
    /// Gene6 FTP Server, also G6.
    Gene6,
    /// None of those.
    Unknown,
}

/// A way of servers that not all of them have. Each is recognised, and can be
/// [forced or switched off](crate::Config::quirks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// Takes commands before it has answered earlier ones: they are sent so. Of vsftpd, ProFTPD and Pure-FTPd that was
    /// measured; IIS, MadGoat and MikroTik lose commands. [`Pipelining::Off`](crate::Pipelining::Off) comes before this.
    Pipelines,
    /// Reads commands as Telnet (RFC 854), where 0xFF is doubled: it is. Others would store a file under another name.
    Telnet,
    /// LIST and MLSD list the path that they are given. Small servers list the working directory instead: to one that is not
    /// known to honour it the session changes to the directory and back.
    ListsPaths,
    /// Takes `LIST -a` with a path after it, which lists the directory itself too. So a listing without it tells that there
    /// is no such directory, which vsftpd does not say; names that begin with a dot are listed by it alone.
    ListsAll,
    /// Keeps what it could not send of a listing that was given up, and begins the next one with it (490 lines of 500
    /// seen): another listing is taken before the next one.
    KeepsListings,
    /// Takes a close_notify right after the handshake of a download: it is sent then. Other servers do not read it before they
    /// close, so that their close resets the connection, and what the client had not yet received is lost (30 of 100
    /// downloads of 1 MiB on ProFTPD); or it gains nothing. [`EarlyClose`](crate::EarlyClose) comes before this.
    EarlyClose,
    /// MDTM with a time before the path sets it, which FEAT does not say: a file's time is set so at once.
    SetsTimeByMdtm,
    /// Has to be told which command will use a data connection, where FEAT names PRET: it is, before EPSV and PASV (DrFTPD,
    /// glFTPd). Pure-FTPd names PRET and does without.
    WantsPret,
    /// Takes OPTS UTF8 only from a client that has said its name: it is said (CLNT) before that, where FEAT names CLNT.
    WantsClientName,
    /// Has two ways to write paths, and begins in the one without slashes: `SITE LISTFMT 1` and `SITE NAMEFMT 1` are sent
    /// after the login where the working directory does not begin with a slash.
    SwitchesNames,
}

/// What is known of a kind of server.
struct Row {
    kind: ServerKind,
    name: &'static str,
    /// As its greeting names it, in lower case.
    greets_as: &'static [&'static str],
    /// As its reply to SYST names it, in lower case.
    system: &'static [&'static str],
    quirks: &'static [Quirk],
}

/// What RFC 959 and RFC 854 say, and no more.
const UNKNOWN: Row = Row {
    kind: ServerKind::Unknown,
    name: "unknown",
    greets_as: &[],
    system: &[],
    quirks: &[Quirk::Telnet, Quirk::WantsPret],
};

const TABLE: [Row; 10] = [
    Row {
        kind: ServerKind::Vsftpd,
        name: "vsftpd",
        greets_as: &["vsftpd"],
        quirks: &[
            Quirk::Pipelines,
            Quirk::ListsPaths,
            Quirk::ListsAll,
            Quirk::EarlyClose,
            Quirk::SetsTimeByMdtm,
        ],
        ..UNKNOWN
    },
    Row {
        kind: ServerKind::ProFtpd,
        name: "ProFTPD",
        greets_as: &["proftpd"],
        quirks: &[Quirk::Pipelines, Quirk::Telnet, Quirk::ListsPaths],
        ..UNKNOWN
    },
    Row {
        kind: ServerKind::PureFtpd,
        name: "Pure-FTPd",
        greets_as: &["pure-ftpd"],
        quirks: &[Quirk::Pipelines, Quirk::ListsPaths, Quirk::KeepsListings],
        ..UNKNOWN
    },
    Row {
        kind: ServerKind::Microsoft,
        name: "Microsoft FTP Service",
        greets_as: &["microsoft ftp service"],
        ..UNKNOWN
    },
    Row { kind: ServerKind::MadGoat, name: "MadGoat", greets_as: &["madgoat"], ..UNKNOWN },
    Row { kind: ServerKind::MikroTik, name: "MikroTik", greets_as: &["mikrotik"], ..UNKNOWN },
    Row {
        kind: ServerKind::IbmI,
        name: "IBM i",
        greets_as: &["qtcp at"],
        system: &["os/400"],
        quirks: &[Quirk::Telnet, Quirk::SwitchesNames],
    },
    Row { kind: ServerKind::Zos, name: "z/OS", system: &["z/os", "mvs is the operating system"], ..UNKNOWN },
    Row {
        kind: ServerKind::Raiden,
        name: "RaidenFTPD",
        greets_as: &["raidenftpd"],
        quirks: &[Quirk::Telnet, Quirk::WantsClientName],
        ..UNKNOWN
    },
    Row {
        kind: ServerKind::Gene6,
        name: "Gene6 FTP Server",
        greets_as: &["gene6 ftp server", "g6 ftp server"],
        quirks: &[Quirk::Telnet, Quirk::WantsClientName],
        ..UNKNOWN
    },
];

impl ServerKind {
    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.kind == self).unwrap_or(&UNKNOWN)
    }

    /// Whether servers of this kind have this way.
    pub fn has(self, quirk: Quirk) -> bool {
        self.row().quirks.contains(&quirk)
    }

    /// Whether LIST is known to look as `ls -l` does.
    pub(super) fn lists_as_unix(self) -> bool {
        matches!(self, Self::Vsftpd | Self::ProFtpd | Self::PureFtpd)
    }

    /// Reads the greeting's lines.
    pub(super) fn from_greeting<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Self {
        lines
            .find_map(|line| TABLE.iter().find(|row| says(line, row.greets_as)))
            .map_or(Self::Unknown, |row| row.kind)
    }

    /// Reads what SYST was answered.
    pub(super) fn from_system(text: &[u8]) -> Self {
        TABLE.iter().find(|row| says(text, row.system)).map_or(Self::Unknown, |row| row.kind)
    }

    /// Reads what FEAT lists, which tells these servers apart by what they alone add.
    pub(super) fn from_features(features: &Features) -> Self {
        // vsftpd has no MLST, and nothing that is not in this list.
        const VSFTPD: [&str; 11] =
            ["AUTH", "EPRT", "EPSV", "MDTM", "PASV", "PBSZ", "PROT", "REST", "SIZE", "TVFS", "UTF8"];
        let vsftpd = features.has("TVFS")
            && features.has("REST")
            && features.iter().all(|(label, _)| VSFTPD.contains(&label));
        if vsftpd {
            Self::Vsftpd
        } else if features.sets_fact("UNIX.group") {
            Self::ProFtpd
        } else if features.has("ESTA") {
            Self::PureFtpd
        } else {
            Self::Unknown
        }
    }
}

fn says(line: &[u8], names: &[&str]) -> bool {
    names.iter().any(|name| line.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes())))
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row().name)
    }
}

/// Which quirks are taken for given, and which for absent, whatever server is recognised. By default none is either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    forced: u16,
    off: u16,
}

impl Quirks {
    /// Forces a quirk, or switches it off.
    #[must_use]
    pub fn with(self, quirk: Quirk, on: bool) -> Self {
        let bit = 1 << quirk as u16;
        let (forced, off) = (self.forced & !bit, self.off & !bit);
        if on { Self { forced: forced | bit, off } } else { Self { forced, off: off | bit } }
    }

    /// Whether a quirk was forced or switched off, where it was.
    pub fn get(self, quirk: Quirk) -> Option<bool> {
        let bit = 1 << quirk as u16;
        if self.forced & bit != 0 { Some(true) } else { (self.off & bit != 0).then_some(false) }
    }
}
