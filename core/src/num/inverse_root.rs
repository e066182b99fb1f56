//! Inverse square roots in fixed point, exactly as TensorFlow Lite computes them.
//!
//! Source: `GetInvSqrtQuantizedMultiplierExp` of `tensorflow/lite/kernels/internal/common.h`.

use super::fixed::{high_mul, saturating_shl};
use super::requantise::rounding_divide_by_pot;
use super::{ilog2_u32, max, min};
use crate::model::records::Scale;

/// `1 / sqrt(x)` as a factor for [`tflite`](super::tflite), whose multiplier is not normalised: from about 2^27.5 on, with a shift in
/// `[-12, 0]`. 0 and 1 have the factor of 1; x below 2^31, larger ones count as that.
pub fn inverse_square_root(x: u32) -> Scale {
    // x times a power of 4, in [2^27, 2^29).
    let x = (x & i32::MAX as u32) as i32;
    let bits = ilog2_u32(max(x, 1) as u32) as i32;
    let quarters = (30 - bits) / 2;
    let normal = ((x as u32) << (2 * quarters)) >> 2;
    let root = newton((normal >> 1) as i32);
    let shift = quarters - 12;
    let scale = Scale {
        multiplier: root.wrapping_shl(max(shift, 0) as u32),
        shift: min(shift, 0) as i8,
    };
    let one = Scale {
        multiplier: i32::MAX,
        shift: 0,
    };
    if x <= 1 { one } else { scale }
}

/// `sqrt(1/2) / sqrt(x)` in Q3.28 for x in `[1/4, 1)` in Q3.28: five steps from 1.
fn newton(x: i32) -> i32 {
    const ONE: i32 = 1 << 28;
    const ONE_AND_A_HALF: i32 = ONE + ONE / 2;
    const ROOT_OF_A_HALF: i32 = 1_518_500_250;
    let half = rounding_divide_by_pot(x, 1);
    let mut root = ONE;
    let mut step = 0;
    while step < 5 {
        // Products of Q3.28 have six integer bits, those of three nine.
        let cube = saturating_shl::<6>(high_mul(high_mul(root, root), root));
        let next = high_mul(ONE_AND_A_HALF, root).wrapping_sub(high_mul(half, cube));
        root = saturating_shl::<3>(next);
        step += 1;
    }
    high_mul(root, ROOT_OF_A_HALF)
}

#[cfg(test)]
#[allow(
    clippy::float_arithmetic,
    reason = "errors are measured against the real function"
)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_close() {
        let mut x = 1u32;
        while x < 1 << 31 {
            for x in [x, x + 1, x + x / 3, 2 * x - 1] {
                let scale = inverse_square_root(x);
                let found = f64::from(scale.multiplier) / 2f64.powi(31 - i32::from(scale.shift));
                let exact = 1.0 / f64::from(x).sqrt();
                assert!(
                    (found / exact - 1.0).abs() < 1e-4,
                    "{x}: {found} for {exact}"
                );
                assert!((-12..=0).contains(&scale.shift) && scale.multiplier >= 1 << 27);
            }
            x *= 2;
        }
    }

    #[test]
    fn none_and_one_have_the_factor_of_one() {
        for x in [0, 1] {
            let scale = inverse_square_root(x);
            assert_eq!((scale.multiplier, scale.shift), (i32::MAX, 0));
        }
    }
}
