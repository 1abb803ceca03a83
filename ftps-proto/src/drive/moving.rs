//! A transfer from its first command to its confirmation, also over several sessions.
//!
//! ```text
//!  locating ─► starting ─► moving ─► verifying ─► renaming ─► done
//!                 ▲          │ (cut)
//!                 │          ▼
//!  comparing ◄─ measuring ◄─ pausing ─► opening ─► returning      what an upload finds on the server, and where it was
//!         ▲         ▼
//!         └── rereading                                            its source, where that can be read again
//! ```

mod proof;
mod reread;
mod resume;

use std::io::{self, SeekFrom};
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::task::{Poll, ready};

use self::reread::{Again, Rereading};
use self::resume::Comparing;
use super::audit::Act;
use super::driver::Step;
use super::kept::Kept;
use super::lease::{Lease, Leased};
use super::net::Net;
use super::opening::Opening;
use super::retry::{Attempts, Retry};
use super::throttle::Throttle;
use super::transfer::{Context, NotStarted};
use crate::codec::text::ToNetwork;
use crate::codec::{Algorithm, Argument};
use crate::error::{Error, Local, Mismatch};
use crate::need::Channel;
use crate::ops::{
    self, Exchange, FileHash, Get, Locate, Observer, Put, Rename, Return, Span, StartTransfer, Transfer,
    Transferred,
};
use crate::time::Instant;

/// How much of what has moved already is compared before a transfer goes on after it.
const OVERLAP: usize = 16 * 1024;

/// How much of an upload's source is read at a time.
const READ: usize = 256 * 1024;

/// What is to be moved.
pub(super) enum Plan {
    Get(Get),
    Put(Put),
}

pub(super) struct Moving<L: Lease> {
    pub(super) leased: Leased<L>,
    plan: Plan,
    stage: Stage<L::Net>,
    resumed: bool,
    /// Confirmed, and whatever else was wanted is still to be done.
    confirmed: Option<Transferred>,
    transferred: Option<Transferred>,
    /// Where the first byte is in the file, once a transfer has begun.
    start: Option<u64>,
    /// How many bytes of a download are wanted, where that is not all of it.
    limit: Option<u64>,
    /// Bytes that were taken, or handed over.
    moved: u64,
    /// There are no more to come.
    finished: bool,
    attempts: Option<Attempts>,
    /// Some of it has moved in an earlier transfer.
    goes_on: bool,
    /// Why it is tried again.
    cause: Option<Error>,
    kept: Kept,
    /// Where an upload's source can be read again.
    again: Option<Again>,
    /// Where an upload is of text.
    text: Option<ToNetwork>,
    /// Upload: what leaves before anything else does. Download: what is to come again. And how far that is done.
    ahead: (Vec<u8>, usize),
    pub(super) throttle: Throttle,
    progress: Observer,
    /// By what it is verified in the end.
    hash: Option<Algorithm>,
}

enum Stage<N: Net> {
    Begin,
    /// In which directory is the session?
    Locating(Locate),
    Starting(Box<StartTransfer>),
    Moving(Box<Transfer>),
    /// Between two tries.
    Pausing(Instant),
    /// Never locked: a mutex makes what can be sent to other threads, as a look-up can, shareable as well.
    Opening(Mutex<Box<Opening<N>>>),
    /// To the directory where the session before was.
    Returning(Return),
    /// How much of an upload is there?
    Measuring(Exchange<u64>),
    /// What was sent of it last?
    Rereading(Rereading),
    /// Is it that?
    Comparing(Box<Comparing>),
    Verifying(Exchange<u64>),
    Hashing(Box<FileHash>),
    Renaming(Rename),
    /// An upload under another name has failed.
    Removing(Exchange<()>, Error),
    Done,
    Failed,
}

