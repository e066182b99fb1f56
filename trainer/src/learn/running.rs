//! Running ranges of activations and statistics of batch norm.

use serde::{Deserialize, Serialize};
use tillsense_compiler::bounded;
use tillsense_compiler::network::graph::{MOST_NAMES, Node};

/// Weight of a new batch in running ranges.
const RANGE_RATE: f32 = 0.02;
/// Weight of a new batch in running statistics.
const STATS_RATE: f32 = 0.05;

/// Lowest and highest value of each node.
pub(super) type Ranges = Vec<Option<(f32, f32)>>;
/// Mean and variance of each node.
pub(super) type Stats = Vec<Option<(Vec<f32>, Vec<f32>)>>;

/// Everything that training observes but does not learn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Running {
    /// Exponential means of the ranges of batches.
    #[serde(deserialize_with = "bounded::list::<MOST_NAMES, _, _>")]
    pub ranges: Ranges,
    /// Exponential means of the statistics of batches.
    #[serde(deserialize_with = "bounded::list::<MOST_NAMES, _, _>")]
    pub stats: Stats,
}

impl Running {
    pub(super) fn new(nodes: usize) -> Self {
        Running {
            ranges: vec![None; nodes],
            stats: vec![None; nodes],
        }
    }

    /// Whether there is a place for each node, and statistics of as many channels as it has.
    pub(super) fn fits(&self, nodes: &[Node]) -> bool {
        let mut stats = nodes.iter().zip(&self.stats);
        self.ranges.len() == nodes.len()
            && self.stats.len() == nodes.len()
            && stats.all(|(node, stats)| {
                let [.., c] = node.shape;
                let fits = |(mean, var): &(Vec<f32>, Vec<f32>)| mean.len() == c && var.len() == c;
                stats.as_ref().is_none_or(fits)
            })
    }

    /// Adds the ranges of one batch; the first batch counts in full.
    pub(super) fn see(&mut self, seen: &Ranges) {
        for (mean, new) in self.ranges.iter_mut().zip(seen) {
            let Some((low, high)) = *new else { continue };
            let mean = mean.get_or_insert((low, high));
            mean.0 += RANGE_RATE * (low - mean.0);
            mean.1 += RANGE_RATE * (high - mean.1);
        }
    }

    /// Adds the statistics of one batch; the first batch counts in full.
    pub(super) fn take_stats(&mut self, stats: &Stats) {
        for (mean, new) in self.stats.iter_mut().zip(stats) {
            let Some(new) = new else { continue };
            let mean = mean.get_or_insert_with(|| new.clone());
            let blend = |a: &mut [f32], b: &[f32]| {
                a.iter_mut()
                    .zip(b)
                    .for_each(|(a, b)| *a += STATS_RATE * (b - *a))
            };
            blend(&mut mean.0, &new.0);
            blend(&mut mean.1, &new.1);
        }
    }
}

/// Joins the ranges of two parts of a batch, in `a`.
pub(super) fn join_ranges(a: &mut Ranges, b: &Ranges) {
    for (a, b) in a.iter_mut().zip(b) {
        *a = match (*a, *b) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
    }
}
