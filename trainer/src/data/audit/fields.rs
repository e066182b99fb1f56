//! Fields of records, and what sums up those of sequences: whether one alone tells a label, whether training and test differ, and
//! categories that are rare.

use std::collections::BTreeMap;

use tillsense_compiler::run::sample::{Cell, Sample};
use tillsense_compiler::text::brief;
use tillsense_compiler::words::{grouped, percent};

use super::shares::{LARGE, shift};
use super::summaries::Look;
use crate::data::dataset::{Dataset, InputKind};
use crate::data::own::{Level, Part, Report};

/// Ranges of a number by which a label is told, and by which parts are compared.
const FINE: usize = 64;
const COARSE: usize = 10;
/// Training samples of a category below which it is rare.
const RARE: u64 = 5;
/// Samples and errors of the most frequent class, below which no column is suspected.
const FEWEST: [u64; 2] = [20, 5];
/// Part of those errors that a suspect leaves at most.
const LEFT: f64 = 0.05;

/// A field and what was counted of it.
#[derive(Debug)]
struct Field {
    input: usize,
    look: Look,
    subject: String,
    /// Upper ends of the ranges of a number; none of a category.
    fine: Vec<i32>,
    coarse: Vec<i32>,
    names: BTreeMap<String, u32>,
    /// Training and test samples of each coarse range or name; the first is of empty cells.
    shares: BTreeMap<u32, [u64; 2]>,
    /// By head: samples of both halves of the training part, by fine range or name and class.
    labels: Vec<BTreeMap<(u32, u16), [u64; 2]>>,
}

/// The fields of all records and sequences of data.
#[derive(Debug)]
pub struct Fields(Vec<Field>);

impl Fields {
    /// The fields, with ranges by training values.
    pub fn of(data: &Dataset) -> Self {
        let mut fields = Vec::new();
        for (at, input) in data.inputs().iter().enumerate() {
            let looks = match input.kind {
                InputKind::Record => (0..input.fields.len()).map(Look::Cell).collect(),
                InputKind::Sequence => Look::of_sequence(input, data.training_rows(at)),
                _ => continue,
            };
            let mut values = vec![Vec::new(); looks.len()];
            for raw in data.training_rows(at) {
                for (look, values) in looks.iter().zip(&mut values) {
                    values.extend(look.at(&raw).and_then(Cell::number));
                }
            }
            for (look, mut values) in looks.into_iter().zip(values) {
                values.sort_unstable();
                fields.push(Field {
                    input: at,
                    subject: look.words(input),
                    look,
                    fine: ends(&values, FINE),
                    coarse: ends(&values, COARSE),
                    names: BTreeMap::new(),
                    shares: BTreeMap::new(),
                    labels: vec![BTreeMap::new(); data.heads().len()],
                });
            }
        }
        Fields(fields)
    }

    /// Counts a sample.
    pub fn take(&mut self, (part, index): (Part, usize), sample: &Sample<'_>) {
        for field in &mut self.0 {
            let raw = sample.inputs.get(field.input);
            let Some(cell) = raw.and_then(|raw| field.look.at(raw)) else {
                continue;
            };
            let [fine, coarse] = field.ranges(cell);
            let side = match part {
                Part::Train => 0,
                Part::Test => 1,
                Part::Valid => continue,
            };
            field.shares.entry(coarse).or_default()[side] += 1;
            if part == Part::Train {
                for (counts, label) in field.labels.iter_mut().zip(&sample.labels) {
                    if let Some(label) = label {
                        counts.entry((fine, *label)).or_default()[index % 2] += 1;
                    }
                }
            }
        }
    }

    /// Reports what was found.
    pub fn report(&self, data: &Dataset, report: &mut Report) {
        for field in &self.0 {
            let subject = &field.subject;
            for (head, labels) in data.heads().iter().zip(&field.labels) {
                if let Some(told) = tells(labels, field.names.is_empty()) {
                    report.add(
                        (Level::Warning, "leak"),
                        subject,
                        None,
                        format!("alone tells `{}` in {} of training samples", head.name, percent(told)),
                        "make sure that it is known before the answer is; if not, leave it out (`ignore`)",
                    );
                }
            }
            if let Some(index) = shift(field.shares.values().copied()) {
                let level = if index >= LARGE {
                    Level::Warning
                } else {
                    Level::Note
                };
                report.add(
                    (level, "drift"),
                    subject,
                    None,
                    format!("training and test samples differ in it (stability index {index:.2}, where 0.25 is much)"),
                    "divide the samples otherwise, or expect other figures in use than in the test",
                );
            }
            field.rare(subject, report);
        }
    }
}

impl Field {
    /// The fine and the coarse range of a number, or twice the number of a name.
    fn ranges(&mut self, cell: Cell<'_>) -> [u32; 2] {
        match cell {
            Cell::Missing => [0; 2],
            Cell::Number(number) => {
                let range = |ends: &[i32]| 1 + ends.partition_point(|&end| end < number) as u32;
                [range(&self.fine), range(&self.coarse)]
            }
            Cell::Name(name) => {
                let next = 1 + self.names.len() as u32;
                let number = match self.names.get(name) {
                    Some(&number) => number,
                    None => *self.names.entry(name.to_owned()).or_insert(next),
                };
                [number; 2]
            }
        }
    }

