//! Softmax, the bytes of TensorFlow Lite's int8 reference.

use super::common::{OpError, check_views, ensure};
use crate::model::records::Softmax;
use crate::num::fixed::{exp_on_negative_values, high_mul, one_over_one_plus};
use crate::num::requantise::rounding_divide_by_pot;
use crate::num::select::mask_if_negative;
use crate::num::{clamp, ilog2_u32, max};

/// Most values: their exponentials, at most 2^19 each, are summed in an i32.
pub const MAX_VALUES: usize = 4095;

/// Largest difference between two stored values.
const LARGEST_DIFFERENCE: i32 = 255;

/// Checks sizes, the output's fixed quantisation (zero point -128), and that scaled differences stay in range.
pub fn check(op: &Softmax) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(
        op.input.len() == op.output.len() && op.input.len() <= MAX_VALUES,
        OpError::Shape,
    )?;
    ensure(op.output.zero_point == i8::MIN, OpError::ZeroPoint)?;
    // TensorFlow Lite's left shift reaches 31 for input scales of 16 and more.
    ensure(
        op.scale.multiplier >= 1 << 30 && (0..=31).contains(&op.scale.shift) && op.diff_min <= 0,
        OpError::Scale,
    )?;
    let largest = i64::from(op.diff_min.max(-LARGEST_DIFFERENCE)).abs() << op.scale.shift;
    ensure(largest <= i64::from(i32::MAX), OpError::Scale)
}

/// `output[i] = -128 + round(256 * exp(x_i - max x) / sum_j exp(x_j - max x))`, in gemmlowp's fixed point.
///
/// Every value goes through the same steps; those further below the maximum than `diff_min` are masked out at the end.
pub fn softmax(op: &Softmax, input: &[i8], output: &mut [i8]) {
    // No difference is larger, and the subtraction below stays in range.
    let diff_min = op.diff_min.clamp(-LARGEST_DIFFERENCE - 1, 0);
    let top = input
        .iter()
        .fold(i32::from(i8::MIN), |top, &x| max(top, x.into()));
    let sum = input.iter().fold(0i32, |sum, &x| {
        let (exp, counts) = exponential(op, diff_min, i32::from(x) - top);
        sum.wrapping_add(rounding_divide_by_pot(exp, 12) & counts)
    });
    let headroom = 31 - ilog2_u32(sum as u32);
    let fraction = ((sum as u32) << headroom).wrapping_sub(1 << 31) as i32;
    let reciprocal = one_over_one_plus(fraction);
    // 35 - headroom, of which beyond 31 nothing is left.
    let exponent = 35 - headroom as i32;
    let (places, visible) = (
        clamp(exponent, 0, 31) as u32,
        mask_if_negative(exponent - 32),
    );
    for (out, &x) in output.iter_mut().zip(input) {
        let (exp, counts) = exponential(op, diff_min, i32::from(x) - top);
        let score = rounding_divide_by_pot(high_mul(reciprocal, exp), places) & counts & visible;
        *out = clamp(
            score.wrapping_add(i8::MIN.into()),
            i8::MIN.into(),
            i8::MAX.into(),
        ) as i8;
    }
}

/// `exp(difference * scale)` in Q0.31, and all ones where the difference counts.
#[inline(always)]
fn exponential(op: &Softmax, diff_min: i32, difference: i32) -> (i32, i32) {
    let counts = !mask_if_negative(difference - diff_min);
    let difference = difference & counts;
    let scaled = high_mul(
        difference.wrapping_shl(op.scale.shift as u32),
        op.scale.multiplier,
    );
    (exp_on_negative_values(scaled), counts)
}
