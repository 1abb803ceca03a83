//! A list of files, moved over one session of a site or several.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::path::Path;
use std::pin::Pin;
use std::task::Poll;
use std::time::Instant;

use ftps_tokio::Transferred;

use crate::failure::Failure;
use crate::report::Report;
use crate::session::Session;
use crate::stop;
use crate::url::Url;

/// A file that is to be moved.
pub(crate) trait Job {
    /// Where it is on the server.
    fn url(&self) -> &Url;
    /// Where it is here.
    fn path(&self) -> &Path;
    /// What is known of its size.
    fn size(&self) -> Option<u64>;
}

/// What takes longer to move than to ask for.
const LARGE: u64 = 1 << 20;

/// What is left of a list.
struct Queue<J> {
    /// In the list's order.
    small: VecDeque<J>,
    /// By size, the largest last.
    large: Vec<J>,
}

impl<J: Job> Queue<J> {
    /// For one session, the list as it is. For several, the large files apart: one session sees to them from the first on,
    /// the largest first, so that none is left for the end; the others move the small ones meanwhile. Whichever is done
    /// with its own helps.
    fn new(jobs: Vec<J>, sessions: usize) -> Self {
        let large = |job: &J| sessions > 1 && job.size().is_some_and(|size| size >= LARGE);
        let (mut large, small): (Vec<_>, Vec<_>) = jobs.into_iter().partition(large);
        // Stable: of one size, the first in the list is taken first.
        large.reverse();
        large.sort_by_key(Job::size);
        Self { small: small.into(), large }
    }

    fn take(&mut self, large_first: bool) -> Option<J> {
        match large_first {
            true => self.large.pop().or_else(|| self.small.pop_front()),
            false => self.small.pop_front().or_else(|| self.large.pop()),
        }
    }

    fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty()
    }
}

/// Does `work` for each file, over so many sessions of which this is the first, and takes leave of the server. Where it lets
/// fewer in, those do all of it.
pub(crate) async fn move_all<J: Job>(
    jobs: Vec<J>,
    mut first: Session<'_>,
    sessions: usize,
    report: &Report,
    work: impl AsyncFn(&J, &mut Session<'_>) -> Result<Transferred, Failure>,
) {
    let mut sessions = sessions.min(jobs.len()).max(1);
    // A password that is wrong is not sent several times.
    if sessions > 1 && first.connect().await.is_err() {
        sessions = 1;
    }
    let workers = Workers {
        queue: RefCell::new(Queue::new(jobs, sessions)),
        left: Cell::new(sessions),
        report,
        work: &work,
    };
    let others: Vec<_> = (1..sessions).map(|_| first.another()).collect();
    let mut working = vec![Box::pin(workers.work_over(first, true)) as Pin<Box<dyn Future<Output = ()>>>];
    working.extend(others.into_iter().map(|session| Box::pin(workers.work_over(session, false)) as _));
    poll_fn(|cx| {
        working.retain_mut(|worker| worker.as_mut().poll(cx).is_pending());
        if working.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Those who move files, each over its session.
struct Workers<'a, J, W> {
    queue: RefCell<Queue<J>>,
    /// How many there are.
    left: Cell<usize>,
    report: &'a Report,
    work: &'a W,
}

impl<J: Job, W> Workers<'_, J, W>
where
    W: AsyncFn(&J, &mut Session<'_>) -> Result<Transferred, Failure>,
{
    async fn work_over(&self, mut session: Session<'_>, large_first: bool) {
        while !stop::is_asked() {
            // Without a session, what is left is for the others, unless there are none.
            if self.left.get() > 1
                && let Err(failure) = session.connect().await
            {
                if self.left.get() > 1 {
                    self.report.warn(format_args!("one session less: {}", failure.reason));
                    break;
                }
                continue;
            }
            let Some(job) = self.queue.borrow_mut().take(large_first) else { break };
            session.expect_more(!self.queue.borrow().is_empty());
            let began = Instant::now();
            match (self.work)(&job, &mut session).await {
                Ok(done) => self.report.moved(job.url(), job.size(), &done, began.elapsed()).await,
                Err(failure) => self.report.not_moved(job.size(), failure.of(job.url())).await,
            }
        }
        self.left.set(self.left.get() - 1);
        if self.left.get() == 0 {
            self.report.end();
        }
        session.quit().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sized(Url, Option<u64>);

    impl Job for Sized {
        fn url(&self) -> &Url {
            &self.0
        }

        fn path(&self) -> &Path {
            Path::new("x")
        }

        fn size(&self) -> Option<u64> {
            self.1
        }
    }

    fn queue(sessions: usize) -> Queue<Sized> {
        let sizes = [None, Some(5 << 20), Some(7), Some(9 << 20), Some(8)];
        let url = Url::parse("h/x").unwrap();
        Queue::new(sizes.map(|size| Sized(url.clone(), size)).into(), sessions)
    }

    fn taken(queue: &mut Queue<Sized>, large_first: bool) -> Vec<Option<u64>> {
        std::iter::from_fn(|| queue.take(large_first)).map(|job| job.size()).collect()
    }

    #[test]
    fn one_session_takes_the_list_as_it_is() {
        assert_eq!(taken(&mut queue(1), true), [None, Some(5 << 20), Some(7), Some(9 << 20), Some(8)]);
    }

    #[test]
    fn of_several_one_begins_with_the_large_files_the_others_with_the_small_ones() {
        assert_eq!(taken(&mut queue(2), true), [Some(9 << 20), Some(5 << 20), None, Some(7), Some(8)]);
        assert_eq!(taken(&mut queue(2), false), [None, Some(7), Some(8), Some(9 << 20), Some(5 << 20)]);
        let mut queue = queue(2);
        queue.take(true);
        assert_eq!(taken(&mut queue, false).len(), 4);
        assert!(queue.is_empty());
    }
}
