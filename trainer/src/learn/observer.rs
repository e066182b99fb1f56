//! What training tells while it runs.

use tillsense_compiler::say::say;
use tillsense_compiler::trained::{EpochReport, HeadScore, Phase};

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
