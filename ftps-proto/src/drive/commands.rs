//! The commands that need no data connection, once for every adapter: rustdoc shows them as each client's own methods.

/// Methods of a client that has a `driver` and `run(op)`: as they are, or with `[async await]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __commands {
    ($([$async:ident $await:ident])?) => {
        /// Where the control connection goes.
        pub fn peer(&self) -> &$crate::drive::Endpoint {
            self.driver.peer()
        }

        /// The addresses that were tried, and failed, before [`peer`](Self::peer).
        pub fn failed_attempts(&self) -> Option<&$crate::drive::ConnectError> {
            self.driver.failed_attempts()
        }

        /// Where the last data connection was opened to, whether or not it came about. None in active mode.
        pub fn data_peer(&self) -> Option<&$crate::drive::Endpoint> {
            self.driver.data_peer()
        }

        /// The control connection's TLS: version, suite, certificates.
        pub fn control_tls(&self) -> Option<&$crate::tls::Engine> {
            self.driver.control_tls()
        }

        /// The protocol machine, which knows what was found out about the server.
        pub fn session(&self) -> &$crate::Session {
            self.driver.session()
        }

        /// Whether the session can be used: false once the connection is known to be gone. Nothing is sent to find out.
        pub fn is_usable(&self) -> bool {
            self.driver.session().is_usable()
        }

        /// What the server says it can do (FEAT, RFC 2389). `None` where it does not know FEAT.
        #[doc(alias = "FEAT")]
        pub fn features(&self) -> Option<&$crate::codec::Features> {
            self.driver.session().features()
        }

        /// Which server this is, by what it says inside TLS.
        pub fn server(&self) -> $crate::ServerKind {
            self.driver.session().server()
        }

        /// A file's size in bytes (SIZE, RFC 3659, section 4).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "SIZE")]
        pub $($async)? fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, $crate::Error> {
            self.run($crate::ops::size($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// When a file was last modified (MDTM, RFC 3659, section 3).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "MDTM")]
        pub $($async)? fn modified(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<$crate::codec::Timestamp, $crate::Error> {
            self.run($crate::ops::mdtm($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// What the server tells of one file or directory, under its own name: by MLST (RFC 3659, section 7) where the
        /// server has it, else by SIZE and MDTM, else by a listing of the directory above.
        ///
        /// # Errors
        /// One of which [`is_not_found`]($crate::Error::is_not_found) says that it is not there; any other says that this
        /// is not known. [`Error::Unparsed`]($crate::Error::Unparsed) where it may be in a line that cannot be read.
        #[doc(alias = "MLST")]
        #[doc(alias = "stat")]
        pub $($async)? fn metadata(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<$crate::codec::Entry, $crate::Error> {
            self.run($crate::ops::Metadata::new($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Whether there is a file or directory at this path, as [`metadata`](Self::metadata) tells.
        ///
        /// # Errors
        /// Whatever says that this is not known.
        pub $($async)? fn exists(&mut self, path: impl AsRef<[u8]>) -> Result<bool, $crate::Error> {
            match self.metadata(path)$(.$await)? {
                Ok(_) => Ok(true),
                Err(error) if error.is_not_found() => Ok(false),
                Err(error) => Err(error),
            }
        }

        /// Lists a directory: MLSD (RFC 3659, section 7) where the server has it, else LIST. An empty path is the working
        /// directory. To a server without MLSD the path may be a pattern, which may match nothing.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply;
        /// [`Error::Unlisted`]($crate::Error::Unlisted) where what came is not the listing, or not all of it;
        /// [`Error::Unparsed`]($crate::Error::Unparsed) where lines cannot be read;
        /// [`Remote::TooMany`]($crate::Remote::TooMany) over [`Limits::listing`]($crate::Limits::listing).
        /// [`entries`](Self::entries) yields what has come before any of these, and keeps nothing.
        #[doc(alias = "MLSD")]
        #[doc(alias = "LIST")]
        #[doc(alias = "read_dir")]
        pub $($async)? fn list(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<Vec<$crate::codec::Entry>, $crate::Error> {
            self.run($crate::ops::Collect::new($crate::drive::directory(path)?))$(.$await)?
        }

        /// How many minutes the clock is ahead of UTC by which the server shows times in LIST: found once in a session, from
        /// the newest file in a directory, by MDTM. From then on listings say this zone. `None` where nothing tells: see
        /// [`LearnOffset`]($crate::ops::LearnOffset).
        ///
        /// # Errors
        /// As for [`list`](Self::list).
        pub $($async)? fn learn_offset(
            &mut self,
            directory: impl AsRef<[u8]>,
        ) -> Result<Option<i16>, $crate::Error> {
            self.run($crate::ops::LearnOffset::new($crate::drive::directory(directory)?))$(.$await)?
        }

        /// The working directory (PWD), as the bytes that the server sends.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "PWD")]
        pub $($async)? fn current_dir(&mut self) -> Result<Vec<u8>, $crate::Error> {
            self.run($crate::ops::pwd())$(.$await)?
        }

        /// Changes the working directory (CWD).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "CWD")]
        pub $($async)? fn set_current_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::cwd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Creates a directory (MKD). Returns its path as the server tells it, or `None` where it does not.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "MKD")]
        pub $($async)? fn create_dir(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<Option<Vec<u8>>, $crate::Error> {
            self.run($crate::ops::mkd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Creates a directory, and those above it that are not there (MKD). One that is there already is as good.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "MKD")]
        pub $($async)? fn create_dir_all(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::CreateDirAll::new($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Removes a file (DELE).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "DELE")]
        pub $($async)? fn remove_file(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::dele($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Removes an empty directory (RMD).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "RMD")]
        pub $($async)? fn remove_dir(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::rmd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Renames a file or directory (RNFR, RNTO). Whether an existing name is replaced is the server's choice.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "RNFR")]
        #[doc(alias = "RNTO")]
        pub $($async)? fn rename(
            &mut self,
            from: impl AsRef<[u8]>,
            to: impl AsRef<[u8]>,
        ) -> Result<(), $crate::Error> {
            let (from, to) = ($crate::codec::Argument::new(from)?, $crate::codec::Argument::new(to)?);
            self.run($crate::ops::Rename::new(from, to))$(.$await)?
        }

        /// The names in a directory (NLST; RFC 959, section 4.1.3), as the server writes them: most put the path that was asked for
        /// before each, and leave out those that begin with a dot. An empty path is the working directory.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply;
        /// [`Remote::TooMany`]($crate::Remote::TooMany) over [`Limits::listing`]($crate::Limits::listing).
        #[doc(alias = "NLST")]
        pub $($async)? fn names(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<Vec<$crate::codec::Name>, $crate::Error> {
            self.run($crate::ops::CollectNames::new($crate::drive::directory(path)?))$(.$await)?
        }

        /// What the server says of the session (STAT; RFC 959, section 4.1.3), in words, one line each.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "STAT")]
        pub $($async)? fn status(&mut self) -> Result<$crate::codec::Reply, $crate::Error> {
            self.run($crate::ops::stat())$(.$await)?
        }

        /// Lists what is at a path over the control connection (STAT; RFC 959, section 4.1.3), which needs no data connection.
        /// A large directory ends the session: [`list`](Self::list) is for those.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply;
        /// [`Error::Unparsed`]($crate::Error::Unparsed) where lines cannot be read.
        #[doc(alias = "STAT")]
        pub $($async)? fn status_of(
            &mut self,
            path: impl AsRef<[u8]>,
        ) -> Result<Vec<$crate::codec::Entry>, $crate::Error> {
            self.run($crate::ops::StatusList::new($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Which system the server says it is (SYST; RFC 959, section 4.1.3), say `UNIX Type: L8`.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "SYST")]
        pub $($async)? fn system(&mut self) -> Result<Vec<u8>, $crate::Error> {
            self.run($crate::ops::System::new())$(.$await)?
        }

        /// Help on a command, or in general where that is empty (HELP; RFC 959, section 4.1.3), in words.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "HELP")]
        pub $($async)? fn help(
            &mut self,
            about: impl AsRef<[u8]>,
        ) -> Result<$crate::codec::Reply, $crate::Error> {
            self.run($crate::ops::help($crate::drive::directory(about)?))$(.$await)?
        }

        /// The hash of a file as the server has it: by HASH (draft-bryan-ftpext-hash) where FEAT names the algorithm, else by XCRC,
        /// XMD5, MD5, XSHA, XSHA1, XSHA256 or XSHA512. For a large file this may take minutes
        /// ([`Timeouts::reply`]($crate::Timeouts::reply)).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply;
        /// [`Remote::Unreadable`]($crate::Remote::Unreadable) where that tells no hash, or more than one.
        #[doc(alias = "HASH")]
        #[doc(alias = "XCRC")]
        #[doc(alias = "XMD5")]
        #[doc(alias = "XSHA1")]
        #[doc(alias = "XSHA256")]
        #[doc(alias = "XSHA512")]
        pub $($async)? fn hash(
            &mut self,
            path: impl AsRef<[u8]>,
            algorithm: $crate::codec::Algorithm,
        ) -> Result<$crate::codec::Hash, $crate::Error> {
            self.run($crate::ops::FileHash::new($crate::codec::Argument::new(path)?, algorithm))$(.$await)?
        }

        /// The same of these bytes only, the first of which is byte 0: by XCRC and its kin, as HASH takes no range.
        ///
        /// # Errors
        /// The same.
        #[doc(alias = "XCRC")]
        pub $($async)? fn hash_range(
            &mut self,
            path: impl AsRef<[u8]>,
            algorithm: $crate::codec::Algorithm,
            range: core::ops::Range<u64>,
        ) -> Result<$crate::codec::Hash, $crate::Error> {
            let path = $crate::codec::Argument::new(path)?;
            self.run($crate::ops::FileHash::new(path, algorithm).range(range))$(.$await)?
        }

        /// Sets when a file was last modified: by MFMT (draft-somers-ftp-mfxx, section 3), MFF or SITE UTIME where FEAT names
        /// them, else by what the server has without saying so, MDTM with two arguments among it.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's last reply.
        #[doc(alias = "MFMT")]
        #[doc(alias = "UTIME")]
        #[doc(alias = "MDTM")]
        pub $($async)? fn set_modified(
            &mut self,
            path: impl AsRef<[u8]>,
            time: $crate::codec::command::UtcTime,
        ) -> Result<(), $crate::Error> {
            self.run($crate::ops::SetModified::new(time, $crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Sets when a file was created (MFCT; draft-somers-ftp-mfxx, section 4).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "MFCT")]
        pub $($async)? fn set_created(
            &mut self,
            path: impl AsRef<[u8]>,
            time: $crate::codec::command::UtcTime,
        ) -> Result<(), $crate::Error> {
            self.run($crate::ops::mfct(time, $crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Sets facts of a file (MFF; draft-somers-ftp-mfxx, section 5), of those that FEAT lists with MFF.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "MFF")]
        pub $($async)? fn set_facts(
            &mut self,
            path: impl AsRef<[u8]>,
            facts: $crate::codec::command::NewFacts,
        ) -> Result<(), $crate::Error> {
            self.run($crate::ops::mff(facts, $crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Sets permissions, the twelve bits of chmod(2): by MFF where FEAT names the fact `UNIX.mode`, else by SITE CHMOD.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "CHMOD")]
        #[doc(alias = "SITE")]
        pub $($async)? fn set_permissions(
            &mut self,
            path: impl AsRef<[u8]>,
            mode: u32,
        ) -> Result<(), $crate::Error> {
            self.run($crate::ops::SetPermissions::new(mode, $crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Makes a symbolic link that leads to `target` (SITE SYMLINK; ProFTPD's mod_site_misc).
        ///
        /// # Errors
        /// [`Error::Local`]($crate::Error::Local) for a space in either, which the command cannot write;
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "SITE")]
        pub $($async)? fn symlink(
            &mut self,
            target: impl AsRef<[u8]>,
            link: impl AsRef<[u8]>,
        ) -> Result<(), $crate::Error> {
            let (target, link) = ($crate::codec::Argument::new(target)?, $crate::codec::Argument::new(link)?);
            self.run($crate::ops::site_symlink(&target, &link)?)$(.$await)?
        }

        /// Removes a directory with all that is in it, by one command: SITE RMDIR where FEAT names it (ProFTPD's mod_site_misc),
        /// else RMDA (draft-peterson-streamlined-ftp-command-extensions, section 6), which most servers refuse.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "RMDA")]
        #[doc(alias = "SITE")]
        pub $($async)? fn remove_dir_all(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::RemoveDirAll::new($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// For how many bytes there is room in a directory (AVBL; draft-peterson-streamlined-ftp-command-extensions, section 4).
        /// An empty path is the working directory.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "AVBL")]
        pub $($async)? fn available(&mut self, path: impl AsRef<[u8]>) -> Result<u64, $crate::Error> {
            self.run($crate::ops::avbl($crate::drive::directory(path)?))$(.$await)?
        }

        /// Asks for room for so many bytes of the file that is uploaded next (ALLO; RFC 959, section 4.1.3).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "ALLO")]
        pub $($async)? fn allocate(&mut self, bytes: u64) -> Result<(), $crate::Error> {
            self.run($crate::ops::allo(bytes))$(.$await)?
        }

        /// Gives an account for what needs one after the login (ACCT; RFC 959, section 4.1.1). For the login itself there is
        /// [`Builder::account`]($crate::drive::Builder::account).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "ACCT")]
        pub $($async)? fn account(&mut self, account: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::acct($crate::codec::Secret::new(account)?))$(.$await)?
        }

        /// Logs out, and in again under another name, without another connection (REIN; RFC 959, section 4.1.1; RFC 4217,
        /// section 11). Most servers refuse it, and the session goes on as it was. Transfers are not
        /// [retried]($crate::drive::Builder::retry) after it.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply, to REIN or to the login; whatever says that the
        /// session is over.
        #[doc(alias = "REIN")]
        pub $($async)? fn reinitialize(
            &mut self,
            user: impl AsRef<[u8]>,
            password: impl AsRef<[u8]>,
        ) -> Result<(), $crate::Error> {
            let (user, password) = ($crate::codec::Argument::new(user)?, $crate::codec::Secret::new(password)?);
            let login = $crate::Login::new(user.clone(), password);
            let done = self.run($crate::ops::Reinitialize::new(login))$(.$await)?;
            self.driver.reinitialized(user, done.as_ref().err());
            done
        }

        /// Says which program this is (CLNT; de facto), where that was not done at the login
        /// ([`Builder::client_name`]($crate::drive::Builder::client_name)).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "CLNT")]
        pub $($async)? fn identify(&mut self, name: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::clnt($crate::codec::Argument::new(name)?))$(.$await)?
        }

        /// Chooses the language of replies (LANG; RFC 2640, section 4.1), a tag of RFC 5646; the server's own where that is empty.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "LANG")]
        pub $($async)? fn set_language(&mut self, tag: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::lang($crate::drive::directory(tag)?))$(.$await)?
        }

        /// Chooses which facts listings tell from now on (OPTS MLST; RFC 3659, section 7.9), and returns those that they will.
        /// Without `type` they do not tell directories from files.
        ///
        /// # Errors
        /// [`Error::Local`]($crate::Error::Local) for what cannot be a fact's name;
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "OPTS")]
        pub $($async)? fn choose_facts(&mut self, facts: &[&str]) -> Result<Vec<String>, $crate::Error> {
            self.run($crate::ops::opts_mlst(facts)?)$(.$await)?
        }

        /// Says whether more transfers follow from now on. Then the next one's data connection is asked for (EPSV) once one's
        /// has ended, before its final reply: one round trip less for each but the first, for which there is
        /// [`Builder::expect_transfer`]($crate::drive::Builder::expect_transfer). Given up for the session where the server
        /// refuses it. Nothing is sent by this.
        pub fn expect_more(&mut self, more: bool) {
            self.driver.expect_more(more);
        }

        /// Hashes every transfer that begins from now on, as its bytes pass:
        /// [`Transferred::hashes`]($crate::ops::Transferred::hashes) has the results, say to be compared with what the
        /// server makes of the file. Without algorithms it costs nothing. Nothing is sent by this.
        pub fn hash_transfers(&mut self, algorithms: &[$crate::codec::Algorithm]) {
            self.driver.hash_transfers(algorithms);
        }

        /// Does nothing, and has it answered (NOOP): a session that stays idle for long is closed by the server.
        ///
        /// # Errors
        /// Whatever says that the session is gone.
        #[doc(alias = "NOOP")]
        pub $($async)? fn keep_alive(&mut self) -> Result<(), $crate::Error> {
            self.run($crate::ops::noop())$(.$await)?
        }

        /// Sends a command as a person types it, `SITE CHMOD 644 report.csv`, and returns the reply: for what has no method
        /// of its own.
        ///
        /// # Errors
        /// [`Local::Forbidden`]($crate::Local::Forbidden) for what changes the conversation's shape, a transfer, `TYPE`,
        /// `PROT` and such: nothing is sent. [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        #[doc(alias = "SITE")]
        #[doc(alias = "quote")]
        pub $($async)? fn command(
            &mut self,
            text: impl AsRef<[u8]>,
        ) -> Result<$crate::codec::Reply, $crate::Error> {
            self.run($crate::ops::command($crate::codec::Command::parse(text)?)?)$(.$await)?
        }

        /// Takes leave of the server (QUIT) and closes the connection.
        ///
        /// # Errors
        /// Whatever says that the server was not told, or did not answer. The connection is closed all the same.
        #[doc(alias = "QUIT")]
        pub $($async)? fn quit(mut self) -> Result<(), $crate::Error> {
            self.run($crate::ops::Quit::new())$(.$await)?
        }
    };
}
