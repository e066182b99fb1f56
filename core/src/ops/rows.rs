//! Functions of rows of channels: softmax, its logarithm, division by the length.

use super::common::{FULL_RANGE, OpError, Store, check_views, ensure, same_shape};
use super::softmax;
use crate::kernels::softmax as kernels;
use crate::model::records::{ArgMax, L2Normalise, LogSoftmax, Scale, Softmax, View};
use crate::num::fixed::high_mul;
use crate::num::requantise::rounding_divide_by_pot;
use crate::num::select::mask_if_negative;
use crate::num::{inverse_square_root, log_q5_26, max, tflite};
use crate::tensor::Weights;

/// Longest row whose squares add up to less than 2^31.
const MAX_SQUARES: u16 = 33_025;

/// Most values of a row whose largest one is numbered: the number is an int8.
const MAX_NUMBERED: u16 = 128;

/// Below any value and number in one.
const LOWEST: i32 = -129 << 16;

/// Bits of the fraction of a normalised value.
const UNIT_BITS: i32 = 7;

/// From Q5.26 to steps of 1/16.
const LOG_BITS: u32 = 22;

/// -20 in Q5.26: the least that a difference of logits can matter as, since a logarithm below -16 is stored as that.
const LEAST_DIFFERENCE: i32 = -20 << 26;

/// Far below the least stored logarithm.
const LEAST_LOGARITHM: i32 = i32::MIN / 2;

/// Checks what [`softmax::check`] does, of each row.
pub fn check_softmax(op: &Softmax, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(same_shape(&op.input, &op.output), OpError::Shape)?;
    let row = |view: View| View { h: 1, w: 1, ..view };
    let one = Softmax {
        input: row(op.input),
        output: row(op.output),
        table: op.table,
    };
    softmax::check(&one, weights)
}

/// [`softmax`](softmax::softmax) of each row.
pub fn softmax_rows(op: &Softmax, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let channels = usize::from(op.input.c).max(1);
    for (row, out) in input.chunks(channels).zip(output.chunks_mut(channels)) {
        softmax::softmax(op, weights, row, out);
    }
}

/// Checks shapes, the output's fixed zero point, the table, and the factor, which is that of a softmax.
pub fn check_log_softmax(op: &LogSoftmax, weights: &Weights<'_>) -> Result<(), OpError> {
    let exponentials = Softmax {
        input: op.input,
        output: View {
            zero_point: i8::MIN,
            ..op.output
        },
        table: op.table,
    };
    check_softmax(&exponentials, weights)?;
    ensure(op.output.zero_point == i8::MAX, OpError::ZeroPoint)?;
    let Scale { multiplier, shift } = op.scale;
    ensure(
        multiplier >= 1 << 30 && (0..=31).contains(&shift),
        OpError::Scale,
    )
}

/// `output[i] = 127 + round(16 * (x_i - max x - log(sum_j exp(x_j - max x))))` of each row, in gemmlowp's fixed point.
pub fn log_softmax(op: &LogSoftmax, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let (table, channels) = (weights.i32s(op.table), usize::from(op.input.c).max(1));
    let store = Store::new(&op.output, &FULL_RANGE);
    // TensorFlow Lite's CalculateInputRadius, 31 in Q5.26 without the multiplier.
    let least = -((31i64 << 26) >> (op.scale.shift & 31)) as i32;
    for (row, out) in input.chunks(channels).zip(output.chunks_mut(channels)) {
        let top = kernels::top(row);
        let log = log_q5_26(kernels::sum(table, top, row));
        for (out, &x) in out.iter_mut().zip(row) {
            let difference = i32::from(x) - top;
            let scaled = scaled_difference(difference, op.scale).wrapping_sub(log);
            // All ones where TensorFlow Lite does not look further.
            let beyond = mask_if_negative(difference.wrapping_sub(least));
            let counted = rounding_divide_by_pot(scaled, LOG_BITS) & !beyond;
            *out = store.value(counted | (LEAST_LOGARITHM & beyond));
        }
    }
}

/// A difference of stored values in Q5.26, from -20 on.
fn scaled_difference(difference: i32, scale: Scale) -> i32 {
    let raised = i64::from(difference) << (scale.shift & 31);
    let raised = raised.max(i64::from(-i32::MAX)) as i32;
    max(high_mul(raised, scale.multiplier), LEAST_DIFFERENCE)
}

/// Checks shapes and the output's fixed zero point.
pub fn check_l2_normalise(op: &L2Normalise) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(same_shape(&op.input, &op.output), OpError::Shape)?;
    ensure(op.input.c <= MAX_SQUARES, OpError::Overflow)?;
    ensure(op.output.zero_point == 0, OpError::ZeroPoint)
}

/// `output[i] = round(128 * (x_i - z) / sqrt(sum_j (x_j - z)^2))` of each row, in gemmlowp's fixed point; a row of zeros stays one.
pub fn l2_normalise(op: &L2Normalise, input: &[i8], output: &mut [i8]) {
    let (zero_point, channels) = (
        i32::from(op.input.zero_point),
        usize::from(op.input.c).max(1),
    );
    let store = Store::new(&op.output, &FULL_RANGE);
    for (row, out) in input.chunks(channels).zip(output.chunks_mut(channels)) {
        let squares = row.iter().fold(0u32, |sum, &x| {
            let x = i32::from(x) - zero_point;
            sum.wrapping_add((x * x) as u32)
        });
        let scale = inverse_square_root(squares);
        let shift = i32::from(scale.shift) + UNIT_BITS;
        for (out, &x) in out.iter_mut().zip(row) {
            *out = store.value(tflite(i32::from(x) - zero_point, scale.multiplier, shift));
        }
    }
}

/// Checks shapes, and that every number fits.
pub fn check_arg_max(op: &ArgMax) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    let rows = op.input.len() / usize::from(op.input.c).max(1);
    ensure(rows == op.output.len(), OpError::Shape)?;
    ensure(op.input.c <= MAX_NUMBERED, OpError::Overflow)
}

/// `output[row]` is the number of the row's first largest value.
pub fn arg_max(op: &ArgMax, input: &[i8], output: &mut [i8]) {
    let channels = usize::from(op.input.c).max(1);
    for (row, out) in input.chunks(channels).zip(output) {
        // Value and number in one, so that the largest of both is the first of the largest.
        let best = row.iter().zip(0i32..).fold(LOWEST, |best, (&x, number)| {
            max(best, (i32::from(x) << 16) - number)
        });
        *out = (best.wrapping_neg() & 0xffff) as i8;
    }
}
