//! Learning curves: what training told of each epoch.

use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::network::graph::MOST_HEADS;

/// How an epoch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// In float.
    Float,
    /// With fake quantisation.
    Quantised,
}

/// One head on held-out samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeadScore {
    /// The head's name.
    pub head: String,
    /// Number of classes.
    pub classes: usize,
    /// Mean cross-entropy; `None` where no sample has a label for the head.
    pub loss: Option<f64>,
    /// Part of right classes; `None` as above.
    pub accuracy: Option<f64>,
    /// Area under the ROC curve of class 1, for heads of two classes; `None` where samples of one class are missing.
    pub auc: Option<f64>,
}

impl HeadScore {
    /// The figure that a head is judged by: the area for two classes, else the part of right ones. The error says why there is none.
    pub fn judged(&self) -> Result<f64, &'static str> {
        match (self.accuracy, self.classes) {
            (None, _) => Err("no sample has a label for it"),
            (Some(_), 2) => self.auc.ok_or("one class only"),
            (Some(accuracy), _) => Ok(accuracy),
        }
    }

    /// `default AUC 0.7712`, `digit 98.70 %`, `default AUC undefined (one class only)`.
    pub fn words(&self) -> String {
        let name = match self.classes {
            2 => format!("{} AUC", self.head),
            _ => self.head.clone(),
        };
        match (self.judged(), self.classes) {
            (Err(why), _) => format!("{name} undefined ({why})"),
            (Ok(figure), 2) => format!("{name} {figure:.4}"),
            (Ok(figure), _) => format!("{name} {:.2} %", 100.0 * figure),
        }
    }
}

/// One epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Number of the epoch, from 0.
    pub epoch: usize,
    /// How it was computed.
    pub phase: Phase,
    /// Mean training loss.
    pub loss: f64,
    /// Held-out scores; empty where nothing is held out.
    #[serde(deserialize_with = "bounded::list::<MOST_HEADS, _, _>")]
    pub held_out: Vec<HeadScore>,
    /// Whether this is the best epoch of its phase so far.
    pub best: bool,
    /// Seconds that it took.
    pub seconds: f64,
}

/// What a `.trained` file keeps of an epoch: all but the time it took, so that equal trainings leave equal files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Number of the epoch, from 0.
    pub epoch: usize,
    /// How it was computed.
    pub phase: Phase,
    /// Mean training loss.
    pub loss: f64,
    /// Held-out scores; empty where nothing is held out.
    #[serde(deserialize_with = "bounded::list::<MOST_HEADS, _, _>")]
    pub held_out: Vec<HeadScore>,
    /// Whether this was the best epoch of its phase so far.
    pub best: bool,
}

/// Epochs of which a file keeps the figures; of a longer training some between are left out.
pub const MOST_CURVE: usize = 10_000;

/// The curve of a training, from its first epoch to its last.
pub fn curve(epochs: &[EpochReport]) -> Vec<CurvePoint> {
    let apart = epochs.len().div_ceil(MOST_CURVE).max(1);
    let last = epochs.len().saturating_sub(1) % apart;
    let points = epochs.iter().skip(last).step_by(apart);
    let point = |report: &EpochReport| CurvePoint {
        epoch: report.epoch,
        phase: report.phase,
        loss: report.loss,
        held_out: report.held_out.clone(),
        best: report.best,
    };
    points.map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_last_epoch() {
        for len in [0, 1, 9_999, 10_000, 10_001, 100_000] {
            let report = |epoch| EpochReport {
                epoch,
                phase: Phase::Float,
                loss: 1.0,
                held_out: Vec::new(),
                best: false,
                seconds: 1.0,
            };
            let epochs: Vec<_> = (0..len).map(report).collect();
            let curve = curve(&epochs);
            assert!(curve.len() <= MOST_CURVE);
            assert!(2 * curve.len() >= len.min(MOST_CURVE));
            let last = |epoch: Option<usize>| assert_eq!(epoch, len.checked_sub(1));
            last(curve.last().map(|point| point.epoch));
        }
    }
}
