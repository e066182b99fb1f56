//! Minimum, maximum and saturation without a branch.
//!
//! `Ord::min` and `Ord::clamp` become a conditional jump on RV32IMC and Armv6-M, which makes the instruction count
//! depend on the data; the sign of a difference does not.

/// The smaller of two values that differ by less than 2^31.
#[inline(always)]
pub const fn min(a: i32, b: i32) -> i32 {
    let d = a.wrapping_sub(b);
    b.wrapping_add(d & (d >> 31))
}

/// The larger of two values that differ by less than 2^31.
#[inline(always)]
pub const fn max(a: i32, b: i32) -> i32 {
    let d = a.wrapping_sub(b);
    b.wrapping_add(d & !(d >> 31))
}

/// `x` limited to `[low, high]`; `x` must differ from each by less than 2^31.
#[inline(always)]
pub const fn clamp(x: i32, low: i32, high: i32) -> i32 {
    max(min(x, high), low)
}

/// `x` limited to the int8 range, for `|x| <= 2^30`.
#[inline(always)]
pub const fn saturate_i8(x: i32) -> i8 {
    clamp(x, i8::MIN as i32, i8::MAX as i32) as i8
}

/// `x` limited to the int16 range, for `|x| <= 2^30`.
#[inline(always)]
pub const fn saturate_i16(x: i32) -> i16 {
    clamp(x, i16::MIN as i32, i16::MAX as i32) as i16
}

/// All ones where `condition_sign` is negative, else zero.
#[inline(always)]
pub const fn mask_if_negative(condition_sign: i32) -> i32 {
    condition_sign >> 31
}

/// All ones where `x` is not zero, else zero.
#[inline(always)]
pub const fn mask_if_nonzero(x: i32) -> i32 {
    (x | x.wrapping_neg()) >> 31
}

/// `a` where the mask is all ones, `b` where it is zero.
#[inline(always)]
pub const fn select(mask: i32, a: i32, b: i32) -> i32 {
    b ^ ((a ^ b) & mask)
}

/// `x` limited to the i32 range.
#[inline(always)]
pub const fn saturate_i32(x: i64) -> i32 {
    let (low, high) = (x as i32, (x >> 32) as i32);
    // In range, the upper word repeats the sign of the lower one.
    let outside = mask_if_nonzero(high ^ (low >> 31));
    select(outside, (high >> 31) ^ i32::MAX, low)
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
            i32::MAX / 2,
        ];
        for a in values {
            assert_eq!(i32::from(saturate_i8(a)), a.clamp(-128, 127));
            assert_eq!(i32::from(saturate_i16(a)), a.clamp(-32_768, 32_767));
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
