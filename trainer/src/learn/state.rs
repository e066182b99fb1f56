//! State of a training, as a resumed run needs it.

use serde::{Deserialize, Serialize};
use tillsense_compiler::bounded;
use tillsense_compiler::network::description::MOST_EPOCHS;
use tillsense_compiler::network::graph::MOST_NAMES;
use tillsense_compiler::network::{ParamSpec, Plan};
use tillsense_compiler::trained::EpochReport;

use super::adam::Moments;
use super::running::Running;

/// The place in training with all numbers at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct TrainingState {
    /// Number of the epoch that is being computed.
    pub epoch: u64,
    /// Number of its steps that are done.
    pub step: u64,
    /// Sum of the losses of those steps.
    pub loss: f64,
    /// Whether the quantised phase has begun.
    pub quantised: bool,
    /// Values of the parameters.
    #[serde(deserialize_with = "bounded::list::<MOST_NAMES, _, _>")]
    pub values: Vec<Vec<f32>>,
    /// State of the optimiser.
    #[serde(deserialize_with = "bounded::list::<MOST_NAMES, _, _>")]
    pub moments: Vec<Option<Moments>>,
    /// Running ranges and statistics.
    pub running: Running,
    /// The best epoch of this phase.
    pub best: Option<Best>,
    /// Number of epochs since the best one.
    pub since_best: u64,
    /// Reports of the epochs done.
    #[serde(deserialize_with = "bounded::list::<MOST_EPOCHS, _, _>")]
    pub history: Vec<EpochReport>,
}

/// The numbers of the best epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    /// Held-out loss of the epoch.
    pub loss: f64,
    /// Values of the parameters.
    #[serde(deserialize_with = "bounded::list::<MOST_NAMES, _, _>")]
    pub values: Vec<Vec<f32>>,
    /// Running ranges and statistics.
    pub running: Running,
}

impl TrainingState {
    /// Whether all numbers have the lengths that this network gives them.
    pub(super) fn fits(&self, plan: &Plan) -> bool {
        let lens = || plan.params.iter().map(ParamSpec::len);
        let moments = |(saved, len): (&Option<Moments>, usize)| {
            saved.as_ref().is_none_or(|saved| saved.fits(len))
        };
        let values = |values: &[Vec<f32>]| values.iter().map(Vec::len).eq(lens());
        let best = |best: &Best| values(&best.values) && best.running.fits(&plan.graph.nodes);
        self.moments.len() == plan.params.len()
            && self.moments.iter().zip(lens()).all(moments)
            && values(&self.values)
            && self.running.fits(&plan.graph.nodes)
            && self.best.as_ref().is_none_or(best)
    }
}
