//! Messages of training and calibration.

use indicatif::ProgressBar;
use tillsense_compiler::trained::{EpochReport, Phase};
use tillsense_compiler::words::{grouped, percent, short_percent};

use crate::cli::Shared;
use crate::cli::progress::{bar, note};
use crate::judge::calibrate::{CONFIDENCE, Calibration, Choice, Unshown};
use crate::learn::{Observer, Start, StepReport};

/// Prints what was fitted on held-out samples, and each threshold that is not what was asked for.
pub fn tell_calibration(calibration: &Calibration, shared: &Shared) {
    if calibration.held_out == 0 {
        note(
            shared,
            "no sample is held out: the scores are those of training, not calibrated (train.holdout above 0 calibrates them)",
        );
        return;
    }
    let heads = calibration.heads.iter();
    let temperatures: Vec<_> = heads
        .map(|head| match head.samples {
            0 => format!(
                "{} not fitted (no held-out sample has a label for it)",
                head.head
            ),
            _ => format!("{} {:.2}", head.head, head.temperature),
        })
        .collect();
    note(
        shared,
        format_args!(
            "calibrated on {} held-out samples; temperature: {}",
            grouped(calibration.held_out),
            temperatures.join(", ")
        ),
    );
    for head in &calibration.heads {
        if let Some((rate, choice)) = &head.threshold {
            // Too few samples are reported before training.
            if choice.samples >= choice.needed || choice.given_up {
                note(shared, threshold(&head.head, *rate, choice));
            }
        }
    }
}

/// Warns before training about thresholds that the held-out samples will not be able to show.
pub fn tell_unshown(heads: &[Unshown], shared: &Shared) {
    for head in heads {
        let (words, mend) = (head.words(), head.mend());
        note(
            shared,
            format_args!(
                "warning: {}: {words}, so that it will defer nearly all; {mend}",
                head.head
            ),
        );
    }
}

fn threshold(head: &str, rate: f32, choice: &Choice) -> String {
    let (rate, confidence) = (short_percent(f64::from(rate)), 100.0 * CONFIDENCE);
    let [samples, answered, wrong, needed] =
        [choice.samples, choice.answered, choice.wrong, choice.needed].map(grouped);
    let defers = match choice.threshold {
        0 => "never defers".to_owned(),
        threshold => format!("defers below {}", percent(f64::from(threshold) / 256.0)),
    };
    if choice.given_up {
        return format!(
            "warning: {head}: no answer defers, because keeping at most {rate} of them wrong would defer more of {samples} held-out samples than defer_at_most allows ({answered} would be answered, {wrong} of them wrong); more or better samples help"
        );
    }
    if choice.shown {
        let left = choice.samples - choice.answered;
        let deferred = percent(left as f64 / choice.samples as f64);
        return format!(
            "{head}: {defers}, for at most {rate} wrong answers with a confidence of {confidence} %; of {samples} held-out samples {deferred} deferred, {wrong} of {answered} answers wrong"
        );
    }
    format!(
        "warning: {head}: {defers}, because {samples} held-out samples do not show for any threshold that at most {rate} of its answers are wrong (that takes {needed} answers, all right, or more); raise its defer_error or train.holdout"
    )
}

/// Progress of training: a bar that runs through each epoch, and a line for each epoch that is done.
pub struct Training<'a> {
    shared: &'a Shared,
    bar: ProgressBar,
    epochs: usize,
}

impl<'a> Training<'a> {
    /// Progress that shows nothing before training starts.
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
        let scores = report.held_out.iter();
        let scores = scores.map(|score| format!(", {}", score.words()));
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
