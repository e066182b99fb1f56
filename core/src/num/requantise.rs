//! From accumulators to stored values: the two rounding rules of the numeric contract.
//!
//! A factor is a Q31 multiplier in `{0} or [2^29, 2^31)` and a power of two `shift` in `[-31, 30]`; its value is
//! `multiplier * 2^(shift - 31)`. Factors are normalised to `[2^30, 2^31)`, but for those of TensorFlow Lite's MEAN, which
//! divides a normalised multiplier by the number of values: doubling it again and shifting by one bit more would round
//! other numbers first. Both rules agree with their formula for every result below [`RESULT_EXACT`] in
//! magnitude. Larger results keep their sign and stay at least that large, so every int8 or int16 output saturates
//! alike; that costs nothing and keeps all arithmetic in 32-bit shifts and one 32 x 32 -> 64 product.

use super::opaque::hidden;
use super::select::{clamp, mask_if_negative};
use super::wide::high_product;
use crate::model::records::Scale;

/// Accumulators must be smaller than this in magnitude; every op's `check` proves it.
pub const ACC_LIMIT: i32 = 1 << 30;

/// Results are exact below this magnitude.
pub const RESULT_EXACT: i32 = 1 << 27;

/// Smallest multiplier but for 0.
pub const MIN_MULTIPLIER: i32 = 1 << 29;

/// Largest left shift that is carried out; what it saturates, a larger one would saturate too.
const MAX_LEFT: i32 = 29;

/// Rounded once, half up: `(acc * multiplier + 2^(30 - shift)) >> (31 - shift)`, for `|acc| < ACC_LIMIT`.
#[inline(always)]
pub fn nearest(acc: i32, multiplier: i32, shift: i32) -> i32 {
    let (doubled, right) = doubled(acc, shift);
    // Half of 2^(32 + right): one bit, in the lower word where right is 0. Without it, the upper word is below 2^30.
    let half = 1u32 << right;
    let high = high_product(doubled, multiplier, half << 31);
    high.wrapping_add((half >> 1) as i32) >> right
}

/// [`nearest`], there once for all plain ops.
#[inline(never)]
pub fn nearest_by_call(acc: i32, multiplier: i32, shift: i32) -> i32 {
    nearest(acc, multiplier, shift)
}

/// Whether a row's sums stay in range whatever int8 values its weights are multiplied by, also once shifted left by `bits`.
///
/// `bias` is the row's bias less the input's zero point times the sum of its weights, which is what is added to the products
/// of stored values, and `magnitude` the sum of `|weight|`: no sum is larger than `|bias| + 128 * magnitude`. Taps in the
/// padding count as the zero point, one of those values. This is the bound of plain and of packed layers, checked at export and
/// at load. What kernels hold on the way needs no other one where they add modulo 2^32.
pub const fn sums_fit(bias: i64, magnitude: u32, bits: u8) -> bool {
    let most = 128 * magnitude as u64;
    bias.unsigned_abs().saturating_add(most) < (ACC_LIMIT as u64) >> bits
}

/// As TensorFlow Lite's MultiplyByQuantizedMultiplier with two roundings, for `|acc| < ACC_LIMIT`.
///
/// First `(acc * 2^max(shift, 0) * multiplier + 2^30) >> 31` (half up: gemmlowp's SaturatingRoundingDoublingHighMul
/// nudges negative products by `1 - 2^30` and divides toward zero, which is the same number), then a division by
/// `2^max(-shift, 0)` that rounds half away from zero.
#[inline(always)]
pub fn tflite(acc: i32, multiplier: i32, shift: i32) -> i32 {
    let (doubled, right) = doubled(acc, shift);
    divide_away(high_product(doubled, multiplier, 1 << 31), right)
}

/// [`tflite`] with the shift `-right`, in `[-31, -1]`, which leaves no room for the sum to overflow.
#[inline(always)]
pub fn tflite_down(acc: i32, multiplier: i32, right: u32) -> i32 {
    let half = ((1u32 << (right & 31)) >> 1) as i32;
    // Else the optimiser makes a product of its own for the sign.
    let high = hidden(high_product(acc << 1, multiplier, 1 << 31));
    (high + half + (high >> 31)) >> (right & 31)
}

/// `x / 2^exponent`, rounded half away from zero, for `|x| < 2^30`; exponent in `[0, 31]`.
#[inline(always)]
fn divide_away(x: i32, exponent: u32) -> i32 {
    let half = ((1u32 << exponent) >> 1) as i32;
    // Half up but for negative numbers, whose ties go down; with an exponent of 0 there are none.
    let has_ties = mask_if_negative(-half);
    (x + half + (mask_if_negative(x) & has_ties)) >> exponent
}

/// `x * scale` by [`nearest`], for any `x`: values beyond [`ACC_LIMIT`] are saturated first.
#[inline]
pub fn apply_scale(x: i32, scale: Scale) -> i32 {
    // The halves differ by less than 2^31 from any bound, the values themselves might not.
    let half = clamp(x >> 1, -(ACC_LIMIT / 2) + 1, ACC_LIMIT / 2 - 1);
    nearest((half << 1) | (x & 1), scale.multiplier, scale.shift as i32)
}

/// Whether a factor is one that the rounding rules are defined for.
pub const fn is_valid_scale(multiplier: i32, shift: i8) -> bool {
    is_valid_multiplier(multiplier) && shift >= -31 && shift <= 30
}

