//! Progress on standard error: bars where it is a terminal, lines where it is not, nothing with `--json`.

use std::fmt::Display;

use indicatif::{ProgressBar, ProgressStyle};

use super::output::grouped;
use super::{Shared, percent};
use crate::train::{EpochReport, Observer, Phase, Start, StepReport};

/// Says what is being done.
pub fn note(shared: &Shared, text: impl Display) {
    if !shared.json {
        eprintln!("{text}");
    }
}

/// A bar over this many pieces.
pub fn bar(shared: &Shared, prefix: &str, len: usize) -> ProgressBar {
    let template = "{prefix} [{bar:30}] {pos}/{len} {msg} {eta}";
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = if shared.json {
        ProgressBar::hidden()
    } else {
        ProgressBar::new(len as u64)
    };
    bar.set_style(style.progress_chars("=> "));
    bar.set_prefix(prefix.to_owned());
    bar
}

/// Training: a bar that runs through each epoch, and a line for each that is done.
pub struct Training<'a> {
    shared: &'a Shared,
    bar: ProgressBar,
    epochs: usize,
}

impl<'a> Training<'a> {
    /// Nothing is shown before training starts.
    pub fn new(shared: &'a Shared) -> Self {
        Training {
            shared,
            bar: ProgressBar::hidden(),
            epochs: 0,
        }
    }
}

impl Observer for Training<'_> {
    fn start(&mut self, start: &Start) {
        let (trained_on, held_out) = start.samples;
        let (parameters, trained_on, held_out) = (
            grouped(start.parameters),
            grouped(trained_on),
            grouped(held_out),
        );
        note(
            self.shared,
            format_args!(
                "{parameters} parameters, {trained_on} training samples, {held_out} held out"
            ),
        );
        if start.done > 0 {
            note(
                self.shared,
                format_args!("going on after epoch {} of {}", start.done, start.epochs),
            );
        }
        self.epochs = start.epochs;
        self.bar = bar(
            self.shared,
            &format!("epoch {}/{}", start.done + 1, start.epochs),
            start.steps,
        );
    }

    fn step(&mut self, report: &StepReport) {
        self.bar
            .set_prefix(format!("epoch {}/{}", report.epoch + 1, self.epochs));
        self.bar.set_position(report.step as u64 + 1);
        self.bar.set_message(format!("loss {:.4}", report.loss));
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
        let held_out = if report.held_out.is_empty() {
            ""
        } else {
            "; held out"
        };
        let scores = scores.collect::<String>().replacen(',', "", 1);
        let (epoch, epochs, loss, seconds) =
            (report.epoch + 1, self.epochs, report.loss, report.seconds);
        let line = format!(
            "epoch {epoch}/{epochs} ({phase}): loss {loss:.4}{held_out}{scores}, {seconds:.1} s"
        );
        self.bar.suspend(|| note(self.shared, line));
    }
}

impl Drop for Training<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
