//! 3x3 convolution with stride 1 by Winograd's minimal filtering F(2x2, 3x3), in exact integers.
//!
//! Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): 16 products make four outputs, where the
//! direct form needs 36. With `G` doubled in both dimensions all stays in integers and the result is four times the
//! sum, so the bytes are those of the direct form.

use super::aligned;
use super::check::{check_factors, check_layout, row_fits};
use super::conv::{by_rows, check_frame, check_scratch};
use super::patch::Patches;
use crate::kernels::matrix::{self, Domain, Matrix, Places};
use crate::model::records::{Packed, PackedConv, Packing, Window};
use crate::ops::common::{OpError, ensure};
use crate::pack::winograd_original;
use crate::tensor::Weights;

/// Bits by which sums are shifted left on the way: kernels add biases to four times the sum, or take both together, so that
/// four times a sum with its bias must stay below 2^31. Sums over channels and positions before that are taken modulo 2^32.
const ON_THE_WAY: u8 = 1;

/// Checks shapes, a 3x3 window with stride 1, that the packing takes as many output and input channels, weights, which must
/// be those of filters of int8 values, scratch, and the pooling stage.
pub fn check(op: &PackedConv, weights: &Weights<'_>) -> Result<(), OpError> {
    check_frame(op)?;
    let w = &op.window;
    let is_plain = (w.kernel, w.stride, w.dilation) == ((3, 3), (1, 1), (1, 1));
    ensure(is_plain, OpError::Window)?;
    let (rows, channels) = (usize::from(op.output.c), usize::from(op.input.c));
    let known = matches!(op.matrix.packing, Packing::Pairs | Packing::Quads);
    ensure(known, OpError::Packing)?;
    let whole = op.matrix.packing.takes_winograd(rows, channels);
    ensure(whole, OpError::Shape)?;
    let len = op.matrix.packing.winograd_len(rows, channels);
    check_layout(&op.matrix, weights, len)?;
    check_sums(&op.matrix, weights, rows, channels)?;
    check_scratch(op, op.matrix.packing.winograd_scratch_len(rows, channels))
}

/// Checks each row's filters and sums.
fn check_sums(
    matrix: &Packed,
    weights: &Weights<'_>,
    rows: usize,
    channels: usize,
) -> Result<(), OpError> {
    let factors = check_factors(matrix, weights, rows)?;
    let values = weights.i16s(matrix.weights);
    for (row, factor) in factors.iter().enumerate() {
        let mut magnitude = 0u32;
        // Rows that only fill up the factors have no weights.
        for channel in (0..channels).take_while(|_| row < rows) {
            let position = |position| {
                let at = matrix
                    .packing
                    .winograd_weight(channels, row, position, channel);
                values.get(at).copied().unwrap_or(0)
            };
            let filter = winograd_original(&core::array::from_fn(position));
            for weight in filter.ok_or(OpError::Weights)? {
                magnitude = magnitude.saturating_add(weight.unsigned_abs().into());
            }
        }
        ensure(
            row_fits(matrix, factor, magnitude, ON_THE_WAY),
            OpError::Overflow,
        )?;
    }
    Ok(())
}

/// As [`packed_conv2d`](crate::ops::packed_conv2d).
pub fn winograd_conv2d(
    op: &PackedConv,
    weights: &Weights<'_>,
    input: &[i8],
    output: &mut [i8],
    rows: &mut [i8],
    scratch: &mut [u8],
) {
    let (channels, filters) = (usize::from(op.input.c), usize::from(op.output.c));
    // A tile's patch is 4x4 pixels; it may reach past the padding, where outputs have no place.
    let patches = Patches::new(
        &Window {
            kernel: (4, 4),
            ..op.window
        },
        &op.input,
    );
    let packing = op.matrix.packing;
    if input.len() != op.input.len() {
        return;
    }
    let conv = Tiles {
        matrix: Matrix::winograd(&op.matrix, weights, filters, channels),
        inner: patches.inner(usize::from(op.output.w)),
        patches,
        count: Packing::NATIVE.unwrap_or(packing).winograd_tiles(),
        width: op.output.w.into(),
    };
    if conv.matrix.rows == 0 {
        return;
    }
    let scratch = aligned(scratch);
    let len = packing.winograd_tiles_len(channels).or_beyond();
    let (tiles, rest) = scratch.split_at_mut(len.min(scratch.len()));
    let len = packing.winograd_work_len(channels).or_beyond();
    let (work, spare) = rest.split_at_mut(len.min(rest.len()));
    by_rows(op, output, rows, &mut |first, out| {
        conv.rows(input, first, out, &mut Domain { tiles, work, spare })
    });
}

struct Tiles<'a> {
    matrix: Matrix<'a>,
    patches: Patches,
    /// First output columns whose 4x4 patches lie inside.
    inner: core::ops::Range<usize>,
    /// Tiles of a product.
    count: usize,
    /// Output columns.
    width: usize,
}

impl Tiles<'_> {
    /// Output rows from `first` on, as many as `out` holds, two at a time.
    fn rows(&self, input: &[i8], first: usize, out: &mut [i8], memory: &mut Domain<'_>) {
        let line_len = (self.width * self.matrix.rows).max(1);
        let mut places: Places = Default::default();
        let mut tile = 0;
        for (pair, lines) in out_pairs(out.len() / line_len) {
            let line = self.patches.line(first.wrapping_add(pair));
            for x in (0..self.width).step_by(2) {
                self.transform(input, &line, x, memory, tile);
                let outputs = places.get_mut(tile).into_iter().flatten();
                for (number, place) in outputs.enumerate() {
                    let (dy, dx) = (number / 2, number % 2);
                    let inside = dy < lines && x + dx < self.width;
                    let at = (pair + dy).wrapping_mul(line_len);
                    let at = at.wrapping_add((x + dx) * self.matrix.rows);
                    *place = inside.then_some(at);
                }
                tile += 1;
                if tile == self.count {
                    matrix::multiply(&self.matrix, memory, &places, out);
                    tile = 0;
                }
            }
        }
        if tile > 0 {
            for outputs in places.iter_mut().skip(tile) {
                *outputs = [None; 4];
            }
            matrix::multiply(&self.matrix, memory, &places, out);
        }
    }

    fn transform(
        &self,
        input: &[i8],
        line: &super::patch::Line,
        x: usize,
        memory: &mut Domain<'_>,
        tile: usize,
    ) {
        let (from, step) = if line.is_whole && self.inner.contains(&x) {
            let (_, step, _) = self.patches.steps();
            let from = input.get(self.patches.first(line, x)..);
            (from.unwrap_or(&[]), step)
        } else {
            self.patches.gather(line, x, input, memory.work);
            (&*memory.work, 4 * self.matrix.depth)
        };
        matrix::transform(&self.matrix, from, step, memory.tiles, tile);
    }
}

/// Each second row's number, and whether one or two rows are left from there.
fn out_pairs(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows)
        .step_by(2)
        .map(move |row| (row, (rows - row).min(2)))
}