impl<L: Lease> Moving<L> {
    /// Nothing is sent before this is polled.
    pub(super) fn new(mut lease: L, plan: Plan) -> Result<Self, NotStarted<L>> {
        let driver = lease.driver();
        let (entropy, mut tally) = (driver.net.entropy(), driver.tally());
        // It is hashed as it passes: nothing is read twice.
        let best = driver.session().best_hash();
        let now = driver.net.now();
        let retry = driver.retry().cloned();
        let attempts = retry.as_ref().map(|retry| Attempts::new(retry, entropy, now));
        // What is wrong with it is said at once.
        let (plan, checked) = match plan {
            Plan::Get(get) => {
                let checked = StartTransfer::get(get.clone());
                (Plan::Get(get), checked)
            }
            Plan::Put(put) => {
                let put = put.under_another_name(entropy);
                let checked = StartTransfer::put(put.clone());
                (Plan::Put(put), checked)
            }
        };
        if let Err(error) = checked {
            return Err(NotStarted::new(error, lease));
        }
        let whole = match &plan {
            Plan::Get(get) => {
                get.verify && !get.ascii && get.span == Span::Bytes(0, None) && get.tail.is_empty()
            }
            Plan::Put(put) => put.verify && !put.ascii && put.is_whole(),
        };
        let hash = best.filter(|_| whole);
        hash.iter().for_each(|hash| tally.add(*hash));
        let (rate, progress, kept, text) = match &plan {
            Plan::Get(get) => {
                let overlap = if attempts.is_some() { OVERLAP } else { 0 };
                (get.rate, get.progress.clone(), Kept::new(overlap, OVERLAP), None)
            }
            Plan::Put(put) => {
                // Text, and what the server puts somewhere, never goes on from its middle.
                let goes_on = put.is_placed() && !put.ascii;
                let window = retry.as_ref().filter(|_| goes_on).map_or(0, Retry::kept);
                let text = put.ascii.then(ToNetwork::default);
                (put.rate, put.progress.clone(), Kept::new(window, READ), text)
            }
        };
        let mut leased = Leased::new(lease);
        leased.tally = tally;
        Ok(Self {
            leased,
            plan,
            stage: Stage::Begin,
            resumed: false,
            confirmed: None,
            transferred: None,
            start: None,
            limit: None,
            moved: 0,
            finished: false,
            kept,
            again: None,
            text,
            attempts,
            goes_on: false,
            cause: None,
            ahead: (Vec::new(), 0),
            throttle: Throttle::new(rate),
            progress,
            hash,
        })
    }

    /// Whether the data connection resumed the control connection's TLS session.
    pub(super) fn resumed(&self) -> bool {
        self.resumed
    }

    /// The confirmation, once it has come. It is kept.
    pub(super) fn transferred(&self) -> Option<&Transferred> {
        self.transferred.as_ref()
    }

    /// How many bytes of a download are wanted still, where that is not all that come.
    pub(super) fn left(&self) -> Option<u64> {
        self.limit.map(|limit| limit.saturating_sub(self.moved))
    }

    /// So many bytes have passed; so many of them had done so before.
    fn count(&mut self, n: usize, again: usize) {
        self.moved = self.moved.saturating_add((n - again) as u64);
        if self.throttle.limits() {
            let now = self.leased.driver().net.now();
            self.throttle.moved(n, now);
        }
        if n > again {
            self.progress.tell(self.moved);
        }
    }

    /// So many bytes of a download that came were taken.
    pub(super) fn consume(&mut self, n: usize) {
        let (driver, tally) = self.leased.parts();
        let link = &mut driver.link;
        let payload = link.payload();
        let taken = &payload[..n.min(payload.len())];
        tally.pass(taken);
        self.kept.push(taken);
        link.consume(n);
        self.count(n, 0);
    }

    /// Hands over an upload's payload; how many bytes were taken. Only after [`poll`](Self::poll).
    pub(super) fn supply(&mut self, payload: &[u8]) -> usize {
        let n = self.hand_over(payload);
        self.kept.push(&payload[..n]);
        n
    }

    /// Whether an upload's source is to be read: all that was read is handed over, and more may come.
    pub(super) fn reads(&self) -> bool {
        !self.finished && self.kept.waiting().is_empty()
    }

    /// It can be read again.
    pub(super) fn read_again(&mut self) {
        (self.again, self.kept) = (Some(Again::default()), Kept::new(0, READ));
    }

    /// Where it is to go before it is read.
    pub(super) fn seeks(&self) -> Option<SeekFrom> {
        self.again.as_ref()?.seek
    }

    /// It is at this offset.
    pub(super) fn sought(&mut self, at: u64) -> io::Result<()> {
        self.again.as_mut().map_or(Ok(()), |again| again.sought(at))
    }

