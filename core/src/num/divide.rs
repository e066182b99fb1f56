//! Division of many numbers by one, without a division instruction for each.
//!
//! Software division (Armv6-M) takes a time that depends on the dividend; a product with a reciprocal does not.

use super::opaque;
use super::select::mask_if_negative;

/// A divisor with its reciprocal.
#[derive(Clone, Copy, Debug)]
pub struct Divider {
    divisor: u32,
    reciprocal: u32,
}

impl Divider {
    /// Prepares division by `divisor`, which must be below 2^31; 0 counts as 1.
    pub const fn new(divisor: u32) -> Self {
        let divisor = if divisor == 0 { 1 } else { divisor };
        Divider {
            divisor,
            reciprocal: u32::MAX / divisor,
        }
    }

    /// `x / divisor`, rounded down.
    ///
    /// The reciprocal is too small by less than 2, so the estimate falls short by less than
    /// `x * (1 + 1 / divisor) / 2^32 + 1 < 3`; two corrections make it exact.
    #[inline(always)]
    pub fn floor(self, x: u32) -> u32 {
        let estimate = ((x as u64 * self.reciprocal as u64) >> 32) as u32;
        let rest = x.wrapping_sub(estimate.wrapping_mul(self.divisor));
        let once = at_least(rest, self.divisor);
        let rest = rest.wrapping_sub(once * self.divisor);
        estimate + once + at_least(rest, self.divisor)
    }

    /// `x / divisor`, rounded to nearest, half up, for `|x| <= 2^31 - 1 - divisor / 2`.
    #[inline(always)]
    pub fn nearest(self, x: i32) -> i32 {
        let x = x.wrapping_add((self.divisor >> 1) as i32);
        // floor(-a / n) = -1 - floor((a - 1) / n): the complement on both sides.
        let sign = mask_if_negative(x);
        self.floor((x ^ sign) as u32) as i32 ^ sign
    }

    /// `x / divisor`, rounded to nearest, half away from zero, as TensorFlow Lite's AVERAGE_POOL_2D.
    #[inline(always)]
    pub fn nearest_away(self, x: i32) -> i32 {
        let sign = mask_if_negative(x);
        let magnitude = (x ^ sign).wrapping_sub(sign) as u32;
        let quotient = self.floor(magnitude.wrapping_add(self.divisor >> 1)) as i32;
        (quotient ^ sign).wrapping_sub(sign)
    }
}

/// 1 where `a >= b`, else 0.
#[inline(always)]
fn at_least(a: u32, b: u32) -> u32 {
    if cfg!(kernels = "arm_v6m") {
        at_least_by_borrow(a, b)
    } else {
        (((a as u64).wrapping_sub(b as u64) >> 63) ^ 1) as u32
    }
}

/// [`at_least`] from the borrow of `a - b` ("Hacker's Delight", 2-13): of a comparison, Armv6-M can make a jump only.
#[inline(always)]
fn at_least_by_borrow(a: u32, b: u32) -> u32 {
    let borrow = (!a & b) | ((!a | b) & a.wrapping_sub(b));
    opaque((borrow >> 31) as i32) as u32 ^ 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrow_tells_which_is_larger() {
        let values = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, u32::MAX];
        for a in values {
            for b in values {
                assert_eq!(at_least_by_borrow(a, b), u32::from(a >= b), "{a} {b}");
                assert_eq!(at_least(a, b), u32::from(a >= b), "{a} {b}");
            }
        }
    }

    #[test]
    fn agrees_with_division() {
        let divisors = [
            1u32,
            2,
            3,
            4,
            5,
            7,
            9,
            10,
            49,
            63,
            64,
            65,
            255,
            784,
            1000,
            65_535,
            65_536,
            1 << 30,
            i32::MAX as u32,
        ];
        let mut x = 1u32;
        for n in divisors {
            let d = Divider::new(n);
            for i in 0..20_000u32 {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let value = match i {
                    0..100 => i,
                    100..200 => u32::MAX - (i - 100),
                    200..300 => n.wrapping_mul(i - 200),
                    300..400 => n.wrapping_mul(i - 300).wrapping_sub(1),
                    _ => x >> (i % 24),
                };
                assert_eq!(d.floor(value), value / n, "{value} / {n}");
            }
            for i in -3000..3000i64 {
                let half = i64::from(n / 2);
                assert_eq!(
                    i64::from(d.nearest(i as i32)),
                    (i + half).div_euclid(i64::from(n)),
                    "{i} / {n}"
                );
                let away = if i > 0 {
                    (i + half) / i64::from(n)
                } else {
                    (i - half) / i64::from(n)
                };
                assert_eq!(i64::from(d.nearest_away(i as i32)), away, "{i} / {n}");
            }
        }
    }

    #[test]
    fn zero_counts_as_one() {
        assert_eq!(Divider::new(0).nearest(-5), -5);
    }
}
