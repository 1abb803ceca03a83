//! Makes directories on a server, also where they may be there already.

use std::collections::HashSet;

use ftps_tokio::{Client, Error};

use crate::failure::Failure;
use crate::session::Session;
use crate::url::Url;

/// Directories that are known to be there.
pub(crate) struct Directories {
    /// Make those that lead to one, too.
    parents: bool,
    there: HashSet<Vec<u8>>,
}

impl Directories {
    pub(crate) fn new(parents: bool) -> Self {
        Self { parents, there: HashSet::new() }
    }

    /// Has this directory be there.
    pub(crate) async fn ensure(&mut self, url: &Url, session: &mut Session<'_>) -> Result<(), Failure> {
        // From the outermost that has to be made: each is tried before those that lead to it.
        let mut missing = vec![url.clone()];
        while let Some(directory) = missing.last().cloned() {
            if directory.path.is_empty() || self.there.contains(directory.bare()) {
                missing.pop();
                continue;
            }
            let refused = session.run(async |client| make(client, directory.bare()).await).await?;
            match (refused, directory.parent()) {
                (None, _) => {
                    self.there.insert(directory.bare().to_vec());
                    missing.pop();
                }
                (Some(_), Some(parent)) if self.parents && !self.there.contains(parent.bare()) => {
                    missing.push(parent);
                }
                (Some(refused), _) => return Err(refused.of(&directory)),
            }
        }
        Ok(())
    }
}

/// Makes a directory. Where the server refuses that and there is none: its refusal.
async fn make(client: &mut Client, path: &[u8]) -> Result<Option<Failure>, Failure> {
    let refused = match client.create_dir(path).await {
        Ok(_) => return Ok(None),
        Err(error @ Error::Refused(_)) if client.is_usable() => error,
        Err(error) => return Err(Failure::transfer(error)),
    };
    // Few servers say why (521), and what one cannot change to is no directory to put files into.
    let home = client.current_dir().await.map_err(Failure::transfer)?;
    match client.set_current_dir(path).await {
        Ok(()) => client.set_current_dir(home).await.map(|()| None).map_err(Failure::transfer),
        Err(Error::Refused(_)) if client.is_usable() => Ok(Some(Failure::transfer(refused))),
        Err(error) => Err(Failure::transfer(error)),
    }
}
