//! Between slices and the kernels of an instruction set: every bound that a kernel relies on is checked here.
//!
//! Kernels write whole blocks of rows. The rows of a last, partial block are computed into a few bytes on the stack, with
//! those before it where all of them fit there and a kernel makes the column ready anew in each call.

#![allow(
    unsafe_code,
    reason = "kernels are assembly over raw pointers, whose bounds are checked here"
)]

#[cfg(kernels = "arm_dsp")]
use core::ptr;

#[cfg(winograd = "kernels")]
use super::abi::Product;
#[cfg(kernels = "arm_dsp")]
use super::abi::SharedCall;
use super::abi::{Call, Filters, Kernel};
#[cfg(kernels = "arm_dsp")]
use super::arm_dsp as kernels;
#[cfg(kernels = "arm_mve")]
use super::arm_mve as kernels;
#[cfg(kernels = "arm_v6m")]
use super::arm_v6m as kernels;
#[cfg(kernels = "arm_v7m")]
use super::arm_v7m as kernels;
#[cfg(kernels = "arm_dsp")]
use super::operands::Corner;
#[cfg(winograd = "kernels")]
use super::operands::{Domain, Places, TILES};
use super::operands::{Matrix, Run, Runs};
#[cfg(kernels = "riscv")]
use super::riscv as kernels;
#[cfg(kernels = "arm_dsp")]
use super::shared::Shared;
use crate::model::records::{Packing, Rounding};
use crate::pack::BLOCK;
use crate::size::Size;

/// See [`super::COLUMNS`].
pub(crate) const COLUMNS: usize = kernels::COLUMNS;

/// Rows that the kernels of one column and those of a panel write at a time.
const GRAIN: (usize, usize) = if cfg!(kernels = "arm_dsp") {
    (1, 2)
} else if cfg!(kernels = "arm_mve") {
    (1, 1)
} else if cfg!(kernels = "riscv") {
    (1, BLOCK)
} else {
    (BLOCK, BLOCK)
};

/// Whether a panel has as many bytes as it should.
#[inline(always)]
fn is_panel(matrix: &Matrix<'_>, panel: &[i8]) -> bool {
    let packing = Packing::NATIVE.unwrap_or(matrix.packing);
    packing.panel_of(Size::of(matrix.depth)).fits(panel.len())
}

/// Blocks that [`run`] has bytes on the stack for.
const SPARE: usize = if cfg!(any(kernels = "arm_v6m", kernels = "arm_v7m")) {
    8
} else {
    1
};

/// See [`super::column`].
pub(crate) fn column(column: usize) -> usize {
    kernels::column(column)
}

/// See [`super::stage`].
pub(crate) fn stage(matrix: &Matrix<'_>, panel: &mut [i8], column: usize) {
    if column < COLUMNS && is_panel(matrix, panel) {
        kernels::stage(matrix.depth, panel, column);
    }
}

/// See [`super::take`].
pub(crate) fn take(matrix: &Matrix<'_>, panel: &mut [i8], column: usize, runs: &Runs<'_>) {
    let room = column < COLUMNS && is_panel(matrix, panel);
    // A patch has no more values than the weights of a row, see `Matrix::of`: the product does not overflow.
    if room && runs.are_inside(0) && runs.count * runs.len <= matrix.depth {
        take_column(matrix.depth, panel, column, runs);
    }
}

/// Gathers a patch to where the kernels read it, and brings it into the form that they read.
#[inline(always)]
fn take_column(depth: usize, panel: &mut [i8], column: usize, runs: &Runs<'_>) {
    let place = panel.get_mut(kernels::column(column) * depth..);
    gather(runs, place.unwrap_or(&mut []), runs.len);
    kernels::stage(depth, panel, column);
}

/// See [`super::take_all`].
pub(crate) fn take_all(matrix: &Matrix<'_>, panel: &mut [i8], runs: &Runs<'_>, step: usize) {
    let room = is_panel(matrix, panel);
    let inside = runs.len > 0 && runs.are_inside((COLUMNS - 1) * step);
    if room && inside && runs.count * runs.len <= matrix.depth {
        take_columns(matrix.depth, panel, runs, step);
    }
}

#[cfg(kernels = "arm_dsp")]
use kernels::take_all as take_columns;

