//! A batch cut into parts that are computed side by side.

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::data::{DataError, collate};
use super::loss::Targets;
use super::modality_dropout::leave_out;
use super::random::{Purpose, rng};
use super::running::{Ranges, Stats, join_ranges};
use crate::data::{Batches, Sample};
use crate::learn::net::{BatchNorm, Mode, Net, forward, to_vec};
use rand::RngCore;
use tillsense_compiler::network::Plan;

/// Parts of a batch. Fixed, so that results do not depend on the number of cores.
pub const SHARDS: usize = 2;

/// One thread for each part. Inside of a part, Burn's own parallel loops find a pool of that one thread, so the
/// order of every sum is fixed.
pub(super) struct Shards {
    pools: [ThreadPool; SHARDS],
}

/// What does not change from step to step.
pub(super) struct Setting<'a> {
    pub plan: &'a Plan,
    pub data: &'a dyn Batches,
    pub targets: Targets,
    /// How often each input is left out.
    pub absent: Vec<f32>,
    /// Dropout of each encoding.
    pub dropout: Vec<f32>,
    pub seed: u64,
}

/// One step.
pub(super) struct Step<'a> {
    pub epoch: usize,
    /// Number of the step since the start of training.
    pub number: usize,
    /// Indices of the samples.
    pub samples: &'a [usize],
    pub ranges: Option<&'a Ranges>,
    pub observe: bool,
    pub batch_norm: BatchNorm<'a>,
}

/// What the parts of a step yield.
pub(super) struct Gradients {
    /// Sum of the parts.
    pub loss: f64,
    /// Of each part, by parameter.
    pub grads: Vec<Vec<Option<Vec<f32>>>>,
    pub seen: Ranges,
    /// Of each part.
    pub stats: Vec<Stats>,
}

impl Shards {
    pub(super) fn new() -> Self {
        let build = |_: usize| {
            ThreadPoolBuilder::new()
                .num_threads(1)
                .build()
                .expect("a thread can be started")
        };
        Shards {
            pools: std::array::from_fn(build),
        }
    }

    /// Runs the task for each part of the items, in order.
    pub(super) fn map<T: Sync, R: Send>(
        &self,
        items: &[T],
        task: impl Fn(usize, &[T]) -> R + Sync,
    ) -> Vec<R> {
        let size = items.len().div_ceil(SHARDS).max(1);
        let parts: Vec<&[T]> = items.chunks(size).collect();
        let mut results: Vec<Option<R>> = parts.iter().map(|_| None).collect();
        let jobs = parts.into_iter().zip(&mut results).enumerate().collect();
        self.run(jobs, &|(number, (part, result))| {
            *result = Some(task(number, part));
        });
        let done = |result: Option<R>| result.expect("every part was computed");
        results.into_iter().map(done).collect()
    }

    /// Runs the task for each item, in any order; it must not matter.
    pub(super) fn each<T: Send>(&self, items: Vec<T>, task: impl Fn(T) + Sync) {
        let mut jobs: Vec<Vec<T>> = (0..SHARDS).map(|_| Vec::new()).collect();
        for (number, item) in items.into_iter().enumerate() {
            jobs[number % SHARDS].push(item);
        }
        self.run(jobs, &|items: Vec<T>| items.into_iter().for_each(&task));
    }

    /// Runs up to [`SHARDS`] jobs, each in its own pool.
    fn run<T: Send>(&self, jobs: Vec<T>, task: &(impl Fn(T) + Sync)) {
        let mut jobs = jobs.into_iter();
        let [first, second] = &self.pools;
        first.in_place_scope(|scope| {
            if let Some(job) = jobs.next() {
                scope.spawn(move |_| task(job));
            }
            if let Some(job) = jobs.next() {
                second.install(move || task(job));
            }
        });
    }

    /// Loss and gradients of one step.
    pub(super) fn gradients(
        &self,
        setting: &Setting,
        net: &Net,
        step: &Step,
    ) -> Result<Gradients, DataError> {
        let leaves: Vec<_> = (0..SHARDS)
            .map(|_| std::sync::Mutex::new(Some(net.leaves())))
            .collect();
        let parts = self.map(step.samples, |number, part| {
            let net = leaves[number]
                .lock()
                .ok()
                .and_then(|mut slot| slot.take())
                .expect("each part has its leaves");
            setting.part(net, step, number, part)
        });
        let mut parts = parts.into_iter();
        let mut total = parts.next().expect("a batch has a sample")?;
        for part in parts {
            let part = part?;
            total.loss += part.loss;
            total.grads.extend(part.grads);
            join_ranges(&mut total.seen, &part.seen);
            total.stats.extend(part.stats);
        }
        Ok(total)
    }
}

impl Setting<'_> {
    fn part(
        &self,
        net: Net,
        step: &Step,
        number: usize,
        part: &[usize],
    ) -> Result<Gradients, DataError> {
        let samples: Vec<Sample> = part.iter().map(|&i| self.vary(i, step.epoch)).collect();
        let batch = collate(self.plan, &samples).map_err(|e| DataError {
            sample: part[e.sample],
            ..e
        })?;
        let seed = rng(
            self.seed,
            Purpose::Dropout,
            step.number as u64,
            number as u64,
        )
        .next_u64();
        let mode = Mode {
            ranges: step.ranges.map(Vec::as_slice),
            observe: step.observe,
            batch_norm: step.batch_norm,
            dropout: Some((&self.dropout, seed)),
        };
        let output = forward(self.plan, &net, &batch, mode);
        let loss = self
            .targets
            .loss(self.plan, &output.logits, &samples, step.samples.len());
        let value: f32 = loss.clone().inner().into_scalar();
        let mut grads = loss.backward();
        let grads = (0..net.len())
            .map(|i| net.value(i).grad_remove(&mut grads).map(to_vec))
            .collect();
        Ok(Gradients {
            loss: f64::from(value),
            grads: vec![grads],
            seen: output.seen,
            stats: vec![output.stats],
        })
    }

    /// A training sample as this epoch shows it.
    fn vary(&self, index: usize, epoch: usize) -> Sample<'_> {
        let mut sample = self.data.sample(index, Some(epoch as u32));
        let mut rng = rng(self.seed, Purpose::Sample, epoch as u64, index as u64);
        leave_out(&mut sample, &self.absent, &mut rng);
        sample
    }
}
