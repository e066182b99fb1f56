//! Any function of one stored value, by table.

use super::common::{OpError, check_i8s, check_views, ensure};
use crate::model::records::Lookup;
use crate::size::Size;
use crate::tensor::Weights;

/// Checks that input and output are of one size and the table has 256 entries.
pub fn check(op: &Lookup, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(op.input.len() == op.output.len(), OpError::Shape)?;
    check_i8s(weights, op.table, Size::of(256))
}

/// `output[i] = table[input[i] + 128]`.
pub fn lookup(op: &Lookup, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let Some(table) = table(op, weights) else {
        return;
    };
    for (out, &value) in output.iter_mut().zip(input) {
        *out = entry(table, value);
    }
}

/// `data[i] = table[data[i] + 128]`.
pub fn lookup_in_place(op: &Lookup, weights: &Weights<'_>, data: &mut [i8]) {
    let Some(table) = table(op, weights) else {
        return;
    };
    for value in data {
        *value = entry(table, *value);
    }
}

fn table<'a>(op: &Lookup, weights: &Weights<'a>) -> Option<&'a [i8; 256]> {
    weights.i8s(op.table).first_chunk()
}

#[inline(always)]
fn entry(table: &[i8; 256], value: i8) -> i8 {
    table[usize::from(value as u8 ^ 0x80)]
}
