//! Softmax, the bytes of TensorFlow Lite's int8 reference.
//!
//! An exponential depends on the difference of two stored values only, so all that can occur are in a table that the
//! exporter makes with [`softmax_table`].

use heapless::Vec;

use super::common::{OpError, check_views, ensure};
use crate::model::records::{Scale, Softmax};
use crate::num::fixed::{exp_on_negative_values, high_mul, one_over_one_plus};
use crate::num::{ilog2_u32, max, min};
use crate::tensor::Weights;

/// Most values: their exponentials, at most 2^19 each, are summed in an i32.
pub const MAX_VALUES: usize = 4095;

/// Entries of the longest table: differences 0 to 255.
pub const MAX_ENTRIES: usize = 256;

/// `exp(0)` in Q0.31, which every table begins with.
const ONE: i32 = i32::MAX;

/// Bits between the exponentials, Q0.31, and those that are summed, Q12.19.
const SUM_BITS: u32 = 12;

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
    let Some(table) = Table::new(weights.i32s(op.table)) else {
        return;
    };
    let top = input
        .iter()
        .fold(i32::from(i8::MIN), |top, &x| max(top, x.into()));
    let sum = input.iter().fold(0u32, |sum, &x| {
        let half = 1 << (SUM_BITS - 1);
        sum.wrapping_add(table.exponential(top, x).wrapping_add(half) >> SUM_BITS)
    });
    let headroom = 31 - ilog2_u32(sum);
    let fraction = (sum << headroom).wrapping_sub(1 << 31) as i32;
    let reciprocal = one_over_one_plus(fraction);
    // A score is the share, `(reciprocal * exponential + 2^30) >> 31`, rounded half up after 35 - headroom places. Those are
    // at least 23: the sum is exp(0) or more, so headroom is at most 12. The first 32 of 31 + 23 are the upper word's.
    let places = min(33 - headroom as i32, 31) as u32 & 31;
    for (out, &x) in output.iter_mut().zip(input) {
        let product = u64::from(reciprocal as u32) * u64::from(table.exponential(top, x));
        let twice = (product.wrapping_add(1 << 30) >> 32) as u32 >> places;
        let score = twice.wrapping_add(1) >> 1;
        // 256 has no place: 255 stands for it.
        *out = (score.wrapping_sub(score >> 8) as i8).wrapping_add(i8::MIN);
    }
}

/// The exponentials.
#[derive(Clone, Copy)]
struct Table<'a> {
    entries: &'a [i32],
    /// The last entry's place: that of all larger differences.
    last: i32,
}

impl<'a> Table<'a> {
    fn new(entries: &'a [i32]) -> Option<Self> {
        let last = entries.len().checked_sub(1)?;
        Some(Table {
            entries,
            last: last as i32,
        })
    }

    /// Of the difference between `top` and `x`, which is not larger.
    #[inline(always)]
    fn exponential(self, top: i32, x: i8) -> u32 {
        let place = min(top - i32::from(x), self.last);
        self.entries
            .get(place as usize)
            .map_or(0, |&entry| entry as u32)
    }
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
