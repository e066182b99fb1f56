//! The part of a sample that a terminal takes: one rule for features, training, float figures, evaluation and emulation.
//!
//! - An input that holds nothing to read is absent: sound too short for one step, a text
//!   without a token, a sequence without records.
//! - Of more records than `max_steps` the first or the last ones are kept, as the description's `keep` says. A terminal itself
//!   refuses the record that is one too many: the caller trims, as [`Frontend::take`] does.
//! - Sound and texts keep their beginning: sound after `max_steps` is not heard, and text after `max_bytes`, or that
//!   gives more than `max_ids` ids, is not read.

use anyhow::{Result, ensure};
use serde::Serialize;
use tillsense_compiler::frontend::{Frontend, Taken, samples_of};
use tillsense_compiler::network::description::Spec;
use tillsense_compiler::run::sample::Sample;
use tillsense_compiler::words::grouped;

use crate::data::input_map::InputMap;

/// Number of samples in which an input is empty or cut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InputCount {
    /// Name of the input.
    pub input: String,
    /// Number of samples.
    pub samples: usize,
    /// Number of samples that lack the input.
    pub absent: usize,
    /// Number of the others in which the input holds nothing to read, and so counts as absent.
    pub empty: usize,
    /// Number of samples in which the input is longer than what is taken.
    pub cut: usize,
    /// Words for inputs of this kind: the input, what empty ones lack, and what is kept of those that are cut.
    #[serde(skip)]
    words: Option<Words>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    plural: &'static str,
    empty: String,
    kept: String,
    mend: &'static str,
}

/// How many samples lack each input, in how many it holds nothing, and in how many it is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenCounts {
    samples: usize,
    /// Absent ones, empty ones and cut ones, by input.
    inputs: Vec<[usize; 3]>,
}

impl TakenCounts {
    /// Counts of so many inputs, of no sample yet.
    pub fn of(inputs: usize) -> Self {
        TakenCounts {
            samples: 0,
            inputs: vec![[0; 3]; inputs],
        }
    }

    /// Counts a sample.
    pub fn add(&mut self, taken: &[Taken]) {
        self.samples += 1;
        for ([absent, empty, cut], taken) in self.inputs.iter_mut().zip(taken) {
            match taken {
                Taken::Whole => {}
                Taken::Part => *cut += 1,
                Taken::Nothing => *empty += 1,
                Taken::Absent => *absent += 1,
            }
        }
    }
}

/// The sample as a terminal takes it, and how much is taken of each of the description's inputs.
pub fn feed<'a>(
    mut sample: Sample<'a>,
    frontends: &[Frontend],
    order: &InputMap,
) -> (Sample<'a>, Vec<Taken>) {
    let inputs = frontends.iter().zip(&order.inputs);
    let taken = inputs.map(|(frontend, &source)| match sample.inputs.get_mut(source) {
        Some(raw) => frontend.take(raw),
        None => Taken::Absent,
    });
    let taken = taken.collect();
    (sample, taken)
}

/// Words for inputs of this kind; `None` where they are neither empty nor cut.
fn words(frontend: &Frontend) -> Option<Words> {
    match frontend {
        Frontend::Audio { spec, .. } => Some(Words {
            plural: "clips",
            empty: format!(
                "too short for one step of {} samples",
                grouped(samples_of(spec, 1))
            ),
            kept: format!(
                "longer than {} samples and heard from the beginning",
                grouped(samples_of(spec, spec.max_steps.into()))
            ),
            mend: "choose a smaller frame, hop or stack",
        }),
        Frontend::Text(source) => Some(Words {
            plural: "texts",
            empty: "without anything that could be read".to_owned(),
            kept: format!(
                "of more than {} bytes or {} ids and read from the beginning",
                grouped(source.max_bytes),
                grouped(source.max_ids)
            ),
            mend: "choose another form",
        }),
        Frontend::Sequence(frontend) => Some(Words {
            plural: "sequences",
            empty: "without a record".to_owned(),
            kept: format!(
                "of more than {} records, of which the {} are kept",
                grouped(frontend.max_steps),
                frontend.keep.name()
            ),
            mend: "leave the input out",
        }),
        Frontend::Image(_) | Frontend::Record(_) => None,
    }
}

impl InputCount {
    /// The counts of each input of a description.
    pub fn all(spec: &Spec, frontends: &[Frontend], taken: &TakenCounts) -> Vec<Self> {
        let inputs = spec.inputs.iter().zip(frontends).zip(&taken.inputs);
        let counted = inputs.map(|((input, frontend), &[absent, empty, cut])| InputCount {
            input: input.name.clone(),
            samples: taken.samples,
            absent,
            empty,
            cut,
            words: words(frontend),
        });
        counted.collect()
    }

    /// The counts as a line; `None` where no input is empty or too long.
    pub fn line(&self) -> Option<String> {
        let words = self.words.as_ref()?;
        let kind = match self.samples {
            1 => words.plural.trim_end_matches('s'),
            _ => words.plural,
        };
        let mut line = format!("input {}: {} {kind}", self.input, grouped(self.samples));
        if self.absent > 0 {
            line += &format!(", {} absent", grouped(self.absent));
        }
        if self.empty > 0 {
            line += &format!(", {} {} (absent)", grouped(self.empty), words.empty);
        }
        if self.cut > 0 {
            line += &format!(", {} {}", grouped(self.cut), words.kept);
        }
        (self.absent + self.empty + self.cut > 0).then_some(line)
    }

    /// Refuses inputs most of which hold nothing to train on.
    pub fn require_most(counts: &[InputCount]) -> Result<()> {
        for count in counts {
            let Some(words) = &count.words else { continue };
            let given = count.samples - count.absent;
            ensure!(
                2 * count.empty <= given,
                "input `{}`: {} of {} training {} are {}; {}, or other data",
                count.input,
                grouped(count.empty),
                grouped(given),
                words.plural,
                words.empty,
                words.mend
            );
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "train"))]
mod tests;
