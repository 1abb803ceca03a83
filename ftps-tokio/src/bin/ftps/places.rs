//! No two files get one name: the later would replace the earlier.

use std::collections::HashMap;
use std::hash::Hash;

use ftps_tokio::codec::Name;

use crate::failure::Failure;
use crate::jobs::Job;
use crate::report::{Report, shown};

/// What is wrong with names that were given: found before anything is moved.
pub(crate) fn one_file_a_name<'a, T: Copy + PartialEq>(
    files: impl IntoIterator<Item = (&'a [u8], T)>,
) -> Result<(), Failure> {
    let mut taken = HashMap::new();
    for (name, file) in files {
        if *taken.entry(name).or_insert(file) != file {
            return Err(Failure::usage("is the name of several files").about(&Name::from(name)));
        }
    }
    Ok(())
}

/// Which file each place is for, as far as directories and wildcards have shown.
pub(crate) struct Places<P, F>(HashMap<P, F>);

impl<P: Eq + Hash, F> Places<P, F> {
    pub(crate) fn new() -> Self {
        Self(HashMap::new())
    }

    /// Leaves out what was there before. `ends` tells a job's place and file, and `same` whether two files are one.
    pub(crate) async fn fill<J: Job>(
        &mut self,
        jobs: Vec<J>,
        ends: impl Fn(&J) -> (P, F),
        same: impl Fn(&F, &F) -> bool,
        report: &Report,
    ) -> Vec<J> {
        let mut filling = Vec::with_capacity(jobs.len());
        for job in jobs {
            let (place, file) = ends(&job);
            match self.0.get(&place) {
                None => {
                    self.0.insert(place, file);
                    filling.push(job);
                }
                Some(known) if same(known, &file) => {
                    report.warn(format_args!("{}: named twice, moved once", job.url()));
                }
                Some(_) => {
                    let failure = Failure::local("another file of that name was there before");
                    report.failed(&failure.about(&shown(job.path())).of(job.url())).await;
                }
            }
        }
        filling
    }
}
