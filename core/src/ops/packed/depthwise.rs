//! Depthwise convolution.

use core::ops::Range;

use super::check::check_filters;
use super::clamp_all;
use super::patch::{Line, Patches};
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
    check_filters(&op.matrix, weights, patches.taps(), channels)?;
    ensure(op.matrix.left == 0, OpError::Scale)?;
    let scratch = (op.matrix.packing).depthwise_scratch_len(&op.window, &op.input);
    let room = scratch.fits(op.scratch.len as usize);
    ensure(room && op.scratch.offset.is_multiple_of(4), OpError::Memory)
}

/// As [`depthwise_conv2d`](crate::ops::depthwise_conv2d()) with one filter a channel.
pub fn packed_depthwise(
    op: &PackedDepthwise,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    scratch: &mut [u8],
) {
    let filters = Filtering::new(op, weights);
    let scratch: &mut [i8] = bytemuck::cast_slice_mut(scratch);
    let line = filters.width * usize::from(op.output.c);
    for (y, line) in output.chunks_exact_mut(line.max(1)).enumerate() {
        filters.row(y, input, line, scratch);
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
    packing: Packing,
    /// See [`Patches::copy_len`]; of no use but for strips.
    copy_len: usize,
    /// Values of the input, which is as deep as the output; where it is not, more than any input has.
    input_len: usize,
}

impl<'a> Filtering<'a> {
    pub(super) fn new(op: &PackedDepthwise, weights: &Weights<'a>) -> Self {
        let patches = Patches::new(&op.window, &op.input);
        let (taps, width) = (patches.taps(), usize::from(op.output.w));
        Filtering {
            matrix: Matrix::filters(&op.matrix, weights, op.output.c.into(), taps.0 * taps.1),
            inner: patches.inner(width),
            copy_len: match Packing::NATIVE.unwrap_or(op.matrix.packing).by_strips() {
                true => patches.copy_len(width),
                false => 0,
            },
            patches,
            width,
            packing: op.matrix.packing,
            input_len: match op.input.c == op.output.c {
                true => op.input.len(),
                false => usize::MAX,
            },
        }
    }

    /// Row `y` of the output, before its bounds, row 0 first. `scratch` is what the row before left. Nothing where the record
    /// fits neither its weights nor the input, which its check has ruled out.
    pub(super) fn row(&self, y: usize, input: &[i8], line: &mut [i8], scratch: &mut [i8]) {
        if self.matrix.rows == 0 || input.len() != self.input_len {
            return;
        }
        // Known at compile time on a device, whose build holds one of the two.
        if Packing::NATIVE.unwrap_or(self.packing).by_strips() {
            self.padded_row(y, input, line, scratch);
        } else {
            self.parted_row(y, input, line, scratch);
        }
    }

    /// From a copy of the input rows under it, with the padding around them.
    fn padded_row(&self, y: usize, input: &[i8], line: &mut [i8], copy: &mut [i8]) {
        let (patches, taps) = (&self.patches, self.patches.taps());
        if copy.len() < self.copy_len {
            return;
        }
        let under = patches.line(y);
        // Padding beside the input stays from row to row; rows above and below it were another row's.
        if y == 0 || !under.is_whole {
            copy.fill(patches.zero_point());
        }
        let row = patches.copy_rows(&under, input, copy);
        let (pixel, _, tap) = patches.steps();
        let (x, steps) = (&*copy, Steps { pixel, row, tap });
        matrix::depthwise(&self.matrix, &Run { x, steps, taps }, line);
    }

    /// The middle from the input, then the edges.
    fn parted_row(&self, y: usize, input: &[i8], line: &mut [i8], patch: &mut [i8]) {
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
        let edges = left.chunks_exact_mut(channels).zip(0..);
        let edges = edges.chain(right.chunks_exact_mut(channels).zip(inner.end..));
        self.edges(&line_of, input, edges, patch);
    }

    /// Outputs whose taps partly lie in the padding.
    #[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
    fn edges<'o>(
        &self,
        line: &Line,
        input: &[i8],
        edges: impl Iterator<Item = (&'o mut [i8], usize)>,
        patch: &mut [i8],
    ) {
        let patches = &self.patches;
        if !self.packing.by_corners(patches.taps()) {
            return self.patched(line, input, edges, patch);
        }
        let Some(zeros) = patch.get_mut(..self.matrix.rows) else {
            return;
        };
        zeros.fill(patches.zero_point());
        for (out, x) in edges {
            matrix::corner(&self.matrix, &patches.corner(line, x, input, zeros), out);
        }
    }

    #[cfg(not(any(kernels = "portable", kernels = "arm_dsp")))]
    fn edges<'o>(
        &self,
        line: &Line,
        input: &[i8],
        edges: impl Iterator<Item = (&'o mut [i8], usize)>,
        patch: &mut [i8],
    ) {
        self.patched(line, input, edges, patch);
    }

    /// Outputs from patches with the padding in them.
    fn patched<'o>(
        &self,
        line: &Line,
        input: &[i8],
        edges: impl Iterator<Item = (&'o mut [i8], usize)>,
        patch: &mut [i8],
    ) {
        let (channels, taps) = (self.matrix.rows, self.patches.taps());
        let steps = Steps {
            pixel: 0,
            row: taps.1 * channels,
            tap: channels,
        };
        for (out, x) in edges {
            self.patches.gather(line, x, input, patch);
            let x = &*patch;
            matrix::depthwise(&self.matrix, &Run { x, steps, taps }, out);
        }
    }
}
