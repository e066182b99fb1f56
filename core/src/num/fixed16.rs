//! Logistic function and hyperbolic tangent of 16-bit fixed-point numbers in gemmlowp's arithmetic: what TensorFlow Lite's integer
//! recurrent layers compute, bit for bit.
//!
//! A number with `k` integer bits has `15 - k` fractional ones and a sign; results are Q0.15. Both functions are `exp(-|x|)`, by a polynomial
//! for the last quarter and a factor for each binary digit above it, and then a division by Newton's method.

use super::opaque::opaque;
use super::select::saturate_i16;

/// The largest Q0.15 number, which stands for 1.
const ONE: i32 = i16::MAX as i32;
/// 1 in Q2.13.
const ONE_Q13: i32 = 1 << 13;
/// `exp(-1/8)` in Q0.15.
const EXP_OF_EIGHTH: i32 = 28_918;
/// 1/3 in Q0.15.
const THIRD: i32 = 10_923;
/// 48/17 and -32/17 in Q2.13: the best line to start Newton's division from.
const LINE: (i32, i32) = (23_130, -15_420);
/// `exp(-2^e)` in Q0.15 for the exponents e from -2 on.
const FACTORS: [i32; 7] = [25_520, 19_875, 12_055, 4_435, 600, 11, 0];

/// Most integer bits that [`tanh_16`] knows.
pub const MAX_TANH_BITS: u32 = 6;

/// `1 / (1 + exp(-x))` in Q0.15 of an `x` in Q3.12.
pub fn logistic_16(x: i16) -> i16 {
    let x = i32::from(x);
    let upper = shifted(divisor(exp_of_negative(-x.abs(), 3)), 1);
    // Below zero: what the upper half lacks to 1.
    let below = mask(x);
    let value = (upper ^ below) + (ONE & below) - below;
    // The steps do not quite lead to a half.
    let value = (value & nonzero(x)) | (1 << 14 & !nonzero(x));
    value as i16
}

/// `tanh(x)` in Q0.15 of an `x` with so many integer bits, at most [`MAX_TANH_BITS`].
pub fn tanh_16(x: i16, integer_bits: u32) -> i16 {
    let x = i32::from(x);
    // The number of twice the value has the same digits and one integer bit more.
    let exp = exp_of_negative(-x.abs(), integer_bits + 1);
    let size = shifted(divisor(exp) - ONE_Q13, 2) & nonzero(x);
    let below = mask(x);
    saturate_i16((size ^ below) - below)
}

/// `exp(x)` in Q0.15 of an `x < 0` with 1 to 7 integer bits; of 0 any number.
fn exp_of_negative(x: i32, integer_bits: u32) -> i32 {
    let fraction = 15 - integer_bits.clamp(1, 7);
    let quarter = 1 << (fraction - 2);
    // What is below a quarter, less a quarter: in [-1/4, 0).
    let low = (x & (quarter - 1)) - quarter;
    let mut result = exp_of_quarter(shifted(low, 15 - fraction));
    let digits = (low - x) >> (fraction - 2);
    for (place, &factor) in FACTORS.iter().enumerate() {
        let digit = opaque(-(digits >> place & 1));
        result += (product(result, factor) - result) & digit;
    }
    // Beyond -32 nothing is left; with fewer integer bits no number is there.
    let least = -32 << fraction;
    result & !mask(x - least)
}

/// `exp(x)` of an `x` in [-1/4, 0), all in Q0.15: the Taylor series around -1/8 up to its fourth power.
fn exp_of_quarter(x: i32) -> i32 {
    let x = x + (1 << 12);
    let x2 = product(x, x);
    let x3 = product(x2, x);
    let x4 = product(x2, x2);
    let cubes = product(divided(x4, 2) + x3, THIRD);
    let series = divided(cubes + x2, 1);
    saturate_i16(EXP_OF_EIGHTH + product(EXP_OF_EIGHTH, x + series)).into()
}

/// `2 / (1 + x)` in Q2.13 of an `x` in [0, 1] in Q0.15, by three of Newton's steps.
fn divisor(x: i32) -> i32 {
    let half_denominator = (x + ONE + 1) >> 1;
    let mut y = LINE.0 + product(half_denominator, LINE.1);
    for _ in 0..3 {
        let error = ONE_Q13 - product(half_denominator, y);
        y += shifted(product(y, error), 2);
    }
    y
}

/// The product of two numbers, of which one is Q0.15: rounded half up, as gemmlowp's SaturatingRoundingDoublingHighMul rounds.
fn product(a: i32, b: i32) -> i32 {
    (a * b + (1 << 14)) >> 15
}

