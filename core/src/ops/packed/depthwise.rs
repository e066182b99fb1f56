//! Depthwise convolution.

use super::check::check_filters;
use super::clamp_all;
use super::patch::Patches;
use crate::kernels::matrix::{self, Matrix, Run, Steps};
use crate::model::records::{PackedDepthwise, Packing};
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
    let scratch = (op.matrix.packing).depthwise_scratch_len(&op.window, &op.input);
    let room = op.scratch.len as usize >= scratch;
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
    let filters = Filters::new(op, weights);
    let scratch = bytemuck::cast_slice_mut(scratch);
    // Known at compile time on a device, whose build holds one of the two.
    let packing = Packing::NATIVE.unwrap_or(op.matrix.packing);
    let width = usize::from(op.output.w).max(1);
    let lines = output.chunks_exact_mut((width * filters.channels).max(1));
    if packing.by_strips() {
        filters.padded(input, lines, scratch);
    } else {
        filters.edge_by_edge(input, lines, width, scratch);
    }
    clamp_all(output, &op.clamp);
}

struct Filters<'a> {
    matrix: Matrix<'a>,
    patches: Patches,
    channels: usize,
}

impl<'a> Filters<'a> {
    fn new(op: &PackedDepthwise, weights: &Weights<'a>) -> Self {
        let patches = Patches::new(&op.window, &op.input);
        let taps = patches.taps();
        let channels = usize::from(op.output.c);
        Filters {
            matrix: Matrix::filters(&op.matrix, weights, channels, taps.0 * taps.1),
            patches,
            channels,
        }
    }

    /// Row after row from a copy of the input rows under it, with the padding around them.
    fn padded<'o>(&self, input: &[i8], lines: impl Iterator<Item = &'o mut [i8]>, copy: &mut [i8]) {
        let taps = self.patches.taps();
        let (pixel, _, tap) = self.patches.steps();
        let mut is_clean = false;
        for (y, line) in lines.enumerate() {
            let under = self.patches.line(y);
            // Padding beside the input stays from row to row; rows above and below it were another row's.
            if !is_clean || !under.is_whole {
                copy.fill(self.patches.zero_point());
                is_clean = true;
            }
            let row = self.patches.copy_rows(&under, input, copy);
            let steps = Steps { pixel, row, tap };
            let x = &*copy;
            matrix::depthwise(&self.matrix, &Run { x, steps, taps }, line);
        }
    }

    /// The middle of a row from the input; at the edges a patch with the padding in it stands for the input.
    fn edge_by_edge<'o>(
        &self,
        input: &[i8],
        lines: impl Iterator<Item = &'o mut [i8]>,
        width: usize,
        patch: &mut [i8],
    ) {
        let Filters {
            matrix,
            patches,
            channels,
        } = self;
        let (taps, channels) = (patches.taps(), *channels);
        let (pixel, row, tap) = patches.steps();
        let inner = patches.inner(width);
        for (y, line) in lines.enumerate() {
            let line_of = patches.line(y);
            let inner = if line_of.is_whole {
                inner.clone()
            } else {
                0..0
            };
            let (left, rest) = line.split_at_mut((inner.start * channels).min(line.len()));
            let (middle, right) = rest.split_at_mut((inner.len() * channels).min(rest.len()));
            if !middle.is_empty() {
                let x = input
                    .get(patches.first(&line_of, inner.start)..)
                    .unwrap_or(&[]);
                let steps = Steps { pixel, row, tap };
                matrix::depthwise(matrix, &Run { x, steps, taps }, middle);
            }
            // At the edges a patch with the padding in it stands for the input.
            let edges = left.chunks_exact_mut(channels.max(1)).zip(0..);
            let edges = edges.chain(right.chunks_exact_mut(channels.max(1)).zip(inner.end..));
            for (out, x) in edges {
                patches.gather(&line_of, x, input, patch);
                let steps = Steps {
                    pixel: 0,
                    row: taps.1 * channels,
                    tap: channels,
                };
                matrix::depthwise(
                    matrix,
                    &Run {
                        x: patch,
                        steps,
                        taps,
                    },
                    out,
                );
            }
        }
    }
}
