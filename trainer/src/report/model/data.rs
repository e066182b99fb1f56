//! What a model was trained on, and whether its test samples are like those.

use std::collections::BTreeMap;

use tillsense_compiler::run::sample::{Cell, Raw};
use tillsense_compiler::words::grouped;

use super::{Facts, Scored};
use crate::data::audit::shares::{LARGE, SMALL, index};
use crate::data::dataset::{FieldType, InputColumn, Subset};
use crate::data::own::Level as Weight;
use crate::data::spread;
use crate::report::page::{Level, Note, Section, Table};
use crate::report::plot::number;

/// Samples of each part that are compared.
const MOST_COMPARED: usize = 4000;
/// Ranges of a number, each with as many training samples as the others.
const RANGES: usize = 10;
/// Names of a category that are told apart.
const MOST_NAMES: usize = 50;

/// What the data were, by whom the model was made, and with which settings.
pub fn trained_on(facts: &Facts<'_>, scored: &Scored<'_>) -> Section {
    let mut section = Section::new("What was trained on what");
    let (prepared, evaluation) = (scored.prepared, scored.evaluation);
    let mut table = Table::new(["", ""]).words(2);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    if !facts.private {
        row("scored on", evaluation.data.clone());
    }
    row("digest of these data", evaluation.data_digest.to_string());
    row(
        "generated",
        if evaluation.data_generated {
            "yes"
        } else {
            "no"
        }
        .to_owned(),
    );
    row(
        "trained on",
        match &evaluation.trained_on {
            None => "not known".to_owned(),
            Some(on) => {
                let kind = if on.generated { "generated" } else { "real" };
                format!("{kind} data, digest {}", on.digest)
            }
        },
    );
    if let Some(file) = scored.trained_file {
        row("description", file.origin.clone());
        row("seed", file.course.seed.to_string());
        row("epochs", grouped(file.course.epochs));
        let limit = file.course.limit.map_or("all".to_owned(), |limit| {
            format!("at most {}", grouped(limit))
        });
        row("training samples taken", limit);
    }
    let [train, test] = [Subset::Train, Subset::Test].map(|part| grouped(prepared.data.len(part)));
    row(
        "samples",
        format!("{train} for training, {test} for testing"),
    );
    row("samples scored", grouped(evaluation.samples));
    row(
        "model version",
        facts.model.header().model_version.to_string(),
    );
    let digest: String = facts
        .model
        .digest()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    row("seal of the model file", digest);
    row("inputs given", evaluation.inputs.join(", "));
    if !evaluation.without.is_empty() {
        row("inputs left out", evaluation.without.join(", "));
    }
    section.table(table);
    let mut table = Table::new([
        "input",
        "samples",
        "without it",
        "nothing to read",
        "longer than is read",
    ])
    .words(1);
    for count in &evaluation.input_counts {
        let counts = [count.samples, count.absent, count.empty, count.cut].map(grouped);
        table.row(
            std::iter::once(count.input.clone())
                .chain(counts)
                .collect::<Vec<_>>(),
        );
    }
    section.table(table);
    let notes = evaluation.findings.iter().map(|finding| {
        let level = match finding.level {
            Weight::Error => Level::Error,
            Weight::Warning => Level::Warning,
            Weight::Note => Level::Note,
        };
        let text = match facts.private {
            // Places and what is said of one sample may name a customer.
            true => format!("{} ({} places)", finding.kind, grouped(finding.count)),
            false => finding.to_string(),
        };
        Note::new(level, finding.level.word(), &text)
    });
    section.notes(notes);
    section
}

/// A figure of a sample's input: a number, or a name.
#[derive(Clone, Debug, PartialEq)]
enum Measure {
    Number(f64),
    Name(String),
}

/// Whether training and test samples are alike in what their inputs hold.
pub fn drift(scored: &Scored<'_>) -> Section {
    let mut section = Section::new("Drift from training to test samples");
    let prepared = scored.prepared;
    if scored.trained_file.is_none() || prepared.data.is_empty(Subset::Train) {
        return section;
    }
    let mut table = Table::new(["input", "what", "", "training", "test", "index"]).words(3);
    let parts = [Subset::Train, Subset::Test].map(|part| measured(scored, part));
    let mut large = 0;
    for (key, train) in &parts[0] {
        let none = Vec::new();
        let test = parts[1].get(key).unwrap_or(&none);
        let Some(index) = psi(train, test) else {
            continue;
        };
        let word = match index {
            index if index >= LARGE => "large",
            index if index >= SMALL => "small",
            _ => "",
        };
        large += usize::from(index >= LARGE);
        table.row([
            key.1.clone(),
            key.2.clone(),
            word.to_owned(),
            typical(train),
            typical(test),
            format!("{index:.3}"),
        ]);
    }
    section.text(&format!(
        "Population stability index of each figure of an input, over ten ranges with as many training samples each (from 0.1 on a shift is small, from 0.25 on large): {large} large. Shown is the median, or the most frequent name."
    ));
    section.table(table);
    section
}