/// `x * 2^bits`, saturated to 16 bits, of a number of 16 bits.
fn shifted(x: i32, bits: u32) -> i32 {
    saturate_i16(x << bits).into()
}

/// `x / 2^bits`, rounded half away from zero.
fn divided(x: i32, bits: u32) -> i32 {
    let half = 1 << bits >> 1;
    (x + half + mask(x)) >> bits
}

/// All ones of a negative number.
fn mask(x: i32) -> i32 {
    x >> 31
}

/// All ones of a number other than 0.
fn nonzero(x: i32) -> i32 {
    mask(x | -x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// gemmlowp's functions, line by line, with their branches and divisions.
    mod definition {
        fn saturate(x: i64) -> i64 {
            x.clamp(-32768, 32767)
        }

        fn doubling_high_mul(a: i64, b: i64) -> i64 {
            let nudge = if a * b >= 0 { 1 << 14 } else { 1 - (1 << 14) };
            saturate((a * b + nudge) / (1 << 15))
        }

        fn divide_by_pot(x: i64, exponent: u32) -> i64 {
            let mask = (1i64 << exponent) - 1;
            let threshold = (mask >> 1) + i64::from(x < 0);
            (x >> exponent) + i64::from(x & mask > threshold)
        }

        /// A constant of 32 bits with as many of 16.
        fn constant(of_32_bits: i64) -> i64 {
            divide_by_pot(of_32_bits, 16)
        }

        fn exp_on_quarter(a: i64) -> i64 {
            let x = a + (1 << 12);
            let x2 = doubling_high_mul(x, x);
            let x3 = doubling_high_mul(x2, x);
            let x4 = doubling_high_mul(x2, x2);
            let third = doubling_high_mul(divide_by_pot(x4, 2) + x3, constant(715_827_883));
            let series = divide_by_pot(third + x2, 1);
            let term = constant(1_895_147_668);
            saturate(term + doubling_high_mul(term, x + series))
        }

        fn exp_on_negative(a: i64, integer_bits: i64) -> i64 {
            if a == 0 {
                return 32767;
            }
            let fraction = 15 - integer_bits;
            if integer_bits > 5 && a < -(1i64 << (36 - integer_bits - 16)) {
                return 0;
            }
            let quarter = 1i64 << (fraction - 2);
            let low = (a & (quarter - 1)) - quarter;
            let mut result = exp_on_quarter(saturate(low << integer_bits));
            let factors = [
                1_672_461_947,
                1_302_514_674,
                790_015_084,
                290_630_308,
                39_332_535,
                720_401,
                242,
            ];
            for (exponent, factor) in (-2..).zip(factors) {
                if integer_bits > exponent && (low - a) & (1 << (fraction + exponent)) != 0 {
                    result = doubling_high_mul(result, constant(factor));
                }
            }
            result
        }

        /// The last of Newton's numbers in Q2.13.
        fn newton(a: i64) -> i64 {
            let half_denominator = (a + 32767 + 1) / 2;
            let start = doubling_high_mul(half_denominator, constant(-1_010_580_540));
            let mut x = constant(1_515_870_810) + start;
            for _ in 0..3 {
                let error = (1 << 13) - doubling_high_mul(half_denominator, x);
                x += saturate(doubling_high_mul(x, error) << 2);
            }
            x
        }

        pub fn logistic(a: i64) -> i64 {
            if a == 0 {
                return 1 << 14;
            }
            let positive = saturate(newton(exp_on_negative(-a.abs(), 3)) << 1);
            if a > 0 { positive } else { 32767 - positive }
        }

        pub fn tanh(a: i64, integer_bits: i64) -> i64 {
            if a == 0 {
                return 0;
            }
            let x = newton(exp_on_negative(-a.abs(), integer_bits + 1));
            let positive = saturate((x - (1 << 13)) << 2);
            if a > 0 { positive } else { -positive }
        }
    }

    #[test]
    fn every_value_is_that_of_the_definition() {
        for x in i16::MIN..=i16::MAX {
            let wanted = definition::logistic(x.into());
            assert_eq!(i64::from(logistic_16(x)), wanted, "logistic of {x}");
            for bits in 0..=MAX_TANH_BITS {
                let wanted = definition::tanh(x.into(), bits.into());
                assert_eq!(i64::from(tanh_16(x, bits)), wanted, "tanh of {x}, {bits}");
            }
        }
    }
}
