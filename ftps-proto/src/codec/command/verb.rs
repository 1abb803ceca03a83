//! What commands are called, and which replies can be theirs. RFC 959 section 5.4, and the RFCs that add to
//! it.

use core::fmt::{self, Display};

use super::word::Word;
use crate::codec::reply::Code;

macro_rules! verbs {
    ($($name:ident $text:literal $source:literal,)*) => {
        /// What a command asks for, without its argument.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = concat!("`", $text, "`: ", $source, ".")] $name,)*
            /// Any other.
            Other(Word),
        }

        impl Verb {
            #[cfg(test)]
            const KNOWN: &[Self] = &[$(Self::$name),*];

            /// As sent.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $text,)*
                    Self::Other(word) => word.as_str(),
                }
            }

            /// The verb that is sent so, in any case, other than [`Other`](Self::Other).
            pub(super) fn known(name: &[u8]) -> Option<Self> {
                let is = |verb: &Self| name.eq_ignore_ascii_case(verb.as_str().as_bytes());
                [$(Self::$name),*].into_iter().find(is)
            }
        }
    };
}

verbs! {
    Abor "ABOR" "RFC 959 section 4.1.3",
    Acct "ACCT" "RFC 959 section 4.1.1",
    Allo "ALLO" "RFC 959 section 4.1.3",
    Appe "APPE" "RFC 959 section 4.1.3",
    Auth "AUTH" "RFC 2228 section 3",
    Avbl "AVBL" "draft-peterson-streamlined-ftp-command-extensions",
    Ccc "CCC" "RFC 2228 section 3",
    Cdup "CDUP" "RFC 959 section 4.1.1",
    Clnt "CLNT" "de facto",
    Csid "CSID" "draft-peterson-streamlined-ftp-command-extensions",
    Cwd "CWD" "RFC 959 section 4.1.1",
    Dele "DELE" "RFC 959 section 4.1.3",
    Dsiz "DSIZ" "draft-peterson-streamlined-ftp-command-extensions",
    Eprt "EPRT" "RFC 2428 section 2",
    Epsv "EPSV" "RFC 2428 section 3",
    EpsvAll "EPSV ALL" "RFC 2428 section 4, a verb of its own because its replies differ",
    Feat "FEAT" "RFC 2389 section 3",
    Hash "HASH" "draft-bryan-ftpext-hash",
    Help "HELP" "RFC 959 section 4.1.3",
    Host "HOST" "RFC 7151",
    Lang "LANG" "RFC 2640 section 4",
    List "LIST" "RFC 959 section 4.1.3",
    Md5 "MD5" "draft-twine-ftpmd5",
    Mdtm "MDTM" "RFC 3659 section 3",
    Mfct "MFCT" "draft-somers-ftp-mfxx",
    Mff "MFF" "draft-somers-ftp-mfxx",
    Mfmt "MFMT" "draft-somers-ftp-mfxx",
    Mkd "MKD" "RFC 959 section 4.1.3",
    Mlsd "MLSD" "RFC 3659 section 7",
    Mlst "MLST" "RFC 3659 section 7",
    Mmd5 "MMD5" "draft-twine-ftpmd5",
    Mode "MODE" "RFC 959 section 4.1.2",
    Nlst "NLST" "RFC 959 section 4.1.3",
    Noop "NOOP" "RFC 959 section 4.1.3",
    Opts "OPTS" "RFC 2389 section 4",
    Pass "PASS" "RFC 959 section 4.1.1",
    Pasv "PASV" "RFC 959 section 4.1.2",
    Pbsz "PBSZ" "RFC 2228 section 3",
    Port "PORT" "RFC 959 section 4.1.2",
    Pret "PRET" "de facto",
    Prot "PROT" "RFC 2228 section 3",
    Pwd "PWD" "RFC 959 section 4.1.3",
    Quit "QUIT" "RFC 959 section 4.1.1",
    Rang "RANG" "draft-bryan-ftp-range",
    Rein "REIN" "RFC 959 section 4.1.1",
    Rest "REST" "RFC 3659 section 5",
    Retr "RETR" "RFC 959 section 4.1.3",
    Rmd "RMD" "RFC 959 section 4.1.3",
    Rmda "RMDA" "draft-peterson-streamlined-ftp-command-extensions",
    Rnfr "RNFR" "RFC 959 section 4.1.3",
    Rnto "RNTO" "RFC 959 section 4.1.3",
    Site "SITE" "RFC 959 section 4.1.3",
    Size "SIZE" "RFC 3659 section 4",
    Smnt "SMNT" "RFC 959 section 4.1.1",
    Stat "STAT" "RFC 959 section 4.1.3",
    Stor "STOR" "RFC 959 section 4.1.3",
    Stou "STOU" "RFC 959 section 4.1.3",
    Stru "STRU" "RFC 959 section 4.1.2",
    Syst "SYST" "RFC 959 section 4.1.3",
    Type "TYPE" "RFC 959 section 4.1.2",
    User "USER" "RFC 959 section 4.1.1",
    Xcrc "XCRC" "de facto",
    Xmd5 "XMD5" "de facto",
    Xsha "XSHA" "de facto",
    Xsha1 "XSHA1" "de facto",
    Xsha256 "XSHA256" "de facto",
    Xsha512 "XSHA512" "de facto",
}

