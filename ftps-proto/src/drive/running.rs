//! An operation under way.

use std::task::Poll;

use super::lease::{Lease, Leased};
use super::transfer::Context;
use crate::error::Error;
use crate::session::Operation;

/// An operation of the core under way, which moves no payload.
///
/// Dropped before its end, it resets the data connection, if there is one (a listing's), and the next operation recovers
/// the session.
pub struct Running<L: Lease, O> {
    leased: Leased<L>,
    op: O,
}

impl<L: Lease, O: Operation> Running<L, O> {
    /// Nothing is sent before this is polled.
    pub fn new(lease: L, op: O) -> Self {
        Self { leased: Leased::new(lease), op }
    }

    /// Goes on until the operation is done. Not polled again once it is ready.
    ///
    /// # Errors
    /// Whatever ends the operation.
    pub fn poll(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<O::Output, Error>> {
        self.leased.driver().poll_run(&mut self.op, cx)
    }
}