#[cfg(not(kernels = "arm_dsp"))]
fn take_columns(depth: usize, panel: &mut [i8], runs: &Runs<'_>, step: usize) {
    for column in 0..COLUMNS {
        let from = runs.from.get(column * step..).unwrap_or(&[]);
        take_column(depth, panel, column, &Runs { from, ..*runs });
    }
}

/// See [`super::gather`].
pub(crate) fn gather(runs: &Runs<'_>, to: &mut [i8], to_step: usize) {
    let Some(last) = runs.count.checked_sub(1) else {
        return;
    };
    // No product overflows, whatever the record holds. `to_step` is a row of a patch, of which a matrix that fits its weights
    // has as many as the patch has values for (`Matrix::of`), or a row of a copy, whose length in all was found to fit its
    // memory (`Patches::copy_len`).
    if runs.are_inside(0) && last * to_step + runs.len <= to.len() {
        // SAFETY: the last run ends inside both slices, so all do.
        unsafe {
            kernels::copy_runs(
                runs.from.as_ptr(),
                runs.step,
                runs.len,
                runs.count,
                to.as_mut_ptr(),
                to_step,
            )
        };
    }
}

impl Runs<'_> {
    /// Whether the last run, moved on by `by`, ends inside, and with it all of them.
    ///
    /// No product overflows, whatever the record holds: the last run is one that `Axis::clip` or `Patches::inner` gave, so
    /// it and the runs before it lie inside an input that is there, and so do the runs of the columns beside it.
    fn are_inside(&self, by: usize) -> bool {
        self.count
            .checked_sub(1)
            .is_some_and(|last| last * self.step + self.len + by <= self.from.len())
    }
}

/// See [`super::vector`].
pub(crate) fn vector(matrix: &Matrix<'_>, x: &[i8], out: &mut [i8]) {
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::vector_nearest,
        Rounding::Tflite => kernels::vector_tflite,
    };
    if x.len() >= matrix.depth && out.len() >= matrix.rows {
        let out = bytemuck::cast_slice_mut(out);
        run::<1, 1>(matrix, kernel, GRAIN.0, x.as_ptr(), out);
    }
}

/// See [`super::vector_shared`].
#[cfg(kernels = "arm_dsp")]
pub(crate) fn vector_shared(shared: &Shared<'_>, x: &[i8], out: &mut [i8]) {
    let matrix = &shared.matrix;
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::vector_shared_nearest,
        Rounding::Tflite => kernels::vector_shared_tflite,
    };
    if matrix.rows == 0 || x.len() < matrix.depth || out.len() < matrix.rows {
        return;
    }
    let call = SharedCall {
        call: Call {
            weights: matrix.weights.as_ptr(),
            x: x.as_ptr(),
            depth: matrix.depth,
            blocks: matrix.rows / BLOCK,
            factors: shared.biases.as_ptr().cast(),
            out: bytemuck::cast_slice_mut::<i8, u8>(out).as_mut_ptr(),
            out_step: matrix.rows,
            left: 0,
            rows: matrix.rows,
            values: matrix.values,
        },
        factor: shared.factor,
    };
    // SAFETY: `Shared::new` found weights and biases for all rows, whole blocks of them; `x` holds a column, `out` a result
    // for each row.
    unsafe { kernel(&call) };
}

/// See [`super::vector_i16`].
pub(crate) fn vector_i16(matrix: &Matrix<'_>, x: &[i8], out: &mut [i16]) {
    if x.len() >= matrix.depth && out.len() >= matrix.rows {
        let out = bytemuck::cast_slice_mut(out);
        run::<1, 2>(matrix, kernels::vector_i16, GRAIN.0, x.as_ptr(), out);
    }
}

/// See [`super::panel`].
pub(crate) fn panel(matrix: &Matrix<'_>, panel: &[i8], out: &mut [i8]) {
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::panel_nearest,
        Rounding::Tflite => kernels::panel_tflite,
    };
    let start = kernels::PANEL_COLUMN * matrix.depth;
    let room = is_panel(matrix, panel);
    if let Some(columns) = panel.get(start..).filter(|_| room)
        && out.len() >= COLUMNS * matrix.rows
    {
        let out = bytemuck::cast_slice_mut(out);
        run::<COLUMNS, 1>(matrix, kernel, GRAIN.1, columns.as_ptr(), out);
    }
}

