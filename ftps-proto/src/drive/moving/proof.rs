//! What is done once a transfer is confirmed: it is measured, hashed, renamed, as was asked for.

use super::{Moving, Plan, Stage};
use crate::codec::Hash;
use crate::drive::lease::Lease;
use crate::error::{Error, Mismatch};
use crate::ops::{self, FileHash, Rename, Transferred};

impl<L: Lease> Moving<L> {
    pub(super) fn confirm(&mut self, done: Transferred) -> Result<Stage<L::Net>, Error> {
        if !self.ahead.0.is_empty() {
            // The file has become shorter.
            return self.give_up(Error::Mismatch(Mismatch::Content));
        }
        // Somebody else may have ended the connection, on both sides.
        let doubtful = self.attempts.is_some() && !done.notified;
        let bytes = if self.goes_on || self.started_after() { self.moved } else { done.bytes };
        self.confirmed = Some(Transferred { bytes, hashes: self.leased.tally.hashes(), ..done });
        let verifies = match &self.plan {
            Plan::Get(get) => get.verify && !get.ascii && self.limit.is_none(),
            Plan::Put(put) => (put.verify || self.goes_on || doubtful && put.is_placed()) && !put.ascii,
        };
        match self.path() {
            Some(path) if verifies => Ok(Stage::Verifying(ops::size(path.clone()))),
            _ => Ok(self.complete()),
        }
    }

    /// Whether bytes have come that were here already.
    fn started_after(&self) -> bool {
        matches!(&self.plan, Plan::Get(get) if !get.tail.is_empty())
    }

    pub(super) fn verified(&mut self, found: u64) -> Result<Stage<L::Net>, Error> {
        let bytes = self.confirmed.as_ref().map_or(0, |done| done.bytes);
        let expected = self.start.unwrap_or(0).saturating_add(bytes);
        if found < expected && self.attempts.is_some() {
            // A server that takes any end of the connection for the file's has confirmed a part.
            let reply = self.confirmed.take().map(|done| done.reply);
            return self.fail(Error::Truncated { bytes: bytes.min(found), reply });
        }
        if found != expected {
            return self.give_up(Error::Mismatch(Mismatch::Size { expected, found }));
        }
        match (self.hash, self.path()) {
            (Some(hash), Some(path)) => Ok(Stage::Hashing(Box::new(FileHash::new(path.clone(), hash)))),
            _ => Ok(self.complete()),
        }
    }

    pub(super) fn hashed(&mut self, found: Hash) -> Result<Stage<L::Net>, Error> {
        match self.leased.tally.hash(found.algorithm()) {
            Some(expected) if expected != found => {
                let (expected, found) = (Box::new(expected), Box::new(found));
                self.give_up(Error::Mismatch(Mismatch::Hash { expected, found }))
            }
            _ => Ok(self.complete()),
        }
    }

    /// What was uploaded under another name gets its own.
    pub(super) fn complete(&mut self) -> Stage<L::Net> {
        match self.renaming() {
            Some((from, to)) => Stage::Renaming(Rename::new(from.clone(), to.clone())),
            None => self.done(),
        }
    }
}