/// Commands without a [`Verb`] of their own that change the conversation's shape: passive and active mode of other
/// kinds (RFC 1639, server to server), the rest of RFC 2228, and a transfer (THMB).
const CHANGING: [&str; 10] = ["ADAT", "CONF", "CPSV", "ENC", "LPRT", "LPSV", "MIC", "SPSV", "SSCN", "THMB"];

impl Verb {
    /// Whether it moves data over a data connection.
    pub const fn is_transfer(&self) -> bool {
        matches!(
            self,
            Self::Retr | Self::Stor | Self::Stou | Self::Appe | Self::List | Self::Nlst | Self::Mlsd
        )
    }

    /// Whether the server reads all of a file to answer it, which may take minutes.
    pub const fn hashes_file(&self) -> bool {
        matches!(
            self,
            Self::Hash
                | Self::Md5
                | Self::Mmd5
                | Self::Xcrc
                | Self::Xmd5
                | Self::Xsha
                | Self::Xsha1
                | Self::Xsha256
                | Self::Xsha512
        )
    }

    /// Whether it changes the conversation's shape: who is logged in, what is protected, where data goes and in
    /// which form, or whether there is a conversation at all.
    ///
    /// A session keeps count of these, so they are not for a command that a caller sends past it.
    pub fn changes_conversation(&self) -> bool {
        match self {
            Self::Other(word) => CHANGING.contains(&word.as_str()),
            Self::User | Self::Pass | Self::Acct | Self::Rein | Self::Quit => true,
            Self::Auth | Self::Pbsz | Self::Prot | Self::Ccc => true,
            Self::Port | Self::Eprt | Self::Pasv | Self::Epsv | Self::EpsvAll => true,
            Self::Type | Self::Stru | Self::Mode | Self::Rest | Self::Rang | Self::Abor => true,
            _ => self.is_transfer(),
        }
    }

    /// Whether a reply with `code` can be this command's own, while the replies to other commands are awaited
    /// too.
    ///
    /// Servers answer out of order (a queued EPSV before the 226 of the transfer it waits for, for one), so this
    /// is strict where one reply could be taken for another: RFC 959 section 5.4 and the documents that each verb
    /// names, with what servers send instead: 200 for the 250 of a directory command, 250 for the 213 of a
    /// checksum. Any command can be refused, with any 4yz or 5yz but 425 and 426: only a transfer has a data
    /// connection to lose. 421 can be the answer to anything.
    pub fn accepts(&self, code: Code) -> bool {
        let code = code.get();
        match code {
            425 | 426 => return self.is_transfer(),
            400..=599 => return true,
            _ => {}
        }
        match self {
            Self::Retr | Self::Stor | Self::Stou | Self::Appe | Self::List | Self::Nlst | Self::Mlsd => {
                matches!(code, 110 | 125 | 150 | 226 | 250)
            }
            Self::Abor => matches!(code, 225 | 226),
            Self::Acct => matches!(code, 202 | 230),
            Self::Auth => matches!(code, 234 | 334),
            Self::Cwd | Self::Cdup | Self::Dele | Self::Rmd | Self::Rmda | Self::Rnto => {
                matches!(code, 200 | 250)
            }
            Self::Ccc | Self::Clnt | Self::Csid | Self::Eprt | Self::Lang | Self::Port | Self::Pret => {
                code == 200
            }
            Self::Allo
            | Self::Mode
            | Self::Noop
            | Self::Opts
            | Self::Pbsz
            | Self::Prot
            | Self::Stru
            | Self::Type => matches!(code, 200 | 202),
            // Some servers answer EPSV with 227 as well.
            Self::Epsv => matches!(code, 227 | 229),
            // Pure-FTPd: 220 Active mode is disabled.
            Self::EpsvAll => matches!(code, 200 | 220),
            Self::Feat => code == 211,
            Self::Help => matches!(code, 211 | 214),
            Self::Host => code == 220,
            Self::Avbl
            | Self::Dsiz
            | Self::Hash
            | Self::Mdtm
            | Self::Mfct
            | Self::Mff
            | Self::Mfmt
            | Self::Size => code == 213,
            Self::Xcrc | Self::Xmd5 | Self::Xsha | Self::Xsha1 | Self::Xsha256 | Self::Xsha512 => {
                // 220: WS_FTP Server's.
                matches!(code, 213 | 220 | 250)
            }
            Self::Md5 => code == 251,
            Self::Mmd5 => code == 252,
            Self::Mkd => matches!(code, 250 | 257),
            Self::Mlst => code == 250,
            Self::Pass => matches!(code, 202 | 230 | 232 | 332),
            Self::Pasv => code == 227,
            Self::Pwd => code == 257,
            Self::Quit => code == 221,
            Self::Rang | Self::Rest | Self::Rnfr => code == 350,
            // 230: pyftpdlib's.
            Self::Rein => matches!(code, 120 | 220 | 230),
            // Its 2yz are the server's own affair.
            Self::Site => matches!(code, 200 | 202 | 211 | 214 | 250),
            Self::Smnt => matches!(code, 202 | 250),
            Self::Stat => matches!(code, 211..=213),
            Self::Syst => code == 215,
            Self::User => matches!(code, 230 | 232 | 331 | 332),
            Self::Other(word) => match word.as_str() {
                // The names that RFC 775 gave to what RFC 959 calls PWD, MKD, CWD, CDUP and RMD.
                "XPWD" => code == 257,
                "XMKD" => matches!(code, 250 | 257),
                "XCWD" | "XCUP" | "XRMD" => matches!(code, 200 | 250),
                // None that answers one known command only.
                _ => matches!(code, 200 | 202 | 211..=214 | 250..=256 | 350),
            },
        }
    }
}

