//! Shards of a batch, computed side by side.

use rand::RngCore;
use tillsense_compiler::network::Plan;

use super::data::{DataError, collate};
use super::loss::Targets;
use super::modality_dropout::leave_out;
use super::random::{Purpose, rng};
use super::running::{Ranges, Stats, join_ranges};
use super::workers::Workers;
use crate::data::{Batches, FeatureSample};
use crate::learn::net::{BatchNorm, Mode, Net, forward, to_vec};

/// Settings that do not change from step to step.
pub(super) struct Setting<'a> {
    pub plan: &'a Plan,
    pub data: &'a dyn Batches,
    /// Number of shards into which a batch is cut.
    pub shards: usize,
    pub targets: Targets,
    /// Probability that each input is left out.
    pub absent: Vec<f32>,
    /// Dropout rate of each encoding.
    pub dropout: Vec<f32>,
    pub seed: u64,
}

/// One step of training.
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

/// Losses, gradients and statistics of the shards of a step.
pub(super) struct Gradients {
    /// Sum of the shards' losses.
    pub loss: f64,
    /// Gradients by shard and parameter.
    pub grads: Vec<Vec<Option<Vec<f32>>>>,
    pub seen: Ranges,
    /// Batch norm statistics by shard.
    pub stats: Vec<Stats>,
}

impl Setting<'_> {
    /// Cuts a batch into shards; the last one may be smaller. Where shards begin depends on the description alone.
    pub(super) fn cut<'s>(&self, samples: &'s [usize]) -> impl Iterator<Item = &'s [usize]> {
        samples.chunks(samples.len().div_ceil(self.shards).max(1))
    }

    /// Computes the loss and the gradients of one step.
    pub(super) fn gradients(
        &self,
        workers: &Workers,
        net: &Net,
        step: &Step,
    ) -> Result<Gradients, DataError> {
        let shards = self.cut(step.samples).enumerate();
        let shards = shards.map(|(number, samples)| (number, samples, net.leaves()));
        let shards = workers.map(shards.collect(), |(number, samples, net)| {
            self.shard(net, step, number, samples)
        });
        let mut shards = shards.into_iter();
        let mut total = shards.next().expect("a batch has a sample")?;
        for shard in shards {
            let shard = shard?;
            total.loss += shard.loss;
            total.grads.extend(shard.grads);
            join_ranges(&mut total.seen, &shard.seen);
            total.stats.extend(shard.stats);
        }
        Ok(total)
    }

    fn shard(
        &self,
        net: Net,
        step: &Step,
        number: usize,
        shard: &[usize],
    ) -> Result<Gradients, DataError> {
        let samples: Vec<FeatureSample> = shard.iter().map(|&i| self.vary(i, step.epoch)).collect();
        let batch = collate(self.plan, &samples).map_err(|e| DataError {
            sample: shard[e.sample],
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
    fn vary(&self, index: usize, epoch: usize) -> FeatureSample<'_> {
        let mut sample = self.data.sample(index, Some(epoch as u32));
        let mut rng = rng(self.seed, Purpose::Sample, epoch as u64, index as u64);
        leave_out(&mut sample, &self.absent, &mut rng);
        sample
    }
}
