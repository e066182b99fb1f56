//! Products of more than 32 bits.
//!
//! Armv6-M multiplies 32 bits by 32 to 32; the compiler's helper for 64-bit products knows nothing of operands that are
//! shorter, so there they are made of halves.

/// `floor((a * b + low) / 2^32)`; of `low`, the upper 16 bits only.
#[inline(always)]
pub fn high_product(a: i32, b: i32, low: u32) -> i32 {
    if cfg!(kernels = "arm_v6m") {
        high_product_of_halves(a, b, low)
    } else {
        ((a as i64 * b as i64 + (low & 0xffff_0000) as i64) >> 32) as i32
    }
}

/// `a * b`.
#[inline(always)]
pub fn product_u64(a: u32, b: u16) -> u64 {
    if cfg!(kernels = "arm_v6m") {
        product_of_halves(a, b)
    } else {
        a as u64 * b as u64
    }
}

/// `a * a`.
#[inline(always)]
pub fn square(a: i32) -> u64 {
    if cfg!(kernels = "arm_v6m") {
        square_of_halves(a)
    } else {
        (a as i64 * a as i64) as u64
    }
}

/// [`high_product`] without a product of more than 32 bits.
#[inline(always)]
fn high_product_of_halves(a: i32, b: i32, low: u32) -> i32 {
    let (a_low, a_high) = (a & 0xffff, a >> 16);
    let (b_low, b_high) = (b & 0xffff, b >> 16);
    let lowest = (a_low as u32).wrapping_mul(b_low as u32);
    // At most 65535 * 32768 in magnitude.
    let (first, second) = (a_high.wrapping_mul(b_low), b_high.wrapping_mul(a_low));
    // Four numbers of 16 bits.
    let middle = (lowest >> 16) + (first & 0xffff) as u32 + (second & 0xffff) as u32 + (low >> 16);
    a_high
        .wrapping_mul(b_high)
        .wrapping_add(first >> 16)
        .wrapping_add(second >> 16)
        .wrapping_add((middle >> 16) as i32)
}

/// [`product_u64`] without a product of more than 32 bits.
#[inline(always)]
fn product_of_halves(a: u32, b: u16) -> u64 {
    let low = (a & 0xffff).wrapping_mul(b as u32);
    let high = (a >> 16).wrapping_mul(b as u32);
    low as u64 + ((high as u64) << 16)
}

/// [`square`] without a product of more than 32 bits.
#[inline(always)]
fn square_of_halves(a: i32) -> u64 {
    let (low, high) = (a & 0xffff, a >> 16);
    let lowest = (low as u32).wrapping_mul(low as u32);
    let highest = high.wrapping_mul(high) as u32;
    // At most 65535 * 32768 in magnitude, and then twice that.
    let middle = high.wrapping_mul(low) as i64;
    (lowest as u64 | (highest as u64) << 32).wrapping_add((middle << 17) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_whole_products() {
        let mut state = 7u64;
        let mut next = || {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let value = (state >> 32) as i32;
            let edges = [i32::MIN, i32::MAX, 0, -1, 1, 0xffff, -0x8000, -0x1_0000];
            match state >> 60 & 3 {
                0 => edges[state as usize >> 20 & 7],
                1 => value >> (state >> 20 & 31),
                _ => value,
            }
        };
        for _ in 0..100_000 {
            let (a, b, low) = (next(), next(), next() as u32);
            let exact = i128::from(a) * i128::from(b) + i128::from(low & 0xffff_0000);
            assert_eq!(
                i128::from(high_product_of_halves(a, b, low)),
                exact >> 32,
                "{a} {b} {low}"
            );
            assert_eq!(high_product(a, b, low), high_product_of_halves(a, b, low));
            assert_eq!(
                u128::from(square_of_halves(a)),
                i128::from(a).pow(2) as u128
            );
            assert_eq!(square(a), square_of_halves(a));
            let (a, b) = (a as u32, b as u16);
            assert_eq!(product_of_halves(a, b), u64::from(a) * u64::from(b));
            assert_eq!(product_u64(a, b), product_of_halves(a, b));
        }
    }
}
