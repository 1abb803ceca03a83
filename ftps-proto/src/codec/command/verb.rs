//! What commands are called, and which replies can be theirs. RFC 959 section 5.4, and the RFCs that add to
//! it.

use core::fmt::{self, Display};

use super::reply::Code;

macro_rules! verbs {
    ($($name:ident $text:literal $rfc:literal,)*) => {
        /// What a command asks for, without its argument.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Verb {
            $(#[doc = concat!("`", $text, "`: ", $rfc, ".")] $name,)*
        }

        impl Verb {
            /// As sent.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
                let is = |verb: &Self| bytes.eq_ignore_ascii_case(verb.as_str().as_bytes());
                [$(Self::$name),*].into_iter().find(is)
            }
        }
    };
}

verbs! {
    Abor "ABOR" "RFC 959 section 4.1.3",
    Acct "ACCT" "RFC 959 section 4.1.1",
    Appe "APPE" "RFC 959 section 4.1.3",
    Auth "AUTH" "RFC 2228 section 3",
    Cdup "CDUP" "RFC 959 section 4.1.1",
    Cwd "CWD" "RFC 959 section 4.1.1",
    Dele "DELE" "RFC 959 section 4.1.3",
    Epsv "EPSV" "RFC 2428 section 3",
    EpsvAll "EPSV ALL" "RFC 2428 section 4, a verb of its own because its replies differ",
    Feat "FEAT" "RFC 2389 section 3",
    Help "HELP" "RFC 959 section 4.1.3",
    List "LIST" "RFC 959 section 4.1.3",
    Mdtm "MDTM" "RFC 3659 section 3",
    Mkd "MKD" "RFC 959 section 4.1.3",
    Mlsd "MLSD" "RFC 3659 section 7",
    Mlst "MLST" "RFC 3659 section 7",
    Nlst "NLST" "RFC 959 section 4.1.3",
    Noop "NOOP" "RFC 959 section 4.1.3",
    Opts "OPTS" "RFC 2389 section 4",
    Pass "PASS" "RFC 959 section 4.1.1",
    Pasv "PASV" "RFC 959 section 4.1.2",
    Pbsz "PBSZ" "RFC 2228 section 3",
    Prot "PROT" "RFC 2228 section 3",
    Pwd "PWD" "RFC 959 section 4.1.3",
    Quit "QUIT" "RFC 959 section 4.1.1",
    Rest "REST" "RFC 3659 section 5",
    Retr "RETR" "RFC 959 section 4.1.3",
    Rmd "RMD" "RFC 959 section 4.1.3",
    Rnfr "RNFR" "RFC 959 section 4.1.3",
    Rnto "RNTO" "RFC 959 section 4.1.3",
    Site "SITE" "RFC 959 section 4.1.3",
    Size "SIZE" "RFC 3659 section 4",
    Stat "STAT" "RFC 959 section 4.1.3",
    Stor "STOR" "RFC 959 section 4.1.3",
    Syst "SYST" "RFC 959 section 4.1.3",
    Type "TYPE" "RFC 959 section 4.1.2",
    User "USER" "RFC 959 section 4.1.1",
}

impl Verb {
    /// Whether it moves data over a data connection.
    pub const fn is_transfer(self) -> bool {
        matches!(self, Self::Retr | Self::Stor | Self::Appe | Self::List | Self::Nlst | Self::Mlsd)
    }

    /// Whether a reply with `code` can be this command's own, while the replies to other commands are awaited
    /// too.
    ///
    /// Servers answer out of order (a queued EPSV before the 226 of the transfer it waits behind, for one),
    /// so this is strict where one reply could be taken for another: RFC 959 section 5.4, RFC 2228 section 5
    /// and RFC 4217 (AUTH, PBSZ, PROT), RFC 2389 (FEAT, OPTS), RFC 2428 (EPSV), RFC 3659 (MDTM, SIZE, REST,
    /// MLST, MLSD), with the 200 that servers send for the 250 of a directory command. Any command can be
    /// refused, with any 4yz or 5yz but 425 and 426: only a transfer has a data connection to lose. 421 can
    /// be the answer to anything.
    pub const fn accepts(self, code: Code) -> bool {
        let code = code.get();
        match code {
            425 | 426 => return self.is_transfer(),
            400..=599 => return true,
            _ => {}
        }
        match self {
            Self::Retr | Self::Stor | Self::Appe | Self::List | Self::Nlst | Self::Mlsd => {
                matches!(code, 110 | 125 | 150 | 226 | 250)
            }
            Self::Abor => matches!(code, 225 | 226),
            Self::Acct => matches!(code, 202 | 230),
            Self::Auth => matches!(code, 234 | 334),
            Self::Cwd | Self::Cdup | Self::Dele | Self::Rmd | Self::Rnto => matches!(code, 200 | 250),
            Self::Epsv => code == 229,
            Self::EpsvAll => code == 200,
            Self::Feat => code == 211,
            Self::Help => matches!(code, 211 | 214),
            Self::Mdtm | Self::Size => code == 213,
            Self::Mkd => matches!(code, 250 | 257),
            Self::Mlst => code == 250,
            Self::Noop | Self::Opts | Self::Pbsz | Self::Prot | Self::Type => matches!(code, 200 | 202),
            Self::Pass => matches!(code, 202 | 230 | 232 | 332),
            Self::Pasv => code == 227,
            Self::Pwd => code == 257,
            Self::Quit => code == 221,
            Self::Rest | Self::Rnfr => code == 350,
            // Its 2yz are the server's own affair.
            Self::Site => matches!(code, 200 | 202 | 211 | 214 | 250),
            Self::Stat => matches!(code, 211..=213),
            Self::Syst => code == 215,
            Self::User => matches!(code, 230 | 232 | 331 | 332),
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
        assert!(own(Verb::Epsv).eq([229]));
        assert!(own(Verb::Pwd).eq([257]));
        assert!(own(Verb::Noop).eq([200, 202]));
        assert!(own(Verb::User).eq([230, 232, 331, 332]));
        assert!(own(Verb::Auth).eq([234, 334]));
        for (verb, code) in [
            (Verb::EpsvAll, 200),
            (Verb::Feat, 211),
            (Verb::Mdtm, 213),
            (Verb::Size, 213),
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
}
