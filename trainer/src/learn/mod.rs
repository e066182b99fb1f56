//! Joint training over all heads.
//!
//! [`train()`] runs the float epochs, then the epochs with fake quantisation, and returns the numbers that lowering
//! reads. The same seed, description and data give the same bytes, on any number of threads: every batch is cut into
//! [`Train::shards`] shards that are computed apart, each on one thread, and added up in one order.

mod adam;
mod checkpoint;
mod data;
mod export;
mod loss;
mod metrics;
mod modality_dropout;
pub mod net;
mod observer;
mod options;
mod predict;
mod random;
mod report;
mod running;
mod shards;
mod state;
mod training_run;
pub mod unseen_classes;
mod workers;

use std::sync::atomic::Ordering;

pub use checkpoint::{CheckpointError, is_checkpoint};
pub use data::DataError;
pub use metrics::{accuracy, auc, top_k};
pub use observer::{Lines, Observer, Silent, Start, StepReport};
pub use options::{Backend, TrainOptions};
pub use predict::{HeadResult, Predictor};
pub use report::{End, TrainError, TrainReport};
use tillsense_compiler::network::Plan;
use tillsense_compiler::network::description::{Spec, Train};
use tillsense_compiler::network::graph::{Graph, Trained};

use crate::data::Batches;

/// Trains the graph's parameters as `spec.train` says; `spec` is what the graph was built from.
///
/// Stops cleanly soon after `options.stop` is set: the checkpoint then holds the exact place, and a later call with
/// `options.resume` ends with the same bytes as an uninterrupted one.
pub fn train(
    graph: &Graph,
    spec: &Spec,
    data: &dyn Batches,
    options: &TrainOptions,
    observer: &mut dyn Observer,
) -> Result<(Trained, TrainReport), TrainError> {
    let plan = Plan::new(graph);
    let mut session = training_run::TrainingRun::new(&plan, spec, data, options)?;
    let end = session.run(observer, || options.stop.load(Ordering::Relaxed))?;
    Ok(session.finish(end))
}

/// The samples that training with these settings holds out, the same in every call.
pub fn held_out(data: &dyn Batches, train: &Train) -> Vec<usize> {
    training_run::split(data, train).0
}

/// As [`held_out`] of `len` samples, of which `stated` says whether a sample must be held out, see [`Batches::held_out`].
pub fn held_out_of(
    len: usize,
    stated: &dyn Fn(usize) -> Option<bool>,
    train: &Train,
) -> Vec<usize> {
    training_run::split_of(len, stated, train).0
}

/// Fails as training with these settings would if there are too few samples.
pub fn require_enough(data: &dyn Batches, train: &Train) -> Result<(), TrainError> {
    training_run::require_enough(&training_run::split(data, train).1, data)
}

#[cfg(test)]
mod tests;
