//! Runs test samples on a terminal and compares every byte of their scores with this machine.

use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use tillsense_board::Counter;
use tillsense_compiler::aligned::Aligned;
use tillsense_compiler::run::Scores;
use tillsense_compiler::run::sample::{Raw, Sample, push, values};
use tillsense_core::engine::{Model, RefusedInput, Session};
use tillsense_core::link::{Count, LinkError};
use tillsense_core::model::records::Answer as HeadAnswer;

use crate::boards::Machine;
use crate::link::{Failure, Link, Transport};

/// What a terminal's counter counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Executed instructions: emulated boards, and `minstret` of RISC-V parts.
    Instructions,
    /// Nanoseconds at the clock of the board's file: SysTick of Cortex-M parts.
    Nanoseconds,
    /// Of a terminal whose board's file is not known.
    Ticks,
}

/// A reading of a terminal's counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Reading {
    /// In [`Unit::Instructions`].
    Instructions(u64),
    /// In [`Unit::Nanoseconds`].
    Nanoseconds(u64),
    /// In [`Unit::Ticks`].
    Ticks(u64),
}

impl Unit {
    /// What the counter of an attached board counts.
    pub const fn of_attached(machine: Option<&Machine>) -> Self {
        match machine {
            None => Unit::Ticks,
            Some(machine) => match machine.board.clock.counter {
                Counter::Systick => Unit::Nanoseconds,
                Counter::Minstret | Counter::MinstretInhibited | Counter::Esp32c3 => {
                    Unit::Instructions
                }
            },
        }
    }

    /// The unit in words.
    pub const fn word(self) -> &'static str {
        match self {
            Unit::Instructions => "instructions",
            Unit::Nanoseconds => "nanoseconds",
            Unit::Ticks => "ticks",
        }
    }

    /// A number in this unit.
    pub const fn reading(self, number: u64) -> Reading {
        match self {
            Unit::Instructions => Reading::Instructions(number),
            Unit::Nanoseconds => Reading::Nanoseconds(number),
            Unit::Ticks => Reading::Ticks(number),
        }
    }
}

impl Reading {
    /// The number.
    pub const fn number(self) -> u64 {
        match self {
            Reading::Instructions(number)
            | Reading::Nanoseconds(number)
            | Reading::Ticks(number) => number,
        }
    }

    /// The unit.
    pub const fn unit(self) -> Unit {
        match self {
            Reading::Instructions(_) => Unit::Instructions,
            Reading::Nanoseconds(_) => Unit::Nanoseconds,
            Reading::Ticks(_) => Unit::Ticks,
        }
    }
}

/// Result of running samples on a terminal and on this machine.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Name of the board.
    pub board: String,
    /// Number of samples run.
    pub samples: usize,
    /// Number of samples for which every byte of every head's scores equals this machine's.
    pub identical: usize,
    /// Largest reading of a sample, from its first input to its verdicts: `instructions`, or what else the board counts.
    #[serde(flatten)]
    pub most: Reading,
    /// Mean number of instructions of a sample; `None` without samples, and where the board counts something else.
    pub mean_instructions: Option<u64>,
    /// Mean number of nanoseconds of a sample, where the board counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_nanoseconds: Option<u64>,
    /// Mean reading of a sample in the unit of `most`; `None` without samples.
    #[serde(skip)]
    pub mean: Option<u64>,
}

/// A terminal's answer to one sample.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Scores of each head, in the form of this machine: 128 less than in 1/256; the stored values of a tensor.
    pub scores: Scores,
    /// Number of instructions, or what else the board counts, from the first input to the verdicts.
    pub instructions: u64,
}

