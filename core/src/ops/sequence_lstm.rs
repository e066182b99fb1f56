//! LSTM in TensorFlow Lite's integer arithmetic, with an int16 cell.
//!
//! Both products of a gate are rounded by themselves to int16 Q3.12 and added, saturating; gates go through gemmlowp's logistic function
//! and tanh, in Q0.15. `c' = f * c + i * g`, each product rounded half away from zero, and `h' = o * tanh(c')`, requantised to int8.

use super::common::{
    FULL_RANGE, OpError, Store, check_i8_sums, check_i8s, check_scale, check_views, ensure,
};
use crate::kernels::rows;
use crate::model::records::{Scale, SequenceLstm};
use crate::num::fixed16::MAX_TANH_BITS;
use crate::num::requantise::rounding_divide_by_pot;
use crate::num::{clamp, logistic_16, saturate_i16, sums_fit, tanh_16, tflite};
use crate::size::Size;
use crate::tensor::Weights;

/// Gates of a unit.
const GATES: usize = 4;
/// Which of them goes through tanh.
const CELL_GATE: usize = 2;

/// Bytes of scratch: i16 `[5 * units]`, cell and gates.
pub const fn scratch_len(units: u16) -> usize {
    Size::of(2 * (GATES + 1)).times(units as usize).or_beyond()
}

/// Checks shapes `[t, 1, in]` to `[t, 1, n]`, both products, factors and scratch.
pub fn check(op: &SequenceLstm, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    let one_column = op.input.w == 1 && op.output.w == 1;
    ensure(one_column && op.input.h == op.output.h, OpError::Shape)?;
    let fits = op.scratch.len as usize >= scratch_len(op.output.c);
    ensure(op.scratch.offset.is_multiple_of(4) && fits, OpError::Memory)?;
    for scale in op.x_scales.iter().chain(&op.h_scales) {
        check_scale(scale)?;
    }
    check_scale(&op.scale)?;
    let cell_fits = u32::from(op.cell_bits) <= MAX_TANH_BITS;
    ensure(cell_fits && op.cell_clip <= i16::MAX as u16, OpError::Scale)?;
    let (units, width) = (usize::from(op.output.c), usize::from(op.input.c));
    let blobs = (op.x_weights, op.x_bias);
    check_i8_sums(
        weights,
        blobs,
        (GATES * units, width),
        (width, 1),
        op.input.zero_point,
    )?;
    check_hidden(op, weights, units)
}

/// The product with the hidden state, which has no bias.
fn check_hidden(op: &SequenceLstm, weights: &Weights<'_>, units: usize) -> Result<(), OpError> {
    let len = Size::of(GATES).times(units).times(units);
    check_i8s(weights, op.h_weights, len)?;
    for row in weights.i8s(op.h_weights).chunks_exact(units.max(1)) {
        // Neither overflows: a row has fewer than 2^16 values.
        let sum: i32 = row.iter().map(|&w| i32::from(w)).sum();
        let magnitude: u32 = row.iter().map(|&w| u32::from(w.unsigned_abs())).sum();
        let folded = i64::from(op.h_zero_point) * i64::from(sum);
        ensure(sums_fit(-folded, magnitude, 0), OpError::Overflow)?;
    }
    Ok(())
}

/// Runs all steps of `input` `[t, 1, in]`, from a hidden state of real zero; a row of `output` `[t, 1, n]` is the hidden state after the step
/// that read the same row of `input`. `scratch` must be 4-byte aligned.
pub fn sequence_lstm(
    op: &SequenceLstm,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    let (width, units) = (
        usize::from(op.input.c).max(1),
        usize::from(op.output.c).max(1),
    );
    let scratch: &mut [i16] = bytemuck::try_cast_slice_mut(scratch).unwrap_or(&mut []);
    let Some((cell, gates)) = scratch.split_at_mut_checked(units) else {
        return;
    };
    cell.fill(0);
    let mut before = None;
    for (x, row) in input
        .chunks_exact(width)
        .zip(output.chunks_exact_mut(units))
    {
        // The hidden state before the first step lies where the one behind it goes to.
        let hidden: &[i8] = match before {
            Some(hidden) => hidden,
            None => {
                row.fill(op.h_zero_point);
                row
            }
        };
        products(op, weights, (x, hidden), gates);
        step(op, gates, cell, row);
        before = Some(row);
    }
}

/// Both products of all gates, in Q3.12.
fn products(op: &SequenceLstm, weights: &Weights<'_>, (x, h): (&[i8], &[i8]), gates: &mut [i16]) {
    let units = h.len().max(1);
    let (matrix, bias) = (weights.i8s(op.x_weights), weights.i32s(op.x_bias));
    let x_zero = op.input.zero_point.into();
    rows(matrix, bias, x, x_zero, &mut |row, sum| {
        if let Some(gate) = gates.get_mut(row) {
            *gate = saturate_i16(scaled(
                sum,
                &op.x_scales,
                row.checked_div(units).unwrap_or(0),
            ));
        }
    });
    let (matrix, h_zero) = (weights.i8s(op.h_weights), op.h_zero_point.into());
    let blocks = matrix.chunks_exact((GATES * units).max(1));
    for (number, (block, gates)) in blocks.zip(gates.chunks_exact_mut(GATES)).enumerate() {
        rows(block, &[0; GATES], h, h_zero, &mut |row, sum| {
            if let Some(gate) = gates.get_mut(row) {
                let of = (GATES * number + row).checked_div(units).unwrap_or(0);
                *gate = saturate_i16(i32::from(*gate) + scaled(sum, &op.h_scales, of));
            }
        });
    }
}

/// A sum in Q3.12, far enough from the ends of 32 bits that another one can be added.
fn scaled(sum: i32, scales: &[Scale; GATES], gate: usize) -> i32 {
    let Some(scale) = scales.get(gate) else {
        return 0;
    };
    let value = tflite(sum, scale.multiplier, scale.shift.into());
    clamp(value, -(1 << 29), 1 << 29)
}

/// Moves the cell on by one step, and writes the hidden state.
fn step(op: &SequenceLstm, gates: &[i16], cell: &mut [i16], row: &mut [i8]) {
    let units = cell.len();
    let (store, scale) = (Store::new(&op.output, &FULL_RANGE), op.scale);
    let clip = match op.cell_clip {
        0 => i32::from(i16::MAX) + 1,
        clip => clip.into(),
    };
    // The fraction of the product of two Q0.15 less that of the cell.
    let shift = 15 + u32::from(op.cell_bits);
    for (unit, (cell, out)) in cell.iter_mut().zip(row).enumerate() {
        let gate = |gate: usize| {
            let value = gates.get(gate * units + unit).copied().unwrap_or(0);
            i32::from(match gate {
                CELL_GATE => tanh_16(value, 3),
                _ => logistic_16(value),
            })
        };
        let kept = rounding_divide_by_pot(gate(1) * i32::from(*cell), 15);
        let new = rounding_divide_by_pot(gate(0) * gate(CELL_GATE), shift);
        let sum = saturate_i16(kept + new).into();
        *cell = clamp(sum, -clip, clip) as i16;
        let hidden = gate(3) * i32::from(tanh_16(*cell, op.cell_bits.into()));
        *out = store.value(tflite(hidden, scale.multiplier, scale.shift.into()));
    }
}
