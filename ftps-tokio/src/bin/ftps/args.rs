//! The command line.

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use ftps_tokio::codec::Algorithm;
use ftps_tokio::{ListCommand, Pipelining};

use crate::reach::ReachOptions;

use crate::how::{GetHow, PutHow};

/// Move files over FTPS: TLS on both connections, verified, and files that arrive whole.
#[derive(Debug, Parser)]
#[command(name = "ftps", version, after_help = URLS)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) options: Options,
}

impl Arguments {
    /// Reads the command line, or says what is wrong with it and exits. What it does not expect it repeats, which may be
    /// a URL: without its password.
    pub(crate) fn read() -> Self {
        Self::try_parse().unwrap_or_else(|mut error| {
            for kind in [ContextKind::InvalidArg, ContextKind::InvalidSubcommand, ContextKind::InvalidValue] {
                if let Some(ContextValue::String(text)) = error.get(kind)
                    && let Some((_, shown)) = text.rsplit_once('@')
                {
                    let shown = format!("***@{shown}");
                    error.insert(kind, ContextValue::String(shown));
                }
            }
            error.exit()
        })
    }
}

const URLS: &str = "\
URLs:
  ftpes://HOST/PATH, ftp://HOST/PATH, HOST/PATH   AUTH TLS, by default on port 21
  ftps://HOST/PATH                                TLS from the first byte, by default on port 990
  As in ftps://USER:PASSWORD@HOST:PORT/PATH, with %XX for what a URL cannot hold. PATH begins where the login
  leads; one more slash (HOST//PATH) begins it at the server's root. get, ls and rm take wildcards in it, in
  quotes: 'HOST/PATH/*.csv' (* ? [a-z] {a,b}, and ** for any directories).

Exit status:
  0  everything done
  1  something was refused or failed; the rest was done all the same
  2  usage
  3  no connection, or no TLS
  4  no login
  130, 143, 129  stopped by a signal
  With several, the highest.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List a directory
    Ls {
        /// The directory
        url: String,
        #[command(flatten)]
        form: Form,
    },
    /// Download files and directories
    Get {
        /// The files
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        /// Download directories with everything in them
        #[arg(short, long)]
        recursive: bool,
        /// Write to this file, or to standard output (-)
        #[arg(short, long, value_name = "FILE", conflicts_with = "output_dir")]
        output: Option<PathBuf>,
        /// Write into this directory instead of the current one
        #[arg(short = 'O', long, value_name = "DIR")]
        output_dir: Option<PathBuf>,
        /// Move so many files of a host at a time, over a session each
        #[arg(short = 'j', long, value_name = "N", default_value = "1", hide_default_value = true)]
        #[arg(value_parser = clap::value_parser!(u8).range(1..))]
        sessions: u8,
        #[command(flatten)]
        how: GetHow,
    },
    /// Upload files and directories
    Put {
        /// The files; - is standard input
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Where to; a URL that ends in / is a directory
        #[arg(required = true)]
        url: String,
        /// Upload directories with everything in them
        #[arg(short, long)]
        recursive: bool,
        /// Make the directories that lead there
        #[arg(long)]
        parents: bool,
        /// Move so many files of a host at a time, over a session each
        #[arg(short = 'j', long, value_name = "N", default_value = "1", hide_default_value = true)]
        #[arg(value_parser = clap::value_parser!(u8).range(1..))]
        sessions: u8,
        #[command(flatten)]
        how: PutHow,
    },
    /// Remove files; and directories that are empty, written with a / at the end
    Rm {
        /// The files
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
    },
    /// Make directories
    Mkdir {
        /// The directories
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        /// Make those that lead there, too, and take those that are there
        #[arg(short, long)]
        parents: bool,
    },
    /// Rename a file or directory
    Mv {
        /// What is there
        from: String,
        /// Its new name; a URL that ends in / is the directory to put it into
        to: String,
    },
    /// Show what a server tells of a file or directory
    Stat {
        /// The files
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
    },
    /// Show the hashes of files, which the server makes
    Hash {
        /// The files
        #[arg(required = true, value_name = "URL")]
        urls: Vec<String>,
        /// By this algorithm: SHA-512, SHA-256, SHA-1, MD5, CRC32
        #[arg(short, long, value_name = "NAME", default_value = "SHA-256", value_parser = crate::hash::algorithm)]
        algorithm: Algorithm,
    },
    /// Send commands as they are, up to the first that is refused, and show the replies
    Raw {
        /// The server, and the directory for the commands
        url: String,
        /// The commands, in quotes each: 'SITE CHMOD 644 report.csv'
        #[arg(required = true, value_name = "COMMAND")]
        commands: Vec<String>,
    },
    /// Write completions for a shell, or the manual page, to standard output
    #[command(hide = true)]
    Generate {
        /// Which of them
        what: Generated,
    },
    /// Find out whether a server can be used, and what to do if not
    Check {
        /// The server, and a directory to list
        url: String,
    },
}

/// What is installed beside the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Generated {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
    /// The manual page
    Man,
}

impl Generated {
    /// The shell that the completions are for.
    pub(crate) fn shell(self) -> Option<Shell> {
        match self {
            Self::Bash => Some(Shell::Bash),
            Self::Elvish => Some(Shell::Elvish),
            Self::Fish => Some(Shell::Fish),
            Self::Powershell => Some(Shell::PowerShell),
            Self::Zsh => Some(Shell::Zsh),
            Self::Man => None,
        }
    }
}

