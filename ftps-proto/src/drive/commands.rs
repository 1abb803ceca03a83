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
