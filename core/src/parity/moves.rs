//! Cases of rearrangements, constants and pictures of another size.

use heapless::Vec;

use super::bench::{Bench, Digest, accepted};
use super::oracle::{index, place};
use super::{Mismatch, SplitMix64};
use crate::model::records::{
    Axis, Blob, Constant, FILL, MAX_AXES, Rearrange, Resize, Spread, View,
};
use crate::ops;
use crate::tensor::Weights;

/// Up to six axes of up to three places, some of them with indices of their own.
pub(super) fn rearrange(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (count, run) = (rng.between(0, MAX_AXES as i64), rng.between(1, 3));
    let mut axes = Vec::<Axis, MAX_AXES>::new();
    let (mut start, mut end, mut len) = (0, run, run);
    for _ in 0..count {
        let places = rng.size(3);
        let step = rng.between(-7, 40) as i32;
        let (indices, ends) = match rng.one_in(2) {
            true => (Blob { offset: 0, len: 0 }, (0, i64::from(places) - 1)),
            false => table(rng, &mut bench, places)?,
        };
        let (first, last) = (ends.0 * i64::from(step), ends.1 * i64::from(step));
        start -= first.min(last).min(0);
        end += first.max(last).max(0);
        len *= i64::from(places);
        axes.extend([Axis {
            count: places,
            step,
            indices,
        }]);
    }
    let row = |len: i64| View {
        offset: 0,
        h: 1,
        w: 1,
        c: len as u16,
        zero_point: 0,
    };
    let op = Rearrange {
        input: row(start + end + rng.between(0, 9)),
        output: row(len),
        start: start as u32,
        axes,
        run: run as u32,
        fill: rng.zero_point(),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::rearrange::check(&op, &weights))?;
    let x = bench.memory.random(rng, op.input.len())?;
    let y = bench.memory.i8s(op.output.len())?;
    ops::rearrange(&op, &weights, x, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        let wanted = source(&op, &weights, n).map_or(op.fill, |at| x[at]);
        digest.expect(n, value, wanted.into())?;
    }
    Ok(digest)
}

/// Indices of so many places, and the least and the largest of them.
fn table(
    rng: &mut SplitMix64,
    bench: &mut Bench<'_>,
    places: u16,
) -> Result<(Blob, (i64, i64)), Mismatch> {
    let (mut least, mut most) = (i64::MAX, 0);
    let blob = bench.weights.u16s_by(places.into(), || {
        if rng.one_in(4) {
            return FILL;
        }
        let index = rng.between(0, 9);
        (least, most) = (least.min(index), most.max(index));
        index as u16
    })?;
    Ok((blob, (least.min(most), most)))
}

/// Where a value of the output comes from, by division: the place along each axis, the last one first.
fn source(op: &Rearrange, weights: &Weights<'_>, n: usize) -> Option<usize> {
    let run = op.run as usize;
    let (mut rest, mut at) = (n / run, i64::from(op.start) + (n % run) as i64);
    for axis in op.axes.iter().rev() {
        let place = rest % usize::from(axis.count);
        rest /= usize::from(axis.count);
        let index = match axis.indices.len {
            0 => place as u16,
            _ => Some(weights.u16s(axis.indices)[place]).filter(|&index| index != FILL)?,
        };
        at += i64::from(index) * i64::from(axis.step);
    }
    Some(at as usize)
}

pub(super) fn constant(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let output = View {
        offset: 0,
        h: rng.size(5),
        w: rng.size(5),
        c: rng.size(9),
        zero_point: rng.zero_point(),
    };
    let op = Constant {
        output,
        values: bench.weights.i8s(rng, output.len(), -128)?,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::constant::check(&op, &weights))?;
    let y = bench.memory.i8s(output.len())?;
    ops::constant(&op, &weights, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        digest.expect(n, value, weights.i8s(op.values)[n].into())?;
    }
    Ok(digest)
}

pub(super) fn resize(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = View {
        offset: 0,
        h: rng.size(6),
        w: rng.size(6),
        c: rng.size(7),
        zero_point: rng.zero_point(),
    };
    let output = View {
        h: rng.size(9),
        w: rng.size(9),
        ..input
    };
    let mut spread = || Spread {
        first: *rng.pick(&[0, -512, -100, 700]),
        step: rng.between(0, 3000) as i32,
    };
    let op = Resize {
        input,
        output,
        rows: spread(),
        columns: spread(),
    };
    accepted(ops::resize::check(&op))?;
    let x = bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    ops::resize(&op, x, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        let (row, column, channel) = place(&output, n);
        let (up, down, below) = neighbours(&op.rows, row, input.h);
        let (left, right, beyond) = neighbours(&op.columns, column, input.w);
        let value_at = |row, column| i64::from(x[index(&input, row, column, channel)]);
        let sum = value_at(up, left) * (1024 - below) * (1024 - beyond)
            + value_at(down, left) * below * (1024 - beyond)
            + value_at(up, right) * (1024 - below) * beyond
            + value_at(down, right) * below * beyond;
        let half = if sum > 0 { 1 << 19 } else { -(1 << 19) };
        digest.expect(n, value, (sum + half) / (1 << 20))?;
    }
    Ok(digest)
}

/// The places around one, and how far it is from the first, with weights that may leave [0, 1024] at an edge, as TensorFlow Lite has them.
fn neighbours(spread: &Spread, at: usize, side: u16) -> (usize, usize, i64) {
    let place = i64::from(spread.first) + at as i64 * i64::from(spread.step);
    let last = i64::from(side) - 1;
    let first = (place / 1024).max(0).min(last);
    let second = ((place + 1023) / 1024).min(last);
    (first as usize, second as usize, place - 1024 * first)
}
