//! What training tells while it runs.

use serde::{Deserialize, Serialize};

use crate::bounded;
use crate::graph::MOST_HEADS;
use crate::say::say;

/// How an epoch computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phase {
    /// In float.
    Float,
    /// With fake quantisation.
    Quantised,
}

/// What will be done.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Epochs, all in all.
    pub epochs: usize,
    /// Steps of an epoch.
    pub steps: usize,
    /// Epochs done before (by the run that is resumed).
    pub done: usize,
    /// Trained numbers.
    pub parameters: usize,
    /// Samples trained on and held out.
    pub samples: (usize, usize),
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// Number of the epoch, from 0.
    pub epoch: usize,
    /// Number of the step in the epoch, from 0.
    pub step: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Learning rate.
    pub rate: f64,
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

/// Receives progress. All methods do nothing unless they are written.
pub trait Observer {
    /// Training begins.
    fn start(&mut self, _start: &Start) {}
    /// A step is done.
    fn step(&mut self, _report: &StepReport) {}
    /// An epoch is done.
    fn epoch(&mut self, _report: &EpochReport) {}
}

/// Says nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}

/// One line for each epoch on standard error.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

impl Observer for Lines {
    fn epoch(&mut self, report: &EpochReport) {
        let kind = if report.phase == Phase::Float {
            "float"
        } else {
            "quantised"
        };
        let score = |score: &HeadScore| format!(", {}", score.words());
        let scores: String = report.held_out.iter().map(score).collect();
        let EpochReport {
            epoch,
            loss,
            seconds,
            ..
        } = report;
        say(format_args!(
            "epoch {} ({kind}): loss {loss:.4}{scores}, {seconds:.1} s",
            epoch + 1
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_without_a_figure_says_why() {
        let mut score = HeadScore {
            head: "it".to_owned(),
            classes: 2,
            loss: Some(0.5),
            accuracy: Some(0.75),
            auc: Some(0.8),
        };
        assert_eq!(score.words(), "it AUC 0.8000");
        score.auc = None;
        assert_eq!(score.words(), "it AUC undefined (one class only)");
        (score.classes, score.accuracy) = (10, Some(0.75));
        assert_eq!(
            (score.words().as_str(), score.judged()),
            ("it 75.00 %", Ok(0.75))
        );
        score.accuracy = None;
        assert_eq!(score.words(), "it undefined (no sample has a label for it)");
    }
}
