//! The commands that need no data connection, once for every adapter: rustdoc shows them as each client's own methods.

/// Methods of a client that has `run(Operation)`: as they are, or with `[async await]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __commands {
    ($([$async:ident $await:ident])?) => {
        /// Whether the session can be used: false once the connection is known to be gone. Asks nobody.
        pub fn is_usable(&self) -> bool {
            self.driver.session().is_usable()
        }

        /// What FEAT listed (RFC 2389), where the server knows it.
        pub fn features(&self) -> Option<&$crate::codec::Features> {
            self.driver.session().features()
        }

        /// Which server this is, by its greeting.
        pub fn server(&self) -> $crate::Server {
            self.driver.session().server()
        }

        /// A file's size in bytes (SIZE).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn size(&mut self, path: impl AsRef<[u8]>) -> Result<u64, $crate::Error> {
            self.run($crate::ops::size($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// The working directory (PWD), as the bytes that the server sends.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn pwd(&mut self) -> Result<Vec<u8>, $crate::Error> {
            self.run($crate::ops::pwd())$(.$await)?
        }

        /// Changes the working directory (CWD).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn cwd(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::cwd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Makes a directory (MKD); results in its path where the server tells.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn mkd(&mut self, path: impl AsRef<[u8]>) -> Result<Option<Vec<u8>>, $crate::Error> {
            self.run($crate::ops::mkd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Deletes a file (DELE).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn dele(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::dele($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Removes an empty directory (RMD).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn rmd(&mut self, path: impl AsRef<[u8]>) -> Result<(), $crate::Error> {
            self.run($crate::ops::rmd($crate::codec::Argument::new(path)?))$(.$await)?
        }

        /// Renames a file or directory (RNFR, RNTO).
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply.
        pub $($async)? fn rename(
            &mut self,
            from: impl AsRef<[u8]>,
            to: impl AsRef<[u8]>,
        ) -> Result<(), $crate::Error> {
            let (from, to) = ($crate::codec::Argument::new(from)?, $crate::codec::Argument::new(to)?);
            self.run($crate::ops::Rename::new(from, to))$(.$await)?
        }

        /// Does nothing, and has it answered (NOOP).
        ///
        /// # Errors
        /// Whatever says that the session is gone.
        pub $($async)? fn noop(&mut self) -> Result<(), $crate::Error> {
            self.run($crate::ops::noop())$(.$await)?
        }

        /// Takes leave of the server (QUIT) and closes the connection.
        ///
        /// # Errors
        /// Whatever says that the server was not told, or did not answer. The connection is closed all the same.
        pub $($async)? fn quit(mut self) -> Result<(), $crate::Error> {
            self.run($crate::ops::Quit::new())$(.$await)?
        }
    };
}