/// Whether the rounding rules are defined for a multiplier.
pub(crate) const fn is_valid_multiplier(multiplier: i32) -> bool {
    multiplier == 0 || multiplier >= MIN_MULTIPLIER
}

/// `x / 2^exponent`, rounded half away from zero; exponent in `[0, 31]`.
#[inline(always)]
pub fn rounding_divide_by_pot(x: i32, exponent: u32) -> i32 {
    let mask = (1u32 << exponent).wrapping_sub(1) as i32;
    let remainder = x & mask;
    let threshold = (mask >> 1) - mask_if_negative(x);
    (x >> exponent) - mask_if_negative(threshold.wrapping_sub(remainder))
}

/// `2 * acc * 2^max(shift, 0)`, saturated, and the right shift that is left to do.
#[inline(always)]
fn doubled(acc: i32, shift: i32) -> (i32, u32) {
    let negative = mask_if_negative(shift);
    let left = clamp(shift, 0, MAX_LEFT);
    let right = -(shift & negative);
    let limit = (ACC_LIMIT - 1) >> left;
    (clamp(acc, -limit, limit) << (left + 1), right as u32 & 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest_by_formula(acc: i32, multiplier: i32, shift: i32) -> i64 {
        let total = 31 - shift;
        ((i128::from(acc) * i128::from(multiplier) + (1i128 << (total - 1))) >> total) as i64
    }

    /// gemmlowp's functions, line by line.
    fn tflite_by_formula(acc: i32, multiplier: i32, shift: i32) -> i64 {
        let (left, right) = (shift.max(0), (-shift).max(0));
        let product = (i128::from(acc) << left) * i128::from(multiplier);
        let nudge = if product >= 0 {
            1i128 << 30
        } else {
            1 - (1i128 << 30)
        };
        let high = (product + nudge) / (1i128 << 31);
        let mask = (1i128 << right) - 1;
        let threshold = (mask >> 1) + i128::from(high < 0);
        ((high >> right) + i128::from((high & mask) > threshold)) as i64
    }

    fn agree(got: i32, wanted: i64, what: &str) {
        if wanted.abs() < i64::from(RESULT_EXACT) {
            assert_eq!(i64::from(got), wanted, "{what}");
        } else {
            assert!(
                got.signum() as i64 == wanted.signum()
                    && got.unsigned_abs() >= RESULT_EXACT as u32 - 2,
                "{what}: {got} for {wanted}"
            );
        }
    }

    #[test]
    fn both_rules_follow_their_formula() {
        let mut state = 1u64;
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            (state >> 33) as i32
        };
        let edges = [
            0,
            1,
            -1,
            2,
            -2,
            3,
            -3,
            255,
            -255,
            ACC_LIMIT - 1,
            1 - ACC_LIMIT,
        ];
        for shift in -31..=30 {
            for i in 0..400 {
                let acc = if i < edges.len() {
                    edges[i]
                } else {
                    (next() - (1 << 30)) >> (next() % 30)
                };
                let acc = acc.clamp(1 - ACC_LIMIT, ACC_LIMIT - 1);
                for m in [
                    0,
                    MIN_MULTIPLIER,
                    1 << 30,
                    i32::MAX,
                    MIN_MULTIPLIER | (next() >> 2),
                    (1 << 30) | (next() >> 1),
                ] {
                    let what = std::format!("acc {acc} m {m} shift {shift}");
                    agree(
                        nearest(acc, m, shift),
                        nearest_by_formula(acc, m, shift),
                        &what,
                    );
                    agree(
                        tflite(acc, m, shift),
                        tflite_by_formula(acc, m, shift),
                        &what,
                    );
                    if shift < 0 {
                        let down = tflite_down(acc, m, shift.unsigned_abs());
                        assert_eq!(down, tflite(acc, m, shift), "{what}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_rules_differ_where_two_roundings_differ() {
        // 0.5 - 2^-32 rounds down once; doubled high multiply rounds it up to one half first.
        let m = i32::MAX;
        assert_eq!(nearest(1, m, -1), 0);
        assert_eq!(tflite(1, m, -1), 1);
        // A negative tie: half up against half away from zero.
        assert_eq!(nearest(-1, 1 << 30, 0), 0);
        assert_eq!(tflite(-2, 1 << 30, -1), -1);
        assert_eq!(nearest(-2, 1 << 30, -1), 0);
    }

    /// A mean of three: TensorFlow Lite's multiplier is the third of one, and the same factor made larger rounds otherwise.
    #[test]
    fn a_multiplier_below_one_half_is_left_as_it_is() {
        assert_eq!(tflite(-475, 715_827_882, 0), -158);
        assert_eq!(tflite(-475, 1_431_655_764, -1), -159);
    }

    #[test]
    fn a_scale_takes_any_number() {
        let one = Scale {
            multiplier: 1 << 30,
            shift: 1,
        };
        for x in [0, 1, -1, 1000, -1001, RESULT_EXACT - 1, 1 - RESULT_EXACT] {
            assert_eq!(apply_scale(x, one), x);
        }
        assert!(apply_scale(i32::MAX, one) >= RESULT_EXACT);
        assert!(apply_scale(i32::MIN, one) <= -RESULT_EXACT);
        assert_eq!(
            apply_scale(
                i32::MIN,
                Scale {
                    multiplier: 0,
                    shift: 0
                }
            ),
            0
        );
    }
}
