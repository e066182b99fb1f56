//! What `verify` tells.

use anyhow::{Result, ensure};
use serde::Serialize;
use tillsense_compiler::text::brief;
use tillsense_compiler::words::grouped;

use super::super::{Shared, output};
use super::arrays::Given;
use super::operators::Intermediates;

/// All that is told of a model.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The file.
    pub model: String,
    /// Whether all values are those that were expected.
    pub equal: bool,
    /// What was made of the arrays, and which inputs have none, in words.
    pub notes: Vec<String>,
    /// The outputs, on this machine and then on each board.
    pub outputs: Vec<Verified>,
    /// The tensors in between, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intermediates: Option<Intermediates>,
}

/// What an output of a model answered beside what was expected.
#[derive(Debug, Serialize)]
pub struct Verified {
    /// The output.
    output: String,
    /// The board; `None` of this machine.
    board: Option<String>,
    samples: usize,
    identical: usize,
    values: usize,
    equal: usize,
    /// Largest difference of a stored value.
    largest_difference: u8,
    /// The first value that differs.
    first_difference: Option<Difference>,
}

/// A value that is not the one expected.
#[derive(Clone, Debug, Serialize)]
pub struct Difference {
    /// The sample, counted from 0.
    pub sample: usize,
    /// Its indices in the array that was given.
    pub index: Vec<usize>,
    /// The stored value that was expected.
    pub expected: i8,
    /// The stored value that was found.
    pub found: i8,
}

/// Compares all answers of an output with those expected.
pub fn compare<'s>(
    (name, board): (&str, Option<&str>),
    found: impl Iterator<Item = &'s [i8]>,
    expected: &Given,
) -> Verified {
    let mut verified = Verified {
        output: name.to_owned(),
        board: board.map(str::to_owned),
        samples: 0,
        identical: 0,
        values: 0,
        equal: 0,
        largest_difference: 0,
        first_difference: None,
    };
    for (sample, found) in found.enumerate() {
        let wanted = expected.stored(sample);
        verified.samples += 1;
        verified.identical += usize::from(found == wanted);
        for (value, (&found, &expected_value)) in found.iter().zip(wanted).enumerate() {
            let difference = found.abs_diff(expected_value);
            verified.values += 1;
            verified.equal += usize::from(difference == 0);
            verified.largest_difference = verified.largest_difference.max(difference);
            if difference > 0 && verified.first_difference.is_none() {
                verified.first_difference = Some(Difference {
                    sample,
                    index: expected.index(sample, value),
                    expected: expected_value,
                    found,
                });
            }
        }
    }
    verified
}

impl Report {
    /// Prints all, and fails where a value differs.
    pub fn finish(mut self, shared: &Shared) -> Result<()> {
        let wrong = |one: &Verified| one.identical < one.samples;
        let between = self.intermediates.as_ref();
        self.equal =
            !self.outputs.iter().any(wrong) && between.is_none_or(|all| all.first.is_none());
        match shared.json {
            true => output::json(&self)?,
            false => self.print()?,
        }
        ensure!(
            self.equal,
            "{}: values differ from those expected",
            self.model
        );
        Ok(())
    }

    fn print(&self) -> Result<()> {
        for one in &self.outputs {
            one.print(&self.model)?;
        }
        self.intermediates
            .as_ref()
            .map_or(Ok(()), |all| all.print(&self.model))
    }
}

impl Verified {
    fn print(&self, model: &str) -> Result<()> {
        let [samples, identical, equal, values] =
            [self.samples, self.identical, self.equal, self.values].map(grouped);
        let place = match &self.board {
            None => "on this machine".to_owned(),
            Some(board) => format!("on {board}"),
        };
        output::paragraph(format_args!(
            "{model}, output {}, {place}: {identical} of {samples} samples identical, {equal} of {values} values",
            brief(&self.output)
        ))?;
        let Some(first) = &self.first_difference else {
            return Ok(());
        };
        output::paragraph(format_args!(
            "  {first}; the largest difference is {}",
            self.largest_difference
        ))
    }
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the first difference is in sample {}: at {:?} {} is expected, and {} found",
            self.sample, self.index, self.expected, self.found
        )
    }
}
