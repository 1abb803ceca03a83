//! What transfers in both directions have in common.

use std::error;
use std::fmt;
use std::io;
use std::task::{Poll, ready};

use super::audit::Act;
use super::driver::Step;
use super::lease::{Lease, Leased};
use super::net::Net;
use crate::codec::Argument;
use crate::error::{Error, Local};
use crate::ops::{StartTransfer, Transfer, Transferred};

pub(super) type Context<'a, L> = <<L as Lease>::Net as Net>::Context<'a>;

/// A transfer that did not start, and whatever held the client for it.
#[non_exhaustive]
pub struct NotStarted<C> {
    /// Why it did not start.
    pub error: Error,
    /// The client, or what leads to it. Whether it can be used is known to its session.
    pub client: C,
}

impl<C> NotStarted<C> {
    pub(super) fn new(error: impl Into<Error>, client: C) -> Self {
        Self { error: error.into(), client }
    }
}

impl<C> fmt::Debug for NotStarted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotStarted").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<C> fmt::Display for NotStarted<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl<C> error::Error for NotStarted<C> {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        self.error.source()
    }
}

impl<C> From<NotStarted<C>> for Error {
    fn from(not_started: NotStarted<C>) -> Self {
        not_started.error
    }
}

impl<C> From<NotStarted<C>> for io::Error {
    fn from(not_started: NotStarted<C>) -> Self {
        not_started.error.into()
    }
}

/// A transfer from its first command to its confirmation.
pub(super) struct Moving<L: Lease> {
    pub(super) leased: Leased<L>,
    /// What is transferred, where a record is kept of it and nothing was done yet.
    file: Option<(Act, Argument)>,
    stage: Stage,
    resumed: bool,
    transferred: Option<Transferred>,
}

enum Stage {
    Starting(StartTransfer),
    Moving(Transfer),
    /// An error has ended it.
    Failed,
}

impl<L: Lease> Moving<L> {
    pub(super) fn new(lease: L, start: StartTransfer) -> Self {
        let mut leased = Leased::new(lease);
        leased.tally = leased.driver().tally();
        let audited = leased.driver().is_audited();
        let file = start.file().filter(|_| audited).map(|(direction, path)| (Act::of(direction), path));
        let stage = Stage::Starting(start);
        Self { leased, file, stage, resumed: false, transferred: None }
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub(super) fn resumed(&self) -> bool {
        self.resumed
    }

    /// The confirmation, once it has come. It is kept.
    pub(super) fn transferred(&self) -> Option<&Transferred> {
        self.transferred.as_ref()
    }

    pub(super) fn poll_start(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        if self.file.is_some() {
            self.leased.transfer = self.file.take();
        }
        loop {
            match &mut self.stage {
                Stage::Starting(start) => match ready!(self.leased.driver().poll(start, cx)) {
                    Ok(Step::Payload) => {}
                    Ok(Step::Done(transfer)) => {
                        self.resumed = transfer.resumed();
                        self.stage = Stage::Moving(transfer);
                    }
                    Err(error) => return self.failed(error),
                },
                Stage::Moving(_) => return Poll::Ready(Ok(())),
                Stage::Failed => return Poll::Ready(Err(Local::Finished.into())),
            }
        }
    }

    fn failed(&mut self, error: Error) -> Poll<Result<(), Error>> {
        self.stage = Stage::Failed;
        self.leased.record_transfer(Some(Err(&error)));
        Poll::Ready(Err(error))
    }

    /// Goes on until payload can move, or the transfer is confirmed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        ready!(self.poll_start(cx))?;
        if self.transferred.is_none()
            && let Stage::Moving(transfer) = &mut self.stage
        {
            match ready!(self.leased.driver().poll(transfer, cx)) {
                Ok(Step::Payload) => {}
                Ok(Step::Done(done)) => {
                    let done = Transferred { hashes: self.leased.tally.hashes(), ..done };
                    self.leased.record_transfer(Some(Ok(&done)));
                    self.transferred = Some(done);
                }
                Err(error) => return self.failed(error),
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Hands over an upload's payload; how many bytes were taken.
    pub(super) fn supply(&mut self, payload: &[u8]) -> usize {
        let (driver, tally) = self.leased.parts();
        let n = driver.link.supply(payload);
        tally.pass(&payload[..n]);
        n
    }

    /// An upload's payload is complete.
    pub(super) fn finish(&mut self) {
        if let Stage::Moving(transfer) = &mut self.stage {
            transfer.finish();
        }
    }

    /// Gives the client back. A transfer that is not confirmed is reset.
    pub(super) fn release(self) -> L {
        self.leased.release()
    }
}

/// What every adapter's `Download` and `Upload` tell, once for all of them.
#[doc(hidden)]
#[macro_export]
macro_rules! __transfer {
    () => {
        /// Whether the data connection resumed the control connection's TLS session.
        pub fn resumed(&self) -> bool {
            self.0.resumed()
        }

        /// The confirmation, once it has come: how many bytes the file has, and the server's reply.
        pub fn transferred(&self) -> Option<&$crate::ops::Transferred> {
            self.0.transferred()
        }

        /// Gives the client back. Before the confirmation has come, this gives the transfer up.
        pub fn into_client(self) -> C {
            self.0.release()
        }
    };
}
