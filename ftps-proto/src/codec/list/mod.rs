//! Listings: LIST, whose form RFC 959 leaves to the server, and MLSD (RFC 3659 section 7). A file per family.

mod columns;
mod date;
mod dos;
mod enterprise;
mod eplf;
mod lines;
mod macos;
mod months;
mod netware;
mod nonstop;
mod numeric;
mod os2;
mod os400;
mod os9;
mod parser;
mod reader;
mod unix;
mod vms;
mod vshell;
mod vxworks;
mod wfftp;
mod zos;
mod zvm;

use alloc::vec::Vec;

pub use lines::{LineDecoder, LineTooLong};
pub use parser::{Found, Parser};
pub use reader::LineReader;

use super::entry::Entry;

/// What a line of a listing says, if anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listed {
    /// A file, a directory, a link.
    Entry(Entry),
    /// Of no form that is known: the line's bytes. Never guessed at: half an entry is a wrong name to delete.
    Unparsed(Vec<u8>),
}

/// A form of listing: what a kind of server writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// MLSD. Never guessed: who sent the command knows.
    Facts,
    /// `ls -l`, also of many servers that are not on Unix.
    Unix,
    /// DOS: Microsoft's FTP service, Azure, Windows CE.
    Dos,
    /// EPLF: publicfile, anonftpd.
    Eplf,
    /// OpenVMS.
    OpenVms,
    /// IBM i, once OS/400.
    IbmI,
    /// z/OS, once MVS.
    Zos,
    /// z/VM.
    Zvm,
    /// HPE NonStop, once Tandem.
    NonStop,
    /// Novell NetWare.
    NetWare,
    /// OS/2.
    Os2,
    /// Mac OS before X: NetPresenz, Peter Lewis' FTPd.
    MacOs,
    /// Connect:Enterprise.
    Enterprise,
    /// VShell before its third version.
    VShell,
    /// VxWorks.
    VxWorks,
    /// wfFtp of Nortel's routers.
    WfFtp,
    /// OS-9.
    Os9,
    /// Unix in numbers: mode, owner, group, size, seconds since 1970.
    Numeric,
}

impl Family {
    /// Those that lines are tried with while the family is not known. One that could take another's lines comes after it.
    const GUESSED: [Self; 17] = [
        Self::Dos,
        Self::MacOs,
        Self::Unix,
        Self::Eplf,
        Self::NetWare,
        Self::OpenVms,
        Self::IbmI,
        Self::Zos,
        Self::Zvm,
        Self::NonStop,
        Self::Os2,
        Self::Enterprise,
        Self::VShell,
        Self::VxWorks,
        Self::WfFtp,
        Self::Os9,
        Self::Numeric,
    ];

    /// What the text of a reply to SYST lets expect. A hint, no more: servers on Windows say `UNIX Type: L8` as well.
    pub fn of_system(text: &[u8]) -> Option<Self> {
        let says =
            |word: &str| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()));
        let known = [
            ("windows", Self::Dos),
            ("vms", Self::OpenVms),
            ("os/400", Self::IbmI),
            ("z/os", Self::Zos),
            ("mvs", Self::Zos),
            ("z/vm", Self::Zvm),
            ("vm/esa", Self::Zvm),
            ("vm is the", Self::Zvm),
            ("nonstop", Self::NonStop),
            ("tandem", Self::NonStop),
            ("guardian", Self::NonStop),
            ("netware", Self::NetWare),
            ("os/2", Self::Os2),
            ("macos", Self::MacOs),
            ("vxworks", Self::VxWorks),
            ("os-9", Self::Os9),
            ("os9", Self::Os9),
            ("unix", Self::Unix),
        ];
        known.into_iter().find(|(word, _)| says(word)).map(|(_, family)| family)
    }
}

/// In which order a date of two-digit numbers has its parts: on IBM i a setting of the server's job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DateOrder {
    /// `04/03/18` is 18 March 2004.
    YearMonthDay,
    /// `03/18/04` is 18 March 2004.
    MonthDayYear,
    /// `18/03/04` is 18 March 2004.
    DayMonthYear,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a parser makes of a line by itself.
    fn read(line: &str) -> Option<Listed> {
        let mut parser = Parser::new();
        parser.line(line.as_bytes()).next().or_else(|| parser.finish())
    }

    #[test]
    fn what_is_no_entry_is_said_to_be_none() {
        for line in ["", "  ", "total 12", "Total 0", "total 12 ", "insgesamt 4", "合計 12345", "total 1.2M"]
        {
            assert_eq!(read(line), None, "{line}");
        }
        for line in [
            "total",
            "total eclipse",
            "error 550",
            "ls: cannot access",
            "-rw-r--r-- 1 a b 5 Jan 1",
            "\u{feff}",
            "A.B;1",
        ] {
            assert_eq!(read(line), Some(Listed::Unparsed(line.into())), "{line}");
        }
    }

    #[test]
    fn systems_say_what_they_are() {
        for (text, family) in [
            ("UNIX Type: L8", Some(Family::Unix)),
            ("Windows_NT", Some(Family::Dos)),
            ("VMS OpenVMS V8.3", Some(Family::OpenVms)),
            ("OS/400 is the remote operating system.", Some(Family::IbmI)),
            ("MVS is the operating system of this server. FTP Server is running on z/OS.", Some(Family::Zos)),
            ("z/VM Version 7", Some(Family::Zvm)),
            ("MACOS Peter's Server", Some(Family::MacOs)),
            ("Unknown", None),
        ] {
            assert_eq!(Family::of_system(text.as_bytes()), family, "{text}");
        }
    }
}
