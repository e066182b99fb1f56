//! Recurrent layers: Elman, GRU and LSTM, step by step from a state that the caller keeps.
//!
//! Both matrix products give pre-activations in Q3.12 (int16, saturating); gates go through the tables of
//! [`num::sigmoid`](crate::num::sigmoid). The hidden state is kept as int16 Q0.15; its int8 copy, scale 1/128, feeds the
//! next product and is what the layer puts out. As the state holds all that one step leaves to the next,
//! T steps in one call equal T calls of one step, bit for bit.

mod cell;
mod read;
mod state;

pub(super) use cell::step;
pub use read::{check as check_read, rnn_read};
pub use state::{MAX_MEAN_STEPS, State, StateLayout, StateMut, state_len};

use super::common::{Factors, OpError, check_i8_sums, check_requant, check_views, ensure};
use crate::kernels::cell::narrow;
use crate::kernels::rows;
use crate::model::records::{Blob, Cell, Direction, Requant, Rnn, Rounding, View};
use crate::num::{nearest_by_call, saturate_i16};
use crate::size::Size;
use crate::tensor::Weights;

/// Bytes of scratch: i16 `[2 * gates * hidden]` pre-activations and int8 `[hidden]`, rounded up to a multiple of 4.
pub const fn rnn_scratch_len(cell: Cell, hidden: u16) -> usize {
    Size::of(4 * cell.gates() + 1)
        .times(hidden as usize)
        .up_to(4)
        .or_beyond()
}

/// Checks shapes `[t, 1, in]` to `[t, 1, hidden]`, both products, state and scratch.
pub fn check(op: &Rnn, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input])?;
    let hidden = usize::from(op.hidden);
    ensure(op.input.w == 1 && hidden > 0, OpError::Shape)?;
    check_output(op.output.as_ref(), &op.input, op.hidden)?;
    let aligned = op.state.offset.is_multiple_of(4) && op.scratch.offset.is_multiple_of(4);
    let state_fits = op.state.len as usize >= state_len(op.cell, op.hidden);
    let scratch_fits = op.scratch.len as usize >= rnn_scratch_len(op.cell, op.hidden);
    ensure(aligned && state_fits && scratch_fits, OpError::Memory)?;
    let x = Product {
        weights: op.x_weights,
        bias: op.x_bias,
        requant: op.x_requant,
    };
    let h = Product {
        weights: op.h_weights,
        bias: op.h_bias,
        requant: op.h_requant,
    };
    let (rows, width) = (op.cell.gates() * hidden, op.input.c.into());
    x.check(weights, (rows, width), op.input.zero_point)?;
    h.check(weights, (rows, hidden), 0)
}

/// Checks the view that takes the hidden states, `[t, 1, hidden]`.
pub(super) fn check_output(
    output: Option<&View>,
    input: &View,
    hidden: u16,
) -> Result<(), OpError> {
    let Some(output) = output else {
        return Ok(());
    };
    check_views(&[output])?;
    ensure(
        (output.h, output.w, output.c) == (input.h, 1, hidden),
        OpError::Shape,
    )?;
    ensure(output.zero_point == 0, OpError::ZeroPoint)
}

/// Runs the first `steps` rows of `input` `[t, 1, in]` through the cell, from `state` to `state`.
///
/// A row of `output` `[t, 1, hidden]` is the hidden state after the step that read the same row of `input`;
/// [`Direction::Backward`] begins with row `steps - 1`. `state` and `scratch` must be 4-byte aligned.
pub fn rnn(
    op: &Rnn,
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
    let Some(scratch) = Scratch::split(scratch, op.cell, op.hidden) else {
        return;
    };
    let x_product = Product {
        weights: op.x_weights,
        bias: op.x_bias,
        requant: op.x_requant,
    };
    let h_product = Product {
        weights: op.h_weights,
        bias: op.h_bias,
        requant: op.h_requant,
    };
    let steps = steps.min(input.len() / width);
    narrow(state.h, scratch.h8);
    for number in 0..steps {
        let t = match op.direction {
            Direction::Forward => number,
            Direction::Backward => steps - 1 - number,
        };
        let x = input
            .get(t * width..)
            .and_then(|rest| rest.get(..width))
            .unwrap_or(&[]);
        x_product.run(weights, x, op.input.zero_point.into(), scratch.x);
        h_product.run(weights, scratch.h8, 0, scratch.h);
        let row = output
            .as_deref_mut()
            .and_then(|out| out.get_mut(t * hidden..))
            .and_then(|rest| rest.get_mut(..hidden));
        step(op.cell, scratch.x, scratch.h, &mut state, scratch.h8, row);
    }
}

/// One of the two matrix products of a cell, with results in Q3.12.
struct Product {
    weights: Blob,
    bias: Blob,
    requant: Requant,
}

impl Product {
    fn check(
        &self,
        weights: &Weights<'_>,
        (rows, columns): (usize, usize),
        zero_point: i8,
    ) -> Result<(), OpError> {
        ensure(
            self.requant.rounding == Rounding::Nearest,
            OpError::Rounding,
        )?;
        check_requant(&self.requant, weights, rows)?;
        let blobs = (self.weights, self.bias);
        check_i8_sums(weights, blobs, (rows, columns), (columns, 1), zero_point)
    }

    fn run(&self, weights: &Weights<'_>, x: &[i8], zero_point: i32, out: &mut [i16]) {
        let factors = Factors::new(&self.requant, weights);
        rows(
            weights.i8s(self.weights),
            weights.i32s(self.bias),
            x,
            zero_point,
            &mut |row, sum| {
                let (multiplier, shift) = factors.get(row);
                if let Some(out) = out.get_mut(row) {
                    *out = saturate_i16(nearest_by_call(sum, multiplier, shift));
                }
            },
        );
    }
}

/// The parts of the scratch bytes.
struct Scratch<'a> {
    x: &'a mut [i16],
    h: &'a mut [i16],
    h8: &'a mut [i8],
}

impl<'a> Scratch<'a> {
    fn split(bytes: &'a mut [u8], cell: Cell, hidden: u16) -> Option<Self> {
        let rows = cell.gates() * usize::from(hidden);
        let (x, rest) = bytes.split_at_mut_checked(2 * rows)?;
        let (h, rest) = rest.split_at_mut_checked(2 * rows)?;
        let h8 = rest.get_mut(..hidden.into())?;
        Some(Scratch {
            x: bytemuck::try_cast_slice_mut(x).ok()?,
            h: bytemuck::try_cast_slice_mut(h).ok()?,
            h8: bytemuck::cast_slice_mut(h8),
        })
    }
}
