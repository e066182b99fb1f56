//! The natural logarithm in fixed point, exactly as TensorFlow Lite's int8 LOG_SOFTMAX computes it.
//!
//! Source: `log_x_for_x_greater_than_or_equal_to_1` of `tensorflow/lite/kernels/internal/common.h`.

use super::fixed::{high_mul, one_over_one_plus, saturating_shl};
use super::requantise::rounding_divide_by_pot;
use super::select::saturate_i32;
use super::{ilog2_u32, max, min};

/// The fourth root of 1/2 in Q0.31, around which the series is developed.
const CENTRE: i32 = 1_805_811_301;
/// The square root of 1/2 in Q0.31.
const ROOT_OF_A_HALF: i32 = 1_518_500_250;
/// `log(2)` in Q0.31.
const LOG_2: i32 = 1_488_522_236;
/// 1/4 in Q6.25.
const QUARTER: i64 = 1 << 23;
/// Integer bits of the argument.
const INTEGER_BITS: i32 = 12;

/// `log(x)` in Q5.26 of x in Q12.19, 1 or more.
pub fn log_q5_26(x: u32) -> i32 {
    let x = (x & i32::MAX as u32) as i32;
    let (power, fraction) = parts(x);
    let q = fraction.wrapping_sub(CENTRE).wrapping_mul(2);
    let square = high_mul(q, q);
    // The quotient of two polynomials of q.
    const UPPER: i32 = 117_049_297;
    const LOWER_SQUARE: i32 = 127_690_142;
    const LOWER_ONE: i32 = 1_057_819_769;
    const LOWER_LINE: i32 = 638_450_708;
    let upper = high_mul(q, fraction).wrapping_add(high_mul(high_mul(q, square), UPPER));
    let half = ((i64::from(fraction) + i64::from(CENTRE) + 1) >> 1) as i32;
    let lower = LOWER_ONE
        .wrapping_add(q)
        .wrapping_add(high_mul(LOWER_SQUARE, square));
    let lower = high_mul(half, lower).wrapping_add(high_mul(LOWER_LINE, q));
    let share = high_mul(rounding_divide_by_pot(upper, 6), one_over_one_plus(lower));
    saturating_shl::<1>(high_mul(power, LOG_2).wrapping_add(share))
}

/// The binary logarithm of a power of 2, with a quarter more or less, in Q6.25, and what is left of x, in Q0.31 near [`CENTRE`].
///
/// Two ways to cut the power off are tried; the one that leaves less is taken.
fn parts(x: i32) -> (i32, i32) {
    let zeros = 31 - ilog2_u32(max(x, 1) as u32) as i32;
    let first = high_mul(shifted(x, zeros - 1), ROOT_OF_A_HALF);
    let first = (power(INTEGER_BITS - zeros, QUARTER), shifted(first, 1));
    let reduced = high_mul(x, ROOT_OF_A_HALF);
    let headroom = 30 - ilog2_u32(max(reduced, 1) as u32) as i32;
    let second = (
        power(INTEGER_BITS - headroom, -QUARTER),
        shifted(x, headroom),
    );
    (max(first.0, second.0), min(first.1, second.1))
}

/// An integer and a fraction in Q6.25.
fn power(whole: i32, fraction: i64) -> i32 {
    saturate_i32((i64::from(whole) << 25) + fraction)
}

/// `x * 2^bits`, saturated.
fn shifted(x: i32, bits: i32) -> i32 {
    saturate_i32(i64::from(x) << (bits & 31))
}

#[cfg(test)]
#[allow(
    clippy::float_arithmetic,
    reason = "errors are measured against the real function"
)]
mod tests {
    use super::*;

    #[test]
    fn logarithm_is_close() {
        let mut worst = 0.0f64;
        for i in 0..200_000u32 {
            let x = (1 << 19) + i * 10_700;
            let exact = (f64::from(x) / f64::from(1 << 19)).ln();
            worst = worst.max((f64::from(log_q5_26(x)) / f64::from(1 << 26) - exact).abs());
        }
        assert!(worst < 1e-5, "{worst}");
        assert!(log_q5_26(1 << 19).abs() < 16);
    }
}
