//! Softmax, the bytes of TensorFlow Lite's int8 reference.
//!
//! An exponential depends on the difference of two stored values only, so all that can occur are in a table that the
//! exporter makes with [`softmax_table`].

use heapless::Vec;

use super::common::{OpError, check_views, ensure};
use crate::kernels::softmax::{self as kernels, SUM_BITS};
use crate::model::records::{Scale, Softmax};
use crate::num::fixed::{exp_on_negative_values, high_mul, one_over_one_plus};
use crate::num::ilog2_u32;
use crate::tensor::Weights;

/// Most values: their exponentials, at most 2^19 each, are summed in an i32.
pub const MAX_VALUES: usize = 4095;

/// Entries of the longest table: differences 0 to 255.
pub const MAX_ENTRIES: usize = 256;

/// `exp(0)` in Q0.31, which every table begins with.
const ONE: i32 = i32::MAX;

/// The table of a softmax: entry d is `exp(-d * scale)` in Q0.31, and the last one 0, for all larger differences.
///
/// `scale` is the input scale in Q5.26, `min(s_in * 2^26, 2^31 - 1)`, as multiplier and left shift.
/// A table ends where nothing is left to add: an exponential below 2^-20 is rounded to 0 in the sum and in every score.
/// (TensorFlow Lite's `diff_min` cuts later, at 2^-22 or less.) [`OpError::Scale`] where the multiplier is not in
/// `[2^30, 2^31)` or the shift not in `[0, 31]`.
pub fn softmax_table(scale: Scale) -> Result<Vec<i32, MAX_ENTRIES>, OpError> {
    // TensorFlow Lite's left shift reaches 31 for input scales of 16 and more.
    ensure(
        scale.multiplier >= 1 << 30 && (0..=31).contains(&scale.shift),
        OpError::Scale,
    )?;
    // Differences of 2^31 and more stand for 16 and more, whose exponential is far below 2^-20.
    let scaled = (0i64..)
        .map(|difference| -difference << scale.shift)
        .map_while(|difference| i32::try_from(difference).ok());
    let entries = scaled
        .map(|difference| exp_on_negative_values(high_mul(difference, scale.multiplier)))
        .take_while(|&exp| exp >= 1 << (SUM_BITS - 1));
    Ok(entries.chain([0]).take(MAX_ENTRIES).collect())
}

/// Checks sizes, the output's fixed quantisation (zero point -128), and what the sum and the rounding rely on: a table
/// of 1 to 256 entries, none negative, the first `exp(0)`, and the last one 0 where there are fewer than 256.
pub fn check(op: &Softmax, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(
        op.input.len() == op.output.len() && op.input.len() <= MAX_VALUES,
        OpError::Shape,
    )?;
    ensure(op.output.zero_point == i8::MIN, OpError::ZeroPoint)?;
    let table = weights.i32s(op.table);
    let sound = op.table.offset.is_multiple_of(4)
        && table.len() <= MAX_ENTRIES
        && table.first() == Some(&ONE)
        && (table.len() == MAX_ENTRIES || table.last() == Some(&0))
        && table.iter().all(|&entry| entry >= 0);
    ensure(sound, OpError::Weights)
}

/// `output[i] = -128 + round(256 * exp(x_i - max x) / sum_j exp(x_j - max x))`, in gemmlowp's fixed point.
///
/// Every value goes through the same steps.
pub fn softmax(op: &Softmax, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let table = weights.i32s(op.table);
    let top = kernels::top(input);
    let sum = kernels::sum(table, top, input);
    let headroom = 31 - ilog2_u32(sum);
    let fraction = (sum << headroom).wrapping_sub(1 << 31) as i32;
    let reciprocal = one_over_one_plus(fraction);
    // A score is the share after 35 - headroom more places. Those are at least 23: the sum is exp(0) or more, so headroom is
    // at most 12.
    let places = 35 - headroom;
    kernels::shares(table, top, input, (reciprocal, places), output);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(multiplier: i32, shift: i8) -> Scale {
        Scale { multiplier, shift }
    }

    #[test]
    fn a_table_ends_where_nothing_counts() {
        // 2^-4 a step: e^-1 after 16 steps; 2^-20 is e^-13.86, between 221 steps and 222.
        let table = softmax_table(scale(1 << 30, 23)).unwrap();
        assert_eq!((table.len(), table[0], table[222]), (223, i32::MAX, 0));
        assert!(table[221] >= 2048 && (i64::from(table[16]) - 790_015_084).abs() < 30_000);
        assert!(table.windows(2).all(|pair| pair[1] <= pair[0]));
        let table = softmax_table(scale(1 << 30, 22)).unwrap();
        assert!(table.len() == MAX_ENTRIES && table[255] > 2048);
        assert_eq!(softmax_table(scale(1 << 30, 31)).unwrap(), [i32::MAX, 0]);
    }

    #[test]
    fn scales_out_of_range_have_no_table() {
        for scale in [scale(0, 22), scale(1 << 30, -1), scale(1 << 30, 32)] {
            assert_eq!(softmax_table(scale), Err(OpError::Scale));
        }
    }
}
