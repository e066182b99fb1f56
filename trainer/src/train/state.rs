//! Everything that a resumed run needs.

use serde::{Deserialize, Serialize};

use super::adam::Moments;
use super::observer::EpochReport;
use super::running::Running;

/// The place in training and all numbers at it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Epoch that is being computed.
    pub epoch: u64,
    /// Steps of it that are done.
    pub step: u64,
    /// Sum of their losses.
    pub loss: f64,
    /// Whether the quantised phase has begun.
    pub quantised: bool,
    /// Parameters.
    pub values: Vec<Vec<f32>>,
    /// State of the optimiser.
    pub moments: Vec<Option<Moments>>,
    /// Ranges and statistics.
    pub running: Running,
    /// Best epoch of this phase.
    pub best: Option<Best>,
    /// Epochs since then.
    pub since_best: u64,
    /// Epochs done.
    pub history: Vec<EpochReport>,
}

/// The numbers of the best epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    /// Held-out loss.
    pub loss: f64,
    /// Parameters.
    pub values: Vec<Vec<f32>>,
    /// Ranges and statistics.
    pub running: Running,
}
