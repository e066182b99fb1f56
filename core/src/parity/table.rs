//! Cases of the ops that read tables: embedding, embedding bag, lookup.

use super::bench::{Bench, Digest, accepted, span};
use super::oracle::{requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{BagMode, Clamp, Embedding, EmbeddingBag, Ids, Lookup, Rounding, View};
use crate::ops;
use crate::tensor::Weights;

pub(super) fn embedding(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (rows, c, steps) = (rng.size(40), rng.size(20), rng.size(12));
    let output = View {
        offset: 0,
        h: steps,
        w: 1,
        c,
        zero_point: 0,
    };
    let table = bench
        .weights
        .i8s(rng, usize::from(rows) * usize::from(c), -128)?;
    let op = Embedding {
        ids: Ids {
            offset: 0,
            max: steps,
        },
        table,
        rows,
        output,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::embedding::check(&op, &weights))?;
    let valid = rng.between(0, steps.into()) as usize;
    let ids = bench.memory.ids(rng, valid, rows)?;
    let y = bench.memory.i8s(output.len())?;
    ops::embedding(&op, &weights, ids, y);
    let mut digest = Digest::new();
    for (n, &value) in y.iter().enumerate() {
        let (step, channel) = (n / usize::from(c), n % usize::from(c));
        let wanted = if step < valid {
            entry(&weights, &op.table, rows, c, ids[step], channel)
        } else {
            0
        };
        digest.expect(n, value, wanted)?;
    }
    Ok(digest)
}

pub(super) fn bag(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (rows, c, max) = (rng.size(40), rng.size(20), rng.size(600));
    let output = View {
        offset: 0,
        h: 1,
        w: 1,
        c,
        zero_point: rng.zero_point(),
    };
    let mode = *rng.pick(&[BagMode::Sum, BagMode::Mean, BagMode::SqrtN]);
    let bits = if mode == BagMode::Mean { 7 } else { 10 };
    let table = bench
        .weights
        .i8s(rng, usize::from(rows) * usize::from(c), -128)?;
    let scratch = span(ops::bag::scratch_len(c));
    let op = EmbeddingBag {
        ids: Ids { offset: 0, max },
        table,
        rows,
        mode,
        output,
        scale: rng.scale(bits, -23, 30),
        scratch,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::bag::check(&op, &weights))?;
    let count = rng.between(0, max.into()) as usize;
    let ids = bench.memory.ids(rng, count, rows)?;
    let (y, sums) = (
        bench.memory.i8s(c.into())?,
        bench.memory.bytes(ops::bag::scratch_len(c))?,
    );
    ops::embedding_bag(&op, &weights, ids, y, sums);
    let mut digest = Digest::new();
    for (channel, &value) in y.iter().enumerate() {
        let sum: i64 = ids
            .iter()
            .map(|&id| entry(&weights, &op.table, rows, c, id, channel))
            .sum();
        let reduced = reduce(mode, sum, count as i64, 8);
        let scaled = requantise(
            Rounding::Nearest,
            reduced,
            op.scale.multiplier,
            op.scale.shift - 8,
        );
        digest.expect(
            channel,
            value,
            store(
                scaled,
                &output,
                &Clamp {
                    min: -128,
                    max: 127,
                },
            ),
        )?;
    }
    Ok(digest)
}

/// The reduced sum with so many fractional bits.
pub(super) fn reduce(mode: BagMode, sum: i64, n: i64, fraction: u32) -> i64 {
    let n = n.max(1);
    let factor = match mode {
        BagMode::Sum => 1 << 30,
        BagMode::Mean => ((1 << 30) + n / 2) / n,
        BagMode::SqrtN => {
            // The largest root whose square does not exceed 2^60 / n, by bisection.
            let (mut low, mut high) = (0i64, (1i64 << 30) + 1);
            while high - low > 1 {
                let middle = (low + high) / 2;
                if middle * middle <= (1i64 << 60) / n {
                    low = middle
                } else {
                    high = middle
                }
            }
            low
        }
    };
    let factor = factor >> (8 - fraction);
    (sum * factor + (1 << 21)).div_euclid(1 << 22)
}

/// A table's value; ids past the table read row 0.
fn entry(
    weights: &Weights<'_>,
    table: &crate::model::records::Blob,
    rows: u16,
    c: u16,
    id: u16,
    channel: usize,
) -> i64 {
    let row = if id < rows { usize::from(id) } else { 0 };
    weights.i8s(*table)[row * usize::from(c) + channel].into()
}

pub(super) fn lookup(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let input = View {
        offset: 0,
        h: rng.size(8),
        w: rng.size(8),
        c: rng.size(8),
        zero_point: rng.zero_point(),
    };
    let output = View {
        zero_point: rng.zero_point(),
        ..input
    };
    let op = Lookup {
        input,
        output,
        table: bench.weights.i8s(rng, 256, -128)?,
    };
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::lookup::check(&op, &weights))?;
    let n = input.len();
    let (x, y, in_place) = (
        bench.memory.random(rng, n)?,
        bench.memory.i8s(n)?,
        bench.memory.i8s(n)?,
    );
    in_place.copy_from_slice(x);
    ops::lookup(&op, &weights, x, y);
    ops::lookup_in_place(&op, &weights, in_place);
    let mut digest = Digest::new();
    for (i, &value) in x.iter().enumerate() {
        let wanted = i64::from(weights.i8s(op.table)[(i64::from(value) + 128) as usize]);
        digest.expect(i, y[i], wanted)?;
        digest.expect(i, in_place[i], wanted)?;
    }
    Ok(digest)
}