/// Runs one sample on a terminal that holds this model; `order[i]` is the sample's input that the model's input number i takes.
pub fn run<T: Transport>(
    link: &mut Link<T>,
    model: &Model<'_>,
    sample: &Sample<'_>,
    order: &[usize],
) -> Result<Answer> {
    link.reset()?;
    for (input, &source) in order.iter().enumerate() {
        let raw = sample.inputs.get(source).unwrap_or(&Raw::Absent);
        send(link, input as u8, raw).map_err(|failure| match failure {
            Failure::Refused(LinkError::Push(error)) => anyhow!(
                "the terminal refuses {}",
                RefusedInput::new(*model, input, error)
            ),
            other => anyhow!("input {input}: {other}"),
        })?;
    }
    let instructions = link.run()?;
    let mut scores = Vec::new();
    for (number, head) in (0..).zip(model.heads()) {
        scores.push(match head.answer {
            HeadAnswer::Tensor { .. } => link.values(number)?,
            HeadAnswer::Classes { .. } => {
                let scores = link.verdict(number)?.scores;
                let stored = scores.iter().map(|&score| (score ^ 0x80).cast_signed());
                stored.collect()
            }
        });
    }
    Ok(Answer {
        scores,
        instructions,
    })
}

/// Runs one sample on this machine.
pub fn here(model: &Model<'_>, sample: &Sample<'_>, order: &[usize]) -> Result<Scores> {
    let mut arena = Aligned::zeros(model.header().arena_len as usize);
    let mut session = Session::new(*model, &mut arena).map_err(|e| anyhow!("{e}"))?;
    for (input, &source) in order.iter().enumerate() {
        let raw = sample.inputs.get(source).unwrap_or(&Raw::Absent);
        push(&mut session, input, raw)
            .map_err(|e| anyhow!("{}", RefusedInput::new(*model, input, e)))?;
    }
    session.run();
    let heads = 0..model.heads().count();
    Ok(heads
        .filter_map(|head| session.scores(head).map(<[i8]>::to_vec))
        .collect())
}

/// Runs samples on a terminal and on this machine; `each` is called with every answer and whether it was identical.
pub fn compare<'d, T: Transport>(
    link: &mut Link<T>,
    (board, unit): (&str, Unit),
    model: &Model<'_>,
    samples: impl Iterator<Item = Sample<'d>>,
    order: &[usize],
    mut each: impl FnMut(&Answer, bool),
) -> Result<Comparison> {
    let mut comparison = Comparison {
        board: board.to_owned(),
        samples: 0,
        identical: 0,
        most: unit.reading(0),
        mean_instructions: None,
        mean_nanoseconds: None,
        mean: None,
    };
    let (mut most, mut total) = (0, 0);
    for sample in samples {
        let answer = run(link, model, &sample, order)
            .with_context(|| format!("{board}, sample {}", comparison.samples))?;
        let same = answer.scores == here(model, &sample, order)?;
        comparison.samples += 1;
        comparison.identical += usize::from(same);
        most = answer.instructions.max(most);
        total += answer.instructions;
        each(&answer, same);
    }
    comparison.most = unit.reading(most);
    comparison.mean = u64::checked_div(total, comparison.samples as u64);
    let mean_in = |other| comparison.mean.filter(|_| unit == other);
    (comparison.mean_instructions, comparison.mean_nanoseconds) =
        (mean_in(Unit::Instructions), mean_in(Unit::Nanoseconds));
    Ok(comparison)
}

/// Instructions of each part of the terminal's last session.
pub fn counts<T: Transport>(link: &mut Link<T>) -> Result<Vec<Count>> {
    Ok(link.counts()?)
}

fn send<T: Transport>(link: &mut Link<T>, input: u8, raw: &Raw<'_>) -> Result<(), Failure> {
    match raw {
        Raw::Absent => Ok(()),
        Raw::Image(pixels) => link.push_image(input, pixels),
        Raw::Audio(samples) => link.push_audio(input, samples),
        Raw::Text(text) => link.push_text(input, text.as_bytes()),
        Raw::Record(cells) => link.push_record(input, &values(cells)),
        Raw::Sequence(records) => {
            for cells in records {
                link.push_record(input, &values(cells))?;
            }
            Ok(())
        }
        Raw::Tensor(values) => link.push_tensor(input, bytemuck::cast_slice(values)),
    }
}

/// Fails unless all samples were identical.
pub fn require_identical(comparison: &Comparison) -> Result<()> {
    if comparison.identical != comparison.samples {
        bail!(
            "{}: {} of {} samples differ from this machine",
            comparison.board,
            comparison.samples - comparison.identical,
            comparison.samples
        );
    }
    Ok(())
}
