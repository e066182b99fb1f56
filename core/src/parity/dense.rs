//! Cases of the fully connected layer.

use super::bench::{Bench, Digest, accepted};
use super::oracle::{factor, requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Dense, View};
use crate::ops;
use crate::tensor::Weights;

pub(super) fn dense(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = View {
        offset: 0,
        h: rng.size(3),
        w: rng.size(3),
        c: rng.size(16),
        zero_point: rng.zero_point(),
    };
    let output = View {
        offset: 0,
        h: 1,
        w: 1,
        c: rng.size(13),
        zero_point: rng.zero_point(),
    };
    let (n, m) = (input.len(), output.len());
    let rounding = rng.rounding();
    let op = Dense {
        input,
        output,
        weights: bench.weights.i8s(rng, n * m, -128)?,
        bias: bench.weights.bias(rng, m, n)?,
        requant: bench.weights.requant(rng, rounding, m, n, 0)?,
        clamp: rng.clamp(),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::dense::check(&op, &weights))?;
    let x = bench.memory.random(rng, n)?;
    let y = bench.memory.i8s(m)?;
    ops::dense(&op, &weights, x, y);
    let mut digest = Digest::new();
    for (row, &value) in y.iter().enumerate() {
        let mut sum = i64::from(weights.i32s(op.bias)[row]);
        for (column, &x) in x.iter().enumerate() {
            sum += i64::from(weights.i8s(op.weights)[row * n + column])
                * (i64::from(x) - i64::from(input.zero_point));
        }
        let (multiplier, shift) = factor(&weights, &op.requant, row);
        digest.expect(
            row,
            value,
            store(
                requantise(rounding, sum, multiplier, shift),
                &output,
                &op.clamp,
            ),
        )?;
    }
    Ok(digest)
}
