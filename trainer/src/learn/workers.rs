//! Threads that compute independent jobs side by side.

use std::sync::Mutex;

use rayon::{ThreadPool, ThreadPoolBuilder};
use tillsense_compiler::threads::Threads;

/// Pools of one thread each. Inside a job, Burn's own parallel loops find a pool of that one thread, so the
/// order of every sum in a job is fixed, however many workers there are and whichever takes the job.
pub(super) struct Workers {
    pools: Vec<ThreadPool>,
}

impl Workers {
    pub(super) fn new(threads: Threads) -> Self {
        let build = |_| {
            ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .expect("a thread can be started")
        };
        Workers {
            pools: (0..threads.count()).map(build).collect(),
        }
    }

    /// Runs the task for each job and returns the results in the order of the jobs.
    pub(super) fn map<T: Send, R: Send>(
        &self,
        jobs: Vec<T>,
        task: impl Fn(T) -> R + Sync,
    ) -> Vec<R> {
        let mut results: Vec<Option<R>> = jobs.iter().map(|_| None).collect();
        let jobs = jobs.into_iter().zip(&mut results).collect();
        self.each(jobs, |(job, result)| *result = Some(task(job)));
        let done = |result: Option<R>| result.expect("every job was done");
        results.into_iter().map(done).collect()
    }

    /// Runs the task for each job. Which worker takes a job and when is left to chance: it must not matter.
    pub(super) fn each<T: Send>(&self, jobs: Vec<T>, task: impl Fn(T) + Sync) {
        let busy = self.pools.len().min(jobs.len());
        let jobs = Mutex::new(jobs.into_iter());
        let next = || jobs.lock().expect("taking a job does not panic").next();
        side_by_side(&self.pools[..busy], &|| {
            while let Some(job) = next() {
                task(job);
            }
        });
    }
}

/// Runs the work once in each pool, and waits for all of them.
fn side_by_side(pools: &[ThreadPool], work: &(impl Fn() + Sync)) {
    match pools {
        [] => {}
        [last] => last.install(work),
        [first, rest @ ..] => first.in_place_scope(|scope| {
            scope.spawn(|_| work());
            side_by_side(rest, work);
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_jobs() {
        for threads in [1, 2, 5] {
            let workers = Workers::new(Threads::new(NonZeroUsize::new(threads).unwrap()));
            for count in [0usize, 1, 3, 40] {
                let squares = workers.map((0..count).collect(), |n| n * n);
                let wanted: Vec<usize> = (0..count).map(|n| n * n).collect();
                assert_eq!(squares, wanted, "{threads} threads, {count} jobs");
            }
        }
    }

    #[test]
    fn burn_finds_one_thread_in_each_job() {
        let workers = Workers::new(Threads::new(NonZeroUsize::new(3).unwrap()));
        let found = workers.map(vec![(); 9], |()| rayon::current_num_threads());
        assert_eq!(found, [1; 9]);
    }
}
