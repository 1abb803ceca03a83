//! A directory with all that is in it.

use core::task::Poll;

use super::call::{Call, completed};
use super::ready;
use crate::codec::command::site;
use crate::codec::{Argument, Command};
use crate::error::Error;
use crate::session::{Claim, Operation, Session};
use crate::time::Instant;

/// Removes a directory with all that is in it, by one command: SITE RMDIR where FEAT names it (ProFTPD's mod_site_misc), else
/// RMDA (draft-peterson-streamlined-ftp-command-extensions, section 6; Serv-U), which most servers refuse.
#[derive(Debug)]
pub struct RemoveDirAll {
    claim: Claim,
    path: Argument,
    call: Option<Call>,
}

impl RemoveDirAll {
    /// At this path.
    pub fn new(path: Argument) -> Self {
        Self { claim: Claim::default(), path, call: None }
    }
}

impl Operation for RemoveDirAll {
    type Output = ();

    fn step(&mut self, session: &mut Session, _: Instant) -> Result<Poll<()>, Error> {
        ready!(session.begin(&mut self.claim)?);
        let has_site = session.features().is_some_and(|features| features.site("RMDIR"));
        let call = self.call.get_or_insert_with(|| {
            Call::new(match has_site {
                true => Command::Site(site::rmdir(&self.path)),
                false => Command::Rmda(self.path.clone()),
            })
        });
        let (verb, reply) = ready!(call.step(session)?);
        completed(verb, reply).map(drop).map(Poll::Ready)
    }
}
