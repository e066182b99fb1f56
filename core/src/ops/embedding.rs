//! One table row for each id.

use super::common::{OpError, check_fours, check_i8s, check_views, ensure, words_of_fours};
use crate::kernels::nibbles::{Rows, nibble_sums};
use crate::model::records::{Blob, Embedding};
use crate::num::select::mask_if_negative;
use crate::tensor::Weights;

/// Checks the table `[rows, c]` and the output `[t, 1, c]` for at most t ids.
pub fn check(op: &Embedding, weights: &Weights<'_>) -> Result<(), OpError> {
    check_rest(op)?;
    check_i8s(
        weights,
        op.table,
        usize::from(op.rows) * usize::from(op.output.c),
    )
}

/// Checks a four-bit table, see [`table_4`], and all that [`check`] does.
pub fn check_4(op: &Embedding, weights: &Weights<'_>) -> Result<(), OpError> {
    check_rest(op)?;
    check_table_4(weights, op.table, op.rows, op.output.c)
}

/// What does not depend on how the table is stored.
#[inline(never)]
fn check_rest(op: &Embedding) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    ensure(
        op.output.w == 1 && op.ids.max <= op.output.h && op.rows > 0,
        OpError::Shape,
    )?;
    ensure(op.output.zero_point == 0, OpError::ZeroPoint)
}

/// Rows of words, then a multiplier for each.
pub(in crate::ops) fn check_table_4(
    weights: &Weights<'_>,
    table: Blob,
    rows: u16,
    channels: u16,
) -> Result<(), OpError> {
    check_fours(weights, table, rows.into(), channels.into(), rows.into())
}

/// A four-bit table `[rows, channels]`: real value = scale * multiplier of the row * value.
///
/// Rows of whole 32-bit words with eight values each, value + 8, the first in the lowest bits; then the multipliers, one byte
/// a row, each stored as multiplier - 128.
pub(in crate::ops) fn table_4<'a>(
    weights: &Weights<'a>,
    table: Blob,
    rows: u16,
    channels: u16,
) -> Rows<'a> {
    let width = words_of_fours(channels.into());
    let words = Blob {
        len: u32::from(rows) * 4 * width as u32,
        ..table
    };
    let factors = Blob {
        offset: table.offset + words.len,
        len: rows.into(),
    };
    Rows {
        words: weights.i32s(words),
        width,
        factors: weights.i8s(factors),
        ids: None,
    }
}

/// `output[t] = table[ids[t]]`; rows past the ids given become 0.
pub fn embedding(op: &Embedding, weights: &Weights<'_>, ids: &[u16], output: &mut [i8]) {
    let width = usize::from(op.output.c).max(1);
    let table = weights.i8s(op.table);
    let mut outputs = output.chunks_exact_mut(width);
    // Ids first: zip asks its left side first, and an output taken in vain would keep its old bytes.
    for (&id, out) in ids.iter().zip(outputs.by_ref()) {
        for (out, &value) in out.iter_mut().zip(row(table, op.rows, width, id)) {
            *out = value;
        }
    }
    for out in outputs {
        out.fill(0);
    }
}

/// `output[t] = (multiplier * row + 8) >> 4` for the row `ids[t]` of a [four-bit table](table_4); rows past the ids given become 0.
pub fn embedding_4(op: &Embedding, weights: &Weights<'_>, ids: &[u16], output: &mut [i8]) {
    let table = table_4(weights, op.table, op.rows, op.output.c);
    let mut outputs = output.chunks_exact_mut(usize::from(op.output.c).max(1));
    for (id, out) in ids.chunks(1).zip(outputs.by_ref()) {
        let rows = Rows {
            ids: Some(id),
            ..table
        };
        // At most 8 * 255 in magnitude, so that a sixteenth fits.
        nibble_sums(&rows, &mut |channel, sum| {
            if let Some(out) = out.get_mut(channel) {
                *out = ((sum + 8) >> 4) as i8;
            }
        });
    }
    for out in outputs {
        out.fill(0);
    }
}

/// A row of a table `[rows, width]`; ids past the table read row 0.
#[inline(always)]
fn row(table: &[i8], rows: u16, width: usize, id: u16) -> &[i8] {
    let inside = mask_if_negative(i32::from(id) - i32::from(rows));
    let at = (i32::from(id) & inside) as usize * width;
    table
        .get(at..)
        .and_then(|rest| rest.get(..width))
        .unwrap_or(&[])
}
