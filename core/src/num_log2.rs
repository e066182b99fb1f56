//! Logarithm to base 2 in fixed point.

/// `log2(1 + i / 64)` in Q15, rounded.
#[rustfmt::skip]
const LOG2: [u16; 65] = [
    0, 733, 1455, 2166, 2866, 3556, 4236, 4907, 5568, 6220, 6863, 7498, 8124, 8742, 9352, 9954,
    10549, 11136, 11716, 12289, 12855, 13415, 13968, 14514, 15055, 15589, 16117, 16639, 17156,
    17667, 18173, 18673, 19168, 19658, 20143, 20623, 21098, 21568, 22034, 22495, 22952, 23404,
    23852, 24296, 24736, 25172, 25604, 26031, 26455, 26876, 27292, 27705, 28114, 28520, 28922,
    29321, 29717, 30109, 30498, 30884, 31267, 31647, 32024, 32397, 32768,
];

/// `log2(max(x, 1))` in Q8, in `[0, 16384]`; off by at most 0.53 of a Q8 step.
///
/// Exponent by counting zeros, mantissa by a table of 64 cells with linear interpolation (off by at most
/// `(1/64)^2 / 8 * log2(e)` = 4.4e-5) and one rounding. No branch depends on `x`.
pub(crate) fn log2_q8(x: u64) -> i32 {
    let x = x | (x == 0) as u64;
    let zeros = x.leading_zeros();
    // The 32 bits after the leading one.
    let mantissa = ((x << zeros) >> 31) as u32;
    let cell = (mantissa >> 26) as usize;
    let part = (mantissa >> 10) & 0xffff;
    let low = LOG2.get(cell).copied().unwrap_or(0) as u32;
    let high = LOG2.get(cell + 1).copied().unwrap_or(0) as u32;
    let fraction = (low << 16) + (high - low) * part;
    ((63 - zeros) << 8) as i32 + ((fraction + (1 << 22)) >> 23) as i32
}

#[cfg(test)]
mod tests {
    use super::log2_q8;

    #[test]
    #[allow(clippy::float_arithmetic, reason = "the oracle")]
    fn stays_within_its_bound() {
        assert_eq!(log2_q8(0), 0);
        let mut x = 1u64;
        let mut seed = 1u64;
        while x < u64::MAX / 9 * 8 {
            let exact = libm::log2(x as f64) * 256.0;
            assert!((log2_q8(x) as f64 - exact).abs() <= 0.53, "{x}");
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            x += 1 + (x / 64).min(seed >> 32).max(x / 1000);
        }
        for shift in 0..64 {
            assert_eq!(log2_q8(1 << shift), shift * 256);
        }
        assert_eq!(log2_q8(u64::MAX), 64 * 256);
    }
}
