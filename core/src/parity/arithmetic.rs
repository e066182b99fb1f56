//! Cases of arithmetic of imported networks: of two operands, along axes, over rows.

use super::bench::{Bench, Digest, accepted};
use super::oracle::{divide_by_power, index, place, requantise, store};
use super::softmax::{doubling_high_mul, exp_on_negative_values, newton_reciprocal, saturate};
use super::{Mismatch, SplitMix64};
use crate::model::records::{
    ArgMax, L2Normalise, LogSoftmax, Pair, Pairwise, Reduce, Reduction, Rounding, Scale, Softmax,
    View,
};
use crate::ops::{self, softmax_table};
use crate::tensor::Weights;

const PAIRS: [Pair; 8] = [
    Pair::Sum,
    Pair::Difference,
    Pair::Reverse,
    Pair::Product,
    Pair::SquaredDifference,
    Pair::Maximum,
    Pair::Minimum,
    Pair::Prelu,
];

pub(super) fn pairwise(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let output = view(rng);
    // Of each side, one operand may have a single place.
    let (mut a, mut b) = (output, output);
    for side in 0..3 {
        let operand = match rng.between(0, 5) {
            0 => &mut a,
            1 | 2 => &mut b,
            _ => continue,
        };
        *[&mut operand.h, &mut operand.w, &mut operand.c][side] = 1;
    }
    let kind = *rng.pick(&PAIRS);
    if !matches!(kind, Pair::Maximum | Pair::Minimum) {
        (a.zero_point, b.zero_point) = (rng.zero_point(), rng.zero_point());
    }
    let constant = rng.one_in(3);
    let op = Pairwise {
        kind,
        a,
        b,
        values: match constant {
            true => Some(bench.weights.i8s(rng, b.len(), -128)?),
            false => None,
        },
        output,
        a_scale: rng.scale(if kind == Pair::Prelu { 8 } else { 12 }, -31, -1),
        b_scale: rng.scale(12, -31, -1),
        out_scale: match kind {
            Pair::Product | Pair::Prelu => rng.scale(14, -31, 30),
            Pair::SquaredDifference => rng.scale(20, -31, 0),
            _ => rng.scale(27, -31, 0),
        },
        clamp: rng.clamp(),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::pairwise::check(&op, &weights))?;
    let n = output.len();
    let (x, z) = (
        bench.memory.random(rng, a.len())?,
        bench.memory.random(rng, b.len())?,
    );
    let (y, over) = (bench.memory.i8s(n)?, bench.memory.i8s(n)?);
    ops::pairwise(&op, &weights, Some(x), Some(z), y);
    let z = op.values.map_or(&*z, |values| weights.i8s(values));
    let mut digest = Digest::new();
    for (i, &value) in y.iter().enumerate() {
        let (left, right) = (x[broadcast(&a, &output, i)], z[broadcast(&b, &output, i)]);
        digest.expect(i, value, pair(&op, left.into(), right.into()))?;
    }
    // The same over each operand that has the output's shape.
    if a.len() == n {
        over.copy_from_slice(x);
        ops::pairwise(&op, &weights, None, Some(z), over);
        same(&mut digest, over, y)?;
    }
    if b.len() == n && !constant {
        over.copy_from_slice(z);
        ops::pairwise(&op, &weights, Some(x), None, over);
        same(&mut digest, over, y)?;
    }
    Ok(digest)
}

fn same(digest: &mut Digest, found: &[i8], wanted: &[i8]) -> Result<(), Mismatch> {
    for (i, (&found, &wanted)) in found.iter().zip(wanted).enumerate() {
        digest.expect(i, found, wanted.into())?;
    }
    Ok(())
}

/// The index of an operand's value for a place of the output.
fn broadcast(operand: &View, output: &View, at: usize) -> usize {
    let (row, column, channel) = place(output, at);
    let within = |place: usize, side: u16| if side == 1 { 0 } else { place };
    index(
        operand,
        within(row, operand.h),
        within(column, operand.w),
        within(channel, operand.c),
    )
}

fn pair(op: &Pairwise, a: i64, b: i64) -> i64 {
    let (x, y) = (
        a - i64::from(op.a.zero_point),
        b - i64::from(op.b.zero_point),
    );
    let tflite = |x: i64, s: Scale| requantise(Rounding::Tflite, x, s.multiplier, s.shift);
    let sum = |x: i64, y: i64| {
        let sum = tflite(x << 20, op.a_scale) + tflite(y << 20, op.b_scale);
        tflite(sum, op.out_scale)
    };
    let value = match op.kind {
        Pair::Sum => sum(x, y),
        Pair::Difference => sum(x, -y),
        Pair::Reverse => sum(-x, y),
        Pair::Product => tflite(x * y, op.out_scale),
        Pair::SquaredDifference => {
            let difference = tflite(x << 7, op.a_scale) - tflite(y << 7, op.b_scale);
            tflite(difference * difference, op.out_scale)
        }
        Pair::Maximum => x.max(y),
        Pair::Minimum => x.min(y),
        Pair::Prelu if x >= 0 => tflite(x, op.a_scale),
        Pair::Prelu => tflite(x * y, op.out_scale),
    };
    store(value, &op.output, &op.clamp)
}