/// How a listing is shown.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Form {
    /// Show permissions, owner, group, size and time
    #[arg(short, long)]
    pub(crate) long: bool,
    /// List the directories below it, too
    #[arg(short = 'R', long)]
    pub(crate) recursive: bool,
    /// Show it and the directories below it as a tree
    #[arg(long, conflicts_with = "recursive")]
    pub(crate) tree: bool,
    /// In this order; none is the server's
    #[arg(long, value_name = "BY", default_value = "none")]
    pub(crate) sort: Sort,
    /// Colours, as LS_COLORS has them: auto is on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: When,
}

/// Which command lists a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Listing {
    /// By what the server announces
    Best,
    /// MLSD; LIST where it is refused
    Mlsd,
    /// LIST
    List,
    /// LIST -a
    ListAll,
}

impl From<Listing> for ListCommand {
    fn from(listing: Listing) -> Self {
        match listing {
            Listing::Best => Self::Best,
            Listing::Mlsd => Self::Mlsd,
            Listing::List => Self::List,
            Listing::ListAll => Self::ListAll,
        }
    }
}

/// When commands are sent before earlier ones have been answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Bursts {
    Known,
    Eager,
    Off,
}

impl From<Bursts> for Pipelining {
    fn from(bursts: Bursts) -> Self {
        match bursts {
            Bursts::Known => Self::Known,
            Bursts::Eager => Self::Eager,
            Bursts::Off => Self::Off,
        }
    }
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    None,
    Name,
    /// The largest first
    Size,
    /// The newest first
    Time,
    /// Directories, files, the rest
    Kind,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Options {
    /// Log in under this name, unless the URL has one; anonymous without either
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Take the password from this environment variable, unless the URL has one; asked for on a terminal without either
    #[arg(long, global = true, value_name = "VAR", default_value = "FTPS_PASSWORD")]
    pub(crate) password_env: String,
    /// Send this where the server asks for an account
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) account: Option<String>,
    /// Trust the certificates in this file instead of the system's: authorities, or the server's own
    #[arg(long, global = true, value_name = "PEM")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Trust the server with this public key (sha256//BASE64) or certificate (64 hexadecimal digits), whatever else is
    /// wrong with it; with --ca-file both must hold. Several: any of them
    #[arg(long, global = true, value_name = "SHA256")]
    pub(crate) pin: Vec<String>,
    /// Show this certificate to the server
    #[arg(long, global = true, value_name = "PEM")]
    pub(crate) cert: Option<PathBuf>,
    /// The certificate's private key, unless it is in the same file
    #[arg(long, global = true, value_name = "PEM", requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    /// Accept any certificate: anyone in between can read and change everything
    #[arg(long, global = true)]
    pub(crate) insecure: bool,
    /// The name that the server's certificate has to be for, where it is not the URL's host
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) server_name: Option<String>,
    /// Use this version of TLS only
    #[arg(long, global = true, value_name = "VERSION")]
    pub(crate) tls: Option<Tls>,
    #[command(flatten)]
    pub(crate) reach: ReachOptions,
    /// Open data connections to the address that the server names in its reply to PASV, instead of the server's own
    #[arg(long, global = true)]
    pub(crate) pasv_address: bool,
    /// List directories with this command, where what the server announces does not hold
    #[arg(long, global = true, value_name = "COMMAND", default_value = "best", hide_default_value = true)]
    pub(crate) list_command: Listing,
    /// Send commands before earlier ones have been answered: known is to servers that are known to take it; eager, for many
    /// small files far away, asks for the next file's data connection while one moves, as long as the server takes that
    #[arg(long, global = true, value_name = "WHEN", default_value = "known", hide_default_value = true)]
    pub(crate) pipelining: Bursts,
    /// The encoding of names on the server where it is not UTF-8, whatever the server says: iso-8859-1, shift_jis, gb18030...
    #[arg(long, global = true, value_name = "LABEL")]
    pub(crate) encoding: Option<String>,
    /// Send this command after each login, before anything else; where it is refused, nothing else is done. Several: in order
    #[arg(long, global = true, value_name = "COMMAND")]
    pub(crate) before: Vec<String>,
    /// Send this command when all is done. Several: in order
    #[arg(long, global = true, value_name = "COMMAND")]
    pub(crate) after: Vec<String>,
    /// Append one line of JSON to this file for each login, transfer, rename and deletion, on the disk before that is said
    /// to be done
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) audit: Option<PathBuf>,
    /// Wait no longer than this for a connection, a reply, or data to move
    #[arg(long, global = true, value_name = "SECS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) timeout: Option<u32>,
    /// Try so often to connect, or to go on with a transfer, that failed for a reason that may pass, after pauses that
    /// double; 0 is never
    #[arg(long, global = true, value_name = "N", default_value = "5")]
    pub(crate) retries: u32,
    /// The first of these pauses; none is longer than sixty times that
    #[arg(long, global = true, value_name = "MILLISECONDS", default_value = "1000")]
    pub(crate) retry_pause: u32,
    /// Show the conversation with the server, without the secrets, with addresses, TLS and times; twice: all that happens
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Say nothing but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print one JSON object for each file or entry of a directory, and for each that failed
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show progress bars: auto is on a terminal
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) progress: When,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Tls {
    #[value(name = "1.2")]
    V12,
    #[value(name = "1.3")]
    V13,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}