/// Runs a kernel over as many rows as it writes at a time, then over the last, partial block. `out` holds `COLS` columns
/// of `rows` values of `SIZE` bytes.
#[inline(always)]
fn run<const COLS: usize, const SIZE: usize>(
    matrix: &Matrix<'_>,
    kernel: Kernel,
    grain: usize,
    x: *const i8,
    out: &mut [u8],
) {
    let rest = match matrix.rows % grain {
        0 => 0,
        _ => matrix.rows % BLOCK,
    };
    // Where the few whole blocks before it fit the stack too, one call does for all.
    let spare = rest > 0 && matrix.rows / BLOCK < SPARE;
    let rows = if spare { 0 } else { matrix.rows - rest };
    let mut call = Call {
        weights: matrix.weights.as_ptr(),
        x,
        depth: matrix.depth,
        blocks: rows / BLOCK,
        factors: matrix.factors.as_ptr(),
        out: out.as_mut_ptr(),
        out_step: matrix.rows * SIZE,
        left: matrix.left,
        rows,
        values: matrix.values,
    };
    if rows > 0 {
        // SAFETY: `Matrix::new` found weights and factors for all rows, whole blocks of them; the callers found `x` as
        // long as the kernel reads and `out` as long as COLS columns of all rows.
        unsafe { kernel(&call) };
    }
    if rest > 0 {
        // Aligned for results of two bytes.
        let mut last = [[[0u16; BLOCK]; SPARE]; COLS];
        call.weights = call.weights.wrapping_add(rows * matrix.depth);
        call.factors = call.factors.wrapping_add(rows);
        call.blocks = (matrix.rows - rows).div_ceil(BLOCK);
        call.rows = call.blocks * BLOCK;
        call.out = last.as_mut_ptr().cast();
        call.out_step = 2 * BLOCK * SPARE;
        // SAFETY: as above: weights and factors are there for the rows that fill up the last block; the results of a
        // block, at most two bytes each, fit its bytes, and there are at most SPARE blocks: one, or fewer than SPARE
        // whole ones and one.
        unsafe { kernel(&call) };
        for (column, last) in out.chunks_exact_mut((matrix.rows * SIZE).max(1)).zip(&last) {
            let results: &[u8] = bytemuck::cast_slice(last.as_flattened());
            for (out, last) in column.iter_mut().skip(rows * SIZE).zip(results) {
                *out = *last;
            }
        }
    }
}

/// See [`super::transform`].
#[cfg(winograd = "kernels")]
pub(crate) fn transform(
    matrix: &Matrix<'_>,
    from: &[i8],
    step: usize,
    tiles: &mut [i8],
    tile: usize,
) {
    let channels = matrix.depth;
    let sound = matrix.rows > 0 && channels > 0 && tile < TILES;
    let room = (matrix.packing.winograd_tiles_len(channels)).fits(tiles.len());
    // No step that fits a slice overflows three times over.
    let inside = step <= from.len() && from.len() >= 3 * step + 4 * channels;
    if sound && room && inside {
        let to = tiles.as_mut_ptr().wrapping_add(kernels::TILE_STEP * tile);
        // SAFETY: the last of the 4x4 pixels ends inside `from`; `tiles` holds 16 positions of all tiles, and where
        // `Matrix::winograd` found rows, the channels are as many as the packing takes.
        unsafe { kernels::transform(from.as_ptr(), step, channels, to) };
    }
}

/// See [`super::multiply`].
#[cfg(winograd = "kernels")]
pub(crate) fn multiply(
    matrix: &Matrix<'_>,
    memory: &mut Domain<'_>,
    places: &Places,
    out: &mut [i8],
) {
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::product_nearest,
        Rounding::Tflite => kernels::product_tflite,
    };
    let (rows, channels) = (matrix.rows, matrix.depth);
    let inside = |&place: &usize| Size::of(place).plus(Size::of(rows)).fits(out.len());
    let fits = places.iter().flatten().flatten().all(inside)
        && memory.spare.len() >= rows
        && (matrix.packing.winograd_tiles_len(channels)).fits(memory.tiles.len())
        && (matrix.packing.winograd_work_len(channels)).fits(memory.work.len());
    if !fits || rows == 0 || channels == 0 {
        return;
    }
    let (out, spare) = (
        bytemuck::cast_slice_mut::<i8, u8>(out).as_mut_ptr(),
        bytemuck::cast_slice_mut::<i8, u8>(memory.spare).as_mut_ptr(),
    );
    let outs = places.map(|tile| {
        tile.map(|place| match place {
            Some(place) => out.wrapping_add(place),
            None => spare,
        })
    });
    let (block, unit) = kernels::PRODUCT;
    let call = Product {
        weights: matrix.weights.as_ptr(),
        tiles: memory.tiles.as_ptr(),
        units: channels / unit,
        blocks: rows / block,
        factors: matrix.factors.as_ptr(),
        outs,
        sums: memory.work.as_mut_ptr(),
    };
    // SAFETY: `Matrix::winograd` found weights and factors for as many rows and channels as the packing takes; tiles and
    // sums are as long as it says, and each output has room for all rows. Tiles lie at the start of scratch, which the
    // op's check found 4-byte aligned, and arenas are; sums lie behind them, after a multiple of 4 bytes.
    unsafe { kernel(&call) };
}

