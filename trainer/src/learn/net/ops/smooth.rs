//! Exponential, sigmoid and tanh that the compiler turns into vector instructions.

/// `1.5 * 2^23`: a number of this size has no fraction, and its lowest bits are an integer.
const SHIFT: f32 = 12_582_912.0;
/// ln 2, as a part with few bits and the rest (Cody & Waite 1980).
const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
/// Coefficients of `(e^r - 1 - r) / r^2` for `|r| < ln 2 / 2` (Cephes, `expf`), highest power first.
const SERIES: [f32; 6] = [
    1.987_569_1e-4,
    1.398_2e-3,
    8.333_452e-3,
    4.166_579_6e-2,
    1.666_666_5e-1,
    5e-1,
];

/// `e^x` for x in [-87, 88], to two units in the last place; x outside is clamped to these ends.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let r = (x - whole * LN_2[0]) - whole * LN_2[1];
    let mut sum = SERIES[0];
    for c in &SERIES[1..] {
        sum = sum * r + c;
    }
    let fraction = sum * r * r + r + 1.0;
    fraction * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// The logistic function `1 / (1 + e^-x)`.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, to 2e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    2.0 * sigmoid(2.0 * x) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agree_with_double_precision() {
        for i in -9000..=9000 {
            let x = i as f32 * 0.01;
            let wide = f64::from(x);
            let near = |got: f32, want: f64, error: f64| {
                assert!(
                    (f64::from(got) - want).abs() <= error,
                    "{x}: {got} for {want}"
                );
            };
            if (-87.0..=88.0).contains(&x) {
                near(exp(x), wide.exp(), wide.exp() * 3e-7);
            }
            near(sigmoid(x), 1.0 / (1.0 + (-wide).exp()), 2e-7);
            near(tanh(x), wide.tanh(), 3e-7);
        }
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan());
    }
}
