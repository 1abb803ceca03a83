//! Which server this is, and what that changes: one table.
//!
//! A server's greeting comes in clear where TLS is explicit, so anyone on the way can write it. What it says is a hint, and
//! only for what gains an attacker nothing (a burst of commands). All else waits for what comes inside TLS: FEAT, or the
//! greeting where TLS is implicit.

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
    /// None of those.
    Unknown,
}

/// What is known of a kind of server.
#[derive(Debug)]
pub(super) struct Quirks {
    /// As its greeting names it, in lower case.
    greets_as: &'static str,
    /// Takes commands before it has answered earlier ones (measured). IIS, MadGoat and MikroTik do not.
    pub(super) pipelines: bool,
    /// Reads commands as Telnet (RFC 854), where 0xFF is doubled. Others would store a file under another name.
    pub(super) undoubles: bool,
    /// LIST and MLSD list the path that they are given. Small servers list the working directory instead.
    pub(super) lists_paths: bool,
    /// Takes `LIST -a` with a path after it, which lists the directory itself too. So a listing without it tells that there
    /// is no such directory, which this server does not say; names that begin with a dot are listed by it alone.
    pub(super) lists_all: bool,
    /// Keeps what it could not send of a listing that was given up, and begins the next one with it (490 lines of 500
    /// seen).
    pub(super) keeps_listings: bool,
    /// Takes a close_notify right after the handshake of a download. Other servers do not read it before they close, so that
    /// their close resets the connection, and what the client had not yet received is lost (30 of 100 downloads of
    /// 1 MiB on ProFTPD); or it gains nothing.
    pub(super) takes_early_close: bool,
    /// MDTM with a time before the path sets it, which FEAT does not say.
    pub(super) sets_by_mdtm: bool,
}

const VSFTPD: Quirks = Quirks {
    greets_as: "vsftpd",
    pipelines: true,
    undoubles: false,
    lists_paths: true,
    lists_all: true,
    keeps_listings: false,
    takes_early_close: true,
    sets_by_mdtm: true,
};

const PROFTPD: Quirks = Quirks {
    greets_as: "proftpd",
    pipelines: true,
    undoubles: true,
    lists_paths: true,
    lists_all: false,
    keeps_listings: false,
    takes_early_close: false,
    sets_by_mdtm: false,
};

const PURE_FTPD: Quirks = Quirks {
    greets_as: "pure-ftpd",
    pipelines: true,
    undoubles: false,
    lists_paths: true,
    lists_all: false,
    keeps_listings: true,
    takes_early_close: false,
    sets_by_mdtm: false,
};

/// What RFC 959 and RFC 854 say, and no more.
const UNKNOWN: Quirks = Quirks {
    greets_as: "",
    pipelines: false,
    undoubles: true,
    lists_paths: false,
    lists_all: false,
    keeps_listings: false,
    takes_early_close: false,
    sets_by_mdtm: false,
};

impl ServerKind {
    const KNOWN: [Self; 3] = [Self::Vsftpd, Self::ProFtpd, Self::PureFtpd];

    pub(super) fn quirks(self) -> &'static Quirks {
        match self {
            Self::Vsftpd => &VSFTPD,
            Self::ProFtpd => &PROFTPD,
            Self::PureFtpd => &PURE_FTPD,
            Self::Unknown => &UNKNOWN,
        }
    }

    /// Reads the greeting's lines.
    pub(super) fn from_greeting<'a>(mut lines: impl Iterator<Item = &'a [u8]>) -> Self {
        lines
            .find_map(|line| {
                Self::KNOWN.into_iter().find(|kind| {
                    let name = kind.quirks().greets_as.as_bytes();
                    line.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name))
                })
            })
            .unwrap_or(Self::Unknown)
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
        } else if features.params("MFF").is_some_and(|facts| facts.contains("UNIX.group")) {
            Self::ProFtpd
        } else if features.has("ESTA") {
            Self::PureFtpd
        } else {
            Self::Unknown
        }
    }
}

impl fmt::Display for ServerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vsftpd => "vsftpd",
            Self::ProFtpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Unknown => "unknown",
        })
    }
}
