//! Judging of trained models: calibration on held-out samples, scores on test samples, targets of the presets, and search.

pub mod calibrate;
pub mod evaluate;
pub mod scoreboard;
pub mod search;
pub mod suspects;

use anyhow::Result;
use tillsense_compiler::run::{Scores, score};
use tillsense_core::engine::Model;

use crate::data::dataset::Subset;
use crate::project::Prepared;

/// Labels of a sample, in the order of the data's heads.
type Labels = Vec<Option<u16>>;

/// A model's scores of these training samples, and the samples' labels.
fn score_training(
    prepared: &Prepared,
    model: &Model<'_>,
    numbers: &[usize],
) -> Result<(Vec<Scores>, Vec<Labels>)> {
    let sample = |i: usize| prepared.sample(Subset::Train, numbers[i]);
    let order = &prepared.order.inputs;
    let scores = score(model, numbers.len(), sample, order, |_| true, &|| ())?;
    let labels = numbers.iter();
    let labels = labels.map(|&number| prepared.data.sample(Subset::Train, number).labels);
    Ok((scores, labels.collect()))
}
