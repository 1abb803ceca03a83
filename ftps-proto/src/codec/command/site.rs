//! What stands after SITE, which RFC 959 (section 4.1.3) leaves to servers: what ProFTPD, Pure-FTPd and vsftpd have in common.

use alloc::format;
use alloc::vec::Vec;

use super::{Argument, ArgumentError, UtcTime};

/// `CHMOD 0644 path`: all know it. Of the mode, the twelve bits that chmod(2) sets.
pub fn chmod(mode: u32, path: &Argument) -> Argument {
    words(format!("CHMOD {:04o}", mode & 0o7777).as_bytes(), path)
}

/// `UTIME 20200102030405 path` (ProFTPD, Pure-FTPd), in UTC.
pub fn utime(time: UtcTime, path: &Argument) -> Argument {
    // Whole seconds: servers know no fraction here.
    let time: Vec<u8> = format!("{time}").into_bytes();
    words(&[b"UTIME ", time.get(..14).unwrap_or(&time)].concat(), path)
}

/// `MKDIR path` (ProFTPD).
pub fn mkdir(path: &Argument) -> Argument {
    words(b"MKDIR", path)
}

/// `RMDIR path` (ProFTPD).
pub fn rmdir(path: &Argument) -> Argument {
    words(b"RMDIR", path)
}

/// `SYMLINK target link` (ProFTPD).
///
/// # Errors
///
/// [`ArgumentError::Separator`] for a space in either, which ProFTPD takes for the one between them, in quotes as well.
pub fn symlink(target: &Argument, link: &Argument) -> Result<Argument, ArgumentError> {
    for path in [target, link] {
        if let Some(position) = path.as_bytes().iter().position(|byte| *byte == b' ') {
            return Err(ArgumentError::Separator { byte: b' ', position });
        }
    }
    Ok(words(&[b"SYMLINK ", target.as_bytes()].concat(), link))
}

/// Words and a path, with a space between.
fn words(words: &[u8], path: &Argument) -> Argument {
    Argument::joined(&[words, b" ", path.as_bytes()])
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::codec::Timestamp;

    fn path(text: &str) -> Argument {
        Argument::new(text).unwrap()
    }

    #[test]
    fn what_is_sent() {
        let time = UtcTime::new(Timestamp::parse(b"20200102030405.678").unwrap()).unwrap();
        for (argument, sent) in [
            (chmod(0o100644, &path("a b")), "CHMOD 0644 a b"),
            (chmod(0o4755, &path("a")), "CHMOD 4755 a"),
            (utime(time, &path("a b")), "UTIME 20200102030405 a b"),
            (mkdir(&path("a/b c")), "MKDIR a/b c"),
            (rmdir(&path("a")), "RMDIR a"),
            (symlink(&path("../a"), &path("b")).unwrap(), "SYMLINK ../a b"),
        ] {
            assert_eq!(argument.to_string(), sent);
        }
        let space = ArgumentError::Separator { byte: b' ', position: 1 };
        assert_eq!(symlink(&path("a b"), &path("c")), Err(space));
        assert_eq!(symlink(&path("c"), &path("a b")), Err(space));
    }
}
