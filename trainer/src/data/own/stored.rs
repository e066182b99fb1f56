//! The form in which a sample lies in the store.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use tillsense_compiler::run::sample::{Cell, Raw};

use crate::data::dataset::InputKind;

/// A sample as it is stored; it borrows from the bytes that were read.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredSample<'a> {
    /// File, or file and line, for messages.
    pub place: &'a str,
    /// What is pushed, in the order of the description's inputs.
    #[serde(borrow)]
    pub inputs: Vec<Stored<'a>>,
    /// Classes, in the order of the description's heads.
    pub labels: Vec<Option<u16>>,
}

/// What is pushed to one input, as it is stored.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub enum Stored<'a> {
    /// Nothing.
    Absent,
    /// Pixels `[height, width, channels]`.
    Image(&'a [u8]),
    /// Samples of 16 bits, little endian.
    Audio(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// One record, or several in order.
    Records(Vec<Vec<StoredCell>>),
}

/// A cell as it is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoredCell {
    /// An empty cell.
    Missing,
    /// `value * 10^decimals`.
    Number(i32),
    /// Number of the name among those of its field.
    Name(u16),
}

/// What is read of one input, before it is stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// Nothing: an empty cell, or a file that is not there.
    #[default]
    Absent,
    /// Pixels `[height, width, channels]`.
    Image(Vec<u8>),
    /// Samples of 16 bits.
    Audio(Vec<i16>),
    /// A text.
    Text(String),
    /// One record, or several in order.
    Records(Vec<Vec<StoredCell>>),
}

/// The bytes of a sample.
pub fn encode(place: &str, values: &[Value], labels: &[Option<u16>]) -> Vec<u8> {
    let sounds: Vec<Vec<u8>> = values.iter().map(little_endian).collect();
    let inputs = values
        .iter()
        .zip(&sounds)
        .map(|(value, sound)| match value {
            Value::Absent => Stored::Absent,
            Value::Image(pixels) => Stored::Image(pixels),
            Value::Audio(_) => Stored::Audio(sound),
            Value::Text(text) => Stored::Text(text),
            Value::Records(records) => Stored::Records(records.clone()),
        });
    let sample = StoredSample {
        place,
        inputs: inputs.collect(),
        labels: labels.to_vec(),
    };
    postcard::to_allocvec(&sample).expect("a sample is plain data")
}

fn little_endian(value: &Value) -> Vec<u8> {
    match value {
        Value::Audio(samples) => samples.iter().flat_map(|s| s.to_le_bytes()).collect(),
        _ => Vec::new(),
    }
}

/// The sample that these bytes, which [`encode`] made, are.
pub fn decode(bytes: &[u8]) -> StoredSample<'_> {
    postcard::from_bytes(bytes).expect("the store holds what was encoded")
}

impl Stored<'_> {
    /// The input as an application would push it; `names` are those of the fields.
    pub fn raw<'n>(&self, kind: InputKind, names: &'n [Vec<String>]) -> Raw<'n> {
        match self {
            Stored::Absent => Raw::Absent,
            Stored::Image(pixels) => Raw::Image(Cow::Owned(pixels.to_vec())),
            Stored::Audio(bytes) => {
                let (pairs, _) = bytes.as_chunks::<2>();
                let samples = pairs.iter().map(|&pair| i16::from_le_bytes(pair));
                Raw::Audio(Cow::Owned(samples.collect()))
            }
            Stored::Text(text) => Raw::Text(Cow::Owned((*text).to_owned())),
            Stored::Records(records) => {
                let mut records = records.iter().map(|record| cells(record, names));
                match kind {
                    InputKind::Record => records.next().map_or(Raw::Absent, Raw::Record),
                    _ => Raw::Sequence(records.collect()),
                }
            }
        }
    }
}

fn cells<'n>(record: &[StoredCell], names: &'n [Vec<String>]) -> Vec<Cell<'n>> {
    let cell = |(cell, names): (&StoredCell, &'n Vec<String>)| match *cell {
        StoredCell::Missing => Cell::Missing,
        StoredCell::Number(number) => Cell::Number(number),
        StoredCell::Name(name) => names
            .get(usize::from(name))
            .map_or(Cell::Missing, |name| Cell::Name(name)),
    };
    record.iter().zip(names).map(cell).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_comes_back() {
        let values = [
            Value::Absent,
            Value::Image(vec![1, 2, 3]),
            Value::Audio(vec![-1, 300]),
            Value::Text("hé".to_owned()),
            Value::Records(vec![
                vec![StoredCell::Number(-7), StoredCell::Name(1)],
                vec![StoredCell::Missing, StoredCell::Missing],
            ]),
        ];
        let bytes = encode("x.csv, line 3", &values, &[Some(2), None]);
        let sample = decode(&bytes);
        assert_eq!(
            (sample.place, &sample.labels[..]),
            ("x.csv, line 3", &[Some(2), None][..])
        );
        let names = [vec![], vec!["a".to_owned(), "b".to_owned()]];
        let sound = InputKind::Audio { sample_rate: 8000 };
        assert_eq!(sample.inputs[0].raw(InputKind::Text, &[]), Raw::Absent);
        assert_eq!(
            sample.inputs[2].raw(sound, &[]),
            Raw::Audio(vec![-1, 300].into())
        );
        assert_eq!(
            sample.inputs[3].raw(InputKind::Text, &[]),
            Raw::Text("hé".into())
        );
        let first = vec![Cell::Number(-7), Cell::Name("b")];
        let records = &sample.inputs[4];
        assert_eq!(
            records.raw(InputKind::Record, &names),
            Raw::Record(first.clone())
        );
        let both = vec![first, vec![Cell::Missing, Cell::Missing]];
        assert_eq!(
            records.raw(InputKind::Sequence, &names),
            Raw::Sequence(both)
        );
    }
}