    /// Where it is read to.
    pub(super) fn space(&mut self) -> &mut [u8] {
        match &mut self.stage {
            Stage::Rereading(rereading) => rereading.space(),
            _ => self.kept.space(),
        }
    }

    /// So many bytes were read to there; 0 is the source's end.
    pub(super) fn read(&mut self, n: usize) -> Result<(), Error> {
        match &mut self.stage {
            Stage::Rereading(rereading) => {
                if let Some(next) = rereading.read(n)? {
                    self.stage = self.compare(next)?;
                }
            }
            _ if n > 0 => self.kept.fill(n),
            _ => {
                self.again.as_ref().map_or(Ok(()), Again::ends)?;
                self.finish();
            }
        }
        Ok(())
    }

    /// Hands over what was read, as far as it is taken. Only after [`poll`](Self::poll).
    pub(super) fn supply_read(&mut self) {
        let mut kept = mem::take(&mut self.kept);
        let n = self.hand_over(kept.waiting());
        kept.pass(n);
        self.kept = kept;
    }

    fn hand_over(&mut self, payload: &[u8]) -> usize {
        let payload = &payload[..payload.len().min(self.throttle.piece())];
        let (driver, tally) = self.leased.parts();
        let (n, again) = match &mut self.text {
            // What is confirmed takes no more.
            Some(_) if self.transferred.is_some() => (0, 0),
            // All of it is taken, and is these lines on its way.
            Some(text) => {
                let mut lines = Vec::new();
                text.push(payload, &mut lines);
                tally.pass(&lines);
                self.ahead = (lines, 0);
                (payload.len(), 0)
            }
            None => {
                let n = driver.link.supply(payload);
                let again = self.again.as_mut().map_or(0, |again| again.pass(n));
                tally.pass(&payload[again..n]);
                (n, again)
            }
        };
        self.count(n, again);
        n
    }

