//! Packed matrix products: a block of four rows with one column (`vector`) or with several (`panel`), and depthwise
//! filters, each with the requantisation fused into the end of a block.
//!
//! One facade: what lies between a slice and a kernel's raw pointers is checked here, once a call. `portable` defines
//! every result bit for bit and reads every packing; a build for a core holds that core's kernels alone.
//!
//! The kernels of an instruction set are functions of a `Call` (or `Filters`), one for each rounding rule, which
//! write whole blocks only; the rows of a last, partial block go through a few bytes on the stack.

#[cfg(kernels = "arm_dsp")]
mod arm_dsp;
#[cfg(kernels = "arm_mve")]
mod arm_mve;
#[cfg(any(kernels = "arm_dsp", kernels = "arm_v7m"))]
mod arm_runs;
#[cfg(any(kernels = "arm_v6m", kernels = "arm_v7m"))]
mod arm_squares;
#[cfg(kernels = "arm_v6m")]
mod arm_v6m;
#[cfg(kernels = "arm_v7m")]
mod arm_v7m;
#[cfg(not(kernels = "portable"))]
mod call;
#[cfg_attr(kernels = "arm_mve", path = "mve_lines.rs")]
mod lines;
#[cfg(kernels = "portable")]
mod portable;
#[cfg(winograd = "portable")]
mod portable_winograd;
#[cfg(kernels = "riscv")]
mod riscv;

#[cfg(not(kernels = "portable"))]
use call as isa;
#[cfg(kernels = "portable")]
use portable as isa;

#[cfg(winograd = "kernels")]
use call as domain;
#[cfg(winograd = "portable")]
use portable_winograd as domain;

use crate::model::records::{Packed, Packing, Rounding};
use crate::pack::BLOCK;
#[cfg(kernels = "portable")]
use crate::pack::Factor;
use crate::size::Size;
use crate::tensor::Weights;

/// Columns that [`panel`] multiplies at a time in this build.
pub(crate) const COLUMNS: usize = isa::COLUMNS;

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
    values: usize,
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

    #[cfg(kernels = "portable")]
    fn factor(&self, row: usize) -> Factor {
        Factor::from_words(self.factors.get(row).copied().unwrap_or([0; 4]))
    }
}

/// `out[row] = saturate(factor[row](sum_k weights[row][k] * x[k]))`; `x` holds at least [`Matrix::depth`] values, `out` one for each row.
pub(crate) fn vector(matrix: &Matrix<'_>, x: &[i8], out: &mut [i8]) {
    isa::vector(matrix, x, out);
}

/// As [`vector`], to int16: the products of a recurrent cell.
pub(crate) fn vector_i16(matrix: &Matrix<'_>, x: &[i8], out: &mut [i16]) {
    isa::vector_i16(matrix, x, out);
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

/// Gathers a whole patch into a column of the panel; `panel` has [`Packing::panel_len`] bytes.
pub(crate) fn take(matrix: &Matrix<'_>, panel: &mut [i8], column: usize, runs: &Runs<'_>) {
    isa::take(matrix, panel, column, runs);
}

/// Gathers [`COLUMNS`] whole patches: the first one's runs, and the same `step` values further on for each of the others.
pub(crate) fn take_all(matrix: &Matrix<'_>, panel: &mut [i8], runs: &Runs<'_>, step: usize) {
    isa::take_all(matrix, panel, runs, step);
}

/// Where a patch with padding in it is to be written before [`stage`], and the one column that [`vector`] reads.
pub(crate) fn patch<'a>(matrix: &Matrix<'_>, panel: &'a mut [i8], column: usize) -> &'a mut [i8] {
    let start = isa::column(column) * matrix.depth;
    panel
        .get_mut(start..start + matrix.depth)
        .unwrap_or(&mut [])
}

/// Brings a patch that was written where [`patch`] says into the form that [`panel`] reads.
pub(crate) fn stage(matrix: &Matrix<'_>, panel: &mut [i8], column: usize) {
    isa::stage(matrix, panel, column);
}

/// Multiplies [`COLUMNS`] staged columns; `out` is `[COLUMNS, rows]`.
pub(crate) fn panel(matrix: &Matrix<'_>, panel: &[i8], out: &mut [i8]) {
    isa::panel(matrix, panel, out);
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

/// Writes a strip: the taps of a column one after the other, then those of the next column.
pub(crate) fn lay(columns: &Columns<'_>, to: &mut [i8]) {
    lines::lay(columns, to);
}

/// One output after the other: output `p` of `out` `[pixels, rows]` is that of the column at `p * step` in `x`.
///
/// Columns may overlap; each has [`Matrix::depth`] values.
pub(crate) fn line(matrix: &Matrix<'_>, x: &[i8], step: usize, out: &mut [i8]) {
    lines::line(matrix, x, step, out);
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

#[cfg(winograd)]
/// Brings 4x4 pixels, rows `step` apart in `from`, into the Winograd domain, as one tile of `tiles`.
///
/// `V = B^T d B`, at most 510 in magnitude. The channels are the depth of the matrix.
pub(crate) fn transform(
    matrix: &Matrix<'_>,
    from: &[i8],
    step: usize,
    tiles: &mut [i8],
    tile: usize,
) {
    domain::transform(matrix, from, step, tiles, tile);
}

#[cfg(winograd)]
/// The outputs of all tiles: products in the Winograd domain, `A^T M A`, which is four times the sums, and factors.
///
/// Output `place` of a tile holds a value for each row of the matrix; [`Domain::spare`] takes those without a place.
pub(crate) fn multiply(
    matrix: &Matrix<'_>,
    memory: &mut Domain<'_>,
    places: &Places,
    out: &mut [i8],
) {
    domain::multiply(matrix, memory, places, out);
}

/// A run of output pixels of a depthwise convolution, all of whose taps lie in `x`.
pub(crate) struct Run<'a> {
    /// From the first tap of the first pixel on.
    pub(crate) x: &'a [i8],
    pub(crate) steps: Steps,
    /// Tap rows and taps in a row.
    pub(crate) taps: (usize, usize),
}

/// Distances in the input of a depthwise convolution, in values: from pixel to pixel, from tap row to tap row, from
/// tap to tap.
#[derive(Clone, Copy)]
pub(crate) struct Steps {
    pub(crate) pixel: usize,
    pub(crate) row: usize,
    pub(crate) tap: usize,
}

/// Depthwise filters over a run of pixels; `out` is `[pixels, rows]`. `rows` is a multiple of [`BLOCK`], `depth` the number of taps.
pub(crate) fn depthwise(matrix: &Matrix<'_>, run: &Run<'_>, out: &mut [i8]) {
    isa::depthwise(matrix, run, out);
}

/// Copies runs to places `to_step` apart in `to`.
pub(crate) fn gather(runs: &Runs<'_>, to: &mut [i8], to_step: usize) {
    isa::gather(runs, to, to_step);
}