pub(super) fn reduce(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = view(rng);
    let mut output = input;
    for side in [&mut output.h, &mut output.w, &mut output.c] {
        if rng.one_in(2) {
            *side = 1;
        }
    }
    let kind = *rng.pick(&[
        Reduction::Sum,
        Reduction::Bytes,
        Reduction::Max,
        Reduction::Min,
    ]);
    if matches!(kind, Reduction::Sum | Reduction::Bytes) {
        output.zero_point = rng.zero_point();
    }
    let mut scale = rng.scale(10, -31, 30);
    // A mean's multiplier, divided and not normalised.
    if rng.one_in(2) {
        scale.multiplier = rng.between(1 << 29, i32::MAX.into()) as i32;
    }
    let op = Reduce {
        kind,
        input,
        output,
        scale,
        clamp: rng.clamp(),
    };
    accepted(ops::reduce::check(&op))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    ops::reduce(&op, x, y);
    let mut digest = Digest::new();
    for (i, &value) in y.iter().enumerate() {
        let taken = (0..input.len()).filter(|&at| {
            let (row, column, channel) = place(&input, at);
            let within = |place: usize, side: u16| if side == 1 { 0 } else { place };
            index(
                &output,
                within(row, output.h),
                within(column, output.w),
                within(channel, output.c),
            ) == i
        });
        let stored = |at: usize| match kind {
            Reduction::Bytes => i64::from(x[at].cast_unsigned()),
            _ => i64::from(x[at]),
        };
        let values = taken.map(|at| stored(at) - i64::from(input.zero_point));
        let result = match kind {
            Reduction::Sum | Reduction::Bytes => requantise(
                Rounding::Tflite,
                values.sum(),
                scale.multiplier,
                scale.shift,
            ),
            Reduction::Max => values.max().unwrap_or(0),
            Reduction::Min => values.min().unwrap_or(0),
        };
        let wanted = match kind {
            Reduction::Bytes => {
                let byte = (result + i64::from(output.zero_point)).clamp(0, 255);
                i64::from((byte as u8).cast_signed())
            }
            _ => store(result, &output, &op.clamp),
        };
        digest.expect(i, value, wanted)?;
    }
    Ok(digest)
}

pub(super) fn softmax_rows(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (input, scale) = logits(rng);
    let output = View {
        zero_point: -128,
        ..input
    };
    let table = softmax_table(scale).map_err(Mismatch::Refused)?;
    let op = Softmax {
        input,
        output,
        table: bench.weights.i32s(&table)?,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::rows::check_softmax(&op, &weights))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(input.len())?;
    ops::softmax_rows(&op, &weights, x, y);
    let mut digest = Digest::new();
    let rows = x.chunks(input.c.into()).zip(y.chunks(input.c.into()));
    for (row, (x, y)) in rows.enumerate() {
        let first = row * usize::from(input.c);
        super::softmax::expect(&mut digest, first, scale, x, y)?;
    }
    Ok(digest)
}

pub(super) fn log_softmax(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (input, scale) = logits(rng);
    let output = View {
        zero_point: 127,
        ..input
    };
    let table = softmax_table(scale).map_err(Mismatch::Refused)?;
    let op = LogSoftmax {
        input,
        output,
        table: bench.weights.i32s(&table)?,
        scale,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::rows::check_log_softmax(&op, &weights))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(input.len())?;
    ops::log_softmax(&op, &weights, x, y);
    let mut digest = Digest::new();
    for (row, x) in x.chunks(input.c.into()).enumerate() {
        let top = x.iter().copied().max().map_or(0, i64::from);
        // TensorFlow Lite's CalculateInputRadius(5, shift, 31).
        let least = -((31i64 << 26) >> scale.shift);
        let scaled = |x: i8| {
            let difference = i64::from(x) - top;
            (difference >= least)
                .then(|| doubling_high_mul(difference << scale.shift, scale.multiplier.into()))
        };
        let exponentials = x.iter().filter_map(|&x| scaled(x));
        let sum: i64 = exponentials
            .map(|x| divide_by_power(exp_on_negative_values(x).into(), 12) as i64)
            .sum();
        let log = logarithm(sum);
        for (i, &x) in x.iter().enumerate() {
            let wanted = match scaled(x) {
                Some(x) => (divide_by_power((x - log).into(), 22) as i64 + 127).clamp(-128, 127),
                None => -128,
            };
            let at = row * usize::from(input.c) + i;
            digest.expect(at, y[at], wanted)?;
        }
    }
    Ok(digest)
}

