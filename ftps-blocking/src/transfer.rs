//! Transfers under way, as std reads and writes.

use std::io::{self, BufRead, Read, Write};
use std::ops::{Deref, DerefMut};
use std::task::{Poll, ready};

use ftps_proto::Error;
use ftps_proto::drive::{self, Driver, Lease, Status};
use ftps_proto::ops::{Listed, Transferred};

use crate::Client;
use crate::net::{Sockets, wait};

/// Whoever has the client for the time of a transfer.
#[derive(Debug)]
pub(crate) struct Held<C>(pub(crate) C);

impl<C: DerefMut<Target = Client>> Lease for Held<C> {
    type Net = Sockets;

    fn driver(&mut self) -> &mut Driver<Sockets> {
        &mut self.0.driver
    }
}

/// A file on its way from the server; made by [`Client::download`](crate::Client::download).
///
/// It reads as the file's bytes. Its end (`Ok(0)`) means that all of the file has come and was confirmed, with
/// close_notify and a 2xx, so `std::io::copy` alone is safe; anything less is an error. Read through [`BufRead`] it hands
/// out what was decrypted where it lies. Dropped before its end, the data connection is reset.
#[derive(Debug)]
pub struct Download<C: DerefMut<Target = Client>>(pub(crate) drive::Download<Held<C>>);

impl<C: DerefMut<Target = Client>> Download<C> {
    /// Gives the client back; what has not come by now is reset.
    pub fn into_client(self) -> Option<C> {
        self.0.release().map(|held| held.0)
    }
}

impl<C: DerefMut<Target = Client>> Deref for Download<C> {
    type Target = Status;

    fn deref(&self) -> &Status {
        self.0.status()
    }
}

impl<C: DerefMut<Target = Client>> BufRead for Download<C> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        wait(|cx| Poll::Ready(ready!(self.0.poll_fill_buf(cx)).map(drop)))?;
        Ok(self.0.buffer())
    }

    fn consume(&mut self, n: usize) {
        self.0.consume(n);
    }
}

impl<C: DerefMut<Target = Client>> Read for Download<C> {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        Ok(wait(|cx| self.0.poll_read(space, cx))?)
    }
}

/// A file on its way to the server; made by [`Client::upload_writer`](crate::Client::upload_writer).
///
/// Dropped before [`finish`](Self::finish), the data connection is reset: the server must not take a part for the whole.
#[derive(Debug)]
pub struct Upload<C: DerefMut<Target = Client>>(pub(crate) drive::Upload<Held<C>>);

impl<C: DerefMut<Target = Client>> Upload<C> {
    /// Ends the file and waits until the server has confirmed it.
    ///
    /// # Errors
    /// Whatever says that the file is not known to be stored.
    pub fn finish(mut self) -> Result<Transferred, Error> {
        wait(|cx| self.0.poll_finish(cx))
    }
}

impl<C: DerefMut<Target = Client>> Deref for Upload<C> {
    type Target = Status;

    fn deref(&self) -> &Status {
        self.0.status()
    }
}

impl<C: DerefMut<Target = Client>> Write for Upload<C> {
    fn write(&mut self, payload: &[u8]) -> io::Result<usize> {
        Ok(wait(|cx| self.0.poll_supply(payload, cx))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(wait(|cx| self.0.poll_flush(cx))?)
    }
}

/// A listing under way; made by [`Client::entries`](crate::Client::entries). None behind an error.
#[derive(Debug)]
pub struct Entries<C: DerefMut<Target = Client>>(pub(crate) Option<drive::Entries<Held<C>>>);

impl<C: DerefMut<Target = Client>> Iterator for Entries<C> {
    type Item = Result<Listed, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let entries = self.0.as_mut()?;
        let next = wait(|cx| entries.poll_next(cx)).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.0 = None;
        }
        next
    }
}
