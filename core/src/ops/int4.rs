//! Weights of four bits: fully connected layers, embeddings and bags of them.
//!
//! A row of values takes whole 32-bit words with eight values each, value + 8, the first in the lowest bits. All sums are of rows
//! times factors from 0 to 255: a table's row times its multiplier, a layer's row, which is what an input has for each output,
//! times the input. So one loop serves both.

use super::bag::{self, Reduction};
use super::common::{Finish, OpError, check_i8s, check_sums, ensure};
use super::dense;
use crate::kernels::nibbles::{Rows, nibble_sums};
use crate::model::records::{Blob, Dense, EmbeddingBag};
use crate::size::{Size, nibbles_size};
use crate::tensor::Weights;

/// Fractional bits of a bag's reduced sum; its steps are sixteen times finer than those of a table of eight bits.
const FRACTION: i32 = 4;

/// Checks weights `[n, m]` for n input and m output values, and all that [`dense::check`] does.
pub fn check_dense(op: &Dense, weights: &Weights<'_>) -> Result<(), OpError> {
    dense::check_rest(op, weights)?;
    let (n, m) = (op.input.len(), op.output.len());
    check_rows(weights, op.weights, n, m, 0)?;
    let (bytes, row) = (weights.u8s(op.weights), 4 * words(m));
    // Inputs count from -128.
    check_sums(
        weights,
        op.bias,
        (m, n),
        i8::MIN.into(),
        &|output, input| {
            let byte = bytes.get(input * row + output / 2).copied().unwrap_or(0);
            i32::from(byte >> (output % 2 * 4) & 15) - 8
        },
    )
}

/// Checks a table, see [`embedding_4`], an output `[1, 1, c]` for a bag or `[t, 1, c]` for at most t ids, and a scale with a shift
/// of at least -27. There is no scratch.
pub fn check_embedding(op: &EmbeddingBag, weights: &Weights<'_>) -> Result<(), OpError> {
    bag::check_rest(op, FRACTION)?;
    ensure(
        op.output.h == 1 || op.ids.max <= op.output.h,
        OpError::Shape,
    )?;
    ensure(op.scratch.len == 0, OpError::Memory)?;
    let (rows, width) = (op.rows.into(), op.output.c.into());
    check_rows(weights, op.table, rows, width, rows)
}

/// `output[o] = clamp(z_out + round(bias[o] + sum_i weights[i, o] * (input[i] + 128)))`: what [`dense`](super::dense()) computes
/// where the exporter has subtracted `(z_in + 128) * sum_i weights[i, o]` from each bias.
pub fn dense_4(op: &Dense, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let finish = Finish::new(&op.requant, weights, &op.output, &op.clamp);
    let bias = weights.i32s(op.bias);
    let rows = Rows {
        words: weights.i32s(op.weights),
        width: words(op.output.len()),
        factors: input,
        ids: None,
    };
    nibble_sums(&rows, &mut |row, sum| {
        if let (Some(out), Some(bias)) = (output.get_mut(row), bias.get(row)) {
            *out = finish.value(row, sum.wrapping_add(*bias));
        }
    });
}

/// An output `[1, 1, c]` takes a bag of all ids, an output `[t, 1, c]` one of each; where there are no ids, real zero.
///
/// `output[c] = clamp(z_out + nearest(scale * q[c]))`, `q[c] = (sum over ids of multiplier[id] * table[id][c] * factor + 2^21) >> 22`
/// with 4 fractional bits; `factor` is a sixteenth, rounded down, of what [`embedding_bag`](super::embedding_bag()) has.
///
/// The table is its rows, then one multiplier a row, a byte, stored as multiplier - 128. Ids past the table read row 0.
pub fn embedding_4(op: &EmbeddingBag, weights: &Weights<'_>, ids: &[u16], output: &mut [i8]) {
    let channels = usize::from(op.output.c).max(1);
    let width = words(channels);
    let table = Blob {
        len: 4 * width as u32 * u32::from(op.rows),
        ..op.table
    };
    let multipliers = Blob {
        offset: table.offset.wrapping_add(table.len),
        len: op.rows.into(),
    };
    let ids = ids.get(..op.ids.max.into()).unwrap_or(ids);
    let size = if op.output.h == 1 {
        ids.len().max(1)
    } else {
        1
    };
    let reduction = Reduction::new(op, size, FRACTION);
    let mut outputs = output.chunks_exact_mut(channels);
    // Ids first, as in `embedding`.
    for (ids, out) in ids.chunks(size).zip(outputs.by_ref()) {
        let rows = Rows {
            words: weights.i32s(table),
            width,
            factors: weights.i8s(multipliers),
            ids: Some(ids),
        };
        nibble_sums(&rows, &mut |channel, sum| {
            if let Some(out) = out.get_mut(channel) {
                *out = reduction.value(sum);
            }
        });
    }
    for out in outputs {
        out.fill(op.output.zero_point);
    }
}

/// Words of a row of so many values.
const fn words(values: usize) -> usize {
    values.div_ceil(8)
}

/// Rows of so many values each, then `more` bytes.
#[inline(never)]
fn check_rows(
    weights: &Weights<'_>,
    blob: Blob,
    rows: usize,
    width: usize,
    more: usize,
) -> Result<(), OpError> {
    ensure(blob.offset.is_multiple_of(4), OpError::Weights)?;
    let values = nibbles_size(rows, width);
    check_i8s(weights, blob, values.plus(Size::of(more)))
}
