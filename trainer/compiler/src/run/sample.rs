//! One sample as an application would push it, and the pushing.

use std::borrow::Cow;

use tillsense_core::engine::{Probe, PushError, Session};
use tillsense_core::frontend::record::Value;

/// The value of one column in one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// An empty cell.
    Missing,
    /// `value * 10^decimals` of a number column.
    Number(i32),
    /// A name of a category column.
    Name(&'a str),
}

impl<'a> Cell<'a> {
    /// The number, where it is one.
    pub fn number(self) -> Option<i32> {
        match self {
            Cell::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The name, where it is one.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Cell::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// What is pushed to one input.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw<'a> {
    /// Nothing: the modality is missing.
    Absent,
    /// A picture `[height, width, channels]`, row by row.
    Image(Cow<'a, [u8]>),
    /// A whole clip, 16-bit PCM.
    Audio(Cow<'a, [i16]>),
    /// A text.
    Text(Cow<'a, str>),
    /// A record in the order of its schema.
    Record(Vec<Cell<'a>>),
    /// Records in order of time.
    Sequence(Vec<Vec<Cell<'a>>>),
    /// The stored values of a plain tensor, row by row.
    Tensor(Cow<'a, [i8]>),
}

/// All inputs of a sample in the order of the data set, and its labels in the order of the data set's heads.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<'a> {
    /// What is pushed.
    pub inputs: Vec<Raw<'a>>,
    /// The right class of each head, `None` where the sample has none.
    pub labels: Vec<Option<u16>>,
}

/// A record's cells as the core takes them.
pub fn values<'a>(cells: &[Cell<'a>]) -> Vec<Value<'a>> {
    let value = |cell: &Cell<'a>| match *cell {
        Cell::Missing => Value::Missing,
        Cell::Number(number) => Value::Number(number),
        Cell::Name(name) => Value::Name(name),
    };
    cells.iter().map(value).collect()
}

/// Pushes one input of a sample.
pub fn push<P: Probe>(
    session: &mut Session<'_, '_, P>,
    input: usize,
    raw: &Raw<'_>,
) -> Result<(), PushError> {
    match raw {
        Raw::Absent => Ok(()),
        Raw::Image(pixels) => session.push_image(input, pixels),
        Raw::Audio(samples) => session.push_audio(input, samples),
        Raw::Text(text) => session.push_text(input, text.as_bytes()),
        Raw::Record(cells) => session.push_record(input, &values(cells)),
        Raw::Sequence(records) => records
            .iter()
            .try_for_each(|cells| session.push_record(input, &values(cells))),
        Raw::Tensor(values) => session.push_tensor(input, values),
    }
}
