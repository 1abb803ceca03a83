//! Whoever has a driver for the time of a transfer.

use std::ops::DerefMut;

use super::driver::Driver;
use super::net::Net;

/// What has a driver: an adapter's client.
pub trait Driven {
    /// The driver's sockets.
    type Net: Net;

    /// The driver.
    fn driver(&mut self) -> &mut Driver<Self::Net>;
}

impl<N: Net> Driven for Driver<N> {
    type Net = N;

    fn driver(&mut self) -> &mut Self {
        self
    }
}

/// Whatever leads to a client: a borrow, a box, a pool's guard. A transfer holds it until its end.
pub trait Lease {
    /// The driver's sockets.
    type Net: Net;

    /// The driver.
    fn driver(&mut self) -> &mut Driver<Self::Net>;
}

impl<C: DerefMut<Target: Driven>> Lease for C {
    type Net = <C::Target as Driven>::Net;

    fn driver(&mut self) -> &mut Driver<Self::Net> {
        (**self).driver()
    }
}

/// A lease under way. Dropped, it resets the data connection, if there is one still: a transfer that was confirmed has
/// none.
pub(super) struct Leased<L: Lease>(Option<L>);

impl<L: Lease> Leased<L> {
    pub(super) fn new(lease: L) -> Self {
        Self(Some(lease))
    }

    pub(super) fn driver(&mut self) -> &mut Driver<L::Net> {
        match &mut self.0 {
            Some(lease) => lease.driver(),
            None => unreachable!("only `release` takes it, and that takes all of this"),
        }
    }

    /// Resets the data connection, if there is one still, and gives the lease back.
    pub(super) fn release(mut self) -> L {
        self.driver().abandon();
        match self.0.take() {
            Some(lease) => lease,
            None => unreachable!("only `release` takes it, and that takes all of this"),
        }
    }
}

impl<L: Lease> Drop for Leased<L> {
    fn drop(&mut self) {
        if let Some(lease) = &mut self.0 {
            lease.driver().abandon();
        }
    }
}
