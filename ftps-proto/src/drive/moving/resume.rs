//! How a transfer that failed goes on.

use std::mem;
use std::task::{Poll, ready};

use super::{Moving, OVERLAP, Plan, READ, Stage};
use crate::drive::driver::{Driver, Step};
use crate::drive::kept::Kept;
use crate::drive::lease::Lease;
use crate::drive::net::Net;
use crate::error::{Error, Local, Mismatch};
use crate::ops::{self, Get, Return, Span, StartTransfer, Transfer};

/// The end of what was sent of an upload up to so many bytes.
pub(super) struct Sent {
    pub(super) there: u64,
    pub(super) sent: Vec<u8>,
}

/// The end of what is there of an upload.
pub(super) struct Comparing {
    start: StartTransfer,
    transfer: Option<Transfer>,
    /// So many bytes are there.
    pub(super) there: u64,
    expected: Vec<u8>,
    came: usize,
}

impl<L: Lease> Moving<L> {
    /// It is tried again after a pause, where it may be.
    pub(super) fn fail(&mut self, error: Error) -> Result<Stage<L::Net>, Error> {
        let now = self.leased.driver().net.now();
        let may = match &self.plan {
            Plan::Get(get) => self.moved == 0 || !get.ascii,
            Plan::Put(put) if put.is_placed() => self.moved == 0 || !put.ascii,
            Plan::Put(_) => self.start.is_none(),
        };
        let pause = self
            .attempts
            .as_mut()
            .filter(|_| may)
            .and_then(|attempts| attempts.failed(&error, self.moved, now));
        match pause {
            Some(pause) => {
                #[cfg(feature = "tracing")]
                tracing::debug!(target: "ftps::conversation", "tried again after {pause:?}: {error:#}");
                self.cause = Some(error);
                Ok(Stage::Pausing(now + pause))
            }
            None => self.give_up(error),
        }
    }

    pub(super) fn give_up_for_the_cause(&mut self) -> Result<Stage<L::Net>, Error> {
        let cause = self.cause.take().unwrap_or(Error::Local(Local::Finished));
        self.give_up(cause)
    }

    /// Another session takes the place of the one that was lost.
    pub(super) fn reopened(&mut self, new: Driver<L::Net>) -> Result<Stage<L::Net>, Error> {
        let driver = self.leased.driver();
        let old = mem::replace(driver, new);
        driver.goes_on_from(&old);
        let (before, now) = (old.net.now(), driver.net.now());
        self.throttle.change_clock();
        if let Some(attempts) = &mut self.attempts {
            attempts.change_clock(before, now);
        }
        match old.session().home().filter(|_| old.session().has_strayed()) {
            Some(home) => Ok(Stage::Returning(Return::to(home.clone()))),
            None => self.again(),
        }
    }

    /// Goes on where it was.
    pub(super) fn again(&mut self) -> Result<Stage<L::Net>, Error> {
        (self.ahead, self.confirmed) = ((Vec::new(), 0), None);
        if self.moved == 0 {
            return self.begin_transfer();
        }
        match (&self.plan, self.path()) {
            (Plan::Get(get), _) => {
                let again = self.kept.last(OVERLAP);
                let (start, overlap) = (self.start.unwrap_or(0), again.len() as u64);
                let end = match get.span {
                    Span::Bytes(_, end) => end,
                    Span::Last(_) => None,
                };
                let came = self.moved.saturating_sub(overlap);
                let rest = get.rest(start.saturating_add(came), end, came);
                self.ahead = (again, 0);
                self.goes_on = true;
                Ok(Stage::Starting(Box::new(StartTransfer::get(rest)?)))
            }
            (Plan::Put(_), Some(path)) => Ok(Stage::Measuring(ops::size(path.clone()))),
            (Plan::Put(_), None) => self.give_up_for_the_cause(),
        }
    }

    /// So many bytes are there of an upload, and of what was there before it.
    pub(super) fn measured(&mut self, size: u64) -> Result<Stage<L::Net>, Error> {
        let start = self.start.unwrap_or(0);
        let most = start.saturating_add(self.moved);
        if size < start && size > 0 || size > most {
            let expected = size.clamp(start, most);
            return self.give_up(Error::Mismatch(Mismatch::Size { expected, found: size }));
        }
        let there = size.saturating_sub(start);
        if self.again.is_some() {
            // What was read and not sent is read again as well.
            (self.finished, self.kept) = (false, Kept::new(0, READ));
        }
        if there == 0 {
            return self.begin_after(0);
        }
        if let Some(again) = &mut self.again {
            return Ok(Stage::Rereading(again.before(there)));
        }
        let lost = usize::try_from(self.moved - there).unwrap_or(usize::MAX);
        match self.kept.before(lost, OVERLAP) {
            none if none.is_empty() => self.begin_after(0),
            sent => self.compare(Sent { there, sent }),
        }
    }

    /// Whether the server has that.
    pub(super) fn compare(&mut self, Sent { there, sent }: Sent) -> Result<Stage<L::Net>, Error> {
        let Some(path) = self.path() else { return self.give_up_for_the_cause() };
        let from = self.start.unwrap_or(0).saturating_add(there).saturating_sub(sent.len() as u64);
        let start = StartTransfer::get(Get::new(path.as_bytes()).from(from))?;
        Ok(Stage::Comparing(Box::new(Comparing { start, transfer: None, there, expected: sent, came: 0 })))
    }

    /// After so many bytes that are there and known to be right. What follows them was kept or can be read again, or it
    /// cannot go on.
    pub(super) fn begin_after(&mut self, there: u64) -> Result<Stage<L::Net>, Error> {
        let lost = self.moved - there;
        let Plan::Put(put) = &self.plan else { return self.give_up_for_the_cause() };
        let rest = put.rest(self.start.unwrap_or(0).saturating_add(there));
        if let Some(again) = &mut self.again {
            again.follow(there, lost);
        } else {
            let lost = usize::try_from(lost).unwrap_or(usize::MAX);
            if lost > self.kept.len() {
                return self.give_up_for_the_cause();
            }
            self.ahead = (self.kept.last(lost), 0);
        }
        self.goes_on = true;
        Ok(Stage::Starting(Box::new(StartTransfer::put(rest)?)))
    }
}

impl Comparing {
    pub(super) fn poll<N: Net>(
        &mut self,
        driver: &mut Driver<N>,
        cx: &mut N::Context<'_>,
    ) -> Poll<Result<(), Error>> {
        let other = || Error::Mismatch(Mismatch::Content);
        loop {
            let Some(transfer) = &mut self.transfer else {
                match ready!(driver.poll(&mut self.start, cx))? {
                    Step::Payload => return Poll::Pending,
                    Step::Done(transfer) => self.transfer = Some(transfer),
                }
                continue;
            };
            match ready!(driver.poll(transfer, cx))? {
                Step::Payload => {
                    let payload = driver.link.payload();
                    let n = payload.len();
                    if self.expected.get(self.came..self.came + n) != Some(payload) {
                        return Poll::Ready(Err(other()));
                    }
                    driver.link.consume(n);
                    self.came += n;
                }
                Step::Done(_) if self.came == self.expected.len() => return Poll::Ready(Ok(())),
                Step::Done(_) => return Poll::Ready(Err(other())),
            }
        }
    }
}
