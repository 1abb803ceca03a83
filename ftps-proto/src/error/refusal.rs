//! What a refusal means, by its command, its code and its words.

use super::Refused;
use crate::codec::Verb;

impl Refused {
    pub(super) fn is_login(&self) -> bool {
        self.verb.is_some_and(super::is_login)
    }

    pub(super) fn is_temporary(&self) -> bool {
        // 530 also says "too many connections", which is no word about the password.
        self.code() / 100 == 4 || self.code() == 530 && self.says_crowded()
    }

    /// Whether the file or directory is not there.
    pub(super) fn is_not_found(&self) -> bool {
        let about_path =
            self.verb.is_some() && !self.is_login() && matches!(self.code(), 450 | 550 | 551 | 553);
        if !about_path || self.is_permission_denied() {
            return false;
        }
        // vsftpd: "550 Failed to open file.", "550 Could not get file size."
        let asks_for_file = matches!(self.verb, Some(Verb::Retr | Verb::Size | Verb::Mdtm | Verb::Mlst))
            && self.code() == 550;
        self.says(&ABSENT) || asks_for_file && !self.says(&OTHERWISE)
    }

    /// Whether whoever is logged in may not do this.
    pub(super) fn is_permission_denied(&self) -> bool {
        match self.code() {
            530 => self.verb.is_some() && !self.is_login(),
            // Need account for storing files.
            532 => true,
            // ProFTPD of SIZE: not allowed in ASCII mode.
            450 | 550 | 553 => self.verb.is_some() && self.says(&DENIED) && !self.says(&["ascii"]),
            _ => false,
        }
    }

    fn says_crowded(&self) -> bool {
        let people = ["connection", "user", "client", "session", "login"];
        self.says(&["too many"]) || self.says(&["maximum"]) && self.says(&people)
    }

    /// Whether any of these words is in the reply's text, in any case.
    fn says(&self, words: &[&str]) -> bool {
        let has = |line: &[u8], word: &str| {
            line.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        };
        self.reply.lines().any(|line| words.iter().any(|word| has(line, word)))
    }

    fn code(&self) -> u16 {
        self.reply.code().get()
    }
}

/// Of what is not there.
const ABSENT: [&str; 10] = [
    "no such",
    "not found",
    "not exist",
    "n't exist",
    "cannot find",
    "can't find",
    "could not find",
    "couldn't find",
    "enoent",
    "not there",
];

/// Of what may not be done.
const DENIED: [&str; 9] = [
    "permission",
    "denied",
    "not allowed",
    "not permitted",
    "not authorized",
    "forbidden",
    "eacces",
    "eperm",
    "read-only",
];

/// Of what is there, and is not a file that can be downloaded now.
const OTHERWISE: [&str; 9] =
    ["directory", "regular", "plain file", "ascii", "in use", "being used", "busy", "lock", "too large"];
