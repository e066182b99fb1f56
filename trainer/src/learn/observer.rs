//! Observers of training.

use tillsense_compiler::say::say;
use tillsense_compiler::trained::{EpochReport, HeadScore, Phase};

/// Settings that training tells before it begins.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Number of epochs, including those done before.
    pub epochs: usize,
    /// Number of steps in an epoch.
    pub steps: usize,
    /// Number of epochs done before, by the run that is resumed.
    pub done: usize,
    /// Number of trained numbers.
    pub parameters: usize,
    /// Number of samples trained on, and of samples held out.
    pub samples: (usize, usize),
}

/// Progress after one step.
#[derive(Clone, Copy, Debug)]
pub struct StepReport {
    /// Number of the epoch, from 0.
    pub epoch: usize,
    /// Number of the step in the epoch, from 0.
    pub step: usize,
    /// Mean loss of the epoch so far.
    pub loss: f64,
    /// Learning rate of the step.
    pub rate: f64,
}

/// Receives the progress of training. The default methods do nothing.
pub trait Observer {
    /// Training begins.
    fn start(&mut self, _start: &Start) {}
    /// A step is done.
    fn step(&mut self, _report: &StepReport) {}
    /// An epoch is done.
    fn epoch(&mut self, _report: &EpochReport) {}
}

/// An observer that ignores everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {}

/// An observer that prints one line for each epoch on standard error.
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
