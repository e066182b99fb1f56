//! The display of a training: on a terminal a bar with the time left and small curves that grow, elsewhere a line for each epoch.

use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use tillsense_compiler::text::brief;
use tillsense_compiler::trained::EpochReport;
use tillsense_compiler::words::grouped;

use crate::cli::progress::note;
use crate::cli::{Shared, curves};
use crate::learn::{Observer, Start, StepReport};
use crate::runs::{phase, rows};

/// Curves that are shown while a training goes on: the loss, and as many heads.
const MOST_CURVES: usize = 5;

/// Progress of a training, and the reports of its epochs.
pub struct Training<'a> {
    /// Options that say whether anything is shown.
    pub shared: &'a Shared,
    /// Reports of the epochs since it began, without those of a training that it goes on with.
    pub epochs: Vec<EpochReport>,
    /// Epochs that there are to be.
    pub planned: usize,
    screen: MultiProgress,
    bar: ProgressBar,
    curves: Vec<ProgressBar>,
    steps: usize,
    done: usize,
}

impl<'a> Training<'a> {
    /// Progress that shows nothing before training starts.
    pub fn new(shared: &'a Shared) -> Self {
        let target = match shared.json {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        Training {
            shared,
            epochs: Vec::new(),
            planned: 0,
            screen: MultiProgress::with_draw_target(target),
            bar: ProgressBar::hidden(),
            curves: Vec::new(),
            steps: 0,
            done: 0,
        }
    }

    /// Takes the bar away; the curves stay on the screen, where there are any.
    pub fn finish(&mut self) {
        self.bar.finish_and_clear();
        for curve in self.curves.drain(..) {
            curve.finish();
        }
    }

    /// Whether bars and curves are seen.
    fn is_on_screen(&self) -> bool {
        !self.screen.is_hidden()
    }

    /// Draws the curves anew, as wide as the screen is now.
    fn draw(&mut self) {
        let all = rows(&self.epochs);
        let name = all.iter().map(|(name, _)| name.chars().count()).max();
        let width = usize::from(console::Term::stderr().size().1);
        for (number, (label, values)) in all.iter().take(MOST_CURVES).enumerate() {
            if self.curves.len() == number {
                let line = self.screen.add(ProgressBar::new_spinner());
                line.set_style(style("{msg}"));
                self.curves.push(line);
            }
            let line = curves::line(
                (label, name.unwrap_or(0).min(24)),
                values,
                number == 0,
                width,
            );
            self.curves[number].set_message(line);
        }
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar())
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
        (self.planned, self.steps, self.done) = (start.epochs, start.steps, start.done);
        let left = start.epochs.saturating_sub(start.done) * start.steps;
        self.bar = self.screen.add(ProgressBar::new(left as u64));
        let line = "{prefix} [{bar:24}] {msg}, {elapsed}, {eta} to go";
        self.bar.set_style(style(line).progress_chars("=> "));
        self.bar
            .set_prefix(format!("epoch {}/{}", start.done + 1, start.epochs));
        self.bar.set_message("loss -");
        if self.is_on_screen() {
            self.bar.enable_steady_tick(TICK);
        }
    }

    fn step(&mut self, report: &StepReport) {
        let before = report.epoch.saturating_sub(self.done) * self.steps;
        self.bar
            .set_prefix(format!("epoch {}/{}", report.epoch + 1, self.planned));
        self.bar.set_message(format!("loss {:.4}", report.loss));
        self.bar.set_position((before + report.step + 1) as u64);
    }

    fn epoch(&mut self, report: &EpochReport) {
        self.epochs.push(report.clone());
        if self.is_on_screen() {
            return self.draw();
        }
        let scores = report.held_out.iter();
        let scores: Vec<_> = scores.map(|score| score.words()).collect();
        let held_out = match scores.is_empty() {
            true => String::new(),
            false => format!("; held out {}", scores.join(", ")),
        };
        note(
            self.shared,
            format_args!(
                "epoch {}/{} ({}): loss {:.4}{}, {:.1} s",
                report.epoch + 1,
                self.planned,
                phase(report.phase),
                report.loss,
                brief(held_out),
                report.seconds
            ),
        );
    }
}

/// Time between two pictures of the bar.
const TICK: Duration = Duration::from_millis(200);

impl Drop for Training<'_> {
    fn drop(&mut self) {
        self.finish();
    }
}
