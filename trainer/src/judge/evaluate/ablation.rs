//! Ablation: figures of every head with every set of inputs, which show what each input is worth.

use anyhow::Result;
use serde::Serialize;
use tillsense_compiler::run::{Given, score_sets};
use tillsense_compiler::trained::ContentDigest;
use tillsense_core::engine::Model;

use super::{Figures, Rows, Truth, positive, result};
use crate::data::dataset::Subset;
use crate::data::intake::InputCount;
use crate::data::spread;
use crate::project::Prepared;

/// Figures with every set of inputs but the empty one.
#[derive(Clone, Debug, Serialize)]
pub struct Ablation {
    /// Name of the model.
    pub model: String,
    /// Origin of the data, in words.
    pub data: String,
    /// Digest of the data's contents.
    pub data_digest: ContentDigest,
    /// Number of test samples scored.
    pub samples: usize,
    /// Number of samples in which each input holds nothing to read or is longer than what is taken.
    pub input_counts: Vec<InputCount>,
    /// Names of all inputs.
    pub inputs: Vec<String>,
    /// Figures of each set of inputs, small sets first.
    pub sets: Vec<Set>,
}

/// Figures with some inputs given.
#[derive(Clone, Debug, Serialize)]
pub struct Set {
    /// Names of the inputs that are given.
    pub given: Vec<String>,
    /// Figures of each head of the file.
    pub heads: Vec<SetHead>,
}

/// Figures of one head.
#[derive(Clone, Debug, Serialize)]
pub struct SetHead {
    /// Name of the head.
    pub head: String,
    /// Number of classes.
    pub classes: usize,
    /// The class whose area under the ROC curve is told.
    pub positive: Option<String>,
    /// Accuracy and area under the ROC curve.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Scores `limit` test samples with every set of inputs. Each input is encoded once a sample;
/// the rest of the model runs for every set.
pub fn ablate(
    prepared: &Prepared,
    model: &Model<'_>,
    limit: Option<usize>,
    scored: &(dyn Fn() + Sync),
) -> Result<Ablation> {
    let numbers = spread(prepared.data.len(Subset::Test), limit);
    let names: Vec<String> = prepared
        .spec
        .inputs
        .iter()
        .map(|i| i.name.clone())
        .collect();
    let sets = sets(names.len());
    let scores = score_sets(
        model,
        numbers.len(),
        |i| prepared.sample(Subset::Test, numbers[i]),
        &prepared.order.inputs,
        &sets,
        scored,
    )?;
    let Truth { labels, counts } = Truth::new(prepared, &numbers);
    let heads = prepared.exported_heads();
    let figures = |scores: &[_]| {
        let heads = heads.iter().enumerate();
        let heads = heads.map(|(number, &head)| {
            let classes = &prepared.graph.heads[head].classes;
            let positive = positive(prepared, head);
            let result = result(prepared, scores, &labels[number], number, head);
            SetHead {
                head: prepared.spec.heads[head].name.clone(),
                classes: classes.len(),
                positive: positive.map(|class| classes[class].clone()),
                figures: Figures::new(&result, Rows::Scores, positive),
            }
        });
        heads.collect()
    };
    let sets = sets.iter().enumerate().map(|(at, given)| {
        let scores: Vec<_> = scores.iter().map(|sample| sample[at].clone()).collect();
        let given = names.iter().zip(given).filter(|(_, given)| **given);
        Set {
            given: given.map(|(name, _)| name.clone()).collect(),
            heads: figures(&scores),
        }
    });
    Ok(Ablation {
        model: model.name().to_owned(),
        data: prepared.data_words(),
        data_digest: prepared.data.digest(),
        samples: numbers.len(),
        input_counts: counts,
        sets: sets.collect(),
        inputs: names,
    })
}

/// All sets of inputs but the empty one: small ones first, and among equal sizes those of earlier inputs first.
fn sets(inputs: usize) -> Vec<Given> {
    let set = |bits: usize| (0..inputs).map(|i| bits >> i & 1 == 1).collect();
    let mut sets: Vec<Given> = (1..1 << inputs).map(set).collect();
    let size = |set: &Given| set.iter().filter(|given| **given).count();
    sets.sort_by(|a, b| size(a).cmp(&size(b)).then_with(|| b.cmp(a)));
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_in_order() {
        let text =
            |set: &Given| -> String { set.iter().map(|g| if *g { 'x' } else { '-' }).collect() };
        let all: Vec<String> = sets(3).iter().map(text).collect();
        assert_eq!(all, ["x--", "-x-", "--x", "xx-", "x-x", "-xx", "xxx"]);
        assert_eq!(sets(6).len(), 63);
    }
}
