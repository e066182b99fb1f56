//! Fixed-point functions exactly as gemmlowp defines them, which TensorFlow Lite's int8 SOFTMAX is made of.
//!
//! `Qm.n` holds m integer and n fractional bits in an i32, m + n = 31. Source: gemmlowp `fixedpoint/fixedpoint.h`.

use super::requantise::rounding_divide_by_pot;
use super::select::{mask_if_nonzero, saturate_i32, select};

/// `(a * b + 2^30) >> 31`, gemmlowp's SaturatingRoundingDoublingHighMul for every pair but the two minima.
#[inline(always)]
pub fn high_mul(a: i32, b: i32) -> i32 {
    ((a as i64 * b as i64 + (1 << 30)) >> 31) as i32
}

/// `x * 2^N`, saturated.
#[inline(always)]
pub fn saturating_shl<const N: u32>(x: i32) -> i32 {
    saturate_i32((x as i64) << N)
}

/// `exp(x)` in Q0.31 for `x <= 0` in Q5.26.
///
/// A Taylor polynomial on `[-1/4, 0)` times one constant for each set bit of the rest.
pub fn exp_on_negative_values(x: i32) -> i32 {
    const QUARTER: i32 = 1 << 24;
    /// `exp(-2^k)` in Q0.31 for k = -2, -1, 0, 1, 2, 3, 4.
    const FACTORS: [i32; 7] = [
        1_672_461_947,
        1_302_514_674,
        790_015_084,
        290_630_308,
        39_332_535,
        720_401,
        242,
    ];
    let fine = (x & (QUARTER - 1)) - QUARTER;
    let mut result = exp_on_last_quarter(fine << 5);
    let rest = fine.wrapping_sub(x);
    let mut k = 0;
    while k < FACTORS.len() {
        let bit = mask_if_nonzero(rest & (QUARTER << k));
        result = select(bit, high_mul(result, FACTORS[k]), result);
        k += 1;
    }
    select(mask_if_nonzero(x), result, i32::MAX)
}

/// `exp(a)` in Q0.31 for a in `[-1/4, 0)` in Q0.31: four terms of the series around -1/8.
fn exp_on_last_quarter(a: i32) -> i32 {
    const EXP_MINUS_EIGHTH: i32 = 1_895_147_668;
    const THIRD: i32 = 715_827_883;
    let x = a.wrapping_add(1 << 28);
    let x2 = high_mul(x, x);
    let x3 = high_mul(x2, x);
    let x4 = high_mul(x2, x2);
    let quarter_x4 = rounding_divide_by_pot(x4, 2);
    let tail = rounding_divide_by_pot(
        high_mul(quarter_x4.wrapping_add(x3), THIRD).wrapping_add(x2),
        1,
    );
    EXP_MINUS_EIGHTH.wrapping_add(high_mul(EXP_MINUS_EIGHTH, x.wrapping_add(tail)))
}

/// `1 / (1 + a)` in Q0.31 for a in `[0, 1)` in Q0.31: three Newton-Raphson steps from `48/17 - 32/17 * d`.
pub fn one_over_one_plus(a: i32) -> i32 {
    const Q2_ONE: i32 = 1 << 29;
    const Q2_48_OVER_17: i32 = 1_515_870_810;
    const Q2_MINUS_32_OVER_17: i32 = -1_010_580_540;
    // Half of (a + 1), rounded up; both terms are positive.
    let half_denominator = ((a as i64 + i32::MAX as i64 + 1) >> 1) as i32;
    let mut x = Q2_48_OVER_17.wrapping_add(high_mul(half_denominator, Q2_MINUS_32_OVER_17));
    let mut step = 0;
    while step < 3 {
        let error = Q2_ONE.wrapping_sub(high_mul(half_denominator, x));
        x = x.wrapping_add(saturating_shl::<2>(high_mul(x, error)));
        step += 1;
    }
    saturating_shl::<1>(x)
}

#[cfg(test)]
#[allow(
    clippy::float_arithmetic,
    reason = "errors are measured against the real functions"
)]
mod tests {
    use super::*;

    #[test]
    fn exponential_is_close() {
        let mut worst = 0.0f64;
        for i in 0..400_000i32 {
            let x = -(i * 5003);
            let exact = libm::exp(f64::from(x) / f64::from(1 << 26));
            worst = worst.max((f64::from(exp_on_negative_values(x)) / 2f64.powi(31) - exact).abs());
        }
        assert!(worst < 1.2e-5, "{worst}");
        assert_eq!(exp_on_negative_values(0), i32::MAX);
    }

    #[test]
    fn reciprocal_is_close() {
        let mut worst = 0.0f64;
        for i in 0..400_000i32 {
            let a = i * 5003;
            let exact = 1.0 / (1.0 + f64::from(a) / 2f64.powi(31));
            worst = worst.max((f64::from(one_over_one_plus(a)) / 2f64.powi(31) - exact).abs());
        }
        assert!(worst < 1e-8, "{worst}");
    }

    #[test]
    fn shifts_saturate() {
        assert_eq!(saturating_shl::<2>(1 << 28), 1 << 30);
        assert_eq!(saturating_shl::<2>(1 << 29), i32::MAX);
        assert_eq!(saturating_shl::<2>(-(1 << 29)), i32::MIN);
        assert_eq!(saturating_shl::<2>(-(1 << 30)), i32::MIN);
        assert_eq!(saturating_shl::<1>(i32::MIN), i32::MIN);
    }
}
