//! What a page shows of samples, gathered while they are looked at once.

use std::collections::BTreeMap;

use tillsense_compiler::run::sample::{Cell, Raw, Sample};

use super::thin::Thin;
use crate::data::dataset::{Dataset, InputKind, Subset};
use crate::data::own::Part;

/// Numbers of a field that are kept.
const MOST_NUMBERS: usize = 10_000;
/// Samples of a class that may be shown.
const MOST_SHOWN: usize = 16;
/// Names of a field that are counted each.
const MOST_NAMES: usize = 1000;

/// Where a value is from: its part and its class of the first head.
#[derive(Clone, Copy, Debug)]
pub struct From {
    pub part: Part,
    pub class: Option<u16>,
}

/// What was seen of data.
#[derive(Debug, Default)]
pub struct Gathered {
    /// A part for each input.
    pub inputs: Vec<Seen>,
}

/// What was seen of an input.
#[derive(Debug, Default)]
pub struct Seen {
    /// Samples that have it.
    pub given: u64,
    /// Samples to show, by class.
    pub classes: BTreeMap<Option<u16>, Thin<(Subset, usize)>>,
    /// Seconds, characters or records.
    pub lengths: Option<Thin<(f64, From)>>,
    /// The fields of its records.
    pub fields: Vec<SeenField>,
}

/// What was seen of a field.
#[derive(Clone, Debug)]
pub struct SeenField {
    /// Cells, and those of them that are empty.
    pub cells: u64,
    pub missing: u64,
    /// Numbers as they are stored.
    pub numbers: Thin<(i32, From)>,
    /// How often each name stands there, by class.
    pub names: BTreeMap<String, BTreeMap<Option<u16>, u64>>,
    /// How often names stand there beyond those that are counted each.
    pub others: u64,
}

impl Gathered {
    /// Takes note of a sample.
    pub fn take(&mut self, data: &Dataset, (part, index): (Part, usize), sample: &Sample<'_>) {
        self.inputs.resize_with(data.inputs().len(), Seen::default);
        let from = From {
            part,
            class: sample.labels.first().copied().flatten(),
        };
        let subset = match part {
            Part::Test => Subset::Test,
            _ => Subset::Train,
        };
        let inputs = sample.inputs.iter().zip(data.inputs());
        for ((raw, column), seen) in inputs.zip(&mut self.inputs) {
            if *raw == Raw::Absent {
                continue;
            }
            seen.given += 1;
            let shown = seen.classes.entry(from.class);
            shown
                .or_insert_with(|| Thin::new(MOST_SHOWN))
                .add((subset, index));
            if let Some(length) = length(raw, column.kind) {
                let lengths = seen.lengths.get_or_insert_with(|| Thin::new(MOST_NUMBERS));
                lengths.add((length, from));
            }
            seen.fields
                .resize_with(column.fields.len(), SeenField::default);
            match raw {
                Raw::Record(cells) => record(&mut seen.fields, cells, from),
                Raw::Sequence(records) => records
                    .iter()
                    .for_each(|cells| record(&mut seen.fields, cells, from)),
                _ => {}
            }
        }
    }
}

impl Default for SeenField {
    fn default() -> Self {
        Self {
            cells: 0,
            missing: 0,
            numbers: Thin::new(MOST_NUMBERS),
            names: BTreeMap::new(),
            others: 0,
        }
    }
}

fn record(fields: &mut [SeenField], cells: &[Cell<'_>], from: From) {
    for (field, cell) in fields.iter_mut().zip(cells) {
        field.cells += 1;
        match *cell {
            Cell::Missing => field.missing += 1,
            Cell::Number(value) => field.numbers.add((value, from)),
            Cell::Name(name) => {
                if field.names.len() >= MOST_NAMES && !field.names.contains_key(name) {
                    field.others += 1;
                    continue;
                }
                let counts = field.names.entry(name.to_owned()).or_default();
                *counts.entry(from.class).or_default() += 1;
            }
        }
    }
}

fn length(raw: &Raw<'_>, kind: InputKind) -> Option<f64> {
    match (raw, kind) {
        (Raw::Audio(samples), InputKind::Audio { sample_rate }) => {
            Some(samples.len() as f64 / f64::from(sample_rate.max(1)))
        }
        (Raw::Text(text), _) => Some(text.chars().count() as f64),
        (Raw::Sequence(records), _) => Some(records.len() as f64),
        _ => None,
    }
}