    /// Whether what has come is the caller's: the transfer has begun, and nothing is to be compared first.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.stage, Stage::Moving(_)) && !self.is_behind()
    }

    /// Whether there is payload that was taken and was not handed over.
    pub(super) fn is_behind(&self) -> bool {
        !self.ahead.0.is_empty()
    }

    /// Waits until payload may move again, where its rate is limited.
    pub(super) fn poll_rest(&mut self, cx: &mut Context<'_, L>) -> Poll<()> {
        let net = &mut self.leased.driver().net;
        match self.throttle.until(net.now()) {
            Some(until) => net.poll_timer(until, cx),
            None => Poll::Ready(()),
        }
    }

    /// Goes on until payload could move.
    pub(super) fn poll_start(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        while !matches!(self.stage, Stage::Moving(_) | Stage::Done) {
            ready!(self.advance(cx))?;
        }
        Poll::Ready(Ok(()))
    }

    /// Goes on until payload can move, an upload's source is to be read, or the transfer is confirmed.
    pub(super) fn poll(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        loop {
            match &mut self.stage {
                Stage::Done | Stage::Rereading(_) => return Poll::Ready(Ok(())),
                Stage::Moving(transfer) => {
                    let next = match ready!(self.leased.driver().poll(&mut **transfer, cx)) {
                        Ok(Step::Payload) if self.ahead.0.is_empty() => return Poll::Ready(Ok(())),
                        Ok(Step::Payload) => match self.catch_up() {
                            Ok(()) => continue,
                            Err(error) => self.give_up(error),
                        },
                        Ok(Step::Done(done)) => self.confirm(done),
                        Err(error) => self.fail(error),
                    };
                    self.go_on(next)?;
                }
                _ => ready!(self.advance(cx))?,
            }
        }
    }

    /// There is no more to hand over, or to take.
    pub(super) fn finish(&mut self) {
        self.finished = true;
        if let Stage::Moving(transfer) = &mut self.stage
            && self.ahead.0.is_empty()
        {
            transfer.finish();
        }
    }

    /// The caller's own source or sink has failed.
    pub(super) fn poll_failed(&mut self, error: Error, cx: &mut Context<'_, L>) -> Poll<Error> {
        let next = self.give_up(error);
        match self.go_on(next) {
            Err(error) => Poll::Ready(error),
            Ok(()) => self.poll_removed(cx),
        }
    }

    /// Goes on until what has failed is removed.
    pub(super) fn poll_removed(&mut self, cx: &mut Context<'_, L>) -> Poll<Error> {
        while matches!(self.stage, Stage::Removing(..)) {
            if let Err(error) = ready!(self.advance(cx)) {
                return Poll::Ready(error);
            }
        }
        Poll::Ready(Local::Finished.into())
    }

    pub(super) fn is_removing(&self) -> bool {
        matches!(self.stage, Stage::Removing(..))
    }

    /// Gives the client back. A transfer that is not confirmed is reset.
    pub(super) fn release(self) -> L {
        self.leased.release()
    }

    /// One stage on, of those in which no payload moves.
    fn advance(&mut self, cx: &mut Context<'_, L>) -> Poll<Result<(), Error>> {
        let driver = self.leased.driver();
        let next = match &mut self.stage {
            Stage::Begin => self.begin(),
            Stage::Locating(op) => match ready!(driver.poll_run(op, cx)) {
                // Then it cannot go on in another session.
                Ok(()) | Err(Error::Refused(_)) => self.begin_transfer(),
                Err(error) => self.fail(error),
            },
            Stage::Starting(start) => match ready!(driver.poll(&mut **start, cx)) {
                Ok(Step::Payload) => return Poll::Pending,
                Ok(Step::Done(transfer)) => Ok(self.started(transfer)),
                Err(error) => self.fail(error),
            },
            Stage::Pausing(until) => {
                if *until > driver.net.now() {
                    ready!(driver.net.poll_timer(*until, cx));
                    return Poll::Ready(Ok(()));
                }
                match driver.session().is_usable() {
                    true => self.again(),
                    false => match driver.reopen(cx) {
                        Some(opening) if self.finds_its_way() => {
                            Ok(Stage::Opening(Mutex::new(Box::new(opening))))
                        }
                        _ => self.give_up_for_the_cause(),
                    },
                }
            }
            Stage::Opening(opening) => {
                match ready!(opening.get_mut().unwrap_or_else(PoisonError::into_inner).poll(cx)) {
                    Ok(new) => self.reopened(new),
                    Err(error) => self.fail(error),
                }
            }
            Stage::Returning(op) => match ready!(driver.poll_run(op, cx)) {
                Ok(()) => self.again(),
                Err(error) => self.fail(error),
            },
            Stage::Measuring(op) => match ready!(driver.poll_run(op, cx)) {
                Ok(size) => self.measured(size),
                Err(error) if error.is_not_found() => self.measured(0),
                Err(error) => self.fail(error),
            },
            Stage::Comparing(comparing) => match ready!(comparing.poll(driver, cx)) {
                Ok(()) => {
                    let there = comparing.there;
                    self.begin_after(there)
                }
                // It is not shown to us, so that it cannot be known: all of it is sent again, where that is possible.
                Err(Error::Refused(_)) => self.begin_after(0),
                Err(error) => self.fail(error),
            },
            Stage::Verifying(op) => match ready!(driver.poll_run(op, cx)) {
                Ok(found) => self.verified(found),
                Err(error) => self.fail(error),
            },
            Stage::Hashing(op) => match ready!(driver.poll_run(&mut **op, cx)) {
                Ok(found) => self.hashed(found),
                // It says that it can, and cannot: the size is what there is.
                Err(error) if error.code().is_some_and(|code| matches!(code.get(), 500..=504)) => {
                    Ok(self.complete())
                }
                Err(error) => self.fail(error),
            },
            Stage::Renaming(op) => match ready!(driver.poll_run(op, cx)) {
                Ok(()) => Ok(self.done()),
                Err(error) => self.give_up(error),
            },
            Stage::Removing(op, _) => {
                let _ = ready!(driver.poll_run(op, cx));
                match mem::replace(&mut self.stage, Stage::Failed) {
                    Stage::Removing(_, error) => Err(error),
                    _ => Err(Local::Finished.into()),
                }
            }
            Stage::Failed => Err(Local::Finished.into()),
            Stage::Moving(_) | Stage::Rereading(_) | Stage::Done => return Poll::Ready(Ok(())),
        };
        Poll::Ready(self.go_on(next))
    }

    fn go_on(&mut self, next: Result<Stage<L::Net>, Error>) -> Result<(), Error> {
        match next {
            Ok(stage) => {
                self.stage = stage;
                Ok(())
            }
            Err(error) => {
                self.stage = Stage::Failed;
                let error = match error {
                    // It says that all of it may be done again, which holds only where it had not begun.
                    Error::Closed { reply, failure } if self.start.is_some() => {
                        Error::Connection { channel: Channel::Control, failure, reply }
                    }
                    error => error,
                };
                self.leased.record_transfer(Some(Err(&error)));
                Err(error)
            }
        }
    }

    /// Another session has to find the directory in which a relative path begins.
    fn begin(&mut self) -> Result<Stage<L::Net>, Error> {
        if self.leased.driver().is_audited() {
            self.leased.transfer = Some(self.file());
        }
        if self.attempts.is_some() && !self.finds_its_way() {
            return Ok(Stage::Locating(Locate::new()));
        }
        self.begin_transfer()
    }

    fn finds_its_way(&mut self) -> bool {
        let absolute = self.path().is_some_and(|path| path.as_bytes().starts_with(b"/"));
        let session = self.leased.driver().session();
        absolute || !session.has_strayed() || session.home().is_some()
    }

    /// What is transferred, for the record: under the name that it gets, where it is not the server that chooses it.
    fn file(&self) -> (Act, Option<Argument>) {
        let act = if let Plan::Get(_) = self.plan { Act::Download } else { Act::Upload };
        let path = self.renaming().map(|(_, to)| to).or(self.path());
        (act, path.cloned())
    }

    /// What is transferred, under the name that it has meanwhile.
    fn path(&self) -> Option<&Argument> {
        match &self.plan {
            Plan::Get(get) => get.path().ok(),
            Plan::Put(put) => put.stored_path().ok(),
        }
    }

    /// The name that an upload has meanwhile, where that is another, and the one that it gets.
    fn renaming(&self) -> Option<(&Argument, &Argument)> {
        match &self.plan {
            Plan::Get(_) => None,
            Plan::Put(put) => put.renaming(),
        }
    }

    fn begin_transfer(&mut self) -> Result<Stage<L::Net>, Error> {
        let start = match &self.plan {
            Plan::Get(get) => {
                self.ahead = (get.tail.clone(), 0);
                StartTransfer::get(get.clone())
            }
            Plan::Put(put) => StartTransfer::put(put.clone()),
        };
        Ok(Stage::Starting(Box::new(start?)))
    }

    fn started(&mut self, mut transfer: Transfer) -> Stage<L::Net> {
        self.resumed = transfer.resumed();
        if self.start.is_none() {
            let start = transfer.start().saturating_add(self.ahead.0.len() as u64);
            (self.start, self.limit) = (Some(start), transfer.limit());
        }
        if self.finished && self.ahead.0.is_empty() {
            transfer.finish();
        }
        Stage::Moving(Box::new(transfer))
    }

    /// Payload can move: what is to move before any other does so.
    fn catch_up(&mut self) -> Result<(), Error> {
        let link = &mut self.leased.driver().link;
        let (ahead, done) = (&self.ahead.0, &mut self.ahead.1);
        let rest = &ahead[*done..];
        let n = match self.plan {
            Plan::Put(_) => link.supply(rest),
            Plan::Get(_) => {
                let payload = link.payload();
                let n = payload.len().min(rest.len());
                if payload[..n] != rest[..n] {
                    return Err(Error::Mismatch(Mismatch::Content));
                }
                link.consume(n);
                n
            }
        };
        *done += n;
        if *done == ahead.len() {
            self.ahead = (Vec::new(), 0);
            if self.finished {
                self.finish();
            }
        }
        Ok(())
    }

    fn done(&mut self) -> Stage<L::Net> {
        if let Some(done) = &self.confirmed {
            self.leased.record_transfer(Some(Ok(done)));
        }
        self.transferred = self.confirmed.take();
        Stage::Done
    }

    /// It comes to nothing, and what there is of it under another name is removed.
    fn give_up(&mut self, error: Error) -> Result<Stage<L::Net>, Error> {
        let usable = self.leased.driver().session().is_usable();
        let part = self.renaming().filter(|_| usable && self.start.is_some()).map(|(part, _)| part.clone());
        match part {
            Some(part) => {
                self.leased.driver().abandon();
                Ok(Stage::Removing(ops::dele(part), error))
            }
            None => Err(error),
        }
    }
}
