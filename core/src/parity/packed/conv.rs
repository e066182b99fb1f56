//! Convolutions, pooled at times.

use super::pool::{pool, pooled};
use super::{Filters, MOST_WEIGHTS, Source, each, packings, taken, window_sum};
use crate::model::records::{PackedConv, View};
use crate::ops::{self, packed};
use crate::pack::BLOCK;
use crate::parity::bench::{Bench, Digest, span};
use crate::parity::conv::geometry;
use crate::parity::oracle::place;
use crate::parity::{Mismatch, SplitMix64};

/// Every packing against the direct formula.
pub(in crate::parity) fn conv2d(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let (shape, window, (oh, ow)) = geometry(rng, true);
    let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let depth = if rng.one_in(3) { 40 } else { 9 };
    // The panel of `Pairs` is the largest thing in memory.
    let most = (220 / taps).clamp(1, 1200 / shape.len());
    let input = View {
        c: rng.size(depth.min(most as u16)),
        ..shape
    };
    let terms = taps * usize::from(input.c);
    let most = (MOST_WEIGHTS - 256) / terms.next_multiple_of(16) / BLOCK * BLOCK;
    let most = most.min(800 / (usize::from(oh) * usize::from(ow)));
    let output = View {
        offset: 0,
        h: oh,
        w: ow,
        c: rng.size(most.clamp(1, 17) as u16),
        zero_point: rng.zero_point(),
    };
    let source = Source::new(rng, output.c.into(), terms);
    let clamp = rng.clamp();
    let pool = pool(rng, &output);
    let x = &*bench.memory.random(rng, input.len())?;
    let written = pool.map_or(output, |pool| pool.output);
    let y = bench.memory.i8s(written.len())?;
    let rows = bench
        .memory
        .i8s(pool.map_or(0, |pool| pool.rows(&output).len()))?;
    let scratch_len = packings()
        .map(|packing| packing.conv_scratch_len(&window, &input, ow).or_beyond())
        .max();
    let scratch = bench.memory.bytes(scratch_len.unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let filters = Filters::Conv((window.kernel.0.into(), window.kernel.1.into()));
        let op = PackedConv {
            input,
            output,
            window,
            matrix: source.packed(&mut bench.weights, packing, filters, zero_points)?,
            clamp,
            scratch: span(scratch.len()),
            pool,
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, filters);
        if !taken(packed::check_conv(&op, &weights), refused)? {
            continue;
        }
        ops::packed_conv2d(&op, &weights, x, y, rows, scratch);
        digest = source.compare(&op, x, y)?;
    }
    Ok(digest)
}

impl Source {
    /// Compares a convolution's outputs, pooled or not, with the direct formula.
    pub(super) fn compare(
        &self,
        op: &PackedConv,
        x: &[i8],
        got: &[i8],
    ) -> Result<Digest, Mismatch> {
        let conv = |y: usize, px: usize, channel: usize| {
            let sum = window_sum(&op.window, &op.input, x, (y, px), |i, j, c, x| {
                let tap = i * usize::from(op.window.kernel.1) + j;
                i64::from(self.weight(channel, tap * usize::from(op.input.c) + c)) * x
            });
            self.store(channel, sum, &op.output, &op.clamp)
        };
        let written = op.pool.map_or(op.output, |pool| pool.output);
        let mut digest = Digest::new();
        for (n, &value) in got.iter().enumerate() {
            let (py, px, channel) = place(&written, n);
            let wanted = match &op.pool {
                None => conv(py, px, channel),
                Some(pool) => pooled(pool, &op.output, (py, px), |y, x| conv(y, x, channel)),
            };
            digest.expect(n, value, wanted)?;
        }
        Ok(digest)
    }
}
