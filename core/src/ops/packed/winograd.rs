//! 3x3 convolution with stride 1 by Winograd's minimal filtering F(2x2, 3x3), in exact integers.
//!
//! Lavin & Gray, "Fast Algorithms for Convolutional Neural Networks" (2016): 16 products make four outputs, where the
//! direct form needs 36. With `G` doubled in both dimensions all stays in integers and the result is four times the
//! sum, so the bytes are those of the direct form.

use super::check::{check_factors, check_layout};
use super::conv::{by_rows, check_frame, check_scratch};
use super::patch::Patches;
use crate::kernels::matrix::{self, Matrix, Places, TILES};
use crate::model::records::{PackedConv, Packing, Window};
use crate::ops::common::{OpError, ensure};
use crate::tensor::Weights;

/// Largest value of a transformed weight: nine of 127.
const LARGEST_WEIGHT: i16 = 9 * 127;

/// Checks shapes, a 3x3 window with stride 1, an even number of output channels, input channels that are a multiple of
/// 4, transformed weights, scratch, and the pooling stage.
pub fn check(op: &PackedConv, weights: &Weights<'_>) -> Result<(), OpError> {
    check_frame(op)?;
    let w = &op.window;
    let is_plain = (w.kernel, w.stride, w.dilation) == ((3, 3), (1, 1), (1, 1));
    ensure(is_plain, OpError::Window)?;
    let (rows, channels) = (usize::from(op.output.c), usize::from(op.input.c));
    let whole = rows.is_multiple_of(2) && channels.is_multiple_of(4);
    ensure(whole, OpError::Shape)?;
    ensure(op.matrix.packing == Packing::Pairs, OpError::Packing)?;
    let len = op.matrix.packing.winograd_len(rows, channels);
    check_layout(&op.matrix, weights, len)?;
    let values = weights.i16s(op.matrix.weights);
    let small = values
        .iter()
        .all(|v| v.unsigned_abs() <= LARGEST_WEIGHT as u16);
    ensure(small && values.len() * 2 == len, OpError::Weights)?;
    // Sums are four times as large on the way.
    check_factors(&op.matrix, weights, rows, 4 * 9 * channels)?;
    check_scratch(op, op.matrix.packing.winograd_scratch_len(rows, channels))
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
    let conv = Tiles {
        matrix: Matrix::winograd(&op.matrix, weights, filters, channels),
        inner: patches.inner(usize::from(op.output.w)),
        patches,
        channels,
        width: op.output.w.into(),
    };
    let scratch: &mut [i8] = bytemuck::cast_slice_mut(scratch);
    let (tiles, rest) = scratch.split_at_mut((96 * channels).min(scratch.len()));
    let (patch, spare) = rest.split_at_mut((16 * channels).min(rest.len()));
    by_rows(op, output, rows, |first, out| {
        conv.rows(
            input,
            first,
            out,
            &mut Memory {
                tiles,
                patch,
                spare,
            },
        )
    });
}

struct Tiles<'a> {
    matrix: Matrix<'a>,
    patches: Patches,
    /// First output columns whose 4x4 patches lie inside.
    inner: core::ops::Range<usize>,
    channels: usize,
    /// Output columns.
    width: usize,
}

/// The parts of scratch.
struct Memory<'a> {
    tiles: &'a mut [i8],
    patch: &'a mut [i8],
    spare: &'a mut [i8],
}

impl Tiles<'_> {
    /// Output rows from `first` on, as many as `out` holds, two at a time.
    fn rows(&self, input: &[i8], first: usize, out: &mut [i8], memory: &mut Memory<'_>) {
        let line_len = (self.width * self.matrix.rows).max(1);
        let mut places: Places = Default::default();
        let mut tile = 0;
        for (pair, lines) in out_pairs(out.len() / line_len) {
            let line = self.patches.line(first + pair);
            for x in (0..self.width).step_by(2) {
                self.transform(input, &line, x, memory, tile);
                for (number, place) in places[tile].iter_mut().enumerate() {
                    let (dy, dx) = (number / 2, number % 2);
                    let inside = dy < lines && x + dx < self.width;
                    let at = (pair + dy) * line_len + (x + dx) * self.matrix.rows;
                    *place = inside.then_some(at);
                }
                tile += 1;
                if tile == TILES {
                    matrix::multiply(&self.matrix, memory.tiles, &places, out, memory.spare);
                    tile = 0;
                }
            }
        }
        if tile > 0 {
            places[tile..].fill([None; 4]);
            matrix::multiply(&self.matrix, memory.tiles, &places, out, memory.spare);
        }
    }

    fn transform(
        &self,
        input: &[i8],
        line: &super::patch::Line,
        x: usize,
        memory: &mut Memory<'_>,
        tile: usize,
    ) {
        if line.is_whole && self.inner.contains(&x) {
            let (_, step, _) = self.patches.steps();
            let from = input.get(self.patches.first(line, x)..).unwrap_or(&[]);
            matrix::transform(self.channels, from, step, memory.tiles, tile);
        } else {
            self.patches.gather(line, x, input, memory.patch);
            let step = 4 * self.channels;
            matrix::transform(self.channels, memory.patch, step, memory.tiles, tile);
        }
    }
}

/// Each second row's number, and whether one or two rows are left from there.
fn out_pairs(rows: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..rows)
        .step_by(2)
        .map(move |row| (row, (rows - row).min(2)))
}
