//! `tillsense evaluate --preset`: all models of the presets against what they are held to.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::evaluate::{Opened, open};
use super::progress::bar;
use super::{Shared, output, percent};
use crate::scoreboard::{
    LINES, Line, Measure, Row, SPEAKERS, Variant, chosen, figure, row, variants,
};

/// Scores every model that the lines need and shows the board.
pub fn run(name: &str, seeds: u64, models: &Path, shared: &Shared) -> Result<()> {
    let presets = chosen(name)?;
    let all: Vec<Variant> = presets.iter().flat_map(|p| variants(p, seeds)).collect();
    for variant in &all {
        let path = models.join(variant.file());
        ensure!(
            path.exists(),
            "{}: there is no such file; `tillsense train {name} --seeds {seeds} --models {}` writes it",
            path.display(),
            models.display()
        );
    }
    let mut figures = Figures::default();
    let bar = bar(shared, "models", all.len());
    for variant in all {
        bar.set_message(variant.file());
        figures.take(variant, models, shared)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let lines = LINES
        .iter()
        .filter(|line| presets.iter().any(|p| p.name == line.preset));
    let rows = lines
        .filter_map(|line| figures.row(line, seeds))
        .collect::<Vec<Row>>();
    if shared.json {
        return output::json(&rows);
    }
    show(&rows)
}

/// Figures by line, seed and speaker left out, and bytes by preset.
#[derive(Default)]
struct Figures {
    of: HashMap<(usize, u64, Option<&'static str>), f64>,
    bytes: HashMap<&'static str, usize>,
}

impl Figures {
    fn take(&mut self, variant: Variant, models: &Path, shared: &Shared) -> Result<()> {
        let path = models.join(variant.file());
        let Opened { file, prepared, .. } = open(&path, shared)?;
        ensure!(
            prepared.text == variant.text(),
            "{}: is not of this preset as it is now; remove it and train it again",
            path.display()
        );
        let name = variant.preset.name;
        if variant.seed == 0 && variant.left_out.is_none() {
            self.bytes.insert(name, file.len());
        }
        let unseen = variant.left_out.is_some();
        for (at, line) in LINES.iter().enumerate() {
            if line.preset == name && (line.measure == Measure::UnseenSpeakers) == unseen {
                let found =
                    figure(line, &prepared, &file).with_context(|| path.display().to_string())?;
                self.of.insert((at, variant.seed, variant.left_out), found);
            }
        }
        Ok(())
    }

    /// `None` where the preset that a line is compared with was not asked for.
    fn row(&self, line: &Line, seeds: u64) -> Option<Row> {
        let place = |wanted: &dyn Fn(&Line) -> bool| LINES.iter().position(wanted);
        let at = place(&|l: &Line| std::ptr::eq(l, line))?;
        let beside = |other: &str, measure: Measure| {
            place(&|l: &Line| l.preset == other && l.measure == measure)
        };
        let one = |seed: u64| {
            let own = |at: usize| self.of.get(&(at, seed, None)).copied();
            match line.measure {
                Measure::UnseenSpeakers => {
                    let of = |s: &&'static str| self.of.get(&(at, seed, Some(*s))).copied();
                    let figures = SPEAKERS.iter().map(of).collect::<Option<Vec<_>>>()?;
                    Some(figures.iter().sum::<f64>() / figures.len() as f64)
                }
                Measure::AccuracyBeside(other) => {
                    Some(own(at)? - own(beside(other, Measure::Accuracy)?)?)
                }
                Measure::AucBeside(other) => Some(own(at)? - own(beside(other, Measure::Auc)?)?),
                _ => own(at),
            }
        };
        let seeds = match line.measure {
            Measure::UnseenSpeakers => 1,
            _ => seeds,
        };
        let figures = (0..seeds).map(one).collect::<Option<Vec<f64>>>()?;
        Some(row(line, figures, *self.bytes.get(line.preset)?))
    }
}

fn show(rows: &[Row]) -> Result<()> {
    let headings = [
        "preset",
        "head",
        "measure",
        "target",
        "shipped",
        "mean",
        "deviation",
        "bytes",
        "at most",
        "met",
    ];
    let mut table = output::table(headings, 3);
    for row in rows {
        let (accuracy, arena) = (
            row.measure.starts_with("accuracy")
                || row.measure.contains("found")
                || row.measure.starts_with("gain"),
            row.measure.contains("arena"),
        );
        let figure = |value: f64| match (accuracy, arena) {
            (_, true) => output::grouped(value as usize),
            (true, _) => percent(value),
            (false, _) => format!("{value:.4}"),
        };
        table.add_row([
            row.preset.to_owned(),
            row.head.to_owned(),
            row.measure.clone(),
            row.target.map_or(String::from("-"), figure),
            figure(row.shipped),
            figure(row.mean),
            row.deviation.map_or(String::from("-"), figure),
            output::grouped(row.file_bytes),
            output::grouped(row.most_bytes),
            if row.met { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    output::lines(table)?;
    let short = rows.iter().filter(|row| !row.met).count();
    if short > 0 {
        output::line(format_args!(
            "{short} of {} lines are not met by the first seed, which is the one that ships",
            rows.len()
        ))?;
    }
    Ok(())
}