impl Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_commands_do_not_take_each_others_replies() {
        let own = |verb: Verb| {
            (100..700)
                .filter(|&n| !matches!(n, 400..=599))
                .filter(move |&n| verb.accepts(Code::new(n).unwrap()))
        };
        assert!(own(Verb::Retr).eq([110, 125, 150, 226, 250]));
        assert!(own(Verb::Epsv).eq([227, 229]));
        assert!(own(Verb::EpsvAll).eq([200, 220]));
        assert!(own(Verb::Pwd).eq([257]));
        assert!(own(Verb::Noop).eq([200, 202]));
        assert!(own(Verb::Stou).eq([110, 125, 150, 226, 250]));
        assert!(own(Verb::Xsha256).eq([213, 220, 250]));
        assert!(own(Verb::Rein).eq([120, 220, 230]));
        let other = |word: &str| own(Verb::Other(Word::new(word).unwrap()));
        assert!(other("XPWD").eq([257]));
        let taken = [220, 221, 225, 226, 227, 229, 230, 234, 257, 331];
        assert!(taken.iter().all(|code| other("XFOO").all(|own| own != *code)));
        assert!(own(Verb::User).eq([230, 232, 331, 332]));
        assert!(own(Verb::Auth).eq([234, 334]));
        for (verb, code) in [
            (Verb::Feat, 211),
            (Verb::Mdtm, 213),
            (Verb::Mfmt, 213),
            (Verb::Hash, 213),
            (Verb::Size, 213),
            (Verb::Ccc, 200),
            (Verb::Eprt, 200),
            (Verb::Port, 200),
            (Verb::Host, 220),
            (Verb::Md5, 251),
            (Verb::Syst, 215),
            (Verb::Quit, 221),
            (Verb::Pasv, 227),
            (Verb::Mlst, 250),
            (Verb::Rest, 350),
            (Verb::Rnfr, 350),
        ] {
            assert!(own(verb).eq([code]), "{verb}");
        }
        for (verb, lost) in [(Verb::Stor, true), (Verb::Noop, false), (Verb::Abor, false)] {
            assert_eq!(verb.accepts(Code::new(426).unwrap()), lost);
            assert!([421, 451, 452, 500, 552].into_iter().all(|n| verb.accepts(Code::new(n).unwrap())));
        }
    }

    /// The crate's documentation has a row for each, and each row an operation, a client's call or a reason.
    #[test]
    fn every_command_has_a_row() {
        let rows = include_str!("../../commands.md").lines().filter(|line| line.starts_with("| `"));
        let rows: alloc::vec::Vec<_> = rows.collect();
        for verb in Verb::KNOWN {
            let cell = alloc::format!("| `{verb}` |");
            assert_eq!(rows.iter().filter(|row| row.starts_with(&cell)).count(), 1, "{verb}");
        }
        for row in rows {
            let name = row.split('`').nth(1).unwrap_or_default();
            let word = if name == "EPSV ALL" { name } else { name.split(' ').next().unwrap_or_default() };
            assert!(Verb::known(word.as_bytes()).is_some(), "{row}");
            assert_eq!(row.matches(" |").count(), 5, "{row}");
        }
    }

    #[test]
    fn what_changes_the_conversation_is_known_by_every_name() {
        let verb = |name: &str| {
            Verb::known(name.as_bytes()).unwrap_or_else(|| Verb::Other(Word::new(name).unwrap()))
        };
        for name in [
            "RETR", "STOR", "APPE", "STOU", "LIST", "NLST", "MLSD", "AUTH", "PBSZ", "PROT", "CCC", "REIN",
            "PORT", "EPRT", "PASV", "EPSV", "EPSV ALL", "LPRT", "LPSV", "CPSV", "SPSV", "TYPE", "REST",
            "RANG", "MODE", "STRU", "QUIT", "ABOR", "USER", "PASS", "ACCT", "lpsv",
        ] {
            assert!(verb(name).changes_conversation(), "{name}");
        }
        for name in ["SITE", "NOOP", "STAT", "HELP", "CWD", "PWD", "DELE", "MFMT", "HASH", "CLNT", "XFOO"] {
            assert!(!verb(name).changes_conversation(), "{name}");
        }
    }
}
