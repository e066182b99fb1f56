//! Minimum, maximum, saturation and choice without a branch.
//!
//! `Ord::min` and `Ord::clamp` become a conditional jump on RV32IMC and Armv6-M, which makes the instruction count
//! depend on the data; the sign of a difference does not. The optimiser knows these idioms and would turn them back
//! into jumps: the sign of a difference becomes a comparison to it, and what is masked with a sign a choice. So
//! differences pass through `opaque` on those targets, and signs spread over all bits too where they mask something
//! else than the difference itself. Armv7-M and later saturate in one instruction.

use super::opaque;

/// The smaller of two values that differ by less than 2^31.
#[inline(always)]
pub fn min(a: i32, b: i32) -> i32 {
    let d = opaque(a.wrapping_sub(b));
    b.wrapping_add(d & (d >> 31))
}

/// The larger of two values that differ by less than 2^31.
#[inline(always)]
pub fn max(a: i32, b: i32) -> i32 {
    let d = opaque(a.wrapping_sub(b));
    b.wrapping_add(d & !(d >> 31))
}

/// `x` limited to `[low, high]`; `x` must differ from each by less than 2^31.
#[inline(always)]
pub fn clamp(x: i32, low: i32, high: i32) -> i32 {
    max(min(x, high), low)
}

/// `x` limited to the int8 range, for `|x| <= 2^30`.
#[inline(always)]
pub fn saturate_i8(x: i32) -> i8 {
    saturate::<{ i8::MIN as i32 }, { i8::MAX as i32 }>(x) as i8
}

/// `x` limited to the int16 range, for `|x| <= 2^30`.
#[inline(always)]
pub fn saturate_i16(x: i32) -> i16 {
    saturate::<{ i16::MIN as i32 }, { i16::MAX as i32 }>(x) as i16
}

/// `x` limited to the range of 16 bits without sign, for `|x| <= 2^30`: what the compiler takes for `usat`.
#[cfg(any(kernels = "arm_v7m", kernels = "arm_dsp", kernels = "arm_mve"))]
#[inline(always)]
pub fn saturate_u16(x: i32) -> u16 {
    Ord::clamp(x, 0, 0xffff) as u16
}

/// `x` limited to the range of 16 bits without sign, for `|x| <= 2^30`.
#[cfg(not(any(kernels = "arm_v7m", kernels = "arm_dsp", kernels = "arm_mve")))]
#[inline(always)]
pub fn saturate_u16(x: i32) -> u16 {
    let above_zero = x & !mask_if_negative(x);
    // All ones where 16 bits are too few.
    (above_zero | mask_if_negative(0xffff - x)) as u16
}

/// `x` limited to the range of a signed number of fewer bits: what the compiler takes for `ssat`.
#[cfg(any(kernels = "arm_v7m", kernels = "arm_dsp", kernels = "arm_mve"))]
#[inline(always)]
fn saturate<const LOW: i32, const HIGH: i32>(x: i32) -> i32 {
    Ord::clamp(x, LOW, HIGH)
}

/// `x` limited to the range of a signed number of fewer bits.
#[cfg(not(any(kernels = "arm_v7m", kernels = "arm_dsp", kernels = "arm_mve")))]
#[inline(always)]
fn saturate<const LOW: i32, const HIGH: i32>(x: i32) -> i32 {
    clamp(x, LOW, HIGH)
}

/// All ones where `condition_sign` is negative, else zero.
#[inline(always)]
pub fn mask_if_negative(condition_sign: i32) -> i32 {
    opaque(opaque(condition_sign) >> 31)
}

/// All ones where `x` is not zero, else zero.
#[inline(always)]
pub fn mask_if_nonzero(x: i32) -> i32 {
    mask_if_negative(x | x.wrapping_neg())
}

/// `a` where the mask is all ones, `b` where it is zero.
#[inline(always)]
pub fn select(mask: i32, a: i32, b: i32) -> i32 {
    b ^ ((a ^ b) & opaque(mask))
}

/// `x` limited to the i32 range.
#[inline(always)]
pub fn saturate_i32(x: i64) -> i32 {
    let (low, high) = (x as i32, (x >> 32) as i32);
    // In range, the upper word repeats the sign of the lower one.
    let outside = mask_if_nonzero(high ^ mask_if_negative(low));
    select(outside, mask_if_negative(high) ^ i32::MAX, low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_branching_forms() {
        let values = [
            i32::MIN / 2,
            -70_000,
            -32_769,
            -129,
            -128,
            -1,
            0,
            1,
            127,
            128,
            32_767,
            32_768,
            65_535,
            65_536,
            i32::MAX / 2,
        ];
        for a in values {
            assert_eq!(i32::from(saturate_i8(a)), a.clamp(-128, 127));
            assert_eq!(i32::from(saturate_i16(a)), a.clamp(-32_768, 32_767));
            assert_eq!(i32::from(saturate_u16(a)), a.clamp(0, 65_535));
            assert_eq!(mask_if_nonzero(a), if a == 0 { 0 } else { -1 });
            for b in values {
                assert_eq!(min(a, b), a.min(b));
                assert_eq!(max(a, b), a.max(b));
                assert_eq!(select(-1, a, b), a);
                assert_eq!(select(0, a, b), b);
            }
        }
        assert_eq!(mask_if_nonzero(i32::MIN), -1);
    }
}
