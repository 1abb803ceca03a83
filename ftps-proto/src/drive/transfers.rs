//! How a client begins transfers that are handles, once for every adapter: rustdoc shows them as each client's own methods.

/// Methods of a client whose crate has a `Download` and an `Upload`: as they are, or with `[async await]`.
#[doc(hidden)]
#[macro_export]
macro_rules! __transfers {
    ($([$async:ident $await:ident])?) => {
        /// Downloads a file (RETR) through a reader, whose end means that all of it has come and was confirmed.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply, say a 550.
        #[doc(alias = "RETR")]
        pub $($async)? fn download(
            &mut self,
            get: impl Into<$crate::ops::Get>,
        ) -> Result<Download<&mut Self>, $crate::Error> {
            Ok(Download::open(self, get)$(.$await)??)
        }

        /// As [`download`](Self::download), through a reader that owns the client; [`Download::into_client`] gives it back.
        ///
        /// # Errors
        /// The same; and the client.
        pub $($async)? fn into_download(
            self,
            get: impl Into<$crate::ops::Get>,
        ) -> Result<Download<Box<Self>>, $crate::drive::NotStarted<Box<Self>>> {
            Download::open(Box::new(self), get)$(.$await)?
        }

        /// Uploads a file (STOR) through a writer. [`Upload::finish`] ends and confirms the file; dropped before that, the
        /// upload is reset.
        ///
        /// # Errors
        /// [`Error::Refused`]($crate::Error::Refused) with the server's reply, say a 553.
        #[doc(alias = "STOR")]
        pub $($async)? fn writer(
            &mut self,
            put: impl Into<$crate::ops::Put>,
        ) -> Result<Upload<&mut Self>, $crate::Error> {
            Ok(Upload::open(self, put)$(.$await)??)
        }

        /// As [`writer`](Self::writer), through a writer that owns the client; [`Upload::into_client`] gives it back.
        ///
        /// # Errors
        /// The same; and the client.
        pub $($async)? fn into_upload(
            self,
            put: impl Into<$crate::ops::Put>,
        ) -> Result<Upload<Box<Self>>, $crate::drive::NotStarted<Box<Self>>> {
            Upload::open(Box::new(self), put)$(.$await)?
        }

        /// Many transfers in a row, one for each item, be that a path or whatever else tells of a file. The data connection of
        /// each is asked for while the one before ends, which spares a round trip; for the first there is
        /// [`Builder::expect_transfer`]($crate::drive::Builder::expect_transfer).
        ///
        /// ```ignore
        /// let mut batch = client.batch(["a.csv", "b.csv"]);
        /// while let Some((client, name)) = batch.next() {
        ///     client.download_to(name, &mut File::create(name)?)?; // with `.await`, where calls are futures
        /// }
        /// ```
        #[doc(alias = "get_many")]
        #[doc(alias = "put_many")]
        #[doc(alias = "mget")]
        #[doc(alias = "mput")]
        pub fn batch<I: IntoIterator>(&mut self, items: I) -> $crate::drive::Batch<'_, Self, I::IntoIter> {
            $crate::drive::Batch::new(self, items.into_iter())
        }
    };
}
