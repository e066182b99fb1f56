//! Progress of training on standard error.

use indicatif::{ProgressBar, ProgressStyle};

use super::percent;
use crate::train::{EpochReport, Observer, Phase, Start, StepReport};

/// A bar that runs through each epoch, and a line for each that is done.
#[derive(Debug, Default)]
pub struct Bar {
    bar: Option<ProgressBar>,
    epochs: usize,
}

impl Observer for Bar {
    fn start(&mut self, start: &Start) {
        let style = "{prefix} [{bar:30}] {pos}/{len} {msg} {eta}";
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(start.steps as u64).with_style(style.progress_chars("=> "));
        let (trained_on, held_out) = start.samples;
        bar.suspend(|| {
            eprintln!("{} parameters, {trained_on} training samples, {held_out} held out", start.parameters);
        });
        self.epochs = start.epochs;
        self.bar = Some(bar);
    }

    fn step(&mut self, report: &StepReport) {
        if let Some(bar) = &self.bar {
            bar.set_prefix(format!("epoch {}/{}", report.epoch + 1, self.epochs));
            bar.set_position(report.step as u64 + 1);
            bar.set_message(format!("loss {:.4}", report.loss));
        }
    }

    fn epoch(&mut self, report: &EpochReport) {
        let phase = match report.phase {
            Phase::Float => "float",
            Phase::Quantised => "quantised",
        };
        let scores = report.held_out.iter().map(|score| match score.auc {
            Some(auc) => format!(", {} AUC {auc:.4}", score.head),
            None => format!(", {} {}", score.head, percent(score.accuracy)),
        });
        let scores: String = scores.collect();
        let line = format!(
            "epoch {}/{} ({phase}): loss {:.4}{scores}, {:.1} s",
            report.epoch + 1,
            self.epochs,
            report.loss,
            report.seconds
        );
        match &self.bar {
            Some(bar) => bar.suspend(|| eprintln!("{line}")),
            None => eprintln!("{line}"),
        }
        if report.epoch + 1 == self.epochs
            && let Some(bar) = self.bar.take()
        {
            bar.finish_and_clear();
        }
    }
}
