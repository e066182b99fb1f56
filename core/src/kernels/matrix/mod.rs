//! Packed matrix products: a block of four rows with one column (`vector`) or with several (`panel`), and depthwise
//! filters, each with the requantisation fused into the end of a block.
//!
//! One facade: what lies between a slice and a kernel's raw pointers is checked here, once a call. `portable` defines
//! every result bit for bit and reads every packing; a build for a core holds that core's kernels alone.
//!
//! The kernels of an instruction set are functions of a `Call` (or `Filters`), one for each rounding rule, which
//! write whole blocks only; the rows of a last, partial block go through a few bytes on the stack.

#[cfg(not(kernels = "portable"))]
mod abi;
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
#[cfg(not(kernels = "arm_mve"))]
mod lines;
#[cfg(kernels = "arm_mve")]
mod mve_lines;
mod operands;
#[cfg(kernels = "portable")]
mod portable;
#[cfg(winograd = "portable")]
mod portable_winograd;
#[cfg(kernels = "riscv")]
mod riscv;
mod shared;

#[cfg(not(kernels = "portable"))]
use call as isa;
#[cfg(kernels = "arm_dsp")]
use call as one_factor;
#[cfg(winograd = "kernels")]
use call as domain;
#[cfg(kernels = "arm_mve")]
use mve_lines as lines;
#[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
pub(crate) use operands::Corner;
pub(crate) use operands::{Columns, Matrix, Run, Runs, Steps};
#[cfg(winograd)]
pub(crate) use operands::{Domain, Places};
#[cfg(kernels = "portable")]
use portable as isa;
#[cfg(winograd = "portable")]
use portable_winograd as domain;
#[cfg(not(kernels = "arm_dsp"))]
use shared as one_factor;
pub(crate) use shared::Shared;

/// Columns that [`panel`] multiplies at a time in this build.
pub(crate) const COLUMNS: usize = isa::COLUMNS;

/// `out[row] = saturate(factor[row](sum_k weights[row][k] * x[k]))`; `x` holds at least [`Matrix::depth`] values, `out` one for each row.
pub(crate) fn vector(matrix: &Matrix<'_>, x: &[i8], out: &mut [i8]) {
    isa::vector(matrix, x, out);
}

/// As [`vector`], where the rows share one factor.
pub(crate) fn vector_shared(shared: &Shared<'_>, x: &[i8], out: &mut [i8]) {
    one_factor::vector_shared(shared, x, out);
}

/// As [`vector`], to int16: the products of a recurrent cell.
pub(crate) fn vector_i16(matrix: &Matrix<'_>, x: &[i8], out: &mut [i16]) {
    isa::vector_i16(matrix, x, out);
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
    matrix.column(panel, isa::column(column))
}

/// Brings a patch that was written where [`patch`] says into the form that [`panel`] reads.
pub(crate) fn stage(matrix: &Matrix<'_>, panel: &mut [i8], column: usize) {
    isa::stage(matrix, panel, column);
}

/// Multiplies [`COLUMNS`] staged columns; `out` is `[COLUMNS, rows]`.
pub(crate) fn panel(matrix: &Matrix<'_>, panel: &[i8], out: &mut [i8]) {
    isa::panel(matrix, panel, out);
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

/// Depthwise filters over a run of pixels; `out` is `[pixels, rows]`. `rows` is a multiple of [`BLOCK`], `depth` the number of taps.
pub(crate) fn depthwise(matrix: &Matrix<'_>, run: &Run<'_>, out: &mut [i8]) {
    isa::depthwise(matrix, run, out);
}

/// One output pixel of 3x3 depthwise filters, where [`Packing::by_corners`]; `out` is `[rows]`.
#[cfg(any(kernels = "portable", kernels = "arm_dsp"))]
pub(crate) fn corner(matrix: &Matrix<'_>, corner: &Corner<'_>, out: &mut [i8]) {
    isa::corner(matrix, corner, out);
}

/// Copies runs to places `to_step` apart in `to`.
pub(crate) fn gather(runs: &Runs<'_>, to: &mut [i8], to_step: usize) {
    isa::gather(runs, to, to_step);
}
