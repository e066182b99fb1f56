//! Depthwise convolution.

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
    let patches = Patches::new(&op.window, &op.input);
    let taps = patches.taps();
    let channels = usize::from(op.output.c);
    let matrix = Matrix::filters(&op.matrix, weights, channels, taps.0 * taps.1);
    let width = usize::from(op.output.w).max(1);
    let (pixel, row, tap) = patches.steps();
    let inner = patches.inner(width);
    let patch: &mut [i8] = bytemuck::cast_slice_mut(scratch);
    for (y, line) in output
        .chunks_exact_mut((width * channels).max(1))
        .enumerate()
    {
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
            matrix::depthwise(&matrix, &Run { x, steps, taps }, middle);
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
                &matrix,
                &Run {
                    x: patch,
                    steps,
                    taps,
                },
                out,
            );
        }
    }
    clamp_all(output, &op.clamp);
}
