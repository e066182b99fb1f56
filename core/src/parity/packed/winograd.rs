//! 3x3 convolutions in the Winograd domain.

use super::pool::pool;
use super::{Filters, MOST_WEIGHTS, Source, each, packings, taken};
use crate::model::records::{PackedConv, Packing, View, Window};
use crate::ops::{self, packed};
use crate::pack::BLOCK;
use crate::parity::bench::{Bench, Digest, accepted, span};
use crate::parity::{Mismatch, SplitMix64};
use crate::window::Axis;

/// Every packing against the direct formula, those that do not take the shape as plain convolutions.
pub(in crate::parity) fn winograd(
    rng: &mut SplitMix64,
    mut bench: Bench<'_>,
) -> Result<Digest, Mismatch> {
    let (window, input, output) = shape(rng)?;
    let (channels, filters) = (usize::from(input.c), usize::from(output.c));
    let mut source = Source::new(rng, filters, 9 * channels);
    // Sums with their bias are four times as large on the way.
    source.largest_bias = source.largest_bias.min(1 << 27);
    let clamp = rng.clamp();
    let pool = pool(rng, &output);
    let x = &*bench.memory.random(rng, input.len())?;
    let written = pool.map_or(output, |pool| pool.output);
    let y = bench.memory.i8s(written.len())?;
    let strip = bench
        .memory
        .i8s(pool.map_or(0, |pool| pool.rows(&output).len()))?;
    let scratch_len = packings().map(|packing| scratch_len(packing, &window, &input, &output));
    let scratch = bench.memory.bytes(scratch_len.max().unwrap_or(0))?;
    let mut digest = Digest::new();
    for (packing, source) in each(source) {
        bench.weights.clear();
        let zero_points = (input.zero_point, output.zero_point);
        // What a packing takes only as a plain convolution is one, so that digests are the same everywhere.
        let takes = packing.takes_winograd(filters, channels);
        let matrix = if takes {
            source.transformed(&mut bench.weights, packing, channels, zero_points)?
        } else {
            let filters = Filters::Conv((3, 3));
            source.packed(&mut bench.weights, packing, filters, zero_points)?
        };
        let op = PackedConv {
            input,
            output,
            window,
            matrix,
            clamp,
            scratch: span(scratch.len()),
            pool,
        };
        let weights = bench.weights.view();
        if takes {
            accepted(packed::check_winograd(&op, &weights))?;
            ops::winograd_conv2d(&op, &weights, x, y, strip, scratch);
        } else {
            let refused = source.is_refused(packing, Filters::Conv((3, 3)));
            if !taken(packed::check_conv(&op, &weights), refused)? {
                continue;
            }
            ops::packed_conv2d(&op, &weights, x, y, strip, scratch);
        }
        digest = source.compare(&op, x, y)?;
    }
    Ok(digest)
}

/// The window, the input and the output of a case.
fn shape(rng: &mut SplitMix64) -> Result<(Window, View, View), Mismatch> {
    let mut pad = || (rng.between(0, 2) as u16, rng.between(0, 2) as u16);
    let window = Window {
        kernel: (3, 3),
        stride: (1, 1),
        dilation: (1, 1),
        pad_before: pad(),
        pad_after: pad(),
    };
    // No fewer rows and columns than the filter has, with the padding.
    let size = |rng: &mut SplitMix64, before: u16, after: u16| {
        rng.between(i64::from(3u16.saturating_sub(before + after).max(1)), 7) as u16
    };
    let (h, w) = (
        size(rng, window.pad_before.0, window.pad_after.0),
        size(rng, window.pad_before.1, window.pad_after.1),
    );
    let input = View {
        offset: 0,
        h,
        w,
        c: if rng.one_in(2) {
            BLOCK as u16 * rng.size(3)
        } else {
            rng.size(12)
        },
        zero_point: rng.zero_point(),
    };
    let (rows, columns) = Axis::pair(&window, &input);
    let (oh, ow) = (rows.output_len(), columns.output_len());
    let (oh, ow) = oh.zip(ow).ok_or(Mismatch::Workspace)?;
    let most = (MOST_WEIGHTS - 512) / 64 / usize::from(input.c);
    let output = View {
        offset: 0,
        h: oh as u16,
        w: ow as u16,
        c: 2 * rng.size(most.min(400 / (oh * ow)).clamp(1, 6) as u16),
        zero_point: rng.zero_point(),
    };
    Ok((window, input, output))
}

/// Bytes that a packing needs, be it in the Winograd domain or as a plain convolution.
fn scratch_len(packing: Packing, window: &Window, input: &View, output: &View) -> usize {
    let (filters, channels) = (output.c.into(), input.c.into());
    let domain = packing.winograd_scratch_len(filters, channels);
    let plain = packing.conv_scratch_len(window, input, output.w);
    domain.or_beyond().max(plain.or_beyond())
}
