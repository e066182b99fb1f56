//! What the products take: views of a packed matrix, of values and of places, without any pointer.

#[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
use core::ops::Range;

use crate::model::records::{Packed, Packing, Rounding};
use crate::pack::BLOCK;
#[cfg(kernels = "portable")]
use crate::pack::Factor;
use crate::size::Size;
use crate::tensor::Weights;

/// A packed matrix `[rows, depth]` with its factors.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(crate) packing: Packing,
    pub(crate) rounding: Rounding,
    /// See [`Packed::left`].
    pub(crate) left: u32,
    pub(crate) rows: usize,
    /// Rounded up to whole units, at least one where there are rows.
    pub(crate) depth: usize,
    /// The depth before that, for kernels that make something of it.
    #[cfg_attr(
        any(kernels = "portable", kernels = "arm_v6m"),
        allow(dead_code, reason = "the portable kernels do not")
    )]
    pub(super) values: usize,
    pub(crate) weights: &'a [i8],
    /// One for each row, and for those that fill up the last block.
    pub(crate) factors: &'a [[i32; 4]],
}

impl<'a> Matrix<'a> {
    /// The matrix of a record, or one without rows and depth where it does not fit: the ops' checks refuse such records, but
    /// one may have changed since.
    pub(crate) fn new(record: &Packed, weights: &Weights<'a>, rows: usize, depth: usize) -> Self {
        let packing = Packing::NATIVE.unwrap_or(record.packing);
        let padded = packing.depth(depth);
        let len = packing.weights_len(rows, depth);
        Matrix::of(record, weights, rows, (depth, padded), len, true)
    }

    fn of(
        record: &Packed,
        weights: &Weights<'a>,
        rows: usize,
        (values, depth): (usize, usize),
        len: Size,
        is_sound: bool,
    ) -> Self {
        let bytes = weights.i8s(record.weights);
        let factors: &[[i32; 4]] =
            bytemuck::try_cast_slice(weights.u8s(record.factors)).unwrap_or(&[]);
        // Kernels load words of weights, and have no way past a column of nothing.
        let fits = is_sound
            && depth > 0
            && len.fits(bytes.len())
            && bytes.as_ptr().addr().is_multiple_of(4)
            && Packing::rows(rows).fits(factors.len())
            && record.packing.runs_here();
        Matrix {
            packing: record.packing,
            rounding: record.rounding,
            left: record.left.into(),
            rows: if fits { rows } else { 0 },
            depth: if fits { depth } else { 0 },
            values,
            weights: bytes,
            factors,
        }
    }

    #[cfg(winograd)]
    /// 3x3 filters `[rows, 9, channels]` in the Winograd domain: `depth` is the channels.
    pub(crate) fn winograd(
        record: &Packed,
        weights: &Weights<'a>,
        rows: usize,
        channels: usize,
    ) -> Self {
        let len = record.packing.winograd_len(rows, channels);
        let whole = record.packing.takes_winograd(rows, channels);
        Matrix::of(record, weights, rows, (channels, channels), len, whole)
    }

    /// Depthwise filters `[taps, channels]`: `rows` is the channels, `depth` the taps.
    pub(crate) fn filters(
        record: &Packed,
        weights: &Weights<'a>,
        channels: usize,
        taps: usize,
    ) -> Self {
        let len = record.packing.depthwise_len(taps, channels);
        let whole = channels.is_multiple_of(BLOCK);
        Matrix::of(record, weights, channels, (taps, taps), len, whole)
    }

    /// Where the values of a column lie in a panel, behind `number` others.
    pub(super) fn column<'b>(&self, panel: &'b mut [i8], number: usize) -> &'b mut [i8] {
        let start = number * self.depth;
        panel.get_mut(start..start + self.depth).unwrap_or(&mut [])
    }

    #[cfg(kernels = "portable")]
    pub(super) fn factor(&self, row: usize) -> Factor {
        Factor::from_words(self.factors.get(row).copied().unwrap_or([0; 4]))
    }
}

/// Runs of neighbouring values: the rows of a patch that lies wholly inside the input.
#[derive(Clone, Copy)]
pub(crate) struct Runs<'a> {
    /// From the first value of the first run on.
    pub(crate) from: &'a [i8],
    /// From run to run.
    pub(crate) step: usize,
    /// Values of a run.
    pub(crate) len: usize,
    /// Number of runs.
    pub(crate) count: usize,
}

/// Columns of an input to be laid into a strip.
#[derive(Clone, Copy)]
pub(crate) struct Columns<'a> {
    /// From the first tap of the first column on.
    pub(crate) from: &'a [i8],
    /// Tap rows.
    pub(crate) rows: usize,
    /// From tap row to tap row in the input.
    pub(crate) row_step: usize,
    /// Columns.
    pub(crate) columns: usize,
    /// From column to column in the input.
    pub(crate) column_step: usize,
    /// Values of a tap.
    pub(crate) channels: usize,
    /// Taps of a column in the strip, where `to` begins with the first that is written.
    pub(crate) taps: usize,
}

/// A run of output pixels of a depthwise convolution, all of whose taps lie in `x`.
pub(crate) struct Run<'a> {
    /// From the first tap of the first pixel on.
    pub(crate) x: &'a [i8],
    pub(crate) steps: Steps,
    /// Tap rows and taps in a row.
    pub(crate) taps: (usize, usize),
}

/// One output pixel of a 3x3 depthwise convolution, some of whose taps lie in the padding.
#[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
pub(crate) struct Corner<'a> {
    /// From the first tap inside the input on.
    pub(crate) x: &'a [i8],
    /// From tap row to tap row, from tap to tap.
    pub(crate) steps: (usize, usize),
    /// Tap rows inside.
    pub(crate) rows: Range<usize>,
    /// Tap columns inside.
    pub(crate) columns: Range<usize>,
    /// A pixel of the padding.
    pub(crate) zeros: &'a [i8],
}

/// Distances in the input of a depthwise convolution, in values: from pixel to pixel, from tap row to tap row, from
/// tap to tap.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) pixel: usize,
    pub(crate) row: usize,
    pub(crate) tap: usize,
}

#[cfg(winograd)]
/// Most tiles of 2x2 outputs that one Winograd product takes in this build.
pub(crate) const TILES: usize = match Packing::NATIVE {
    Some(packing) => packing.winograd_tiles(),
    None => 4,
};

#[cfg(winograd)]
/// Where the four outputs of each tile lie, row by row; `None` beyond the picture's edge.
pub(crate) type Places = [[Option<usize>; 4]; TILES];

#[cfg(winograd)]
/// The parts of a Winograd product's memory.
pub(crate) struct Domain<'a> {
    /// [`Packing::winograd_tiles_len`] bytes, 4-byte aligned.
    pub(crate) tiles: &'a mut [i8],
    /// [`Packing::winograd_work_len`] bytes behind them.
    pub(crate) work: &'a mut [i8],
    /// One output pixel.
    pub(crate) spare: &'a mut [i8],
}
