//! Which server this is, as far as it changes what is done.

use core::fmt;

/// A server whose ways are known, by its greeting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Server {
    /// vsftpd.
    Vsftpd,
    /// ProFTPD.
    ProFtpd,
    /// Pure-FTPd.
    PureFtpd,
    /// None of those.
    Unknown,
}

impl Server {
    /// Reads the greeting's lines.
    pub(crate) fn from_greeting<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        let known = [("vsftpd", Self::Vsftpd), ("proftpd", Self::ProFtpd), ("pure-ftpd", Self::PureFtpd)];
        for line in lines {
            for (name, server) in known {
                if line.windows(name.len()).any(|part| part.eq_ignore_ascii_case(name.as_bytes())) {
                    return server;
                }
            }
        }
        Self::Unknown
    }

    /// Takes commands before it has answered earlier ones (measured; IIS, MadGoat and MikroTik do not).
    pub(crate) fn takes_pipelining(self) -> bool {
        self != Self::Unknown
    }

    /// Reads commands as Telnet (RFC 854), in which 0xFF is doubled. To vsftpd and Pure-FTPd two are two: a file would be
    /// stored under another name.
    pub(crate) fn reads_telnet(self) -> bool {
        !matches!(self, Self::Vsftpd | Self::PureFtpd)
    }

    /// Takes `LIST -a` with any path behind it, and lists the directory itself then: what lists nothing is not there, where
    /// its LIST is that of a pattern which nothing matches. Names that begin with a dot are listed so alone. ProFTPD and
    /// Pure-FTPd have MLSD.
    pub(crate) fn takes_list_all(self) -> bool {
        self == Self::Vsftpd
    }

    /// Keeps what it could not send of a listing that was given up, and begins the next one with it (490 lines of 500
    /// seen on Pure-FTPd).
    pub(crate) fn keeps_listings(self) -> bool {
        self == Self::PureFtpd
    }

    /// Takes a close_notify right behind the handshake of a download. Only vsftpd reads it before it closes. ProFTPD
    /// leaves it unread, so that its close resets the connection and what the client had not yet received is lost (30
    /// of 100 downloads of 1 MiB); with Pure-FTPd nothing is gained by it.
    pub(crate) fn takes_early_close(self) -> bool {
        self == Self::Vsftpd
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Vsftpd => "vsftpd",
            Self::ProFtpd => "ProFTPD",
            Self::PureFtpd => "Pure-FTPd",
            Self::Unknown => "unknown",
        })
    }
}
