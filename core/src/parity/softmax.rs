//! Cases of softmax, against gemmlowp's functions written out with their divisions and branches.

use super::bench::{Bench, Digest, accepted};
use super::oracle::divide_by_power;
use super::{Mismatch, SplitMix64};
use crate::model::records::{Scale, Softmax, View};
use crate::ops::{self, softmax_table};
use crate::tensor::Weights;

pub(super) fn softmax(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let n = if rng.one_in(50) {
        rng.between(513, 1500) as u16
    } else {
        rng.size(80)
    };
    let input = View {
        offset: 0,
        h: 1,
        w: 1,
        c: n,
        zero_point: rng.zero_point(),
    };
    let output = View {
        zero_point: -128,
        ..input
    };
    let shift = if rng.one_in(10) {
        rng.between(0, 31)
    } else {
        rng.between(17, 25)
    } as i8;
    let scale = Scale {
        multiplier: rng.between(1 << 30, i32::MAX.into()) as i32,
        shift,
    };
    let table = softmax_table(scale).map_err(Mismatch::Refused)?;
    let op = Softmax {
        input,
        output,
        table: bench.weights.i32s(&table)?,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::softmax::check(&op, &weights))?;
    let x = bench.memory.random_anywhere(rng, n.into())?;
    let y = bench.memory.anywhere(rng, n.into())?;
    ops::softmax(&op, &weights, x, y);
    let mut digest = Digest::new();
    expect(&mut digest, 0, scale, x, y)?;
    Ok(digest)
}

/// Adds the scores of a row of logits, which begin at `first` in the output.
pub(super) fn expect(
    digest: &mut Digest,
    first: usize,
    scale: Scale,
    x: &[i8],
    y: &[i8],
) -> Result<(), Mismatch> {
    // TensorFlow Lite's CalculateInputRadius(5, shift, 31).
    let diff_min = -((31i64 << 26) >> scale.shift) as i32;
    let logits = Logits { scale, diff_min };
    let top = x.iter().copied().max().map_or(0, i64::from);
    let sum: i64 = x
        .iter()
        .filter_map(|&x| exponential(&logits, i64::from(x) - top))
        .map(|e| divide_by_power(e.into(), 12) as i64)
        .sum();
    let (reciprocal, over_unit) = reciprocal(sum);
    for (i, &value) in y.iter().enumerate() {
        let wanted = match exponential(&logits, i64::from(x[i]) - top) {
            Some(exp) => {
                (divide_by_power(doubling_high_mul(reciprocal, exp).into(), over_unit + 23) as i64
                    - 128)
                    .min(127)
            }
            None => -128,
        };
        digest.expect(first + i, value, wanted)?;
    }
    Ok(())
}

/// What the table is made of.
struct Logits {
    scale: Scale,
    diff_min: i32,
}

/// `exp(difference)` in Q0.31, where the difference counts.
fn exponential(logits: &Logits, difference: i64) -> Option<i64> {
    let scaled = || {
        doubling_high_mul(
            difference << logits.scale.shift,
            logits.scale.multiplier.into(),
        )
    };
    (difference >= i64::from(logits.diff_min)).then(|| exp_on_negative_values(scaled()))
}

/// gemmlowp's SaturatingRoundingDoublingHighMul.
pub(super) fn doubling_high_mul(a: i64, b: i64) -> i64 {
    let product = a * b;
    let nudge = if product >= 0 { 1 << 30 } else { 1 - (1 << 30) };
    (product + nudge) / (1 << 31)
}

/// gemmlowp's exp_on_negative_values for Q5.26.
pub(super) fn exp_on_negative_values(a: i64) -> i64 {
    if a == 0 {
        return i32::MAX.into();
    }
    let quarter = 1i64 << 24;
    let a_mod_quarter_minus_quarter = a.rem_euclid(quarter) - quarter;
    // From Q5.26 to Q0.31, then around -1/8.
    let x = a_mod_quarter_minus_quarter * 32 + (1 << 28);
    let x2 = doubling_high_mul(x, x);
    let x3 = doubling_high_mul(x2, x);
    let x4 = doubling_high_mul(x2, x2);
    let x4_over_4 = divide_by_power(x4.into(), 2) as i64;
    let sum = doubling_high_mul(x4_over_4 + x3, 715_827_883) + x2;
    let polynomial = x + divide_by_power(sum.into(), 1) as i64;
    let mut result = 1_895_147_668 + doubling_high_mul(1_895_147_668, polynomial);
    let remainder = a_mod_quarter_minus_quarter - a;
    for (bit, factor) in [
        1_672_461_947,
        1_302_514_674,
        790_015_084,
        290_630_308,
        39_332_535,
        720_401,
        242,
    ]
    .into_iter()
    .enumerate()
    {
        if remainder & (quarter << bit) != 0 {
            result = doubling_high_mul(result, factor);
        }
    }
    result
}

/// TensorFlow Lite's GetReciprocal of a Q12.19 sum: Q0.31 and the bits over unit.
fn reciprocal(sum: i64) -> (i64, i32) {
    let headroom = (sum as u32).leading_zeros() as i32;
    let a = ((sum as u32) << headroom) as i64 - (1 << 31);
    (newton_reciprocal(a), 12 - headroom)
}

/// gemmlowp's one_over_one_plus_x_for_x_in_0_1.
pub(super) fn newton_reciprocal(a: i64) -> i64 {
    // Both terms are positive, so gemmlowp's RoundingHalfSum rounds up.
    let half_denominator = (a + i64::from(i32::MAX) + 1) / 2;
    let mut x = 1_515_870_810 + doubling_high_mul(half_denominator, -1_010_580_540);
    for _ in 0..3 {
        let error = (1 << 29) - doubling_high_mul(half_denominator, x);
        x += saturate(doubling_high_mul(x, error) * 4);
    }
    saturate(x * 2)
}

pub(super) fn saturate(x: i64) -> i64 {
    x.clamp(i32::MIN.into(), i32::MAX.into())
}
