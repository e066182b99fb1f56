//! One step of a cell, and what follows from it.

use super::state::StateMut;
use crate::kernels::cell::{elman, gru, lstm, narrow};
use crate::model::records::Cell;

/// Moves the state on by one step, from pre-activations `x` and `h`, each `[gates, hidden]`: see [`crate::kernels::cell`].
///
/// `h8` takes the hidden state as int8, and so does `row`, if given. `x` holds anything afterwards.
pub(in crate::ops) fn step(
    cell: Cell,
    x: &mut [i16],
    h: &[i16],
    state: &mut StateMut<'_>,
    h8: &mut [i8],
    row: Option<&mut [i8]>,
) {
    match cell {
        Cell::Elman => elman(x, h, state.h),
        Cell::Gru => gru(x, h, state.h),
        Cell::Lstm => lstm(x, h, state.h, state.c),
    }
    narrow(state.h, h8);
    state.count_step();
    if let Some(row) = row
        && let Some(h8) = h8.get(..row.len())
    {
        row.copy_from_slice(h8);
    }
}
