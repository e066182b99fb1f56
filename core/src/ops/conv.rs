//! Two-dimensional convolution; one-dimensional with h = 1.

use super::common::{
    Finish, OpError, check_clamp, check_i8_sums, check_i8s, check_requant, check_views,
    check_window,
};
use crate::kernels::{mac, rows};
use crate::model::records::Conv;
use crate::tensor::Weights;
use crate::window::{Axis, Taps};

/// Longest filter whose patch of the input is gathered into one run, on the stack.
const GATHERED: usize = 256;

/// Checks shapes `[h, w, ic]` to `[oh, ow, oc]`, weights `[oc, kh, kw, ic]`, factors, and the sums' bound.
pub fn check(op: &Conv, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    check_window(&op.window, &op.input, &op.output)?;
    check_clamp(&op.clamp)?;
    let channels = usize::from(op.output.c);
    let filter = op.window.values(op.input.c);
    check_i8s(weights, op.weights, filter.times(channels))?;
    let terms = filter_len(op);
    check_requant(&op.requant, weights, channels)?;
    let blobs = (op.weights, op.bias);
    let (size, steps) = ((channels, terms), (terms, 1));
    check_i8_sums(weights, blobs, size, steps, op.input.zero_point)
}

/// `output[y, x, o] = clamp(z_out + round(bias[o] + sum weights[o, i, j, c] * (input[y * s + i * d - p, x * s + j * d - p, c] - z_in)))`.
///
/// Input `[h, w, ic]`, output `[oh, ow, oc]`; taps in the padding add nothing, which is padding with real zero.
pub fn conv2d(op: &Conv, weights: &Weights<'_>, input: &[i8], output: &mut [i8]) {
    let (vertical_axis, horizontal_axis) = Axis::pair(&op.window, &op.input);
    let filters = Filters::new(op, weights);
    let finish = Finish::new(&op.requant, weights, &op.output, &op.clamp);
    let channels = usize::from(op.output.c).max(1);
    let row_len = usize::from(op.output.w).max(1) * channels;
    let mut gathered = [0; GATHERED];
    for (y, line) in output.chunks_exact_mut(row_len).enumerate() {
        let vertical = vertical_axis.clip(y);
        for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
            let patch = filters.patch(op, vertical, horizontal_axis.clip(x));
            filters.sums(input, patch, &mut gathered, &mut |channel, sum| {
                if let Some(out) = pixel.get_mut(channel) {
                    *out = finish.value(channel, sum);
                }
            });
        }
    }
}

/// Values of one output channel's filter, `kh * kw * ic`.
fn filter_len(op: &Conv) -> usize {
    op.window.values(op.input.c).or_beyond()
}

/// The part of the input under one output pixel, as runs of neighbouring bytes.
#[derive(Clone, Copy)]
struct Patch {
    /// Rows inside.
    rows: usize,
    /// Runs in each row.
    runs: usize,
    /// Bytes of a run.
    run_len: usize,
    /// First byte of the first run in the input, and in the filter.
    input_at: usize,
    filter_at: usize,
}

/// Weights, biases and the steps through input and filters.
struct Filters<'a> {
    weights: &'a [i8],
    bias: &'a [i32],
    zero_point: i32,
    filter: usize,
    /// From run to run in the input; in the filter runs of one row follow each other.
    run_step: usize,
    /// From tap row to tap row in the input, and in the filter.
    input_row: usize,
    filter_row: usize,
    /// Whether the taps of a row read neighbouring pixels.
    dense: bool,
}

#[allow(
    clippy::disallowed_methods,
    reason = "places and steps, not lengths: what reaches past the input is not read"
)]
impl<'a> Filters<'a> {
    fn new(op: &Conv, weights: &Weights<'a>) -> Self {
        let depth = usize::from(op.input.c);
        let row = usize::from(op.input.w) * depth;
        Filters {
            weights: weights.i8s(op.weights),
            bias: weights.i32s(op.bias),
            zero_point: i32::from(op.input.zero_point),
            filter: filter_len(op).max(1),
            run_step: usize::from(op.window.dilation.1).saturating_mul(depth),
            input_row: usize::from(op.window.dilation.0).saturating_mul(row),
            filter_row: usize::from(op.window.kernel.1) * depth,
            dense: op.window.dilation.1 == 1,
        }
    }

    #[inline(always)]
    fn patch(&self, op: &Conv, y: Taps, x: Taps) -> Patch {
        let depth = usize::from(op.input.c);
        let (runs, run_len) = if self.dense {
            (1, x.count * depth)
        } else {
            (x.count, depth)
        };
        Patch {
            rows: y.count,
            runs,
            run_len,
            // Saturated: where no tap hits the input, these places lie outside and are not read.
            input_at: y
                .position
                .saturating_mul(op.input.w.into())
                .saturating_add(x.position)
                .saturating_mul(depth),
            filter_at: y
                .first
                .saturating_mul(self.filter_row)
                .saturating_add(x.first.saturating_mul(depth)),
        }
    }

    /// Each channel's sum over the patch.
    ///
    /// A short filter's runs are short too, down to one row of a kernel over one channel; gathered once for all
    /// channels, they make one product of matrix and vector.
    #[inline(always)]
    fn sums(
        &self,
        input: &[i8],
        patch: Patch,
        gathered: &mut [i8],
        put: &mut dyn FnMut(usize, i32),
    ) {
        match gathered.get_mut(..self.filter) {
            Some(place) => {
                self.gather(input, patch, place);
                rows(self.weights, self.bias, place, self.zero_point, put);
            }
            None => self.sums_by_runs(input, patch, put),
        }
    }

    /// Writes the patch as the filters lie; the padding is real zero.
    #[inline(always)]
    fn gather(&self, input: &[i8], patch: Patch, place: &mut [i8]) {
        place.fill(self.zero_point as i8);
        self.each_run(input, patch, &mut |x, at| {
            if let Some(place) = place.get_mut(at..).and_then(|rest| rest.get_mut(..x.len())) {
                place.copy_from_slice(x);
            }
        });
    }

    /// Each channel's sum, run by run.
    #[inline(never)]
    fn sums_by_runs(&self, input: &[i8], patch: Patch, put: &mut dyn FnMut(usize, i32)) {
        let filters = self.weights.chunks_exact(self.filter.max(1));
        for (channel, (filter, &bias)) in filters.zip(self.bias).enumerate() {
            let mut sum = bias;
            self.each_run(input, patch, &mut |x, at| {
                sum = mac(sum, x, self.zero_point, filter.get(at..).unwrap_or(&[]));
            });
            put(channel, sum);
        }
    }

    /// The runs of the patch, each with its place in a filter.
    #[inline(never)]
    fn each_run(&self, input: &[i8], patch: Patch, visit: &mut dyn FnMut(&[i8], usize)) {
        for row in 0..patch.rows {
            let mut at = patch
                .input_at
                .saturating_add(row.saturating_mul(self.input_row));
            let mut filter_at = patch
                .filter_at
                .saturating_add(row.saturating_mul(self.filter_row));
            for _ in 0..patch.runs {
                if let Some(run) = input.get(at..).and_then(|rest| rest.get(..patch.run_len)) {
                    visit(run, filter_at);
                }
                at = at.saturating_add(self.run_step);
                filter_at = filter_at.saturating_add(patch.run_len);
            }
        }
    }
}
