//! Cases of both convolutions.

use super::bench::{Bench, Digest, accepted};
use super::oracle::{factor, index, place, position, requantise, store};
use super::{Mismatch, SplitMix64};
use crate::model::records::{Conv, View, Window};
use crate::ops;
use crate::tensor::Weights;
use crate::window::{Axis, same_padding};

pub(super) fn conv2d(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (input, window, out) = geometry(rng, true);
    // Deep inputs make filters too long to be gathered.
    let deep = rng.one_in(4);
    let input = View {
        c: if deep {
            rng.between(15, 60) as u16
        } else {
            rng.size(5)
        },
        ..input
    };
    let channels = rng.size(if deep { 4 } else { 9 });
    let terms = taps(&window) * usize::from(input.c);
    let op = record(
        rng,
        &mut bench,
        input,
        window,
        (out.0, out.1, channels),
        terms * usize::from(channels),
        terms,
    )?;
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::conv::check(&op, &weights))?;
    let x = bench.memory.random(rng, op.input.len())?;
    let y = bench.memory.i8s(op.output.len())?;
    ops::conv2d(&op, &weights, x, y);
    compare(&op, &weights, y, |tap, (i, j), channel| {
        (0..usize::from(op.input.c))
            .map(|c| {
                let at = ((channel * usize::from(op.window.kernel.0) + i)
                    * usize::from(op.window.kernel.1)
                    + j)
                    * usize::from(op.input.c)
                    + c;
                product(&op, &weights, at, x[index(&op.input, tap.0, tap.1, c)])
            })
            .sum()
    })
}

pub(super) fn depthwise(rng: &mut SplitMix64, mut bench: Bench<'_>) -> Result<Digest, Mismatch> {
    let (input, window, out) = geometry(rng, true);
    let multiplier = if rng.one_in(2) { 1 } else { rng.size(3) };
    // As many channels as there is memory for, which is more than one block's.
    let most = 1700 / (input.h * input.w + out.0 * out.1 * multiplier);
    let input = View {
        c: rng.size(most.clamp(1, 40)),
        ..input
    };
    let channels = input.c * multiplier;
    let terms = taps(&window);
    let op = record(
        rng,
        &mut bench,
        input,
        window,
        (out.0, out.1, channels),
        terms * usize::from(channels),
        terms,
    )?;
    let weights = Weights::new(bench.weights.finish());
    accepted(ops::depthwise::check(&op, &weights))?;
    let x = bench.memory.random(rng, op.input.len())?;
    let y = bench.memory.i8s(op.output.len())?;
    ops::depthwise_conv2d(&op, &weights, x, y);
    compare(&op, &weights, y, |tap, (i, j), channel| {
        let at = (i * usize::from(op.window.kernel.1) + j) * usize::from(channels) + channel;
        product(
            &op,
            &weights,
            at,
            x[index(&op.input, tap.0, tap.1, channel / usize::from(multiplier))],
        )
    })
}

/// A random window over a random input of one channel, and the output's height and width.
pub(super) fn geometry(rng: &mut SplitMix64, dilated: bool) -> (View, Window, (u16, u16)) {
    loop {
        let (h, w) = (if rng.one_in(4) { 1 } else { rng.size(6) }, rng.size(6));
        let input = View {
            offset: 0,
            h,
            w,
            c: 1,
            zero_point: rng.zero_point(),
        };
        let pair = |rng: &mut SplitMix64, high: u16| (rng.size(high), rng.size(high));
        let kernel = pair(rng, 3);
        let stride = pair(rng, 3);
        let dilation = if dilated && rng.one_in(3) {
            pair(rng, 3)
        } else {
            (1, 1)
        };
        let (rows, columns) = if rng.one_in(3) {
            let same = |size: u16, taps: u16, stride: u16, dilation: u16| {
                same_padding(size.into(), taps.into(), stride.into(), dilation.into())
            };
            (
                same(h, kernel.0, stride.0, dilation.0),
                same(w, kernel.1, stride.1, dilation.1),
            )
        } else {
            // Pooling allows less padding than taps.
            let high = |taps: u16| if dilated { 2 } else { i64::from(taps) - 1 };
            let mut pad = |taps: u16| {
                (
                    rng.between(0, high(taps)) as usize,
                    rng.between(0, high(taps)) as usize,
                )
            };
            (pad(kernel.0), pad(kernel.1))
        };
        let window = Window {
            kernel,
            stride,
            dilation,
            pad_before: (rows.0 as u16, columns.0 as u16),
            pad_after: (rows.1 as u16, columns.1 as u16),
        };
        let (rows, columns) = Axis::pair(&window, &input);
        if let (Some(oh), Some(ow)) = (rows.output_len(), columns.output_len()) {
            return (input, window, (oh as u16, ow as u16));
        }
    }
}

fn taps(window: &Window) -> usize {
    usize::from(window.kernel.0) * usize::from(window.kernel.1)
}

/// A record with `values` weights, `terms` of them in each sum.
fn record(
    rng: &mut SplitMix64,
    bench: &mut Bench<'_>,
    input: View,
    window: Window,
    (h, w, c): (u16, u16, u16),
    values: usize,
    terms: usize,
) -> Result<Conv, Mismatch> {
    let output = View {
        offset: 0,
        h,
        w,
        c,
        zero_point: rng.zero_point(),
    };
    let rounding = rng.rounding();
    Ok(Conv {
        input,
        output,
        window,
        weights: bench.weights.i8s(rng, values, -128)?,
        bias: bench.weights.bias(rng, c.into(), terms)?,
        requant: bench.weights.requant(rng, rounding, c.into(), terms, 0)?,
        clamp: rng.clamp(),
    })
}

/// One weight times one input.
fn product(op: &Conv, weights: &Weights<'_>, at: usize, value: i8) -> i64 {
    i64::from(weights.i8s(op.weights)[at]) * (i64::from(value) - i64::from(op.input.zero_point))
}

/// Compares every output with the sum of `term(position, tap, channel)` over all taps inside.
fn compare(
    op: &Conv,
    weights: &Weights<'_>,
    got: &[i8],
    term: impl Fn((usize, usize), (usize, usize), usize) -> i64,
) -> Result<Digest, Mismatch> {
    let mut digest = Digest::new();
    for (n, &value) in got.iter().enumerate() {
        let (y, x, channel) = place(&op.output, n);
        let mut sum = i64::from(weights.i32s(op.bias)[channel]);
        for i in 0..usize::from(op.window.kernel.0) {
            for j in 0..usize::from(op.window.kernel.1) {
                if let Some(at) = position(&op.window, &op.input, (y, x), (i, j)) {
                    sum += term(at, (i, j), channel);
                }
            }
        }
        let (multiplier, shift) = factor(weights, &op.requant, channel);
        let wanted = store(
            requantise(op.requant.rounding, sum, multiplier, shift),
            &op.output,
            &op.clamp,
        );
        digest.expect(n, value, wanted)?;
    }
    Ok(digest)
}