/// TensorFlow Lite's log_x_for_x_greater_than_or_equal_to_1 of a sum in Q12.19, in Q5.26, product by product.
fn logarithm(x: i64) -> i64 {
    const ROOT_OF_A_HALF: i64 = 1_518_500_250;
    const CENTRE: i64 = 1_805_811_301;
    let mul = doubling_high_mul;
    let zeros = |x: i64| i64::from((x as u32).leading_zeros());
    let a_zeros = zeros(x);
    let a = saturate(2 * mul(saturate(x << (a_zeros - 1)), ROOT_OF_A_HALF));
    let a_power = saturate(saturate((12 - a_zeros) << 25) + (1 << 23));
    let b_room = zeros(mul(x, ROOT_OF_A_HALF)) - 1;
    let b = saturate(x << b_room);
    let b_power = saturate(saturate((12 - b_room) << 25) - (1 << 23));
    let (r, power) = (a.min(b), a_power.max(b_power));
    let p = (r + CENTRE + 1) / 2;
    let q = 2 * (r - CENTRE);
    let q2 = mul(q, q);
    let upper = mul(q, r) + mul(mul(q, q2), 117_049_297);
    let lower = mul(p, 1_057_819_769 + q + mul(127_690_142, q2)) + mul(638_450_708, q);
    let share = mul(
        divide_by_power(upper.into(), 6) as i64,
        newton_reciprocal(lower),
    );
    saturate(2 * (mul(power, 1_488_522_236) + share))
}

pub(super) fn l2_normalise(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = view(rng);
    let output = View {
        zero_point: 0,
        ..input
    };
    let op = L2Normalise { input, output };
    accepted(ops::rows::check_l2_normalise(&op))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(input.len())?;
    ops::l2_normalise(&op, x, y);
    let mut digest = Digest::new();
    for (row, x) in x.chunks(input.c.into()).enumerate() {
        let value = |x: i8| i64::from(x) - i64::from(input.zero_point);
        let squares: i64 = x.iter().map(|&x| value(x) * value(x)).sum();
        let (multiplier, right) = inverse_root(squares);
        for (i, &x) in x.iter().enumerate() {
            let scaled = requantise(
                Rounding::Tflite,
                value(x),
                multiplier as i32,
                (7 - right) as i8,
            );
            let at = row * usize::from(input.c) + i;
            digest.expect(at, y[at], scaled.clamp(-128, 127))?;
        }
    }
    Ok(digest)
}

/// TensorFlow Lite's GetInvSqrtQuantizedMultiplierExp, with its loop and its branches: multiplier and right shift.
fn inverse_root(mut x: i64) -> (i64, i32) {
    if x <= 1 {
        return (i32::MAX.into(), 0);
    }
    let mut right = 11;
    while x >= 1 << 29 {
        x /= 4;
        right += 1;
    }
    let pairs = ((x as u32).leading_zeros() - 1) / 2 - 1;
    right -= pairs as i32;
    x <<= 2 * pairs;
    let x = x >> 1;
    let half = divide_by_power(x.into(), 1) as i64;
    let mul = doubling_high_mul;
    let mut root = 1i64 << 28;
    for _ in 0..5 {
        let cube = saturate(mul(mul(root, root), root) << 6);
        root = saturate((mul((1 << 28) + (1 << 27), root) - mul(half, cube)) << 3);
    }
    root = mul(root, 1_518_500_250);
    if right < 0 {
        (root << -right, 0)
    } else {
        (root, right)
    }
}

pub(super) fn arg_max(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = View {
        c: rng.size(128),
        ..view(rng)
    };
    let output = View { c: 1, ..input };
    let op = ArgMax { input, output };
    accepted(ops::rows::check_arg_max(&op))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    ops::arg_max(&op, x, y);
    let mut digest = Digest::new();
    for (row, x) in x.chunks(input.c.into()).enumerate() {
        let first = (0..x.len()).rev().max_by_key(|&at| x[at]);
        digest.expect(row, y[row], first.unwrap_or(0) as i64)?;
    }
    Ok(digest)
}

/// Rows of logits, and the scale that a softmax knows them by.
fn logits(rng: &mut SplitMix64) -> (View, Scale) {
    let shift = if rng.one_in(10) {
        rng.between(0, 31)
    } else {
        rng.between(17, 25)
    };
    let scale = Scale {
        multiplier: rng.between(1 << 30, i32::MAX.into()) as i32,
        shift: shift as i8,
    };
    (view(rng), scale)
}

fn view(rng: &mut SplitMix64) -> View {
    View {
        offset: 0,
        h: rng.size(4),
        w: rng.size(4),
        c: rng.size(20),
        zero_point: rng.zero_point(),
    }
}