/// Measures by place, input and name, in the order of the inputs.
type Measured = BTreeMap<(usize, String, String), Vec<Option<Measure>>>;

/// All measures of a part, of samples spread over it.
fn measured(scored: &Scored<'_>, part: Subset) -> Measured {
    let prepared = scored.prepared;
    let mut all = Measured::new();
    for number in spread(prepared.data.len(part), Some(MOST_COMPARED)) {
        let sample = prepared.sample(part, number);
        for &input in &prepared.order.inputs {
            let (Some(raw), Some(column)) =
                (sample.inputs.get(input), prepared.data.inputs().get(input))
            else {
                continue;
            };
            for (at, (name, measure)) in measures(raw, column).into_iter().enumerate() {
                // A thousand places an input keep its fields in their order.
                let key = (input * 1000 + at.min(999), column.name.clone(), name);
                all.entry(key).or_default().push(measure);
            }
        }
    }
    all
}

/// What is measured of an input: of a picture its mean and contrast, of a clip its length and level, of a text its length, of a record every
/// field, of a sequence its length.
fn measures(raw: &Raw<'_>, column: &InputColumn) -> Vec<(String, Option<Measure>)> {
    let one = |name: &str, value: f64| (name.to_owned(), Some(Measure::Number(value)));
    match raw {
        Raw::Image(pixels) => {
            let (mean, deviation) = moments(pixels.iter().map(|&pixel| f64::from(pixel)));
            vec![one("mean brightness", mean), one("contrast", deviation)]
        }
        Raw::Audio(samples) => {
            let (_, level) = moments(samples.iter().map(|&sample| f64::from(sample)));
            let decibels = 20.0 * libm::log10(level.max(1.0) / 32_768.0);
            vec![
                one("samples", samples.len() as f64),
                one("level, dB", decibels),
            ]
        }
        Raw::Text(text) => vec![one("characters", text.chars().count() as f64)],
        Raw::Sequence(records) => vec![one("records", records.len() as f64)],
        Raw::Tensor(values) => vec![one(
            "mean",
            moments(values.iter().map(|&value| f64::from(value))).0,
        )],
        Raw::Record(cells) => {
            let fields = column.fields.iter().zip(cells);
            let measure = |cell: &Cell<'_>, kind: FieldType| match cell {
                Cell::Missing => None,
                Cell::Number(value) => {
                    let decimals = i32::from(kind.number().0);
                    Some(Measure::Number(f64::from(*value) / 10f64.powi(decimals)))
                }
                Cell::Name(name) => Some(Measure::Name((*name).to_owned())),
            };
            fields
                .map(|(field, cell)| (field.name.clone(), measure(cell, field.kind)))
                .collect()
        }
        Raw::Absent => Vec::new(),
    }
}

/// Mean and standard deviation.
fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (mut count, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        sum += value;
        squares += value * value;
    }
    let mean = sum / f64::max(count, 1.0);
    let variance = squares / f64::max(count, 1.0) - mean * mean;
    (mean, libm::sqrt(variance.max(0.0)))
}

/// The population stability index of two parts; `None` where one of them has too few values.
fn psi(train: &[Option<Measure>], test: &[Option<Measure>]) -> Option<f64> {
    let mut numbers: Vec<f64> = train.iter().flatten().filter_map(Measure::number).collect();
    numbers.sort_by(f64::total_cmp);
    let mut ends: Vec<f64> = (1..RANGES)
        .filter_map(|range| numbers.get(range * numbers.len() / RANGES).copied())
        .collect();
    ends.dedup();
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shares: BTreeMap<usize, [u64; 2]> = BTreeMap::new();
    for (side, values) in [train, test].into_iter().enumerate() {
        for value in values {
            let place = match value {
                // Missing values are a share of their own.
                None => 0,
                Some(Measure::Number(number)) => 1 + ends.partition_point(|end| end <= number),
                Some(Measure::Name(name)) => {
                    let next = names.len().min(MOST_NAMES);
                    1 + *names.entry(name).or_insert(next)
                }
            };
            shares.entry(place).or_default()[side] += 1;
        }
    }
    index(shares.into_values())
}

impl Measure {
    fn number(&self) -> Option<f64> {
        match self {
            Measure::Number(number) => Some(*number),
            Measure::Name(_) => None,
        }
    }
}

/// The median of numbers, or the most frequent name.
fn typical(values: &[Option<Measure>]) -> String {
    let mut numbers: Vec<f64> = values
        .iter()
        .flatten()
        .filter_map(Measure::number)
        .collect();
    numbers.sort_by(f64::total_cmp);
    if let Some(middle) = numbers.get(numbers.len() / 2) {
        return number(*middle);
    }
    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    for value in values.iter().flatten() {
        if let Measure::Name(name) = value {
            *names.entry(name).or_default() += 1;
        }
    }
    let most = names.into_iter().max_by_key(|(_, count)| *count);
    most.map_or("\u{2013}".to_owned(), |(name, _)| name.to_owned())
}
