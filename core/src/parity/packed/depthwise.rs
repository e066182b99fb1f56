//! Depthwise convolutions.

use super::{Filters, Source, each, packings, taken, window_sum};
use crate::model::records::{PackedDepthwise, View};
use crate::ops::{self, packed};
use crate::pack::BLOCK;
use crate::parity::bench::{Bench, Digest, span};
use crate::parity::conv::geometry;
use crate::parity::oracle::place;
use crate::parity::{Mismatch, SplitMix64};

/// Every packing against the direct formula.
pub(in crate::parity) fn depthwise(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let (shape, window, (oh, ow)) = geometry(rng, true);
    let kernel = (window.kernel.0.into(), window.kernel.1.into());
    let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let most = 1600 / (shape.len() + usize::from(oh) * usize::from(ow) + taps) / BLOCK;
    let channels = BLOCK as u16 * rng.size(most.clamp(1, 9) as u16);
    let input = View {
        c: channels,
        ..shape
    };
    let output = View {
        offset: 0,
        h: oh,
        w: ow,
        c: channels,
        zero_point: rng.zero_point(),
    };
    let source = Source::new(rng, channels.into(), taps);
    let clamp = rng.clamp();
    let x = &*bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    let scratch_len = packings()
        .map(|packing| packing.depthwise_scratch_len(&window, &input).or_beyond())
        .max();
    let scratch = bench.memory.bytes(scratch_len.unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        let op = PackedDepthwise {
            input,
            output,
            window,
            matrix: source.packed(
                &mut bench.weights,
                packing,
                Filters::Depthwise(kernel),
                zero_points,
            )?,
            clamp,
            scratch: span(scratch.len()),
        };
        let weights = bench.weights.view();
        let refused = source.is_refused(packing, Filters::Depthwise(kernel));
        if !taken(packed::check_depthwise(&op, &weights), refused)? {
            continue;
        }
        ops::packed_depthwise(&op, &weights, x, y, scratch);
        digest = Digest::new();
        for (n, &value) in y.iter().enumerate() {
            let (py, px, channel) = place(&output, n);
            let sum = window_sum(&window, &input, x, (py, px), |i, j, c, x| {
                if c == channel {
                    i64::from(source.weight(channel, i * usize::from(window.kernel.1) + j)) * x
                } else {
                    0
                }
            });
            digest.expect(n, value, source.store(channel, sum, &output, &clamp))?;
        }
    }
    Ok(digest)
}