    fn rare(&self, subject: &str, report: &mut Report) {
        let count = |number: &u32| self.shares.get(number).map_or(0, |counts| counts[0]);
        let rare = self
            .names
            .iter()
            .filter(|(_, number)| (1..RARE).contains(&count(number)));
        for (name, number) in rare {
            report.add(
                (Level::Note, "rare_categories"),
                subject,
                Some(format!("`{}`: {}", brief(name), grouped(count(number)))),
                format!(
                    "categories of fewer than {RARE} training samples, of which little is learned"
                ),
                "join them to one, such as `other`",
            );
        }
    }
}

/// Upper ends of ranges that hold as many values each; equal values are in one range.
fn ends(sorted: &[i32], ranges: usize) -> Vec<i32> {
    let Some(last) = sorted.len().checked_sub(1) else {
        return Vec::new();
    };
    let mut ends: Vec<i32> = (1..ranges).map(|at| sorted[at * last / ranges]).collect();
    ends.dedup();
    ends
}

/// The part of the second half of training samples whose label a field tells, by the most frequent labels of the first half; `None`
/// where that is no suspect. In an
/// ordered range without a sample of the first half, the label of its neighbour is guessed.
fn tells(counts: &BTreeMap<(u32, u16), [u64; 2]>, ordered: bool) -> Option<f64> {
    let mut all: BTreeMap<u16, [u64; 2]> = BTreeMap::new();
    // The most frequent class of each range in the first half, and how often.
    let mut best: BTreeMap<u32, (u64, u16)> = BTreeMap::new();
    for (&(range, class), &[fitted, judged]) in counts {
        let sums = all.entry(class).or_default();
        *sums = [sums[0] + fitted, sums[1] + judged];
        let (most, of) = best.entry(range).or_insert((0, class));
        if fitted > *most {
            (*most, *of) = (fitted, class);
        }
    }
    let judged: u64 = all.values().map(|[_, judged]| judged).sum();
    let mut guess = 0;
    let mut most = 0;
    for (&class, &[fitted, _]) in &all {
        if fitted > most {
            (most, guess) = (fitted, class);
        }
    }
    let guessed = all.get(&guess).map_or(0, |[_, judged]| *judged);
    let told = |range: u32| match best[&range] {
        (0, _) if ordered => nearest(&best, range).unwrap_or(guess),
        (0, _) => guess,
        (_, class) => class,
    };
    let right = counts
        .iter()
        .filter(|((range, class), _)| told(*range) == *class);
    let right: u64 = right.map(|(_, [_, judged])| judged).sum();
    let (errors, left) = (judged - guessed, judged - right);
    let suspect = judged >= FEWEST[0] && errors >= FEWEST[1] && left as f64 <= LEFT * errors as f64;
    suspect.then(|| right as f64 / judged as f64)
}

/// The class of the range below that was fitted, else of the one above; the first range, of empty cells, is next to none.
fn nearest(best: &BTreeMap<u32, (u64, u16)>, range: u32) -> Option<u16> {
    let fitted = |(_, &(count, class)): (&u32, &(u64, u16))| (count > 0).then_some(class);
    let mut below = best.range(1..range.max(1)).rev();
    let mut above = best.range(range + 1..);
    match range {
        0 => None,
        _ => below.find_map(fitted).or_else(|| above.find_map(fitted)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_tells_all_is_suspected() {
        let leak = BTreeMap::from([((1, 0), [30, 30]), ((2, 1), [10, 9]), ((2, 0), [0, 0])]);
        assert_eq!(tells(&leak, false), Some(1.0));
        let honest = BTreeMap::from([((1, 0), [30, 27]), ((2, 1), [10, 9]), ((1, 1), [2, 3])]);
        assert_eq!(tells(&honest, true), None);
        let few = (1..200u32).map(|n| {
            (
                (n, u16::from(n > 150)),
                [u64::from(n % 2), u64::from(n % 2 == 0)],
            )
        });
        assert_eq!(tells(&few.clone().collect(), true), Some(1.0));
        assert_eq!(tells(&few.collect(), false), None);
        // Unique values tell the half that they are fitted to, and nothing of the other.
        let unique = (0..100u32).map(|n| {
            (
                (n, (n % 3) as u16),
                [u64::from(n % 2 == 0), u64::from(n % 2 == 1)],
            )
        });
        assert_eq!(tells(&unique.collect(), true), None);
    }

    #[test]
    fn equal_values_share_a_range() {
        assert_eq!(ends(&[], 4), [0i32; 0]);
        assert_eq!(ends(&[1, 1, 1, 1, 1, 9], 4), [1]);
        assert_eq!(ends(&[1, 2, 3, 4, 5], 4), [2, 3, 4]);
    }
}
