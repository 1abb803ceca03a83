//! Transfers under way, over std's IO traits.

use std::io::{self, BufRead, Read, Write};
use std::ops::DerefMut;
use std::task::{Poll, ready};

use ftps_proto::drive;
use ftps_proto::ops::{self, List};
use ftps_proto::{Error, Operation};

use crate::Client;
use crate::wait::wait;

/// A file on its way from the server; made by [`Client::download`].
///
/// It reads as the file's bytes. Its end (`Ok(0)`) means that all of the file has come and was confirmed, with
/// close_notify and a 2xx, so `std::io::copy` alone is safe; anything less is an error. Dropped before its end, it resets
/// the data connection.
///
/// Read through [`BufRead`], it hands out what was decrypted where it lies, in ranges of up to 256 KiB and more: a
/// `std::fs::File` is written fastest so.
#[derive(Debug)]
pub struct Download<C: DerefMut<Target = Client>>(drive::Download<C>);

impl<C: DerefMut<Target = Client>> Download<C> {
    drive::download!();
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

/// A file on its way to the server; made by [`Client::writer`].
///
/// [`finish`](Self::finish) ends the file and waits until the server has confirmed it. Dropped before that, it resets the
/// data connection: the server must not take a part for the whole.
#[derive(Debug)]
pub struct Upload<C: DerefMut<Target = Client>>(drive::Upload<C>);

impl<C: DerefMut<Target = Client>> Upload<C> {
    drive::upload!();
}

impl<C: DerefMut<Target = Client>> Write for Upload<C> {
    fn write(&mut self, payload: &[u8]) -> io::Result<usize> {
        Ok(wait(|cx| self.0.poll_write(payload, cx))?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(wait(|cx| self.0.poll_flush(cx))?)
    }
}

/// A listing, or a walk over directories, on its way from the server; made by [`Client::entries`], [`Client::walk`] and
/// [`Client::glob`].
#[derive(Debug)]
pub struct Entries<C: DerefMut<Target = Client>, O = List>(drive::Entries<C, O>);

/// A walk over directories; made by [`Client::walk`] and [`Client::glob`].
pub type Walk<C> = Entries<C, ops::Walk>;

drive::entries!(Client);

/// Its end means that all is complete and confirmed, where no error came before. After an error there are no more.
impl<C: DerefMut<Target = Client>, O: Operation<Output = Option<T>>, T> Iterator for Entries<C, O> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        wait(|cx| self.0.poll_next(cx)).transpose()
    }
}
