//! Integer square roots, one bit a step, always all steps.

/// `floor(sqrt(x))`.
pub const fn isqrt_u32(x: u32) -> u32 {
    let (mut rest, mut root) = (x, 0u32);
    let mut bit = 1u32 << 30;
    while bit != 0 {
        let trial = root | bit;
        // All ones where the trial fits.
        let fits = (((rest as u64).wrapping_sub(trial as u64) >> 63) as u32).wrapping_sub(1);
        rest = rest.wrapping_sub(trial & fits);
        root = (root >> 1) | (bit & fits);
        bit >>= 2;
    }
    root
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_standard_root() {
        let mut x = 0x9e37_79b9_7f4a_7c15u64;
        for i in 0..50_000u64 {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let value = x >> (i % 64);
            for v in [
                value,
                value.wrapping_mul(value),
                value.wrapping_mul(value).wrapping_sub(1),
                i,
                u64::MAX - i,
            ] {
                assert_eq!(isqrt_u32(v as u32), (v as u32).isqrt(), "{v}");
            }
        }
    }
}
