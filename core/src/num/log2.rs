//! Binary logarithms in fixed point: a table of 65 values and a straight line between them.

use super::select::{mask_if_negative, mask_if_nonzero, select};

/// `round(65536 * log2(1 + i / 64))`.
const TABLE: [u32; 65] = [
    0, 1466, 2909, 4331, 5732, 7112, 8473, 9814, 11136, 12440, 13727, 14996, 16248, 17484, 18704,
    19909, 21098, 22272, 23433, 24579, 25711, 26830, 27936, 29029, 30109, 31178, 32234, 33279,
    34312, 35334, 36346, 37346, 38336, 39316, 40286, 41246, 42196, 43137, 44068, 44990, 45904,
    46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751, 54584, 55410, 56229, 57040,
    57845, 58643, 59434, 60219, 60997, 61769, 62534, 63294, 64047, 64794, 65536,
];

/// `floor(log2(x))`; 0 for 0.
#[inline(always)]
pub fn ilog2_u32(x: u32) -> u32 {
    let mut rest = x;
    let mut log = 0;
    let mut width = 16;
    while width > 0 {
        // 0 or `width`: what lies above the lower `width` bits has at most 16, so that its negative is below 0 where it is not 0.
        let above = (rest >> width) as i32;
        let step = mask_if_negative(above.wrapping_neg()) as u32 & width;
        rest >>= step;
        log += step;
        width >>= 1;
    }
    log
}

/// `65536 * log2(x)`, off by less than 5; 0 for 0.
pub fn log2_q16(x: u64) -> i32 {
    let (high, low) = ((x >> 32) as u32, x as u32);
    let wide = mask_if_nonzero(high as i32);
    // The upper word that is not zero, and what follows it.
    let top = select(wide, high as i32, low as i32) as u32;
    let next = low & wide as u32;
    let exponent = ilog2_u32(top);
    let up = 31 - exponent;
    let mantissa = (top << up) | ((next >> 1) >> (31 - up));
    // Bit 31 is the leading one; six bits choose the entry, sixteen the place on the line.
    let index = ((mantissa >> 25) & 63) as usize;
    let part = (mantissa >> 9) & 0xffff;
    let (a, b) = (TABLE[index], TABLE[index + 1]);
    let fraction = a + (((b - a) * part + 0x8000) >> 16);
    let whole = exponent + (32 & wide as u32);
    ((whole << 16) + fraction) as i32 & mask_if_nonzero(top as i32)
}

/// `256 * log2(x)`, off by less than 0.53; 0 for 0 and for 1, at most 64 * 256.
pub fn log2_q8(x: u64) -> i32 {
    (log2_q16(x) + 128) >> 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(
        clippy::float_arithmetic,
        reason = "the table is compared with its definition"
    )]
    fn table_is_its_definition() {
        for (i, &t) in TABLE.iter().enumerate() {
            assert_eq!(
                t,
                libm::round(65536.0 * libm::log2(1.0 + i as f64 / 64.0)) as u32,
                "entry {i}"
            );
        }
    }

    #[test]
    #[allow(
        clippy::float_arithmetic,
        reason = "the error is measured against the real function"
    )]
    fn error_is_as_stated() {
        assert_eq!(
            (log2_q8(0), log2_q8(1), log2_q8(2), log2_q8(1 << 63)),
            (0, 0, 256, 63 * 256)
        );
        assert_eq!(log2_q8(u64::MAX), 64 * 256);
        let mut x = 1u64;
        let (mut worst16, mut worst8) = (0.0f64, 0.0f64);
        for i in 0..200_000u64 {
            x = x
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let value = if i < 70_000 {
                i + 1
            } else {
                (x >> (i % 64)).max(1)
            };
            let exact = libm::log2(value as f64);
            worst16 = worst16.max((f64::from(log2_q16(value)) - exact * 65536.0).abs());
            worst8 = worst8.max((f64::from(log2_q8(value)) - exact * 256.0).abs());
        }
        assert!(worst16 < 5.0, "{worst16}");
        assert!(worst8 < 0.53, "{worst8}");
    }

    #[test]
    fn whole_logarithms() {
        assert_eq!(ilog2_u32(0), 0);
        for bit in 0..32 {
            assert_eq!(ilog2_u32(1 << bit), bit);
            assert_eq!(ilog2_u32(u32::MAX >> (31 - bit)), bit);
        }
    }
}
