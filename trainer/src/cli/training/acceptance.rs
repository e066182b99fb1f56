//! The command `tillsense evaluate --preset`: all models of the presets against their targets.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use tillsense_compiler::words::{grouped, percent};

use crate::cli::progress::bar;
use crate::cli::{Shared, output};
use crate::judge::scoreboard::{
    Measure, REQUIREMENTS, Requirement, Row, Variant, all_variants, chosen, figure, less, row,
};
use crate::project::{Opened, open};

/// Scores every model that the requirements need and prints the scoreboard.
pub fn run(name: &str, seeds: u64, models: &Path, shared: &Shared) -> Result<()> {
    let presets = chosen(name)?;
    let all = all_variants(&presets, seeds, &shared.source())?;
    for variant in &all {
        let path = models.join(variant.file());
        ensure!(
            path.exists(),
            "{}: there is no such file; `tillsense train {name} --seeds {seeds} --models {}` writes it",
            path.display(),
            models.display()
        );
    }
    let mut figures = ModelFigures::default();
    let bar = bar(shared, "models", all.len());
    for variant in all {
        bar.set_message(variant.file());
        figures.take(variant, models, shared)?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    let required = REQUIREMENTS
        .iter()
        .filter(|wanted| presets.iter().any(|p| p.name == wanted.preset));
    let rows = required
        .filter_map(|wanted| figures.row(wanted, seeds))
        .collect::<Vec<Row>>();
    if shared.json {
        return output::json(&rows);
    }
    show(&rows)
}

/// Figures by requirement, seed and speaker left out, and file sizes by preset.
#[derive(Default)]
struct ModelFigures {
    of: HashMap<(usize, u64, Option<String>), Option<f64>>,
    bytes: HashMap<&'static str, usize>,
    data: HashMap<&'static str, String>,
}

impl ModelFigures {
    fn take(&mut self, variant: Variant, models: &Path, shared: &Shared) -> Result<()> {
        let path = models.join(variant.file());
        let Opened { file, prepared, .. } = open(&path, shared.source(), shared.data.is_some())?;
        ensure!(
            prepared.text == variant.text(),
            "{}: is not of this preset as it is now; remove it and train it again",
            path.display()
        );
        let name = variant.preset.name;
        if variant.seed == 0 && variant.left_out.is_none() {
            self.bytes.insert(name, file.len());
            self.data.insert(name, prepared.data_words());
        }
        let unseen = variant.left_out.is_some();
        for (at, wanted) in REQUIREMENTS.iter().enumerate() {
            if wanted.preset == name && (wanted.measure == Measure::UnseenSpeakers) == unseen {
                let found =
                    figure(wanted, &prepared, &file).with_context(|| path.display().to_string())?;
                let left_out = variant.left_out.clone();
                self.of.insert((at, variant.seed, left_out), found);
            }
        }
        Ok(())
    }

    /// The row of a requirement; `None` where it is compared with a preset that was not asked for.
    fn row(&self, wanted: &Requirement, seeds: u64) -> Option<Row> {
        let place = |which: &dyn Fn(&Requirement) -> bool| REQUIREMENTS.iter().position(which);
        let at = place(&|l: &Requirement| std::ptr::eq(l, wanted))?;
        let beside = |other: &str, measure: Measure| {
            place(&|l: &Requirement| l.preset == other && l.measure == measure)
        };
        let one = |seed: u64| {
            let own = |at: usize| self.of.get(&(at, seed, None)).copied();
            match wanted.measure {
                Measure::UnseenSpeakers => {
                    // Where the data have no speakers to leave out there is no such figure.
                    let mut speakers: Vec<_> = self
                        .of
                        .iter()
                        .filter(|((row, s, left_out), _)| {
                            (*row, *s) == (at, seed) && left_out.is_some()
                        })
                        .collect();
                    speakers.sort_by_key(|(place, _)| *place);
                    let figures = speakers.into_iter().map(|(_, figure)| *figure);
                    let known: Option<Vec<f64>> = figures.collect();
                    let known = known.filter(|known| !known.is_empty());
                    Some(known.map(|known| known.iter().sum::<f64>() / known.len() as f64))
                }
                Measure::AccuracyBeside(other) => {
                    Some(less(own(at)?, own(beside(other, Measure::Accuracy)?)?))
                }
                Measure::AucBeside(other) => {
                    Some(less(own(at)?, own(beside(other, Measure::Auc)?)?))
                }
                _ => own(at),
            }
        };
        let seeds = match wanted.measure {
            Measure::UnseenSpeakers => 1,
            _ => seeds,
        };
        let figures = (0..seeds).map(one).collect::<Option<Vec<_>>>()?;
        let (bytes, data) = (
            self.bytes.get(wanted.preset)?,
            self.data.get(wanted.preset)?,
        );
        Some(row(wanted, figures, *bytes, data))
    }
}

/// Data sources of the rows, each once; the presets are named where their sources differ.
fn sources(rows: &[Row]) -> Vec<String> {
    let mut presets: Vec<(&str, &str)> = Vec::new();
    for row in rows {
        if presets.iter().all(|(name, _)| *name != row.preset) {
            presets.push((row.preset, &row.data));
        }
    }
    match presets.iter().all(|(_, data)| *data == presets[0].1) {
        true => presets
            .first()
            .map(|(_, data)| (*data).to_owned())
            .into_iter()
            .collect(),
        false => presets
            .iter()
            .map(|(name, data)| format!("{name}: {data}"))
            .collect(),
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
    let mut table =
        output::table(headings, 3).optional(&["deviation", "at most", "bytes", "measure"]);
    for row in rows {
        let (accuracy, arena) = (
            row.measure.starts_with("accuracy")
                || row.measure.contains("found")
                || row.measure.starts_with("gain"),
            row.measure.contains("arena"),
        );
        let figure = |value: f64| match (accuracy, arena) {
            (_, true) => grouped(value as usize),
            (true, _) => percent(value),
            (false, _) => format!("{value:.4}"),
        };
        table.add_row([
            row.preset.to_owned(),
            row.head.to_owned(),
            row.measure.clone(),
            row.target.map_or(String::from("-"), figure),
            row.shipped.map_or(String::from("-"), figure),
            row.mean.map_or(String::from("-"), figure),
            row.deviation.map_or(String::from("-"), figure),
            grouped(row.file_bytes),
            grouped(row.most_bytes),
            if row.met { "yes" } else { "NO" }.to_owned(),
        ]);
    }
    for data in sources(rows) {
        output::line(format_args!("on all test samples ({data})"))?;
    }
    table.print()?;
    let short = rows.iter().filter(|row| !row.met).count();
    if short > 0 {
        output::line(format_args!(
            "{short} of {} lines are not met by the first seed, which is the one that ships",
            rows.len()
        ))?;
    }
    Ok(())
}
