//! Depthwise convolution: every input channel has filters of its own.

use super::common::{
    Finish, OpError, check_clamp, check_i8_sums, check_requant, check_views, check_window, ensure,
};
use crate::kernels::mac_each;
use crate::model::records::Conv;
use crate::tensor::Weights;
use crate::window::{Axis, Taps};

/// Output channels whose sums are kept at a time.
const BLOCK: usize = 32;

/// Checks shapes `[h, w, ic]` to `[oh, ow, oc]` with `oc` a multiple of `ic`, weights `[kh, kw, oc]`, factors, sums.
pub fn check(op: &Conv, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    ensure(op.output.c.is_multiple_of(op.input.c), OpError::Shape)?;
    check_window(&op.window, &op.input, &op.output)?;
    check_clamp(&op.clamp)?;
    let channels = usize::from(op.output.c);
    let terms = usize::from(op.window.kernel.0) * usize::from(op.window.kernel.1);
    check_requant(&op.requant, weights, channels)?;
    let blobs = (op.weights, op.bias);
    let (size, steps) = ((channels, terms), (1, channels));
    check_i8_sums(weights, blobs, size, steps, op.input.zero_point)
}

/// `output[y, x, o] = clamp(z_out + round(bias[o] + sum weights[i, j, o] * (input[.., .., o / m] - z_in)))`, `m = oc / ic`.
///
/// Geometry as in [`conv2d`](super::conv2d).
pub fn depthwise_conv2d(op: &Conv, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let (rows, columns) = Axis::pair(&op.window, &op.input);
    let taps = Filters::new(op, weights);
    let finish = Finish::new(&op.requant, weights, &op.output, &op.clamp);
    let channels = usize::from(op.output.c).max(1);
    let row_len = usize::from(op.output.w).max(1) * channels;
    for (y, line) in output.chunks_exact_mut(row_len).enumerate() {
        let vertical = rows.clip(y);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let horizontal = columns.clip(x);
            for (block, outputs) in pixel.chunks_mut(BLOCK).enumerate() {
                let first = block * BLOCK;
                let mut sums = [0; BLOCK];
                let sums = &mut sums[..outputs.len()];
                taps.sum(sums, input, first, vertical, horizontal);
                for (i, (out, &sum)) in outputs.iter_mut().zip(sums.iter()).enumerate() {
                    *out = finish.value(first + i, sum);
                }
            }
        }
    }
}

/// Weights, biases and geometry of the op.
struct Filters<'a> {
    weights: &'a [i8],
    bias: &'a [i32],
    zero_point: i32,
    width: usize,
    depth: usize,
    channels: usize,
    /// Output channels for each input channel.
    multiplier: usize,
    kernel_width: usize,
    dilation: (usize, usize),
}

impl<'a> Filters<'a> {
    fn new(op: &Conv, weights: &Weights<'a>) -> Self {
        let (depth, channels) = (usize::from(op.input.c).max(1), usize::from(op.output.c));
        Filters {
            weights: weights.i8s(op.weights),
            bias: weights.i32s(op.bias),
            zero_point: i32::from(op.input.zero_point),
            width: op.input.w.into(),
            depth,
            channels,
            multiplier: (channels / depth).max(1),
            kernel_width: op.window.kernel.1.into(),
            dilation: (op.window.dilation.0.into(), op.window.dilation.1.into()),
        }
    }

    /// The sums of the channels from `first` at one output pixel.
    #[inline(always)]
    fn sum(&self, sums: &mut [i32], input: &[i8], first: usize, vertical: Taps, horizontal: Taps) {
        for (sum, &bias) in sums.iter_mut().zip(self.bias.get(first..).unwrap_or(&[])) {
            *sum = bias;
        }
        for i in 0..vertical.count {
            // Modulo 2^32: places that the record does not mean to give lie anywhere, and are looked up.
            let row = (vertical.position + i * self.dilation.0)
                .wrapping_mul(self.width)
                .wrapping_add(horizontal.position);
            let tap_row = ((vertical.first + i) * self.kernel_width).wrapping_add(horizontal.first);
            for j in 0..horizontal.count {
                let pixel = input
                    .get(
                        row.wrapping_add(j * self.dilation.1)
                            .wrapping_mul(self.depth)..,
                    )
                    .unwrap_or(&[]);
                let weights = self
                    .weights
                    .get(
                        tap_row
                            .wrapping_add(j)
                            .wrapping_mul(self.channels)
                            .wrapping_add(first)..,
                    )
                    .unwrap_or(&[]);
                self.tap(sums, pixel, weights, first);
            }
        }
    }

    /// Adds one tap. With a multiplier above 1, neighbouring outputs share an input.
    #[inline(always)]
    fn tap(&self, sums: &mut [i32], pixel: &[i8], weights: &[i8], first: usize) {
        if self.multiplier == 1 {
            mac_each(
                sums,
                pixel.get(first..).unwrap_or(&[]),
                self.zero_point,
                weights,
            );
            return;
        }
        for (i, (sum, weight)) in sums.chunks_mut(1).zip(weights.chunks(1)).enumerate() {
            let channel = (first + i) / self.multiplier;
            mac_each(
                sum,
                pixel.get(channel..).unwrap_or(&[]),
                self.zero_point,
                weight,
            );
        }
    }
}
