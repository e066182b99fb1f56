//! Fully connected layers.

use super::{Filters, MOST_WEIGHTS, Source, each, taken};
use crate::model::records::{PackedDense, View};
use crate::ops::{self, packed};
use crate::pack::BLOCK;
use crate::parity::bench::{Bench, Digest, span};
use crate::parity::{Mismatch, SplitMix64};

/// Every packing against the sum of products, at times with more columns than the lanes of a packing hold.
pub(in crate::parity) fn dense(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let view = |rng: &mut SplitMix64, c: u16| View {
        offset: 0,
        h: 1,
        w: 1,
        c,
        zero_point: rng.zero_point(),
    };
    // At times longer than what the lanes of `Pairs` hold.
    let long = rng.one_in(12);
    let columns = if long {
        rng.between(500, 700) as u16
    } else {
        rng.size(90)
    };
    let input = view(rng, columns);
    let most = MOST_WEIGHTS / usize::from(columns).next_multiple_of(16);
    let channels = rng.size((most / BLOCK * BLOCK).min(21) as u16);
    let output = view(rng, channels);
    let (n, m) = (input.len(), output.len());
    let source = Source::new(rng, m, n).with_one_factor();
    let clamp = rng.clamp();
    let misaligned = rng.between(0, 3) as usize;
    let x = &*bench
        .memory
        .random(rng, misaligned + n)?
        .split_at_mut(misaligned)
        .1;
    let y = bench.memory.i8s(m)?;
    let scratch = bench.memory.bytes(n.next_multiple_of(16))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let op = PackedDense {
            input,
            output,
            matrix: source.packed(&mut bench.weights, packing, Filters::Dense, zero_points)?,
            clamp,
            scratch: span(scratch.len()),
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, Filters::Dense);
        if !taken(packed::check_dense(&op, &weights), refused)? {
            continue;
        }
        ops::packed_dense(&op, &weights, x, y, scratch);
        digest = Digest::new();
        for (row, &value) in y.iter().enumerate() {
            let products = x.iter().enumerate().map(|(k, &x)| {
                i64::from(source.weight(row, k)) * (i64::from(x) - i64::from(input.zero_point))
            });
            digest.expect(
                row,
                value,
                source.store(row, products.sum(), &output, &clamp),
            )?;
        }
    }
    Ok(digest)
}
