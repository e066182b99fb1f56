//! Recurrent layers.

use super::check::check_matrix;
use crate::kernels::cell::narrow;
use crate::kernels::matrix::{self, Matrix};
use crate::model::records::{Cell, Direction, Packed, PackedRnn, Packing, Rounding};
use crate::ops::common::{OpError, check_views, ensure};
use crate::ops::rnn::{StateLayout, check_output, state_len, step};
use crate::size::Size;
use crate::tensor::Weights;

/// Bytes of scratch: i16 `[2 * gates * hidden]` pre-activations, the int8 hidden state and, where a step's input is no
/// whole number of units, a copy of it; both rounded up to whole units.
pub const fn packed_rnn_scratch_len(
    packing: Packing,
    cell: Cell,
    hidden: u16,
    width: u16,
) -> usize {
    let (hidden, width) = (hidden as usize, width as usize);
    let copy = if width.is_multiple_of(packing.unit()) {
        0
    } else {
        packing.depth(width)
    };
    Size::of(4 * cell.gates())
        .times(hidden)
        .plus(Size::of(packing.depth(hidden)))
        .plus(Size::of(copy))
        .up_to(4)
        .or_beyond()
}

/// Checks shapes `[t, 1, in]` to `[t, 1, hidden]`, both matrices, state and scratch.
pub fn check(op: &PackedRnn, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input])?;
    let (width, hidden) = (usize::from(op.input.c), usize::from(op.hidden));
    ensure(op.input.w == 1 && hidden > 0, OpError::Shape)?;
    check_output(op.output.as_ref(), &op.input, op.hidden)?;
    // First: on a core that reads another order no length below would mean anything.
    let packing = op.x.packing;
    ensure(
        packing == op.h.packing && packing.runs_here(),
        OpError::Packing,
    )?;
    let aligned = op.state.offset.is_multiple_of(4) && op.scratch.offset.is_multiple_of(4);
    let scratch = packed_rnn_scratch_len(op.x.packing, op.cell, op.hidden, op.input.c);
    let state_fits = op.state.len as usize >= state_len(op.cell, op.hidden);
    let scratch_fits = op.scratch.len as usize >= scratch;
    ensure(aligned && state_fits && scratch_fits, OpError::Memory)?;
    for (packed, depth) in [(&op.x, width), (&op.h, hidden)] {
        ensure(packed.rounding == Rounding::Nearest, OpError::Rounding)?;
        check_matrix(packed, weights, op.cell.gates() * hidden, depth, false)?;
    }
    Ok(())
}

/// As [`rnn`](crate::ops::rnn()).
pub fn packed_rnn(
    op: &PackedRnn,
    weights: &Weights<'_>,
    steps: usize,
    input: &[i8],
    mut output: Option<&mut [i8]>,
    state: &mut [u8],
    scratch: &mut [u8],
) {
    let (width, hidden) = (
        usize::from(op.input.c).max(1),
        usize::from(op.hidden).max(1),
    );
    let Some(mut state) = StateLayout::new(op.cell, op.hidden).split_mut(state) else {
        return;
    };
    let Some(scratch) = Scratch::split(scratch, op) else {
        return;
    };
    let matrix = |packed: &Packed, depth: usize| {
        Matrix::new(packed, weights, op.cell.gates() * hidden, depth)
    };
    let (x_matrix, h_matrix) = (matrix(&op.x, width), matrix(&op.h, hidden));
    let steps = steps.min(input.len() / width);
    narrow(state.h, scratch.h8);
    for number in 0..steps {
        let t = match op.direction {
            Direction::Forward => number,
            Direction::Backward => steps - 1 - number,
        };
        let x = input.get(t * width..).and_then(|rest| rest.get(..width));
        let x = x.unwrap_or(&[]);
        if scratch.copy.is_empty() {
            matrix::vector_i16(&x_matrix, x, scratch.x);
        } else {
            scratch.copy.iter_mut().zip(x).for_each(|(to, x)| *to = *x);
            matrix::vector_i16(&x_matrix, scratch.copy, scratch.x);
        }
        matrix::vector_i16(&h_matrix, scratch.h8, scratch.h);
        let row = output
            .as_deref_mut()
            .and_then(|out| out.get_mut(t * hidden..))
            .and_then(|rest| rest.get_mut(..hidden));
        step(op.cell, scratch.x, scratch.h, &mut state, scratch.h8, row);
    }
}

/// The parts of the scratch bytes.
struct Scratch<'a> {
    x: &'a mut [i16],
    h: &'a mut [i16],
    /// Filled up with zeros.
    h8: &'a mut [i8],
    /// A step's input, where it needs filling up.
    copy: &'a mut [i8],
}

impl<'a> Scratch<'a> {
    fn split(bytes: &'a mut [u8], op: &PackedRnn) -> Option<Self> {
        let rows = op.cell.gates() * usize::from(op.hidden);
        let (x, rest) = bytes.split_at_mut_checked(2 * rows)?;
        let (h, rest) = rest.split_at_mut_checked(2 * rows)?;
        let (h8, rest) = rest.split_at_mut_checked(op.x.packing.depth(op.hidden.into()))?;
        let width = usize::from(op.input.c);
        let copy = if width.is_multiple_of(op.x.packing.unit()) {
            0
        } else {
            op.x.packing.depth(width)
        };
        let copy = rest.get_mut(..copy)?;
        h8.fill(0);
        copy.fill(0);
        Some(Scratch {
            x: bytemuck::try_cast_slice_mut(x).ok()?,
            h: bytemuck::try_cast_slice_mut(h).ok()?,
            h8: bytemuck::cast_slice_mut(h8),
            copy: bytemuck::cast_slice_mut(copy),
        })
    }
}
