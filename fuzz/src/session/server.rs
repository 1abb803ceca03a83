//! What servers say.

/// A greeting by which a kind of server is known.
pub(super) fn greeting(kind: u8) -> &'static str {
    match kind & 3 {
        0 => "220 ready",
        1 => "220 (vsFTPd 3.0.5)",
        2 => "220 ProFTPD Server",
        _ => "220---------- Welcome to Pure-FTPd\r\n220 ok",
    }
}

/// Where the session is after a PWD, which nothing else here says.
pub(super) const HOME: &str = "/home";

/// What a server should say to this line.
pub(super) fn answer(line: &str, kind: u8) -> &'static str {
    let verb = line.split(' ').next().unwrap_or_default();
    match verb {
        "AUTH" => "234 go",
        "USER" => "331 password, please",
        "PASS" | "ACCT" => "230 welcome",
        "FEAT" => match kind & 3 {
            1 => "211-Features\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End",
            2 => {
                "211-Features\r\n MFF modify;UNIX.group;UNIX.mode;\r\n MLST type*;size*;\r\n UTF8\r\n211 End"
            }
            3 => "211-Features\r\n UTF8\r\n MLST type*;size*;\r\n ESTA\r\n EPSV\r\n211 End",
            _ if kind & 8 != 0 => "502 what features?",
            _ => "211-Features\r\n UTF8\r\n MLST type*;size*;\r\n211 End",
        },
        "PWD" => "257 \"/home\"",
        "MKD" => "257 \"/home/new\" created",
        "EPSV" => "229 Extended passive mode (|||2000|)",
        "PASV" => "227 Passive mode (127,0,0,1,7,208)",
        "REST" | "RNFR" => "350 go on",
        "SIZE" => "213 42",
        "QUIT" => "221 bye",
        "ABOR" => "226 nothing to abort",
        "RETR" | "STOR" | "LIST" | "MLSD" => "150 here it comes",
        _ => "200 ok",
    }
}

/// What servers say as well, in place of that and besides it.
pub(super) const SAYINGS: [&str; 48] = [
    "150 here",
    "125 at once",
    "120 in five minutes",
    "200 ok",
    "202 superfluous",
    "211 status",
    "213 51",
    "214 help",
    "220 ready",
    "221 bye",
    "225 quiet",
    "226 done",
    "226 Output truncated to 2000 matches",
    "226 Transfer done (but failed to open directory).",
    "227 Passive mode (10,0,0,1,7,209)",
    "227 Passive mode",
    "229 Extended passive mode (|||2001|)",
    "229 Extended passive mode (|||0|)",
    "230 welcome",
    "232 authorized",
    "234 go",
    "250 ok",
    "257 \"/elsewhere\"",
    "257 \"/a\"b",
    "331 password",
    "332 account",
    "334 more",
    "350 go on",
    "421 time is up",
    "421-time\r\n421 is up",
    "425 no data connection",
    "426 failed",
    "430 no",
    "450 no files found",
    "450 EPSV: data transfer in progress",
    "451 local error",
    "500 what?",
    "500 'NOOP': command not understood",
    "501 arguments",
    "502 not implemented",
    "503 bad sequence",
    "504 not for that parameter",
    "522 resume the session",
    "530 log in",
    "550 no such file",
    "550 directory is empty",
    "553 name",
    "631 protected",
];

/// What servers list.
pub(super) const LISTINGS: [&str; 8] = [
    "-rw-r--r--   1 1000     1000           42 Jan 12  2020 a\r\n",
    "drwxr-xr-x   2 1000     1000         4096 Jan 12  2020 .\r\ndrwxr-xr-x   2 1000     1000         4096 Jan 12  2020 ..\r\n",
    "type=file;size=42;modify=20200102030405; a\r\n",
    "type=cdir; .\r\ntype=pdir; ..\r\ntype=OS.unix=slink:/x y; b\r\n",
    "total 12\r\n",
    "\r\n",
    "12-05-96  05:03PM       <DIR>          a b\r\n",
    "nothing that can be read",
];
