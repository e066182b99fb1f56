//! Cases of the ops with four-bit weights.

use super::bench::{Bench, Digest, accepted, span};
use super::oracle::{factor, requantise, store};
use super::table::reduce;
use super::{Mismatch, SplitMix64};
use crate::model::records::{BagMode, Blob, Clamp, Dense, EmbeddingBag, Ids, Rounding, View};
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
    let output = vector(rng.size(20), rng.zero_point());
    let (n, m) = (input.len(), output.len());
    let rounding = rng.rounding();
    let op = Dense {
        input,
        output,
        weights: bench.weights.i8s(rng, n * row_len(m), -128)?,
        bias: bench.weights.bias(rng, m, n)?,
        requant: bench.weights.requant(rng, rounding, m, n, 0)?,
        clamp: rng.clamp(),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::int4::check_dense(&op, &weights))?;
    let x = bench.memory.random(rng, n)?;
    let y = bench.memory.i8s(m)?;
    ops::dense_4(&op, &weights, x, y);
    let mut digest = Digest::new();
    for (row, &value) in y.iter().enumerate() {
        let mut sum = i64::from(weights.i32s(op.bias)[row]);
        for (column, &x) in x.iter().enumerate() {
            sum += nibble(&weights, op.weights, column, m, row) * (i64::from(x) + 128);
        }
        let (multiplier, shift) = factor(&weights, &op.requant, row);
        let scaled = requantise(rounding, sum, multiplier, shift);
        digest.expect(row, value, store(scaled, &output, &op.clamp))?;
    }
    Ok(digest)
}

pub(super) fn embedding(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (rows, c) = (rng.size(40), rng.size(20));
    let steps = if rng.one_in(3) { rng.size(12) } else { 1 };
    let max = if steps == 1 { rng.size(600) } else { steps };
    let output = View {
        h: steps,
        ..vector(c, rng.zero_point())
    };
    let mode = *rng.pick(&[BagMode::Sum, BagMode::Mean, BagMode::SqrtN]);
    let bits = if mode == BagMode::Mean || steps > 1 {
        11
    } else {
        14
    };
    let op = EmbeddingBag {
        ids: Ids { offset: 0, max },
        table: table(rng, &mut bench, rows, c)?,
        rows,
        mode,
        output,
        scale: rng.scale(bits, -27, 30),
        scratch: span(0),
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::int4::check_embedding(&op, &weights))?;
    let count = rng.between(0, max.into()) as usize;
    let ids = bench.memory.ids(rng, count, rows)?;
    let y = bench.memory.i8s(output.len())?;
    ops::embedding_4(&op, &weights, ids, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        let (step, channel) = (n / usize::from(c), n % usize::from(c));
        let ids = match steps {
            1 => &ids[..],
            _ => ids.get(step..step + 1).unwrap_or(&[]),
        };
        let entries = ids
            .iter()
            .map(|&id| entry(&weights, op.table, (rows, c), id, channel));
        let reduced = reduce(mode, entries.sum(), ids.len() as i64, 4);
        let (multiplier, shift) = (op.scale.multiplier, op.scale.shift - 4);
        let scaled = requantise(Rounding::Nearest, reduced, multiplier, shift);
        digest.expect(n, value, store(scaled, &output, &FULL))?;
    }
    Ok(digest)
}

const FULL: Clamp = Clamp {
    min: -128,
    max: 127,
};

fn vector(c: u16, zero_point: i8) -> View {
    View {
        offset: 0,
        h: 1,
        w: 1,
        c,
        zero_point,
    }
}

/// Bytes of a row of so many values.
fn row_len(values: usize) -> usize {
    4 * values.div_ceil(8)
}

fn table(rng: &mut SplitMix64, bench: &mut Bench<'_>, rows: u16, c: u16) -> Result<Blob, Mismatch> {
    let len = usize::from(rows) * (row_len(c.into()) + 1);
    bench.weights.i8s(rng, len, -128)
}

/// A value of a row of so many.
fn nibble(weights: &Weights<'_>, blob: Blob, row: usize, values: usize, channel: usize) -> i64 {
    let byte = weights.u8s(blob)[row * row_len(values) + channel / 2];
    i64::from(byte >> (4 * (channel % 2)) & 15) - 8
}

/// A table's value times its row's multiplier; ids past the table read row 0.
fn entry(weights: &Weights<'_>, blob: Blob, (rows, c): (u16, u16), id: u16, channel: usize) -> i64 {
    let row = if id < rows { usize::from(id) } else { 0 };
    let multipliers = usize::from(rows) * row_len(c.into());
    let multiplier = i64::from(weights.i8s(blob)[multipliers + row]) + 128;
    nibble(weights, blob, row, c.into(), channel) * multiplier
}
