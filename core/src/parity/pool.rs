//! Cases of both kinds of pooling.

use super::bench::{Bench, Digest, accepted};
use super::conv::geometry;
use super::oracle::{index, place, position};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Pool, View, Window};
use crate::ops;

pub(super) fn max(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let op = record(rng);
    accepted(ops::max_pool::check(&op))?;
    let x = bench.memory.random_anywhere(rng, op.input.len())?;
    let y = bench.memory.anywhere(rng, op.output.len())?;
    ops::max_pool(&op, x, y);
    compare(&op, x, y, |_, largest, _| largest)
}

pub(super) fn average(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let op = record(rng);
    accepted(ops::average_pool::check(&op))?;
    let x = bench.memory.random_anywhere(rng, op.input.len())?;
    let y = bench.memory.anywhere(rng, op.output.len())?;
    ops::average_pool(&op, x, y);
    compare(&op, x, y, |sum, _, count| {
        if sum > 0 {
            (sum + count / 2) / count
        } else {
            (sum - count / 2) / count
        }
    })
}

/// A random pool; one in four is global, one in sixteen so large that its sums do not fit in 16 bits.
fn record(rng: &mut SplitMix64) -> Pool {
    let (mut input, mut window, mut out) = geometry(rng, false);
    if rng.one_in(4) {
        (input.h, input.w, out) = (rng.size(9), rng.size(9), (1, 1));
        if rng.one_in(4) {
            (input.h, input.w) = (rng.size(2), 256 + rng.size(20));
        }
        window = Window {
            kernel: (input.h, input.w),
            stride: (1, 1),
            pad_before: (0, 0),
            pad_after: (0, 0),
            ..window
        };
    }
    // As many channels as the workspace has room for, up to more than two vectors of sixteen.
    let room = 3400 / (input.h * input.w + out.0 * out.1);
    input.c = rng.size(room.clamp(1, 40));
    let output = View {
        h: out.0,
        w: out.1,
        ..input
    };
    Pool {
        input,
        output,
        window,
        clamp: rng.clamp(),
    }
}

/// Compares every output with `reduce(sum, largest, count)` of the values under its window.
fn compare(
    op: &Pool,
    x: &[i8],
    got: &[i8],
    reduce: impl Fn(i64, i64, i64) -> i64,
) -> Result<Digest, Mismatch> {
    let mut digest = Digest::new();
    for (n, &value) in got.iter().enumerate() {
        let (row, column, channel) = place(&op.output, n);
        let (mut sum, mut largest, mut count) = (0, i64::MIN, 0);
        for i in 0..usize::from(op.window.kernel.0) {
            for j in 0..usize::from(op.window.kernel.1) {
                if let Some((y, x_at)) = position(&op.window, &op.input, (row, column), (i, j)) {
                    let v = i64::from(x[index(&op.input, y, x_at, channel)]);
                    (sum, largest, count) = (sum + v, largest.max(v), count + 1);
                }
            }
        }
        digest.expect(
            n,
            value,
            reduce(sum, largest, count).clamp(op.clamp.min.into(), op.clamp.max.into()),
        )?;
    }
    Ok(digest)
}