/// See [`super::depthwise`].
pub(crate) fn depthwise(matrix: &Matrix<'_>, run: &Run<'_>, out: &mut [i8]) {
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::depthwise_nearest,
        Rounding::Tflite => kernels::depthwise_tflite,
    };
    let channels = matrix.rows;
    let Some(pixels) = out.len().checked_div(channels).filter(|&pixels| pixels > 0) else {
        return;
    };
    let (rows, taps) = run.taps;
    if rows == 0 || taps == 0 {
        return;
    }
    // No product overflows: the distances are those between taps that `Patches::inner` found inside an input that is there,
    // or between the same taps in a copy whose length in all fits its memory (`Patches::copy_len`).
    let last = (pixels - 1) * run.steps.pixel
        + (rows - 1) * run.steps.row
        + (taps - 1) * run.steps.tap
        + channels;
    if last > run.x.len() || rows * taps != matrix.depth {
        return;
    }
    let call = Filters {
        weights: matrix.weights.as_ptr(),
        x: run.x.as_ptr(),
        pixel_step: run.steps.pixel,
        row_step: run.steps.row,
        tap_step: run.steps.tap,
        tap_rows: rows,
        taps,
        factors: matrix.factors.as_ptr(),
        out: bytemuck::cast_slice_mut::<i8, u8>(out).as_mut_ptr(),
        out_step: channels,
        pixels,
        blocks: channels / BLOCK,
    };
    // SAFETY: `last` shows that every tap of every pixel lies in `x`; `out` holds `pixels` times the channels, a multiple
    // of four; `Matrix::filters` found filters and factors for all of them.
    unsafe { kernel(&call) };
}

/// See [`super::corner`].
#[cfg(kernels = "arm_dsp")]
pub(crate) fn corner(matrix: &Matrix<'_>, corner: &Corner<'_>, out: &mut [i8]) {
    let kernel = match matrix.rounding {
        Rounding::Nearest => kernels::corner_nearest,
        Rounding::Tflite => kernels::corner_tflite,
    };
    let (channels, steps) = (matrix.rows, corner.steps);
    let inside = match (corner.rows.len(), corner.columns.len()) {
        (0, _) | (_, 0) => true,
        // No product overflows: `Axis::clip` found the last tap inside an input that is there.
        (rows, columns) => {
            (rows - 1) * steps.0 + (columns - 1) * steps.1 + channels <= corner.x.len()
        }
    };
    let room = corner.zeros.len() >= channels && out.len() >= channels;
    if !inside || !room || channels == 0 || matrix.depth != 9 {
        return;
    }
    let mut taps = [[corner.zeros.as_ptr(); 3]; 3];
    let mut row_at = corner.x.as_ptr();
    for row in taps.get_mut(corner.rows.clone()).unwrap_or(&mut []) {
        let mut at = row_at;
        for tap in row.get_mut(corner.columns.clone()).unwrap_or(&mut []) {
            *tap = at;
            at = at.wrapping_add(steps.1);
        }
        row_at = row_at.wrapping_add(steps.0);
    }
    let call = Filters {
        weights: matrix.weights.as_ptr(),
        x: ptr::null(),
        pixel_step: 0,
        row_step: taps.as_ptr().expose_provenance(),
        tap_step: 0,
        tap_rows: 3,
        taps: 3,
        factors: matrix.factors.as_ptr(),
        out: bytemuck::cast_slice_mut::<i8, u8>(out).as_mut_ptr(),
        out_step: channels,
        pixels: 1,
        blocks: channels / BLOCK,
    };
    // SAFETY: all channels of every tap lie in `x` or in `zeros`; `out` holds as many, a multiple of four;
    // `Matrix::filters` found filters of nine taps and factors for all of them.
    unsafe { kernel(&call) };
}
