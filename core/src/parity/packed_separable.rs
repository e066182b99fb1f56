//! Cases of depthwise separable convolutions: each packing against the two direct formulas one after the other.

use super::Mismatch;
use super::SplitMix64;
use super::bench::{Bench, Digest, span};
use super::conv::geometry;
use super::oracle::place;
use super::packed::{Filters, Source, packings, taken, window_sum};
use crate::model::records::{PackedConv, PackedDepthwise, PackedSeparable, View, Window};
use crate::ops::{self, packed};
use crate::pack::BLOCK;

pub(super) fn separable(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (shape, window, (oh, ow)) = geometry(rng, true);
    let kernel = (window.kernel.0.into(), window.kernel.1.into());
    let taps = usize::from(window.kernel.0) * usize::from(window.kernel.1);
    let pixels = usize::from(oh) * usize::from(ow);
    let most = 900 / (shape.len() + pixels + taps + 12) / BLOCK;
    let channels = BLOCK as u16 * rng.size(most.clamp(1, 5) as u16);
    let filters = rng.size((700 / pixels).clamp(1, 9) as u16);
    let input = View {
        c: channels,
        ..shape
    };
    let middle = View {
        offset: 0,
        h: oh,
        w: ow,
        c: channels,
        zero_point: rng.zero_point(),
    };
    let output = View {
        c: filters,
        zero_point: rng.zero_point(),
        ..middle
    };
    let (first, second) = (
        Source::new(rng, channels.into(), taps),
        Source::new(rng, filters.into(), channels.into()),
    );
    let (low, high) = (rng.clamp(), rng.clamp());
    let x = &*bench.memory.random(rng, input.len())?;
    let y = bench.memory.i8s(output.len())?;
    let between = bench.memory.i8s(middle.len())?;
    let row = bench.memory.i8s(usize::from(ow) * usize::from(channels))?;
    let pointwise = Window {
        kernel: (1, 1),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: (0, 0),
        pad_after: (0, 0),
    };
    let patch =
        packings().map(|packing| packing.depthwise_scratch_len(&window, &input).or_beyond());
    let patch = bench.memory.bytes(patch.max().unwrap_or(0))?;
    let panel = packings().map(|packing| {
        packing
            .conv_scratch_len(&pointwise, &middle, ow)
            .or_beyond()
    });
    let panel = bench.memory.bytes(panel.max().unwrap_or(0))?;
    let mut digest = Digest::new();
    let lowest = first.lowest().zip(second.lowest());
    for (first, second) in lowest.into_iter().chain([(first, second)]) {
        for (n, value) in between.iter_mut().enumerate() {
            let (py, px, channel) = place(&middle, n);
            let sum = window_sum(&window, &input, x, (py, px), |i, j, c, x| {
                let tap = i * usize::from(window.kernel.1) + j;
                let of_channel = i64::from(c == channel);
                of_channel * i64::from(first.weight(channel, tap)) * x
            });
            *value = first.store(channel, sum, &middle, &low) as i8;
        }
        for packing in packings() {
            bench.weights.clear();
            let at_first = (input.zero_point, middle.zero_point);
            let at_second = (middle.zero_point, output.zero_point);
            let op = PackedSeparable {
                depthwise: PackedDepthwise {
                    input,
                    output: middle,
                    window,
                    matrix: first.packed(
                        &mut bench.weights,
                        packing,
                        Filters::Depthwise(kernel),
                        at_first,
                    )?,
                    clamp: low,
                    scratch: span(patch.len()),
                },
                pointwise: PackedConv {
                    input: middle,
                    output,
                    window: pointwise,
                    matrix: second.packed(
                        &mut bench.weights,
                        packing,
                        Filters::Dense,
                        at_second,
                    )?,
                    clamp: high,
                    scratch: span(panel.len()),
                    pool: None,
                },
            };
            let weights = bench.weights.view();
            let refused = first.is_refused(packing, Filters::Depthwise(kernel))
                || second.is_refused(packing, Filters::Dense);
            if !taken(packed::check_separable(&op, &weights), refused)? {
                continue;
            }
            ops::packed_separable(&op, &weights, x, y, row, [&mut *patch, &mut *panel]);
            digest = Digest::new();
            for (n, &value) in y.iter().enumerate() {
                let (py, px, filter) = place(&output, n);
                let pixel = (py * usize::from(ow) + px) * usize::from(channels);
                let values = between[pixel..].iter().take(channels.into()).enumerate();
                let sum = values.map(|(c, &value)| {
                    let value = i64::from(value) - i64::from(middle.zero_point);
                    i64::from(second.weight(filter, c)) * value
                });
                digest.expect(n, value, second.store(filter, sum.sum(), &output, &high))?;
            }
        }
    }
    Ok(digest)
}
