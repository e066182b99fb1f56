//! One table row for each id.

use super::common::{OpError, check_i8s, check_views, ensure};
use crate::model::records::Embedding;
use crate::num::select::mask_if_negative;
use crate::size::Size;
use crate::tensor::Weights;

/// Checks the table `[rows, c]` and the output `[t, 1, c]` for at most t ids.
pub fn check(op: &Embedding, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.output])?;
    ensure(
        op.output.w == 1 && op.ids.max <= op.output.h && op.rows > 0,
        OpError::Shape,
    )?;
    ensure(op.output.zero_point == 0, OpError::ZeroPoint)?;
    let table = Size::of(op.rows.into()).times(op.output.c.into());
    check_i8s(weights, op.table, table)
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
