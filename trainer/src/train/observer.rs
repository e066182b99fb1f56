//! What training tells while it runs.

use std::io::Write;

use serde::{Deserialize, Serialize};

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
    /// Mean cross-entropy.
    pub loss: f64,
    /// Part of right classes.
    pub accuracy: f64,
    /// Area under the ROC curve of class 1, for heads of two classes.
    pub auc: Option<f64>,
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
        let score = |s: &HeadScore| match s.auc {
            Some(auc) => format!(", {} {:.2} % (AUC {auc:.3})", s.head, 100.0 * s.accuracy),
            None => format!(", {} {:.2} %", s.head, 100.0 * s.accuracy),
        };
        let scores: String = report.held_out.iter().map(score).collect();
        let EpochReport {
            epoch,
            loss,
            seconds,
            ..
        } = report;
        // A closed standard error is no reason to stop training.
        let _ = writeln!(
            std::io::stderr(),
            "epoch {} ({kind}): loss {loss:.4}{scores}, {seconds:.1} s",
            epoch + 1
        );
    }
}
