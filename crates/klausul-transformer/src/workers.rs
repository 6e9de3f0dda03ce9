//! One worker a core.

use std::sync::{Mutex, PoisonError};

use klausul_core::{Error, ErrorKind, Result};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// The threads that batches run on; made by the caller, who decides how many.
///
/// Each worker is a pool of one thread, so that what an engine would do in parallel within a batch stays on its worker, and the
/// workers never wait for each other. Callers on many threads may share them.
#[derive(Debug)]
pub struct Workers {
    pools: Vec<ThreadPool>,
}

impl Workers {
    /// Starts so many workers, at least one.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when the system gives no thread.
    pub fn new(threads: usize) -> Result<Self> {
        let start = |number| {
            let name = move |_| format!("klausul-encoder-{number}");
            ThreadPoolBuilder::new().num_threads(1).thread_name(name).build().map_err(|error| {
                Error::new(ErrorKind::Io, format!("worker {number} does not start: {error}"))
                    .caused_by(error)
                    .mend("use fewer threads")
            })
        };
        Ok(Self { pools: (0..threads.max(1)).map(start).collect::<Result<_>>()? })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pools.len()
    }

    /// Never true: there is at least one.
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
    }

    /// Does every job on some worker. When jobs fail, the first of them in order that was tried gives the error, and those that
    /// were not begun are left out.
    pub(crate) fn run<J: Send>(&self, jobs: Vec<J>, work: impl Fn(J) -> Result<()> + Sync) -> Result<()> {
        let used = jobs.len().min(self.pools.len());
        let queue = Mutex::new(jobs.into_iter().enumerate());
        let failed: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        let lock = || failed.lock().unwrap_or_else(PoisonError::into_inner);
        on_each(&self.pools[..used], &|| {
            while lock().is_none() {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((number, job)) = next else { return };
                if let Err(error) = work(job) {
                    let mut failed = lock();
                    if failed.as_ref().is_none_or(|(earlier, _)| number < *earlier) {
                        *failed = Some((number, error));
                    }
                }
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Does both, side by side where there are two workers. The first error in order is returned.
    pub(crate) fn both<A: Send, B: Send>(
        &self,
        first: impl FnOnce() -> Result<A> + Send,
        second: impl FnOnce() -> Result<B> + Send,
    ) -> Result<(A, B)> {
        let (mut a, mut b) = (None, None);
        let jobs: Vec<Box<dyn FnOnce() + Send + '_>> =
            vec![Box::new(|| a = Some(first())), Box::new(|| b = Some(second()))];
        self.run(jobs, |job| {
            job();
            Ok(())
        })?;
        match (a, b) {
            (Some(a), Some(b)) => Ok((a?, b?)),
            _ => Err(Error::new(ErrorKind::Usage, "a worker left its work undone")),
        }
    }
}

/// Runs `work` once on each pool and waits for all.
fn on_each(pools: &[ThreadPool], work: &(impl Fn() + Sync)) {
    if let Some((first, rest)) = pools.split_first() {
        first.in_place_scope(|scope| {
            scope.spawn(|_| work());
            on_each(rest, work);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_job_is_done_on_a_worker() {
        let workers = Workers::new(3).unwrap();
        let (done, names) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
        let work = |job: usize| {
            done.lock().unwrap().insert(job);
            names.lock().unwrap().insert(std::thread::current().name().unwrap_or_default().to_owned());
            assert_eq!(rayon::current_num_threads(), 1);
            Ok(())
        };
        workers.run((0..100).collect(), work).unwrap();
        workers.run(Vec::new(), work).unwrap();
        assert_eq!(done.into_inner().unwrap().len(), 100);
        assert!(names.into_inner().unwrap().iter().all(|name| name.starts_with("klausul-encoder-")));
    }

    #[test]
    fn a_failed_job_ends_the_rest() {
        let workers = Workers::new(1).unwrap();
        let tried = Mutex::new(0);
        let error = workers.run((0..9).collect(), |job: u32| {
            *tried.lock().unwrap() += 1;
            if job < 2 { Ok(()) } else { Err(Error::new(ErrorKind::Usage, format!("job {job}"))) }
        });
        assert_eq!((error.unwrap_err().to_string(), tried.into_inner().unwrap()), ("job 2".into(), 3));
    }

    #[test]
    fn callers_on_many_threads_share_the_workers() {
        let workers = Workers::new(2).unwrap();
        let sum = Mutex::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    workers.run((1..=10).collect(), |job: u32| {
                        *sum.lock().unwrap() += job;
                        Ok(())
                    })
                });
            }
        });
        assert_eq!(sum.into_inner().unwrap(), 220);
    }
}
