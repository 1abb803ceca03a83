//! Whoever has a driver for the time of a transfer.

use std::ops::DerefMut;

use super::audit::Act;
use super::driver::Driver;
use super::net::Net;
use super::tally::Tally;
use crate::codec::Argument;

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
pub(super) struct Leased<L: Lease> {
    lease: Option<L>,
    /// What is transferred, where a record is kept of it and it has not ended.
    pub(super) transfer: Option<(Act, Option<Argument>)>,
    /// What has passed of it.
    pub(super) tally: Tally,
}

impl<L: Lease> Leased<L> {
    pub(super) fn new(lease: L) -> Self {
        Self { lease: Some(lease), transfer: None, tally: Tally::default() }
    }

    pub(super) fn driver(&mut self) -> &mut Driver<L::Net> {
        match &mut self.lease {
            Some(lease) => lease.driver(),
            None => unreachable!("only `release` takes it, and that takes all of this"),
        }
    }

    /// The driver, and what has passed.
    pub(super) fn parts(&mut self) -> (&mut Driver<L::Net>, &mut Tally) {
        match &mut self.lease {
            Some(lease) => (lease.driver(), &mut self.tally),
            None => unreachable!("only `release` takes it, and that takes all of this"),
        }
    }

    /// A transfer that is not over is given up.
    fn abandon(&mut self) {
        self.record_transfer(None);
        self.driver().abandon();
    }

    /// Resets the data connection, if there is one still, and gives the lease back.
    pub(super) fn release(mut self) -> L {
        self.abandon();
        match self.lease.take() {
            Some(lease) => lease,
            None => unreachable!("only `release` takes it, and that takes all of this"),
        }
    }
}

impl<L: Lease> Drop for Leased<L> {
    fn drop(&mut self) {
        if self.lease.is_some() {
            self.abandon();
        }
    }
}
