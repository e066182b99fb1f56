//! Depthwise convolution.

use core::ops::Range;

use super::check::check_filters;
use super::clamp_all;
use super::patch::Patches;
use crate::kernels::matrix::{self, Matrix, Run, Steps};
use crate::model::records::PackedDepthwise;
use crate::ops::common::{OpError, check_clamp, check_views, check_window, ensure};
use crate::pack::BLOCK;
use crate::tensor::Weights;

/// Checks shapes `[h, w, c]` to `[oh, ow, c]`, filters, and scratch.
pub fn check(op: &PackedDepthwise, weights: &Weights<'_>) -> Result<(), OpError> {
    check_views(&[&op.input, &op.output])?;
    let channels = usize::from(op.output.c);
    let whole = op.input.c == op.output.c && channels.is_multiple_of(BLOCK);
    ensure(whole, OpError::Shape)?;
    check_window(&op.window, &op.input, &op.output)?;
    check_clamp(&op.clamp)?;
    let patches = Patches::new(&op.window, &op.input);
    let taps = patches.taps().0 * patches.taps().1;
    check_filters(&op.matrix, weights, taps, channels)?;
    ensure(op.matrix.left == 0, OpError::Scale)?;
    let room = op.scratch.len as usize >= patches.len();
    ensure(room && op.scratch.offset.is_multiple_of(4), OpError::Memory)
}

/// As [`depthwise_conv2d`](crate::ops::depthwise_conv2d) with one filter a channel.
pub fn packed_depthwise(
    op: &PackedDepthwise,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    let filters = Filtering::new(op, weights);
    let patch: &mut [i8] = bytemuck::cast_slice_mut(scratch);
    let line = filters.width * usize::from(op.output.c);
    for (y, line) in output.chunks_exact_mut(line.max(1)).enumerate() {
        filters.row(y, input, line, patch);
    }
    clamp_all(output, &op.clamp);
}

/// The convolution, row by row.
pub(super) struct Filtering<'a> {
    matrix: Matrix<'a>,
    patches: Patches,
    /// Outputs of a row.
    width: usize,
    /// Those whose taps lie between the left and the right edge.
    inner: Range<usize>,
}

impl<'a> Filtering<'a> {
    pub(super) fn new(op: &PackedDepthwise, weights: &Weights<'a>) -> Self {
        let patches = Patches::new(&op.window, &op.input);
        let (taps, width) = (patches.taps(), usize::from(op.output.w));
        Filtering {
            matrix: Matrix::filters(&op.matrix, weights, op.output.c.into(), taps.0 * taps.1),
            inner: patches.inner(width),
            patches,
            width,
        }
    }

    /// Row `y` of the output, before its bounds. `patch` holds the taps of one output.
    pub(super) fn row(&self, y: usize, input: &[i8], line: &mut [i8], patch: &mut [i8]) {
        let (matrix, patches) = (&self.matrix, &self.patches);
        let (channels, taps) = (matrix.rows.max(1), patches.taps());
        let line_of = patches.line(y);
        let inner = match line_of.is_whole {
            true => self.inner.clone(),
            false => 0..0,
        };
        let (left, rest) = line.split_at_mut((inner.start * channels).min(line.len()));
        let (middle, right) = rest.split_at_mut((inner.len() * channels).min(rest.len()));
        if !middle.is_empty() {
            let (pixel, row, tap) = patches.steps();
            let steps = Steps { pixel, row, tap };
            let x = input.get(patches.first(&line_of, inner.start)..);
            let x = x.unwrap_or(&[]);
            matrix::depthwise(matrix, &Run { x, steps, taps }, middle);
        }
        // At the edges a patch with the padding in it stands for the input.
        let steps = Steps {
            pixel: 0,
            row: taps.1 * channels,
            tap: channels,
        };
        let edges = left.chunks_exact_mut(channels).zip(0..);
        let edges = edges.chain(right.chunks_exact_mut(channels).zip(inner.end..));
        for (out, x) in edges {
            patches.gather(&line_of, x, input, patch);
            let x = &*patch;
            matrix::depthwise(matrix, &Run { x, steps, taps }, out);
        }
    }
}
